"""A deck whose pages are all finished: what every page says at once, and each note when it is asked for."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from deckwright.check.summaries import Outline, Summary
from deckwright.deck.folder import Deck
from deckwright.deck.media import Media
from deckwright.grammar.note import NoteKind
from deckwright.identity.headers import Header
from deckwright.notetypes import FIELD_END, FIELDS
from deckwright.pipeline.cache import Pages
from deckwright.pipeline.record import About, Head, head_of, problems_of, text_of
from deckwright.problems import Problem

T = TypeVar("T")


class Asked(Sequence[T]):
    """A sequence whose elements are worked out when they are asked for."""

    def __init__(self, size: int, get: Callable[[int], T]) -> None:
        self.size, self.get = size, get

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> T:  # type: ignore[override]  # nobody asks for a slice
        if not 0 <= index < self.size:
            raise IndexError(index)
        return self.get(index)


class Part(NamedTuple):
    """A page in its place in the deck."""

    path: str
    deck: str
    """The full name of the deck that its notes go to."""
    about: About
    first: int
    """Index of its first note among all notes of the deck."""
    built: bool
    """Whether the last build had this page as it is."""


@dataclass
class Finished:
    """A deck whose pages are all finished. Notes go by their index in study order.

    What is asked of every page is at hand; outlines, headers and fields' texts stay in ``pages`` until they are asked
    for. Asking may raise OSError when they are gone, and DamagedCacheError when they are not what a build left there.
    """

    deck: Deck
    last: Pages
    """What the last build kept."""
    pages: Pages
    parts: list[Part] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    media: dict[str, Media] = field(default_factory=dict)
    """Name in the package → file."""
    files: dict[str, tuple[Path, bytes]] = field(default_factory=dict)
    """Path of each page → where it really lies, and the hash of its bytes."""
    named: set[int] = field(default_factory=set)
    """Notes whose ids were given after the pages were finished."""
    _heads: dict[str, Head] = field(default_factory=dict)
    _firsts: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, path: str, about: About, media: Iterable[Media], head: Head | None, *, built: bool) -> None:
        """Add the next page, which is in ``pages``; its head, if that is at hand."""
        part = Part(path, self.deck.settings.deck_of(path), about, len(self.ids), built)
        self.parts.append(part)
        self._firsts.append(part.first)
        self.ids += about.summary.ids
        self.problems += problems_of(about.problems, path)
        self.media.update((medium.name, medium) for medium in media)
        if head:
            self._heads[path] = head

    def name(self, index: int, name: str) -> None:
        """Give an id to a note that has none."""
        self.ids[index] = name
        self.named.add(index)

    @property
    def summaries(self) -> list[Summary]:
        return [part.about.summary for part in self.parts]

    @property
    def decks(self) -> set[str]:
        """The full names of all decks that hold notes."""
        return {part.deck for part in self.parts if part.about.summary.ids}

    @property
    def kinds(self) -> set[NoteKind]:
        """All that notes have."""
        return {NoteKind(kind) for part in self.parts for kind in part.about.kinds}

    @cached_property
    def outlines(self) -> Sequence[Outline]:
        return Asked(len(self.ids), self._outline)

    @cached_property
    def headers(self) -> Sequence[Header]:
        return Asked(len(self.ids), self._header)

    def changed(self) -> Iterator[int]:
        """The notes that may not be what they were in the last build."""
        for part in self.parts:
            if not part.built:
                yield from range(part.first, part.first + len(part.about.summary.ids))
        yield from self.named

    def fields(self, index: int) -> str:
        """The fields of a note, divided by ``FIELD_END``."""
        part, head = self._page_of(index)
        fields = text_of(self.pages.body(part.path, *head.places[index - part.first]))
        if index not in self.named:
            return fields
        header = self._header(index)
        texts = dict(zip(FIELDS[header.kind], fields.split(FIELD_END), strict=True))
        return FIELD_END.join({**texts, "ID": header.id}.values())

    def texts(self, index: int) -> dict[str, str]:
        """The fields of a note by their names."""
        return dict(zip(FIELDS[self.headers[index].kind], self.fields(index).split(FIELD_END), strict=True))

    def _outline(self, index: int) -> Outline:
        part, head = self._page_of(index)
        outline = head.outlines[index - part.first]
        return outline._replace(id=self.ids[index]) if index in self.named else outline

    def _header(self, index: int) -> Header:
        part, head = self._page_of(index)
        header = head.headers[index - part.first]
        return header._replace(id=self.ids[index]) if index in self.named else header

    def _page_of(self, index: int) -> tuple[Part, Head]:
        part = self.parts[bisect_right(self._firsts, index) - 1]
        head = self._heads.get(part.path)
        if head is None:
            head = self._heads[part.path] = head_of(self.pages.head(part.path), part.path, part.deck)
        return part, head
