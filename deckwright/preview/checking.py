"""The problems of a deck, and what changed since its last build, found by a process of its own.

In this process the rules would take time from the page; the other one is started once and stays ready.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from deckwright.problems import ContentError, Problem

QUIET = 0.3
"""Seconds before a check begins: the browser, which shows the saved card meanwhile, has the processor first."""


class Checked(NamedTuple):
    """Every problem of a deck, and the ids of the notes that differ from the last build.

    The ids are None where they cannot be known, as the deck has errors.
    """

    problems: list[Problem]
    changed: list[str] | None


def check_deck(root: Path) -> Checked:
    """Check a deck folder. Raises OSError when it is gone or what is made of it cannot be kept."""
    from deckwright.pipeline.build import check, plan

    problems = check(root)
    try:
        planned = plan(root).plan
    except ContentError:
        return Checked(problems, None)
    return Checked(problems, sorted({*planned.new, *planned.changed, *planned.moved}))


class Checker:
    """Checks a deck folder whenever it is asked to; while it is busy, many requests become one."""

    def __init__(self, root: Path, tell: Callable[[Checked], None]) -> None:
        self.root = root
        self.tell = tell
        self.wanted = threading.Event()
        self.ended = threading.Event()
        self.process = 0
        """The number of the other process; 0 before it is there."""
        self.thread = threading.Thread(target=self._run, name="checker", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def request(self) -> None:
        """Check again, as soon as the check that is under way is over."""
        self.wanted.set()

    def stop(self) -> None:
        """End the other process, whatever it is doing, and wait for the thread."""
        self.ended.set()
        self.wanted.set()
        while self.thread.is_alive():
            for process in multiprocessing.active_children():
                if process.pid == self.process:
                    process.terminate()
            self.thread.join(0.1)

    def _run(self) -> None:
        if sys.platform != "win32":  # the other process inherits it: Ctrl-C may not break into its start
            from multiprocessing import resource_tracker  # of no use on Windows

            # Starting the first process would start this too, which lets SIGINT through again.
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        # A process that is forked off a program with threads may hang; a fresh one cannot.
        spawn = multiprocessing.get_context("spawn")
        ignored = signal.SIGINT, signal.SIG_IGN  # Ctrl-C is for the program, which ends that process
        while not self.ended.is_set():
            with ProcessPoolExecutor(1, spawn, signal.signal, ignored) as other:
                try:
                    self.process = other.submit(os.getpid).result()
                    self._check_in(other)
                except BrokenProcessPool:  # it was killed; the next one begins anew
                    self.wanted.set()

    def _check_in(self, other: ProcessPoolExecutor) -> None:
        while self.wanted.wait() and not self.ended.wait(QUIET):
            self.wanted.clear()
            with suppress(OSError):  # the folder is gone, which the watch reports
                self.tell(other.submit(check_deck, self.root).result())
