"""The values that the rooms hand to each other. They hold no behaviour beyond saying where something stands."""

from __future__ import annotations

import bisect
import datetime
import enum
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, NewType

Html = NewType("Html", str)
Guid = NewType("Guid", str)
Hashes = NewType("Hashes", str)
"""Field (and ``Tags``) → hash of its content, as ``deck.lock`` writes it: ``"Answer": "0123456789", …``, sorted by name
and without the empty ones. One string a note compares fast and takes little memory."""


FIELD_END = "\x1f"
"""Divides the fields of a note in Anki's database, so no field can hold it."""


class Severity(enum.StrEnum):
    """An error fails a build; a warning does so only under ``--strict``."""

    ERROR = "error"
    WARNING = "warning"


class NoteKind(enum.StrEnum):
    """Which of the two note types a note is made with."""

    BASIC = "basic"
    CLOZE = "cloze"


class PieceKind(enum.Enum):
    """What the scanner found at a stretch of a source file."""

    __hash__ = object.__hash__  # each stands for itself only; the enum's own is written in Python

    HEADING = enum.auto()
    FENCE = enum.auto()
    CODE = enum.auto()
    FORMULA = enum.auto()
    DISPLAY = enum.auto()
    COMMENT = enum.auto()
    TAG = enum.auto()
    AUTOLINK = enum.auto()
    CLOZE = enum.auto()
    CLOZE_END = enum.auto()
    CITATION = enum.auto()
    IMAGE = enum.auto()
    LINK = enum.auto()
    SOUND = enum.auto()
    ITEM = enum.auto()
    INDENT = enum.auto()
    ESCAPE = enum.auto()
    FOOTNOTE = enum.auto()


class Place(NamedTuple):
    """A position a person can go to: path inside the deck (``/`` between names), line and column from 1."""

    path: str
    line: int = 1
    column: int = 1


class Problem(NamedTuple):
    """Something wrong, where it is, what to do about it, and the rule that says so."""

    place: Place
    message: str
    rule: str
    severity: Severity = Severity.ERROR


class Piece(NamedTuple):
    """A stretch ``start:end`` of a file's text that is not plain prose.

    ``text`` is what matters inside (code, TeX, a link's destination, a tag's name, a list's marker), ``at`` the
    offset at which it begins. ``depth`` counts the lists around a line (or the deletions around a deletion), ``info``
    is a fence's language, an image's alternative text, a tag's attributes, ``quote`` the ``>`` prefix of the line.
    """

    kind: PieceKind
    start: int
    end: int
    text: str = ""
    at: int = 0
    depth: int = 0
    info: str = ""
    quote: str = ""


NOT_READ = (
    *(PieceKind.COMMENT, PieceKind.CITATION, PieceKind.IMAGE, PieceKind.SOUND, PieceKind.TAG),
    *(PieceKind.CLOZE, PieceKind.CLOZE_END),
)
"""The pieces that a reader does not see as text."""
MARKUP = re.compile(r"[*_`~=\\]")


@dataclass(frozen=True)
class Source:
    r"""A content file: its path inside the deck (NFC), its text (no BOM, lines end in ``\n``), where it really lies."""

    path: str
    text: str
    file: Path = Path()

    @cached_property
    def _line_starts(self) -> list[int]:
        return [*itertools.accumulate((len(line) + 1 for line in self.text.split("\n")), initial=0)]

    def place(self, offset: int) -> Place:
        """Where the character at ``offset`` stands."""
        line = bisect.bisect_right(self._line_starts, offset)
        return Place(self.path, line, offset - self._line_starts[line - 1] + 1)


