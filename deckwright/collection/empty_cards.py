"""Cards that a note makes no more: Anki keeps them, with nothing on their front, until the person removes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from deckwright.collection.client import Anki
from deckwright.collection.compared_note import ComparedNote
from deckwright.grammar.note import NoteKind
from deckwright.render import card_ordinals

MOST_ORDINALS = 500
"""Anki makes cards with ordinals below this."""
HOW_TO_REMOVE = (
    "Anki removes them: sync your other devices, then Tools → Empty Cards… → Delete, with “Keep notes with no valid "
    "cards” ticked. Their reviews go with them; a card that will come back is better left"
)
CANNOT_REMOVE = (
    "the add-on AnkiConnect has no action that removes single cards (its removeEmptyNotes deletes unused note types), "
    f"so push cannot do it and has changed nothing; without --remove-empty it lists the cards. {HOW_TO_REMOVE}"
)


def find_empty_cards(
    anki: Anki, notes: Mapping[str, ComparedNote], kept: Collection[str]
) -> dict[str, tuple[int, ...]]:
    """Return the notes with cards that their fields do not make, once the build is imported → ordinals of those cards.

    ``kept`` are the notes whose fields stay what they are in Anki. An import adds cards and removes none, so what is
    too much before it is so after it.
    """
    by_cards: dict[tuple[int, ...], list[int]] = {}
    for name, note in notes.items():
        made = cards_made(note.there.kind, note.there.fields)
        wanted = made if name in kept else cards_made(note.there.kind, note.built.fields)
        if len(note.there.cards) > len(wanted) or not {*made} <= {*wanted}:
            by_cards.setdefault(wanted, []).append(note.there.number)
    empty: list[int] = []
    for wanted, numbers in by_cards.items():
        others = " ".join(f"-card:{ordinal + 1}" for ordinal in wanted)
        empty += anki.call("findCards", query=f"nid:{_listed(numbers)} {others}")
    ordinals = _ordinals(anki, empty)
    found = ((name, ordinals.keys() & {*note.there.cards}) for name, note in sorted(notes.items()))
    return {name: tuple(sorted(ordinals[card] for card in cards)) for name, cards in found if cards}


def cards_made(kind: NoteKind, fields: Mapping[str, str]) -> tuple[int, ...]:
    """Return the ordinals of the cards that fields make."""
    return card_ordinals(kind, fields.get("Text", ""), is_reversed=bool(fields.get("Reversed", "").strip()))


def _ordinals(anki: Anki, cards: Sequence[int]) -> dict[int, int]:
    """Return card → ordinal. Asked by searches, for asking for a card has the add-on render it."""
    found: dict[int, int] = {}
    for ordinal in range(MOST_ORDINALS):
        if not (left := [card for card in cards if card not in found]):
            break
        found |= dict.fromkeys(anki.call("findCards", query=f"cid:{_listed(left)} card:{ordinal + 1}"), ordinal)
    return found


def _listed(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))
