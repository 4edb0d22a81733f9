"""Signs that Markdown takes for its own, so that they are not on the card.

Those of products and of Python's names make emphasis; ``>`` before a number begins a quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deckwright.check.leaf_text import LeftOver
from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.note import Passage
from deckwright.regex import regex
from deckwright.render.emphasis import Marker, find_emphasis

NAMES = (
    "init|str|repr|len|iter|eq|ne|lt|le|gt|ge|getitem|setitem|delitem|getattr|setattr|dict|aenter|aexit|qualname"
    "|builtins|pycache|init_subclass|post_init"
)
"""Python's, without those that are words: ``__name__`` may be bold."""
NAME = regex(rf"(?<!\w)__(?:{NAMES})__(?!\w)")
LETTER = "A-Za-zΑ-ω"
LETTERS = rf"(?<![{LETTER}0-9])[{LETTER}]\*[{LETTER}]\*[{LETTER}](?![{LETTER}0-9])"
MAY_BE_LOST = regex(rf"[*_](?:(?<=[0-9)\]]\*)[{LETTER}0-9(.*-]|(?<=[{LETTER}]\*)[{LETTER}0-9(*]|(?<=_)_(?:{NAMES})__)")
"""A leaf loses none of its signs without it."""
COMPARISON = regex(
    r"^[ \t]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+>[ \t]*(?![0-9]+[.)] )(?=[0-9=])"
    r"|>(?==?[ \t]?[0-9]+(?:[.,][0-9]+)?[ \t]?%))",
    re.MULTILINE,
)
"""``- > 65 years``, ``>90% of them``: what begins a quote."""
LAST_FACTOR, FACTOR = regex(rf"[{LETTER}0-9().\]]+\Z"), regex(rf"[{LETTER}0-9().-]+")
POWERS = regex(r"(?=.*\s)(?:[0-9(-]|.*\s[-+*/=<>]\s)", re.DOTALL)
"""What is between the asterisks of two powers, as in ``x**2 + y**2``."""
LONGEST = 20
"""Characters of a factor that are shown."""


def lost_signs(text: str) -> Iterator[LeftOver]:
    """Yield the products in a leaf's text whose asterisks make italics, and names whose underscores make bold text."""
    markers = find_emphasis(text)
    bold = {marker.start for marker in markers if marker.tag == "strong" and marker.is_opening}
    for name in NAME.finditer(text):
        if name.start() in bold:
            yield LeftOver(*name.span(), "is shown in bold, without the underscores; put it into backticks")
    for opening, closing in _asterisks(text, markers):
        before = LAST_FACTOR.search(text, max(0, opening.start - LONGEST), opening.start)
        after = FACTOR.match(text, closing.end, closing.end + LONGEST)
        if before and after and _is_product(text, opening, closing):
            made = "italics; write ×" if opening.tag == "em" else "bold text; write `$x^2$`"
            remedy = f"loses its asterisks, which make {made} or `\\*`, or put it into backticks"
            yield LeftOver(before.start(), after.end(), remedy)


def lost_comparisons(passage: Passage) -> Iterator[int]:
    """The offsets of the quotes of one line that were meant as "more than"."""
    text = passage.source.text
    for quote in passage.all_blocks(BlockKind.QUOTE):
        line = text.rfind("\n", 0, quote.start) + 1
        comparison = COMPARISON.match(text, line)
        if comparison and comparison.end() == quote.start and "\n" not in text[quote.start : quote.end].rstrip():
            yield text.rfind(">", line, quote.start)


def _asterisks(text: str, markers: list[Marker]) -> Iterator[tuple[Marker, Marker]]:
    """The beginning and the end of what asterisks make italics or bold."""
    open_: list[Marker] = []
    for marker in markers:
        if marker.is_opening:
            open_.append(marker)
        elif text[(opening := open_.pop()).start] == "*":
            yield opening, marker


def _is_product(text: str, opening: Marker, closing: Marker) -> bool:
    """Whether asterisks multiply: the first one is after a number, or letters are around both of them.

    Italics inside a word, as in ``un*frigging*believable``, are letters only, more than one.
    """
    inner = text[opening.end : closing.start]
    if text[opening.start - 1] == "(" or text[closing.end] == ")":
        return False
    if opening.tag == "strong":
        return POWERS.match(inner) is not None
    if text[opening.start - 1] in "0123456789)]" or re.fullmatch(LETTERS, text[opening.start - 1 : closing.end + 1]):
        return True
    return not inner.isalpha()
