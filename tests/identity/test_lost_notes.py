"""Ids that an editor lost or changed, and notes that went in great numbers: given back, or refused before it costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deckwright.identity import read_lock
from deckwright.identity.ids import is_unique_deck_id, unique_deck_id
from deckwright.pipeline.build import check, plan
from deckwright.problems import Severity
from tests.anki_driver import Learner
from tests.author import SETTINGS, Author
from tests.decks import git, write_files
from tests.identity.conftest import PAGE


def test_notes_in_a_file_that_cannot_be_read_are_not_gone(author: Author) -> None:
    """The advice to allow that they go would cost them."""
    (author.deck / "a.md").write_bytes(author.text.replace("three", "Drei für").encode("latin-1", "replace"))
    assert [problem.rule for problem in author.is_refused()] == ["not-utf8"]


@pytest.mark.parametrize("end", ["\u3000", "\xa0", " \t"])
def test_a_space_after_an_id_that_nobody_sees_is_none(author: Author, end: str) -> None:
    """As an input method for Chinese types it."""
    author.writes(author.text.replace("}", "}" + end))
    assert author.builds().plan.counts["unchanged"] == 3


def test_an_attribute_list_whose_brace_a_formatter_escaped_is_one(author: Author) -> None:
    author.writes(author.text.replace("{#", "\\{#"))
    assert author.builds().plan.counts["unchanged"] == 3


def test_ids_that_an_editor_saved_over_come_back(author: Author, tmp_path: Path) -> None:
    """Its buffer is from before the build; one of its notes was edited meanwhile, all were put in another order."""
    written, lock = author.text, (author.deck / "deck.lock").read_bytes()
    author.writes(PAGE)
    author.builds()
    assert author.text == written
    assert (author.deck / "deck.lock").read_bytes() == lock
    with Learner(tmp_path / "learner") as learner:
        learner.imports(author.package)
        first, second, third = PAGE.strip().split("\n\n## ")
        author.writes(f"## {third.replace('length', 'greater length')}\n\n## {second}\n\n{first}\n")
        outcome = author.builds()
        assert outcome.plan.counts == {"new": 0, "changed": 1, "moved": 0, "retired": 0, "unchanged": 2}
        assert learner.imports(author.package) == {"updated": 1, "duplicate": 2}


def test_equal_notes_get_back_an_id_each(author: Author) -> None:
    author.writes(PAGE + PAGE)
    author.builds()
    names = set(read_lock(author.deck, "test").notes)
    author.writes(PAGE + PAGE)
    author.builds()
    assert set(read_lock(author.deck, "test").live) == names


def test_a_retired_note_comes_back_under_its_id(author: Author) -> None:
    written = author.text
    author.writes("\n## ".join(written.split("\n## ")[:2]) + "\n")
    author.builds()
    assert len(read_lock(author.deck, "test").live) == 2
    author.writes("\n## ".join(written.split("\n## ")[:2]) + "\n\n## What is three?\n\nAnswer 2, at some length.\n")
    assert author.builds().plan.counts["new"] == 1
    assert "{#what-is-three}" in author.text
    assert len(read_lock(author.deck, "test").notes) == 3


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("{#what-is-three}", "{#what-is-tree}"),
        lambda text: text.replace("{#what-is-three}", "{#what-is-tree .tag}"),
        lambda text: text.replace("{#what-is-three}", "{#what-is-tree}").replace("Answer 2", "Answer two"),
        lambda text: text.replace("What is three? {#what-is-three}", "What are three? {#what-is-tree}"),
    ],
    ids=["same", "retagged", "answered anew", "reworded"],
)
def test_a_mistyped_id_is_refused_with_both_names(author: Author, edit: Any, request: pytest.FixtureRequest) -> None:
    """A reworded question alone does not tell: another answer may be as short. With details it does."""
    if "reworded" in request.node.name:
        author.writes(author.text.replace("Answer 2, at some length.", "Answer 2.\n\n### Details\n\nMore."))
        author.builds()
    author.writes(edit(author.text))
    (problem,) = author.is_refused()
    assert (problem.rule, problem.place.line, problem.place.column) == (
        "lost-id",
        9,
        author.text.split("\n")[8].index("#w") + 1,
    )
    assert "`what-is-tree` is new, but its text is that of `what-is-three`, which is gone" in problem.message
    assert "write {#what-is-three} back" in problem.message
    assert [p.rule for p in check(author.deck)] == ["lost-id"]


def test_another_note_in_its_place_is_no_mistake(author: Author) -> None:
    author.writes(
        author.text.replace("## What is three? {#what-is-three}\n\nAnswer 2", "## Four? {#four}\n\nAnswer 2 to four")
    )
    assert author.builds().plan.counts == {"new": 1, "changed": 0, "moved": 0, "retired": 1, "unchanged": 2}


def test_a_card_may_end_and_begin_anew_in_two_builds(author: Author) -> None:
    text = author.text
    author.writes(text[: text.index("## What is three")])
    author.builds()
    author.writes(text.replace("{#what-is-three}", "{#what-is-tree}"))
    assert author.builds().plan.new == ("what-is-tree",)


def test_an_alias_for_a_released_id_is_refused(author: Author) -> None:
    author.writes(author.text.replace("{#what-is-three}", "{#three alias=what-is-three}"))
    (problem,) = author.is_refused()
    assert (problem.rule, problem.place.line) == ("released-alias", 9)
    assert "write {#what-is-three alias=three}" in problem.message
    author.writes(author.text.replace("{#three alias=what-is-three}", "{#what-is-three alias=three}"))
    author.builds()


def many(count: int) -> str:
    return "".join(f"## Question {n}? {{#n{n}}}\n\nAnswer {n}.\n\n" for n in range(count))


@pytest.mark.parametrize(
    ("before", "after", "is_refused"),
    [(100, 89, True), (100, 90, False), (200, 180, False), (12, 1, True), (11, 1, False), (3, 0, True)],
)
def test_notes_that_go_in_great_numbers_are_refused(tmp_path: Path, before: int, after: int, is_refused: bool) -> None:
    author = Author(tmp_path, {"a.md": many(before)})
    author.builds()
    author.writes(many(after))
    gone = before - after
    if is_refused:
        (problem,) = author.is_refused()
        assert (problem.rule, f"--allow-retiring {gone}" in problem.message) == ("wholesale-loss", True)
        assert author.is_refused(allowed_retiring=gone - 1) == [problem]
        assert len(plan(author.deck, clock=lambda: author.now).plan.retired) == gone
    assert len(author.builds(allowed_retiring=gone if is_refused else 0).plan.retired) == gone


def test_an_empty_folder_is_refused_and_the_package_stays(author: Author) -> None:
    """As when a sparse checkout, or a wrong path, leaves the notes out."""
    package = author.package.read_bytes()
    (author.deck / "a.md").unlink()
    (problem,) = author.is_refused()
    assert "all of the 3 notes of the last build are gone" in problem.message
    assert author.package.read_bytes() == package


def test_ids_that_a_build_wrote_want_their_lock(author: Author) -> None:
    (author.deck / "deck.lock").unlink()
    author.package.unlink()
    (problem,) = [problem for problem in check(author.deck) if problem.rule == "missing-lock"]
    assert (problem.severity, problem.place.path) == (Severity.WARNING, "deck.lock")
    assert "there is no deck.lock; was it committed?" in problem.message
    assert [warning.rule for warning in author.builds().warnings] == ["missing-lock"]
    assert author.builds().warnings == []


def test_a_first_build_of_ids_by_hand_is_no_news(tmp_path: Path) -> None:
    author = Author(tmp_path, {"a.md": many(3)})
    assert [problem.rule for problem in check(author.deck)] == ["common-deck-id"]
    assert author.builds().warnings == []
    assert check(author.deck) == []


@pytest.mark.parametrize(
    ("deck_id", "is_told"),
    [
        *(
            (name, True)
            for name in "cards english spanish biology vocab my-deck deck1 new-deck a 1 spanish-2026".split()
        ),
        *((name, True) for name in "english-b2 week-week25 law-part2024 anatomy-202611 my-french-verbs".split()),
        *((name, False) for name in "spanish-7k2m4q k3m7qx law-550e8400-e29b-41d4-a716-446655440a00".split()),
        pytest.param(unique_deck_id("Spanish"), False, id="as-new-makes-it"),
    ],
)
def test_a_deck_that_was_never_built_has_an_id_of_its_own(tmp_path: Path, deck_id: str, is_told: bool) -> None:
    """An id that a stranger may choose as well is told until the first build: it is for ever after that."""
    author = Author(tmp_path, {"a.md": many(3)})
    write_files(author.deck, {"deck.toml": SETTINGS.replace('"test"', f'"{deck_id}"')})
    found = [(problem.rule, problem.severity, problem.place.line) for problem in check(author.deck)]
    assert found == [("common-deck-id", Severity.WARNING, 2)] * is_told
    assert [f"`{deck_id}` may be that of another deck" in notice for notice in author.builds().notices] == [
        True
    ] * is_told
    assert check(author.deck) == []
    assert author.builds().notices == []
    (author.deck / "deck.lock").write_text(f'{{"format": 2, "deck": "{deck_id}", "note-types": {{}}, "notes": {{}}}}')
    assert check(author.deck) == []


def test_every_new_deck_has_an_id_of_its_own() -> None:
    found = {unique_deck_id("Spanish") for _ in range(500)}
    assert len(found) == 500
    assert all(map(is_unique_deck_id, found))


def test_git_tells_of_a_lock_that_is_not_checked_out(author: Author) -> None:
    lock = (author.deck / "deck.lock").read_bytes()
    (author.deck / "deck.lock").unlink()
    git(author.deck, "init", "-q")
    author.writes(many(3))
    git(author.deck, "add", "a.md")
    assert [problem.rule for problem in check(author.deck) if problem.rule != "common-deck-id"] == ["missing-lock"]
    (author.deck / "deck.lock").write_bytes(lock)
    git(author.deck, "add", "-A")
    git(author.deck, "commit", "-qm", "lock")
    (author.deck / "deck.lock").unlink()
    author.package.unlink()
    (problem,) = author.is_refused()
    assert (problem.rule, "git's history has one" in problem.message) == ("bad-lock", True)


def test_a_lock_that_git_ignores_is_told(author: Author) -> None:
    """A ``.gitignore`` for another language may name ``*.lock``."""

    def told() -> list[str]:
        return [problem.message for problem in check(author.deck) if problem.rule == "missing-lock"]

    git(author.deck.parent, "init", "-q")
    (author.deck.parent / ".gitignore").write_text("*.lock\n", encoding="utf-8")
    assert told() == [], "the notes are not in git either"
    git(author.deck.parent, "add", ".")
    (message,) = told()
    assert message.startswith("git is told to ignore deck.lock")
    (author.deck.parent / ".gitignore").write_text("*.lock\n!deck.lock\n", encoding="utf-8")
    assert told() == []


def test_a_repository_of_another_user_is_told(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container: git reads none of its history, so that a build would see no earlier lock."""
    git(author.deck.parent, "init", "-q")
    git(author.deck.parent, "add", ".")
    git(author.deck.parent, "commit", "-qm", "notes")
    assert "git does not read" not in str(check(author.deck))
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert [problem.rule for problem in check(author.deck) if "safe.directory" in problem.message] == ["missing-lock"]
    assert any("safe.directory" in notice for notice in author.builds().notices)
