"""The style sheet that every note type has."""

from __future__ import annotations

import re

from pygments.token import STANDARD_TYPES, Comment, Generic, Keyword, Literal, Name

from deckwright.deck.settings import Settings
from deckwright.grammar.note import NoteKind
from deckwright.notetypes import note_types

AS_TEXT = {"n", "nx", "g", "ge", "ges", "gr", "gs", "go", "gt"}
"""Names of no certain kind, and output: they have the colour of text."""


def test_every_kind_of_code_that_pygments_knows_has_a_colour() -> None:
    css = note_types(Settings("D", "d"))[NoteKind.BASIC].css
    styled = {*re.findall(r"\.hl \.(\w+)", css)}
    kinds = (Comment, Generic, Keyword, Literal, Name)
    known = {name for token, name in STANDARD_TYPES.items() if any(token[:1] == kind for kind in kinds)}
    assert known - styled == AS_TEXT
