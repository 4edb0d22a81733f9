"""Two devices and Anki's own sync server on loopback: new builds reach both, and a one-way sync is never forced."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from anki.scheduler_pb2 import CardAnswer

from tests.anki_driver import Learner, SyncServer
from tests.decks import DOT, ONE
from tests.package.test_anki import TWO, Author

DECKS = {"Default", "Real", "Real::01 One", "Real::02 Two"}
TYPES = {"问答 · real", "填空 · real"}
FIRST = "## What is two? {#two"
ONE_MORE = "## What is new? {#new}\n\nThis one.\n\n"


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """An author whose first build is done."""
    author = Author(tmp_path / "deck")
    author.builds()
    return author


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SyncServer]:
    with SyncServer(tmp_path / "server") as server:
        yield server


@pytest.fixture
def desktop(tmp_path: Path, author: Author, server: SyncServer) -> Iterator[Learner]:
    """The device that imports the first build and uploads it."""
    with Learner(tmp_path / "desktop") as desktop:
        assert desktop.imports(author.package) == {"new": 4}
        desktop.logs_in(server)
        assert desktop.syncs_one_way(upload=True) == "FULL_UPLOAD"
        yield desktop


@pytest.fixture
def phone(tmp_path: Path, desktop: Learner, server: SyncServer) -> Iterator[Learner]:
    """The device that starts with a download of what the desktop imported; from here on no sync is one-way."""
    with Learner(tmp_path / "phone") as phone:
        phone.logs_in(server)
        assert phone.syncs_one_way(upload=False) == "FULL_DOWNLOAD"
        assert_equal(desktop, phone)
        yield phone


def assert_equal(*devices: Learner) -> None:
    """Notes with texts, tags, times and cards with histories, decks, note types, styles, media: all the same."""
    first, *others = devices
    for other in others:
        assert other.notes() == first.notes()
        assert other.decks() == first.decks()
        assert other.styles() == first.styles()
        assert other.media() == first.media()
    for device in devices:
        assert device.note_types() == TYPES
        assert len(device.notes()) == device.collection.note_count()
        assert device.collection.fix_integrity()[1], "Check Database has nothing to mend"


def sync_in_turn(*devices: Learner) -> None:
    """Each syncs once, and the earlier ones again to see what the later ones had; never is a one-way sync forced."""
    for device in (*devices, *devices[:-1]):
        assert device.syncs() == "normal"


def review(device: Learner, *names: str, rating: CardAnswer.Rating.ValueType = CardAnswer.GOOD) -> None:
    """Answer the cards of notes in a second of its own: Anki counts in seconds, nobody uses two devices within one."""
    time.sleep(1.01 - time.time() % 1)
    for name in names:
        for card in device.collection.find_cards(f'"ID:{name}"'):
            device.reviews(card, rating)


def repetitions(device: Learner) -> dict[str, list[int]]:
    """The number of answers in the review log of every card, by the note's id."""
    return {name: [len(history) - 5 for history in cards] for name, cards in device.histories().items()}


def edit_everything(author: Author) -> None:
    """One of each: edited, moved and retagged, removed, added (to an old and a new deck), restyled, picture changed."""
    author.replaces("02-two/b.md", "{{c1::One}}", "{{c1::A single one}}")
    author.replaces("02-two/b.md", TWO[TWO.index("## What is four") :], "")
    two = ONE[ONE.index(FIRST) :]
    author.replaces("01-one/a.md", two, "")
    author.writes({"02-two/e.md": two.replace(".number", ".digit")})
    author.writes(
        {
            "style.css": ".card { color: teal; }",
            "01-one/dot.svg": DOT.format(2),
            "01-one/c.md": "## Five? {#five}\n\nA hand.\n",
            "03-three/d.md": "## Six? {#six}\n\nHalf a dozen.\n",
        }
    )


def test_a_new_build_reaches_both_devices(author: Author, desktop: Learner, phone: Learner) -> None:
    """Both review, a build with every kind of change is imported on one: both end with its texts and all history."""
    desktop.reviews_everything()
    sync_in_turn(desktop, phone)
    phone.reviews_everything()
    sync_in_turn(phone, desktop)
    before, schema = desktop.notes(), desktop.schema_time()
    edit_everything(author)
    plan = author.builds().plan
    assert plan.counts == {"new": 2, "changed": 3, "moved": 1, "retired": 1, "unchanged": 0}
    assert (plan.retired, plan.moved) == (("four",), {"two": ("Real::01 One", "Real::02 Two")})
    assert plan.restyled == ("basic", "cloze")
    assert desktop.imports(author.package) == {"new": 2, "updated": 3}
    sync_in_turn(desktop, phone)
    assert_equal(desktop, phone)
    after = phone.notes()
    assert after.keys() == before.keys() | {"five", "six"}
    assert {name: after[name].cards for name in before} == {name: note.cards for name, note in before.items()}
    assert "A single one" in after["three"].fields["Text"]
    assert set(after["two"].tags) == {"r::digit"}
    assert phone.decks() == DECKS | {"Real::03-three"}
    assert all(style.endswith(".card { color: teal; }\n") for style in phone.styles().values())
    assert len(phone.media()) == 2
    assert any(f'src="{name}"' in after["one"].fields["Answer"] for name in phone.media())
    assert (desktop.schema_time(), phone.schema_time()) == (schema, schema)


