"""Notes whose id was lost or mistyped: found again by what they show, through the hashes in ``deck.lock``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Entry, Lock, hash_map
from deckwright.identity.headers import Header

TEXTS = ("Question", "Answer", "Text", "Prompt", "Details")
"""Fields that make a note the same to an author; tags and sources go the way of an attribute list that was lost."""
TELLING = ("Question", "Text")
"""Fields that are hardly ever the same in two notes."""
Shown = tuple[NoteKind, tuple[tuple[str, str], ...]]


class LostNotes:
    """The notes that a lock knows and a deck no longer has by their ids; each is given to one note only."""

    def __init__(self, lock: Lock, present: Collection[str]) -> None:
        """Look at a lock; ``present`` are the ids of the deck's notes."""
        self.exact: dict[Shown, list[str]] = {}
        self.near: dict[tuple[NoteKind, str, str], list[str]] = {}
        self.given: set[str] = set()
        gone = ((name, entry) for name, entry in lock.notes.items() if name not in present and not entry.is_raw)
        for name, entry in sorted(gone, key=lambda pair: (pair[1].retired, pair[1].position)):
            shown = _shown(entry)
            self.exact.setdefault(shown, []).append(name)
            for key in _keys(shown) if not entry.retired else ():
                self.near.setdefault(key, []).append(name)

    def take(self, headers: Mapping[int, Header]) -> dict[int, str]:
        """Give lost notes to those that show what they showed, exactly or else nearly: key of the header → id."""
        found: dict[int, str] = {}
        ways: list[Callable[[Shown], Iterable[str]]] = [lambda shown: self.exact.get(shown, ()), self._nearly]
        for find in ways:
            for key, header in headers.items():
                name = next((name for name in find(_shown(header)) if name not in self.given), None)
                if name and key not in found:
                    found[key] = name
                    self.given.add(name)
        return found

    def _nearly(self, shown: Shown) -> Iterator[str]:
        """Yield notes that are not retired and have the same question, or two texts the same."""
        keys = [*_keys(shown)]
        counts: dict[str, int] = {}
        for kind, field, value in keys:
            for name in self.near.get((kind, field, value), ()):
                counts[name] = counts.get(name, 0) + (2 if field in TELLING else 1)
        yield from (name for name, count in counts.items() if count >= 2)


def _shown(note: Header | Entry) -> Shown:
    hashes = hash_map(note.hashes)
    return note.kind, tuple((field, hashes[field]) for field in TEXTS if field in hashes)


def _keys(shown: Shown) -> Iterable[tuple[NoteKind, str, str]]:
    kind, texts = shown
    return ((kind, field, value) for field, value in texts)
