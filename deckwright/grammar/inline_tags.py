"""Deletions, tags, comments and bare addresses inside a leaf."""

from __future__ import annotations

import html
import re

from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.inline_formulas import take_old_formula
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.grammar.scanner import CLOZE, ESCAPES, Scanner
from deckwright.regex import regex

TAG = regex(r"""</?([A-Za-z][A-Za-z0-9-]*)((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*\s*/?)>""")
LOOSE_TAG = regex(r"</?([^\W\d_][\w.,:*&\[\]| -]*)(?:>|(?=\s|$))?")
ATTRIBUTE = regex(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
AUTOLINK = regex(r"<(?:(?:https?|ftp|mailto):[^\s<>]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>")
SCHEME = regex(r"(?<![A-Za-z0-9])(?i:https?|ftp)$")
ADDRESS = regex(r"[^\s<>，。；：！？、（）《》【】「」“”‘’\U000F0000-\U000FFFFD]+")
AFTER_ADDRESS = regex(r"(?:[?!.,:*_~'\"\\]|(?:&[A-Za-z]+)?;)+$")
OPEN_MARK = regex(r"(?<![A-Za-z0-9])==(?=\S)")
EMPTY_COMMENT = regex("<!---?>")
COMMENT = regex(r"(?<![A-Za-z0-9%])%%(?!%).*?(?<!%)%%(?![A-Za-z0-9%])", re.DOTALL)

CODE_TAGS = frozenset({"code", "kbd", "pre", "samp", "tt"})
"""Elements of HTML in which dollars and backslashes are no TeX."""


def on_open_brace(scanner: Scanner, start: int) -> None:
    """Take ``{``: the beginning of a deletion, or a brace."""
    match = CLOZE.match(scanner.text, start, scanner.end)
    if match is None:
        if scanner.clozes:
            scanner.clozes[-1][1] += 1
        return
    scanner.clozes.append([start, 0])
    scanner.add(PieceKind.CLOZE, start, match.end(), scanner.numbers(match), match.end())


def on_close_brace(scanner: Scanner, start: int) -> None:
    """``}}`` ends a deletion, but a brace that was opened in it is closed first."""
    if scanner.clozes and scanner.clozes[-1][1] > 0:
        scanner.clozes[-1][1] -= 1
        scanner.add(PieceKind.ESCAPE, start, start + 1, "}")
    elif scanner.text.startswith("}}", start, scanner.end):
        at = scanner.clozes.pop()[0] if scanner.clozes else -1
        scanner.add(PieceKind.CLOZE_END, start, start + 2, at=at)
    elif scanner.clozes:
        scanner.add(PieceKind.ESCAPE, start, start + 1, "}")


def on_tag(scanner: Scanner, start: int) -> None:
    """Take ``<``: a tag, a comment, an address, or the sign itself."""
    text, end = scanner.text, scanner.end
    if text.startswith("<!--", start, end):
        _take_comment(scanner, start)
    elif autolink := AUTOLINK.match(text, start, end):
        scanner.add(PieceKind.AUTOLINK, start, autolink.end(), autolink[0][1:-1], start + 1)
    elif text.startswith("<anki-mathjax", start, end):
        take_old_formula(scanner, start)
    elif tag := TAG.match(text, start, end):
        stop = text.find("</pre", tag.end(), end) if tag[1].lower() == "pre" else -1
        if scanner.kind is not BlockKind.HTML and text.find("\n", tag.end(), max(stop, 0)) >= 0:
            message = "`<pre>` keeps its lines only at the beginning of a line; put it there, or use a fence"
            scanner.report("unclosed-tag", start, message)
        if tag[1].lower() in CODE_TAGS and not tag[0].startswith("</"):
            scanner.code_until = max(scanner.code_until, scanner.text.find(f"</{tag[1]}", tag.end(), scanner.end))
        scanner.add(PieceKind.TAG, start, tag.end(), tag[1].lower(), tag.start(2), info=tag[2])
    elif (loose := LOOSE_TAG.match(text, start, end)) and loose[0].endswith(">"):
        scanner.add(PieceKind.TAG, start, loose.end(), loose[1], loose.end() - 1)
    else:
        scanner.add(PieceKind.ESCAPE, start, start + 1, "<")


def _take_comment(scanner: Scanner, start: int) -> None:
    empty = EMPTY_COMMENT.match(scanner.text, start)
    closing = empty.end() - 3 if empty else scanner.text.find("-->", start + 4, scanner.end)
    if closing < 0:
        where = "not closed in its heading" if scanner.kind is BlockKind.HEADING else "not closed in its paragraph"
        if scanner.kind is not BlockKind.HEADING and scanner.text.find("-->", start) < 0:
            where = "never closed"
        scanner.report("unclosed-comment", start, f"this comment is {where}; end it with `-->`")
    scanner.add(PieceKind.COMMENT, start, closing + 3 if closing >= 0 else scanner.end)


def on_percent(scanner: Scanner, start: int) -> None:
    """Take ``%``: a comment as Obsidian has it."""
    if comment := COMMENT.match(scanner.text, start, scanner.end):
        scanner.add(PieceKind.COMMENT, start, comment.end())


def on_address(scanner: Scanner, start: int) -> None:
    """A web address as it is (``https://…``, ``www.…``); the punctuation after it does not belong to it."""
    if scanner.text[start] == ":":
        last_end = scanner.pieces[-1].end if scanner.pieces else 0
        scheme = SCHEME.search(scanner.text, max(start - 5, last_end), start)
        if scheme is None:
            return
        start = scheme.start()
    match = ADDRESS.match(scanner.text, start, scanner.end)
    address = AFTER_ADDRESS.sub("", _within(scanner, match[0], start)) if match else ""
    while address.endswith((")", "]")) and address.count(")") + address.count("]") > address.count("(") + address.count(
        "["
    ):
        address = AFTER_ADDRESS.sub("", address[:-1])
    if "." in address or "://localhost" in address:
        shown = ESCAPES.sub(r"\1", address)  # no address holds a backslash: an exporter escaped its underscores
        scanner.add(PieceKind.AUTOLINK, start, start + len(address), shown, start, info="bare")


def _within(scanner: Scanner, address: str, start: int) -> str:
    """The part of an address at ``start`` that is inside the brackets, the deletion, the highlight around it."""
    if scanner.brackets:
        depth = 0
        for at, sign in enumerate(address):
            depth += (sign == "[") - (sign == "]")
            if depth < 0:
                address = address[:at]
                break
    if scanner.clozes:
        address = address.partition("}}")[0].partition("::")[0]
    mark = scanner.text.rfind("==", scanner.begin, start)
    return address.partition("==")[0] if mark >= 0 and OPEN_MARK.match(scanner.text, mark) else address


def tag_attributes(piece: Piece) -> list[tuple[str, str, int]]:
    """The attributes of a TAG piece: name in lower case, value with entities resolved, offset of the value."""
    found = []
    for match in ATTRIBUTE.finditer(piece.info):
        group = match.lastindex or 1
        value = html.unescape(match[group]) if group > 1 else ""
        found.append((match[1].lower(), value, piece.at + match.start(group)))
    return found


def tag_text(piece: Piece, text: str) -> str:
    """A TAG piece of a file's text as it is written, without what its lines begin with in a quote or list."""
    return f"{text[piece.start : piece.at]}{piece.info}>"
