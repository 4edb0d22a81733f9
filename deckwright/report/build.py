"""A build and its problems → lines for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deckwright.pipeline.last_build import Printed

if TYPE_CHECKING:
    from deckwright.pipeline.build import BuildResult
    from deckwright.problems import Problem


def problem_line(problem: Mapping[str, Any]) -> str:
    """Return a problem, as ``problem_json`` gives it, for people: ``path:line:column: message (rule)``."""
    prefix = "" if problem["severity"] == "error" else f"{problem['severity']}: "
    return f"{problem['path']}:{problem['line']}:{problem['column']}: {prefix}{problem['message']} ({problem['rule']})"


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


def build_json(result: BuildResult, deck: Path) -> dict[str, Any]:
    """Return what a build did, for machines."""
    written = result.written
    return {
        "package": str(written.path),
        "size": written.size,
        "notes": written.notes,
        "cards": written.cards,
        "subdecks": written.decks,
        "media": written.media,
        "changes": result.plan.counts,
        "notices": list(result.notices),
        "ids": [{"path": str(deck / place.path), "line": place.line, "id": name} for place, name in result.ids],
        "problems": [problem_json(problem, deck) for problem in result.warnings],
    }


def build_printed(result: Mapping[str, Any], *, as_json: bool) -> Printed:
    """Return what a build says, from what ``build_json`` gives."""
    if as_json:
        return "", f"{json.dumps(result, ensure_ascii=False)}\n"
    problems = "".join([f"{problem_line(problem)}\n" for problem in result["problems"]])
    return problems, "".join([f"{line}\n" for line in build_lines(result)])


def build_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a build did, as ``build_json`` gives it, for people; without its problems."""
    yield from id_lines(result)
    yield (
        f"{result['package']}: {count(result['notes'], 'note')}, {count(result['cards'], 'card')}, "
        f"{count(result['subdecks'], 'subdeck')}, {count(result['media'], 'media file')}, {_size(result['size'])}"
    )
    yield from (f"note: {notice}" for notice in result["notices"])
    yield "since the last build: " + ", ".join(f"{number} {name}" for name, number in result["changes"].items())


def id_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids that a build wrote into the sources."""
    yield from (f"{entry['path']}:{entry['line']}: wrote the id {entry['id']}" for entry in result["ids"])


def error_text(error: OSError) -> str:
    """Return what the system refused, for people."""
    return f"{error.filename or ''}: {error.strerror or error}; nothing was lost"


def count(number: int, noun: str) -> str:
    """``1 note``, ``2 notes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    return f"{size / 1024:.0f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MiB"
