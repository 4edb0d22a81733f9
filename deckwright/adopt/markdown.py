"""The blocks of a field → Markdown, as far as Markdown can express it; HTML that no Markdown is read in."""

from __future__ import annotations

import enum
import html
import re
from collections.abc import Callable
from functools import partialmethod

from bs4 import Tag
from bs4.element import NavigableString, PageElement
from markdownify import ATX, MarkdownConverter

from deckwright.regex import regex
from deckwright.render import VOID

KEPT_INLINE = "u ins mark small big span font ruby rt rp q cite dfn samp var abbr kbd sub sup bdi bdo wbr".split()
"""Tags that Markdown has no sign for: they stay, with Markdown in them."""
ENTITY = regex(r"&(?=#?\w+;)")
LIKELY_MARKUP = regex(
    r"(?P<sign>\\(?=[!-/:-@\[-`{-~])|`|\$|<(?=[A-Za-z/!?])|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])"
    r"|~(?=~)|(?<=~)~|=(?==)|(?<==)=|%(?=%)|(?<=%)%|!(?=\[))"
    r"|(?P<bracket>\[(?=[\[@^]|sound:|[^\[\]]*\][(\[:])|(?<=\[)\[|\{(?=\{|c\d+::|\s*[#.:＃])|(?<=\{)\{|\}(?=\})|(?<=\})\})"
)
"""Characters that Markdown would read as markup where they are. Brackets are written as character references, for a
backslash before them may begin a formula."""
PUNCTUATION = regex(r"[!-/:-@\[-`{-~]")
REFERENCED = frozenset("\\[](){}<>&$`\"'")
"""Punctuation that may mean something even after a backslash."""
READ_IN_HTML = regex(r"[\\`*_\[\]{}$<>&|^]|~(?=~)|(?<=~)~|=(?==)|(?<==)=|%(?=%)|(?<=%)%")
LAST_SPACE = regex(r"^( ?)(.*?)( ?)$", re.DOTALL)


class Escaping(enum.IntEnum):
    """How much is done so that plain text is not read as markup."""

    LIGHT = 0
    """Signs are escaped where they would usually be read as markup."""
    FULL = 1
    """Every sign is escaped, and emphasis is tagged."""
    HTML = 2
    """No Markdown at all."""


class _Converter(MarkdownConverter):
    """markdownify, for the grammar of this program."""

    class Options:
        bullets = "-"
        heading_style = ATX
        autolinks = False
        sub_symbol = "<sub>"
        sup_symbol = "<sup>"
        keep_inline_images_in = ("td", "th", "p")

    def __init__(self, escaping: Escaping, write_picture: Callable[[Tag], str], *, is_line: bool) -> None:
        super().__init__()
        self.escaping, self.write_picture, self.is_line = escaping, write_picture, is_line

    def markdown(self, tag: Tag) -> str:
        """A tag with all that is in it."""
        return str(self.process_tag(tag))  # type: ignore[attr-defined] # its stub leaves that out

    def escape(self, text: str, parent_tags: set[str]) -> str:
        escaped = escape(text, self.escaping)
        if {"td", "th"} & parent_tags and self.escaping is Escaping.LIGHT:
            escaped = escaped.replace("|", "\\|")
        return escaped.replace("\xa0", "&nbsp;")

    def convert_br(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return "<br>" if self.is_line or "_inline" in parent_tags else "\\\n"

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return self.write_picture(el)

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        address = str(el.get("href"))
        if el.get_text().strip() == address:
            return escape(address, Escaping.LIGHT)
        title = f' "{el["title"]}"' if el.get("title") else ""
        return f"[{text.strip()}]({destination(address)}{title})"

    def _emphasis(self, sign: str, el: Tag, text: str, parent_tags: set[str]) -> str:
        if el.attrs or self.escaping is not Escaping.LIGHT:
            return _tagged(el, text)
        before, inner, after = LAST_SPACE.match(text).groups()  # type: ignore[union-attr]
        return f"{before}{sign}{inner}{sign}{after}" if inner.strip() else text

    convert_b = convert_strong = partialmethod(_emphasis, "**")
    convert_i = convert_em = partialmethod(_emphasis, "*")
    convert_s = convert_del = convert_strike = partialmethod(_emphasis, "~~")

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        code = el.get_text()
        if el.find(True) or el.attrs or "\n" in code or not code.strip():
            return as_html(el)
        ticks = "`" * (max((len(run) for run in re.findall("`+", code)), default=0) + 1)
        space = " " if code[0] in "` " or code[-1] in "` " else ""
        return f"{ticks}{space}{code}{space}{ticks}"

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if any(each.name not in ("code", "span", "br") for each in el.find_all(True)):
            return f"\n\n{as_html(el)}\n\n"
        for line_break in el.find_all("br"):
            line_break.replace_with("\n")
        code = el.get_text().strip("\n")
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code) or [""]))
        return f"\n\n{fence}\n{code}\n{fence}\n\n"

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802
        if n < 4:  # those divide a file
            return f"\n\n{as_html(el)}\n\n"
        return f"\n\n{'#' * n} {text.strip()}\n\n"


