"""The package: genanki's rows, notes read as a stream, one zip whatever the number of threads, unchanged media."""

from __future__ import annotations

import io
import itertools
import os
import random
import sqlite3
import struct
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from genanki.card import Card
from genanki.note import Note
from genanki.package import Package

from deckwright.deck.media import Media
from deckwright.deck.settings import Settings
from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Hashes
from deckwright.identity.headers import DatedNote, Header
from deckwright.identity.ids import guid_for, number_for
from deckwright.notetypes import FIELD_END, note_types
from deckwright.package import archive as archive_module
from deckwright.package import write as package_module
from deckwright.package.archive import CHUNK, Archive, chunks_of
from deckwright.package.read import read_package as read
from deckwright.package.write import (
    CardRow,
    LastCollection,
    MediaChangedError,
    PackageContents,
    _Model,
    write_package,
)

TYPES = note_types(Settings("D", "d"))
TIMES = {NoteKind.BASIC: 5, NoteKind.CLOZE: 6}
DECKS = ("D", "D::A", "D::B::C")


def notes(count: int) -> Iterator[DatedNote]:
    """Notes of both kinds in three decks, with one to three cards each."""
    for number in range(count):
        kind, name = (NoteKind.BASIC, NoteKind.CLOZE)[number % 2], f"note-{number}"
        first = next(iter(TYPES[kind].fields))
        fields = {first: f"{number}", "ID": name, "Answer": "<b>答" * (number % 40)}
        tags = tuple(f"t::{n}" for n in range(number % 3))
        guid = guid_for("d", name)
        header = Header(name, kind, tags, DECKS[number % 3], tuple(range(number % 3 + 1)), Hashes(""))
        texts = FIELD_END.join(fields.get(field, "") for field in TYPES[kind].fields)
        yield DatedNote(header, texts, guid, number_for(guid, ()), 1_700_000_000 + number, 100 * number)


def contents(of: Iterable[DatedNote], media: Iterable[Media] = ()) -> PackageContents:
    notes = sorted(of, key=lambda note: note.number)
    return contents_of(notes, [card for note in notes for card in cards(note)], media)


def cards(note: DatedNote) -> list[CardRow]:
    header, number = note.header, note.number
    return [CardRow(number + n, number, header.deck, n, note.modified, note.position) for n in header.ords]


def contents_of(notes: Sequence[DatedNote], cards: Iterable[CardRow], media: Iterable[Media] = ()) -> PackageContents:
    kinds = {note.header.kind for note in notes}
    return PackageContents(notes, cards, DECKS, kinds, TYPES, TIMES, "D", "About", media)


def write(path: Path, content: PackageContents) -> package_module.WrittenPackage:
    with write_package(path, content) as written:
        return written


SCHEMA = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"


def rows_of(connection: sqlite3.Connection) -> dict[str, list[Any]]:
    return {table: connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in ("notes", "cards")}


def written_by_genanki(dated: Iterable[DatedNote]) -> tuple[dict[str, list[Any]], list[Any]]:
    """The rows that genanki's own classes write for the same notes, and the tables' schema."""
    models = {kind: _Model(note_type, TIMES[kind]) for kind, note_type in TYPES.items()}
    with closing(sqlite3.connect(":memory:")) as connection:
        Package([]).write_to_db(cursor := connection.cursor(), 0, iter(()))
        for one in dated:
            header, fields = one.header, one.fields.split(FIELD_END)
            note = Note(models[header.kind], fields, tags=header.tags, guid=one.guid, due=one.position)
            note.cards = [Card(ordinal) for ordinal in header.ords]
            numbers = itertools.chain([one.number], (one.number + ordinal for ordinal in header.ords))
            note.write_to_db(cursor, one.modified, package_module._deck_id(header.deck), numbers)
        return rows_of(connection), connection.execute(SCHEMA).fetchall()


def collection(path: Path, folder: Path) -> sqlite3.Connection:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return sqlite3.connect(archive.extract("collection.anki2", folder))


