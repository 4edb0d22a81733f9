"""A file of notes: the headings at its top level divide it, the attribute lists name its parts."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from deckwright.grammar.attributes import split_heading
from deckwright.grammar.block_problems import block_problems
from deckwright.grammar.block_types import Block, BlockKind, Reference
from deckwright.grammar.blocks import parse_blocks
from deckwright.grammar.footnotes import with_footnotes
from deckwright.grammar.inline_patterns import CORRECT_CLOZE
from deckwright.grammar.leaves import scan_leaf
from deckwright.grammar.note import Attribute, Note, Page, Passage, Section, SourceFile
from deckwright.grammar.options import is_inherited
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.grammar.scanner import Fault, Scanner
from deckwright.problems import Problem
from deckwright.regex import regex

LONGEST_NOTE = 20_000
"""Characters; a card is a hundredth of it."""
BLANK_LINES = regex(r"(?:[ \t]*\n)*")
CONTENTS = regex(r"(?:\s*(?:[-*+]|\d+[.)])[ \t]+\[[^\n]*\]\(#[^\n]*\)[ \t]*(?:\n|\Z))+\s*")
"""A list of links to headings of the same file, as many editors keep it."""


class _Heading(NamedTuple):
    """A heading that divides the file: where its line and its text begin, where they end, which block it is."""

    level: int
    start: int
    text: int
    end: int
    position: int


@dataclass(frozen=True)
class _File:
    """A file whose blocks and pieces are found, cut into passages on demand."""

    source: SourceFile
    blocks: Sequence[Block]
    pieces: tuple[Piece, ...]
    starts: list[int]

    def passage(self, start: int, end: int, blocks: Iterable[Block]) -> Passage:
        """The stretch ``start:end`` without the blank lines and the white space around it."""
        text = self.source.text
        end = start + len(text[start:end].rstrip())
        blank = BLANK_LINES.match(text, start, end)
        first = blank.end() if blank else start
        low = bisect.bisect_left(self.starts, first)
        high = bisect.bisect_left(self.starts, end, low)
        return Passage(self.source, first, end, self.pieces[low:high], tuple(blocks))


def parse_source(source: SourceFile) -> Page:
    """Parse one file into its page: notes, title, stray text, and what could not be understood.

    Any text gives a page; nothing is raised. Lines and columns count in the file as it is, front matter included.
    """
    start, entries, problems = _front_matter(source)
    defaults = [entry for entry in entries if is_inherited(entry.key, entry.value)]
    blocks, references = parse_blocks(source.text, start)
    names = {}
    headings = []
    for index, block in enumerate(blocks):
        if divides(source.text, block):
            heading = _heading(source.text, block, index)
            headings.append(heading)
            names[heading.start] = split_heading(source, heading.text, heading.end)
            block.lines = ((heading.text, names[heading.start][0]),)
    short = list(_short_parts(source.text, blocks, headings))
    pieces, faults = _scan(source.text, short, references)
    found = [Problem(source.place(fault.offset), fault.message, fault.rule) for fault in _causes(source.text, faults)]
    file = _File(source, blocks, pieces, [piece.start for piece in pieces])
    problems = [*problems, *found, *block_problems(source, blocks)]
    notes: list[Note] = []
    oversized: list[Note] = []
    first = next((heading for heading in headings if heading.level == 2), None)
    titles = [heading for heading in headings if heading.level == 1]
    stray = _stray(file, headings, start, first.position if first else len(blocks))
    title = source.text[titles[0].text : titles[0].end].strip() if titles else ""
    stops = {a.start: b.start for a, b in itertools.pairwise(headings)}
    for heading, parts in _groups(headings):
        note, more = _note(file, heading, parts, _Bounds(headings, stops, names), (defaults, title))
        problems += more
        size = note.passages[-1].end - note.question.start
        if size <= 2 * LONGEST_NOTE and sum(part.end - part.start for part in note.passages) <= LONGEST_NOTE:
            notes.append(note)
        else:
            oversized.append(note)
            message = f"this note is longer than {LONGEST_NOTE:,} characters; split it"
            problems.append(Problem(note.place, message, "too-large"))
    problems += [
        Problem(source.place(h.start), "a title (`#`) belongs at the top of the file, once", "stray-text")
        for h in titles[1:] + [t for t in titles[:1] if first and t.start > first.start]
    ]
    problems.sort(key=lambda problem: problem.place)
    return Page(
        *(source, tuple(with_footnotes(notes)), title, tuple(entries), stray, tuple(problems), tuple(oversized)),
        definitions=tuple(references.values()),
    )


def _short_parts(text: str, blocks: Sequence[Block], headings: Sequence[_Heading]) -> Iterator[Block]:
    """The blocks at the top, without those of notes that are refused as too large: looking through them takes long."""
    starts = [0, *(heading.position for heading in headings if heading.level <= 2), len(blocks)]
    for first, last in itertools.pairwise(starts):
        part = blocks[first:last]
        if part and part[-1].end - part[0].start <= 2 * LONGEST_NOTE:
            yield from part


def divides(text: str, block: Block) -> bool:
    """Whether a block at the top is a heading that begins a note, a section or the file."""
    return (
        block.kind is BlockKind.HEADING
        and int(block.info) <= 3
        and block.mark != "underlined"
        and text[block.start] == "#"
    )


def parse_text(text: str) -> Note:
    """Parse a text that is not a file of notes, as the answer of a note without an id and a question."""
    source = SourceFile("", text)
    blocks, references = parse_blocks(text)
    pieces, _ = _scan(text, blocks, references)
    answer = Passage(source, 0, len(text), pieces, tuple(blocks))
    return Note("", Passage(source, 0, 0), answer, (), (), 0)


def _front_matter(source: SourceFile) -> tuple[int, list[Attribute], list[Problem]]:
    """The offset at which the content begins, the entries of the front matter, and what is wrong with it."""
    if not source.text.startswith("---"):
        return 0, [], []
    from deckwright.grammar.front_matter import read_front_matter  # only now: it takes a while to load YAML

    return read_front_matter(source)


def _heading(text: str, block: Block, index: int) -> _Heading:
    end = text.find("\n", block.start)
    return _Heading(int(block.info), block.start, block.lines[0][0], end if end >= 0 else len(text), index)


def _scan(
    text: str, blocks: Iterable[Block], references: dict[str, Reference]
) -> tuple[tuple[Piece, ...], list[Fault]]:
    """Find the pieces of all leaves, in order, and what is wrong with them."""
    pieces: list[Piece] = []
    faults: list[Fault] = []
    for block in (block for top in blocks for block in top.walk()):  # lazily: a leaf may get footnotes
        if block.kind is BlockKind.CODE:
            faults += _scan_code(text, block)
        elif block.kind is BlockKind.COMMENT:
            block.pieces = (Piece(PieceKind.COMMENT, *block.lines[0]),)
        elif block.kind is BlockKind.FOOTNOTE and not block.info.startswith("^"):
            at = text.find(f"[^{block.info}]:", max(block.start, pieces[-1].end if pieces else 0))
            block.pieces = (Piece(PieceKind.FOOTNOTE, at, at + len(block.info) + 3, block.info, at + 2, info=":"),)
        elif block.lines and not block.pieces:
            faults += scan_leaf(text, block, references)
        pieces += block.pieces
    pieces.sort(key=lambda piece: piece.start)
    return tuple(pieces), faults


def _causes(text: str, faults: Sequence[Fault]) -> Iterator[Fault]:
    """The faults without those in a formula that a blank line breaks, up to the mark that was to close it."""
    rule, end = "", -1
    for fault in faults:
        if fault.offset >= end or fault.rule != rule:
            yield fault
        if fault.until and fault.offset >= end:
            rule, closing = fault.rule, text.find(fault.until, fault.offset + len(fault.until))
            end = closing + len(fault.until)


def _scan_code(text: str, block: Block) -> list[Fault]:
    """Find the piece of a code block, whose text begins on the line after the fence, and the deletions in it."""
    lines = block.lines
    at = lines[0][0] if block.mark == "indented" else lines[1][0] if len(lines) > 1 else lines[0][1]
    kind = PieceKind.DISPLAY if block.info == "math" else PieceKind.CODE_BLOCK  # GitHub's fence of a formula
    block.pieces = (Piece(kind, block.start, block.end, block.text, at, info=block.info),)
    if "{{c" not in block.text:
        return []
    scanner = Scanner(text, at, block.end, block.kind, {}, [*block.pieces])
    scanner.add_deletions(at, block.end, CORRECT_CLOZE)
    block.pieces = tuple(scanner.pieces)
    return scanner.faults


def _stray(file: _File, headings: Sequence[_Heading], start: int, stop: int) -> tuple[Passage, ...]:
    """The text before the first note, whose block has the index ``stop``, without title lines and rules."""
    before = [heading for heading in headings if heading.position < stop]
    begins = [(h.position + 1, h.end) if h.level == 1 else (h.position, h.start) for h in before]
    end = next((h.start for h in headings if h.position == stop), len(file.source.text))
    ends = [*((h.position, h.start) for h in before), (stop, end)]
    passages = []
    for (first, begin), (last, until) in zip([(0, start), *begins], ends, strict=True):
        while first < last and _shows_nothing(file, file.blocks[first]):
            first, begin = first + 1, file.blocks[first].end
        passages.append(file.passage(begin, until, file.blocks[first:last]))
    return tuple(passage for passage in passages if not passage.is_blank)


def _shows_nothing(file: _File, block: Block) -> bool:
    """Whether a block before the first note is a comment, a table of contents, or a rule between note and title."""
    if block.kind is BlockKind.LIST:
        return CONTENTS.fullmatch(file.source.text, block.start, block.end) is not None
    return block.kind is BlockKind.RULE or file.passage(block.start, block.end, [block]).is_blank


def _groups(headings: Sequence[_Heading]) -> list[tuple[_Heading, list[_Heading]]]:
    """Each ``##`` heading with the ``###`` that follow it."""
    groups: list[tuple[_Heading, list[_Heading]]] = []
    for heading in headings:
        if heading.level == 2:
            groups.append((heading, []))
        elif heading.level == 3 and groups:
            groups[-1][1].append(heading)
    return groups


