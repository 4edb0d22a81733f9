"""Where notes, media, tags and names go, and what the command says."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from genanki.deck import Deck
from genanki.note import Note
from genanki.package import Package

from deckwright.adopt.folder import Folders, guess_language, safe_name
from deckwright.deck.settings import ID
from deckwright.identity.ids import Guid, unique_deck_id
from deckwright.package.read import PackagedNote
from tests.adopt.packages import (
    CAPITALS,
    FLIP,
    GAPS,
    LONG_AGO,
    OTHER_GENERATOR,
    SIMPLE,
    THREE,
    genanki_package,
    model,
    one_deck,
    package_of,
    run,
)
from tests.decks import write_files


def files_of(root: Path) -> set[str]:
    return {str(path.relative_to(root).as_posix()) for path in root.rglob("*") if path.is_file()}


def test_a_deck_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Subdecks are folders, a file lies beside the first note that uses it, the shared tag prefix is the deck's."""
    monkeypatch.chdir(tmp_path)
    result = run("adopt", genanki_package(tmp_path / "old"))
    assert result.exit_code == 0
    root = Path("genanki")
    assert files_of(root) == {
        *("deck.toml", "deck.lock", "README.md", "notes.md", "a b.png"),
        *("Verbs- odd/notes.md", "Verbs- odd/s.mp3", "World/notes.md"),
    }
    settings = tomllib.loads((root / "deck.toml").read_text(encoding="utf-8"))
    assert settings.pop("id").startswith("spanish-")
    assert settings == {
        "name": "Spanish",
        "language": "en",
        "tag-prefix": "es",
        "subdecks": {"Verbs- odd": "Verbs: odd"},
    }
    assert (root / "World" / "notes.md").read_text(encoding="utf-8") == (
        "## What is the capital of France? {#what-is-the-capital-of-france .places}\n\n**Paris**, *not* Lyon\n"
    )
    assert "<!-- Sort: 17 -->" in (root / "notes.md").read_text(encoding="utf-8")


def test_what_it_says(tmp_path: Path) -> None:
    """Numbers, the mapping, and what a learner does once, with searches that find the notes."""
    result = run("adopt", OTHER_GENERATOR, tmp_path / "deck")
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{tmp_path / 'deck'}: 4 notes in 1 file, 1 media file; deck id chemistry-")
    assert lines[1] == "  Chemistry: 4 notes, Front → question, Back → answer"
    step = next(line for line in lines if "mid:" in line)
    assert step.startswith('      "deck:Chemistry" mid:17959')
    assert step.endswith("; cards: Card 1 → forward")
    assert "mid:17959" in (tmp_path / "deck" / "README.md").read_text(encoding="utf-8")


def test_as_json(tmp_path: Path) -> None:
    value = json.loads(run("adopt", OTHER_GENERATOR, tmp_path / "deck", "--json").stdout)
    assert (value["notes"], value["files"], value["media"]) == (4, 1, {"copied": 1, "unused": 0})
    assert value["types"][0]["fields"] == {"Front": "question", "Back": "answer"}
    assert value["problems"] == []


def test_remarks_have_a_place(tmp_path: Path) -> None:
    """What goes and what is missing is told at the note, and the deck is still written."""
    script = '<script>x</script><img src="gone.png">d'
    old = one_deck(tmp_path, SIMPLE, ["a", "b"], ["c", script], ["e", script.partition("<img")[0]])
    result = run("adopt", old, tmp_path / "deck")
    assert result.exit_code == 0
    file = tmp_path / "deck" / "notes.md"
    assert result.stderr.splitlines() == [
        f"{file}:5:1: warning: <script> has no place on a card; so in 1 more note (adopted)",
        f"{file}:5:1: warning: the package does not hold `gone.png`; add the file, or take the reference out (adopted)",
    ]
    assert file.read_text(encoding="utf-8").splitlines()[4] == "## c {#c}"


def test_wrong_use_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    old = one_deck(tmp_path, SIMPLE, ["a", "b"])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").touch()
    for arguments, message in (
        ([tmp_path / "full"], "holds files but no deck; name a new folder"),
        ([tmp_path / "deck", "--map", "Back=title"], "`Back=title` is not a mapping"),
        ([tmp_path / "deck", "--language", "x"], "`x` is not a language tag like zh-CN"),
    ):
        result = run("adopt", old, *arguments)
        assert result.exit_code == 2
        assert message in " ".join(result.stderr.split())
    result = run("adopt", old, tmp_path / "deck", "--from-deck", "Nothing")
    assert (result.exit_code, result.stderr) == (
        1,
        "error: the package holds no notes in the deck `Nothing`; its decks with notes: Deck\n",
    )
    assert not (tmp_path / "deck").exists()


