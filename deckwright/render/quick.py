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
from dataclasses import dataclass
from itertools import pairwise

MARKER = r"(?:[-*+]|\d+\.)"
REFUSED_SIGN = re.compile("[<\x00-\x09\x0b-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
"""Raw HTML, control characters, and white space that is neither a space nor a line break."""
REFUSED_WORDS = ("![", "!!!", "==", "  \n", "///Footnotes")
REFUSED_ESCAPE = re.compile(r"&(?!(?:amp|lt|gt|nbsp|quot);|[^a-zA-Z#])|\\(?![*_#+.~-])")
REFUSED_LINE = re.compile(
    # a line of spaces, an item without text, a line or an item's text that begins (or might begin) a block
    rf"\n(?:[ ]+$|[ ]*{MARKER}[ ]*$|[ ]*+(?:{MARKER}[ ]++)?+(?:[#>:]|{MARKER}[ ]|[-*_][-*_ ]*$))",
    re.MULTILINE,
)
TERM = re.compile(r"(?:^|[\r\x02\x03])[ \t]*:", re.MULTILINE)
ADDRESS = re.compile(r"\[(?!\^)[^\[\]]*\]:")
BLANK_LINES = re.compile(r"\n{2,}")
ITEM = re.compile(r"((?:[ ]{4})*)(?:[-*+]|(\d+)\.)[ ]+(.*)")
BARE_AMPERSAND = re.compile(r"&(?![a-z])")
NO_TEXT = re.compile(rf"\[[xX ]\] |[#>:]|{MARKER}(?:[ ]|$)|[-*_][-*_ ]*$")
LIKE_ITEM = re.compile(rf"[ ]*{MARKER}[ ]")
CHECKBOX = re.compile(r"\[([xX ])\] +")
FOOTNOTE = r"\[\^[^\W_][\w-]*\]"
MARK = re.compile(FOOTNOTE)
DEFINITION = re.compile(rf"({FOOTNOTE}):[ ]*(\S.*)")
SIGN = re.compile(r"[*_\[\]\\]|~~")
SPAN = re.compile(
    r"\[(?P<text>[^\[\]*_~\\]+)\]\((?P<address>[^\s\[\]()<>\"'&\\]+)\)"
    r"|\*\*(?P<strong>(?=\S)[^*_~\[\]\\]+(?<=\S))\*\*(?!\*)"
    r"|\*(?P<em>(?=\S)[^*_~\[\]\\]+(?<=\S))\*(?!\*)"
    r"|~~(?P<del>(?=[^\W_])[^*_~\[\]\\]+(?<=[^\W_]))~~(?!~)"
    r"|(?<=[^\W_])_(?=[^\W_])"
    r"|\\(?P<escaped>.)"
    rf"|{FOOTNOTE}(?!:)"
    r"|\[(?!\^)[^\[\]*_~\\]*\](?![(:])"
)
"""What may begin where a sign is. Python-Markdown knows no punctuation around stars, but does around tildes."""
DEEPEST = 12
"""Levels of lists; deeper ones are Python-Markdown's to render or to give up on."""


def reaches_far(text: str) -> bool:
    """Whether a passage may change how others of the note are read.

    Raw HTML may, a definition, which looks for its term, and a link's address, which makes links of brackets.
    """
    return "<" in text or (":" in text and bool(TERM.search(text) or ("]:" in text and ADDRESS.search(text))))


def _is_refused(text: str) -> bool:
    """Whether only Python-Markdown can tell what a text means."""
    return bool(
        REFUSED_SIGN.search(text)
        or any(word in text for word in REFUSED_WORDS)
        or (("&" in text or "\\" in text) and REFUSED_ESCAPE.search(text))
        or REFUSED_LINE.search("\n" + text)
    )


class _RefusedError(Exception):
    """The text is not certainly simple."""


@dataclass(slots=True)
class _Item:
    """A list item: its text as Markdown; loose when it stands beside a blank line and so is a paragraph."""

    depth: int
    number: str
    """As written; empty in a list without numbers."""
    text: str
    loose: bool = False


def quick_html(text: str, footnotes: dict[str, str]) -> str | None:
    """A passage's Markdown as HTML, or None when Python-Markdown is to be asked.

    The footnotes it defines are added to those of the note: mark (``[^1]``) → HTML; marks in the text stay as they are.
    """
    if _is_refused(text):
        return None
    blocks = BLANK_LINES.split(text.strip("\n")) if text else []
    try:
        if "[^" in text:
            blocks = [block for block in blocks if not _define(block, footnotes)]
        return "".join(_html(block) for block in _joined(blocks))
    except _RefusedError:
        return None


def quick_line(text: str) -> str | None:
    """The Markdown of one line that is only text as HTML, or None when Python-Markdown is to be asked."""
    try:
        return None if "\n" in text or _is_refused(text) else _inline(text)
    except _RefusedError:
        return None


def with_footnotes(parts: list[str], footnotes: Mapping[str, str]) -> list[str] | None:
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


def _joined(blocks: list[str]) -> list[str | list[_Item]]:
    """Every list as its items, a list that goes on after a blank line as one; the other blocks as they are."""
    joined: list[str | list[_Item]] = []
    for block in blocks:
        if not LIKE_ITEM.match(block):
            joined.append(block)
            continue
        items, before = _items(block), joined[-1] if joined else ""
        if isinstance(before, list) and bool(before[0].number) == bool(items[0].number):
            items[0].loose = True
            next(item for item in reversed(before) if not item.depth).loose = True
            before += items
        else:
            joined.append(items)
    return joined


def _items(block: str) -> list[_Item]:
    """The items of a block that begins with a marker; a line without one belongs to the item before it."""
    items: list[_Item] = []
    for line in block.split("\n"):
        if match := ITEM.match(line):
            items.append(_Item(len(match[1]) // 4, match[2] or "", match[3]))
        elif not items or LIKE_ITEM.match(line):
            raise _RefusedError
        else:
            items[-1].text += "\n" + line
    if items[0].depth or any(after.depth > before.depth + 1 for before, after in pairwise(items)):
        raise _RefusedError
    return items


def _html(block: str | list[_Item]) -> str:
    if isinstance(block, list):
        return _list(block)
    if block.startswith("|"):
        return _table(block)
    if block.startswith(" ") or ("|" in block and "\n" in block):
        raise _RefusedError
    return f"<p>{_inline(block)}</p>"


def _list(items: list[_Item]) -> str:
    parts: list[str] = []
    tags: list[str] = []
    classes: list[int] = []  # where in the parts the class of each open list is
    for item in items:
        tag = "ol" if item.number else "ul"
        while len(tags) > item.depth + 1:
            parts.append(f"</li></{tags.pop()}>")
            classes.pop()
        if ("|" in item.text and "\n" in item.text) or item.depth > DEEPEST or tags[item.depth :] not in ([], [tag]):
            raise _RefusedError
        if len(tags) > item.depth:
            parts.append("</li>")
        else:
            tags.append(tag)
            classes.append(len(parts) + 1)
            parts += [f"<{tag}", "", f' start="{item.number}">' if item.number not in ("", "1") else ">"]
        if box := CHECKBOX.match(item.text):
            parts[classes[-1]] = ' class="task-list"'
        parts.append(_item(item, box))
    parts += [f"</li></{tag}>" for tag in reversed(tags)]
    return "".join(parts)


def _item(item: _Item, box: re.Match[str] | None) -> str:
    """An item without its end; a task when its text begins with a box."""
    opened, label, text = "<li>", "", item.text
    if box:
        text = text[box.end() :]
        if text[:1] in ("", "\n"):
            raise _RefusedError
        opened = '<li class="task-list-item">'
        label = f'<input type="checkbox" disabled{"" if box[1] == " " else " checked"}/> '
    content = label + _inline(text)
    return f"{opened}<p>{content}</p>" if item.loose else opened + content


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
    return f"<tr>{''.join(f'<{tag}{style}>{_inline(cell)}</{tag}>' for style, cell in filled)}</tr>"


def _inline(text: str) -> str:
    """The text of a block as HTML."""
    text = BARE_AMPERSAND.sub("&amp;", text).replace(">", "&gt;") if "&" in text else text.replace(">", "&gt;")
    parts, position = [], 0
    while sign := SIGN.search(text, position):
        span = SPAN.match(text, sign.start())
        if span is None:
            raise _RefusedError
        parts += [text[position : sign.start()], _span(span)]
        position = span.end()
    return "".join([*parts, text[position:]]) if parts else text


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
