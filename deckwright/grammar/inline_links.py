"""Brackets inside a leaf: citations, sounds, footnotes, links and pictures."""

from __future__ import annotations

import re

from deckwright.grammar.block_types import Block, BlockKind
from deckwright.grammar.inline_formulas import take_old_formula
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.grammar.scanner import Scanner, unescaped
from deckwright.regex import regex

LONGEST_DESTINATION = 10_000
LABEL_END = regex(r"[\]\n]")
CITATION_END = regex(r"\]|\n(?![^\[\]]*\])")
"""A citation may go on in the next line, as text that an editor wraps does."""
FOOTNOTE_END = regex(r"[\]\s]")
BLOCK_ID = regex(
    r"(?<!\S)(?:(?<![0-9)\]}+*/=-] )|(?<=(?:\]\]|\*\*) )|(?=\^(?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{6}\s*$))"
    r"\^(?=[0-9-]*[A-Za-z]|[0-9]{13}\s*$)[A-Za-z0-9-]{4,}\s*$"
)
"""Obsidian's name of a paragraph, at its end (13 digits are a time); after a number or a sign, one that a person chose
may be an exponent.
"""
LINK_TARGET = regex(r"\(<?(?:[A-Za-z][A-Za-z0-9+.-]*:|www\.|[/#.])")
"""What follows ``[@name]`` when that is the text of a link rather than a citation."""
CHARACTER_CLASS = regex(r"\^\[(?:[A-Za-z0-9]-[A-Za-z0-9]|\\[dsw])")
"""What begins a regular expression rather than a footnote in the text."""
DESTINATION = regex(
    r"""\([ \t\n]{0,9}(?:<(?P<angled>(?:\\.|[^<>\n\\])*)>|"""
    r"""(?P<plain>(?:\\[^\n]|[^()\n"'<>\\]|\((?:[^()\n\\]|\\.)*\)|(?<=\S)['"](?=\S)|\\)*?))"""
    r"""(?:[ \t]+=(?P<size>[0-9]+x[0-9]*|x?[0-9]+))?"""
    r"""(?:[ \t\n]{1,9}(?:"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'|\((?P<round>[^()]*)\)))?"""
    r"""(?:[ \t]+=(?P<last>[0-9]+x[0-9]*|x?[0-9]+))?"""
    r"""[ \t\n]{0,9}\)"""
)
ATTRIBUTES = regex(
    r"(?: ?\{(?P<sized>(?:width|height)=[^{}]{0,200})\}"
    r"|\{:?[ \t]*(?P<body>(?:[\w-]+=|[#.][A-Za-z]|(?:width|height) )[^{}\n]*)\})"
)
SIZE_ATTRIBUTE = regex(r"""(width|height)[= ]["']?([0-9]+(?:\.[0-9]+)?)(px|in|cm|mm|pt|)["']?(?=[\s,]|$)""")
"""``width=300``, ``width="3.5in"`` as Pandoc has it of pictures from Word, ``:width 300`` as Logseq has it."""
PIXELS = {"in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "pt": 96 / 72}
"""How many a unit of length is, as CSS says."""
OTHER_SIZE = regex(r"\b(?:width|height|zoom)\s*[=:]")
"""A size in other words, as in ``style="width: 50%"``."""
ALT_SIZE = regex(r"\\?\|[ \t]*([0-9]+(?:x[0-9]*)?|x[0-9]+)(?P<unit>px|%?)[ \t]*$")
WIKI = regex(r"\[\[(?P<target>[^\[\]|\n]+?)(?:\\?\|(?P<text>[^\[\]\n]*))?\]\]")
LABEL = regex(r"\[((?:\\.|[^\[\]\\])*)\]", re.DOTALL)


def on_open_bracket(scanner: Scanner, start: int) -> None:
    """Take ``[``: a citation, a sound, a footnote, a wiki link; or what may become a link."""
    text, end = scanner.text, 0
    if (
        text.startswith("[@", start)
        and (end := _label_end(scanner, start + 2, CITATION_END))
        and not LINK_TARGET.match(text, end + 1, scanner.end)
        and _reference(scanner, start, end) is None
    ):
        scanner.add(PieceKind.CITATION, start, end + 1, text[start + 1 : end], start + 1)
    elif text.startswith("[sound:", start) and (end := _label_end(scanner, start + 7, LABEL_END)):
        scanner.add(PieceKind.SOUND, start, end + 1, text[start + 7 : end], start + 7)
    elif text.startswith("[^", start) and (end := _label_end(scanner, start + 2, FOOTNOTE_END)) > start + 2:
        scanner.add(PieceKind.FOOTNOTE, start, end + 1, text[start + 2 : end], start + 2)
    elif (
        text.startswith("[[", start)
        and (wiki := WIKI.match(text, start, scanner.end))
        and not text.startswith("(", wiki.end())
    ):
        _take_wiki_link(scanner, wiki)
    elif text.startswith(("[$", "[latex]"), start) and take_old_formula(scanner, start):
        pass
    else:
        scanner.brackets.append((start, len(scanner.pieces)))


def _take_wiki_link(scanner: Scanner, wiki: re.Match[str]) -> None:
    """``[[note|text]]``: a link to the note of that name."""
    group = "text" if wiki["text"] else "target"
    start, end = wiki.span(group)
    start += group == "target" and wiki[group].startswith("#")  # as Obsidian shows a heading of the same file
    target = wiki["target"].strip(), wiki.start("target")
    scanner.add(PieceKind.LINK, wiki.start(), start, *target, info="wiki")
    scanner.add(PieceKind.LINK_END, end, wiki.end(), *target, info="wiki")


def _label_end(scanner: Scanner, start: int, stop: re.Pattern[str]) -> int:
    """Where the ``]`` is that ``stop`` finds first; 0 when it finds something else."""
    match = stop.search(scanner.text, start, scanner.end)
    return match.start() if match and match[0] == "]" else 0


def on_exclamation(scanner: Scanner, start: int) -> None:
    """Take ``!``: what may become a picture."""
    if scanner.text.startswith("[[", start + 1) and (wiki := WIKI.match(scanner.text, start + 1, scanner.end)):
        name, at = wiki["target"].strip(), wiki.start("target")
        size = ALT_SIZE.search(f"|{wiki['text'] or ''}")
        alt = name.rpartition("/")[2].rpartition(".")[0] if size or not wiki["text"] else wiki["text"]
        width = _alt_size(scanner, size, start) if size else ""
        scanner.add(PieceKind.IMAGE, start, wiki.end(), f"[[{name}", at, info=alt, size=width)
    elif scanner.text.startswith("[", start + 1):
        scanner.position = start + 2
        scanner.brackets.append((start, len(scanner.pieces)))


def on_caret(scanner: Scanner, start: int) -> None:
    """``^[…]``: a footnote in the text."""
    if scanner.text.startswith("[", start + 1, scanner.end):
        if not CHARACTER_CLASS.match(scanner.text, start, scanner.end):
            scanner.position = start + 2
            scanner.brackets.append((start, len(scanner.pieces)))
    elif scanner.kind is BlockKind.PARAGRAPH and BLOCK_ID.match(scanner.text, start, scanner.end):
        scanner.add(PieceKind.COMMENT, start, scanner.end)


def on_close_bracket(scanner: Scanner, end: int) -> None:
    """Take ``]``: the end of a link, a picture or a footnote in the text."""
    if not scanner.brackets:
        return
    start, before = scanner.brackets.pop()
    if scanner.text[start] == "^":
        if scanner.text.startswith("^", end + 1, scanner.end):
            shown = scanner.text[start + 1 : end + 1]
            message = f"`^{shown}^` is shown as it is written; write <sup>{shown}</sup>, or `^{shown}` for a footnote"
            scanner.report("unknown-footnote", start, message)
        else:
            _take_inline_footnote(scanner, start, before, end)
        return
    _take_link(scanner, start, before, end)


def _take_inline_footnote(scanner: Scanner, start: int, before: int, end: int) -> None:
    leaf = Block(BlockKind.PARAGRAPH, start + 2, end, lines=((start + 2, end),), mark="tight")
    leaf.pieces = tuple(scanner.pieces[before:])
    del scanner.pieces[before:]
    name = inline_name(start)
    scanner.footnotes.append(Block(BlockKind.FOOTNOTE, start, end + 1, [leaf], info=name))
    scanner.add(PieceKind.FOOTNOTE, start, end + 1, name, start + 2, info="inline")


def inline_name(start: int) -> str:
    """The name of a footnote in the text, which no other one has in the file."""
    return f"^{start}"


def _take_link(scanner: Scanner, start: int, before: int, end: int) -> None:
    """A link or picture whose text ends at ``end``, when an address follows or its name is defined."""
    found = _destination(scanner, end) or _reference(scanner, start, end)
    if found is None:
        if scanner.text.startswith("(", end + 1, scanner.end):
            _report_link(scanner, start, end)
        return
    target, at, title, size, stop = found
    title = " ".join(title.split())  # a field holds no line break
    if scanner.text[start] != "!":
        attributes = ATTRIBUTES.match(scanner.text, stop, scanner.end)
        stop = attributes.end() if attributes else stop  # such as ``{target=_blank}``: nothing that a card shows
        scanner.pieces[before:] = [  # no link in a link; of ``<address>`` the text is left
            piece._replace(kind=PieceKind.ESCAPE) if piece.kind is PieceKind.AUTOLINK else piece
            for piece in scanner.pieces[before:]
            if piece.info != "bare"
        ]
        scanner.pieces.insert(before, Piece(PieceKind.LINK, start, start + 1, target, at, info=title))
        scanner.add(PieceKind.LINK_END, end, stop, target, at, info=title)
        scanner.brackets = [(each, count) for each, count in scanner.brackets if scanner.text[each] != "["]
        return
    _drop_pieces(scanner, before)
    alt = scanner.text[start + 2 : end]
    if in_alt := ALT_SIZE.search(alt):
        alt, size = alt[: in_alt.start()], _alt_size(scanner, in_alt, start)
    if attributes := ATTRIBUTES.match(scanner.text, stop, scanner.end):
        stop, size = attributes.end(), _size(scanner, attributes) or size
    scanner.add(PieceKind.IMAGE, start, stop, target, at, info=alt, size=size, title=title)


def _report_link(scanner: Scanner, start: int, end: int) -> None:
    """Report what looks like a link and is not one."""
    shown = scanner.text[end + 2 : scanner.end].partition(")")[0]
    scanner.report("unknown-link", start, f"the link to `{shown[:40]}` is not understood; write [text](address)")


def _destination(scanner: Scanner, end: int) -> tuple[str, int, str, str, int] | None:
    """The address in round brackets after a ``]``: address, its offset, title, size, end."""
    match = DESTINATION.match(scanner.text, end + 1, min(scanner.end, end + 1 + LONGEST_DESTINATION))
    if match is None:
        return None
    group = "angled" if match["angled"] is not None else "plain"
    title = match["double"] or match["single"] or match["round"] or ""
    size = match["size"] or match["last"] or ""
    return unescaped(match[group].strip()), match.start(group), unescaped(title), size, match.end()


def _reference(scanner: Scanner, start: int, end: int) -> tuple[str, int, str, str, int] | None:
    """The address of a link or picture whose name is defined: ``[text][name]``, ``[name][]``, ``[name]``."""
    if not scanner.references:
        return None
    text = scanner.text[start + (2 if scanner.text[start] == "!" else 1) : end]
    label = LABEL.match(scanner.text, end + 1, scanner.end)
    stop = label.end() if label else end + 1
    name = label[1] if label and label[1].strip() else text
    found = scanner.references.get(" ".join(name.split()).casefold())
    return None if found is None else (unescaped(found.address), found.at, found.title, "", stop)


def _size(scanner: Scanner, attributes: re.Match[str]) -> str:
    """The size that the attributes after a picture give; their other values are reported."""
    body = attributes["sized"] or attributes["body"]
    found = SIZE_ATTRIBUTE.findall(body)
    sizes = {name: str(round(float(number) * PIXELS.get(unit, 1))) for name, number, unit in found}
    if OTHER_SIZE.search(SIZE_ATTRIBUTE.sub(" ", body)):
        message = f"`{' '.join(body.split())}` gives no size of a picture; write {{width=300}}, in pixels"
        scanner.report("bad-option", attributes.start(), message)
    width, height = sizes.get("width", ""), sizes.get("height", "")
    return f"{width}x{height}" if height else width


def _alt_size(scanner: Scanner, found: re.Match[str], start: int) -> str:
    """The size after the ``|`` of a picture's text: ``300``, ``300x200``, ``x200``."""
    if found["unit"] == "%":
        scanner.report("bad-option", start, f"a picture's size is in pixels; write |300 instead of |{found[1]}%")
    return found[1].removesuffix("x")


def _drop_pieces(scanner: Scanner, index: int) -> None:
    """Forget the pieces in a picture's text: it is shown as plain text."""
    dropped = scanner.pieces[index:]
    for piece in dropped:
        if piece.kind in (PieceKind.CLOZE, PieceKind.CLOZE_END):
            scanner.report("unclosed-cloze", piece.start, "a deletion can neither begin nor end in a picture's text")
    starts = {piece.start for piece in dropped}
    scanner.clozes = [cloze for cloze in scanner.clozes if cloze[0] not in starts]
    del scanner.pieces[index:]


def cited(piece: Piece) -> list[tuple[str, str]]:
    """The keys of a citation, each with its locator: ``@a, §2; @b`` → [("a", "§2"), ("b", "")]."""
    found = []
    for entry in " ".join(piece.text.split()).split(";"):
        key, _, locator = entry.replace("，", ",").strip().partition(",")
        found.append((key.strip().removeprefix("@"), locator.strip()))
    return found
