"""Blocks: the tree of quotes, lists, tables, code and paragraphs that a file is made of, each with its place.

markdown-it-py parses them, so they are what CommonMark 0.31 and GFM say, and what GitHub shows. The rules below add
what this project's grammar has on top, and note where each leaf lies: nothing later looks for blocks again.
"""

from __future__ import annotations

import enum
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, code, fence, html_block
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from deckwright.grammar.pieces import Piece

Rule = Callable[[StateBlock, int, int, bool], bool]
Stretch = tuple[int, int]
"""Offsets at which a part of the text begins and ends."""

DEEPEST = 100
"""Levels at which markdown-it-py stops; ``too-deep`` is reported long before."""
INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
"""The blocks that a block of ours may end."""
HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
MARKER = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]|$)")
UNDERLINE = re.compile(r"(=+|-+)[ \t]*$")
DELIMITER = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
BAR = re.compile(r"\\.|\|")
ROW_FORMULA = re.compile(r"\\.|\$\$.+?\$\$|\$(?:(?=\S)(?:\\.|[^$\\])*?(?<=\S)|[ ](?:\\.|[^$\\])*?[ ])\$(?![0-9])")
ENVIRONMENT = (
    r"(?:align|aligned|alignat|array|cases|equation|gather|gathered|multline|split|CD|[bBpvV]?matrix|eqnarray)\*?"
)
OPENER = re.compile(rf"(`+)(?!`).*?(?<!`)\1(?!`)|\\\\|\\\$|(?P<open>\$\$|\\\[|\\begin\{{(?P<name>{ENVIRONMENT})\}})")
ADMONITION = re.compile(
    r'(?P<mark>!!!|\?\?\?\+?)[ \t]+(?P<type>[\w-]+)(?:[ ]+[\w-]+)*(?:[ \t]+"(?P<title>.*)")?[ \t]*$'
)
CONTAINER = re.compile(r"(?P<mark>:{3,})[ \t]*\{?\.?(?P<type>[\w-]+)\}?(?:[ \t]+(?P<title>.*?))?[ \t]*$")
CALLOUT = re.compile(r"\[!(?P<type>[\w-]+)\](?P<fold>[+-]?)[ \t]*(?P<title>.*)$")
TASK = re.compile(r"\[([ xX])\](?:[ \t]+|$)")


