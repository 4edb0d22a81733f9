"""``deck.toml`` → the deck's settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from deckwright.deck.names import everywhere
from deckwright.deck.rule_choices import RuleChoice, RuleChoices, choice_place, read_rule_choices
from deckwright.deck.toml_file import TomlFile, read_toml
from deckwright.grammar.options import LANGUAGE
from deckwright.problems import Place, Problem
from deckwright.regex import regex
from deckwright.suggestions import did_you_mean

SETTINGS_FILE, LOCK_FILE = "deck.toml", "deck.lock"
TABLES = ("subdecks", "sections", "limits", "rules", "terms", "tex")
KEYS = ("name", "id", "language", "version", "description", "tag-prefix", "report-url", *TABLES, "exclude")
DECKS_ALONE = ("exclude", "report-url", "tag-prefix")
"""Settings of the deck that nobody means as a key of a table; at the end of the file they are in the last one."""


class Limits(NamedTuple):
    """What the card rules allow; each may be set in ``[limits]`` of ``deck.toml`` under its name with hyphens."""

    question: int = 60
    answer: int = 120
    back: int = 400
    bullets: int = 5
    list: int = 5
    table_columns: int = 4
    table_rows: int = 6
    cell: int = 14
    deletions: int = 3
    deletion: int = 20
    follow_ups: int = 3
    asof_months: int = 12
    similarity: float = 0.8
    noise: tuple[str, ...] = (
        *("扫码", "微信", "QQ:", "VIP", "点赞", "收藏", "红包", "充值", "版权", "如上图", "笔者"),
        *("img.png", "回答：", "解答：", r"\left{"),
    )


HAN_LANGUAGES = frozenset({"zh", "yue", "ja", "ko"})
"""Those in which one character says as much as two or three letters."""


def default_limits(language: str) -> Limits:
    """Return the limits of a deck in that language that sets none itself."""
    if language.partition("-")[0].lower() in HAN_LANGUAGES:
        return Limits()
    return Limits(question=150, answer=300, deletion=50)


class Settings(NamedTuple):
    """The content of ``deck.toml``."""

    name: str
    id: str
    """Empty where it cannot be read."""
    language: str = "en"
    tag_prefix: str = ""
    description: str = ""
    version: str = ""
    subdecks: Mapping[str, str] = {}
    subdeck_places: Mapping[str, Place] = {}
    sections: Mapping[str, str] = {}
    limits: Limits = Limits()
    macros: tuple[str, ...] = ()
    rules: RuleChoices = RuleChoices()
    rule_places: Mapping[RuleChoice, Place] = {}
    terms: Mapping[str, str] = {}
    """Wrong word → right word."""
    report_url: str = ""
    """Where a learner reports an error; ``{id}`` and ``{file}`` stand for the note's."""
    exclude: tuple[str, ...] = ()
    """Patterns of paths that are left out, such as ``drafts`` or ``*.old.md``."""

    def deck_name(self, folder: str) -> str:
        """Return the full name Anki shows for a folder (``""`` is the root deck): display names joined by ``::``."""
        names, path = [self.name], ""
        for part in folder.split("/") if folder else ():
            path = f"{path}/{part}" if path else part
            names.append(self.subdecks.get(path, part))
        return "::".join(names)

    def deck_of(self, path: str) -> str:
        """Return the full name of the deck that the notes of a file go to."""
        return self.deck_name(path.rpartition("/")[0])


