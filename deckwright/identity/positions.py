"""Positions of new cards, in the order in which a learner is to meet them."""

from __future__ import annotations

import bisect
import itertools
import operator
from collections.abc import Mapping, Sequence

from deckwright.identity.headers import Header
from deckwright.identity.lock import Lock

LAST_POSITION = 900_000
"""Anki's database check complains about positions of new cards from 1,000,000 on."""
STEP = 100


def positions(order: Sequence[str], headers: Sequence[Header], before: Lock) -> dict[str, int]:
    """The positions of the notes with headers; those of all notes, unless the others surely stay where they are."""
    known, mine = before.notes, {header.id for header in headers}
    if len(mine) < len(order) and mine <= known.keys():
        near = (pair for pair in itertools.pairwise(order) if not mine.isdisjoint(pair))
        if all(0 < known[a].position < known[b].position <= LAST_POSITION for a, b in near):
            return {name: known[name].position for name in mine}
    return place_in_order(order, {name: entry.position for name, entry in known.items()})


def place_in_order(order: Sequence[str], known: Mapping[str, int]) -> dict[str, int]:
    """Positions that grow along ``order`` and leave as many known ones as they were as can be.

    Anki honours the position of a new card at its first import only, so positions are sparse: a new note goes between
    its neighbours. When a gap is full, or the last position is out of reach, all are placed anew.
    """
    held = [known.get(name, 0) for name in order]
    if all(map(operator.lt, [0, *held], [*held, LAST_POSITION + 1])):
        return dict(zip(order, held, strict=True))
    kept = _rising([name for name in order if name in known], known)
    step = min(STEP, max(1, LAST_POSITION // (len(order) + 1)))
    afresh = {name: index * step for index, name in enumerate(order, 1)}
    placed: dict[str, int] = {}
    previous, pending = 0, list[str]()
    for name in order:
        if name not in kept:
            pending.append(name)
            continue
        gap = (known[name] - previous) / (len(pending) + 1)
        if pending and gap < 1:
            return afresh
        placed |= {waiting: previous + int(index * gap) for index, waiting in enumerate(pending, 1)}
        placed[name] = previous = known[name]
        pending = []
    placed |= {waiting: previous + index * step for index, waiting in enumerate(pending, 1)}
    return placed if max(placed.values(), default=0) <= LAST_POSITION else afresh


def _rising(names: Sequence[str], known: Mapping[str, int]) -> set[str]:
    """Return a longest subsequence whose known positions strictly grow (patience sorting, n log n)."""
    tails: list[int] = []
    last: list[int] = []
    links: list[int] = []
    for index, name in enumerate(names):
        place = bisect.bisect_left(tails, known[name])
        links.append(last[place - 1] if place else -1)
        tails[place : place + 1] = [known[name]]
        last[place : place + 1] = [index]
    chosen, index = set[str](), last[-1] if last else -1
    while index >= 0:
        chosen.add(names[index])
        index = links[index]
    return chosen
