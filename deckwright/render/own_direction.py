"""The direction of a text that is written the other way than its deck, as a sentence in Hebrew in an English one.

Browsers set its words right by themselves, but take the signs at its edges for the deck's: ``?`` would begin it.
"""

from __future__ import annotations

from deckwright.regex import regex

RIGHT_TO_LEFT = r"\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
"""Hebrew, Arabic and their kin, with their points."""
HAS_RIGHT_TO_LEFT = regex(rf"[{RIGHT_TO_LEFT}]")
HAS_LEFT_TO_RIGHT = regex(rf"[^\W\d_{RIGHT_TO_LEFT}]")
LETTER = regex(rf"[^\W\d_]|[{RIGHT_TO_LEFT}]")
HINT = regex("::[^\U000f0000-\U0010ffff]*(?=[\U000f0000-\U0010ffff])")
"""That of a deletion: what stands for its end follows. It is often in the learner's own language."""
MARKUP = " \t\n*_=~"
"""What is at the edges of a leaf's text and not shown."""


def own_direction(text: str, direction: str) -> str:
    """The direction of a leaf's text, its pieces set aside, where it is not that of its card; else nothing.

    A text with letters of both directions has none, nor one that begins and ends with a letter.
    """
    text = HINT.sub("", text)
    is_right_to_left, is_left_to_right = HAS_RIGHT_TO_LEFT.search(text), HAS_LEFT_TO_RIGHT.search(text)
    if (is_right_to_left is None) == (is_left_to_right is None):
        return ""
    own, edges = "rtl" if is_right_to_left else "ltr", text.strip(MARKUP)
    if own == direction or (LETTER.match(edges[0]) and LETTER.match(edges[-1])):
        return ""
    return own
