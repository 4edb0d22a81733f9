"""Deflated pieces of a collection, kept from one package to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import IO, Any

from deckwright.files import digest


@dataclass
class Pieces:
    """Deflated pieces of a collection under hashes of what they were: after an edit nearly all are the same."""

    last: IO[bytes] | None = None
    now: IO[bytes] | None = None
    known: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Hash → where the piece begins in last time's file, its length, and a hash of it."""
    kept: dict[str, Sequence[Any]] = field(default_factory=dict)
    """The same of this time's file."""
    end: int = 0
    _reading: Lock = field(default_factory=Lock)

    def get(self, key: str) -> bytes | None:
        """The piece that the last build kept under that hash, when there is one and it is whole.

        Several threads may ask at once.
        """
        try:
            start, length, seal = self.known[key]
            if self.last is None:
                return None
            with self._reading:
                self.last.seek(start)
                piece = self.last.read(length)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return piece if digest(piece).hex() == seal else None

    def put(self, key: str, piece: bytes) -> None:
        """Keep a piece for the next build. Raises OSError when it cannot be written."""
        if self.now is not None:
            self.now.write(piece)
            self.kept[key] = self.end, len(piece), digest(piece).hex()
            self.end += len(piece)
