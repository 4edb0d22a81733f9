"""Anki's template language: a template and a note's fields → the HTML of one side of a card.

Only what the project's own note types use is known: fields, sections (``{{#Field}}`` and ``{{^Field}}``) and the
filters ``cloze``, ``type`` and ``text``. The tests compare it with the ``anki`` package (26.9.3), byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from deckwright.preview.cloze import HTML_TAG, render_clozes
from deckwright.regex import regex

TAG = regex(r"\{\{\s*([#^/]?)\s*(.*?)\s*\}\}", re.DOTALL)
EMPTY = regex(r"(?:\s|</?(?:br|div) ?/?>)*", re.IGNORECASE)
"""A field that holds no more than this counts as empty."""
SOUND = regex(r"\[sound:(.+?)\]")


class TemplateError(ValueError):
    """A template cannot be read; the message quotes the part in question."""


def render_side(template: str, fields: Mapping[str, str], ordinal: int, *, is_front: bool) -> str:
    """One side of the card ``ordinal`` (from 0), from its template and the note's fields, ``Tags`` among them.

    Raises TemplateError when the template is not closed properly, or names a field or filter that is not known.
    """
    shown: list[str] = []
    open_sections = [("", True)]  # name, and whether what is in it is shown; the first one is the whole
    end = 0
    for tag in TAG.finditer(template):
        sign, name = tag.groups()
        is_shown = open_sections[-1][1]
        if is_shown:
            shown.append(template[end : tag.start()])
        end = tag.end()
        if sign == "/":
            if open_sections.pop()[0] != name or not open_sections:
                raise TemplateError(f"{tag[0]} closes no open section; open it with {{{{#{name}}}}} first")
        elif sign:
            open_sections.append((name, is_shown and is_filled(fields.get(name, "")) == (sign == "#")))
        elif is_shown:
            shown.append(_filtered(name, fields, ordinal, is_front=is_front))
    if len(open_sections) > 1:
        raise TemplateError(f"{{{{#{open_sections[-1][0]}}}}} is not closed; close it with {{{{/…}}}}")
    return "".join(shown) + template[end:]


def is_filled(text: str) -> bool:
    """Whether a field counts as filled: it holds more than white space and line breaks."""
    return EMPTY.fullmatch(text) is None


def _filtered(name: str, fields: Mapping[str, str], ordinal: int, *, is_front: bool) -> str:
    """A field's text through the filters before its name, the last one first."""
    *filters, field = name.split(":")
    if field not in fields:
        raise TemplateError(f"there is no field `{field}`; name a field of the note type")
    if filters[:1] == ["type"]:  # the client puts a box or a comparison here
        return f"[[{name}]]"
    text = fields[field]
    for each in reversed(filters):
        if each == "cloze":
            text = render_clozes(text, ordinal + 1, is_front=is_front)
        elif each == "text":
            text = HTML_TAG.sub("", text)
        else:
            raise TemplateError(f"the preview does not know the filter `{each}`")
    return text
