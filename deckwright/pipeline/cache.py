"""The page cache: what earlier builds made of each page, so that only what changed is worked on again.

One SQLite file per deck folder, written in one transaction per build. Beside it is the collection of the last package,
from which unchanged rows are taken. Nothing here is ever trusted over the sources: a page counts only under the very
key it was kept by, the collection only together with the ``deck.lock`` it was made with, and every text only when its
checksum shows that it is undamaged. Deleting the folder costs one cold build.
"""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from deckwright.cache_folder import COARSEST_CLOCK
from deckwright.files import digest

COLLECTION, NEW_COLLECTION = ".anki2", ".new"
"""Endings of the files beside the cache: the last collection, and one that is being made."""
UNKNOWN_STAMP = (0, 0)
"""The stamp of a file that changed too recently for its time to show a later change."""
CANNOT_USE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
}
"""Errors of SQLite that the file system or another process is the reason of, not damage."""


class DamagedCacheError(OSError):
    """Something in the cache that a build counted on is damaged: the build begins again without it."""


class CachedPage(NamedTuple):
    """What is known of a page without reading its notes."""

    key: str
    """A hash of all that the page depends on, but for its media and sources."""
    stamp: tuple[int, int]
    """What ``stamp_of`` gave for the page's file; ``UNKNOWN_STAMP`` when that shows nothing."""
    is_built: bool
    """Whether the last build packaged the page as it is here."""
    facts: Any
    """What was kept as the page's facts, as JSON holds it."""


@contextmanager
def as_os_errors() -> Iterator[None]:
    """Turn SQLite's errors into OSError (the system refused) or DamagedCacheError."""
    try:
        yield
    except sqlite3.Error as error:
        if error_code(error) in CANNOT_USE:
            raise OSError(errno.EIO, str(error)) from error
        raise DamagedCacheError(str(error)) from error


def error_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code of an error."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF


