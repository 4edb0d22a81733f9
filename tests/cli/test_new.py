"""A new deck: what is asked, what is written, what is left alone."""

from __future__ import annotations

import tomllib
from pathlib import Path
from unittest.mock import patch

import pytest
import yaml
from click.testing import CliRunner, Result

from deckwright.cli.main import main
from deckwright.deck.settings import read_settings
from deckwright.problems import Problem


def run(*arguments: str, answers: str = "", terminal: bool = False) -> Result:
    with patch("deckwright.cli.new.sys") as system:
        system.stdin.isatty.return_value = terminal
        return CliRunner().invoke(main, arguments, input=answers, catch_exceptions=False)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def test_options_name_the_deck() -> None:
    assert run("new", "es", "--name", "Palabras", "--language", "es", "--subdeck", "01 Verbos").exit_code == 0
    problems: list[Problem] = []
    settings = read_settings(Path("es"), problems)
    assert (problems, settings.name, settings.language) == ([], "Palabras", "es")
    assert settings.subdecks["01-basics"] == "01 Verbos"
    assert settings.id.startswith("palabras-")
    assert run("check", "es", "--strict").stdout == "es: no problems\n"


def test_on_a_terminal_it_asks_again_until_it_is_right() -> None:
    done = run("new", "es", answers="a::b\nPalabras\nspan ish\nes\n\n", terminal=True)
    assert done.exit_code == 0, done.output
    assert "a name is text without" in done.output
    settings = tomllib.loads(Path("es/deck.toml").read_text(encoding="utf-8"))
    assert (settings["name"], settings["language"], settings["subdecks"]["01-basics"]) == (
        "Palabras",
        "es",
        "01 Basics",
    )


def test_a_clone_with_a_readme_keeps_what_it_has() -> None:
    for name in ("README.md", "LICENSE", ".gitignore"):
        Path(name).write_text("mine", encoding="utf-8")
    Path(".git").mkdir()
    assert run("new", ".", "--name", "X").exit_code == 0
    assert [Path(name).read_text(encoding="utf-8") for name in ("README.md", "LICENSE", ".gitignore")] == ["mine"] * 3
    assert run("build", "--strict").exit_code == 0
    assert run("new", ".").exit_code == 2


@pytest.mark.parametrize(
    "option", [("--name", "a::b"), ("--name", ""), ("--language", "span ish"), ("--subdeck", 'a"b')]
)
def test_wrong_answers_are_refused_before_anything_is_written(option: tuple[str, str]) -> None:
    assert run("new", "es", *option).exit_code == 2
    assert not Path("es").exists()


def test_what_other_tools_read_is_there_and_whole() -> None:
    run("new", "es")
    workflow = yaml.safe_load(Path("es/.github/workflows/deck.yml").read_text(encoding="utf-8"))
    assert {"check", "release"} == workflow["jobs"].keys()
    hooks = yaml.safe_load(Path("es/.pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert hooks["repos"][0]["hooks"][0]["pass_filenames"] is False
    assert "deck.lock" in Path("es/.gitattributes").read_text(encoding="utf-8")
    assert "root = true" in Path("es/.editorconfig").read_text(encoding="utf-8")
    first = Path("es/deck.toml").read_text(encoding="utf-8").split("\n")[0]
    assert Path("es", first.removeprefix("#:schema ")).is_file()


@pytest.mark.parametrize(
    ("name", "user_locale", "language"),
    [
        ("生物", "C.UTF-8", "zh-CN"),
        ("生物", "en_US.UTF-8", "zh-CN"),
        ("歷史", "en_US.UTF-8", "zh-TW"),
        ("生物", "zh_TW.UTF-8", "zh-TW"),
        ("生物", "ja_JP.UTF-8", "ja"),
        ("日本語", "C", "ja"),
        ("日本語の文法", "zh_CN.UTF-8", "ja"),
        ("한국어", "", "ko"),
        ("العربية", "C.UTF-8", "ar"),
        ("زیست‌شناسی", "fa_IR", "fa"),
        ("Биология 10", "uk_UA.UTF-8", "uk"),
        ("Биология 10", "de_DE.UTF-8", "ru"),
        ("ΕΛΛΗΝΙΚΑ", "POSIX", "el"),
        ("हिन्दी", "en_GB@euro", "hi"),
        ("Biologie", "de_DE.UTF-8", "de"),
        ("biology", "zh_CN.UTF-8", "zh-CN"),
        ("My Deck", "C", "en"),
        ("2026", "", "en"),
    ],
)
def test_the_language_is_guessed_from_name_and_locale(
    name: str, user_locale: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", user_locale)
    monkeypatch.setenv("LANG", user_locale)
    assert run("new", name).exit_code == 0
    problems: list[Problem] = []
    assert (read_settings(Path(name), problems).language, problems) == (language, [])


def test_the_guess_is_what_a_terminal_proposes() -> None:
    assert "Language of the cards [ru]" in run("new", "x", answers="Слова\n\n\n", terminal=True).stdout
    assert read_settings(Path("x"), []).language == "ru"


@pytest.mark.parametrize("folder", ["x" * 300, "file/inside"])
def test_a_folder_that_cannot_be_made_is_told(folder: str) -> None:
    Path("file").write_text("mine", encoding="utf-8")
    done = run("new", folder)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {folder}: ")


def test_a_folder_whose_name_is_a_space_gets_a_usable_name() -> None:
    assert run("new", " ").exit_code == 0
    assert run("check", " ").stdout == " : no problems\n"


def test_without_any_standard_input_nothing_is_asked() -> None:
    with patch("deckwright.cli.new.sys") as system:
        system.stdin = None
        assert CliRunner().invoke(main, ["new", "es"], catch_exceptions=False).exit_code == 0


def test_no_deck_is_made_inside_a_deck() -> None:
    assert run("new", "es").exit_code == 0
    done = run("new", "es/verbs")
    assert done.exit_code == 2
    assert "is inside the deck" in done.stderr
    assert not Path("es/verbs").exists()


def test_a_folder_of_notes_becomes_a_deck_by_the_lines_that_are_shown() -> None:
    Path("vault/verbs").mkdir(parents=True)
    Path("vault/verbs/a.md").write_text("## ser\n\nto be\n", encoding="utf-8")
    *_, name, deck_id = run("new", "vault").stderr.splitlines()
    assert name == 'name = "vault"'
    Path("vault/deck.toml").write_text(f"{name}\n{deck_id}\n", encoding="utf-8")
    assert run("build", "vault", "--strict").exit_code == 0
    assert "vault is a deck already" in run("new", "vault").stderr