class BlockKind(enum.Enum):
    """What a block is."""

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
    what stands behind a fence, a cell's alignment, an admonition's type, a footnote's name.
    """

    kind: BlockKind
    start: int
    """Offset at which its text begins; of a heading, a footnote and code, its first line."""
    end: int
    children: list[Block] = field(default_factory=list)
    lines: tuple[Stretch, ...] = ()
    """Where its text lies, line by line, without what belongs to the blocks around it."""
    info: str = ""
    text: str = ""
    """The code of a code block."""
    mark: str = ""
    """``tight`` for a paragraph that is shown as the text of its item alone; ``-`` or ``+`` for an admonition that is
    folded or open; ``indented``, ``closed`` or ``open`` for code; ``underlined`` for such a heading."""
    pieces: tuple[Piece, ...] = ()

    def walk(self) -> Iterator[Block]:
        """The block and all blocks in it, in the order of the text."""
        yield self
        for child in self.children:
            yield from child.walk()


class Reference(NamedTuple):
    """What a link definition (``[name]: address "title"``) says, and the offset of its address."""

    address: str
    title: str
    at: int


class Blocks(NamedTuple):
    """The blocks of a file, those at the top in order, and its link definitions by name (case folded)."""

    top: list[Block]
    references: dict[str, Reference]


LEAVES = {
    "fence": BlockKind.CODE,
    "code_block": BlockKind.CODE,
    "html_block": BlockKind.HTML,
    "hr": BlockKind.RULE,
    "comment": BlockKind.COMMENT,
}
CONTAINERS = {
    "blockquote_open": BlockKind.QUOTE,
    "bullet_list_open": BlockKind.LIST,
    "ordered_list_open": BlockKind.LIST,
    "list_item_open": BlockKind.ITEM,
    "table_open": BlockKind.TABLE,
    "tr_open": BlockKind.ROW,
    "admonition_open": BlockKind.ADMONITION,
    "footnote_reference_open": BlockKind.FOOTNOTE,
    "dl_open": BlockKind.TERMS,
    "dt_open": BlockKind.TERM,
    "dd_open": BlockKind.DEFINITION,
    "paragraph_open": BlockKind.PARAGRAPH,
    "heading_open": BlockKind.HEADING,
    "td_open": BlockKind.CELL,
    "title_open": BlockKind.TITLE,
}
"""The token that begins a block → its kind. The last five are leaves: their one child gives them their lines."""


def parse_blocks(text: str, start: int = 0) -> Blocks:
    """Parse the blocks of a text from offset ``start`` (a line's beginning) on. Any text gives blocks."""
    parser = _parser()
    environment: dict[str, dict[str, dict[str, Any]]] = {}
    tokens: list[Token] = []
    state = StateBlock(text, parser, environment, tokens)
    parser.block.tokenize(state, text.count("\n", 0, start), state.lineMax)
    edges = [*itertools.accumulate((len(line) + 1 for line in text.split("\n")), initial=0)]
    references = {
        name.casefold(): _reference(text, edges, found) for name, found in environment.get("references", {}).items()
    }
    return Blocks(_tree(text, edges, tokens), references)


def _reference(text: str, edges: Sequence[int], found: dict[str, Any]) -> Reference:
    first, last = found["map"]
    address = str(found["href"])
    at = text.find(address, edges[first], edges[last])
    return Reference(address, str(found.get("title", "")), max(at, edges[first]))


@cache
def _parser() -> MarkdownIt:
    """markdown-it-py with the rules of this grammar. Links stay as they are written: what they mean is judged later."""
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST})
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.use(footnote_plugin, inline=False, move_to_end=False).use(deflist_plugin)
    ruler = parser.block.ruler
    ruler.at("code", _located(code))
    ruler.at("fence", _located(fence), INTERRUPTS)
    ruler.at("html_block", _located(html_block), {"alt": ["paragraph", "reference", "blockquote"]})
    ruler.at("heading", _heading, INTERRUPTS)
    ruler.disable("lheading")
    ruler.at("paragraph", _paragraph)
    ruler.before("code", "table", _table, {"alt": ["paragraph", "reference"]})
    ruler.before("fence", "admonition", _admonition, INTERRUPTS)
    ruler.before("fence", "comment", _comment, INTERRUPTS)
    return parser


# Rules. Each looks at the line ``start`` and returns whether a block of its kind begins there; unless it is asked
# ``silent``ly, it pushes the block's tokens and sets ``state.line`` behind it. So does markdown-it-py call them.


def _line(state: StateBlock, line: int) -> Stretch:
    """Where the text of a line lies, without its indentation and the marks of the blocks around it."""
    return state.bMarks[line] + state.tShift[line], state.eMarks[line]


def _text(state: StateBlock, line: int) -> str:
    start, end = _line(state, line)
    return state.src[start:end]


def _unindented(state: StateBlock, line: int) -> Stretch:
    """Where the text of a line lies, with what it is indented more than the block around it."""
    start, end = _line(state, line)
    more = max(state.sCount[line] - state.blkIndent, 0)
    while more and start > state.bMarks[line] and state.src[start - 1] in " \t":
        start, more = start - 1, more - 1
    return start, end