def test_the_rows_are_those_of_genanki(tmp_path: Path) -> None:
    expected, schema = written_by_genanki(notes(1007))
    written = write(tmp_path / "x.apkg", contents(notes(1007)))
    with closing(collection(tmp_path / "x.apkg", tmp_path)) as found:
        assert rows_of(found) == expected
        assert found.execute(SCHEMA).fetchall() == schema
        assert found.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert (written.notes, written.cards, written.decks) == (len(expected["notes"]), len(expected["cards"]), 3)


def test_any_name_of_a_folder_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "100% ?nolock=0&#x 中"
    write(folder / "x.apkg", contents(notes(3)))
    assert [path.name for path in folder.iterdir()] == ["x.apkg"]
    assert len(read(folder / "x.apkg").notes) == 3


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Decks by their names, times of note types, and only the note types that have notes."""
    write(tmp_path / "x.apkg", contents(note for note in notes(9) if note.header.kind is NoteKind.CLOZE))
    packaged = read(tmp_path / "x.apkg")
    assert {note.deck for note in packaged.notes} == set(DECKS)
    assert [(t.id, modified) for t, modified in packaged.types] == [(TYPES[NoteKind.CLOZE].id, 6)]


def test_the_bytes_do_not_depend_on_the_chunks_that_were_kept(tmp_path: Path) -> None:
    chunks = Kept()
    packages = []
    for kept in (None, chunks, chunks):
        write(tmp_path / "x.apkg", contents(notes(3000))._replace(chunks=kept))
        packages.append((tmp_path / "x.apkg").read_bytes())
    assert packages[0] == packages[1] == packages[2]
    assert chunks.taken == len(chunks.kept) > 1


class Kept:
    """Chunks in memory, and how many of them were taken over."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.taken = 0

    def get_chunk(self, key: str) -> bytes | None:
        self.taken += key in self.kept
        return self.kept.get(key)

    def put_chunk(self, key: str, chunk: bytes) -> None:
        self.kept[key] = chunk


