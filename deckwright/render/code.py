"""Code → HTML with Pygments' classes, which the note types' CSS colours under ``.hl``."""

from __future__ import annotations

import html
from functools import lru_cache
from typing import TYPE_CHECKING

from deckwright.regex import regex

if TYPE_CHECKING:
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexer import Lexer

# Pygments is imported when a block is coloured: most runs colour none.

FENCE_LANGUAGE = regex(r"\{?[ \t]*\.?([^\s{},:=]+)")
"""The language in the info string of a fence: ``js{1,3}``, ``{.python .numberLines}``, ``python=101``."""


ANKI_TAG = regex(r"\[(?=sound:|anki:|latex\]|/latex\]|\$\$?\]|/\$\$?\])")


def without_anki_tags(text: str) -> str:
    """HTML with nothing in it that Anki would take for a sound, for speech or for LaTeX, wherever it is."""
    return ANKI_TAG.sub("&#91;", text) if "[" in text else text


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=1)
def _formatter() -> HtmlFormatter[str]:
    from pygments.formatters.html import HtmlFormatter

    return HtmlFormatter(nowrap=True)


def language_of(info: str) -> str:
    """The name of the language in the info string of a fence, in lower case; empty without one."""
    match = FENCE_LANGUAGE.match(info)
    return match[1].lower() if match else ""


def render_code(code: str, info: str, *, is_plain: bool = False) -> str:
    """A fenced block as HTML; without colours when the language is not known, or when it is to be ``plain``.

    White space at the end of a line, which nobody sees, is left out: editors that remove it change no card.
    """
    code = "\n".join(line.rstrip(" \t") for line in code.split("\n"))
    name = language_of(info)
    if lexer := _lexer(name) if name and not is_plain else None:
        from pygments import highlight

        body = highlight(code, lexer, _formatter()).rstrip("\n")
    else:
        body = html.escape(code, quote=False)
    label = f' class="language-{html.escape(name)}"' if name else ""
    return f'<pre class="hl"><code{label}>{without_anki_tags(body)}</code></pre>'
