"""Anki's cloze filter: a field with ``{{c1::…}}`` → what one card of the note shows of it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from deckwright.regex import regex

DELETION_EDGE = regex(r"(\{\{c\d+(?:,\d+)*::|\}\})")
FORMULA = regex(r"(\\[(\[])(.*?)(\\[\])])", re.DOTALL)
HTML_TAG = regex(r"<!--.*?-->|<style.*?</style>|<script.*?</script>|<.*?>", re.DOTALL | re.IGNORECASE)
DEEPEST = 10
"""Deletions in each other; Anki (26.9.3) leaves out the mark that would open one more."""
IN_ATTRIBUTE = {
    code: html.escape(sign) if sign in '<>&"' else f"&#x{code:02X};"
    for code, sign in enumerate(map(chr, range(0x100)))
    if not (sign.isascii() and sign.isalnum())
}
"""How Anki writes a character into an attribute; from U+0100 on each is as it is."""


@dataclass
class Deletion:
    """A deletion up to where it was read: its numbers as written (``1``, ``1,2``), what is shown of it, its hint.

    Without numbers it is the whole field.
    """

    numbers: str = ""
    shown: str = ""
    hint: str = "..."
    is_asked: bool = False
    """Whether this deletion, or one in it, is the card's."""

    def add_text(self, text: str) -> None:
        """Text up to the first ``::`` belongs to the deletion, what follows is its hint."""
        shown, has_hint, hint = text.partition("::") if self.numbers else (text, "", "")
        self.shown += shown
        if has_hint:
            self.hint = hint

    def add(self, inner: Deletion, number: int, *, is_front: bool) -> None:
        """Add a deletion in this one: hidden on the front of its card, marked on the back."""
        kind, data, shown = "cloze-inactive", "", inner.shown
        if str(number) in inner.numbers.split(","):
            kind, inner.is_asked = "cloze", True
            if is_front:
                data, shown = f' data-cloze="{inner.shown.translate(IN_ATTRIBUTE)}"', f"[{inner.hint}]"
        self.shown += f'<span class="{kind}"{data} data-ordinal="{inner.numbers}">{shown}</span>'
        self.is_asked |= inner.is_asked


def render_clozes(text: str, number: int, *, is_front: bool) -> str:
    """What the card of deletion ``number`` (from 1) shows of a field; nothing when the field has no such deletion.

    Deletions may nest. What is never closed is left out, as Anki does.
    """
    opened = [Deletion()]
    for index, part in enumerate(DELETION_EDGE.split(text)):  # text and edge by turns
        if index % 2 == 0 or (part == "}}" and len(opened) == 1):
            opened[-1].add_text(part)
        elif part == "}}":
            inner = opened.pop()
            opened[-1].add(inner, number, is_front=is_front)
        elif len(opened) <= DEEPEST:
            opened.append(Deletion(part.removeprefix("{{c").removesuffix("::")))
    if not opened[0].is_asked:
        return ""
    # The marks of a deletion in a formula would break the formula: Anki takes them out, with everything like a tag.
    return FORMULA.sub(lambda formula: formula[1] + HTML_TAG.sub("", formula[2]) + formula[3], opened[0].shown)
