"""What ``deck.lock`` says of a deck: its notes and its note types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Entry
from deckwright.identity.entry_lines import EntryLines
from deckwright.identity.ids import Guid, guid_for


class TypeEntry(NamedTuple):
    """What is known of a note type: the fingerprint of its look and the time that look was first built."""

    fingerprint: str
    modified: int


@dataclass(frozen=True)
class Lock:
    """The content of ``deck.lock``. Empty before the first build."""

    deck_id: str
    notes: Mapping[str, Entry] = field(default_factory=dict)
    note_types: Mapping[NoteKind, TypeEntry] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    """This program and the libraries that render, with the versions that the fields were last made with."""
    digest: str = field(default="", compare=False)
    """A hash of the file, when it was read from one."""
    changes: Mapping[str, Entry] = field(default_factory=dict, compare=False)
    """The entries that are not those of the lock that it was reconciled with."""

    @property
    def retired(self) -> set[str]:
        """The ids of the retired notes."""
        if isinstance(self.notes, EntryLines):
            return self.notes.retired()
        return {name for name, entry in self.notes.items() if entry.retired}

    @property
    def live(self) -> list[str]:
        """The ids of the notes that are not retired."""
        retired = self.retired
        return [name for name in self.notes if name not in retired]

    @cached_property
    def newest(self) -> int:
        """The latest time in it, 0 when empty: the time of the package as a whole."""
        times = [entry.modified for entry in self.note_types.values()]
        if isinstance(self.notes, EntryLines):
            return max([*times, self.notes.newest])
        return max([*times, *(entry.modified for entry in self.notes.values())], default=0)

    @property
    def is_raw(self) -> bool:
        """Whether it has entries of format 1."""
        return not isinstance(self.notes, EntryLines) and any(entry.is_raw for entry in self.notes.values())

    def guid(self, name: str) -> Guid:
        """The GUID of a note by its id: its own, or else the one that derives from the deck's id and the note's."""
        entry = self.notes.get(name)
        return Guid(entry.guid) if entry and entry.guid else guid_for(self.deck_id, name)
