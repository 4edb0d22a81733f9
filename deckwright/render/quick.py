r"""The short way from Markdown to HTML, for what most passages are made of.

It takes paragraphs, lists of items (nested, tight or loose, with lazy lines) and of tasks, pipe tables with a body, and
footnotes of one line, each defined and used once in the note; in their text ``**strong**``, ``*emphasis*``,
``~~deleted~~``, ``[text](address)``, none of them inside another, brackets that are nothing, ``_`` inside a word, the
commonest escapes and references. Whatever else a text may mean to Python-Markdown gives None, and Python-Markdown
renders it.

The result is what Python-Markdown gives, up to white space around line breaks. Without ``<`` no raw HTML begins, which
could reach further than its block. Blank lines divide the blocks; a block is a table, a list, definitions of footnotes
or a paragraph by its first line, and no line in it may begin another block, in an item's text either. In a text a run
of signs that opens is closed by the next run of signs of the same length: so there is one way to pair them. Every
bracket belongs to a link with its address, a task, a footnote, or to nothing, as long as no passage of the note defines
an address (``reaches_far``); so a passage means the same in any note, but for the numbers of its footnotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, cast

MARKER, BEGINNING = r"(?:[-*+]|\d+\.)", r"(?:[#>:]|[-*_][-*_ ]*$)"
REFUSED_SIGN = re.compile("[<\x00-\x09\x0b-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
"""Raw HTML, control characters, and white space that is neither a space nor a line break."""
REFUSED_WORDS = ("![", "!!!", "==", "  \n", "///Footnotes")
REFUSED_ESCAPE = re.compile(r"&(?!(?:amp|lt|gt|nbsp|quot);|[^a-zA-Z#])|\\(?![*_#+.~-])")
REFUSED_LINE = re.compile(
    # a line of spaces, an item without text, a line or an item's text that begins (or might begin) a block
    rf"\n(?:[ ]+$|[ ]*{MARKER}[ ]*$"
    rf"|[ ]*(?:{MARKER}[ ]++(?:{BEGINNING}|{MARKER}[ ])|(?!{MARKER}[ ]){BEGINNING}))",
    re.MULTILINE,
)
TERM = re.compile(r"(?:^|[\r\x02\x03])[ \t]*:", re.MULTILINE)
ADDRESS = re.compile(r"\[(?!\^)[^\[\]]*\]:")
BLANK_LINES = re.compile(r"\n\n+")  # not {2,}: a pattern that begins with fixed signs is looked for much faster
ITEM = re.compile(
    rf"^(?:((?:[ ]{{4}})*)(?:[-*+]|(\d+)\.)[ ]+(?:\[([xX ])\][ ]+)?(.*(?:\n(?![ ]*{MARKER}[ ]).*)*)|.+)", re.MULTILINE
)
"""An item with the lines that have no marker of their own; or a line that begins like one and is none."""
BARE_AMPERSAND = re.compile(r"&(?![a-z])")
NO_TEXT = re.compile(rf"\[[xX ]\] |[#>:]|{MARKER}(?:[ ]|$)|[-*_][-*_ ]*$")
LIKE_ITEM = re.compile(rf"[ ]*{MARKER}[ ]")
FOOTNOTE = r"\[\^[^\W_][\w-]*\]"
MARK = re.compile(FOOTNOTE)
DEFINITION = re.compile(rf"({FOOTNOTE}):[ ]*(\S.*)")
SIGN = re.compile(r"[*_\[\]\\~]")
SPAN = re.compile(
    r"\[(?P<text>[^\[\]*_~\\]+)\]\((?P<address>[^\s\[\]()<>\"'&\\]+)\)"
    r"|\*\*(?P<strong>(?=\S)[^*_~\[\]\\]+(?<=\S))\*\*(?!\*)"
    r"|\*(?P<em>(?=\S)[^*_~\[\]\\]+(?<=\S))\*(?!\*)"
    r"|~~(?P<del>(?=[^\W_])[^*_~\[\]\\]+(?<=[^\W_]))~~(?!~)"
    r"|(?<=[^\W_])_(?=[^\W_])"
    r"|~(?!~)"
    r"|\\(?P<escaped>.)"
    rf"|{FOOTNOTE}(?!:)"
    r"|\[(?!\^)[^\[\]*_~\\]*\](?![(:])"
)
"""What may begin where a sign is. Python-Markdown knows no punctuation around stars, but does around tildes."""
DEEPEST = 12
"""Levels of lists; deeper ones are Python-Markdown's to render or to give up on."""


def is_line(index: int) -> bool:
    """Whether a note's passage is one line: the question, or a section's heading."""
    return index % 2 == 0


