"""Dated notes → ``.apkg``, through genanki. genanki is used here alone."""

from __future__ import annotations

import errno
import hashlib
import heapq
import itertools
import json
import operator
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from genanki.apkg_col import APKG_COL
from genanki.apkg_schema import APKG_SCHEMA
from genanki.deck import Deck
from genanki.model import Model
from genanki.package import Package

from deckwright.deck.media import HASH_DIGITS, MEDIA_TYPES, Media, stored_bytes, suffix
from deckwright.files import atomic_write, hash_number, stamp_of, temporary_file_beside
from deckwright.grammar.note import NoteKind
from deckwright.identity.headers import DatedNote
from deckwright.notetypes import FIELD_END, NoteType
from deckwright.package.archive import Archive, ChunkStore, chunks_of, size_of

SQLITE_VERSION = (3_040_000).to_bytes(4, "big")
"""Written over the library's own version in the database header, which nothing reads."""
MODEL_TYPES = {NoteKind.BASIC: Model.FRONT_BACK, NoteKind.CLOZE: Model.CLOZE}
TABLES = APKG_SCHEMA[: APKG_SCHEMA.index("CREATE INDEX")]
"""Without the indices, which an import does not need (tried from Anki 2.1.54 on): a tenth of the collection's bytes."""
BEGIN = """
    PRAGMA page_size = 16384; PRAGMA encoding = 'UTF-8'; PRAGMA auto_vacuum = NONE; PRAGMA secure_delete = ON;
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32768;
    BEGIN;
"""
"""How the collection is written. The first line settles what a library may be built to do otherwise: large pages, and
zeros in place of what was deleted, make the package smaller. The second is for speed: nobody reads a half-written file.
"""
NOTE_ROW = "INSERT INTO notes VALUES (?, ?, ?, ?, -1, ?, ?, ?, 0, 0, '')"
CARD_ROW = "INSERT INTO cards VALUES (?, ?, ?, ?, ?, -1, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, '')"
NOTE_COPY = "INSERT INTO main.notes SELECT * FROM earlier.notes WHERE id > ? AND id < ? ORDER BY id"
CARD_COPY = "INSERT INTO main.cards SELECT * FROM earlier.cards WHERE id > ? AND id < ? ORDER BY id"
LAST_NUMBER = 2**63 - 1


class MediaChangedError(Exception):
    """A media file is no longer what it was when the build looked at it; the message names it."""


class CardRow(NamedTuple):
    """A card as it goes into a package; ``note`` is the number of its note."""

    id: int
    note: int
    deck: str
    ord: int
    modified: int
    position: int


class LastCollection(NamedTuple):
    """The collection of an earlier package, and the numbers of the notes and cards in it that are not taken over."""

    path: Path
    dropped_notes: Sequence[int]
    dropped_cards: Sequence[int]


class PackageContents(NamedTuple):
    """All that goes into a package: notes and cards by their numbers, each read once, one after the other."""

    notes: Iterable[DatedNote]
    cards: Iterable[CardRow]
    decks: Collection[str]
    """All that hold notes."""
    kinds: Collection[NoteKind]
    """All that notes have."""
    note_types: Mapping[NoteKind, NoteType]
    type_times: Mapping[NoteKind, int]
    deck_name: str
    description: str
    """Of the deck as a whole, as HTML."""
    media: Iterable[Media]
    earlier: LastCollection | None = None
    """Where ``notes`` and ``cards`` are only those that differ."""
    chunks: ChunkStore | None = None
    """Deflated chunks of the earlier collection, and where those of this one are to be kept."""
    collection: Path | None = None
    """Where the collection is made and left; without, it is made beside the package and removed."""


class WrittenPackage(NamedTuple):
    """The package that was written: size in bytes, numbers of notes, cards, decks that hold notes, and media files."""

    path: Path
    size: int
    notes: int
    cards: int
    decks: int
    media: int