def _located(rule: Rule) -> Rule:
    """A stock rule that makes one leaf, whose token then knows where its lines lie."""

    def located(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not rule(state, start, end, silent):
            return False
        if not silent and (token := state.tokens[-1]).map:
            token.meta = {"lines": [_unindented(state, line) for line in range(*token.map)]}
        return True

    return located


def _push_leaf(state: StateBlock, name: str, lines: Sequence[Stretch], first: int, last: int, **meta: str) -> Token:
    """Push the tokens of a leaf that covers the lines ``first`` up to ``last``; the one that begins it is returned."""
    opening = state.push(f"{name}_open", name, 1)
    opening.map, opening.meta = [first, last], {**meta}
    inline = state.push("inline", "", 0)
    inline.map, inline.children, inline.meta = [first, last], [], {"lines": lines}
    state.push(f"{name}_close", name, -1)
    return opening


def _heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """``# text``, with the closing signs taken off as CommonMark says: only behind a space."""
    if state.is_code_block(start):
        return False
    first, last = _line(state, start)
    match = HEADING.match(state.src, first, last)
    if match is None or silent:
        return match is not None
    begin = match.end()
    text = state.src[begin:last].rstrip()
    bare = text.rstrip("#")
    if bare != text and (not bare or bare[-1] in " \t"):
        text = bare.rstrip()
    state.line = start + 1
    _push_leaf(state, "heading", [(begin, begin + len(text))], start, start + 1, level=str(len(match[1])))
    return True


def _paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lines up to a blank one or to another block; a formula in display goes on whatever its lines begin with."""
    outer, state.parentType = state.parentType, "paragraph"
    terminators = state.md.block.ruler.getRules("paragraph")
    line, within, underline = start + 1, _formula_end(state, start, end), None
    while line < end and not state.isEmpty(line):
        if line > within:
            if state.sCount[line] >= 0 and state.sCount[line] - state.blkIndent <= 3:
                if state.sCount[line] >= state.blkIndent and (underline := UNDERLINE.match(_text(state, line))):
                    break
                if any(rule(state, line, end, True) for rule in terminators):
                    break
            within = _formula_end(state, line, end)
        line += 1
    state.parentType = outer
    lines = [_line(state, each) for each in range(start, line)]
    lines[-1] = lines[-1][0], lines[-1][0] + len(state.src[slice(*lines[-1])].rstrip())
    state.line = line + 1 if underline else line
    name = "heading" if underline else "paragraph"
    meta = {"level": "1" if underline[1][0] == "=" else "2", "mark": "underlined"} if underline else {}
    opening = _push_leaf(state, name, lines, start, state.line, **meta)
    if underline:
        opening.meta["underline"] = _line(state, line)[0]
    return True


def _formula_end(state: StateBlock, line: int, end: int) -> int:
    """The line on which a formula in display ends that begins on ``line``; ``line`` itself when none goes on."""
    text, at = _text(state, line), 0
    if "$$" not in text and "\\[" not in text and "\\begin{" not in text:
        return line
    while match := OPENER.search(text, at):
        at = match.end()
        if not match["open"]:
            continue
        mark = {"$$": "$$", "\\[": "\\]"}.get(match["open"]) or f"\\end{{{match['name']}}}"
        closed, last = text.find(mark, at), line
        while closed < 0:
            last += 1
            if last >= end or state.isEmpty(last) or _begins_other(state, last):
                return line
            text = _text(state, last)
            closed = text.find(mark)
        line, at = last, closed + len(mark)
    return line


def _begins_other(state: StateBlock, line: int) -> bool:
    """Whether a line begins a heading, or the next item of the list that the paragraph is in."""
    text = _text(state, line)
    return bool(HEADING.match(text) or (state.sCount[line] < state.blkIndent and MARKER.match(text)))


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table as in GFM: a row of cells, a row of dashes with as many, and the rows up to another block."""
    below = start + 1
    if below >= end or state.sCount[below] < state.blkIndent or state.is_code_block(below):
        return False
    first, last = _line(state, start)
    rule = _text(state, below)
    if "|" not in state.src[first:last] or not rule.strip() or rule[0] not in "|:-" or state.is_code_block(start):
        return False
    if not DELIMITER.fullmatch(rule) or rule.startswith(("- ", "-\t")):
        return False
    alignments = [_alignment(cell.strip()) for cell in rule.strip().strip("|").split("|")]
    if len(_cells(state.src, first, last, len(alignments))) != len(alignments):
        return False
    if silent:
        return True
    line = _table_end(state, start + 2, end)
    table = state.push("table_open", "table", 1)
    table.map = [start, line]
    for row in (start, *range(start + 2, line)):
        _push_row(state, row, alignments)
    state.push("table_close", "table", -1)
    state.line = line
    return True


def _alignment(cell: str) -> str:
    sides = {(True, True): "center", (True, False): "left", (False, True): "right"}
    return sides.get((cell.startswith(":"), cell.endswith(":")), "")


def _table_end(state: StateBlock, line: int, end: int) -> int:
    """The line behind the last row of a table whose body begins at ``line``."""
    outer, state.parentType = state.parentType, "table"
    terminators = state.md.block.ruler.getRules("blockquote")
    while line < end and state.sCount[line] >= state.blkIndent and not state.isEmpty(line):
        if state.is_code_block(line) or any(rule(state, line, end, True) for rule in terminators):
            break
        line += 1
    state.parentType = outer
    return line


def _push_row(state: StateBlock, line: int, alignments: Sequence[str]) -> None:
    """Push a row; a cell that the header has no column for is kept, so that it can be reported."""
    row = state.push("tr_open", "tr", 1)
    row.map = [line, line + 1]
    cells = _cells(state.src, *_line(state, line), len(alignments))
    for cell, alignment in itertools.zip_longest(cells, alignments, fillvalue=""):
        _push_leaf(state, "td", [cell or (state.eMarks[line],) * 2], line, line + 1, align=str(alignment))  # type: ignore[list-item]
    state.push("tr_close", "tr", -1)


def _cells(text: str, start: int, end: int, columns: int) -> list[Stretch]:
    r"""Where the cells of a row lie: divided at each ``|`` but ``\|``, and those in formulas where that gives a row."""
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


def _admonition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """``!!! type "title"`` over indented lines, the same with ``???``, and ``:::type title`` up to ``:::``."""
    first, last = _line(state, start)
    if state.is_code_block(start) or state.src[first : first + 3] not in ("!!!", "???", ":::"):
        return False
    match = ADMONITION.match(state.src, first, last) or CONTAINER.match(state.src, first, last)
    if match is None or silent:
        return match is not None
    is_fenced = match["mark"][0] == ":"
    body = _container_end(state, start, end, match["mark"]) if is_fenced else _indented_end(state, start, end)
    opening = state.push("admonition_open", "div", 1)
    opening.map, opening.meta = [start, body], {"type": match["type"], "fold": FOLDS.get(match["mark"], "")}
    _push_title(state, match, start)
    outer = state.blkIndent, state.lineMax, state.parentType
    state.blkIndent += 0 if is_fenced else 4
    state.lineMax, state.parentType = body, "admonition"
    state.md.block.tokenize(state, start + 1, body)
    state.blkIndent, state.lineMax, state.parentType = outer
    state.push("admonition_close", "div", -1)
    state.line = min(body + 1, end) if is_fenced else body
    return True


FOLDS = {"???": "-", "???+": "+"}


def _push_title(state: StateBlock, match: re.Match[str], line: int) -> None:
    """Push the title of an admonition; without one its type is the title, an empty one (``""``) shows none."""
    if match["title"] is not None:
        _push_leaf(state, "title", [match.span("title")], line, line + 1)


def _container_end(state: StateBlock, start: int, end: int, mark: str) -> int:
    for line in range(start + 1, end):
        text = _text(state, line).rstrip()
        if text and not text.strip(":") and len(text) >= len(mark):
            return line
    return end


def _indented_end(state: StateBlock, start: int, end: int) -> int:
    line = start + 1
    while line < end and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent + 4):
        line += 1
    return line