@pytest.mark.parametrize("large", [0, 1 << 30])
@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5 * CHUNK + 100])
def test_an_entry_comes_out_as_it_went_in(size: int, large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that repeats what stands before the chunk, and chance, which nothing shrinks; wide fields or narrow ones."""
    monkeypatch.setattr(archive_module, "LARGE", large)
    chance = random.Random(size).randbytes(size // 2)
    content = (chance + "中文 and English. ".encode() * (size // 16 + 1))[:size]
    file = io.BytesIO()
    with Archive(file) as archive:
        archive.deflate("a", size, chunks_of(io.BytesIO(content)))
        archive.store("b", size, chunks_of(io.BytesIO(content)))
    with zipfile.ZipFile(file) as found:
        assert (found.read("a"), found.read("b")) == (content, content)
        assert [entry.compress_type for entry in found.infolist()] == [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]
        assert [entry.file_size for entry in found.infolist()] == [size, size]


def test_every_entry_says_the_same_of_itself_twice(tmp_path: Path) -> None:
    """Some programs go by what stands before an entry, some by the table at the end."""
    media = [medium(tmp_path, "a.svg", b"<svg/>"), medium(tmp_path, "b.png", b"PNG")]
    write(tmp_path / "x.apkg", contents(notes(3000), media))
    content = (tmp_path / "x.apkg").read_bytes()
    with zipfile.ZipFile(tmp_path / "x.apkg") as archive:
        for entry in archive.infolist():
            kind, crc, deflated, size = struct.unpack_from("<8xH4xLLL", content, entry.header_offset)
            assert (kind, crc) == (entry.compress_type, entry.CRC)
            assert (deflated, size) == (entry.compress_size, entry.file_size)


def medium(folder: Path, name: str, content: bytes, *, dated: bool = True) -> Media:
    path = folder / name
    path.write_bytes(content)
    name = f"{sha256(content).hexdigest()[:32]}.{name.rpartition('.')[2]}"
    return Media(name, path, len(content), modified=path.stat().st_mtime_ns if dated else 0)


@pytest.mark.parametrize("dated", [True, False])
def test_media_that_are_compressed_already_are_stored(tmp_path: Path, dated: bool) -> None:
    files = {"a.png": b"\x89PNG" * CHUNK, "b.svg": b"<svg/>", "c.mp3": b"ID3", "d.wav": b"RIFF" * 99}
    media = [medium(tmp_path, name, content, dated=dated) for name, content in files.items()]
    assert write(tmp_path / "x.apkg", contents(notes(3), media)).media == 4
    with zipfile.ZipFile(tmp_path / "x.apkg") as archive:
        assert archive.testzip() is None
        kinds = {archive.read(entry): entry.compress_type for entry in archive.infolist()[2:]}
    deflated = {content for content, kind in kinds.items() if kind == zipfile.ZIP_DEFLATED}
    assert kinds.keys() == set(files.values())
    assert deflated == {files["b.svg"], files["d.wav"]}


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("content", [b"neu", b"longer"])
def test_media_that_changed_are_noticed(tmp_path: Path, content: bytes, dated: bool) -> None:
    old = medium(tmp_path, "a.svg", b"old", dated=dated)
    old.path.write_bytes(content)
    os.utime(old.path, ns=(1, old.modified + 1))
    with pytest.raises(MediaChangedError, match="changed while"):
        write(tmp_path / "x.apkg", contents(notes(3), [old]))
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


def test_media_with_a_time_are_not_hashed_again(tmp_path: Path) -> None:
    """Whoever hashed them, for the name, was here at that time."""
    real = medium(tmp_path, "a.svg", b"<svg/>")
    named = real._replace(name="0" * 32 + ".svg")
    assert write(tmp_path / "x.apkg", contents(notes(3), [named])).media == 1


def test_a_stream_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[DatedNote]:
        yield from notes(501)
        raise RuntimeError("half way")

    (tmp_path / "x.apkg").write_bytes(b"earlier")
    with pytest.raises(RuntimeError, match="half way"):
        write(tmp_path / "x.apkg", contents(failing()))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x.apkg": b"earlier"}


def test_what_a_killed_build_left_is_swept_up(tmp_path: Path) -> None:
    (tmp_path / ".x.apkg.abc.tmp").write_bytes(b"half a collection")
    write(tmp_path / "x.apkg", contents(notes(3)))
    assert [path.name for path in tmp_path.iterdir()] == ["x.apkg"]


@pytest.mark.parametrize("seed", range(6))
def test_rows_taken_over_from_an_earlier_collection_make_the_same_bytes(tmp_path: Path, seed: int) -> None:
    """Some notes changed, some new, some gone; once all of them, once none."""
    rng = random.Random(seed)
    before = sorted(notes(200), key=lambda note: note.number)
    share = (0.0, 0.1, 0.5, 0.9, 1.0, 0.02)[seed]
    changed = {note.header.id for note in before[:180] if rng.random() < share}
    gone = [note for note in before if rng.random() < share / 3]
    present = [
        note._replace(fields=note.fields.replace("答", "改" * 90), modified=note.modified + 9)
        if note.header.id in changed
        else note
        for note in before[: 200 if share else 180]
        if note not in gone
    ]
    kept = tmp_path / "kept.anki2"
    write(tmp_path / "before.apkg", contents(before[:180])._replace(collection=kept))
    known = {note.number for note in before[:180]}
    fresh = [note for note in present if note.header.id in changed or note.number not in known]
    left = [note for note in before[:180] if note.header.id in changed or note in gone]
    cards = [note.number + ordinal for note in left for ordinal in note.header.ords]
    earlier = LastCollection(kept, [note.number for note in left], cards)
    merged = contents(fresh)._replace(kinds={*NoteKind}, earlier=earlier)
    counted = write(tmp_path / "merged.apkg", merged)
    whole = write(tmp_path / "whole.apkg", contents(present))
    assert (tmp_path / "merged.apkg").read_bytes() == (tmp_path / "whole.apkg").read_bytes()
    assert counted._replace(path=whole.path) == whole