def test_a_moved_note_is_the_same_on_both(author: Author, desktop: Learner, phone: Learner) -> None:
    """The card stays in its deck with its history on both; a move alone touches nothing."""
    desktop.reviews_everything()
    sync_in_turn(desktop, phone)
    before = phone.notes()["four"].cards
    text = TWO[TWO.index("## What is four") :]
    author.replaces("02-two/b.md", text, "")
    author.writes({"01-one/c.md": text})
    assert author.builds().plan.moved == {"four": ("Real::02 Two", "Real::01 One")}
    assert desktop.imports(author.package) == {"duplicate": 4}
    sync_in_turn(desktop, phone)
    assert_equal(desktop, phone)
    assert phone.notes()["four"].cards == before


def test_the_phone_reviews_between_import_and_sync(author: Author, desktop: Learner, phone: Learner) -> None:
    """Reviews made after the import elsewhere and before the sync are kept, of the changed notes too."""
    desktop.reviews_everything()
    sync_in_turn(desktop, phone)
    edit_everything(author)
    author.builds()
    desktop.imports(author.package)
    review(phone, "one", "two", "three", "four")
    reviewed = phone.histories()
    sync_in_turn(phone, desktop)
    assert_equal(desktop, phone)
    histories = desktop.histories()
    assert {name: histories[name] for name in reviewed} == reviewed
    assert repetitions(desktop) == {"one": [2], "two": [2, 2], "three": [2] * 4, "four": [2], "five": [0], "six": [0]}
    assert "A single one" in phone.notes()["three"].fields["Text"]


def test_both_review_between_import_and_sync(author: Author, desktop: Learner, phone: Learner) -> None:
    """Reviews of the same card on both devices all stay in the log, whoever syncs first."""
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    author.builds()
    desktop.imports(author.package)
    review(desktop, "four", rating=CardAnswer.EASY)
    review(phone, "four", "one")
    sync_in_turn(desktop, phone)
    assert_equal(desktop, phone)
    assert repetitions(phone) == {"one": [1], "two": [0, 0], "three": [0] * 4, "four": [2]}
    assert phone.notes()["four"].fields["Answer"] == "<p>Two and two.</p>"


def test_what_the_learner_wrote_on_the_phone_stays(author: Author, desktop: Learner, phone: Learner) -> None:
    """Own tags and words on unchanged notes survive a build that was imported before they were synced."""
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    author.builds()
    desktop.imports(author.package)
    phone.edits("one", tag="mine", field="Spare1", text="a thought")
    sync_in_turn(desktop, phone)
    assert_equal(desktop, phone)
    note = desktop.notes()["one"]
    assert "mine" in note.tags
    assert note.fields["Spare1"] == "a thought"
    assert phone.notes()["four"].fields["Answer"] == "<p>Two and two.</p>"


def test_the_learners_newer_words_win_on_both(author: Author, desktop: Learner, phone: Learner) -> None:
    """A note that the learner edited after the build: the edit stays on both devices, as it does with one device."""
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    author.builds()
    phone.edits("four", field="Answer", text="my own words")
    desktop.imports(author.package)
    sync_in_turn(desktop, phone)
    assert_equal(desktop, phone)
    assert desktop.notes()["four"].fields["Answer"] == "my own words"


def test_many_builds_imported_on_either_device(author: Author, desktop: Learner, phone: Learner) -> None:
    """Six builds, imported in turn here and there, reviews before each sync: always the same, always normal."""
    desktop.reviews_everything()
    sync_in_turn(desktop, phone)
    last = "Two by two."
    for turn, (here, there) in enumerate([(desktop, phone), (phone, desktop)] * 3, start=1):
        author.replaces("02-two/b.md", last, last := f"Text {turn}.")
        author.writes({f"01-one/more-{turn}.md": f"## More {turn}? {{#more-{turn}}}\n\nMore.\n"})
        author.builds()
        assert here.imports(author.package) == {"new": 1, "updated": 1, "duplicate": 2 + turn}
        review(there, "four")
        sync_in_turn(there, here)
        assert_equal(here, there)
        assert there.notes()["four"].fields["Answer"] == f"<p>{last}</p>"
        assert repetitions(here)["four"] == [1 + turn]


