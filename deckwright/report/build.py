"""A build and its problems → lines for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deckwright.pipeline.last_build import Printed
from deckwright.report.problems import MOST_SHOWN, shown_after_build

if TYPE_CHECKING:
    from deckwright.pipeline.build import BuildResult
    from deckwright.problems import Place


def build_json(result: BuildResult, deck: Path) -> dict[str, Any]:
    """Return what a build did, for machines."""
    from deckwright.report.plan import by_hand  # with what it imports, which no start needs

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
        "by-hand": list(by_hand(result.plan)),
        "ids": [{"path": str(deck / place.path), "line": place.line, "id": name} for place, name in result.ids],
        **shown_after_build(result.warnings, result.not_shown).to_json(deck),
        "deck": str(deck),
    }


def build_printed(result: BuildResult, deck: Path, *, as_json: bool, colour: bool) -> Printed:
    """Return the text after a build."""
    if as_json:
        return "", f"{json.dumps(build_json(result, deck), ensure_ascii=False)}\n"
    problems = shown_after_build(result.warnings, result.not_shown).lines(deck, colour=colour)
    return _text(problems), _text(build_lines(result, deck))


def _text(lines: Iterable[str]) -> str:
    return "".join([f"{line}\n" for line in lines])


def built_again(result: BuildResult) -> BuildResult:
    """Return what the next build does when nothing changes before it."""
    from deckwright.plan.comparison import Plan

    plan = result.plan
    notes = {*plan.new, *plan.changed, *plan.moved, *plan.skipped, *plan.conflicting, *plan.unchanged}
    return result._replace(plan=Plan(unchanged=tuple(notes)), ids=[], notices=())


def build_lines(result: BuildResult, deck: Path) -> Iterator[str]:
    """Yield what a build did, for people; without its problems."""
    from deckwright.report.plan import by_hand  # with what it imports, which no start needs

    written, changes = result.written, result.plan.counts
    yield from id_lines(result.ids, deck)
    yield (
        f"{written.path}: {count(written.notes, 'note')}, {count(written.cards, 'card')}, "
        f"{count(written.decks, 'subdeck')}, {count(written.media, 'media file')}, {_size(written.size)}"
    )
    yield from (f"note: {notice}" for notice in result.notices)
    looks = "; the look of the cards changed" * bool(result.plan.restyled)
    yield f"since the last build: {', '.join(f'{number} {name}' for name, number in changes.items())}{looks}"
    yield from (f"note: {line}" for line in by_hand(result.plan))
    if looks or any(number for name, number in changes.items() if name != "unchanged"):
        yield f"next: import {written.path} into Anki (File → Import), and commit deck.lock with your notes"


def id_lines(ids: Sequence[tuple[Place, str]], deck: Path) -> Iterator[str]:
    """Yield the ids that a build wrote into the sources; of many, only how many."""
    if len(ids) > MOST_SHOWN:
        yield f"wrote {len(ids):,} ids into {count(len({place.path for place, _ in ids}), 'file')}"
    else:
        yield from (f"{deck / place.path}:{place.line}: wrote the id {name}" for place, name in ids)


def error_text(error: OSError) -> str:
    """Return what the system refused, for people."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}; nothing was lost"


def count(number: int, noun: str) -> str:
    """``1 note``, ``2 notes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def below(heading: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield lines below a heading; nothing where there are none."""
    for number, line in enumerate(lines):
        if number == 0:
            yield heading
        yield line


def _size(size: int) -> str:
    return f"{size / 1024:.0f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MiB"
