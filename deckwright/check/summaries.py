"""What is kept of a note and of a page for the rules about the whole deck, once the text is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from deckwright.check.similarity import bare, similarity_hash
from deckwright.grammar import tag_attributes
from deckwright.grammar.note import NONE, Note
from deckwright.grammar.options import listed
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.problems import Place
from deckwright.regex import regex

GIVEN_AWAY = range(6, 41)
"""How long an answer is, in letters, that another question could give away."""
TITLE_TARGET = "[["
"""Begins a target that names a note by its title or file, as in ``[[note]]``."""
LINKING = frozenset({PieceKind.LINK, PieceKind.TAG})
NOT_COMPARED = regex(r"[^0-9A-Za-z\u4e00-\u9fff]+")
"""All but ASCII letters and digits and common Han characters, each of which counts as a letter in any Unicode form."""


class NoteSummary(NamedTuple):
    """What the rules about the whole deck, and the reports, need of a note once its text is forgotten."""

    id: str
    place: Place
    id_place: Place
    """Where the ``#id`` is; the note's place without one."""
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
        """The summary as plain values, without the path and, mostly, without what is empty."""
        places = (self.place.line, self.place.column, self.id_place.line, self.id_place.column)
        row = (self.id, *places, self.insert_at, self.question, self.answer)
        if not (self.aliases or self.links or self.allowed or self.is_blank):
            return row
        named = [[(name, place.line, place.column) for name, place in pairs] for pairs in (self.aliases, self.links)]
        return (*row, *named, sorted(self.allowed), self.is_blank)

    @classmethod
    def from_row(cls, path: str, row: Sequence[Any]) -> NoteSummary:
        """The summary that ``to_row`` wrote (lists may stand for tuples) of a note in the file at ``path``."""
        name, line, column, id_line, id_column, insert_at, question, answer, *more = row
        place, id_place = Place(path, line, column), Place(path, id_line, id_column)
        if not more:
            return cls(name, place, id_place, insert_at, question, answer)
        aliases, links = (tuple((to, Place(path, *at)) for to, *at in pairs) for pairs in more[:2])
        return cls(name, place, id_place, insert_at, question, answer, aliases, links, frozenset(more[2]), more[3])


class PageSummary(NamedTuple):
    """What the rules about the whole deck ask of every page; its notes are looked at only if this shows a problem."""

    ids: Sequence[str]
    """Those of its notes, in their order; empty for a note that has none."""
    aliases: Sequence[str]
    links: Sequence[str]
    """The ids that links lead to."""
    similarity: str
    """A hash of what tells whether its questions are like others."""
    drafts: Sequence[str] = ()
    """The ids and aliases of notes that are not to be built yet."""


def summarize_note(note: Note) -> NoteSummary:
    """Summarise a note; depends on nothing but the note."""
    place, question = note.place, " ".join(note.question.plain.split())
    targets = links(piece for _, piece in note.pieces(*LINKING)) if note.kinds & LINKING else ()
    return NoteSummary(
        id=note.id,
        place=place,
        id_place=next((a.place for a in note.attributes if a.key == "#"), place),
        insert_at=note.insert_at,
        question=question,
        answer=_short_answer(note.answer.plain),
        aliases=tuple([(alias, a.place) for a in note.attributes if a.key == "alias" for alias in listed(a.value)]),
        links=tuple(
            [(target[1:], note.source.place(at)) for target, at in targets if target.startswith(("#", TITLE_TARGET))]
        ),
        allowed=note.allowed,
        is_blank=not question and note.question.is_blank,
    )


def summarize_page(notes: Sequence[NoteSummary], drafts: Sequence[str] = ()) -> PageSummary:
    """Summarise the page that has these notes, and drafts of these names."""
    return PageSummary(
        ids=[note.id for note in notes],
        aliases=[alias for note in notes for alias, _ in note.aliases],
        links=[target for note in notes for target, _ in note.links],
        similarity=similarity_hash(notes),
        drafts=drafts,
    )


def _short_answer(plain: str) -> str:
    """The letters of an answer that another question could give away, else nothing."""
    # The beginning of most answers tells that they are too long.
    if len(NOT_COMPARED.sub("", plain[: 2 * GIVEN_AWAY.stop])) >= GIVEN_AWAY.stop:
        return ""
    answer = bare(plain)
    return answer if len(answer) in GIVEN_AWAY else ""


def links(pieces: Iterable[Piece]) -> Iterator[tuple[str, int]]:
    """Where links and tags lead, each target with its offset."""
    for piece in pieces:
        if piece.kind is PieceKind.TAG:
            yield from ((value, at) for name, value, at in tag_attributes(piece) if name == "href")
        else:
            yield f"{TITLE_TARGET}{piece.text}" if piece.info == "wiki" else piece.text, piece.at
