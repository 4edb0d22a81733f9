"""Signs of bold and of strike-through that belong together for people, and not for Markdown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from deckwright.check.leaf_text import OTHER, LeftOver
from deckwright.regex import regex
from deckwright.render.emphasis import Marker, find_emphasis

FOUR = regex(r"(?<=\w)(?<!\\)\*{4}(?![*\s])")
RUN = regex(r"(?:\\\*){2,3}|(?:\\~){2}|\\.|\*+|~+", re.DOTALL)
LONGEST = 200
"""Characters between two signs that were meant to belong together."""
OPENING = frozenset("([{<（【《「『“‘〈")
CLOSING = frozenset(".:;!?)]}>%…。，、：；！？）】》」』”’〉\"'")
"""What a sentence, a label or a bracket ends with. No ASCII comma: ``f(**a,**b)``."""
NEVER_FIRST = frozenset(".:;!?)]},，。、：；！？）】》")
"""What nobody begins bold text with after a space."""
MARKS = frozenset(".:;!?,。，、：；！？…")
QUOTES = frozenset("\"'“‘「『《【（")


class _Sign(NamedTuple):
    start: int
    end: int
    before: str
    """The character before it; a space at the beginning of the text."""
    after: str
    is_first: bool
    """Whether nothing, or the end of a phrase, or a Chinese or Japanese character is before it, spaces aside."""


def raw_emphasis(text: str) -> Iterator[LeftOver]:
    """Yield the pairs of ``**`` and of ``~~`` in a leaf's text that are shown as they are."""
    markers = find_emphasis(text)
    used = {at for marker in markers for at in range(marker.start, marker.end)}
    yield from _doubled(text, markers, used)
    for sign in "*~":
        first: _Sign | None = None
        for each in _left_over(text, sign, used):
            if first and each.start - first.end <= LONGEST and _closes(text, first, each):
                yield LeftOver(first.start, each.end, _remedy(text, first, each))
                first = None
            elif _opens(sign, each):
                first = each


def lone_sign(text: str) -> tuple[int, bool] | None:
    """Return where the only ``**`` without a partner in a leaf's text is, and whether it begins something.

    None when there is no such sign, or when it may be meant as it is.
    """
    used = {at for marker in find_emphasis(text) for at in range(marker.start, marker.end)}
    signs = [sign for sign in _left_over(text, "*", used) if sign.end - sign.start == 2]
    if len(signs) != 1:
        return None
    (sign,) = signs
    if sign.before.isspace():
        return None if sign.after.isspace() else (sign.start, True)
    ends = sign.after.isspace() or sign.after in CLOSING or _is_wide(sign.after)
    return (sign.start, False) if ends and not sign.before.isdigit() else None


def _doubled(text: str, markers: Sequence[Marker], used: Set[int]) -> Iterator[LeftOver]:
    """Yield ``****`` after a word in bold text: there one bold ended and the next began, and now one goes on."""
    for match in FOUR.finditer(text) if markers else ():
        bold = [marker.is_opening for marker in markers if marker.tag == "strong" and marker.end <= match.start()]
        if used.isdisjoint(range(*match.span())) and bold.count(True) > bold.count(False):
            yield LeftOver(*match.span(), "remove it, or put a space into its middle")


def _left_over(text: str, sign: str, used: set[int]) -> Iterator[_Sign]:
    for match in RUN.finditer(text):
        start, end = match.span()
        if match[0].replace("\\", "") in (sign * 2, "***" * (sign == "*")) and used.isdisjoint(range(start, end)):
            before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
            ahead = text[:start].rstrip()[-1:]
            yield _Sign(start, end, before, after, is_first=not ahead or _is_wide(ahead) or ahead in CLOSING)


def _opens(sign: str, each: _Sign) -> bool:
    """Whether a sign may have been meant to begin something: not ``10**-3``, ``a**b``, ``x **``."""
    if each.after.isspace():
        return sign == "*" and (each.before.isspace() or _is_wide(each.before))  # in Chinese ``~~`` is a drawl
    if each.before.isspace() and each.after in NEVER_FIRST:
        return False
    if each.before.isalnum() and not _is_wide(each.before):
        return _is_wide(each.after) or (each.after in QUOTES | MARKS and not each.before.isdigit())
    return True


def _closes(text: str, first: _Sign, each: _Sign) -> bool:
    """Whether a sign may have been meant to end what another one begins: not ``2 ** 3 ** 4``, ``**a, **b``."""
    inside = text[first.end : each.start]
    ends = each.after.isspace() or each.after in CLOSING or each.after == "," or _is_wide(each.after)
    if not any(sign.isalnum() or sign >= OTHER for sign in inside) or (first.before.isalnum() and first.after in MARKS):
        return set(inside) <= MARKS
    if each.before in OPENING:
        return False
    if first.after.isspace():
        return ends and _is_phrase(inside, first, each)
    if each.before.isspace():
        is_name = first.after.isascii() and not first.after.isupper()  # as in ``**kwargs, 2 ** 3``, ``**a, **b``
        is_sure = not is_name or inside.strip().replace("-", "").isalpha()
        return is_sure if each.after.isspace() or (each.after.isalnum() and not _is_wide(each.after)) else ends
    return ends or each.before in CLOSING


def _is_phrase(inside: str, first: _Sign, each: _Sign) -> bool:
    """Whether text after a sign and a space is a phrase, not what is between two operators."""
    words = inside.split()
    is_text = len(words) > 1 and all(word.isalpha() and len(word) > 1 for word in words)
    if not each.before.isspace():
        return first.is_first or is_text
    is_at_end = not each.after.isspace()  # a full stop, say, follows no operator
    return first.is_first or is_text or is_at_end or any(map(_is_wide, inside))


def _remedy(text: str, first: _Sign, last: _Sign) -> str:
    signs = text[first.start : first.end].replace("\\", "")
    if "\\" in (text[first.start], text[last.start]) and set(text[first.end : last.start]) <= MARKS:
        return f"remove both `{text[first.start : first.end]}`"
    if "\\" in (text[first.start], text[last.start]):
        return "remove the backslashes, or put it into backticks"
    if first.after.isspace() or last.before.isspace():
        return f"remove the spaces between `{signs}` and the text in it"
    if last.after.isalnum():
        return f"put a space after the second `{signs}`"
    if first.before.isalnum():
        return f"put a space before the first `{signs}`"
    return "write <s>…</s>" if signs == "~~" else "write <b>…</b>"


def _is_wide(sign: str) -> bool:
    """Whether a character is a Chinese, Japanese or Korean one, or their punctuation."""
    return unicodedata.east_asian_width(sign) in "WF" and unicodedata.category(sign) != "So"
