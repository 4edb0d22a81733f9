"""Cards that are forgotten → lines for people, JSON for machines; sums only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from deckwright.collection.leeches import CardSums
from deckwright.report.build import count
from deckwright.report.problems import place_json, place_text


def leech_lines(cards: Iterable[CardSums], deck: Path, days: int) -> Iterator[str]:
    """Yield each card as ``path:line:column  id  question  lapses  time``, with what else is known."""
    for card in cards:
        part = f" (card {card.ordinal + 1})" if card.ordinal else ""
        hard = f"ease {card.ease} %" if card.ease else f"difficulty {card.difficulty}" if card.difficulty else ""
        yield "  ".join(
            filter(
                None,
                [
                    place_text(card.summary.place, deck),
                    card.summary.id + part,
                    card.summary.question,
                    count(card.lapses, "lapse"),
                    f"{card.seconds // 60}:{card.seconds % 60:02d} min",
                    f"{card.again} again in {days} days" if card.again else "",
                    hard,
                ],
            )
        )


def leech_json(cards: Iterable[CardSums], deck: Path) -> list[dict[str, Any]]:
    """Return the cards for machines."""
    return [
        {
            **place_json(card.summary.place, deck),
            "id": card.summary.id,
            "question": card.summary.question,
            "card": card.ordinal + 1,
            "reviews": card.reviews,
            "lapses": card.lapses,
            "again": card.again,
            "seconds": card.seconds,
            "ease": card.ease or None,
            "difficulty": card.difficulty or None,
        }
        for card in cards
    ]
