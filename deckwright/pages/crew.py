"""All pages of a deck: those that did not change from the cache, the others finished here or by a crew of processes."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading
from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from deckwright.cache import Pages, digest
from deckwright.identity import guid_for
from deckwright.media import Shelf
from deckwright.model import FIELD_END, Deck, Header, Media, Outline, Problem, Source
from deckwright.notetype import FIELDS
from deckwright.pages.record import Head, citation_hash, head_of, media_of, media_row, text_of
from deckwright.source import ContentFile, decode, read_file

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.process import BaseProcess

    from deckwright.pages.finish import Finisher

LIBRARIES = ("markdown", "pymdownx", "pygments", "yaml")
"""What the fields of a note depend on besides this program."""
ALONE = 40_000
"""Characters of changed pages that are finished before a crew is called: for fewer it costs more than it saves."""
BATCH = 40_000
"""Characters of changed pages that a process of the crew gets at a time."""
LONGEST_BATCH = 500
"""Pages in a batch, changed or not: so many at most are held in memory for the sake of their order."""
AHEAD = 4
"""Batches for each process that may wait, so that no process ever does."""
Work = tuple[Source, bytes | None]
"""A page to be finished, and its record from last time where some of its notes may still be good."""


@dataclass
class Finished:
    """A deck whose pages are all finished; their fields' texts stay in ``pages`` until they are asked for."""

    deck: Deck
    last: Pages
    """What the last build kept."""
    pages: Pages
    outlines: list[Outline] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    media: dict[str, Media] = field(default_factory=dict)
    """Name in the package → file."""
    starts: array[int] = field(default_factory=lambda: array("Q"))
    sizes: array[int] = field(default_factory=lambda: array("Q"))
    """Where the fields of each header's note lie in ``pages``."""
    files: dict[str, tuple[Path, bytes]] = field(default_factory=dict)
    """Path of each page → where it really lies, and the hash of its bytes."""
    named: set[str] = field(default_factory=set)
    """Ids that were given after the pages were finished."""

    def name(self, index: int, name: str) -> None:
        """Give an id to the note with that outline, which has none."""
        self.outlines[index] = self.outlines[index]._replace(id=name)
        guid = guid_for(self.deck.settings.id, name)
        self.headers[index] = self.headers[index]._replace(id=name, guid=guid)
        self.named.add(name)

    def fields(self, index: int) -> str:
        """The fields of the note with that header, divided by ``FIELD_END``. Raises OSError when they are gone."""
        header, fields = self.headers[index], text_of(self.pages.read(self.starts[index], self.sizes[index]))
        return _with_id(header, fields) if header.id in self.named else fields

    def _take(self, ticket: _Ticket, record: bytes, head: Head, shelf: Shelf) -> None:
        start = self.pages.end
        if ticket.head:
            self.pages.put_sealed(ticket.path, ticket.key, record)
        else:
            self.pages.put(ticket.path, ticket.key, record)
        self.outlines += head.outlines
        self.headers += head.headers
        self.starts.extend(start + at for at, _ in head.places)
        self.sizes.extend(size for _, size in head.places)
        self.problems += head.problems
        for medium in (head.media or {}).values():
            self.media[medium.name] = shelf.know(medium)


def _with_id(header: Header, fields: str) -> str:
    texts = dict(zip(FIELDS[header.kind], fields.split(FIELD_END), strict=True))
    return FIELD_END.join({**texts, "ID": header.id}.values())


