"""A rendered note → its cards as Anki's reviewer shows them: both sides, the box to type in, the sounds."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from deckwright.notetypes import FIELDS, NoteType
from deckwright.preview.template import name_sounds, render_side
from deckwright.preview.typed import compare_typed
from deckwright.render.rendered_note import RenderedNote

TYPED = re.compile(r"\[\[type:(?:nc:)?(.+?)\]\]")
PLAYED = re.compile(r"\[anki:play:[qa]:(\d+)\]")
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
    """Both sides of a card as Anki's backend gives them, with the files of the sounds on each."""

    template: str
    ordinal: int
    front: str
    back: str
    front_sounds: Sequence[str]
    back_sounds: Sequence[str]


def card_sides(note: RenderedNote, note_type: NoteType) -> list[CardSides]:
    """Every card of a note as Anki's backend renders it. Raises TemplateError when a template cannot be read."""
    fields = {**dict.fromkeys(FIELDS[note.kind], ""), **note.fields, "Tags": " ".join(note.tags)}
    cards = []
    for ordinal in note.ords:
        template = note_type.templates[ordinal if len(note_type.templates) > 1 else 0]  # clozes have one for all cards
        front, front_sounds = name_sounds(render_side(template.front, fields, ordinal, is_front=True), is_front=True)
        whole = {**fields, "FrontSide": front}
        back, back_sounds = name_sounds(render_side(template.back, whole, ordinal, is_front=False), is_front=False)
        cards.append(CardSides(template.name, ordinal, front, back, front_sounds, back_sounds))
    return cards


def reviewer_front(card: CardSides, fields: Mapping[str, str]) -> str:
    """The front as a client shows it: with a box to type in and buttons that play."""
    front = TYPED.sub(lambda match: TYPE_BOX if fields.get(match[1]) else "", card.front)
    return _with_buttons(front, card.front_sounds)


def reviewer_back(card: CardSides, fields: Mapping[str, str], typed: str = "") -> str:
    """The back as a client shows it after ``typed`` was typed: with the comparison and buttons that play."""

    def compared(match: re.Match[str]) -> str:
        expected = fields.get(match[1], "")
        return f'\n<div style="{TYPE_STYLE}">{compare_typed(expected, typed)}</div>' if expected else ""

    return _with_buttons(TYPED.sub(compared, card.back), card.back_sounds)


def _with_buttons(side: str, sounds: Sequence[str]) -> str:
    return PLAYED.sub(lambda match: PLAY_BUTTON.format(html.escape(sounds[int(match[1])])), side)
