"""Notes that have another id than before, or none: found again by the hashes in ``deck.lock``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Entry
from deckwright.identity.headers import Header
from deckwright.identity.lock import Lock

TEXTS = frozenset({"Question", "Answer", "Text", "Prompt", "Details"})
"""Fields that make a note the same to an author; tags and sources are lost together with an attribute list."""
TELLING = frozenset({"Question", "Text"})
"""Fields that are hardly ever the same in two notes."""
ANSWER = "Answer"
SURE = 2
"""The score from which on two notes are the same: a telling field is the same, or two others are."""


class Found(NamedTuple):
    """The note of the lock whose text another note has now."""

    id: str
    is_sure: bool
    """Whether enough of the text is the same; else one field is, which another note might have as well."""


class LostNotes:
    """Notes of a lock that a deck no longer has under their ids; each is given to one note only."""

    def __init__(self, lock: Lock, free: Collection[str], counts: Mapping[str, int]) -> None:
        """Look at a lock; ``free`` are the ids whose notes went, or have another text now; ``counts`` its texts."""
        self.lock, self.counts, self.given = lock, counts, set[str]()
        self.exact: dict[tuple[NoteKind, frozenset[str]], list[str]] = {}
        self.near: dict[tuple[NoteKind, str], list[str]] = {}
        known = ((name, lock.notes[name]) for name in free)
        entries = [(name, entry) for name, entry in known if not entry.is_raw]
        for name, entry in sorted(entries, key=lambda pair: (pair[1].retired, pair[1].position, pair[0])):
            texts = texts_of(entry)
            self.exact.setdefault((entry.kind, texts), []).append(name)
            for text in texts:
                self.near.setdefault((entry.kind, text), []).append(name)

    def take(self, headers: Mapping[int, Header], has_long_answer: Callable[[int], bool]) -> dict[int, Found]:
        """Give lost notes to those that show what they showed, exactly or else nearly: key of the header → what.

        A retired one is given to a note without an id whose question it had, or for the very same text; never to a
        note whose id the lock does not know: that is to begin anew. ``has_long_answer`` tells by the key whether a
        note's answer is so long that no other note has the same one.
        """
        found: dict[int, Found] = {}
        ways: list[Callable[[int, Header], Iterator[Found]]] = [
            lambda _, header: self._exactly(header),
            lambda _, header: self._nearly(header, is_long=False),
            lambda key, header: self._by_answer(header, is_long=has_long_answer(key)),
        ]
        for find in ways:
            for key, header in headers.items():
                if key not in found and (one := next((f for f in find(key, header) if f.id not in self.given), None)):
                    found[key] = one
                    self.given.add(one.id)
        return found

    def _exactly(self, header: Header) -> Iterator[Found]:
        may_be_retired = not header.id or header.id in self.lock.notes
        texts = texts_of(header)
        for name in self.exact.get((header.kind, texts), ()) if texts else ():
            if may_be_retired or not self.lock.notes[name].retired:
                yield Found(name, is_sure=True)

    def _nearly(self, header: Header, *, is_long: bool) -> Iterator[Found]:
        yield from (Found(name, is_sure=True) for name, score in self._scores(header, is_long) if score >= SURE)

    def _by_answer(self, header: Header, *, is_long: bool) -> Iterator[Found]:
        """Yield notes by a long answer alone; by any one field, which is not sure, for a note without an id."""
        yield from self._nearly(header, is_long=is_long)
        if not header.id:
            scores = self._scores(header, is_long)
            yield from (Found(name, is_sure=False) for name, _ in scores if not self.lock.notes[name].retired)

    def _scores(self, header: Header, is_long: bool) -> list[tuple[str, int]]:
        """Return the notes that share a text with one that no other note has, the likest first."""
        scores = Counter[str]()
        for text in texts_of(header):
            name = self._only(header, text)
            if name:
                field = field_of(text)
                scores[name] += SURE if field in TELLING or (is_long and field == ANSWER) else 1
        return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))

    def _only(self, header: Header, text: str) -> str:
        """Return the only note that has a text, a retired one where no other has it; nothing where several have it."""
        names = self.near.get((header.kind, text), ())
        live = [name for name in names if not self.lock.notes[name].retired]
        if live or header.id or len(names) != 1:
            return live[0] if len(live) == 1 == self.counts[text] else ""
        return names[0] if self.counts[text] == 0 else ""


def count_texts(lock: Lock) -> Counter[str]:
    """Count how many notes of a lock that are not retired have each text: what several have tells nothing."""
    counts = Counter[str]()
    for entry in lock.notes.values():
        if not entry.retired:
            counts.update(entry.hashes.split(", "))
    return counts


def texts_of(note: Header | Entry) -> frozenset[str]:
    """Return what a lock holds for each of a note's texts: field and hash."""
    return frozenset(text for text in note.hashes.split(", ") if field_of(text) in TEXTS)


def field_of(text: str) -> str:
    """Return the field of a text as ``texts_of`` gives it."""
    return text.partition('": "')[0][1:]
