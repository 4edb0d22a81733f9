"""The file of a page cache: opened by one process at a time, made anew when it is damaged, bounded."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from deckwright.cache_folder import cache_folder
from deckwright.identity import LOCK_FILE
from deckwright.pipeline.cache import CANNOT_USE, NEW_COLLECTION, DamagedCacheError, PageCache, as_os_errors, error_code
from deckwright.problems import ContentError, Place, Problem

SUFFIX = ".sqlite"
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS pages (path BLOB PRIMARY KEY, page_key TEXT, built_key TEXT, size INTEGER,"
    " modified INTEGER, facts_checksum BLOB, details_checksum BLOB, facts BLOB, details BLOB)",
    "CREATE TABLE IF NOT EXISTS notes (path BLOB, number INTEGER, note_key TEXT, checksum BLOB, fields BLOB,"
    " PRIMARY KEY (path, number))",
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, checksum BLOB, value BLOB)",
    "CREATE TABLE IF NOT EXISTS chunks (chunk_key TEXT PRIMARY KEY, checksum BLOB, chunk BLOB)",
)
"""Pages by their path in the deck, the fields of their notes, other facts about the last build, deflated chunks of its
collection. Texts are bytes because a path may hold what is not UTF-8."""
CLEAR = ("DELETE FROM pages", "DELETE FROM notes", "DELETE FROM facts", "DELETE FROM chunks")
LARGEST_CACHE = 2 * 1024**3
"""Bytes that the files of all decks may take together; beyond it those not used for longest go."""
BUSY_SECONDS, BUILD_SECONDS = 10.0, 60.0
"""How long to wait for another command on the same deck: one that works without the cache then, and a build."""


@contextmanager
def open_cache(deck: Path, *, use: bool = True, alone: bool = False) -> Iterator[PageCache]:
    """Open the cache of a deck folder, empty without ``use``. Only one process at a time has it open.

    What was put is kept when the block ends with ``is_complete`` set, also by an error. Where the cache folder cannot
    be written, or another process works with this deck's cache for long, it is a temporary one; but a build, which
    must work ``alone``, raises ContentError in the latter case. The holder may die: the system ends its hold.
    """
    cache, is_damaged = _open(_file_of(deck), use=use, alone=alone), False
    try:
        cache.load_pages()
        yield cache
    except DamagedCacheError:
        is_damaged = True
        raise
    finally:
        if cache.is_complete and not is_damaged:
            cache.keep()
            if cache.file:
                _prune(cache.file)
        cache.connection.close()
        if cache.file:
            cache.file.with_suffix(NEW_COLLECTION).unlink(missing_ok=True)
            if is_damaged:
                cache.file.unlink(missing_ok=True)


def last_package(deck: Path) -> list[str | int]:
    """Return path, size and time of the package that the last build of another deck folder wrote; empty if unknown."""
    try:
        connection = sqlite3.connect(f"{_file_of(deck).as_uri()}?mode=ro", uri=True, timeout=1)
        with closing(connection):
            built = PageCache(connection).fact("built")
    except (OSError, sqlite3.Error, ValueError):
        return []
    return list(built.get("package", ())) if built else []


def _file_of(deck: Path) -> Path:
    name = hashlib.sha256(os.fsencode(deck.resolve())).hexdigest()[:24]
    return Path(cache_folder("pages")).absolute() / f"{name}{SUFFIX}"


def _open(file: Path, *, use: bool, alone: bool) -> PageCache:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = _connect(file, use=use, seconds=BUILD_SECONDS if alone else BUSY_SECONDS)
        os.utime(file)
        return PageCache(connection, file, file.stat().st_mtime_ns)
    except (OSError, sqlite3.Error) as error:
        code = error_code(error) if isinstance(error, sqlite3.Error) else sqlite3.SQLITE_CANTOPEN
        if alone and code == sqlite3.SQLITE_BUSY:
            message = "another command is at work on this deck; wait for it, or end it"
            raise ContentError([Problem(Place(LOCK_FILE), message, "bad-lock")]) from None
        if code not in CANNOT_USE:
            with suppress(OSError):
                file.unlink()  # it is damaged, or of another version
                return _open(file, use=False, alone=alone)
        with as_os_errors():
            return PageCache(_connect("", use=True))


def _connect(file: Path | str, *, use: bool, seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Open an SQLite file (``""``: a temporary one) in a transaction that no other process can begin as well."""
    connection = sqlite3.connect(file, timeout=seconds, isolation_level=None)
    try:
        connection.execute("PRAGMA page_size = 16384")  # of a new file; most of it are large values
        connection.execute("PRAGMA synchronous = OFF")  # after a crash of the system, checksums show what is undamaged
        connection.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA if use else (*SCHEMA, *CLEAR):
            connection.execute(statement)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prune(file: Path) -> None:
    """Remove the files of decks not built for longest where all together are too large."""
    with os.scandir(file.parent) as entries:
        found = []
        for entry in entries:
            with suppress(FileNotFoundError):  # a build of another deck took it away
                found.append((entry.stat(), Path(entry.path)))
    total = 0
    for stat, other in sorted(found, key=lambda each: -each[0].st_mtime):
        total += stat.st_size
        if total > LARGEST_CACHE and other.stem != file.stem:
            other.unlink(missing_ok=True)
