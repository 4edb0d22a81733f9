"""A build as a whole: the package opened and compared, ids written back, nothing lost when something is wrong."""

from __future__ import annotations

import datetime
import itertools
import json
import os
import sqlite3
import stat
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deckwright.deck.folder import write_ids
from deckwright.pipeline.build import build, parse_deck
from deckwright.problems import ContentError, Problem, UnknownNoteError
from tests.decks import CLOCK, PLAIN, SETTINGS, write_files

TODAY = datetime.date(2026, 11, 22)
DECK: dict[str, str | bytes] = {
    "deck.toml": SETTINGS + 'tag-prefix = "t"\ndescription = "Some *text*"\n[subdecks]\n"b" = "B 2"\n',
    "a.md": "## One? {#one .x}\n\n1 ![i](i.svg)\n",
    "b/c.md": "---\ntags: [y]\n---\n## Two {#two}\n\n{{c2::2}} ![j](../j.svg)\n",
    "i.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    "j.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
}


def rows(package: Path, query: str) -> list[Any]:
    """What a query gives in the collection of a package."""
    with zipfile.ZipFile(package) as archive, closing(sqlite3.connect(":memory:")) as collection:
        collection.deserialize(archive.read("collection.anki2"))
        return collection.execute(query).fetchall()


def test_the_package_holds_exactly_this(tmp_path: Path) -> None:
    package = tmp_path / "out" / "x.apkg"
    outcome = build(write_files(tmp_path / "deck", DECK), package, clock=lambda: CLOCK)
    with zipfile.ZipFile(package) as archive:
        assert archive.namelist() == ["collection.anki2", "media", "0"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_DEFLATED}
        media = json.loads(archive.read("media"))
        assert archive.read("0") == b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    name = media["0"]
    notes = rows(package, "select guid, mod, tags, flds from notes order by id")
    assert sorted((mod, tags) for _, mod, tags, _ in notes) == [(int(CLOCK), " t::x "), (int(CLOCK), " t::y ")]
    assert all(f'<img src="{name}" alt="' in flds for *_, flds in notes)
    assert sorted(rows(package, "select ord, due from cards")) == [(0, 100), (1, 200)]
    assert rows(package, "select count(*) from cards c join notes n on c.nid = n.id and c.id = n.id + c.ord")[0] == (2,)
    decks = json.loads(rows(package, "select decks from col")[0][0])
    assert {deck["name"]: deck["desc"] for deck in decks.values()} == {
        "Default": "",
        "Test": "<p>Some <em>text</em></p>",
        "Test::B 2": "",
    }
    models = json.loads(rows(package, "select models from col")[0][0])
    assert {model["mod"] for model in models.values()} == {int(CLOCK)}
    assert all("id" in part for model in models.values() for part in model["flds"] + model["tmpls"])
    written = outcome.written
    assert (written.notes, written.cards, written.decks, written.media) == (2, 2, 2, 1)
    assert written.size == package.stat().st_size


def test_the_same_sources_and_lock_give_the_same_bytes(tmp_path: Path) -> None:
    one = write_files(tmp_path / "one", DECK)
    build(one, tmp_path / "1.apkg", clock=lambda: CLOCK)
    two = write_files(tmp_path / "elsewhere" / "two", {**DECK, "deck.lock": (one / "deck.lock").read_bytes()})
    build(two, tmp_path / "2.apkg", clock=lambda: CLOCK + 99_999, frozen=True)
    assert (tmp_path / "1.apkg").read_bytes() == (tmp_path / "2.apkg").read_bytes()


def test_nothing_temporary_is_left(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "deck", {"a.md": "## One?\n\n1\n"})
    build(deck, tmp_path / "out" / "x.apkg", clock=lambda: CLOCK)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "a.md",
        "deck.lock",
        "deck.toml",
        "x.apkg",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"## One?\n\n1\n", b"## One? {#one}\n\n1\n"),
        (b"\xef\xbb\xbf## One?\r\n\r\n1\r\n", b"\xef\xbb\xbf## One? {#one}\r\n\r\n1\r\n"),
        (b"## One? {.tag x=1}\n", b"## One? {#one .tag x=1}\n"),
        (b"## One? {: .tag}\n", b"## One? {#one .tag}\n"),
        (b"## One? ##\n\n1", b"## One? ## {#one}\n\n1"),
        (
            b"---\r\ntags: [a]\r\n---\r\n\r\n## One?  \r\n\r\n1",
            b"---\r\ntags: [a]\r\n---\r\n\r\n## One? {#one}  \r\n\r\n1",
        ),
    ],
)
def test_an_id_is_written_and_nothing_else_changes(tmp_path: Path, before: bytes, after: bytes) -> None:
    (note,) = parse_deck(write_files(tmp_path, {"a.md": before}), TODAY).notes
    written = write_ids("a.md", before, {note.insert_at: "one"})
    assert written == after
    (tmp_path / "a.md").write_bytes(written)
    (again,) = parse_deck(tmp_path, TODAY).notes
    assert (again.id, again.question.text, again.tags) == ("one", "One?", note.tags)


