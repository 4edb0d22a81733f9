"""The HTML of pieces: formulas, code, citations, pictures, sounds, tags."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deckwright.deck.media import is_picture
from deckwright.grammar import cited, tag_text
from deckwright.grammar.inline_tags import ATTRIBUTE
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.grammar.scanner import CORRECT_CLOZE, deletion_end, unescaped
from deckwright.regex import regex
from deckwright.render.code import render_code, without_anki_tags
from deckwright.render.emphasis import with_emphasis

if TYPE_CHECKING:
    from deckwright.grammar.note import SourceFile

WRAP = regex(r"\n[ \t]*")
TEX_COMMENT = regex(r"(?<!\\)%[^\n]*\n[ \t]*")
LIKE_DELETION = regex(r"\{(?=\{c\d)")
HARMLESS = frozenset(
    """a abbr address article aside audio b bdi bdo big blockquote br caption center cite code col colgroup dd del
    details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol
    p picture pre q rb rp rt rtc ruby s samp section small source span strike strong sub summary sup table tbody td
    tfoot th thead time tr track tt u ul var video wbr""".split()
)
ESCAPED = {"}": "&#125;", ":": "&#58;"}
"""What ends a deletion, or begins its hint, where two of them follow each other."""
WITH_ATTRIBUTES = frozenset(
    {PieceKind.IMAGE, PieceKind.TAG, PieceKind.AUTOLINK, PieceKind.LINK_END, PieceKind.FOOTNOTE}
)
"""Pieces with values in which Anki would find the hint or the end of a deletion around them."""
VOID = frozenset("br hr img source track wbr col input".split())
"""Elements that have no end."""


@dataclass
class PieceRenderer:
    """Renders the pieces of one note."""

    source: SourceFile
    media_names: Mapping[str, str]
    """Reference → name in the package."""
    numbers: Mapping[str, int]
    """Key of the bibliography → number on the card."""
    is_cloze: bool
    footnotes: dict[str, int] = field(default_factory=dict)
    """Name of each footnote → its number: they are numbered as they are first referred to."""

    def render(self, piece: Piece, style: str = "", *, in_deletion: bool) -> str:
        """The HTML of a piece inside a line; ``style`` is an attribute of a picture.

        A link has a zero character for its text.
        """
        content = self.html(piece, style, in_deletion=in_deletion)
        return protected(content) if in_deletion and piece.kind in WITH_ATTRIBUTES else content

    def html(self, piece: Piece, style: str, *, in_deletion: bool) -> str:
        match piece.kind:  # the commonest kinds come first
            case PieceKind.FORMULA | PieceKind.DISPLAY:
                return render_formula(piece, in_deletion=in_deletion)
            case PieceKind.CITATION:
                return self.citation(piece)
            case PieceKind.CODE:
                return self.code(f"<code>{without_anki_tags(html.escape(piece.text, quote=False))}</code>")
            case PieceKind.SOUND:
                return f"[sound:{self.media_names.get(piece.text, piece.text)}]"
            case PieceKind.TAG:
                return self.tag(piece)
            case PieceKind.LINK_END:
                return _link(piece)
            case PieceKind.IMAGE:
                return self.picture(piece, style)
            case PieceKind.FOOTNOTE:
                number = self.footnotes.setdefault(piece.text, len(self.footnotes) + 1)
                name = footnote_name(piece.text, number)
                return f'<sup id="fnref:{name}"><a class="footnote-ref" href="#fn:{name}">{number}</a></sup>'
            case PieceKind.AUTOLINK:
                return _address(piece)
            case PieceKind.CLOZE:
                return f"{{{{c{piece.text}::"
            case PieceKind.CLOZE_END:
                return "}}"
            case PieceKind.COMMENT:
                return ""
            case _:
                return ESCAPED.get(piece.text) or html.escape(piece.text, quote=False)

    def code_block(self, code: str, info: str) -> str:
        """A block of code; one with deletions is not coloured, since a colour may end inside one."""
        has_deletion = self.is_cloze and CORRECT_CLOZE.search(code) is not None
        return self.code(render_code(code, info, is_plain=has_deletion))

    def code(self, rendered: str) -> str:
        """Code that Anki must not read, but for the deletions in it."""
        return _code(rendered) if self.is_cloze else rendered

    def citation(self, piece: Piece) -> str:
        """The numbers of the sources that a citation names."""
        marks = "".join(f"[{self.numbers[key]}]" for key, _ in cited(piece) if key in self.numbers)
        return f'<sup class="cite">{marks}</sup>' if marks else html.escape(f"[{piece.text}]")

    def picture(self, piece: Piece, style: str) -> str:
        """A picture with its text, size and ``style``, or the sound or video that a picture's marks name."""
        name = self.media_names.get(piece.text, piece.text)
        if not is_picture(name):
            return f"[sound:{name}]"
        width, _, height = piece.size.partition("x")
        size = "".join(f' {side}="{value}"' for side, value in (("width", width), ("height", height)) if value)
        plain = unescaped(with_emphasis(piece.info, lambda marker: ""))
        alt = without_anki_tags(html.escape(" ".join(plain.split())))
        title = f' title="{html.escape(piece.title)}"' if piece.title else ""
        return f'<img src="{html.escape(name)}" alt="{alt}"{title}{size}{style}>'

    def tag(self, piece: Piece) -> str:
        """A harmless tag as it is, with its media renamed; any other one as text."""
        if piece.text not in HARMLESS:
            return html.escape(tag_text(piece, self.source.text), quote=False)
        renamed = piece._replace(info=ATTRIBUTE.sub(self.attribute, piece.info))
        return tag_text(renamed, self.source.text).replace("\n", " ")

    def attribute(self, match: re.Match[str]) -> str:
        """An attribute of a tag, with the name of a media file in the package."""
        value = match.lastindex or 1
        name = self.media_names.get(html.unescape(match[value]))
        if value == 1 or not name or match[1].lower() not in ("src", "poster"):
            return match[0]
        start, end = match.start(), match.end()
        return match.string[start : match.start(value)] + name + match.string[match.end(value) : end]


