"""A collection, ours or another program's → its notes and note types."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from deckwright.grammar.note import NoteKind
from deckwright.identity.ids import Guid
from deckwright.notetypes import FIELD_END, NoteType, Template
from deckwright.package import anki_file
from deckwright.problems import PackageError

NOTES = (
    "SELECT id, guid, mid, mod, tags, flds FROM notes "
    "WHERE :numbers IS NULL OR id IN (SELECT value FROM json_each(:numbers)) ORDER BY id"
)
CARDS = (
    "SELECT nid, id, ord, CASE odid WHEN 0 THEN did ELSE odid END, due FROM cards "
    "WHERE :numbers IS NULL OR nid IN (SELECT value FROM json_each(:numbers)) ORDER BY nid, ord"
)
MILLISECONDS = 100_000_000_000
"""A time above this is not in seconds, as some generators write it: it would be in the year 5138."""
CLOZE = 1
"""What a cloze note type has as its ``type``."""


class PackagedNote(NamedTuple):
    """A note as it is in a file, ours or another program's."""

    guid: Guid
    number: int
    modified: int
    position: int
    """Of the first card among the new ones."""
    deck: str
    """The home of the first card; empty without cards."""
    type_id: int
    fields: Mapping[str, str]
    """By name, in the order of the note type."""
    tags: tuple[str, ...]
    ords: tuple[int, ...] = (0,)
    """Ordinals of its cards."""
    cards: tuple[int, ...] = ()
    """Their numbers, in the same order."""


class PackagedType(NamedTuple):
    """A note type as it is in a file, and the time of its last change."""

    type: NoteType
    modified: int


class Packaged(NamedTuple):
    """The notes of a collection, by their numbers, and its note types."""

    notes: tuple[PackagedNote, ...]
    types: tuple[PackagedType, ...]


def read_package(path: Path) -> Packaged:
    """The notes and note types of a package on disk: ours of any version, or any with the old (schema 11) collection.

    Raises PackageError when it is not one, OSError when it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if (name := anki_file.collection_in(archive)) not in anki_file.OLDER_FORMATS:
                raise PackageError(
                    f"{path} is not a package that a build wrote; give an .apkg made by this program or genanki"
                )
            content = archive.read(name)
    except (zipfile.BadZipFile, ValueError, KeyError) as error:
        raise PackageError(f"{path} is damaged: {error}; give another package") from None
    return _read(content, path)


def read_collection(path: Path, numbers: Collection[int] | None = None) -> Packaged:
    """Return the notes (only those with these numbers) and note types of a collection that a build kept.

    Raises PackageError when it is not one, OSError when it cannot be read.
    """
    return _read(path.read_bytes(), path, numbers)


def _read(content: bytes, path: Path, numbers: Collection[int] | None = None) -> Packaged:
    try:
        with anki_file.opened_collection(content) as connection:
            return read_rows(connection, numbers)
    except anki_file.DAMAGED as error:
        raise PackageError(f"{path} is damaged: {error}; give another package") from None


def read_rows(connection: sqlite3.Connection, numbers: Collection[int] | None = None) -> Packaged:
    """Read an open collection; of its notes, only those with these numbers. Raises one of ``DAMAGED``."""
    wanted = {"numbers": None if numbers is None else json.dumps([*numbers])}
    models, decks = map(json.loads, connection.execute("SELECT models, decks FROM col").fetchone())
    deck_names = {int(key): str(deck["name"]) for key, deck in decks.items()}
    types = {int(key): PackagedType(_type_of(int(key), model), int(model["mod"])) for key, model in models.items()}
    cards: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    for note, *card in connection.execute(CARDS, wanted):
        cards[note].append(tuple(card))
    notes = []
    for number, guid, type_id, modified, tags, text in connection.execute(NOTES, wanted):
        names = types[type_id].type.fields
        numbers_of_cards, ords, homes, places = zip(*cards[number], strict=True) if cards[number] else ((),) * 4
        notes.append(
            PackagedNote(
                guid=Guid(str(guid)),
                number=number,
                modified=modified // 1000 if modified > MILLISECONDS else modified,
                position=places[0] if places else 0,
                deck=deck_names.get(homes[0], "") if homes else "",
                type_id=type_id,
                fields={**dict.fromkeys(names, ""), **dict(zip(names, str(text).split(FIELD_END), strict=False))},
                tags=tuple(tags.split()),
                ords=ords,
                cards=numbers_of_cards,
            )
        )
    return Packaged(tuple(notes), tuple(types.values()))


def _type_of(number: int, model: Mapping[str, Any]) -> NoteType:
    fields = sorted((int(field["ord"]), str(field["name"])) for field in model["flds"])
    templates = sorted((int(each["ord"]), each["name"], each["qfmt"], each["afmt"]) for each in model["tmpls"])
    return NoteType(
        id=number,
        kind=NoteKind.CLOZE if model.get("type") == CLOZE else NoteKind.BASIC,
        name=str(model["name"]),
        fields={name: ordinal for ordinal, name in fields},
        templates=tuple(Template(*each) for each in templates),
        css=str(model.get("css", "")),
    )
