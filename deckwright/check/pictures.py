"""Warnings about pictures: drawings that are too small on a phone, types. ``deck/media.py`` reads the files."""

from __future__ import annotations

from collections.abc import Iterator

from deckwright.check.rules import Finding, card_rule
from deckwright.check.views import NoteView
from deckwright.deck.media import Media, SvgMeasures
from deckwright.deck.rule_choices import Style
from deckwright.grammar.pieces import PieceKind

WIDEST = 360
"""CSS pixels: the narrowest phone in use. What is drawn wider is scaled down, and its text with it."""
SMALLEST_TEXT = 14


@card_rule(Style.FLASHCARDS)
def check_wide_picture(view: NoteView) -> Iterator[Finding]:
    """An SVG is drawn at most 360 wide, as a phone is; a wider one is scaled down with all its text.

    Bad:  <svg viewBox="0 0 640 200">
    Good: <svg viewBox="0 0 360 200">
    """
    for offset, drawing in _drawings(view):
        if drawing.width > WIDEST:
            yield offset, f"this drawing is {drawing.width:g} wide, {WIDEST} at most fit a phone; draw it narrower"


@card_rule(Style.FLASHCARDS)
def check_small_picture_text(view: NoteView) -> Iterator[Finding]:
    """The text of an SVG is at least 14 high, or it cannot be read on a phone.

    Bad:  <text font-size="10">
    Good: <text font-size="14">
    """
    for offset, drawing in _drawings(view):
        if 0 < drawing.smallest_text < SMALLEST_TEXT:
            message = f"this drawing has text of size {drawing.smallest_text:g}, {SMALLEST_TEXT} at least; enlarge it"
            yield offset, message


@card_rule(Style.PLAIN)
def check_picture_type(view: NoteView) -> Iterator[Finding]:
    """A picture is whole and can be shown, and its name ends in what it is; other programs go by the name.

    Bad:  ![](photo.png), where the file is a JPEG
    Good: ![](photo.jpg)
    """
    for offset, medium in _media(view):
        if medium.fault:
            yield offset, f"`{medium.path.name}` {medium.fault}"


def _drawings(view: NoteView) -> Iterator[tuple[int, SvgMeasures]]:
    """The drawings of a note, each with the offset of its reference in the source."""
    return ((at, medium.svg) for at, medium in _media(view) if medium.svg)


def _media(view: NoteView) -> Iterator[tuple[int, Media]]:
    """The media files that a note shows, each with the offset of its reference in the source."""
    references = [(piece.text, piece.at) for piece in view.of(PieceKind.IMAGE)]
    references += [(value, at) for _, attributes in view.tags for name, value, at in attributes if name == "src"]
    for reference, at in references:
        if medium := view.deck.media.get((view.note.folder, reference)):
            yield at, medium
