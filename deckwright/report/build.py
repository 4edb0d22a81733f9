"""A build and its problems → lines for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deckwright.pipeline.last_build import Printed
from deckwright.report.problems import (
    MOST_SHOWN,
    not_shown_json,
    not_shown_line,
    problem_json,
    problem_line,
    shown_after_build,
)

if TYPE_CHECKING:
    from deckwright.pipeline.build import BuildResult


def build_json(result: BuildResult, deck: Path) -> dict[str, Any]:
    """Return what a build did, for machines."""
    from deckwright.report.plan import by_hand  # with what it imports, which no start needs

    written = result.written
    problems, not_shown = shown_after_build(result.warnings, result.not_shown)
    return {
        "package": str(written.path),
        "size": written.size,
        "notes": written.notes,
        "cards": written.cards,
        "subdecks": written.decks,
        "media": written.media,
        "changes": result.plan.counts,
        "notices": list(result.notices),
        "by-hand": list(by_hand(result.plan)),
        "ids": [{"path": str(deck / place.path), "line": place.line, "id": name} for place, name in result.ids],
        "problems": [problem_json(problem, deck) for problem in problems],
        "not-shown": not_shown_json(not_shown),
        "deck": str(deck),
    }


def build_printed(result: Mapping[str, Any], *, as_json: bool, colour: bool = False) -> Printed:
    """Return the text after a build, from what ``build_json`` gives."""
    if as_json:
        return "", f"{json.dumps(result, ensure_ascii=False)}\n"
    problems = "".join([f"{problem_line(problem, colour=colour)}\n" for problem in result["problems"]])
    if result["not-shown"]:
        problems += f"{not_shown_line(result['not-shown'], result['deck'], colour=colour)}\n"
    return problems, "".join([f"{line}\n" for line in build_lines(result)])


def build_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a build did, as ``build_json`` gives it, for people; without its problems."""
    yield from id_lines(result)
    yield (
        f"{result['package']}: {count(result['notes'], 'note')}, {count(result['cards'], 'card')}, "
        f"{count(result['subdecks'], 'subdeck')}, {count(result['media'], 'media file')}, {_size(result['size'])}"
    )
    yield from (f"note: {notice}" for notice in result["notices"])
    changes = result["changes"]
    yield "since the last build: " + ", ".join(f"{number} {name}" for name, number in changes.items())
    yield from (f"note: {line}" for line in result["by-hand"])
    if any(number for name, number in changes.items() if name != "unchanged"):
        yield f"next: import {result['package']} into Anki (File → Import), and commit deck.lock with your notes"


def id_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids that a build wrote into the sources; of many, only how many."""
    entries = result["ids"]
    if len(entries) > MOST_SHOWN:
        files = len({entry["path"] for entry in entries})
        yield f"wrote {len(entries):,} ids into {count(files, 'file')}"
        return
    yield from (f"{entry['path']}:{entry['line']}: wrote the id {entry['id']}" for entry in entries)


def error_text(error: OSError) -> str:
    """Return what the system refused, for people."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}; nothing was lost"


def count(number: int, noun: str) -> str:
    """``1 note``, ``2 notes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    return f"{size / 1024:.0f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MiB"
