"""A package of any maker → its note types, notes, decks and media."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deckwright.grammar.note import NoteKind
from deckwright.identity.ids import Guid
from deckwright.notetypes import FIELD_END, NoteType, Template
from deckwright.package import anki_file
from deckwright.package.read import PackagedNote
from deckwright.problems import PackageError

MILLISECONDS = 100_000_000_000
"""A time above this is not in seconds, as some generators write it: it would be in the year 5138."""
TEXT_TYPES = (".csv", ".tsv", ".txt")
CLOZE = 1
"""What a cloze note type has as its ``type``."""


@dataclass(frozen=True)
class OldPackage:
    """An open package: what it holds, and the way to its media."""

    types: Mapping[int, NoteType]
    notes: tuple[PackagedNote, ...]
    """With their fields as HTML; the deck is that of the first card, and one without cards has none."""
    media: Mapping[str, str]
    """Name of a media file → its name in the archive."""
    archive: zipfile.ZipFile

    def read_media(self, name: str) -> bytes:
        """The bytes of a media file. Raises PackageError when they are damaged."""
        try:
            return self.archive.read(self.media[name])
        except (KeyError, zipfile.BadZipFile) as error:
            raise PackageError(f"the media file {name} in the package is damaged: {error}; export it again") from None


@contextmanager
def open_package(path: Path) -> Iterator[OldPackage]:
    """Open a package; its notes come in the order in which a learner meets them.

    A package in the format of Anki 2.1.50 and later (``collection.anki21b``) is first written in the older one by
    Anki's own code, where the ``anki`` package is installed. Raises PackageError when the file is not a package, is
    damaged, or cannot be read without ``anki``.
    """
    if path.suffix.lower() in TEXT_TYPES:
        raise PackageError(
            f"{path} is text, which holds neither reviews nor pictures: give the deck that Anki exports as a package "
            "(File → Export, .apkg); what is in a spreadsheet alone is imported there first (File → Import)"
        )
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                is_present_format = anki_file.collection_in(archive) == anki_file.PRESENT_FORMAT
            readable = _in_older_format(path, Path(folder)) if is_present_format else path
            with zipfile.ZipFile(readable) as archive:
                yield _read(archive, path)
        except (zipfile.BadZipFile, sqlite3.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PackageError(f"{path} is not a package, or it is damaged ({error}); export it again") from error


def _in_older_format(path: Path, folder: Path) -> Path:
    """The package as an older Anki would write it, made by importing it into an empty collection and exporting it."""
    try:
        from anki.collection import Collection, ExportAnkiPackageOptions, ImportAnkiPackageRequest
        from anki.errors import AnkiException
    except ImportError:
        raise PackageError(f"{path} {anki_file.SUPPORT_OLDER}") from None
    older = folder / "older.apkg"
    collection = Collection(str(folder / "collection.anki2"))
    try:
        # Anki would add a "+" to the name of a note type that it meets beside its own of the same name.
        for number, stock in enumerate(collection.models.all()):
            stock["name"] = f"stock {number}"
            collection.models.update_dict(stock)
        collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(path)))
        options = ExportAnkiPackageOptions(with_media=True, legacy=True)
        collection.export_anki_package(out_path=str(older), options=options, limit=None)
    except AnkiException as error:
        raise PackageError(f"Anki cannot read {path} ({error}); export it again") from None
    finally:
        collection.close()
    return older


def _read(archive: zipfile.ZipFile, path: Path) -> OldPackage:
    """What an archive in the older format holds."""
    if not (collection := anki_file.collection_in(archive)):
        raise PackageError(f"{path} holds no collection; give an .apkg (File → Export in Anki)")
    with anki_file.opened_collection(archive.read(collection)) as connection:
        models = json.loads(connection.execute("SELECT models FROM col").fetchone()[0])
        types = {int(key): _type_of(int(key), model) for key, model in models.items()}
        notes = _notes(connection, types, anki_file.deck_names(connection))
    return OldPackage(types, notes, anki_file.media_in(archive), archive)


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


def _notes(
    connection: sqlite3.Connection, types: Mapping[int, NoteType], decks: Mapping[int, str]
) -> tuple[PackagedNote, ...]:
    """The notes by their place among the new cards where all cards are new, else by the time they were made."""
    ords: dict[int, tuple[int, ...]] = {}
    homes: dict[int, str] = {}
    places: dict[int, int] = {}
    query = "SELECT nid, ord, CASE odid WHEN 0 THEN did ELSE odid END, due FROM cards ORDER BY nid, ord"
    for number, ordinal, deck, due in connection.execute(query):
        ords[number] = (*ords.get(number, ()), ordinal)
        homes.setdefault(number, decks[deck])
        places.setdefault(number, due)
    if connection.execute("SELECT count() FROM cards WHERE type <> 0").fetchone()[0]:
        places.clear()
    found = []
    query = "SELECT id, guid, mid, mod, tags, flds FROM notes ORDER BY id"
    for number, guid, type_id, modified, tags, text in connection.execute(query):
        names, home = types[type_id].fields, homes.get(number, "")
        fields = {**dict.fromkeys(names, ""), **dict(zip(names, str(text).split(FIELD_END), strict=False))}
        seconds = modified // 1000 if modified > MILLISECONDS else modified
        told = tuple(tags.split())
        position, cards = places.get(number, 0), ords.get(number, ())
        found.append(PackagedNote(Guid(str(guid)), number, seconds, position, home, type_id, fields, told, cards))
    return tuple(sorted(found, key=lambda note: (note.position, note.number)))
