"""The files of a deck folder that a pull changes: each edited in memory, then all written, or none."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deckwright.collection.page_editor import PageEditor
from deckwright.deck.folder import read_folder
from deckwright.deck.toml_file import decoded
from deckwright.files import replace_file
from deckwright.identity import LOCK_FILE
from deckwright.problems import ContentError, Place, Problem

BOM = b"\xef\xbb\xbf"


class FileChange(NamedTuple):
    """A file of the deck folder before and after; ``before`` is None for a new one."""

    path: str
    before: bytes | None
    after: bytes


@dataclass
class Pages:
    """The pages of a deck folder, opened for editing when they are asked for."""

    root: Path
    read_media: Callable[[str], bytes | None]
    """Gives the bytes of a media file of the collection."""

    def __post_init__(self) -> None:
        self.deck = read_folder(self.root, datetime.datetime.now(datetime.UTC).date())
        self.raw: dict[str, bytes | None] = {}
        self.editors: dict[str, PageEditor] = {}

    def editor(self, path: str) -> PageEditor:
        """Return a page's editor, of an empty page where there is none. Raises ContentError where it is not UTF-8."""
        if path not in self.editors:
            raw = self.raw[path] = content_of(self.root / path)
            self.editors[path] = PageEditor(self.deck, path, _text(raw or b"", path), self.read_media)
        return self.editors[path]

    def changes(self) -> Iterator[FileChange]:
        """Yield the files that differ; line ends and a BOM stay as they were."""
        media: dict[str, bytes] = {}
        for path, editor in sorted(self.editors.items()):
            raw = self.raw[path]
            if editor.text != _text(raw or b"", path):
                yield FileChange(path, raw, _bytes(editor.text, raw or b""))
            media |= editor.new_media
        yield from (FileChange(path, None, content) for path, content in sorted(media.items()))


def _text(raw: bytes, path: str) -> str:
    """Return a page's text as a build reads it."""
    text = decoded(raw, path)
    if isinstance(text, Problem):
        raise ContentError([text])
    return text


def _bytes(text: str, raw: bytes) -> bytes:
    """Return the bytes of a page with the BOM of its file, each line with the end that it had."""
    windows = raw.count(b"\r\n")
    if 0 < windows < raw.count(b"\n"):
        text = _with_ends_of(text, raw.decode("utf-8-sig"))
    elif windows:
        text = text.replace("\n", "\r\n")
    return (BOM if raw.startswith(BOM) else b"") + text.encode()


def _with_ends_of(text: str, earlier: str) -> str:
    """Return a text whose lines end as in an earlier one, which mixes line ends; more lines than there were plainly."""
    lines, before = text.split("\n"), earlier.split("\n")
    plain = [line.removesuffix("\r") for line in before]
    for _, i, j, first, last in difflib.SequenceMatcher(None, plain, lines, autojunk=False).get_opcodes():
        if last - first == j - i:
            ends = ("\r" if line.endswith("\r") else "" for line in before[i:j])
            lines[first:last] = [line + end for line, end in zip(lines[first:last], ends, strict=True)]
    return "\n".join(lines)


def content_of(file: Path) -> bytes | None:
    """Return the bytes of a file; None when there is none."""
    return file.read_bytes() if file.exists() else None


def write_changes(root: Path, changes: Iterable[FileChange]) -> None:
    """Write the changes into the deck folder. Raises ContentError when a file changed meanwhile, OSError.

    The lock goes first: a note of another GUID than the one that it is to have would be a second note in Anki. Then
    media, then what shows them.
    """
    ordered = sorted(changes, key=lambda change: (change.path != LOCK_FILE, change.path.endswith(".md")))
    for change in ordered:
        if content_of(root / change.path) != change.before:
            message = "changed while its edits were pulled; pull again"
            raise ContentError([Problem(Place(change.path), message, "unreadable-file")])
    for change in ordered:
        replace_file(root / change.path, change.after)
