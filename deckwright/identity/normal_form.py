"""A field's HTML → its normal form: a text that is the same for all HTML that shows a learner the same.

Frozen, as ``deck.lock`` holds hashes of it: another normal form would give every note of every deck a new time.
``tests/golden/normal_form.json`` says what it is. It keeps text, emphasis, links, pictures with their sizes, formulas,
deletions, paragraphs, lists, tables and the lines of code. It forgets what nobody sees: white space that a browser
collapses, the order and quotes of attributes, character references, comments, classes (but of a ``<section>``), the
colouring of code, ``<p>`` around the only paragraph of a list item, a cell or a field, and which of two equivalent tags
was chosen.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from deckwright.regex import regex

INLINE, INLINE_END, BLOCK, BLOCK_END, BREAK = "\x02\x03\x04\x05\x06"
"""Around the name of a tag in the normal form, and between two paragraphs; no field can hold them."""
LINE_BREAK = f"{INLINE}br{INLINE_END}"
ANKI_MARKS = {
    **{mark: f"{INLINE}{mark}{INLINE_END}" for mark in (r"\(", r"\)", "[sound:", "[anki:")},
    **{mark: f"{BLOCK}{mark}{BLOCK_END}" for mark in (r"\[", r"\]")},
}
"""What Anki obeys in a field, besides deletions, and what stands for it: it differs from the same characters shown as
text, which are written by character references or parted by an empty tag."""
DELETION = regex(r"\{\{c[\d,]+::")
PREFORMATTED = regex(r"<pre\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>(.*?)</pre\s*>", re.DOTALL | re.IGNORECASE)
COMMENT = regex(r"<!--.*?-->", re.DOTALL)
TAG = regex(r"(</?[a-zA-Z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>)")
COLOUR = regex(r"</?(?:span|code)(?: class=\"[\w -]*\")?>")
CUT_REFERENCE = regex(r"&[^;<]*<")
"""A character reference with a tag inside, or an incomplete one."""
TAG_PARTS = regex(r"<(/?)([a-zA-Z][^\s/>]*)(.*?)/?>", re.DOTALL)
ATTRIBUTE = regex(r"([^\s=\"'/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+)))?")
SPACE = " \t\n\r\f"
"""What a browser collapses; but not a no-break or an ideographic space."""
EMPTY = regex(rf"{INLINE}(\w+){INLINE_END}( ?){INLINE}/\1{INLINE_END}")
REOPENED = regex(rf"{INLINE}/(\w+){INLINE_END}( ?){INLINE}\1{INLINE_END}")
SLANTED_BOLD = regex(
    rf"{INLINE}i{INLINE_END}{INLINE}b{INLINE_END}([^{INLINE}]*){INLINE}/b{INLINE_END}{INLINE}/i{INLINE_END}"
)
BOLD_SLANTED = rf"{INLINE}b{INLINE_END}{INLINE}i{INLINE_END}\1{INLINE}/i{INLINE_END}{INLINE}/b{INLINE_END}"
"""``***both***``, which is nested either way."""

EQUIVALENT = {"strong": "b", "em": "i", "strike": "s", "del": "s", "ins": "u"}
TRANSPARENT = frozenset("span a label".split())
"""Tags that show nothing of themselves, unless an attribute does."""
PLAIN = TRANSPARENT | frozenset("p div".split())
"""Those, and the tags that only divide paragraphs, unless an attribute does more."""
COLOURS = frozenset("span code".split())
"""Tags inside ``<pre>`` that only colour it."""
UNSEEN = frozenset("tbody thead tfoot colgroup wbr".split())
BLOCKS = frozenset(
    """address article aside blockquote caption center dd details div dl dt fieldset figcaption figure footer h1 h2 h3
    h4 h5 h6 header hr input li main nav ol p section summary table td th tr ul""".split()
)
"""Beside these white space shows nothing; an ``<input>`` is the box of a task."""
UNSEEN_ATTRIBUTES = frozenset(
    "class id name rel target role tabindex scope loading decoding disabled referrerpolicy".split()
)
INNER_LINK = regex(r"(?:^|\s)href\s*=\s*[\"']?#")
"""Of a footnote: a field has nowhere else to go."""
USUAL = frozenset({("start", "1"), ("colspan", "1"), ("rowspan", "1")})
"""Attributes that say what holds without them."""


def normal_form(field: str) -> str:
    """The normal form of a field's HTML; any text has one."""
    if "\\" in field or "[" in field:
        for mark, sign in ANKI_MARKS.items():
            field = field.replace(mark, sign)
    if "{{c" in field and DELETION.search(field):
        field = DELETION.sub(rf"{INLINE}\g<0>{INLINE_END}", field).replace("}}", f"{INLINE}}}}}{INLINE_END}")
    if "<!--" in field:
        field = COMMENT.sub("", field)
    if "<pre" in field.lower():
        flow, *rest = PREFORMATTED.split(field)  # then, for each ``<pre>``: its attributes, its inside, what follows
        parts = [_flow(flow)]
        for code, flow in zip(rest[1::3], rest[2::3], strict=True):
            parts += [_code(code), _flow(flow)]
        form = "".join(parts)
    else:
        form = _flow(field)
    return form if form.isascii() else unicodedata.normalize("NFC", form)  # as Anki does


