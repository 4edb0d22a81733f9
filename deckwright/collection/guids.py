"""GUIDs of notes in a running Anki. The add-on gives none, but it exports, and an exported file holds them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from deckwright.collection.builds import DeckBuild
from deckwright.collection.client import Anki
from deckwright.collection.notes import NotesInAnki, by_id, exported_notes, is_half_taken
from deckwright.package.anki_export import open_export


def with_guids(anki: Anki, build: DeckBuild, found: NotesInAnki) -> NotesInAnki:
    """Find the deck's notes that only GUIDs identify: added in Anki, taken into the sources, not yet pushed.

    Once such a note is pushed, its ID field identifies it; so Anki exports only where that may find something.
    """
    entries = build.lock.notes
    sought = any(entry.guid and name not in found.notes and not is_half_taken(entry) for name, entry in entries.items())
    if not (sought and found.others):
        return found
    told = add_guids(anki, build, found)
    return by_id([*told.notes.values(), *told.others], build.lock)


def add_guids(anki: Anki, build: DeckBuild, found: NotesInAnki) -> NotesInAnki:
    """Add to the notes that the deck does not know their GUIDs, times and decks, as far as they are in the deck.

    Has Anki export the deck, without scheduling, into a temporary file. Raises AnkiError or PackageError.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "deck.apkg")
        anki.call("exportPackage", deck=build.settings.name, path=str(path), includeSched=False)
        if not path.exists():  # the deck has another name there, or Anki does not run on this machine
            return found
        with open_export(path) as export:
            told = {note.number: note for note in exported_notes(export, build)}
    others = [told.get(note.number, note)._replace(tags=note.tags) for note in found.others]
    return found._replace(others=others)
