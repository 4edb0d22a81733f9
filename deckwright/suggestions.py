"""What was surely meant by a word that is not known: the end of many messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LEAST_LIKE = 0.7
"""How like two words are (from 0 to 1, by ``difflib``) of which one may be meant by the other."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean `x`?`` with the nearest known word, or nothing when none is near."""
    found = difflib.get_close_matches(word, list(known), 1, LEAST_LIKE)
    return f"; did you mean `{found[0]}`?" if found else ""


def is_one_edit(word: str, other: str) -> bool:
    """Whether one typing error makes the other word: a letter more, less, exchanged, or two in the wrong order."""
    while word[:1] == other[:1] and word:
        word, other = word[1:], other[1:]
    while word[-1:] == other[-1:] and word:
        word, other = word[:-1], other[:-1]
    return max(len(word), len(other)) <= 1 or (len(word) == 2 and word == other[::-1])
