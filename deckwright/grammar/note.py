"""A content file as its author wrote it: its text, the pieces found in it, its notes."""

from __future__ import annotations

import bisect
import enum
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from deckwright.grammar.block_types import Block, BlockKind, Reference
from deckwright.grammar.options import listed
from deckwright.grammar.pieces import NOT_READ, Piece, PieceKind
from deckwright.problems import Place, Problem
from deckwright.regex import regex


class NoteKind(enum.StrEnum):
    """Which of the two note types a note is made with."""

    BASIC = "basic"
    CLOZE = "cloze"


MARKUP = regex(r"[*_`~=\\]")
LINE = regex(r"[^\n]+")


@dataclass(frozen=True)
class SourceFile:
    r"""A content file: its path inside the deck (NFC), its text (no BOM, lines end in ``\n``), where it really is."""

    path: str
    text: str
    file: Path = Path()

    @cached_property
    def _line_starts(self) -> list[int]:
        return [*itertools.accumulate((len(line) + 1 for line in self.text.split("\n")), initial=0)]

    def place(self, offset: int) -> Place:
        """Where the character at ``offset`` is."""
        line = bisect.bisect_right(self._line_starts, offset)
        return Place(self.path, line, offset - self._line_starts[line - 1] + 1)


@dataclass  # not frozen, like ``Note``: there are many, and a frozen one takes three times as long to make
class Passage:
    """The stretch ``start:end`` of a source, with its blocks and the pieces in them. It does not change."""

    source: SourceFile
    start: int
    end: int
    blocks: tuple[Block, ...] = ()
    """Those at the top; of a heading, the heading itself."""

    every_block: list[Block] = field(init=False, repr=False, compare=False)
    """Also those inside others, in the order of the text."""
    pieces: list[Piece] = field(init=False, repr=False, compare=False)
    """Those of all its blocks, in order; a deletion in a formula or code is inside the piece of that."""

    def __post_init__(self) -> None:
        self.every_block = [block for top in self.blocks for block in top.walk()]
        self.pieces = sorted([piece for block in self.every_block for piece in block.pieces], key=attrgetter("start"))

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def is_blank(self) -> bool:
        """True when nothing would be shown: white space, comments and definitions of links only."""
        return not self.blocks or not self.outside(PieceKind.COMMENT).strip()

    def outside(self, *kinds: PieceKind) -> str:
        """The text with every piece of the given kinds left out."""
        return self._with(kinds, lambda text: "")

    def masked(self, *kinds: PieceKind) -> str:
        """The text with every piece of the given kinds written as spaces: offsets stay, line breaks too."""
        return self._with(kinds, lambda text: LINE.sub(lambda line: " " * len(line[0]), text))

    def _with(self, kinds: Sequence[PieceKind], written: Callable[[str], str]) -> str:
        """The text with something else for the pieces of the kinds; one inside another belongs to that."""
        text, parts, position = self.source.text, list[str](), self.start
        for piece in self.pieces:
            if piece.kind in kinds and piece.start >= position:
                parts += [text[position : piece.start], written(text[piece.start : piece.end])]
                position = piece.end
        return "".join([*parts, text[position : self.end]])

    @property
    def plain(self) -> str:
        """What a reader sees, roughly: markup and comments left out, formulas and code kept."""
        return MARKUP.sub("", self.outside(*NOT_READ))

    def matches(self, sign: re.Pattern[str], *masked: PieceKind) -> Iterator[tuple[int, re.Match[str]]]:
        """The matches in the text without the pieces of some kinds, each with its offset in the file."""
        return ((self.start + match.start(), match) for match in sign.finditer(self.masked(*masked)))

    def of(self, *kinds: PieceKind) -> Iterator[Piece]:
        return (piece for piece in self.pieces if piece.kind in kinds) if self.pieces else iter(())

    def all_blocks(self, *kinds: BlockKind) -> list[Block]:
        """The blocks of the kinds, also those inside others, in the order of the text."""
        return [block for block in self.every_block if block.kind in kinds]

    def place(self, offset: int | None = None) -> Place:
        """Where ``offset`` (of the file; the passage's own start by default) is."""
        return self.source.place(self.start if offset is None else offset)


class Attribute(NamedTuple):
    """One entry of an attribute list or of the front matter; ``key`` is ``#`` for an id and ``.`` for a tag."""

    key: str
    value: object
    place: Place


class Section(NamedTuple):
    """A ``###`` heading and what is under it."""

    heading: Passage
    body: Passage


NONE = frozenset[str]()
"""The one that all notes share which allow nothing."""


