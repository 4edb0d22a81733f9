"""Problems → lines for people, JSON for machines, annotations for GitHub."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from deckwright.check import once_a_deck
from deckwright.problems import Problem, Severity

MOST_SHOWN = 10
"""Warnings and notes that a build shows in full; the others are counted."""
LONGEST_EXCERPT = 160
"""Characters of a line of the source that are shown below a problem."""
BOLD, DIM, RED, YELLOW, CYAN = "1", "2", "1;31", "1;33", "1;36"
COLOURS = {"error": RED, "warning": YELLOW, "note": CYAN}
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


def shown_after_build(problems: Iterable[Problem], not_shown: Mapping[str, int]) -> Shown:
    """Choose what a build prints: every error, a few warnings and notes, the others counted."""
    problems = [*problems]
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    others = [problem for problem in problems if problem.severity is Severity.WARNING]
    others += [problem for problem in problems if problem.severity is Severity.NOTE]
    left = Counter(not_shown)
    left.update(f"{problem.severity} {problem.rule}" for problem in others[MOST_SHOWN:])
    return Shown([*errors, *others[:MOST_SHOWN]], left)


def problem_line(problem: Mapping[str, Any], *, colour: bool = False) -> str:
    """Return a problem, as ``problem_json`` gives it, for people: ``path:line:column: message (rule)``."""
    severity = problem["severity"]
    place = f"{problem['path']}:{problem['line']}:{problem['column']}:"
    prefix = f" {severity}:" if severity != "error" or colour else ""
    rule = f"({problem['rule']})"
    if colour:
        place, prefix, rule = _paint(place, BOLD), _paint(prefix, COLOURS[severity]), _paint(rule, DIM)
    return f"{place}{prefix} {problem['message']} {rule}"


def problem_json(problem: Problem, deck: Path) -> dict[str, Any]:
    """Return a problem for machines; its path begins at the working folder."""
    return {
        "path": str(deck / problem.place.path),
        "line": problem.place.line,
        "column": problem.place.column,
        "severity": problem.severity.value,
        "rule": problem.rule,
        "message": problem.message,
    }


def not_shown_json(not_shown: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return for machines how many problems there are that are not listed."""
    entries = [(*name.split(" ", 1), number) for name, number in not_shown.items()]
    return [{"severity": severity, "rule": rule, "count": number} for severity, rule, number in sorted(entries)]


def not_shown_line(not_shown: Iterable[Mapping[str, Any]], deck: Path | str, *, colour: bool = False) -> str:
    """Return how many problems are not shown, as ``not_shown_json`` gives them, and how to see them."""
    head, command = "not shown:", "deckwright check" if str(deck) == "cards" else f"deckwright check {in_shell(deck)}"
    return f"{_paint(head, BOLD) if colour else head} {not_shown_counts(not_shown)}; `{command}` lists them"


def not_shown_counts(not_shown: Iterable[Mapping[str, Any]]) -> str:
    """Return how many problems there are of which rule, as ``not_shown_json`` gives them, the most first."""
    most_first = sorted(not_shown, key=lambda entry: (-entry["count"], entry["rule"]))
    return ", ".join(f"{entry['count']:,} {entry['rule']}" for entry in most_first)


def format_problems(
    problems: Iterable[Problem], deck: Path, how: Format, *, each_note: bool = False, colour: bool = False
) -> Iterator[str]:
    """Yield the lines of ``check``: of the notes only the first of each rule, unless each is asked for."""
    problems = [*problems] if each_note else once_a_deck(problems)
    if how is Format.GITHUB:
        yield from (github_line(problem, deck) for problem in problems)
        return
    excerpts = _Excerpts(deck)
    for problem in problems:
        yield problem_line(problem_json(problem, deck), colour=colour)
        if how is Format.FULL:
            yield from excerpts.below(problem, colour=colour)


def in_shell(path: Path | str) -> str:
    """Return a path as it is typed in a shell, on every system: in quotes where it holds more than plain signs."""
    text = str(path)
    return text if re.fullmatch(r"[\w./\\:~+-]+", text) else f'"{text}"'


def summary_line(problems: Iterable[Problem], deck: Path) -> str:
    """Return how many problems of which severity there are, and what to do."""
    counts = Counter(problem.severity for problem in problems)
    parts = [f"{counts[each]:,} {WORDS[each]}{'s' * (counts[each] != 1)}" for each in Severity if counts[each]]
    then = "correct the errors, then build" if counts[Severity.ERROR] else f"next: deckwright build {in_shell(deck)}"
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


class _Excerpts:
    """The lines of the source, the files read once each."""

    def __init__(self, deck: Path) -> None:
        self.deck = deck
        self.path, self.lines = "", list[str]()

    def below(self, problem: Problem, *, colour: bool) -> Iterator[str]:
        """Yield the line of a problem and a caret below its column; nothing where there is no such line."""
        line = self._line(problem)
        if not line.strip() or problem.place.column > len(line) + 1:
            return
        first = max(0, problem.place.column - LONGEST_EXCERPT)
        shown = printable(line[first : first + LONGEST_EXCERPT])
        before = printable(line[first : problem.place.column - 1])
        caret = " " * width(before) + "^"
        yield f"    {shown}"
        yield f"    {_paint(caret, COLOURS[problem.severity]) if colour else caret}"

    def _line(self, problem: Problem) -> str:
        path, number = problem.place.path, problem.place.line
        if path != self.path:
            try:
                text = (self.deck / path).read_text(encoding="utf-8-sig")
            except (OSError, ValueError):
                text = ""
            self.path, self.lines = path, text.split("\n")
        return self.lines[number - 1] if number <= len(self.lines) else ""


def printable(text: str) -> str:
    """Return a text with a space for each character that moves a terminal's cursor or changes its colours."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a Han character, none for a combining mark."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


def _paint(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m"
