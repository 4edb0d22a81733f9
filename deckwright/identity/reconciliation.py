"""The notes of a deck and the lock of its last build → the lock of this build."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from deckwright.deck.settings import LOCK_FILE
from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Entry
from deckwright.identity.headers import DatedNote, Header
from deckwright.identity.ids import number_for
from deckwright.identity.lock import Lock, TypeEntry
from deckwright.identity.positions import positions
from deckwright.identity.traces import Traces
from deckwright.problems import Place, Problem

NO_TRACES: Traces = MappingProxyType({})


def reconcile(
    headers: Sequence[Header],
    looks: Mapping[NoteKind, str],
    before: Lock,
    now: int,
    touch: Collection[str] | None = (),
    among: Sequence[str] | None = None,
    traces: Traces = NO_TRACES,
    earlier_types: Iterable[tuple[NoteKind, TypeEntry]] = (),
) -> Lock:
    """Give every note its number, time and position: the lock of this build. What did not change is the same object.

    ``headers`` come in study order; ``looks`` are the fingerprints of the note types; ``now`` is the clock in seconds;
    ``touch`` names notes that get a new time although nothing changed (None: all of them). ``among`` are the ids of
    all notes in study order, where ``headers`` are only those that may differ from what ``before`` says of them;
    it is then the lock of a build that had the others in the same order. ``traces`` are what else is left of earlier
    builds: no note gets a time that is not newer than that of another text in them; ``earlier_types`` are the same for
    note types.

    A note's time is the time of the build that first saw what it shows: Anki updates a note only when the package's
    time is strictly newer, and an unchanged note keeps its time so that an import leaves the learner's edits alone.
    """
    order = [header.id for header in headers] if among is None else among
    numbers = _numbers(headers, before, are_all=among is None)
    places = positions(order, headers, before)
    touched = None if touch is None else frozenset(touch)
    known, entries = before.notes, dict[str, Entry]()
    for header in headers:
        name, last = header.id, known.get(header.id)
        earlier = [trace.entry for trace in traces.get(name, ())] + ([last] if last else [])
        texts = [((entry.is_raw, entry.hashes), entry.modified) for entry in earlier]
        entries[name] = Entry(
            kind=header.kind,
            number=numbers[name],
            modified=_time((False, header.hashes), texts, now, is_touched=touched is None or name in touched),
            position=places[name],
            deck=header.deck,
            hashes=header.hashes,
            markup=header.markup,
            guid=last.guid if last else "",
            ords=header.ords,
        )
    entries |= {name: known[name]._replace(position=places[name]) for name in places.keys() - entries.keys()}
    entries |= {name: known[name]._replace(retired=True) for name in known.keys() - set(order)}
    changes = {name: entry for name, entry in entries.items() if entry != known.get(name)}
    types, known_types = {}, [*before.note_types.items(), *earlier_types]
    for kind, look in looks.items():
        earlier_looks = [entry for other, entry in known_types if other is kind]
        types[kind] = TypeEntry(look, _time(look, earlier_looks, now, is_touched=touch is None))
    return Lock(before.deck_id, known.with_changes(changes), types, before.versions, changes=changes)


def _time(shown: object, earlier: Sequence[tuple[object, int]], now: int, *, is_touched: bool) -> int:
    """Return the time of the build that first saw what is shown, newer than that of anything else.

    ``earlier`` is what was shown at which times; what ``is_touched`` gets a new time in any case.
    """
    same = max((time for what, time in earlier if what == shown), default=0)
    other = max((time for what, time in earlier if what != shown), default=0)
    return same if same > other and not is_touched else max(now, same + 1, other + 1)


def dated(header: Header, fields: str, lock: Lock) -> DatedNote:
    """Return a note with the time, number and position that the lock of this build gives it."""
    entry = lock.notes[header.id]
    return DatedNote(header, fields, lock.guid(header.id), entry.number, entry.modified, entry.position)


def is_visible_change(before: Entry | None, after: Entry) -> bool:
    """Whether two entries of a note differ in anything but its markup, which nobody sees."""
    return before is None or before._replace(hashes=after.hashes, markup=after.markup, is_raw=False) != after


def future_problem(lock: Lock, now: int, where: str = "it") -> Problem | None:
    """Return the problem with a lock ahead of the clock: Anki would skip every change until the clock is there.

    ``where`` is what holds the time, when it is not the lock itself.
    """
    if lock.newest <= now:
        return None
    ahead = datetime.datetime.fromtimestamp(lock.newest, datetime.UTC).isoformat(sep=" ")
    clock = datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(sep=" ")
    return Problem(
        Place(LOCK_FILE),
        f"a time in {where} ({ahead[:19]} UTC) is later than this machine's clock ({clock[:19]} UTC); set the clock "
        "right, or restore the lock from version control, or delete it and build --recover a package of before",
        "future-time",
    )


def _numbers(headers: Sequence[Header], before: Lock, *, are_all: bool) -> dict[str, int]:
    """Anki's number for every note: the recorded one, or the GUID's, the next free one on a collision."""
    new = [header.id for header in headers if header.id not in before.notes]
    if not (new or are_all):
        return {header.id: before.notes[header.id].number for header in headers}
    numbers = {name: entry.number for name, entry in before.notes.items()}
    taken = set(numbers.values())
    doubles = _doubles(numbers) if len(taken) < len(numbers) else []
    return {**numbers, **_new_numbers(before, [*doubles, *sorted(new)], taken)}


def _doubles(numbers: Mapping[str, int]) -> list[str]:
    """Two branches may have recorded the same number for two notes: the first by id keeps it, the others are these."""
    first = {number: name for name, number in sorted(numbers.items(), reverse=True)}
    return sorted(name for name, number in numbers.items() if first[number] != name)


def _new_numbers(lock: Lock, ids: Iterable[str], taken: set[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in ids:
        found[name] = number_for(lock.guid(name), taken)
        taken.add(found[name])
    return found


def renumber(lock: Lock, ids: Collection[str]) -> Lock:
    """Give notes of a lock, by their ids, the numbers of their GUIDs in place of those that it has."""
    numbers = _new_numbers(lock, sorted(ids), {entry.number for entry in lock.notes.values()})
    found = {name: lock.notes[name]._replace(number=number) for name, number in numbers.items()}
    return replace(lock, notes=lock.notes.with_changes(found))
