"""Which rules a deck has and how severe each is in a folder: by its style and ``[rules]`` of ``deck.toml``.

Errors are in every style, and cannot be chosen: what they find would be lost or broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from deckwright.check.rules import DECK_RULES, NOTE_RULES, PAGE_RULES, RULES, Rule
from deckwright.deck.rule_choices import RuleChoices, Style
from deckwright.problems import Severity

STYLES = [*Style]


def choosable() -> set[str]:
    """Return the rules that a deck may choose: of those that are not errors, the ones that look at cards.

    What is said of the lock, of names of files and of other tools' packages is not for a deck to say.
    """
    looking = {rule.id for rule, _ in (*NOTE_RULES, *PAGE_RULES, *DECK_RULES)}
    return {name for name in {*looking, "wide-formula"} if RULES[name].severity is not Severity.ERROR}


def severity_in(style: Style, rule: Rule) -> Severity | None:
    """Return how severe a rule is in a style; None where the style does not have it.

    What a style for cards in general has to say of good cards are notes: it is advice.
    """
    if STYLES.index(rule.style) > STYLES.index(style):
        return None
    return Severity.NOTE if rule.style is style is Style.FLASHCARDS else rule.severity


@lru_cache(maxsize=1000)
def severities(choices: RuleChoices, folder: str) -> Mapping[str, Severity | None]:
    """Return how severe each rule is for the files of a folder (empty: the deck's own); None where it is off."""
    found = {rule.id: severity_in(choices.style, rule) for rule in RULES.values()}
    for choice in choices.own:
        is_meant = not choice.folder or f"{folder}/".startswith(f"{choice.folder}/")
        if is_meant and choice.rule in choosable():
            found[choice.rule] = choice.severity
    return found


def severities_at(choices: RuleChoices, path: str) -> Mapping[str, Severity | None]:
    """Return the same for a file, by its path inside the deck."""
    return severities(choices, path.rpartition("/")[0])
