"""Warnings: what was meant as a list, a table or text and is shown as something else."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence

from deckwright.check.raw_lines import BULLETS, Line, raw_lines
from deckwright.check.rules import Finding, card_rule
from deckwright.check.views import NoteView
from deckwright.deck.rule_choices import Style
from deckwright.grammar.block_types import Block, BlockKind, Stretch
from deckwright.grammar.pieces import PieceKind
from deckwright.regex import regex

MARKER = r"(?:[-*+]|[0-9]{1,9}[.)])"
"""The sign of an item in Markdown."""
LIST_SIGN = regex(
    rf"[–—{BULLETS}*+-][ \t]|\(?(?:\d{{1,2}}|[^\W\d_A-Z]{{1,2}}|[ivx]{{1,4}})\)[ \t]"
    r"|(?:\d{1,2}[.º°-]|[α-ωа-яא-ת\u0621-\u064a\u0905-\u0939ก-ฮ가-하]\.)[ \t]"
)
"""What begins an item for people, and no list in Markdown, at least not in the middle of a paragraph."""
LIST_SIGN_IN_TEXT = regex(rf"^(?:[ \t>]*(?![-*+])|[ \t>]*[ \t])(?:{LIST_SIGN.pattern})", re.MULTILINE)
"""A note without one has no such line: at the margin ``-`` always makes a list."""
INDENTED_LINE = regex("^(?:\u3000\u3000|&emsp;&emsp;)", re.MULTILINE)
SHORT_LINES = regex(r"\n(?<=[^\n]\n)[ \t>]*+(?![-*+] |#|\||`|~|[0-9]{1,9}[.)] )[^\n]{1,60}$", re.MULTILINE)
"""A note without it has no paragraph that ends with a short line."""
MAY_BE_JOINED = LIST_SIGN_IN_TEXT, INDENTED_LINE, SHORT_LINES
EMPTY_ITEM = regex(rf"^[ \t>]*{MARKER}[ \t]*$", re.MULTILINE)
INDENTED_ITEM = regex(rf"^[ \t>]*[ \t]{MARKER}[ \t]", re.MULTILINE)
TABBED = regex(rf"(?:{LIST_SIGN.pattern}|(?!{LIST_SIGN.pattern}))[^\w\n]*\w[^\t\n]*\t[^\w\n]*\w")
"""A line with a tab between words; one after the sign of an item is indentation."""
SENTENCE = regex(
    r"^[ \t\u200b]*(?:[^\W\d_]|[“\"«„(（「《])[^\n]*"
    r"(?:[\u3040-\u9fff][^\n]*[，。！？；：]|(?:[\w'’-]+[,:;]? ){4}[^\n]*[.!?…][\"”»“]?[ \t]*$)",
    re.MULTILINE,
)
CODE_SIGN = regex(r"[{}<>=$#`\\|;]|\(\)|//|::|--|^\s*(?:[-*+]|\d+[.)])\s", re.MULTILINE)
INDENTED_TEXT = regex(r"^(?: {4}|\t)", re.MULTILINE)
BROKEN_LINE = regex(r"(?:  |\\|<br ?/?>)$")
PAIR_WIDTH, LINES_WIDTH, VERSE_WIDTH = 25, 40, 60
"""Columns: nobody wraps text at so few, be it two lines, more of them, or more that begin with a capital each."""
NO_TEXT = regex(r"[|{}+<]|:::|.*\$\$|[<>=]{4}|[\W_]*$")
LETTER = regex(r"[^\W\d_]")
COLON, SENTENCE_END = regex(r"[:：][*_]*$"), regex(r"[.!?…。？！][^\w\s]*$")
NUMBER = regex("[0-9]{1,9}")
NUMBERED_ITEM = regex(r"^[ \t>]*[0-9]{1,9}[.)][ \t]", re.MULTILINE)
ITEM_SIGN = regex(rf"{MARKER}[ \t]+")


@card_rule(Style.PLAIN)
def check_joined_lines(view: NoteView) -> Iterator[Finding]:
    r"""Lines of a paragraph are shown as one: what looks like a list is one, and verses end with a backslash each.

    Bad:  (1) the seller … (2) the buyer … on a line each; • first … • second …; yo hablo … tú hablas …
    Good: - the seller … - the buyer …; yo hablo\ … tú hablas …
    """
    text = view.source.text
    is_suspect = "\t" in view.text or any(sign.search(view.text) for sign in MAY_BE_JOINED)
    for block in view.blocks(BlockKind.PARAGRAPH) if is_suspect else ():
        if len(block.lines) < 2:
            continue
        lines = [line for line in block.lines if not any(each.start < line[0] < each.end for each in block.pieces)]
        if (row := _second_row(text, lines)) is not None:
            yield row, "lines with tabs are shown as one; a table has `|` between its cells"
        elif (line := _indented_line(text, lines)) is not None:
            yield line, "this line is shown in one with the line above; leave a blank line before a paragraph"
        elif (item := _second_item(text, lines)) is not None:
            yield item, "this line is shown in one with the line above; begin it with `- ` or `1. ` for a list"
        elif _are_verses(text, block):
            yield block.start, "these lines are shown as one; end each with a backslash, or begin each with `- `"


def _indented_line(text: str, lines: Sequence[Stretch]) -> int | None:
    """Where a line begins, not the first, that is indented as Chinese paragraphs are."""
    indented = (line for line in lines[1:] if INDENTED_LINE.match(text, *line) and not _is_after_break(text, line))
    return next((start for start, _ in indented), None)


def _second_row(text: str, lines: Sequence[Stretch]) -> int | None:
    """Where the second of two lines begins that both have a tab between words, as the rows of a pasted table have."""
    rows = [TABBED.match(text, *line) is not None for line in lines]
    return next((lines[n][0] for n in range(1, len(lines)) if rows[n - 1] and rows[n]), None)


def _second_item(text: str, lines: Sequence[Stretch]) -> int | None:
    """Where a line begins, not the first, that has the sign of an item: one of several, or a bullet."""
    marked = [n for n, (start, end) in enumerate(lines) if LIST_SIGN.match(text, start, end)]
    joined = [lines[n][0] for n in marked if n and not _is_after_break(text, lines[n])]
    return joined[0] if joined and (len(marked) > 1 or text[joined[0]] in f"{BULLETS}*+-") else None


def _is_after_break(text: str, line: Stretch) -> bool:
    """Whether the line before ends with a line break, so that this one is shown below it."""
    end = text.rfind("\n", 0, line[0])
    return BROKEN_LINE.search(text, text.rfind("\n", 0, end) + 1, end) is not None


def _are_verses(text: str, block: Block) -> bool:
    """Whether lines are too short for text that was wrapped: the author means each to be shown by itself."""
    if max(end - start for start, end in block.lines) > VERSE_WIDTH:
        return False
    if any(piece.kind is PieceKind.IMAGE or "\n" in text[piece.start : piece.end] for piece in block.pieces):
        return False
    if any(_is_after_break(text, line) for line in block.lines[1:]):
        return False
    lines = [Line(start, text[start:end].rstrip(), is_ended=False) for start, end in block.lines]
    if any(NO_TEXT.match(line.text) for line in lines):
        return False  # a block that is not one, as other rules tell
    return _are_short([line.text for line in lines]) and raw_lines(lines) is None


def _are_short(lines: Sequence[str]) -> bool:
    width = max(len(line) + sum(unicodedata.east_asian_width(sign) in "WF" for sign in line) for line in lines)
    if len(lines) == 2:
        return width <= PAIR_WIDTH and not COLON.search(lines[0])
    if width <= LINES_WIDTH:
        return True
    if width > VERSE_WIDTH or all(SENTENCE_END.search(line) for line in lines[:-1]):
        return False
    return all((letter := LETTER.search(line)) is None or letter[0].isupper() for line in lines)


@card_rule(Style.PLAIN)
def check_indented_text(view: NoteView) -> Iterator[Finding]:
    """Text begins at the margin: after a blank line, four spaces before it make it code.

    Bad:  ␣␣␣␣The seller owes the thing.
    Good: The seller owes the thing.
    """
    for code in view.blocks(BlockKind.CODE) if INDENTED_TEXT.search(view.text) else ():
        if not code.mark and SENTENCE.search(code.text) and not CODE_SIGN.search(code.text):
            yield code.start, "this text is shown as code, as it is indented by four spaces; begin it at the margin"


@card_rule(Style.PLAIN)
def check_flat_list(view: NoteView) -> Iterator[Finding]:
    """An item that is indented belongs to the one above: it is under that one's text. No item is empty above its text.

    Bad:  1. breach … ␣␣1. by doing (two spaces make no list in an item of `1.`)
    Good: 1. breach … ␣␣␣1. by doing
    """
    text = view.source.text
    for siblings in _siblings(view) if EMPTY_ITEM.search(view.text) else ():
        for before, after in itertools.pairwise(siblings):
            is_text = before.kind is BlockKind.LIST and after.kind is BlockKind.PARAGRAPH
            if is_text and not before.children[-1].children:
                yield after.start, "the item above is empty; write this text after its sign, or remove the sign"
    if not INDENTED_ITEM.search(view.text):
        return
    for siblings in _siblings(view):
        for before, item in _neighbours(siblings):
            outer, inner = _item_columns(text, before), _item_columns(text, item)
            if outer and inner and outer[0] < inner[0] < outer[1] and not _counts_on(text, before, item):
                need = f"{outer[1] - inner[0]} more space{'s' * (outer[1] - inner[0] != 1)}"
                yield item.start, f"this item is beside the one above, not below it; write {need} before it"
                break
    for code in view.blocks(BlockKind.CODE):
        if not code.mark and ITEM_SIGN.match(code.text.lstrip()):
            yield code.start, "an indented list is shown as code; begin it at the margin"


@card_rule(Style.PLAIN)
def check_renumbered_list(view: NoteView) -> Iterator[Finding]:
    """The items of a list are numbered on from the first one, whatever their own numbers are.

    Bad:  1914. War … 1918. Peace (the card says 1915)
    Good: - 1914: War … - 1918: Peace
    """
    for block in view.blocks(BlockKind.LIST) if NUMBERED_ITEM.search(view.text) else ():
        items = [(item, int(n[0])) for item in block.children if (n := NUMBER.match(view.source.text, item.start))]
        if any(after <= before for (_, before), (_, after) in itertools.pairwise(items)):
            continue
        for counted, (item, number) in enumerate(items, items[0][1] if items else 0):
            if number != counted:
                remedy = f"as a list counts on; correct it, or write `- {number}: …`"
                yield item.start, f"`{number}` is shown as {counted}, {remedy}"
                break


def _siblings(view: NoteView) -> Iterator[Sequence[Block]]:
    """The blocks that are right beside each other, at the top of a passage or in one block."""
    for passage in view.note.passages:
        yield passage.blocks
        yield from (block.children for block in passage.every_block if len(block.children) > 1)


def _neighbours(siblings: Sequence[Block]) -> Iterator[tuple[Block, Block]]:
    """Items right after one another: of one list, or the last of one and the first of the next."""
    for before, after in itertools.pairwise(siblings):
        if before.kind is after.kind is BlockKind.ITEM:
            yield before, after
        elif before.kind is after.kind is BlockKind.LIST:
            yield before.children[-1], after.children[0]


def _counts_on(text: str, before: Block, item: Block) -> bool:
    """Whether an item has the number after that of the one above: then it was not meant as a part of that one."""
    first, second = NUMBER.match(text, before.start), NUMBER.match(text, item.start)
    return first is not None and second is not None and int(second[0]) == int(first[0]) + 1


def _item_columns(text: str, item: Block) -> Stretch | None:
    """Return the columns of an item's sign and of its text; None where another item begins on the same line."""
    sign, line = ITEM_SIGN.match(text, item.start), text.rfind("\n", 0, item.start) + 1
    if sign is None or text[line : item.start].strip(" \t>"):
        return None
    return item.start - line, sign.end() - line
