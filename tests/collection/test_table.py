"""The table in docs/push-and-pull.md: what importing by hand, push and pull each do. Every cell of it is tried here."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deckwright.collection.builds import read_build
from deckwright.collection.notes import read_notes
from deckwright.collection.pages import write_changes
from deckwright.collection.pull import PullOptions, pull_from_anki
from deckwright.pipeline.build import build
from deckwright.pipeline.rendering import Options
from tests.anki_driver import SeenNote
from tests.collection.conftest import Desk
from tests.collection.test_pull import pulled
from tests.collection.test_pull_tags import remove_tags
from tests.collection.test_push import move_two, remove_four
from tests.package.test_anki import Author

DOC = Path(__file__).parents[2] / "docs" / "push-and-pull.md"
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
Story = Callable[[Author, Desk], None]


def by_hand(author: Author, desk: Desk) -> None:
    read = read_build(author.folder, Options())
    if read.lock.changes or not author.package.exists():
        build(author.folder, author.package)
    desk.learner.imports(author.package)


def by_push(author: Author, desk: Desk) -> None:
    desk.pushes()


def by_pull(author: Author, desk: Desk) -> None:
    read = read_build(author.folder, Options())
    with desk.anki() as anki:
        assert read_notes(anki, read).notes
        result = pull_from_anki(read, anki, PullOptions())
    write_changes(author.folder, result.changes)


def change(author: Author, desk: Desk) -> None:
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")


def edit(author: Author, desk: Desk) -> None:
    desk.learner.edits("four", field="Answer", text="<p>my words</p>")


def tag(author: Author, desk: Desk) -> None:
    desk.learner.edits("four", tag="mine")


def then_change(story: Story) -> Story:
    """The story, and a later change of the same note here."""

    def told(author: Author, desk: Desk) -> None:
        story(author, desk)
        time.sleep(1.1)
        change(author, desk)

    return told


def put_elsewhere(author: Author, desk: Desk) -> None:
    cards = [card.number for card in desk.learner.notes()["two"].cards]
    decks = desk.learner.collection.decks
    desk.learner.collection.set_deck(cards, decks.id("Mine"))  # type: ignore[arg-type]
    move_two(author)


def add_in_anki(_: Author, desk: Desk) -> None:
    desk.adds(Question="Five?", Answer="A hand.")


def add_in_anki_and_pull(author: Author, desk: Desk) -> None:
    add_in_anki(author, desk)
    pulled(author, desk, "--new", "--write")
    time.sleep(1.1)


ROWS: dict[str, Story] = {
    "new": lambda author, desk: author.writes({"02-two/new.md": "## New? {#new}\n\nYes.\n"}),
    "changed": change,
    "moved": lambda author, desk: move_two(author),
    "retired": lambda author, desk: remove_four(author),
    "edited by the learner": edit,
    "edited by the learner, then changed here": then_change(edit),
    "tagged by the learner": tag,
    "tagged by the learner, then changed here": then_change(tag),
    "moved by the learner, then moved here": put_elsewhere,
    "added by the learner": add_in_anki,
    "added by the learner, then taken with `pull --new`": add_in_anki_and_pull,
    "without a tag of the deck, by the learner": lambda author, desk: remove_tags(desk, "one"),
    "changed here, with a deletion less": lambda author, desk: author.replaces("02-two/b.md", ", {{c2::two}}", ""),
}
WAYS: dict[str, Story] = {"by hand": by_hand, "push": by_push, "pull": by_pull}
NAMES = {
    "new": "new",
    **dict.fromkeys(("moved", "moved by the learner, then moved here"), "two"),
    **dict.fromkeys(("added by the learner", "added by the learner, then taken with `pull --new`"), ""),
    "without a tag of the deck, by the learner": "one",
    "changed here, with a deletion less": "three",
}
"""Row → the note that it is about, by its ID field; one that is added in Anki has none yet."""


def outcome(author: Author, before: SeenNote | None, after: SeenNote | None, sources: tuple[str, str]) -> str:
    """What happened to a note, in the words of the table."""
    if before is None:
        return "added" if after else "nothing"
    assert after is not None
    words = []
    if before.fields != after.fields:
        words.append("updated")
    if {card.deck for card in before.cards} != {card.deck for card in after.cards}:
        words.append("cards moved")
    if {card.queue for card in after.cards} == {-1} and "r::retired" in after.tags:
        words.append("suspended and tagged")
    if "r::number" in {*after.tags} - {*before.tags}:
        words.append("tag given back")
    if "mine" in before.tags and "mine" not in after.tags:
        words.append("tag lost")
    if "my words" in before.fields.get("Answer", "") and "my words" not in after.fields["Answer"]:
        words.append("edit lost")
    if sources[0] != sources[1]:
        words.append("taken into the sources")
    return ", ".join(words) or "nothing"


def cells() -> list[tuple[str, str, str]]:
    found = [row for row in ROW.findall(DOC.read_text(encoding="utf-8")) if row[0] in ROWS]
    assert [row[0] for row in found] == list(ROWS)
    return [(row[0], way, cell) for row in found for way, cell in zip(WAYS, row[1:], strict=True)]


@pytest.mark.parametrize(("row", "way", "said"), cells())
def test_the_table_is_true(author: Author, desk: Desk, row: str, way: str, said: str) -> None:
    name = NAMES.get(row, "four")
    histories = desk.learner.histories()
    ROWS[row](author, desk)
    before, source = desk.learner.notes().get(name), read_all(author)
    WAYS[way](author, desk)
    after = desk.learner.notes()
    same = [note for note in after.values() if before and note.number == before.number]
    there = same[0] if same else after.get(name)
    assert outcome(author, before, there, (source, read_all(author))) == said.partition(":")[0]
    now = desk.learner.histories()
    assert {each: now[each] for each in histories} == histories, "no way costs a review"


def read_all(author: Author) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(author.folder.rglob("*.md")))
