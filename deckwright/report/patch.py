"""Changes of files → a patch that ``git apply`` takes."""

from __future__ import annotations

import base64
import difflib
import hashlib
import zlib
from collections.abc import Iterable, Iterator

from deckwright.collection.pages import FileChange

LINE = 52
"""Bytes in a line of a binary patch."""
NONE = "0" * 40


def patch_text(changes: Iterable[FileChange], prefix: str) -> str:
    """Return the patch; ``prefix`` is the deck folder as seen from where it is applied, with ``/`` at its end."""
    return "".join(part for change in changes for part in _file(change, f"{prefix}{change.path}"))


def _file(change: FileChange, path: str) -> Iterator[str]:
    if change.before is None and change.path.endswith(".md"):
        yield f"diff --git a/{path} b/{path}\nnew file mode 100644\n"
        yield from _hunks(b"", change.after, "/dev/null", f"b/{path}")
        return
    if change.before is None:
        yield f"diff --git a/{path} b/{path}\nnew file mode 100644\nindex {NONE}..{_blob(change.after)}\n"
        yield f"GIT binary patch\n{_literal(change.after)}\n{_literal(b'')}\n"
        return
    yield from _hunks(change.before, change.after, f"a/{path}", f"b/{path}")


def _hunks(before: bytes, after: bytes, source: str, target: str) -> Iterator[str]:
    old, new = (content.decode().splitlines(keepends=True) for content in (before, after))
    for line in difflib.unified_diff(_lines(old), _lines(new), source, target):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(parts: list[str]) -> list[str]:
    """Return lines as git counts them: a text may hold characters that Python takes for the end of a line."""
    return [line for line in "".join(parts).replace("\n", "\n\0").split("\0") if line]


def _blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _literal(content: bytes) -> str:
    packed = zlib.compress(content)
    pieces = [packed[start : start + LINE] for start in range(0, len(packed), LINE)]
    lines = [f"{_length(len(piece))}{base64.b85encode(piece, pad=True).decode()}\n" for piece in pieces]
    return f"literal {len(content)}\n{''.join(lines)}"


def _length(size: int) -> str:
    return chr(ord("A") + size - 1) if size <= 26 else chr(ord("a") + size - 27)