def quick_passages(texts: list[str]) -> list[str | None]:
    """The HTML of each passage of a note (every other one a line) that needs no Python-Markdown, None for the others.

    Behind it that of the footnotes, empty without any. ``texts`` are the passages as Markdown.
    """
    whole = "\n".join(texts)
    # Most notes hold nothing that could be refused or reach far: one look at the whole tells. What depends on how a
    # passage ends cannot be seen in the whole, so where a sign of it occurs each passage is looked at.
    plain = not ("&" in whole or "\\" in whole or "]:" in whole or _is_refused(whole))
    if not plain and any(reaches_far(text) for text in texts):
        return [None] * (len(texts) + 1)
    footnotes: dict[str, str] = {}
    parts = [
        None if not plain and _is_refused(text) else _line(text) if is_line(n) else _blocks(text, footnotes)
        for n, text in enumerate(texts)
    ]
    if "[^" not in whole:
        return [*parts, None if None in parts else ""]
    # The numbers of footnotes and their list are the whole note's.
    if None not in parts and (numbered := _with_footnotes(cast("list[str]", parts), footnotes)):
        return [*numbered]
    return [*(None if "[^" in text else part for text, part in zip(texts, parts, strict=True)), None]


def quick_html(text: str) -> str | None:
    """Markdown without footnotes as HTML, or None when Python-Markdown is to be asked."""
    return None if "[^" in text or _is_refused(text) else _blocks(text, {})


def reaches_far(text: str) -> bool:
    """Whether a passage may change how others of the note are read.

    Raw HTML may, a definition, which looks for its term, and a link's address, which makes links of brackets.
    """
    return "<" in text or (":" in text and bool(TERM.search(text) or ("]:" in text and ADDRESS.search(text))))


def _is_refused(text: str) -> bool:
    """Whether only Python-Markdown can tell what a text means."""
    return bool(
        REFUSED_SIGN.search(text)
        or any(map(text.__contains__, REFUSED_WORDS))
        or (("&" in text or "\\" in text) and REFUSED_ESCAPE.search(text))
        or REFUSED_LINE.search("\n" + text)
    )


class _RefusedError(Exception):
    """The text is not certainly simple."""


class _Item(NamedTuple):
    """A list item."""

    indent: str
    number: str
    """As written; empty in a list without numbers."""
    box: str
    """What stands in the box of a task; empty when it is none."""
    text: str
    """Markdown."""


@dataclass(slots=True)
class _List:
    """The items of a list, and the places in it of the loose ones: those beside a blank line, which are paragraphs."""

    items: list[_Item]
    loose: set[int] = field(default_factory=set)


def _blocks(text: str, footnotes: dict[str, str]) -> str | None:
    """A passage as HTML, or None when Python-Markdown is to be asked.

    The footnotes it defines are added to those of the note: mark (``[^1]``) → HTML; marks in the text stay as they are.
    """
    blocks = BLANK_LINES.split(text.strip("\n")) if text else []
    try:
        if "[^" in text:
            blocks = [block for block in blocks if not _define(block, footnotes)]
        return "".join([_html(block) for block in _joined(blocks)])
    except _RefusedError:
        return None


def _line(text: str) -> str | None:
    """A passage that is one line as HTML, or None when Python-Markdown is to be asked."""
    try:
        return None if "\n" in text else _inline(text)
    except _RefusedError:
        return None


def _with_footnotes(parts: list[str], footnotes: Mapping[str, str]) -> list[str] | None:
    """The passages of a note with their marks as numbers, and the list of footnotes; None if any is not used once."""
    texts = [*parts, *footnotes.values()]
    if not footnotes or sorted(mark for text in texts for mark in MARK.findall(text)) != sorted(footnotes):
        return None
    numbers = {mark: number for number, mark in enumerate(footnotes, 1)}
    items = (
        f'<li id="fn:{mark[2:-1]}"><p>{text}&#160;'
        f'<a class="footnote-backref" href="#fnref:{mark[2:-1]}" title="">↩</a></p></li>'
        for mark, text in footnotes.items()
    )
    listed = f'<div class="footnote"><hr /><ol>{"".join(items)}</ol></div>'
    return [MARK.sub(lambda mark: _reference(mark[0][2:-1], numbers[mark[0]]), text) for text in [*parts, listed]]


def _reference(name: str, number: int) -> str:
    return f'<sup id="fnref:{name}"><a class="footnote-ref" href="#fn:{name}">{number}</a></sup>'


def _define(block: str, footnotes: dict[str, str]) -> bool:
    """Whether a block is definitions of footnotes, a line each; adds them."""
    if not DEFINITION.match(block):
        return False
    for line in block.split("\n"):
        match = DEFINITION.fullmatch(line)
        if not match or match[1] in footnotes or NO_TEXT.match(match[2]):
            raise _RefusedError
        footnotes[match[1]] = _inline(match[2].rstrip())
    return True


