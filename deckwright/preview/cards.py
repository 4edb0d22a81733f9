"""A rendered note → its cards as Anki's reviewer shows them: both sides, the box to type in, the sounds."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import NamedTuple

from deckwright.notetypes import FIELDS, NoteType
from deckwright.preview.template import SOUND, render_side
from deckwright.preview.typed import compare_typed
from deckwright.regex import regex
from deckwright.render.rendered_note import RenderedNote

TYPED = regex(r"\[\[type:(?:nc:)?(.+?)\]\]")
TYPE_STYLE = "font-family: 'Liberation Sans'; font-size: 20px"
"""Font and size of a field in the package, which Anki's clients give the box."""
TYPE_BOX = f'\n<center>\n<input type=text id=typeans aria-label="Answer"\n   style="{TYPE_STYLE}">\n</center>\n'
PLAY_BUTTON = """
<a class="replay-button soundLink" href="{}" data-sound draggable="false">
    <svg class="playImage" viewBox="0 0 64 64" version="1.1">
        <circle cx="32" cy="32" r="29" />
        <path d="M56.502,32.301l-37.502,20.101l0.329,-40.804l37.173,20.703Z" />
    </svg>
</a>"""


class CardSides(NamedTuple):
    """Both sides of a card as Anki's backend renders them, but for its names for sounds."""

    template: str
    ordinal: int
    front: str
    back: str


def card_sides(note: RenderedNote, note_type: NoteType) -> list[CardSides]:
    """Every card of a note as Anki's backend renders it. Raises TemplateError when a template cannot be read."""
    fields = {**dict.fromkeys(FIELDS[note.kind], ""), **note.fields, "Tags": " ".join(note.tags)}
    cards = []
    for ordinal in note.ords:
        template = note_type.templates[ordinal if len(note_type.templates) > 1 else 0]  # clozes have one for all cards
        front = render_side(template.front, fields, ordinal, is_front=True)
        back = render_side(template.back, fields, ordinal, is_front=False)
        cards.append(CardSides(template.name, ordinal, front, back))
    return cards


def reviewer_front(card: CardSides, fields: Mapping[str, str]) -> str:
    """The front as a client shows it: with a box to type in and buttons that play."""
    return TYPED.sub(lambda match: TYPE_BOX if fields.get(match[1]) else "", _with_buttons(card.front))


def reviewer_back(card: CardSides, fields: Mapping[str, str], typed: str = "") -> str:
    """The back as a client shows it after ``typed`` was typed: with the comparison and buttons that play."""

    def compared(match: re.Match[str]) -> str:
        expected = fields.get(match[1], "")
        return f'\n<div style="{TYPE_STYLE}">{compare_typed(expected, typed)}</div>' if expected else ""

    return TYPED.sub(compared, _with_buttons(card.back))


def _with_buttons(side: str) -> str:
    return SOUND.sub(lambda sound: PLAY_BUTTON.format(html.escape(sound[1])), side)
