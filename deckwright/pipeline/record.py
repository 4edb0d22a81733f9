"""The record of a finished page: bytes that a worker hands over, that the cache keeps and the package is made from.

Its head is what can be known of its notes without the fields' texts. Its body are those, as Anki's database wants them.
When a page did not change, mostly neither is read: what the whole deck has to know of every page is kept beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from deckwright.check import summary
from deckwright.check.summaries import Outline, Summary
from deckwright.deck.bibliography import Citation
from deckwright.deck.drawing import Drawing
from deckwright.deck.media import Media
from deckwright.files import digest
from deckwright.grammar.note import NoteKind
from deckwright.identity.headers import Header
from deckwright.pipeline.cache import Record
from deckwright.problems import Place, Problem, Severity

KINDS = {kind.value: kind for kind in NoteKind}


class FinishedNote(NamedTuple):
    """A rendered note: what identity and time need of it, its fields as bytes of the record, and its key."""

    header: Header
    body: bytes
    key: str
    """A hash of all that was rendered; empty when the note may not be used again."""


class Head(NamedTuple):
    """A page without its fields' texts."""

    outlines: Sequence[Outline]
    headers: Sequence[Header]
    places: Sequence[tuple[int, int, str]]
    """Where the fields of each note begin in the body, their size in bytes, and their digest."""
    problems: Sequence[Problem]
    media: Mapping[str, Media] | None
    """Reference as written → file; None when one could not be resolved, so that it is tried again."""
    citations: Mapping[str, str]
    """Key → hash of the entry in the bibliography, empty for one that was not there."""


class About(NamedTuple):
    """What is asked of every page, also of one that did not change, in values that JSON can hold."""

    summary: Summary
    kinds: Sequence[str]
    """Those of its notes."""
    problems: Sequence[Sequence[Any]]
    media: Mapping[str, Sequence[str]] | None
    """Reference as written → name in the package and path of the file; None when one could not be resolved."""
    citations: Mapping[str, str]


def about_of(head: Head) -> About:
    """What is asked of a page, from its head."""
    return About(
        summary=summary(head.outlines),
        kinds=sorted({header.kind for header in head.headers}),
        problems=[_problem_row(problem) for problem in head.problems],
        media=None if head.media is None else {to: (m.name, str(m.path)) for to, m in head.media.items()},
        citations=head.citations,
    )


def about(row: Sequence[Any]) -> About:
    """What ``about_of`` said, from JSON."""
    return About(Summary(*row[0]), *row[1:])


def places_of(bodies: Sequence[bytes]) -> list[tuple[int, int, str]]:
    """Where bodies lie when they follow each other, their sizes and digests."""
    return list(_places([(len(body), digest(body).hex()) for body in bodies]))


def to_record(head: Head, notes: Sequence[FinishedNote]) -> Record:
    """A finished page as bytes."""
    rows = {
        "outlines": [outline.to_row() for outline in head.outlines],
        "headers": [_header_row(header) for header in head.headers],
        "bodies": [(size, seal) for _, size, seal in head.places],
        "keys": [note.key for note in notes],
        "problems": [_problem_row(problem) for problem in head.problems],
        "media": None if head.media is None else {name: media_row(medium) for name, medium in head.media.items()},
        "citations": head.citations,
    }
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return Record(bytes_of(text), b"".join([note.body for note in notes]))


def head_of(content: bytes, path: str, deck: str) -> Head:
    """The head of a page's record; ``deck`` is the full name of the deck that its notes go to."""
    head = json.loads(text_of(content))
    return Head(
        outlines=[Outline.from_row(path, row) for row in head["outlines"]],
        headers=[_header(row, deck) for row in head["headers"]],
        places=list(_places(head["bodies"])),
        problems=problems_of(head["problems"], path),
        media=None if head["media"] is None else {name: media_of(row) for name, row in head["media"].items()},
        citations=head["citations"],
    )


def notes_of(record: Record, deck: str) -> dict[str, FinishedNote]:
    """The rendered notes of a record by their keys, for a page that changed and may still hold most of them."""
    head = json.loads(text_of(record.head))
    return {
        key: FinishedNote(_header(row, deck), body, key)
        for row, (at, size, seal), key in zip(head["headers"], _places(head["bodies"]), head["keys"], strict=True)
        if key and digest(body := record.body[at : at + size]).hex() == seal
    }


def bytes_of(text: str) -> bytes:
    """The bytes of a record for a text; ``text_of`` gives it back."""
    return text.encode("utf-8", "surrogatepass")


def text_of(content: bytes) -> str:
    """A text from the bytes of a record: the fields of a note, divided by ``FIELD_END``, or a head."""
    return content.decode("utf-8", "surrogatepass")


def _places(bodies: Iterable[Sequence[Any]]) -> Iterator[tuple[int, int, str]]:
    at = 0
    for size, seal in bodies:
        yield at, size, seal
        at += size


def _header_row(header: Header) -> Sequence[object]:
    tags = " ".join(header.tags)
    return header.id, header.kind.value, tags, header.ords, header.hashes, header.markup


def _header(row: Sequence[Any], deck: str) -> Header:
    name, kind, tags, ords, hashes, markup = row
    return Header(name, KINDS[kind], _tags(tags), deck, tuple(ords), hashes, markup)


@lru_cache(maxsize=10_000)
def _tags(text: str) -> tuple[str, ...]:
    """Tags, kept once for all the notes that have the same."""
    return tuple(text.split())


def _problem_row(problem: Problem) -> Sequence[object]:
    place = problem.place
    return place.line, place.column, problem.message, problem.rule, problem.severity.value


def problems_of(rows: Sequence[Sequence[Any]], path: str) -> list[Problem]:
    """The problems of a page, from JSON."""
    return [
        Problem(Place(path, line, column), message, rule, Severity(severity))
        for line, column, message, rule, severity in rows
    ]


def media_row(medium: Media) -> Sequence[object]:
    """A media file as JSON can hold it."""
    drawing = medium.drawing and (medium.drawing.width, medium.drawing.smallest_text)
    return medium.name, str(medium.path), medium.size, medium.modified, drawing


def media_of(row: Sequence[Any]) -> Media:
    """The media file of a row."""
    name, path, size, modified, drawing = row
    return Media(name, Path(path), size, drawing and Drawing(*drawing), modified)


def citation_hash(citation: Citation | None) -> str:
    """A hash of what a card shows of a source; empty when there is none."""
    if citation is None:
        return ""
    shown = (citation.title, citation.authors, citation.year, citation.url)
    return digest(bytes_of(repr(shown))).hex()
