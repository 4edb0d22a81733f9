"""Which problems a build reads: all errors, those of notes that changed, and the number of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckwright.pipeline.build import BuildResult, build, check
from deckwright.problems import ContentError
from tests.decks import CLOCK, write_files

NOTE = "## {0}? Really {0}? {{#n-{0}}}\n\nThe answer is {0}.\n"


def page(*names: str) -> str:
    return "\n".join(NOTE.format(name) for name in names)


class Author:
    """Builds a deck again and again, a minute apart."""

    def __init__(self, root: Path) -> None:
        self.root, self.count = root, 0

    def build(self, *, strict: bool = False) -> BuildResult:
        self.count += 1
        output, now = self.root.parent / "x.apkg", CLOCK + 60 * self.count
        return build(self.root, output, strict=strict, clock=lambda: now)


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Author:
    monkeypatch.setenv("DECKWRIGHT_CACHE", str(tmp_path / "cache"))
    files: dict[str, str | bytes] = {"a.md": page("alpha", "beta"), "b.md": page("gamma", "delta")}
    return Author(write_files(tmp_path / "deck", files))


def told(result: BuildResult) -> list[tuple[str, int]]:
    return [(problem.place.path, problem.place.line) for problem in result.warnings]


def test_the_first_build_has_all_and_the_next_none_of_them(author: Author) -> None:
    first, second = author.build(), author.build()
    assert (len(first.warnings), first.not_shown) == (4, {})
    assert (second.warnings, second.not_shown) == ([], {"warning two-questions": 4})


def test_an_edit_has_the_problems_of_its_note(author: Author) -> None:
    author.build()
    text = page("alpha", "beta").replace("answer is beta", "answer is bet")
    write_files(author.root, {"a.md": text})
    result = author.build()
    assert (told(result), result.not_shown) == ([("a.md", 5)], {"warning two-questions": 3})


def test_strict_counts_every_warning_also_of_unchanged_notes(author: Author) -> None:
    author.build()
    with pytest.raises(ContentError) as error:
        author.build(strict=True)
    assert len(error.value.problems) == 4
    assert len(check(author.root)) == 4


def test_an_error_is_told_until_it_is_corrected(author: Author) -> None:
    author.build()
    write_files(author.root, {"a.md": page("alpha") + "\n## None? {#none}\n"})
    for _ in range(2):
        with pytest.raises(ContentError) as error:
            author.build()
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
    write_files(author.root, dict(twice))
    first, second = author.build(), author.build()
    assert [p.rule for p in first.warnings].count("near-duplicate") == 1
    assert second.not_shown == {"warning two-questions": 4, "warning near-duplicate": 1}
    write_files(author.root, {"c.md": twice["c.md"].replace("Paris.", "Paris!")})
    third = author.build()
    assert ([p.rule for p in third.warnings], third.not_shown["warning two-questions"]) == (["near-duplicate"], 4)
    write_files(author.root, {"d.md": twice["d.md"].replace("P.", "It is Paris.")})
    assert [p.rule for p in author.build().warnings] == ["near-duplicate"]


def test_a_rule_that_is_switched_off_is_gone(author: Author) -> None:
    author.build()
    settings = (author.root / "deck.toml").read_text(encoding="utf-8")
    write_files(author.root, {"deck.toml": f'{settings}rules.two-questions = "off"\n'})
    result = author.build()
    assert (result.warnings, result.not_shown) == ([], {})
