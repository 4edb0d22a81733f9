"""Pushes into real Anki: what changes, what stays, what is told."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from deckwright.cli.main import main
from deckwright.collection.client import AnkiError
from deckwright.collection.record import read_record, record_file
from tests.anki_driver import Learner
from tests.collection.conftest import HOUR, Desk
from tests.collection.server import AnkiConnectServer
from tests.decks import ONE
from tests.package.test_anki import TWO, Author

SECOND = ONE[ONE.index("## What is two? {#two") :]
CHANGES = {"importPackage", "changeDeck", "suspend", "unsuspend", "addTags", "removeTags", "deleteNotes"}


def move_two(author: Author) -> None:
    author.replaces("01-one/a.md", SECOND, "")
    author.writes({"02-two/e.md": SECOND})


def remove_four(author: Author) -> None:
    author.replaces("02-two/b.md", TWO[TWO.index("## What is four") :], "")


def changes(desk: Desk) -> set[str]:
    done = CHANGES & set(desk.calls)
    desk.calls.clear()
    return done


def test_the_first_push_is_an_import(author: Author, desk: Desk) -> None:
    assert set(desk.learner.notes()) == {"one", "two", "three", "four"}
    assert desk.learner.decks() == {"Default", "Real", "Real::01 One", "Real::02 Two"}
    assert changes(desk) == {"importPackage"}


def test_a_second_push_changes_nothing(author: Author, desk: Desk) -> None:
    before = desk.state()
    changes(desk)
    result = desk.pushes()
    assert result.plan.counts == {
        **dict.fromkeys(("new", "updated", "kept", "moved", "retired", "returned", "waiting"), 0),
        "unchanged": 4,
    }
    assert desk.state() == before
    assert changes(desk) == set()


def test_a_push_with_nothing_to_do_asks_little(author: Author, desk: Desk) -> None:
    """Each request waits for the add-on to look for it; where cards lie is asked only of notes that may have moved."""
    desk.calls.clear()
    desk.pushes()
    asked = "getActiveProfile getMediaDirPath sync modelNamesAndIds modelFieldNames modelFieldNames modelNamesAndIds"
    assert desk.calls == [*asked.split(), "findNotes", "notesInfo"]


def test_one_of_each_in_one_push(author: Author, desk: Desk) -> None:
    """Edited, moved, removed, added, edited by the learner, tagged by the learner: each arrives or stays, told."""
    histories, schema = desk.learner.histories(), desk.learner.schema_time()
    desk.learner.edits("three", field="Text", text="{{c1::My}} own {{c2::words}} {{c3::here}} {{c4::now}}")
    desk.learner.edits("one", tag="mine")
    author.replaces("01-one/a.md", "The first ", "The very first ")
    author.replaces("02-two/b.md", "{{c1::One}}", "{{c1::A single one}}")
    move_two(author)
    remove_four(author)
    author.writes({"01-one/c.md": "## Five? {#five}\n\nA hand.\n"})
    planned = desk.plans()
    assert planned.plan.counts == desk.plans().plan.counts, "a dry run changes nothing"
    result = desk.pushes()
    plan = result.plan
    assert planned.plan.counts == plan.counts
    assert plan.new == ("five",)
    assert set(plan.updated) == {"one"}
    assert set(plan.kept) == plan.outdated == {"three"}
    assert plan.kept["three"]["Text"].there.startswith("{{c1::My}}")
    assert "A single one" in plan.kept["three"]["Text"].here
    assert {name: (m.source, m.target) for name, m in plan.moved.items()} == {"two": ("Real::01 One", "Real::02 Two")}
    assert set(plan.retired) == {"four"}
    notes = desk.learner.notes()
    assert "The very first" in notes["one"].fields["Answer"]
    assert set(notes["one"].tags) == {"r::number", "mine"}
    assert notes["three"].fields["Text"].startswith("{{c1::My}}")
    assert {card.deck for card in notes["two"].cards} == {"Real::02 Two"}
    assert "r::retired" in notes["four"].tags
    assert {card.queue for card in notes["four"].cards} == {-1}
    after = desk.learner.histories()
    assert {name: after[name] for name in histories} == histories
    assert desk.learner.schema_time() == schema
    assert result.not_taken == ()
    assert not desk.pushes().plan.needs_backup
    assert desk.pushes().plan.counts["updated"] == 0


def test_a_learners_tag_after_the_build_does_not_keep_the_text_back(author: Author, desk: Desk) -> None:
    """By hand Anki would pass the note over, for its time is later than the build's."""
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    author.builds()
    desk.learner.edits("four", tag="leech")
    assert desk.pushes().not_taken == ()
    note = desk.learner.notes()["four"]
    assert note.fields["Answer"] == "<p>Two and two.</p>"
    assert "leech" in note.tags


