"""What identity and time know of a rendered note, before and after they are settled."""

from __future__ import annotations

from typing import NamedTuple

from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Hashes
from deckwright.identity.ids import Guid


class Header(NamedTuple):
    """What identity and time need to know of a rendered note."""

    id: str
    kind: NoteKind
    tags: tuple[str, ...]
    deck: str
    ords: tuple[int, ...]
    hashes: Hashes
    """Of what a learner sees, as ``content_hashes`` gives them."""
    markup: str = ""
    """Of the fields' HTML as it is, as ``markup_hash`` gives it."""


class DatedNote(NamedTuple):
    """A rendered note with its identity and time, ready for the package."""

    header: Header
    fields: str
    """The fields' texts in the order of the note type, divided by ``FIELD_END`` as in Anki's database."""
    guid: Guid
    number: int
    """Anki's id of the note (milliseconds); its card ``ord`` has the id ``number + ord``."""
    modified: int
    """Seconds since the epoch."""
    position: int
