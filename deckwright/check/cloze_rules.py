"""Rules about deletions: where they are, what they hide, what only looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from deckwright.check.rules import Finding, card_rule, note_rule
from deckwright.check.views import ADDRESSES, CODE, FORMULAS, NoteView, is_inside
from deckwright.deck.rule_choices import Style
from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.note import NoteKind, Passage
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.grammar.scanner import CLOZE, CORRECT_CLOZE
from deckwright.problems import Severity
from deckwright.regex import regex

MALFORMED_CLOZE = regex(
    r"(?<!\{)\{c[0-9]+::|\{\{[0-9]+::"
    r"|\{\{ *(?:[cC][0-9]+(?![0-9,]*::)|[cC]loze)[^{}\n]*\}\}"
    r"|(?<!\{)\{(?:c[0-9]{1,2}[:|] ?|[0-9]{1,2}::?)(?:[^\s{}:|]| {3})[^{}\n]*\}(?!\})"
    r"|｛{1,2} *[cC][0-9]+(?:::?|：：?)"
    r"|\{\{ *(?:[сС][0-9]+|[cCсС][lI|]):"
)
"""The last are those with a Cyrillic letter, and with one in the place of the number 1."""
BARE_BRACES = regex(r"\{\{[^{}:|\n]{1,80}\}\}")
NO_HINT = regex(r"::=|::\s*$")
OPAQUE = frozenset({*CODE, *FORMULAS, PieceKind.COMMENT, PieceKind.ESCAPE})
SAFE = OPAQUE | {*ADDRESSES, PieceKind.LINK, PieceKind.IMAGE, PieceKind.TAG}
"""In a deletion, the pieces whose ``::`` and ``}}`` are written as character references."""


@note_rule(Severity.ERROR)
def check_misplaced_cloze(view: NoteView) -> Iterator[Finding]:
    """Deletions are in the answer: anywhere else they make no card.

    Bad:  ### Details … {{c1::x}}
    Good: ## Prompt … {{c1::x}} … ### Details
    """
    note = view.note
    for passage, piece in note.pieces(PieceKind.CLOZE):
        where = "the question" if passage is note.question else "a section"
        if passage is note.answer:
            where = "a footnote" if is_inside(piece.start, passage.all_blocks(BlockKind.FOOTNOTE)) else ""
        elif is_inside(piece.start, passage.of(*CODE)):
            continue  # it is shown as it is written
        if where:
            yield piece.start, f"a deletion in {where} makes no card; move it into the answer"


@note_rule(Severity.ERROR)
def check_bad_cloze(view: NoteView) -> Iterator[Finding]:
    """A deletion hides something, has one hint at most, is not inside one of its own number, and `}}` only ends one.

    Bad:  {{c1::}}, {{c1::a::b::c}}, {{c1::a {{c1::b}}}}
    Good: {{c1::a::hint}}, {{c1::a {{c2::b}}}}
    """
    answer = view.note.answer
    halves = _half_deletions(answer) if "{" in answer.text or "｛" in answer.text else {}
    if PieceKind.CLOZE in view.kinds and view.note.kind is NoteKind.CLOZE:
        yield from _cloze_faults(answer, halves)
    if "{{c" in answer.text:
        yield from _unseen_deletions(answer)
    for at, half in halves.items():
        number = re.search("[1-9][0-9]{0,2}", half)
        written = view.source.text[at : at + len(half)]
        yield at, f"`{written}` is not the start of a deletion; write `{{{{c{number[0] if number else 1}::`"


@card_rule(Style.PLAIN)
def check_braces(view: NoteView) -> Iterator[Finding]:
    """Two braces hide something, and no third one is left beside them.

    Bad:  Tú {{comes}} pan, {{c1::pan}}}
    Good: Tú {{c1::comes}} pan, {{c1::pan}}
    """
    if "{{" not in view.text:
        return
    if view.note.kind is NoteKind.CLOZE:  # there every two braces count already
        yield from _lone_braces(view.note.answer)
        return
    for passage in view.note.passages:
        for at, match in passage.matches(BARE_BRACES, *OPAQUE):
            is_shortcode = view.source.text[at + 2] in "<%"  # raw-markdown tells of it
            if not (is_shortcode or MALFORMED_CLOZE.match(match[0])):
                yield at, f"`{match[0]}` is shown as it is; to hide it write `{{{{c1::`, and code in backticks"


def _lone_braces(answer: Passage) -> Iterator[Finding]:
    """Braces beside a deletion of which the answer has one too many."""
    prose = answer.masked(*OPAQUE, PieceKind.CLOZE, PieceKind.CLOZE_END)
    if prose.count("{") == prose.count("}"):
        return
    for opening, closing in deletions(answer):
        for at, brace in ((opening.start - 1, "{"), (closing.end, "}")):
            if at >= answer.start and prose[at - answer.start : at - answer.start + 1] == brace:
                yield at, f"this `{brace}` beside the deletion is shown; remove it, or write `\\{brace}` if it is meant"


def _half_deletions(answer: Passage) -> dict[int, str]:
    """What was meant as a deletion and is not one, by its offset; what the scanner takes for one is reported there."""
    found = answer.matches(MALFORMED_CLOZE, *CODE, *FORMULAS)
    return {at: match[0] for at, match in found if not CLOZE.match(match[0])}


def _unseen_deletions(answer: Passage) -> Iterator[Finding]:
    """Deletions where no card can be made of them: in a tag, a link's address, a picture's text."""
    seen = {piece.start for piece in answer.of(PieceKind.CLOZE)}
    said = [*answer.of(*CODE, PieceKind.COMMENT)]
    said += [image for image in answer.of(PieceKind.IMAGE) if not image.text.startswith("[[")]  # told of by the scanner
    for match in CORRECT_CLOZE.finditer(answer.source.text, answer.start, answer.end):
        if match.start() not in seen and not is_inside(match.start(), said):
            yield match.start(), "a deletion makes no card here; write it in the text, outside of tags and addresses"


def deletions(passage: Passage) -> list[tuple[Piece, Piece]]:
    """The deletions of a passage in their order, each as the piece that begins it and the one that ends it."""
    ends = {piece.at: piece for piece in passage.of(PieceKind.CLOZE_END)}
    return [(piece, ends[piece.start]) for piece in passage.of(PieceKind.CLOZE) if piece.start in ends]


def _cloze_faults(answer: Passage, halves: Iterable[int]) -> Iterator[Finding]:
    open_: list[tuple[Piece, Piece]] = []
    for opening, closing in deletions(answer):
        open_ = [each for each in open_ if opening.start < each[1].start]
        if any({*opening.text.split(",")} & {*outer.text.split(",")} for outer, _ in open_):
            yield opening.start, "this deletion is inside one of its own number; give it another number"
        if len(open_) == 3:
            yield opening.start, "deletions nest too deep; three levels are what Anki shows"
        open_.append((opening, closing))
        hidden = _hidden(answer, opening, closing)
        if not hidden.strip() or hidden.lstrip().startswith("::"):
            yield opening.start, "this deletion hides nothing; write what is to be recalled"
        elif hidden.count("::") > 1:
            yield opening.start, "Anki takes the first `::` for the hint; write one hint, `: :` elsewhere"
        elif NO_HINT.search(hidden):
            yield opening.start, "Anki takes what follows `::` for a hint; write `: :` where none is meant"
    closed = {piece.at for piece in answer.of(PieceKind.CLOZE_END)}
    open_offsets = [piece.start for piece in answer.of(PieceKind.CLOZE) if piece.start not in closed]
    for piece in answer.of(PieceKind.CLOZE_END):
        if piece.at < 0 and open_offsets and open_offsets[0] < piece.start:
            del open_offsets[0]  # it ends what is told of there, in another paragraph
        elif piece.at < 0 and not any(_ends(answer.source.text, half, piece) for half in halves):
            yield piece.start, "`}}` does not end a deletion here; remove it, or put it into backticks"


def _ends(text: str, half: int, end: Piece) -> bool:
    """Whether ``}}`` was meant to end what begins at ``half`` and is not a deletion."""
    between = text[half : end.start]
    return half < end.start and "\n" not in between and "}}" not in between


def _hidden(passage: Passage, opening: Piece, closing: Piece) -> str:
    """What a deletion hides, with its hint; its code, formulas, addresses and further deletions as a letter."""
    parts, position = [], opening.end
    ends = {piece.at: piece.end for piece in passage.of(PieceKind.CLOZE_END)}
    for piece in passage.pieces:
        if piece.start < position or piece.end > closing.start:
            continue
        if piece.kind in SAFE or piece.kind is PieceKind.CLOZE:
            parts += [passage.source.text[position : piece.start], "" if piece.kind is PieceKind.COMMENT else "x"]
            position = ends.get(piece.start, piece.end)
    return "".join([*parts, passage.source.text[position : closing.start]])


@card_rule(Style.PLAIN)
def check_cloze_code(view: NoteView) -> Iterator[Finding]:
    """`}}` and `::` in code inside a deletion are written as character references, which Anki's editor undoes.

    Bad:  {{c1::`std::move`}}
    Good: `std::`{{c1::`move`}}
    """
    note, depth = view.note, 0
    for piece in note.answer.pieces if note.kind is NoteKind.CLOZE else ():
        depth += (piece.kind is PieceKind.CLOZE) - (piece.kind is PieceKind.CLOZE_END and piece.at >= 0)
        if not depth or piece.kind not in CODE:
            continue
        own = CORRECT_CLOZE.findall(piece.text)  # deletions inside the code
        text = CORRECT_CLOZE.sub("", piece.text).replace("}}", "", len(own))
        if fault := next((mark for mark in ("}}", "::") if mark in text), None):
            message = (
                f"`{fault}` in this code is safe only until the note is edited in Anki; move it out of the deletion"
            )
            yield piece.at + piece.text.find(fault), message


@card_rule(Style.PLAIN)
def check_shared_deletion(view: NoteView) -> Iterator[Finding]:
    """A deletion with several numbers is understood by Anki from 26 on only; older ones show it as it is written.

    Bad:  {{c1,3::x}}
    Good: {{c1::x}} … {{c3::x}}
    """
    for piece in view.note.answer.of(PieceKind.CLOZE):
        if "," in piece.text:
            message = "Anki before 26 shows a deletion with several numbers as it is written; write one for each number"
            yield piece.start, message
