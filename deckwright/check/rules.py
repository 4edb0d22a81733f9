"""What a rule is. Each is one function; its docstring is the user's help: a sentence, then Bad and Good.

A rule looks at one note, at one page, or at the whole deck, and the decorator says which. What it looks at is all that
its findings may depend on, the deck's settings, sources and media aside: so they can be remembered with the page.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, TypeVar

from deckwright.check.views import DeckView, NoteView, PageView
from deckwright.deck.rule_choices import Style
from deckwright.problems import Place, Severity

Finding = tuple[Place | int, str]
"""Where something is wrong, by its place or its offset in the file, and what to do about it."""
DeckFinding = tuple[Place, str]
NoteCheck = Callable[[NoteView], Iterable[Finding]]
PageCheck = Callable[[PageView], Iterable[Finding]]
DeckCheck = Callable[[DeckView], Iterable[DeckFinding]]
Check = TypeVar("Check", NoteCheck, PageCheck, DeckCheck)


class Rule(NamedTuple):
    """A rule: its id (the function's name with hyphens), how severe it is, its help, the first style that has it."""

    id: str
    severity: Severity
    help: str
    style: Style = Style.PLAIN
    """A deck of this style, or of one that asks more, has the rule."""


RULES: dict[str, Rule] = {}
NOTE_RULES: list[tuple[Rule, NoteCheck]] = []
PAGE_RULES: list[tuple[Rule, PageCheck]] = []
DECK_RULES: list[tuple[Rule, DeckCheck]] = []


def _rule(rules: list[tuple[Rule, Check]], severity: Severity, style: Style = Style.PLAIN) -> Callable[[Check], Check]:
    """Register a rule among those that look at the same."""

    def register(check: Check) -> Check:
        name = check.__name__.removeprefix("check_").replace("_", "-")
        RULES[name] = Rule(name, severity, inspect.cleandoc(check.__doc__ or ""), style)
        rules.append((RULES[name], check))
        return check

    return register


note_rule = partial(_rule, NOTE_RULES)
card_rule = partial(_rule, NOTE_RULES, Severity.WARNING)
"""A note is excused from it by ``allow=its-id``."""
page_rule = partial(_rule, PAGE_RULES)
deck_rule = partial(_rule, DECK_RULES)
