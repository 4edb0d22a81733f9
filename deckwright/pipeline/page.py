"""One page: parse → media → render → check. What a process that works on pages needs is set up once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from deckwright.check import check_fields, check_page, summarize_note, summarize_page
from deckwright.check.drafts import draft_names
from deckwright.check.summaries import NoteSummary, PageSummary
from deckwright.deck.bibliography import Citation
from deckwright.deck.folder import Deck
from deckwright.deck.media import Media, MediaStore, find_media
from deckwright.files import digest
from deckwright.grammar import cited, parse_source
from deckwright.grammar.note import Note, NoteKind, Page, Passage, SourceFile
from deckwright.grammar.options import is_on
from deckwright.grammar.pieces import PieceKind
from deckwright.identity import content_hashes, markup_hash
from deckwright.identity.entries import Hashes
from deckwright.identity.headers import Header
from deckwright.notetypes import FIELD_END, FIELDS
from deckwright.problems import Place, Problem, Severity
from deckwright.render import Renderer, RenderError


class NoteResult(NamedTuple):
    """A rendered note: what identity and time need of it, its fields, and its cache key."""

    header: Header
    fields: str
    """The fields' texts in the order of the note type, divided by ``FIELD_END``."""
    key: str
    """A hash of all that was rendered; empty when the note may not be used again."""


class PageFacts(NamedTuple):
    """What the deck as a whole asks of every page, also of one that did not change, in values that JSON can hold."""

    summary: PageSummary
    kinds: Sequence[str]
    """Those of its notes."""
    problem_counts: Mapping[str, int]
    """Severity and rule, as in ``warning long-list``, of its problems → how many. The problems are among the details:
    a deck may have tens of thousands, of which a build shows those of the pages that changed.
    """
    media: Mapping[str, Sequence[str]] | None
    """Reference as written → name in the package and path of the file; None when one could not be resolved, so that it
    is tried again.
    """
    citations: Mapping[str, str]
    """Key → hash of the entry in the bibliography, empty for one that was not there."""

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> PageFacts:
        return cls(PageSummary(*row[0]), *row[1:])

    @property
    def media_names(self) -> dict[str, str] | None:
        """Reference as written → name in the package, which holds a hash of the content."""
        return None if self.media is None else {reference: name for reference, (name, _) in self.media.items()}

    def fails(self, *, strict: bool = False) -> bool:
        """Whether something on the page makes a build fail."""
        failing = (Severity.ERROR, Severity.WARNING) if strict else Severity.ERROR
        return any(name.startswith(failing) for name in self.problem_counts)


class PageDetails(NamedTuple):
    """What is asked of the notes of a page that changed, but for their fields."""

    notes: Sequence[NoteSummary]
    headers: Sequence[Header]
    problems: Sequence[Problem]

    def to_json(self) -> list[Any]:
        """Return values that JSON can hold."""
        return [[note.to_row() for note in self.notes], self.headers, self.problems]

    @classmethod
    def from_json(cls, rows: Sequence[Any], path: str) -> PageDetails:
        """Take the details of the page at a path back from JSON."""
        notes, headers, problems = rows
        return cls(
            [NoteSummary.from_row(path, row) for row in notes],
            [
                Header(name, NoteKind(kind), tuple(tags), deck, tuple(ords), *hashes)
                for name, kind, tags, deck, ords, *hashes in headers
            ],
            [Problem(Place(*place), text, rule, Severity(severity)) for place, text, rule, severity in problems],
        )


class PageResult(NamedTuple):
    """A page, rendered and checked."""

    facts: PageFacts
    details: PageDetails
    notes: Sequence[NoteResult]
    media: Mapping[str, Media]
    """Reference as written → file; empty when one could not be resolved."""


