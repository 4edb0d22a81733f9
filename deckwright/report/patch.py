"""Changes of files → a patch that ``git apply`` takes."""

from __future__ import annotations

import base64
import difflib
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator

from deckwright.collection.pages import FileChange

LINE = 52
"""Bytes in a line of a binary patch."""
NONE = "0" * 40


def patch_text(changes: Iterable[FileChange], prefix: str) -> str:
    """Return the patch; ``prefix`` is the deck folder as git sees it, with ``/`` at its end.

    With git's own header a path counts from the root of the work tree, wherever below it the patch is applied; without
    one it would count from the working folder, and a binary file cannot be without.
    """
    return "".join(part for change in changes for part in _file(change, f"{prefix}{change.path}"))


def _file(change: FileChange, path: str) -> Iterator[str]:
    before, source = change.before, f"a/{path}"
    yield f"diff --git a/{path} b/{path}\n"
    if before is None:
        before, source = b"", "/dev/null"
        yield "new file mode 100644\n"
        if not path.endswith(".md"):
            yield f"index {NONE}..{_blob(change.after)}\nGIT binary patch\n{_literal(change.after)}\n{_literal(b'')}\n"
            return
    for line in difflib.unified_diff(_lines(before), _lines(change.after), source, f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[str]:
    """Return lines as git counts them: a text may hold other characters that Python takes for the end of a line."""
    return list(io.StringIO(content.decode(), newline="\n"))


def _blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _literal(content: bytes) -> str:
    packed = zlib.compress(content)
    pieces = [packed[start : start + LINE] for start in range(0, len(packed), LINE)]
    lines = [f"{_length(len(piece))}{base64.b85encode(piece, pad=True).decode()}\n" for piece in pieces]
    return f"literal {len(content)}\n{''.join(lines)}"


def _length(size: int) -> str:
    return chr(ord("A") + size - 1) if size <= 26 else chr(ord("a") + size - 27)