def test_a_file_that_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "deck", {"a.md": "## One?\n\n1\n"})

    def edited_meanwhile() -> float:
        (deck / "a.md").write_text("## Other?\n\n1\n", encoding="utf-8")
        return CLOCK

    clock = itertools.chain([lambda: CLOCK], itertools.repeat(edited_meanwhile))
    assert "changed while" in refused(deck, tmp_path / "x.apkg", clock=lambda: next(clock)())[0].message
    assert (deck / "a.md").read_text(encoding="utf-8") == "## Other?\n\n1\n"
    assert not (tmp_path / "x.apkg").exists()


def test_ids_go_into_their_own_files(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "deck", {"a.md": "## 什么？\n\n1\n\n## 什么？\n\n2\n", "b.md": "## C\n\n3\n"})
    outcome = build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    assert [(place.path, place.line) for place, _ in outcome.ids] == [("a.md", 1), ("a.md", 5), ("b.md", 1)]
    names = [name for _, name in outcome.ids]
    assert names[1] == f"{names[0]}-2"
    assert build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK + 9).ids == []


def test_a_retired_id_is_not_made_again(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "deck", {"a.md": "## One!\n\n1\n\n## Two?\n\n2\n"})
    build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    (deck / "a.md").write_text("## Two? {#two}\n\n2\n", encoding="utf-8")
    build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK + 9)
    (deck / "a.md").write_text("## Two? {#two}\n\n2\n\n## One?\n\nanother one\n", encoding="utf-8")
    ((_, name),) = build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK + 99).ids
    assert name == "one-2"


def refused(deck: Path, package: Path, **options: Any) -> list[Problem]:
    """Why a deck is not built."""
    with pytest.raises(ContentError) as error:
        build(deck, package, **{"clock": lambda: CLOCK + 9, **options})
    return error.value.problems


@pytest.fixture
def built(tmp_path: Path) -> tuple[Path, Path]:
    """A deck and its package, built once."""
    deck = write_files(tmp_path / "deck", DECK)
    build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    return deck, tmp_path / "x.apkg"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({"a.md": "## One? {#one}\n"}, "empty-answer"),
        ({"a.md": "## One? {#one}\n\n{{c1::1}}\n"}, "kind-change"),
        ({"deck.lock": "<<<<<<< ours\n"}, "bad-lock"),
        ({"deck.toml": 'name = "Test"\nid = "other"\n'}, "bad-lock"),
        ({"a.md": b"\xff"}, "not-utf8"),
        ({"n.md": "## New?\n\n$$x\n"}, "unclosed-formula"),
    ],
)
def test_a_problem_changes_nothing(built: tuple[Path, Path], files: dict[str, str | bytes], rule: str) -> None:
    deck, package = built
    write_files(deck, {"deck.toml": DECK["deck.toml"], **files})
    before = everything(deck.parent)
    assert rule in {problem.rule for problem in refused(deck, package)}
    assert everything(deck.parent) == before


def test_a_lost_lock_is_not_passed_over(built: tuple[Path, Path]) -> None:
    deck, package = built
    (deck / "deck.lock").unlink()
    assert "was built with one" in refused(deck, package, clock=lambda: CLOCK)[0].message


def test_frozen_refuses_every_change_at_its_note(built: tuple[Path, Path]) -> None:
    deck, package = built
    write_files(
        deck, {**DECK, "a.md": "## One? {#one}\n\nchanged\n\n## Three?\n\n3\n", "b/d.md": "## Four {#four}\n\n4\n"}
    )
    before = everything(deck)
    (problem,) = refused(deck, package, frozen=True)
    assert (problem.place.path, problem.place.line, problem.rule) == ("a.md", 5, "missing-id")
    write_files(deck, {**DECK, "a.md": "## One? {#one}\n\nchanged\n", "b/d.md": "## Four {#four}\n\n4\n"})
    assert {(p.place.path, p.place.line, p.rule) for p in refused(deck, package, frozen=True)} == {
        ("a.md", 1, "stale-lock"),
        ("b/d.md", 1, "stale-lock"),
    }
    assert everything(deck).keys() == before.keys() | {"b/d.md"}


def test_frozen_refuses_a_new_style(built: tuple[Path, Path]) -> None:
    deck, package = built
    write_files(deck, {**DECK, "style.css": ".card{}"})
    found = [problem.message.partition(" (")[0] for problem in refused(deck, package, frozen=True)]
    assert found == ["the appearance of the note types"]


def test_frozen_refuses_another_order(built: tuple[Path, Path]) -> None:
    deck, package = built
    one, two = str(DECK["a.md"]), "\n## Two more? {#two-more}\n\n2\n"
    write_files(deck, {**DECK, "a.md": one + two})
    build(deck, package, clock=lambda: CLOCK + 9)
    write_files(deck, {**DECK, "a.md": two + one})
    (problem,) = refused(deck, package, frozen=True, clock=lambda: CLOCK + 18)
    assert problem.message.startswith("the order of the notes, or the case of a deck's name, changed since")


