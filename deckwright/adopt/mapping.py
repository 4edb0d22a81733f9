"""Which field of a note type becomes what of a note."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from deckwright.adopt.package import OldType
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
SPECIAL = frozenset(["FrontSide", "Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "CardID"])
QUESTIONS = frozenset(
    "front question 正面 问题 問題 表面 題目 题目 vorderseite frage recto pregunta anverso вопрос".split()
)
ANSWERS = frozenset(
    "back answer 背面 答案 裏面 回答 解答 rückseite antwort verso réponse respuesta reverso ответ".split()
)
SHOWN_ALIKE = frozenset(["", "cloze", "type", "hint", "text", "edit", "nc"])
"""Filters that change nothing of a field's text, or that a note of ours has as well."""
MOST_CARDS = 2
"""Cards that a question can have: forward and reversed."""


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
    """What becomes of the fields of a note type, by their indices."""

    roles: tuple[Role, ...]
    hidden: frozenset[int]
    """Fields that no card shows."""
    typed: int | None
    """The field whose text the learner types."""
    front: str
    """The front of the first card, where that decides what the question is; else empty."""
    is_worded: bool
    """Whether the front has words of its own."""
    warnings: tuple[str, ...]

    def of(self, role: Role) -> list[int]:
        """The fields of a role, in their order."""
        return [index for index, each in enumerate(self.roles) if each is role]

    def of_note(self, fields: Mapping[str, str]) -> Layout:
        """The layout for one note: a field that conditions keep off its front is a section."""
        shown = {field for _, field in _shown(_resolved(self.front, fields))}
        roles = [
            Role.SECTION if role is Role.QUESTION and name not in shown else role
            for name, role in zip(fields, self.roles, strict=False)
        ]
        says_something = any(
            role is Role.QUESTION and fields[n].strip() for n, role in zip(fields, roles, strict=False)
        )
        return self._replace(roles=tuple(roles)) if self.front and says_something else self


def parse_mapping(given: Iterable[str], types: Iterable[OldType]) -> dict[str, Role]:
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


def why_not(type_: OldType) -> str:
    """Why the notes of a type cannot be taken over without losing reviews or content; empty when they can."""
    if "image-occlusion:" in "".join(template.front for template in type_.templates) or "Occlusion" in type_.fields:
        return "hides parts of pictures, which is not supported"
    if not type_.is_cloze and len(type_.templates) > MOST_CARDS:
        return (
            f"makes {len(type_.templates)} kinds of cards, and a note here has two at most, so reviews would be lost; "
            "divide it in Anki first"
        )
    if {"Question", "Answer", "AsOf", "Context", "Spare4"} <= {*type_.fields}:
        return "is of this program; use build --recover with its own deck folder"
    return ""


def layout_of(type_: OldType, given: Mapping[str, Role]) -> Layout:
    """What becomes of the fields of a type: as ``given``, else by their usual names, else as the templates show them.

    Raises MappingError when no field becomes the question (of a cloze note type: the text with the deletions).
    """
    fronts = [_shown(template.front) for template in type_.templates]
    backs = [_shown(template.back) for template in type_.templates]
    asked, told = (fronts[0], backs[0]) if fronts else ([], [])
    guessed = _cloze_roles(type_, asked) if type_.is_cloze else _basic_roles(type_.fields, asked, told)
    switches = {name for each in type_.templates for name in SWITCH.findall(each.front + each.back)}
    shown = {field for side in (*fronts, *backs) for _, field in side}
    usual = {field: Role.SKIP if field in switches - shown else Role.SECTION for field in type_.fields}
    roles = tuple(given.get(field, guessed.get(field, usual[field])) for field in type_.fields)
    needed = Role.ANSWER if type_.is_cloze else Role.QUESTION
    if needed not in roles:
        what = "the text with the deletions (answer)" if type_.is_cloze else "the question"
        raise MappingError(
            f"the note type “{type_.name}” does not show which field is {what}; its fields are "
            f"{', '.join(type_.fields)}: add --map FIELD={needed}"
        )
    decides = bool(type_.templates) and not type_.is_cloze and Role.QUESTION not in given.values()
    front = type_.templates[0].front if decides else ""
    typed = next((type_.fields.index(f) for filters, f in asked if "type" in filters and f in type_.fields), None)
    return Layout(
        roles=roles,
        hidden=frozenset(n for n, f in enumerate(type_.fields) if f not in shown and f not in given),
        typed=typed if not type_.is_cloze else None,
        front=front,
        is_worded=_is_worded(front),
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


def _is_worded(front: str) -> bool:
    """Whether a side has words of its own, besides its fields."""
    return bool(WORD.search(SIGNS.sub(" ", _visible(front))))


def _visible(template: str) -> str:
    """What of a template is text or a picture: fields are also used in attributes, scripts and styles."""
    return OTHER_THAN_TEXT.sub(" ", template)


def _shown(template: str) -> list[tuple[frozenset[str], str]]:
    """The fields that a side of a card shows, in order, each with its filters."""
    found = (
        (frozenset(m["filters"].replace(" ", "").split(":")), m["field"].strip())
        for m in REFERENCE.finditer(_visible(template))
    )
    return [(filters, field) for filters, field in found if field not in SPECIAL]


def _basic_roles(
    fields: Sequence[str], front: Sequence[tuple[frozenset[str], str]], back: Sequence[tuple[frozenset[str], str]]
) -> dict[str, Role]:
    questions = [field for field in fields if field.casefold() in QUESTIONS]
    answers = [field for field in fields if field.casefold() in ANSWERS]
    if not (questions and answers):
        questions = [field for filters, field in front if not {"type", "hint"} & filters] or list(fields[:1])
        answers = [field for _, field in back if field not in questions and field in fields]
        answers = answers or [field for field in fields if field not in questions]
    roles = dict.fromkeys(questions, Role.QUESTION)
    return {**roles, **dict.fromkeys(answers[:1], Role.ANSWER)}


def _cloze_roles(type_: OldType, front: Sequence[tuple[frozenset[str], str]]) -> dict[str, Role]:
    texts = [field for filters, field in front if "cloze" in filters] or list(type_.fields[:1])
    prompts = [field for filters, field in front if field not in texts and "hint" not in filters]
    return {**dict.fromkeys(prompts, Role.QUESTION), **dict.fromkeys(texts, Role.ANSWER)}


def _warnings(
    type_: OldType, fronts: Sequence[Sequence[tuple[frozenset[str], str]]], roles: Sequence[Role]
) -> Iterable[str]:
    strange = sorted({each for side in fronts for filters, _ in side for each in filters} - SHOWN_ALIKE)
    if strange:
        yield f"“{type_.name}” uses the filter {', '.join(strange)}, which is not taken over: its text stays as it is"
    if not type_.is_cloze and len(fronts) == MOST_CARDS:
        asked = {type_.fields.index(field) for _, field in fronts[1] if field in type_.fields}
        if not any(roles[index] is Role.ANSWER for index in asked):
            yield f"“{type_.name}” asks something else on card 2; it will ask for the question, given the answer"
