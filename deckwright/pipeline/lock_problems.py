"""A rendered deck beside the lock of its last build → what an edit would cost learners."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from deckwright.deck.settings import SETTINGS_FILE
from deckwright.files import stamp_of
from deckwright.identity import LOCK_FILE, Lock
from deckwright.identity.ids import id_for, is_number_for, is_unique_deck_id
from deckwright.pipeline.cache_file import last_package
from deckwright.pipeline.git_history import ignores_lock, read_history, tracked_notes
from deckwright.pipeline.last_lock import changed_indices, is_of_last_build
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.problems import Place, Problem, Severity
from deckwright.regex import regex

FEW, SHARE = 10, 10
"""Notes that may go at once in any deck, and the part of a larger one that may: one in so many."""
MOST_SIBLINGS = 200
DECK_ID = regex(r"""^[ \t]*id[ \t]*=[ \t]*["']([^"']*)["']""", re.MULTILINE)
MADE_ID = regex(r"(?:^|-)[0-9a-f]{8}$")


def lock_problems(rendered: RenderedDeck, lock: Lock, strays: Collection[int], allowed_retiring: int) -> list[Problem]:
    """Return what learners would lose: cards of another kind, released ids, notes that went in great numbers.

    All notes that get an id have it by now. ``strays`` are the notes that have the texts of others;
    ``allowed_retiring`` is how many notes may go at once.
    """
    return [
        *_renamed_entries(rendered, lock),
        *_kind_changes(rendered, lock, strays),
        *_released_aliases(rendered, lock),
        *_wholesale_loss(rendered, lock, allowed_retiring),
    ]


def missing_lock(root: Path, rendered: RenderedDeck) -> list[Problem]:
    """Report a deck that was built before, by all signs, and has no ``deck.lock``.

    With one in git's history that is an error; with ids that only a build makes, or notes in git, a warning.
    """
    if (root / LOCK_FILE).exists():
        return []
    if read_history(root, only_own=True).built:
        message = "there is no deck.lock, but git's history has one; restore it from there (git log -- deck.lock)"
        return [Problem(Place(LOCK_FILE), message, "bad-lock")]
    has_ids, was_built = len(rendered.named) < len(rendered.ids), rendered.cache.fact("built") is not None
    if not has_ids or not (was_built or _has_made_ids(rendered) or tracked_notes(root)):
        return []
    remedy = (
        "this deck was built here before: restore the file, or see build --recover"
        if was_built
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


def copied_deck(root: Path, deck_id: str) -> list[Problem]:
    """Warn of a deck beside which another one has the same id: importing one overwrites the other."""
    if (other := _deck_beside(root, deck_id)) is None:
        return []
    message = (
        f"the deck in {other.name} beside this one has the same id `{deck_id}`: importing one would "
        "overwrite the notes of the other; if this is a copy, give it a new id and delete its deck.lock"
    )
    return [Problem(_place_of_id(root), message, "copied-deck", Severity.WARNING)]


def copy_over_package(root: Path, rendered: RenderedDeck, package: Path) -> list[Problem]:
    """Refuse to replace the package that another deck beside this one, of the same id, wrote last."""
    if not package.exists():
        return []
    written, deck_id = [str(package.absolute()), *stamp_of(package.stat())], rendered.deck.settings.id
    if (rendered.cache.fact("built") or {}).get("package") == written:
        return []
    other = _deck_beside(root, deck_id)
    if other is None or last_package(other) != written:
        return []
    message = (
        f"{package} is the package of the deck in {other.name} beside this one, which has the same id `{deck_id}`: "
        "this build would replace it, and an import would overwrite that deck's notes; in the copy, change the id and "
        "delete deck.lock"
    )
    return [Problem(_place_of_id(root), message, "copied-deck")]


def _deck_beside(root: Path, deck_id: str) -> Path | None:
    """Return another deck beside one that was built, with the same id and a ``deck.lock``.

    A folder that is a clone or work tree of its own may well have the same deck beside it.
    """
    real = root.resolve()
    if not deck_id or (real / ".git").exists() or not (real / LOCK_FILE).exists():
        return None
    for settings in itertools.islice(real.parent.glob(f"*/{SETTINGS_FILE}"), MOST_SIBLINGS):
        other = settings.parent
        is_deck = other.resolve() != real and (other / LOCK_FILE).exists() and not (other / ".git").exists()
        if is_deck and _written_id(settings) == deck_id:
            return other
    return None


def _written_id(settings: Path) -> str:
    """The id in a ``deck.toml``; empty when there is none, or the file went meanwhile."""
    try:
        found = DECK_ID.search(settings.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return found[1] if found else ""


def _has_made_ids(rendered: RenderedDeck) -> bool:
    """Whether some id ends in the hash of its question, as only a build writes it."""
    made = [index for index, name in enumerate(rendered.ids) if MADE_ID.search(name) and index not in rendered.named]
    return any(rendered.ids[index] == id_for(rendered.note_summaries[index].question, ()) for index in made)


def common_deck_id(root: Path, rendered: RenderedDeck, lock: Lock) -> list[Problem]:
    """Warn of a deck's id that others may have as well, while it can still be changed: before the first build."""
    deck_id, faults = rendered.deck.settings.id, rendered.deck.problems
    is_built = lock.notes or (root / LOCK_FILE).exists()
    if is_built or is_unique_deck_id(deck_id) or any(p.place.path == SETTINGS_FILE for p in faults):
        return []
    message = (
        f"the id `{deck_id}` may be that of another deck too: importing that one would overwrite these notes; before "
        f'anybody imports this deck, give it a random end, as `new` does (id = "{deck_id}-k3m7qx", with letters and '
        "digits of your own)"
    )
    return [Problem(_place_of_id(root), message, "common-deck-id", Severity.WARNING)]


