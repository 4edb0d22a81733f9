"""HTML → the plainest Markdown of which this program makes what a reader of the HTML saw."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

from bs4 import Tag

from deckwright.adopt.blocks import blocks_of, inline_nodes
from deckwright.adopt.clean import clean
from deckwright.adopt.markdown import Escaping, as_html, destination, escape, to_line, to_markdown
from deckwright.adopt.pieces import Formula, Piece, Pieces, Sound
from deckwright.adopt.visible_tokens import Token, declarations, visible_tokens
from deckwright.check import check_fields
from deckwright.deck.settings import Settings
from deckwright.grammar import parse_source
from deckwright.grammar.note import NoteKind, SourceFile
from deckwright.grammar.page import LONGEST_NOTE
from deckwright.render import Renderer, RenderError

LISTS = ("ul", "ol")
BETWEEN_LISTS = "<!-- -->"
"""Keeps two lists that follow each other from becoming one."""
DIFFERENT = "it will not look quite as before; compare the two"
TOO_LONG = f"it is longer than {LONGEST_NOTE:,} characters, which a build refuses; split it"


class ConvertedField(NamedTuple):
    """A field as Markdown, how much of it had to stay HTML, and what of it was lost or is not shown as before."""

    text: str
    html_blocks: int = 0
    losses: tuple[str, ...] = ()


@dataclass
class FieldConverter:
    """Turns fields into Markdown; ``media`` is where each media file is, as a path from the note's file."""

    settings: Settings
    media: Mapping[str, str]
    classes: Collection[str] = ()
    renderer: Renderer = field(init=False)

    def __post_init__(self) -> None:
        self.renderer = Renderer(self.settings, {})
        self.names = {path: path for path in self.media.values()}

    def convert(self, field: str, *, is_cloze: bool = False, is_line: bool = False) -> ConvertedField:
        """The Markdown of a field; ``is_line`` where it has to fit into a heading.

        The first of these that shows the same: Markdown with few escapes, Markdown with many, Markdown with the
        blocks that it cannot express as HTML, all as HTML. What none of them shows as before is among the losses.
        """
        pieces = Pieces(field, is_cloze=is_cloze)
        soup, losses = clean(pieces.html, self.classes)
        for shown in soup.find_all(["img", "audio", "video", "source"], src=True):
            shown["src"] = self.path(str(shown["src"]))
        trial = _Trial(self, pieces, "".join(map(as_html, soup.contents)), is_line)
        wanted = trial.tokens_of_field(str(soup), is_cloze=is_cloze)
        if not wanted:
            return ConvertedField("", 0, tuple(losses))
        blocks = blocks_of(soup)
        for text, html_blocks in trial.line(blocks) if is_line else trial.blocks(blocks):
            if trial.tokens_of_text(text, is_cloze=is_cloze) == wanted:
                return ConvertedField(text, html_blocks, tuple(losses))
        why = TOO_LONG if len(text) > LONGEST_NOTE else DIFFERENT
        return ConvertedField(text, html_blocks, (*losses, why))

    def path(self, name: str) -> str:
        """The place of a media file, as a path from the note's file; a name that the package does not hold stays."""
        return self.media.get(name) or self.media.get(unquote(name), name)

    def rendered(self, text: str, *, is_cloze: bool, is_line: bool) -> str | None:
        """The HTML that the program makes of a text; None when the text is more or less than one part of a note."""
        heading, answer = (text, "{{c1::x}}" if is_cloze else "x") if is_line else ("x", text)
        page = parse_source(SourceFile("note.md", f"## {heading} {{#x}}\n\n{answer}\n"))
        if len(page.notes) != 1 or page.stray or page.problems or page.title:
            return None
        note = page.notes[0]
        if note.sections or note.kind is not (NoteKind.CLOZE if is_cloze else NoteKind.BASIC):
            return None
        try:
            made = self.renderer.render_note(note, self.names)
        except RenderError:
            return None
        if check_fields(note, made):
            return None
        names = ("Prompt", "Text") if is_cloze else ("Question", "Answer")
        return str(made.fields[names[0] if is_line else names[1]])


