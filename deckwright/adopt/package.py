"""A package of any maker → its note types, notes, decks and media."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from deckwright.notetypes import NoteType
from deckwright.package.anki_file import DAMAGED, MediaFiles, opened_file
from deckwright.package.read import PackagedNote, read_rows
from deckwright.problems import PackageError

TEXT_TYPES = (".csv", ".tsv", ".txt")


class OldPackage(NamedTuple):
    """An open package: what it holds, and the way to its media."""

    types: Mapping[int, NoteType]
    notes: tuple[PackagedNote, ...]
    """With their fields as HTML."""
    media: MediaFiles

    def read_media(self, name: str) -> bytes:
        """The bytes of a media file. Raises PackageError when they are damaged."""
        try:
            return self.media[name].read_bytes()
        except (KeyError, zipfile.BadZipFile) as error:
            raise PackageError(f"the media file {name} in the package is damaged: {error}; export it again") from None


@contextmanager
def open_package(path: Path) -> Iterator[OldPackage]:
    """Open a package; its notes come in the order in which a learner meets them.

    That is by their place among the new cards where all cards are new, else by the time they were made. Raises
    PackageError when the file is not a package, is damaged, or cannot be read without ``anki``.
    """
    if path.suffix.lower() in TEXT_TYPES:
        raise PackageError(
            f"{path} is text, which holds neither reviews nor pictures: give the deck that Anki exports as a package "
            "(File → Export, .apkg); what is in a spreadsheet alone is imported there first (File → Import)"
        )
    try:
        with opened_file(path, with_scheduling=False) as (connection, media):
            found = read_rows(connection)
            is_new = not connection.execute("SELECT count() FROM cards WHERE type <> 0").fetchone()[0]
            notes = sorted(found.notes, key=lambda note: (is_new and note.position, note.number))
            yield OldPackage({each.type.id: each.type for each in found.types}, tuple(notes), media)
    except DAMAGED as error:
        raise PackageError(f"{path} is not a package, or it is damaged ({error}); export it again") from error
