"""A deck folder that exists already takes over the GUIDs of an old package."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deckwright.pipeline.build import build
from tests.adopt.packages import CAPITALS, GAPS, SIMPLE, one_deck, run
from tests.decks import write_files

TOML = 'name = "Deck"\nid = "mine"\n'


def locked(root: Path) -> dict[str, str]:
    """Id → GUID as deck.lock has it."""
    notes = json.loads((root / "deck.lock").read_text(encoding="utf-8"))["notes"]
    return {name: entry["guid"] for name, entry in notes.items() if name}


def test_questions_are_matched_whatever_their_markup(tmp_path: Path) -> None:
    """Emphasis, case, breaks and formulas written otherwise make no difference; other words do."""
    old = one_deck(tmp_path, SIMPLE, ["<b>One</b><br>a", "1"], [r"Two \(x^{2}\)?", "2"], ["Three", "3"], ["Four", "4"])
    text = "## one **a** {#one}\n\n1\n\n## Two $x^{2}$? {#two}\n\n2\n\n## Threes {#threes}\n\n3\n"
    write_files(tmp_path / "deck", {"deck.toml": TOML, "a.md": text})
    result = run("adopt", old, tmp_path / "deck")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:6] == [
        f"{tmp_path / 'deck'} is a deck already: 2 notes have the GUID of an old note now, 0 ids were written",
        "  1 new notes, which no old note asks:",
        "    a.md:9: threes",
        "  2 old notes that no note here asks; they stay as they are with learners:",
        "    four",
        "    three",
    ]
    assert "Notes → Change Note Type…" in result.stdout
    assert '"deck:Deck" mid:1100000009   (Simple, 2 notes)' in result.stdout
    assert "Deselect the old notes that no note here asks" in result.stdout
    assert locked(tmp_path / "deck").keys() == {"one", "two"}
    assert (tmp_path / "deck" / "a.md").read_text(encoding="utf-8") == text


def test_ids_are_written_and_words_of_the_template_count(tmp_path: Path) -> None:
    old = one_deck(tmp_path, CAPITALS, ["France", "Paris"])
    write_files(tmp_path / "deck", {"deck.toml": TOML, "a.md": "## What is the capital of France?\n\nParis\n"})
    value = json.loads(run("adopt", old, tmp_path / "deck", "--json").stdout)
    assert (value["kept"], value["ids"], value["new"], value["left"]) == (1, 1, [], [])
    assert "## What is the capital of France? {#what-is-" in (tmp_path / "deck" / "a.md").read_text(encoding="utf-8")


def test_a_question_that_several_notes_ask_is_not_matched(tmp_path: Path) -> None:
    old = one_deck(tmp_path, SIMPLE, ["One", "1"], ["one", "2"], ["Two", "3"])
    write_files(
        tmp_path / "deck", {"deck.toml": TOML, "a.md": "## One {#a}\n\n1\n\n## Two {#b}\n\n2\n\n## Two {#c}\n\n3\n"}
    )
    value = json.loads(run("adopt", old, tmp_path / "deck", "--json").stdout)
    assert (value["kept"], value["ambiguous"], value["new"], value["left"]) == (0, ["one", "two"], [], [])


def test_a_cloze_note_is_not_matched_with_a_question(tmp_path: Path) -> None:
    old = one_deck(tmp_path, GAPS, ["a {{c1::b}}", ""])
    write_files(tmp_path / "deck", {"deck.toml": TOML, "a.md": "## a b {#q}\n\n1\n\n## {#c}\n\na {{c1::b::hint}}\n"})
    run("adopt", old, tmp_path / "deck")
    assert locked(tmp_path / "deck").keys() == {"c"}


def test_what_was_built_already_keeps_its_guid(tmp_path: Path) -> None:
    """Learners of that build would get the note twice; nothing is written, and the remedy is told."""
    old = one_deck(tmp_path, SIMPLE, ["One", "1"], ["Two", "2"])
    root = write_files(tmp_path / "deck", {"deck.toml": TOML, "a.md": "## One {#one}\n\n1\n"})
    build(root, tmp_path / "x.apkg")
    files = {path: path.read_bytes() for path in root.iterdir()}
    result = run("adopt", old, root)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{root / 'a.md'}:1:4: `one` was built already with a GUID of its own: ")
    assert {path: path.read_bytes() for path in root.iterdir()} == files


def test_adopting_twice_changes_nothing(tmp_path: Path) -> None:
    old = one_deck(tmp_path, SIMPLE, ["One", "1"])
    root = write_files(tmp_path / "deck", {"deck.toml": TOML, "a.md": "## One\n\n1\n"})
    assert run("adopt", old, root).exit_code == 0
    build(root, tmp_path / "x.apkg")
    lock = (root / "deck.lock").read_bytes()
    assert "1 notes have the GUID of an old note now, 0 ids were written" in run("adopt", old, root).stdout
    assert (root / "deck.lock").read_bytes() == lock


def test_adopted_notes_are_known_whatever_they_ask_by_now(tmp_path: Path) -> None:
    """Another look at the package, with another mapping even, finds all of them, and says that the folder is a deck."""
    old = one_deck(tmp_path, SIMPLE, ["One", "1"], ["One", "2"], ["Two", "3"])
    root = tmp_path / "deck"
    assert run("adopt", old, root).exit_code == 0
    notes, lock = root / "notes.md", (root / "deck.lock").read_bytes()
    notes.write_text(notes.read_text(encoding="utf-8").replace("## Two", "## Reworded"), encoding="utf-8")
    for options in ([], ["--map", "Front=answer,Back=question"]):
        value = json.loads(run("adopt", old, root, *options, "--json").stdout)
        assert (value["kept"], value["ambiguous"], value["new"], value["left"]) == (3, [], [], [])
        assert (root / "deck.lock").read_bytes() == lock
    assert "is a deck already" in run("adopt", old, root, "--language", "es").stderr


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"deck.toml": TOML, "a.md": "## One\n\n```\n"}, "a.md:3:1"),
        ({"deck.toml": TOML, "a.md": "## One\n\n1\n", "deck.lock": "{"}, "deck.lock:1:"),
        ({"deck.toml": "name = 1\n", "a.md": "## One\n\n1\n"}, "deck.toml:1:"),
    ],
)
def test_problems_of_the_folder(tmp_path: Path, files: dict[str, str], message: str) -> None:
    root = write_files(tmp_path / "deck", {**files})
    result = run("adopt", one_deck(tmp_path, SIMPLE, ["One", "1"]), root)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{root}/{message}")


def test_warnings_about_the_folder_stop_nothing_and_nothing_matched_is_nothing_to_do(tmp_path: Path) -> None:
    old = one_deck(tmp_path, SIMPLE, ["One", "1"])
    root = write_files(tmp_path / "deck", {"deck.toml": TOML, "con.md": "## Two\n\n2\n"})
    result = run("adopt", old, root)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "0 notes have the GUID of an old note now" in result.stdout
    assert "Change Note Type" not in result.stdout
