"""What is kept of a note and of a page for the rules about the whole deck, once the text is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from deckwright.grammar.note import NONE
from deckwright.problems import Place


class Outline(NamedTuple):
    """What the rules about the whole deck, and the reports, need of a note once its text is forgotten."""

    id: str
    place: Place
    id_place: Place
    """Where the ``#id`` stands; the note's place without one."""
    insert_at: int
    question: str
    """Its plain text, white space collapsed."""
    answer: str
    """The letters and digits of an answer short enough to be given away by a question, else empty."""
    aliases: tuple[tuple[str, Place], ...] = ()
    links: tuple[tuple[str, Place], ...] = ()
    """The ids that links lead to."""
    allowed: frozenset[str] = NONE
    is_blank: bool = False
    """The question is blank."""

    def to_row(self) -> tuple[object, ...]:
        """The outline as plain values, without the path and, mostly, without what is empty."""
        places = (self.place.line, self.place.column, self.id_place.line, self.id_place.column)
        row = (self.id, *places, self.insert_at, self.question, self.answer)
        if not (self.aliases or self.links or self.allowed or self.is_blank):
            return row
        named = [[(name, place.line, place.column) for name, place in pairs] for pairs in (self.aliases, self.links)]
        return (*row, *named, sorted(self.allowed), self.is_blank)

    @classmethod
    def from_row(cls, path: str, row: Sequence[Any]) -> Outline:
        """The outline that ``to_row`` wrote (lists may stand for tuples) of a note in the file at ``path``."""
        name, line, column, id_line, id_column, insert_at, question, answer, *more = row
        place, id_place = Place(path, line, column), Place(path, id_line, id_column)
        if not more:
            return cls(name, place, id_place, insert_at, question, answer)
        aliases, links = (tuple((to, Place(path, *at)) for to, *at in pairs) for pairs in more[:2])
        return cls(name, place, id_place, insert_at, question, answer, aliases, links, frozenset(more[2]), more[3])


class Summary(NamedTuple):
    """What the rules about the whole deck ask of every page; its outlines are looked at when something is amiss."""

    ids: Sequence[str]
    """Those of its notes, in their order; empty for a note that has none."""
    aliases: Sequence[str]
    links: Sequence[str]
    """The ids that links lead to."""
    likeness: str
    """A hash of what tells whether its questions are like others."""
