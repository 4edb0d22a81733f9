"""What a reader sees of a field, as tokens: a form in which two ways of writing the same card are equal."""

from __future__ import annotations

import posixpath
import re
import warnings
from dataclasses import dataclass, field
from html import escape

from bs4 import BeautifulSoup, Comment, MarkupResemblesLocatorWarning, Tag
from bs4.element import NavigableString, PageElement

from deckwright.adopt.pieces import SOUND, TAG, Piece, Pieces, Sound
from deckwright.regex import regex

Token = tuple[str, ...]
Marks = frozenset[str]
MARKS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strike"),
    **dict.fromkeys(("code", "tt"), "code"),
    **{name: name for name in "sub sup kbd samp var mark small big q cite dfn center rt rp ruby".split()},
    **{name: name for name in "h1 h2 h3 h4 h5 h6 summary caption dt".split()},
}
STYLE_MARKS = {
    **dict.fromkeys(("font-weight:bold", "font-weight:700", "font-weight:bolder"), "bold"),
    "font-style:italic": "italic",
    "text-decoration:underline": "underline",
    "text-decoration:line-through": "strike",
}
STRUCTURE = frozenset("ul ol li blockquote table tr th td details dl dd pre hr".split())
"""Tags that a reader sees as such."""
PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6 summary caption dt figure".split())
LINES = frozenset("div section article header footer main aside nav address center figcaption".split())
SPACE = regex(r"[ \t\n\r\f]+")
NO_BREAK_SPACES = regex("[ \t\n\r\f\xa0]*\xa0[ \t\n\r\f\xa0]*")
OPENING = regex(r"\{\{(c[0-9])")
DEEPEST = 100
"""Tags are not nested more deeply by any person; Python's stack is not much deeper."""
MARKED_SECTION = regex(r"(<!--.*?-->)|<!\[[^>]*(?:>|\Z)", re.DOTALL)
"""``<![if !supportLists]>`` of Word: a browser shows nothing of it, the parser gives up or takes it for text. A comment
may hold one."""
PARTS = regex(r"([ \n])")


def visible_tokens(html: str, *, is_cloze: bool = False) -> tuple[Token, ...]:
    """What a reader sees of a field's HTML, as tokens that compare equal when a reader sees the same.

    White space, the way in which lines and paragraphs are tagged, names for the same emphasis, character references
    and the colours of code make no difference; words, emphasis, lists, tables, links, pictures, formulas, deletions and
    breaks do.
    """
    pieces = Pieces(html, is_cloze=is_cloze)
    reader = _Reader()
    reader.read(tree_of(pieces.put_back(pieces.html, _shown)), frozenset())
    return reader.done()


def tree_of(html: str) -> BeautifulSoup:
    """The tree of a field's HTML, or of a field that is plain text; of one that nests too deep, the text alone."""
    tree = _parsed(html)
    tags = tree.find_all(True)
    is_too_deep = len(tags) > DEEPEST and any(len([*tag.parents]) > DEEPEST for tag in tags)
    return _parsed(TAG.sub(" ", html)) if is_too_deep else tree


def _parsed(html: str) -> BeautifulSoup:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)  # a field may well be an address
        return BeautifulSoup(MARKED_SECTION.sub(r"\1", html), "html.parser")


def plain_text(html: str, *, is_cloze: bool = False, pictures: bool = True) -> str:
    """The words of a field alone, with the names of its pictures and sounds or without."""
    words = [_words(token, pictures=pictures) for token in visible_tokens(html, is_cloze=is_cloze)]
    text = re.sub(r"(\{\{|⟪)c[0-9,]+::|::[^{}]*\}\}|\}\}", "", "".join(words)) if is_cloze else "".join(words)
    text = text if pictures else SOUND.sub(" ", text)
    return " ".join(text.replace("⟦", "").replace("⟧", "").split())


def _words(token: Token, *, pictures: bool) -> str:
    """The words of a token; a space parts those around what has none."""
    if token[0] == "img" and pictures:
        return posixpath.basename(token[1])
    return token[1] if token[0] in ("word", "pre") else " "


def no_break_spaces(text: str) -> str:
    """White space as it is shown: a run of it that holds no-break spaces keeps its width, a single one is a space."""
    return NO_BREAK_SPACES.sub(lambda run: " " if len(run[0]) == 1 else "\xa0" * len(run[0]), text)


def _shown(piece: Piece) -> str:
    """A piece as a word; TeX without the white space that it does not show."""
    if isinstance(piece, Sound):
        return f"[sound:{piece.file}]"
    if isinstance(piece, str):
        return piece
    tex = OPENING.sub(r"⟪\1", piece.tex)  # two braces that are parted begin no deletion
    tex = re.sub(r"\s+(?![a-zA-Z])|(?<![a-zA-Z])\s+", "", tex)
    tex = escape(SPACE.sub("␣", tex), quote=False)
    return f"⟦{'$$' if piece.is_display else '$'}{tex}⟧"