class _Model(Model):
    """A note type with a time of its own and numeric ids, which let Anki recognise renamed fields and templates."""

    def __init__(self, note_type: NoteType, modified: int) -> None:
        super().__init__(
            model_id=note_type.id,
            name=note_type.name,
            fields=[{"name": name, "id": number} for name, number in note_type.fields.items()],
            templates=[{"name": t.name, "id": t.id, "qfmt": t.front, "afmt": t.back} for t in note_type.templates],
            css=note_type.css,
            model_type=MODEL_TYPES[note_type.kind],
        )
        self.modified = modified

    @property
    def _req(self) -> list[Any]:
        """Which fields a template needs. Only Anki before 2.1.28 reads it, so the sort field will do for all."""
        return [[ordinal, "any", [0]] for ordinal in range(len(self.templates))]

    def to_json(self, timestamp: float, deck_id: int) -> dict[str, Any]:
        return {**super().to_json(self.modified, deck_id), "did": None}


class _Package(Package):
    """A package whose bytes depend on its contents alone, and which writes its notes as they come."""

    decks: list[Deck]

    def __init__(self, contents: PackageContents) -> None:
        super().__init__(_decks(contents))
        self.contents = contents
        self.models = {
            kind: _Model(note_type, contents.type_times[kind]) for kind, note_type in contents.note_types.items()
        }
        self.notes = self.cards = 0

    def write_collection(self, file: Path) -> None:
        """Make an SQLite file of the collection. Raises OSError when it cannot be written."""
        try:
            with closing(sqlite3.connect(_address(file), uri=True, isolation_level=None)) as connection:
                self.write_to_db(connection.cursor(), 0, iter(()))
        except sqlite3.OperationalError as error:
            with file.open("ab") as probe:  # the system's error shows what is wrong, SQLite's does not
                probe.write(bytes(1 << 20))
            raise OSError(errno.EIO, str(error)) from error
        with file.open("r+b") as written:
            written.seek(96)
            written.write(SQLITE_VERSION)

    def write_to_db(self, cursor: sqlite3.Cursor, timestamp: float, id_gen: Iterator[int]) -> None:
        """The rows that genanki writes, in one transaction and without an object for every note and card.

        The JSON of decks and note types is written once, not parsed again for every deck.
        """
        if self.contents.earlier:
            cursor.execute("ATTACH ? AS earlier", (_address(self.contents.earlier.path, "mode=ro"),))
        cursor.executescript(BEGIN + TABLES)
        cursor.execute(APKG_COL)
        self._write_rows(cursor)
        self.notes, self.cards = cursor.execute(
            "SELECT (SELECT count(*) FROM notes), (SELECT count(*) FROM cards)"
        ).fetchone()
        decks = json.loads(cursor.execute("SELECT decks FROM col").fetchone()[0])
        decks |= {str(deck.deck_id): deck.to_json() for deck in self.decks}
        models = {
            str(model.model_id): model.to_json(timestamp, 1)
            for kind, model in self.models.items()
            if kind in self.contents.kinds
        }
        cursor.execute("UPDATE col SET decks = ?, models = ?", (json.dumps(decks), json.dumps(models)))
        cursor.execute("COMMIT")

    def _write_rows(self, cursor: sqlite3.Cursor) -> None:
        """Write all notes, then all cards, by number: so it makes no difference where a row comes from."""
        decks = {deck.name: deck.deck_id for deck in self.decks}
        notes = map(self._note_row, self.contents.notes)
        cards = (
            (card.id, card.note, decks[card.deck], card.ord, card.modified, card.position)
            for card in self.contents.cards
        )
        earlier = self.contents.earlier
        if earlier is None:
            cursor.executemany(NOTE_ROW, notes)
            cursor.executemany(CARD_ROW, cards)
            return
        _merge(cursor, NOTE_COPY, NOTE_ROW, notes, earlier.dropped_notes)
        _merge(cursor, CARD_COPY, CARD_ROW, cards, earlier.dropped_cards)

    def _note_row(self, note: DatedNote) -> tuple[object, ...]:
        header, fields, guid, number, modified, _ = note
        tags, sort_field = f" {' '.join(header.tags)} ", fields.partition(FIELD_END)[0]
        return number, guid, self.contents.note_types[header.kind].id, modified, tags, fields, sort_field


