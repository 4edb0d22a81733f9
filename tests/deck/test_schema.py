"""The schemas that editors use say of deck.toml and sources.toml what the program says."""

from __future__ import annotations

import json
import tomllib
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from deckwright.deck.bibliography import read_bibliography
from deckwright.deck.settings import KEYS, Limits
from deckwright.pipeline.build import check
from deckwright.problems import Problem
from scripts.write_schema import text
from tests.check.test_bad import CASES, TODAY, read_case
from tests.decks import write_files

CARDS = Path(__file__).parents[2] / "cards"
EXAMPLE = Path(__file__).parents[2] / "deckwright" / "example"
HEAD = 'name = "T"\nid = "tea"\n'
SOURCE = '[a]\ntitle = "T"\nauthors = ["A"]\nyear = 2000\nurl = "https://x.org"\nchecked = 2026-01-01\n'
NOTE = "## One {#one}\n\nText [@a].\n"


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((resources.files("deckwright") / "schema" / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


DECK, SOURCES = validator("deck"), validator("sources")


def test_the_schema_is_what_the_program_knows() -> None:
    kept = (resources.files("deckwright") / "schema" / "deck.json").read_text(encoding="utf-8")
    assert kept == text(), "rules or settings changed: run python scripts/write_schema.py, then scripts/write_docs.py"
    schema = json.loads(text())["properties"]
    assert schema.keys() == set(KEYS)
    assert len(schema["limits"]["properties"]) == len(Limits._fields)


@pytest.mark.parametrize("folder", [CARDS, EXAMPLE], ids=lambda folder: folder.name)
def test_our_own_decks_are_valid(folder: Path) -> None:
    for name, schema in (("deck", DECK), ("sources", SOURCES)):
        written = (
            (folder / f"{name}.toml")
            .read_text(encoding="utf-8")
            .replace("DECK-ID", "deck-id")
            .replace("DECK-LANGUAGE", "en")
        )
        assert list(schema.iter_errors(tomllib.loads(written))) == []


@pytest.mark.parametrize(
    "settings",
    [
        'id = "tea"\n',
        'name = "T"\n',
        'name = "a::b"\nid = "tea"\n',
        'name = " a"\nid = "tea"\n',
        'name = "T"\nid = "Tea"\n',
        'name = "T"\nid = "t--a"\n',
        'name = 1\nid = "tea"\n',
        f'{HEAD}nmae = "x"\n',
        f'{HEAD}language = "zh_CN"\n',
        f"{HEAD}language = 1\n",
        f'{HEAD}tag-prefix = "two words"\n',
        f'{HEAD}version = "1 2"\n',
        f"{HEAD}description = 1\n",
        f'{HEAD}subdecks = "x"\n',
        f'{HEAD}subdecks."." = "a::b"\n',
        f'{HEAD}sections.x = "Two Words"\n',
        f"{HEAD}sections.x = 1\n",
        f"{HEAD}limits.answers = 1\n",
        f"{HEAD}limits.answer = -1\n",
        f'{HEAD}limits.answer = "x"\n',
        f"{HEAD}limits.similarity = 2\n",
        f"{HEAD}limits.noise = [1]\n",
        f'{HEAD}rules.style = "strict"\n',
        f'{HEAD}rules.long-list = "of"\n',
        f"{HEAD}rules.long-list = true\n",
        f'{HEAD}rules.no-such-rule = "off"\n',
        f'{HEAD}rules.empty-answer = "off"\n',
        f'{HEAD}rules.".".no-such-rule = "off"\n',
        f"{HEAD}terms.x = 1\n",
        f'{HEAD}terms.x = " "\n',
        f'{HEAD}tex.macro = ["bm"]\n',
        f'{HEAD}tex.macros = ["b m"]\n',
        f'{HEAD}exclude = "drafts"\n',
        f'{HEAD}exclude = [""]\n',
    ],
)
def test_wrong_settings_are_wrong_to_both(tmp_path: Path, settings: str) -> None:
    assert list(DECK.iter_errors(tomllib.loads(settings)))
    found = check(write_files(tmp_path, {"deck.toml": settings, "a.md": "## One {#one}\n\nText.\n"}), TODAY)
    assert [problem for problem in found if problem.place.path == "deck.toml" and problem.severity == "error"]


@pytest.mark.parametrize(
    "settings",
    [
        HEAD,
        f'{HEAD}language = "pt-BR"\nversion = "2026.11"\ntag-prefix = "a::b"\ndescription = "x {{date}}"\n',
        f'{HEAD}rules = {{ style = "spoken", long-list = "off", a = {{ long-list = "error" }} }}\n',
        f'{HEAD}limits = {{ question = 9, similarity = 0.5, noise = ["x"] }}\nterms = {{ "a b" = "c" }}\n',
        f'{HEAD}tex.macros = ["bm", "\\\\dv"]\nexclude = ["*.old.md"]\nsections = {{ X = "pitfall" }}\n',
    ],
)
def test_right_settings_are_right_to_both(tmp_path: Path, settings: str) -> None:
    assert list(DECK.iter_errors(tomllib.loads(settings))) == []
    files = {"deck.toml": settings, "a/b.md": "## One {#one}\n\nText.\n"}
    assert [p for p in check(write_files(tmp_path, dict(files)), TODAY) if p.severity == "error"] == []


def test_settings_that_the_program_refuses_in_bad_decks_are_refused_by_the_schema() -> None:
    """Those cases of ``tests/bad`` whose settings are TOML and wrong in themselves."""
    in_context = {"settings-conflict", "settings-subdecks", "rules-choices", "folder-same-name", "forgotten-hash"}
    seen = 0
    for case in CASES:
        files, expected = read_case(case)
        wrong = any(line.startswith("deck.toml:") and line.endswith("(deck-toml)") for line in expected)
        settings = files["deck.toml"]
        if not wrong or isinstance(settings, bytes) or case.stem in in_context or "not valid TOML" in expected[0]:
            continue
        try:
            value = tomllib.loads(settings)
        except tomllib.TOMLDecodeError:
            continue
        assert list(DECK.iter_errors(value)), case.stem
        seen += 1
    assert seen >= 8


@pytest.mark.parametrize(
    "entry",
    [
        SOURCE.replace("year = 2000\n", ""),
        SOURCE.replace("2000", '"2000"'),
        SOURCE.replace('["A"]', '"A"'),
        SOURCE.replace('["A"]', "[1]"),
        SOURCE.replace("https:", "ftp:"),
        SOURCE.replace('"T"', "1"),
        SOURCE.replace("[a]", "[a.b]"),
        SOURCE.replace("[a]", '["a b"]'),
        'a = "x"\n',
    ],
)
def test_wrong_sources_are_wrong_to_both(tmp_path: Path, entry: str) -> None:
    assert list(SOURCES.iter_errors(tomllib.loads(entry)))
    problems: list[Problem] = []
    read_bibliography(write_files(tmp_path, {"sources.toml": entry}), problems)
    assert problems


def test_right_sources_are_right_to_both(tmp_path: Path) -> None:
    problems: list[Problem] = []
    read_bibliography(write_files(tmp_path, {"sources.toml": f"{SOURCE}publisher = 'P'\n"}), problems)
    assert (problems, list(SOURCES.iter_errors(tomllib.loads(SOURCE)))) == ([], [])