@pytest.mark.parametrize("knows_times", [True, False])
def test_an_edit_gives_way_when_asked(author: Author, desk: Desk, knows_times: bool) -> None:
    desk.server.knows_times = knows_times
    desk.learner.edits("four", field="Answer", text="mine")
    assert desk.pushes().plan.counts["kept"] == 1
    assert desk.pushes(overwrite=["four"]).not_taken == ()
    assert desk.learner.notes()["four"].fields["Answer"] == "<p>Two by two.</p>"
    assert desk.pushes().plan.counts["kept"] == 0


def test_overwrite_all(author: Author, desk: Desk) -> None:
    for name in ("one", "four"):
        desk.learner.edits(name, field="Details", text="mine")
    assert set(desk.pushes(overwrite=None).plan.updated) == {"one", "four"}
    assert desk.learner.notes()["one"].fields["Details"] == ""


def test_a_card_that_the_learner_moved_stays(author: Author, desk: Desk) -> None:
    learner = desk.learner
    cards = [card.number for card in learner.notes()["two"].cards]
    learner.collection.set_deck(cards, learner.collection.decks.id("Mine"))  # type: ignore[arg-type]
    move_two(author)
    result = desk.pushes()
    assert result.plan.elsewhere == {"two": "Mine"}
    assert {card.deck for card in learner.notes()["two"].cards} == {"Mine"}


def test_a_renamed_deck_takes_its_cards_along(author: Author, desk: Desk) -> None:
    author.replaces("deck.toml", '"02 Two"', '"02 Second"')
    assert set(desk.pushes().plan.moved) == {"three", "four"}
    assert desk.learner.notes()["four"].cards[0].deck == "Real::02 Second"


def test_a_removed_note_comes_back(author: Author, desk: Desk) -> None:
    text = (author.folder / "02-two/b.md").read_text(encoding="utf-8")
    remove_four(author)
    assert set(desk.pushes().plan.retired) == {"four"}
    author.writes({"02-two/b.md": text})
    assert set(desk.pushes().plan.returned) == {"four"}
    note = desk.learner.notes()["four"]
    assert "r::retired" not in note.tags
    assert {card.queue for card in note.cards} != {-1}
    changes(desk)
    desk.pushes()
    assert changes(desk) == set()


def test_deleting_asks_first(author: Author, desk: Desk) -> None:
    remove_four(author)
    assert desk.pushes(delete=lambda notes: False).deleted == ()
    assert "r::retired" in desk.learner.notes()["four"].tags, "what may not be deleted is suspended"
    result = desk.pushes(delete=lambda notes: set(notes) == {"four"})
    assert result.deleted == ("four",)
    assert result.backup
    assert "four" not in desk.learner.notes()


def test_the_backup_brings_the_deck_back(author: Author, desk: Desk, tmp_path: Path) -> None:
    """As the message says: the deck imported with its scheduling has every note, deck and review."""
    move_two(author)
    histories = desk.learner.histories()
    backup = desk.pushes().backup
    assert backup
    with Learner(tmp_path / "restored") as restored, AnkiConnectServer(restored) as server:
        server.do_importPackage(str(backup))
        assert restored.histories() == histories
        assert {card.deck for card in restored.notes()["two"].cards} == {"Real::01 One"}


