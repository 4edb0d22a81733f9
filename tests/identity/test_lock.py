"""deck.lock: times, positions, retired notes, what a damaged one says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckwright.grammar.note import NoteKind
from deckwright.identity import (
    Entry,
    Lock,
    LockError,
    TypeEntry,
    content_hashes,
    hash_map,
    lock_bytes,
    markup_hash,
    normal_form,
    read_lock,
)
from deckwright.identity.entries import Hashes, field_hashes
from deckwright.identity.file import parse_lock
from deckwright.identity.headers import Header
from deckwright.identity.ids import guid_for
from deckwright.identity.lock_entries import LockEntries
from deckwright.identity.positions import LAST_POSITION, place_in_order
from deckwright.identity.reconciliation import dated, is_visible_change, reconcile
from deckwright.plan.comparison import compare_locks as compare

HEAD = '{"format": 2, "deck": "d", "note-types": {}, "notes": {\n"'
LOOKS = {NoteKind.BASIC: "x", NoteKind.CLOZE: "y"}


def note(name: str, text: str = "A", deck: str = "D", tags: tuple[str, ...] = ()) -> Header:
    fields = {"Question": name, "Answer": text}
    return Header(name, NoteKind.BASIC, tags, deck, (0,), content_hashes(fields, tags), markup_hash(fields, tags))


def build_all(*builds: list[Header], start: int = 1000) -> list[Lock]:
    """The locks of successive builds, ten seconds apart."""
    locks, before = [], Lock("d")
    for index, notes in enumerate(builds):
        before = reconcile(notes, LOOKS, before, start + 10 * index)
        locks.append(before)
    return locks


def test_a_note_has_the_time_of_the_build_that_first_saw_it() -> None:
    one, two, three = build_all([note("a")], [note("a"), note("b")], [note("a", "B"), note("b")])
    assert [one.notes["a"].modified, two.notes["a"].modified, three.notes["a"].modified] == [1000, 1000, 1020]
    assert three.notes["b"].modified == 1010


@pytest.mark.parametrize("changed", [note("a", "B"), note("a", tags=("t",)), note("a", "")])
def test_any_part_of_the_content_counts(changed: Header) -> None:
    assert build_all([note("a")], [changed])[1].notes["a"].modified == 1010


def test_going_back_is_a_change() -> None:
    assert build_all([note("a")], [note("a", "B")], [note("a")])[2].notes["a"].modified == 1020


def test_a_clock_that_jumps_back_never_makes_a_time_shrink() -> None:
    before = build_all([note("a")])[0]
    after = reconcile([note("a", "B")], LOOKS, before, 500)
    assert after.notes["a"].modified == 1001


def test_moving_changes_the_deck_alone() -> None:
    before, after = build_all([note("a")], [note("a", deck="E")])
    assert after.notes["a"].modified == 1000
    assert compare(before, after).moved == {"a": ("D", "E")}


def test_a_missing_note_is_retired_and_may_come_back() -> None:
    one, two, three = build_all([note("a"), note("b")], [note("b")], [note("a"), note("b")])
    assert two.notes["a"].retired
    assert compare(one, two).retired == ("a",)
    assert not three.notes["a"].retired
    assert (three.notes["a"].number, three.notes["a"].modified) == (one.notes["a"].number, 1000)


def test_touch_gives_a_new_time() -> None:
    before = build_all([note("a"), note("b")])[0]
    touched = reconcile([note("a"), note("b")], LOOKS, before, 2000, ["a"])
    assert [touched.notes[name].modified for name in "ab"] == [2000, 1000]
    everything = reconcile([note("a"), note("b")], LOOKS, before, 2000, None)
    assert {entry.modified for entry in everything.notes.values()} == {2000}
    assert {entry.modified for entry in everything.note_types.values()} == {2000}


def test_a_note_type_has_a_time_of_its_own() -> None:
    before = build_all([note("a")])[0]
    after = reconcile([note("a")], {**LOOKS, NoteKind.BASIC: "z"}, before, 2000)
    assert [after.note_types[kind].modified for kind in NoteKind] == [2000, 1000]
    assert compare(before, after).restyled == (NoteKind.BASIC,)
    assert after.notes["a"].modified == 1000


def test_the_plan_names_every_note_once() -> None:
    before, after = build_all(
        [note("a"), note("b"), note("c"), note("d")], [note("a"), note("b", "B"), note("c", deck="E"), note("e")]
    )
    plan = compare(before, after)
    assert plan.changed == {"b": {"Answer": ""}}
    assert plan.counts == {"new": 1, "changed": 1, "moved": 1, "retired": 1, "unchanged": 1}


def test_the_file_holds_one_line_a_note_and_comes_back(tmp_path: Path) -> None:
    lock = build_all([note("b", deck="甲"), note("a")], [note("a")])[1]
    (tmp_path / "deck.lock").write_bytes(lock_bytes(lock))
    assert read_lock(tmp_path, "d") == lock
    lines = lock_bytes(lock).decode().split("\n")
    assert [line.partition(":")[0] for line in lines[6:8]] == ['"a"', '"b"']
    assert all(line.endswith(",") for line in lines[6:8])


def test_what_did_not_change_is_the_same_object() -> None:
    before = build_all([note("a"), note("b"), note("c"), note("d")], [note("a"), note("b"), note("c")])[1]
    after = reconcile([note("a"), note("b", "B"), note("c", deck="E")], LOOKS, before, 2000)
    assert [after.notes[name] is before.notes[name] for name in "abcd"] == [True, False, False, True]


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
ENTRIES = st.builds(
    Entry,
    kind=st.sampled_from(NoteKind),
    number=st.integers(1, 2**53 - 1),
    modified=st.integers(1, 2**37),
    position=st.integers(0, LAST_POSITION),
    deck=NAMES,
    hashes=st.dictionaries(st.one_of(st.sampled_from(["Answer", "Text"]), NAMES), NAMES, max_size=3).map(
        lambda fields: content_hashes(fields, ())
    ),
    retired=st.booleans(),
    markup=st.sampled_from(["", "0123456789"]),
    guid=st.one_of(st.just(""), NAMES),
    ords=st.lists(st.integers(0, 499), min_size=1, max_size=3).map(tuple),
    is_raw=st.booleans(),
).map(lambda entry: entry._replace(markup="", ords=()) if entry.is_raw else entry)
LOCKS = st.builds(
    Lock,
    st.just("d"),
    st.dictionaries(st.one_of(st.sampled_from(["a", "b", "a-1"]), NAMES), ENTRIES, max_size=5).map(LockEntries),
    st.dictionaries(st.sampled_from(NoteKind), st.builds(TypeEntry, NAMES, st.integers(1, 2**37))),
    st.dictionaries(NAMES, NAMES, max_size=2),
)


def as_json(lock: Lock) -> bytes:
    """The file, each line as Python's ``json`` writes it."""
    types = {kind.value: {"look": e.fingerprint, "mod": e.modified} for kind, e in sorted(lock.note_types.items())}
    versions = dict(sorted(lock.versions.items()))
    head = {"format": 2, "deck": lock.deck_id, "built-with": versions, "note-types": types}
    lines = [
        "{\n",
        *(
            f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=key != 'built-with')},\n"
            for key, value in head.items()
        ),
        '"notes": {\n',
    ]
    for name, entry in sorted(lock.notes.items()):
        value: dict[str, object] = {"kind": entry.kind.value, "nid": entry.number, "mod": entry.modified}
        value |= {"pos": entry.position, "deck": entry.deck, **({"guid": entry.guid} if entry.guid else {})}
        value |= {} if entry.ords in ((), (0,)) else {"cards": list(entry.ords)}
        hashes = hash_map(entry.hashes)
        value |= {"html": hashes} if entry.is_raw else {"is": hashes, "html": entry.markup}
        value |= {"retired": True} if entry.retired else {}
        lines.append(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)},\n")
    return "".join([*lines, '"": null\n}}\n']).encode()


