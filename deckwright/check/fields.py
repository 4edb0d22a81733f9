"""Errors that only the finished fields of a note show: elements that overlap, deletions that make no card."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from deckwright.check.cloze_rules import deletions
from deckwright.grammar.note import Note, NoteKind
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.grammar.scanner import CORRECT_CLOZE
from deckwright.problems import Problem
from deckwright.regex import regex
from deckwright.render import VOID
from deckwright.render.rendered_note import RenderedNote

ABLE_TO_OVERLAP = frozenset({PieceKind.TAG, PieceKind.CLOZE})
"""The pieces without which all elements nest: the renderer writes each of its own with its end."""
MARKUP = regex(
    r"<(?P<end>/)?(?P<tag>[a-zA-Z][\w-]*)(?:\s[^<>]*?)?(?P<empty>/)?>|(?P<opens>\{\{c[0-9,]+::)|(?P<closes>\}\})|(?P<hint>::)"
)


def check_fields(note: Note, rendered: RenderedNote) -> list[Problem]:
    """What is wrong with the fields of a rendered note, each problem at its deletion or part of the note."""
    if note.kinds.isdisjoint(ABLE_TO_OVERLAP):
        return []
    found = [(at, message, "unbalanced-markup") for at, message in _unbalanced(note, rendered)]
    found += [(at, message, "bad-cloze") for at, message in _lost(note, rendered)]
    return [Problem(note.source.place(at), message, rule) for at, message, rule in found]


def _unbalanced(note: Note, rendered: RenderedNote) -> Iterator[tuple[int, str]]:
    starts = {"Answer": note.answer.start, "Text": note.answer.start}
    if note.sections:
        starts["Details"] = note.sections[0].heading.start
    for name, html in rendered.fields.items():
        if "<" in html or "{{" in html:
            openings = [opening.start for opening, _ in deletions(note.answer)] if name == "Text" else []
            tags = [piece for _, piece in note.pieces(PieceKind.TAG)] if name in ("Answer", "Text") else []
            ends = [piece for piece in tags if note.source.text.startswith("</", piece.start)]
            yield from _overlaps(html, starts.get(name, note.question.start), iter(openings), ends)


def _overlaps(html: str, at: int, openings: Iterator[int], ends: Iterable[Piece]) -> Iterator[tuple[int, str]]:
    """The first element or deletion of a field that is not closed inside the one it was opened in.

    It is at its end tag, if that is written, at the last of the ``openings`` of deletions, or ``at`` the field's start.
    """
    open_: list[str] = []
    for mark in MARKUP.finditer(html):
        if mark["opens"]:
            at = next(openings, at)
            open_.append("}}")
        elif (mark["closes"] or mark["hint"]) and "}}" not in open_:
            continue
        elif mark["hint"]:
            if open_[-1] != "}}":
                hint = f"what follows `::` for a hint, and this one begins inside <{open_[-1]}>"
                yield at, f"Anki takes {hint}; end that before the `::`"
        elif mark["closes"] or mark["end"]:
            closed = "}}" if mark["closes"] else mark["tag"].lower()
            if open_ and open_[-1] == closed:
                open_.pop()
                continue
            before = len(re.findall(f"</{closed}>", html[: mark.start()]))
            written = [piece.start for piece in ends if piece.text == closed][before : before + 1]
            is_deletion = "}}" in (closed, *open_[-1:])
            yield written[0] if written and not is_deletion else at, _overlap(open_[-1] if open_ else "", closed)
            return
        elif not mark["empty"] and mark["tag"].lower() not in VOID:
            open_.append(mark["tag"].lower())
    if open_:
        yield at, _overlap(open_[-1], "")


def _overlap(opened: str, closed: str) -> str:
    """Say what is wrong with an element, or a deletion (``}}``), that does not end where another one does."""
    if "}}" in (opened, closed):
        other = opened if closed == "}}" else closed
        where = f"<{other}>" if other else "an element"
        return f"this deletion begins inside {where} and ends outside it, or the other way round; close it inside"
    if closed and opened in ("p", "li", "td", "th", "dd"):
        return f"</{closed}> ends what began in another block; leave a blank line before it, and nothing beside it"
    if closed and opened:
        return f"<{opened}> is still open where </{closed}> comes; close elements in the opposite order"
    return f"<{opened or closed}> is not opened and closed in the same part of the note"


def _lost(note: Note, rendered: RenderedNote) -> Iterator[tuple[int, str]]:
    """The deletions that are in no field."""
    if note.kind is not NoteKind.CLOZE:
        return
    made = Counter(found[0][3:-2] for found in CORRECT_CLOZE.finditer(rendered.fields["Text"]))
    for opening, _ in deletions(note.answer):
        made[opening.text] -= 1
        if made[opening.text] < 0:
            yield opening.start, "this deletion would make no card; write it in a sentence of its own"