def protected(code: str) -> str:
    """HTML in which Anki finds neither the beginning, the hint nor the end of a deletion."""
    return code.replace("{{", "&#123;&#123;").replace("}}", "&#125;&#125;").replace("::", "&#58;&#58;")


def _link(piece: Piece) -> str:
    """The HTML of a link, with a zero character for its text; in Anki a link to a note leads nowhere."""
    if piece.info == "wiki" or piece.text.startswith("#"):
        return f'<span class="ref" title="{html.escape(piece.text.removeprefix("#"))}">\0</span>'
    title = f' title="{html.escape(piece.info)}"' if piece.info else ""
    return f'<a href="{html.escape(piece.text)}"{title}>\0</a>'


def footnote_name(name: str, number: int) -> str:
    """What a footnote is called in addresses; one in the text has no name but its number."""
    return f"inline-{number}" if name.startswith("^") else html.escape(name)


def _address(piece: Piece) -> str:
    shown = html.escape(piece.text, quote=False)
    address = html.escape(piece.text)
    if "@" in address and "://" not in address and not address.startswith("mailto:"):
        address = f"mailto:{address}"
    elif address.startswith("www."):
        address = f"https://{address}"
    return f'<a href="{address}">{shown}</a>'


def render_formula(piece: Piece, *, in_deletion: bool) -> str:
    r"""A formula as ``\(…\)`` or ``\[…\]``, which Anki typesets; the TeX unchanged but for what Anki would misread.

    A line break becomes a space (AnkiDroid's editor makes ``<br>`` of it), in a sentence together with what indents the
    next line, so that text may be wrapped anew; a TeX comment goes with its line break. In a
    deletion, around the formula or inside it, ``}}`` becomes ``} }``, because the first ``}}`` ends the deletion, and
    ``::`` becomes ``: :``.
    """
    tex = TEX_COMMENT.sub("", piece.text) if "%" in piece.text else piece.text
    tex = WRAP.sub(" ", tex) if piece.kind is PieceKind.FORMULA else tex.replace("\n", " ")
    if in_deletion or "{{c" in tex:
        tex = _tex(tex, in_deletion=in_deletion)
    escaped = html.escape(tex, quote=False)
    return f"\\({escaped}\\)" if piece.kind is PieceKind.FORMULA else f"\\[{escaped}\\]"


def _parted(tex: str) -> str:
    tex = re.sub(r"\}(?=\})", "} ", tex)
    return re.sub(r":(?=:)", ": ", tex)


def _tex(tex: str, *, in_deletion: bool) -> str:
    """TeX in which Anki finds its deletions, each of which ends where its braces do, and nothing else."""

    def outside(part: str) -> str:
        part = LIKE_DELETION.sub("{ ", part)
        return _parted(part) if in_deletion else part

    return _with_deletions(tex, outside, _hidden_tex)


def _hidden_tex(tex: str) -> str:
    """What a deletion in TeX hides, and its hint; a brace at the end of either would be part of what ends it."""
    hidden, hint = _split_hint(tex)
    hidden = _tex(hidden, in_deletion=True)
    hidden += " " * (hidden.endswith("}") and not hidden.endswith("}}"))
    return f"{hidden}::{_parted(hint)}{' ' * hint.endswith('}')}" if hint else hidden


def _split_hint(hidden: str) -> tuple[str, str]:
    """What a deletion hides and its hint: what follows the first ``::`` that is in no deletion inside it."""
    at = 0
    while (mark := hidden.find("::", at)) >= 0:
        inner = CORRECT_CLOZE.search(hidden, at)
        closing = deletion_end(hidden, inner.end(), len(hidden)) if inner and inner.start() < mark else None
        if closing is None:
            return hidden[:mark], hidden[mark + 2 :]
        at = closing + 2
    return hidden, ""


def _code(rendered: str, *, in_deletion: bool = False) -> str:
    """Code in which Anki finds its deletions and nothing else.

    In a cloze field the first ``}}`` ends the deletion, in code too; character references are not looked at.
    """

    def outside(part: str) -> str:
        part = protected(part)
        return part.replace("}", "&#125;") if in_deletion else part

    return _with_deletions(rendered, outside, lambda hidden: _code(hidden, in_deletion=True))


def _with_deletions(text: str, outside: Callable[[str], str], inside: Callable[[str], str]) -> str:
    """A text with its deletions: what is outside of them and what is inside goes through the functions."""
    parts, at = list[str](), 0
    while opening := CORRECT_CLOZE.search(text, at):
        closing = deletion_end(text, opening.end(), len(text))
        if closing is None:
            break
        parts += [outside(text[at : opening.start()]), opening[0], inside(text[opening.end() : closing]), "}}"]
        at = closing + 2
    return "".join([*parts, outside(text[at:])])
