"""A file of notes: the headings at its top level divide it, the attribute lists name its parts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from deckwright.grammar.attributes import split_heading
from deckwright.grammar.block_problems import block_faults
from deckwright.grammar.block_types import Block, BlockKind, Reference
from deckwright.grammar.blocks import parse_blocks
from deckwright.grammar.footnotes import with_footnotes
from deckwright.grammar.inline import scan_leaf
from deckwright.grammar.note import Attribute, Note, Page, Passage, Section, SourceFile
from deckwright.grammar.options import is_inherited
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.grammar.scanner import CORRECT_CLOZE, Fault, Scanner
from deckwright.problems import Problem
from deckwright.regex import regex

LONGEST_NOTE = 20_000
"""Characters; a card is a hundredth of it."""
BLANK_LINES = regex(r"(?:[ \t]*\n)*")
CONTENTS = regex(r"(?:\s*(?:[-*+]|\d+[.)])[ \t]+\[[^\n]*\]\(#[^\n]*\)[ \t]*(?:\n|\Z))+\s*")
"""A list of links to headings of the same file, as many editors keep it."""


@dataclass
class _Part:
    """A heading that divides the file, with what is under it; the beginning of the file is under one of level 0."""

    heading: Block
    attributes: Sequence[Attribute] = ()
    problems: Sequence[Problem] = ()
    blocks: list[Block] = field(default_factory=list)
    end: int = 0
    """Where the text under the heading ends."""

    @property
    def level(self) -> int:
        return int(self.heading.info)

    def section(self, source: SourceFile) -> Section:
        """The text of the heading, without its attribute list, and what is under it."""
        name = _passage(source, *self.heading.lines[0], [self.heading])
        return Section(name, _passage(source, self.heading.end, self.end, self.blocks))


def parse_source(source: SourceFile) -> Page:
    """Parse one file into its page: notes, title, stray text, and what could not be understood.

    Any text gives a page; nothing is raised. Lines and columns count in the file as it is, front matter included.
    """
    start, entries, problems = 0, list[Attribute](), list[Problem]()
    if source.text.startswith("---"):
        from deckwright.grammar.front_matter import read_front_matter  # only now: it takes a while to load YAML

        start, entries, problems = read_front_matter(source)
    defaults = [entry for entry in entries if is_inherited(entry.key, entry.value)]
    blocks, references = parse_blocks(source.text, start)
    parts = _parts(source, start, blocks)
    faults = _scan(source.text, _short(parts), references)
    found = [*_causes(source.text, faults), *block_faults(source.text, blocks)]
    problems += [Problem(source.place(fault.offset), fault.message, fault.rule) for fault in found]
    titles = [part.heading for part in parts if part.level == 1]
    title = source.text[titles[0].lines[0][0] : titles[0].end].strip() if titles else ""
    groups = _groups(parts)
    all_notes = [_note(source, group, defaults, title) for group in groups]
    notes = [note for note in all_notes if not _is_oversized(note)]
    oversized = [note for note in all_notes if _is_oversized(note)]
    message = f"this note is longer than {LONGEST_NOTE:,} characters; split it"
    problems += [Problem(note.place, message, "too-large") for note in oversized]
    for group in groups:
        problems += _heading_problems(group)
    problems += _misplaced_titles(source, titles, groups[0][0].heading.start if groups else len(source.text))
    problems.sort(key=lambda problem: problem.place)
    return Page(
        *(source, tuple(with_footnotes(notes)), title, tuple(entries), _stray(source, parts)),
        *(tuple(problems), tuple(oversized)),
        definitions=tuple(references.values()),
    )


def _misplaced_titles(source: SourceFile, titles: Iterable[Block], first: int) -> Iterator[Problem]:
    """Every title but the first one, and each after offset ``first``, where the first note begins."""
    for index, title in enumerate(titles):
        if index or title.start > first:
            message = "a title (`#`) belongs at the top of the file, once"
            yield Problem(source.place(title.start), message, "stray-text")


def _parts(source: SourceFile, start: int, blocks: Iterable[Block]) -> list[_Part]:
    """The file, whose content begins at ``start``, divided at its headings.

    Rules before a question divide the notes, and belong to neither.
    """
    parts = [_Part(Block(BlockKind.HEADING, start, start, info="0"))]
    for block in blocks:
        last = parts[-1]
        if not divides(source.text, block):
            last.blocks.append(block)
            continue
        last.end, begin = block.start, block.lines[0][0]
        name_end, attributes, problems = split_heading(source, begin, block.end)
        block.lines = ((begin, name_end),)
        parts.append(_Part(block, attributes, problems))
        while block.info == "2" and last.blocks and last.blocks[-1].kind is BlockKind.RULE:
            last.end = last.blocks.pop().start
    parts[-1].end = len(source.text)
    return parts


def _short(parts: Iterable[_Part]) -> list[Block]:
    """The blocks at the top, without those of notes that are refused as too large: looking through them takes long."""
    groups: list[list[Block]] = []
    for part in parts:
        groups += [[]] if part.level < 3 else []
        groups[-1] += [part.heading, *part.blocks]
    return [block for group in groups if group[-1].end - group[0].start <= 2 * LONGEST_NOTE for block in group]


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
    _scan(text, blocks, references)
    answer = Passage(source, 0, len(text), tuple(blocks))
    return Note("", Passage(source, 0, 0), answer, (), (), 0)


def _passage(source: SourceFile, start: int, end: int, blocks: Iterable[Block]) -> Passage:
    """The stretch ``start:end`` without the blank lines and the white space around it."""
    end = start + len(source.text[start:end].rstrip())
    blank = BLANK_LINES.match(source.text, start, end)
    return Passage(source, blank.end() if blank else start, end, tuple(blocks))


def _scan(text: str, blocks: Iterable[Block], references: dict[str, Reference]) -> list[Fault]:
    """Find the pieces of all blocks, which then know them, and say what is wrong with them."""
    faults: list[Fault] = []
    last = 0
    for block in (block for top in blocks for block in top.walk()):  # lazily: a leaf may get footnotes
        if block.kind is BlockKind.CODE:
            faults += _scan_code(text, block)
        elif block.kind is BlockKind.COMMENT:
            block.pieces = (Piece(PieceKind.COMMENT, *block.lines[0]),)
        elif block.kind is BlockKind.FOOTNOTE and not block.info.startswith("^"):
            at = text.find(f"[^{block.info}]:", max(block.start, last))
            block.pieces = (Piece(PieceKind.FOOTNOTE, at, at + len(block.info) + 3, block.info, at + 2, info=":"),)
        elif block.lines and not block.pieces:
            faults += scan_leaf(text, block, references)
        last = block.pieces[-1].end if block.pieces else last
    return faults


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
    at = lines[0][0] if not block.mark else lines[1][0] if len(lines) > 1 else lines[0][1]
    kind = PieceKind.DISPLAY if block.info == "math" else PieceKind.CODE_BLOCK  # GitHub's fence of a formula
    scanner = Scanner(text, at, block.end, block.kind, {}, at)
    scanner.add(kind, block.start, block.end, block.text, at, info=block.info)
    if "{{c" in block.text:
        scanner.add_deletions(at, block.end, CORRECT_CLOZE)
    block.pieces = tuple(scanner.pieces)
    return scanner.faults


def _stray(source: SourceFile, parts: Iterable[_Part]) -> tuple[Passage, ...]:
    """The text before the first note, without title lines, comments, tables of contents, and rules above it."""
    passages = []
    for part in itertools.takewhile(lambda part: part.level != 2, parts):
        begin, blocks = part.heading.end, part.blocks
        if part.level == 3:
            begin, blocks = part.heading.start, [part.heading, *blocks]
        shown = [*itertools.dropwhile(lambda block: _shows_nothing(source, block), blocks)]
        if len(shown) < len(blocks):
            begin = blocks[len(blocks) - len(shown) - 1].end
        passages.append(_passage(source, begin, part.end, shown))
    return tuple(passage for passage in passages if not passage.is_blank)


def _shows_nothing(source: SourceFile, block: Block) -> bool:
    """Whether a block before the first note is a comment, a table of contents, or a rule between note and title."""
    if block.kind is BlockKind.LIST:
        return CONTENTS.fullmatch(source.text, block.start, block.end) is not None
    return block.kind is BlockKind.RULE or _passage(source, block.start, block.end, [block]).is_blank


def _groups(parts: Iterable[_Part]) -> list[list[_Part]]:
    """Each ``##`` heading with the ``###`` that follow it."""
    groups: list[list[_Part]] = []
    for part in parts:
        if part.level == 2:
            groups.append([part])
        elif part.level == 3 and groups:
            groups[-1].append(part)
    return groups


