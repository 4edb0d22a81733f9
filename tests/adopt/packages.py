"""Packages that this project did not make: of plain genanki, of Anki itself, of another generator."""

from __future__ import annotations

from pathlib import Path

from anki.collection import Collection, ExportAnkiPackageOptions
from anki.decks import DeckId
from click.testing import CliRunner, Result
from genanki.deck import Deck
from genanki.model import Model
from genanki.note import Note
from genanki.package import Package

from deckwright.cli.main import main

LONG_AGO = 1_700_000_000
"""When the packages of genanki were made."""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6364f8cf500f00038601805a34"
    "7d6b0000000049454e44ae426082"
)
OTHER_GENERATOR = Path(__file__).parents[1] / "data" / "adopt" / "anki-apkg-export.apkg"
"""Made by the npm package anki-apkg-export with the script beside it."""


def model(number: int, name: str, fields: str, *templates: tuple[str, str], is_cloze: bool = False) -> Model:
    """A note type as plain genanki has it; ``fields`` are words."""
    return Model(
        number,
        name,
        fields=[{"name": field} for field in fields.split()],
        templates=[{"name": f"Card {n}", "qfmt": f, "afmt": b} for n, (f, b) in enumerate(templates, 1)],
        model_type=Model.CLOZE if is_cloze else Model.FRONT_BACK,
    )


WORDS = model(
    1_100_000_001,
    "Words",
    "Word Meaning Example Sort",
    ("{{Word}}", "{{FrontSide}}<hr id=answer>{{Meaning}}<br>{{Example}}"),
    ("{{Meaning}}", "{{FrontSide}}<hr id=answer>{{Word}}"),
)
CAPITALS = model(1_100_000_002, "Capitals", "Country Capital", ("What is the capital of {{Country}}?", "{{Capital}}"))
GAPS = model(1_100_000_003, "Gaps", "Text Extra", ("{{cloze:Text}}", "{{cloze:Text}}<br>{{Extra}}"), is_cloze=True)
FLIP = ("{{Front}}", "{{Back}}")
SIMPLE = model(1_100_000_009, "Simple", "Front Back", FLIP)
THREE = model(1_100_000_010, "Three", "A B C", ("{{A}}", "{{B}}"), ("{{B}}", "{{C}}"), ("{{C}}", "{{A}}"))


def run(*arguments: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def genanki_package(folder: Path) -> Path:
    """A deck with two subdecks, reversed cards, words of its own on a front, deletions, a picture and a sound."""
    folder.mkdir(parents=True, exist_ok=True)
    spanish, verbs, world = (
        Deck(1_200_000_000 + n, name) for n, name in enumerate(("Spanish", "Spanish::Verbs: odd", "Spanish::World"))
    )
    notes = [
        (spanish, WORDS, ["hola", "hello<br>hi", '<img src="a b.png"> wave', "17"], ["es::greeting", "leech"]),
        (spanish, WORDS, ["adiós", "bye", "", "18"], ["es::greeting"]),
        (world, CAPITALS, ["France", "<b>Paris</b>, <i>not</i> Lyon"], ["es::places"]),
        (verbs, GAPS, [r"yo {{c1::soy::ser}}, \(x^2 < {{c2::y}}\)", "[sound:s.mp3]"], ["es::verbs"]),
        (verbs, GAPS, ["{{c1::<ul><li>uno</li><li>dos</li></ul>}} &amp; *tres*", ""], []),
    ]
    for deck, note_type, fields, tags in notes:
        deck.add_note(Note(model=note_type, fields=fields, tags=tags))
    package = Package([spanish, verbs, world])
    (folder / "a b.png").write_bytes(PNG)
    (folder / "s.mp3").write_bytes(b"ID3 is not much of a song")
    package.media_files = [str(folder / "a b.png"), str(folder / "s.mp3")]
    package.write_to_file(str(folder / "genanki.apkg"), timestamp=LONG_AGO)
    return folder / "genanki.apkg"


def one_deck(folder: Path, note_type: Model, *notes: list[str]) -> Path:
    """A package of plain genanki with one deck and one note type."""
    return package_of(folder, *(Note(model=note_type, fields=fields) for fields in notes))


def package_of(folder: Path, *notes: Note) -> Path:
    """A package of plain genanki with one deck."""
    deck = Deck(1_300_000_000, "Deck")
    for note in notes:
        deck.add_note(note)
    Package(deck).write_to_file(str(folder / "one.apkg"), timestamp=LONG_AGO)
    return folder / "one.apkg"


def anki_package(folder: Path, *, legacy: bool) -> Path:
    """A deck that somebody wrote in Anki, with Anki's own note types, a subdeck and media; exported by Anki."""
    folder.mkdir(parents=True, exist_ok=True)
    collection = Collection(str(folder / "author.anki2"))
    (folder / "cell.png").write_bytes(PNG)
    picture = collection.media.add_file(str(folder / "cell.png"))
    notes = [
        ("Biology", "Basic", [f'What is this? <img src="{picture}" width="300">', "A cell<div>of a plant</div>"]),
        ("Biology", "Basic (and reversed card)", ["nucleus", "<b>Zellkern</b>"]),
        ("Biology", "Basic (optional reversed card)", ["wall", "Wand", "y"]),
        ("Biology", "Basic (optional reversed card)", ["leaf", "Blatt", ""]),
        ("Biology", "Basic (type in the answer)", ["Latin for cell", "cellula"]),
        ("Biology::Energy", "Cloze", [r"{{c1::ATP}} stores \({{c2::30}}\,\text{kJ}\)", "<ul><li>per mole</li></ul>"]),
    ]
    for deck, note_type, fields in notes:
        found = collection.models.by_name(note_type)
        assert found is not None
        note = collection.new_note(found)
        note.fields = fields
        note.tags = ["bio::cells"]
        collection.add_note(note, DeckId(collection.decks.id(deck) or 0))
    options = ExportAnkiPackageOptions(with_media=True, legacy=legacy)
    collection.export_anki_package(out_path=str(folder / "anki.apkg"), options=options, limit=None)
    collection.close()
    return folder / "anki.apkg"
