"""The server of these tests answers as the real add-on did when recorded (``scripts/desktop_anki.py --record``)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.collection.answers import RECORDED, fits, shapes
from tests.collection.conftest import Desk


def test_answers_have_the_shapes_of_the_real_ones(desk: Desk, tmp_path: Path) -> None:
    with desk.anki() as anki:
        found = shapes(anki, tmp_path)
    if path := os.environ.get("RECORD_ANSWERS"):
        Path(path).write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert len(recorded) > 20
    assert {name: found[name] for name, each in recorded.items() if not fits(each, found[name])} == {}


@pytest.mark.parametrize(
    ("recorded", "found", "expected"),
    [
        ({"a": "int"}, {"a": "int", "b": "str"}, True),
        ({"a": "int"}, {"b": "int"}, False),
        ([{"a": "int"}], [{"a": "str"}], False),
        ([], ["int"], True),
        (["int"], [], False),
        (True, False, False),
    ],
)
def test_what_fits(recorded: object, found: object, expected: bool) -> None:
    assert fits(recorded, found) is expected
