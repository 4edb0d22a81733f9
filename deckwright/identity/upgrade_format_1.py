"""A lock of format 1 → a lock of this format, so that no note gets a new time for its markup alone.

Format 1 held hashes of the fields' HTML and none of what a learner sees. A note whose HTML is still the same shows the
same. Where the HTML changed, an earlier package is compared if its hashes are those in the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from deckwright.identity.entries import Entry, content_hashes, hash_map, raw_hashes, same_without_whereabouts
from deckwright.identity.headers import Header
from deckwright.identity.lock import Lock
from deckwright.identity.traces import Trace, Traces

EarlierText = tuple[Mapping[str, str], Sequence[str]]
"""The fields and the tags of a note as an earlier package holds it."""


def upgrade_lock(
    before: Lock,
    headers: Iterable[Header],
    fields_of: Callable[[str], Mapping[str, str]],
    earlier_texts: Mapping[str, Sequence[EarlierText]],
) -> tuple[Lock, list[str]]:
    """Give the entries of a lock of format 1 the hashes of what their notes show, where that did not change.

    ``fields_of`` gives the fields of a note of this build by its id; ``earlier_texts`` are those that are left of
    earlier builds. Entries of other notes stay as they are until their notes come back; so do those of notes that
    changed. Also returned are the ids of the notes of which it is not known whether they show the same.
    """
    upgraded: dict[str, Entry] = {}
    undecided: list[str] = []
    for header in headers:
        known = before.notes.get(header.id)
        if known is None or not known.is_raw:
            continue
        same = _shows_the_same(known, header, fields_of(header.id), earlier_texts.get(header.id, ()))
        if same:
            upgraded[header.id] = _upgraded(known, header)
        elif same is None:
            undecided.append(header.id)
    return replace(before, notes=before.notes.with_changes(upgraded)), undecided


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
    if _shows_the_same(entry, header, fields):
        return trace._replace(entry=_upgraded(entry, header))
    return None if known and entry.modified <= known.modified else trace


def _upgraded(entry: Entry, header: Header) -> Entry:
    """Return the entry of a note that shows what it showed; the markup that it had is not known."""
    return entry._replace(hashes=header.hashes, ords=header.ords, is_raw=False)


def _shows_the_same(
    known: Entry, header: Header, fields: Mapping[str, str], earlier: Iterable[EarlierText] = ()
) -> bool | None:
    """Whether a note shows what it showed when an entry of format 1 was written; None when that is not known."""
    before, now = hash_map(known.hashes), raw_hashes(fields, header.tags)
    if same_without_whereabouts(before, now):
        return True
    for text in earlier:
        if raw_hashes(*text) == before:
            return content_hashes(*text) == header.hashes
    return None
