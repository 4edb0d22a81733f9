"""The two note types: their frozen schema, and the plain files beside this one that give them their look."""

from __future__ import annotations

import hashlib
import html
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from deckwright.deck.labels import direction, labels
from deckwright.deck.settings import Settings
from deckwright.files import hash_number
from deckwright.grammar.note import NoteKind

FIELD_END = "\x1f"
"""Divides the fields of a note in Anki's database, so no field can hold it."""
COMMON_FIELDS = ("Details", "Sources", "AsOf", "Context", "ID", "File")
SPARE_FIELDS = ("Spare1", "Spare2", "Spare3", "Spare4")
"""Reserved on day one because a field that is added later makes another note type of every learner's.

``Spare1`` holds the hint. To use another: fill it in ``render/note.py``, show it in a template here, name it in
``FIELD_TITLES``; its own name stays.
"""
FIELD_TITLES: Mapping[str, str] = {"Spare1": "Hint"}
"""Field → what people call it, where that is not its name."""
FIELDS: Mapping[NoteKind, tuple[str, ...]] = {
    NoteKind.BASIC: ("Question", "Answer", *COMMON_FIELDS, "Reversed", "Typed", *SPARE_FIELDS),
    NoteKind.CLOZE: ("Text", "Prompt", *COMMON_FIELDS, *SPARE_FIELDS),
}
TEMPLATES: Mapping[NoteKind, Mapping[str, str]] = {
    NoteKind.BASIC: {"forward": "", "reversed": "reversed_"},
    NoteKind.CLOZE: {"cloze": ""},
}
"""Name of each card template → prefix of its files."""


class Template(NamedTuple):
    """A card template: ``front`` and ``back`` in Anki's template language."""

    id: int
    name: str
    front: str
    back: str


@dataclass(frozen=True)
class NoteType:
    """A note type as the package writes it.

    The schema (its id, the fields, the templates, their order and numeric ids) never changes: to Anki, another schema
    under the same id is another note type, and every old note would be frozen ("conflicting").
    """

    id: int
    kind: NoteKind
    name: str
    fields: Mapping[str, int]
    """Field name → numeric id, in order; the first is the sort field."""
    templates: tuple[Template, ...]
    css: str

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what an import may update: name, templates, CSS."""
        return fingerprint(self.name, self.css, ((t.name, t.front, t.back) for t in self.templates))


def fingerprint(name: str, css: str, templates: Iterable[tuple[str, str, str]]) -> str:
    """Return a hash of a note type's look; ``templates`` are names, fronts and backs."""
    parts = [name, css, *(text for template in templates for text in template)]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def note_types(settings: Settings, style: str = "") -> dict[NoteKind, NoteType]:
    """Return the note types of a deck: ids from the deck's id, labels in its language, its own CSS after ours."""
    css = f"{_file('style.css')}\n{style}"
    words = {**labels(settings.language), "language": settings.language}
    words["report"] = _report_link(settings.report_url, words["report"])
    words["direction"] = direction(settings.language)
    words["hint_box"] = string.Template(_file("hint.html")).substitute(words).strip()
    words["details"] = string.Template(_file("details.html")).substitute(words).strip()
    return {kind: _note_type(kind, settings, words, css) for kind in NoteKind}


def _report_link(url: str, label: str) -> str:
    """The link on the back of each card by which a learner reports an error; Anki fills in the note's id and file."""
    if not url:
        return ""
    address = html.escape(url).replace("{id}", "{{ID}}").replace("{file}", "{{File}}")
    return f'<span><a class="dw-report" href="{address}">{html.escape(label)}</a></span>'


def _note_type(kind: NoteKind, settings: Settings, words: Mapping[str, str], css: str) -> NoteType:
    # Any past millisecond will do for an id; it must differ from deck to deck and be the same on every machine.
    type_id = 1_000_000_000_000 + _number(f"{settings.id}/{kind}") % 600_000_000_000
    templates = (
        Template(
            _number(f"{type_id}/template/{name}"),
            name,
            string.Template(_file(f"{kind}/{prefix}front.html")).substitute(words).strip(),
            string.Template(_file(f"{kind}/{prefix}back.html")).substitute(words).strip(),
        )
        for name, prefix in TEMPLATES[kind].items()
    )
    return NoteType(
        id=type_id,
        kind=kind,
        name=f"{words[kind]} · {settings.id}",
        fields={name: _number(f"{type_id}/field/{name}") for name in FIELDS[kind]},
        templates=tuple(templates),
        css=css.strip() + "\n",
    )


def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _number(text: str) -> int:
    """Return a number that fits JavaScript's integers (53 bits), always the same for a text."""
    return hash_number(text) >> 11
