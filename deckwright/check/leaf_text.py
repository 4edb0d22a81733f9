"""The text of a paragraph, a cell, a heading, as the rules about left-over Markdown look at it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from deckwright.grammar.block_types import Block, BlockKind
from deckwright.grammar.inline import Places
from deckwright.grammar.inline_tags import CODE_TAGS
from deckwright.grammar.note import Passage
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.regex import regex

OTHER, ADDRESS, CODE, BREAK = "\U000f0000", "\U000f0001", "\U000f0002", "\U000f0003"
"""What stands for each character of a piece: of an address, of code, of ``<br>``; of any other."""
MASKS = {PieceKind.AUTOLINK: ADDRESS, PieceKind.CODE: CODE}
LEAVES = (BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.CELL, BlockKind.TITLE, BlockKind.TERM, BlockKind.HTML)
"""The blocks that hold text."""
ESCAPE = regex(r"\\[!-/:-@\[-`{-~]")


class LeafText(NamedTuple):
    """The joined lines of a leaf, with other characters for what is not text, and where they are in the file."""

    block: Block
    text: str
    places: Places

    def without_escapes(self) -> str:
        """The text with escaped signs masked as well; offsets stay."""
        return ESCAPE.sub(OTHER * 2, self.text)


class LeftOver(NamedTuple):
    """A stretch of a leaf's text that is shown as it is written, and what to do about it."""

    start: int
    end: int
    remedy: str


def leaf_texts(passage: Passage, signs: Collection[re.Pattern[str]]) -> Iterator[LeafText]:
    """Yield the leaves of a passage that hold one of the signs, and its HTML, in order."""
    source = passage.source.text
    for block in passage.all_blocks(*LEAVES):
        if not block.lines:
            continue
        start, end = block.lines[0][0], block.lines[-1][1]
        if block.kind is BlockKind.HTML or any(sign.search(source, start, end) for sign in signs):
            yield LeafText(block, _masked(source, block), Places(block.lines))


def _masked(source: str, block: Block) -> str:
    parts, verbatim = [], ""
    for between, piece in block.parts(source):
        parts.append(OTHER * len(between) if verbatim else between)
        if piece is None:
            break
        written = block.part(source, piece.start, piece.end)
        if piece.kind is PieceKind.ESCAPE and len(written) == 1:
            mask = OTHER if verbatim else written  # a sign that HTML, not Markdown, wants escaped
        else:
            mask = BREAK if piece.kind is PieceKind.TAG and piece.text == "br" else MASKS.get(piece.kind, OTHER)
        parts.append(mask * len(written))
        verbatim = _verbatim_after(piece, written[:2], verbatim)
    return "".join(parts)


def _verbatim_after(piece: Piece, start: str, verbatim: str) -> str:
    """The element whose text is meant as it is, after a piece; empty outside of one."""
    if piece.kind is not PieceKind.TAG:
        return verbatim
    if verbatim:
        return "" if start == "</" and piece.text == verbatim else verbatim
    return piece.text if piece.text in CODE_TAGS and start != "</" else ""
