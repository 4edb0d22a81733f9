"""``deck.lock`` of notes that come from another package: it keeps their GUIDs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from deckwright.files import replace_file
from deckwright.grammar.note import NoteKind
from deckwright.identity import LOCK_FILE, Entry, Lock, lock_bytes
from deckwright.identity.entries import Hashes
from deckwright.identity.ids import Guid, number_for


class KeptGuid(NamedTuple):
    """A note of the deck; the GUID, time (in seconds), deck and ordinals of cards that it had in the package."""

    id: str
    guid: Guid
    kind: NoteKind
    modified: int
    deck: str
    ords: tuple[int, ...]


def record_guids(root: Path, lock: Lock, kept: Iterable[KeptGuid]) -> None:
    """Write the GUIDs into the lock of a deck folder. Raises OSError when the file cannot be written."""
    replace_file(root / LOCK_FILE, lock_bytes(with_kept_guids(lock, kept)))


def with_kept_guids(lock: Lock, kept: Iterable[KeptGuid]) -> Lock:
    """Add the GUIDs to a lock, which has built none of these notes yet.

    The entries know no content, so the first build finds every note changed and gives it a time that is newer than the
    one learners have.
    """
    notes, taken = dict[str, Entry](), {entry.number for entry in lock.notes.values()}
    for note in sorted(kept):
        number = number_for(note.guid, taken)
        taken.add(number)
        notes[note.id] = Entry(
            note.kind,
            number,
            max(note.modified, 1),
            0,
            note.deck,
            Hashes(""),
            guid=note.guid,
            ords=tuple(sorted(note.ords)),
        )
    return replace(lock, notes=lock.notes.with_changes(notes))
