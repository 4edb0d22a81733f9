"""Warnings about drawings that a phone would show too small. What the files hold is read by ``deck/media.py``."""

from __future__ import annotations

from collections.abc import Iterator

from deckwright.check.rules import Finding, card_rule
from deckwright.check.views import NoteView
from deckwright.deck.folder import Deck
from deckwright.deck.media import SvgMeasures
from deckwright.deck.rule_choices import Style
from deckwright.grammar.pieces import PieceKind

WIDEST = 360
"""CSS pixels: the narrowest phone in use. What is drawn wider is scaled down, and its text with it."""
SMALLEST_TEXT = 14


@card_rule(Style.FLASHCARDS)
def check_wide_picture(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """An SVG is drawn at most 360 wide, as a phone is; a wider one is scaled down with all its text.

    Bad:  <svg viewBox="0 0 640 200">
    Good: <svg viewBox="0 0 360 200">
    """
    for offset, drawing in _drawings(view, deck):
        if drawing.width > WIDEST:
            message = f"this drawing is {drawing.width:g} wide, {WIDEST} at most fit a phone; draw it narrower"
            yield view.source.place(offset), message


@card_rule(Style.FLASHCARDS)
def check_small_picture_text(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """The text of an SVG is at least 14 high, or it cannot be read on a phone.

    Bad:  <text font-size="10">
    Good: <text font-size="14">
    """
    for offset, drawing in _drawings(view, deck):
        if 0 < drawing.smallest_text < SMALLEST_TEXT:
            message = f"this drawing has text of size {drawing.smallest_text:g}, {SMALLEST_TEXT} at least; enlarge it"
            yield view.source.place(offset), message


def _drawings(view: NoteView, deck: Deck) -> Iterator[tuple[int, SvgMeasures]]:
    """The drawings of a note, each with the offset of its reference in the source."""
    references = [(piece.text, piece.at) for piece in view.of(PieceKind.IMAGE)]
    references += [(value, at) for _, attributes in view.tags for name, value, at in attributes if name == "src"]
    for reference, at in references:
        medium = deck.media.get((view.note.folder, reference))
        if medium and medium.svg:
            yield at, medium.svg
