"""Pygments' lexers, asking a rule only where a character stands that it can begin with.

A lexer tries the rules of its state one after another, some thirty of them a token, and almost every one fails at the
first character. Which characters those are is read off the rule's regular expression. Nothing else differs: the rules
keep their order, and one that may match nothing, or of which too little is known, is always tried.

Pygments' loop over the rules stays in charge of the stack of states. It sees one rule a state, which finds every token
up to the next move to another state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from pygments.lexer import ExtendedRegexLexer, Lexer, LexerContext, RegexLexer
from pygments.token import _TokenType

PAYS_AFTER = 3000
"""Tokens of a state after which reading its rules costs less than it saves: about 0.4 ms a rule, once."""
ASCII = "".join(map(chr, range(128)))
BEYOND_ASCII = "beyond"
ANYTHING = frozenset(["", *ASCII])
"""Every ASCII character, and the end of the text."""

_parser: Any = getattr(re, "_parser", None)
_compiler: Any = getattr(re, "_compiler", None)
_Rule = tuple[Callable[..., Any], Any, Any]
Token = tuple[int, _TokenType, str]


def hasten(lexer: Lexer) -> Lexer:
    """The lexer, faster at code that comes often if it goes by rules; as it is where its inside is not what it was."""
    states: dict[str, list[_Rule]] | None = getattr(lexer, "_tokens", None)
    if isinstance(lexer, RegexLexer) and states and _parser and _compiler:
        state = _StateInContext if isinstance(lexer, ExtendedRegexLexer) else _State
        vars(lexer)["_tokens"] = {name: [state(rules).rule()] for name, rules in states.items()}
    return lexer


class _Moves(tuple[str, ...]):
    """The moves to other states after a stay in one. Pygments takes them from a rule, where they are always the same;
    these are those of the rule that ended the stay.
    """

    last: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        return iter(self.last)


class _Rules(dict[str, list[_Rule]]):
    """The rules of a state that may match where a character stands, by that character: empty at the text's end."""

    def __init__(self, every: list[_Rule]) -> None:
        super().__init__()
        self.every = every
        self.asked = 0

    def __missing__(self, character: str) -> list[_Rule]:
        if character >= "\x80":
            return self[BEYOND_ASCII]
        self.asked += 1
        if self.asked <= PAYS_AFTER:
            return self.every
        rules = [rule for rule in self.every if character in _first(rule[0].__self__)]  # type: ignore[attr-defined]
        self[character] = rules
        return rules


class _State:
    """A state as Pygments' loop sees it: one rule, whose match is a whole stay in the state."""

    def __init__(self, rules: list[_Rule]) -> None:
        self.rules = _Rules([(match, action, _as_moves(new_state)) for match, action, new_state in rules])
        self.found: tuple[re.Match[str], Any, tuple[str, ...] | None]
        self.position = 0
        self.moves = _Moves()

    def rule(self) -> _Rule:
        """How to find a match, what to do with it, and the moves after it."""
        return self.find, self.tokens, self.moves

    def find(self, text: str, position: int, *end: int) -> _State | None:
        """Whether a rule matches here; the state stands for the match, as it knows where the stay ends."""
        for matches, action, moves in self.rules[text[position : position + 1]]:
            if match := matches(text, position, *end):
                self.found = match, action, moves
                return self
        return None

    def tokens(self, lexer: Lexer, _: object) -> Iterator[Token]:
        """The tokens from the match just found up to one after which there is a move, or nothing matches."""
        match, action, moves = self.found
        text, rules = match.string, self.rules
        while True:
            if type(action) is _TokenType:
                yield match.start(), action, match.group()
            elif action is not None:
                yield from action(lexer, match)
            position = match.end()
            if moves is not None:
                break
            for matches, action, moves in rules[text[position : position + 1]]:  # noqa: B007
                if match := matches(text, position):
                    break
            else:
                moves = ()
                break
        # Set last, as an action may have come through this state with another text.
        self.position = position
        self.moves.last = moves

    def end(self) -> int:
        """Where the last stay ended."""
        return self.position


class _StateInContext(_State):
    """A state of a lexer whose actions themselves move on in the text and between states: it is left each time."""

    def tokens(  # type: ignore[override]  # Pygments gives these actions a context
        self, lexer: Lexer, _: object, context: LexerContext
    ) -> Iterator[Token]:
        """The tokens of the match just found."""
        match, action, moves = self.found
        if type(action) is _TokenType:
            yield context.pos, action, match.group()
            context.pos = match.end()
        elif action is not None:
            yield from action(lexer, match, context)
        self.moves.last = moves or ()


def _as_moves(new_state: tuple[str, ...] | str | int | None) -> tuple[str, ...] | None:
    """A rule's new state, which Pygments also writes as one move or as the number of states to leave."""
    if new_state is None or isinstance(new_state, tuple):
        return new_state
    return ("#pop",) * -new_state if isinstance(new_state, int) else (new_state,)


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
