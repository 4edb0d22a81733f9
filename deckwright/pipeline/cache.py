"""What earlier builds made of each page, kept by content, so that only what changed is worked on again.

One file a deck folder holds the records of its pages one after another, and at the end a table of them with what is
asked of every page, so that most records need not be read at all. A build reads last time's file and writes a new one
beside it, which takes its place at the end; the new one is also where the build itself puts rendered notes, so that
they need not all be in memory. Beside it lie the collection of the last package, from which unchanged rows are taken,
and its deflated pieces. Nothing here is ever trusted over the sources: a record counts only under the very key it was
kept by, the collection only together with the ``deck.lock`` it was made with, and all of it only when its digest says
that it is whole. Deleting the folder costs one cold build.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

from deckwright.cache_folder import cache_folder
from deckwright.files import DIGEST, digest
from deckwright.package.pieces import Pieces

MARK = b"deckwright pages 3\n"
COLLECTION, DEFLATED, ASIDE = ".anki2", ".deflated", ".tmp"
"""Endings of the files beside the pages, and of every unfinished one."""
A_TIME = 1 << 20
"""Bytes that are copied at a time."""
MOST = 2 * 1024**3
"""Bytes that all decks' files may take together; beyond it the ones not used for longest go."""
COARSEST_CLOCK = 2_000_000_000
"""Nanoseconds between two times of files that some file systems tell apart."""
LONGEST_BUILD = 86_400
"""Seconds after which an unfinished file is nobody's."""


def _seal(path: str, key: str, head: bytes) -> bytes:
    """What must follow the head of a record for it to count: it is whole, this page's, and was kept under this key."""
    return digest(f"{path}\0{key}\0".encode("utf-8", "surrogatepass"), head)


class DamagedCacheError(OSError):
    """A record that a build counted on is not whole: the build begins again without the cache."""


class Slot(NamedTuple):
    """Where the record of a page lies in a file, and what can be said of it without reading it."""

    key: str
    """The key it was kept under."""
    start: int
    head: int
    """Size of the first part of the record, which is read on its own; a seal follows it, then the body."""
    length: int
    stamp: tuple[int, int]
    """What ``stamp_of`` said of the page's file before it was read."""
    about: Any
    """What is asked of every page, as JSON can hold it."""
    built: bool = False
    """Whether the last build had this page, and as it is here."""


class Record(NamedTuple):
    """What is kept of a page: a head, and a body whose stretches are read one by one and vouched for by the head."""

    head: bytes
    body: bytes


@dataclass
class Pages:
    """One file of records: last time's to read from, or this time's to write to and to read back."""

    file: IO[bytes]
    slots: dict[str, Slot] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict)
    """What else is to be remembered, as JSON can hold it."""
    end: int = 0
    settled: int = 0
    """Time (nanoseconds) before which a file must have been changed for its time to tell a later change.

    It is a little before the build began: later changes may have come when the build had read the file already.
    """
    whole: bool = False
    """Set when the last page was put: from then on the file is worth keeping."""
    collection: Path | None = None
    """Where the collection of the last package was kept, or where this one's may be left to be kept."""
    _taken: list[tuple[Pages, int, int]] = field(default_factory=list)
    """Stretches of another file that are still to be copied to the end of this one."""

    def put(self, path: str, key: str, record: Record, stamp: tuple[int, int], about: object) -> None:
        """Append the record of a page. Raises OSError when it cannot be written."""
        self._copy()
        self.file.seek(self.end)
        self.file.writelines((record.head, _seal(path, key, record.head), record.body))
        length = len(record.head) + DIGEST + len(record.body)
        self.slots[path] = Slot(key, self.end, len(record.head), length, stamp, about)
        self.end += length

    def take(self, last: Pages, path: str, stamp: tuple[int, int]) -> None:
        """Append the record of a page as another file holds it, unread: with many others it is copied in one go."""
        slot = last.slots[path]
        if self._taken and self._taken[-1][0] is last and self._taken[-1][2] == slot.start:
            self._taken[-1] = last, self._taken[-1][1], slot.start + slot.length
        else:
            self._taken.append((last, slot.start, slot.start + slot.length))
        self.slots[path] = slot._replace(start=self.end, stamp=stamp)
        self.end += slot.length

    def _copy(self) -> None:
        """Append what was taken. Raises OSError when it cannot be read or written."""
        self.file.seek(self.end - sum(end - start for _, start, end in self._taken))
        for last, start, end in self._taken:
            for at in range(start, end, A_TIME):
                self.file.write(last.read(at, min(A_TIME, end - at)))
        self._taken.clear()

    def head(self, path: str) -> bytes:
        """The head of a page's record. Raises DamagedCacheError when it is not whole, or another page's."""
        slot = self.slots[path]
        content = self.read(slot.start, slot.head + DIGEST)
        if content[slot.head :] != _seal(path, slot.key, content[: slot.head]):
            raise DamagedCacheError(path)
        return content[: slot.head]

    def record(self, path: str) -> Record | None:
        """The record of a page, when its head is whole; its body is as it lies there."""
        try:
            slot = self.slots[path]
            start = slot.head + DIGEST
            return Record(self.head(path), self.read(slot.start + start, slot.length - start))
        except OSError:
            return None

    def body(self, path: str, start: int, length: int, seal: str) -> bytes:
        """A stretch of a record's body. Raises DamagedCacheError when it has not that digest."""
        slot = self.slots[path]
        content = self.read(slot.start + slot.head + DIGEST + start, length)
        if digest(content).hex() != seal:
            raise DamagedCacheError(path)
        return content

    def read(self, start: int, length: int) -> bytes:
        """Some bytes of the file, fewer at its end. Raises OSError when they cannot be read."""
        if self._taken:
            self._copy()
        if hasattr(os, "pread"):
            self.file.flush()
            return os.pread(self.file.fileno(), length, start)
        self.file.seek(start)
        return self.file.read(length)

    def write_table(self) -> None:
        """End the file with the table that ``read_pages`` begins with."""
        self._copy()
        table = json.dumps({"slots": self.slots, "memo": self.memo}, ensure_ascii=False, separators=(",", ":"))
        content = table.encode("utf-8", "surrogatepass")
        self.file.seek(self.end)
        self.file.write(content + digest(content) + len(content).to_bytes(8, "big") + MARK)


