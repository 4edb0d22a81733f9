"""One page: parse → media → render → check. What a process that works on pages needs is set up once."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from deckwright.check import check_page, outline
from deckwright.deck.bibliography import Citation
from deckwright.deck.folder import Deck
from deckwright.deck.media import Shelf, find_media
from deckwright.files import digest
from deckwright.grammar import parse_source, tag_attributes
from deckwright.grammar.note import Note, Page, PieceKind, Source
from deckwright.identity import content_hashes, markup_hash
from deckwright.identity.entries import Hashes
from deckwright.identity.headers import Header
from deckwright.notetypes import FIELD_END, FIELDS
from deckwright.pipeline.cache import Record
from deckwright.pipeline.record import FinishedNote, Head, bytes_of, citation_hash, notes_of, places_of, to_record
from deckwright.problems import Problem
from deckwright.render import Renderer, RenderError, cited

LINK_ADDRESS = re.compile(r'<a\b[^<>]*?\shref="([^"]*)"')
SOURCE_ATTRIBUTE = re.compile(r'<(?:img|audio|video|source|track)\b[^<>]*?\s(?:src|poster)="([^"]*)"')
SEEN_ELSEWHERE = ("#", "https://", "http://", "ftp://", "mailto:")


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
                finished, wrong = self.render(note, key, names, resolved=not faults)
                problems += wrong
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

    def render(
        self, note: Note, key: str, names: Mapping[str, str], *, resolved: bool
    ) -> tuple[FinishedNote, list[Problem]]:
        """A rendered note and what is wrong with it; one that cannot be rendered has empty fields."""
        order = FIELDS[note.kind]
        try:
            rendered = self.renderer.render_note(note, names)
        except RenderError as error:
            header = Header(note.id, note.kind, (), "", (), Hashes(""))
            problem = Problem(note.place, str(error), error.rule)
            return FinishedNote(header, bytes_of(FIELD_END * (len(order) - 1)), ""), [problem]
        text = FIELD_END.join([rendered.fields.get(name, "") for name in order])
        problems = list(_misread(note, text, set(names.values()), resolved=resolved))
        hashes = content_hashes(rendered.fields, rendered.tags)
        markup = markup_hash(rendered.fields, rendered.tags)
        header = Header(rendered.id, rendered.kind, rendered.tags, rendered.deck, rendered.ords, hashes, markup)
        return FinishedNote(header, bytes_of(text), "" if problems else key), problems


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


def _misread(note: Note, text: str, names: set[str], *, resolved: bool) -> Iterator[Problem]:
    """References and links in the fields' text that the scanner did not see, so that no rule has looked at them."""
    if resolved and ('src="' in text or 'poster="' in text):
        for name in SOURCE_ATTRIBUTE.findall(text):
            if name not in names:
                message = f"the reference to `{name}` is not understood; write ![text](file)"
                yield Problem(note.place, message, "missing-media")
    for address in sorted(_unseen_links(note, text, names)) if "<a" in text else ():
        message = f"the link to `{address[:40]}` is not understood; write [text](address)"
        yield Problem(note.place, message, "unknown-link")


def _unseen_links(note: Note, text: str, names: set[str]) -> set[str]:
    found = {html.unescape(address) for address in LINK_ADDRESS.findall(text)}
    found = {address for address in found if not address.startswith(SEEN_ELSEWHERE)}
    if not found:
        return set()
    pieces = [piece for _, piece in note.pieces(PieceKind.LINK, PieceKind.TAG)]
    seen = {html.unescape(piece.text) for piece in pieces}
    return found - names - seen - {value for piece in pieces for _, value, _ in tag_attributes(piece)}
