"""The tree of a field → its blocks: paragraphs of lines, lists, tables, code.

Anki's editor tags lines in many ways (``<div>``, ``<br>``, ``<p>``); Markdown knows paragraphs and breaks in them.
"""

from __future__ import annotations

from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement

BLOCKS = frozenset(
    "ul ol blockquote table pre hr h1 h2 h3 h4 h5 h6 dl details figure video audio address center".split()
)
LINES = frozenset("div section article header footer main aside nav".split())
CONTAINERS = ("li", "blockquote", "dd")
LINE_EDGE, PARAGRAPH_EDGE, BREAK = 1, 2, 3
"""What the stream has between nodes; an edge is as many breaks, where there are not as many already."""
MAKER = BeautifulSoup("", "html.parser")


def blocks_of(soup: BeautifulSoup) -> list[Tag]:
    """The blocks of a field in order; one that is text is a ``<p>`` with ``<br>`` between its lines."""
    for container in soup.find_all(CONTAINERS):
        _tidy(container)
    for cell in soup.find_all(["td", "th"]):
        _flatten(cell)
    return _blocks(soup)


def inline_nodes(blocks: list[Tag]) -> list[PageElement]:
    """The blocks as the nodes of one line: a break, or two for a new paragraph, where they meet."""
    nodes: list[PageElement] = []
    for block in blocks:
        if nodes:
            nodes += [_break(), *([_break()] if block.name == "p" else [])]
        nodes += list(block.contents) if block.name == "p" else [block]
    return nodes


def _tidy(container: Tag) -> None:
    """Put the blocks of an item in place of what tagged its lines; its first paragraph has no tag."""
    blocks = _blocks(container)
    container.clear()
    for number, block in enumerate(blocks):
        if number == 0 and block.name == "p" and container.name != "blockquote":
            container.extend(list(block.contents))
        else:
            container.append(block)


def _flatten(cell: Tag) -> None:
    nodes = inline_nodes(_blocks(cell))
    cell.clear()
    cell.extend(nodes)


def _blocks(container: Tag) -> list[Tag]:
    found: list[Tag] = []
    open_: Tag | None = None
    breaks = 0
    for node in list(_stream(container)):
        if isinstance(node, int):
            breaks = min(2, breaks + 1) if node == BREAK else max(breaks, node)
        elif isinstance(node, Tag) and _is_block(node):
            open_, breaks = None, 0
            found.append(node.extract())
        elif open_ is None and not isinstance(node, Tag) and not str(node).strip(" "):
            continue
        else:
            if open_ is None or breaks > 1:
                open_ = MAKER.new_tag("p")
                found.append(open_)
            elif breaks:
                open_.append(_break())
            breaks = 0
            open_.append(node.extract())
    return [block for block in map(_trimmed, found) if block.name != "p" or block.contents]


def _stream(container: Tag) -> Iterator[PageElement | int]:
    """The nodes of a container in order, with breaks and edges between them."""
    for node in list(container.children):
        if isinstance(node, Tag) and node.name == "br":
            yield BREAK
        elif isinstance(node, Tag) and (node.name == "p" or node.name in LINES) and not node.attrs:
            edge = PARAGRAPH_EDGE if node.name == "p" else LINE_EDGE
            yield edge
            yield from _stream(node)
            yield edge
        else:
            yield node


def _is_block(tag: Tag) -> bool:
    """Whether a tag is a block, or a line with a look of its own."""
    return tag.name in BLOCKS or tag.name in LINES or tag.name == "p" or tag.find([*BLOCKS, *LINES, "p"]) is not None


def _trimmed(block: Tag) -> Tag:
    """A paragraph without the white space at its ends."""
    while block.name == "p" and block.contents and isinstance(last := block.contents[-1], NavigableString):
        text = str(last).rstrip(" ")
        last.replace_with(NavigableString(text)) if text else last.extract()
        if text:
            break
    return block


def _break() -> Tag:
    return MAKER.new_tag("br")
