"""Which problems a build reads: all errors, those of notes that changed, and the number of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckwright.pipeline.build import BuildResult, check
from deckwright.problems import ContentError
from tests.author import Author
from tests.decks import SETTINGS, write_files

NOTE = "## {0}? Really {0}? {{#n-{0}}}\n\nThe answer is {0}.\n"


def page(*names: str) -> str:
    return "\n".join(NOTE.format(name) for name in names)


@pytest.fixture
def author(tmp_path: Path) -> Author:
    pages = {"a.md": page("alpha", "beta"), "b.md": page("gamma", "delta")}
    return Author(tmp_path, {"deck.toml": SETTINGS, **pages})


def told(result: BuildResult) -> list[tuple[str, int]]:
    return [(problem.place.path, problem.place.line) for problem in result.warnings]


def test_the_first_build_has_all_and_the_next_none_of_them(author: Author) -> None:
    first, second = author.builds(), author.builds()
    assert (len(first.warnings), first.not_shown) == (4, {})
    assert (second.warnings, second.not_shown) == ([], {"warning two-questions": 4})


def test_an_edit_has_the_problems_of_its_note(author: Author) -> None:
    author.builds()
    text = page("alpha", "beta").replace("answer is beta", "answer is bet")
    write_files(author.deck, {"a.md": text})
    result = author.builds()
    assert (told(result), result.not_shown) == ([("a.md", 5)], {"warning two-questions": 3})


def test_strict_counts_every_warning_also_of_unchanged_notes(author: Author) -> None:
    author.builds()
    assert len(author.is_refused(strict=True)) == 4
    assert len(check(author.deck)) == 4


def test_an_error_is_told_until_it_is_corrected(author: Author) -> None:
    author.builds()
    write_files(author.deck, {"a.md": page("alpha") + "\n## None? {#none}\n"})
    for _ in range(2):
        with pytest.raises(ContentError) as error:
            author.builds()
        assert [(p.place.path, p.rule) for p in error.value.problems] == [
            ("a.md", "two-questions"),
            ("a.md", "empty-answer"),
        ]
        assert error.value.not_shown == {"warning two-questions": 2}


def test_two_unchanged_notes_that_are_alike_are_counted(author: Author) -> None:
    twice = {
        "c.md": "## What is the capital of France? {#f}\n\nParis.\n",
        "d.md": "## What is the capital of France {#g}\n\nP.\n",
    }
    write_files(author.deck, dict(twice))
    first, second = author.builds(), author.builds()
    assert [p.rule for p in first.warnings].count("near-duplicate") == 1
    assert second.not_shown == {"warning two-questions": 4, "warning near-duplicate": 1}
    write_files(author.deck, {"c.md": twice["c.md"].replace("Paris.", "Paris!")})
    third = author.builds()
    assert ([p.rule for p in third.warnings], third.not_shown["warning two-questions"]) == (["near-duplicate"], 4)
    write_files(author.deck, {"d.md": twice["d.md"].replace("P.", "It is Paris.")})
    assert [p.rule for p in author.builds().warnings] == ["near-duplicate"]


def test_a_rule_that_is_switched_off_is_gone(author: Author) -> None:
    author.builds()
    settings = (author.deck / "deck.toml").read_text(encoding="utf-8")
    write_files(author.deck, {"deck.toml": f'{settings}rules.two-questions = "off"\n'})
    result = author.builds()
    assert (result.warnings, result.not_shown) == ([], {})
