"""Warnings: how a good card is made. Limits are in ``[limits]`` of ``deck.toml``; ``allow=rule`` excuses a note."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from itertools import chain

from deckwright.check.cloze_rules import deletions
from deckwright.check.rules import Finding, card_rule
from deckwright.check.views import ADDRESSES, CODE, FORMULAS, NoteView
from deckwright.deck.media import is_picture
from deckwright.deck.rule_choices import Style
from deckwright.grammar.block_types import Block, BlockKind
from deckwright.grammar.note import Passage
from deckwright.grammar.pieces import PieceKind
from deckwright.regex import regex

NOT_HAN = regex(r"[^\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
NOT_COUNTED = regex(r"[{}^_$\s]+")
NOT_HIDDEN = regex(r"\\[A-Za-z]+\s*|[{}^_$\s]+")
VAGUE = regex(r"^(?:请|你)?(?:简单|简要)?(?:介绍一下|谈一?谈|说一?说|聊一?聊)")
MONTH = regex(r"([0-9]{4})-([0-9]{2})")
THRICE = regex(r"([a-z])\1\1")
THRICE_ALONE = regex(r"(?<![A-Za-z])([a-z])\1\1(?![A-Za-z])")
HINT = regex(r"[（(][^（()）]+[）)]")


def length(passage: Passage, limit: int) -> int:
    """How long a passage is to say, in characters without white space and TeX's signs; 0 when surely within a limit."""
    return len(NOT_COUNTED.sub("", passage.plain)) if passage.end - passage.start > limit else 0


@card_rule(Style.FLASHCARDS)
def check_long_question(view: NoteView) -> Iterator[Finding]:
    r"""A question is read in one glance: at most `question` characters.

    Bad:  a heading of three lines
    Good: Why is the score divided by $\sqrt{d_k}$?
    """
    most = view.limits.question
    if (count := length(view.note.question, most)) > most:
        yield view.note.place, f"{count} characters in the question, {most} at most; ask shorter"


@card_rule(Style.FLASHCARDS)
def check_two_questions(view: NoteView) -> Iterator[Finding]:
    """A card asks one thing: one question mark.

    Bad:  What is RoPE? Why does it extrapolate?
    Good: Why does RoPE encode relative positions?
    """
    if view.question.count("?") + view.question.count("？") > 1:
        text = view.note.question.outside(PieceKind.CODE, PieceKind.FORMULA)
        if (marks := sum(map(text.count, "?？"))) > 1:
            yield view.note.place, f"{marks} question marks; ask one thing, and make a second card of the other"


@card_rule(Style.SPOKEN)
def check_vague_question(view: NoteView) -> Iterator[Finding]:
    """A question names the points it asks for.

    Bad:  介绍一下 LoRA
    Good: LoRA 冻结什么、训练什么？
    """
    if match := VAGUE.match(view.question):
        yield view.note.place, f"`{match[0]}` asks for anything; name the points"


@card_rule(Style.FLASHCARDS)
def check_long_answer(view: NoteView) -> Iterator[Finding]:
    """The answer above the first section is said in thirty seconds: at most `answer` characters.

    Bad:  two paragraphs before the first ###
    Good: three sentences; the rest under ### Details
    """
    most = view.limits.answer
    if (count := length(view.note.answer, most)) > most:
        yield view.note.answer.start, f"{count} characters in the answer, {most} at most; say it shorter"


@card_rule(Style.SPOKEN)
def check_listed_answer(view: NoteView) -> Iterator[Finding]:
    """The answer is spoken: no bullets and no displayed formula above the first section.

    Bad:  - first … - second … ### Details
    Good: First, and then second. … ### Details
    """
    answer = view.note.answer
    found = [(block.start, "a list") for block in answer.all_blocks(BlockKind.LIST)]
    found += [(piece.at, "a displayed formula") for piece in answer.of(PieceKind.DISPLAY)]
    for offset, what in sorted(found)[:1]:
        yield offset, f"{what} is not spoken; say it in a sentence and move it into a section"


@card_rule(Style.FLASHCARDS)
def check_long_list(view: NoteView) -> Iterator[Finding]:
    """A list has at most `list` items, and a section at most `bullets` of them.

    Bad:  a list of eight items
    Good: two cards, or a table of cause and remedy
    """
    limits = view.limits
    for passage in view.note.passages:
        most = limits.list if passage is view.note.answer else min(limits.list, limits.bullets)
        if len(items := outer_items(passage)) > most:
            yield items[0].start, f"{len(items)} items, {most} at most; split the card"


def outer_items(passage: Passage) -> list[Block]:
    """The items of the lists of a passage that are in no other block."""
    return [item for block in passage.blocks if block.kind is BlockKind.LIST for item in block.children]


@card_rule(Style.FLASHCARDS)
def check_wide_table(view: NoteView) -> Iterator[Finding]:
    """A table fits a phone: `table-columns` columns, `table-rows` rows, `cell` Han characters in a cell.

    Bad:  a table of six columns
    Good: two tables of three columns on two cards
    """
    limits = view.limits
    for table in view.blocks(BlockKind.TABLE):
        rows = [[cell_text(cell, view.source.text) for cell in row.children] for row in table.children]
        columns = len(rows[0])
        if columns > limits.table_columns:
            yield table.start, f"{columns} columns, {limits.table_columns} at most; a phone is narrow"
        if len(rows) - 1 > limits.table_rows:
            yield table.start, f"{len(rows) - 1} rows, {limits.table_rows} at most; split the card"
        for cell in chain(*rows):
            if (count := _han(cell)) > limits.cell:
                yield table.start, f"{count} characters in the cell `{cell.strip()[:20]}…`, {limits.cell} at most"


