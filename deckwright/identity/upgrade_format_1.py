"""A lock of format 1 → a lock of this format, so that no note gets a new time for its markup alone.

Format 1 held hashes of the fields' HTML and none of what a learner sees. A note whose HTML is still the same shows the
same. Where the HTML
changed, an earlier package is compared if its hashes are those in the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from deckwright.identity.entries import (
    Entry,
    Lock,
    content_hashes,
    hash_map,
    raw_hashes,
    same_without_whereabouts,
)
from deckwright.identity.headers import Header


class EarlierText(NamedTuple):
    """A note as an earlier package holds it."""

    fields: Mapping[str, str]
    tags: Sequence[str]


class UpgradedLock(NamedTuple):
    """A lock of this format, and the ids of notes of which it is not known whether they show the same."""

    lock: Lock
    undecided: Sequence[str]


def upgrade_lock(
    before: Lock,
    headers: Iterable[Header],
    fields_of: Callable[[str], Mapping[str, str]],
    earlier_texts: Callable[[str], Iterable[EarlierText]],
) -> UpgradedLock:
    """Give the entries of a lock of format 1 the hashes of what their notes show, where that did not change.

    ``fields_of`` gives the fields of a note of this build by its id, ``earlier_texts`` those that are left of earlier
    builds. Entries of other notes stay as they are until their notes come back; so do those of notes that changed.
    """
    carried: dict[str, Entry] = {}
    undecided: list[str] = []
    for header in headers:
        known = before.notes.get(header.id)
        if known is None or not known.is_raw:
            continue
        same = shows_the_same(known, header, fields_of(header.id), earlier_texts(header.id))
        if same:
            carried[header.id] = known._replace(
                hashes=header.hashes, ords=header.ords, is_raw=False
            )  # markup: not known
        elif same is None:
            undecided.append(header.id)
    return UpgradedLock(replace(before, notes={**before.notes, **carried}), undecided)


def shows_the_same(
    known: Entry, header: Header, fields: Mapping[str, str], earlier: Iterable[EarlierText]
) -> bool | None:
    """Whether a note shows what it showed when an entry of format 1 was written; None when that is not known."""
    before, now = hash_map(known.hashes), raw_hashes(fields, header.tags)
    if same_without_whereabouts(before, now):
        return True
    for text in earlier:
        if raw_hashes(text.fields, text.tags) == before:
            return content_hashes(text.fields, text.tags) == header.hashes
    return None
