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
ASCII_END = r"\A(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])\Z"
"""An end of a word at which it is not part of a longer one, when a word ends there: Chinese ones do not end so."""


@card_rule(Style.PLAIN)
def check_terms(view: NoteView) -> Iterator[Finding]:
    """A word that [terms] of deck.toml calls wrong is not used: `wrong = "right"`. Code and formulas may hold it.

    Bad:  特殊标记, with "特殊标记" = "特殊词元" in [terms]
    Good: 特殊词元
    """
    terms = view.deck.settings.terms
    if not terms or not _any_of(tuple(terms)).search(view.text):
        return
    message = "this deck has the word `{}`, not `{}`; write that, or allow=terms"
    for passage in view.note.passages:
        for at, word in found_terms(passage.masked(*NOT_COMPARED), terms):
            yield passage.start + at, message.format(terms[word], word)
    for picture in view.of(PieceKind.IMAGE):
        for _, word in found_terms(picture.info, terms):
            yield picture.start, message.format(terms[word], word)


def found_terms(text: str, terms: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield each wrong word of a text with its offset; one that is part of a right word does not count."""
    right = [match.span() for match in _any_of(tuple(terms.values())).finditer(text)]
    for match in _any_of(tuple(terms)).finditer(text):
        if not any(start <= match.start() and match.end() <= end for start, end in right):
            yield match.start(), match[0]


@functools.lru_cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for the words, the longest first."""
    whole = [re.sub(ASCII_END, r"\\b", re.escape(word)) for word in sorted(words, key=len, reverse=True)]
    return re.compile("|".join(whole), re.ASCII)
