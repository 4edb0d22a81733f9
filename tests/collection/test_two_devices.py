"""A push while a phone has reviews that are not synced: none is lost, on either device."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deckwright.collection.client import AnkiError
from tests.anki_driver import Learner, SyncServer
from tests.collection.conftest import Desk
from tests.collection.server import AnkiConnectServer
from tests.collection.test_push import move_two, remove_four
from tests.package.test_anki import Author
from tests.package.test_sync import assert_equal, repetitions, review


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SyncServer]:
    with SyncServer(tmp_path / "server") as server:
        yield server


@pytest.fixture
def desk(author: Author, learner: Learner, server: SyncServer) -> Iterator[Desk]:
    """Anki with an account: the deck is pushed into it and uploaded."""
    with AnkiConnectServer(learner) as listening:
        desk = Desk(author, learner, listening)
        desk.pushes()
        learner.logs_in(server)
        assert learner.syncs_one_way(upload=True) == "FULL_UPLOAD"
        listening.has_account = True
        yield desk


@pytest.fixture
def phone(tmp_path: Path, desk: Desk, server: SyncServer) -> Iterator[Learner]:
    with Learner(tmp_path / "phone") as phone:
        phone.logs_in(server)
        assert phone.syncs_one_way(upload=False) == "FULL_DOWNLOAD"
        yield phone


def edit_move_remove(author: Author) -> None:
    author.replaces("02-two/b.md", "{{c1::One}}", "{{c1::A single one}}")
    move_two(author)
    remove_four(author)


def test_one_command_and_the_phones_next_sync_shows_it(author: Author, desk: Desk, phone: Learner) -> None:
    """Everything was reviewed and synced: all is done at once, no sync by hand on the desktop is needed."""
    phone.reviews_everything()
    assert phone.syncs() == "normal"
    desk.learner.edits("one", field="Details", text="my own words")
    edit_move_remove(author)
    plan = desk.pushes().plan
    assert (set(plan.updated), set(plan.kept), set(plan.moved), set(plan.retired), plan.waiting) == (
        {"three"},
        {"one"},
        {"two"},
        {"four"},
        frozenset(),
    )
    reviewed = phone.histories()
    assert phone.syncs() == "normal"
    assert_equal(desk.learner, phone)
    notes = phone.notes()
    assert phone.histories() == reviewed
    assert "A single one" in notes["three"].fields["Text"]
    assert {card.deck for card in notes["two"].cards} == {"Real::02 Two"}
    assert {card.queue for card in notes["four"].cards} == {-1}
    assert notes["one"].fields["Details"] == "my own words"


def test_reviewed_on_the_phone_and_not_synced(author: Author, desk: Desk, phone: Learner) -> None:
    """New cards may have been begun elsewhere, so they wait; the phone's reviews stay, and the next push moves them."""
    review(phone, "two", "four", "three")
    reviewed = phone.histories()
    edit_move_remove(author)
    plan = desk.pushes().plan
    assert plan.waiting == {"two", "four"}
    assert (plan.moved, plan.retired, set(plan.updated)) == ({}, {}, {"three"})
    assert desk.pushes().plan.waiting == {"two", "four"}
    assert phone.syncs() == "normal"
    assert desk.learner.syncs() == "normal"
    assert_equal(desk.learner, phone)
    assert {name: phone.histories()[name] for name in reviewed} == reviewed
    time.sleep(1.01)
    plan = desk.pushes(all_synced=True).plan
    assert (set(plan.moved), set(plan.retired)) == ({"two"}, {"four"})
    assert phone.syncs() == "normal"
    assert_equal(desk.learner, phone)
    assert phone.histories() == reviewed
    assert {card.deck for card in phone.notes()["two"].cards} == {"Real::02 Two"}
    assert repetitions(phone) == {"one": [0], "two": [1, 1], "three": [1] * 4, "four": [1]}


def test_what_waiting_is_for(author: Author, desk: Desk, phone: Learner) -> None:
    """Anki keeps the newer of two card rows: a move by force undoes the phone's review. That is why cards wait."""
    review(phone, "two")
    move_two(author)
    time.sleep(1.01 - time.time() % 1)
    desk.pushes(all_synced=True)
    phone.syncs()
    intervals = [card.history[2] for card in phone.notes()["two"].cards]
    assert intervals == [0, 0], "repetitions of the cards that were reviewed"


def test_an_edit_on_the_phone_that_is_not_synced(author: Author, desk: Desk, phone: Learner) -> None:
    """A tag on the desktop, an edit on the phone, an update from the deck: the later edit wins, as by hand."""
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    author.builds()
    desk.learner.edits("four", tag="mine")
    time.sleep(2.01)
    phone.edits("four", field="Details", text="from the phone")
    desk.pushes()
    assert phone.syncs() == "normal"
    assert desk.learner.syncs() == "normal"
    assert_equal(desk.learner, phone)
    assert desk.learner.notes()["four"].fields["Details"] == "from the phone"


def test_a_one_way_sync_is_the_persons_decision(author: Author, desk: Desk, phone: Learner) -> None:
    desk.learner.collection.mod_schema(check=False)
    desk.learner.edits("one", tag="mine")
    before = desk.state()
    with pytest.raises(AnkiError, match="one-way sync"):
        desk.pushes()
    assert desk.state() == before
