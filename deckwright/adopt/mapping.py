"""Which field of a note type becomes what of a note."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from deckwright.grammar.note import NoteKind
from deckwright.notetypes import NoteType
from deckwright.problems import WrongUseError
from deckwright.regex import regex

REFERENCE = regex(r"\{\{\s*(?P<filters>(?:[^{}#^/:]+:)*)(?P<field>[^{}#^/:][^{}:]*?)\s*\}\}")
"""A field in a template: ``{{Front}}``, ``{{type:Back}}``, ``{{cloze:Text}}``."""
CONDITIONAL = regex(r"\{\{(?P<sign>[#^])(?P<field>[^{}]+)\}\}(?P<inside>.*?)\{\{/(?P=field)\}\}", re.DOTALL)
SWITCH = regex(r"\{\{[#^]\s*([^{}]+?)\s*\}\}")
"""A field that decides whether something is shown; what it holds has no other meaning."""
SIGNS = regex(r"\{\{[^{}]*\}\}|<img[^<>]*>", re.IGNORECASE)
WORD = regex(r"\w{2}")
OTHER_THAN_TEXT = regex(r"<(script|style)\b.*?</\1>|<!--.*?-->|<(?!img\b)[^<>]*>", re.DOTALL | re.IGNORECASE)
"""What of a template is neither text nor a picture; fields are also used in attributes, scripts and styles."""
SPECIAL = frozenset(["FrontSide", "Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "CardID"])
QUESTIONS = frozenset(
    "front question 正面 问题 問題 表面 題目 题目 vorderseite frage recto pregunta anverso вопрос".split()
)
ANSWERS = frozenset(
    "back answer 背面 答案 裏面 回答 解答 rückseite antwort verso réponse respuesta reverso ответ".split()
)
SHOWN_ALIKE = frozenset(["", "cloze", "type", "hint", "text", "edit", "nc", "furigana"])
"""Filters that change nothing of a field's text, or that a note of ours has as well."""
WITH_READINGS = frozenset(["furigana", "kanji", "kana"])
READING = regex(r" ?([^ >]+?)\[(?!sound:)(.+?)\]")
"""A reading in brackets after its word, as Anki's filters find it."""
MOST_CARDS = 2
"""Cards that a question can have: forward and reversed."""
PARAGRAPH = "<br><br>"
Shown = tuple[frozenset[str], str]
"""A field that a template shows, with its filters before it."""


class Role(enum.StrEnum):
    """What a field can become."""

    QUESTION = "question"
    ANSWER = "answer"
    SECTION = "section"
    ID = "id"
    SKIP = "skip"


class MappingError(WrongUseError):
    """The fields cannot be mapped as was asked; the message says why and what to do."""


class Layout(NamedTuple):
    """What becomes of the fields of a note type."""

    type: NoteType
    roles: Mapping[str, Role]
    hidden: frozenset[str]
    """Fields that no card shows."""
    typed: str
    """The field whose text the learner types; empty for none."""
    front: str
    """The front of the first card, where that decides what the question is; else empty."""
    is_worded: bool
    """Whether the front has words of its own, besides its fields."""
    readings: frozenset[str]
    """Fields that hold readings in brackets, by the filters of the templates."""
    warnings: tuple[str, ...]

    def of(self, role: Role) -> list[str]:
        """The fields of a role, in their order."""
        return [name for name, each in self.roles.items() if each is role]

    def with_ruby(self, fields: Mapping[str, str]) -> dict[str, str]:
        """The fields of a note with their readings above the words, as the filter ``furigana`` shows them."""
        ruby = {name: fields[name].replace("&nbsp;", " ") for name in self.readings & fields.keys()}
        return {**fields, **{name: READING.sub(r"<ruby>\1<rt>\2</rt></ruby>", text) for name, text in ruby.items()}}

    def text(self, role: Role, fields: Mapping[str, str]) -> str:
        """What a note holds in the fields of a role; its question with the words of the front."""
        if role is Role.QUESTION and self.is_worded:
            return filled(self.front, fields)
        return PARAGRAPH.join(fields[name] for name in self.of(role) if fields[name].strip())

    def of_note(self, fields: Mapping[str, str]) -> Layout:
        """The layout for one note: a field that conditions keep off its front is a section."""
        shown = {field for _, field in _shown(_resolved(self.front, fields))}
        roles = {
            name: Role.SECTION if role is Role.QUESTION and name not in shown else role
            for name, role in self.roles.items()
        }
        says_something = any(role is Role.QUESTION and fields[name].strip() for name, role in roles.items())
        return self._replace(roles=roles) if self.front and says_something else self


def parse_mapping(given: Iterable[str], types: Iterable[NoteType]) -> dict[str, Role]:
    """``Front=question,Back=answer`` as field → role. Raises MappingError for a field or a role that does not exist."""
    fields = {field for each in types for field in each.fields}
    mapping: dict[str, Role] = {}
    for entry in (entry.strip() for text in given for entry in text.split(",")):
        field, sign, role = (part.strip() for part in entry.rpartition("="))
        if not sign or role not in [*Role]:
            raise MappingError(f"`{entry}` is not a mapping; write FIELD=ROLE, where ROLE is one of {', '.join(Role)}")
        if field not in fields:
            raise MappingError(f"no note type has a field `{field}`; there are {', '.join(sorted(fields))}")
        mapping[field] = Role(role)
    return mapping


