"""Opening files that Anki or a generator made (``.apkg``, ``.colpkg``), of any version."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from deckwright.problems import PackageError

PRESENT_FORMAT = "collection.anki21b"
"""The collection as Anki 2.1.50 and later writes it: compressed, with a schema that only Anki itself reads."""
OLDER_FORMATS = ("collection.anki21", "collection.anki2")
"""The newer one counts where a file has both: the other then holds nothing but a request to update Anki."""
SUPPORT_OLDER = (
    "is in Anki's present format, which only Anki itself reads: export it again with “Support older Anki versions” "
    "ticked, or install the extra: pip install 'deckwright[anki]'"
)
DAMAGED = (zipfile.BadZipFile, sqlite3.Error, ValueError, KeyError, TypeError, AttributeError)
"""What reading raises when a file is damaged, or is another one."""
MediaFiles = Mapping[str, Path | zipfile.Path]
"""Name → the file, on disk or in the archive."""


def collection_in(archive: zipfile.ZipFile) -> str:
    """Return the name of the collection that counts in an archive; empty when it has none."""
    names = archive.namelist()
    return next((name for name in (PRESENT_FORMAT, *OLDER_FORMATS) if name in names), "")


@contextmanager
def opened_file(path: Path, *, with_scheduling: bool) -> Iterator[tuple[sqlite3.Connection, MediaFiles]]:
    """Open the collection of a file, and its media, until the block ends.

    One in the present format is imported into an empty collection by Anki's own code, perhaps ``with_scheduling``.
    Raises PackageError without a collection, or when it cannot be read without ``anki``; one of ``DAMAGED``.
    """
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        name = collection_in(archive)
        if not name:
            raise PackageError(f"{path} holds no collection; give an .apkg or .colpkg (File → Export in Anki)")
        if name == PRESENT_FORMAT:
            collection = _imported(path, Path(folder), with_scheduling=with_scheduling)
            media: MediaFiles = {file.name: file for file in collection.with_suffix(".media").glob("*")}
        else:
            collection, media = Path(archive.extract(name, folder)), _media_in(archive)
        with closing(sqlite3.connect(collection)) as connection:
            yield connection, media


def _media_in(archive: zipfile.ZipFile) -> MediaFiles:
    names = {*archive.namelist()}
    media = json.loads(archive.read("media")) if "media" in names else {}
    return {name: zipfile.Path(archive, entry) for entry, name in media.items() if entry in names and entry.isdecimal()}


def _imported(path: Path, folder: Path, *, with_scheduling: bool) -> Path:
    """Return the collection that holds what a file does, and nothing else, in the older format."""
    try:
        from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
        from anki.errors import AnkiException
    except ImportError:
        raise PackageError(f"{path} {SUPPORT_OLDER}") from None
    file = folder / "collection.anki2"
    collection = Collection(str(file))
    try:
        # Anki would add a "+" to the name of a note type that it meets beside its own of the same name.
        for number, stock in enumerate(own := collection.models.all()):
            stock["name"] = f"stock {number}"
            collection.models.update_dict(stock)
        options = ImportAnkiPackageOptions(with_scheduling=with_scheduling)
        collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options))
        for stock in own:
            collection.models.remove(stock["id"])
    except AnkiException as error:
        raise PackageError(f"Anki cannot read {path} ({error}); export it again") from None
    finally:
        collection.close(downgrade=True)
    return file


@contextmanager
def opened_collection(content: bytes) -> Iterator[sqlite3.Connection]:
    """Open a collection, given as the bytes of its file, in memory. Raises sqlite3.Error when it is damaged."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        yield connection
