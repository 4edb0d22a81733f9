"""A deck in Anki → the file for notes that were added to it there."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterable
from functools import lru_cache

from deckwright.deck.exclude import is_excluded
from deckwright.deck.names import everywhere, name_fault
from deckwright.deck.settings import Settings

FILE = "added.md"
"""The file of a subdeck's folder that added notes go to. An author's own files would give them their tags."""


class Folders:
    """The folders of a deck, by the decks that they are in Anki."""

    def __init__(self, settings: Settings, paths: Iterable[str]) -> None:
        """``paths`` are those of the files of notes."""
        self.settings = settings
        folders = {"", *settings.subdecks}
        for path in paths:
            while path:
                path = posixpath.dirname(path)
                folders.add(path)
        self.by_deck = {deck_key(settings.deck_name(folder)): folder for folder in sorted(folders, reverse=True)}

    def file(self, deck: str) -> str:
        """Return the path of the file for a deck's added notes; empty where a build would read none."""
        if (folder := self.of(deck)) is None:
            return ""
        path = posixpath.join(folder, FILE)
        parts = itertools.accumulate(path.split("/"), posixpath.join)
        is_out = any(is_excluded(part, self.settings.exclude, is_folder=part != path) for part in parts)
        return "" if is_out else path

    def of(self, deck: str) -> str | None:
        """Return the folder of a deck, a new one below its parent's if need be; None where there can be none."""
        if (folder := self.by_deck.get(deck_key(deck))) is None:
            parent, _, name = deck.rpartition("::")
            above = self.of(parent) if parent else None
            folder = posixpath.join(above, name) if above is not None and _can_be_folder(name) else None
        return folder


def _can_be_folder(name: str) -> bool:
    """Whether a folder can have a deck's name, everywhere, and a build would look into it."""
    is_plain = "/" not in name and not name.startswith(".") and name == everywhere(name.strip())
    return bool(name) and is_plain and name_fault(name) is None


@lru_cache(1000)
def deck_key(deck: str) -> str:
    """Return what is the same for names that Anki takes for the same deck."""
    return everywhere(deck).casefold()
