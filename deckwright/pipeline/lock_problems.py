"""A rendered deck beside the lock of its last build → what an edit would cost learners."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from deckwright.identity import LOCK_FILE
from deckwright.identity.ids import is_number_for
from deckwright.pipeline.earlier_builds import EarlierBuilds
from deckwright.pipeline.lock_ids import Strays, stray_problems
from deckwright.pipeline.renumbered import renumbered_deletions
from deckwright.problems import Place, Problem, Severity

FEW, SHARE = 10, 10
"""Notes that may go at once in any deck, and the part of a larger one that may: one in so many."""


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
