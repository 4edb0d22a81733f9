"""A deck built again whenever its files change, and what became of its problems (``build --watch``)."""

from __future__ import annotations

import errno
import gc
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import watchfiles

from deckwright.deck.bibliography import BIBLIOGRAPHY_FILE
from deckwright.deck.folder import STYLE_FILE
from deckwright.deck.media import MEDIA_TYPES
from deckwright.deck.settings import SETTINGS_FILE
from deckwright.identity import LOCK_FILE
from deckwright.pipeline.build import BuildResult
from deckwright.pipeline.last_build import file_state
from deckwright.pipeline.page_memory import PageMemory
from deckwright.plan.comparison import Plan
from deckwright.problems import ContentError, Problem

QUIET_MS, LONGEST_BURST_MS = 50, 500
"""Milliseconds without a change after which a burst of changes is over, and after which it is cut short."""
POLL_EVERY_TICKS = 100
"""The folder is looked at every so many ``QUIET_MS`` even when no change is reported, as on some network drives."""
UNREPORTED_SECONDS = 1.0
"""The same where changes cannot be reported at all."""
WHOLE_DECK = frozenset({".", LOCK_FILE})
"""Where a build that stopped early puts its problem."""
SPECIAL_FILES = (SETTINGS_FILE, BIBLIOGRAPHY_FILE, STYLE_FILE, LOCK_FILE)
READ_SUFFIXES = {"md", *MEDIA_TYPES}

Snapshot = dict[str, list[int]]
"""What ``file_state`` gives for each file; nothing when it is not there."""


@dataclass(frozen=True)
class WatchedBuild:
    """One build of a watch: its outcome, or None and perhaps the error of the system that made it fail.

    ``problems`` are the present ones, in no order, ``new`` those of them that were not there before, ``fixed`` those
    that went.
    """

    outcome: BuildResult | None
    error: OSError | None
    problems: list[Problem]
    new: list[Problem]
    fixed: list[Problem]
    seconds: float

    @property
    def changes(self) -> dict[str, int]:
        """How many notes and note types changed in which way since the last build; empty when it failed."""
        plan = self.outcome.plan if self.outcome else Plan()
        counts = {**plan.counts, "new looks of cards": len(plan.restyled)}
        return {name: number for name, number in counts.items() if number and name != "unchanged"}

    @property
    def has_changes(self) -> bool:
        return bool(self.changes or self.new or self.fixed or self.error)


def watch(
    root: Path, build: Callable[[PageMemory], BuildResult], wakes: Iterable[object] | None = None
) -> Iterator[WatchedBuild]:
    """Build the deck folder ``root`` now and after every change of a file that a build reads; never ends by itself.

    ``build`` is given the pages as the build before found them. ``wakes`` yields whenever the folder may have
    changed. A change during a build makes another one; what the build itself writes shows nothing. Raises
    FileNotFoundError when the folder goes away: then there is nothing left to wait for, as a folder of the same name
    may be another deck.
    """
    lock = str(root / LOCK_FILE)
    seen: Snapshot = {}
    memory = PageMemory()
    own: set[str] = set()
    for _ in reported_changes(root) if wakes is None else wakes:
        now = snapshot(root)
        if now == seen:
            continue
        changed = {path for path in now.keys() | seen.keys() if now.get(path) != seen.get(path)}
        done = _build(build, memory)
        # Files that got ids are not taken as seen: someone may have saved them since. The build that this costs finds
        # nothing new and stays silent. The lock is written by nearly every build, which would cost one each time.
        seen = {**now, lock: _state(root / LOCK_FILE)} if done.changes else now
        is_own_change = changed <= own and not done.has_changes
        own = {lock, *(str(root / place.path) for place, _ in done.outcome.ids)} if done.outcome else set()
        if not is_own_change:
            yield done
        _collect_garbage()


def _collect_garbage() -> None:
    """Collect garbage now, and leave out what is kept from the collections in the next build, a sixth of it."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _build(build: Callable[[PageMemory], BuildResult], memory: PageMemory) -> WatchedBuild:
    began = time.perf_counter()
    outcome, error = None, None
    memory.begin()
    try:
        outcome = build(memory)
        new, fixed = memory.take(outcome.warnings)
    except ContentError as failure:
        listed = failure.problems
        if all(problem.place.path in WHOLE_DECK for problem in listed):  # the cards may not have been looked at
            listed = [problem for problem in memory.others if problem.place.path not in WHOLE_DECK] + listed
        new, fixed = memory.take(listed)
    except OSError as failure:
        error = failure
        new, fixed = memory.take(memory.others)
    return WatchedBuild(outcome, error, memory.problems, new, fixed, time.perf_counter() - began)


def reported_changes(root: Path) -> Iterator[None]:
    """Yields as soon as changes below ``root`` are being reported, after each burst of them, and now and then.

    Ends never. Where the system reports nothing (too many folders, names that are not text), it yields every second.
    """
    while True:
        try:
            watched = _identity(root)
            reports = watchfiles.watch(
                root,
                watch_filter=None,
                debounce=LONGEST_BURST_MS,
                step=QUIET_MS,
                rust_timeout=QUIET_MS,
                yield_on_timeout=True,
                ignore_permission_denied=True,
            )
            for tick, changes in enumerate(reports):
                if changes or tick % POLL_EVERY_TICKS == 0:
                    yield
                if _identity(root) != watched:
                    break  # the watch follows the old folder after it was moved
        except (RuntimeError, OSError, UnicodeError):
            time.sleep(UNREPORTED_SECONDS)
            yield


def _identity(folder: Path) -> tuple[int, int]:
    """What distinguishes a folder from another one that takes its place. Raises OSError when there is none."""
    status = folder.stat()
    return status.st_dev, status.st_ino


def snapshot(root: Path) -> Snapshot:
    """The state of every file of a deck folder that a build reads. Raises FileNotFoundError without the folder."""
    if not root.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the deck folder is gone", str(root))
    special = {str(root / name): _state(root / name) for name in SPECIAL_FILES}
    return special | {path: _state(Path(path)) for path in _files(str(root))}


def _files(folder: str) -> Iterator[str]:
    """Yield the notes and media of a folder and of those in it; links of any kind as well, as a build refuses most."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path)
        elif entry.is_symlink() or _is_read(entry.name.lower()):
            yield entry.path


def _is_read(name: str) -> bool:
    return name.rpartition(".")[2] in READ_SUFFIXES and name != "readme.md"


def _state(path: Path) -> list[int]:
    try:
        return file_state(path.stat())
    except OSError:
        return []


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """A block that SIGINT (Ctrl-C) and SIGTERM end without an error, whatever it is doing; a second one kills.

    Every step of a build may be the last, so it needs no time to finish.
    """

    def end(*_: object) -> None:
        for number in before:
            signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, end)
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