for _name in KEPT_INLINE:
    setattr(_Converter, f"convert_{_name}", lambda self, el, text, parent_tags: _tagged(el, text))


def to_markdown(block: Tag, escaping: Escaping, write_picture: Callable[[Tag], str]) -> str:
    """A block as Markdown (or HTML, by ``escaping``); placeholders stay."""
    if escaping is Escaping.HTML:
        return as_html(block, "div" if block.name == "p" else "")
    return _Converter(escaping, write_picture, is_line=False).markdown(block).strip("\n")


def to_line(nodes: list[PageElement], escaping: Escaping, write_picture: Callable[[Tag], str]) -> str:
    """Nodes as Markdown in one line, for a heading."""
    if escaping is Escaping.HTML:
        return "".join(map(as_html, nodes)).strip()
    converter = _Converter(escaping, write_picture, is_line=True)
    return "".join(_one_line(converter, node) for node in nodes).strip()


def _one_line(converter: _Converter, node: PageElement) -> str:
    if isinstance(node, NavigableString):
        return converter.escape(str(node), set())
    assert isinstance(node, Tag)
    text = converter.markdown(node)
    return text if "\n" not in text else as_html(node)


def escape(text: str, escaping: Escaping) -> str:
    """Text in which Markdown reads no markup."""
    if escaping is Escaping.LIGHT:
        return LIKELY_MARKUP.sub(_escaped, ENTITY.sub("&amp;", text))
    return PUNCTUATION.sub(lambda sign: f"&#{ord(sign[0])};" if sign[0] in REFERENCED else f"\\{sign[0]}", text)


def _escaped(sign: re.Match[str]) -> str:
    return f"\\{sign[0]}" if sign["sign"] else f"&#{ord(sign[0])};"


def destination(address: str) -> str:
    """The address of a link or picture as Markdown wants it."""
    if re.search(r"[\s()<>]", address) or not address:
        return "<" + address.replace("<", "%3C").replace(">", "%3E") + ">"
    return address


def _tagged(el: Tag, text: str) -> str:
    """A tag around text that is Markdown already."""
    return f"{_opening(el)}{text}</{el.name}>" if el.attrs or el.name not in ("span", "font") else text


def _opening(el: Tag, name: str = "") -> str:
    given = "".join(f' {key}="{html.escape(str(value))}"' for key, value in el.attrs.items())
    return f"<{name or el.name}{given}>"


def as_html(node: PageElement, name: str = "") -> str:
    """A node as HTML in one line, in which neither Markdown nor a formula is read; ``name`` instead of its tag."""
    if isinstance(node, NavigableString):
        text = READ_IN_HTML.sub(lambda sign: f"&#{ord(sign[0])};", str(node))
        return text.replace("\n", "&#10;" if node.find_parent("pre") else " ").replace("\xa0", "&nbsp;")
    assert isinstance(node, Tag)
    if node.name in VOID:
        return _opening(node)
    inside = "".join(map(as_html, node.children))
    return f"{_opening(node, name)}{inside}</{name or node.name}>"
