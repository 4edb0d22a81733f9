"""Lines of a paragraph that look like a list, and are shown as one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import eq
from typing import NamedTuple

from deckwright.check.leaf_text import BREAK, CODE
from deckwright.regex import regex

HAN = r"[\u2e80-\u9fff\uf900-\ufaff\uff08\u201c]"
NO_SPACE = "[\u3000\xa0]"
"""White space that Markdown takes for a character: what a Chinese keyboard, or a Mac's with the option key, types."""
NUMBERS = "一二三四五六七八九十"
CIRCLES = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
OTHER_CIRCLES = "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽", "❶❷❸❹❺❻❼❽❾❿", "⒈⒉⒊⒋⒌⒍⒎⒏⒐", "➀➁➂➃➄➅➆➇➈➉"
BULLETS = "•‣◦▪▫●○■□·∙"
MARKS = "※－＊＋"
SYMBOL = rf"(?![{BULLETS}])[\u2190-\u2bff\U0001f000-\U0001faff]"
"""An arrow, a tick, a star, an emoji."""
ROMAN = "i ii iii iv v vi vii viii ix x".split(), "I II III IV V VI VII VIII IX X".split()
BOLD_LABEL = r"\*\*[^*\n]{1,40}(?:\*\*[:：]|[:：]\*\*)"
LABEL = r"[^\W\d_][\w.]{0,14}(?: [\w.]{1,10})?(?:::?(?=[ \t\n]|$)|：)"
"""``Answer:``, ``h.M.:``, ``优点：``, ``type::``."""
PAIR = r"(?!\(?\w{1,2}[.)]|[-*+] )[^\s–—=:][^\n–—=:]{0,29} (–|—|-|=|->|→) [^\n–—=]{1,40}$"
"""``der Hund – dog``, ``N = number``: a short line of two parts, as in a vocabulary list."""
NUMBERED = regex(r"(.*?)(\d+)")
ITEM = "begin each with `1. ` for a list, or end the line above with a backslash"
FENCE = "put code of several lines into a fence, between lines of ```, or end the line above with a backslash"
LIST = "begin each with `- ` for a list, or end the line above with a backslash"


class LineKind(NamedTuple):
    """How a line begins that people take for an item, and which line may follow it."""

    pattern: str
    follows: Callable[[str, str], bool]
    """Whether the second of two neighbouring lines, by what their patterns found, goes on with the first."""
    remedy: str


def _is_next(first: str, second: str) -> bool:
    """Whether two numbers, letters or circled numbers follow each other."""
    for row in (NUMBERS, CIRCLES, *OTHER_CIRCLES, "ABCDEFGHIJ", "abcdefghij", "ＡＢＣＤＥＦＧＨ", *ROMAN):
        if first in row and second in row:
            return row.index(second) == row.index(first) + 1
    return first.isdecimal() and second.isdecimal() and int(second) == int(first) + 1


def _is_next_of_kind(first: str, second: str) -> bool:
    """Whether two numbers that follow each other are numbers of the same, as in ``§ 1``, ``§ 2``."""
    one, two = NUMBERED.fullmatch(first), NUMBERED.fullmatch(second)
    return one is not None and two is not None and one[1] == two[1] and _is_next(one[2], two[2])


def _is_any(first: str, second: str) -> bool:
    return True


LINE_KINDS = (
    LineKind(rf"([0-9]{{1,2}})[.)](?=[^\s\d.)]|{NO_SPACE})", _is_next, "put a space after each number for a list"),
    LineKind(
        rf"(-)(?=[^\W\d_]{{3}}|{HAN}|{NO_SPACE})|([*+])(?={HAN}|{NO_SPACE})",
        eq,
        "put a space after each marker for a list",
    ),
    LineKind(r"(\d{1,2})[、．）]", _is_next, ITEM),
    LineKind(rf"([{NUMBERS}])、", _is_next, ITEM),
    LineKind(rf"[（(]([0-9]{{1,2}}|[{NUMBERS}])(?:）|\)(?=\S))", _is_next, ITEM),
    LineKind(rf"([{CIRCLES}{''.join(OTHER_CIRCLES)}])", _is_next, ITEM),
    LineKind(r"([A-JＡ-Ｈ])[.．、)）:：](?!\w\.)", _is_next, LIST),
    LineKind(r"([a-j])(?:[.．、](?!\w\.)|[)）](?=\S))", _is_next, LIST),
    LineKind(rf"([{BULLETS}])(?=\S)|([{MARKS}])", eq, LIST),
    LineKind(rf"({SYMBOL})", _is_any, LIST),
    LineKind(r"([0-9])\ufe0f?\u20e3", _is_next, ITEM),
    LineKind(r"(\[[ xX]?\]) ", _is_any, "write `- [ ] ` for a task"),
    LineKind(r"([ivx]{1,4}|[IVX]{1,4})[.)](?=\s)", _is_next, ITEM),
    LineKind(r"((?:§+|[^\W\d_]{1,12}\.?) ?\d{1,4})(?!\d)", _is_next_of_kind, LIST),
    LineKind(r"(\d{1,3}) (?=[^\W\d_])", _is_next, ITEM),
    LineKind(r"(\d{4})(?:[–-]\d{2,4})?(?::| [–—-]) |(\d{1,3}:\d{1,3}) ", _is_any, LIST),
    LineKind(PAIR, eq, LIST),
    LineKind(rf"({CODE}+|`[^`\n]+`)[ \t]*$", _is_any, FENCE),
    LineKind(rf"({BOLD_LABEL})", _is_any, LIST),
    LineKind(rf"({LABEL})", _is_any, LIST),
)
NOT_ASCII = r"[^\s\x00-\x7f]"
ANY_KIND = "|".join(f"(?:{kind.pattern})" for kind in LINE_KINDS).replace(HAN, NOT_ASCII).replace(SYMBOL, NOT_ASCII)
"""Without the long ranges, which take 7 ms to compile: more than what they would spare a build after an edit."""
MAY_BE_ITEM = regex(rf"^[ \t>]*(?:(?:[-*+] |[0-9]+[.)] )[ \t]*)?(?:{ANY_KIND})", re.MULTILINE)
"""A paragraph without it has no two lines that are taken for items."""
TWO_LINES = regex(r"[^\n]\n[ \t>]*+(?![-*+] |#|\||```|~|[0-9]{1,9}[.)] |\n|\Z)")
"""No paragraph of a note without it has two lines."""
ENDED = regex(rf"(?:  |\\|{BREAK})$")


class Line(NamedTuple):
    """A line of a paragraph, without what belongs to the blocks around it."""

    start: int
    text: str
    is_ended: bool
    """Whether a line break follows it, so that the next line is shown below it."""


def raw_lines(lines: Sequence[Line]) -> tuple[int, str] | None:
    """Return where the first two lines that look like items begin, and what to do about them."""
    for first, second in pairwise(lines):
        for kind in LINE_KINDS if not first.is_ended else ():
            one, two = re.match(kind.pattern, first.text), re.match(kind.pattern, second.text)
            if one and two and kind.follows(one[one.lastindex or 0], two[two.lastindex or 0]):
                return first.start, kind.remedy
    return None