def _comment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """``%%`` up to ``%%``, on lines of their own."""
    first, _ = _line(state, start)
    if state.src[first : first + 2] != "%%" or state.is_code_block(start):
        return False
    line, at = start, first + 2
    while (closing := state.src.find("%%", at, state.eMarks[line])) < 0:
        line += 1
        if line >= end or (state.sCount[line] < state.blkIndent and not state.isEmpty(line)):
            return False  # as text, in which the scanner looks for the end once more
        at = state.bMarks[line]
    if state.src[closing + 2 : state.eMarks[line]].strip():
        return False
    if not silent:
        token = state.push("comment", "", 0)
        token.map, token.meta = [start, line + 1], {"lines": [(first, closing + 2)]}
        state.line = line + 1
    return True


# Tokens → blocks


def _tree(text: str, edges: Sequence[int], tokens: Sequence[Token]) -> list[Block]:
    root = Block(BlockKind.QUOTE, 0, len(text))
    open_ = [root]
    for token in tokens:
        if token.type == "inline":
            open_[-1].lines = tuple(token.meta["lines"]) if token.meta else (_whole_line(text, edges, token),)
        elif token.nesting < 0:
            _close(text, open_.pop(), open_[-1])
        else:
            kind = CONTAINERS.get(token.type) or LEAVES[token.type]
            block = _block(kind, edges, token)
            open_[-1].children.append(block)
            if token.nesting > 0:
                open_.append(block)
    return root.children


