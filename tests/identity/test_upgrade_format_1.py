"""Time moves only for what a learner sees: other markup, another renderer, and a lock of the first format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deckwright.grammar.note import Note, NoteKind
from deckwright.identity import read_lock
from deckwright.identity.entries import hash_map, raw_hashes, to_hashes
from deckwright.identity.file import lock_bytes, parse_lock
from deckwright.package.read import read_package
from deckwright.pipeline import reconciling
from deckwright.pipeline.rendering import Options
from deckwright.render import Renderer
from deckwright.render.rendered_note import RenderedNote
from tests.anki_driver import Learner
from tests.author import Author
from tests.decks import CLOCK, DOT, FOUR, ONE, SETTINGS, write_files

GOLDEN = Path(__file__).parents[1] / "golden" / "format-1.lock"
DECK: dict[str, str | bytes] = {
    "a.md": ONE + "\n" + FOUR,
    "b.md": "# Gaps\n\n## A gap {#gap .x .y}\n\nA **bold** {{c1::gap}} & more.\n",
    "dot.svg": DOT.format(2),
}
ANEW = Options(use_cache=False)
"""The cache does not know of another renderer in the place of this one."""


class OldAuthor(Author):
    """Somebody who has a deck since the first format."""

    def times(self) -> dict[str, int]:
        return {name: entry.modified for name, entry in read_lock(self.deck, "test").notes.items()}

    def goes_back_to_format_1(self) -> None:
        """Put a lock as the first format held it, with hashes of the HTML that is in the package."""
        lock = read_lock(self.deck, "test")
        fields = {note.fields["ID"]: raw_hashes(note.fields, note.tags) for note in read_package(self.package).notes}
        raw = {
            name: entry._replace(hashes=to_hashes(fields[name]), markup="", is_raw=True) if name in fields else entry
            for name, entry in lock.notes.items()
        }
        text = lock_bytes(replace(lock, notes=lock.notes.with_changes(raw), versions={})).decode()
        text = text.replace('"format": 2,', '"format": 1,').replace('"built-with": {},\n', "").replace('"html"', '"is"')
        (self.deck / "deck.lock").write_text(text, encoding="utf-8", newline="\n")


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OldAuthor:
    monkeypatch.chdir(tmp_path)
    author = OldAuthor(tmp_path, {"deck.toml": SETTINGS, **DECK})
    author.builds()
    return author


def another_renderer(monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]) -> None:
    """Fields as a renderer of another version might write them."""
    real = Renderer.render_note

    def render_note(self: Renderer, note: Note, media_names: Mapping[str, str] | None = None) -> RenderedNote:
        made = real(self, note, media_names)
        return made._replace(fields={name: change(text) for name, text in made.fields.items()})

    monkeypatch.setattr(Renderer, "render_note", render_note)
    monkeypatch.setattr(reconciling, "renderer_versions", lambda: {"deckwright": "9.9.9"})


def bold_as_b(text: str) -> str:
    return text.replace("<strong>", "<b>").replace("</strong>", "</b>").replace("<p>", '<p class="new">')


def test_a_lock_of_format_1_is_read() -> None:
    """As a build of the first program wrote it."""
    lock = parse_lock(GOLDEN.read_text(encoding="utf-8"), "test")
    assert {name: entry.modified for name, entry in lock.notes.items()} == dict.fromkeys(lock.notes, int(CLOCK))
    assert [name for name, entry in lock.notes.items() if entry.retired] == ["four"]
    assert all(entry.is_raw for entry in lock.notes.values())
    gap = lock.notes["gap"]
    assert (gap.kind, gap.number, gap.position, gap.deck) == (NoteKind.CLOZE, 1207996654000, 400, "Test")
    assert hash_map(gap.hashes)["Context"] == "4e13481379"
    assert parse_lock(lock_bytes(lock).decode(), "test") == lock


@pytest.mark.parametrize("frozen", [True, False])
def test_the_same_html_keeps_its_time(author: OldAuthor, frozen: bool) -> None:
    times, package = author.times(), author.package.read_bytes()
    author.goes_back_to_format_1()
    author.package.unlink()
    before = (author.deck / "deck.lock").read_bytes()
    outcome = author.builds(frozen=frozen)
    assert outcome.plan.counts == {"new": 0, "changed": 0, "moved": 0, "retired": 0, "unchanged": 4}
    assert author.times() == times
    assert author.package.read_bytes() == package
    assert outcome.notices == []
    assert ((author.deck / "deck.lock").read_bytes() == before) == frozen
    assert any(entry.is_raw for entry in read_lock(author.deck, "test").notes.values()) == frozen


def test_other_html_is_compared_with_the_last_package(author: OldAuthor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new renderer and an edit at once: only the edit gets a new time."""
    times = author.times()
    author.goes_back_to_format_1()
    another_renderer(monkeypatch, bold_as_b)
    write_files(author.deck, {"b.md": str(DECK["b.md"]).replace("more", "less")})
    outcome = author.builds(options=ANEW)
    assert outcome.plan.changed.keys() == {"gap"}
    assert author.times() == {**times, "gap": int(author.now)}
    assert '<p class="new">Two by two.</p>' in [note.fields["Answer"] for note in note_fields(author, "four")]