@given(LOCKS)
def test_any_lock_is_written_as_json_and_comes_back(lock: Lock) -> None:
    assert lock_bytes(lock) == as_json(lock)
    assert parse_lock(lock_bytes(lock).decode(), "d") == lock


@given(LOCKS, LOCKS)
def test_the_lines_of_an_own_lock_say_what_its_entries_say(lock: Lock, other: Lock) -> None:
    """Also beside entries that took the place of some."""
    own = parse_lock(lock_bytes(lock).decode(), "d", is_own=True)
    changed = [replace(each, notes=each.notes.with_changes(other.notes)) for each in (own, lock)]
    for one, two in ((own, lock), changed):
        assert lock_bytes(one) == lock_bytes(two)
        assert (one.newest, {*one.live}, one.notes.retired) == (two.newest, {*two.live}, two.notes.retired)
        assert one == two


@given(st.data())
def test_looking_only_at_what_may_have_changed_makes_the_same_lock(data: st.DataObject) -> None:
    before = Lock("d")
    notes: list[Header] = []
    for now in (1000, 1010, 1020, 1030):
        kept = [header for header in notes if data.draw(st.booleans(), "kept")]
        changed = {header.id: note(header.id, str(now)) for header in kept if data.draw(st.integers(0, 3)) == 0}
        order = [changed.get(header.id, header) for header in kept]
        for name in data.draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=3), "new or back"):
            if name not in {header.id for header in order}:
                changed[name] = note(name, deck=data.draw(st.sampled_from(["D", "E"])))
                order.insert(data.draw(st.integers(0, len(order))), changed[name])
        looked_at, names = [header for header in order if header.id in changed], [header.id for header in order]
        whole = reconcile(order, LOOKS, before, now)
        part = reconcile(looked_at, LOOKS, before, now, among=names) if before.notes else whole
        assert part == whole
        assert part.changes == whole.changes
        assert part.changes.keys() == {n for n, entry in part.notes.items() if entry != before.notes.get(n)}
        notes, before = order, whole


