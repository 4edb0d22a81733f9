"""Emphasis: which runs of ``*``, ``_``, ``~~`` and ``==`` in a text belong together.

The rules are CommonMark's (https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis), with one amendment that
Chinese and Japanese need: their full-width punctuation is no punctuation here, and beside one of their characters a run
may open before, and close behind, any other sign (https://github.com/tats-u/markdown-cjk-friendly).
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

SIGNS = re.compile(r"[*_~=]")
RUN = re.compile(r"\*+|_+|~+|=+")
TAGS = {("*", 1): "em", ("*", 2): "strong", ("_", 1): "em", ("_", 2): "strong", ("~", 2): "del", ("=", 2): "mark"}


class Marker(NamedTuple):
    """A stretch of the text that is the beginning or the end of an element."""

    start: int
    end: int
    tag: str
    is_opening: bool


class _Side(NamedTuple):
    """What matters of the character beside a run."""

    is_space: bool
    is_punctuation: bool
    """As CommonMark has it, but full-width signs do not count."""
    ends_word: bool
    """A run may open behind it (or close before it) although punctuation stands on the run's other side."""
    is_letter: bool
    """``_`` beside it is inside a word."""
    is_of_code: bool
    """``==`` beside it rather compares than highlights."""


class _Sides(dict[str, _Side]):
    """The sides that were asked for, by character."""

    def __missing__(self, sign: str) -> _Side:
        is_wide = unicodedata.east_asian_width(sign) in "WF"
        is_sign = unicodedata.category(sign)[0] in "PS"
        self[sign] = side = _Side(
            is_space=sign.isspace(),
            is_punctuation=is_sign and not is_wide,
            ends_word=is_sign or is_wide,
            is_letter=not (sign.isspace() or is_sign),
            is_of_code=sign.isascii() and (sign.isalnum() or sign in "_)]=!<>"),
        )
        return side


SIDES = _Sides()


class _Run:
    """A run of one sign, of which ``count`` signs from offset ``start`` on are not yet used."""

    __slots__ = ("can_close", "can_open", "count", "length", "sign", "start")

    def __init__(self, text: str, match: re.Match[str]) -> None:
        self.start, end = match.span()
        self.sign, self.count = text[self.start], end - self.start
        self.length = self.count
        before = SIDES[text[self.start - 1] if self.start else " "]
        after = SIDES[text[end] if end < len(text) else " "]
        is_left = not after.is_space and (not after.is_punctuation or before.is_space or before.ends_word)
        is_right = not before.is_space and (not before.is_punctuation or after.is_space or after.ends_word)
        self.can_open, self.can_close = is_left, is_right
        if self.sign == "_":
            self.can_open = is_left and (not is_right or not before.is_letter)
            self.can_close = is_right and (not is_left or not after.is_letter)
        elif self.sign == "=":
            self.can_open = is_left and not before.is_of_code
            self.can_close = is_right and not after.is_of_code


def find_emphasis(text: str) -> list[Marker]:
    """The markers of all elements in a text, in order; each one that opens is closed, and they nest."""
    runs = [_Run(text, match) for match in RUN.finditer(text) if match[0][0] in "*_" or len(match[0]) == 2]
    if len(runs) < 2:
        return []
    markers: list[Marker] = []
    openers: list[_Run] = []
    bottoms: dict[tuple[str, bool, int], int] = {}
    for closer in runs:
        key = closer.sign, closer.can_open, closer.length % 3
        while closer.can_close and closer.count:
            index = _opener(openers, closer, bottoms.get(key, 0))
            if index is None:
                bottoms[key] = len(openers)
                break
            _pair(openers[index], closer, markers)
            del openers[index + 1 :]
            if not openers[index].count:
                del openers[index]
            bottoms = {each: min(bottom, len(openers)) for each, bottom in bottoms.items()}
        if closer.can_open and closer.count:
            openers.append(closer)
    return sorted(markers)


def _opener(openers: list[_Run], closer: _Run, bottom: int) -> int | None:
    """The index of the last run that ``closer`` can close."""
    for index in range(len(openers) - 1, bottom - 1, -1):
        opener = openers[index]
        if opener.sign != closer.sign:
            continue
        is_odd = (opener.can_close or closer.can_open) and (opener.length + closer.length) % 3 == 0
        if not is_odd or (opener.length % 3 == 0 and closer.length % 3 == 0):
            return index
    return None


def _pair(opener: _Run, closer: _Run, markers: list[Marker]) -> None:
    """Use signs of both runs, two where both have them, for one element."""
    width = 2 if opener.count >= 2 and closer.count >= 2 else 1
    tag = TAGS[closer.sign, width]
    opener.count -= width
    at = opener.start + opener.count
    markers.append(Marker(at, at + width, tag, is_opening=True))
    markers.append(Marker(closer.start, closer.start + width, tag, is_opening=False))
    closer.start += width
    closer.count -= width
