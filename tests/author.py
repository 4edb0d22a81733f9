"""Somebody who writes notes and builds them again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deckwright.pipeline.build import BuildResult, build
from deckwright.problems import ContentError, Problem
from tests.decks import CLOCK, write_files

SETTINGS = 'name = "Test"\nid = "test"\n[limits]\nsimilarity = 1\n'


class Author:
    """Somebody whose builds come a minute apart."""

    def __init__(self, folder: Path, files: dict[str, str | bytes]) -> None:
        self.deck = write_files(folder / "cards", {"deck.toml": SETTINGS, **files})
        self.package = folder / "x.apkg"
        self.now = CLOCK

    def builds(self, **options: Any) -> BuildResult:
        self.now += 60
        return build(self.deck, self.package, clock=lambda: self.now, **options)

    def begins_with(self, text: str) -> None:
        """Build other notes in place of those that there were."""
        self.writes(text)
        self.builds(allowed_retiring=3)

    def is_refused(self, **options: Any) -> list[Problem]:
        before = {path: path.read_bytes() for path in self.deck.parent.rglob("*") if path.is_file()}
        with pytest.raises(ContentError) as error:
            self.builds(**options)
        assert {path: path.read_bytes() for path in self.deck.parent.rglob("*") if path.is_file()} == before
        return error.value.problems

    def writes(self, text: str, name: str = "a.md") -> None:
        (self.deck / name).write_text(text, encoding="utf-8", newline="")

    @property
    def text(self) -> str:
        return (self.deck / "a.md").read_text(encoding="utf-8")
