"""Tags: chosen ones of the learner's come into the attribute lists, others never; a lost one of the deck's is told."""

from __future__ import annotations

import json

import pytest

from deckwright.collection.builds import read_build
from deckwright.collection.pull import PullResult
from deckwright.collection.tags import is_chosen
from deckwright.pipeline.rendering import Options
from tests.collection.conftest import Desk
from tests.collection.test_pull import pulled, text_of
from tests.package.test_anki import SETTINGS, Author


def tag(desk: Desk, name: str, *tags: str) -> None:
    for each in tags:
        desk.learner.edits(name, tag=each)


def remove_tags(desk: Desk, name: str) -> None:
    collection = desk.learner.collection
    note = collection.get_note(collection.find_notes(f"ID:{name}")[0])
    note.tags = []
    collection.update_note(note)


def built_tags(author: Author, name: str) -> tuple[str, ...]:
    return read_build(author.folder, Options()).notes[name].tags


def test_chosen_tags_come(author: Author, desk: Desk) -> None:
    tag(desk, "four", "todo::later", "mine", "r::hard")
    tag(desk, "two", "TODO")
    before = text_of(author, "02-two/b.md"), text_of(author, "01-one/a.md")
    assert "nothing was edited" in pulled(author, desk, "--write").stderr
    done = pulled(author, desk, "--tags", "todo", "--tags", "r::h*", "--write")
    assert text_of(author, "02-two/b.md") == before[0].replace("{#four}", "{#four .hard .todo::later}")
    assert text_of(author, "01-one/a.md") == before[1].replace("{#two .number rev", "{#two .number .TODO rev")
    assert f"{author.folder.name}/02-two/b.md:5:4: four: Tags: {{+todo::later+}}" in done.stderr
    assert built_tags(author, "four") == ("r::hard", "r::todo::later")


def test_a_second_pull_and_the_next_push_agree(author: Author, desk: Desk) -> None:
    """The tag is the deck's from then on; the learner's own stays beside it."""
    tag(desk, "four", "mine", "r::hard")
    assert [each.tag for each in desk.pulls(tags=["*"]).tags] == ["mine", "r::hard"]
    assert set(desk.pushes().plan.updated) == {"four"}
    assert set(desk.learner.notes()["four"].tags) == {"mine", "r::mine", "r::hard"}
    assert desk.pulls(tags=["*"]) == PullResult()
    assert desk.pushes().plan.changes_nothing


def test_a_tag_and_an_edit_of_one_note_come_in_one_patch(author: Author, desk: Desk) -> None:
    desk.learner.edits("four", field="Answer", text="<p>Two <b>by</b> two.</p>", tag="mine")
    patch = pulled(author, desk, "--tags", "mine").stdout
    assert "+## What is four? {#four .mine}" in patch
    assert "+Two **by** two." in patch
    assert patch.count("--- a/") == 1


def test_where_tags_stand(author: Author, desk: Desk) -> None:
    """Behind the note's own tags, wherever those stand; tags of the front matter are the file's."""
    page = "---\ntags: [all]\n---\n\n## Five? {reversed=yes .odd #five hint=x}\n\nA hand.\n"
    author.writes({"01-one/five.md": page})
    desk.pushes()
    tag(desk, "five", "mine", "r::all")
    pulled(author, desk, "--tags", "*", "--write")
    assert "## Five? {reversed=yes .odd #five .mine hint=x}" in text_of(author, "01-one/five.md")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a,b", "is not a tag"),
        ("draft", "no attribute list gives exactly this tag"),
        ("x{y}", "four: x{y}: "),
        ('"q"', 'four: "q": '),
    ],
)
def test_what_cannot_be_written_is_listed(author: Author, desk: Desk, name: str, said: str) -> None:
    before = text_of(author, "02-two/b.md")
    tag(desk, "four", name)
    done = pulled(author, desk, "--tags", "*", "--write")
    assert "could not be written into the sources" in done.stderr
    assert said in done.stderr
    assert text_of(author, "02-two/b.md") == before


def test_ankis_own_tags_need_a_prefix(author: Author, desk: Desk) -> None:
    tag(desk, "four", "leech")
    assert "+## What is four? {#four .leech}" in pulled(author, desk, "--tags", "leech").stdout
    author.writes({"deck.toml": SETTINGS.replace('tag-prefix = "r"\n', "")})
    done = pulled(author, desk, "--tags", "leech", "--json")
    value = json.loads(done.stdout)
    assert value["patch"] == ""
    assert [(each["tag"], "Anki gives `leech`" in each["why-not"]) for each in value["tags"]] == [("leech", True)]


def test_in_a_file_that_mixes_line_ends_each_line_keeps_its_own(author: Author, desk: Desk) -> None:
    author.writes({"02-two/b.md": text_of(author, "02-two/b.md").replace("{#four}\n", "{#four}\r\n") + "\r\n"})
    before = (author.folder / "02-two/b.md").read_bytes()
    tag(desk, "four", "mine")
    pulled(author, desk, "--tags", "mine", "--write")
    assert (author.folder / "02-two/b.md").read_bytes() == before.replace(b"{#four}", b"{#four .mine}")


@pytest.mark.parametrize("has_record", [True, False])
def test_a_tag_of_the_decks_that_was_taken_away_is_told(author: Author, desk: Desk, has_record: bool) -> None:
    """It is not known whether that was meant, and the next push gives it again; the person decides."""
    remove_tags(desk, "one")
    file = author.folder.parent / "data" / "pushed" / "real.json"
    assert file.exists()
    if not has_record:
        file.unlink()
    done = pulled(author, desk, "--tags", "*")
    assert done.stdout == ""
    assert "removed in Anki; the next push gives them again" in done.stderr
    assert "01-one/a.md:1:4: one: r::number" in done.stderr
    assert json.loads(pulled(author, desk, "--json").stdout)["removed-tags"][0]["tag"] == "r::number"
    assert set(desk.pushes().plan.updated) == {"one"}
    assert desk.learner.notes()["one"].tags == ("r::number",)


def test_a_tag_that_is_new_here_was_not_taken_away(author: Author, desk: Desk) -> None:
    author.replaces("01-one/a.md", "{#one .number}", "{#one .number .new}")
    assert "nothing was edited" in pulled(author, desk).stderr


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("todo", "todo", True),
        ("todo::later", "todo", True),
        ("Todo::later", "tODO::*", True),
        ("todos", "todo", False),
        ("a::todo", "todo", False),
        ("a::todo", "*todo", True),
        ("a.b", "a?b", False),
        ("x", "*", True),
    ],
)
def test_what_a_pattern_names(name: str, pattern: str, expected: bool) -> None:
    assert is_chosen(name, [pattern]) is expected
