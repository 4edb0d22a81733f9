"""A file of notes: the headings divide it, the attribute lists name its parts."""

from __future__ import annotations

import bisect
import itertools
import re
from dataclasses import dataclass

from deckwright.grammar.attributes import split_heading
from deckwright.grammar.note import Attribute, Note, Page, Passage, Piece, PieceKind, Section, Source
from deckwright.grammar.scan import scan
from deckwright.problems import Problem

LONGEST_NOTE = 20_000
"""Characters; a card is a hundredth of it. Python-Markdown takes quadratic time for some texts."""
BLANK_LINES = re.compile(r"(?:[ \t]*\n)*")


@dataclass(frozen=True)
class _File:
    """A scanned file, cut into passages on demand."""

    source: Source
    pieces: tuple[Piece, ...]
    starts: list[int]

    def passage(self, start: int, end: int) -> Passage:
        """The stretch ``start:end`` without the blank lines and the white space around it."""
        text = self.source.text
        end = start + len(text[start:end].rstrip())
        blank = BLANK_LINES.match(text, start, end)
        first = blank.end() if blank else start
        low = bisect.bisect_left(self.starts, first)
        high = bisect.bisect_left(self.starts, end, low)
        return Passage(self.source, first, end, self.pieces[low:high])


def parse_source(source: Source) -> Page:
    """Parse one file into its page: notes, title, stray text, and what could not be understood.

    Any text gives a page; nothing is raised. Lines and columns count in the file as it is, front matter included.
    """
    start, defaults, problems = _front_matter(source)
    pieces, found = scan(source, start)
    headings = [piece for piece in pieces if piece.kind is PieceKind.HEADING]
    file = _File(source, pieces, [piece.start for piece in pieces])
    problems = [*problems, *found]
    notes: list[Note] = []
    first = next((heading for heading in headings if heading.depth == 2), None)
    titles = [h for h in headings if h.depth == 1]
    stray = _stray(file, headings, start, first.start if first else len(source.text))
    title = file.passage(titles[0].end, titles[0].at).text if titles else ""
    edges = [heading.start for heading in headings] + [len(source.text)]
    stops = dict(itertools.pairwise(edges))
    for heading, parts in _groups(headings):
        note, faults = _note(file, heading, parts, stops, (defaults, title))
        problems += faults
        if sum([passage.end - passage.start for passage in note.passages]) <= LONGEST_NOTE:
            notes.append(note)
        else:
            message = f"this note is longer than {LONGEST_NOTE:,} characters; split it"
            problems.append(Problem(note.place, message, "too-large"))
    problems += [
        Problem(source.place(h.start), "a title (`#`) belongs at the top of the file, once", "stray-text")
        for h in titles[1:] + [t for t in titles[:1] if first and t.start > first.start]
    ]
    problems.sort(key=lambda problem: problem.place)
    return Page(source, tuple(notes), title, tuple(defaults), stray, tuple(problems))


def _front_matter(source: Source) -> tuple[int, list[Attribute], list[Problem]]:
    """The offset at which the content begins, the entries of the front matter, and what is wrong with it."""
    if not source.text.startswith("---"):
        return 0, [], []
    from deckwright.grammar.front_matter import read_front_matter  # only now: it takes a while to load YAML

    return read_front_matter(source)


def _stray(file: _File, headings: list[Piece], start: int, end: int) -> tuple[Passage, ...]:
    """The text before the first note, title lines taken out."""
    edges = [start]
    for heading in headings:
        if heading.start < end:
            edges += [heading.start, heading.at if heading.depth == 1 else heading.start]
    edges.append(end)
    passages = [file.passage(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return tuple(passage for passage in passages if not passage.is_blank)


def _groups(headings: list[Piece]) -> list[tuple[Piece, list[Piece]]]:
    """Each ``##`` heading with the ``###`` that follow it."""
    groups: list[tuple[Piece, list[Piece]]] = []
    for heading in headings:
        if heading.depth == 2:
            groups.append((heading, []))
        elif heading.depth == 3 and groups:
            groups[-1][1].append(heading)
    return groups


def _note(
    file: _File,
    heading: Piece,
    parts: list[Piece],
    stops: dict[int, int],
    inherited: tuple[list[Attribute], str],
) -> tuple[Note, list[Problem]]:
    """The note of a ``##`` heading: ``stops`` says where the text under each heading ends."""
    defaults, title = inherited
    text_end, own, problems = split_heading(file.source, heading.end, heading.at)
    sections = []
    for part in parts:
        name_end, extra, faults = split_heading(file.source, part.end, part.at)
        problems += faults
        problems += [Problem(a.place, "a section's heading takes no attributes", "unknown-option") for a in extra]
        sections.append(Section(file.passage(part.end, name_end), file.passage(part.at, stops[part.start])))
    ids = [attribute.value for attribute in own if attribute.key == "#"]
    note = Note(
        id=str(ids[0]) if ids else "",
        question=file.passage(heading.end, text_end),
        answer=file.passage(heading.at, stops[heading.start]),
        sections=tuple(sections),
        attributes=(*defaults, *own),
        insert_at=_insertion(file.source.text, text_end, heading.at),
        title=title,
    )
    return note, problems


def _insertion(text: str, text_end: int, end: int) -> int:
    """Where an id goes: into the attribute list if there is one, else at the end of the heading."""
    brace = text.find("{", text_end, end)
    return brace if brace >= 0 else text_end + len(text[text_end:end].rstrip())
