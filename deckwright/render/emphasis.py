"""Emphasis: which runs of ``*``, ``_``, ``~~`` and ``==`` in a text belong together.

The rules are CommonMark's (https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis), with one amendment that
Chinese and Japanese need: their full-width punctuation is no punctuation here, and beside one of their characters a run
may open before, and close behind, any other sign (https://github.com/tats-u/markdown-cjk-friendly).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from deckwright.regex import regex

SIGNS = regex(r"[*_~=]")
RUN = regex(r"\\.|\*+|_+|~+|==>(?=\s)|=+", re.DOTALL)
"""An arrow with a space after it is no highlight."""
COMPARED_BEFORE, COMPARED_AFTER = regex(r"[A-Za-z0-9_)\]!<>=]"), regex(r"[A-Za-z0-9_(\[<>=]")
"""What ``==`` compares in code: what is before an opening run, and after a closing one."""
PART_OF_WORD = regex(r"(?<![\w)\]!<>=])==(?=(?:[^\W\d_]|\*)+(==)[^\W\d_])|(?<=[^\W\d_])==(?=[^\W\d_]+(==)(?![\w=]))")
"""``==S==kin``, ``un==happy==``: what code compares has something on both sides."""
TAGS = {("*", 1): "em", ("*", 2): "strong", ("_", 1): "em", ("_", 2): "strong", ("~", 2): "del", ("=", 2): "mark"}


class Marker(NamedTuple):
    """A stretch of the text that is the beginning or the end of an element."""

    start: int
    end: int
    tag: str
    is_opening: bool


class _Run:
    """A run of one sign, of which ``count`` signs from offset ``start`` on are not yet used."""

    __slots__ = ("can_close", "can_open", "count", "length", "sign", "start")

    def __init__(self, text: str, match: re.Match[str]) -> None:
        self.start, end = match.span()
        self.sign = text[self.start]
        self.count = self.length = end - self.start
        start = self.start
        if self.sign == "=":  # italics around it or in it are nothing that is compared
            start, end = len(text[:start].rstrip("_")), len(text) - len(text[end:].lstrip("_"))
        self.can_open, self.can_close = _flanks(text[start - 1 : start], self.sign, text[end : end + 1])


@lru_cache(10_000)
def _flanks(before: str, sign: str, after: str) -> tuple[bool, bool]:
    """Whether a run can open an element, and close one, by the characters beside it: empty at an end of the text."""
    is_after_space, is_after_sign, is_after_wide = _class_of(before)
    is_before_space, is_before_sign, is_before_wide = _class_of(after)
    opens = not is_before_space and (
        not is_before_sign or is_before_wide or is_after_space or is_after_sign or is_after_wide
    )
    closes = not is_after_space and (
        not is_after_sign or is_after_wide or is_before_space or is_before_sign or is_before_wide
    )
    if sign == "_":  # inside a word it is a letter
        is_word = not (is_after_space or is_after_sign), not (is_before_space or is_before_sign)
        return opens and not (closes and is_word[0]), closes and not (opens and is_word[1])
    if sign == "=":  # in code it rather compares than highlights
        is_open = opens and (is_before_wide or not COMPARED_BEFORE.match(before))
        return is_open, closes and (is_after_wide or not COMPARED_AFTER.match(after))
    return opens, closes


def _class_of(sign: str) -> tuple[bool, bool, bool]:
    """Whether a character is a space, is punctuation or a symbol, is a full-width one.

    A private-use character stands for a formula, code, a link or a tag, whose source begins and ends with punctuation.
    Nobody means the signs beside one as text, so it forbids nothing, as a full-width sign.
    """
    if not sign:
        return True, False, False
    category = unicodedata.category(sign)
    is_wide = category == "Co" or unicodedata.east_asian_width(sign) in "WF"
    return sign.isspace(), category[0] in "PS" or category == "Co", is_wide


def with_emphasis(text: str, written: Callable[[Marker], str]) -> str:
    """A text with something else for the signs of its emphasis."""
    if not SIGNS.search(text):
        return text
    parts, position = [], 0
    for marker in find_emphasis(text):
        parts += [text[position : marker.start], written(marker)]
        position = marker.end
    return "".join([*parts, text[position:]])


def find_emphasis(text: str) -> list[Marker]:
    """The markers of all elements in a text, in order; each one that opens is closed, and they nest."""
    runs = [_Run(text, match) for match in RUN.finditer(text) if match[0][0] in "*_" or match[0] in ("~~", "==")]
    if len(runs) < 2:
        return []
    if "==" in text:
        _mark_parts_of_words(text, runs)
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


def _mark_parts_of_words(text: str, runs: list[_Run]) -> None:
    """Let the runs around a marked part of a word open and close it."""
    at = {run.start: run for run in runs}
    for match in PART_OF_WORD.finditer(text):
        opener, closer = at.get(match.start()), at.get(match.start(match.lastindex or 0))
        if opener and closer:
            opener.can_open = closer.can_close = True


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
