"""The state of a scan of one leaf, and what the parts of the scan share."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from deckwright.grammar.block_types import Block, BlockKind, Reference
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.regex import regex

HIGHEST_NUMBER = 499
"""Of a deletion: Anki makes no card with a higher one."""
CLOZE = regex(r"\{\{ *[cC][0-9０-９,，.\ -]*(?:::?|：：?)")
CORRECT_CLOZE = regex(r"\{\{c[1-9][0-9]{0,2}(?:,[1-9][0-9]{0,2})*::")
BRACE = regex(r"\\.|[{}]", re.DOTALL)
ESCAPES = regex(r"""\\([!"#$%&'()*+,./:;<=>?@\[\\\]^_`{|}~-])""")

NEARBY = 1_000
"""Characters: how far after a leaf its missing mark is looked for."""


class Fault(NamedTuple):
    """Something wrong at an offset of the text."""

    rule: str
    offset: int
    message: str
    until: str = ""
    """A closing mark that comes in a later paragraph: faults of the same rule up to it follow from this one."""


@dataclass(slots=True)
class Scanner:
    """A walk over the text of a leaf: where it is, the pieces and faults found so far, and what is open."""

    text: str
    begin: int
    """Offset at which the leaf begins."""
    end: int
    kind: BlockKind
    references: Mapping[str, Reference]
    position: int
    pieces: list[Piece] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    footnotes: list[Block] = field(default_factory=list)
    """Those that are in the text (``^[…]``)."""
    brackets: list[tuple[int, int]] = field(default_factory=list)
    """Offset of each open bracket and the number of pieces found before it."""
    clozes: list[list[int]] = field(default_factory=list)
    """Of each deletion that is open: offset, and how many plain braces are open in it."""
    ticks: dict[int, list[int]] | None = None
    """Ends of the runs of backticks, by their length, once one is asked for."""
    unclosed: set[str] = field(default_factory=set)
    """Closing marks of formulas that were searched without a match."""
    has_formula: bool | None = None
    """Whether a formula in round brackets is surely one, once that is asked."""
    code_until: int = -1
    """Offset at which the HTML element for code ends that was opened last: there are no formulas in it."""

    def report(self, rule: str, offset: int, message: str, until: str = "") -> None:
        self.faults.append(Fault(rule, offset, message, until))

    def add(self, kind: PieceKind, start: int, end: int, text: str = "", at: int = 0, **more: str) -> None:
        """Add a piece, after which the scanner goes on."""
        self.pieces.append(Piece(kind, start, end, text, at, **more))
        self.position = end

    def follows(self, mark: str) -> bool:
        """Whether a mark that is missing in a leaf comes soon after it, before the next heading."""
        stop = self.text.find("\n#", self.end, self.end + NEARBY)
        return self.text.find(mark, self.end, self.end + NEARBY if stop < 0 else stop) >= 0

    def add_deletions(self, start: int, end: int, opening: re.Pattern[str]) -> None:
        """Add the deletions inside a formula or code as pieces, which are inside the piece that was added last."""
        for match in opening.finditer(self.text, start, end):
            numbers = self.numbers(match)
            if pair := deletion_pieces(self.text, match, end, numbers):
                self.pieces += pair
            else:
                self.report(
                    "unclosed-cloze", match.start(), "this deletion is not closed with `}}` in its formula or code"
                )

    def numbers(self, match: re.Match[str]) -> str:
        """The numbers of a deletion, which are reported when they are not numbers."""
        numbers = match[0].lstrip("{ ")[1:].rstrip(":：")
        if CORRECT_CLOZE.fullmatch(match[0]) and all(int(each) <= HIGHEST_NUMBER for each in numbers.split(",")):
            return numbers
        message = f"`{match[0]}` begins no deletion; write `{{{{c1::`, with a number from 1 to 499 and two ASCII colons"
        self.report("cloze-number", match.start(), message)
        return ",".join(n for n in re.findall("[1-9][0-9]{0,2}", numbers) if int(n) <= HIGHEST_NUMBER) or "1"


def deletion_end(text: str, body: int, end: int) -> int | None:
    """Where the ``}}`` is that closes the deletion whose text begins at ``body``: braces in it are closed first."""
    depth = 0
    for brace in BRACE.finditer(text, body, end):
        if brace[0] == "{":
            depth += 1
        elif brace[0] == "}" and depth:
            depth -= 1
        elif brace[0] == "}" and text.startswith("}}", brace.start(), end):
            return brace.start()
    closing = text.find("}}", body, end)
    return closing if closing >= 0 else None


def deletion_pieces(text: str, match: re.Match[str], end: int, numbers: str) -> list[Piece]:
    """The two pieces of a deletion whose beginning matched; none when it is not closed before ``end``."""
    closing = deletion_end(text, match.end(), end)
    if closing is None:
        return []
    return [
        Piece(PieceKind.CLOZE, match.start(), match.end(), numbers, match.end()),
        Piece(PieceKind.CLOZE_END, closing, closing + 2, at=match.start()),
    ]


def unescaped(text: str) -> str:
    r"""A text with its backslash escapes and character references resolved."""
    return html.unescape(ESCAPES.sub(r"\1", text)) if "\\" in text or "&" in text else text
