"""Where caches are, and which times of files show a change.

Little is imported here: a build with nothing to do spends most of its time on imports.
"""

from __future__ import annotations

import os
import sys

CACHE_VARIABLE = "DECKWRIGHT_CACHE"
DATA_VARIABLE = "DECKWRIGHT_DATA"
COARSEST_CLOCK = 2_000_000_000
"""Nanoseconds between two times of files that some file systems (FAT) tell apart: a file that changed less before a
build began may change again without its time showing it."""


def cache_folder(name: str) -> str:
    """A folder to keep in what can be done without: below ``DECKWRIGHT_CACHE``, or else in the user's cache folder."""
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    usual = os.path.join(home or os.path.expanduser("~/.cache"), "deckwright")
    return os.path.join(os.environ.get(CACHE_VARIABLE) or usual, name)


def data_folder(name: str) -> str:
    """A folder for what must not be lost: below ``DECKWRIGHT_DATA``, or else in the user's folder for such data."""
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_DATA_HOME")
    usual = os.path.join(home or os.path.expanduser("~/.local/share"), "deckwright", "data")
    return os.path.join(os.environ.get(DATA_VARIABLE) or usual, name)