def test_the_last_backups_are_kept(author: Author, desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "backups" / "real"
    folder.mkdir(parents=True)
    for day in range(1, 7):
        (folder / f"2001-01-0{day}-000000.apkg").write_bytes(b"")
    move_two(author)
    backup = desk.pushes().backup
    assert backup
    earlier = [f"2001-01-0{day}-000000.apkg" for day in (4, 5, 6)]
    assert sorted(path.name for path in folder.iterdir()) == [*earlier, backup.name]


def test_no_backup_no_change(author: Author, desk: Desk) -> None:
    move_two(author)
    before = desk.state()
    desk.server.do_exportPackage = lambda **_: False  # type: ignore[method-assign]
    with pytest.raises(AnkiError, match="nothing was changed"):
        desk.pushes()
    assert desk.state() == before


def test_without_a_record_an_older_build_is_no_edit(author: Author, desk: Desk) -> None:
    """The collection holds the build before the last: its texts are older, not edited, and are updated."""
    record_file("real").unlink()
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    author.builds()
    author.replaces("02-two/b.md", "Two and two.", "Twice two.")
    result = desk.pushes()
    assert set(result.plan.updated) == {"four"}
    assert desk.learner.notes()["four"].fields["Answer"] == "<p>Twice two.</p>"


def test_without_a_record_a_later_edit_is_kept(author: Author, desk: Desk) -> None:
    record_file("real").write_text("damaged")
    assert read_record("real").notes == {}
    desk.learner.edits("four", field="Answer", text="mine")
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    assert set(desk.pushes().plan.kept) == {"four"}
    assert desk.learner.notes()["four"].fields["Answer"] == "mine"


@pytest.mark.parametrize("knows_times", [True, False])
def test_a_tag_on_a_note_with_a_new_time_alone_stays(author: Author, desk: Desk, knows_times: bool) -> None:
    """Its text is what it was, so it counts as unchanged; but the import replaces tags wherever a time is newer."""
    desk.server.knows_times = knows_times
    desk.learner.edits("four", tag="mine")
    time.sleep(1.1)
    author.now = int(time.time()) - HOUR
    author.builds(touch=["four"])
    author.replaces("01-one/a.md", "The first ", "The very first ")
    assert set(desk.pushes().plan.updated) == {"one"}
    assert "mine" in desk.learner.notes()["four"].tags


def test_an_add_on_that_tells_no_times(author: Author, desk: Desk) -> None:
    """By the record an edit is still known, and a tag does not keep the text back."""
    desk.server.knows_times = False
    desk.learner.edits("four", field="Answer", text="mine")
    desk.learner.edits("one", tag="mine")
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    author.replaces("01-one/a.md", "The first ", "The very first ")
    result = desk.pushes()
    assert (set(result.plan.kept), set(result.plan.updated), result.not_taken) == ({"four"}, {"one"}, ())
    assert "mine" in desk.learner.notes()["one"].tags


def test_another_profile_is_refused(author: Author, desk: Desk) -> None:
    desk.server.profile = "Other"
    with pytest.raises(AnkiError, match="the last push went to “User 1”"):
        desk.pushes()
    with pytest.raises(AnkiError, match="not “User 2”"):
        desk.pushes(profile="User 2")
    desk.pushes(profile="Other")
    assert read_record("real").profile == "Other"


def test_another_schema_is_refused(author: Author, desk: Desk) -> None:
    """The add-on would merge the note types, and Anki would demand a one-way sync."""
    models = desk.learner.collection.models
    note_type = models.by_name("问答 · real")
    assert note_type
    models.add_field(note_type, models.new_field("Mine"))
    models.update_dict(note_type)
    before = desk.state()
    with pytest.raises(AnkiError, match="has other fields in Anki"):
        desk.pushes()
    assert desk.state() == before


def test_anki_elsewhere_is_refused(author: Author, desk: Desk) -> None:
    desk.server.do_getMediaDirPath = lambda: "/nowhere/collection.media"  # type: ignore[method-assign]
    with pytest.raises(AnkiError, match="run push where Anki runs"):
        desk.pushes()


def test_an_edited_package_is_whole(author: Author, desk: Desk) -> None:
    """A package made for this collection holds the same entries, media included."""
    packages: list[tuple[list[str], list[str]]] = []

    real = desk.server.do_importPackage

    def recording(path: str) -> object:
        packages.append((zipfile.ZipFile(path).namelist(), zipfile.ZipFile(author.package).namelist()))
        return real(path)

    desk.server.do_importPackage = recording  # type: ignore[method-assign]
    desk.learner.edits("four", field="Answer", text="mine")
    author.replaces("01-one/a.md", "The first ", "The very first ")
    desk.pushes()
    assert [made == whole for made, whole in packages] == [True]


def test_the_command(author: Author, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANKICONNECT_URL", desk.server.url)
    desk.learner.edits("four", field="Answer", text="<p>my own</p>")
    remove = TWO[: TWO.index("## What is four")]
    author.replaces("02-two/b.md", remove, "")
    folder = str(author.folder)
    run = CliRunner().invoke
    dry = run(main, ["push", folder, "-o", str(author.package), "--dry-run"], catch_exceptions=False)
    assert dry.exit_code == 0, dry.stderr
    assert "1 kept" in dry.stdout
    assert "retired    three" in dry.stdout
    assert f"{author.folder / '02-two/b.md'}:1:4  four" in dry.stdout
    assert "Answer in Anki: my own" in dry.stdout
    assert "Answer here:    Two by two." in dry.stdout
    done = run(main, ["push", folder, "-o", str(author.package), "--json"], catch_exceptions=False)
    value = json.loads(done.stdout)
    assert value["counts"]["retired"] == 1
    assert value["kept"]["four"]["fields"]["Answer"] == {"anki": "<p>my own</p>", "deck": "<p>Two by two.</p>"}
    assert Path(value["backup"]).exists()
    deleted = run(main, ["push", folder, "-o", str(author.package), "--delete", "--yes"], catch_exceptions=False)
    assert "deleted    three" in deleted.stdout
    wrong = run(main, ["push", folder, "--overwrite", "nobody"])
    assert wrong.exit_code == 2
    monkeypatch.setenv("ANKICONNECT_URL", "http://127.0.0.1:9")
    away = run(main, ["push", folder])
    assert away.exit_code == 1
    assert "start Anki" in away.stderr
