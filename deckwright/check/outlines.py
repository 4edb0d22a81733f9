"""Note → outline: what the rules about the whole deck need of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from deckwright.check.likeness import bare, likeness_hash
from deckwright.check.summaries import Outline, Summary
from deckwright.grammar import tag_attributes
from deckwright.grammar.note import Note
from deckwright.grammar.pieces import Piece, PieceKind

GIVEN_AWAY = range(6, 41)
"""How long an answer is, in letters, that another question could give away."""
WIKI = "[["
"""Begins a target that names a note by its title or file, as in ``[[note]]``."""
LINKING = frozenset({PieceKind.LINK, PieceKind.TAG})
NOT_SURELY_SAID = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]+")
"""All but ASCII letters and digits and common Han characters, each of which counts as a letter in any Unicode form."""


def outline(note: Note) -> Outline:
    """The outline of a note; depends on nothing but the note."""
    place, question = note.place, " ".join(note.question.plain.split())
    targets = links(piece for _, piece in note.pieces(*LINKING)) if note.kinds & LINKING else ()
    return Outline(
        id=note.id,
        place=place,
        id_place=next((a.place for a in note.attributes if a.key == "#"), place),
        insert_at=note.insert_at,
        question=question,
        answer=_short_answer(note.answer.plain),
        aliases=tuple([(alias, a.place) for a in note.attributes if a.key == "alias" for alias in listed(a.value)]),
        links=tuple([(target[1:], note.source.place(at)) for target, at in targets if target.startswith(("#", WIKI))]),
        allowed=note.allowed,
        is_blank=not question and note.question.is_blank,
    )


def summary(outlines: Sequence[Outline]) -> Summary:
    """The summary of the page that has these notes."""
    return Summary(
        ids=[note.id for note in outlines],
        aliases=[alias for note in outlines for alias, _ in note.aliases],
        links=[target for note in outlines for target, _ in note.links],
        likeness=likeness_hash(outlines),
    )


def _short_answer(plain: str) -> str:
    """The letters of an answer that another question could give away, else nothing."""
    # The beginning of most answers tells that they are too long.
    if len(NOT_SURELY_SAID.sub("", plain[: 2 * GIVEN_AWAY.stop])) >= GIVEN_AWAY.stop:
        return ""
    answer = bare(plain)
    return answer if len(answer) in GIVEN_AWAY else ""


def links(pieces: Iterable[Piece]) -> Iterator[tuple[str, int]]:
    """Where links and tags lead, each target with its offset."""
    for piece in pieces:
        if piece.kind is PieceKind.TAG:
            yield from ((value, at) for name, value, at in tag_attributes(piece) if name == "href")
        else:
            yield f"{WIKI}{piece.text}" if piece.info == "wiki" else piece.text, piece.at


def listed(value: object) -> list[str]:
    """The words of an option that may hold several, divided by spaces or commas."""
    return str(value).replace(",", " ").split()
