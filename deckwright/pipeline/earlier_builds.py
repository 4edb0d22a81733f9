"""What earlier builds left behind besides ``deck.lock``: the texts of their notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from deckwright.identity import EarlierText
from deckwright.package.read import PackagedNote, read_collection, read_package
from deckwright.problems import PackageError


class EarlierBuilds:
    """The notes of packages and of kept collections, each file read when the first note is asked for.

    ``files`` that are missing, damaged or no packages hold none: nobody asked for them.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self.files = files

    @cached_property
    def notes(self) -> dict[str, list[PackagedNote]]:
        """The notes by id, as each file holds them."""
        found: dict[str, list[PackagedNote]] = {}
        for file in dict.fromkeys(self.files):
            for note in _notes(file):
                if name := note.fields.get("ID"):
                    found.setdefault(name, []).append(note)
        return found

    def texts(self, name: str) -> list[EarlierText]:
        """What is left of a note by its id."""
        return [EarlierText(note.fields, note.tags) for note in self.notes.get(name, ())]


def _notes(file: Path) -> Sequence[PackagedNote]:
    try:
        return (read_collection(file) if file.suffix == ".anki2" else read_package(file)).notes
    except (OSError, PackageError):
        return ()