@dataclass
class PageRenderer:
    """Renders and checks the pages of one deck, one after another."""

    deck: Deck
    media: MediaStore

    def __post_init__(self) -> None:
        self.renderer = Renderer(self.deck.settings, self.deck.citations)

    def render_page(self, source: SourceFile, known: Mapping[str, NoteResult]) -> PageResult:
        """Parse, render and check a page. Any text gives a page; what is wrong is among its problems.

        ``known`` are the notes of the page as it was before, by their keys: those are not rendered again.
        """
        page = without_drafts(parse_source(source))
        found, faults = find_media(self.media, page.notes)
        media = {reference: medium for (_, reference), medium in found.items()}
        problems = [*faults, *check_page(page, replace(self.deck, media=found))]
        names = {reference: medium.name for reference, medium in media.items()}
        notes = []
        for note in page.notes:
            key = note_key(note)
            result = known.get(key)
            if result is None:
                result, wrong = self.render_note(note, key, names)
                problems += wrong if not has_error(note, problems) else []
            notes.append(result)
        summaries, problems = [summarize_note(note) for note in page.notes], [*dict.fromkeys(problems)]
        facts = PageFacts(
            summary=summarize_page(summaries, draft_names(page)),
            kinds=sorted({note.header.kind for note in notes}),
            problem_counts=Counter(f"{problem.severity} {problem.rule}" for problem in problems),
            media=None if faults else {to: (medium.name, str(medium.path)) for to, medium in media.items()},
            citations=citation_hashes(page, self.deck.citations),
        )
        details = PageDetails(summaries, [note.header for note in notes], problems)
        return PageResult(facts, details, notes, {} if faults else media)

    def render_note(self, note: Note, key: str, names: Mapping[str, str]) -> tuple[NoteResult, list[Problem]]:
        """Render a note, and return what is wrong with it; one that cannot be rendered has empty fields.

        ``names`` are the media files' names by reference.
        """
        order = FIELDS[note.kind]
        try:
            rendered = self.renderer.render_note(note, names)
        except RenderError as error:
            header = Header(note.id, note.kind, (), "", (), Hashes(""))
            problem = Problem(note.place, str(error), error.rule)
            return NoteResult(header, FIELD_END * (len(order) - 1), ""), [problem]
        text = FIELD_END.join([rendered.fields.get(name, "") for name in order])
        problems = check_fields(note, rendered)
        hashes = content_hashes(rendered.fields, rendered.tags)
        markup = markup_hash(rendered.fields, rendered.tags)
        header = Header(rendered.id, rendered.kind, rendered.tags, rendered.deck, rendered.ords, hashes, markup)
        return NoteResult(header, text, "" if problems else key), problems


def has_error(note: Note, problems: Iterable[Problem]) -> bool:
    """Whether one of a page's problems is an error inside a note: its fields then show nothing that is not known."""
    first, last = note.place.line, note.source.place(note.passages[-1].end).line
    return any(first <= each.place.line <= last and each.severity is Severity.ERROR for each in problems)


def without_drafts(page: Page) -> Page:
    """Set apart the notes of a page that are not to be built yet."""
    drafts = tuple(note for note in (*page.notes, *page.oversized) if _is_draft(note))
    nothing = Passage(page.source, 0, 0)
    is_draft = _is_draft(Note("", nothing, nothing, (), page.front_matter, 0))
    if not (drafts or is_draft):
        return page
    notes = tuple(note for note in page.notes if not _is_draft(note))
    return page._replace(notes=notes, drafts=drafts, is_draft=is_draft)


def _is_draft(note: Note) -> bool:
    return "draft" in note.options(".") or is_on(note.option("draft"))


def note_key(note: Note) -> str:
    """Hash all that a note's rendering depends on, but for its file, the deck's settings, sources and media."""
    attributes = [f"{key}={value}" for key, value, _place in note.attributes]
    parts = [note.title, *note.texts, "", *attributes]
    return digest("\x1f".join(parts).encode("utf-8", "surrogatepass")).hex()


def citation_hashes(page: Page, citations: Mapping[str, Citation]) -> dict[str, str]:
    """Return each key that a page cites with a hash of the entry it means, empty where there is none."""
    pieces = (piece for note in page.notes for piece in note.shown_pieces(PieceKind.CITATION))
    keys = {key for piece in pieces for key, _ in cited(piece)}
    return {key: citation_hash(citations.get(key)) for key in sorted(keys)}


def citation_hash(citation: Citation | None) -> str:
    """Hash what a card shows of a source; empty when there is none."""
    if citation is None:
        return ""
    shown = (citation.title, citation.authors, citation.year, citation.url)
    return digest(repr(shown).encode("utf-8", "surrogatepass")).hex()
