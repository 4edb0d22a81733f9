"""Set aside what Markdown must not see, and put it back as HTML afterwards.

Each piece is replaced by one private-use character. Such a character is a letter to nobody: Markdown carries it
through tables, lists and emphasis untouched, two of them cannot overlap, and putting them back is one pass.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from deckwright.deck.media import is_picture
from deckwright.grammar import tag_attributes
from deckwright.grammar.note import Note, NoteKind, Passage, Piece, PieceKind
from deckwright.render.code import render_code, render_span

ITEM, INDENT, CLOZE, CLOZE_END = PieceKind.ITEM, PieceKind.INDENT, PieceKind.CLOZE, PieceKind.CLOZE_END
"""By names of their own: asking the class for a member is slow, and here it is done for each line of each list."""
FIRST = 0xF0000
LAST = 0xFFFF0
SEPARATOR = "\U000ffff1"
"""Stands between the passages of a note."""
OPENING = "\U000ffff2"
"""Begins a passage that is one line, so that Markdown takes it for nothing but a paragraph."""
PLACEHOLDER = re.compile(r"([\U000F0000-\U000FFFF0])((?:[，。、；：？！）」』”’…,.;?!)]|(?<!:):(?!:))*)")
"""What stands for a piece, and the punctuation that must not be parted from it."""
TEX_COMMENT = re.compile(r"(?<!\\)%[^\n]*\n[ \t]*")
LIKE_DELETION = re.compile(r"\{(?=\{c\d)")
GLUED = re.compile(r"[^\s<>&;{}\U000F0000-\U000FFFFF]")

HARMLESS = frozenset(
    """a abbr address article aside audio b bdi bdo big blockquote br caption center cite code col colgroup dd del
    details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol
    p picture pre q rp rt ruby s samp section small source span strike strong sub summary sup table tbody td tfoot th
    thead time tr track tt u ul var video wbr""".split()
)


class TooManyPiecesError(Exception):
    """A note holds more pieces than there are private-use characters."""


class Aside:
    """The HTML of the pieces of one note, each behind its character."""

    def __init__(self, note: Note, media_names: Mapping[str, str], numbers: dict[str, int]) -> None:
        self.note = note
        self.media_names = media_names
        self.numbers = numbers
        self.pieces: list[tuple[str, PieceKind]] = []

    def put(self, kind: PieceKind, content: str) -> str:
        """Keep ``content`` and give the character that stands for it."""
        if FIRST + len(self.pieces) > LAST:
            raise TooManyPiecesError
        self.pieces.append((content, kind))
        return chr(FIRST + len(self.pieces) - 1)

    def text(self, passage: Passage) -> str:
        """The passage as Markdown with every piece replaced."""
        if not passage.pieces:
            return passage.text
        source, position, parts, depth = passage.source.text, passage.start, [], 0
        for piece in passage.pieces:
            kind, start = piece.kind, piece.start
            if start < position:
                continue
            parts.append(source[position:start])
            position = piece.end
            if kind is ITEM or kind is INDENT:  # the commonest by far
                parts.append(indentation(piece))
                continue
            depth += (kind is CLOZE) - (kind is CLOZE_END and piece.at >= 0)
            parts.append(self.replacement(passage, piece, in_deletion=depth > 0))
        parts.append(source[position : passage.end])
        return "".join(parts)

    def replacement(self, passage: Passage, piece: Piece, *, in_deletion: bool) -> str:
        """What stands for a piece in the Markdown: a character, or text that Markdown may see."""
        kind, source = piece.kind, passage.source.text
        match kind:  # the commonest kinds come first
            case PieceKind.FORMULA | PieceKind.DISPLAY:
                return self.put(kind, render_formula(piece, in_deletion=in_deletion))
            case PieceKind.CITATION:
                return self.put(kind, self.citation(piece))
            case PieceKind.CODE:
                return self.put(kind, self.protect(render_span(_unescaped(passage, piece))))
            case PieceKind.FENCE:
                return self.fence(passage, piece)
            case PieceKind.TAG:
                return self.tag(passage, piece)
            case PieceKind.LINK:
                return self.media_names.get(piece.text, piece.text)
            case PieceKind.AUTOLINK | PieceKind.FOOTNOTE:
                return source[piece.start : piece.end]
            case PieceKind.COMMENT | PieceKind.HEADING:
                return ""
            case _:
                return self.put(kind, self.inline(piece))

    def inline(self, piece: Piece) -> str:
        """The HTML of a piece inside a line."""
        match piece.kind:
            case PieceKind.CLOZE:
                return f"{{{{c{piece.text}::"
            case PieceKind.CLOZE_END:
                return "}}"
            case PieceKind.IMAGE:
                return self.picture(piece)
            case PieceKind.SOUND:
                return f"[sound:{self.media_names.get(piece.text, piece.text)}]"
            case _:
                return html.escape(piece.text, quote=False)

    def fence(self, passage: Passage, piece: Piece) -> str:
        character = self.put(piece.kind, self.protect(render_code(piece.text, piece.info)))
        source = passage.source.text
        begins_line = piece.start == 0 or source[piece.start - 1] == "\n" or bool(piece.quote)
        blank = f"\n{piece.quote}{'    ' * piece.depth}" if begins_line else ""
        return f"{blank}{character}\n{piece.quote}"

    def protect(self, code: str) -> str:
        """Code that Anki must not read: deletions in a cloze note, sounds anywhere.

        In a cloze field the first ``}}`` ends the deletion, in code too; character references are not looked at.
        """
        if self.note.kind is NoteKind.CLOZE:
            code = code.replace("{{", "&#123;&#123;").replace("}}", "&#125;&#125;").replace("::", "&#58;&#58;")
        return code

    def citation(self, piece: Piece) -> str:
        marks = "".join(f"[{self.numbers[key]}]" for key, _ in cited(piece) if key in self.numbers)
        return f'<sup class="cite">{marks}</sup>' if marks else html.escape(f"[{piece.text}]")

    def picture(self, piece: Piece) -> str:
        name = self.media_names.get(piece.text, piece.text)
        if not is_picture(name):
            return f"[sound:{name}]"
        return f'<img src="{html.escape(name)}" alt="{html.escape(" ".join(piece.info.split()))}">'

    def tag(self, passage: Passage, piece: Piece) -> str:
        """A harmless tag as it is, with its media renamed; any other one as text."""
        source = passage.source.text
        if piece.text not in HARMLESS:
            return self.put(PieceKind.ESCAPE, html.escape(source[piece.start : piece.end], quote=False))
        parts, position = [], piece.start
        for name, value, at in tag_attributes(piece):
            if name in ("src", "poster") and value in self.media_names:
                parts += [source[position:at], self.media_names[value]]
                position = at + len(value)
        return "".join([*parts, source[position : piece.end]])

    def put_back(self, rendered: str) -> str:
        """Every character replaced by what it stands for; a block leaves the paragraph it was alone in."""
        if not self.pieces:
            return rendered
        parts = PLACEHOLDER.split(rendered)  # text, character, punctuation, text, character, …
        for at in range(1, len(parts), 3):
            content, kind = self.pieces[ord(parts[at]) - FIRST]
            before, after = parts[at - 1], parts[at + 1]
            if kind is PieceKind.FENCE and before.endswith("<p>") and not after and parts[at + 2].startswith("</p>"):
                before, parts[at + 2] = before.removesuffix("<p>"), parts[at + 2].removeprefix("</p>")
            elif kind is PieceKind.CITATION:
                # A mark stands close to what it proves, and neither it nor a full stop begins a line.
                before = before.removesuffix(" ")
                if (near := GLUED.match(before[-1:])) or after:
                    before = before.removesuffix(near[0]) if near else before
                    content, after = f'<span class="glue">{near[0] if near else ""}{content}{after}</span>', ""
            elif kind is PieceKind.FORMULA and after:
                content, after = f'<span class="glue">{content}{after}</span>', ""
            parts[at - 1 : at + 2] = before, content, after
        return "".join(parts)


def indentation(piece: Piece) -> str:
    """The beginning of a line in a list, as Python-Markdown wants it: four spaces a level."""
    indent = "    " * piece.depth
    return f"{piece.info}{indent}{piece.text} " if piece.kind is ITEM else indent + piece.info


def cited(piece: Piece) -> list[tuple[str, str]]:
    """The keys of a citation, each with its locator: ``@a, §2; @b`` → [("a", "§2"), ("b", "")]."""
    found = []
    for entry in piece.text.split(";"):
        key, _, locator = entry.replace("，", ",").strip().partition(",")
        found.append((key.strip().removeprefix("@"), locator.strip()))
    return found


def render_formula(piece: Piece, *, in_deletion: bool) -> str:
    r"""A formula as ``\(…\)`` or ``\[…\]``, which Anki typesets; the TeX unchanged but for what Anki would misread.

    A line break becomes a space (AnkiDroid's editor makes ``<br>`` of it), a TeX comment goes with its line break. In a
    deletion ``}}`` becomes ``} }``, because the first ``}}`` ends the deletion, and ``::`` becomes ``: :``.
    """
    tex = TEX_COMMENT.sub("", piece.text) if "%" in piece.text else piece.text
    tex = tex.replace("\n", " ")
    if in_deletion:
        tex = re.sub(r"\}(?=\})", "} ", tex)
        tex = re.sub(r":(?=:)", ": ", tex)
    if "{{c" in tex:
        tex = LIKE_DELETION.sub("{ ", tex)
    escaped = html.escape(tex, quote=False)
    return f"\\({escaped}\\)" if piece.kind is PieceKind.FORMULA else f"\\[{escaped}\\]"


def _unescaped(passage: Passage, piece: Piece) -> str:
    r"""The code of a span; in a table's row ``\|`` is a ``|`` that divides no cells, as on GitHub."""
    if "\\|" not in piece.text:
        return piece.text
    source = passage.source.text
    line = source.rfind("\n", 0, piece.start) + 1
    return piece.text.replace("\\|", "|") if source[line : line + 1] == "|" else piece.text
