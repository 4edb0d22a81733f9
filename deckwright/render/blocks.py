"""Blocks → HTML: lists, quotes, tables, code, admonitions, definitions, footnotes, with the HTML of their leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from deckwright.grammar.block_types import Block, BlockKind
from deckwright.grammar.pieces import PieceKind
from deckwright.regex import regex
from deckwright.render.leaves import Leaves, footnote_name, without_line_breaks
from deckwright.render.own_direction import own_direction

BLOCK_TAG = (
    "address|article|aside|blockquote|br|dd|details|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|nav|ol|p|"
    "pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
BEFORE_BLOCK = regex(rf"\s*\n\s*(?=</?(?:{BLOCK_TAG})\b)")
AFTER_BLOCK = regex(rf"(</?(?:{BLOCK_TAG})\b[^<>]*>)\s*\n\s*")
LAST_END = regex(r"\s*</([a-z][a-z0-9]*)>\s*$")
TABLE = regex(r"<table\b.*?</table>", re.DOTALL)
ADMONITIONS: Mapping[str, str] = {
    **dict.fromkeys(("abstract", "summary", "tldr", "info", "todo", "details"), "note"),
    **dict.fromkeys(("hint", "success", "check", "done"), "tip"),
    **dict.fromkeys(("caution", "attention", "failure", "fail", "missing", "danger", "error", "bug"), "caution"),
    **dict.fromkeys(("help", "faq"), "question"),
    "cite": "quote",
}
"""Other tools' types of admonitions → the type that looks like them here."""
DIVISIONS = frozenset(
    """center left right columns column col row grid card cards tabs tab tab-set panel-tabset code-group code-tabs div
    block layout aside incremental nonincremental fragment""".split()
)
"""Other tools' types of ``:::`` that only lay out what is in them: without a title they are no boxes."""

HINT = (
    '<li class="hint"><details><summary class="tappable">{question}</summary>'
    '<div class="hint-text">{hint}</div></details></li>'
)
"""AnkiMobile opens a summary only when it is ``tappable``."""


def hint_pattern(word: str) -> re.Pattern[str]:
    """The text of an item that is a question and its hint in brackets: ``为什么？（提示：…）``, ``Why? (hint: …)``."""
    return re.compile(rf"(.+?)\s*[（(]{word}[：:]\s*(.+?)[）)][。.]?\s*", re.DOTALL)


