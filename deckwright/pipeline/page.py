"""One page: parse → media → render → check. What a process that works on pages needs is set up once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from deckwright.check import check_fields, check_page, outline
from deckwright.deck.bibliography import Citation
from deckwright.deck.folder import Deck
from deckwright.deck.media import Shelf, find_media
from deckwright.files import digest
from deckwright.grammar import cited, parse_source
from deckwright.grammar.note import Note, Page, Source
from deckwright.grammar.pieces import PieceKind
from deckwright.identity import content_hashes
from deckwright.identity.entries import Hashes
from deckwright.identity.headers import Header
from deckwright.identity.ids import Guid, guid_for
from deckwright.notetypes import FIELD_END, FIELDS
from deckwright.pipeline.cache import Record
from deckwright.pipeline.record import FinishedNote, Head, bytes_of, citation_hash, notes_of, places_of, to_record
from deckwright.problems import Problem, Severity
from deckwright.render import Renderer, RenderError


@dataclass
class Finisher:
    """Finishes the pages of one deck, one after another."""

    deck: Deck
    shelf: Shelf

    def __post_init__(self) -> None:
        self.renderer = Renderer(self.deck.settings, self.deck.citations)

    def finish(self, source: Source, last: Record | None) -> tuple[Head, Record]:
        """The record of a page, and its head as it is before it is written there.

        The record from ``last`` time helps where some of its notes may still be good: those are not rendered again. Any
        text gives a page; what is wrong with it is among the problems, and nothing is raised.
        """
        known = notes_of(last, self.deck.settings.deck_of(source.path)) if last else {}
        page = parse_source(source)
        found, faults = find_media(self.shelf, page.notes)
        media = {reference: medium for (_, reference), medium in found.items()}
        problems = [*faults, *check_page(page, replace(self.deck, media=found))]
        names = {reference: medium.name for reference, medium in media.items()}
        notes = []
        for note in page.notes:
            key = note_key(note)
            finished = known.get(key)
            if finished is None:
                finished, wrong = self.render(note, key, names)
                problems += wrong if not has_error(note, problems) else []
            notes.append(finished)
        head = Head(
            outlines=[outline(note) for note in page.notes],
            headers=[note.header for note in notes],
            places=places_of([note.body for note in notes]),
            problems=[*dict.fromkeys(problems)],
            media=None if faults else media,
            citations=citation_hashes(page, self.deck.citations),
        )
        return head, to_record(head, notes)

    def render(self, note: Note, key: str, names: Mapping[str, str]) -> tuple[FinishedNote, list[Problem]]:
        """A rendered note and what is wrong with it; one that cannot be rendered has empty fields."""
        order = FIELDS[note.kind]
        try:
            rendered = self.renderer.render_note(note, names)
        except RenderError as error:
            header = Header(note.id, Guid(""), note.kind, (), "", (), Hashes(""))
            problem = Problem(note.place, str(error), error.rule)
            return FinishedNote(header, bytes_of(FIELD_END * (len(order) - 1)), ""), [problem]
        text = FIELD_END.join([rendered.fields.get(name, "") for name in order])
        problems = check_fields(note, rendered)
        hashes = content_hashes(rendered.fields, rendered.tags)
        guid = guid_for(self.deck.settings.id, rendered.id)
        header = Header(rendered.id, guid, rendered.kind, rendered.tags, rendered.deck, rendered.ords, hashes)
        return FinishedNote(header, bytes_of(text), "" if problems else key), problems


def has_error(note: Note, problems: Iterable[Problem]) -> bool:
    """Whether one of a page's problems is an error inside a note: its fields then show nothing that is not known."""
    first, last = note.place.line, note.source.place(note.passages[-1].end).line
    return any(first <= each.place.line <= last and each.severity is Severity.ERROR for each in problems)


def note_key(note: Note) -> str:
    """A hash of all that a note's rendering depends on, but for its file, the deck's settings, sources and media."""
    attributes = [f"{key}={value}" for key, value, _place in note.attributes]
    text = note.source.text
    parts = [note.title, *[text[passage.start : passage.end] for passage in note.passages], "", *attributes]
    return digest(bytes_of("\x1f".join(parts))).hex()


def citation_hashes(page: Page, citations: Mapping[str, Citation]) -> dict[str, str]:
    """Each key that a page cites with a hash of the entry it means, empty where there is none."""
    pieces = (piece for note in page.notes for _, piece in note.pieces(PieceKind.CITATION))
    keys = {key for piece in pieces for key, _ in cited(piece)}
    return {key: citation_hash(citations.get(key)) for key in sorted(keys)}
