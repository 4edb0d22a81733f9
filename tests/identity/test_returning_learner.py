"""Years of edits and re-imports cost the learner nothing; and the machine that says so sees the faults it should."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from deckwright import notetypes
from deckwright.deck import media
from deckwright.deck.media import Media
from deckwright.deck.settings import Settings
from deckwright.grammar.note import NoteKind, SourceFile
from deckwright.identity import Lock, reconciliation
from deckwright.identity.entries import Hashes
from deckwright.identity.headers import DatedNote, Header
from deckwright.identity.ids import guid_for
from deckwright.notetypes import FIELD_END
from deckwright.package import write
from deckwright.pipeline import reconciled_deck
from deckwright.pipeline.page import NoteResult, PageRenderer, PageResult
from tests.returning_learner import STYLES, Machine, ViolationError, live

QUICK = settings(
    max_examples=8,
    stateful_step_count=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_nothing_is_lost_whatever_is_edited() -> None:
    run_state_machine_as_test(Machine, settings=QUICK)


def test_a_seeded_life_is_the_same_every_time(tmp_path: Path) -> None:
    """What the long run plays, and what reproduces a violation of it."""
    tallies = [live(tmp_path / name, "1/1", 4) for name in ("once", "again")]
    assert tallies[0] == tallies[1]
    assert (tallies[0]["rounds"], tallies[0]["imports"]) == (4, 5)


def hashed_as(monkeypatch: pytest.MonkeyPatch, hashes: Callable[[], str]) -> None:
    real = PageRenderer.render_page

    def render_page(self: PageRenderer, source: SourceFile, known: Mapping[str, NoteResult]) -> PageResult:
        page = real(self, source, known)
        notes = [note._replace(header=note.header._replace(hashes=Hashes(hashes()))) for note in page.notes]
        details = page.details._replace(headers=[note.header for note in notes])
        return page._replace(notes=notes, details=details)

    monkeypatch.setattr(PageRenderer, "render_page", render_page)


def time_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed_as(monkeypatch, lambda: "")


def time_raised_without_change(monkeypatch: pytest.MonkeyPatch) -> None:
    count = itertools.count()
    hashed_as(monkeypatch, lambda: f'"Question": "{next(count)}"')


def guid_from_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    real = reconciliation.dated

    def dated(header: Header, fields: str, known: Lock) -> DatedNote:
        question = fields.split(FIELD_END)[header.kind is NoteKind.CLOZE]
        return real(header, fields, known)._replace(guid=guid_for(known.deck_id, header.id + question))

    monkeypatch.setattr(reconciled_deck, "dated", dated)


def media_without_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        media.MediaStore, "read", lambda _, path: Media(Path(path).name, Path(path), Path(path).stat().st_size)
    )
    monkeypatch.setattr(write, "_media_chunks", lambda medium: [medium.path.read_bytes()])


def field_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field more in every build that has a style of the deck's own."""
    real = notetypes._note_type

    def more(kind: NoteKind, own: Settings, words: Mapping[str, str], css: str) -> notetypes.NoteType:
        made = real(kind, own, words, css)
        return replace(made, fields={**made.fields, "More": 1}) if css.strip().endswith(STYLES) else made

    monkeypatch.setattr(notetypes, "_note_type", more)


FAULTS: Mapping[Callable[[pytest.MonkeyPatch], None], str] = {
    time_not_raised: r"Anki's log says (.*\n)*.* did not get ",
    time_raised_without_change: r"Anki's log says (.*\n)*.* was touched: ",
    guid_from_the_text: r"notes, cards, reviews are ",
    media_without_hash: r"(did not get|was touched:) .*<img src=",
    field_added: r"a second note type: .*\+",
}
"""Fault → what the machine must say of it, besides what else it says."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_seen(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fault(monkeypatch)
    with pytest.raises(ViolationError, match=FAULTS[fault]):
        live(tmp_path, "a planted fault", 20)
