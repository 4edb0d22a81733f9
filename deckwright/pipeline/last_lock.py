"""The lock of the last build, completed by what else earlier builds left: packages, the cache, git's history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from deckwright.files import stamp_of
from deckwright.grammar.note import NoteKind
from deckwright.identity import (
    EarlierText,
    Entry,
    Lock,
    LockError,
    Trace,
    Traces,
    TypeEntry,
    UpgradedLock,
    markup_hash,
    overtaken,
    read_lock,
    resolve_raw,
    restore_entries,
    upgrade_lock,
)
from deckwright.identity.entries import hash_map, raw_hashes
from deckwright.identity.file import entry_of_json
from deckwright.identity.traces import newest_of
from deckwright.package.read import PackagedNote, PackagedType, read_collection, read_package
from deckwright.package.recovery import entry_of
from deckwright.pipeline.git_history import read_history, refs_hash
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.problems import PackageError, Problem

GIT_HISTORY, LAST_BUILD = "git's history", "the last build here"
LISTED = 5
"""Notes that a notice names."""


class TraceOptions(NamedTuple):
    """Where to look for traces of earlier builds."""

    packages: Sequence[Path] = ()
    history: bool = True
    """Whether git is asked."""
    frozen: bool = False
    """Only what belongs to the very commit that is checked out counts: its own history."""


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


def read_last_lock(root: Path, rendered: RenderedDeck) -> tuple[Lock, list[Problem]]:
    """Read ``deck.lock``; where it cannot be used, return an empty one and the problem.

    Where the deck's id cannot be read, that is the problem, and the lock is for later.
    """
    deck_id = rendered.deck.settings.id
    try:
        return read_lock(root, deck_id) if deck_id else Lock(deck_id), []
    except LockError as error:
        return Lock(deck_id), [error.problem]


def is_of_last_build(lock: Lock, rendered: RenderedDeck) -> bool:
    """Whether a lock that was read is the one that the last build left."""
    built = rendered.cache.fact("built") or {}
    return lock.digest != "" and lock.digest == built.get("lock") and built["context"] == rendered.cache.fact("context")


def changed_indices(rendered: RenderedDeck, lock: Lock) -> Sequence[int]:
    """Return the indices of the notes that may differ from the lock: all, unless it is that of the last build."""
    return sorted({*rendered.changed()}) if is_of_last_build(lock, rendered) else range(len(rendered.ids))


def trace_states(root: Path, options: TraceOptions) -> dict[str, Any]:
    """Return the states of what may hold traces: a hash of git's refs, and size and time of each package."""
    refs = refs_hash(root) if options.history else ""
    return {"refs": refs, "packages": {str(path.absolute()): _stamp(path) for path in options.packages}}


def collect_traces(
    root: Path, rendered: RenderedDeck, before: Lock, kinds: Mapping[int, NoteKind], options: TraceOptions
) -> dict[str, list[Trace]]:
    """Return what earlier builds left of notes that ``before`` does not know as new or newer.

    What the last build already looked at is passed over while ``deck.lock`` is the one that it left. ``kinds`` are
    those of the deck's note types by their ids.
    """
    found: dict[str, list[Trace]] = {}

    def add(name: str, entry: Entry, where: str) -> None:
        known = before.notes.get(name)
        is_new = known is None or (known.modified, known.hashes) < (entry.modified, entry.hashes)
        if is_new or (known and known.modified == entry.modified and known.hashes != entry.hashes):
            found.setdefault(name, []).append(Trace(entry, where))

    seen: Mapping[str, Any] = {}
    if is_of_last_build(before, rendered):
        seen = (rendered.cache.fact("built") or {}).get("sources", {})
    unmerged: set[tuple[str, int, str]] = set()
    if options.history and (options.frozen or not seen or seen["refs"] != refs_hash(root)):
        history = read_history(root, only_own=options.frozen)
        for name, entry in history.built:
            add(name, entry, GIT_HISTORY)
        unmerged = {(name, entry.modified, entry.hashes) for name, entry in history.unmerged}
    if not options.frozen:
        for name, row in (rendered.cache.fact("retired") or {}).items():
            add(name, entry_of_json(row), LAST_BUILD)
        for path in _unseen_packages(rendered, options.packages, seen):
            for note in packaged_notes(path):
                if (name := note.fields.get("ID", "")) and note.type_id in kinds:
                    known = before.notes.get(name)
                    if known is None or not _is_as_known(note, known):
                        entry = entry_of(note, kinds[note.type_id], before.guid(name))
                        if (name, entry.modified, entry.hashes) not in unmerged:
                            add(name, entry, _where(path))
    return found


