"""What is frozen for ever: the GUID rule, the numbers, the grammar of ids, the schema of the note types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from genanki.util import guid_for as genanki_guid_for
from hypothesis import given
from hypothesis import strategies as st

from deckwright.deck.settings import ID, Settings
from deckwright.identity.ids import CARDS_PER_NOTE, guid_for, id_for, number_for
from deckwright.notetypes import note_types

SCHEMA = Path(__file__).parents[1] / "golden" / "schema.json"


@given(st.text(), st.text())
def test_guid_is_what_genanki_gives(deck: str, note: str) -> None:
    assert guid_for(deck, note) == genanki_guid_for(deck, note)


def test_guids_and_numbers_do_not_change() -> None:
    """Learners' collections hold these."""
    guid = guid_for("llm-interview", "why-sqrt-dk")
    assert guid == "pml!_Npa%}"
    assert number_for(guid, ()) == 1_022_108_207_500


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_schema_does_not_change(language: str) -> None:
    """A change makes a second note type in every collection and freezes all old notes. Never edit the golden file."""
    types = note_types(Settings("Any", "golden", language=language))
    schema = {
        kind.value: {
            "id": t.id,
            "fields": dict(t.fields),
            "templates": {template.name: template.id for template in t.templates},
        }
        for kind, t in types.items()
    }
    assert schema == json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert list(schema["basic"]["fields"]) == list(json.loads(SCHEMA.read_text(encoding="utf-8"))["basic"]["fields"])  # type: ignore[call-overload]


def test_note_types_of_two_decks_differ() -> None:
    ids = {t.id for deck in ("one", "two") for t in note_types(Settings("D", deck)).values()}
    assert len(ids) == 4


def test_a_taken_number_gives_the_next_free_one() -> None:
    guid = guid_for("d", "n")
    first = number_for(guid, ())
    assert number_for(guid, {first, first + CARDS_PER_NOTE}) == first + 2 * CARDS_PER_NOTE


@given(st.text())
def test_numbers_lie_in_the_past(note: str) -> None:
    assert 1_000_000_000_000 <= number_for(guid_for("d", note), ()) < 1_700_000_000_000


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is a GPT?", "what-is-a-gpt"),
        ("Why 1/2?", "why-1-2"),
        ("为什么？", "6080b951"),
        ("GPT 是什么？", "gpt-4c7909cf"),
        ("¿Mañana, el café?", "manana-el-cafe-4b57ee07"),
        ("a" * 60, "a" * 48 + "-11ee3912"),
    ],
)
def test_an_id_is_made_from_the_question(question: str, expected: str) -> None:
    assert id_for(question, ()) == expected


@given(st.text(min_size=1), st.sets(st.sampled_from(["a", "a-2", "b"])))
def test_a_made_id_is_an_id_and_free(question: str, taken: set[str]) -> None:
    made = id_for(question, taken)
    assert ID.fullmatch(made)
    assert made not in taken


def test_an_id_that_was_taken_is_extended() -> None:
    assert id_for("A", {"a", "a-2"}) == "a-3"
