"""A rendered deck beside the lock of its last build → what an edit would cost learners."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from deckwright.deck.folder import Deck
from deckwright.deck.settings import SETTINGS_FILE
from deckwright.files import stamp_of
from deckwright.identity import LOCK_FILE
from deckwright.identity.ids import id_for, is_number_for, is_unique_deck_id
from deckwright.pipeline.cache_file import last_package
from deckwright.pipeline.earlier_builds import EarlierBuilds
from deckwright.pipeline.git_history import ignores_lock, read_history, tracked_notes
from deckwright.pipeline.lock_ids import Strays, stray_problems
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.pipeline.renumbered import renumbered_deletions
from deckwright.problems import Place, Problem, Severity
from deckwright.regex import regex

FEW, SHARE = 10, 10
"""Notes that may go at once in any deck, and the part of a larger one that may: one in so many."""
MOST_SIBLINGS = 200
DECK_ID = regex(r"""^[ \t]*id[ \t]*=[ \t]*["']([^"']*)["']""", re.MULTILINE)
MADE_ID = regex(r"(?:^|-)[0-9a-f]{8}$")


def lock_problems(
    past: EarlierBuilds, strays: Strays, touch: Collection[str] | None, allowed_retiring: int
) -> list[Problem]:
    """Return what learners would lose: histories of cards, released ids, notes that went in great numbers.

    All notes that get an id have it by now. ``touch`` names notes that are meant to be what they are;
    ``allowed_retiring`` is how many notes may go at once.
    """
    return [
        *_renamed_entries(past),
        *_kind_changes(past, strays.owners),
        *_released_aliases(past),
        *_wholesale_loss(past, allowed_retiring),
        *_no_notes(past),
        *stray_problems(past, strays),
        *renumbered_deletions(past, touch),
    ]


def missing_lock(past: EarlierBuilds) -> list[Problem]:
    """Report a deck that was built before, by all signs, and has no ``deck.lock``.

    With one in git's history that is an error; with ids that only a build makes, or notes in git, a warning.
    """
    if past.has_lock:
        return []
    if read_history(past.root, only_own=True).built:
        message = "there is no deck.lock, but git's history has one; restore it from there (git log -- deck.lock)"
        return [Problem(Place(LOCK_FILE), message, "bad-lock")]
    has_ids = len(past.rendered.named) < len(past.rendered.ids)
    if not has_ids or not (past.built or _has_made_ids(past.rendered) or tracked_notes(past.root)):
        return []
    remedy = (
        "this deck was built here before: restore the file, or see build --recover"
        if past.built
        else "if this deck was never built, build it and commit the file"
    )
    message = (
        "there is no deck.lock; was it committed? without it every build gives every note a new time, and an import "
        f"takes learners' own edits from them; {remedy}"
    )
    return [Problem(Place(LOCK_FILE), message, "missing-lock", Severity.WARNING)]


def ignored_lock(root: Path) -> list[Problem]:
    """Warn of a ``deck.lock`` that no other clone will have: a ``.gitignore`` may name ``*.lock``."""
    if not (root / LOCK_FILE).exists() or not ignores_lock(root):
        return []
    message = (
        "git is told to ignore deck.lock, so no other clone has it: builds there would give every note a new "
        "time, and an import takes learners' own edits from them; write `!deck.lock` into .gitignore, and commit it"
    )
    return [Problem(Place(LOCK_FILE), message, "missing-lock", Severity.WARNING)]


def lost_lock(past: EarlierBuilds) -> list[Problem]:
    """Refuse a package without the lock it was built with: building on would give every note a new time."""
    if past.has_lock or (package := past.package) is None:
        return []
    message = (
        f"deck.lock is missing, but {package} was built with one: without it every card would count as changed and "
        f"learners would lose their own edits; restore it from version control, or use build --recover {package}"
    )
    return [Problem(Place(LOCK_FILE), message, "bad-lock")]


def copied_deck(deck: Deck) -> list[Problem]:
    """Warn of a deck beside which another one has the same id: importing one overwrites the other."""
    if (other := _deck_beside(deck)) is None:
        return []
    message = (
        f"the deck in {other.name} beside this one has the same id `{deck.settings.id}`: importing one would "
        "overwrite the notes of the other; if this is a copy, give it a new id and delete its deck.lock"
    )
    return [Problem(_written_id(deck.root)[1], message, "copied-deck", Severity.WARNING)]


def copy_over_package(past: EarlierBuilds) -> list[Problem]:
    """Refuse to replace the package that another deck beside this one, of the same id, wrote last."""
    package, deck = past.packages[0], past.rendered.deck
    if not package.exists():
        return []
    written = [str(package.absolute()), *stamp_of(package.stat())]
    if past.built.get("package") == written:
        return []
    other = _deck_beside(deck)
    if other is None or last_package(other) != written:
        return []
    message = (
        f"{package} is the package of the deck in {other.name} beside this one, which has the same id "
        f"`{deck.settings.id}`: this build would replace it, and an import would overwrite that deck's notes; in the "
        "copy, change the id and delete deck.lock"
    )
    return [Problem(_written_id(deck.root)[1], message, "copied-deck")]


def _deck_beside(deck: Deck) -> Path | None:
    """Return another deck beside one that was built, with the same id and a ``deck.lock``.

    A folder that is a clone or work tree of its own may well have the same deck beside it.
    """
    real = deck.root.resolve()
    if not deck.settings.id or (real / ".git").exists() or not (real / LOCK_FILE).exists():
        return None
    for settings in itertools.islice(real.parent.glob(f"*/{SETTINGS_FILE}"), MOST_SIBLINGS):
        other = settings.parent
        is_deck = other.resolve() != real and (other / LOCK_FILE).exists() and not (other / ".git").exists()
        if is_deck and _written_id(other)[0] == deck.settings.id:
            return other
    return None


def _written_id(root: Path) -> tuple[str, Place]:
    """The id in a ``deck.toml`` and where it is; an empty one when there is none, or the file went meanwhile."""
    try:
        text = (root / SETTINGS_FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = DECK_ID.search(text)
    line = text.count("\n", 0, found.start()) + 1 if found else 1
    return found[1] if found else "", Place(SETTINGS_FILE, line)


def _has_made_ids(rendered: RenderedDeck) -> bool:
    """Whether some id ends in the hash of its question, as only a build writes it."""
    made = [index for index, name in enumerate(rendered.ids) if MADE_ID.search(name) and index not in rendered.named]
    return any(rendered.ids[index] == id_for(rendered.note_summaries[index].question, ()) for index in made)


def common_deck_id(past: EarlierBuilds) -> list[Problem]:
    """Warn of a deck's id that others may have as well, while it can still be changed: before the first build."""
    deck_id, faults = past.rendered.deck.settings.id, past.rendered.deck.problems
    if past.has_lock or is_unique_deck_id(deck_id) or any(p.place.path == SETTINGS_FILE for p in faults):
        return []
    message = (
        f"the id `{deck_id}` may be that of another deck too: importing that one would overwrite these notes; before "
        f'anybody imports this deck, give it a random end, as `new` does (id = "{deck_id}-k3m7qx", with letters and '
        "digits of your own)"
    )
    return [Problem(_written_id(past.root)[1], message, "common-deck-id", Severity.WARNING)]