def _joined(blocks: list[str]) -> list[str | _List]:
    """Every list as its items, a list that goes on after a blank line as one; the other blocks as they are."""
    joined: list[str | _List] = []
    for block in blocks:
        if not LIKE_ITEM.match(block):
            joined.append(block)
            continue
        items, before = _items(block), joined[-1] if joined else ""
        if isinstance(before, _List) and bool(before.items[0].number) == bool(items[0].number):
            count = len(before.items)
            outermost = next(index for index in reversed(range(count)) if not before.items[index].indent)
            before.loose |= {outermost, count}
            before.items += items
        else:
            joined.append(_List(items))
    return joined


def _items(block: str) -> list[_Item]:
    """The items of a block that begins with a marker; a line without one belongs to the item before it."""
    items = [_Item(*groups) for groups in ITEM.findall(block)]
    if items[0].indent:
        raise _RefusedError
    return items


def _html(block: str | _List) -> str:
    if isinstance(block, _List):
        return _list(block)
    if block.startswith("|"):
        return _table(block)
    if block.startswith(" ") or ("|" in block and "\n" in block):
        raise _RefusedError
    return f"<p>{_inline(block)}</p>"


def _list(listed: _List) -> str:
    parts: list[str] = []
    tags: list[str] = []
    classes: list[int] = []  # where in the parts the class of each open list is
    for index, (indent, number, box, text) in enumerate(listed.items):
        tag, depth = "ol" if number else "ul", len(indent) // 4
        while len(tags) > depth + 1:
            parts.append(f"</li></{tags.pop()}>")
            classes.pop()
        if depth == len(tags):
            tags.append(tag)
            classes.append(len(parts) + 1)
            parts += (f"<{tag}", "", f' start="{number}">' if number not in ("", "1") else ">")
        elif depth < len(tags) and tags[-1] == tag:
            parts.append("</li>")
        else:
            raise _RefusedError
        if text[:1] in ("", "\n") or ("|" in text and "\n" in text) or depth > DEEPEST:
            raise _RefusedError
        if box:
            parts[classes[-1]] = ' class="task-list"'
        parts.append(_item(box, _inline(text), loose=index in listed.loose))
    parts += [f"</li></{tag}>" for tag in reversed(tags)]
    return "".join(parts)


def _item(box: str, content: str, *, loose: bool) -> str:
    """An item without its end."""
    opened = "<li>"
    if box:
        opened = '<li class="task-list-item">'
        content = f'<input type="checkbox" disabled{"" if box == " " else " checked"}/> {content}'
    return f"{opened}<p>{content}</p>" if loose else opened + content


def _table(block: str) -> str:
    rows = [row.strip(" ") for row in block.split("\n")]
    if len(rows) < 3 or "`" in block or not all(row[0] == row[-1] == "|" and row != "|" for row in rows):
        raise _RefusedError
    header, rule, *body = [[cell.strip(" ") for cell in row[1:-1].split("|")] for row in rows]
    if len(header) != len(rule) or not set("".join(rule)) <= set(":- "):
        raise _RefusedError
    styles = [_style(cell) for cell in rule]
    return (
        f"<table><thead>{_row('th', header, styles)}</thead>"
        f"<tbody>{''.join(_row('td', row, styles) for row in body)}</tbody></table>"
    )


def _style(cell: str) -> str:
    """The alignment that a cell of the rule under the header gives its column, as an attribute."""
    sides = {(True, True): "center", (True, False): "left", (False, True): "right"}
    side = sides.get((cell.startswith(":"), cell.endswith(":")))
    return f' style="text-align: {side};"' if side else ""


def _row(tag: str, cells: list[str], styles: list[str]) -> str:
    """A row with as many cells as there are columns."""
    filled = zip(styles, cells + [""] * (len(styles) - len(cells)), strict=False)
    return f"<tr>{''.join([f'<{tag}{style}>{_inline(cell)}</{tag}>' for style, cell in filled])}</tr>"


def _inline(text: str) -> str:
    """The text of a block as HTML."""
    if "&" in text:
        text = BARE_AMPERSAND.sub("&amp;", text)
    text = text.replace(">", "&gt;")
    parts: list[str] = []
    position = 0
    while sign := SIGN.search(text, position):
        start = sign.start()
        span = SPAN.match(text, start)
        if span is None:
            raise _RefusedError
        parts += (text[position:start], _span(span))
        position = span.end()
    return "".join(parts) + text[position:] if parts else text


def _span(span: re.Match[str]) -> str:
    match span.lastgroup:
        case "address":
            return f'<a href="{span["address"]}">{span["text"]}</a>'
        case "strong" | "em" | "del" as tag:
            return f"<{tag}>{span[tag]}</{tag}>"
        case "escaped":
            return span["escaped"]
        case _:
            return span[0]
