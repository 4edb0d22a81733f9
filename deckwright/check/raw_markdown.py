"""A warning about signs of Markdown that are left on the card: those of people for whom another tool is Markdown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from deckwright.check.leaf_text import OTHER, LeafText, LeftOver, leaf_texts
from deckwright.check.lost_signs import COMPARISON, MAY_BE_LOST, lost_comparisons, lost_signs
from deckwright.check.raw_emphasis import lone_sign, raw_emphasis
from deckwright.check.raw_lines import ENDED, MAY_BE_ITEM, TWO_LINES, Line, raw_lines
from deckwright.check.raw_signs import MAY_BE_RAW, MAY_BE_RAW_LINE, MAY_BE_TEX, raw_signs
from deckwright.check.rules import Finding, card_rule
from deckwright.check.views import CODE, FORMULAS, NoteView
from deckwright.deck.rule_choices import Style
from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.pieces import PieceKind
from deckwright.regex import regex

SURELY_BOLD = regex(r"(\*\*|~~)(?=\w)[^*~\n]+(?<=\w)\1")
MAY_BE_EMPHASIS = regex(r"\*\*|~~|\\[*~]\\")
SIGN_IN_HTML = regex(r"\*\*|\]\(|\[\[|==|\[\^|`|^[ \t]*(?:[-*+]|\d{1,2}[.)])[ \t]|^[ \t]*\|", re.MULTILINE)
TICK = regex("`")
IN_A_HINT = regex(r"\*\*\w|(?<!\w)==\w|`[^`]+`|!?\[[^\]]*\]\(|!?\[\[|\{\{c\d")
SURELY_A_WORD = regex(rf"[^\W\d_a-z]|[{OTHER}-\U0010ffff]")
"""After ``**``; what is not: ``**kwargs``, ``x **2``, ``**/*.md``."""


@card_rule(Style.PLAIN)
def check_raw_markdown(view: NoteView) -> Iterator[Finding]:
    """No characters of Markdown or of other tools are left on a card, and none that were text are taken for Markdown.

    Bad:  **bold **text, [text]（https://example.org）, ＄x＄, {{< figure >}}, 1.first … 2.second on a line each
    Good: **bold** text, [text](https://example.org), $x$
    """
    signs = [*_signs(view)]
    for passage in view.note.passages if signs else ():
        leaves = [*leaf_texts(passage, signs)]
        left_over = [(leaf, found) for leaf in leaves for found in _found(leaf, signs)]
        left_over += _lone_signs(leaves) if MAY_BE_EMPHASIS in signs else ()
        for leaf, (start, end, remedy) in left_over:
            at, shown = _written(leaf, start, end, view.source.text)
            yield at, f"`{shown[:40]}{'…' * (len(shown) > 40)}` is shown as it is written; {remedy}"
        for leaf in leaves:
            for start, end, fault in lost_signs(leaf.text) if MAY_BE_LOST in signs else ():
                at, shown = _written(leaf, start, end, view.source.text)
                yield at, f"`{shown}` {fault}"
            lines = _lines(leaf.without_escapes()) if leaf.block.kind is BlockKind.PARAGRAPH else ()
            if line := raw_lines(lines):
                yield leaf.places.in_file(line[0]), f"this line and the next are shown as one; {line[1]}"
    for attribute in view.note.attributes:
        if attribute.key == "hint" and (sign := IN_A_HINT.search(str(attribute.value))):
            yield attribute.place, f"`{sign[0]}` is shown as it is written; of Markdown a hint holds formulas only"
    for passage in view.note.passages if COMPARISON.search(view.text) else ():
        for start in lost_comparisons(passage):
            yield start, "this `>` begins a quote, and is not shown; write `\\>` for “more than”"


def _written(leaf: LeafText, start: int, end: int, source: str) -> tuple[int, str]:
    """Where a stretch of a leaf begins in the file, and how it is written there, on one line."""
    at = leaf.places.in_file(start)
    return at, " ".join(source[at : leaf.places.in_file(end - 1) + 1].split())


def _signs(view: NoteView) -> Iterator[re.Pattern[str]]:
    """Yield what is in all leaves of a note that may hold something left over; most notes have none of it."""
    text = view.text
    codes = [view.source.text[code.start : code.end] for code in view.of(*CODE)]
    if _loose_signs(text) > sum(map(_loose_signs, codes)) or _has_signs_in_html(view):
        yield MAY_BE_EMPHASIS
    if text.count("`") > sum(code.count("`") for code in codes):
        yield TICK
    tex = len(MAY_BE_TEX.findall(text))
    if tex and tex > sum(len(MAY_BE_TEX.findall(piece.text)) for piece in view.of(*FORMULAS, *CODE)):
        yield MAY_BE_TEX
    if TWO_LINES.search(text) and MAY_BE_ITEM.search(text):
        yield MAY_BE_ITEM
    yield from (sign for sign in (MAY_BE_RAW, MAY_BE_RAW_LINE, MAY_BE_LOST) if sign.search(text))


def _has_signs_in_html(view: NoteView) -> bool:
    """Whether a block of HTML may hold Markdown, which is not read there."""
    if view.kinds.isdisjoint((PieceKind.TAG, PieceKind.COMMENT)) or not SIGN_IN_HTML.search(view.text):
        return False
    return any(view.blocks(BlockKind.HTML))


def _loose_signs(text: str) -> int:
    """How many signs of bold and of strike-through are not surely ones that Markdown knows."""
    may_hold = "**" in text or "~~" in text or "\\" in text
    return len(MAY_BE_EMPHASIS.findall(SURELY_BOLD.sub("", text))) if may_hold else 0


def _found(leaf: LeafText, signs: Collection[re.Pattern[str]]) -> Iterator[LeftOver]:
    """Yield what is left over in a leaf of a note that holds some of the ``signs``."""
    is_html = leaf.block.kind is BlockKind.HTML
    if not is_html and MAY_BE_EMPHASIS.search(SURELY_BOLD.sub("", leaf.text)):
        yield from raw_emphasis(leaf.text)
    if {*signs} - {MAY_BE_ITEM, MAY_BE_LOST}:
        yield from raw_signs(leaf.without_escapes(), is_html=is_html)


def _lone_signs(leaves: Sequence[LeafText]) -> Collection[tuple[LeafText, LeftOver]]:
    """The signs of bold without a partner in their leaf.

    One that begins something is told of when the next one ends it, in another paragraph, or when it is surely not of
    code. None is in a passage with remarks that begin with two asterisks, to which others refer.
    """
    if any(leaf.text.startswith("** ") for leaf in leaves):
        return ()
    found: dict[int, tuple[LeafText, LeftOver]] = {}
    opened: tuple[LeafText, int] | None = None
    for leaf in leaves:
        sign = lone_sign(leaf.text) if leaf.block.kind is not BlockKind.HTML else None
        if sign is None:
            continue
        at, begins = sign
        where = leaf
        if begins:
            opened = leaf, at
            if not SURELY_A_WORD.match(leaf.text, at + 2):
                continue
            remedy = "write `**` after the words that it begins too, or remove it"
        elif opened:
            (where, at), opened = opened, None
            remedy = "bold ends with its paragraph or item: write `**` at both ends of each"
        else:
            remedy = "write `**` before the words that it ends too, or remove it"
        found[where.block.start] = where, LeftOver(at, at + 2, remedy)
    return found.values()


def _lines(text: str) -> list[Line]:
    lines, start = [], 0
    for line in text.split("\n"):
        lines.append(Line(start, line, ENDED.search(line) is not None))
        start += len(line) + 1
    return lines
