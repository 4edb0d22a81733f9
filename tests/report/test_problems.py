"""Problems as people, terminals and GitHub read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckwright.problems import Place, Problem, Severity
from deckwright.report.problems import (
    MOST_SHOWN,
    Format,
    Shown,
    format_problems,
    shown_after_build,
    summary_line,
    width,
)
from tests.decks import write_files


def problem(line: int = 1, column: int = 1, severity: Severity = Severity.WARNING, message: str = "wrong") -> Problem:
    return Problem(Place("a.md", line, column), message, "some-rule", severity)


def lines(deck: Path, *problems: Problem, how: Format = Format.FULL, colour: bool = False) -> list[str]:
    return list(format_problems(problems, deck, how, colour=colour))


@pytest.mark.parametrize(
    ("text", "column", "below"),
    [
        ("plain text", 7, ["    plain text", "          ^"]),
        ("为什么 x", 5, ["    为什么 x", "           ^"]),
        ("a\tb\x1b[31m", 3, ["    a b [31m", "      ^"]),
        ("end", 4, ["    end", "       ^"]),
        ("", 1, []),
        ("short", 99, []),
    ],
)
def test_a_caret_stands_below_the_column(tmp_path: Path, text: str, column: int, below: list[str]) -> None:
    write_files(tmp_path, {"a.md": f"first\n{text}\nlast\n"})
    head = f"{tmp_path / 'a.md'}:2:{column}: warning: wrong (some-rule)"
    assert lines(tmp_path, problem(2, column)) == [head, *below]


def test_a_long_line_is_cut_around_the_column(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "x" * 500 + "HERE" + "y" * 500})
    _, shown, caret = lines(tmp_path, problem(1, 501))
    assert shown[len(caret) - 1] == "H"
    assert len(shown) < 200


def test_what_cannot_be_read_has_no_line(tmp_path: Path) -> None:
    write_files(tmp_path, {"b.md": b"\xff\xff"})
    faults = [problem(), problem()._replace(place=Place("b.md")), problem(99)._replace(place=Place("deck.toml", 99))]
    assert len(lines(tmp_path, *faults)) == 3


def test_colours_are_only_where_they_are_wanted(tmp_path: Path) -> None:
    plain, coloured = (lines(tmp_path, problem(), how=Format.LINES, colour=colour)[0] for colour in (False, True))
    assert "\x1b" not in plain
    for code in ("\x1b[1m", "\x1b[1;33m", "\x1b[2m", "\x1b[0m"):
        assert code in coloured
        coloured = coloured.replace(code, "")
    assert coloured == plain


def test_annotations_for_github_are_escaped(tmp_path: Path) -> None:
    odd = Problem(Place("a,b:c.md", 3, 4), "100 %\nof it: all", "some-rule")
    assert lines(Path("cards"), odd, problem(severity=Severity.NOTE), how=Format.GITHUB) == [
        "::error file=cards/a%2Cb%3Ac.md,line=3,col=4,title=some-rule::100 %25%0Aof it: all",
        "::notice file=cards/a.md,line=1,col=1,title=some-rule::wrong",
    ]


def test_a_note_is_said_once_unless_each_is_asked_for() -> None:
    notes = [problem(line, severity=Severity.NOTE) for line in (1, 2, 3)]
    (once,) = format_problems(notes, Path("cards"), Format.LINES)
    assert once.endswith("wrong; so in 2 more places (some-rule)")
    assert len(list(format_problems(notes, Path("cards"), Format.LINES, each_note=True))) == 3


def test_a_build_shows_every_error_and_a_few_of_the_rest() -> None:
    many = [problem(line, severity=severity) for severity in Severity for line in range(50)]
    shown, not_shown = shown_after_build(many, {"warning other-rule": 1297})
    assert [each.severity for each in shown] == [Severity.ERROR] * 50 + [Severity.WARNING] * MOST_SHOWN
    assert not_shown == {"warning other-rule": 1297, "warning some-rule": 40, "note some-rule": 50}
    (line,) = Shown([], not_shown).lines(Path("cards"))
    assert line == "not shown: 1,297 other-rule, 50 some-rule, 40 some-rule; `deckwright check` lists them"
    (line,) = Shown([], not_shown).lines(Path("a b"))
    assert '`deckwright check "a b"`' in line


def test_the_summary_says_what_to_do_next() -> None:
    faults = [problem(), problem(severity=Severity.ERROR)]
    assert summary_line(faults, Path("d")) == "d: 1 error, 1 warning; correct the errors, then build"
    assert summary_line(faults[:1] * 1200, Path("d")) == "d: 1,200 warnings; next: deckwright build d"


@pytest.mark.parametrize(("text", "columns"), [("ab", 2), ("中文", 4), ("é", 1), ("e\u0301", 1), ("", 0)])
def test_the_width_of_a_text_on_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns
