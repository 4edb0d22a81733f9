"""Which questions are alike, and which hold another card's answer: the costly part of judging a whole deck.

A question is a bag (multiset) of pairs of letters, two are compared by the Dice coefficient, and pairs of questions are
found by prefix filtering (Bayardo, Ma, Srikant: Scaling up all pairs similarity search, WWW 2007).
"""

from __future__ import annotations

import hashlib
import math
import sys
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from deckwright.regex import regex

if TYPE_CHECKING:
    from deckwright.check.summaries import NoteSummary, PageSummary


NOT_COMPARED = regex(r"[\W_]+")
CANDIDATES, RARE, FEW = 20, 50, 10
"""How many other questions one is compared with, how often a rare pair of letters occurs at most, and how many
questions are remembered for a pair that is not rare."""
CODE_POINTS = f"utf-32-{sys.byteorder[0]}e"
MOST_OF_A_PAIR = 2047
COUNTS_PER_BAG = 16
OCCURS_TWICE = 2 << 32
BITS = 251
"""Length of a signature; a prime, so that both letters of a pair tell."""
BIT = [1 << n for n in range(BITS)]
"""The numbers in which one bit is set."""
ROUNDING = 1e-9


class SimilarNotes(NamedTuple):
    """What was found, as indices of notes."""

    duplicates: list[tuple[int, int, float]]
    """Earlier question, later question, how like they are (from 0 to 1)."""
    given_away: list[tuple[int, int]]
    """The question, and the note whose answer it holds."""


def find_similar_notes(notes: Sequence[NoteSummary], least: float) -> SimilarNotes:
    """Which questions are at least ``least`` like an earlier one, and which hold an answer.

    Depends on what ``similarity_hash`` hashes, and on nothing else.
    """
    questions = [bare(note.question) for note in notes]
    judged = [n for n, note in enumerate(notes) if questions[n] and "near-duplicate" not in note.allowed]
    duplicates = [
        (judged[earlier], judged[later], similarity)
        for earlier, later, similarity in most_similar([_pairs(questions[n]) for n in judged], least)
    ]
    answers: dict[str, int] = {}
    for n, note in enumerate(notes):
        if note.answer and "answer-given-away" not in note.allowed:
            answers.setdefault(note.answer, n)
    return SimilarNotes(duplicates, list(_given_away(questions, answers)))


def similarity_hash(notes: Sequence[NoteSummary]) -> str:
    """A hash of all that the similarities of these notes with any others depend on."""
    lines: list[str] = []
    for note in notes:
        excused = ("near-duplicate" in note.allowed) + 2 * ("answer-given-away" in note.allowed)
        lines += (note.question, note.answer, str(excused))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def similarity_key(summaries: Iterable[PageSummary], least: float) -> str:
    """A hash of all that the similar notes of a deck depend on: equal keys, equal results."""
    return hashlib.sha256("\n".join([repr(least), *(page.similarity for page in summaries)]).encode()).hexdigest()


def bare(text: str) -> str:
    """The letters and digits alone, in one case and one form."""
    # What nearly every Chinese question ends with is not said, and without it most texts are normal already.
    return NOT_COMPARED.sub("", unicodedata.normalize("NFKC", text.replace("？", "")).casefold())


def _pairs(letters: str) -> array[int]:
    """The pairs of neighbouring letters as numbers, the second and third of a kind told apart.

    The text as code points of 32 bits is such an array already, once read from its start and once from its second.
    """
    raw = letters.ljust(2, "\0").encode(CODE_POINTS, "surrogatepass")
    pairs = array("Q", raw[: len(raw) // 8 * 8] + raw[4 : 4 + (len(raw) - 4) // 8 * 8])
    if len(set(pairs)) < len(pairs):
        seen: dict[int, int] = {}
        for at, pair in enumerate(pairs):
            if before := seen.get(pair, 0):
                # A code point has 21 bits; those above it are free.
                pairs[at] = pair | min(before, MOST_OF_A_PAIR) << 21
            seen[pair] = before + 1
    return pairs


def most_similar(bags: Sequence[array[int]], least: float) -> list[tuple[int, int, float]]:
    """For each bag the most similar earlier one: earlier index, later index, Dice coefficient of at least ``least``.

    Takes linear time: where very many bags share an element (questions made from a template), only some of them are
    remembered, and only the likeliest candidates compared. That counts for more than the last pair.
    """
    if least <= 0:
        return []
    rarity = _Rarity(bags)
    order = sorted(range(len(bags)), key=lambda n: len(bags[n]))
    index = _PairIndex([len(bags[n]) for n in order], least)
    best: dict[int, tuple[float, int]] = {}
    for new in order:
        bag = bags[new]
        for place in index.add_and_find_candidates(rarity.ranked(bag), _signature(bag)):
            earlier, later = sorted((new, order[place]))
            best[later] = max(best.get(later, (0.0, 0)), (_dice(bag, bags[order[place]]), -earlier))
    return [
        (-earlier, later, similarity) for later, (similarity, earlier) in sorted(best.items()) if similarity >= least
    ]


class _PairIndex:
    """An index of bags by their rare elements, put in from the smallest to the largest.

    Two bags can only be ``least`` alike when they share one of their rarest elements, so only those have a bucket. A
    bag need not be in as many as it looks in for smaller ones.
    """

    def __init__(self, sizes: Sequence[int], least: float) -> None:
        self.sizes = sizes
        self.least = least
        self.buckets: defaultdict[int, list[int]] = defaultdict(list)
        """Key of an element → the places of bags in their order."""
        self.signatures: list[int] = []

    def add_and_find_candidates(self, ranked: Sequence[int], signature: int) -> list[int]:
        """Put the next bag in, its keys the rarest first; the places of those that it may be alike, likeliest first."""
        place, size = len(self.signatures), len(ranked)
        self.signatures.append(signature)
        # So many elements it shares with any smaller bag that is as like as that, and that one ``least`` of its own.
        overlap = math.ceil(size * self.least / (2 - self.least) - ROUNDING)
        fewest, signatures = overlap - size + signature.bit_count(), self.signatures
        found = [
            (-shared, other)
            for other in self.sharing(ranked[: size - overlap + 1], size)
            if (shared := (signature & signatures[other]).bit_count()) >= fewest
        ]
        for key in ranked[: size - math.ceil(size * self.least - ROUNDING) + 1]:
            if key >= OCCURS_TWICE and (len(bucket := self.buckets[key]) < FEW or key >> 32 <= RARE):
                bucket.append(place)
        return [other for _, other in sorted(found)[:CANDIDATES]]

    def sharing(self, keys: Sequence[int], size: int) -> set[int]:
        """The bags that share one of these rarest elements with a bag of that size and are not too large for it."""
        others = set[int]()
        for rank, key in enumerate(keys):
            if bucket := self.buckets.get(key):
                # With nothing rarer in common, only a bag of at most that size can be as like.
                largest = (size - rank) * 2 / self.least - size + ROUNDING
                end = len(bucket) if largest >= size else bisect_left(bucket, bisect_right(self.sizes, largest))
                others.update(bucket[:end])
        return others


def _dice(bag: array[int], other: array[int]) -> float:
    return 2 * len(set(bag).intersection(other)) / (len(bag) + len(other))


class _Rarity:
    """How often elements occur in all bags, counted by their remainder: which is rarer need not be exact."""

    def __init__(self, bags: Sequence[array[int]]) -> None:
        self.size = COUNTS_PER_BAG * len(bags) + 1
        self.counts = counts = [0] * self.size
        for bag in bags:
            for element in bag:
                counts[element % self.size] += 1

    def ranked(self, bag: array[int]) -> list[int]:
        """Keys of a bag's elements, the rarest first; those of elements that occur once are below ``OCCURS_TWICE``."""
        counts, size = self.counts, self.size
        return sorted([counts[rest := element % size] << 32 | rest for element in bag])


def _signature(bag: array[int]) -> int:
    """A number in which each element of a bag sets a bit: common bits bound how much two bags overlap."""
    signature = 0
    for element in bag:
        signature |= BIT[element % BITS]
    return signature


def _given_away(questions: Sequence[str], answers: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Each question with the other notes whose answers it holds."""
    shortest = min(map(len, answers), default=0)
    sizes: defaultdict[str, set[int]] = defaultdict(set)
    """The lengths of the answers that begin with certain letters."""
    for answer in answers:
        sizes[answer[:shortest]].add(len(answer))
    for asking, question in enumerate(questions if answers else ()):
        starts = range(len(question) - shortest + 1)
        if sizes.keys().isdisjoint([question[start : start + shortest] for start in starts]):
            continue
        held = (
            question[start : start + size]
            for start in starts
            for size in sizes.get(question[start : start + shortest], ())
        )
        owners = {answers[text] for text in held if text in answers}
        yield from ((asking, owner) for owner in sorted(owners - {asking}))
