"""The lock of the last build, completed by what else earlier builds left."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from deckwright.identity import Entry, Lock
from deckwright.identity.traces import Traces, newest_of, overtaken, restore_entries
from deckwright.identity.upgrade_format_1 import EarlierText, resolve_raw, upgrade_lock
from deckwright.pipeline.earlier_builds import EarlierBuilds, read_packaged

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
    unmerged = [rendered.headers[indices[name]] for name in past.unmerged if name in indices]
    waiting = overtaken(lock, unmerged, past.unmerged).keys() - behind.keys()
    forgotten = {
        name: newest_of(some) for name, some in traces.items() if name not in indices and name not in recorded.notes
    }
    return LastLock(recorded, lock, resolved, behind, [*_notices(undecided, behind, waiting)], forgotten)


def _earlier_texts(past: EarlierBuilds) -> dict[str, list[EarlierText]]:
    """Return what packages and the kept collection hold of notes by their ids."""
    texts: dict[str, list[EarlierText]] = {}
    for path in dict.fromkeys([*past.packages, *filter(None, [past.released]), *past.kept]):
        for note in read_packaged(path).notes:
            texts.setdefault(note.fields.get("ID", ""), []).append((note.fields, note.tags))
    return texts


def _notices(undecided: Collection[str], behind: Mapping[str, str], waiting: Collection[str]) -> Iterator[str]:
    if undecided:
        yield (
            f"{count_notes(undecided, 'gets')} a new time although perhaps only the markup changed "
            f"({listed(undecided)}): deck.lock is of an older format, and no package of the last build is here to "
            "compare with; to have one compared, restore deck.lock, put that package into dist/ and build again"
        )
    if behind:
        where = ", ".join(sorted(set(behind.values())))
        yield (
            f"{count_notes(behind, 'gets')} a new time because another text was built later "
            f"({listed(behind)}; {where}): the new time makes Anki import this text"
        )
    if waiting:
        yield (
            f"{count_notes(waiting, 'shows')} another text than the last build here, which was on a branch that is "
            f"not merged, or before a stash ({listed(waiting)}): an Anki that imported that one keeps its text until "
            "it is merged; `build --touch ID` makes it import this one"
        )


def count_notes(names: Collection[str], verb: str) -> str:
    """Return how many notes do something, as ``1 note gets`` and ``2 notes get``."""
    return f"1 note {verb}" if len(names) == 1 else f"{len(names)} notes {verb.removesuffix('s')}"


def listed(names: Iterable[str]) -> str:
    """Return the first few of some names, sorted, as a line of text."""
    known = sorted(names)
    return ", ".join(known[:LISTED]) + ", …" * (len(known) > LISTED)
