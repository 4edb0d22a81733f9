"""What is inside a line of text: formulas, deletions, code, links, pictures, tags, citations and footnotes.

A leaf of the block tree is scanned once, and everything later works on the pieces that are found here. Any text gives
pieces and problems.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Mapping

from deckwright.grammar.block_types import Block, BlockKind, Reference, Stretch
from deckwright.grammar.inline_formulas import on_dollar, on_escape, on_tick
from deckwright.grammar.inline_links import inline_name, on_caret, on_close_bracket, on_exclamation, on_open_bracket
from deckwright.grammar.inline_tags import on_address, on_close_brace, on_open_brace, on_percent, on_tag
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.grammar.scanner import Fault, Scanner
from deckwright.regex import regex

SIGN = regex(r"[\\`$<{}\[\]!%^\U000F0000-\U000FFFFD]|://|\bwww\.")
"""What a piece may begin with (or, of a bare address, contain)."""
HTML_SIGN = regex(r"\\(?=[$()\[\]\\]|begin\{)|[$<{}\U000F0000-\U000FFFFD]|\[(?=@|sound:)")
"""The same in an HTML block, which is not Markdown."""


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
    block.pieces = tuple(places.moved(piece) for piece in scanner.pieces)
    block.children = [_moved_footnote(footnote, block, places) for footnote in scanner.footnotes]
    return [fault._replace(offset=places.in_file(fault.offset)) for fault in scanner.faults]


def _scan(text: str, start: int, end: int, kind: BlockKind, references: Mapping[str, Reference]) -> Scanner:
    """Walk over the text of a leaf, and find its pieces and what is wrong with them."""
    scanner = Scanner(text, start, end, kind, references, start)
    signs = HTML_SIGN if kind is BlockKind.HTML else SIGN
    while sign := signs.search(text, scanner.position, end):
        scanner.position = sign.start() + 1
        HANDLERS.get(text[sign.start()], _on_private)(scanner, sign.start())
    for offset, _ in scanner.clozes:
        where = "its paragraph ends"
        if _bar_follows(scanner):
            where = "its cell ends at the `|`; write `\\|`"
        elif kind is BlockKind.PARAGRAPH and scanner.follows("}}"):
            where += "; give each paragraph or item a deletion of its own, with the same number"
        scanner.report("unclosed-cloze", offset, f"this deletion is not closed with `}}}}` before {where}")
    return scanner


class Places:
    """Offsets in the joined lines of a leaf → offsets in the file."""

    def __init__(self, lines: tuple[Stretch, ...]) -> None:
        self.lines = lines
        self.joined = [0]
        for first, last in lines[:-1]:
            self.joined.append(self.joined[-1] + last - first + 1)

    def in_file(self, offset: int) -> int:
        """The offset in the file of one in the joined lines."""
        line = bisect.bisect_right(self.joined, offset) - 1
        return self.lines[line][0] + offset - self.joined[line]

    def moved(self, piece: Piece) -> Piece:
        """A piece found in the joined lines, as it is in the file; TeX with spaces for what its lines begin with."""
        is_deletion_end = piece.kind is PieceKind.CLOZE_END
        at = piece.at if is_deletion_end and piece.at < 0 else self.in_file(piece.at)
        moved = piece._replace(start=self.in_file(piece.start), end=self.in_file(piece.end - 1) + 1, at=at)
        if piece.kind is PieceKind.FOOTNOTE and piece.info == "inline":
            moved = moved._replace(text=inline_name(moved.start))
        if piece.kind in (PieceKind.FORMULA, PieceKind.DISPLAY) and "\n" in piece.text:
            line = bisect.bisect_right(self.joined, piece.at) - 1
            gaps = [first - last - 1 for (_, last), (first, _) in itertools.pairwise(self.lines[line:])]
            tex, *more = piece.text.removesuffix("\n").split("\n")
            moved = moved._replace(
                text=tex + "".join(f"\n{' ' * gap}{part}" for gap, part in zip(gaps, more, strict=False))
            )
        return moved


def _moved_footnote(footnote: Block, block: Block, places: Places) -> Block:
    (leaf,) = footnote.children
    start, end = places.in_file(leaf.start), places.in_file(leaf.end)
    leaf.lines, leaf.start, leaf.end = tuple(block.clipped(start, end)), start, end
    leaf.pieces = tuple(places.moved(piece) for piece in leaf.pieces)
    footnote.start, footnote.end = places.in_file(footnote.start), places.in_file(footnote.end - 1) + 1
    footnote.info = inline_name(footnote.start)
    return footnote


def _bar_follows(scanner: Scanner) -> bool:
    """Whether the text is a cell with another one after it, in which the deletion is closed."""
    rest = scanner.text[scanner.end : scanner.text.find("\n", scanner.end) % (len(scanner.text) + 1)]
    return scanner.kind is BlockKind.CELL and rest.lstrip().startswith("|") and "}}" in rest


def _on_private(scanner: Scanner, start: int) -> None:
    scanner.add(PieceKind.ESCAPE, start, start + 1, scanner.text[start])


def _on_bracket(scanner: Scanner, start: int) -> None:
    """Take ``[``; the text of ``[[note|text]]``, which makes two pieces at once, is looked through by itself.

    A name that is shown for want of a text is no Markdown.
    """
    before = len(scanner.pieces)
    on_open_bracket(scanner, start)
    if len(scanner.pieces) == before + 2 and scanner.text[scanner.pieces[before].end - 1] == "|":
        first, last = scanner.pieces[before].end, scanner.pieces[before + 1].start
        inner = _scan(scanner.text, first, last, scanner.kind, scanner.references)
        scanner.pieces[before + 1 : before + 1] = inner.pieces
        scanner.faults += inner.faults


HANDLERS: dict[str, Callable[[Scanner, int], None]] = {
    "\\": on_escape,
    "`": on_tick,
    "$": on_dollar,
    "<": on_tag,
    "{": on_open_brace,
    "}": on_close_brace,
    "[": _on_bracket,
    "]": on_close_bracket,
    "!": on_exclamation,
    "%": on_percent,
    "^": on_caret,
    ":": on_address,
    "w": on_address,
}
"""What to do at a sign; any other is a private character."""
