"""All pages of a deck: those that did not change from the cache, the others finished here or by a crew of processes."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deckwright.deck.folder import ContentFile, Deck, decode, read_file
from deckwright.deck.media import Media, Shelf
from deckwright.files import DIGEST, digest, stamp_of
from deckwright.grammar.note import Source
from deckwright.pipeline.cache import Pages, Record, Slot
from deckwright.pipeline.finished import Finished
from deckwright.pipeline.record import About, Head, about, about_of, citation_hash, head_of, media_of, media_row
from deckwright.problems import Problem

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.process import BaseProcess

    from deckwright.pipeline.page import Finisher

LIBRARIES = ("markdown", "markdown_it", "mdit_py_plugins", "pygments", "yaml")
"""What the fields of a note depend on besides this program."""
ALONE = 40_000
"""Characters of changed pages that are finished before a crew is called: for fewer it costs more than it saves."""
BATCH = 40_000
"""Characters of changed pages that a process of the crew gets at a time."""
LONGEST_BATCH = 500
"""Pages in a batch, changed or not: so many at most are held in memory for the sake of their order."""
AHEAD = 4
"""Batches for each process that may wait, so that no process ever does."""
Work = tuple[Source, Record | None]
"""A page to be finished, and its record from last time where some of its notes may still be good."""
Done = tuple[Head, Record]
"""The record of a finished page, and its head."""


class _Ticket(NamedTuple):
    """A page in its place: to be taken over from last time, or with the work to be done."""

    path: str
    key: str
    stamp: tuple[int, int]
    """What told that the page's file did not change, or will tell it next time."""
    media: Sequence[Media] = ()
    """What a page that is taken over shows."""
    work: Work | None = None


def finish_pages(deck: Deck, files: Iterable[ContentFile], last: Pages, now: Pages, jobs: int = 0) -> Finished:
    """Finish every page of a deck, with ``jobs`` processes (0: one a core) where that pays.

    Records come from ``last`` where nothing they depend on has changed, and all go to ``now``. What cannot be read is
    among the problems. Raises OSError when records cannot be put away. The outcome is the same whatever ``jobs`` is
    and whatever ``last`` holds.
    """
    memory = _Memory(deck, last)
    finished = Finished(deck, last, now)
    crew = _Crew(deck, memory.shelf, jobs or cores())
    for ticket, done in crew.records(memory.look_up(files, finished)):
        if done is None:
            slot = last.slots[ticket.path]
            now.take(last, ticket.path, ticket.stamp)
            finished.add(ticket.path, about(slot.about), ticket.media, None, built=slot.built)
        else:
            head, record = done
            said = about_of(head)
            now.put(ticket.path, ticket.key, record, ticket.stamp, said)
            media = map(memory.shelf.know, (head.media or {}).values())
            finished.add(ticket.path, said, media, head, built=False)
    now.memo |= {"context": memory.context.hex(), "built": last.memo.get("built"), "pieces": last.memo.get("pieces")}
    now.memo["media"] = [media_row(medium) for medium in memory.shelf.media.values()]
    now.whole = True
    return finished


@dataclass
class _Memory:
    """What is known of the pages from last time, and whether it still holds."""

    deck: Deck
    last: Pages

    def __post_init__(self) -> None:
        self.context = context(self.deck)
        self.is_alike = self.last.memo.get("context") == self.context.hex()
        known = map(media_of, self.last.memo.get("media", ()))
        self.shelf = Shelf(self.deck.root, (medium for medium in known if medium.modified < self.last.settled))
        self.citations = {key: citation_hash(citation) for key, citation in self.deck.citations.items()}

    def look_up(self, files: Iterable[ContentFile], finished: Finished) -> Iterator[_Ticket]:
        """The page of each file, from the cache or to be worked on. What cannot be read is among the problems."""
        for file in files:
            try:
                stamp = stamp_of(file.file.stat())
            except OSError:
                stamp = 0, 0
            ticket = self.known(file, stamp) or self.read(file, stamp)
            if isinstance(ticket, _Ticket):
                finished.files[file.path] = file.file, bytes.fromhex(ticket.key)[-DIGEST:]
                yield ticket
            else:
                finished.problems.append(ticket)

    def known(self, file: ContentFile, stamp: tuple[int, int]) -> _Ticket | None:
        """The page of a file that, by its stamp, did not change, when all else is what it was."""
        slot = self.last.slots.get(file.path) if self.is_alike else None
        if slot is None or slot.stamp != stamp or stamp[1] >= self.last.settled:
            return None
        return self.taken_over(file, slot, stamp)

    def taken_over(self, file: ContentFile, slot: Slot, stamp: tuple[int, int]) -> _Ticket | None:
        media = self.held(about(slot.about), str(file.file.parent))
        return None if media is None else _Ticket(file.path, slot.key, stamp, media)

    def read(self, file: ContentFile, stamp: tuple[int, int]) -> _Ticket | Problem:
        """The page of a file by its content."""
        raw = read_file(file)
        if isinstance(raw, Problem):
            return raw
        key = (self.context + digest(raw)).hex()
        slot = self.last.slots.get(file.path) if self.is_alike else None
        if slot and slot.key == key and (ticket := self.taken_over(file, slot, stamp)):
            return ticket
        source = decode(file, raw)
        if isinstance(source, Problem):
            return source
        return _Ticket(file.path, key, stamp, work=(source, slot and self.record(file, slot)))

    def record(self, file: ContentFile, slot: Slot) -> Record | None:
        """What was kept of a page that changed, where that can still be of use."""
        held = self.held(about(slot.about), str(file.file.parent))
        return None if held is None else self.last.record(file.path)

    def held(self, said: About, folder: str) -> list[Media] | None:
        """The media that a page shows, when they and what it cites are what they were."""
        if said.media is None or any(self.citations.get(key, "") != known for key, known in said.citations.items()):
            return None
        found = [self.shelf.held(folder, reference, name, path) for reference, (name, path) in said.media.items()]
        return None if None in found else [medium for medium in found if medium]


