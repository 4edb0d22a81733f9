"""The main job against real Anki: import, review, change, rebuild, import again with default options."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deckwright.pipeline.build import BuildResult, build
from tests.anki_driver import Learner
from tests.decks import DOT, FOUR, ONE, write_files

SETTINGS = """\
name = "Real"
id = "real"
language = "zh-CN"
tag-prefix = "r"
[subdecks]
"01-one" = "01 One"
"02-two" = "02 Two"
"""
THREE = """\
## Three {#three}

{{c1::One}}, {{c2::two}} and {{c1,3::three {{c4::nested}}}}.

"""
TWO = THREE + FOUR
START = 1_790_000_000


class Author:
    """Somebody who edits a deck and builds it, an hour after the last build."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = folder.parent / "real.apkg"
        self.now = START
        self.writes({"deck.toml": SETTINGS, "01-one/a.md": ONE, "02-two/b.md": TWO, "01-one/dot.svg": DOT.format(3)})

    def writes(self, files: dict[str, str | bytes]) -> None:
        write_files(self.folder, {"deck.toml": SETTINGS, **files})

    def replaces(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def builds(self, **options: object) -> BuildResult:
        self.now += 3600
        return build(self.folder, self.package, clock=lambda: float(self.now), **options)  # type: ignore[arg-type]


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(tmp_path / "deck")


@pytest.fixture
def learner(tmp_path: Path, author: Author) -> Iterator[Learner]:
    """A learner who imported the first build and reviewed every card of it."""
    with Learner(tmp_path / "learner") as learner:
        author.builds()
        assert learner.imports(author.package) == {"new": 4}
        learner.reviews_everything()
        yield learner


def test_the_whole_story(author: Author, learner: Learner) -> None:
    """First import all new, second all duplicate, after one edit exactly one updated; the history stays."""
    before, schema = learner.histories(), learner.schema_time()
    assert learner.imports(author.package) == {"duplicate": 4}
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    assert author.builds().plan.counts == {"new": 0, "changed": 1, "moved": 0, "retired": 0, "unchanged": 3}
    assert learner.imports(author.package) == {"updated": 1, "duplicate": 3}
    assert learner.notes()["four"].fields["Answer"] == "<p>Two and two.</p>"
    assert learner.histories() == before
    assert learner.schema_time() == schema
    assert learner.note_types() == {"问答 · real", "填空 · real"}


def test_a_build_without_an_edit_touches_nothing(author: Author, learner: Learner) -> None:
    """Building again at another time gives the same bytes, so the learner's edits stay."""
    learner.edits("four", tag="mine", field="Answer", text="my own words")
    package = author.package.read_bytes()
    author.builds()
    assert author.package.read_bytes() == package
    assert learner.imports(author.package) == {"duplicate": 4}
    note = learner.notes()["four"]
    assert (note.tags, note.fields["Answer"]) == (("mine",), "my own words")


def test_an_edit_leaves_other_notes_edits_alone(author: Author, learner: Learner) -> None:
    learner.edits("one", tag="mine", field="Spare1", text="a thought")
    author.replaces("02-two/b.md", "Two by two.", "Four ones.")
    author.builds()
    assert learner.imports(author.package) == {"updated": 1, "duplicate": 3}
    assert "mine" in learner.notes()["one"].tags
    assert learner.notes()["one"].fields["Spare1"] == "a thought"


def test_a_reworded_question_is_the_same_note(author: Author, learner: Learner) -> None:
    before = learner.notes()["one"]
    author.replaces("01-one/a.md", "What is one?", "Which number is the first?")
    author.builds()
    assert learner.imports(author.package) == {"updated": 1, "duplicate": 3}
    after = learner.notes()["one"]
    assert after.fields["Question"] == "Which number is the first?"
    assert (after.number, after.cards) == (before.number, before.cards)


def test_tags_are_replaced_on_the_changed_note_only(author: Author, learner: Learner) -> None:
    author.replaces("01-one/a.md", "{#one .number}", "{#one .digit .first}")
    author.builds()
    assert learner.imports(author.package) == {"updated": 1, "duplicate": 3}
    assert set(learner.notes()["one"].tags) == {"r::digit", "r::first"}
    assert set(learner.notes()["two"].tags) == {"r::number"}


def test_a_moved_note_keeps_its_history_and_its_deck(author: Author, learner: Learner) -> None:
    """An import cannot move a card, and a move alone is no news: the card stays where the learner has it."""
    before = learner.notes()["four"]
    moved = "## What is four? {#four}\n\nTwo by two.\n"
    author.replaces("02-two/b.md", moved, "")
    author.writes({"01-one/c.md": moved})
    outcome = author.builds()
    assert outcome.plan.moved == {"four": ("Real::02 Two", "Real::01 One")}
    assert learner.imports(author.package) == {"duplicate": 4}
    author.replaces("01-one/c.md", "Two by two", "Two times two")
    author.builds()
    assert learner.imports(author.package) == {"updated": 1, "duplicate": 3}
    after = learner.notes()["four"]
    assert (after.fields["File"], after.fields["Answer"]) == ("01-one/c.md", "<p>Two times two.</p>")
    assert [(card.deck, card.history) for card in after.cards] == [(c.deck, c.history) for c in before.cards]


def test_a_removed_note_stays_with_the_learner(author: Author, learner: Learner) -> None:
    author.replaces("02-two/b.md", "## What is four? {#four}\n\nTwo by two.\n", "")
    outcome = author.builds()
    assert (outcome.plan.retired, outcome.written.notes) == (("four",), 3)
    assert learner.imports(author.package) == {"duplicate": 3}
    assert "four" in learner.notes()


def test_a_retired_note_comes_back_as_itself(author: Author, learner: Learner) -> None:
    before = learner.histories()
    text = "## What is four? {#four}\n\nTwo by two.\n"
    author.replaces("02-two/b.md", text, "")
    author.builds()
    author.replaces("02-two/b.md", "## Three", text + "\n## Three")
    author.builds()
    assert learner.imports(author.package) == {"duplicate": 4}
    assert learner.histories() == before


def test_changed_picture_bytes_reach_the_learner(author: Author, learner: Learner) -> None:
    before = learner.media()
    author.writes({"01-one/dot.svg": DOT.format(2)})
    author.builds()
    assert learner.imports(author.package) == {"updated": 1, "duplicate": 3}
    (new,) = learner.media() - before
    assert f'src="{new}"' in learner.notes()["one"].fields["Answer"]


def test_a_new_style_reaches_the_learner_without_touching_notes(author: Author, learner: Learner) -> None:
    schema, before = learner.schema_time(), learner.notes()
    author.writes({"style.css": ".card { color: teal; }"})
    assert author.builds().plan.restyled == ("basic", "cloze")
    assert learner.imports(author.package) == {"duplicate": 4}
    styles = {t["css"].rpartition("\n.card")[2] for t in learner.collection.models.all() if "real" in t["name"]}
    assert styles == {" { color: teal; }\n"}
    assert (learner.notes(), learner.schema_time()) == (before, schema)
    assert learner.note_types() == {"问答 · real", "填空 · real"}


def test_going_back_to_an_earlier_text_is_a_change(author: Author, learner: Learner) -> None:
    author.replaces("02-two/b.md", "Two by two.", "Four ones.")
    author.builds()
    learner.imports(author.package)
    author.replaces("02-two/b.md", "Four ones.", "Two by two.")
    author.builds()
    assert learner.imports(author.package) == {"updated": 1, "duplicate": 3}
    assert learner.notes()["four"].fields["Answer"] == "<p>Two by two.</p>"


def test_touch_overwrites_what_the_learner_changed(author: Author, learner: Learner) -> None:
    learner.edits("four", field="Answer", text="wrong")
    author.now = max(author.now, learner.notes()["four"].modified)
    author.builds(touch=["four"])
    assert learner.imports(author.package) == {"updated": 1, "duplicate": 3}
    assert learner.notes()["four"].fields["Answer"] == "<p>Two by two.</p>"


def test_a_new_note_lands_in_its_deck_at_its_place(author: Author, learner: Learner) -> None:
    author.replaces("02-two/b.md", "## What is four?", "## Half? {#half}\n\nOne by two.\n\n## What is four?")
    author.builds()
    assert learner.imports(author.package) == {"new": 1, "duplicate": 4}
    (card,) = learner.notes()["half"].cards
    assert card.deck == "Real::02 Two"
    assert author_position(author, "three") < card.due < author_position(author, "four")


def author_position(author: Author, name: str) -> int:
    from deckwright.identity import read_lock

    return read_lock(author.folder, "real").notes[name].position


def test_every_card_of_a_cloze_note_is_there(author: Author, learner: Learner) -> None:
    """Nested deletions and ``c1,3`` make the cards that Anki itself would make."""
    assert [card.ordinal for card in learner.notes()["three"].cards] == [0, 1, 2, 3]
    assert learner.collection.fix_integrity()[1]
    assert not learner.collection.get_empty_cards().notes


def test_a_reversed_note_has_two_cards(learner: Learner) -> None:
    assert [card.ordinal for card in learner.notes()["two"].cards] == [0, 1]


def test_fronts_and_backs_show_what_they_should(learner: Learner) -> None:
    assert "What is one?" in learner.front("one")
    assert "The first" not in learner.front("one")
    assert "\\(1\\)" in learner.back("one")
    assert 'class="hl"' in learner.back("two")


def test_two_clones_give_a_new_note_the_same_numbers(author: Author, tmp_path: Path) -> None:
    """Importing one clone's build here and the other's there, then syncing, doubles nothing."""
    author.builds()
    clone = Author(tmp_path / "clone" / "deck")
    (clone.folder / "deck.lock").write_bytes((author.folder / "deck.lock").read_bytes())
    for each in (author, clone):
        each.replaces("01-one/a.md", "## What is two?", "## What is new? {#new}\n\nThis.\n\n## What is two?")
        each.builds()
    with Learner(tmp_path / "here") as here, Learner(tmp_path / "there") as there:
        here.imports(author.package)
        there.imports(clone.package)
        numbers = [{n.number: [c.number for c in n.cards] for n in who.notes().values()} for who in (here, there)]
    assert numbers[0] == numbers[1]


def test_the_deck_of_the_repository_imports(tmp_path: Path) -> None:
    """The shipped cards: all new, no note without a card, study order as written, every picture there."""
    root = Path(__file__).parents[2] / "cards"
    outcome = build(root, tmp_path / "deck.apkg", frozen=True)
    with Learner(tmp_path / "learner") as learner:
        assert learner.imports(tmp_path / "deck.apkg") == {"new": outcome.written.notes}
        assert learner.collection.card_count() == outcome.written.cards
        assert len(learner.media()) == outcome.written.media
        assert not learner.collection.get_empty_cards().notes
        due = [learner.collection.get_card(c).due for c in learner.collection.find_cards("", order="c.due")]
        assert len(set(due)) == outcome.written.notes
        assert learner.collection.decks.id_for_name("LLM 面试") is not None


def test_an_update_of_the_repositorys_deck_keeps_every_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Learned from an earlier state of the deck, without a topic and with other answers, then updated to today's."""
    monkeypatch.chdir(tmp_path)
    root, deck = Path(__file__).parents[2] / "cards", tmp_path / "cards"
    shutil.copytree(root, deck)
    (deck / "deck.lock").unlink()
    shutil.rmtree(deck / "09-reasoning")
    settings = deck / "deck.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"09-reasoning" = "09 提示与推理模型"\n', ""))
    for number, path in enumerate(sorted(deck.rglob("*.md"))):
        text = re.sub(r"\[([^]\n]*)\]\(#[a-z0-9-]+\)", r"\1（提示：旧）", path.read_text(encoding="utf-8"))
        if number % 2:
            text = text.replace("\n### 详解\n", "\n一句旧话。\n\n### 详解\n")
        path.write_text(text, encoding="utf-8", newline="\n")
    build(deck, tmp_path / "old.apkg", clock=lambda: 1_795_000_000)
    with Learner(tmp_path / "learner") as learner:
        known = learner.imports(tmp_path / "old.apkg")["new"]
        cards = list(learner.collection.find_cards(""))
        for card in cards:
            learner.reviews(card)
        histories = {name: [card.history for card in note.cards] for name, note in learner.notes().items()}
        for path in root.rglob("*"):
            if path.is_file() and path.name != "deck.lock":
                (deck / path.relative_to(root)).parent.mkdir(exist_ok=True)
                shutil.copy(path, deck / path.relative_to(root))
        outcome = build(deck, tmp_path / "new.apkg", clock=lambda: 1_795_100_000)
        counts = learner.imports(tmp_path / "new.apkg")
        assert counts["new"] == outcome.written.notes - known
        assert counts["updated"] > 50
        after = learner.notes()
        assert {name: [card.history for card in after[name].cards] for name in histories} == histories
        assert learner.collection.card_count() == outcome.written.cards