def _address(file: Path, mode: str = "mode=rwc") -> str:
    """Return an SQLite file without locks: they are of no use here, and some network folders have none."""
    return f"file:{quote(os.fsencode(file))}?nolock=1&{mode}"


def _merge(
    cursor: sqlite3.Cursor,
    copy: str,
    insert: str,
    fresh: Iterable[tuple[Any, ...]],
    dropped: Iterable[int],
) -> None:
    """Write the rows of the earlier collection and the ``fresh`` ones in one order, that of their numbers.

    Rows that are ``dropped``, or whose number is that of a fresh one, are not taken over.
    """
    stops = heapq.merge(((number,) for number in sorted(dropped)), fresh, key=operator.itemgetter(0))
    last = 0
    for number, rows in itertools.groupby(stops, key=operator.itemgetter(0)):
        cursor.execute(copy, (last, number))
        cursor.executemany(insert, [row for row in rows if len(row) > 1])
        last = number
    cursor.execute(copy, (last, LAST_NUMBER))


@contextmanager
def write_package(path: Path, contents: PackageContents) -> Iterator[WrittenPackage]:
    """Write the package aside, sorted, deflated and undated, and rename it over ``path`` when the block ends well.

    Raises OSError when it cannot be written, MediaChangedError when a media file changed meanwhile; an earlier
    package at ``path`` is then as it was.
    """
    package = _Package(contents)
    with atomic_write(path) as file:
        with Archive(file) as archive:
            with _place(path, contents.collection) as collection:
                package.write_collection(collection)
                with collection.open("rb") as written:
                    archive.deflate("collection.anki2", size_of(written), chunks_of(written), contents.chunks)
            media = sorted(contents.media, key=lambda medium: medium.name)
            index = json.dumps({str(n): m.name for n, m in enumerate(media)}).encode()
            archive.deflate("media", len(index), [index])
            for number, medium in enumerate(media):
                put = archive.store if MEDIA_TYPES[suffix(medium.name)].is_compressed else archive.deflate
                put(str(number), medium.size, _media_chunks(medium))
        decks = len(set(contents.decks))
        yield WrittenPackage(path, file.tell(), package.notes, package.cards, decks, len(media))


@contextmanager
def _place(package: Path, collection: Path | None) -> Iterator[Path]:
    """Where the collection is made: where it can stay, or beside the package until the block ends."""
    if collection is None:
        with temporary_file_beside(package) as beside:
            yield beside
    else:
        collection.unlink(missing_ok=True)
        yield collection


def _media_chunks(medium: Media) -> Iterator[bytes]:
    """Yield the bytes of a media file. Raises MediaChangedError at their end when its name is not their hash."""
    digest = hashlib.sha256()
    is_drawing = suffix(medium.name) == "svg"
    with medium.path.open("rb") as file:
        for chunk in [stored_bytes(medium.name, file.read())] if is_drawing else chunks_of(file):
            if not medium.modified:
                digest.update(chunk)
            yield chunk
        status = os.fstat(file.fileno())
    if medium.modified:
        same = stamp_of(status) == (medium.size, medium.modified)
    else:
        same = digest.hexdigest()[:HASH_DIGITS] == medium.name.partition(".")[0]
    if not same:
        raise MediaChangedError(f"{medium.path} changed while it was being built; build again")


def _decks(contents: PackageContents) -> list[Deck]:
    """Return a deck for every name in use and every parent of one, in the order in which Anki shows them."""
    names = {parent for used in {contents.deck_name, *contents.decks} for parent in _with_parents(used)}
    return [
        Deck(_deck_id(name), name, contents.description if name == contents.deck_name else "") for name in sorted(names)
    ]


def _with_parents(name: str) -> Iterator[str]:
    return itertools.accumulate(name.split("::"), lambda parent, part: f"{parent}::{part}")


def _deck_id(name: str) -> int:
    """Any number that differs from deck to deck: an import goes by the name."""
    return 1_000_000_000_000 + hash_number(name) % 700_000_000_000
