"""Blocks → HTML: lists, quotes, tables, code, admonitions, definitions, footnotes, with the HTML of their leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deckwright.grammar.block_types import Block, BlockKind
from deckwright.grammar.pieces import PieceKind
from deckwright.regex import regex
from deckwright.render.leaves import Leaves, guarded, without_line_breaks
from deckwright.render.own_direction import own_direction
from deckwright.render.pieces import footnote_name

BLOCK_TAG = (
    "address|article|aside|blockquote|br|dd|details|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|nav|ol|p|"
    "pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
# A line break beside the tags of blocks shows nothing, another one shows a space.
BEFORE_BLOCK = regex(rf"\s*\n\s*(?=</?(?:{BLOCK_TAG})\b)")
AFTER_BLOCK = regex(rf"(</?(?:{BLOCK_TAG})\b[^<>]*>)\s*\n\s*")
BARE_AMPERSAND = regex(r"&(?!#?\w+;)")
LAST_END = regex(r"\s*</([a-z][a-z0-9]*)>\s*$")
TAGS = {BlockKind.QUOTE: "blockquote", BlockKind.TERMS: "dl", BlockKind.DEFINITION: "dd"}
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


@dataclass
class BlockRenderer:
    """Renders the blocks of one note, in their order: footnotes are numbered as they are first referred to."""

    leaves: Leaves
    direction: str
    """That of the card, where some leaf may be written the other way."""
    hint: re.Pattern[str] | None = None
    """What it finds at the end of a list's item opens on tap."""

    def write(self, blocks: Iterable[Block]) -> str:
        """The HTML of blocks. Raises TooManyPiecesError."""
        return "".join([self.block(block) for block in blocks])

    def block(self, block: Block) -> str:
        match block.kind:  # the commonest kinds come first
            case BlockKind.PARAGRAPH:
                return self.paragraph(block)
            case BlockKind.ITEM:
                return self.item(block)
            case BlockKind.LIST:
                return self.list(block)
            case BlockKind.CODE:
                return self.code(block)
            case BlockKind.TABLE:
                return self.table(block)
            case BlockKind.ADMONITION:
                return self.admonition(block)
            case BlockKind.HTML:
                return self.html(block)
            case BlockKind.HEADING:
                return f"<h{block.info}>{self.text(block)}</h{block.info}>"
            case BlockKind.QUOTE | BlockKind.TERMS | BlockKind.DEFINITION:
                tag = TAGS[block.kind]
                return f"<{tag}>{self.write(block.children)}</{tag}>"
            case BlockKind.TERM:
                return f"<dt>{self.text(block)}</dt>"
            case BlockKind.RULE:
                return "<hr />"
            case _:
                return ""  # a comment, a footnote, which comes at the end

    def text(self, block: Block) -> str:
        """The HTML of a leaf."""
        text = self.leaves.text(block)
        return self.directed(block, text, self.leaves.html(text))

    def directed(self, block: Block, text: str, shown: str) -> str:
        """The HTML of a leaf, with the direction of its text where that is not the card's."""
        own = own_direction(text, self.direction) if self.direction else ""
        if not own or any(piece.kind is PieceKind.TAG for piece in block.pieces):
            return shown
        return f'<span dir="{own}">{shown}</span>'

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

    def list(self, block: Block) -> str:
        tag = "ol" if block.info else "ul"
        start = f' start="{block.info}"' if block.info not in ("", "1") else ""
        tasks = ' class="task-list"' if any(item.info for item in block.children) else ""
        return f"<{tag}{tasks}{start}>{self.write(block.children)}</{tag}>"

    def item(self, block: Block) -> str:
        is_one_paragraph = [child.kind for child in block.children] == [BlockKind.PARAGRAPH]
        text = self.leaves.rendered(self.leaves.text(block.children[0])) if self.hint and is_one_paragraph else ""
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
        header, *rows = [self.row("th", head, columns), *(self.row("td", row, columns) for row in body)]
        body_rows = f"<tbody>{''.join(rows)}</tbody>" if rows else ""
        return f'<div class="table"><table><thead>{header}</thead>{body_rows}</table></div>'

    def row(self, tag: str, row: Block, columns: int) -> str:
        """A row of a table; ``tag`` is that of its cells."""
        parts = []
        for cell in row.children:
            style = f' style="text-align: {cell.info};"' if cell.info else ""
            parts.append(f"<{tag}{style}>{self.text(cell)}</{tag}>")
        return f"<tr>{''.join(parts[:columns])}</tr>"

    def code(self, block: Block) -> str:
        if block.pieces[0].kind is PieceKind.DISPLAY:
            return f"<p>{self.leaves.pieces.render(block.pieces[0], in_deletion=False)}</p>"
        return self.leaves.pieces.code_block(block.text, block.info)

    def html(self, block: Block) -> str:
        text = BARE_AMPERSAND.sub("&amp;", self.leaves.text(block))
        text = self.directed(block, text, self.leaves.put_back(guarded(text)))
        parts = re.split(r"(<pre\b.*?</pre>)", text, flags=re.DOTALL)
        for index, part in enumerate(parts):
            if not part.startswith("<pre"):  # one that is never closed, too
                parts[index] = without_line_breaks(AFTER_BLOCK.sub(r"\1", BEFORE_BLOCK.sub("", part)))
        return TABLE.sub(r'<div class="table">\g<0></div>', "".join(parts).strip())

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

    def footnotes(self, definitions: Mapping[str, Block]) -> str:
        """The footnotes that the note refers to, in the order of their numbers. One may refer to further ones."""
        self.hint, items = None, list[str]()
        while len(items) < len(self.leaves.pieces.footnotes):
            name = [*self.leaves.pieces.footnotes][len(items)]
            items.append(self.footnote(name, len(items) + 1, definitions[name].children if name in definitions else ()))
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
