"""A package on disk → its notes and note types."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from deckwright.identity.ids import Guid
from deckwright.notetypes import FIELD_END, fingerprint
from deckwright.package import anki_file
from deckwright.problems import PackageError

NOTES = (
    "SELECT id, guid, mid, mod, tags, flds FROM notes "
    "WHERE :numbers IS NULL OR id IN (SELECT value FROM json_each(:numbers)) ORDER BY id"
)
CARDS = (
    "SELECT nid, did, due, ord FROM cards "
    "WHERE :numbers IS NULL OR nid IN (SELECT value FROM json_each(:numbers)) ORDER BY ord DESC"
)


class PackagedNote(NamedTuple):
    """A note as it is in a package on disk, ours or another program's."""

    guid: Guid
    number: int
    modified: int
    position: int
    deck: str
    type_id: int
    fields: Mapping[str, str]
    tags: tuple[str, ...]
    ords: tuple[int, ...] = (0,)
    """Ordinals of its cards."""


class PackagedType(NamedTuple):
    """A note type as it is in a package on disk; ``look`` is its fingerprint."""

    id: int
    modified: int
    look: str


class Packaged(NamedTuple):
    """What a package on disk holds."""

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
            return _packaged(connection, numbers)
    except (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PackageError(f"{path} is damaged: {error}; give another package") from None


def _packaged(connection: sqlite3.Connection, numbers: Collection[int] | None) -> Packaged:
    wanted = {"numbers": None if numbers is None else json.dumps([*numbers])}
    models = json.loads(connection.execute("SELECT models FROM col").fetchone()[0])
    decks = anki_file.deck_names(connection)
    fields = {int(key): [field["name"] for field in model["flds"]] for key, model in models.items()}
    cards: dict[int, tuple[str, int]] = {}
    ords: dict[int, tuple[int, ...]] = {}
    for note, deck, due, ord_ in connection.execute(CARDS, wanted):
        cards[note] = decks[deck], due
        ords[note] = ord_, *ords.get(note, ())
    notes = (
        PackagedNote(
            guid=Guid(guid),
            number=number,
            modified=modified,
            position=cards.get(number, ("", 0))[1],
            deck=cards.get(number, ("", 0))[0],
            type_id=type_id,
            fields=dict(zip(fields[type_id], text.split(FIELD_END), strict=False)),
            tags=tuple(tags.split()),
            ords=ords.get(number, ()),
        )
        for number, guid, type_id, modified, tags, text in connection.execute(NOTES, wanted)
    )
    types = (PackagedType(int(key), int(model["mod"]), _look(model)) for key, model in models.items())
    return Packaged(tuple(notes), tuple(types))


def _look(model: Mapping[str, Any]) -> str:
    templates = ((t["name"], t["qfmt"], t["afmt"]) for t in model["tmpls"])
    return fingerprint(model["name"], model["css"], templates)
