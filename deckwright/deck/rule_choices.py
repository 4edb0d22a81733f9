"""``[rules]`` of ``deck.toml`` → the deck's style, and its choice of single rules, everywhere or in a folder.

Which rules there are is not known here: ``check`` knows, and reports unknown names.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from deckwright.deck.names import everywhere
from deckwright.deck.toml_file import TomlFile
from deckwright.problems import Place, Severity
from deckwright.suggestions import did_you_mean


class Style(enum.StrEnum):
    """How much is asked of a card; each style has the rules of those before it."""

    PLAIN = "plain"
    FLASHCARDS = "flashcards"
    SPOKEN = "spoken"


LEVELS: Mapping[str, Severity | None] = {"off": None, **{severity.value: severity for severity in reversed(Severity)}}
"""The values that ``deck.toml`` may give a rule."""


class RuleChoice(NamedTuple):
    """A deck's choice of one rule."""

    folder: str
    """The folder in which it holds, and in all folders below; empty for the whole deck."""
    rule: str
    severity: Severity | None
    """None when the rule is off."""


class RuleChoices(NamedTuple):
    """The style of a deck, and the rules for which it wants something else."""

    style: Style = Style.PLAIN
    own: tuple[RuleChoice, ...] = ()
    """Outer folders before inner ones, so that the last one counts."""


def read_rule_choices(toml: TomlFile) -> RuleChoices:
    """Read ``[rules]``; what is wrong is added to the problems, and left out."""
    table: dict[str, Any] = toml.take("", "rules", dict, "a table", {})
    own = [choice for key, value in table.items() for choice in _choices(toml, key, value)]
    return RuleChoices(
        _style(toml, table.get("style")), tuple(sorted(own, key=lambda choice: choice.folder.split("/")))
    )


def choice_place(toml: TomlFile, choice: RuleChoice) -> Place:
    """Where it is in ``deck.toml``."""
    return toml.place(f"rules.{choice.folder}" if choice.folder else "rules", choice.rule)


def _style(toml: TomlFile, value: object) -> Style:
    if value is None or isinstance(value, dict):  # there may be a folder of that name
        return Style.PLAIN
    if isinstance(value, str) and value in [*Style]:
        return Style(value)
    toml.report("rules", "style", f"`style` is {_one_of([*Style])}{did_you_mean(str(value), [*Style])}")
    return Style.PLAIN


def _choices(toml: TomlFile, key: str, value: object) -> Iterator[RuleChoice]:
    if isinstance(value, dict):
        for rule, level in value.items():
            yield from _choice(toml, everywhere(key.strip("/")), rule, level)
    elif key != "style":
        yield from _choice(toml, "", key, value)


def _choice(toml: TomlFile, folder: str, rule: str, level: object) -> Iterator[RuleChoice]:
    if isinstance(level, str) and level in LEVELS:
        yield RuleChoice(folder, rule, LEVELS[level])
    else:
        message = f"`{rule}` is {_one_of([*LEVELS])}{did_you_mean(str(level), LEVELS)}"
        toml.report(f"rules.{folder}" if folder else "rules", rule, message)


def _one_of(words: list[str]) -> str:
    return " or ".join(f'"{word}"' for word in words)
