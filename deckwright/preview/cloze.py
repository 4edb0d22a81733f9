"""Anki's cloze filter: a field with ``{{c1::…}}`` → what one card of the note shows of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from deckwright.regex import regex

DELETION_EDGE = regex(r"\{\{c(\d+(?:,\d+)*)::|\}\}")
FORMULA = regex(r"(\\[(\[])(.*?)(\\[\])])", re.DOTALL)
HTML_TAG = regex(r"<!--.*?-->|<style.*?</style>|<script.*?</script>|<.*?>", re.DOTALL | re.IGNORECASE)
DEEPEST = 10
"""Deletions in each other; Anki (26.9.3) leaves out the mark that would open one more."""
NAMED = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;"}


@dataclass
class Deletion:
    """A deletion: its numbers as written (``1``, ``1,2``), what is in it, its hint."""

    numbers: str
    parts: list[str | Deletion] = field(default_factory=list)
    hint: str = "..."

    def add_text(self, text: str) -> None:
        """Text up to the first ``::`` belongs to the deletion, what follows is its hint."""
        shown, has_hint, hint = text.partition("::")
        self.parts.append(shown)
        if has_hint:
            self.hint = hint

    def has(self, number: int) -> bool:
        return str(number) in self.numbers.split(",")


def render_clozes(text: str, number: int, *, is_front: bool) -> str:
    """What the card of deletion ``number`` (from 1) shows of a field; nothing when the field has no such deletion."""
    parts = parse_clozes(text)
    if not any(deletion.has(number) for deletion in _deletions(parts)):
        return ""
    shown = "".join(_shown(part, number, is_front=is_front) for part in parts)
    # The marks of a deletion in a formula would break the formula: Anki takes them out, with everything like a tag.
    return FORMULA.sub(lambda formula: formula[1] + HTML_TAG.sub("", formula[2]) + formula[3], shown)


def parse_clozes(text: str) -> list[str | Deletion]:
    """The text and the deletions of a field, which may nest. What is never closed is left out, as Anki does."""
    found: list[str | Deletion] = []
    opened: list[Deletion] = []

    def add(part: str | Deletion) -> None:
        if not opened:
            found.append(part)
        elif isinstance(part, str):
            opened[-1].add_text(part)
        else:
            opened[-1].parts.append(part)

    end = 0
    for mark in DELETION_EDGE.finditer(text):
        if mark.start() > end:
            add(text[end : mark.start()])
        end = mark.end()
        if not mark[1]:
            add(opened.pop() if opened else mark[0])
        elif len(opened) < DEEPEST:
            opened.append(Deletion(mark[1]))
    if end < len(text):
        add(text[end:])
    return found


def _deletions(parts: list[str | Deletion]) -> Iterator[Deletion]:
    for part in parts:
        if isinstance(part, Deletion):
            yield part
            yield from _deletions(part.parts)


def _shown(part: str | Deletion, number: int, *, is_front: bool) -> str:
    """A part as it is on the card of a deletion: hidden on its front, marked on its back."""
    if isinstance(part, str):
        return part
    inner = "".join(_shown(one, number, is_front=is_front) for one in part.parts)
    if not part.has(number):
        return f'<span class="cloze-inactive" data-ordinal="{part.numbers}">{inner}</span>'
    if is_front:
        hidden = f'data-cloze="{_attribute(inner)}" data-ordinal="{part.numbers}"'
        return f'<span class="cloze" {hidden}>[{part.hint}]</span>'
    return f'<span class="cloze" data-ordinal="{part.numbers}">{inner}</span>'


def _attribute(text: str) -> str:
    """A text as Anki writes it into an attribute: characters below U+0100, but for letters and digits, as numbers."""
    return "".join(map(_attribute_sign, text))


def _attribute_sign(sign: str) -> str:
    if sign in NAMED:
        return NAMED[sign]
    return sign if ord(sign) >= 0x100 or (sign.isascii() and sign.isalnum()) else f"&#x{ord(sign):02X};"