def test_problems_of_a_folder_that_is_named_like_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It need not be named; what is wrong in it is told with its name."""
    monkeypatch.chdir(tmp_path)
    one_deck(tmp_path, SIMPLE, ["a", "b"])
    write_files(tmp_path / "one", {"deck.toml": 'name = "One"\nid = "one"\ncolour = 1\n'})
    done = run("adopt", "one.apkg")
    assert (done.exit_code, done.stderr.partition(": ")[0]) == (1, "one/deck.toml:3:1")


def test_no_card_of_an_adopted_note_is_told_of_as_empty(tmp_path: Path) -> None:
    """A cloze note may begin at c2: it never had a card of c1."""
    old = one_deck(tmp_path, GAPS, ["a {{c2::b}} {{c3::c}}", ""])
    run("adopt", old, tmp_path / "deck")
    built = run("build", tmp_path / "deck", "-o", tmp_path / "x.apkg")
    assert (built.exit_code, "empty" in built.stdout + built.stderr) == (0, False)


def test_decks_side_by_side(tmp_path: Path) -> None:
    """A folder is one deck; which one is to be said."""
    decks = [Deck(n, name) for n, name in ((1, "A"), (2, "A::a"), (3, "B"))]
    for deck in decks:
        deck.add_note(Note(model=SIMPLE, fields=[f"in {deck.name}", "b"]))
    Package(decks).write_to_file(str(tmp_path / "two.apkg"), timestamp=LONG_AGO)
    result = run("adopt", tmp_path / "two.apkg", tmp_path / "deck")
    assert result.exit_code == 1
    assert "holds decks side by side (A, B), and a folder is one; add --from-deck NAME" in result.stderr
    assert run("adopt", tmp_path / "two.apkg", tmp_path / "deck", "--from-deck", "A").exit_code == 0
    assert {"notes.md", "a/notes.md"} <= files_of(tmp_path / "deck")


def test_types_that_are_left_out(tmp_path: Path) -> None:
    old = package_of(tmp_path, Note(model=THREE, fields=["a", "b", "c"]), Note(model=SIMPLE, fields=["a", "b"]))
    result = run("adopt", old, tmp_path / "deck")
    assert "left out: 1 note: the note type “Three” makes 3 kinds of cards" in result.stdout
    assert run("check", tmp_path / "deck").exit_code == 0


def test_fields_as_they_are_mapped(tmp_path: Path) -> None:
    old = one_deck(tmp_path, CAPITALS, ["France", "Paris"])
    run("adopt", old, tmp_path / "deck", "--map", "Capital=question,Country=answer")
    assert (tmp_path / "deck" / "notes.md").read_text(encoding="utf-8") == "## Paris {#paris}\n\nFrance\n"


def test_many_notes_are_several_files(tmp_path: Path) -> None:
    old = one_deck(tmp_path, SIMPLE, *([f"question {n}", f"answer {n}"] for n in range(401)))
    run("adopt", old, tmp_path / "deck")
    assert {"notes-1.md", "notes-2.md", "notes-3.md"} <= files_of(tmp_path / "deck")
    assert run("check", tmp_path / "deck").exit_code == 0


def test_tags(tmp_path: Path) -> None:
    """A learner's own tags stay with the learner; what an attribute list cannot hold is replaced and told."""
    one, other = (Note(model=SIMPLE, fields=[question, "b"]) for question in "ab")
    one.tags, other.tags = ["x::y", "marked", "it's"], ["x::z::", "Leech"]
    result = run("adopt", package_of(tmp_path, one, other), tmp_path / "deck")
    text = (tmp_path / "deck" / "notes.md").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("##")] == ["## a {#a .x::y .it-s}", "## b {#b .x::z}"]
    assert "the tag `it's` is written `it-s`" in result.stderr
    assert run("check", tmp_path / "deck").exit_code == 0


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b: c?", "a-b- c-"),
        ("aux", "aux-"),
        ("con.md", "con-.md"),
        ("...", "unnamed"),
        ("trailing. ", "trailing"),
        ("é", "\u00e9"),
        ("Case", "Case-2"),
    ],
)
def test_names_that_every_system_can_hold(name: str, safe: str) -> None:
    assert safe_name(name, {"case"}) == safe