def cell_text(cell: Block, text: str) -> str:
    """The text of a table's cell without formulas and code."""
    parts, position = [], cell.start
    for piece in cell.pieces:
        if piece.kind in (*CODE, *FORMULAS) and piece.start >= position:
            parts.append(text[position : piece.start])
            position = piece.end
    return " ".join([*parts, text[position : cell.end]])


@card_rule(Style.FLASHCARDS)
def check_long_back(view: NoteView) -> Iterator[Finding]:
    """The whole back is at most `back` Han characters.

    Bad:  an essay
    Good: one idea; the others on cards of their own
    """
    most = view.limits.back
    back = view.source.text[view.note.answer.start : view.end]
    beyond_ascii = len(back) - len(back.encode("ascii", "ignore"))  # no fewer than the Han characters, quicker to count
    if beyond_ascii > most and (count := sum(_han(part.plain) for part in view.note.passages[1:])) > most:
        yield view.note.place, f"{count} characters on the back, {most} at most; split the card"


def _han(text: str) -> int:
    """How many Han characters a text holds."""
    return len("".join(NOT_HAN.split(text)))


@card_rule(Style.FLASHCARDS)
def check_many_deletions(view: NoteView) -> Iterator[Finding]:
    """A cloze note hides little: `deletions` deletions of `deletion` characters each at most.

    Bad:  a sentence with five gaps
    Good: {{c1::128}} experts, {{c2::8}} of them active
    """
    limits, answer = view.limits, view.note.answer
    if (count := len([*answer.of(PieceKind.CLOZE)])) > limits.deletions:
        yield answer.start, f"{count} deletions, {limits.deletions} at most; split the note"
    for opening, end in deletions(answer):
        text = view.source.text[opening.end : end.start].partition("::")[0]
        if (count := len(NOT_HIDDEN.sub("", text))) > limits.deletion:
            yield opening.start, f"{count} characters hidden, {limits.deletion} at most; hide less"


@card_rule(Style.SPOKEN)
def check_follow_up(view: NoteView) -> Iterator[Finding]:
    """A follow-up section has one to `follow-ups` items; each links to a note or carries a hint in brackets.

    Bad:  - And then?
    Good: - [Why not 1/d?](#why-sqrt-dk) … - And then? (hint: variance)
    """
    most = view.limits.follow_ups
    for section in view.note.sections:
        if view.deck.settings.sections.get(section.heading.text) != "follow-up":
            continue
        items = outer_items(section.body)
        linked = [piece.start for piece in section.body.of(PieceKind.LINK) if piece.text.startswith("#")]
        linked.append(section.body.end)
        if not 1 <= len(items) <= most:
            yield section.heading.start, f"{len(items)} follow-ups, 1 to {most} wanted, as a list"
        ends = [*(later.start for later in items[1:]), section.body.end]
        for item, end in zip(items, ends, strict=False):
            is_linked = linked[bisect.bisect_left(linked, item.start)] < end
            if not is_linked and not HINT.search(view.source.text, item.start, end):
                yield item.start, "this follow-up links to no note and has no hint in brackets"


@card_rule(Style.SPOKEN)
def check_missing_source(view: NoteView) -> Iterator[Finding]:
    """A note cites a source, in a deck that has a sources.toml.

    Bad:  a claim
    Good: a claim [@vaswani2017, §3.2]
    """
    if view.deck.has_bibliography and PieceKind.CITATION not in view.kinds:
        yield view.note.place, "no source is cited; write [@key] with a key of sources.toml"


@card_rule(Style.FLASHCARDS)
def check_outdated(view: NoteView) -> Iterator[Finding]:
    """What ages was checked within the last `asof-months` months.

    Bad:  asof=2024-01, three years later
    Good: asof of this year
    """
    for attribute in view.note.attributes:
        if attribute.key != "asof" or str(attribute.value) != view.note.option("asof"):
            continue
        if match := MONTH.fullmatch(str(attribute.value)):
            age = (view.deck.today.year - int(match[1])) * 12 + view.deck.today.month - int(match[2])
            if age > view.limits.asof_months:
                yield attribute.place, f"as of {match[0]}, {age} months ago; check the card again and set asof"


@card_rule(Style.SPOKEN)
def check_web_noise(view: NoteView) -> Iterator[Finding]:
    """No left-overs of web pages: words of `noise`, letters doubled by copied formulas.

    Bad:  如上图, 扫码, img.png, $k$kk
    Good: the sentence without them
    """
    words = [word for word in view.limits.noise if word in view.text]
    is_doubled = THRICE.search(view.text)
    for passage in view.note.passages if words or is_doubled else ():
        for word in words:
            if (at := view.source.text.find(word, passage.start, passage.end)) >= 0:
                yield at, f"`{word}` comes from a web page; take it out, or allow=web-noise"
        if is_doubled and (found := next(passage.matches(THRICE_ALONE, *CODE, *FORMULAS, *ADDRESSES), None)):
            yield found[0], f"`{found[1][0]}` looks like a formula copied twice; write it as $…$"


@card_rule(Style.FLASHCARDS)
def check_missing_alt(view: NoteView) -> Iterator[Finding]:
    """A picture has a text for those who cannot see it.

    Bad:  ![](mask.svg)
    Good: ![A causal mask: a lower triangle](mask.svg)
    """
    texts = [(piece, piece.info) for piece in view.of(PieceKind.IMAGE) if is_picture(piece.text)]
    for piece, attributes in view.tags:
        if piece.text == "img" and not view.source.text.startswith("</", piece.start):
            texts.append((piece, "".join(value for name, value, _ in attributes if name == "alt")))
    for piece, text in texts:
        if not text.strip():
            yield piece.start, "this picture has no text; write what it shows between the brackets"
