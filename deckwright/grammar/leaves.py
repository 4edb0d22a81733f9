"""Leaves of the block tree → their pieces; lines with other blocks' marks between them are joined first."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Mapping

from deckwright.grammar.block_types import Block, BlockKind, Reference, Stretch
from deckwright.grammar.inline import scan
from deckwright.grammar.inline_patterns import HTML_SIGN, SIGN
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.grammar.scanner import Fault, Scanner


def scan_leaf(text: str, block: Block, references: Mapping[str, Reference]) -> list[Fault]:
    """Find the pieces of a leaf, which it then knows, and say what is wrong with them."""
    lines = block.lines
    if not lines:
        return []
    start, end = lines[0][0], lines[-1][1]
    if not (HTML_SIGN if block.kind is BlockKind.HTML else SIGN).search(text, start, end):
        return []
    if len(lines) == 1 or end - start == sum(last - first + 1 for first, last in lines) - 1:
        scanner = _scan(text, start, end, block.kind, references)
        block.pieces, block.children = tuple(scanner.pieces), scanner.footnotes
        return scanner.faults
    joined = block.part(text, start, end)
    scanner = _scan(joined, 0, len(joined), block.kind, references)
    places = Places(lines)
    block.pieces = tuple(places.moved(piece, text) for piece in scanner.pieces)
    block.children = [_moved_footnote(footnote, block, places, text) for footnote in scanner.footnotes]
    return [fault._replace(offset=places.in_file(fault.offset)) for fault in scanner.faults]


def _scan(text: str, start: int, end: int, kind: BlockKind, references: Mapping[str, Reference]) -> Scanner:
    scanner = Scanner(text, start, end, kind, references)
    scan(scanner)
    return scanner


class Places:
    """Offsets in the joined lines of a leaf ↔ offsets in the file."""

    def __init__(self, lines: tuple[Stretch, ...]) -> None:
        self.lines = lines
        self.joined = [0]
        for first, last in lines[:-1]:
            self.joined.append(self.joined[-1] + last - first + 1)

    def in_file(self, offset: int) -> int:
        """The offset in the file of one in the joined lines."""
        line = bisect.bisect_right(self.joined, offset) - 1
        return self.lines[line][0] + offset - self.joined[line]

    def moved(self, piece: Piece, text: str) -> Piece:
        """A piece found in the joined lines, as it is in the file; TeX with spaces for what its lines begin with."""
        is_deletion_end = piece.kind is PieceKind.CLOZE_END
        at = piece.at if is_deletion_end and piece.at < 0 else self.in_file(piece.at)
        moved = piece._replace(start=self.in_file(piece.start), end=self.in_file(piece.end - 1) + 1, at=at)
        if piece.kind in (PieceKind.FORMULA, PieceKind.DISPLAY) and "\n" in piece.text:
            stop = self.in_file(piece.at + len(piece.text) - 1) + 1
            lines = [(max(first, at), min(last, stop)) for first, last in self.lines if first < stop and last >= at]
            gaps = [first - before for (_, before), (first, _) in itertools.pairwise(lines)]
            parts = [text[first:last] + "\n" + " " * (gap - 1) for (first, last), gap in zip(lines, gaps, strict=False)]
            moved = moved._replace(text="".join([*parts, text[slice(*lines[-1])]]))
        return moved


def _moved_footnote(footnote: Block, block: Block, places: Places, text: str) -> Block:
    (leaf,) = footnote.children
    start, end = places.in_file(leaf.start), places.in_file(leaf.end)
    leaf.lines, leaf.start, leaf.end = tuple(block.clipped(start, end)), start, end
    leaf.pieces = tuple(places.moved(piece, text) for piece in leaf.pieces)
    footnote.start, footnote.end = places.in_file(footnote.start), places.in_file(footnote.end - 1) + 1
    return footnote