def renamed_entries(past: EarlierBuilds) -> list[str]:
    """Return the ids of the lock whose entries were made for other ids: their numbers derive from others.

    A build writes no such entry, so that the lock of the last one is not looked at.
    """
    if past.is_of_last_build:
        return []
    entries = ((name, entry) for name, entry in past.lock.notes.items() if not entry.guid)
    return [name for name, entry in entries if not is_number_for(past.lock.guid(name), entry.number)]


def _renamed_entries(past: EarlierBuilds) -> Iterator[Problem]:
    """Ids, or the deck's id, that were replaced in the sources and in the lock alike."""
    names, lock = renamed_entries(past), past.lock
    whole = len(names) > 1 and len(names) == len(lock.notes)
    for name in names[:1] if whole else names:
        what = f"the deck's id `{lock.deck_id}`" if whole else f"the id `{name}`"
        option = "--touch-all" if whole else f"--touch {name}"
        message = (
            f"{what} was put in the place of another one here: all that learners know derives from the old one, and "
            "under this one every card would come a second time, unlearned; restore deck.lock from version control "
            f"and write the old id back. If learners have this one by now, build with {option}"
        )
        yield Problem(Place(LOCK_FILE), message, "bad-lock")


def _kind_changes(past: EarlierBuilds, strays: Collection[int]) -> Iterator[Problem]:
    for index, header, known in past.possibly_edited():
        if known.kind is not header.kind and index not in strays:
            message = (
                f"`{header.id}` was a {known.kind} note and cannot become a {header.kind} one: Anki would never update "
                "it; give the note a new id (the old one is retired)"
            )
            yield Problem(past.rendered.note_summaries[index].place, message, "kind-change")


def _released_aliases(past: EarlierBuilds) -> Iterator[Problem]:
    """Aliases that name a note which learners have and which is gone."""
    known = past.lock.notes
    aliases = past.rendered.aliases.difference(past.rendered.ids)
    released = {alias for alias in aliases if alias in known and not known[alias].retired}
    for note in past.rendered.note_summaries if released else ():
        for alias, place in note.aliases:
            if alias in released:
                message = (
                    f"`{alias}` was released, and an alias finds links but keeps no history: under `{note.id}` every "
                    f"learner would get a second, unlearned card; write {{#{alias} alias={note.id}}}. If that card is "
                    "to end, build once without it and without this alias"
                )
                yield Problem(place, message, "released-alias")


def _wholesale_loss(past: EarlierBuilds, allowed: int) -> Iterator[Problem]:
    rendered, live, present = past.rendered, past.lock.live, set(past.rendered.ids)
    gone = [name for name in live if name not in present]
    if rendered.unreadable or any(problem.rule == "unreadable-file" for problem in rendered.deck.problems):
        return  # they may be in what could not be read
    is_much = len(gone) > FEW and len(gone) * SHARE > len(live)
    if (is_much or (gone and not rendered.ids)) and len(gone) > allowed:
        what = "all" if len(gone) == len(live) else str(len(gone))
        message = (
            f"{what} of the {len(live)} notes of the last build are gone ({', '.join(sorted(gone)[:3])}, …): is this "
            f"the whole deck? restore their files; if they are to go, build with --allow-retiring {len(gone)}"
        )
        yield Problem(Place("."), message, "wholesale-loss")


def _no_notes(past: EarlierBuilds) -> Iterator[Problem]:
    """Warn of a deck that never had a note: its package would be empty."""
    rendered = past.rendered
    if rendered.ids or past.lock.live or rendered.page_problems or rendered.deck.problems:
        return
    message = (
        "there is no note here, so that the package is empty: a note is a line of `## ` and a question, with its "
        "answer under it, in a file whose name ends in .md (README.md, drafts and names that begin with a dot are "
        "not read)"
    )
    yield Problem(Place("."), message, "no-notes", Severity.WARNING)
