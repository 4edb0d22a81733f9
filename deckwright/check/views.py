"""What rules look at: a note, a page or the whole deck, with what several rules need of it worked out once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from deckwright.check.similarity import SimilarNotes
from deckwright.check.summaries import NoteSummary, PageSummary
from deckwright.deck.folder import Deck
from deckwright.deck.settings import Settings
from deckwright.grammar import tag_attributes
from deckwright.grammar.block_types import Block, BlockKind
from deckwright.grammar.note import Attribute, Note, Page, Passage
from deckwright.grammar.options import is_inherited
from deckwright.grammar.pieces import Piece, PieceKind

CODE = (PieceKind.CODE, PieceKind.CODE_BLOCK)
FORMULAS = (PieceKind.FORMULA, PieceKind.DISPLAY)
ADDRESSES = (PieceKind.LINK_END, PieceKind.AUTOLINK)


class NoteView:
    """A note of a deck, its text and its pieces."""

    def __init__(self, note: Note, deck: Deck) -> None:
        self.note = note
        self.deck = deck
        self.source = note.source
        self.end = note.passages[-1].end
        """Offset at which the note's last passage ends; its first begins with the question."""
        self.text = self.source.text[note.question.start : self.end]
        """All of the note, its headings' signs and attribute lists too."""
        self.question = note.question.text
        """The question as it is written, without the attribute list."""
        self.pieces = [piece for passage in note.passages for piece in passage.pieces]
        self.kinds = note.kinds
        self.limits = deck.settings.limits

    def of(self, *kinds: PieceKind) -> list[Piece]:
        """The pieces of the kinds in the order of the text."""
        return [] if self.kinds.isdisjoint(kinds) else [piece for piece in self.pieces if piece.kind in kinds]

    def blocks(self, *kinds: BlockKind) -> Iterator[Block]:
        """The blocks of the kinds, also those inside others, in the order of the text."""
        return (block for passage in self.note.passages for block in passage.all_blocks(*kinds))

    def is_blank(self, passage: Passage) -> bool:
        """Whether a passage shows nothing: it is empty, or holds comments and definitions of links only."""
        if PieceKind.COMMENT in self.kinds:
            return passage.is_blank
        return passage.start == passage.end or not passage.blocks  # no white space is left around one

    @cached_property
    def tags(self) -> list[tuple[Piece, list[tuple[str, str, int]]]]:
        """The HTML tags, each with its attributes: name, value, offset of the value."""
        return [(piece, tag_attributes(piece)) for piece in self.of(PieceKind.TAG)]


def is_inside(at: int, stretches: Iterable[Piece | Block]) -> bool:
    """Whether an offset is in one of some pieces or blocks."""
    return any(each.start <= at < each.end for each in stretches)


class PageView:
    """A page of a deck and the attributes of its front matter and its notes, each once."""

    def __init__(self, page: Page, deck: Deck) -> None:
        self.page = page
        self.deck = deck
        self.own: defaultdict[str, list[Attribute]] = defaultdict(list)
        """The attributes of the notes themselves, by key."""
        self.inherited = [entry for entry in page.front_matter if is_inherited(entry.key, entry.value)]
        """What all notes have from the front matter."""
        for note in page.notes:
            for attribute in note.attributes[len(self.inherited) :]:
                self.own[attribute.key].append(attribute)

    def attributes(self, key: str) -> list[Attribute]:
        """The attributes with that key, the front matter's first."""
        return [*(a for a in self.inherited if a.key == key), *self.own.get(key, ())]


class DeckView(NamedTuple):
    """The whole deck: its pages and its notes in summary."""

    pages: Sequence[PageSummary]
    notes: Sequence[NoteSummary]
    """Looked at only when a page's summary shows a problem: reading them takes a while."""
    paths: Collection[str]
    """The paths of all pages, also of those without notes."""
    settings: Settings
    similar_notes: SimilarNotes
