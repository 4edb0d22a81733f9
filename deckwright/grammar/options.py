"""The options that a note takes: the one list that reading, checking and rendering go by."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple

from deckwright.regex import regex


class ValueKind(enum.Enum):
    """What the value of an option is; ``check_bad_option`` has a test and a remedy for each kind but tags."""

    LANGUAGE = enum.auto()
    MONTH = enum.auto()
    NOTE_IDS = enum.auto()
    TAGS = enum.auto()
    TEXT = enum.auto()
    WARNINGS = enum.auto()
    """Names of rules."""
    YES_OR_NO = enum.auto()


LISTS = frozenset({ValueKind.NOTE_IDS, ValueKind.TAGS, ValueKind.WARNINGS})
"""Words, divided by spaces or commas; in front matter also a YAML list."""
SWITCHES: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "true", "on", "1"), True),
    **dict.fromkeys(("no", "false", "off", "0"), False),
}
"""How yes and no are written."""
LANGUAGE = regex(r"(?!(?:cn|cz|dk|gr|jp|ua|us|vn)(?:-|$))[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
"""A language tag (BCP 47) whose language has an ISO 639 code: neither ``english`` nor ``jp``, a country's code."""


class NoteOption(NamedTuple):
    """What kind of value an option has, and where it may be written."""

    value: ValueKind
    in_heading: bool = True
    """In the attribute list of a note: ``## Question {#id key=value}``."""
    in_front_matter: bool = False
    """At the beginning of a file, for all its notes."""
    fits_cloze: bool = True
    """Whether a cloze note may have it."""


OPTIONS: Mapping[str, NoteOption] = {
    "alias": NoteOption(ValueKind.NOTE_IDS),
    "allow": NoteOption(ValueKind.WARNINGS, in_front_matter=True),
    "asof": NoteOption(ValueKind.MONTH, in_front_matter=True),
    "draft": NoteOption(ValueKind.YES_OR_NO, in_front_matter=True),
    "hint": NoteOption(ValueKind.TEXT),
    "language": NoteOption(ValueKind.LANGUAGE, in_heading=False, in_front_matter=True),
    "reversed": NoteOption(ValueKind.YES_OR_NO, in_front_matter=True, fits_cloze=False),
    "tags": NoteOption(ValueKind.TAGS, in_heading=False, in_front_matter=True),
    "typed": NoteOption(ValueKind.TEXT, fits_cloze=False),
}
"""``alias``: former ids; ``allow``: warnings that the note may break; ``asof``: the month in which it was checked;
``draft``: the note is not built yet, as with the tag ``.draft``;
``hint``: a text on the front that opens on tap;
``language``: that of the file's cards, when it is not the deck's; ``reversed``: a second card, from the answer to the
question; ``tags``: in a heading they are written ``.tag``; ``typed``: the text that the learner types."""
FRONT_MATTER_LISTS = {name for name, option in OPTIONS.items() if option.in_front_matter and option.value in LISTS}


def is_inherited(key: str, value: object) -> bool:
    """Whether the notes of a file have an entry of its front matter: a tag, or an option that may be there.

    Not one without a value: Obsidian leaves empty properties.
    """
    option = OPTIONS.get("tags" if key == "." else key)
    return option is not None and option.in_front_matter and value is not None


def is_on(value: str) -> bool:
    """Whether the value of a yes-or-no option means yes; empty, as of an option that is not given, means no."""
    return SWITCHES.get(value.lower(), False)


def listed(value: object) -> list[str]:
    """Return the words of an option that may hold several (``LISTS``)."""
    return str(value).replace(",", " ").split()
