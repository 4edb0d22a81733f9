"""Reading and checking a deck for the preview, without a browser."""

from __future__ import annotations

import multiprocessing
import queue
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from deckwright.pipeline.build import build
from deckwright.preview.checking import Checked, Checker, check_deck
from deckwright.preview.deck_state import FIRST_NOTES, read_deck
from deckwright.problems import Place
from tests.decks import write_deck, write_files
from tests.preview.conftest import Preview

PATIENCE = 30


def test_a_large_deck_is_shown_before_all_of_it_is_read(tmp_path: Path) -> None:
    notes = {f"{n}.md": "".join(f"## Q {n}-{i} {{#q-{n}-{i}}}\n\nA.\n\n" for i in range(100)) for n in range(10, 25)}
    states = list(read_deck(write_files(tmp_path / "deck", dict(notes))))
    assert [len(state.notes) for state in states] == [FIRST_NOTES, 1_500]


@pytest.mark.parametrize("deep", ["> " * 900 + "x", "{{c1::" * 700 + "x" + "}}" * 700, "*a **b " * 1500])
def test_whatever_nests_deep_is_shown_or_refused_with_a_reason(tmp_path: Path, deep: str) -> None:
    [state] = read_deck(write_deck(tmp_path / "deck", a_md=f"## Deep {{#deep}}\n\n{deep}\n"))
    shown = state.render("deep")
    assert bool(shown.cards) != bool(shown.error)
    with pytest.raises(KeyError):
        state.render("nowhere")


def test_a_file_that_cannot_be_read_is_among_the_problems(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "deck", {"a.md": b"## Q \xff\n", "b.md": "## B {#b}\n\nB.\n"})
    [state] = read_deck(deck)
    assert [problem.place.path for problem in state.found] == ["a.md"]
    assert list(state.notes) == ["b"]
    assert state.note_at(Place("a.md", 1)) == ""
    assert state.note_at(Place("b.md", 3)) == "b"


def test_problems_and_what_changed_since_the_last_build(tmp_path: Path) -> None:
    deck = write_deck(tmp_path / "deck", a_md="## A {#a}\n\nA.\n", b_md="## B {#b}\n\nB.\n")
    assert check_deck(deck).changed == ["a", "b"]
    build(deck, tmp_path / "out.apkg")
    assert check_deck(deck).changed == []
    write_files(deck, {"b.md": "## B {#b}\n\nBee.\n"})
    assert check_deck(deck).changed == ["b"]
    write_files(deck, {"a.md": "## A {#a}\n\n![](none.png)\n"})
    checked = check_deck(deck)
    assert "missing-media" in {problem.rule for problem in checked.problems}
    assert checked.changed is None


def test_a_check_is_answered_whenever_it_is_asked_for(tmp_path: Path) -> None:
    """A folder that is gone meanwhile is no end of it, nor is a process that was killed."""
    deck = write_deck(tmp_path / "deck", a_md="## A {#a}\n\nA.\n")
    answers = queue.SimpleQueue[Checked]()
    checker = Checker(deck, answers.put)
    checker.start()
    checker.request()
    assert answers.get(timeout=PATIENCE).changed == ["a"]
    deck.rename(tmp_path / "elsewhere")
    checker.request()
    assert answers.get(timeout=PATIENCE).changed is None
    (tmp_path / "elsewhere").rename(deck)
    checker.request()
    assert answers.get(timeout=PATIENCE).changed == ["a"]
    [process] = [each for each in multiprocessing.active_children() if each.pid == checker.process]
    process.kill()
    process.join()
    checker.request()
    assert answers.get(timeout=PATIENCE).changed == ["a"]
    checker.stop()
    assert checker.process not in [each.pid for each in multiprocessing.active_children()]


def test_a_check_that_never_began_can_be_ended(tmp_path: Path) -> None:
    """Ctrl-C in the first moment of a preview."""
    Checker(tmp_path, print).stop()


def test_a_port_that_is_taken_makes_it_another(start: Callable[..., Preview]) -> None:
    first, second = start(), start()
    assert first.address != second.address
    for preview in (first, second):
        with urllib.request.urlopen(f"{preview.address}deck", timeout=10) as answer:
            assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{first.address}note?key=nowhere", timeout=10)
