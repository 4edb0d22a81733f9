"""A rendered deck: the facts of every page at once, and each note when it is asked for."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

from deckwright.check.summaries import NoteSummary, PageSummary
from deckwright.deck.folder import ContentFile, Deck
from deckwright.deck.media import Media
from deckwright.grammar.note import NoteKind
from deckwright.identity.headers import Header
from deckwright.notetypes import FIELD_END, FIELDS, NoteType, note_types
from deckwright.pipeline.cache import PageCache
from deckwright.pipeline.page import PageDetails, PageFacts
from deckwright.problems import Problem

T = TypeVar("T")
N = TypeVar("N", NoteSummary, Header)


class LazySequence(Sequence[T]):
    """A sequence whose elements are made when they are asked for."""

    def __init__(self, size: int, get: Callable[[int], T]) -> None:
        self.size, self.get = size, get

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> T:  # type: ignore[override]  # nobody asks for a slice
        if not 0 <= index < self.size:
            raise IndexError(index)
        return self.get(index)


class RenderedPage(NamedTuple):
    """A page in its place in the deck."""

    path: str
    key: str
    """Its cache key."""
    facts: PageFacts
    first: int
    """Index of its first note among all notes of the deck."""
    is_built: bool
    """Whether the last build packaged this page as it is."""

    @property
    def indices(self) -> range:
        """Of its notes among all notes of the deck."""
        return range(self.first, self.first + len(self.facts.summary.ids))


@dataclass
class RenderedDeck:
    """A deck whose pages are all rendered. Notes go by their index in study order.

    What is asked of every page is at hand; summaries, headers and fields of notes stay in the cache until asked for.
    Asking may raise OSError when they are gone, and DamagedCacheError when they are not what was kept.
    """

    deck: Deck
    cache: PageCache
    pages: list[RenderedPage] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)
    """Why files of notes could not be read."""
    media: dict[str, Media] = field(default_factory=dict)
    """Name in the package → file."""
    files: dict[str, tuple[ContentFile, str]] = field(default_factory=dict)
    """Path of each page → its file, and the hash of the file's bytes."""
    named: set[int] = field(default_factory=set)
    """Notes whose ids were given after the pages were rendered."""
    _details: dict[str, PageDetails] = field(default_factory=dict)
    _firsts: array[int] = field(default_factory=lambda: array("Q"))

    def add_page(
        self,
        path: str,
        key: str,
        facts: PageFacts,
        media: Iterable[Media],
        details: PageDetails | None = None,
        *,
        is_built: bool = False,
    ) -> None:
        """Add the next page, which is in the cache; its ``details``, if they are at hand."""
        page = RenderedPage(path, key, facts, len(self.ids), is_built)
        self.pages.append(page)
        self._firsts.append(page.first)
        self.ids += facts.summary.ids
        self.media.update((medium.name, medium) for medium in media)
        if details:
            self._details[path] = details

    def give_id(self, index: int, name: str) -> None:
        self.ids[index] = name
        self.named.add(index)

    @property
    def page_summaries(self) -> list[PageSummary]:
        return [page.facts.summary for page in self.pages]

    @property
    def decks(self) -> set[str]:
        """The full names of all decks that hold notes."""
        return {self.deck.settings.deck_of(page.path) for page in self.pages if page.facts.summary.ids}

    @property
    def kinds(self) -> set[NoteKind]:
        """All that notes have."""
        return {NoteKind(kind) for page in self.pages for kind in page.facts.kinds}

    @cached_property
    def note_types(self) -> Mapping[NoteKind, NoteType]:
        return note_types(self.deck.settings, self.deck.style)

    @property
    def type_kinds(self) -> dict[int, NoteKind]:
        """The kinds of the deck's note types by their ids."""
        return {note_type.id: kind for kind, note_type in self.note_types.items()}

    @property
    def aliases(self) -> set[str]:
        """All that notes have."""
        return {alias for page in self.pages for alias in page.facts.summary.aliases}

    @cached_property
    def note_summaries(self) -> Sequence[NoteSummary]:
        return self._of_notes(lambda details: details.notes)

    @cached_property
    def headers(self) -> Sequence[Header]:
        return self._of_notes(lambda details: details.headers)

    def _of_notes(self, part: Callable[[PageDetails], Sequence[N]]) -> Sequence[N]:
        """Return a part of the details of all notes, with the ids that they have now."""

        def get(index: int) -> N:
            page = self.page_of(index)
            read = part(self.details_of(page))[index - page.first]
            return read._replace(id=self.ids[index]) if index in self.named else read

        return LazySequence(len(self.ids), get)

    def changed(self) -> Iterator[int]:
        """Yield the notes that may not be what they were in the last build."""
        for page in self.pages:
            if not page.is_built:
                yield from page.indices
        yield from self.named

    @property
    def page_problems(self) -> list[Problem]:
        """All problems of files and pages, without those that only the whole deck shows."""
        return [*self.unreadable, *self.problems_of(self.pages)]

    def problems_of(self, pages: Iterable[RenderedPage]) -> list[Problem]:
        """Return the problems of some pages, but for missing ids that were given meanwhile."""
        named = {self.note_summaries[index].place for index in self.named}
        found = (problem for page in pages if page.facts.problem_counts for problem in self.details_of(page).problems)
        return [problem for problem in found if problem.rule != "missing-id" or problem.place not in named]

    def fields(self, index: int) -> str:
        """Return the fields of a note in the order of its note type, divided by ``FIELD_END``."""
        page = self.page_of(index)
        fields = self.cache.fields(page.path, index - page.first)
        if index not in self.named:
            return fields
        header = self.headers[index]
        texts = dict(zip(FIELDS[header.kind], fields.split(FIELD_END), strict=True))
        return FIELD_END.join({**texts, "ID": header.id}.values())

    def texts(self, index: int) -> dict[str, str]:
        """Return the fields of a note by their names."""
        texts = self.fields(index).split(FIELD_END)  # more than fields where a control character is in one: an error
        return dict(zip(FIELDS[self.headers[index].kind], texts, strict=False))

    def page_of(self, index: int) -> RenderedPage:
        return self.pages[bisect_right(self._firsts, index) - 1]

    def remember(self, path: str, details: PageDetails) -> None:
        """Take the details of a page that need not be read again."""
        self._details.setdefault(path, details)

    def details_of(self, page: RenderedPage) -> PageDetails:
        """Return the details of a page, read once."""
        details = self._details.get(page.path)
        if details is None:
            details = PageDetails.from_json(self.cache.details(page.path), page.path)
            self._details[page.path] = details
        return details
