"""A package that a build wrote → the lock of that build."""

from __future__ import annotations

from collections.abc import Mapping

from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Entry, content_hashes, markup_hash
from deckwright.identity.ids import Guid, guid_for
from deckwright.identity.lock import Lock, TypeEntry
from deckwright.identity.lock_entries import LockEntries
from deckwright.package.read import Packaged, PackagedNote


def entry_of(note: PackagedNote, kind: NoteKind, own_guid: Guid) -> Entry:
    """Return the entry of a packaged note in the lock of the build that packaged it, without the hash of its markup.

    ``own_guid`` is the one that derives from the deck's id and the note's: another one is recorded.
    """
    return Entry(
        kind=kind,
        number=note.number,
        modified=note.modified,
        position=note.position,
        deck=note.deck,
        hashes=content_hashes(note.fields, note.tags),
        ords=note.ords,
        guid="" if note.guid == own_guid else note.guid,
    )


def recover_lock(deck_id: str, packaged: Packaged, kinds: Mapping[int, NoteKind]) -> Lock:
    """Return the lock of a deck as it was when a package of it was built; ``kinds`` names the deck's note types by id.

    Notes of other note types are passed over: the ids of the deck's own derive from its id. Retired notes are not in a
    package, so their ids are forgotten.
    """
    notes = {
        name: entry_of(note, kinds[note.type_id], guid_for(deck_id, name))._replace(
            markup=markup_hash(note.fields, note.tags)
        )
        for note in packaged.notes
        if note.type_id in kinds and (name := note.fields.get("ID", ""))
    }
    types = {
        kinds[each.id]: TypeEntry(each.fingerprint, modified) for each, modified in packaged.types if each.id in kinds
    }
    return Lock(deck_id, LockEntries(notes), types)
