"""Blocks: the tree of quotes, lists, tables, code and paragraphs that a file is made of, each with its place.

markdown-it-py parses them, so they are what CommonMark 0.31 and GFM say, and what GitHub shows: nothing later looks for
blocks again.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from deckwright.grammar.block_rules import CALLOUT, block_parser
from deckwright.grammar.block_types import Block, BlockKind, Blocks, Reference, Stretch
from deckwright.regex import regex

TASK = regex(r"\[([ xX])\](?:[ \t]+|$)")
LEAVES = {
    "fence": BlockKind.CODE,
    "code_block": BlockKind.CODE,
    "html_block": BlockKind.HTML,
    "hr": BlockKind.RULE,
    "comment": BlockKind.COMMENT,
    "heading": BlockKind.HEADING,
    "title": BlockKind.TITLE,
}
CONTAINERS = {
    "blockquote_open": BlockKind.QUOTE,
    "bullet_list_open": BlockKind.LIST,
    "ordered_list_open": BlockKind.LIST,
    "list_item_open": BlockKind.ITEM,
    "admonition_open": BlockKind.ADMONITION,
    "footnote_reference_open": BlockKind.FOOTNOTE,
    "dl_open": BlockKind.TERMS,
    "dt_open": BlockKind.TERM,
    "dd_open": BlockKind.DEFINITION,
}
"""The token of a leaf, and the one that begins a container, → the kind of block."""


def parse_blocks(text: str, start: int = 0) -> Blocks:
    """Parse the blocks of a text from offset ``start`` (a line's beginning) on. Any text gives blocks."""
    parser = block_parser()
    environment: dict[str, dict[str, dict[str, Any]]] = {}
    tokens: list[Token] = []
    # The stock rules take a last line without an end for a different one: an open fence would count as closed.
    whole = text if text.endswith("\n") else f"{text}\n"
    state = StateBlock(whole, parser, environment, tokens)
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


def _tree(text: str, edges: Sequence[int], tokens: Sequence[Token]) -> list[Block]:
    root = Block(BlockKind.QUOTE, 0, len(text))
    open_ = [root]
    last: Token | None = None
    for token in tokens:
        name = token.type
        if name == "paragraph_open":
            if token is not last:  # one of the three that are the same
                open_[-1].children.append(_paragraph_block(token))
            last = token
        elif name == "inline":
            open_[-1].lines = (_whole_line(text, edges, token),)
        elif token.nesting < 0:
            _close(text, open_.pop())
        elif token.nesting > 0:
            block = _block(CONTAINERS[name], edges, token)
            open_[-1].children.append(block)
            open_.append(block)
        else:
            open_[-1].children.append(
                _table_block(text, token) if name == "table" else _block(LEAVES[name], edges, token)
            )
    return root.children


def _paragraph_block(token: Token) -> Block:
    """The commonest block by far, made without looking at what others may be."""
    lines = tuple(token.meta["lines"])
    return Block(BlockKind.PARAGRAPH, lines[0][0], lines[-1][1], lines=lines, mark="tight" if token.hidden else "")


def _table_block(text: str, token: Token) -> Block:
    rows = [_row_block(text, cells) for cells in token.meta["rows"]]
    return Block(BlockKind.TABLE, rows[0].start, rows[-1].end, rows)


def _whole_line(text: str, edges: Sequence[int], token: Token) -> Stretch:
    """Where the text of a token of the stock rules is, which is that of one line."""
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
    elif kind is BlockKind.ADMONITION:
        block.info, block.mark, block.text = meta["type"], meta["fold"], "" if meta["is_whole"] else "open"
    elif meta:
        block.info, block.mark = str(meta.get("level") or ""), str(meta.get("mark") or "")
    if "underline" in meta:
        block.end = meta["underline"]
    if block.lines and kind is not BlockKind.HEADING:
        block.start = block.lines[0][0]
    return block


def _row_block(text: str, cells: Sequence[tuple[Stretch, str]]) -> Block:
    children = [Block(BlockKind.CELL, *cell, lines=(cell,), info=alignment) for cell, alignment in cells]
    row = Block(BlockKind.ROW, children[0].start, children[-1].end, children)
    if mark := FIRST_BAR.search(text, _line_start(text, row), row.start):
        row.start = mark.start()
    return row


def _close(text: str, block: Block) -> None:
    """Finish a block whose children are all known."""
    if block.kind is BlockKind.QUOTE:
        _make_callout(text, block)
    elif block.kind is BlockKind.ITEM:
        _make_task(text, block)
    if block.kind is BlockKind.FOOTNOTE or block.kind is BlockKind.ADMONITION:
        return
    if block.lines:
        block.start, block.end = block.lines[0][0], block.lines[-1][1]
    elif block.children:
        block.start = block.children[0].start
    if block.kind is BlockKind.ITEM and (mark := FIRST_MARK.search(text, _line_start(text, block), block.start)):
        block.start = mark.start()


FIRST_MARK = regex(r"(?:[-*+]|[0-9]{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?$")
FIRST_BAR = regex(r"\|[ \t]*$")
"""What is before the text of an item, and of a row."""


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
    quote.kind, quote.info, quote.mark = BlockKind.ADMONITION, (match["type"] or "note").lower(), match["fold"]
    first.lines = first.lines[1:]
    if first.lines:
        first.start = first.lines[0][0]
    else:
        del quote.children[0]
    title = "own" if match["own"] else "title"
    if match[title].strip():
        start, end = match.span(title)
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
