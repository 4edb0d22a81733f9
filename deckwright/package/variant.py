"""A package → one for a certain collection: without some notes, others with more tags and a later time."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from deckwright.identity.ids import Guid
from deckwright.package.anki_file import opened_collection

COLLECTION = "collection.anki2"


class NoteChange(NamedTuple):
    """What a note is to be in the package."""

    tags: tuple[str, ...]
    modified: int


def write_variant(path: Path, output: Path, without: Collection[Guid], changed: Mapping[Guid, NoteChange]) -> None:
    """Write a copy of a package that a build wrote, without some notes and with some ``changed``.

    Raises OSError when one cannot be read or written.
    """
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, _changed_collection(content, without, changed) if name == COLLECTION else content)


def _changed_collection(content: bytes, without: Collection[Guid], changed: Mapping[Guid, NoteChange]) -> bytes:
    with opened_collection(content) as connection:
        for guid in without:
            connection.execute("DELETE FROM cards WHERE nid IN (SELECT id FROM notes WHERE guid = ?)", (guid,))
            connection.execute("DELETE FROM notes WHERE guid = ?", (guid,))
        rows = [(f" {' '.join(note.tags)} ", note.modified, guid) for guid, note in changed.items()]
        connection.executemany("UPDATE notes SET tags = ?, mod = ? WHERE guid = ?", rows)
        connection.commit()
        return bytes(connection.serialize())
