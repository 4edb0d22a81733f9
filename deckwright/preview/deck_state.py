"""A deck folder as the preview knows it: every note parsed, none rendered before it is looked at."""

from __future__ import annotations

import datetime
import itertools
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from deckwright.deck.folder import ContentFile, Deck, read_folder, read_source
from deckwright.deck.media import MediaStore, find_media
from deckwright.deck.settings import SETTINGS_FILE
from deckwright.grammar import parse_source
from deckwright.grammar.note import MARKUP, Note, NoteKind, Page, Passage, SourceFile
from deckwright.grammar.pieces import NOT_READ
from deckwright.notetypes import NoteType, note_types
from deckwright.preview.cards import CardSides, card_sides
from deckwright.preview.template import TemplateError
from deckwright.problems import Place, Problem
from deckwright.regex import regex
from deckwright.render import Renderer, RenderError

FORMULA = regex(r"(\$[^$]+\$)")
FIRST_NOTES = 1_000
"""So many notes are shown while the others of a large deck are still being read."""


class ListedNote(NamedTuple):
    """What the page's list knows of a note. The key is its id, or stands in for one that is missing or taken."""

    key: str
    question: str
    deck: str
    tags: Sequence[str]
    kind: str
    path: str
    line: int


def readable(passage: Passage) -> str:
    """What is in a passage, for a list: without comments and markup, formulas as they are written."""
    parts = FORMULA.split(passage.outside(*NOT_READ))
    return "".join(part if index % 2 else MARKUP.sub("", part) for index, part in enumerate(parts)).strip()


@dataclass(frozen=True)
class ReadPage:
    """A parsed file of notes, with what the list and the search ask of it."""

    page: Page
    deck: str

    @cached_property
    def rows(self) -> list[ListedNote]:
        """The notes for the list, under their ids: where one is missing or taken, the deck gives another key."""
        return [
            ListedNote(
                key=note.id,
                question=readable(note.question) or readable(note.answer)[:80],
                deck=self.deck,
                tags=note.tags,
                kind=note.kind.value,
                path=note.source.path,
                line=note.place.line,
            )
            for note in self.page.notes
        ]

    @cached_property
    def texts(self) -> list[str]:
        """What a search looks through, one text per note: question, id, tags, answer and sections, in lower case."""
        return [
            "\n".join([note.id, *note.tags, *(passage.plain for passage in note.passages)]).lower()
            for note in self.page.notes
        ]


class RenderedCards(NamedTuple):
    """A note with its cards, or with the reason why it has none."""

    note: Note
    css: str
    fields: Mapping[str, str] = {}
    cards: Sequence[CardSides] = ()
    error: str = ""


@dataclass(frozen=True)
class DeckState:
    """What was read of a deck folder at one time. ``version`` grows with every reading."""

    deck: Deck
    pages: Mapping[str, ReadPage]
    found: list[Problem]
    """What was found while reading, before any rule was asked."""
    version: int = 1
    is_complete: bool = True
    media: dict[str, Path] = field(default_factory=dict)
    """Name in the package → file, of all pictures and sounds that were shown."""

    @cached_property
    def notes(self) -> dict[str, Note]:
        """Every note by its key, in the order of the files."""
        found: dict[str, Note] = {}
        for path, read in self.pages.items():
            for number, note in enumerate(read.page.notes, 1):
                key = note.id or f"{path}:{number}"
                while key in found:
                    key += "~"
                found[key] = note
        return found

    @cached_property
    def keys(self) -> dict[str, list[str]]:
        """Path of a file → the keys of its notes."""
        keys = iter(self.notes)
        return {path: list(itertools.islice(keys, len(read.page.notes))) for path, read in self.pages.items()}

    @cached_property
    def listed(self) -> dict[str, ListedNote]:
        rows = (row for read in self.pages.values() for row in read.rows)
        pairs = zip(self.notes, rows, strict=True)
        return {key: row if row.key == key else row._replace(key=key) for key, row in pairs}

    @cached_property
    def types(self) -> dict[NoteKind, NoteType]:
        return note_types(self.deck.settings, self.deck.style)

    @cached_property
    def renderer(self) -> Renderer:
        return Renderer(self.deck.settings, self.deck.citations)

    @cached_property
    def media_store(self) -> MediaStore:
        return MediaStore(self.deck.root)

    def search(self, words: str) -> list[str]:
        """The keys of the notes that hold every one of the words."""
        wanted = words.lower().split()
        texts = (text for read in self.pages.values() for text in read.texts)
        return [key for key, text in zip(self.notes, texts, strict=True) if all(word in text for word in wanted)]

    def render(self, key: str) -> RenderedCards:
        """The cards of a note. Raises KeyError when there is no such note. Not for two threads at once."""
        note = self.notes[key]
        note_type = self.types[note.kind]
        media, _ = find_media(self.media_store, [note])
        self.media.update({medium.name: medium.path for medium in media.values()})
        names = {reference: medium.name for (_, reference), medium in media.items()}
        try:
            rendered = self.renderer.render_note(note, names)
            return RenderedCards(note, note_type.css, rendered.fields, card_sides(rendered, note_type))
        except (RenderError, TemplateError) as error:
            return RenderedCards(note, note_type.css, error=str(error))

    def note_at(self, place: Place) -> str:
        """The key of the note that a place in a file belongs to; empty when it belongs to none."""
        key = ""
        for one in self.keys.get(place.path, ()):
            if self.notes[one].place.line <= place.line:
                key = one
        return key


def read_deck(root: Path, last: DeckState | None = None, changed: Collection[str] = ()) -> Iterator[DeckState]:
    """Read a deck folder; the first thousand notes of a large one come before the whole.

    From ``last`` come the pages whose files are not among the ``changed`` ones, and the settings when those that are
    there now cannot be used. Nothing is raised for whatever the folder holds.
    """
    deck = read_folder(root, datetime.date.min)  # the date is for rules, and none is asked here
    if last and any(problem.place.path == SETTINGS_FILE for problem in deck.problems):
        deck = replace(deck, settings=last.deck.settings)
    version = last.version + 1 if last else 1
    media = last.media if last else {}
    pages: dict[str, ReadPage] = {}
    found = [*deck.problems]
    count, is_first = 0, last is None
    for file in deck.files:
        known = last.pages.get(file.path) if last and os.fspath(file.file) not in changed else None
        read = known.page if known else _read_page(file)
        if isinstance(read, Problem):
            found.append(read)
            continue
        name = deck.settings.deck_of(file.path)
        pages[file.path] = known if known and known.deck == name else ReadPage(read, name)
        count += len(read.notes)
        if is_first and count >= FIRST_NOTES and file is not deck.files[-1]:
            is_first = False
            yield DeckState(deck, dict(pages), [*found], version, is_complete=False, media=media)
            version += 1
    yield DeckState(deck, pages, found, version, media=media)


def _read_page(file: ContentFile) -> Page | Problem:
    source = read_source(file)
    return parse_source(source) if isinstance(source, SourceFile) else source


def changed_notes(before: DeckState, after: DeckState) -> list[str]:
    """The keys of the notes whose text, options or place in the list changed, or that are new."""
    keys = (after.keys[path] for path, page in after.pages.items() if before.pages.get(path) is not page)
    return [
        key
        for key in itertools.chain.from_iterable(keys)
        if key not in before.notes or _content(before.notes[key]) != _content(after.notes[key])
    ]


def _content(note: Note) -> list[object]:
    attributes = [(key, str(value)) for key, value, _ in note.attributes]
    return [note.title, note.source.path, attributes, *note.texts]