class BlockRenderer:
    """Renders the blocks of one note: ``read`` all of them, then ``Leaves.render``, then ``write`` each passage."""

    def __init__(self, leaves: Leaves, direction: str = "") -> None:
        self.leaves = leaves
        self.direction = direction
        """That of the card, where some leaf may be written the other way."""
        self.texts: dict[int, int] = {}
        """Identity of each leaf → index of its text."""
        self.definitions: dict[str, Block] = {}
        """The footnotes by name."""
        self.hint: re.Pattern[str] | None = None

    def read(self, blocks: Iterable[Block]) -> None:
        """Take up the text of every leaf of the blocks. Raises TooManyPiecesError."""
        for block in blocks:
            if block.kind is BlockKind.FOOTNOTE:
                self.definitions.setdefault(block.info, block)
            elif block.kind is BlockKind.HTML:
                self.texts[id(block)] = self.leaves.keep_html(block)
            elif block.lines and block.kind is not BlockKind.CODE:
                self.texts[id(block)] = self.leaves.add(block)
            if block.kind is not BlockKind.FOOTNOTE:
                self.read(block.children)

    def write(self, blocks: Iterable[Block], hint: re.Pattern[str] | None = None) -> str:
        """The HTML of blocks that were read and whose texts are rendered.

        With ``hint``, what it finds at the end of a list's item opens on tap.
        """
        self.hint, outer = hint or self.hint, self.hint
        written = "".join(WRITERS[block.kind](self, block) for block in blocks)
        self.hint = outer
        return written

    def text(self, block: Block) -> str:
        """The HTML of a leaf, with its direction where that is not the card's."""
        index = self.texts.get(id(block))
        if index is None:
            return ""
        own = own_direction(self.leaves.texts[index], self.direction) if self.direction else ""
        if not own or any(piece.kind is PieceKind.TAG for piece in block.pieces):
            return self.leaves.html(index)
        return f'<span dir="{own}">{self.leaves.html(index)}</span>'

    def paragraph(self, block: Block) -> str:
        text = self.text(block)
        if not text.strip():
            return ""
        if block.mark == "tight":
            return text
        ends = ""
        while (end := LAST_END.search(text)) and len(re.findall(rf"<{end[1]}\b", text)) < text.count(f"</{end[1]}>"):
            text, ends = text[: end.start()], end[0].strip() + ends  # of elements that began in blocks before this one
        return f"<p>{text}</p>{ends}" if text.strip() else ends

    def quote(self, block: Block) -> str:
        return f"<blockquote>{self.write(block.children)}</blockquote>"

    def heading(self, block: Block) -> str:
        return f"<h{block.info}>{self.text(block)}</h{block.info}>"

    def list(self, block: Block) -> str:
        tag = "ol" if block.info else "ul"
        start = f' start="{block.info}"' if block.info not in ("", "1") else ""
        tasks = ' class="task-list"' if any(item.info for item in block.children) else ""
        return f"<{tag}{tasks}{start}>{self.write(block.children)}</{tag}>"

    def item(self, block: Block) -> str:
        is_one_paragraph = [child.kind for child in block.children] == [BlockKind.PARAGRAPH]
        text = self.leaves.rendered[self.texts[id(block.children[0])]] if self.hint and is_one_paragraph else ""
        if self.hint and (match := self.hint.fullmatch(text)):
            question, hint = map(self.leaves.put_back, match.groups())
            return HINT.format(question=question, hint=hint)
        inside = self.write(block.children)
        if not block.info:
            return f"<li>{inside}</li>"
        box = f'<input type="checkbox" disabled{" checked" if block.info == "x" else ""}/> '
        inside = f"<p>{box}{inside.removeprefix('<p>')}" if inside.startswith("<p>") else box + inside
        return f'<li class="task-list-item">{inside}</li>'

    def table(self, block: Block) -> str:
        head, *body = block.children
        columns = len(head.children)
        rows = "".join(self.row("td", row.children[:columns]) for row in body)
        rows = f"<tbody>{rows}</tbody>" if body else ""
        return f'<div class="table"><table><thead>{self.row("th", head.children)}</thead>{rows}</table></div>'

    def row(self, tag: str, cells: Sequence[Block]) -> str:
        """A row of a table; ``tag`` is that of its cells."""
        parts = []
        for cell in cells:
            style = f' style="text-align: {cell.info};"' if cell.info else ""
            parts.append(f"<{tag}{style}>{self.text(cell)}</{tag}>")
        return f"<tr>{''.join(parts)}</tr>"

    def code(self, block: Block) -> str:
        if block.pieces[0].kind is PieceKind.DISPLAY:
            return f"<p>{self.leaves.pieces.render(block.pieces[0], in_deletion=False)}</p>"
        return self.leaves.pieces.code_block(block.text, block.info)

    def html(self, block: Block) -> str:
        text = self.text(block)
        parts = re.split(r"(<pre\b.*?</pre>)", text, flags=re.DOTALL)
        text = "".join(part if part.startswith("<pre") else joined_around_blocks(part) for part in parts)
        return TABLE.sub(r'<div class="table">\g<0></div>', text.strip())

    def admonition(self, block: Block) -> str:
        """A box with a title; one that is folded opens on tap (``tappable`` is what AnkiMobile needs for that)."""
        kind = block.info.lower()
        style = " ".join(dict.fromkeys(["admonition", kind, ADMONITIONS.get(kind, kind)]))
        titles = [child for child in block.children if child.kind is BlockKind.TITLE]
        title = self.text(titles[0]) if titles else block.info.capitalize()
        inside = self.write(child for child in block.children if child.kind is not BlockKind.TITLE)
        if kind in DIVISIONS and not titles:
            return f"<div>{inside}</div>"
        if block.mark:
            is_open = " open" if block.mark == "+" else ""
            summary = f'<summary class="admonition-title tappable">{title}</summary>'
            return f'<details class="{style}"{is_open}>{summary}{inside}</details>'
        title = f'<p class="admonition-title">{title}</p>' if title else ""
        return f'<div class="{style}">{title}{inside}</div>'

    def terms(self, block: Block) -> str:
        return f"<dl>{self.write(block.children)}</dl>"

    def term(self, block: Block) -> str:
        return f"<dt>{self.text(block)}</dt>"

    def definition(self, block: Block) -> str:
        return f"<dd>{self.write(block.children)}</dd>"

    def rule(self, block: Block) -> str:
        return "<hr />"

    def write_nothing(self, block: Block) -> str:
        return ""

    def footnotes(self) -> str:
        """The footnotes that the note refers to, in the order of their numbers. One may refer to further ones."""
        items: list[str] = []
        written = 0
        while written < len(self.leaves.footnotes):
            name = [*self.leaves.footnotes][written]
            written += 1
            block = self.definitions.get(name)
            self.read(block.children if block else ())
            self.leaves.render()
            items.append(self.footnote(name, written, block.children if block else ()))
        return f'<div class="footnote"><hr /><ol>{"".join(items)}</ol></div>' if items else ""

    def footnote(self, name: str, number: int, blocks: Sequence[Block]) -> str:
        """A footnote with the way back to its mark, at the end of its last paragraph."""
        shown = footnote_name(name, number)
        back = f'&#160;<a class="footnote-backref" href="#fnref:{shown}" title="">↩</a>'
        inside = self.write(blocks)
        if inside.startswith("<") and inside.endswith("</p>"):
            inside = f"{inside.removesuffix('</p>')}{back}</p>"
        elif blocks and blocks[-1].kind is BlockKind.PARAGRAPH:
            inside = f"<p>{inside}{back}</p>"
        else:
            inside = f"{inside}<p>{back}</p>"
        return f'<li id="fn:{shown}">{inside}</li>'


WRITERS: Mapping[BlockKind, Callable[[BlockRenderer, Block], str]] = {
    BlockKind.PARAGRAPH: BlockRenderer.paragraph,
    BlockKind.QUOTE: BlockRenderer.quote,
    BlockKind.HEADING: BlockRenderer.heading,
    BlockKind.LIST: BlockRenderer.list,
    BlockKind.ITEM: BlockRenderer.item,
    BlockKind.TABLE: BlockRenderer.table,
    BlockKind.CODE: BlockRenderer.code,
    BlockKind.HTML: BlockRenderer.html,
    BlockKind.ADMONITION: BlockRenderer.admonition,
    BlockKind.TERMS: BlockRenderer.terms,
    BlockKind.TERM: BlockRenderer.term,
    BlockKind.DEFINITION: BlockRenderer.definition,
    BlockKind.RULE: BlockRenderer.rule,
    BlockKind.FOOTNOTE: BlockRenderer.write_nothing,
    BlockKind.COMMENT: BlockRenderer.write_nothing,
}


def joined_around_blocks(text: str) -> str:
    """HTML without the line breaks that show nothing beside the tags of blocks; the others show a space."""
    return without_line_breaks(AFTER_BLOCK.sub(r"\1", BEFORE_BLOCK.sub("", text))) if "\n" in text else text
