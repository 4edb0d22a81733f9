"""Cards that a note makes no more: push tells of each that Anki itself finds empty, and removes none."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from deckwright.cli.main import main
from tests.anki_driver import Learner
from tests.collection.conftest import Desk
from tests.package.test_anki import Author


def empty_in_anki(learner: Learner) -> dict[str, tuple[int, ...]]:
    """What Anki's own Tools → Empty Cards finds: note id → ordinals."""
    found = {}
    for note in learner.collection.get_empty_cards().notes:
        name = learner.collection.get_note(note.note_id)["ID"]
        cards = (learner.collection.get_card(card) for card in note.card_ids)
        found[name] = tuple(sorted(card.ord for card in cards))
    return found


def test_a_lost_deletion_and_a_reversed_card_switched_off(author: Author, desk: Desk) -> None:
    author.replaces("02-two/b.md", "{{c1,3::three {{c4::nested}}}}", "{{c1::three}}")
    author.replaces("01-one/a.md", " reversed=yes", "")
    histories, planned = desk.learner.histories(), desk.plans()
    result = desk.pushes()
    assert result.empty == planned.empty == {"two": (1,), "three": (2, 3)}
    assert empty_in_anki(desk.learner) == result.empty
    assert desk.learner.histories() == histories, "nothing is removed"
    assert desk.pushes().empty == result.empty, "told as long as they are there"


def test_anki_removes_them_as_told(author: Author, desk: Desk) -> None:
    author.replaces("02-two/b.md", ", {{c2::two}}", "")
    assert desk.pushes().empty == {"three": (1,)}
    report = desk.learner.collection.get_empty_cards()
    desk.learner.collection.remove_cards_and_orphaned_notes([card for note in report.notes for card in note.card_ids])
    assert desk.pushes().empty == {}
    assert [card.ordinal for card in desk.learner.notes()["three"].cards] == [0, 2, 3]


def test_another_number_takes_the_place_of_one(author: Author, desk: Desk) -> None:
    """There are as many deletions as before; the card of the one that went is empty all the same."""
    author.replaces("02-two/b.md", "{{c2::two}}", "{{c7::two}}")
    assert desk.plans().empty == {"three": (1,)}
    assert desk.pushes().empty == empty_in_anki(desk.learner) == {"three": (1,)}
    assert [card.ordinal for card in desk.learner.notes()["three"].cards] == [0, 1, 2, 3, 6]


def test_what_the_learner_emptied(author: Author, desk: Desk) -> None:
    """The note keeps the learner's text, so it is that text which makes its cards."""
    desk.learner.edits("three", field="Text", text="{{c1::One}} and {{c3::three}}")
    result = desk.pushes()
    assert set(result.plan.kept) == {"three"}
    assert result.empty == empty_in_anki(desk.learner) == {"three": (1, 3)}


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_says_where_and_how(author: Author, desk: Desk, as_json: bool) -> None:
    author.replaces("02-two/b.md", ", {{c2::two}}", "")
    author.replaces("01-one/a.md", " reversed=yes", "")
    given = ["push", str(author.folder), "-o", str(author.package), "--anki", desk.server.url]
    done = CliRunner().invoke(main, [*given, *(["--json"] if as_json else [])], catch_exceptions=False)
    if as_json:
        assert json.loads(done.stdout)["empty"] == {"two": ["the reversed card"], "three": ["c2"]}
        return
    assert "2 empty cards" in done.stdout
    assert "Tools → Empty Cards… → Delete" in done.stdout
    assert f"{author.folder / '02-two/b.md'}:1:4  three: c2" in done.stdout
    assert "two: the reversed card" in done.stdout


def test_removing_is_refused_with_the_way(author: Author, desk: Desk) -> None:
    before = desk.state()
    author.replaces("02-two/b.md", ", {{c2::two}}", "")
    done = CliRunner().invoke(main, ["push", str(author.folder), "--anki", desk.server.url, "--remove-empty"])
    assert done.exit_code == 1
    assert "no action that removes single cards" in done.stderr
    assert "Tools → Empty Cards…" in done.stderr
    assert desk.state() == before
