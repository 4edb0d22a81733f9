"""Writing files so that whoever reads sees the old one or the new one, each whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def written_aside(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, beside ``path``, that takes its place when the block ends well and vanishes otherwise.

    Raises OSError when it cannot be written or renamed; ``path`` is then as it was.
    """
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
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextmanager
def scratch_file(path: Path) -> Iterator[Path]:
    """An empty file beside ``path`` to work in, gone when the block ends; ``written_aside`` sweeps up after a kill.

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
    with written_aside(path) as file:
        file.write(content)


def stamp_of(status: os.stat_result) -> tuple[int, int]:
    """Size of a file, and the time of its last change in nanoseconds: when both are the same, so are the bytes.

    The later one of the times of content and of status: the second cannot be set back.
    """
    return status.st_size, max(status.st_mtime_ns, status.st_ctime_ns)
