"""A file that Anki exported (``.apkg`` or ``.colpkg``, of any version) → notes, cards, reviews and media in it.

Unlike ``package.read`` this is about what a learner has: it reads the review log, and leaves note types aside.
"""

from __future__ import annotations

import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from deckwright.identity.ids import Guid
from deckwright.notetypes import FIELD_END
from deckwright.package import anki_file
from deckwright.problems import PackageError


class ExportedNote(NamedTuple):
    """A note in the file; ``fields`` are in the order of its note type."""

    number: int
    guid: Guid
    type_id: int
    modified: int
    fields: tuple[str, ...]
    tags: tuple[str, ...]
    cards: tuple[int, ...]


class Review(NamedTuple):
    """One answer in the review log, without its time of day."""

    card: int
    time: int
    """Milliseconds since the epoch."""
    ease: int
    """1 (again) to 4 (easy); 0 where it was rescheduled by hand."""
    factor: int
    """1000 times the ease; with FSRS 100 to 1100 for difficulty 1 to 10."""
    took: int
    """Milliseconds until the answer."""
    kind: int
    """0 learning, 1 review, 2 relearning, 3 filtered, 4 and 5 by hand."""


class AnkiExport(NamedTuple):
    """What such a file holds."""

    notes: tuple[ExportedNote, ...]
    decks: Mapping[int, str]
    """Card → name of its deck."""
    reviews: tuple[Review, ...]
    media: Mapping[str, Path]
    """Name → file, until the block ends."""


@contextmanager
def open_export(path: Path) -> Iterator[AnkiExport]:
    """Open a file that Anki exported. Raises PackageError for a damaged or any other file, or without ``anki``."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            collection, media = _unpacked(path, Path(folder))
            with closing(sqlite3.connect(collection)) as connection:
                yield _read(connection, media)
        except (zipfile.BadZipFile, sqlite3.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PackageError(f"{path} is not a file that Anki exported, or it is damaged ({error})") from None


def _unpacked(path: Path, folder: Path) -> tuple[Path, Mapping[str, Path]]:
    """Return the collection of a file as SQLite, and its media."""
    with zipfile.ZipFile(path) as archive:
        name = anki_file.collection_in(archive)
        if name == anki_file.PRESENT_FORMAT:
            return _unpacked_by_anki(path, folder, is_whole="meta" in archive.namelist() and path.suffix == ".colpkg")
        if not name:
            raise PackageError(f"{path} holds no collection; give an .apkg or .colpkg (File → Export in Anki)")
        archive.extract(name, folder)
        return folder / name, {
            title: Path(archive.extract(entry, folder)) for title, entry in anki_file.media_in(archive).items()
        }


def _unpacked_by_anki(path: Path, folder: Path, *, is_whole: bool) -> tuple[Path, Mapping[str, Path]]:
    try:
        from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
        from anki.errors import AnkiException
    except ImportError:
        raise PackageError(f"{path} {anki_file.SUPPORT_OLDER}") from None
    target, media = folder / "collection.anki2", folder / "collection.media"
    collection = Collection(str(target))
    try:
        if is_whole:
            backend = collection._backend  # there is no other way to read a .colpkg
            collection.close(downgrade=False)
            backend.import_collection_package(
                col_path=str(target), backup_path=str(path), media_folder=str(media), media_db=str(folder / "media.db")
            )
        else:
            options = ImportAnkiPackageOptions(with_scheduling=True)
            collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options))
            collection.close(downgrade=False)
    except AnkiException as error:
        raise PackageError(f"Anki cannot read {path} ({error}); export it again") from None
    return target, {file.name: file for file in media.glob("*")}


def _read(connection: sqlite3.Connection, media: Mapping[str, Path]) -> AnkiExport:
    # Names of decks and tags are sorted by a rule of Anki's own.
    connection.create_collation("unicase", lambda a, b: (a.casefold() > b.casefold()) - (a.casefold() < b.casefold()))
    decks = anki_file.deck_names(connection)
    cards: dict[int, list[int]] = {}
    places: dict[int, str] = {}
    for card, note, deck, home in connection.execute("SELECT id, nid, did, odid FROM cards ORDER BY nid, ord"):
        cards.setdefault(note, []).append(card)
        places[card] = decks.get(home or deck, "")
    notes = tuple(
        ExportedNote(
            number,
            guid,
            kind,
            modified,
            tuple(text.split(FIELD_END)),
            tuple(tags.split()),
            tuple(cards.get(number, ())),
        )
        for number, guid, kind, modified, tags, text in connection.execute(
            "SELECT id, guid, mid, mod, tags, flds FROM notes ORDER BY id"
        )
    )
    reviews = connection.execute("SELECT cid, id, ease, factor, time, type FROM revlog ORDER BY id")
    return AnkiExport(notes, places, tuple(Review(*row) for row in reviews), media)
