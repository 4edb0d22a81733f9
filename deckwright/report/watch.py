"""The builds of a watch → what changed, for people and machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deckwright.check import in_order
from deckwright.problems import Severity
from deckwright.report.build import build_json, count, error_text, id_lines
from deckwright.report.problems import problem_json, problem_line, shown_after_build

if TYPE_CHECKING:
    from deckwright.pipeline.watch import WatchedBuild


def watch_problems(done: WatchedBuild, deck: Path, *, strict: bool) -> Iterator[str]:
    """Yield the problems that went, those that stay wrong when others went or came, the new ones.

    Of warnings that went or came, as many as a build shows; the others are counted.
    """
    fixed = shown_after_build(in_order(done.fixed))
    yield from (f"fixed: {problem_line(problem, deck)}" for problem in fixed.problems)
    if fixed.not_shown:
        yield f"fixed besides: {fixed.counts}"
    if done.fixed or done.new:
        new = set(done.new)
        failing = [problem for problem in done.problems if strict or problem.severity is Severity.ERROR]
        left = in_order(problem for problem in failing if problem not in new)
        yield from (f"still: {problem_line(problem, deck)}" for problem in left)
    yield from shown_after_build(in_order(done.new)).lines(deck)


def watch_lines(done: WatchedBuild, deck: Path, time: str) -> Iterator[str]:
    """Yield the ids that were written; what changed, the package, how long it took, and how many problems are left."""
    if done.outcome:
        yield from id_lines(done.outcome.ids, deck)
    yield f"{time} {_summary(done)}"


def _summary(done: WatchedBuild) -> str:
    new = f", {len(done.new)} new" if done.new else ""
    if not done.outcome:
        return "not built" + (f": {count(len(done.problems), 'problem')}{new}" if done.problems else "")
    changes = ", ".join(f"{number} {name}" for name, number in done.changes.items()) or "nothing changed"
    left = f"; {count(len(done.problems), 'warning')}{new}" if done.problems else "; no problem is left"
    return f"{changes}: {done.outcome.written.path} in {done.seconds:.2f} s" + left * bool(done.problems or done.fixed)


def watch_json(done: WatchedBuild, deck: Path) -> dict[str, Any]:
    """Return what a build of a watch did, for machines; there is no package when it failed."""
    return {
        **(build_json(done.outcome, deck) if done.outcome else {}),
        **({"error": error_text(done.error)} if done.error else {}),
        "problems": [problem_json(problem, deck) for problem in in_order(done.problems)],
        "fixed": [problem_json(problem, deck) for problem in done.fixed],
        "seconds": round(done.seconds, 3),
    }
