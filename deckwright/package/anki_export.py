"""A file that Anki exported (``.apkg`` or ``.colpkg``, of any version) → what a learner has: notes, reviews, media."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from deckwright.package.anki_file import DAMAGED, MediaFiles, opened_file
from deckwright.package.read import PackagedNote, read_rows
from deckwright.problems import PackageError


class Review(NamedTuple):
    """One answer in the review log, without its time of day."""

    card: int
    time: int
    """Milliseconds since the epoch."""
    ease: int
    """1 (again) to 4 (easy); 0 where it was rescheduled by hand."""
    factor: int
    """1000 times the ease; with FSRS 100 to 1100 for difficulty 1 to 10."""
    took: int
    """Milliseconds until the answer."""
    kind: int
    """0 learning, 1 review, 2 relearning, 3 filtered, 4 and 5 by hand."""


class AnkiExport(NamedTuple):
    """What such a file holds."""

    notes: tuple[PackagedNote, ...]
    reviews: tuple[Review, ...]
    media: MediaFiles
    """Until the block ends."""


@contextmanager
def open_export(path: Path) -> Iterator[AnkiExport]:
    """Open a file that Anki exported. Raises PackageError for a damaged or any other file, or without ``anki``."""
    try:
        with opened_file(path, with_scheduling=True) as (connection, media):
            reviews = connection.execute("SELECT cid, id, ease, factor, time, type FROM revlog ORDER BY id")
            yield AnkiExport(read_rows(connection).notes, tuple(Review(*row) for row in reviews), media)
    except DAMAGED as error:
        raise PackageError(f"{path} is not a file that Anki exported, or it is damaged ({error})") from None
