"""An author, and a learner's Anki that listens as it does with AnkiConnect."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deckwright.collection.builds import make_build, read_build
from deckwright.collection.client import Connection, connect
from deckwright.collection.push import PushOptions, PushResult, plan_only, push
from deckwright.pipeline.rendering import Options
from tests.anki_driver import Learner
from tests.collection.server import AnkiConnectServer
from tests.package.test_anki import Author

HOUR = 3600


@pytest.fixture(autouse=True)
def data_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves a record or a backup in the user's folder; packages go below the test's own."""
    monkeypatch.setenv("DECKWRIGHT_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """An author whose first build is done."""
    author = Author(tmp_path / "deck")
    author.builds()
    return author


class Desk:
    """The author's own Anki, and the pushes into it."""

    def __init__(self, author: Author, learner: Learner, server: AnkiConnectServer) -> None:
        self.author, self.learner, self.server = author, learner, server

    def pushes(self, **options: Any) -> PushResult:
        """Push what the sources say now, as the command does."""
        anki = connect(Connection(self.server.url))
        build, built = make_build(self.author.folder, self.author.package, Options())
        return push(build, built.written.path, anki, PushOptions(clock=time.time, **options))

    def plans(self, **options: Any) -> PushResult:
        """Say what a push would do."""
        anki = connect(Connection(self.server.url))
        return plan_only(read_build(self.author.folder, Options()), anki, PushOptions(clock=time.time, **options))

    def state(self) -> object:
        """All that a push could change."""
        return self.learner.notes(), self.learner.decks(), self.learner.schema_time(), self.learner.media()


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    with Learner(tmp_path / "learner") as learner:
        yield learner


@pytest.fixture
def desk(author: Author, learner: Learner) -> Iterator[Desk]:
    """Anki with the deck pushed into it once, every card reviewed and due long after today."""
    with AnkiConnectServer(learner) as server:
        desk = Desk(author, learner, server)
        assert len(desk.pushes().plan.new) == 4
        learner.reviews_everything()
        yield desk