def test_a_time_in_the_future_is_refused(built: tuple[Path, Path]) -> None:
    deck, package = built
    assert [problem.rule for problem in refused(deck, package, clock=lambda: CLOCK - 3600)] == ["future-time"]


def test_two_builds_in_one_second_wait_for_the_clock(built: tuple[Path, Path]) -> None:
    """Times grow strictly and are never in the future, so the second build waits for the next second."""
    deck, package = built
    ticks = iter(range(1000))
    write_files(deck, {**DECK, "a.md": "## One? {#one}\n\nchanged\n"})
    build(deck, package, clock=lambda: CLOCK + next(ticks) * 0.25)
    assert rows(package, "select max(mod) from notes")[0] == (int(CLOCK) + 1,)


def test_unknown_touch_is_a_problem(built: tuple[Path, Path]) -> None:
    with pytest.raises(UnknownNoteError, match="no note has the id none"):
        build(*built, touch=["none"], clock=lambda: CLOCK + 9)


def test_strict_makes_errors_of_warnings(built: tuple[Path, Path]) -> None:
    deck, package = built
    write_files(deck, {**DECK, "a.md": "## Is it? Is it not? {#one}\n\n1\n"})
    assert [p.rule for p in build(deck, package, clock=lambda: CLOCK + 9).warnings] == ["two-questions"]
    assert [p.rule for p in refused(deck, package, strict=True)] == ["two-questions"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_out_of_the_deck_are_problems(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("## S\n\ns\n", encoding="utf-8")
    (tmp_path / "secret.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    deck = write_files(tmp_path / "deck", {"a.md": "## A {#a}\n\n![x](x.svg) ![y](../secret.svg)\n"})
    (deck / "x.svg").symlink_to(tmp_path / "secret.svg")
    (deck / "s.md").symlink_to(tmp_path / "secret.md")
    (deck / "folder").symlink_to(tmp_path)
    found = [(p.place.path, p.place.column, p.rule) for p in refused(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)]
    assert found == [
        ("a.md", 6, "outside-media"),
        ("a.md", 18, "outside-media"),
        ("folder", 1, "unreadable-file"),
        ("s.md", 1, "unreadable-file"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_stay_links(tmp_path: Path) -> None:
    """To a package in a folder that is synchronised, to notes elsewhere in the deck, from a lock to nothing else."""
    deck = write_files(tmp_path / "deck", {".notes/a.md": "## A\n\na\n"})
    (deck / "a.md").symlink_to(".notes/a.md")
    (tmp_path / "cloud").mkdir()
    (tmp_path / "x.apkg").symlink_to("cloud/y.apkg")
    (deck / "deck.lock").symlink_to(tmp_path / "bashrc")
    build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    assert rows(tmp_path / "cloud" / "y.apkg", "select * from notes")
    assert (deck / ".notes" / "a.md").read_text(encoding="utf-8") == "## A {#a}\n\na\n"
    assert (deck / "a.md").is_symlink()
    assert not (tmp_path / "bashrc").exists()


def test_a_folder_that_is_no_deck_says_so(tmp_path: Path) -> None:
    assert "has no deck.toml" in refused(tmp_path, tmp_path / "x.apkg", clock=lambda: CLOCK)[0].message


def test_a_failed_write_leaves_the_earlier_package(built: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    deck, package = built
    before = package.read_bytes()
    write_files(deck, {**DECK, "a.md": "## One? {#one}\n\nchanged\n"})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        build(deck, package, clock=lambda: CLOCK + 9)
    assert package.read_bytes() == before
    assert not list(deck.parent.rglob("*.tmp"))


def test_a_files_mode_is_kept(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "deck", {"a.md": "## One?\n\n1\n"})
    (deck / "a.md").chmod(0o600)
    build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    assert stat.S_IMODE((deck / "a.md").stat().st_mode) == 0o600


def test_the_description_tells_version_and_date(tmp_path: Path) -> None:
    """The date is that of the last change, so that another build of the same sources gives the same bytes."""
    settings = f'{PLAIN}version = "2026.11"\ndescription = "Version {{version}} of {{date}}."\n'
    deck = write_files(tmp_path / "deck", {"deck.toml": settings, "a.md": "## One? {#one}\n\n1\n"})
    first, later = tmp_path / "x.apkg", tmp_path / "y.apkg"
    build(deck, first, clock=lambda: CLOCK)
    build(deck, later, clock=lambda: CLOCK + 90 * 86_400)
    assert first.read_bytes() == later.read_bytes()
    (tmp_path / "opened").mkdir()
    decks = json.loads(rows(first, "select decks from col")[0][0])
    assert "<p>Version 2026.11 of 2026-09-21.</p>" in {deck["desc"] for deck in decks.values()}
    write_files(tmp_path / "deck", {"deck.toml": settings.replace("2026.11", "2026.12")})
    build(deck, later, clock=lambda: CLOCK + 90 * 86_400)
    assert b"2026.12" in zipfile.ZipFile(later).read("collection.anki2")
