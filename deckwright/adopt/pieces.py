"""Formulas, deletions and sounds in a field of Anki: what is not HTML, set aside while the rest is converted."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import NamedTuple

from deckwright.regex import regex

PLACEHOLDER = regex("\ue000([0-9]+)\ue001")
"""Stands for a piece. Private-use characters: Markdown gives them no meaning."""
FORMULA = regex(
    r"\\\((?P<inline>.*?)\\\)|\\\[(?P<display>.*?)\\\]"
    r"|\[\$\](?P<old>.*?)\[/\$\]|\[\$\$\](?P<old_display>.*?)\[/\$\$\]|\[latex\](?P<latex>.*?)\[/latex\]"
    r"|<anki-mathjax(?P<block>[^>]*)>(?P<editor>.*?)</anki-mathjax>",
    re.DOTALL | re.IGNORECASE,
)
IN_LATEX = regex(
    r"\$\$(?P<display>[^$]+)\$\$|\$(?P<inline>[^$]+)\$|\\\[(?P<square>.+)\\\]"
    r"|\\begin\{(?:displaymath|equation\*?|math)\}(?P<named>.+)\\end\{(?:displaymath|equation\*?|math)\}",
    re.DOTALL,
)
"""What ``[latex]`` may hold that is a formula and nothing else."""
DELETION = regex(r"\{\{c[0-9]+(?:,[0-9]+)*::|\}\}")
SOUND = regex(r"\[sound:([^\[\]\n]+)\]")
TAG = regex(r"<[^<>]*>")
BREAK = regex(r"<br[^>]*>|</div>|</p>", re.IGNORECASE)


class Formula(NamedTuple):
    """TeX of a formula, shown in a line of its own or in the text."""

    tex: str
    is_display: bool


class Sound(NamedTuple):
    """The file of a sound."""

    file: str


Piece = Formula | Sound | str
"""A text is ``{{c1::`` or ``}}``."""


class Pieces:
    """The pieces of a field, each with a placeholder in its HTML."""

    def __init__(self, field: str, *, is_cloze: bool) -> None:
        self.found: list[Piece] = []
        field = PLACEHOLDER.sub("", field)
        field = FORMULA.sub(lambda match: self._take(formula_of(match), match[0]), field)
        field = SOUND.sub(lambda match: self._take(Sound(html.unescape(match[1])), match[0]), field)
        self.html = DELETION.sub(lambda match: self._take(match[0], match[0]), field) if is_cloze else field

    def _take(self, piece: Piece | None, written: str) -> str:
        if piece is None:
            return written
        self.found.append(piece)
        return f"\ue000{len(self.found) - 1}\ue001"

    def put_back(self, text: str, write: Callable[[Piece], str]) -> str:
        """The text with what ``write`` makes of each piece in the place of its placeholder."""
        return PLACEHOLDER.sub(lambda match: write(self.found[int(match[1])]), text)

    def of(self, text: str) -> list[Piece]:
        """The pieces whose placeholders are in a text."""
        return [self.found[int(match[1])] for match in PLACEHOLDER.finditer(text)]


def formula_of(match: re.Match[str]) -> Formula | None:
    """The formula that ``FORMULA`` found; None when it is empty, or LaTeX that is more than a formula."""
    kind = str(match.lastgroup)
    tex = _plain(match[kind])
    is_display = kind in ("display", "old_display") or (kind == "editor" and "block" in match["block"].lower())
    if kind == "latex":
        inside = IN_LATEX.fullmatch(tex)
        if inside is None:
            return None
        tex, is_display = inside[str(inside.lastgroup)].strip(), inside.lastgroup != "inline"
    return Formula(tex, is_display) if tex else None


def _plain(text: str) -> str:
    """The TeX in a field's HTML: Anki writes line breaks as tags, and signs as character references."""
    return html.unescape(TAG.sub("", BREAK.sub("\n", text))).replace("\xa0", " ").strip()
