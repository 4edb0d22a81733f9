"""The deck's notes as an exported file holds them."""

from __future__ import annotations

from collections.abc import Iterator

from deckwright.collection.builds import DeckBuild
from deckwright.collection.notes import AnkiNote, NotesInAnki, by_id
from deckwright.notetypes import FIELDS
from deckwright.package.export import Export


def read_exported_notes(export: Export, build: DeckBuild) -> NotesInAnki:
    """Return the deck's notes of an exported file: those of its note types."""
    kinds = {note_type.id: kind for kind, note_type in build.note_types.items()}

    def notes() -> Iterator[AnkiNote]:
        for note in export.notes:
            if kind := kinds.get(note.type_id):
                fields = dict(zip(FIELDS[kind], note.fields, strict=False))
                yield AnkiNote(note.number, kind, fields, note.tags, note.modified, note.cards)

    return by_id(notes(), build.lock)
