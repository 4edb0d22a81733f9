"""The record of a finished page: bytes that a worker hands over, that the cache keeps and the package is made from.

Its head is what the whole deck has to know of the page and its notes. Its body are the fields' texts, as Anki's
database wants them; nobody needs them before the package is written, so they are left as they are until then.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from deckwright.cache import digest
from deckwright.model import FIELD_END, Citation, Drawing, Header, Media, NoteKind, Outline, Place, Problem, Severity

KINDS = {kind.value: kind for kind in NoteKind}


@dataclass(frozen=True, slots=True)
class FinishedNote:
    """A rendered note: what identity and time need of it, its fields in the order of its note type, and its key."""

    header: Header
    texts: tuple[str, ...]
    key: str
    """A hash of all that was rendered; empty when the note may not be used again."""


@dataclass(frozen=True, slots=True)
class FinishedPage:
    """All that comes of a page: its notes, each in outline and rendered, the problems, and what it depends on."""

    path: str
    outlines: tuple[Outline, ...]
    notes: tuple[FinishedNote, ...]
    problems: tuple[Problem, ...]
    media: Mapping[str, Media] | None
    """Reference as written → file; None when one could not be resolved, so that it is tried again."""
    citations: Mapping[str, str]
    """Key → hash of the entry in the bibliography, empty for one that was not there."""


@dataclass(frozen=True, slots=True)
class Head:
    """A page as the whole deck sees it: without the fields' texts."""

    outlines: list[Outline]
    headers: list[Header]
    places: list[tuple[int, int]]
    """Where the fields of each note begin in the record, and their size, in bytes."""
    problems: list[Problem]
    media: Mapping[str, Media] | None
    citations: Mapping[str, str]


def to_record(page: FinishedPage) -> bytes:
    """The bytes of a finished page."""
    bodies = [FIELD_END.join(note.texts).encode("utf-8", "surrogatepass") for note in page.notes]
    head = {
        "outlines": [outline.to_row() for outline in page.outlines],
        "headers": [_header_row(note.header) for note in page.notes],
        "sizes": [len(body) for body in bodies],
        "keys": [note.key for note in page.notes],
        "problems": [_problem_row(problem) for problem in page.problems],
        "media": None if page.media is None else {name: media_row(medium) for name, medium in page.media.items()},
        "citations": page.citations,
    }
    start = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return b"".join((len(start).to_bytes(4, "big"), start, *bodies))


def head_of(record: bytes, path: str, deck: str) -> Head:
    """The head of a page's record; ``deck`` is the full name of the deck that its notes go to.

    What follows the record in the bytes does not matter.
    """
    head, start = _json(record)
    return Head(
        outlines=[Outline.from_row(path, row) for row in head["outlines"]],
        headers=[_header(row, deck) for row in head["headers"]],
        places=_places(start, head["sizes"]),
        problems=[_problem(row, path) for row in head["problems"]],
        media=None if head["media"] is None else {name: media_of(row) for name, row in head["media"].items()},
        citations=head["citations"],
    )


def notes_of(record: bytes, deck: str) -> dict[str, FinishedNote]:
    """The rendered notes of a record by their keys, for a page that changed and may still hold most of them."""
    head, start = _json(record)
    notes = zip(head["headers"], _places(start, head["sizes"]), head["keys"], strict=True)
    return {
        key: FinishedNote(_header(row, deck), tuple(text_of(record[at : at + size]).split(FIELD_END)), key)
        for row, (at, size), key in notes
        if key
    }


def text_of(body: bytes) -> str:
    """The fields of a note, divided by ``FIELD_END``, from the bytes of a record."""
    return body.decode("utf-8", "surrogatepass")


def _places(start: int, sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Where the fields of each note begin, and their size, in bytes."""
    return list(zip(itertools.accumulate(sizes, initial=start), sizes, strict=False))


def _json(record: bytes) -> tuple[dict[str, Any], int]:
    """The head as it was written, and where the fields begin."""
    end = 4 + int.from_bytes(record[:4], "big")
    return json.loads(text_of(record[4:end])), end


def _header_row(header: Header) -> Sequence[object]:
    return header.id, header.guid, header.kind.value, " ".join(header.tags), header.ords, header.hashes


def _header(row: Sequence[Any], deck: str) -> Header:
    name, guid, kind, tags, ords, hashes = row
    return Header(name, guid, KINDS[kind], _tags(tags), deck, tuple(ords), hashes)


@lru_cache(maxsize=10_000)
def _tags(text: str) -> tuple[str, ...]:
    """Tags, kept once for all the notes that have the same."""
    return tuple(text.split())


def _problem_row(problem: Problem) -> Sequence[object]:
    place = problem.place
    return place.line, place.column, problem.message, problem.rule, problem.severity.value


def _problem(row: Sequence[Any], path: str) -> Problem:
    line, column, message, rule, severity = row
    return Problem(Place(path, line, column), message, rule, Severity(severity))


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
    return digest(repr(shown).encode("utf-8", "surrogatepass")).hex()