def test_folders_of_decks_that_differ_in_forbidden_signs_only() -> None:
    folders = Folders()
    assert [folders.of(f"Root::{name}") for name in ("a:b", "a?b", "a:b", "A:B::c")] == ["a-b", "a-b-2", "a-b", "a-b/c"]
    assert folders.of("Root") == ""
    assert folders.names == {"a-b": "a:b", "a-b-2": "a?b"}


def test_ids_of_decks_are_unique() -> None:
    ids = {unique_deck_id("LLM 面试 Basics") for _ in range(50)}
    assert len(ids) == 50
    assert all(ID.fullmatch(each) and each.startswith("llm-basics-") for each in ids)
    assert unique_deck_id("面试").startswith("deck-")


def test_rules_for_classes_of_the_text_are_kept(tmp_path: Path) -> None:
    """A class that the old style sheet gives a look keeps it; others go, and so does the look of cards as a whole."""
    note_type = model(1_100_000_011, "Styled", "Front Back", FLIP)
    note_type.css = (
        "/* .no {} */ .card { color: red } @media print { .red { color: black } }\n"
        ".red, b.loud { color:  #f00 } .unused { color: blue } .far { background: url(x.png) }"
    )
    old = one_deck(tmp_path, note_type, ["a", '<span class="red other">b</span> <i class="far">c</i>'])
    run("adopt", old, tmp_path / "deck")
    css = (tmp_path / "deck" / "style.css").read_text(encoding="utf-8")
    assert css.splitlines()[1:] == [".red, b.loud { color: #f00 }"]
    text = (tmp_path / "deck" / "notes.md").read_text(encoding="utf-8")
    assert text.splitlines()[-1] == '<span class="red">b</span> *c*'
    assert run("check", tmp_path / "deck").exit_code == 0


def test_notes_that_are_left_out(tmp_path: Path) -> None:
    """A GUID that two notes share stays with the first."""
    notes = (Note(model=SIMPLE, fields=[question, "b"], guid="same") for question in ("first", "second"))
    value = json.loads(run("adopt", package_of(tmp_path, *notes), tmp_path / "deck", "--json").stdout)
    assert value["notes"] == 1
    assert value["left-out"] == {"they have the GUID of another note, so learners have them twice already": 1}


def test_nothing_can_be_taken_over(tmp_path: Path) -> None:
    result = run("adopt", one_deck(tmp_path, THREE, ["a", "b", "c"]), tmp_path / "deck")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: no note can be taken over: the note type “Three” makes 3 kinds of cards")


def test_typed_answers_and_ids_from_a_field(tmp_path: Path) -> None:
    typed = model(1_100_000_012, "Typed", "Front Back Key", ("{{Front}}{{type:Back}}", "{{Back}}"))
    old = one_deck(tmp_path, typed, ["a", "<b>one</b>", "key-1"], ["b", "{two}", "Not An Id"])
    result = run("adopt", old, tmp_path / "deck", "--map", "Key=id")
    headings = [x for x in (tmp_path / "deck" / "notes.md").read_text(encoding="utf-8").splitlines() if x[:2] == "##"]
    assert headings == ['## a {#key-1 typed="one"}', "## b {#not-an-id}"]
    assert 'the answer is not typed any more, because it holds `"`, `{` or `}`' in result.stderr


def test_languages() -> None:
    texts = {"en": "a cell", "zh-CN": "细胞是什么", "ja": "これは何", "ko": "세포"}
    for language, text in texts.items():
        note = PackagedNote(Guid("g"), 1, 1, 0, "Deck", 1, {"Front": text}, ())
        assert guess_language([note]) == language


def test_cloze_notes_without_a_deletion(tmp_path: Path) -> None:
    old = one_deck(tmp_path, GAPS, ["a {{c1::b}}", ""], ["a {{c1L::b}}", ""])
    result = run("adopt", old, tmp_path / "deck")
    assert "left out: 1 note: they are cloze notes without a deletion" in result.stdout


def test_a_section_that_held_a_script_alone(tmp_path: Path) -> None:
    """Nothing is left of it but the remark."""
    old = one_deck(tmp_path, GAPS, ["a {{c1::b}}", "<script>x</script>"])
    result = run("adopt", old, tmp_path / "deck")
    assert "<script> has no place on a card" in result.stderr
    assert "###" not in (tmp_path / "deck" / "notes.md").read_text(encoding="utf-8")
