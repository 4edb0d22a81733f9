"""What rendering makes of a note."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from deckwright.grammar.note import NoteKind


class RenderedNote(NamedTuple):
    """A note as Anki will hold it: field name → HTML, tags as Anki stores them, the deck's full name."""

    id: str
    kind: NoteKind
    fields: Mapping[str, str]
    tags: tuple[str, ...]
    deck: str
    ords: tuple[int, ...]
    """Ordinals of the cards it makes, from 0."""
