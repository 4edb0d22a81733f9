"""Code → HTML with Pygments' classes, which the note types' CSS colours under ``.hl``."""

from __future__ import annotations

import html
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

# Pygments is imported when a block is coloured: most runs colour none.

TEXTS_KEPT = 1000
"""Texts of a CSS class whose HTML is kept; names and signs come again and again, comments hardly ever."""


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    from deckwright.render.lexing import hasten

    try:
        return hasten(get_lexer_by_name(language, stripnl=False))
    except ClassNotFound:
        return None


@lru_cache(maxsize=1)
def _formatter() -> HtmlFormatter[str]:
    from pygments.formatters.html import HtmlFormatter

    return HtmlFormatter(nowrap=True)


def _formatted(kind: _TokenType, text: str) -> str:
    """One token as Pygments formats it: here are its tags and escapes learnt."""
    from pygments import format as format_tokens

    return format_tokens([(kind, text)], _formatter()).rstrip("\n")


@lru_cache(maxsize=1)
def _escapes() -> dict[int, str]:
    from pygments.token import Text

    return {ord(sign): _formatted(Text, sign) for sign in "&<>\"'"}


class _Spans(dict[str, str]):
    """The HTML of the texts of one CSS class, each made when it is first asked for; a span ends with its line."""

    def __init__(self, opening: str, closing: str) -> None:
        super().__init__()
        self.opening, self.closing = opening, closing

    def __missing__(self, text: str) -> str:
        if len(self) >= TEXTS_KEPT:
            self.clear()
        lines = text.translate(_escapes()).split("\n")
        self[text] = spans = "\n".join(line and f"{self.opening}{line}{self.closing}" for line in lines)
        return spans


_spans_of_class = lru_cache(maxsize=1024)(_Spans)


@lru_cache(maxsize=1024)
def _spans(kind: _TokenType) -> _Spans:
    opening, _, closing = _formatted(kind, "~").partition("~")
    return _spans_of_class(opening, closing)


def _coloured(code: str, lexer: Lexer) -> str:
    """What ``pygments.highlight`` gives, where neighbours of one class on a line are one span."""
    pieces: list[str] = []
    last: _Spans | None = None
    for kind, text in lexer.get_tokens(code):
        if not text:
            continue
        spans = _spans(kind)
        piece = spans[text]
        if spans is last and pieces[-1].endswith(spans.closing) and piece.startswith(spans.opening):
            pieces[-1] = pieces[-1].removesuffix(spans.closing)
            piece = piece.removeprefix(spans.opening)
        pieces.append(piece)
        last = spans
    return "".join(pieces).rstrip("\n")


def render_code(code: str, language: str) -> str:
    """A fenced block as HTML; a language Pygments does not know gives plain text."""
    name = language.strip("{}. ").lower()
    lexer = _lexer(name) if name else None
    body = _coloured(code, lexer) if lexer else html.escape(code, quote=False)
    label = f' class="language-{html.escape(name)}"' if name else ""
    return f'<pre class="hl"><code{label}>{body}</code></pre>'


def render_span(code: str) -> str:
    """A code span as HTML."""
    return f"<code>{html.escape(code, quote=False)}</code>"
