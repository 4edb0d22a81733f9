"""What a build tells people of an edit that is no mistake for sure, as a learner might meet it."""

from __future__ import annotations

from collections.abc import Iterator

from deckwright.grammar.note import NoteKind
from deckwright.identity import Entry, Lock
from deckwright.pipeline.lock_before import listed
from deckwright.pipeline.versions import version_changes


def notices_of(before: Lock, lock: Lock) -> list[str]:
    """Return what to say of a build with the lock of the last one and its own."""
    return [*_markup_notice(before, lock), *_retired_notice(before, lock), *_emptied_notice(before, lock)]


def _markup_notice(before: Lock, lock: Lock) -> Iterator[str]:
    """How many notes have other HTML that shows the same, and why."""
    same = [name for name, entry in lock.changes.items() if _differs_in_markup(before.notes.get(name), entry)]
    if same:
        changes = version_changes(before.versions, lock.versions)
        why = ", ".join(changes) if changes else "another file, title or white space" if before.versions else "unknown"
        notes = "1 note shows" if len(same) == 1 else f"{len(same)} notes show"
        yield f"{notes} the same in other markup ({why}); no new time for that"


def _differs_in_markup(before: Entry | None, after: Entry) -> bool:
    return before is not None and before.hashes == after.hashes and before.markup not in ("", after.markup)


def _retired_notice(before: Lock, lock: Lock) -> Iterator[str]:
    """Which notes went: a note that was hidden by mistake, in a draft or a file that is no more read, is among them."""
    gone = [name for name, entry in lock.changes.items() if entry.retired and not _was_retired(before, name)]
    if gone:
        yield f"no longer in the deck: {listed(gone)}; learners keep the cards until they delete them (see `plan`)"


def _was_retired(before: Lock, name: str) -> bool:
    return name not in before.notes or before.notes[name].retired


def _emptied_notice(before: Lock, lock: Lock) -> Iterator[str]:
    """Which notes have fewer cards than before: an import leaves the others, with nothing on their front."""
    found = []
    for name, entry in lock.changes.items():
        known = before.notes.get(name)
        if known and not entry.retired and (lost := sorted(set(known.ords) - set(entry.ords))):
            cards = ", ".join(f"c{n + 1}" for n in lost) if entry.kind is NoteKind.CLOZE else "the reversed card"
            found.append(f"{name} ({cards})")
    if found:
        yield f"cards become empty: {listed(found)}; learners remove them with Tools → Empty Cards"