@dataclass
class PageCache:
    """The cache of one deck, open for one build; ``open_cache`` makes it.

    Methods raise OSError when something cannot be read or written, DamagedCacheError when it is not what was kept.
    """

    connection: sqlite3.Connection
    file: Path | None = None
    """None for a temporary cache, which is gone with the build."""
    began: int = 0
    """Time in nanoseconds, by the file system's clock, at which the build began."""
    is_complete: bool = False
    """Set when every page of the deck was put or taken: from then on the cache is worth keeping."""
    is_built: bool = False
    """Set when this build's package was written: from then on its collection is the last one."""
    pages: dict[str, CachedPage] = field(default_factory=dict)
    """The pages that the last build or check left, by path; what this one puts is not added."""
    used_chunks: set[str] = field(default_factory=set)

    def load_pages(self) -> None:
        """Read what is known of all pages. One that is damaged is passed over."""
        rows = self._rows("SELECT path, page_key, built_key, size, modified, facts_checksum, facts FROM pages")
        for path, key, built_key, size, modified, checksum, facts in rows:
            if checksum == digest(path, key.encode(), facts):
                page = CachedPage(key, (size, modified), built_key == key, json.loads(_text(facts)))
                self.pages[_text(path)] = page

    def put_page(
        self,
        path: str,
        key: str,
        stamp: tuple[int, int],
        facts: object,
        details: object,
        notes: Iterable[tuple[str, str]],
    ) -> None:
        """Keep a page in place of what was kept under its path.

        ``facts`` and ``details`` are anything JSON can hold; ``notes`` are the key and the fields of each note.
        """
        name, texts = _bytes(path), [_bytes(_json(value)) for value in (facts, details)]
        checksums = [digest(name, key.encode(), text) for text in texts]
        self._run("DELETE FROM notes WHERE path = ?", (name,))
        row = (name, key, "", *self.settled(stamp), *checksums, *texts)
        self._run("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        with as_os_errors():
            self.connection.executemany(
                "INSERT INTO notes VALUES (?, ?, ?, ?, ?)",
                (
                    (name, number, note_key, digest(name, b"%d %s" % (number, note_key.encode()), fields), fields)
                    for number, (note_key, text) in enumerate(notes)
                    for fields in (_bytes(text),)
                ),
            )

    def settled(self, stamp: tuple[int, int]) -> tuple[int, int]:
        """Return the stamp of a file, or ``UNKNOWN_STAMP`` when the file may yet change without changing its stamp."""
        return stamp if stamp[1] < self.began - COARSEST_CLOCK else UNKNOWN_STAMP

    def restamp(self, path: str, stamp: tuple[int, int]) -> None:
        """Note a new stamp of a page whose content did not change."""
        if self.pages[path].stamp != (settled := self.settled(stamp)):
            self._run("UPDATE pages SET size = ?, modified = ? WHERE path = ?", (*settled, _bytes(path)))

    def remove_others(self, paths: Collection[str]) -> None:
        """Forget the pages that are not among ``paths``."""
        gone = [(_bytes(path),) for path in self.pages.keys() - set(paths)]
        with as_os_errors():
            self.connection.executemany("DELETE FROM pages WHERE path = ?", gone)
            self.connection.executemany("DELETE FROM notes WHERE path = ?", gone)

    def details(self, path: str) -> Any:
        """Return the details of a page, as JSON holds them."""
        name = _bytes(path)
        for key, checksum, text in self._rows(
            "SELECT page_key, details_checksum, details FROM pages WHERE path = ?", (name,)
        ):
            if digest(name, key.encode(), text) == checksum:
                return json.loads(_text(text))
        raise DamagedCacheError(path)

    def fields(self, path: str, number: int) -> str:
        """Return the fields of a note of a page, by its number on the page."""
        name = _bytes(path)
        rows = self._rows("SELECT note_key, checksum, fields FROM notes WHERE path = ? AND number = ?", (name, number))
        for key, checksum, text in rows:
            if digest(name, b"%d %s" % (number, key.encode()), text) == checksum:
                return _text(text)
        raise DamagedCacheError(path)

    def note_keys(self, path: str) -> list[tuple[int, str]]:
        """Return number and key of each note of a page."""
        return self._rows("SELECT number, note_key FROM notes WHERE path = ? ORDER BY number", (_bytes(path),))

    def fact(self, name: str) -> Any:
        """Return what was kept under a name, as JSON holds it; None when nothing is, or it is damaged."""
        for checksum, value in self._rows("SELECT checksum, value FROM facts WHERE name = ?", (name,)):
            if digest(name.encode(), value) == checksum:
                return json.loads(_text(value))
        return None

    def put_fact(self, name: str, value: object) -> None:
        """Keep a value under a name for the next build."""
        text = _bytes(_json(value))
        self._run("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", (name, digest(name.encode(), text), text))

    def get_chunk(self, key: str) -> bytes | None:
        """Return a deflated chunk of the last collection, when it was kept and is whole."""
        self.used_chunks.add(key)
        for checksum, chunk in self._rows("SELECT checksum, chunk FROM chunks WHERE chunk_key = ?", (key,)):
            if digest(chunk) == checksum:
                return bytes(chunk)
        return None

    def put_chunk(self, key: str, chunk: bytes) -> None:
        """Keep a deflated chunk of this build's collection."""
        self._run("INSERT OR REPLACE INTO chunks VALUES (?, ?, ?)", (key, digest(chunk), chunk))

    @property
    def last_collection(self) -> Path | None:
        """Where the collection of the last package was kept, perhaps."""
        return self.file.with_suffix(COLLECTION) if self.file else None

    @property
    def new_collection(self) -> Path | None:
        """Where to make this build's collection so that it is kept; None when it cannot be."""
        return self.file.with_suffix(NEW_COLLECTION) if self.file else None

    def mark_built(self) -> None:
        """Say that all pages and the new collection were packaged, so the next build may count on them."""
        self.is_built = True
        self._run("UPDATE pages SET built_key = page_key WHERE built_key <> page_key")
        gone = [(key,) for (key,) in self._rows("SELECT chunk_key FROM chunks") if key not in self.used_chunks]
        with as_os_errors():
            self.connection.executemany("DELETE FROM chunks WHERE chunk_key = ?", gone)

    def keep(self) -> None:
        """End the transaction and put the new collection in place. Unable to, the next build is a cold one."""
        with suppress(sqlite3.Error, OSError):
            if self.is_built and self.new_collection and self.last_collection and self.new_collection.exists():
                self.new_collection.replace(self.last_collection)
            self.connection.execute("COMMIT")

    def _run(self, statement: str, values: Sequence[object] = ()) -> None:
        with as_os_errors():
            self.connection.execute(statement, values)

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with as_os_errors():
            return self.connection.execute(statement, values).fetchall()


def stamp_of_collection(file: Path | None) -> list[int]:
    """Return size and time of last change (nanoseconds) of a kept collection, which a new name leaves as they are.

    Empty when there is none.
    """
    with suppress(OSError):
        if file:
            status = file.stat()
            return [status.st_size, status.st_mtime_ns]
    return []


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")
