"""The commands as a user meets them: output, exit status, what they write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckwright.check import RULES
from deckwright.cli import start
from deckwright.cli.main import main
from tests.anki_driver import Learner
from tests.decks import PLAIN, SETTINGS, write_files

OWN = 'name = "Test"\nid = "tests-7k2m4q"\n'
"""Settings with an id that nobody warns of."""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "cards", {"deck.toml": OWN, "a.md": "## One?\n\n1\n", "b/c.md": "## Two? {#two}\n\n2\n"})
    return Path("cards")


def test_without_a_command_the_deck_in_cards_is_built(deck: Path) -> None:
    result = run()
    assert result.exit_code == 0
    lines = result.stdout.split("\n")
    assert lines[0] == f"{deck / 'a.md'}:1: wrote the id one"
    assert lines[1].startswith(f"{Path('dist/tests-7k2m4q.apkg')}: 2 notes, 2 cards, 2 subdecks, 0 media files, ")
    assert lines[2] == "since the last build: 2 new, 0 changed, 0 moved, 0 retired, 0 unchanged"
    assert result.stderr == ""


def test_many_ids_take_one_line(deck: Path) -> None:
    pages = {f"{n}.md": f"## Number {n}a?\n\n{n}\n\n## Number {n}b?\n\n{n}\n" for n in range(9)}
    write_files(deck, {"deck.toml": OWN, **pages})
    lines = run().stdout.split("\n")
    assert lines[0] == "wrote 19 ids into 10 files"
    assert len(lines) == 5


def test_build_as_json(deck: Path) -> None:
    value = json.loads(run("build", deck, "-o", "x.apkg", "--json").stdout)
    assert value["package"] == "x.apkg"
    assert value["size"] == Path("x.apkg").stat().st_size
    assert value["changes"] == {"new": 2, "changed": 0, "moved": 0, "retired": 0, "unchanged": 0}
    assert value["ids"] == [{"path": str(deck / "a.md"), "line": 1, "id": "one"}]


def test_problems_go_to_stderr_with_their_place(deck: Path) -> None:
    write_files(deck, {"deck.toml": OWN, "a.md": "## One? {#One}\n\n"})
    for command in ("build", "check"):
        result = run(command, deck)
        assert (result.exit_code, result.stdout) == (1, "")
        lines = result.stderr.split("\n")[:-1]
        if command == "check":
            assert lines.pop() == "cards: 2 errors; correct the errors, then build"
        assert lines == [
            f"{deck / 'a.md'}:1:4: this note has no answer; write it between the question and the first `###` "
            "(empty-answer)",
            f"{deck / 'a.md'}:1:10: `One` is not an id; write lower-case letters, digits and single hyphens "
            "(invalid-id)",
        ]


def test_problems_as_json(deck: Path) -> None:
    write_files(deck, {"deck.toml": OWN, "a.md": "## One? {#one}\n\n"})
    for command in ("build", "check"):
        result = run(command, deck, "--json")
        assert result.exit_code == 1
        (problem,) = json.loads(result.stdout)["problems"]
        assert problem == {
            "path": str(deck / "a.md"),
            "line": 1,
            "column": 4,
            "severity": "error",
            "rule": "empty-answer",
            "message": "this note has no answer; write it between the question and the first `###`",
        }


def test_check_writes_nothing(deck: Path) -> None:
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert run("check").exit_code == 0
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_warnings_fail_only_when_strict(deck: Path) -> None:
    settings = SETTINGS.replace('"test"', '"test-7k2m4q"')
    write_files(deck, {"deck.toml": settings, "d.md": "## Three? {#three}\n\nH~2~O\n"})
    result = run("check")
    assert (result.exit_code, result.stderr.count("warning: ")) == (0, 1)
    strict = run("check", "--strict")
    assert (strict.exit_code, strict.stderr[-35:]) == (1, "; correct the warnings, then build\n")
    assert run("build", "--strict").exit_code == 1
    run("build")
    (deck / "d.md").unlink()
    result = run("check", "--strict")
    assert (result.exit_code, result.stdout) == (0, "cards: no problems\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "nowhere"],
        ["build", "--no-such-option"],
        ["build", "--frozen", "--touch", "one"],
        ["build", "--touch", "none"],
        ["build", "--touch", "one", "--touch-all"],
        ["new", "cards"],
        ["nonsense"],
    ],
)
def test_wrong_use_is_exit_2(deck: Path, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error" in result.stderr


def test_a_rule_that_is_off_is_not_said_to_be_kept(deck: Path) -> None:
    write_files(deck, {"deck.toml": f'{PLAIN}[rules."01-a"]\nlong-answer = "note"\n'})
    assert run("check", "--rule", "long-list").stdout == (
        "cards: long-list is off in this deck; [rules] in deck.toml turns it on\n"
    )
    assert run("check", "--rule", "braces").stdout == "cards: no problems\n"
    assert run("check", "--rule", "long-answer").stdout == "cards: no problems\n"


def test_rules_are_listed_with_bad_and_good(deck: Path) -> None:
    listed = run("check", "--list-rules").stdout
    for rule in RULES.values():
        assert f"{rule.id} (" in listed
        assert "\nBad:" in rule.help, rule.id
        assert "\nGood:" in rule.help, rule.id
    assert {entry["rule"] for entry in json.loads(run("check", "--list-rules", "--json").stdout)} == RULES.keys()


def test_new_makes_a_deck_that_is_clean_and_builds(deck: Path) -> None:
    assert run("new", "My First Deck").exit_code == 0
    checked = run("check", "--strict", "My First Deck")
    assert (checked.exit_code, checked.stderr) == (0, "")
    result = run("build", "--strict", "My First Deck")
    assert result.exit_code == 0
    assert "6 notes, 8 cards, 3 subdecks, 2 media files" in result.stdout
    assert len([*Path("dist").glob("my-first-deck-*.apkg")]) == 1
    attributes = Path("My First Deck/.gitattributes").read_text(encoding="utf-8")
    assert "*.svg text eol=lf" in attributes
    assert "deck.lock text eol=lf merge=union" in attributes


def test_two_people_who_call_their_decks_alike_get_two_decks(deck: Path, tmp_path: Path) -> None:
    """Imported by one learner, neither overwrites the other."""
    with Learner(tmp_path / "learner") as learner:
        for folder in ("here/cards", "there/cards"):
            Path(folder).parent.mkdir()
            assert run("new", folder).exit_code == 0
            package = Path(folder.replace("/", "-") + ".apkg")
            assert run("build", folder, "-o", package).exit_code == 0
            assert learner.imports(package) == {"new": 6}


def test_the_deck_in_the_working_folder_is_built(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(deck)
    for command in ("build", "check", "plan"):
        assert run(command).exit_code == 0
    assert Path("dist/tests-7k2m4q.apkg").exists()


def test_several_decks_are_built(deck: Path) -> None:
    """A faulty one does not keep the others from being built."""
    for name in ("one", "two", "three"):
        write_files(Path(name), {"deck.toml": f'name = "D"\nid = "{name}"\n', "a.md": "## A? {#a}\n\nA.\n"})
    Path("two/a.md").write_text("## A? {#a}\n", encoding="utf-8")
    result = run("build", "one", "two", "three")
    assert result.exit_code == 1
    assert sorted(path.name for path in Path("dist").iterdir()) == ["one.apkg", "three.apkg"]
    assert "empty-answer" in result.stderr
    for option in (["-o", "x.apkg"], ["--touch", "a"], ["--watch"]):
        assert run("build", "one", "three", *option).exit_code == 2


def test_a_folder_of_decks_says_so(deck: Path) -> None:
    result = run("build", ".")
    assert "this folder is not a deck, but it holds decks: cards; name one of them" in result.stderr
    assert run("build", "--no-cache", "nowhere").exit_code == 2


def test_a_copied_deck_is_understood(deck: Path) -> None:
    run("build", deck)
    shutil.copytree(deck, "copy")
    assert run("build", deck, "copy").exit_code == 2
    for folder in (deck, Path("copy")):
        assert "beside this one has the same id `tests-7k2m4q`" in run("check", folder).stderr
    told = [" has the same id " in run("build", "copy", "-o", "copy.apkg").stdout for _ in range(2)]
    assert told == [True, False]
    settings = Path("copy/deck.toml")
    settings.write_text(settings.read_text(encoding="utf-8").replace("tests", "other"), encoding="utf-8")
    assert "for a copy of that deck, delete deck.lock" in run("build", "copy").stderr
    Path("copy/deck.lock").unlink()
    assert run("build", "copy", "-o", "copy.apkg").exit_code == 0, "that package is of the old id"
    Path("copy/deck.lock").unlink()
    assert "copy.apkg was built with one" in run("build", "copy", "-o", "copy.apkg").stderr
    assert run("build", deck).exit_code == 0


def test_a_copied_deck_does_not_replace_the_package_of_its_original(deck: Path) -> None:
    """Nor the other way round; each replaces its own, edited or not."""

    def add(folder: Path, name: str) -> None:
        (folder / f"{name}.md").write_text(f"## {name}? {{#{name}}}\n\nYes.\n", encoding="utf-8")

    run("build", deck)
    shutil.copytree(deck, "copy")
    (package,) = Path("dist").iterdir()
    built = package.read_bytes()
    add(Path("copy"), "new-in-copy")
    for option in ([], ["--no-cache"], ["-o", str(package)]):
        refused = run("build", "copy", *option)
        assert (refused.exit_code, package.read_bytes() == built) == (1, True)
        assert f"{package.name} is the package of the deck in {deck} beside this one" in refused.stderr
    add(Path(deck), "new")
    assert run("build", deck).exit_code == 0
    assert run("build", "copy", "-o", "other.apkg").exit_code == 0
    assert run("build", deck, "--no-cache").exit_code == 0
    assert "other.apkg is the package of the deck in copy" in run("build", deck, "-o", "other.apkg").stderr
    shutil.rmtree("copy")
    assert run("build", deck, "-o", "other.apkg").exit_code == 0


@pytest.mark.parametrize("encoding", ["cp1252", "gbk"])
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_output_to_a_small_code_page_never_fails(deck: Path, encoding: str, option: list[str]) -> None:
    text = "## 问题é and 🙂? {#One}\n\n答案 é 🙂\n"
    write_files(deck, {"deck.toml": OWN, "é 问🙂.md": text})
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(Path(__file__).parents[2])}
    for command in ("build", "check", "plan"):
        line = [sys.executable, "-m", "deckwright", command, str(deck), *option]
        done = subprocess.run(line, env=environment, capture_output=True)
        assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
        if option:
            (problem, *_) = [
                p for p in json.loads(done.stdout.decode(encoding))["problems"] if p["rule"] == "invalid-id"
            ]
            assert problem["path"].endswith("é 问🙂.md")


def test_what_cannot_be_written_is_said(deck: Path) -> None:
    Path("file").write_text("", encoding="utf-8")
    result = run("build", deck, "-o", "file/x.apkg")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")


def test_the_rules_are_listed_without_a_deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("check", "--list-rules").exit_code == 0


def test_frozen_names_a_missing_id_as_an_error(deck: Path) -> None:
    result = run("build", "--frozen")
    assert result.exit_code == 1
    assert "a.md:1:4: this note has no id, and --frozen writes none" in result.stderr


def test_check_knows_of_a_lost_lock_and_of_the_future(deck: Path) -> None:
    run("build")
    lock = (deck / "deck.lock").read_text(encoding="utf-8")
    (deck / "deck.lock").unlink()
    assert "(bad-lock)" in run("check").stderr
    assert run("build", "-o", "elsewhere.apkg").exit_code == 1
    (deck / "deck.lock").write_text(lock.replace('"mod": ', '"mod": 9'), encoding="utf-8")
    assert "(future-time)" in run("check").stderr


@pytest.mark.parametrize("command", ["build", "check", "plan"])
def test_where_there_is_no_deck_those_nearby_are_named(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "make one: deckwright new DIR" in run(command).stderr
    for name in ("spanish", "law of torts"):
        write_files(tmp_path / name, {"unit 1/a.md": "## One?\n\n1\n"})
    for arguments in ((command,), (command, "spansh")):
        done = run(*arguments)
        assert done.exit_code == 2
        assert 'name one of the decks here: "law of torts", spanish' in done.stderr
    assert "deck.toml is a file; name spanish" in run(command, "spanish/deck.toml").stderr
    assert "a.md is a file; name spanish" in run(command, "spanish/unit 1/a.md").stderr
    monkeypatch.chdir(tmp_path / "spanish" / "unit 1")
    assert "the working folder is inside a deck: name .." in run(command).stderr


def test_a_part_of_a_deck_and_a_deck_without_a_command_are_told_of(deck: Path) -> None:
    assert f"this folder is a part of a deck; name the folder that has the deck.toml, {deck.resolve()} (" in (
        run("check", deck / "b").stderr
    )
    assert "did you mean `build cards`?" in run("cards").stderr


@pytest.mark.parametrize("command", ["build", "push"])
@pytest.mark.parametrize("output", ["cards/a.md", "cards/deck.lock", "cards/deck.toml", "out", ""])
def test_a_package_is_never_written_over_a_file_of_another_kind(command: str, output: str, deck: Path) -> None:
    run("build", deck)
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    done = run(command, deck, "-o", output)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "write a name that ends in .apkg" in done.stderr
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_ctrl_c_while_the_program_starts_ends_it_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "deckwright.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "deckwright.cli.main")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        start.main(["check"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == "\nAborted!\n"


def test_what_lies_in_a_folder_that_is_no_deck_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "spanish", {"a.md": "## One?\n\n"})
    done = run("check", ".")
    assert done.stderr.split("\n")[0] == (
        "deck.toml:1:1: this folder is not a deck, but it holds decks: spanish; name one of them (unreadable-file)"
    )
    assert done.stderr.count("\n") == 2


def test_a_command_that_is_told_to_be_typed_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", "Español A1").stdout.endswith('Next: deckwright build "Español A1"\n')
    settings = Path("Español A1/deck.toml").read_text(encoding="utf-8")
    assert 'id = "espanol-a1-' in settings
    assert 'tag-prefix = "espanol-a1" ' in settings
    write_files(Path("Español A1"), {"deck.toml": settings, "x.md": "- a\n"})
    assert run("check", "Español A1").stderr.endswith("Español A1: 1 error; correct the errors, then build\n")
    write_files(Path("Español A1"), {"deck.toml": settings, "x.md": "## A\n\nb\n• c\n"})
    assert run("check", "Español A1").stderr.endswith('; next: deckwright build "Español A1"\n')


def test_a_build_says_what_an_import_of_it_does_not_do(deck: Path) -> None:
    write_files(deck, {"deck.toml": OWN, "b/d.md": "## Three? {#three}\n\n3\n", "e/f.md": "## Four? {#four}\n\n4\n"})
    run("build")
    (deck / "b").rename(deck / "c")
    (deck / "a.md").rename(deck / "e" / "a.md")
    (deck / "e" / "f.md").unlink()
    lines = [line for line in run("build").stdout.split("\n") if line.startswith("note: ")]
    assert [line[:70] for line in lines[1:]] == [
        "note: the deck Test::b is now called Test::c: to Anki that is a new de",
        "note: an import leaves the cards of 1 moved note in the deck where the",
        "note: 1 note went: an import leaves the cards with the learner; `push`",
    ]
    assert "note: " not in run("build").stdout
    assert json.loads(run("build", "--json", "--no-cache").stdout)["by-hand"] == []


def test_a_new_look_is_worth_an_import(deck: Path) -> None:
    run("build")
    write_files(deck, {"deck.toml": OWN, "style.css": ".card { color: navy }\n"})
    counts, following = run("build").stdout.splitlines()[1:]
    assert counts.endswith(" 2 unchanged; the look of the cards changed")
    assert following.startswith("next: import ")
    assert "look" not in run("build").stdout


def test_a_program_that_was_not_installed_says_how_to() -> None:
    """A fresh clone, run with a Python that has none of the packages."""
    entry = Path(__file__).parents[2] / "build_deck.py"
    done = subprocess.run([sys.executable, "-E", "-S", entry, "check"], capture_output=True, encoding="utf-8")
    assert done.returncode == 1
    assert done.stderr.startswith("error: click is not installed; in the folder of this program: ")
    assert done.stderr.endswith(" -m pip install -e .\n")
