"""The deck's notes and cards read from a running Anki or an exported file."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from deckwright.collection.builds import DeckBuild
from deckwright.collection.client import Anki, AnkiError
from deckwright.grammar.note import NoteKind
from deckwright.identity import Entry, Lock
from deckwright.notetypes import FIELDS, NoteType
from deckwright.package.anki_export import AnkiExport, open_export


class AnkiNote(NamedTuple):
    """A note in a collection."""

    number: int
    kind: NoteKind
    fields: Mapping[str, str]
    tags: tuple[str, ...]
    modified: int
    """Seconds since the epoch; 0 when it is not known (add-ons of 2023 and before do not give it)."""
    cards: tuple[int, ...]
    guid: str = ""
    """Empty where it is not known: the add-on gives none."""
    deck: str = ""
    """That of its first card; empty where it is not known."""


class NotesInAnki(NamedTuple):
    """The notes of a deck in a collection, and those of its note types that it does not know."""

    notes: Mapping[str, AnkiNote]
    """By their ids in the deck."""
    others: Sequence[AnkiNote] = ()
    """Added in Anki, or copies."""


def search(note_types: Iterable[NoteType]) -> str:
    """Return the search for all notes of these types."""
    return " OR ".join(f"mid:{note_type.id}" for note_type in note_types)


def read_notes(anki: Anki, build: DeckBuild) -> NotesInAnki:
    """Read the deck's notes from a running Anki. Raises AnkiError."""
    note_types = build.note_types
    names = {number: name for name, number in anki.call("modelNamesAndIds").items()}
    kinds = {names[each.id]: kind for kind, each in note_types.items() if each.id in names}
    if not kinds:
        return NotesInAnki({})
    found = sorted(anki.call("findNotes", query=search(note_types.values())))
    answers = anki.call_in_batches("notesInfo", "notes", found)
    return by_id((_note(info, kinds) for infos in answers for info in infos if info), build.lock)


def by_id(notes: Iterable[AnkiNote], lock: Lock) -> NotesInAnki:
    """Sort notes by their ids: by their numbers, which are the deck's own, by GUIDs, or else by their ID fields."""
    numbers = {entry.number: name for name, entry in lock.notes.items()}
    guids = {entry.guid: name for name, entry in lock.notes.items() if entry.guid and not is_half_taken(entry)}
    found: dict[str, AnkiNote] = {}
    others: list[AnkiNote] = []
    for note in sorted(notes, key=lambda note: note.number not in numbers):
        name = numbers.get(note.number) or guids.get(note.guid) or note.fields.get("ID", "")
        if name in lock.notes and name not in found:
            found[name] = note
        else:
            others.append(note)
    return NotesInAnki(found, others)


def is_half_taken(entry: Entry) -> bool:
    """Whether an entry is one that a pull wrote for a note added in Anki, and the note never came to the sources."""
    return entry.retired and bool(entry.guid) and not entry.hashes


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

    The add-on gives no GUIDs, but it exports, and an exported file holds them: Anki writes the deck, without
    scheduling, into a temporary file. Raises AnkiError or PackageError.
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


def exported_notes(export: AnkiExport, build: DeckBuild) -> Iterator[AnkiNote]:
    """Yield the notes of an exported file that are of the deck's note types."""
    kinds = {note_type.id: kind for kind, note_type in build.note_types.items()}
    for note in export.notes:
        if kind := kinds.get(note.type_id):
            fields = dict(zip(FIELDS[kind], note.fields.values(), strict=False))  # they may have other names there
            yield AnkiNote(note.number, kind, fields, note.tags, note.modified, note.cards, note.guid, note.deck)


def _note(info: Mapping[str, Any], kinds: Mapping[str, NoteKind]) -> AnkiNote:
    return AnkiNote(
        number=int(info["noteId"]),
        kind=kinds[info["modelName"]],
        fields={name: field["value"] for name, field in info["fields"].items()},
        tags=tuple(info["tags"]),
        modified=int(info.get("mod", 0)),
        cards=tuple(info["cards"]),
    )


def check_schema(anki: Anki, note_types: Mapping[NoteKind, NoteType]) -> None:
    """Raise AnkiError when the collection has other fields in one of the note types.

    The add-on imports with “merge note types” on, so the import would change the schema, and Anki would force a one-way
    sync, which loses what other devices did meanwhile.
    """
    names = {number: name for name, number in anki.call("modelNamesAndIds").items()}
    for kind, note_type in note_types.items():
        if note_type.id not in names:
            continue
        name = names[note_type.id]
        if tuple(anki.call("modelFieldNames", modelName=name)) != FIELDS[kind]:
            raise AnkiError(
                f"the note type “{name}” has other fields in Anki than in this deck: remove the added ones "
                f"under Tools → Manage Note Types → Fields (they are to be {', '.join(FIELDS[kind])}), or import the "
                "package by hand with “Merge note types” ticked, once"
            )


def decks_of_cards(anki: Anki, cards: Sequence[int]) -> dict[int, str]:
    """Return the deck that each card is in now."""
    answers = anki.call_in_batches("getDecks", "cards", cards)
    return {card: deck for answer in answers for deck, there in answer.items() for card in there}


def suspended(anki: Anki, cards: Sequence[int]) -> set[int]:
    """Return the cards that are suspended."""
    answers = (flag for answer in anki.call_in_batches("areSuspended", "cards", cards) for flag in answer)
    return {card for card, flag in zip(cards, answers, strict=True) if flag}


def perhaps_reviewed_elsewhere(anki: Anki, note_types: Collection[NoteType]) -> set[int]:
    """Return the cards that another device may have reviewed without having synced since.

    A card that is neither new nor due here was not asked there either, for the collections were the same at the last
    sync. Moving or suspending any other card here would undo such a review: of a card row Anki's sync keeps the newer.
    """
    query = f"({search(note_types)}) -is:suspended (is:new OR is:due OR is:learn)"
    return set(anki.call("findCards", query=query))