def _whole_line(text: str, edges: Sequence[int], token: Token) -> Stretch:
    """Where the text of a token of the stock rules lies, which is that of one line."""
    line = token.map[0] if token.map else 0
    start = max(text.find(token.content, edges[line], edges[line + 1]), edges[line])
    return start, start + len(token.content)


def _block(kind: BlockKind, edges: Sequence[int], token: Token) -> Block:
    first, last = token.map or (0, 0)
    meta = token.meta
    block = Block(kind, edges[first], max(edges[last] - 1, edges[first]), lines=tuple(meta.get("lines", ())))
    if kind is BlockKind.CODE:
        block.info, block.text = token.info.strip(), token.content.removesuffix("\n")
        is_closed = last - first - 1 > token.content.count("\n")
        block.mark = "indented" if token.type == "code_block" else "closed" if is_closed else "open"
    elif kind is BlockKind.LIST:
        block.info = str(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else ""
    elif kind is BlockKind.FOOTNOTE:
        block.info = str(meta["label"])
    elif meta:
        block.info = str(meta.get("level") or meta.get("align") or meta.get("type") or "")
        block.mark = str(meta.get("mark") or meta.get("fold") or "")
    if token.hidden:
        block.mark = "tight"
    if "underline" in meta:
        block.end = meta["underline"]
    if block.lines:
        block.start = block.lines[0][0]
    return block


def _close(text: str, block: Block, parent: Block) -> None:
    """Finish a block whose children are all known."""
    if block.kind is BlockKind.QUOTE:
        _make_callout(text, block)
    elif block.kind is BlockKind.ITEM:
        _make_task(text, block)
    if block.kind in (BlockKind.HEADING, BlockKind.FOOTNOTE):
        return
    if block.lines:
        block.start, block.end = block.lines[0][0], block.lines[-1][1]
    elif block.children:
        block.start = block.children[0].start
    if block.kind in BEGINNINGS and (
        mark := BEGINNINGS[block.kind].search(text, _line_start(text, block), block.start)
    ):
        block.start = mark.start()


BEGINNINGS = {
    BlockKind.ITEM: re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?$"),
    BlockKind.ROW: re.compile(r"\|[ \t]*$"),
}
"""What stands before the text of such a block, and belongs to it."""


def _line_start(text: str, block: Block) -> int:
    return text.rfind("\n", 0, block.start) + 1


def _make_callout(text: str, quote: Block) -> None:
    """A quote that begins with ``[!type] title`` is an admonition (GitHub's alerts, Obsidian's callouts)."""
    first = quote.children[0] if quote.children else None
    if first is None or first.kind is not BlockKind.PARAGRAPH:
        return
    match = CALLOUT.match(text, *first.lines[0])
    if match is None:
        return
    quote.kind, quote.info, quote.mark = BlockKind.ADMONITION, match["type"].lower(), match["fold"]
    first.lines = first.lines[1:]
    if first.lines:
        first.start = first.lines[0][0]
    else:
        del quote.children[0]
    if match["title"].strip():
        start, end = match.span("title")
        quote.children.insert(0, Block(BlockKind.TITLE, start, end, lines=((start, end),)))


def _make_task(text: str, item: Block) -> None:
    """An item that begins with ``[ ]`` or ``[x]`` is a task."""
    first = item.children[0] if item.children else None
    if first is None or first.kind is not BlockKind.PARAGRAPH:
        return
    if match := TASK.match(text, *first.lines[0]):
        item.info = match[1].lower()
        first.lines = ((match.end(), first.lines[0][1]), *first.lines[1:])
        first.start = match.end()
