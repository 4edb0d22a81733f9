"""Leaves: the text of a paragraph, a cell, a heading → HTML.

Each piece is replaced by one private-use character. No parser treats such a character as markup: it goes through
emphasis untouched, two of them cannot overlap, and putting them back is one pass.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import NamedTuple

from deckwright.grammar.block_types import Block
from deckwright.grammar.leaves import Places
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.render.emphasis import SIGNS, find_emphasis
from deckwright.render.pieces import PieceRenderer

FIRST, LAST = 0xF0000, 0xFFFF0
PLACEHOLDER = re.compile(r"([\U000F0000-\U000FFFF0])((?:[，。、；：？！）」』”’…,.;?!)]|(?<!:):(?!:))*)")
"""What stands for a piece, and the punctuation that must not be parted from it."""
BARE_AMPERSAND = re.compile(r"&(?!#?\w+;)")
GLUED = re.compile(r"[^\s<>&;{}\U000F0000-\U000FFFFF]")
ASKS_FOR_MARKDOWN = re.compile(r"\\|&(?=#|[a-zA-Z])|  \n")
"""What Python-Markdown is asked for: escapes, character references, line breaks."""
LINE_BREAK = re.compile(r"[ \t]*\n[ \t]*")
AFTER_BREAK = re.compile(r"(<br ?/?>)\s*\n\s*")
LITERAL_FORMULA = re.compile(r"\\(?=[()\[\]])")
ANKI_TAG = re.compile(r"\[(?=sound:|anki:|latex\]|/latex\]|\$\$?\]|/\$\$?\])")
WIDE = (("\u2e80", "\u30ff"), ("\u3400", "\u4dbf"), ("\u4e00", "\u9fff"), ("\uf900", "\ufaff"), ("\uff00", "\uffef"))
"""First and last of the characters between which no space is set: Chinese and Japanese, with their punctuation."""


class TooManyPiecesError(Exception):
    """A note holds more pieces than there are private-use characters."""


class Held(NamedTuple):
    """What a private-use character stands for: HTML, or a link with the index of its text among the note's."""

    kind: PieceKind
    html: str
    text: int = -1
    """Index of the text of a link; -1 for anything else."""


class Leaves:
    """The texts of all leaves of a note, each known by its index, and what was set aside in them."""

    def __init__(self, pieces: PieceRenderer, footnotes: dict[str, int]) -> None:
        self.pieces = pieces
        self.footnotes = footnotes
        """Name of each footnote → its number: they are numbered as they are first referred to."""
        self.held: list[Held] = []
        self.texts: list[str] = []
        self.rendered: list[str] = []
        self.verbatim: set[int] = set()
        """The texts that are HTML already."""

    def add(self, block: Block) -> int:
        """Add the text of a leaf. Raises TooManyPiecesError."""
        if not block.lines:
            return self.keep("")
        text = self.pieces.source.text
        start, end = block.lines[0][0], block.lines[-1][1]
        if not block.pieces and (len(block.lines) == 1 or end - start == sum(b - a + 1 for a, b in block.lines) - 1):
            return self.keep(text[start:end])
        joined = "\n".join(text[first:last] for first, last in block.lines)
        return self.keep(self.replaced(joined, block.pieces, Places(block.lines)))

    def keep_html(self, block: Block) -> int:
        """Add the text of an HTML block, in which nothing but its pieces means anything."""
        joined_lines = "\n".join(self.pieces.source.text[first:last] for first, last in block.lines)
        text = self.replaced(joined_lines, block.pieces, Places(block.lines))
        self.verbatim.add(self.keep(BARE_AMPERSAND.sub("&amp;", text)))
        return len(self.texts) - 1

    def keep(self, text: str) -> int:
        """Add a text in which pieces are set aside already."""
        self.texts.append(text)
        return len(self.texts) - 1

    def replaced(self, text: str, pieces: Sequence[Piece], places: Places) -> str:
        """A leaf's text with its pieces set aside; the text of a link is a text of its own."""
        frames: list[list[str]] = [[]]
        position, depth = 0, 0
        style = _picture_style(text, pieces, places)
        for piece in pieces:
            start = places.in_leaf(piece.start)
            if start < position:
                continue  # a deletion inside a formula or code
            frames[-1].append(text[position:start])
            position = places.in_leaf(piece.end - 1) + 1
            if piece.kind is PieceKind.LINK:
                frames.append([])
            elif piece.kind is PieceKind.LINK_END:
                inside = "".join(frames.pop()) if len(frames) > 1 else ""
                frames[-1].append(self.put(Held(piece.kind, _link(piece), self.keep(inside))))
            else:
                depth += (piece.kind is PieceKind.CLOZE) - (piece.kind is PieceKind.CLOZE_END and piece.at >= 0)
                held = self.hold(piece, in_deletion=depth > 0)
                if piece.kind is PieceKind.IMAGE and style:
                    held = Held(piece.kind, self.pieces.picture(piece, style))
                frames[-1].append(self.put(held))
        frames[-1].append(text[position:])
        return "".join(part for frame in frames for part in frame)

    def hold(self, piece: Piece, *, in_deletion: bool) -> Held:
        """What stands for a piece."""
        if piece.kind is PieceKind.FOOTNOTE:
            return Held(piece.kind, self.footnote(piece))
        return Held(piece.kind, self.pieces.render(piece, in_deletion=in_deletion))

    def footnote(self, piece: Piece) -> str:
        number = self.footnotes.setdefault(piece.text, len(self.footnotes) + 1)
        name = footnote_name(piece.text, number)
        return f'<sup id="fnref:{name}"><a class="footnote-ref" href="#fn:{name}">{number}</a></sup>'

    def put(self, held: Held) -> str:
        """Keep what was set aside and give the character that stands for it."""
        if FIRST + len(self.held) > LAST:
            raise TooManyPiecesError
        self.held.append(held)
        return chr(FIRST + len(self.held) - 1)

    def render(self) -> None:
        """Render all texts added since the last call; those that need Python-Markdown are one document to it."""
        first = len(self.rendered)
        texts = self.texts[first:]
        asked = [n for n, text in enumerate(texts, first) if n not in self.verbatim and ASKS_FOR_MARKDOWN.search(text)]
        converted = {}
        if asked:
            from deckwright.render.markdown import convert_leaves  # only now: most notes need none of it

            converted = dict(zip(asked, convert_leaves([self.texts[index] for index in asked]), strict=True))
        for index, text in enumerate(texts, first):
            is_html = index in self.verbatim
            rendered = text if is_html else converted[index] if index in converted else emphasized(text)
            self.rendered.append(guarded(rendered) if is_html else without_line_breaks(guarded(rendered)))

    def html(self, index: int) -> str:
        """The HTML of a text that was rendered, with the pieces in it."""
        return self.put_back(self.rendered[index])

    def put_back(self, rendered: str) -> str:
        """Every character replaced by what it stands for."""
        if not self.held:
            return rendered
        parts = PLACEHOLDER.split(rendered)  # text, character, punctuation, text, character, …
        for at in range(1, len(parts), 3):
            kind, content, text = self.held[ord(parts[at]) - FIRST]
            before, after = parts[at - 1], parts[at + 1]
            if text >= 0:
                content = content.replace("\0", self.html(text))
            elif kind is PieceKind.CITATION:
                # A citation is joined to the word before it, and neither it nor a full stop begins a line.
                before = before.removesuffix(" ")
                if (near := GLUED.match(before[-1:])) or after:
                    before = before.removesuffix(near[0]) if near else before
                    content, after = f'<span class="glue">{near[0] if near else ""}{content}{after}</span>', ""
            elif kind is PieceKind.FORMULA and after:
                content, after = f'<span class="glue">{content}{after}</span>', ""
            parts[at - 1 : at + 2] = before, content, after
        return "".join(parts)


