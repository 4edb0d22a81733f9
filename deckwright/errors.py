"""What a build can end with besides a package. Apart from the values, so that the command line starts quickly."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deckwright.model import Problem


class ContentError(Exception):
    """The content has problems; nothing was written."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class UnknownNoteError(Exception):
    """An option names a note that the deck does not hold."""


class PackageError(Exception):
    """A package on disk cannot be used; the message says why."""