SPOILS = ["", ",", '"', "{", "}", "\n", "\r\n", " ", "\\", '\\"', "\\u0041", "\\ud800", "null", "-1", "01", "\x01", "0"]


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """The text of a lock with a few stretches cut out or replaced, or a line doubled."""
    text = lock_bytes(draw(LOCKS)).decode()
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + draw(st.sampled_from(SPOILS)) + text[end:]
    lines = text.splitlines(keepends=True)
    at = draw(st.integers(0, len(lines)))
    return "".join(lines[: at + 1] + lines[at:] if draw(st.booleans()) else lines)


@settings(max_examples=500)
@given(spoiled())
def test_a_spoiled_lock_is_a_lock_or_a_problem(text: str) -> None:
    """Never a traceback; and what is taken for a lock can be written and read again."""
    try:
        lock = parse_lock(text, "d")
    except LockError:
        return
    assert parse_lock(lock_bytes(lock).decode(), "d") == lock


def test_the_last_of_two_entries_counts() -> None:
    """As in JSON; and fields that stand in another order are the same fields."""
    one, two = build_all([note("a")], [note("a", "B", tags=("t",))])
    entry = lock_bytes(two).decode().split("\n")[6]
    found = parse_lock(lock_bytes(one).decode().replace('"": null', f'{entry}\n"": null'), "d")
    backwards = json.dumps(dict(sorted(hash_map(two.notes["a"].hashes).items(), reverse=True)))
    assert found == replace(two, note_types=one.note_types)
    assert parse_lock(lock_bytes(two).decode().replace(f"{{{two.notes['a'].hashes}}}", backwards), "d") == two


@pytest.mark.parametrize("tags", [(), ("biology",), ("priority::high", "marked", "a::b::c")])
def test_hashes_of_fields_do_not_depend_on_tags(tags):
    """Push and pull compare fields with what Anki holds, where learners add tags; a hash of tags is in ``OF_TAGS``."""
    fields = {"Question": "a", "Answer": "b <img src=x.png>"}
    assert field_hashes(content_hashes(fields, tags)) == field_hashes(content_hashes(fields, ()))
    assert field_hashes(content_hashes(fields, tags)).keys() == {"Answer", "Question"}


def test_hashes_are_those_of_what_is_seen() -> None:
    fields = {"Question": "<strong>Q</strong>", "ID": "a", "Empty": "", "Ärger": "x", "File": "a.md", "Context": "A"}
    expected = {"Question": normal_form("<b>Q</b>"), "Tags": "t u", "Ärger": "x"}
    assert hash_map(content_hashes(fields, ("u", "t"))) == {
        name: hashlib.sha256(text.encode()).hexdigest()[:10] for name, text in expected.items()
    }
    assert content_hashes({}, ()) == ""
    assert content_hashes(fields, ()) == content_hashes(dict(reversed(fields.items())), ())


def test_other_markup_gives_no_new_time() -> None:
    before, after = build_all([note("a", "<strong>A</strong>")], [note("a", "<p><b>A</b></p>")])
    assert after.notes["a"].modified == 1000
    assert after.notes["a"].markup != before.notes["a"].markup
    assert compare(before, after).unchanged == ("a",)
    assert not is_visible_change(before.notes["a"], after.notes["a"])


def test_a_guid_from_elsewhere_stays_and_gives_the_number() -> None:
    known = Entry(NoteKind.BASIC, 1_000_000_000_000, 1000, 100, "D", Hashes(""), guid="pqr")
    lock = reconcile([note("a"), note("b")], LOOKS, Lock("d", LockEntries({"a": known})), 2000)
    assert (lock.notes["a"].guid, lock.guid("a"), lock.guid("b")) == ("pqr", "pqr", guid_for("d", "b"))
    assert dated(note("a"), "", lock).guid == "pqr"
    assert parse_lock(lock_bytes(lock).decode(), "d").guid("a") == "pqr"