ID = regex(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""The grammar of ids of decks and notes; frozen, because GUIDs derive from them."""
REPORT_URL = regex(r"https?://[^\s\"'<>\\]+|mailto:[^\s\"'<>\\]+")
MACRO = regex(r"\\?[A-Za-z]+")
WORD = regex(r"[^\s\"]*")
SECTION_STYLE = regex(r"[a-z][a-z0-9-]*")


def read_settings(root: Path, problems: list[Problem]) -> Settings:
    """Read ``deck.toml`` of a deck folder; what is wrong is added to the problems, and a default is used instead."""
    toml = read_toml(root, SETTINGS_FILE, "deck-toml", problems)
    if toml is None:
        return Settings("Deck", "")
    for key in toml.value.keys() - set(KEYS):
        meant = did_you_mean(key, KEYS) or f"; known are {', '.join(sorted(KEYS))}"
        toml.report("", key, f"unknown key `{key}`{meant}")
    _refuse_settings_in_tables(toml)
    language = _text(toml, "language", "a language tag like en, ja or zh-CN", LANGUAGE.fullmatch, "en")
    rules = read_rule_choices(toml)
    return Settings(
        name=_text(
            toml, "name", "the deck's name in Anki, without `::` and quotes", _is_deck_name, "Deck", required=True
        ),
        id=_text(toml, "id", "lower-case letters, digits and hyphens", ID.fullmatch, "", required=True),
        language=language,
        tag_prefix=_text(toml, "tag-prefix", "a word without spaces", WORD.fullmatch, ""),
        description=_text(toml, "description", "text without pictures and control characters", _is_description, ""),
        version=_text(toml, "version", "a word without spaces", WORD.fullmatch, ""),
        subdecks=_names(toml, "subdecks", _is_deck_name, "a name for the deck, without `::`"),
        subdeck_places={key: toml.place("subdecks", key) for key in _table(toml, "subdecks")},
        sections=_names(toml, "sections", SECTION_STYLE.fullmatch, "a style: letters, digits, hyphens"),
        limits=_limits(toml, default_limits(language)),
        macros=_macros(toml),
        rules=rules,
        rule_places={choice: choice_place(toml, choice) for choice in rules.own},
        terms=_names(toml, "terms", _is_term, "the right word, in quotes"),
        report_url=_text(toml, "report-url", "an address like https://…?title={id}&body={file}", _is_report_url, ""),
        exclude=_exclude(toml),
    )


def _refuse_settings_in_tables(toml: TomlFile) -> None:
    """Report settings below a table's header, which belong to that table, and take them out."""
    for table in TABLES:
        for key in _table(toml, table).keys() & set(DECKS_ALONE):
            toml.report(table, key, f"`{key}` belongs to [{table}] here; move it above the first line in brackets")
            del toml.value[table][key]


def _is_report_url(text: str) -> bool:
    return bool(REPORT_URL.fullmatch(text)) and not re.search(r"[{}]", text.replace("{id}", "").replace("{file}", ""))


def _is_description(text: str) -> bool:
    """Anki imports no picture that only a deck's description shows."""
    return "![" not in text and all(character.isprintable() or character in "\n\t" for character in text)


def _is_deck_name(name: str) -> bool:
    return bool(name.strip()) and name == name.strip() and "::" not in name and '"' not in name and name.isprintable()


def _is_term(word: str) -> bool:
    return bool(word.strip()) and word.isprintable()


def _text(
    toml: TomlFile, key: str, wanted: str, is_good: Callable[[str], object], default: str, *, required: bool = False
) -> str:
    value = toml.take("", key, str, wanted)
    if value is None:
        if required and key not in toml.value:
            toml.report("", key, f'`{key}` is missing; add {key} = "…" ({wanted})')
        return default
    if not is_good(value):
        shown = " ".join(value.split())
        toml.report("", key, f"`{key}` is {wanted}, not `{shown if len(shown) <= 40 else f'{shown[:40]}…'}`")
        return default
    return everywhere(value)


def _table(toml: TomlFile, table: str) -> dict[str, Any]:
    entries = toml.value.get(table)
    return entries if isinstance(entries, dict) else {}


def _names(toml: TomlFile, table: str, is_good: Callable[[str], object], wanted: str) -> dict[str, str]:
    entries = toml.take("", table, dict, "a table", {})
    good = {}
    for key, value in entries.items():
        if isinstance(value, str) and is_good(value):
            good[everywhere(key)] = everywhere(value)
        else:
            toml.report(table, key, f"`{key}` needs {wanted}")
    return good


def _exclude(toml: TomlFile) -> tuple[str, ...]:
    patterns = toml.take("", "exclude", list, 'a list of paths and patterns, such as ["drafts", "*.old.md"]', [])
    if not all(isinstance(pattern, str) and pattern for pattern in patterns):
        toml.report("", "exclude", 'write patterns of paths as texts: exclude = ["drafts", "*.old.md"]')
        return ()
    return tuple(everywhere(pattern) for pattern in patterns)


def _macros(toml: TomlFile) -> tuple[str, ...]:
    table = toml.take("", "tex", dict, "a table", {})
    for key in table.keys() - {"macros"}:
        toml.report("tex", key, f"unknown key `{key}`; known is macros")
    macros = toml.take("tex", "macros", list, "a list of names", []) if table else []
    good = [macro for macro in macros if isinstance(macro, str) and MACRO.fullmatch(macro)]
    if len(good) < len(macros):
        toml.report("tex", "macros", "`macros` is a list of names of letters, such as `bm`")
    return tuple(macro.removeprefix("\\") for macro in good)


def _limits(toml: TomlFile, usual_ones: Limits) -> Limits:
    entries = dict(toml.take("", "limits", dict, "a table", {}))
    values: dict[str, Any] = {}
    for name, usual in usual_ones._asdict().items():
        key, kind = name.replace("_", "-"), type(usual)
        if key not in entries:
            continue
        value = entries.pop(key)
        most = 1 if kind is float else 1_000_000
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if kind is tuple and isinstance(value, list) and all(isinstance(word, str) and word for word in value):
            values[name] = tuple(value)
        elif kind is not tuple and is_number and 0 <= value <= most:
            values[name] = kind(value)
        else:
            wanted = "a list of words" if kind is tuple else f"a number from 0 to {most}"
            toml.report("limits", key, f"`{key}` is {wanted}")
    for key in entries:
        known = [name.replace("_", "-") for name in Limits._fields]
        meant = did_you_mean(key, known) or f"; known are {', '.join(known)}"
        toml.report("limits", key, f"unknown limit `{key}`{meant}")
    return usual_ones._replace(**values)