def _place_of_id(root: Path) -> Place:
    try:
        lines = (root / SETTINGS_FILE).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return Place(SETTINGS_FILE)
    number = next((n for n, line in enumerate(lines, 1) if re.match(r"\s*id\s*=", line)), 1)
    return Place(SETTINGS_FILE, number)


def renamed_entries(rendered: RenderedDeck, lock: Lock) -> list[str]:
    """Return the ids of a lock whose entries were made for other ids: their numbers derive from others.

    A build writes no such entry, so that the lock of the last one is not looked at.
    """
    if is_of_last_build(lock, rendered):
        return []
    entries = ((name, entry) for name, entry in lock.notes.items() if not entry.guid)
    return [name for name, entry in entries if not is_number_for(lock.guid(name), entry.number)]


def _renamed_entries(rendered: RenderedDeck, lock: Lock) -> Iterator[Problem]:
    """Ids, or the deck's id, that were replaced in the sources and in the lock alike."""
    names = renamed_entries(rendered, lock)
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


def _kind_changes(rendered: RenderedDeck, lock: Lock, strays: Collection[int]) -> Iterator[Problem]:
    for index in changed_indices(rendered, lock):
        header, known = rendered.headers[index], lock.notes.get(rendered.ids[index])
        if known and known.kind is not header.kind and index not in strays:
            message = (
                f"`{header.id}` was a {known.kind} note and cannot become a {header.kind} one: Anki would never update "
                "it; give the note a new id (the old one is retired)"
            )
            yield Problem(rendered.note_summaries[index].place, message, "kind-change")


def _released_aliases(rendered: RenderedDeck, lock: Lock) -> Iterator[Problem]:
    """Aliases that name a note which learners have and which is gone."""
    present = set(rendered.ids)
    named = itertools.chain.from_iterable(page.aliases for page in rendered.page_summaries)
    if not any(alias not in present and _is_live(lock, alias) for alias in named):
        return
    for note in rendered.note_summaries:
        for alias, place in note.aliases:
            if alias not in present and _is_live(lock, alias):
                message = (
                    f"`{alias}` was released, and an alias finds links but keeps no history: under `{note.id}` every "
                    f"learner would get a second, unlearned card; write {{#{alias} alias={note.id}}}. If that card is "
                    "to end, build once without it and without this alias"
                )
                yield Problem(place, message, "released-alias")


def _is_live(lock: Lock, name: str) -> bool:
    return name in lock.notes and not lock.notes[name].retired


def _wholesale_loss(rendered: RenderedDeck, lock: Lock, allowed: int) -> Iterator[Problem]:
    live, present = lock.live, set(rendered.ids)
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
