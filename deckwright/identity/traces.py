"""What earlier builds left besides ``deck.lock``, which may be an older version after a revert, a merge or a checkout.

Anki passes over a text whose time is not newer than that of the text it has. So a note's time must be newer than that
of every other text of it that was ever packaged, as far as is known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from deckwright.identity.entries import Entry, Lock, hash_map, raw_hashes, same_without_whereabouts
from deckwright.identity.headers import Header


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
    return replace(before, notes={**before.notes, **found}) if found else before


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


def resolve_raw(
    traces: Traces, before: Lock, headers: Iterable[Header], fields_of: Callable[[str], Mapping[str, str]]
) -> dict[str, list[Trace]]:
    """Give traces of format 1 the hashes of what their notes show where that is what they show now.

    Others are left out unless they are newer than the lock's entry: it was made from them.
    """
    found = {name: list(some) for name, some in traces.items() if not any(trace.entry.is_raw for trace in some)}
    for header in headers:
        some = traces.get(header.id, ())
        if some and header.id not in found:
            fields = fields_of(header.id)
            resolved = (_resolved(trace, before.notes.get(header.id), header, fields) for trace in some)
            found[header.id] = [trace for trace in resolved if trace]
    return found


def _resolved(trace: Trace, known: Entry | None, header: Header, fields: Mapping[str, str]) -> Trace | None:
    entry = trace.entry
    if not entry.is_raw:
        return trace
    if same_without_whereabouts(hash_map(entry.hashes), raw_hashes(fields, header.tags)):
        return trace._replace(entry=entry._replace(hashes=header.hashes, is_raw=False))
    return None if known and entry.modified <= known.modified else trace
