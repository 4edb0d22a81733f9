"""The deck's notes as an exported file holds them."""

from __future__ import annotations

from collections.abc import Iterator

from deckwright.collection.builds import DeckBuild
from deckwright.collection.notes import AnkiNote, NotesInAnki, by_id
from deckwright.notetypes import FIELDS
from deckwright.package.anki_export import AnkiExport


def read_exported_notes(export: AnkiExport, build: DeckBuild) -> NotesInAnki:
    """Return the deck's notes of an exported file: those of its note types."""
    return by_id(exported_notes(export, build), build.lock)


def exported_notes(export: AnkiExport, build: DeckBuild) -> Iterator[AnkiNote]:
    """Yield the notes of an exported file that are of the deck's note types."""
    kinds = {note_type.id: kind for kind, note_type in build.note_types.items()}
    for note in export.notes:
        if kind := kinds.get(note.type_id):
            fields = dict(zip(FIELDS[kind], note.fields, strict=False))
            deck = export.decks.get(note.cards[0], "") if note.cards else ""
            yield AnkiNote(note.number, kind, fields, note.tags, note.modified, note.cards, note.guid, deck)