@dataclass  # not frozen, like ``Note``: there are many, and a frozen one takes three times as long to make
class Passage:
    """The stretch ``start:end`` of a source, with the pieces the scanner found in it. It does not change."""

    source: Source
    start: int
    end: int
    pieces: tuple[Piece, ...] = ()

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def is_blank(self) -> bool:
        """True when nothing would be shown: white space and comments only."""
        return not self.outside(PieceKind.COMMENT).strip()

    def outside(self, *kinds: PieceKind) -> str:
        """The text with every piece of the given kinds left out."""
        parts, position = [], self.start
        for piece in self.pieces:
            if piece.kind in kinds:
                parts.append(self.source.text[position : piece.start])
                position = piece.end
        rest = self.source.text[position : self.end]
        return "".join([*parts, rest]) if parts else rest

    @property
    def plain(self) -> str:
        """What a reader sees, roughly: markup and comments left out, formulas and code kept."""
        return MARKUP.sub("", self.outside(*NOT_READ))

    def masked(self, *kinds: PieceKind) -> str:
        """The text with every piece of the given kinds written as spaces: offsets stay, line breaks too."""
        parts, position = [], self.start
        for piece in self.of(*kinds):
            blank = re.sub(r"[^\n]+", lambda line: " " * len(line[0]), self.source.text[piece.start : piece.end])
            parts += [self.source.text[position : piece.start], blank]
            position = piece.end
        return "".join([*parts, self.source.text[position : self.end]])

    def of(self, *kinds: PieceKind) -> Iterator[Piece]:
        return (piece for piece in self.pieces if piece.kind in kinds) if self.pieces else iter(())

    def place(self, offset: int | None = None) -> Place:
        """Where ``offset`` (of the file; the passage's own start by default) stands."""
        return self.source.place(self.start if offset is None else offset)


class Attribute(NamedTuple):
    """One entry of an attribute list or of the front matter; ``key`` is ``#`` for an id and ``.`` for a tag."""

    key: str
    value: object
    place: Place


class Section(NamedTuple):
    """A ``###`` heading and what stands under it."""

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
    def source(self) -> Source:
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

    def options(self, key: str) -> list[str]:
        """The values of an option (``.`` the tags), front matter first."""
        return [str(attribute.value) for attribute in self.attributes if attribute.key == key]

    def option(self, key: str) -> str:
        """The value that counts: the note's own before the file's; empty when there is none."""
        return (self.options(key) or [""])[-1]

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.options(".")))

    @property
    def aliases(self) -> tuple[str, ...]:
        return tuple(alias for value in self.options("alias") for alias in value.replace(",", " ").split())

    @property
    def allowed(self) -> frozenset[str]:
        """Rules whose warnings this note is allowed to break."""
        rules = [rule for value in self.options("allow") for rule in value.replace(",", " ").split()]
        return frozenset(rules) if rules else NONE


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


class Page(NamedTuple):
    """A parsed file: its notes, and the text that belongs to none."""

    source: Source
    notes: tuple[Note, ...]
    title: str = ""
    front_matter: tuple[Attribute, ...] = ()
    stray: tuple[Passage, ...] = ()
    problems: tuple[Problem, ...] = ()


class Citation(NamedTuple):
    """An entry of ``sources.toml``."""

    key: str
    title: str
    authors: tuple[str, ...]
    year: int
    url: str
    checked: datetime.date | None
    place: Place


class Limits(NamedTuple):
    """What the card rules allow; each may be set in ``[limits]`` of ``deck.toml`` under its name with hyphens."""

    question: int = 60
    answer: int = 120
    back: int = 400
    bullets: int = 5
    list: int = 5
    table_columns: int = 4
    table_rows: int = 6
    cell: int = 14
    deletions: int = 3
    deletion: int = 20
    follow_ups: int = 3
    asof_months: int = 12
    similarity: float = 0.8
    noise: tuple[str, ...] = (
        *("扫码", "微信", "QQ:", "VIP", "点赞", "收藏", "红包", "充值", "版权", "如上图", "笔者"),
        *("img.png", "回答：", "解答：", r"\left{"),
    )


