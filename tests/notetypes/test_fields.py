"""Names of fields: templates and renderer use no other than those of the frozen table."""

from __future__ import annotations

import re

import pytest

from deckwright.deck.settings import Settings
from deckwright.grammar import parse_source
from deckwright.grammar.note import NoteKind, SourceFile
from deckwright.notetypes import FIELD_TITLES, FIELDS, SPARE_FIELDS, note_types
from deckwright.render import Renderer

SETTINGS = Settings("D", "d")
ANKIS_OWN = {"FrontSide", "Tags", "Type", "Deck", "Subdeck", "CardFlag", "Card"}
NAME = re.compile(r"\{\{[#^/]?(?:[a-z-]+:)*([^{}]+)\}\}")
UNUSED = set(SPARE_FIELDS) - FIELD_TITLES.keys()
"""Those that nothing was put into yet."""
NOTES = {
    NoteKind.BASIC: '## Q {#q reversed=yes typed="x" asof=2026-01}\n\nA\n\n### More\n\nm\n',
    NoteKind.CLOZE: "## Q {#q asof=2026-01}\n\n{{c1::A}}\n\n### More\n\nm\n",
}


@pytest.mark.parametrize("kind", NoteKind)
def test_templates_use_fields_that_there_are(kind: NoteKind) -> None:
    used = {
        name
        for template in note_types(SETTINGS)[kind].templates
        for name in NAME.findall(template.front + template.back)
    }
    assert used - ANKIS_OWN <= set(FIELDS[kind])
    assert not used & UNUSED


@pytest.mark.parametrize("kind", NoteKind)
def test_the_renderer_fills_fields_that_there_are(kind: NoteKind) -> None:
    (note,) = parse_source(SourceFile("a.md", NOTES[kind])).notes
    filled = {name for name, text in Renderer(SETTINGS, {}).render_note(note, {}).fields.items() if text}
    assert filled <= set(FIELDS[kind]) - UNUSED
    assert filled >= {"Details", "AsOf", "ID", "File"}
