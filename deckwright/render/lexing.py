"""Pygments' lexers, asking a rule only where a character stands that it can begin with.

A lexer tries the rules of its state one after another, some thirty of them a token, and almost every one fails at the
first character. Which characters those are is read off the rule's regular expression. Nothing else differs: the rules
keep their order, and one that may match nothing, or of which too little is known, is always tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from pygments.lexer import Lexer, RegexLexer

PAYS_AFTER = 3000
"""Tokens of a state after which reading its rules costs less than it saves: about 0.4 ms a rule, once."""
ASCII = "".join(map(chr, range(128)))
BEYOND_ASCII = "beyond"
ANYTHING = frozenset(["", *ASCII])
"""Every ASCII character, and the end of the text."""

_parser: Any = getattr(re, "_parser", None)
_compiler: Any = getattr(re, "_compiler", None)
_Rule = tuple[Callable[..., re.Match[str] | None], Any, Any]


def hasten(lexer: Lexer) -> Lexer:
    """The lexer, faster at code that comes often if it goes by rules; as it is where its inside is not what it was."""
    states: dict[str, list[_Rule]] | None = getattr(lexer, "_tokens", None)
    if isinstance(lexer, RegexLexer) and states and _parser and _compiler:
        vars(lexer)["_tokens"] = {name: _State(rules) for name, rules in states.items()}
    return lexer


class _State:
    """The rules of a state, which Pygments goes through anew for each token."""

    def __init__(self, rules: list[_Rule]) -> None:
        self.rules = rules
        self.possible: dict[str, list[_Rule]] = {}
        self.asked = 0
        self.character = ""

    def __iter__(self) -> Iterator[_Rule]:
        self.asked += 1
        return self.choose() if self.asked > PAYS_AFTER else iter(self.rules)

    def choose(self) -> Iterator[_Rule]:
        """A rule that never matches but sees where the lexer is, then those that may match there."""
        yield self.look, None, None
        character = self.character
        if (rules := self.possible.get(character)) is None:
            rules = [rule for rule in self.rules if character in _first(rule[0].__self__)]  # type: ignore[attr-defined]
            self.possible[character] = rules
        yield from rules

    def look(self, text: str, position: int, *_: int) -> None:
        """Note the character there: empty at the end, and one sign for all that are not ASCII."""
        character = text[position : position + 1]
        self.character = character if character < "\x80" else BEYOND_ASCII


@lru_cache(maxsize=4096)
def _first(pattern: re.Pattern[str]) -> frozenset[str]:
    """The characters a match can begin with, or might; it may be at the end of the text when it may be empty."""
    try:
        first, may_be_empty = _begin(_parser.parse(pattern.pattern, pattern.flags), pattern.flags)
    except (AttributeError, TypeError, ValueError):  # another Python, whose parsed patterns look otherwise
        return ANYTHING | {BEYOND_ASCII}
    return (ANYTHING if may_be_empty else first) | {BEYOND_ASCII}


def _begin(items: Iterable[tuple[Any, Any]], flags: int) -> tuple[frozenset[str], bool]:
    """What a sequence of a parsed pattern can begin with, and whether it may be empty."""
    first: frozenset[str] = frozenset()
    for item in items:
        more, may_be_empty = _begin_one(item, flags)
        first |= more
        if not may_be_empty:
            return first, False
    return first, True


def _begin_one(item: tuple[Any, Any], flags: int) -> tuple[frozenset[str], bool]:
    match str(item[0]), item[1]:
        case "LITERAL", int(code) if not flags & re.IGNORECASE:
            return frozenset([chr(code)]), False
        case (("LITERAL" | "NOT_LITERAL" | "IN" | "ANY"), _):
            one = _compiler.compile(_parser.SubPattern(_parser.State(), [item]), flags)
            return frozenset(filter(one.match, ASCII)), False
        case "BRANCH", (_, branches):
            found = [_begin(branch, flags) for branch in branches]
            return frozenset().union(*(first for first, _ in found)), any(empty for _, empty in found)
        case "SUBPATTERN", (_, 0, 0, inside):
            return _begin(inside, flags)
        case (("MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT"), (least, _, inside)):
            first, may_be_empty = _begin(inside, flags)
            return first, may_be_empty or least == 0
        case (("AT" | "ASSERT" | "ASSERT_NOT"), _):  # they take no character
            return frozenset(), True
        case _:
            return ANYTHING, True