@dataclass
class Note:
    """A note as its author wrote it, with the front matter's defaults filled in. It does not change."""

    id: str
    question: Passage
    answer: Passage
    sections: tuple[Section, ...]
    attributes: tuple[Attribute, ...]
    insert_at: int
    """Offset in the source's text at which a missing id is written."""
    title: str = ""
    """The file's ``#`` title, empty without one."""
    footnotes: tuple[Passage, ...] = ()
    """Those that it refers to and that are written under other notes of the file, as at its end."""
    lent: tuple[Passage, ...] = ()
    """The footnotes under it that it does not refer to, but other notes do."""
    passages: tuple[Passage, ...] = field(init=False, repr=False, compare=False)
    """Question, answer, then each section's heading and body."""
    kinds: frozenset[PieceKind] = field(init=False, repr=False, compare=False)
    """The kinds of its pieces: most notes have none of the kind that is asked for."""

    def __post_init__(self) -> None:
        self.passages = (self.question, self.answer, *itertools.chain.from_iterable(self.sections))
        self.kinds = frozenset([piece.kind for passage in self.passages for piece in passage.pieces])

    @property
    def place(self) -> Place:
        return self.question.place()

    @property
    def source(self) -> SourceFile:
        return self.question.source

    @property
    def folder(self) -> str:
        """The folder of the note's file inside the deck; empty at the top."""
        return self.source.path.rpartition("/")[0]

    @cached_property
    def kind(self) -> NoteKind:
        """A deletion in the answer makes a cloze note."""
        return NoteKind.CLOZE if any(self.answer.of(PieceKind.CLOZE)) else NoteKind.BASIC

    def pieces(self, *kinds: PieceKind) -> Iterator[tuple[Passage, Piece]]:
        if self.kinds.isdisjoint(kinds):
            return iter(())
        return ((passage, piece) for passage in self.passages for piece in passage.pieces if piece.kind in kinds)

    def shown_pieces(self, *kinds: PieceKind) -> Iterator[Piece]:
        """The pieces of the kinds in what its cards show: not in footnotes that other notes refer to, but in theirs."""
        for _, piece in self.pieces(*kinds):
            if not any(passage.start <= piece.start < passage.end for passage in self.lent):
                yield piece
        yield from (piece for passage in self.footnotes for piece in passage.of(*kinds))

    @property
    def footnote_blocks(self) -> dict[str, Block]:
        """The footnotes that it may refer to, by name; the first one of a name counts."""
        passages = (*self.passages, *self.footnotes) if PieceKind.FOOTNOTE in self.kinds else ()
        blocks = [block for passage in passages for block in passage.all_blocks(BlockKind.FOOTNOTE)]
        return {block.info: block for block in reversed(blocks)}

    @property
    def texts(self) -> list[str]:
        """All that is written of what its cards show: its passages, and what they take from elsewhere in the file."""
        start, end = self.question.start, self.passages[-1].end
        links = [piece for piece in self.shown_pieces(PieceKind.LINK, PieceKind.IMAGE) if not start <= piece.at < end]
        addresses = [f"{piece.text} {piece.info} {piece.title}" for piece in links]
        return [passage.text for passage in (*self.passages, *self.footnotes)] + addresses

    def options(self, key: str) -> list[str]:
        """The values of an option (``.`` the tags), front matter first."""
        return [str(attribute.value) for attribute in self.attributes if attribute.key == key]

    def option(self, key: str) -> str:
        """The value that counts: the note's own before the file's; empty when there is none."""
        return (self.options(key) or [""])[-1]

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.options(".")))

    def words(self, key: str) -> list[str]:
        """The words of an option that is a list of them."""
        return [word for value in self.options(key) for word in listed(value)]

    @property
    def aliases(self) -> tuple[str, ...]:
        return tuple(self.words("alias"))

    @property
    def allowed(self) -> frozenset[str]:
        """Rules whose warnings this note is allowed to break."""
        return frozenset(self.words("allow")) or NONE


class Page(NamedTuple):
    """A parsed file: its notes, and the text that belongs to none."""

    source: SourceFile
    notes: tuple[Note, ...]
    title: str = ""
    front_matter: tuple[Attribute, ...] = ()
    stray: tuple[Passage, ...] = ()
    problems: tuple[Problem, ...] = ()
    oversized: tuple[Note, ...] = ()
    """Notes that are refused as too large."""
    drafts: tuple[Note, ...] = ()
    """Notes that are not to be built yet, where they are no longer among the others."""
    definitions: tuple[Reference, ...] = ()
    """The addresses that links of the file may name, in the order of the text."""
    is_draft: bool = False
    """Whether its notes are drafts unless they say otherwise."""
