"""Ctrl-C between any two steps of a push: nothing is lost, and the next push ends where one push would have."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from anki.scheduler_pb2 import CardAnswer

import deckwright.collection.push as pushing
from deckwright.collection.record import Record, write_record
from tests.collection.conftest import Desk, RecordingAnki
from tests.collection.test_push import changes, move_two
from tests.decks import FOUR
from tests.package.test_anki import Author

FIVE = "## What is five? {#five}\n\nA hand.\n"
STEPS = """
getActiveProfile getMediaDirPath sync modelNamesAndIds modelFieldNames modelFieldNames
modelNamesAndIds findNotes notesInfo getDecks areSuspended
exportPackage importPackage write_record suspend addTags changeDeck unsuspend removeTags write_record sync notesInfo
""".split()
"""All that the push below asks of Anki, and the writing of its record."""


class Interruption:
    """Counts the steps of a push, and presses Ctrl-C after some of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[str] = []
        self.stops: Callable[[list[str]], bool] = lambda steps: False
        """Whether Ctrl-C is pressed after these steps."""
        call = RecordingAnki.call

        def counted_call(anki: RecordingAnki, action: str, **params: object) -> object:
            try:
                return call(anki, action, **params)
            finally:
                self.step(action)

        def counted_write(record: Record) -> None:
            write_record(record)
            self.step("write_record")

        monkeypatch.setattr(RecordingAnki, "call", counted_call)
        monkeypatch.setattr(pushing, "write_record", counted_write)

    def step(self, name: str) -> None:
        self.steps.append(name)
        if self.stops(self.steps):
            self.stops = lambda steps: False
            raise KeyboardInterrupt


@pytest.fixture
def interruption(author: Author, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Interruption:
    """Everything that a push can do is to be done: update, keep, move, retire, bring back."""
    author.writes({"01-one/five.md": FIVE})
    author.replaces("02-two/b.md", FOUR, "")
    assert set(desk.pushes().plan.retired) == {"four"}
    desk.learner.reviews(desk.learner.notes()["five"].cards[0].number, CardAnswer.EASY)
    desk.learner.edits("three", field="Details", text="mine")
    desk.learner.edits("one", tag="mine")
    author.replaces("01-one/a.md", "The first ", "The very first ")
    move_two(author)
    author.writes({"02-two/four.md": FOUR})
    (author.folder / "01-one/five.md").unlink()
    return Interruption(monkeypatch)


def assert_all_done(desk: Desk, *, is_deleted: bool = False) -> None:
    notes = desk.learner.notes()
    assert "The very first" in notes["one"].fields["Answer"]
    assert set(notes["one"].tags) == {"r::number", "mine"}
    assert notes["three"].fields["Details"] == "mine"
    assert {card.deck for card in notes["two"].cards} == {"Real::02 Two"}
    assert notes["four"].tags == ()
    assert {card.queue for card in notes["four"].cards} == {2}
    if is_deleted:
        assert "five" not in notes
    else:
        assert "r::retired" in notes["five"].tags
        assert {card.queue for card in notes["five"].cards} == {-1}
    changes(desk)
    desk.pushes()
    assert changes(desk) == set(), "there is nothing left to do"


def test_the_steps_are_all_steps(desk: Desk, interruption: Interruption) -> None:
    desk.pushes()
    assert interruption.steps == STEPS
    assert_all_done(desk)


@pytest.mark.parametrize("index", range(len(STEPS)), ids=lambda index: f"{index}-{STEPS[index]}")
def test_the_next_push_finishes(desk: Desk, interruption: Interruption, index: int) -> None:
    """Right after the import, too, where the collection has most of the build, and the record nothing of it."""
    histories = desk.learner.histories()
    interruption.stops = lambda steps: len(steps) > index
    with pytest.raises(KeyboardInterrupt):
        desk.pushes()
    assert interruption.steps == STEPS[: index + 1]
    assert desk.learner.histories() == histories
    desk.pushes()
    assert desk.learner.histories() == histories
    assert_all_done(desk)


def test_the_next_push_deletes_the_rest(desk: Desk, interruption: Interruption) -> None:
    histories = desk.learner.histories()
    interruption.stops = lambda steps: steps[-1] == "deleteNotes"
    with pytest.raises(KeyboardInterrupt):
        desk.pushes(delete=lambda notes: True)
    desk.pushes(delete=lambda notes: True)
    del histories["five"]
    assert desk.learner.histories() == histories
    assert_all_done(desk, is_deleted=True)