def why_not(type_: NoteType) -> str:
    """Why the notes of a type cannot be taken over without losing reviews or content; empty when they can."""
    if "image-occlusion:" in "".join(template.front for template in type_.templates) or "Occlusion" in type_.fields:
        return "hides parts of pictures, which is not supported"
    if type_.kind is NoteKind.BASIC and len(type_.templates) > MOST_CARDS:
        return (
            f"makes {len(type_.templates)} kinds of cards, and a note here has two at most, so reviews would be lost; "
            "divide it in Anki first"
        )
    if {"Question", "Answer", "AsOf", "Context", "Spare4"} <= {*type_.fields}:
        return "is of this program; use build --recover with its own deck folder"
    return ""


def layout_of(type_: NoteType, given: Mapping[str, Role]) -> Layout:
    """What becomes of the fields of a type: as ``given``, else by their usual names, else as the templates show them.

    Raises MappingError when no field becomes the question (of a cloze note type: the text with the deletions).
    """
    is_cloze, fields = type_.kind is NoteKind.CLOZE, [*type_.fields]
    fronts = [_shown(template.front) for template in type_.templates]
    backs = [_shown(template.back) for template in type_.templates]
    asked, told = (fronts[0], backs[0]) if fronts else ([], [])
    guessed = _cloze_roles(fields, asked) if is_cloze else _basic_roles(fields, asked, told)
    switches = {name for each in type_.templates for name in SWITCH.findall(each.front + each.back)}
    shown = {field for side in (*fronts, *backs) for _, field in side}
    usual = {field: Role.SKIP if field in switches - shown else Role.SECTION for field in fields}
    known = {**usual, **guessed, **given}
    roles = {field: known[field] for field in fields}
    needed = Role.ANSWER if is_cloze else Role.QUESTION
    if needed not in roles.values():
        what = "the text with the deletions (answer)" if is_cloze else "the question"
        raise MappingError(
            f"the note type “{type_.name}” does not show which field is {what}; its fields are "
            f"{', '.join(fields)}: add --map FIELD={needed}"
        )
    decides = bool(type_.templates) and not is_cloze and Role.QUESTION not in given.values()
    front = type_.templates[0].front if decides else ""
    typed = next((field for filters, field in asked if "type" in filters and field in roles), "")
    return Layout(
        type=type_,
        roles=roles,
        hidden=frozenset(roles.keys() - shown - given.keys()),
        typed="" if is_cloze else typed,
        front=front,
        readings=frozenset(field for side in (*fronts, *backs) for filters, field in side if filters & WITH_READINGS),
        is_worded=bool(WORD.search(SIGNS.sub(" ", OTHER_THAN_TEXT.sub(" ", front)))),
        warnings=tuple(_warnings(type_, fronts, roles)),
    )


def filled(template: str, fields: Mapping[str, str]) -> str:
    """What a side of a card holds, by Anki's rules: the fields put in, conditional stretches kept or left out."""
    return REFERENCE.sub(
        lambda match: "" if "type" in match["filters"] else fields.get(match["field"].strip(), ""),
        _resolved(template, fields),
    )


def _resolved(template: str, fields: Mapping[str, str]) -> str:
    """A template without its conditions: each stretch kept or left out by the fields."""

    def stretch(match: re.Match[str]) -> str:
        is_filled = bool(fields.get(match["field"].strip(), "").strip())
        return _resolved(match["inside"], fields) if is_filled is (match["sign"] == "#") else ""

    return CONDITIONAL.sub(stretch, template)


def _shown(template: str) -> list[Shown]:
    """The fields that a side of a card shows, in order."""
    found = (
        (frozenset(m["filters"].replace(" ", "").split(":")), m["field"].strip())
        for m in REFERENCE.finditer(OTHER_THAN_TEXT.sub(" ", template))
    )
    return [(filters, field) for filters, field in found if field not in SPECIAL]


def _basic_roles(fields: Sequence[str], front: Sequence[Shown], back: Sequence[Shown]) -> dict[str, Role]:
    questions = [field for field in fields if field.casefold() in QUESTIONS]
    answers = [field for field in fields if field.casefold() in ANSWERS]
    if not (questions and answers):
        questions = [field for filters, field in front if not {"type", "hint"} & filters] or list(fields[:1])
        answers = [field for _, field in back if field not in questions and field in fields]
        answers = answers or [field for field in fields if field not in questions]
    roles = dict.fromkeys(questions, Role.QUESTION)
    return {**roles, **dict.fromkeys(answers[:1], Role.ANSWER)}


def _cloze_roles(fields: Sequence[str], front: Sequence[Shown]) -> dict[str, Role]:
    texts = [field for filters, field in front if "cloze" in filters] or list(fields[:1])
    prompts = [field for filters, field in front if field not in texts and "hint" not in filters]
    return {**dict.fromkeys(prompts, Role.QUESTION), **dict.fromkeys(texts, Role.ANSWER)}


def _warnings(type_: NoteType, fronts: Sequence[Sequence[Shown]], roles: Mapping[str, Role]) -> Iterable[str]:
    strange = sorted({each for side in fronts for filters, _ in side for each in filters} - SHOWN_ALIKE)
    if strange:
        yield f"“{type_.name}” uses the filter {', '.join(strange)}, which is not taken over: its text is shown whole"
    is_reversed = type_.kind is NoteKind.BASIC and len(fronts) == MOST_CARDS
    if is_reversed and not any(roles.get(field) is Role.ANSWER for _, field in fronts[1]):
        yield f"“{type_.name}” asks something else on card 2; it will ask for the question, given the answer"