def _collapsed(text: str) -> str:
    """The text with one space for each run of white space."""
    for sign in SPACE[1:]:
        text = text.replace(sign, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _code(code: str) -> str:
    """The inside of a ``<pre>``: its lines as they are, without colours."""
    lines = COLOUR.sub("", code)
    if "<" in lines or CUT_REFERENCE.search(code):
        pieces = TAG.split(code)
        pieces[::2] = map(html.unescape, pieces[::2])
        pieces[1::2] = ["" if name in COLOURS else shown for _, name, shown in map(_tag, pieces[1::2])]
        lines = "".join(pieces)
    else:  # as Pygments writes it
        lines = html.unescape(lines)
    lines = lines.replace("\r\n", "\n").removeprefix("\n").rstrip("\n")
    return f"{BLOCK}pre{BLOCK_END}{lines}{BLOCK}/pre{BLOCK_END}"


def _flow(text: str) -> str:
    """Anything but the inside of a ``<pre>``."""
    if "<" in text:
        pieces = TAG.split(text)
        if "&" in text:
            pieces[::2] = map(html.unescape, pieces[::2])
        pieces[1::2] = _tags(pieces[1::2])
        text = "".join(pieces)
    elif "&" in text:
        text = html.unescape(text)
    text = _collapsed(text)
    if f"{INLINE_END}{INLINE}" in text or f"{INLINE_END} {INLINE}" in text:
        text = SLANTED_BOLD.sub(BOLD_SLANTED, REOPENED.sub(r"\2", EMPTY.sub(r"\2", text)))
    return _without_idle_breaks(text)


def _without_idle_breaks(text: str) -> str:
    """The text without the spaces and breaks beside blocks, breaks and line breaks, where they show nothing."""
    for beside in (BREAK, LINE_BREAK):
        if beside in text:
            text = text.replace(f" {beside}", beside).replace(f"{beside} ", beside)
    while BREAK * 2 in text:
        text = text.replace(BREAK * 2, BREAK)
    if BLOCK in text:
        for idle in (" ", BREAK):
            text = text.replace(f"{idle}{BLOCK}", BLOCK).replace(f"{BLOCK_END}{idle}", BLOCK_END)
    return text.strip(f" {BREAK}")


def _tags(tags: Iterable[str]) -> Iterator[str]:
    """What stands for each of the tags, which follow each other in a text."""
    ends: list[tuple[str, str]] = []
    """The open tags whose end depends on how they began, and what ends them."""
    for closes, name, shown in map(_tag, tags):
        if name not in PLAIN:
            yield shown
        elif not closes:
            ends.append((name, _end_of(name, shown)))
            yield shown
        else:
            at = next((index for index in range(len(ends) - 1, -1, -1) if ends[index][0] == name), None)
            yield shown if at is None else ends.pop(at)[1]


def _end_of(name: str, shown: str) -> str:
    """What stands for the end of a tag that began as ``shown``."""
    if shown == _bare(name):
        return shown
    return f"{BLOCK}/{name}{BLOCK_END}" if name in BLOCKS else f"{INLINE}/{name}{INLINE_END}"


def _bare(name: str) -> str:
    """What stands for a transparent tag or a paragraph without attributes that show."""
    return "" if name in TRANSPARENT else BREAK


@lru_cache(maxsize=10_000)
def _tag(tag: str) -> tuple[bool, str, str]:
    """Whether a tag is an end, its name, and what stands for it by itself."""
    found = TAG_PARTS.fullmatch(tag)
    if found is None:
        return False, "", tag
    slash, name, rest = found[1], found[2].lower(), found[3]
    name = EQUIVALENT.get(name, name)
    if name in UNSEEN:
        return bool(slash), name, BREAK if name != "wbr" else ""
    attributes = "" if slash else _attributes(name, rest)
    if not attributes and name in PLAIN:
        return bool(slash), name, _bare(name)
    start, end = (BLOCK, BLOCK_END) if name in BLOCKS else (INLINE, INLINE_END)
    return bool(slash), name, f"{start}{slash}{name}{attributes}{end}"


def _attributes(name: str, text: str) -> str:
    """The attributes that show, sorted."""
    kept: dict[str, str] = {}
    if INNER_LINK.search(text):
        return ""
    for found in ATTRIBUTE.finditer(text):
        key, value = found[1].lower(), _collapsed(html.unescape(next(filter(None, found.groups()[1:]), ""))).strip(" ")
        if key == "align":
            key, value = "style", f"text-align:{value}"
        if key == "style":
            value = ";".join(sorted(filter(None, re.sub(r"\s*([:;,])\s*", r"\1", value.lower()).split(";"))))
        if _shows(name, key, value):
            kept.setdefault(key, value if value != key else "")
    return "".join(f" {key}={value}" if value else f" {key}" for key, value in sorted(kept.items()))


def _shows(name: str, key: str, value: str) -> bool:
    if name == "section" and key == "class":
        return bool(value)  # its style, chosen by the author in deck.toml
    if key in UNSEEN_ATTRIBUTES or key.startswith(("data-", "aria-")) or (key, value) in USUAL:
        return False
    return not (key == "style" and not value)
