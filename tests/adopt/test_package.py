"""Reading packages of any maker."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from deckwright.adopt.package import open_package
from deckwright.problems import PackageError
from tests.adopt.packages import LONG_AGO, OTHER_GENERATOR, PNG, anki_package, genanki_package


def test_a_package_of_genanki(tmp_path: Path) -> None:
    with open_package(genanki_package(tmp_path)) as package:
        assert {each.name: (each.kind, tuple(each.fields)) for each in package.types.values()} == {
            "Words": ("basic", ("Word", "Meaning", "Example", "Sort")),
            "Capitals": ("basic", ("Country", "Capital")),
            "Gaps": ("cloze", ("Text", "Extra")),
        }
        first = package.notes[0]
        assert (first.fields["Word"], first.deck, first.ords, first.modified) == ("hola", "Spanish", (0, 1), LONG_AGO)
        assert set(first.tags) == {"es::greeting", "leech"}
        assert set(package.media) == {"a b.png", "s.mp3"}
        assert package.read_media("a b.png") == PNG


@pytest.mark.parametrize("legacy", [True, False])
def test_a_package_of_anki_in_either_format(tmp_path: Path, legacy: bool) -> None:
    with open_package(anki_package(tmp_path, legacy=legacy)) as package:
        used = {note.type_id for note in package.notes}
        assert {package.types[number].name for number in used} == {
            "Basic",
            "Basic (and reversed card)",
            "Basic (optional reversed card)",
            "Basic (type in the answer)",
            "Cloze",
        }
        assert [next(iter(note.fields.values())).split()[0] for note in package.notes] == [
            *("What", "nucleus", "wall", "leaf", "Latin", "{{c1::ATP}}"),
        ]
        assert [note.ords for note in package.notes] == [(0,), (0, 1), (0, 1), (0,), (0,), (0, 1)]
        assert package.read_media("cell.png") == PNG


def test_both_formats_hold_the_same_notes(tmp_path: Path) -> None:
    """The way through Anki keeps GUIDs, ids of note types, decks, fields and tags."""
    folder = tmp_path / "author"
    anki_package(folder, legacy=True).rename(tmp_path / "older.apkg")
    from anki.collection import Collection, ExportAnkiPackageOptions

    collection = Collection(str(folder / "author.anki2"))
    options = ExportAnkiPackageOptions(with_media=True, legacy=False)
    collection.export_anki_package(out_path=str(tmp_path / "present.apkg"), options=options, limit=None)
    collection.close()
    with open_package(tmp_path / "older.apkg") as older, open_package(tmp_path / "present.apkg") as present:
        assert "collection.anki21b" in zipfile.ZipFile(tmp_path / "present.apkg").namelist()
        assert [note._replace(position=0) for note in older.notes] == [n._replace(position=0) for n in present.notes]
        used = {note.type_id for note in older.notes}
        assert {n: older.types[n].name for n in used} == {n: present.types[n].name for n in used}


def test_a_package_of_another_generator(tmp_path: Path) -> None:
    """It writes times in milliseconds."""
    with open_package(OTHER_GENERATOR) as package:
        assert package.notes[0].fields["Front"] == "What is the formula of water?"
        assert all(1_790_000_000 < note.modified < 1_800_000_000 for note in package.notes)
        assert package.read_media("dot (1).png").startswith(b"\x89PNG")


def test_the_present_format_without_anki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = anki_package(tmp_path, legacy=False)
    monkeypatch.setitem(sys.modules, "anki.collection", None)
    with pytest.raises(PackageError, match=r"“Support older Anki versions” ticked, or .* 'deckwright\[anki\]'"):
        open_package(package).__enter__()


def damaged(folder: Path, name: str, content: bytes) -> Path:
    file = folder / "damaged.apkg"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("collection.anki2", b"no database", "is not a package, or it is damaged"),
        ("collection.anki21b", b"no database", "Anki cannot read"),
        ("notes.txt", b"", "holds no collection"),
    ],
)
def test_damaged_packages(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(PackageError, match=message):
        open_package(damaged(tmp_path, name, content)).__enter__()


def test_no_zip_file(tmp_path: Path) -> None:
    (tmp_path / "a.apkg").write_bytes(b"PK no zip")
    with pytest.raises(PackageError, match="is not a package"):
        open_package(tmp_path / "a.apkg").__enter__()


@pytest.mark.parametrize("name", ["words.csv", "Spanish.txt"])
def test_text_is_sent_through_anki(tmp_path: Path, name: str) -> None:
    """Of a spreadsheet, or as Anki exports notes: nobody can export it "again"."""
    (tmp_path / name).write_text("#separator:tab\nel pan\tbread\n", encoding="utf-8")
    with pytest.raises(PackageError, match=r"is text, .* \(File → Export, \.apkg\); .* is imported there first"):
        open_package(tmp_path / name).__enter__()
