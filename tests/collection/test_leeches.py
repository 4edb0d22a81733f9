"""Which cards are forgotten: the same from a running Anki and from every kind of file that Anki exports."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from anki.collection import DeckIdLimit, ExportAnkiPackageOptions
from anki.scheduler_pb2 import CardAnswer
from click.testing import CliRunner, Result

from deckwright.cli import leeches as cli_leeches
from deckwright.cli.main import main
from deckwright.collection.leeches import ORDERS
from deckwright.package.anki_export import open_export
from deckwright.problems import PackageError
from tests.collection.conftest import Desk
from tests.package.test_anki import Author

AGAIN = CardAnswer.AGAIN


def forget(desk: Desk) -> None:
    """The second card of a reversed note is forgotten three times once learnt, another note's card once."""
    for name, ordinal, times in (("two", 1, 3), ("four", 0, 1)):
        card = desk.learner.notes()[name].cards[ordinal].number
        for _ in range(times):
            desk.learner.reviews(card, AGAIN)
            desk.learner.reviews(card, CardAnswer.EASY)


def run(author: Author, *arguments: object) -> Result:
    given = ["leeches", str(author.folder), *map(str, arguments)]
    return CliRunner().invoke(main, given, catch_exceptions=False)


@pytest.mark.parametrize("has_fsrs", [False, True])
def test_from_a_running_anki(author: Author, desk: Desk, has_fsrs: bool) -> None:
    desk.learner.collection.set_config("fsrs", has_fsrs)
    forget(desk)
    done = run(author, "--anki", desk.server.url)
    first, second = done.stdout.splitlines()
    place = f"{author.folder / '01-one/a.md'}:5:4"
    assert first.startswith(f"{place}  two (card 2)  What is two?  3 lapses  0:07 min  3 again in 30 days")
    assert second.startswith(f"{author.folder / '02-two/b.md'}:5:4  four  What is four?  1 lapse  0:03 min")
    assert ("difficulty" if has_fsrs else "ease") in first
    value = json.loads(run(author, "--anki", desk.server.url, "--json", "--by", "time", "--most", 1).stdout)
    assert [(card["id"], card["card"], card["lapses"], card["again"], card["seconds"]) for card in value] == [
        ("two", 2, 3, 3, 7)
    ]
    hardest = json.loads(
        run(author, "--anki", desk.server.url, "--json", "--by", "difficulty" if has_fsrs else "ease").stdout
    )
    assert hardest[0]["id"] == "two"
    assert (hardest[0]["difficulty"] is not None, hardest[0]["ease"] is not None) == (has_fsrs, not has_fsrs)


def test_the_command_knows_every_order() -> None:
    """The command names them itself, so that its help needs nothing else to be imported."""
    assert tuple(ORDERS) == cli_leeches.ORDERS


def test_nothing_is_forgotten(author: Author, desk: Desk) -> None:
    assert "8 were reviewed" in run(author, "--anki", desk.server.url).stdout


def export(desk: Desk, path: Path, *, legacy: bool) -> Path:
    collection = desk.learner.collection
    if path.suffix == ".colpkg":
        collection.export_collection_package(out_path=str(path), include_media=True, legacy=legacy)
        collection.reopen()
        return path
    options = ExportAnkiPackageOptions(with_scheduling=True, with_media=True, legacy=legacy)
    found = collection.decks.id_for_name("Real")
    assert found
    collection.export_anki_package(out_path=str(path), options=options, limit=DeckIdLimit(deck_id=found))
    return path


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("suffix", ["apkg", "colpkg"])
def test_from_a_file(author: Author, desk: Desk, tmp_path: Path, suffix: str, legacy: bool) -> None:
    forget(desk)
    running = run(author, "--anki", desk.server.url, "--json").stdout
    file = export(desk, tmp_path / f"mine.{suffix}", legacy=legacy)
    assert run(author, "--from", file, "--json").stdout == running
    with open_export(file) as found:
        assert len(found.notes) == 4
        assert {note.deck for note in found.notes} == {"Real::01 One", "Real::02 Two"}
        assert [path.read_bytes()[:4] for path in found.media.values()] == [b"<svg"]


def test_no_time_of_a_review_is_told(author: Author, desk: Desk) -> None:
    """Neither a day nor a millisecond of any answer stands in the output."""
    forget(desk)
    printed = run(author, "--anki", desk.server.url, "--json").stdout + run(author, "--anki", desk.server.url).stdout
    assert time.strftime("%Y-%m-%d") not in printed
    assert str(int(time.time()))[:6] not in printed


def test_a_file_that_is_none(author: Author, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tmp_path / "bad.apkg"
    bad.write_bytes(b"nothing")
    assert "not a file that Anki exported" in run(author, "--from", bad).stderr
    present = export(desk, tmp_path / "present.apkg", legacy=False)
    monkeypatch.setitem(sys.modules, "anki.collection", None)
    with pytest.raises(PackageError, match="Support older Anki versions"), open_export(present):
        pass
