r"""Bad decks as data: each file below ``bad/`` holds a deck and the exact messages it must get.

A case is a first line that says what is wrong, files after lines of ``--- path``, and after ``--- expected`` every
problem as ``check`` prints it. ``--- path (escaped)`` is a file with bytes written as in Python: ``\x1f``, ``\r`` at
the end of a line for CRLF, ``\xef\xbb\xbf`` for a byte-order mark, ``\\`` for a backslash. The last line of a file
``--- path (last line 99 times)`` is repeated.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from deckwright.check import RULES, once_a_deck
from deckwright.pipeline.build import check
from deckwright.problems import Problem, Severity
from tests.decks import write_files

CASES = sorted((Path(__file__).parents[1] / "bad").glob("*.txt"))
STRICT = 'name = "Test"\nid = "tests-7k2m4q"\nlanguage = "zh"\nrules.style = "spoken"\n'
"""The settings of a case without its own: every rule is on, with the limits for Chinese."""
TODAY = datetime.date(2026, 11, 22)


def read_case(path: Path) -> tuple[dict[str, str | bytes], list[str]]:
    parts = re.split(r"^--- (.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    files: dict[str, str | bytes] = {"deck.toml": STRICT}
    expected: list[str] = []
    for heading, content in zip(parts[1::2], parts[2::2], strict=True):
        name, _, how = heading.removesuffix(")").partition(" (")
        if name == "expected":
            expected = content.splitlines()
        elif how == "escaped":
            files[name] = content.encode().decode("unicode_escape").encode("latin-1")
        elif how:
            *lines, last = content.splitlines(keepends=True)
            files[name] = "".join([*lines, last * int(how.split(" ")[2])])
        else:
            files[name] = content
    return files, expected


def line_of(problem: Problem) -> str:
    grave = "" if problem.severity is Severity.ERROR else f"{problem.severity}: "
    place = problem.place
    return f"{place.path}:{place.line}:{place.column}: {grave}{problem.message} ({problem.rule})"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_bad_deck_gets_exactly_its_messages(path: Path, tmp_path: Path) -> None:
    files, expected = read_case(path)
    assert expected, "a case without expected messages proves nothing"
    problems = once_a_deck(check(write_files(tmp_path / "deck", files), TODAY))
    assert [line_of(problem) for problem in problems] == expected


def test_every_rule_has_a_bad_deck() -> None:
    """No rule is without a case that breaks it (those of lock, clock and MathJax have tests of their own)."""
    reported = {line.rpartition("(")[2].rstrip(")") for path in CASES for line in read_case(path)[1]}
    elsewhere = """future-time stale-lock unreadable-file tex wide-formula lost-id exchanged-id reused-id doubled-note
    released-alias wholesale-loss missing-lock common-deck-id copied-deck large-media renumbered-deletion"""
    assert RULES.keys() - reported - {*elsewhere.split()} == set()


def test_there_are_many_cases() -> None:
    assert len(CASES) >= 150
