"""Python-Markdown, set up for what stands inside a leaf: escapes, character references, line breaks, emphasis.

Blocks are known when a leaf gets here, and its pieces (code, formulas, links, pictures) are set aside: so
Python-Markdown is given paragraphs alone. What this grammar has on top is an extension of it.
"""

from __future__ import annotations

import re
import string
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from functools import lru_cache

import markdown
from markdown.blockparser import BlockParser
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import (
    ENTITY_RE,
    ESCAPE_RE,
    EscapeInlineProcessor,
    HtmlInlineProcessor,
    InlineProcessor,
    SubstituteTagInlineProcessor,
)
from markdown.treeprocessors import InlineProcessor as TreeInlineProcessor
from markdown.treeprocessors import UnescapeTreeprocessor
from markdown.util import ETX, STX, Registry

from deckwright.render.emphasis import SIGNS, Marker, find_emphasis

WRAPPER = "emphasis"
BETWEEN = "\n\n"
"""Divides leaves in a document: a leaf holds no blank line."""


class _Leaf(BlockProcessor):
    """A block is a leaf whatever it begins with."""

    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return True

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> bool | None:
        ElementTree.SubElement(parent, "p").text = blocks.pop(0)
        return None


class _Emphasis(InlineProcessor):
    """Emphasis, strong emphasis, ``~~`` and ``==``, paired as ``find_emphasis`` says.

    All elements of a text are made at once, inside a wrapper that is taken away at the end: Python-Markdown replaces
    what it has found, and what is left would be paired in another way.
    """

    def __init__(self) -> None:
        super().__init__(r"[*_~=]")

    def handleMatch(  # type: ignore[override]  # noqa: N802 - Python-Markdown's name
        self, m: re.Match[str], data: str
    ) -> tuple[ElementTree.Element | None, int | None, int | None]:
        markers = _markers(data)
        if not markers or markers[0].start != m.start():
            return None, None, None
        whole = [Marker(m.start(), m.start(), WRAPPER, is_opening=True), *markers]
        whole.append(Marker(markers[-1].end, markers[-1].end, WRAPPER, is_opening=False))
        return _element(data, whole, 0)[0], m.start(), markers[-1].end


_markers = lru_cache(8)(find_emphasis)


def _escaped(sign: re.Match[str]) -> str:
    """A sign that is none, in the form that Python-Markdown gives to escaped ones: it is not looked at again."""
    return f"{STX}{ord(sign[0])}{ETX}"


def _element(data: str, markers: Sequence[Marker], index: int) -> tuple[ElementTree.Element, int]:
    """The element whose opening marker has that index, with all in it; the index of the marker that closes it."""
    element = ElementTree.Element(markers[index].tag)
    child: ElementTree.Element | None = None
    at = markers[index].end
    while True:
        index += 1
        text = SIGNS.sub(_escaped, data[at : markers[index].start])
        if child is None:
            element.text = text
        else:
            child.tail = text
        if not markers[index].is_opening:
            return element, index
        child, index = _element(data, markers, index)
        element.append(child)
        at = markers[index].end


class _Leaves(Extension):
    """Leaves as paragraphs, with the inline patterns of CommonMark that are left to look for."""

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        md.ESCAPED_CHARS = list(string.punctuation)
        md.preprocessors = Registry()
        md.parser = BlockParser(md)
        md.parser.blockprocessors.register(_Leaf(md.parser), "leaf", 100)
        md.inlinePatterns = Registry()
        md.inlinePatterns.register(SubstituteTagInlineProcessor(r"\\\n", "br"), "backslash-break", 185)
        md.inlinePatterns.register(EscapeInlineProcessor(ESCAPE_RE, md), "escape", 180)
        md.inlinePatterns.register(SubstituteTagInlineProcessor(r" {2,}\n", "br"), "space-break", 100)
        md.inlinePatterns.register(HtmlInlineProcessor(ENTITY_RE, md), "entity", 80)
        md.inlinePatterns.register(_Emphasis(), "emphasis", 60)
        md.treeprocessors = Registry()
        md.treeprocessors.register(TreeInlineProcessor(md), "inline", 20)
        md.treeprocessors.register(UnescapeTreeprocessor(md), "unescape", 0)


@lru_cache(1)
def _converter() -> markdown.Markdown:
    return markdown.Markdown(extensions=[_Leaves()])


def convert_leaves(texts: Sequence[str]) -> list[str]:
    """The HTML of leaves, each a text without a blank line, in which ``<`` and pieces are set aside already."""
    document = _converter().reset().convert(BETWEEN.join(texts))
    document = document.replace(f"<{WRAPPER}>", "").replace(f"</{WRAPPER}>", "")
    return document.removeprefix("<p>").removesuffix("</p>").split("</p><p>")
