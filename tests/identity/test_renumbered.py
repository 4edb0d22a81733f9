"""Deletions that get other numbers: each number is a card, whose history would go on under another text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from deckwright.cli.main import main
from deckwright.pipeline.build import build, check
from deckwright.problems import ContentError
from tests.decks import CLOCK, write_files

PAGE = "## Complete {#gap}\n\nThe {{c1::heart}} pumps {{c2::blood}}.\n\n## Other {#other}\n\nA {{c1::b}}.\n"
SETTINGS = 'name = "Test"\nid = "tests-7k2m4q"\n'


@pytest.fixture
def deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    deck = write_files(tmp_path / "cards", {"deck.toml": SETTINGS, "a.md": PAGE})
    build(deck, clock=lambda: CLOCK)
    return deck


def told(deck: Path) -> list[str]:
    return [f"{problem.place.line} {problem.message}" for problem in check(deck) if "renumbered" in problem.rule]


@pytest.mark.parametrize(
    ("answer", "moved"),
    [
        ("The {{c2::heart}} pumps {{c1::blood}}.", "c1 → c2: heart, c2 → c1: blood"),
        ("{{c1::Always}} the {{c2::heart}} pumps {{c3::blood}}.", "c1 → c2: heart, c2 → c3: blood"),
        ("The heart pumps {{c1::blood}}.", "c2 → c1: blood"),
    ],
)
def test_a_deletion_under_another_number_is_told(answer: str, moved: str, deck: Path) -> None:
    write_files(deck, {"deck.toml": SETTINGS, "a.md": PAGE.replace("The {{c1::heart}} pumps {{c2::blood}}.", answer)})
    (message,) = told(deck)
    assert message.startswith(f"1 deletions have other numbers than in the last build ({moved}): ")
    assert message.endswith("build with --touch gap")
    with pytest.raises(ContentError):
        build(deck, strict=True, clock=lambda: CLOCK + 60)
    assert build(deck, strict=True, touch=["gap"], clock=lambda: CLOCK + 120).warnings == []
    assert told(deck) == []


@pytest.mark.parametrize(
    "answer",
    [
        "{{c3::Always}} the {{c1::heart}} pumps {{c2::blood}}.",
        "The {{c1::big heart::where?}} pumps {{c2::red blood}}.",
        "The {{c1::heart}} pumps blood.",
    ],
)
def test_a_deletion_that_keeps_its_number_is_not(answer: str, deck: Path) -> None:
    write_files(deck, {"deck.toml": SETTINGS, "a.md": PAGE.replace("The {{c1::heart}} pumps {{c2::blood}}.", answer)})
    assert told(deck) == []


def test_without_a_cache_the_last_package_tells(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECKWRIGHT_CACHE", "another")
    write_files(deck, {"deck.toml": SETTINGS, "a.md": PAGE.replace("c1::heart", "c5::heart")})
    assert len(told(deck)) == 1
    shown = json.loads(CliRunner().invoke(main, ["build", str(deck), "--json"], catch_exceptions=False).stdout)
    assert [problem["rule"] for problem in shown["problems"]] == ["renumbered-deletion"]
