"""What a rule is. Each is one function; its docstring is the user's help: a sentence, then Bad and Good.

A rule looks at one note, at one page, or at the whole deck, and the decorator says which. What it looks at is all that
its findings may depend on, the deck's settings, sources and media aside: so they can be remembered with the page.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import NamedTuple

from deckwright.check.views import DeckView, NoteView, PageView
from deckwright.deck.folder import Deck
from deckwright.deck.rule_choices import Style
from deckwright.problems import Place, Severity

Finding = tuple[Place, str]
NoteCheck = Callable[[NoteView, Deck], Iterable[Finding]]
PageCheck = Callable[[PageView, Deck], Iterable[Finding]]
DeckCheck = Callable[[DeckView], Iterable[Finding]]


class Rule(NamedTuple):
    """A rule: its id (the function's name with hyphens), how severe it is, its help, the first style that has it."""

    id: str
    severity: Severity
    help: str
    style: Style = Style.PLAIN
    """A deck of this style, or of one that asks more, has the rule."""


class NoteRule(NamedTuple):
    """A rule about one note, with the function that finds where it is broken."""

    rule: Rule
    find: NoteCheck
    is_excusable: bool
    """The note may break it with ``allow=its-id``."""


RULES: dict[str, Rule] = {}
NOTE_RULES: list[NoteRule] = []
PAGE_RULES: list[tuple[Rule, PageCheck]] = []
DECK_RULES: list[tuple[Rule, DeckCheck]] = []


def note_rule(severity: Severity) -> Callable[[NoteCheck], NoteCheck]:
    """Register a rule that looks at one note at a time."""

    def register(function: NoteCheck) -> NoteCheck:
        NOTE_RULES.append(NoteRule(_rule(function, severity), function, is_excusable=False))
        return function

    return register


def card_rule(style: Style) -> Callable[[NoteCheck], NoteCheck]:
    """Register a rule about one note that warns in decks of a style; a note is excused by ``allow=its-id``."""

    def register(function: NoteCheck) -> NoteCheck:
        NOTE_RULES.append(NoteRule(_rule(function, Severity.WARNING, style), function, is_excusable=True))
        return function

    return register


def page_rule(severity: Severity) -> Callable[[PageCheck], PageCheck]:
    """Register a rule that looks at one page at a time."""

    def register(function: PageCheck) -> PageCheck:
        PAGE_RULES.append((_rule(function, severity), function))
        return function

    return register


def deck_rule(severity: Severity, style: Style = Style.PLAIN) -> Callable[[DeckCheck], DeckCheck]:
    """Register a rule that looks at the whole deck."""

    def register(function: DeckCheck) -> DeckCheck:
        DECK_RULES.append((_rule(function, severity, style), function))
        return function

    return register


def deck_part(of: NoteCheck) -> Callable[[DeckCheck], DeckCheck]:
    """Register what a rule about notes finds in the whole deck only."""

    def register(function: DeckCheck) -> DeckCheck:
        DECK_RULES.append((RULES[_name(of)], function))
        return function

    return register


def reported_elsewhere(name: str, help_text: str, severity: Severity = Severity.ERROR) -> None:
    """Register the help of a rule that another package reports, because only that sees the fault."""
    RULES[name] = Rule(name, severity, inspect.cleandoc(help_text))


def _rule(function: Callable[..., object], severity: Severity, style: Style = Style.PLAIN) -> Rule:
    name = _name(function)
    return RULES.setdefault(name, Rule(name, severity, inspect.cleandoc(function.__doc__ or ""), style))


def _name(function: Callable[..., object]) -> str:
    return function.__name__.removeprefix("check_").replace("_", "-")