def _picture_style(text: str, pieces: Sequence[Piece], places: Places) -> str:
    """The class of the pictures of a leaf: those in a sentence stay in its line."""
    rest, position = "", 0
    for piece in pieces:
        if piece.kind in (PieceKind.IMAGE, PieceKind.COMMENT, PieceKind.CITATION) and piece.start >= position:
            rest += text[position and places.in_leaf(position) : places.in_leaf(piece.start)]
            position = piece.end
    if not position or all(piece.kind is not PieceKind.IMAGE for piece in pieces):
        return ""
    rest += text[places.in_leaf(position - 1) + 1 :]
    return ' class="inline"' if re.search(r"\w", rest) else ""


def _link(piece: Piece) -> str:
    """The HTML of a link, with a zero character for its text; in Anki a link to a note leads nowhere."""
    if piece.info == "wiki" or piece.text.startswith("#"):
        return f'<span class="ref" title="{html.escape(piece.text.removeprefix("#"))}">\0</span>'
    title = f' title="{html.escape(piece.info)}"' if piece.info else ""
    return f'<a href="{html.escape(piece.text)}"{title}>\0</a>'


def footnote_name(name: str, number: int) -> str:
    """What a footnote is called in addresses; one in the text has no name but its number."""
    return f"inline-{number}" if name.startswith("^") else html.escape(name)


def emphasized(text: str) -> str:
    """A text whose only markup is emphasis, as HTML."""
    if not SIGNS.search(text):
        return html.escape(text, quote=False)
    parts, position = [], 0
    for start, end, tag, is_opening in find_emphasis(text):
        parts += [html.escape(text[position:start], quote=False), f"<{'' if is_opening else '/'}{tag}>"]
        position = end
    return "".join([*parts, html.escape(text[position:], quote=False)])


def guarded(text: str) -> str:
    """A leaf's HTML with nothing in its text that Anki would take for its own marks."""
    if "\\" in text:
        text = LITERAL_FORMULA.sub(r"\\<span></span>", text)
    if "[" in text:
        text = ANKI_TAG.sub("&#91;", text)
    return text


def without_line_breaks(text: str) -> str:
    """HTML with each line break as what it shows: a space, or nothing behind ``<br>`` and between wide characters."""
    return LINE_BREAK.sub(_joint, AFTER_BREAK.sub(r"\1", text)) if "\n" in text else text


def _joint(line: re.Match[str]) -> str:
    """What a line break shows: a space, but nothing between wide characters."""
    text, (start, end) = line.string, line.span()
    return "" if _is_wide(text[start - 1 : start]) and _is_wide(text[end : end + 1]) else " "


def _is_wide(sign: str) -> bool:
    return any(first <= sign <= last for first, last in WIDE)
