"""Problems → lines for people, JSON for machines, annotations for GitHub."""

from __future__ import annotations

import enum
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from deckwright.check import once_a_deck
from deckwright.problems import Place, Problem, Severity

MOST_SHOWN = 10
"""Warnings and notes that a build shows in full; the others are counted."""
LONGEST_EXCERPT = 160
"""Characters of a line of the source that are shown below a problem."""
BOLD, DIM, RED, YELLOW, CYAN = "1", "2", "1;31", "1;33", "1;36"
COLOURS = {Severity.ERROR: RED, Severity.WARNING: YELLOW, Severity.NOTE: CYAN}
WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "remark"}
"""Severity → what is counted; "notes" would be taken for Anki's."""
GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
"""Severity → GitHub's command for an annotation."""


class Format(enum.StrEnum):
    """How ``check`` prints problems: a line each, with the line of the source below it, or GitHub's annotations."""

    LINES = "lines"
    FULL = "full"
    GITHUB = "github"


class Shown(NamedTuple):
    """The problems that are printed, and how many there are besides: severity and rule → number."""

    problems: Sequence[Problem]
    not_shown: Mapping[str, int]

    def lines(self, deck: Path, *, colour: bool = False) -> Iterator[str]:
        """Yield them for people, in the end how many are not shown and how to see those."""
        yield from (problem_line(problem, deck, colour=colour) for problem in self.problems)
        if self.not_shown:
            head = _paint("not shown:", BOLD, colour=colour)
            command = "deckwright check" if str(deck) == "cards" else f"deckwright check {in_shell(deck)}"
            yield f"{head} {self.counts}; `{command}` lists them"

    def to_json(self, deck: Path) -> dict[str, Any]:
        """Return them for machines."""
        return {
            "problems": [problem_json(problem, deck) for problem in self.problems],
            "not-shown": [
                {"severity": severity, "rule": rule, "count": number} for severity, rule, number in self._by_rule
            ],
        }

    @property
    def counts(self) -> str:
        """How many of which rule are not shown, the most first."""
        most_first = sorted(self._by_rule, key=lambda entry: (-entry[2], entry[1]))
        return ", ".join(f"{number:,} {rule}" for _, rule, number in most_first)

    @property
    def _by_rule(self) -> list[tuple[str, str, int]]:
        split = ((name.partition(" "), number) for name, number in self.not_shown.items())
        return sorted((severity, rule, number) for (severity, _, rule), number in split)


def shown_after_build(problems: Iterable[Problem], not_shown: Mapping[str, int] | None = None) -> Shown:
    """Choose what a build prints: every error, a few warnings and notes, the others counted."""
    problems = [*problems]
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    others = [problem for problem in problems if problem.severity is Severity.WARNING]
    others += [problem for problem in problems if problem.severity is Severity.NOTE]
    left = Counter(not_shown)
    left.update(f"{problem.severity} {problem.rule}" for problem in others[MOST_SHOWN:])
    return Shown([*errors, *others[:MOST_SHOWN]], left)


def place_text(place: Place, deck: Path) -> str:
    """Return ``path:line:column``; the path begins at the working folder."""
    return f"{deck / place.path}:{place.line}:{place.column}"


def place_json(place: Place, deck: Path) -> dict[str, Any]:
    """Return a place for machines; the path begins at the working folder."""
    return {"path": str(deck / place.path), "line": place.line, "column": place.column}


def problem_line(problem: Problem, deck: Path, *, colour: bool = False) -> str:
    """Return a problem for people: ``path:line:column: message (rule)``."""
    severity = problem.severity
    place = _paint(f"{place_text(problem.place, deck)}:", BOLD, colour=colour)
    prefix = f" {severity}:" if severity != Severity.ERROR or colour else ""
    prefix = _paint(prefix, COLOURS[severity], colour=colour)
    return f"{place}{prefix} {problem.message} {_paint(f'({problem.rule})', DIM, colour=colour)}"


def problem_json(problem: Problem, deck: Path) -> dict[str, Any]:
    """Return a problem for machines."""
    return {
        **place_json(problem.place, deck),
        "severity": problem.severity.value,
        "rule": problem.rule,
        "message": problem.message,
    }


def format_problems(
    problems: Iterable[Problem], deck: Path, how: Format, *, each_note: bool = False, colour: bool = False
) -> Iterator[str]:
    """Yield the lines of ``check``: of the notes only the first of each rule, unless each is asked for."""
    problems = [*problems] if each_note else once_a_deck(problems)
    if how is Format.GITHUB:
        yield from (github_line(problem, deck) for problem in problems)
        return
    for path, of_file in itertools.groupby(problems, key=lambda problem: problem.place.path):
        source = _source_lines(deck / path) if how is Format.FULL else []
        for problem in of_file:
            yield problem_line(problem, deck, colour=colour)
            yield from _excerpt(problem, source, colour=colour)


def in_shell(path: Path | str) -> str:
    """Return a path as it is typed in a shell, on every system: in quotes where it holds more than plain signs."""
    text = str(path)
    return text if re.fullmatch(r"[\w./\\:~+-]+", text) else f'"{text}"'


def summary_line(problems: Iterable[Problem], deck: Path, *, strict: bool = False) -> str:
    """Return how many problems of which severity there are, and what to do; ``strict``: warnings are to go as well."""
    counts = Counter(problem.severity for problem in problems)
    parts = [f"{counts[each]:,} {WORDS[each]}{'s' * (counts[each] != 1)}" for each in Severity if counts[each]]
    failing = "errors" if counts[Severity.ERROR] else "warnings" if strict and counts[Severity.WARNING] else ""
    then = f"correct the {failing}, then build" if failing else f"next: deckwright build {in_shell(deck)}"
    return f"{deck}: {', '.join(parts)}; {then}"


def github_line(problem: Problem, deck: Path) -> str:
    """Return a problem as a workflow command, which GitHub shows at the line of a pull request."""
    place = problem.place
    path = (deck / place.path).as_posix()
    where = f"file={_escaped(path)},line={place.line},col={place.column},title={_escaped(problem.rule)}"
    return f"::{GITHUB[problem.severity]} {where}::{_escaped_text(problem.message)}"


def _escaped_text(text: str) -> str:
    """Escape what would end a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped(text: str) -> str:
    """Escape what would end a property of a workflow command."""
    return _escaped_text(text).replace(":", "%3A").replace(",", "%2C")


def _source_lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, ValueError):
        return []


def _excerpt(problem: Problem, source: Sequence[str], *, colour: bool) -> Iterator[str]:
    """Yield the line of a problem and a caret below its column; nothing where there is no such line."""
    _, number, column = problem.place
    line = source[number - 1] if number <= len(source) else ""
    if not line.strip() or column > len(line) + 1:
        return
    first = max(0, column - LONGEST_EXCERPT)
    yield f"    {printable(line[first : first + LONGEST_EXCERPT])}"
    caret = " " * width(printable(line[first : column - 1])) + "^"
    yield f"    {_paint(caret, COLOURS[problem.severity], colour=colour)}"


def printable(text: str) -> str:
    """Return a text with a space for each character that moves a terminal's cursor or changes its colours."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a Han character, none for a combining mark."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


def _paint(text: str, code: str, *, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
