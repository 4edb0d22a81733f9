"""A note of the package → a note in Markdown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from deckwright.adopt.field_converter import FieldConverter
from deckwright.adopt.folder import ANKI_TAGS
from deckwright.adopt.lock import KeptGuid
from deckwright.adopt.mapping import Layout, Role
from deckwright.adopt.markdown import Escaping, escape
from deckwright.adopt.visible_tokens import plain_text
from deckwright.check.attribute_rules import TAG_WORD
from deckwright.deck.settings import ID
from deckwright.grammar.note import NoteKind
from deckwright.identity.ids import id_for
from deckwright.package.read import PackagedNote
from deckwright.regex import regex

IN_A_LIST = regex(r"[{}\"'*,，、]+")
"""What a tag in an attribute list cannot hold."""
NOT_TYPED = regex(r"[\"{}]")
"""What the option of an attribute list cannot hold."""


class MarkdownNote(NamedTuple):
    """A note in Markdown, and what of it goes to ``deck.lock``."""

    kept: KeptGuid
    text: str
    html_blocks: int
    losses: tuple[str, ...]


def write_note(note: PackagedNote, layout: Layout, converter: FieldConverter, taken: Collection[str]) -> MarkdownNote:
    """Write a note in Markdown; its id comes from its question, or from the field that is to be the id."""
    fields, layout, is_cloze = note.fields, layout.of_note(note.fields), layout.type.kind is NoteKind.CLOZE
    question, answer = (layout.text(role, fields) for role in (Role.QUESTION, Role.ANSWER))
    asked = plain_text(answer if is_cloze else question, is_cloze=is_cloze, pictures=False)
    name = _id(fields, layout, asked, taken)
    tags, told = _tags(note, converter.settings.tag_prefix)
    options, more = _options(note, layout)
    head, body = converter.convert(question, is_line=True), converter.convert(answer, is_cloze=is_cloze)
    seen = [heading for heading in layout.of(Role.SECTION) if heading not in layout.hidden]
    sections = [(heading, converter.convert(fields[heading])) for heading in seen]
    attributes = f"{{{' '.join([f'#{name}', *(f'.{tag}' for tag in tags), *options])}}}"
    parts = [" ".join(filter(None, ("##", head.text, attributes))), body.text, *_comments(fields, layout)]
    for heading, section in sections:
        parts += [f"### {escape(heading, Escaping.LIGHT)}", section.text] if section.text else []
    converted = [head, body, *(section for _, section in sections)]
    return MarkdownNote(
        KeptGuid(name, note.guid, layout.type.kind, note.modified, note.deck, note.ords),
        text="\n\n".join(filter(None, parts)) + "\n",
        html_blocks=sum(part.html_blocks for part in converted),
        losses=tuple(dict.fromkeys([*(loss for part in converted for loss in part.losses), *told, *more])),
    )


def _id(fields: Mapping[str, str], layout: Layout, asked: str, taken: Collection[str]) -> str:
    given = next((plain_text(fields[name]) for name in layout.of(Role.ID)), "")
    if given and ID.fullmatch(given) and given not in taken:
        return given
    return id_for(given or asked or "note", taken)


def _options(note: PackagedNote, layout: Layout) -> tuple[list[str], list[str]]:
    """The options of a question (a second card, the text that is typed), and what cannot be one."""
    options = ["reversed=yes"] if layout.type.kind is NoteKind.BASIC and 1 in note.ords else []
    typed = plain_text(note.fields[layout.typed]) if layout.typed else ""
    if NOT_TYPED.search(typed):
        return options, ['the answer is not typed any more, because it holds `"`, `{` or `}`']
    return [*options, f'typed="{typed}"'] if typed else options, []


def _tags(note: PackagedNote, prefix: str) -> tuple[list[str], list[str]]:
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


def _comments(fields: Mapping[str, str], layout: Layout) -> list[str]:
    """What is in fields that no card shows, as comments, which show nothing either."""
    hidden = [name for name in layout.of(Role.SECTION) if name in layout.hidden and fields[name].strip()]
    return [f"<!-- {name}: {' '.join(fields[name].split()).replace('--', '- -')} -->" for name in hidden]
