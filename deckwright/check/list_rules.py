"""Warnings: what was meant as a list, a table or text and is shown as something else."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from deckwright.check.rules import Finding, card_rule
from deckwright.check.views import NoteView
from deckwright.deck.folder import Deck
from deckwright.deck.rule_choices import Style
from deckwright.grammar.block_types import Block, BlockKind, Stretch
from deckwright.regex import regex

BULLETS = "•‣◦▪▫●○■□·∙*+-"
LIST_SIGN = regex(rf"[–—{BULLETS}][ \t]|\(?(?:[0-9]{{1,2}}|[a-z]{{1,2}}|[ivx]{{1,4}})\)[ \t]|[0-9]{{1,2}}\.[ \t]")
"""What begins an item for people, and no list in Markdown, at least not in the middle of a paragraph."""
LIST_SIGN_IN_TEXT = regex(rf"^(?:[ \t>]*(?![-*+])|[ \t>]*[ \t])(?:{LIST_SIGN.pattern})", re.MULTILINE)
"""A note without one has no such line: at the margin ``-`` always makes a list."""
INDENTED_LINE = regex("^(?:\u3000\u3000|&emsp;&emsp;)", re.MULTILINE)
EMPTY_ITEM = regex(r"^[ \t>]*(?:[-*+]|[0-9]{1,9}[.)])[ \t]*$", re.MULTILINE)
INDENTED_ITEM = regex(r"^[ \t>]*[ \t](?:[-*+]|[0-9]{1,9}[.)])[ \t]", re.MULTILINE)
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
NUMBER = regex("[0-9]{1,9}")
ITEM_SIGN = regex(r"(?:[-*+]|[0-9]{1,9}[.)])[ \t]+")


@card_rule(Style.PLAIN)
def check_joined_lines(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """What looks like a list is one: lines of a paragraph are shown as one line.

    Bad:  (1) the seller … (2) the buyer … on a line each; • first … • second …
    Good: - the seller … - the buyer …
    """
    text = view.source.text
    is_suspect = "\t" in view.text or LIST_SIGN_IN_TEXT.search(view.text) or INDENTED_LINE.search(view.text)
    for passage in view.note.passages if is_suspect else ():
        for block in passage.all_blocks(BlockKind.PARAGRAPH):
            if len(block.lines) < 2:
                continue
            if (row := _second_row(text, block.lines)) is not None:
                yield view.source.place(row), "lines with tabs are shown as one; a table has `|` between its cells"
            if (line := _indented_line(text, block.lines)) is not None:
                message = "this line is shown in one with the line above; leave a blank line before a paragraph"
                yield view.source.place(line), message
            marked = [n for n, (start, end) in enumerate(block.lines) if LIST_SIGN.match(text, start, end)]
            joined = [n for n in marked if n and not BROKEN_LINE.search(text, *_line_before(text, block.lines[n]))]
            if joined and (len(marked) > 1 or text[block.lines[joined[0]][0]] in BULLETS):
                place = view.source.place(block.lines[joined[0]][0])
                yield place, "this line is shown in one with the line above; begin it with `- ` or `1. ` for a list"


def _indented_line(text: str, lines: Sequence[Stretch]) -> int | None:
    """Where a line begins, not the first, that is indented as Chinese paragraphs are."""
    indented = [start for start, end in lines[1:] if INDENTED_LINE.match(text, start, end)]
    return next((at for at in indented if not BROKEN_LINE.search(text, *_line_before(text, (at, at)))), None)


def _second_row(text: str, lines: Sequence[Stretch]) -> int | None:
    """Where the second of two lines begins that both have a tab between words, as the rows of a pasted table have."""
    rows = [TABBED.match(text, *line) is not None for line in lines]
    return next((lines[n][0] for n in range(1, len(lines)) if rows[n - 1] and rows[n]), None)


def _line_before(text: str, line: Stretch) -> Stretch:
    end = text.rfind("\n", 0, line[0])
    return text.rfind("\n", 0, end) + 1, end


@card_rule(Style.PLAIN)
def check_indented_text(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """Text begins at the margin: after a blank line, four spaces before it make it code.

    Bad:  ␣␣␣␣The seller owes the thing.
    Good: The seller owes the thing.
    """
    for passage in view.note.passages if INDENTED_TEXT.search(view.text) else ():
        for code in passage.all_blocks(BlockKind.CODE):
            if code.mark == "indented" and SENTENCE.search(code.text) and not CODE_SIGN.search(code.text):
                message = "this text is shown as code, as it is indented by four spaces; begin it at the margin"
                yield view.source.place(code.start), message


@card_rule(Style.PLAIN)
def check_flat_list(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """An item that is indented belongs to the one above: it is under that one's text. No item is empty above its text.

    Bad:  1. breach … ␣␣1. by doing (two spaces make no list in an item of `1.`)
    Good: 1. breach … ␣␣␣1. by doing
    """
    if EMPTY_ITEM.search(view.text):
        yield from _text_of_empty_items(view)
    if not INDENTED_ITEM.search(view.text):
        return
    text = view.source.text
    for passage in view.note.passages:
        for siblings in (passage.blocks, *(block.children for block in passage.every_block if len(block.children) > 1)):
            for before, item in _neighbours(siblings):
                outer, inner = _item_columns(text, before), _item_columns(text, item)
                if outer and inner and outer[0] < inner[0] < outer[1] and not _counts_on(text, before, item):
                    need = f"{outer[1] - inner[0]} more space{'s' * (outer[1] - inner[0] != 1)}"
                    place = view.source.place(item.start)
                    yield place, f"this item is beside the one above, not below it; write {need} before it"
                    break
        for code in passage.all_blocks(BlockKind.CODE):
            if code.mark == "indented" and ITEM_SIGN.match(code.text):
                yield view.source.place(code.start), "an indented list is shown as code; begin it at the margin"


def _text_of_empty_items(view: NoteView) -> Iterator[Finding]:
    for passage in view.note.passages:
        for siblings in (passage.blocks, *(block.children for block in passage.every_block if len(block.children) > 1)):
            for before, after in itertools.pairwise(siblings):
                is_text = before.kind is BlockKind.LIST and after.kind is BlockKind.PARAGRAPH
                if is_text and not before.children[-1].children:
                    message = "the item above is empty; write this text after its sign, or remove the sign"
                    yield view.source.place(after.start), message


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