def test_two_notes_with_one_number_are_parted() -> None:
    """Two branches may have recorded the same one; the first by id keeps it."""
    entry = Entry(NoteKind.BASIC, 1_000_000_000_000, 1000, 100, "D", Hashes(""))
    lock = reconcile([note("a"), note("b")], LOOKS, Lock("d", LockEntries({"a": entry, "b": entry})), 2000)
    assert lock.notes["a"].number == 1_000_000_000_000
    assert lock.notes["b"].number != 1_000_000_000_000


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("{\n<<<<<<< HEAD\n", "conflict markers", 2),
        ("{", "not valid JSON", 1),
        ("[" * 100_000, "not valid JSON", 1),
        ("[]", "format 2", 1),
        ('{"format": 3}', "format 2", 1),
        ('{"format": 1, "deck": "e"}', "belongs to the deck `e`", 1),
        ('{"format": 1,\n"deck": "d"}', "`note-types` is damaged", 1),
        ('{"format": 1, "deck": "d", "note-types": {}, "notes": {\n"a": {"kind": "basic"}}}', "`a` is damaged", 2),
        ('{"format": 1, "deck": "d", "note-types": {"x": 1}, "notes": {}}', "damaged", 1),
        (
            HEAD + 'a": {"kind": "basic", "nid": 1, "mod": 2, "pos": 3, "deck": "\\ud800", "is": {}}}}',
            "`a` is damaged",
            2,
        ),
        *(
            (
                HEAD + f'a": {{"kind": "basic", "nid": {n}, "mod": {m}, "pos": {p}, "deck": "D", "is": {{}}}}}}}}',
                text,
                2,
            )
            for n, m, p, text in [
                (0, 2, 3, "`nid` is 0, not a number from 1 to 9007199254740991"),
                (2**53, 2, 3, "`nid` is 9007199254740992"),
                ("true", 2, 3, "`nid` is True"),
                (1, 0, 3, "`mod` is 0"),
                (1, 10**12, 3, "`mod` is 1000000000000"),
                (1, "2.5", 3, "`mod` is 2.5"),
                (1, 2, -1, "`pos` is -1"),
            ]
        ),
        (HEAD + '\\ud800": {"kind": "basic", "nid": 1, "mod": 2, "pos": 3, "deck": "D", "is": {}}}}', "is damaged", 2),
    ],
)
def test_a_damaged_lock_says_where_and_what_to_do(tmp_path: Path, text: str, message: str, line: int) -> None:
    (tmp_path / "deck.lock").write_text(text, encoding="utf-8")
    with pytest.raises(LockError, match=message) as error:
        read_lock(tmp_path, "d")
    assert error.value.problem.place.line == line


def test_a_lock_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "deck.lock").mkdir()
    with pytest.raises(LockError, match="restore it"):
        read_lock(tmp_path, "d")


def test_no_lock_is_an_empty_one(tmp_path: Path) -> None:
    assert read_lock(tmp_path, "d") == Lock("d")
    assert Lock("d", LockEntries(), {NoteKind.BASIC: TypeEntry("x", 5)}).newest == 5


@given(st.lists(st.integers(0, 60), unique=True), st.dictionaries(st.integers(0, 60), st.integers(1, 900)))
def test_positions_grow_along_the_order(order: list[int], known: dict[int, int]) -> None:
    placed = place_in_order([str(n) for n in order], {str(n): position for n, position in known.items()})
    positions = [placed[str(n)] for n in order]
    assert positions == sorted(set(positions))
    assert all(0 < position <= LAST_POSITION for position in positions)


def test_a_moved_note_leaves_the_others_where_they_are() -> None:
    known = {"a": 100, "b": 200, "c": 300, "d": 400}
    assert place_in_order(["b", "c", "a", "d"], known) == {"a": 350, "b": 200, "c": 300, "d": 400}


def test_a_full_gap_places_all_anew() -> None:
    assert place_in_order(["a", "n", "b"], {"a": 100, "b": 101}) == {"a": 100, "n": 200, "b": 300}


def test_very_many_notes_stay_in_reach() -> None:
    names = [str(n) for n in range(100_000)]
    assert max(place_in_order(names, {}).values()) <= LAST_POSITION


def test_numbers_come_from_the_guid() -> None:
    from deckwright.identity.ids import number_for

    assert build_all([note("a")])[0].notes["a"].number == number_for(guid_for("d", "a"), ())
