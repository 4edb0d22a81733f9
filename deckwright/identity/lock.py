"""What ``deck.lock`` says of a deck: its notes and its note types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Entry
from deckwright.identity.ids import Guid, guid_for
from deckwright.identity.lock_entries import LockEntries


class TypeEntry(NamedTuple):
    """What is known of a note type: the fingerprint of its look and the time that look was first built."""

    fingerprint: str
    modified: int


@dataclass(frozen=True)
class Lock:
    """The content of ``deck.lock``. Empty before the first build."""

    deck_id: str
    notes: LockEntries = field(default_factory=LockEntries)
    note_types: Mapping[NoteKind, TypeEntry] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    """This program and the libraries that render, with the versions that the fields were last made with."""
    digest: str = field(default="", compare=False)
    """A hash of the file, when it was read from one."""
    changes: Mapping[str, Entry] = field(default_factory=dict, compare=False)
    """The entries that are not those of the lock that it was reconciled with."""

    @property
    def live(self) -> list[str]:
        """The ids of the notes that are not retired."""
        retired = self.notes.retired
        return [name for name in self.notes if name not in retired]

    @property
    def newest(self) -> int:
        """The latest time in it, 0 when empty: the time of the package as a whole."""
        return max([self.notes.newest, *(entry.modified for entry in self.note_types.values())])

    def guid(self, name: str) -> Guid:
        """The GUID of a note by its id: its own, or else the one that derives from the deck's id and the note's."""
        entry = self.notes.get(name)
        return Guid(entry.guid) if entry and entry.guid else guid_for(self.deck_id, name)
