"""A note as it is in Anki → a note in Markdown at the end of a page, checked by rendering it."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping

from deckwright.adopt.field_converter import FieldConverter
from deckwright.collection.notes import AnkiNote
from deckwright.collection.page_editor import KIND, NUMBER, SECTION, PageEditor, contents_of, shown
from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import ID_FIELD, WHEREABOUTS
from deckwright.notetypes import FIELD_TITLES
from deckwright.pipeline.page import PageResult
from deckwright.plan.comparison import difference
from deckwright.regex import regex

NO_MEDIA = "Anki does not hold a media file that it names, or the file is of a kind that no note here may show"
NOT_ONE = "its text would not be one note"
OPTION_OF_FIELD = {"AsOf": "asof", "Typed": "typed", "Spare1": "hint"}
"""Field → the option of an attribute list that makes it."""
NOT_IN_LIST = regex(r"[\"{}\n<>]")
"""What no option can hold, or stands for markup, which it would show as it is."""


def write_note(editor: PageEditor, note: AnkiNote, name: str) -> str:
    """Write a note to the end of a page under an id; return why that cannot be done, empty when it is done."""
    media: dict[str, bytes] = {}
    fields: dict[str, str] = {}
    for key, text in note.fields.items():
        if (renamed := editor.with_our_names(text, media)) is None:
            return NO_MEDIA
        fields[key] = renamed
    converter = FieldConverter(editor.deck.settings, editor.names(media))
    parts = [editor.text.rstrip("\n"), *_parts(note.kind, name, fields, converter)]
    text = "\n\n".join(filter(None, parts)) + "\n"
    return editor.write(text, lambda page: _why_not(editor, page, name, note.kind, fields), media)


def _parts(kind: NoteKind, name: str, fields: Mapping[str, str], converter: FieldConverter) -> Iterator[str]:
    """Yield the heading, the answer and the sections of a note."""
    is_cloze = kind is NoteKind.CLOZE
    question, answer = ("Prompt", "Text") if is_cloze else ("Question", "Answer")
    attributes = " ".join([f"#{name}", *_options(fields)])
    yield " ".join(filter(None, ["##", converter.convert(fields[question], is_line=True).text, f"{{{attributes}}}"]))
    yield converter.convert(fields[answer], is_cloze=is_cloze).text
    for heading, body in SECTION.findall(fields["Details"]):
        yield f"### {converter.convert(heading, is_line=True).text}"
        yield converter.convert(body).text


def _options(fields: Mapping[str, str]) -> Iterator[str]:
    if fields.get("Reversed", "").strip():
        yield "reversed=yes"
    for key, option in OPTION_OF_FIELD.items():
        text = fields.get(key, "")
        if text and not NOT_IN_LIST.search(text):
            yield f'{option}="{html.unescape(text)}"'


def _why_not(editor: PageEditor, page: PageResult, name: str, kind: NoteKind, fields: Mapping[str, str]) -> str:
    """Return what of a note the page does not show, or what else it changes; empty when it is faithful."""
    made = contents_of(page)
    is_one_more = len(page.notes) == len(editor.page.notes) + 1
    touched = {each for each, _ in editor.differs(page)}
    if made.get((name, KIND)) != kind or not is_one_more or touched != {name, NUMBER}:
        return NOT_ONE
    for key in (key for key in fields if key not in WHEREABOUTS and key != ID_FIELD):
        if not _is_same(key, made[name, key], fields[key]):
            return f"no Markdown makes its {FIELD_TITLES.get(key, key)}: {difference(made[name, key], fields[key])}"
    return ""


def _is_same(key: str, made: str, there: str) -> bool:
    """Whether a field shows the same; of ``Reversed`` nothing shows but whether it is empty."""
    return bool(made) == bool(there.strip()) if key == "Reversed" else shown(made) == shown(there)