@dataclass
class _Trial:
    """One field, and the ways of writing it."""

    converter: FieldConverter
    pieces: Pieces
    whole: str
    """The field as HTML, with placeholders for its pieces."""
    is_line: bool

    def tokens_of_field(self, part: str, *, is_cloze: bool) -> tuple[Token, ...]:
        """What a reader saw of a field or a part of it, given with placeholders for its pieces."""
        return visible_tokens(self.pieces.put_back(part, self.as_before), is_cloze=is_cloze)

    def tokens_of_text(self, text: str, *, is_cloze: bool) -> tuple[Token, ...] | None:
        """What a reader will see of a text; None when it is more or less than a part of a note."""
        rendered = self.converter.rendered(text, is_cloze=is_cloze, is_line=self.is_line)
        return None if rendered is None else visible_tokens(rendered, is_cloze=is_cloze)

    def line(self, blocks: list[Tag]) -> Iterator[tuple[str, int]]:
        """A field as one line, from plain to safe, each with the number of HTML blocks in it."""
        nodes = inline_nodes(blocks)
        for escaping in Escaping:
            yield self.written(to_line(nodes, escaping, self.picture)), int(escaping is Escaping.HTML)

    def blocks(self, blocks: list[Tag]) -> Iterator[tuple[str, int]]:
        """A field as blocks, from plain to safe, each with the number of HTML blocks in it."""
        for escaping in (Escaping.LIGHT, Escaping.FULL):
            yield self.joined(blocks, [self.block(block, escaping) for block in blocks]), 0
        chosen = [self.chosen(block) for block in blocks]
        yield self.joined(blocks, [text for text, _ in chosen]), sum(is_html for _, is_html in chosen)
        yield self.written(f"<div>{self.whole}</div>"), len(blocks)

    def chosen(self, block: Tag) -> tuple[str, bool]:
        """A block in the plainest way that shows it, and whether that is HTML."""
        is_cloze = any(str(piece).startswith("{{c") for piece in self.pieces.of(str(block)))
        wanted = self.tokens_of_field(str(block), is_cloze=is_cloze)
        for escaping in (Escaping.LIGHT, Escaping.FULL):
            text = self.block(block, escaping)
            if self.tokens_of_text(text, is_cloze=is_cloze) == wanted:
                return text, False
        return self.block(block, Escaping.HTML), True

    def block(self, block: Tag, escaping: Escaping) -> str:
        return self.written(to_markdown(block, escaping, self.picture))

    def joined(self, blocks: list[Tag], texts: list[str]) -> str:
        parts: list[str] = []
        names = [block.name for block in blocks]
        for before, name, text in zip(["", *names], names, texts, strict=False):
            parts += [BETWEEN_LISTS, text] if before in LISTS and name in LISTS else [text]
        return "\n\n".join(filter(None, parts))

    def written(self, text: str) -> str:
        """Markdown or HTML with its pieces put back."""
        return self.pieces.put_back(text, self.piece)

    def piece(self, piece: Piece) -> str:
        """A piece as this program's grammar has it."""
        if isinstance(piece, Formula):
            lines = [line for line in piece.tex.split("\n") if line.strip()]
            tex = (" " if self.is_line else "\n").join(lines)
            return f"$${tex}$$" if piece.is_display else f"${tex}$"
        return f"![]({destination(self.converter.path(piece.file))})" if isinstance(piece, Sound) else piece

    def picture(self, image: Tag) -> str:
        """A picture in Markdown with its size, or as a tag where it has a look of its own."""
        path = str(image["src"])
        size = {name: str(image[name]).removesuffix("px") for name in ("width", "height") if image.get(name)}
        for name, _, value in (each.partition(":") for each in declarations(image)):
            size[name] = value.removesuffix("px")
        if not size.keys() <= {"width", "height"} or not all(value.isdecimal() for value in size.values()):
            return as_html(image)
        attributes = " ".join(f"{name}={value}" for name, value in sorted(size.items(), reverse=True))
        alt = escape(str(image.get("alt", "")), Escaping.LIGHT)
        return f"![{alt}]({destination(path)})" + (f"{{{attributes}}}" if size else "")

    def as_before(self, piece: Piece) -> str:
        """A piece as it is in a field of Anki, a sound under its path."""
        if isinstance(piece, Formula):
            tex = html.escape(piece.tex, quote=False)
            return f"\\[{tex}\\]" if piece.is_display else f"\\({tex}\\)"
        return f"[sound:{html.escape(self.converter.path(piece.file))}]" if isinstance(piece, Sound) else piece
