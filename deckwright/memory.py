"""What the last build looked at and said, so that a build with nothing to do is over before anything is read.

It is a hint and never the truth: it counts only when every file of the deck, the package, this program and its
libraries are, by size, times and inode, what they were when the build *began*. Deleting it costs one ordinary build.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CACHE_VARIABLE = "DECKWRIGHT_CACHE"


def cache_folder() -> Path:
    """Where this program may keep what it can do without: ``DECKWRIGHT_CACHE``, or the user's cache folder."""
    if own := os.environ.get(CACHE_VARIABLE):
        return Path(own)
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "deckwright"


class Memory:
    """What is remembered of builds of one deck with the same options in the same working folder."""

    def __init__(self, deck: Path, *options: object) -> None:
        self.deck = deck.resolve()
        key = json.dumps([str(self.deck), str(Path.cwd()), *map(str, options)])
        self.file = cache_folder() / "builds" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"

    def recall(self, day: str) -> dict[str, Any] | None:
        """What the last build said, when nothing at all has changed since; None otherwise, whatever the file holds."""
        try:
            digest, _, body = self.file.read_text(encoding="utf-8").partition("\n")
            if digest != hashlib.sha256(body.encode()).hexdigest():
                return None
            kept = json.loads(body)
            said: dict[str, Any] = kept["said"]
            if kept["seen"] == self._seen(said["package"], day):
                return said
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return None

    def keep(self, said: dict[str, Any], day: str, began: int) -> None:
        """Remember a build that ``began`` at that time (nanoseconds). Unable to write, it remembers nothing."""
        try:
            seen = self._seen(said["package"], day)
            newest = max(stat[1] for path, *stat in seen["deck"] if path != "deck.lock")
            if newest >= began - 1_000_000_000:
                return  # edited during the build, or just before it by a clock of coarse grain
            body = json.dumps({"seen": seen, "said": said}, ensure_ascii=False)
            self.file.parent.mkdir(parents=True, exist_ok=True)
            aside = self.file.with_suffix(f".{os.getpid()}")
            aside.write_text(f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}", encoding="utf-8")
            aside.replace(self.file)
        except (OSError, ValueError):
            return

    def _seen(self, package: str, day: str) -> dict[str, Any]:
        libraries = Path(sys.modules["click"].__file__ or "").parent.parent
        return {
            "day": day,
            "deck": sorted(_stats(str(self.deck))),
            "package": _stat(Path(package).stat()),
            "program": sorted(_stats(str(Path(__file__).parent))),
            "libraries": [sys.version, *_stat(libraries.stat())],
        }


def _stats(folder: str, inside: str = "") -> Iterator[list[str | int]]:
    """Path inside the folder, size, times and inode of every file; hidden ones and compiled code are passed over."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _stats(entry.path, f"{inside}{entry.name}/")
            else:
                yield [inside + entry.name, *_stat(entry.stat())]


def _stat(stat: os.stat_result) -> list[int]:
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
