"""Tables of GFM, with the place of each cell: a rule for markdown-it-py."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from markdown_it.rules_block import StateBlock

from deckwright.grammar.block_types import Block, BlockKind, Stretch
from deckwright.grammar.lines import line_of, push_leaf, start_of, text_of
from deckwright.regex import regex

DELIMITER = regex(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
ALIGNMENTS = {(True, True): "center", (True, False): "left", (False, True): "right", (False, False): ""}
"""Whether a cell of the row of dashes begins and ends with a colon → how its column is aligned."""
FIRST_BAR = regex(r"\|[ \t]*$")
"""What is before the text of a row."""
OTHER_BLOCK = regex(r"(?:[-*+]|[0-9]{1,9}[.)]|#{1,6})[ \t]|>")
"""What begins an item, a heading or a quote, in which the table may be."""
BAR = regex(r"\\.|\|")
ROW_FORMULA = regex(r"\\.|\$\$.+?\$\$|\$(?:(?=\S)(?:\\.|[^$\\])*?(?<=\S)|[ ](?:\\.|[^$\\])*?[ ])\$(?![0-9])")


def table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table as in GFM: a row of cells, a row of dashes with as many, and the rows up to another block."""
    first, last = line_of(state, start)
    below = start + 1
    if state.src.find("|", first, last) < 0 or below >= end:
        return False
    if state.sCount[below] < state.blkIndent or state.is_code_block(below) or state.is_code_block(start):
        return False
    rule = text_of(state, below)
    if not rule.strip() or rule[0] not in "|:-":
        return False
    if not DELIMITER.fullmatch(rule) or rule.startswith(("- ", "-\t")):
        return False
    if OTHER_BLOCK.match(state.src, first, last):
        return False
    sides = [cell.strip() for cell in rule.strip().strip("|").split("|")]
    alignments = [ALIGNMENTS[side.startswith(":"), side.endswith(":")] for side in sides]
    if len(cells_of(state.src, first, last, len(alignments))) != len(alignments):
        return False
    if silent:
        return True
    line = _table_end(state, start + 2, end)
    table = push_leaf(state, BlockKind.TABLE, [], start, line)
    table.children = [_row(state, row, alignments) for row in (start, *range(start + 2, line))]
    table.start, table.end = table.children[0].start, table.children[-1].end
    state.line = line
    return True


def _table_end(state: StateBlock, line: int, end: int) -> int:
    """The line after the last row of a table whose body begins at ``line``."""
    outer, state.parentType = state.parentType, "table"
    terminators = state.md.block.ruler.getRules("blockquote")
    while line < end and state.sCount[line] >= state.blkIndent and not state.isEmpty(line):
        if state.is_code_block(line) or any(rule(state, line, end, True) for rule in terminators):
            break
        line += 1
    state.parentType = outer
    return line


def _row(state: StateBlock, line: int, alignments: Sequence[str]) -> Block:
    """A row, whose cells have their alignment; one that the header has no column for is kept, to be reported."""
    end = state.eMarks[line]
    cells = cells_of(state.src, *line_of(state, line), len(alignments))
    cells += [(end, end)] * (len(alignments) - len(cells))
    infos = [*alignments, *[""] * (len(cells) - len(alignments))]
    children = [Block(BlockKind.CELL, *cell, [], (cell,), info) for cell, info in zip(cells, infos, strict=True)]
    row = Block(BlockKind.ROW, children[0].start, children[-1].end, children)
    if mark := FIRST_BAR.search(state.src, start_of(state, line), row.start):
        row.start = mark.start()
    return row


def cells_of(text: str, start: int, end: int, columns: int) -> list[Stretch]:
    r"""Where the cells of a row are: divided at each ``|`` but ``\|``, and those in formulas where that gives a row."""
    bars = [match.start() for match in BAR.finditer(text, start, end) if match[0] == "|"]
    if "$" in text[start:end] and len(plain := _between(text, start, end, bars)) != columns:
        formulas = [match.span() for match in ROW_FORMULA.finditer(text, start, end) if match[0][0] == "$"]
        outside = [bar for bar in bars if not any(first < bar < last for first, last in formulas)]
        cells = _between(text, start, end, outside)
        return cells if len(cells) == columns else plain
    return _between(text, start, end, bars)


def _between(text: str, start: int, end: int, bars: Sequence[int]) -> list[Stretch]:
    edges = [start - 1, *bars, end]
    cells = []
    for left, right in itertools.pairwise(edges):
        inside = text[left + 1 : right]
        begin = left + 1 + len(inside) - len(inside.lstrip())
        cells.append((begin, begin + len(inside.strip())))
    if bars and not text[start : bars[0]].strip():
        del cells[0]
    if bars and len(cells) > 0 and not text[bars[-1] + 1 : end].strip():
        del cells[-1]
    return cells
