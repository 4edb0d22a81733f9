"""Two versions of a text that was made from the sources, and the sources → the sources with what changed between them.

What the made text does not show as it is written (keys of citations, signs for lists, attribute lists) stays as the
author wrote it, for only what differs between the two versions is touched.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from deckwright.regex import regex

TOKEN = regex(r"[A-Za-z0-9]+|[ \t]+|.", re.DOTALL)
LONG = 3_000 * 3_000
"""Numbers of words of two texts, multiplied, above which comparing them word by word takes more than a few seconds."""


def merge(old: str, new: str, source: str) -> str | None:
    """Return ``source`` with the changes from ``old`` to ``new``; None when they cannot be found in it."""
    if old == source:
        return new
    before, after, written = (TOKEN.findall(text) for text in (old, new, source))
    if max(len(before) * len(after), len(before) * len(written)) > LONG:
        return None
    places = _places(before, written)
    parts: list[str] = []
    position = 0
    for kind, i, j, k, m in _codes(before, after):
        if kind == "equal":
            continue
        start, end = _stretch(places, i, j, len(written))
        if start < position or end < start:
            return None
        parts += [*written[position:start], *after[k:m]]
        position = end
    return "".join([*parts, *written[position:]])


def _codes(before: Sequence[str], after: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    return difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()


def _places(before: Sequence[str], written: Sequence[str]) -> dict[int, int]:
    """Return where each word that both have is in the source."""
    return {
        index: index - i + k for kind, i, j, k, _ in _codes(before, written) if kind == "equal" for index in range(i, j)
    }


def _stretch(places: dict[int, int], start: int, end: int, last: int) -> tuple[int, int]:
    """Return where the words ``start:end`` are in the source, by those words and by their neighbours."""
    inside = [places[index] for index in range(start, end) if index in places]
    before = places[start - 1] + 1 if start - 1 in places else 0 if start == 0 else None
    after = places.get(end, last if end not in places and not any(index > end for index in places) else None)
    first = before if before is not None else inside[0] if inside else after
    following = after if after is not None and end > start else inside[-1] + 1 if inside else first
    if first is None or following is None:
        return 1, 0
    if end == start:
        return first, first
    return first, max(first, following)