def test_one_package_imported_on_both_before_a_sync(author: Author, desktop: Learner, phone: Learner) -> None:
    """The same build imported on each device: nothing is there twice."""
    author.replaces("01-one/a.md", FIRST, ONE_MORE + FIRST)
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    author.builds()
    for device in (desktop, phone):
        assert device.imports(author.package) == {"new": 1, "updated": 1, "duplicate": 3}
    sync_in_turn(desktop, phone)
    assert_equal(desktop, phone)
    assert desktop.decks() == DECKS
    assert set(desktop.notes()) == {"one", "two", "three", "four", "new"}


@pytest.fixture
def clone(tmp_path: Path, author: Author, phone: Learner) -> Author:
    """Another clone of the author's repository; once both devices have the first build, each adds the same note."""
    assert len(phone.notes()) == 4
    clone = Author(tmp_path / "clone" / "deck")
    (clone.folder / "deck.lock").write_bytes((author.folder / "deck.lock").read_bytes())
    clone.now = author.now + 600
    for each in (author, clone):
        each.replaces("01-one/a.md", FIRST, ONE_MORE + FIRST)
        each.builds()
    assert author.package.read_bytes() != clone.package.read_bytes(), "built at different times"
    return clone


def test_builds_of_two_clones_double_nothing(author: Author, clone: Author, desktop: Learner, phone: Learner) -> None:
    """Each device imports another clone's build with the same new note before they sync: one note, no second deck."""
    desktop.reviews_everything()
    sync_in_turn(desktop, phone)
    assert desktop.imports(clone.package) == {"new": 1, "duplicate": 4}
    assert phone.imports(author.package) == {"new": 1, "duplicate": 4}
    sync_in_turn(desktop, phone)
    assert_equal(desktop, phone)
    assert desktop.decks() == DECKS
    assert set(desktop.notes()) == {"one", "two", "three", "four", "new"}
    assert repetitions(phone) == {"one": [1], "two": [1, 1], "three": [1] * 4, "four": [1], "new": [0]}


@pytest.mark.parametrize("phone_first", [True, False])
def test_a_new_note_reviewed_before_the_other_import(
    author: Author, clone: Author, desktop: Learner, phone: Learner, phone_first: bool
) -> None:
    """The new note is reviewed on the phone, then imported on the desktop from the other clone: the review stays."""
    phone.imports(author.package)
    review(phone, "new")
    reviewed = phone.histories()["new"]
    desktop.imports(clone.package)
    sync_in_turn(*((phone, desktop) if phone_first else (desktop, phone)))
    assert_equal(desktop, phone)
    assert desktop.histories()["new"] == reviewed
    assert repetitions(desktop)["new"] == [1]


def test_after_two_clones_the_next_build_is_one_update(
    author: Author, clone: Author, desktop: Learner, phone: Learner
) -> None:
    """Once merged (either lock), the next build updates the one note on both."""
    desktop.imports(clone.package)
    phone.imports(author.package)
    sync_in_turn(desktop, phone)
    author.now = clone.now
    author.replaces("01-one/a.md", "This one.", "That one.")
    author.builds()
    assert phone.imports(author.package) == {"updated": 1, "duplicate": 4}
    sync_in_turn(phone, desktop)
    assert_equal(desktop, phone)
    assert desktop.notes()["new"].fields["Answer"] == "<p>That one.</p>"


def test_a_new_deck_imported_on_both_loses_nothing(author: Author, desktop: Learner, phone: Learner) -> None:
    """Anki's own limit: each device numbers a new deck itself, so both imports of one end as "X" and "X+".

    Even then no note is doubled, no review lost, no deck that both had is affected and no one-way sync forced.
    """
    author.writes({"03-three/d.md": "## Six? {#six}\n\nHalf a dozen.\n"})
    author.builds()
    for device in (desktop, phone):
        assert device.imports(author.package) == {"new": 1, "duplicate": 4}
    review(phone, "six")
    sync_in_turn(desktop, phone)
    for device in (desktop, phone):
        assert device.decks() == DECKS | {"Real::03-three", "Real::03-three+"}
        assert len(device.notes()) == device.collection.note_count() == 5
        assert repetitions(device)["six"] == [1]
    assert desktop.histories() == phone.histories()


def test_the_server_ends_with_its_block(tmp_path: Path) -> None:
    """Neither the process nor its port is left."""
    with SyncServer(tmp_path / "server") as server:
        connect(server)
    assert server.process.returncode is not None
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def connect(server: SyncServer) -> None:
    address = urlsplit(server.endpoint)
    socket.create_connection((address.hostname, address.port), 5).close()
