"""The files of a deck folder that a pull changes: each edited in memory, then all written, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from deckwright.collection.page_editor import PageEditor
from deckwright.deck.folder import Deck
from deckwright.files import replace_file
from deckwright.identity import LOCK_FILE
from deckwright.problems import ContentError, Place, Problem


class FileChange(NamedTuple):
    """A file of the deck folder before and after; ``before`` is None for a new one."""

    path: str
    before: bytes | None
    after: bytes


@dataclass
class Pages:
    """The pages of a deck folder, opened for editing when they are asked for."""

    deck: Deck
    read_media: Callable[[str], bytes | None]
    """Gives the bytes of a media file of the collection."""
    editors: dict[str, PageEditor] = field(default_factory=dict)

    def editor(self, path: str) -> PageEditor:
        """Return a page's editor, of an empty page where there is none. Raises ContentError where it is not UTF-8."""
        if path not in self.editors:
            self.editors[path] = PageEditor(self.deck, path, content_of(self.deck.root / path), self.read_media)
        return self.editors[path]

    def changes(self) -> Iterator[FileChange]:
        """Yield the files that differ."""
        media: dict[str, bytes] = {}
        for path, editor in sorted(self.editors.items()):
            if editor.is_edited:
                yield FileChange(path, editor.raw, editor.content)
            media |= editor.new_media
        yield from (FileChange(path, None, content) for path, content in sorted(media.items()))


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
