"""A deck that is read again whenever one of its files is saved, and the events for every open page."""

from __future__ import annotations

import gc
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deckwright.pipeline.watch import Snapshot, reported_changes, snapshot
from deckwright.preview.checking import Checked, Checker
from deckwright.preview.deck_state import DeckState, RenderedCards, changed_notes, read_deck
from deckwright.problems import Place, Problem

Event = dict[str, Any]
"""What is sent to an open page, as JSON can hold it."""


class LiveDeck:
    """A deck folder, watched. ``state`` is the newest reading; events go to every listener."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state: DeckState | None = None
        self.problems: list[Problem] = []
        self.changed: list[str] = []
        self.missing_folder = ""
        self._listeners: set[queue.SimpleQueue[Event]] = set()
        self._first = threading.Event()
        self._rendering = threading.Lock()
        self._ended = threading.Event()
        self._checker = Checker(root, self._checked)
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to read and to watch, in threads of their own."""
        self._watcher.start()
        self._checker.start()

    def stop(self) -> None:
        """End the check and the answers that go on for ever; the watch ends with the program."""
        self._ended.set()
        self.send({"ended": True})
        self._checker.stop()

    def current(self) -> DeckState:
        """The newest reading; waits for the first one."""
        self._first.wait()
        assert self.state is not None
        return self.state

    def render(self, key: str) -> RenderedCards:
        """The cards of a note as it is now. Raises KeyError when there is no such note."""
        with self._rendering:
            return self.current().render(key)

    @contextmanager
    def listening(self) -> Iterator[queue.SimpleQueue[Event]]:
        """A queue that gets all events until the block ends."""
        own: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._listeners.add(own)
        try:
            yield own
        finally:
            self._listeners.discard(own)

    def send(self, event: Event) -> None:
        """Send an event to every open page."""
        for listener in tuple(self._listeners):
            listener.put(event)

    def _watch(self) -> None:
        seen: Snapshot = {}
        for _ in reported_changes(self.root):
            if self._ended.is_set():
                return
            try:
                now = snapshot(self.root)
            except FileNotFoundError as error:
                self._report_missing(f"the folder {error.filename} is gone; put it back")
                seen = {}
                continue
            if now != seen:
                self._read({path for path in now.keys() | seen.keys() if now.get(path) != seen.get(path)})
                seen = now

    def _read(self, changed: set[str]) -> None:
        last = self.state
        self.missing_folder = ""
        if last is None:
            self._read_first()
        else:
            self.state = list(read_deck(self.root, last, changed))[-1]
            self._send_changes(last, self.state)
        self._checker.request()

    def _read_first(self) -> None:
        """Read the whole deck. It stays in memory, so Python need not search it for garbage, then or ever after.

        With 10,000 notes that search costs 3 of 7 seconds of the reading, and up to one of a later save.
        """
        gc.disable()
        try:
            for state in read_deck(self.root):
                self.state = state
                self._first.set()
                self.send({"reload": True})
            _ = self.current().texts  # so that the first search need not make them
        finally:
            gc.freeze()
            gc.enable()

    def _send_changes(self, before: DeckState, after: DeckState) -> None:
        changed = changed_notes(before, after)
        moved = list(before.listed.values()) != list(after.listed.values())
        names = before.deck.settings == after.deck.settings
        rows = moved and (before.listed.keys() != after.listed.keys() or not names)
        event: Event = {"reload": rows, "saved": changed[0] if changed else ""}
        if moved and not rows:
            event["rows"] = [row._asdict() for key, row in after.listed.items() if row != before.listed[key]]
        self.send(event)
        found = after.found
        if found != before.found:  # what cannot be read is reported at once, whatever the check makes of it later
            files = {problem.place.path for problem in (*found, *before.found)}
            self.problems = [one for one in self.problems if one.place.path not in files] + found
            self.send({"checked": True})

    def _report_missing(self, message: str) -> None:
        if self.missing_folder != message:
            self.missing_folder = message
            if self.state is None:
                self.state = next(read_deck(self.root))
                self._first.set()
            self.problems = [Problem(Place("."), message, "unreadable-file")]
            self.send({"checked": True})

    def _checked(self, checked: Checked) -> None:
        changed = self.changed if checked.changed is None else checked.changed
        if not self.missing_folder and (self.problems, self.changed) != (checked.problems, changed):
            self.problems, self.changed = checked.problems, changed
            self.send({"checked": True})