@contextmanager
def kept_pieces(last: Pages, now: Pages) -> Iterator[Pieces]:
    """The deflated pieces of the last collection, and those of this one; they lie beside the collections."""
    with ExitStack() as stack:
        pieces = Pieces(known=last.memo.get("pieces") or {}, kept={})
        if last.collection:
            with suppress(OSError):
                pieces.last = stack.enter_context(last.collection.with_suffix(DEFLATED).open("rb"))
        if now.collection:
            pieces.now = stack.enter_context(now.collection.with_suffix(DEFLATED).open("wb"))
            now.memo["pieces"] = pieces.kept
        yield pieces


def read_pages(file: IO[bytes]) -> Pages:
    """The records of a file that an earlier build wrote; none where it is not whole."""
    try:
        tail = len(MARK) + 8 + DIGEST
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - tail, 0))
        seal = file.read(tail)
        length = int.from_bytes(seal[DIGEST : DIGEST + 8], "big")
        if not seal.endswith(MARK) or length > size - tail:
            return Pages(file)
        file.seek(size - tail - length)
        table = file.read(length)
        if digest(table) != seal[:DIGEST]:
            return Pages(file)
        value = json.loads(table.decode("utf-8", "surrogatepass"))
        settled = value["memo"]["began"] - COARSEST_CLOCK
        slots = {path: _slot(*row) for path, row in value["slots"].items()}
        return Pages(file, slots, value["memo"], settled=settled)
    except (OSError, ValueError, TypeError, KeyError):
        return Pages(file)


def _slot(key: str, start: int, head: int, length: int, stamp: Sequence[int], about: object, built: bool) -> Slot:
    return Slot(key, start, head, length, (stamp[0], stamp[1]), about, built)


@contextmanager
def kept_pages(deck: Path, *, read: bool = True) -> Iterator[tuple[Pages, Pages]]:
    """Last time's pages of a deck folder (none without ``read``), and this time's, to be filled.

    This time's take the place of last time's when the block ends, if their ``whole`` was set in it. Where the cache
    folder cannot be written they lie in an unnamed temporary file. Raises OSError when that cannot be made either.
    """
    path = Path(cache_folder("pages")) / hashlib.sha256(os.fsencode(deck.resolve())).hexdigest()[:24]
    with ExitStack() as stack:
        file, aside = _aside(path)
        pages, last = Pages(file, collection=aside and aside.with_suffix(COLLECTION)), Pages(file)
        pages.memo["began"] = os.fstat(file.fileno()).st_mtime_ns
        stack.callback(_discard, file, aside)
        if read:
            with suppress(OSError):
                last = read_pages(stack.enter_context(path.open("rb")))
                last.collection = path.with_suffix(COLLECTION)
        try:
            yield last, pages
        finally:
            if pages.whole and aside:
                stack.callback(_keep, pages, aside, path)


def _aside(path: Path) -> tuple[IO[bytes], Path | None]:
    """A file to write beside ``path``, with its name; a temporary one without a name where that is impossible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=ASIDE)
        return os.fdopen(handle, "w+b"), Path(name)
    except OSError:
        return tempfile.TemporaryFile(), None


def _discard(file: IO[bytes], aside: Path | None) -> None:
    with suppress(OSError):
        file.close()
    if aside:
        for suffix in (ASIDE, COLLECTION, DEFLATED):
            aside.with_suffix(suffix).unlink(missing_ok=True)


def _keep(pages: Pages, aside: Path, path: Path) -> None:
    """Put this time's file into its place. Unable to, it keeps nothing: the next build is a cold one."""
    with suppress(OSError):
        pages.write_table()
        pages.file.close()
        for suffix in (COLLECTION, DEFLATED):
            if aside.with_suffix(suffix).exists():
                aside.with_suffix(suffix).replace(path.with_suffix(suffix))
        aside.replace(path)
        _prune(path)


def _prune(path: Path) -> None:
    """Take away what killed builds left, and the files not used for longest where all together are too large."""
    with os.scandir(path.parent) as entries:
        found = [(entry.stat(), Path(entry.path)) for entry in entries]
    now, total = path.stat().st_mtime, 0
    for stat, file in sorted(found, key=lambda each: -each[0].st_mtime):
        total += stat.st_size
        left = stat.st_mtime < now - LONGEST_BUILD if file.name.startswith(".") else total > MOST
        if left and file.stem != path.stem:
            file.unlink(missing_ok=True)
