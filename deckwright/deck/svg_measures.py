"""An SVG → what matters about it on a phone."""

from __future__ import annotations

import re
from contextlib import suppress
from html.parser import HTMLParser

from deckwright.deck.media import SvgMeasures
from deckwright.regex import regex

NUMBER = r"(\d*\.?\d+)"
FONT_SIZE = regex(rf"(?:font-size\s*:|font\s*:[^;]*?)\s*{NUMBER}(?:px)?")
SCALE = regex(rf"scale\(\s*{NUMBER}")
BROWSERS_FONT_SIZE = 16.0


def measure_svg(content: bytes) -> SvgMeasures:
    """Return the measures of an SVG, whatever its bytes hold."""
    reader = _SvgReader()
    with suppress(AssertionError):  # the parser gives up at what begins as ``<![`` does and goes on as nothing does
        reader.feed(content.decode("utf-8", "replace"))
    return SvgMeasures(reader.width, min(reader.sizes, default=0))


class _SvgReader(HTMLParser):
    """Reads an SVG's width and the sizes of its texts. Lenient, and without XML's entities, which can explode."""

    def __init__(self) -> None:
        super().__init__()
        self.width = 0.0
        self.sizes: list[float] = []
        self.open: list[tuple[str, float, float]] = []
        """Tag, font size and scale of everything around, outermost first."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "svg" and not self.width:
            box = given.get("viewbox", "").replace(",", " ").split()
            self.width = _number(box[2] if len(box) == 4 else given.get("width", ""))
        _, size, scale = self.open[-1] if self.open else ("", BROWSERS_FONT_SIZE, 1.0)
        styled = FONT_SIZE.search(given.get("style", ""))
        size = _number(styled[1] if styled else given.get("font-size", "")) or size
        scaled = SCALE.search(given.get("transform", ""))
        self.open.append((tag, size, scale * (_number(scaled[1]) if scaled else 1)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content holds no text."""

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _, _ in self.open}
        if "style" in tags:
            self.sizes += [_number(size) for size in FONT_SIZE.findall(data)]
        elif "text" in tags and data.strip():
            _, size, scale = self.open[-1]
            self.sizes.append(size * scale)


def _number(text: str) -> float:
    match = re.match(rf"\s*{NUMBER}(?:px)?\s*$", text)
    return float(match[1]) if match else 0.0
