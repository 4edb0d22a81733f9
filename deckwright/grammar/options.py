"""The options that a note takes: the one list that reading, checking and rendering go by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class NoteOption(NamedTuple):
    """Where an option may stand and what kind of value it has."""

    in_heading: bool = True
    """In the attribute list of a note: ``## Question {#id key=value}``."""
    in_front_matter: bool = False
    """At the beginning of a file, for all its notes."""
    is_list: bool = False
    """Words, divided by spaces or commas; in front matter also a YAML list."""
    fits_cloze: bool = True
    """Whether a cloze note may have it."""


OPTIONS: Mapping[str, NoteOption] = {
    "alias": NoteOption(is_list=True),
    "allow": NoteOption(in_front_matter=True, is_list=True),
    "asof": NoteOption(in_front_matter=True),
    "draft": NoteOption(in_front_matter=True),
    "hint": NoteOption(),
    "language": NoteOption(in_heading=False, in_front_matter=True),
    "reversed": NoteOption(in_front_matter=True, fits_cloze=False),
    "tags": NoteOption(in_heading=False, in_front_matter=True, is_list=True),
    "typed": NoteOption(fits_cloze=False),
}
"""``alias``: former ids; ``allow``: warnings that the note may break; ``asof``: the month in which it was checked;
``draft``: the note is not built yet, as with the tag ``.draft``;
``hint``: a text on the front that opens on tap;
``language``: that of the file's cards, when it is not the deck's; ``reversed``: a second card, from the answer to the
question; ``tags``: in a heading they are written ``.tag``; ``typed``: the text that the learner types."""
FRONT_MATTER_LISTS = {name for name, option in OPTIONS.items() if option.in_front_matter and option.is_list}
