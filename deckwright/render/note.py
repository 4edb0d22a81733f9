"""A note's Markdown → the HTML of its fields."""

from __future__ import annotations

import html
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from deckwright.deck.bibliography import Citation
from deckwright.deck.labels import direction, labels
from deckwright.deck.settings import Settings
from deckwright.grammar import cited, parse_text
from deckwright.grammar.note import Note, NoteKind
from deckwright.grammar.options import is_on
from deckwright.grammar.pieces import PieceKind
from deckwright.regex import regex
from deckwright.render.blocks import BlockRenderer, hint_pattern
from deckwright.render.leaves import Leaves, TooManyPiecesError
from deckwright.render.own_direction import HAS_RIGHT_TO_LEFT
from deckwright.render.pieces import PieceRenderer, render_formula
from deckwright.render.rendered_note import RenderedNote

FOLLOW_UP = "follow-up"
"""The style of a section whose hints open on tap."""


class RenderError(Exception):
    """A note cannot be rendered; the message says why and what to do, ``rule`` is the rule it breaks."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass
class Renderer:
    """Renders the notes of one deck."""

    settings: Settings
    citations: Mapping[str, Citation]

    def __post_init__(self) -> None:
        self.labels = labels(self.settings.language)
        self.hint = hint_pattern(self.labels["hint"])
        self.tag_prefix = f"{self.settings.tag_prefix}::" if self.settings.tag_prefix else ""
        self.tags = lru_cache(maxsize=10_000)(self._tags)  # kept once for all the notes that have the same
        self.whereabouts = lru_cache(maxsize=1)(self._whereabouts)  # a page's notes come one after another

    def render_note(self, note: Note, media_names: Mapping[str, str] | None = None) -> RenderedNote:
        """The fields, tags, deck and card ordinals of a note; ``media_names`` are reference → name in the package.

        Raises RenderError when the note is too deep or too large.
        """
        found = self.locators(note)
        numbers = {key: number for number, key in enumerate(found, 1)}
        question, answer, *rest = self.convert(note, media_names or {}, numbers)
        deck, context, file = self.whereabouts(note.source.path, note.title)
        options = {key: str(value) for key, value, _ in note.attributes}  # the last one counts
        question = _marked(options.get("language", ""), question, "span")
        answer = _marked(options.get("language", ""), answer)
        common = {
            "Details": _marked(options.get("language", ""), self.details(note, rest)),
            "Sources": self.sources(found),
            "AsOf": html.escape(options.get("asof", "")),
            "Context": context,
            "ID": note.id,
            "File": file,
            **({"Spare1": _hint(options["hint"])} if "hint" in options else {}),
        }
        return RenderedNote(
            id=note.id,
            kind=note.kind,
            fields=_fields(note.kind, question, answer, common, options),
            tags=self.tags(tuple(note.options("."))),
            deck=deck,
            ords=card_ordinals(note.kind, answer, is_reversed=is_on(options.get("reversed", ""))),
        )

    def convert_text(self, text: str) -> str:
        """A text that is not a note (the deck's description) as HTML; tags in it are shown, not obeyed."""
        note = parse_text(text.replace("&", "&amp;").replace("<", "&lt;"))
        return self.convert(note, {}, {})[1]

    def convert(self, note: Note, media_names: Mapping[str, str], numbers: Mapping[str, int]) -> list[str]:
        """The HTML of each passage of the note (question, answer, headings and bodies), then that of the footnotes.

        Raises RenderError as ``render_note`` does.
        """
        pieces = PieceRenderer(note.source, media_names, numbers, note.kind is NoteKind.CLOZE)
        blocks = BlockRenderer(Leaves(pieces), self.direction(note))
        try:
            parts = [self.passage(note, index, blocks) for index in range(len(note.passages))]
            return [*parts, blocks.footnotes(note.footnote_blocks)]
        except RecursionError:
            message = "lists, quotes or emphasis nest too deep here; make the nesting flatter"
            raise RenderError("too-deep", message) from None
        except TooManyPiecesError:
            message = "this note holds more formulas and code than can be told apart; split it"
            raise RenderError("too-large", message) from None

    def direction(self, note: Note) -> str:
        """The direction of a note's card, where a part of the note may be written the other way; else nothing."""
        if direction(note.option("language") or self.settings.language):
            return "rtl"
        begin, end = note.question.start, note.passages[-1].end
        return "ltr" if HAS_RIGHT_TO_LEFT.search(note.source.text, begin, end) else ""

    def passage(self, note: Note, index: int, blocks: BlockRenderer) -> str:
        """The HTML of a passage of the note."""
        passage = note.passages[index]
        if index % 2 == 0:  # the question, or the heading of a section
            return "".join(map(blocks.text, passage.blocks))
        style = self.settings.sections.get(note.passages[index - 1].text) if index > 1 else None
        blocks.hint = self.hint if style == FOLLOW_UP else None
        return blocks.write(passage.blocks)

    def details(self, note: Note, rendered: list[str]) -> str:
        """The sections, each with its heading and style, then the footnotes."""
        *parts, footnotes = rendered
        sections = []
        for section, heading, body in zip(note.sections, parts[::2], parts[1::2], strict=True):
            style = self.settings.sections.get(section.heading.text, "")
            label = f' class="{style}"' if style else ""
            sections.append(f"<section{label}><h3>{heading}</h3>{body}</section>")
        return "".join(sections) + footnotes

    def locators(self, note: Note) -> dict[str, list[str]]:
        """The keys of the bibliography that the note cites, in order, each with where in it."""
        found: dict[str, list[str]] = {}
        for piece in note.shown_pieces(PieceKind.CITATION):
            for key, locator in cited(piece):
                if key in self.citations:
                    locators = found.setdefault(key, [])
                    locators += [locator] if locator and locator not in locators else []
        return found

    def sources(self, found: Mapping[str, list[str]]) -> str:
        """The list of the sources that a note cites, from key → where in it."""
        items = "".join(f"<li>{self.source(self.citations[key], locators)}</li>" for key, locators in found.items())
        return f"<ol>{items}</ol>" if items else ""

    def source(self, citation: Citation, locators: list[str]) -> str:
        """One entry of the list of sources: authors (year): title, where in it."""
        words = self.labels
        names = citation.authors
        few = words["and"].join(names) if len(names) < 3 else names[0] + words["others"]
        year = f"{words['open']}{citation.year}{words['close']}" if citation.year else ""
        title = html.escape(citation.title)
        if citation.url:
            title = f'<a href="{html.escape(citation.url)}">{title}</a>'
        head = html.escape(few + year)
        return words["comma"].join([head + (words["colon"] if head else "") + title, *map(html.escape, locators)])

    def _tags(self, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Tags as Anki stores them."""
        return tuple(sorted({sys.intern(self.tag_prefix + tag) for tag in tags}))

    def _whereabouts(self, path: str, title: str) -> tuple[str, str, str]:
        """The deck of a page's notes, and their fields ``Context`` and ``File``."""
        deck = self.settings.deck_of(path)
        context = " › ".join([*deck.split("::")[1:], *filter(None, [title])])
        return deck, html.escape(context), html.escape(path)


def _marked(language: str, part: str, tag: str = "div") -> str:
    """A part of a note whose file is in another language than the deck, marked as in that language."""
    return f'<{tag} lang="{html.escape(language)}"{direction(language)}>{part}</{tag}>' if language and part else part


def _hint(text: str) -> str:
    """The HTML of a hint: its formulas, and its text as it is written."""
    parts, position = [], 0
    for piece in parse_text(text).shown_pieces(PieceKind.FORMULA, PieceKind.DISPLAY):
        parts += [html.escape(text[position : piece.start]), render_formula(piece, in_deletion=False)]
        position = piece.end
    return "".join([*parts, html.escape(text[position:])])


def _fields(
    kind: NoteKind, question: str, answer: str, common: Mapping[str, str], options: Mapping[str, str]
) -> dict[str, str]:
    """The fields of a note of either type, in their order; ``common`` are those that both have."""
    if kind is NoteKind.CLOZE:
        return {"Text": answer, "Prompt": question, **common}
    reverse = "1" if is_on(options.get("reversed", "")) else ""
    typed = html.escape(options.get("typed", ""))
    return {"Question": question, "Answer": answer, **common, "Reversed": reverse, "Typed": typed}


CARD_NUMBERS = regex(r"\{\{c([0-9,]+)::")


def card_ordinals(kind: NoteKind, text: str, *, is_reversed: bool) -> tuple[int, ...]:
    """The ordinals of the cards Anki makes: one a cloze number in the field, nested and ``c1,2`` ones included."""
    if kind is NoteKind.CLOZE:
        numbers = {int(number) for found in CARD_NUMBERS.findall(text) for number in found.split(",") if number}
        return tuple(sorted(number - 1 for number in numbers))
    return (0, 1) if is_reversed else (0,)