def note_fields(author: OldAuthor, name: str) -> list[Any]:
    return [note for note in read_package(author.package).notes if note.fields["ID"] == name]


def test_where_nothing_tells_the_note_gets_a_new_time_and_it_is_said(
    author: OldAuthor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    author.goes_back_to_format_1()
    author.package.unlink()
    monkeypatch.setenv("DECKWRIGHT_CACHE", str(tmp_path / "another cache"))
    another_renderer(monkeypatch, lambda text: text.replace("<strong>", "<b>").replace("</strong>", "</b>"))
    times = author.times()
    outcome = author.builds(options=ANEW)
    assert author.times() == {**times, "gap": int(author.now)}
    assert "1 note gets a new time although perhaps only the markup changed (gap)" in outcome.notices[0]


def test_a_retired_note_of_format_1_comes_back_with_its_time(author: OldAuthor) -> None:
    times = author.times()
    author.goes_back_to_format_1()
    write_files(author.deck, {"a.md": ONE})
    author.builds()
    lock = read_lock(author.deck, "test")
    assert (lock.notes["four"].retired, lock.notes["four"].is_raw, lock.notes["one"].is_raw) == (True, True, False)
    write_files(author.deck, {"a.md": ONE + "\n" + FOUR})
    author.builds()
    assert author.times() == times
    assert not read_lock(author.deck, "test").notes["four"].is_raw


@pytest.mark.parametrize("frozen", [True, False])
def test_another_renderer_is_explained_and_no_time_moves(
    author: OldAuthor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, frozen: bool
) -> None:
    """What the learner has stays as it is; who imports for the first time gets the new markup."""
    times, old = author.times(), author.package.read_bytes()
    another_renderer(monkeypatch, bold_as_b)
    outcome = author.builds(frozen=frozen, options=ANEW)
    changes = ", ".join(outcome.notices)
    assert "4 notes show the same in other markup (" in changes
    assert "deckwright 0.1.0 → 9.9.9" in changes
    assert "no new time for that" in changes
    assert author.times() == times
    assert (read_lock(author.deck, "test").versions == {"deckwright": "9.9.9"}) != frozen
    assert author.package.read_bytes() != old
    (tmp_path / "old.apkg").write_bytes(old)
    with Learner(tmp_path / "learner") as learner:
        learner.imports(tmp_path / "old.apkg")
        assert learner.imports(author.package) == {"duplicate": 4}
    assert frozen or author.builds(options=ANEW).notices == []


def test_where_a_note_stands_gives_no_new_time(author: OldAuthor, tmp_path: Path) -> None:
    """A file renamed, another title, tags in another order, white space; the package has it all the same."""
    times = author.times()
    (author.deck / "b.md").unlink()
    write_files(author.deck, {"c.md": "# Other\n\n\n## A  gap {#gap .y .x}\n\nA __bold__  {{c1::gap}} &amp; more.\n"})
    outcome = author.builds()
    assert author.times() == times
    assert outcome.plan.counts["unchanged"] == 4
    assert outcome.notices == [
        "1 note shows the same in other markup (another file, title or white space); no new time for that"
    ]
    (note,) = note_fields(author, "gap")
    assert (note.fields["File"], note.fields["Context"]) == ("c.md", "Other")
    again = author.package.read_bytes()
    author.builds(options=ANEW)
    assert author.package.read_bytes() == again


def test_frozen_refuses_what_a_learner_would_see(author: OldAuthor) -> None:
    write_files(author.deck, {"b.md": str(DECK["b.md"]).replace("**bold**", "bold")})
    assert [problem.rule for problem in author.is_refused(frozen=True)] == ["stale-lock"]


def test_a_guid_in_the_lock_is_the_notes_guid(author: OldAuthor) -> None:
    """As ``adopt`` records it: in the package, after a rebuild, and in a lock that is recovered from the package."""
    lock = json.loads((author.deck / "deck.lock").read_text(encoding="utf-8"))
    lock["notes"]["one"]["guid"] = "B(b4$k-x"
    (author.deck / "deck.lock").write_text(json.dumps(lock), encoding="utf-8")
    author.builds()
    (note,) = note_fields(author, "one")
    assert note.guid == "B(b4$k-x"
    before = read_lock(author.deck, "test")
    assert before.notes["one"].guid == "B(b4$k-x"
    (author.deck / "deck.lock").unlink()
    author.builds(recover=author.package)
    assert read_lock(author.deck, "test") == before
