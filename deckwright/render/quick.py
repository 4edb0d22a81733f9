r"""The short way from Markdown to HTML, for what most passages are made of.

It takes paragraphs, lists of items (nested, tight or loose, with lazy lines), and pipe tables with a body; in their
text ``**strong**``, ``*emphasis*``, ``~~deleted~~``, ``[text](address)``, none of them inside another, and ``_`` inside
a word. Whatever else a text may mean to Python-Markdown gives None, and Python-Markdown renders it.

The result is what Python-Markdown gives, up to white space around line breaks. Without ``<`` no raw HTML begins, which
could reach further than its block, and without ``&`` and ``\`` nothing is a reference or escaped. Then blank lines
divide the blocks; a block is a table, a list or a paragraph by its first line, and no line in it may begin another
block, in an item's text either. In a text a run of signs that opens is closed by the next run of signs of the same
length: so there is one way to pair them. Footnotes and references can neither be used nor defined, since every bracket
belongs to a link with its address; so a passage means the same in any note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

MARKER = r"(?:[-*+]|\d+\.)"
REFUSED = re.compile(
    r"[<&\\\x00-\x08\x0e-\x1f]|[^\S\n ]|!\[|!!!|==|  \n|///Footnotes"
    # a line of spaces, an item without text, a line or an item's text that begins (or might begin) a block
    rf"|(?m:^(?:[ ]+$|[ ]*{MARKER}[ ]*$|[ ]*+(?:{MARKER}[ ]++)?+(?:[#>:]|{MARKER}[ ]|[-*_][-*_ ]*$)))"
)
"""What only Python-Markdown can tell the meaning of."""
FAR_REACHING = re.compile(r"<|(?:^|[\r\x02\x03])[ \t]*:", re.MULTILINE)
"""What may change how other passages of the note are read: raw HTML, and a definition, which looks for its term."""
BLANK_LINES = re.compile(r"\n{2,}")
ITEM = re.compile(r"((?:[ ]{4})*)(?:[-*+]|(\d+)\.)[ ]+(.*)")
LIKE_ITEM = re.compile(rf"[ ]*{MARKER}[ ]")
SIGN = re.compile(r"[*_\[\]]|~~")
SPAN = re.compile(
    r"\[(?P<text>[^\[\]*_~]+)\]\((?P<address>[^\s\[\]()<>\"']+)\)"
    r"|\*\*(?P<strong>(?=\S)[^*_~\[\]]+(?<=\S))\*\*(?!\*)"
    r"|\*(?P<em>(?=\S)[^*_~\[\]]+(?<=\S))\*(?!\*)"
    r"|~~(?P<del>(?=[^\W_])[^*_~\[\]]+(?<=[^\W_]))~~(?!~)"
    r"|(?<=[^\W_])_(?=[^\W_])"
)
"""What may begin where a sign is. Python-Markdown knows no punctuation around stars, but does around tildes."""
DEEPEST = 12
"""Levels of lists; deeper ones are Python-Markdown's to render or to give up on."""


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


def quick_html(text: str) -> str | None:
    """A passage's Markdown as HTML, or None when Python-Markdown is to be asked."""
    if REFUSED.search(text):
        return None
    blocks = BLANK_LINES.split(text.strip("\n")) if text else []
    try:
        return "".join(_html(block) for block in _joined(blocks))
    except _RefusedError:
        return None


def quick_line(text: str) -> str | None:
    """The Markdown of one line that is only text as HTML, or None when Python-Markdown is to be asked."""
    try:
        return None if "\n" in text or REFUSED.search(text) else _inline(text)
    except _RefusedError:
        return None


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
    if block.startswith(" ") or "|" in block:
        raise _RefusedError
    return f"<p>{_inline(block)}</p>"


def _list(items: list[_Item]) -> str:
    parts: list[str] = []
    tags: list[str] = []
    for item in items:
        tag = "ol" if item.number else "ul"
        while len(tags) > item.depth + 1:
            parts.append(f"</li></{tags.pop()}>")
        if "|" in item.text or item.depth > DEEPEST or tags[item.depth :] not in ([], [tag]):
            raise _RefusedError
        if len(tags) > item.depth:
            parts.append("</li>")
        else:
            tags.append(tag)
            parts.append(f'<{tag} start="{item.number}">' if item.number not in ("", "1") else f"<{tag}>")
        text = _inline(item.text)
        parts.append(f"<li><p>{text}</p>" if item.loose else f"<li>{text}")
    parts += [f"</li></{tag}>" for tag in reversed(tags)]
    return "".join(parts)


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
    text = text.replace(">", "&gt;")
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
        case _:
            return span[0]
