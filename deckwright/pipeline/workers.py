"""A pool of worker processes that render pages: a third of a cold build of 10,000 notes on two cores."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from deckwright.deck.folder import Deck
from deckwright.deck.media import Media, MediaStore
from deckwright.grammar.note import SourceFile
from deckwright.pipeline.page import NoteResult, PageRenderer, PageResult

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.process import BaseProcess

SINGLE_PROCESS_LIMIT = 40_000
"""Characters of changed pages that are rendered before workers are started: for fewer they cost more than they save."""
BATCH = 40_000
"""Characters of changed pages that a worker gets at a time."""
LONGEST_BATCH = 500
"""Pages in a batch, changed or not: so many at most are held in memory for the sake of their order."""
WAITING_BATCHES = 4
"""Batches for each worker that may wait, so that no worker ever does."""


class PageTask(NamedTuple):
    """A page to be rendered, or, without a ``source``, to be taken from the cache."""

    path: str
    key: str
    """Its cache key."""
    stamp: tuple[int, int]
    """What ``stamp_of`` gave for its file before the file was read."""
    media: Sequence[Media] = ()
    """What a page that is taken from the cache shows."""
    source: SourceFile | None = None
    known: Mapping[str, NoteResult] = {}
    """Notes of the page as it was, by their keys, which need not be rendered again."""

    @property
    def size(self) -> int:
        """Characters to be rendered."""
        return len(self.source.text) if self.source else 0


Batch = list[PageTask]
Results = Iterator[tuple[PageTask, PageResult | None]]
"""Tasks in their order, with the pages of those that had a source."""


@dataclass
class WorkerPool:
    """Renders the first pages in this process, and when there are many, the others in ``jobs`` processes at once."""

    deck: Deck
    media: MediaStore
    jobs: int

    @cached_property
    def renderer(self) -> PageRenderer:
        return PageRenderer(self.deck, self.media)

    def results(self, tasks: Iterator[PageTask]) -> Results:
        """Yield every task in its order, with its page where there was one to render."""
        rendered = 0
        for task in tasks:
            yield from self._render_here([task])
            rendered += task.size
            if rendered >= SINGLE_PROCESS_LIMIT and self.jobs > 1:
                yield from self._render_in_workers(tasks)

    def _render_here(self, tasks: Iterable[PageTask]) -> Results:
        for task in tasks:
            yield task, self.renderer.render_page(task.source, task.known) if task.source else None

    def _render_in_workers(self, tasks: Iterator[PageTask]) -> Results:
        waiting: deque[tuple[Batch, Future[list[PageResult]] | None]] = deque()
        with ExitStack() as stack:
            pool: ProcessPoolExecutor | None = None
            for batch in _batches(tasks):
                work = [task for task in batch if task.source]
                pool = pool or (self._start(stack) if work else None)
                waiting.append((batch, _submit(pool, work)))
                while waiting and (len(waiting) > self.jobs * WAITING_BATCHES or _is_done(waiting[0][1])):
                    yield from self._collect(*waiting.popleft())
            while waiting:
                yield from self._collect(*waiting.popleft())

    def _start(self, stack: ExitStack) -> ProcessPoolExecutor | None:
        """Start the workers, to be ended with the stack; return None where the system gives none."""
        from concurrent.futures import ProcessPoolExecutor  # it takes a while, and most builds need no workers

        try:
            pool = ProcessPoolExecutor(self.jobs, initializer=_begin_worker, initargs=(self.deck, self.media))
        except (OSError, ImportError, NotImplementedError):
            return None
        stack.callback(pool.shutdown, cancel_futures=True)
        return pool

    def _collect(self, batch: Batch, future: Future[list[PageResult]] | None) -> Results:
        """Wait for the pages of a batch. One that was never sent, or whose worker died, is rendered here."""
        try:
            pages = iter(future.result()) if future else None
        except BrokenExecutor:
            pages = None
        if pages is None:
            yield from self._render_here(batch)
        else:
            yield from ((task, next(pages) if task.source else None) for task in batch)


def _submit(pool: ProcessPoolExecutor | None, work: Batch) -> Future[list[PageResult]] | None:
    try:
        return pool.submit(_render_batch, work) if pool and work else None
    except (OSError, BrokenExecutor):
        return None


def _batches(tasks: Iterable[PageTask]) -> Iterator[Batch]:
    """Group tasks in their order, so many together as are worth sending to a worker."""
    batch, size = Batch(), 0
    for task in tasks:
        batch.append(task)
        size += task.size
        if size >= BATCH or len(batch) >= LONGEST_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _is_done(future: Future[list[PageResult]] | None) -> bool:
    return future is None or future.done()


_renderer: list[PageRenderer] = []
"""What a worker process works with."""


def _begin_worker(deck: Deck, media: MediaStore) -> None:
    """Begin as a worker. Ctrl-C is for the main process, and without that there is nothing to do."""
    from multiprocessing import parent_process

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent_process(),), daemon=True).start()
    _renderer[:] = [PageRenderer(deck, media)]


def _end_with(parent: BaseProcess | None) -> None:
    if parent:
        parent.join()
        os._exit(1)


def _render_batch(batch: Batch) -> list[PageResult]:
    return [_renderer[0].render_page(task.source, task.known) for task in batch if task.source]
