"""A note of the package → a note in Markdown."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from deckwright.adopt.field_converter import ConvertedField, FieldConverter
from deckwright.adopt.folder import ANKI_TAGS
from deckwright.adopt.mapping import Layout, Role, filled
from deckwright.adopt.markdown import Escaping, escape
from deckwright.adopt.package import OldNote, OldType
from deckwright.adopt.visible_tokens import plain_text
from deckwright.check.structure import TAG_WORD
from deckwright.deck.settings import ID
from deckwright.grammar.note import NoteKind
from deckwright.identity.ids import Guid, id_for
from deckwright.regex import regex

IN_A_LIST = regex(r"[{}\"'*,，、]+")
"""What a tag in an attribute list cannot hold."""
NOT_TYPED = regex(r"[\"{}]")
"""What the option of an attribute list cannot hold."""
PARAGRAPH = "<br><br>"


class MarkdownNote(NamedTuple):
    """A note in Markdown; its GUID, kind and time go to ``deck.lock``."""

    id: str
    guid: Guid
    kind: NoteKind
    modified: int
    deck: str
    text: str
    html_blocks: int
    losses: tuple[str, ...]


def write_note(
    note: OldNote, type_: OldType, layout: Layout, converter: FieldConverter, taken: Collection[str]
) -> MarkdownNote:
    """Write a note in Markdown; its id comes from its question, or from the field that is to be the id."""
    fields = dict(zip(type_.fields, note.fields, strict=False))
    layout = layout.of_note(fields)
    texts = [fields.get(name, "") for name in type_.fields]
    question, answer = (_joined(texts, layout, role) for role in (Role.QUESTION, Role.ANSWER))
    if layout.is_worded:
        question = filled(layout.front, fields)
    asked = plain_text(answer if type_.is_cloze else question, is_cloze=type_.is_cloze, pictures=False)
    name = _id(texts, layout, asked, taken)
    tags, told = _tags(note, converter.settings.tag_prefix)
    options, more = _options(note, type_, layout, texts)
    head, body = converter.convert(question, is_line=True), converter.convert(answer, is_cloze=type_.is_cloze)
    sections = _sections(texts, type_, layout, converter)
    attributes = f"{{{' '.join([f'#{name}', *(f'.{tag}' for tag in tags), *options])}}}"
    parts = [" ".join(filter(None, ("##", head.text, attributes))), body.text, *_comments(texts, type_, layout)]
    for heading, section in sections:
        parts += [f"### {escape(heading, Escaping.LIGHT)}", section.text] if section.text else []
    converted = [head, body, *(section for _, section in sections)]
    return MarkdownNote(
        id=name,
        guid=note.guid,
        kind=NoteKind.CLOZE if type_.is_cloze else NoteKind.BASIC,
        modified=note.modified,
        deck=note.deck,
        text="\n\n".join(filter(None, parts)) + "\n",
        html_blocks=sum(part.html_blocks for part in converted),
        losses=tuple(dict.fromkeys([*(loss for part in converted for loss in part.losses), *told, *more])),
    )


def _sections(
    texts: list[str], type_: OldType, layout: Layout, converter: FieldConverter
) -> list[tuple[str, ConvertedField]]:
    """The fields that become sections, each with its name; empty ones only where something of them was lost."""
    indices = [index for index in layout.of(Role.SECTION) if index not in layout.hidden]
    converted = [(type_.fields[index], converter.convert(texts[index])) for index in indices]
    return [(name, section) for name, section in converted if section.text or section.losses]


def _joined(texts: list[str], layout: Layout, role: Role) -> str:
    return PARAGRAPH.join(texts[index] for index in layout.of(role) if texts[index].strip())


def _id(texts: list[str], layout: Layout, asked: str, taken: Collection[str]) -> str:
    given = next((plain_text(texts[index]) for index in layout.of(Role.ID)), "")
    if given and ID.fullmatch(given) and given not in taken:
        return given
    return id_for(given or asked or "note", taken)


def _options(note: OldNote, type_: OldType, layout: Layout, texts: list[str]) -> tuple[list[str], list[str]]:
    """The options of a question (a second card, the text that is typed), and what cannot be one."""
    options = [] if type_.is_cloze or 1 not in note.ords else ["reversed=yes"]
    typed = plain_text(texts[layout.typed]) if layout.typed is not None else ""
    if NOT_TYPED.search(typed):
        return options, ['the answer is not typed any more, because it holds `"`, `{` or `}`']
    return [*options, f'typed="{typed}"'] if typed else options, []


def _tags(note: OldNote, prefix: str) -> tuple[list[str], list[str]]:
    """The tags of a note without the deck's prefix, and what is wrong with some."""
    tags, losses = [], []
    for tag in note.tags:
        if tag.lower() in ANKI_TAGS:
            continue
        bare = tag.removeprefix(f"{prefix}::") if prefix else tag
        good = "::".join(filter(None, IN_A_LIST.sub("-", bare).split("::")))
        if good != bare:
            losses.append(f"the tag `{tag}` is written `{good}`")
        if TAG_WORD.fullmatch(good):
            tags.append(good)
    return tags, losses


def _comments(texts: list[str], type_: OldType, layout: Layout) -> list[str]:
    """What is in fields that no card shows, as comments, which show nothing either."""
    found = [
        (type_.fields[index], " ".join(texts[index].split()).replace("--", "- -"))
        for index in layout.of(Role.SECTION)
        if index in layout.hidden and texts[index].strip()
    ]
    return [f"<!-- {name}: {text} -->" for name, text in found]
