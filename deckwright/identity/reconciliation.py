"""The notes of a deck and the lock of its last build → the lock of this build."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Entry, Lock, TypeEntry
from deckwright.identity.file import LOCK_FILE
from deckwright.identity.headers import DatedNote, Header
from deckwright.identity.ids import number_for
from deckwright.identity.positions import positions
from deckwright.identity.traces import Traces, time_of
from deckwright.problems import Place, Problem

NO_TRACES: Traces = MappingProxyType({})
NO_TYPES: Mapping[NoteKind, Sequence[TypeEntry]] = MappingProxyType({})


def reconcile(
    headers: Sequence[Header],
    looks: Mapping[NoteKind, str],
    before: Lock,
    now: int,
    touch: Collection[str] | None = (),
    among: Sequence[str] | None = None,
    traces: Traces = NO_TRACES,
    earlier_types: Mapping[NoteKind, Sequence[TypeEntry]] = NO_TYPES,
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
    changes = _changes(headers, before, now, touch, (numbers, positions(order, headers, before)), traces)
    for name in before.notes.keys() - set(order):
        if not before.notes[name].retired:
            changes[name] = before.notes[name]._replace(retired=True)
    types = {
        kind: _dated_look(
            [*filter(None, [before.note_types.get(kind)]), *earlier_types.get(kind, ())], look, now, touch
        )
        for kind, look in looks.items()
    }
    return Lock(before.deck_id, {**before.notes, **changes}, types, before.versions, changes=changes)


def _changes(
    headers: Sequence[Header],
    before: Lock,
    now: int,
    touch: Collection[str] | None,
    given: tuple[Mapping[str, int], Mapping[str, int]],
    traces: Traces,
) -> dict[str, Entry]:
    """The entries of the deck's notes that differ from those before, with the numbers and positions ``given``."""
    numbers, positions = given
    touched = None if touch is None else frozenset(touch)
    changes: dict[str, Entry] = {}
    for header in headers:
        name, known = header.id, before.notes.get(header.id)
        is_touched = touched is None or name in touched
        modified = time_of(known, header, traces.get(name, ()), now, touched=is_touched)
        entry = Entry(
            kind=header.kind,
            number=numbers[name],
            modified=modified,
            position=positions[name],
            deck=header.deck,
            hashes=header.hashes,
            markup=header.markup,
            guid=known.guid if known else "",
            ords=header.ords,
        )
        if entry != known:
            changes[name] = entry
    for name in positions.keys() - {header.id for header in headers}:
        if before.notes[name].position != positions[name]:
            changes[name] = before.notes[name]._replace(position=positions[name])
    return changes


def _dated_look(known: Sequence[TypeEntry], look: str, now: int, touch: Collection[str] | None) -> TypeEntry:
    """Give a note type the time of the build that first saw its look, newer than that of any other look of it."""
    same = max((entry.modified for entry in known if entry.fingerprint == look), default=0)
    other = max((entry.modified for entry in known if entry.fingerprint != look), default=0)
    is_known = same > other and touch is not None
    return TypeEntry(look, same if is_known else max(now, same + 1, other + 1))


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
        "right, or restore the lock from version control",
        "future-time",
    )


def _numbers(headers: Sequence[Header], before: Lock, *, are_all: bool) -> dict[str, int]:
    """Anki's number for every note: the recorded one, or the GUID's, the next free one on a collision."""
    new = {header.id: before.guid(header.id) for header in headers if header.id not in before.notes}
    if not (new or are_all):
        return {header.id: before.notes[header.id].number for header in headers}
    numbers = {name: entry.number for name, entry in before.notes.items()}
    taken = set(numbers.values())
    if len(taken) < len(numbers):
        numbers, taken = _parted(before)
    for name in sorted(new):
        numbers[name] = number_for(new[name], taken)
        taken.add(numbers[name])
    return numbers


def renumber(lock: Lock, ids: Collection[str]) -> Lock:
    """Give notes of a lock, by their ids, the numbers of their GUIDs in place of those that it has."""
    taken = {entry.number for entry in lock.notes.values()}
    found = {name: lock.notes[name]._replace(number=number_for(lock.guid(name), taken)) for name in sorted(ids)}
    return replace(lock, notes={**lock.notes, **found}) if found else lock


def _parted(before: Lock) -> tuple[dict[str, int], set[int]]:
    """Two branches may have recorded the same number for two notes: the first by id keeps it."""
    numbers: dict[str, int] = {}
    taken: set[int] = set()
    for name, entry in sorted(before.notes.items()):
        number = entry.number
        if number in taken:
            number = number_for(before.guid(name), taken)
        numbers[name] = number
        taken.add(number)
    return numbers, taken
