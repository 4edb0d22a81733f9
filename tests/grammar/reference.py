"""What markdown-it-py, the reference, makes of a Markdown text, and how its blocks compare with ours."""

from __future__ import annotations

import html.parser
import re
import urllib.parse

from markdown_it import MarkdownIt

from deckwright.deck.settings import Settings
from deckwright.grammar import parse_source
from deckwright.grammar.note import NoteKind, SourceFile
from deckwright.render import Renderer

REFERENCE = MarkdownIt("commonmark").enable("table")
SHOWN = ("href", "src", "start", "alt", "title")
"""The attributes that make a difference to what is shown."""


class _Shape(html.parser.HTMLParser):
    """Tags with their attributes and the text between them; what our look adds (``span``, ``div``) is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("span", "div"):
            shown = {name: urllib.parse.unquote(value) for name, value in attrs if value and name in SHOWN}
            self.parts.append(f"<{tag}{''.join(f' {k}={v}' for k, v in sorted(shown.items()))}>")

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("span", "div"):
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(re.sub(r"\s+", "", data))


def shape(field: str) -> str:
    """The structure of a field: tags, what they show, text without white space."""
    parser = _Shape()
    parser.feed(field)
    parser.close()
    return "".join(parser.parts)


def ours(text: str) -> str | None:
    """The structure that a note's answer has on its card; None when the text is refused, or is no single answer."""
    page = parse_source(SourceFile("a.md", f"## Q {{#q}}\n\n{text}"))
    if page.problems or len(page.notes) != 1:
        return None
    rendered = Renderer(Settings("D", "d"), {}).render_note(page.notes[0])
    if rendered.fields["Details"]:
        return None
    return shape(rendered.fields["Text" if rendered.kind is NoteKind.CLOZE else "Answer"])


def theirs(text: str) -> str:
    """The structure that the reference gives."""
    return shape(REFERENCE.render(text))
