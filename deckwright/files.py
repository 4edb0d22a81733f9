"""Writing files so that a reader sees the old one or the new one, each complete."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

DIGEST = 16
"""Bytes of a record's digest."""


FAST_HASH = partial(hashlib.sha1, usedforsecurity=False)
"""SHA-1: every processor computes it fast, with instructions made for hashing or without. It keeps nobody out, and need
not: whoever can write into the cache can write anything there.
"""


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside ``path`` that takes its place when the block ends well and is deleted otherwise.

    A link to a file of the same kind stays one. Raises OSError, which names the file, when it cannot be written or
    renamed; ``path`` is then as it was.
    """
    if path.is_symlink() and (real := Path(os.path.realpath(path))).suffix == path.suffix:
        path = real
    path.parent.mkdir(parents=True, exist_ok=True)
    for left_over in path.parent.glob(f".{path.name}.*.tmp"):  # of a build that was killed
        left_over.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    aside = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        aside.replace(path)
    except BaseException as error:
        aside.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)
        raise


@contextmanager
def temporary_file_beside(path: Path) -> Iterator[Path]:
    """Make an empty file beside ``path``, deleted when the block ends; after a kill, ``atomic_write`` deletes it.

    Raises OSError when it cannot be made.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of ``path``, wholly or not at all."""
    with atomic_write(path) as file:
        file.write(content)


def stamp_of(status: os.stat_result) -> tuple[int, int]:
    """Return size and time of last change (nanoseconds) of a file: when both are the same, so are the bytes.

    The later one of the times of content and of status: the second cannot be set back.
    """
    return status.st_size, max(status.st_mtime_ns, status.st_ctime_ns)


def hash_number(text: str) -> int:
    """Return the first eight bytes of a text's SHA-256 as a number. Frozen: GUIDs and Anki's ids derive from it."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def digest(*contents: bytes) -> bytes:
    """Return a hash of contents that follow each other: it shows whether one changed or a record is damaged."""
    hashed = FAST_HASH()
    for content in contents:
        hashed.update(content)
    return hashed.digest()[:DIGEST]


def file_digest(path: Path) -> bytes:
    """Return the same of a file, read piece by piece. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, FAST_HASH).digest()[:DIGEST]