@dataclass(frozen=True)
class _Bounds:
    """Where the text under each heading ends, and what its attribute list says; by the heading's start."""

    headings: Sequence[_Heading]
    stops: dict[int, int]
    names: dict[int, tuple[int, list[Attribute], list[Problem]]]

    def body(self, file: _File, heading: _Heading) -> Passage:
        """What is under a heading; rules before the next question divide the notes, and belong to neither."""
        stop = self.stops.get(heading.start, len(file.source.text))
        index = bisect.bisect_right(self.headings, heading.position, key=lambda each: each.position)
        following = self.headings[index] if index < len(self.headings) else None
        last = following.position if following else len(file.blocks)
        while following and following.level == 2 and file.blocks[last - 1].kind is BlockKind.RULE:
            last -= 1
            stop = file.blocks[last].start
        return file.passage(heading.end, stop, file.blocks[heading.position + 1 : last])

    def name(self, file: _File, heading: _Heading) -> Passage:
        """The text of a heading, without its attribute list."""
        return file.passage(
            heading.text, self.names[heading.start][0], file.blocks[heading.position : heading.position + 1]
        )


def _note(
    file: _File,
    heading: _Heading,
    parts: Sequence[_Heading],
    bounds: _Bounds,
    inherited: tuple[list[Attribute], str],
) -> tuple[Note, list[Problem]]:
    """The note of a ``##`` heading, with the sections of the ``###`` headings under it."""
    defaults, title = inherited
    text_end, own, problems = bounds.names[heading.start]
    sections = []
    for part in parts:
        _, extra, faults = bounds.names[part.start]
        problems = [*problems, *faults]
        problems += [Problem(a.place, "a section's heading takes no attributes", "unknown-option") for a in extra]
        sections.append(Section(bounds.name(file, part), bounds.body(file, part)))
    ids = [attribute.value for attribute in own if attribute.key == "#"]
    note = Note(
        id=str(ids[0]) if ids else "",
        question=bounds.name(file, heading),
        answer=bounds.body(file, heading),
        sections=tuple(sections),
        attributes=(*defaults, *own),
        insert_at=_insertion(file.source.text, text_end, heading.end),
        title=title,
    )
    return note, problems


def _insertion(text: str, text_end: int, end: int) -> int:
    """Where an id goes: into the attribute list if there is one, else at the end of the heading."""
    brace = text.find("{", text_end, end)
    return brace if brace >= 0 else text_end + len(text[text_end:end].rstrip())
