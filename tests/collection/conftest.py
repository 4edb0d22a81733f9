"""An author, and a learner's Anki that listens as it does with AnkiConnect."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from anki.collection import Collection
from anki.scheduler_pb2 import CardAnswer

from deckwright.collection.builds import make_build, read_build
from deckwright.collection.client import Anki, Connection
from deckwright.collection.pages import write_changes
from deckwright.collection.pull import PullOptions, PullResult, pull_from_anki
from deckwright.collection.push import PushOptions, PushResult, plan_only, push
from deckwright.pipeline.rendering import Options
from scripts.desktop_anki import Desktop
from tests.anki_driver import Learner
from tests.collection.server import AnkiConnectServer
from tests.package.test_anki import Author

HOUR = 3600
BASIC, CLOZE = "问答 · real", "填空 · real"
"""The deck's note types."""


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


class RecordingAnki(Anki):
    """A running Anki that remembers what it was asked for."""

    def __init__(self, connection: Connection, calls: list[str]) -> None:
        super().__init__(connection)
        self.calls = calls

    def call(self, action: str, **params: object) -> Any:
        self.calls.append(action)
        return super().call(action, **params)


class Desk:
    """The author's own Anki, and the pushes into it."""

    def __init__(self, author: Author, learner: Learner, server: AnkiConnectServer) -> None:
        self.author, self.learner, self.server = author, learner, server
        self.calls: list[str] = []

    @contextmanager
    def anki(self) -> Iterator[Anki]:
        yield RecordingAnki(Connection(self.server.url), self.calls)

    def pushes(self, **options: Any) -> PushResult:
        """Push what the sources say now, as the command does."""
        build, built = make_build(self.author.folder, self.author.package, Options())
        with self.anki() as anki:
            return push(build, built.written.path, anki, PushOptions(**options))

    def plans(self, **options: Any) -> PushResult:
        """Say what a push would do."""
        with self.anki() as anki:
            return plan_only(read_build(self.author.folder, Options()), anki, PushOptions(**options))

    def pulls(self, **options: Any) -> PullResult:
        """Pull into the sources, as the command does with ``--write``."""
        with self.anki() as anki:
            result = pull_from_anki(read_build(self.author.folder, Options()), anki, PullOptions(**options))
        write_changes(self.author.folder, result.changes)
        return result

    def adds(self, deck: str = "Real::02 Two", kind: str = BASIC, tags: str = "", **fields: str) -> int:
        """Add a note as the learner does, and review its cards; its number."""
        collection = self.learner.collection
        note_type = collection.models.by_name(kind)
        assert note_type
        note = collection.new_note(note_type)
        for key, text in fields.items():
            note[key] = text
        note.tags = tags.split()
        collection.add_note(note, collection.decks.id(deck))  # type: ignore[arg-type]
        for card in note.card_ids():
            self.learner.reviews(card, CardAnswer.EASY)
        return note.id

    def state(self) -> object:
        """All that a push could change."""
        return self.learner.notes(), self.learner.decks(), self.learner.schema_time(), self.learner.media()


class RealDesk(Desk):
    """The same with desktop Anki and the real add-on, which has the collection open while it is pushed into."""

    def __init__(self, author: Author, learner: Learner, desktop: Desktop) -> None:
        super().__init__(author, learner, AnkiConnectServer(learner))
        self.desktop = desktop

    @contextmanager
    def anki(self) -> Iterator[Anki]:
        self.learner.collection.close()
        try:
            with self.desktop:
                yield RecordingAnki(Connection(self.desktop.url), self.calls)
        finally:
            self.learner.collection = Collection(str(self.learner.folder / "collection.anki2"))

    def pushes(self, **options: Any) -> PushResult:
        return super().pushes(**{"sync": False, **options})


@pytest.fixture
def desktop(tmp_path: Path) -> Desktop | None:
    """Desktop Anki, where ``scripts/desktop_anki.py`` says which."""
    add_on, python = os.environ.get("DESKTOP_ADD_ON"), os.environ.get("DESKTOP_PYTHON")
    return Desktop(tmp_path / "base", Path(add_on), Path(python)) if add_on and python else None


@pytest.fixture
def learner(tmp_path: Path, desktop: Desktop | None) -> Iterator[Learner]:
    with Learner(desktop.base / "User 1" if desktop else tmp_path / "learner") as learner:
        yield learner


@pytest.fixture
def desk(author: Author, learner: Learner, desktop: Desktop | None) -> Iterator[Desk]:
    """Anki with the deck pushed into it once, every card reviewed and due long after today."""
    with ExitStack() as stack:
        desk = (
            RealDesk(author, learner, desktop)
            if desktop
            else Desk(author, learner, stack.enter_context(AnkiConnectServer(learner)))
        )
        assert len(desk.pushes().plan.new) == 4
        learner.reviews_everything()
        yield desk
