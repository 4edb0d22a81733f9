"""Blocks as values: what a file is divided into."""

from __future__ import annotations

import bisect
import enum
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from deckwright.grammar.pieces import Piece

Stretch = tuple[int, int]
"""Offsets at which a part of the text begins and ends."""
LAST = sys.maxsize
"""After any offset."""


class BlockKind(enum.Enum):
    """What a block is."""

    __hash__ = object.__hash__  # each stands for itself only; the enum's own is written in Python

    QUOTE = enum.auto()
    LIST = enum.auto()
    ITEM = enum.auto()
    TABLE = enum.auto()
    ROW = enum.auto()
    ADMONITION = enum.auto()
    FOOTNOTE = enum.auto()
    TERMS = enum.auto()
    TERM = enum.auto()
    DEFINITION = enum.auto()
    PARAGRAPH = enum.auto()
    HEADING = enum.auto()
    CELL = enum.auto()
    TITLE = enum.auto()
    CODE = enum.auto()
    HTML = enum.auto()
    RULE = enum.auto()
    COMMENT = enum.auto()


@dataclass(slots=True)
class Block:
    """A block. A container has ``children``; a leaf has ``lines``, and ``pieces`` once they are found.

    ``info`` is a list's first number (empty for bullets), an item's box (``x``, a space, or empty), a heading's level,
    the info string of a fence, a cell's alignment, an admonition's type, a footnote's name.
    """

    kind: BlockKind
    start: int
    """Offset at which its text begins; of a heading, a footnote, an admonition and code, its first line."""
    end: int
    children: list[Block] = field(default_factory=list)
    lines: tuple[Stretch, ...] = ()
    """Where its text is, line by line, without what belongs to the blocks around it."""
    info: str = ""
    text: str = ""
    """The code of a code block."""
    mark: str = ""
    """``tight`` for a paragraph that is shown as the text of its item alone; ``-`` or ``+`` for an admonition that is
    folded or open; how the fence of code begins, empty for indented code; ``underlined`` for such a heading."""
    is_whole: bool = True
    """Not a fence or an admonition that is never closed, nor an admonition whose text is not indented."""
    pieces: tuple[Piece, ...] = ()

    def parts(self, text: str) -> Iterator[tuple[str, Piece | None]]:
        """What a leaf holds of the file's ``text`` before each of its pieces, with the piece; at last what is after it.

        A deletion inside a formula or code is no piece of its own here.
        """
        position = self.lines[0][0]
        for piece in self.pieces:
            if piece.start >= position:
                yield self.part(text, position, piece.start), piece
                position = piece.end
        yield self.part(text, position, self.lines[-1][1]), None

    def part(self, text: str, start: int, end: int) -> str:
        """What a leaf holds of the file's ``text`` between two offsets: without the marks that its lines begin with."""
        return text[start:end] if len(self.lines) == 1 else "\n".join([text[a:b] for a, b in self.clipped(start, end)])

    def clipped(self, start: int, end: int) -> list[Stretch]:
        """The lines of a leaf between two offsets of the file."""
        low = max(bisect.bisect_right(self.lines, (start, LAST)) - 1, 0)
        high = bisect.bisect_right(self.lines, (end, LAST))
        return [(max(first, start), min(last, end)) for first, last in self.lines[low:high] if start <= last]

    def walk(self) -> Iterator[Block]:
        """The block and all blocks in it, in the order of the text; what is in a block is looked at after it."""
        waiting = [self]
        while waiting:
            block = waiting.pop()
            yield block
            if block.children:
                waiting += reversed(block.children)


class Reference(NamedTuple):
    """What a link definition (``[name]: address "title"``) says, and the offset of its address."""

    address: str
    title: str
    at: int