@dataclass(frozen=True, slots=True)
class _Ticket:
    """A page in its place: its record from the cache, or the work to be done."""

    path: str
    key: str
    digest: bytes
    """A hash of the file's bytes."""
    record: bytes = b""
    head: Head | None = None
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
    for ticket, record in crew.records(memory.look_up(files, finished)):
        head = ticket.head or head_of(record, ticket.path, memory.deck_name(ticket.path))
        finished._take(ticket, record, head, memory.shelf)
    now.memo["context"] = memory.context.hex()
    now.memo["collection"], now.memo["pieces"] = last.memo.get("collection"), last.memo.get("pieces")
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

    def deck_name(self, path: str) -> str:
        """The full name of the deck that the notes of a page go to."""
        return self.deck.settings.deck_name(path.rpartition("/")[0])

    def look_up(self, files: Iterable[ContentFile], finished: Finished) -> Iterator[_Ticket]:
        """The page of each file, from the cache or to be worked on. What cannot be read is among the problems."""
        for file in files:
            raw = read_file(file)
            ticket = self.ticket(file, raw) if isinstance(raw, bytes) else raw
            if isinstance(ticket, _Ticket):
                finished.files[file.path] = file.file, ticket.digest
                yield ticket
            else:
                finished.problems.append(ticket)

    def ticket(self, file: ContentFile, raw: bytes) -> _Ticket | Problem:
        content = digest(raw)
        key = (self.context + content).hex()
        record = self.last.get(file.path) if self.is_alike else None
        head = record and head_of(record, file.path, self.deck_name(file.path))
        if head and not self.holds(head, str(file.file.parent)):
            head = record = None
        if head and record and self.last.slots[file.path].key == key:
            return _Ticket(file.path, key, content, record, head)
        source = decode(file, raw)
        return source if isinstance(source, Problem) else _Ticket(file.path, key, content, work=(source, record))

    def holds(self, head: Head, folder: str) -> bool:
        """Whether what a page cites and shows is what it was."""
        return (
            head.media is not None
            and all(self.citations.get(key, "") == known for key, known in head.citations.items())
            and all(self.shelf.holds(folder, reference, medium) for reference, medium in head.media.items())
        )


@dataclass
class _Crew:
    """Does the work: the first pages in this process, and when there are many, the others in several at once."""

    deck: Deck
    shelf: Shelf
    jobs: int

    @cached_property
    def finisher(self) -> Finisher:
        from deckwright.pages.finish import Finisher

        return Finisher(self.deck, self.shelf)

    def records(self, tickets: Iterator[_Ticket]) -> Iterator[tuple[_Ticket, bytes]]:
        """Every ticket in its order, with the record of its page."""
        done = 0
        for ticket in tickets:
            yield from self.alone([ticket])
            done += len(ticket.work[0].text) if ticket.work else 0
            if done >= ALONE and self.jobs > 1:
                yield from self.together(tickets)

    def alone(self, tickets: Iterable[_Ticket]) -> Iterator[tuple[_Ticket, bytes]]:
        for ticket in tickets:
            yield ticket, self.finisher.record(*ticket.work) if ticket.work else ticket.record

    def together(self, tickets: Iterator[_Ticket]) -> Iterator[tuple[_Ticket, bytes]]:
        """The same with other processes, each of which gets some pages at a time; alone again where there are none."""
        waiting: deque[tuple[list[_Ticket], Future[list[bytes]] | None]] = deque()
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

    def submit(self, pool: ProcessPoolExecutor | None, batch: list[_Ticket]) -> Future[list[bytes]] | None:
        try:
            return None if pool is None else pool.submit(_finish_all, [ticket.work for ticket in batch if ticket.work])
        except (OSError, BrokenExecutor):
            return None

    def collect(self, batch: list[_Ticket], future: Future[list[bytes]] | None) -> Iterator[tuple[_Ticket, bytes]]:
        """A batch with its records, waiting for them. One that its process died over is done here."""
        try:
            records = iter(future.result() if future else ())
        except BrokenExecutor:
            future = None
        if future is None:
            yield from self.alone(batch)
        else:
            yield from ((ticket, next(records) if ticket.work else ticket.record) for ticket in batch)


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


def _is_done(future: Future[list[bytes]] | None) -> bool:
    return future is None or future.done()


_worker: list[Finisher] = []
"""What a process of the crew works with."""


def _join(deck: Deck, shelf: Shelf) -> None:
    """Begin as a process of the crew. Ctrl-C is for its leader, and without the leader there is nothing to do."""
    from multiprocessing import parent_process

    from deckwright.pages.finish import Finisher

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent_process(),), daemon=True).start()
    _worker[:] = [Finisher(deck, shelf)]


def _end_with(leader: BaseProcess | None) -> None:
    if leader:
        leader.join()
        os._exit(1)


def _finish_all(work: list[Work]) -> list[bytes]:
    return [_worker[0].record(source, known) for source, known in work]


def cores() -> int:
    """How many processes can work at the same time here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def context(deck: Deck) -> bytes:
    """A hash of all that every page depends on: settings, month, this program and the libraries it renders with."""
    settings = replace(deck.settings, description="", subdeck_places={})
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