@dataclass
class _Reader:
    """Walks a tree and writes tokens down."""

    tokens: list[Token] = field(default_factory=list)
    breaks: int = 0
    """Line breaks since the last token."""

    def read(self, node: PageElement, marks: Marks) -> None:
        if isinstance(node, Tag):
            self.read_tag(node, marks)
        elif isinstance(node, NavigableString) and not isinstance(node, Comment):
            self.read_text(no_break_spaces(str(node)), marks)

    def read_inside(self, tag: Tag, marks: Marks) -> None:
        for node in tag.children:
            self.read(node, marks)

    def read_text(self, text: str, marks: Marks) -> None:
        for part in PARTS.split(SPACE.sub(" ", text)):
            if part == " ":
                if not self.breaks and self.tokens and self.tokens[-1][0] == "word":
                    self.tokens.append(("space", " "))
            elif part:
                self.flush()
                self.tokens.append(("word", part, *sorted(marks)))

    def flush(self) -> None:
        """Write down the breaks between two stretches of text; elsewhere they show nothing."""
        while self.tokens and self.breaks and self.tokens[-1][0] == "space":
            self.tokens.pop()
        if self.breaks and self.tokens and self.tokens[-1][0] in ("word", "img"):
            self.tokens.append(("break", str(self.breaks)))
        self.breaks = 0

    def put_structure(self, *token: str) -> None:
        """Write down a token that shows a structure; breaks beside it show nothing."""
        while self.tokens and self.tokens[-1][0] in ("space", "break"):
            self.tokens.pop()
        self.breaks = 0
        self.tokens.append(token)

    def read_tag(self, tag: Tag, marks: Marks) -> None:
        name = tag.name
        if name == "br":
            self.breaks = min(2, self.breaks + 1)
        elif name == "img":
            self.flush()
            self.tokens.append(("img", _attribute(tag, "src"), *_size(tag), *sorted(marks & {"link"})))
        elif name in ("audio", "video", "source"):
            self.put_structure(name, _attribute(tag, "src"))
            self.read_inside(tag, marks)
        elif name == "pre":
            lines = (line.rstrip(" \t") for line in tag.get_text().split("\n"))
            self.put_structure("pre", "\n".join(lines).strip("\n"), *sorted(_emphasis(tag)))
        elif name == "hr":
            self.put_structure("hr")
        elif name in STRUCTURE:
            self.put_structure(name, *_shape(tag))
            self.read_inside(tag, marks | _style_marks(tag))
            self.put_structure(f"/{name}")
        else:
            self.read_wrapped(tag, marks)

    def read_wrapped(self, tag: Tag, marks: Marks) -> None:
        """A tag that shows only in the breaks around its text, or in the look of the text."""
        around = 2 if tag.name in PARAGRAPHS else 1 if tag.name in LINES else 0
        inner = marks | _style_marks(tag)
        if tag.name in MARKS:
            inner |= {MARKS[tag.name]}
        if tag.name == "a" and not _is_bare(tag) and tag.get("href"):
            inner |= {f"link {_attribute(tag, 'href')}"}
        self.breaks = max(self.breaks, around)
        self.read_inside(tag, inner)
        self.breaks = max(self.breaks, around)

    def done(self) -> tuple[Token, ...]:
        """All tokens, neighbouring words of one look as one."""
        while self.tokens and self.tokens[-1][0] in ("space", "break"):
            self.tokens.pop()
        merged: list[Token] = []
        for token in self.tokens:
            if merged and token[0] == merged[-1][0] == "word" and token[2:] == merged[-1][2:]:
                merged[-1] = ("word", merged[-1][1] + token[1], *token[2:])
            else:
                merged.append(token)
        return tuple(merged)


def _attribute(tag: Tag, name: str) -> str:
    return str(tag.get(name, ""))


def _size(tag: Tag) -> tuple[str, ...]:
    """Width and height of a picture where they are given, in attributes or in its style."""
    given = {name: _attribute(tag, name).removesuffix("px") for name in ("width", "height") if tag.get(name)}
    for declaration in declarations(tag):
        name, _, value = declaration.partition(":")
        if name in ("width", "height") and value.endswith("px"):
            given[name] = value.removesuffix("px")
    rest = [d for d in declarations(tag) if not d.startswith(("width:", "height:")) or not d.endswith("px")]
    return (*(f"{name}={value}" for name, value in sorted(given.items())), *sorted(rest))


def _shape(tag: Tag) -> tuple[str, ...]:
    """What an attribute of a list, a table or a cell shows."""
    named = [
        f"{name}={_attribute(tag, name)}"
        for name in ("start", "type", "colspan", "rowspan", "border", "open")
        if tag.get(name) not in (None, "", "1")
    ]
    align = [d.removeprefix("text-align:") for d in declarations(tag) if d.startswith("text-align:")]
    align += [_attribute(tag, "align")] if tag.get("align") else []
    return (*named, *(f"align={value}" for value in align[:1]))


def declarations(tag: Tag) -> list[str]:
    """The declarations of a tag's style, each as ``name:value`` without white space around them."""
    style = _attribute(tag, "style")
    parts = (each.partition(":") for each in style.split(";"))
    return [f"{name.strip().lower()}:{' '.join(value.split()).lower()}" for name, _, value in parts if value.strip()]


def _style_marks(tag: Tag) -> Marks:
    shown = {STYLE_MARKS.get(each, each) for each in declarations(tag) if not each.startswith("text-align:")}
    if tag.name not in STRUCTURE:
        shown |= {each for each in declarations(tag) if each.startswith("text-align:")}
        shown |= {f"{name}:{_attribute(tag, name)}" for name in ("color", "face", "align") if tag.get(name)}
        shown |= {f"font-size {_attribute(tag, 'size')}"} if tag.name == "font" and tag.get("size") else set()
    return frozenset(shown)


def _emphasis(tag: Tag) -> set[str]:
    """What stands out in preformatted text; the colours of code are this program's own matter."""
    return {MARKS[each.name] for each in tag.find_all(list(MARKS)) if each.name not in ("code", "tt")} | {
        "img" for _ in tag.find_all("img")
    }


def _is_bare(tag: Tag) -> bool:
    """Whether a link is an address as it is, which a program may make a link of or not."""
    text = tag.get_text().strip()
    return _attribute(tag, "href") in (text, f"http://{text}", f"https://{text}", f"mailto:{text}")
