"""What all readers of a file that Anki or a generator made (``.apkg``, ``.colpkg``) have in common."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

PRESENT_FORMAT = "collection.anki21b"
"""The collection as Anki 2.1.50 and later writes it: compressed, with a schema that only Anki itself reads."""
OLDER_FORMATS = ("collection.anki21", "collection.anki2")
"""The newer one counts where a file has both: the other then holds nothing but a request to update Anki."""
SUPPORT_OLDER = (
    "is in Anki's present format, which only Anki itself reads: export it again with “Support older Anki versions” "
    "ticked, or install the extra: pip install 'deckwright[anki]'"
)


def collection_in(archive: zipfile.ZipFile) -> str:
    """Return the name of the collection that counts in an archive; empty when it has none."""
    names = archive.namelist()
    return next((name for name in (PRESENT_FORMAT, *OLDER_FORMATS) if name in names), "")


def media_in(archive: zipfile.ZipFile) -> Mapping[str, str]:
    """Return the name of each media file that an archive in an older format has → the name of its entry."""
    names = {*archive.namelist()}
    media = json.loads(archive.read("media")) if "media" in names else {}
    return {name: entry for entry, name in media.items() if entry in names and entry.isdecimal()}


@contextmanager
def opened_collection(content: bytes) -> Iterator[sqlite3.Connection]:
    """Open a collection, given as the bytes of its file, in memory. Raises sqlite3.Error when it is damaged."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        yield connection


def deck_names(connection: sqlite3.Connection) -> dict[int, str]:
    """Return the full name of each deck of a collection, of an older schema or the present one, by its id."""
    if connection.execute("SELECT count() FROM sqlite_master WHERE name = 'decks'").fetchone()[0]:
        rows = connection.execute("SELECT id, name FROM decks")
        return {number: name.replace("\x1f", "::") for number, name in rows}
    found: dict[str, Any] = json.loads(connection.execute("SELECT decks FROM col").fetchone()[0])
    return {int(number): deck["name"] for number, deck in found.items()}
