"""Leaves: the text of a paragraph, a cell, a heading → HTML.

Each piece is replaced by one private-use character. No parser treats such a character as markup: it goes through
emphasis untouched, two of them cannot overlap, and putting them back is one pass.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from deckwright.grammar.block_types import Block
from deckwright.grammar.pieces import PieceKind
from deckwright.regex import regex
from deckwright.render.code import without_anki_tags
from deckwright.render.emphasis import Marker, with_emphasis
from deckwright.render.pieces import PieceRenderer

FIRST, LAST = 0xF0000, 0xFFFF0
PLACEHOLDER = regex(r"([\U000F0000-\U000FFFF0])((?:[，。、；：？！）」』”’…,.;?!)]|(?<!:):(?!:))*)")
"""What stands for a piece, and the punctuation that must not be parted from it."""
GLUED = regex(r"[^\s<>&;{}\U000F0000-\U000FFFFF]")
ASKS_FOR_MARKDOWN = regex(r"\\|&(?=#|[a-zA-Z])|  \n")
"""What Python-Markdown is asked for: escapes, character references, line breaks."""
LINE_BREAK = regex(r"[ \t]*\n[ \t]*")
WIDE = r"[\u2e80-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]"
"""A character between which and another such no space is set: Chinese and Japanese, with their punctuation."""
WIDE_BREAK = regex(rf"(?<={WIDE})[ \t]*\n[ \t]*(?={WIDE})")
AFTER_BREAK = regex(r"(<br ?/?>)\s*\n\s*")
LITERAL_FORMULA = regex(r"\\(?=[()\[\]])")
WORD = regex(r"\w")
LINE_TAGS = frozenset({"br", "center", "div", "figcaption", "figure", "p"})
"""Tags that begin a line."""
LINE_END = "\v"
"""Stands for such a tag in the text around a picture."""
WITHOUT_TEXT = frozenset(
    {
        *(PieceKind.IMAGE, PieceKind.COMMENT, PieceKind.CITATION, PieceKind.FOOTNOTE, PieceKind.TAG),
        *(PieceKind.CLOZE, PieceKind.CLOZE_END, PieceKind.LINK, PieceKind.LINK_END),
    }
)
"""Pieces beside which a picture is alone in its line."""


class TooManyPiecesError(Exception):
    """A note holds more pieces than there are private-use characters."""


@dataclass
class Leaves:
    """Renders the leaves of one note, and knows what was set aside in them."""

    pieces: PieceRenderer
    held: list[tuple[PieceKind | None, str]] = field(default_factory=list)
    """What each private-use character stands for, as HTML; a tag of emphasis is of no kind."""
    tags: dict[str, str] = field(default_factory=dict)
    """Tag of emphasis → the character that stands for it."""

    def text(self, block: Block) -> str:
        """The text of a leaf with its pieces set aside, that of a link with it. Raises TooManyPiecesError."""
        text, depth = self.pieces.source.text, 0
        if not block.pieces:
            return block.part(text, block.lines[0][0], block.lines[-1][1]) if block.lines else ""
        frames: list[list[str]] = [[]]
        styles = _picture_styles(text, block)
        for before, piece in block.parts(text):
            frames[-1].append(before)
            if piece is None:
                break
            if piece.kind is PieceKind.LINK:
                frames.append([])
                continue
            depth += (piece.kind is PieceKind.CLOZE) - (piece.kind is PieceKind.CLOZE_END and piece.at >= 0)
            content = self.pieces.render(piece, styles.get(piece.start, ""), in_deletion=depth > 0)
            if piece.kind is PieceKind.LINK_END:
                inside = "".join(frames.pop()) if len(frames) > 1 else ""
                content = content.replace("\0", self.html(inside))
            frames[-1].append(self.put(piece.kind, content))
        return "".join(part for frame in frames for part in frame)

    def put(self, kind: PieceKind | None, content: str) -> str:
        """Set HTML aside and give the character that stands for it."""
        if FIRST + len(self.held) > LAST:
            raise TooManyPiecesError
        self.held.append((kind, content))
        return chr(FIRST + len(self.held) - 1)

    def html(self, text: str) -> str:
        """The HTML of a text in which pieces are set aside."""
        return self.put_back(self.rendered(text))

    def rendered(self, text: str) -> str:
        """The HTML of a text, in which pieces are set aside still, and the tags of its emphasis."""
        text = with_emphasis(text, self.tag)
        if ASKS_FOR_MARKDOWN.search(text):
            from deckwright.render.markdown import convert_leaf  # only now: most notes need none of it

            text = convert_leaf(text)
        else:
            text = html.escape(text, quote=False)
        return without_line_breaks(guarded(text))

    def tag(self, marker: Marker) -> str:
        """The character that stands for a tag of emphasis."""
        name = f"<{'' if marker.is_opening else '/'}{marker.tag}>"
        if name not in self.tags:
            self.tags[name] = self.put(None, name)
        return self.tags[name]

    def put_back(self, rendered: str) -> str:
        """Every character replaced by what it stands for."""
        if not self.held:
            return rendered
        parts = PLACEHOLDER.split(rendered)  # text, character, punctuation, text, character, …
        for at in range(1, len(parts), 3):
            kind, content = self.held[ord(parts[at]) - FIRST]
            before, after = parts[at - 1], parts[at + 1]
            if kind is PieceKind.CITATION:
                # A citation is joined to the word before it, and neither it nor a full stop begins a line.
                before = before.removesuffix(" ")
                if (near := GLUED.match(before[-1:])) or after:
                    before = before.removesuffix(near[0]) if near else before
                    content, after = f'<span class="glue">{near[0] if near else ""}{content}{after}</span>', ""
            elif kind is PieceKind.FORMULA and after:
                content, after = f'<span class="glue">{content}{after}</span>', ""
            elif kind is None:
                parts[at + 2], after = after + parts[at + 2], ""
            parts[at - 1 : at + 2] = before, content, after
        return "".join(parts)


def _picture_styles(text: str, block: Block) -> dict[int, str]:
    """The attribute of each picture that stays in its line, by its offset: those with text beside them.

    One that is alone on the first or the last line of its paragraph has a caption, or is what the text is about.
    """
    if all(piece.kind is not PieceKind.IMAGE for piece in block.pieces):
        return {}
    shown, pictures = "", list[tuple[int, int]]()
    for before, piece in block.parts(text):
        shown += before
        if piece is None:
            break
        if piece.kind is PieceKind.IMAGE:
            pictures.append((piece.start, len(shown)))
        elif piece.kind is PieceKind.TAG and piece.text in LINE_TAGS:
            shown += LINE_END
        elif piece.kind not in WITHOUT_TEXT:
            shown += "x"
    return {at: _picture_style(shown[:place], shown[place:]) for at, place in pictures}


def _picture_style(before: str, after: str) -> str:
    """The attribute of a picture between two parts of a text; it is small between words of one line only.

    In Obsidian a line of the file is one on the screen: a picture alone on it is no icon in a sentence.
    """
    line = re.split(rf"[\n{LINE_END}]", before)[-1] + " " + re.split(rf"[\n{LINE_END}]", after)[0]
    if not WORD.search(line):
        return ' class="inline full"' if WORD.search(before) and WORD.search(after) else ""
    is_between = WORD.search(before.rpartition(LINE_END)[2]) and WORD.search(after.partition(LINE_END)[0])
    return ' class="inline"' if is_between else ' class="inline full"'


def guarded(text: str) -> str:
    """A leaf's HTML with nothing in its text that Anki would take for its own marks."""
    if "\\" in text:
        text = LITERAL_FORMULA.sub(r"\\<span></span>", text)
    return without_anki_tags(text)


def without_line_breaks(text: str) -> str:
    """HTML with each line break as what it shows: a space, or nothing after ``<br>`` and between wide characters."""
    return LINE_BREAK.sub(" ", WIDE_BREAK.sub("", AFTER_BREAK.sub(r"\1", text))) if "\n" in text else text
