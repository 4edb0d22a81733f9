"""The review log of the deck's cards → which cards are forgotten, and what that costs.

Only sums leave this module: no time of any review.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from deckwright.check.summaries import NoteSummary
from deckwright.collection.builds import DeckBuild
from deckwright.collection.client import Anki
from deckwright.collection.notes import AnkiNote, by_id, exported_notes, read_notes
from deckwright.package.anki_export import Review, open_export

AGAIN, REVIEW = 1, 1
HARDEST_FACTOR = 1100
"""The largest value with FSRS in the review log; the smallest of the older scheduler is 1300."""
DAY = 86_400_000


class CardSums(NamedTuple):
    """What a card has cost."""

    summary: NoteSummary
    ordinal: int
    """Of the card among its note's, from 0."""
    reviews: int
    lapses: int
    """How often it was forgotten once it was learnt."""
    again: int
    """How often “again” was pressed in the last days."""
    seconds: int
    """Spent on it, all in all."""
    ease: int
    """In percent; 0 with FSRS."""
    difficulty: float
    """From 1 to 10; 0 without FSRS."""


ORDERS: Mapping[str, Callable[[CardSums], tuple[float, float]]] = {
    "lapses": lambda card: (card.lapses, card.seconds),
    "time": lambda card: (card.seconds, card.lapses),
    "again": lambda card: (card.again, card.lapses),
    "ease": lambda card: (-card.ease, card.lapses),
    "difficulty": lambda card: (card.difficulty, card.lapses),
}
"""What cards can be sorted by, the worst first; where the value is 0 a card has none, and is not listed."""


def leeches_in_anki(build: DeckBuild, anki: Anki, since: int) -> list[CardSums]:
    """Return the sums of all cards of a deck that were ever reviewed, from a running Anki. Raises AnkiError.

    ``since`` is the time, in milliseconds, from which “again” counts.
    """
    notes = read_notes(anki, build).notes
    cards = [card for note in notes.values() for card in note.cards]
    answers = anki.call_in_batches("getReviewsOfCards", "cards", cards)
    reviews = (
        Review(int(card), row["id"], row["ease"], row["factor"], row["time"], row["type"])
        for answer in answers
        for card, rows in answer.items()
        for row in rows
    )
    return list(_sums(build, notes, reviews, since))


def leeches_in_file(build: DeckBuild, path: Path, since: int) -> list[CardSums]:
    """Return the same from a file that Anki exported. Raises PackageError."""
    with open_export(path) as export:
        notes = by_id(exported_notes(export, build), build.lock).notes
        return list(_sums(build, notes, export.reviews, since))


def _sums(build: DeckBuild, notes: Mapping[str, AnkiNote], reviews: Iterable[Review], since: int) -> Iterator[CardSums]:
    of_card: dict[int, list[Review]] = defaultdict(list)
    for review in reviews:
        of_card[review.card].append(review)
    for name, note in notes.items():
        for ordinal, card in enumerate(note.cards):
            answers = [review for review in of_card.get(card, ()) if review.ease]
            if answers and name in build.notes:
                yield _sum(build.notes[name].summary, ordinal, answers, since)


def _sum(summary: NoteSummary, ordinal: int, answers: Sequence[Review], since: int) -> CardSums:
    factor = max(answers, key=lambda review: review.time).factor
    return CardSums(
        summary,
        ordinal,
        reviews=len(answers),
        lapses=sum(review.kind == REVIEW and review.ease == AGAIN for review in answers),
        again=sum(review.ease == AGAIN and review.time >= since for review in answers),
        seconds=sum(review.took for review in answers) // 1000,
        ease=factor // 10 if factor > HARDEST_FACTOR else 0,
        difficulty=round((factor - 100) / 1000 * 9 + 1, 1) if 0 < factor <= HARDEST_FACTOR else 0,
    )


def worst(cards: Iterable[CardSums], order: str, most: int) -> list[CardSums]:
    """Return the worst cards by one of ``ORDERS``, at most so many; those without a value are left out."""
    key = ORDERS[order]
    return sorted((card for card in cards if key(card)[0]), key=key, reverse=True)[:most]
