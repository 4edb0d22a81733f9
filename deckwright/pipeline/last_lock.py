"""The lock of the last build, completed by what else earlier builds left."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from deckwright.identity import Entry, Lock
from deckwright.identity.traces import Traces, newest_of, overtaken, restore_entries
from deckwright.identity.upgrade_format_1 import EarlierText, resolve_raw, upgrade_lock
from deckwright.pipeline.earlier_builds import EarlierBuilds, packaged_notes

LISTED = 5
"""Notes that a notice names."""


class LastLock(NamedTuple):
    """What is known of a deck's notes when a build begins to give times."""

    recorded: Lock
    """``deck.lock``, in this format."""
    lock: Lock
    """The same with the entries that it lacks and that traces know."""
    traces: Traces
    overtaken: Mapping[str, str]
    """Unchanged notes of which another text was packaged at the same time or later → where."""
    notices: Sequence[str]
    forgotten: Mapping[str, Entry]
    """The newest trace of each note that neither the lock nor the deck has."""


def complete_last_lock(past: EarlierBuilds) -> LastLock:
    """Upgrade the lock that was read to this format, and complete it from traces.

    All notes of the deck must have ids by now.
    """
    rendered, traces = past.rendered, past.traces
    indices = {name: index for index, name in enumerate(rendered.ids)}

    def fields_of(name: str) -> dict[str, str]:
        return rendered.texts(indices[name])

    recorded, undecided = past.lock, list[str]()
    if recorded.notes.is_raw:
        recorded, undecided = upgrade_lock(recorded, rendered.headers, fields_of, _earlier_texts(past))
    headers = [rendered.headers[indices[name]] for name in sorted(traces.keys() & indices.keys())]
    resolved = resolve_raw(traces, recorded, headers, fields_of)
    lock = restore_entries(recorded, indices, {**traces, **resolved})
    behind = overtaken(lock, headers, resolved)
    waiting = overtaken(
        lock, [rendered.headers[indices[name]] for name in past.unmerged if name in indices], past.unmerged
    )
    notices = [*_undecided_notice(undecided), *_overtaken_notice(behind), *_waiting_notice({*waiting} - {*behind})]
    forgotten = {
        name: newest_of(some) for name, some in traces.items() if name not in indices and name not in recorded.notes
    }
    return LastLock(recorded, lock, resolved, behind, notices, forgotten)


def _earlier_texts(past: EarlierBuilds) -> Callable[[str], Sequence[EarlierText]]:
    """Return what packages and the kept collection hold of a note by its id."""
    texts: dict[str, list[EarlierText]] = {}
    for path in dict.fromkeys([*past.packages, *filter(None, [past.released]), *past.kept]):
        for note in packaged_notes(path):
            texts.setdefault(note.fields.get("ID", ""), []).append((note.fields, note.tags))
    return lambda name: texts.get(name, ())


def _undecided_notice(undecided: Sequence[str]) -> Iterator[str]:
    if undecided:
        yield (
            f"{_notes(undecided, 'gets')} a new time although perhaps only the markup changed ({listed(undecided)}): "
            "deck.lock is of an older format, and no package of the last build is here to compare with; to have one "
            "compared, restore deck.lock, put that package into dist/ and build again"
        )


def _overtaken_notice(behind: Mapping[str, str]) -> Iterator[str]:
    if behind:
        where = ", ".join(sorted(set(behind.values())))
        yield (
            f"{_notes(behind, 'gets')} a new time because another text was built later ({listed(behind)}; {where}): "
            "the new time makes Anki import this text"
        )


def _waiting_notice(waiting: Collection[str]) -> Iterator[str]:
    if waiting:
        yield (
            f"{_notes(waiting, 'shows')} another text than the last build here, which was on a branch that is not "
            f"merged, or before a stash ({listed(waiting)}): an Anki that imported that one keeps its text until it is "
            "merged; `build --touch ID` makes it import this one"
        )


def _notes(names: Iterable[str], verb: str) -> str:
    count = len([*names])
    return f"1 note {verb}" if count == 1 else f"{count} notes {verb.removesuffix('s')}"


def listed(names: Iterable[str]) -> str:
    """Return the first few of some names, sorted, as a line of text."""
    known = sorted(names)
    return ", ".join(known[:LISTED]) + ", …" * (len(known) > LISTED)