def _note(source: SourceFile, group: Sequence[_Part], defaults: Sequence[Attribute], title: str) -> Note:
    """The note of a ``##`` heading, with the sections of the ``###`` headings under it."""
    heading, attributes = group[0].heading, group[0].attributes
    (question, answer), *sections = [part.section(source) for part in group]
    name_end = heading.lines[0][1]
    brace = source.text.find("{", name_end, heading.end)  # an id goes into the attribute list, or after the text
    ids = [attribute.value for attribute in attributes if attribute.key == "#"]
    return Note(
        id=str(ids[0]) if ids else "",
        question=question,
        answer=answer,
        sections=tuple(sections),
        attributes=(*defaults, *attributes),
        insert_at=brace if brace >= 0 else name_end + len(source.text[name_end : heading.end].rstrip()),
        title=title,
    )


def _is_oversized(note: Note) -> bool:
    """Whether a note is too long for a card, with or without what is between its passages."""
    size = note.passages[-1].end - note.question.start
    return size > 2 * LONGEST_NOTE or sum(part.end - part.start for part in note.passages) > LONGEST_NOTE


def _heading_problems(group: Sequence[_Part]) -> Iterator[Problem]:
    """What is wrong with the attribute lists of a note's headings."""
    for index, part in enumerate(group):
        yield from part.problems
        for attribute in part.attributes if index else ():
            yield Problem(attribute.place, "a section's heading takes no attributes", "unknown-option")