class Settings(NamedTuple):
    """What ``deck.toml`` says."""

    name: str
    id: str
    language: str = "en"
    tag_prefix: str = ""
    description: str = ""
    subdecks: Mapping[str, str] = {}
    subdeck_places: Mapping[str, Place] = {}
    sections: Mapping[str, str] = {}
    limits: Limits = Limits()
    macros: tuple[str, ...] = ()

    def deck_name(self, folder: str) -> str:
        """The full name Anki shows for a folder (``""`` is the root deck): display names joined by ``::``."""
        names, path = [self.name], ""
        for part in folder.split("/") if folder else ():
            path = f"{path}/{part}" if path else part
            names.append(self.subdecks.get(path, part))
        return "::".join(names)

    def deck_of(self, path: str) -> str:
        """The full name of the deck that the notes of a file go to."""
        return self.deck_name(path.rpartition("/")[0])


class Drawing(NamedTuple):
    """What matters about an SVG on a phone: how wide it was drawn, and the size of its smallest text (0: none)."""

    width: float
    smallest_text: float


class Media(NamedTuple):
    """A file that goes into the package: its name there (its content's hash), where it lies, its size in bytes."""

    name: str
    path: Path
    size: int
    drawing: Drawing | None = None
    """The measures of an SVG."""
    modified: int = 0
    """Its time in nanoseconds when it was hashed, by which a change is noticed; 0 when not known."""


@dataclass(frozen=True)
class Deck:
    """What a deck folder says besides its files of notes; their pages too where all are wanted at once."""

    root: Path
    settings: Settings
    citations: Mapping[str, Citation]
    has_bibliography: bool
    style: str
    """The deck's own CSS, added after ours."""
    problems: tuple[Problem, ...]
    today: datetime.date
    media: Mapping[tuple[str, str], Media] = field(default_factory=dict)
    """(folder of the note's file, reference as written) → the file."""
    pages: tuple[Page, ...] = ()

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        return tuple(note for page in self.pages for note in page.notes)

    @cached_property
    def found(self) -> Mapping[str, list[Problem]]:
        """What was found while reading and parsing, by rule."""
        by_rule: dict[str, list[Problem]] = {}
        for problem in [*self.problems, *(p for page in self.pages for p in page.problems)]:
            by_rule.setdefault(problem.rule, []).append(problem)
        return by_rule


class RenderedNote(NamedTuple):
    """A note as Anki will hold it: field name → HTML, tags as Anki stores them, the deck's full name."""

    id: str
    kind: NoteKind
    fields: Mapping[str, Html]
    tags: tuple[str, ...]
    deck: str
    ords: tuple[int, ...]
    """Ordinals of the cards it makes, from 0."""


class Header(NamedTuple):
    """What identity and time need to know of a rendered note."""

    id: str
    guid: Guid
    kind: NoteKind
    tags: tuple[str, ...]
    deck: str
    ords: tuple[int, ...]
    hashes: Hashes


class DatedNote(NamedTuple):
    """A rendered note with its identity and time, ready for the package."""

    header: Header
    fields: str
    """The fields' texts in the order of the note type, divided by ``FIELD_END`` as in Anki's database."""
    number: int
    """Anki's id of the note (milliseconds); its card ``ord`` has the id ``number + ord``."""
    modified: int
    """Seconds since the epoch."""
    position: int


class CardRow(NamedTuple):
    """A card as it goes into a package; ``note`` is the number of its note."""

    id: int
    note: int
    deck: str
    ord: int
    modified: int
    position: int


class Earlier(NamedTuple):
    """The collection of an earlier package, and the numbers of the notes in it that are not to be taken over."""

    path: Path
    gone: Sequence[int]


class PackagedNote(NamedTuple):
    """A note as it stands in a package on disk, ours or another program's."""

    guid: Guid
    number: int
    modified: int
    position: int
    deck: str
    type_id: int
    fields: Mapping[str, str]
    tags: tuple[str, ...]


class PackagedType(NamedTuple):
    """A note type as it stands in a package on disk; ``look`` is its fingerprint."""

    id: int
    modified: int
    look: str


class Packaged(NamedTuple):
    """What a package on disk holds."""

    notes: tuple[PackagedNote, ...]
    types: tuple[PackagedType, ...]
