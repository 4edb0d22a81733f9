"""Rules about HTML: what has no place on a card, what would vanish, what is not closed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from deckwright.check.rules import Finding, note_rule
from deckwright.check.views import NoteView
from deckwright.grammar import tag_text
from deckwright.grammar.note import Passage
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.problems import Severity
from deckwright.regex import regex
from deckwright.render import HARMLESS, VOID

DANGEROUS = frozenset(
    """applet base body button canvas dialog embed fieldset form frame frameset head html iframe input link math meta
    noscript object optgroup option param plaintext portal script select slot style svg template textarea title
    xmp""".split()
)
ATTRIBUTES = frozenset(
    """align alt border cellpadding cellspacing cite class color colspan controls data-align datetime dir face height
    href id lang loop markdown muted name open poster preload rel role rowspan scope size span src start style target
    title type valign value width""".split()
)
"""What a harmless tag may carry; anything else could fetch, run or track something."""
UNSAFE_STYLE = regex(
    r"(?<![\w-])(?!(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|calc|var|min|max|clamp|[a-z-]*gradient)\()[\w-]+\("
    r"|(?<![\w-])position\s*:|[\\@]|/\*",
    re.IGNORECASE,
)
"""Functions but for those that give a colour or a length could fetch something; so could what is hidden in escapes."""
WHITE_SPACE = regex(r"[\s\x00-\x20]")
RUN = frozenset("javascript vbscript data file about blob chrome content intent jar smb view-source".split())
"""Schemes of addresses that run something or open files; so do those of Windows that begin with ``ms-``."""


@note_rule(Severity.ERROR)
def check_dangerous_html(view: NoteView) -> Iterator[Finding]:
    """Cards hold no scripts, frames, forms, event handlers or addresses that run something.

    Bad:  <script>…</script>, <img src=x.png onerror=…>, [x](javascript:…)
    Good: <details>, <kbd>, <sub>
    """
    for piece, attributes in view.tags:
        if piece.text in DANGEROUS:
            remedy = "save it as a file and show it as a picture" if piece.text == "svg" else "take it out"
            yield piece.start, f"<{piece.text}> has no place on a card; {remedy}"
        for name, value, _at in attributes:
            if name.startswith("on") or name in ("srcdoc", "formaction"):
                yield piece.start, f"the attribute `{name}` runs a program; take it out"
            elif name in ("href", "src", "action", "data", "poster") and runs(value):
                yield piece.start, _why_not_opened(value)
            elif name == "style" and UNSAFE_STYLE.search(value):
                yield piece.start, "this style fetches a file or leaves its place; take it out"
            elif piece.text not in HARMLESS or name in ATTRIBUTES:
                continue
            elif not value and _follows_word(view, piece):
                shown = " ".join(tag_text(piece, view.source.text).split())
                yield piece.start, f"`{shown[:40]}` would be taken for a tag and not be shown; put it into backticks"
                break
            elif not name.startswith(("aria-", "data-")):
                yield piece.start, f"the attribute `{name}` has no place on a card; take it out"
    for piece in view.of(PieceKind.LINK):
        if runs(piece.text):
            yield piece.at, _why_not_opened(piece.text)


def _why_not_opened(address: str) -> str:
    """Say what is wrong with an address that runs something, or opens a file."""
    if _scheme(address) == "file":
        return f"`{address[:40]}` is a file on one computer, and leads nowhere on others; take the link out"
    return f"the address `{address[:40]}` runs something; take it out"


def _follows_word(view: NoteView, piece: Piece) -> bool:
    """Whether a tag is right after a letter or digit, as a comparison does (``a<b and c>d``)."""
    return view.source.text[piece.start - 1 : piece.start].isalnum()


def runs(address: str) -> bool:
    """Whether an address runs something, or opens a file."""
    scheme = _scheme(address)
    return scheme in RUN or scheme.startswith(("ms-", "search-"))


def _scheme(address: str) -> str:
    """What is before the first colon of an address; empty without one."""
    scheme, mark, _ = WHITE_SPACE.sub("", html.unescape(address)).lower().partition(":")
    return scheme if mark else ""


@note_rule(Severity.ERROR)
def check_vanishing_html(view: NoteView) -> Iterator[Finding]:
    """What looks like a tag but is not one would vanish from a page: List<T> becomes List.

    Bad:  List<T>, <unk>
    Good: `List<T>`, &lt;unk&gt;
    """
    for piece in view.of(PieceKind.TAG):
        if piece.text not in HARMLESS and piece.text not in DANGEROUS:
            shown = " ".join(tag_text(piece, view.source.text).split())
            fault = "is not a tag of cards and would not be shown; put it into backticks, or remove it"
            yield piece.start, f"`{shown[:40]}` {fault}"


@note_rule(Severity.ERROR)
def check_unclosed_tag(view: NoteView) -> Iterator[Finding]:
    """An HTML tag is closed in the part of the note in which it is opened; <s> is a strike-through, not a token.

    Bad:  the token <s> begins a sentence
    Good: the token `<s>` begins a sentence
    """
    for passage in view.note.passages:
        yield from _unclosed(passage)


def _unclosed(passage: Passage) -> Iterator[Finding]:
    open_: list[Piece] = []
    told: list[str] = []
    for piece in passage.of(PieceKind.TAG):
        name = piece.text
        if name in VOID and passage.source.text.startswith("</", piece.start):
            yield piece.start, f"`</{name}>` closes nothing; {'write `<br>`' if name == 'br' else 'remove it'}"
        if name not in HARMLESS or name in VOID or piece.info.rstrip().endswith("/"):
            continue
        if not passage.source.text.startswith("</", piece.start):
            open_.append(piece)
        elif any(each.text == name for each in open_):
            while (last := open_.pop()).text != name:
                told.append(last.text)
                yield last.start, f"<{last.text}> is still open where </{name}> comes; close it before that"
        elif name in told:
            told.remove(name)
        else:
            yield piece.start, f"</{name}> closes no open <{name}>; remove it, or put it into backticks"
    for piece in open_:
        yield piece.start, f"<{piece.text}> is never closed; close it, or put it into backticks"