def earlier_types(
    rendered: RenderedDeck, before: Lock, kinds: Mapping[int, NoteKind], options: TraceOptions
) -> dict[NoteKind, list[TypeEntry]]:
    """Return the looks that the note types had in earlier builds, with their times."""
    found: dict[NoteKind, list[TypeEntry]] = {}
    if options.frozen or is_of_last_build(before, rendered):
        return found
    for kind, row in ((rendered.cache.fact("built") or {}).get("types") or {}).items():
        found.setdefault(NoteKind(kind), []).append(TypeEntry(*row))
    for path in dict.fromkeys(options.packages):
        for packaged in packaged_types(path):
            if packaged.id in kinds:
                found.setdefault(kinds[packaged.id], []).append(TypeEntry(packaged.look, packaged.modified))
    return found


def complete_last_lock(
    rendered: RenderedDeck, before: Lock, traces: Mapping[str, list[Trace]], packages: Sequence[Path]
) -> LastLock:
    """Upgrade a lock that was read to this format, and complete it from traces.

    All notes of the deck must have ids by now; ``packages`` may hold the texts of a lock of format 1.
    """
    indices = {name: index for index, name in enumerate(rendered.ids)}

    def fields_of(name: str) -> dict[str, str]:
        return rendered.texts(indices[name])

    recorded, undecided = UpgradedLock(before, ())
    if any(entry.is_raw for entry in before.notes.values()):
        recorded, undecided = upgrade_lock(before, rendered.headers, fields_of, _earlier_texts(rendered, packages))
    headers = [rendered.headers[indices[name]] for name in sorted(traces.keys() & indices.keys())]
    resolved = resolve_raw(traces, recorded, headers, fields_of)
    lock = restore_entries(recorded, indices, {**traces, **resolved})
    behind = overtaken(lock, headers, resolved)
    notices = [*_undecided_notice(undecided), *_overtaken_notice(behind)]
    forgotten = {
        name: newest_of(some) for name, some in traces.items() if name not in indices and name not in recorded.notes
    }
    return LastLock(recorded, lock, resolved, behind, notices, forgotten)


def packaged_notes(path: Path, numbers: Collection[int] | None = None) -> Sequence[PackagedNote]:
    """Return the notes of a package or a kept collection; none where it is missing or damaged.

    Of a kept collection only those with these ``numbers``: that is fast.
    """
    try:
        return (read_package(path) if path.suffix == ".apkg" else read_collection(path, numbers)).notes
    except (OSError, PackageError):
        return ()


def packaged_types(path: Path) -> Sequence[PackagedType]:
    """Return the note types of a package; none where it is missing or damaged."""
    try:
        return read_package(path).types
    except (OSError, PackageError):
        return ()


def _unseen_packages(rendered: RenderedDeck, packages: Sequence[Path], seen: Mapping[str, Any]) -> Iterator[Path]:
    known = seen.get("packages", {})
    for path in dict.fromkeys(packages):
        if path.exists() and known.get(str(path.absolute())) != _stamp(path):
            yield path
    if not seen and (kept := rendered.cache.last_collection):
        yield kept


def _where(path: Path) -> str:
    return str(path) if path.suffix == ".apkg" else LAST_BUILD


def _stamp(path: Path) -> list[int]:
    try:
        return [*stamp_of(path.stat())]
    except OSError:
        return []


def _is_as_known(note: PackagedNote, known: Entry) -> bool:
    """Whether a packaged note is older than what is known of it, or just that; fast, as nearly all are."""
    if note.modified != known.modified:
        return note.modified < known.modified
    if known.is_raw:
        return raw_hashes(note.fields, note.tags) == hash_map(known.hashes)
    return known.markup == markup_hash(note.fields, note.tags)


def _earlier_texts(rendered: RenderedDeck, packages: Sequence[Path]) -> Callable[[str], Sequence[EarlierText]]:
    """Return what packages and the kept collection hold of a note by its id."""
    kept = rendered.cache.last_collection
    texts: dict[str, list[EarlierText]] = {}
    for path in dict.fromkeys([*packages, kept] if kept else packages):
        for note in packaged_notes(path):
            texts.setdefault(note.fields.get("ID", ""), []).append(EarlierText(note.fields, note.tags))
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


def _notes(names: Iterable[str], verb: str) -> str:
    count = len([*names])
    return f"1 note {verb}" if count == 1 else f"{count} notes {verb.removesuffix('s')}"


def listed(names: Iterable[str]) -> str:
    """Return the first few of some names, sorted, as a line of text."""
    known = sorted(names)
    return ", ".join(known[:LISTED]) + ", …" * (len(known) > LISTED)