@dataclass
class _Crew:
    """Does the work: the first pages in this process, and when there are many, the others in several at once."""

    deck: Deck
    shelf: Shelf
    jobs: int

    @cached_property
    def finisher(self) -> Finisher:
        from deckwright.pipeline.page import Finisher

        return Finisher(self.deck, self.shelf)

    def records(self, tickets: Iterator[_Ticket]) -> Iterator[tuple[_Ticket, Done | None]]:
        """Every ticket in its order, with what was done where there was work to do."""
        done = 0
        for ticket in tickets:
            yield from self.alone([ticket])
            done += len(ticket.work[0].text) if ticket.work else 0
            if done >= ALONE and self.jobs > 1:
                yield from self.together(tickets)

    def alone(self, tickets: Iterable[_Ticket]) -> Iterator[tuple[_Ticket, Done | None]]:
        for ticket in tickets:
            yield ticket, self.finisher.finish(*ticket.work) if ticket.work else None

    def together(self, tickets: Iterator[_Ticket]) -> Iterator[tuple[_Ticket, Done | None]]:
        """The same with other processes, each of which gets some pages at a time; alone again where there are none."""
        waiting: deque[tuple[list[_Ticket], Future[list[Record]] | None]] = deque()
        with ExitStack() as stack:
            pool = self.pool(stack)
            for batch in _batches(tickets):
                waiting.append((batch, self.submit(pool, batch)))
                while waiting and (len(waiting) > self.jobs * AHEAD or _is_done(waiting[0][1])):
                    yield from self.collect(*waiting.popleft())
            while waiting:
                yield from self.collect(*waiting.popleft())

    def pool(self, stack: ExitStack) -> ProcessPoolExecutor | None:
        """The processes, ended with the block; None where the system gives none."""
        from concurrent.futures import ProcessPoolExecutor  # it takes a while, and most builds need no crew

        try:
            pool = ProcessPoolExecutor(self.jobs, initializer=_join, initargs=(self.deck, self.shelf))
        except (OSError, ImportError, NotImplementedError):
            return None
        stack.callback(pool.shutdown, cancel_futures=True)
        return pool

    def submit(self, pool: ProcessPoolExecutor | None, batch: list[_Ticket]) -> Future[list[Record]] | None:
        try:
            return None if pool is None else pool.submit(_finish_all, [ticket.work for ticket in batch if ticket.work])
        except (OSError, BrokenExecutor):
            return None

    def collect(
        self, batch: list[_Ticket], future: Future[list[Record]] | None
    ) -> Iterator[tuple[_Ticket, Done | None]]:
        """A batch with its records, waiting for them. One that its process died over is done here."""
        try:
            records = iter(future.result() if future else ())
        except BrokenExecutor:
            future = None
        if future is None:
            yield from self.alone(batch)
        else:
            yield from ((ticket, self.done(ticket, next(records)) if ticket.work else None) for ticket in batch)

    def done(self, ticket: _Ticket, record: Record) -> Done:
        """What another process did: it sends the record alone."""
        return head_of(record.head, ticket.path, self.deck.settings.deck_of(ticket.path)), record


def _batches(tickets: Iterable[_Ticket]) -> Iterator[list[_Ticket]]:
    """Tickets in their order, so many together as are worth sending to a process."""
    batch, size = list[_Ticket](), 0
    for ticket in tickets:
        batch.append(ticket)
        size += len(ticket.work[0].text) if ticket.work else 0
        if size >= BATCH or len(batch) >= LONGEST_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _is_done(future: Future[list[Record]] | None) -> bool:
    return future is None or future.done()


_worker: list[Finisher] = []
"""What a process of the crew works with."""


def _join(deck: Deck, shelf: Shelf) -> None:
    """Begin as a process of the crew. Ctrl-C is for its leader, and without the leader there is nothing to do."""
    from multiprocessing import parent_process

    from deckwright.pipeline.page import Finisher

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent_process(),), daemon=True).start()
    _worker[:] = [Finisher(deck, shelf)]


def _end_with(leader: BaseProcess | None) -> None:
    if leader:
        leader.join()
        os._exit(1)


def _finish_all(work: list[Work]) -> list[Record]:
    return [_worker[0].finish(source, known)[1] for source, known in work]


def cores() -> int:
    """How many processes can work at the same time here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def context(deck: Deck) -> bytes:
    """A hash of all that every page depends on: settings, month, this program and the libraries it renders with."""
    settings = deck.settings._replace(description="", subdeck_places={})
    program = hashlib.sha256()
    for file in sorted(Path(__file__).parent.parent.rglob("*")):
        if file.suffix in (".py", ".txt"):
            program.update(file.read_bytes())
    whole = (settings, deck.has_bibliography, f"{deck.today:%Y-%m}", program.hexdigest(), sys.version)
    return digest(repr((*whole, [_installed(library) for library in LIBRARIES])).encode())


def _installed(library: str) -> tuple[object, ...]:
    """What tells one installed version of a library from another, without importing it or reading its metadata."""
    spec = find_spec(library)
    if spec is None or spec.origin is None:
        return (library,)
    status = Path(spec.origin).stat()
    return spec.origin, status.st_size, status.st_mtime_ns, status.st_ino
