"""The deck's own words: ``[terms]`` of ``deck.toml`` says which word is wrong and which is right."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

from deckwright.check.rules import Finding, card_rule
from deckwright.check.views import ADDRESSES, CODE, FORMULAS, NoteView
from deckwright.deck.rule_choices import Style
from deckwright.grammar.pieces import PieceKind

NOT_COMPARED = (
    *(*CODE, *FORMULAS, *ADDRESSES),
    *(PieceKind.COMMENT, PieceKind.TAG, PieceKind.CITATION, PieceKind.IMAGE, PieceKind.SOUND),
)


@card_rule(Style.PLAIN)
def check_terms(view: NoteView) -> Iterator[Finding]:
    """A word that [terms] of deck.toml calls wrong is not used: `wrong = "right"`. Code and formulas may hold it.

    Bad:  特殊标记, with "特殊标记" = "特殊词元" in [terms]
    Good: 特殊词元
    """
    if not view.deck.settings.terms:
        return
    words = tuple(view.deck.settings.terms.items())
    if not _wrong(words).search(view.text):
        return
    for passage in view.note.passages:
        for at, word in found_terms(passage.masked(*NOT_COMPARED), words):
            yield passage.start + at, _message(word, view.deck.settings.terms)
    for picture in view.of(PieceKind.IMAGE):
        for _, word in found_terms(picture.info, words):
            yield picture.start, _message(word, view.deck.settings.terms)


def found_terms(text: str, words: tuple[tuple[str, str], ...]) -> Iterator[tuple[int, str]]:
    """Yield each wrong word of a text with its offset; one that is part of a right word does not count."""
    right = [match.span() for match in _right(words).finditer(text)]
    for match in _wrong(words).finditer(text):
        if not any(start <= match.start() and match.end() <= end for start, end in right):
            yield match.start(), match[0]


def _message(word: str, terms: Mapping[str, str]) -> str:
    return f"this deck has the word `{terms[word]}`, not `{word}`; write that, or allow=terms"


@functools.lru_cache
def _wrong(words: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    return _any_of([wrong for wrong, _ in words])


@functools.lru_cache
def _right(words: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    return _any_of([right for _, right in words])


def _any_of(words: list[str]) -> re.Pattern[str]:
    """Return a pattern for the words, the longest first."""
    return re.compile("|".join(map(_whole, sorted(words, key=len, reverse=True))))


def _whole(word: str) -> str:
    """Return a pattern for a word; where it begins or ends with an ASCII letter, no other such letter may follow."""
    before = "(?<![A-Za-z0-9_])" if _is_ascii(word[0]) else ""
    after = "(?![A-Za-z0-9_])" if _is_ascii(word[-1]) else ""
    return f"{before}{re.escape(word)}{after}"


def _is_ascii(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()
