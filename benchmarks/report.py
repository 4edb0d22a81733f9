"""The figures as Markdown tables."""

from __future__ import annotations

import datetime
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from statistics import median

from measure import Sample, middle

NAIVE = "naive script"
START = "python -c pass"
Samples = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True)
class Results:
    """What was measured at one size."""

    notes: int
    samples: Samples


@dataclass(frozen=True)
class SubdeckResults:
    """What was measured with the same notes in few and in many subdecks."""

    notes: int
    counts: tuple[int, int]
    samples: Samples


INTRODUCTION = """# Speed

Made by `python benchmarks/run.py --write`; do not edit. {day}, {machine}.

Medians; *runs* says of how many. In each round every case runs once, as a program of its own, so that what else the
machine does falls on all of them alike; each ratio is the median of the rounds' ratios.
Look at the ratios, less at the seconds, and at the processor's seconds where the machine was busy. *Cold*: never built,
no cache. *One process*: the same without workers. *Warm*: built before, package deleted. *One edit*: one answer changed
since. *Nothing changed*: built again.
Memory is the most that all processes of a case take together. The naive script (`benchmarks/naive.py`) renders the
same features with genanki and Python-Markdown, without checks; what the peers leave out stands in
`benchmarks/peers.py`. The floor inserts the finished rows into SQLite and zips the bytes, nothing else.
"""


def page(results: Sequence[Results], many: SubdeckResults | None) -> str:
    """The whole page."""
    head = INTRODUCTION.format(day=datetime.datetime.now(datetime.UTC).date().isoformat(), machine=machine())
    parts = [head, *(size_table(result) for result in results)]
    if len(results) > 1:
        parts.append(growth_table(results))
    if many:
        parts.append(subdeck_table(many))
    return "\n".join(parts)


def machine() -> str:
    """What it ran on, in words."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("Markdown", "Pygments", "genanki"))
    kind = f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})"
    return f"{kind}, Python {platform.python_version()}, {libraries}"


def size_table(result: Results) -> str:
    """All cases at one size, and how much longer the naive script takes than each."""
    rows = []
    for case, samples in result.samples.items():
        found = middle(samples)
        spread = f"{min(s.seconds for s in samples):.2f}–{max(s.seconds for s in samples):.2f}"
        naive = result.samples[NAIVE]
        faster = median(slow.seconds / quick.seconds for slow, quick in zip(naive, samples, strict=False))
        leaner = median(slow.processor / quick.processor for slow, quick in zip(naive, samples, strict=False))
        figures = [f"{found.seconds:.2f}", spread, f"{faster:.1f} ×", f"{found.processor:.2f}", f"{leaner:.1f} ×"]
        rows.append([case, *figures, _whole(found.memory), str(len(samples))])
    head = ["", "seconds", "from–to", "naive / this", "processor seconds", "naive / this", "peak MiB", "runs"]
    return f"## {result.notes:,} notes\n\n" + _table(head, rows) + _above_start(result.samples)


def _above_start(samples: Samples) -> str:
    """What a build with nothing to do takes above the interpreter's own start."""
    pairs = zip(samples["ours, nothing changed"], samples[START], strict=True)
    idle = median(idle.seconds - start.seconds for idle, start in pairs)
    return f"\nWith nothing changed ours takes {idle:.2f} s more than the interpreter's own start.\n"


def growth_table(results: Sequence[Results]) -> str:
    """The exponent e of seconds ~ notes ** e, between neighbouring sizes and over all of them."""
    pairs = [*pairwise(results)]
    if len(results) > 2:
        pairs.append((results[0], results[-1]))
    cases = [case for case in results[0].samples if all(case in result.samples for result in results)]
    rows = [[case, *(f"{_exponent(case, *pair):.2f}" for pair in pairs)] for case in cases if case != START]
    head = ["", *(f"{small.notes:,} → {large.notes:,}" for small, large in pairs)]
    return "## Growth\n\nThe exponent of the seconds; 1 is in proportion to the notes.\n\n" + _table(head, rows)


def _exponent(case: str, small: Results, large: Results) -> float:
    seconds = [middle(result.samples[case]).seconds for result in (small, large)]
    return math.log(seconds[1] / seconds[0]) / math.log(large.notes / small.notes)


def subdeck_table(many: SubdeckResults) -> str:
    """Few subdecks beside many."""
    found = [middle(many.samples[f"{count} subdecks"]) for count in many.counts]
    least = found[0].seconds
    rows = [
        [f"{count:,}", f"{sample.seconds:.2f}", f"{sample.seconds / least:.2f} ×", _whole(sample.memory)]
        for count, sample in zip(many.counts, found, strict=True)
    ]
    return f"## {many.notes:,} notes in few and in many subdecks, cold\n\n" + _table(
        ["subdecks", "seconds", "ratio", "peak MiB"], rows
    )


def _whole(number: float) -> str:
    return "" if math.isnan(number) else f"{number:.0f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, rule, *rows))
