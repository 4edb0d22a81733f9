"""What earlier builds left besides ``deck.lock``, which may be an older version after a revert, a merge or a checkout.

Anki passes over a text whose time is not newer than that of the text it has. So a note's time must be newer than that
of every other text of it that was ever packaged, as far as is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from deckwright.identity.entries import Entry
from deckwright.identity.headers import Header
from deckwright.identity.lock import Lock


class Trace(NamedTuple):
    """A note as another lock or a package has it, and what that is, described for messages."""

    entry: Entry
    where: str


Traces = Mapping[str, Sequence[Trace]]
"""Note id → its traces."""


def restore_entries(before: Lock, ids: Collection[str], traces: Traces) -> Lock:
    """Add to a lock the notes of a deck that it lacks and that traces know: the newest counts.

    A merge that took ``deck.lock`` from one side lost what only the other side had. Of notes that the deck has no more
    the lock remembers what was built last, for the day on which they come back.
    """
    found: dict[str, Entry] = {}
    for name, some in traces.items():
        if not some:
            continue
        newest, known = newest_of(some), before.notes.get(name)
        if known is None and name in ids:
            found[name] = newest
        elif known and name not in ids and newest.modified > known.modified:
            found[name] = known._replace(modified=newest.modified, hashes=newest.hashes, is_raw=newest.is_raw)
    return replace(before, notes=before.notes.with_changes(found)) if found else before


def newest_of(traces: Iterable[Trace]) -> Entry:
    """Return the entry of the newest of some traces."""
    return max((trace.entry for trace in traces), key=lambda entry: entry.modified)


def overtaken(before: Lock, headers: Iterable[Header], traces: Traces) -> dict[str, str]:
    """Return the unchanged notes whose time in the lock is not newer than that of another text → where that is."""
    found: dict[str, str] = {}
    for header in headers:
        known = before.notes.get(header.id)
        if known is None or known.hashes != header.hashes:
            continue
        for trace in traces.get(header.id, ()):
            if trace.entry.hashes != header.hashes and trace.entry.modified >= known.modified:
                found[header.id] = trace.where
    return found
