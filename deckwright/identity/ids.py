"""What makes a note the same note: ids, GUIDs and Anki's numbers, all derived from names and never from a clock."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Container
from typing import NewType

from deckwright.files import hash_number
from deckwright.regex import regex

Guid = NewType("Guid", str)

BASE91 = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&()*+,-./:;<=>?@[]^_`{|}~"
TWO_DIGITS = [first + second for first in BASE91 for second in BASE91]
CARDS_PER_NOTE = 500
"""Anki makes cards with ordinals below this; a note takes that many milliseconds of ids."""
FIRST_SLOT = 1_000_000_000_000 // CARDS_PER_NOTE
SLOTS = 700_000_000_000 // CARDS_PER_NOTE
FARTHEST = 100
"""Slots after a GUID's own in which its number is looked for: so many collisions in a row do not come about."""
LONGEST_SLUG = 48
ACCENTS = regex("[\u0300-\u036f]")
LONGEST_READABLE, RANDOM, LETTERS = 30, 6, "abcdefghjkmnpqrstuvwxyz23456789"
"""Of a deck's id: characters of its readable part and of its random one, and those that are not mistaken for others."""
RANDOM_END = regex(rf"(?:.*-)?(?=[a-z]*[0-9]+[a-z])(?:[{LETTERS}]{{{RANDOM}}}|[0-9a-f]{{8,}})")
"""A deck's id that nobody else has: its end is random, as tells a letter after a digit (no word ends so), or is that of
a UUID."""


def guid_for(deck_id: str, note_id: str) -> Guid:
    """Return the GUID of a note: what genanki 0.13.1's ``guid_for(deck_id, note_id)`` gives.

    Written out here because it is frozen, whatever genanki does later, and because importing genanki costs more than
    a build with nothing to do.
    """
    number = hash_number(f"{deck_id}__{note_id}")
    text = ""
    while number:
        number, two = divmod(number, len(TWO_DIGITS))
        text = TWO_DIGITS[two] + text
    return Guid(text.removeprefix(BASE91[0]))


def number_for(guid: Guid, taken: Container[int]) -> int:
    """Anki's id of a note: a millisecond between 2001 and 2023 from the GUID's hash, the next free one if taken.

    The note's cards have the ids from there on (``+ ord``). Two clones that build the same new note give it the same
    numbers, so importing one build here and the other there doubles nothing.
    """
    slot = hash_number(guid) % SLOTS
    while (number := (FIRST_SLOT + slot) * CARDS_PER_NOTE) in taken:
        slot = (slot + 1) % SLOTS
    return number


def is_number_for(guid: Guid, number: int) -> bool:
    """Whether a number that a build gave may be that of a GUID; of any other number (of an adopted note) it may."""
    slot, rest = divmod(number, CARDS_PER_NOTE)
    own = number_for(guid, ()) // CARDS_PER_NOTE
    return rest != 0 or not FIRST_SLOT <= slot < FIRST_SLOT + SLOTS or (slot - own) % SLOTS <= FARTHEST


def id_for(question: str, taken: Container[str]) -> str:
    """An id for a note that has none, from its question's text: its ASCII words, and a hash when those are not all.

    Two clones give the same new note the same id. An id that is or was taken is extended by a number.
    """
    text = unicodedata.normalize("NFKC", question).casefold()
    slug = "-".join(_ascii_words(text))
    if not text.isascii() or len(slug) > LONGEST_SLUG or not slug:
        digest = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:8]
        slug = "-".join([*filter(None, [slug[:LONGEST_SLUG].strip("-")]), digest])
    candidate, count = slug, 1
    while candidate in taken:
        count += 1
        candidate = f"{slug}-{count}"
    return candidate


def _ascii_words(text: str) -> list[str]:
    """The words of a text, letters without their accents; signs of other scripts divide them."""
    return re.findall("[a-z0-9]+", ACCENTS.sub("", unicodedata.normalize("NFKD", text)))


def unique_deck_id(name: str) -> str:
    """An id for a new deck: the ASCII words of its name, so that people know it, and a random end.

    Two people who call their decks alike get two decks: a GUID derives from the deck's id, and with the same one the
    import of one deck would overwrite the notes of the other.
    """
    words = _ascii_words(unicodedata.normalize("NFKC", name).casefold())
    readable = "-".join(words)[:LONGEST_READABLE].strip("-") or "deck"
    while True:
        deck_id = f"{readable}-{''.join(secrets.choice(LETTERS) for _ in range(RANDOM))}"
        if is_unique_deck_id(deck_id):
            return deck_id


def is_unique_deck_id(deck_id: str) -> bool:
    """Whether a deck's id is unique by construction, as ``unique_deck_id`` makes them; by luck others are as well."""
    return RANDOM_END.fullmatch(deck_id) is not None
