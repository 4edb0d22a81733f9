"""A rendered deck beside the lock of its last build → what an edit would cost learners."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from deckwright.deck.settings import SETTINGS_FILE
from deckwright.identity import LOCK_FILE, Lock, LostNotes
from deckwright.identity.ids import id_for
from deckwright.pipeline.git_history import read_history, tracked_notes
from deckwright.pipeline.lock_before import changed_notes
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.problems import Place, Problem, Severity

FEW, SHARE = 10, 10
"""Notes that may go at once in any deck, and the part of a larger one that may: one in so many."""
MOST_SIBLINGS = 200
DECK_ID = re.compile(r"""^[ \t]*id[ \t]*=[ \t]*["']([^"']*)["']""", re.MULTILINE)
MADE_ID = re.compile(r"(?:^|-)[0-9a-f]{8}$")
COMMON_IDS = re.compile(r"(?:my-)?(?:cards|deck|decks|notes|anki|test|example|flashcards)(?:-\d+)?")
"""Ids that other people give their decks as well."""


def lock_problems(rendered: RenderedDeck, lock: Lock, allowed_retiring: int) -> list[Problem]:
    """Return what learners would lose: cards of another kind, ids that were mistyped, notes that went in great numbers.

    All notes that get an id have it by now. ``allowed_retiring`` is how many notes may go at once.
    """
    return [
        *_kind_changes(rendered, lock),
        *_mistyped_ids(rendered, lock),
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
    has_ids = len(rendered.named) < len(rendered.ids)
    if not has_ids or not (_has_made_ids(rendered) or tracked_notes(root)):
        return []
    message = (
        "there is no deck.lock; was it committed? without it every build gives every note a new time, and an import "
        "takes learners' own edits from them; if this deck was never built, build it and commit the file"
    )
    return [Problem(Place(LOCK_FILE), message, "missing-lock", Severity.WARNING)]


def copied_deck(root: Path, deck_id: str) -> list[Problem]:
    """Warn of a deck beside which another one has the same id and a ``deck.lock``: importing one overwrites the other.

    A folder that is a clone or work tree of its own may well have the same deck beside it.
    """
    real = root.resolve()
    if (real / ".git").exists() or not (real / LOCK_FILE).exists():
        return []
    for settings in itertools.islice(real.parent.glob(f"*/{SETTINGS_FILE}"), MOST_SIBLINGS):
        other = settings.parent
        if other.resolve() != real and (other / LOCK_FILE).exists() and not (other / ".git").exists():
            found = DECK_ID.search(settings.read_text(encoding="utf-8", errors="replace"))
            if found and found[1] == deck_id:
                message = (
                    f"the deck in {other.name} beside this one has the same id `{deck_id}`: importing one would "
                    "overwrite the notes of the other; if this is a copy, give it a new id and delete its deck.lock"
                )
                return [Problem(_place_of_id(root), message, "copied-deck", Severity.WARNING)]
    return []


def _has_made_ids(rendered: RenderedDeck) -> bool:
    """Whether some id ends in the hash of its question, as only a build writes it."""
    made = [index for index, name in enumerate(rendered.ids) if MADE_ID.search(name) and index not in rendered.named]
    return any(rendered.ids[index] == id_for(rendered.note_summaries[index].question, ()) for index in made)


def common_deck_id(root: Path, rendered: RenderedDeck, lock: Lock) -> list[Problem]:
    """Warn of a deck's id that others have as well, while it can still be changed."""
    deck_id, faults = rendered.deck.settings.id, rendered.deck.problems
    if lock.notes or not COMMON_IDS.fullmatch(deck_id) or any(p.place.path == SETTINGS_FILE for p in faults):
        return []
    message = (
        f"the id `{deck_id}` is one that others choose too: importing their deck would overwrite these notes; before "
        "the first build, put some random letters behind it (`new` makes such an id)"
    )
    return [Problem(_place_of_id(root), message, "common-deck-id", Severity.WARNING)]


def _place_of_id(root: Path) -> Place:
    try:
        lines = (root / SETTINGS_FILE).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return Place(SETTINGS_FILE)
    number = next((n for n, line in enumerate(lines, 1) if re.match(r"\s*id\s*=", line)), 1)
    return Place(SETTINGS_FILE, number)


def _kind_changes(rendered: RenderedDeck, lock: Lock) -> Iterator[Problem]:
    for index in changed_notes(rendered, lock):
        header, known = rendered.headers[index], lock.notes.get(rendered.ids[index])
        if known and known.kind is not header.kind:
            message = (
                f"`{header.id}` was a {known.kind} note and cannot become a {header.kind} one: Anki would never update "
                "it; give the note a new id (the old one is retired)"
            )
            yield Problem(rendered.note_summaries[index].place, message, "kind-change")


def _mistyped_ids(rendered: RenderedDeck, lock: Lock) -> Iterator[Problem]:
    """Ids that are new and whose notes show what a note shows that is gone."""
    present = set(rendered.ids)
    if not any(name not in present and not entry.retired for name, entry in lock.notes.items()):
        return
    aliases = {alias for page in rendered.page_summaries for alias in page.aliases}
    live = {name: entry for name, entry in lock.notes.items() if not entry.retired and name not in aliases}
    unknown = [index for index, name in enumerate(rendered.ids) if name and name not in lock.notes]
    headers = {index: rendered.headers[index] for index in unknown if index not in rendered.named}
    for index, known in LostNotes(Lock(lock.deck_id, live), present).take(headers).items():
        message = (
            f"`{rendered.ids[index]}` is new, but its text is that of `{known}`, which is gone: learners would keep "
            f"the old card and get this one unlearned; write {{#{known}}} back. If `{known}` is to end, take this note "
            "out, build, and put it back under the new id"
        )
        yield Problem(rendered.note_summaries[index].id_place, message, "lost-id")


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
    is_much = len(gone) > FEW and len(gone) * SHARE > len(live)
    if (is_much or (gone and not rendered.ids)) and len(gone) > allowed:
        what = "all" if len(gone) == len(live) else str(len(gone))
        message = (
            f"{what} of the {len(live)} notes of the last build are gone ({', '.join(sorted(gone)[:3])}, …): is this "
            f"the whole deck? restore their files; if they are to go, build with --allow-retiring {len(gone)}"
        )
        yield Problem(Place("."), message, "wholesale-loss")
