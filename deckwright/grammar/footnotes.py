"""Footnotes that are written under another note than the one that refers to them, as at the end of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from deckwright.grammar.note import Note, Passage
from deckwright.grammar.pieces import PieceKind


def with_footnotes(notes: Sequence[Note]) -> list[Note]:
    """Give each note of a file the footnotes that it refers to and does not define, where one other note does."""
    defining = {note.place: _definitions(note) for note in notes if PieceKind.FOOTNOTE in note.kinds}
    found = [item for own in defining.values() for item in own.items()]
    counts = Counter(name for name, _ in found)
    once = {name: passage for name, passage in found if counts[name] == 1}
    return [_completed(note, defining[note.place], once) if note.place in defining else note for note in notes]


def _definitions(note: Note) -> dict[str, Passage]:
    """The footnotes that are defined under a note, by their names."""
    return {
        name: Passage(note.source, block.start, block.end, (block,))
        for name, block in note.footnote_blocks.items()
        if not name.startswith("^")  # one in the text
    }


def _completed(note: Note, own: Mapping[str, Passage], others: Mapping[str, Passage]) -> Note:
    """The note with what it takes from other notes, and what it defines for them alone."""
    definitions = [*own.values()]
    waiting = [
        piece.text
        for _, piece in note.pieces(PieceKind.FOOTNOTE)
        if not any(each.start <= piece.start < each.end for each in definitions)
    ]
    shown: dict[str, Passage] = {}
    while waiting:
        name = waiting.pop(0)
        passage = own.get(name) or others.get(name)
        if passage and name not in shown:
            shown[name] = passage
            waiting += [piece.text for piece in passage.of(PieceKind.FOOTNOTE) if not piece.info]
    taken = tuple(passage for name, passage in shown.items() if name not in own)
    lent = tuple(passage for name, passage in own.items() if name not in shown)
    return replace(note, footnotes=taken, lent=lent) if taken or lent else note
