"""Python-Markdown, set up for what is left inside a leaf: escapes, character references, line breaks.

Blocks are known when a leaf gets here, and its pieces (code, formulas, links, pictures) and the tags of its emphasis
are set aside: so Python-Markdown is given paragraphs alone.
"""

from __future__ import annotations

import string
import xml.etree.ElementTree as ElementTree
from functools import lru_cache

import markdown
from markdown.blockprocessors import BlockProcessor
from markdown.inlinepatterns import (
    ENTITY_RE,
    ESCAPE_RE,
    EscapeInlineProcessor,
    HtmlInlineProcessor,
    SubstituteTagInlineProcessor,
)
from markdown.treeprocessors import InlineProcessor as TreeInlineProcessor
from markdown.treeprocessors import UnescapeTreeprocessor
from markdown.util import Registry


class _Leaf(BlockProcessor):
    """A block is a leaf whatever it begins with."""

    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return True

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> bool | None:
        ElementTree.SubElement(parent, "p").text = blocks.pop(0)
        return None


@lru_cache(1)
def _converter() -> markdown.Markdown:
    """Leaves as paragraphs, with the inline patterns of CommonMark that are left to look for."""
    md = markdown.Markdown()
    md.ESCAPED_CHARS = list(string.punctuation)
    md.preprocessors, md.inlinePatterns, md.treeprocessors = Registry(), Registry(), Registry()
    md.parser.blockprocessors = Registry()
    md.parser.blockprocessors.register(_Leaf(md.parser), "leaf", 100)
    md.inlinePatterns.register(EscapeInlineProcessor(ESCAPE_RE, md), "escape", 185)
    md.inlinePatterns.register(SubstituteTagInlineProcessor(r"\\\n", "br"), "backslash-break", 180)
    md.inlinePatterns.register(SubstituteTagInlineProcessor(r" {2,}\n", "br"), "space-break", 100)
    md.inlinePatterns.register(HtmlInlineProcessor(ENTITY_RE, md), "entity", 80)
    md.treeprocessors.register(TreeInlineProcessor(md), "inline", 20)
    md.treeprocessors.register(UnescapeTreeprocessor(md), "unescape", 0)
    return md


def convert_leaf(text: str) -> str:
    """The HTML of a leaf, a text without a blank line, in which ``<`` and pieces are set aside already."""
    return _converter().reset().convert(text).removeprefix("<p>").removesuffix("</p>")
