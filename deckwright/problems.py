"""Where something is in a deck, what is wrong with it, and what a command can end with besides a result."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple


class Severity(enum.StrEnum):
    """An error fails a build; a warning only under ``--strict``; a note never does, and is reported once per deck."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Place(NamedTuple):
    """A position a person can go to: path inside the deck (``/`` between names), line and column from 1."""

    path: str
    line: int = 1
    column: int = 1


class Problem(NamedTuple):
    """Something wrong, where it is, what to do about it, and the rule that says so."""

    place: Place
    message: str
    rule: str
    severity: Severity = Severity.ERROR


class ContentError(Exception):
    """The content has problems; nothing was written."""

    def __init__(self, problems: list[Problem], not_shown: Mapping[str, int] | None = None) -> None:
        """``not_shown`` is how much else is wrong: severity and rule, as in ``warning long-list`` → how many."""
        super().__init__(f"{len(problems)} problems")
        self.problems = problems
        self.not_shown = not_shown or {}


class WrongUseError(Exception):
    """A command cannot do what it was asked with these options, or on this machine; the message says what to do."""


class UnknownNoteError(WrongUseError):
    """``--touch`` names a note that the deck does not hold."""

    def __init__(self, message: str) -> None:
        super().__init__(f"--touch: {message}")


class PackageError(Exception):
    """A package on disk cannot be used; the message says why."""
