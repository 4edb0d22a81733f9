"""The record of a finished page: bytes that a worker hands over, that the cache keeps and the package is made from.

Its head is what the whole deck has to know of the page and its notes. Its body are the fields' texts, as Anki's
database wants them; nobody needs them before the package is written, so they are left as they are until then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from deckwright.cache import digest
from deckwright.model import FIELD_END, Citation, Drawing, Header, Media, NoteKind, Outline, Place, Problem, Severity

NOTE_END = "\x1e"
"""Divides the notes; like ``FIELD_END`` it cannot be in a field, as a control character in a source is an error."""
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
    problems: list[Problem]
    media: Mapping[str, Media] | None
    citations: Mapping[str, str]


def to_record(page: FinishedPage) -> bytes:
    """The bytes of a finished page."""
    head = {
        "outlines": [outline.to_row() for outline in page.outlines],
        "headers": [_header_row(note.header) for note in page.notes],
        "keys": [note.key for note in page.notes],
        "problems": [_problem_row(problem) for problem in page.problems],
        "media": None if page.media is None else {name: media_row(medium) for name, medium in page.media.items()},
        "citations": page.citations,
    }
    body = NOTE_END.join(FIELD_END.join(note.texts) for note in page.notes)
    if body.count(FIELD_END) + body.count(NOTE_END) >= sum(len(note.texts) for note in page.notes):
        body, head["keys"] = "", ["" for _ in page.notes]  # such a page is not built, and its notes cannot be divided
    start = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return len(start).to_bytes(4, "big") + start + body.encode("utf-8", "surrogatepass")


def head_of(record: bytes, path: str, deck: str) -> Head:
    """The head of a page's record; ``deck`` is the full name of the deck that its notes go to."""
    head = _json(record)
    return Head(
        outlines=[Outline.from_row(path, row) for row in head["outlines"]],
        headers=[_header(row, deck) for row in head["headers"]],
        problems=[_problem(row, path) for row in head["problems"]],
        media=None if head["media"] is None else {name: media_of(row) for name, row in head["media"].items()},
        citations=head["citations"],
    )


def fields_of(record: bytes) -> list[str]:
    """The fields of each note of a record, in the order of its note type, divided by ``FIELD_END``."""
    body = record[4 + int.from_bytes(record[:4], "big") :].decode("utf-8", "surrogatepass")
    return body.split(NOTE_END) if body else []


def notes_of(record: bytes, deck: str) -> dict[str, FinishedNote]:
    """The rendered notes of a record by their keys, for a page that changed and may still hold most of them."""
    head = _json(record)
    rows = zip(head["headers"], fields_of(record), head["keys"], strict=False)
    notes = ((_header(row, deck), tuple(fields.split(FIELD_END)), key) for row, fields, key in rows)
    return {key: FinishedNote(header, texts, key) for header, texts, key in notes if key}


def _json(record: bytes) -> dict[str, Any]:
    start = record[4 : 4 + int.from_bytes(record[:4], "big")]
    head: dict[str, Any] = json.loads(start.decode("utf-8", "surrogatepass"))
    return head


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
