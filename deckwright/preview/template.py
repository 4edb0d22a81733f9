"""Anki's template language: a template and a note's fields → the HTML of one side of a card.

Only what the project's own note types use is known: fields, sections (``{{#Field}}`` and ``{{^Field}}``) and the
filters ``cloze``, ``type`` and ``text``. The tests compare it with the ``anki`` package (26.9.3), byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from deckwright.preview.cloze import render_clozes
from deckwright.regex import regex

TAG = regex(r"\{\{\s*([#^/]?)\s*(.*?)\s*\}\}", re.DOTALL)
EMPTY = regex(r"(?:\s|</?(?:br|div) ?/?>)*", re.IGNORECASE)
"""A field that holds no more than this counts as empty."""
HTML_TAG = regex(r"<!--.*?-->|<style.*?</style>|<script.*?</script>|<.*?>", re.DOTALL | re.IGNORECASE)
SOUND = regex(r"\[sound:(.+?)\]")


class TemplateError(ValueError):
    """A template cannot be read; the message quotes the part in question."""


class Field(NamedTuple):
    """A field to be put in, through its filters, the last one first."""

    name: str
    filters: tuple[str, ...]


class TemplateSection(NamedTuple):
    """A part that is shown only where a field is filled, or only where it is empty."""

    name: str
    wants_filled: bool
    parts: tuple[TemplatePart, ...]


TemplatePart = str | Field | TemplateSection


def render_side(template: str, fields: Mapping[str, str], ordinal: int, *, is_front: bool) -> str:
    """One side of the card ``ordinal`` (from 0), from its template and the note's fields, ``Tags`` among them.

    Raises TemplateError when the template is not closed properly, or names a field or filter that is not known.
    """

    def text(parts: tuple[TemplatePart, ...]) -> Iterator[str]:
        for part in parts:
            if isinstance(part, str):
                yield part
            elif isinstance(part, TemplateSection):
                if is_filled(fields.get(part.name, "")) == part.wants_filled:
                    yield from text(part.parts)
            else:
                yield _filtered(part, fields, ordinal, is_front=is_front)

    return "".join(text(parse_template(template)))


def is_filled(text: str) -> bool:
    """Whether a field counts as filled: it holds more than white space and line breaks."""
    return EMPTY.fullmatch(text) is None


def name_sounds(side: str, *, is_front: bool) -> tuple[str, list[str]]:
    """A side with ``[anki:play:…]`` in the place of its sounds, as Anki hands it to its clients; and their files."""
    found: list[str] = []
    letter = "q" if is_front else "a"

    def name(match: re.Match[str]) -> str:
        found.append(match[1])
        return f"[anki:play:{letter}:{len(found) - 1}]"

    return SOUND.sub(name, side), found


@lru_cache(maxsize=64)
def parse_template(template: str) -> tuple[TemplatePart, ...]:
    """The parts of a template. Raises TemplateError when a section is not closed, or closed without being opened."""
    open_parts: list[list[TemplatePart]] = [[]]
    open_sections: list[tuple[str, bool]] = []
    end = 0
    for tag in TAG.finditer(template):
        if tag.start() > end:
            open_parts[-1].append(template[end : tag.start()])
        end = tag.end()
        sign, name = tag.groups()
        if sign in ("#", "^"):
            open_sections.append((name, sign == "#"))
            open_parts.append([])
        elif sign == "/":
            if not open_sections or open_sections[-1][0] != name:
                raise TemplateError(f"{tag[0]} closes no open section; open it with {{{{#{name}}}}} first")
            inner = tuple(open_parts.pop())
            open_parts[-1].append(TemplateSection(*open_sections.pop(), inner))
        else:
            *filters, field = name.split(":")
            open_parts[-1].append(Field(field, tuple(reversed(filters))))
    if open_sections:
        raise TemplateError(f"{{{{#{open_sections[-1][0]}}}}} is not closed; close it with {{{{/…}}}}")
    open_parts[-1].append(template[end:])
    return tuple(open_parts[-1])


def _filtered(field: Field, fields: Mapping[str, str], ordinal: int, *, is_front: bool) -> str:
    """A field's text through its filters. Raises TemplateError for a field or filter that is not known."""
    if field.name not in fields:
        raise TemplateError(f"there is no field `{field.name}`; name a field of the note type")
    if field.filters[-1:] == ("type",):  # the client puts a box or a comparison here
        return f"[[{':'.join((*reversed(field.filters), field.name))}]]"
    text = fields[field.name]
    for name in field.filters:
        if name == "cloze":
            text = render_clozes(text, ordinal + 1, is_front=is_front)
        elif name == "text":
            text = HTML_TAG.sub("", text)
        else:
            raise TemplateError(f"the preview does not know the filter `{name}`")
    return text
