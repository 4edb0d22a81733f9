"""Errors that only the finished fields of a note show: elements that overlap, deletions that make no card."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from deckwright.check.cloze_rules import deletions
from deckwright.grammar.note import Note, NoteKind
from deckwright.grammar.pieces import PieceKind
from deckwright.grammar.scanner import CORRECT_CLOZE
from deckwright.problems import Place, Problem
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
    return [*_unbalanced(note, rendered), *_lost(note, rendered)]


def _ends(note: Note) -> dict[str, list[Place]]:
    """Where the end tags of a note are that are written in it, by their names."""
    found: dict[str, list[Place]] = {}
    for passage, piece in note.pieces(PieceKind.TAG):
        if passage.source.text.startswith("</", piece.start):
            found.setdefault(piece.text, []).append(note.source.place(piece.start))
    return found


def _unbalanced(note: Note, rendered: RenderedNote) -> Iterator[Problem]:
    parts = {"Question": note.question, "Prompt": note.question, "Answer": note.answer, "Text": note.answer}
    openings = [note.source.place(opening.start) for opening, _ in deletions(note.answer)]
    for name, html in rendered.fields.items():
        if "<" in html or "{{" in html:
            place = parts[name].place() if name in parts else note.place
            if name == "Details" and note.sections:
                place = note.sections[0].heading.place()
            ends = _ends(note) if name in ("Answer", "Text") else {}
            yield from _overlaps(html, place, openings if name == "Text" else [], ends)


def _overlaps(html: str, place: Place, openings: list[Place], ends: dict[str, list[Place]]) -> Iterator[Problem]:
    """The first element or deletion of a field that is not closed inside the one it was opened in."""
    open_: list[str] = []
    seen = 0
    where = place
    for mark in MARKUP.finditer(html):
        if mark["opens"]:
            where = openings[seen] if seen < len(openings) else where
            seen += 1
            open_.append("}}")
        elif (mark["closes"] or mark["hint"]) and "}}" not in open_:
            continue
        elif mark["hint"]:
            if open_[-1] != "}}":
                yield Problem(where, _inner_hint(open_[-1]), "unbalanced-markup")
        elif mark["closes"] or mark["end"]:
            closed = "}}" if mark["closes"] else mark["tag"].lower()
            if open_ and open_[-1] == closed:
                open_.pop()
                continue
            before = len(re.findall(f"</{closed}>", html[: mark.start()]))
            written = ends.get(closed, [])[before : before + 1]
            is_deletion = "}}" in (closed, *open_[-1:])
            yield _overlap(open_[-1] if open_ else "", closed, written[0] if written and not is_deletion else where)
            return
        elif not mark["empty"] and mark["tag"].lower() not in VOID:
            open_.append(mark["tag"].lower())
    if open_:
        yield _overlap(open_[-1], "", where)


def _inner_hint(opened: str) -> str:
    return f"Anki takes what follows `::` for a hint, and this one begins inside <{opened}>; end that before the `::`"


def _overlap(opened: str, closed: str, place: Place) -> Problem:
    if "}}" in (opened, closed):
        other = opened if closed == "}}" else closed
        where = f"<{other}>" if other else "an element"
        message = f"this deletion begins inside {where} and ends outside it, or the other way round; close it inside"
    elif closed and opened in ("p", "li", "td", "th", "dd"):
        message = f"</{closed}> ends what began in another block; leave a blank line before it, and nothing beside it"
    elif closed and opened:
        message = f"<{opened}> is still open where </{closed}> comes; close elements in the opposite order"
    else:
        message = f"<{opened or closed}> is not opened and closed in the same part of the note"
    return Problem(place, message, "unbalanced-markup")


def _lost(note: Note, rendered: RenderedNote) -> Iterator[Problem]:
    if note.kind is not NoteKind.CLOZE:
        return
    made = Counter(found[0][3:-2] for found in CORRECT_CLOZE.finditer(rendered.fields["Text"]))
    for opening, _ in deletions(note.answer):
        made[opening.text] -= 1
        if made[opening.text] < 0:
            message = "this deletion would make no card; write it in a sentence of its own"
            yield Problem(note.source.place(opening.start), message, "bad-cloze")
