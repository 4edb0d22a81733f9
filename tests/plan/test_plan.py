"""The plan of an import: exactly the edits that were made, and it agrees with what real Anki then does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from genanki.deck import Deck
from genanki.model import Model
from genanki.note import Note
from genanki.package import Package
from genanki.util import guid_for as genanki_guid_for

from deckwright.cli.main import main
from deckwright.identity import read_lock
from deckwright.pipeline.build import build, plan
from deckwright.plan.comparison import difference, renumbered, search
from deckwright.problems import ContentError, PackageError
from deckwright.report.plan import plan_json, plan_lines, release_notes
from tests.anki_driver import Learner
from tests.decks import CLOCK, git, write_files

SETTINGS = 'name = "P"\nid = "p"\nlanguage = "zh-CN"\n[subdecks]\n"a" = "A"\n"b" = "B"\n"c" = "C"\n'
DECK: dict[str, str | bytes] = {
    "deck.toml": SETTINGS,
    "a/1.md": "## One? {#one}\n\nThe first answer.\n\n## Two? {#two}\n\nThe second.\n\n## Three? {#three}\n\nThird.\n",
    "b/2.md": "## Four? {#four}\n\nFourth.\n\n## Five? {#five}\n\nFifth.\n",
    "c/3.md": "## Six? {#six}\n\n{{c1::Sixth}}.\n",
}
EDITED: dict[str, str | bytes] = {
    "deck.toml": SETTINGS.replace('"C"', '"C new"'),
    "a/1.md": "## One? {#one .tag}\n\nThe very first answer.\n\n## Three? {#three}\n\nThird.\n\n"
    "## Seven? {#seven}\n\n7.\n",
    "b/2.md": "## Four? {#four}\n\nFourth.\n\n## Two? {#two}\n\nThe second.\n",
    "style.css": ".card { color: teal; }",
}


@pytest.fixture
def deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deck that was built (to ``old.apkg`` and to its usual place), then edited."""
    monkeypatch.chdir(tmp_path)
    folder = write_files(tmp_path / "cards", DECK)
    build(folder, clock=lambda: CLOCK)
    Path("old.apkg").write_bytes(Path("dist/p.apkg").read_bytes())
    return write_files(folder, EDITED)


@pytest.mark.parametrize("against", [None, Path("old.apkg")])
def test_the_plan_is_exactly_the_edits(deck: Path, against: Path | None) -> None:
    planned, *_ = plan(deck, against, clock=lambda: CLOCK + 60)
    assert planned.new == ("seven",)
    assert planned.changed == {"one": {"Answer": "The{+ very+} first answe", "Tags": "{+tag+}"}}
    assert planned.moved == {"two": ("P::A", "P::B"), "six": ("P::C", "P::C new")}
    assert planned.renamed == {"P::C": "P::C new"}
    assert planned.retired == ("five",)
    assert planned.unchanged == ("four", "three")
    assert [kind.value for kind in planned.restyled] == ["basic", "cloze"]
    assert planned.counts == {"new": 1, "changed": 1, "moved": 2, "retired": 1, "unchanged": 2}


def test_the_plan_writes_nothing(deck: Path) -> None:
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    plan(deck, clock=lambda: CLOCK + 60)
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_without_package_and_cache_the_fields_are_known_but_not_the_texts(
    deck: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("dist/p.apkg").unlink()
    planned, *_ = plan(deck, clock=lambda: CLOCK + 60)
    assert planned.changed == {"one": {"Answer": "The{+ very+} first answe", "Tags": "{+tag+}"}}
    monkeypatch.setenv("DECKWRIGHT_CACHE", "another")
    planned, *_ = plan(deck, clock=lambda: CLOCK + 60)
    assert planned.changed == {"one": {"Answer": "", "Tags": ""}}


def test_the_plan_agrees_with_anki(deck: Path, tmp_path: Path) -> None:
    planned, *_ = plan(deck, Path("old.apkg"), clock=lambda: CLOCK + 60)
    build(deck, clock=lambda: CLOCK + 60)
    with Learner(tmp_path / "learner") as learner:
        learner.imports(Path("old.apkg"))
        log = learner.imports(Path("dist/p.apkg"))
        assert log == {
            "new": len(planned.new),
            "updated": len(planned.changed),
            "duplicate": len(planned.unchanged) + len(planned.moved),
        }
        found = {
            learner.collection.get_note(n)["ID"]
            for n in learner.collection.find_notes(search(planned.retired, planned.type_ids))
        }
        assert found == set(planned.retired)


def test_lines_say_what_to_do(deck: Path) -> None:
    planned, *_ = plan(deck, clock=lambda: CLOCK + 60)
    text = "\n".join(plan_lines(planned, {"seven": "Seven?"}))
    assert "new        seven: Seven?" in text
    assert "             Answer: The{+ very+} first answe" in text
    assert "moved      two: P::A → P::B" in text
    assert "the deck P::C is now called P::C new" in text
    types = "(mid:1179997390990 OR mid:1424726813232)"
    assert f'{types} "ID:re:^(two)$"' in text
    assert json.loads(json.dumps(plan_json(planned)))["searches"]["retired"] == f'{types} "ID:re:^(five)$"'


def test_release_notes_speak_to_learners_in_their_language(deck: Path) -> None:
    planned, _, settings = plan(deck, clock=lambda: CLOCK + 60)
    notes = release_notes(planned, {"seven": "Seven?", "one": "One?"}, settings.language)
    assert "### 新增\n\n- Seven?\n" in notes
    assert "### 更新\n\n- One? (Answer, Tags)\n" in notes
    assert "牌组「P::C」改名为「P::C new」" in notes
    assert '"ID:re:^(five)$"' in notes
    assert release_notes(plan(deck, Path("old.apkg"), clock=lambda: CLOCK + 60)[0], {}, "en").startswith("### Added")


CLOZE = "## Gaps {#gap}\n\n{{c1::alpha}} and {{c2::beta::hint}} and {{c3::gamma}}.\n"


def test_cards_that_become_empty_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As real Anki finds them in its own report, with and without the last package at hand."""
    monkeypatch.chdir(tmp_path)
    deck = write_files(tmp_path / "cards", {"a.md": CLOZE + "\n## One? {#one reversed=yes}\n\n1\n"})
    build(deck, clock=lambda: CLOCK)
    Path("dist/test.apkg").rename("old.apkg")
    write_files(deck, {"a.md": CLOZE.replace("{{c3::gamma}}", "gamma") + "\n## One? {#one}\n\n1\n"})
    for against in (None, Path("old.apkg")):
        planned, *_ = plan(deck, against, clock=lambda: CLOCK + 60)
        assert planned.emptied == {"gap": ("c3",), "one": ("the reversed card",)}
    lines = "\n".join(plan_lines(planned, {}))
    assert "empty      gap: c3\nempty      one: the reversed card" in lines
    assert "Tools → Empty Cards" in lines
    assert "### Empty cards\n\n- `gap`: c3\n- `one`: the reversed card" in release_notes(planned, {}, "en")
    build(deck, clock=lambda: CLOCK + 60)
    with Learner(tmp_path / "learner") as learner:
        learner.imports(Path("old.apkg"))
        learner.imports(Path("dist/test.apkg"))
        found = {learner.collection.get_note(note.note_id)["ID"] for note in learner.collection.get_empty_cards().notes}
        assert found == set(planned.emptied)


def test_deletions_that_change_their_numbers_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    deck = write_files(tmp_path / "cards", {"a.md": CLOZE})
    build(deck, clock=lambda: CLOCK)
    swapped = CLOZE.replace("c1::", "c9::").replace("c2::", "c1::").replace("c9::", "c2::")
    write_files(deck, {"a.md": swapped})
    planned, *_ = plan(deck, clock=lambda: CLOCK + 60)
    assert planned.renumbered == {"gap": "c1 → c2: alpha, c2 → c1: beta"}
    assert "a card keeps the history of its number" in "\n".join(plan_lines(planned, {}))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{{c1::a}} {{c2::b}}", "{{c2::a}} {{c1::b}}", "c1 → c2: a, c2 → c1: b"),
        ("{{c1::a}} {{c2::b}}", "{{c1::b}}", "c2 → c1: b"),
        ("{{c1::a}} {{c2::b}}", "{{c1::a}} {{c2::c}}", ""),
        ("{{c1::a}}", "{{c1::a}} {{c2::b}}", ""),
        ("{{c1::a}}", "{{c1::b}} {{c2::a}}", "c1 → c2: a"),
        ("{{c1::a}}", "{{c2::a}}", "c1 → c2: a"),
        ("{{c1::a}} {{c1::b}}", "{{c1::a}} {{c2::b}}", ""),
        ("{{c1::a}}", "{{c1::b}}", ""),
        ("{{c1::a {{c2::b}} c}}", "{{c2::a {{c1::b}} c}}", "c1 → c2: a b c, c2 → c1: b"),
        ("{{c1,2::a}}", "{{c1,2::<b>a</b>}}", ""),
        ("", "{{c1::a}}", ""),
        ("a }} b", "a }} b", ""),
    ],
)
def test_what_counts_as_renumbered(old: str, new: str, told: str) -> None:
    assert renumbered(old, new) == told


def test_a_note_that_moved_and_changed_is_both(deck: Path) -> None:
    write_files(deck, {**EDITED, "b/2.md": str(EDITED["b/2.md"]).replace("The second", "A second")})
    planned, questions, _ = plan(deck, clock=lambda: CLOCK + 60)
    assert "two" in planned.moved
    assert planned.changed["two"] == {"Answer": "[-The-]{+A+} second."}
    assert questions["five"] == "Five?"


def test_removed_notes_have_the_question_that_git_remembers(deck: Path, tmp_path: Path) -> None:
    write_files(deck, DECK)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        git(tmp_path, *words)
    write_files(deck, EDITED)
    Path("dist/p.apkg").unlink()
    planned, questions, _ = plan(deck, clock=lambda: CLOCK + 60)
    assert "retired    five: Five?" in "\n".join(plan_lines(planned, questions))


@pytest.mark.parametrize("count", [1, 1300])
def test_the_search_finds_this_decks_notes_alone(tmp_path: Path, count: int) -> None:
    """Two decks with the same ids in one collection; Anki refuses more than a thousand ORs."""
    ids = [f"note-{number}" for number in range(count)]
    text = "".join(f"## {name}? {{#{name}}}\n\nAnswer.\n\n" for name in ids) + "## Keep? {#keep}\n\nA.\n"
    packages = []
    for name in ("one", "two"):
        settings = f'name = "{name}"\nid = "{name}"\n[limits]\nsimilarity = 1\n'
        deck = write_files(tmp_path / name, {"deck.toml": settings, "a.md": text})
        build(deck, tmp_path / f"{name}.apkg", clock=lambda: CLOCK)
        packages.append(tmp_path / f"{name}.apkg")
    write_files(tmp_path / "one", {"deck.toml": 'name = "one"\nid = "one"\n', "a.md": "## Keep? {#keep}\n\nA.\n"})
    planned, *_ = plan(tmp_path / "one", packages[0], clock=lambda: CLOCK + 60)
    found_by = search(planned.retired, planned.type_ids)
    with Learner(tmp_path / "learner") as learner:
        for package in packages:
            learner.imports(package)
        assert learner.collection.note_count() == 2 * count + 2
        cards = learner.collection.find_cards(found_by)
        assert len(cards) == count
        decks = {learner.collection.decks.name(learner.collection.get_card(card).did) for card in cards}
        assert decks == {"one"}


def test_no_edits_no_changes(deck: Path) -> None:
    build(deck, clock=lambda: CLOCK + 60)
    planned, *_ = plan(deck, clock=lambda: CLOCK + 90)
    assert planned.counts == {"new": 0, "changed": 0, "moved": 0, "retired": 0, "unchanged": 6}
    assert release_notes(planned, {}, "en") == "No changes.\n"


def test_against_a_package_of_plain_genanki(deck: Path) -> None:
    """Notes match by GUID; another note type under the same GUID would never be updated."""
    model = Model(1, "Plain", fields=[{"name": "F"}], templates=[{"name": "T", "qfmt": "{{F}}", "afmt": "b"}])
    plain = Deck(2, "Plain deck")
    plain.add_note(Note(model, ["one"], guid=genanki_guid_for("p", "one")))
    plain.add_note(Note(model, ["other"], guid="xyz"))
    Package(plain).write_to_file("plain.apkg", timestamp=CLOCK)
    planned, *_ = plan(deck, Path("plain.apkg"), clock=lambda: CLOCK + 60)
    assert planned.conflicting == ("one",)
    assert planned.retired == ("guid:xyz",)
    assert len(planned.new) == 5


def test_a_later_package_is_not_passed_over_in_silence(
    deck: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package built elsewhere later than this lock knows: Anki would skip the edits of this clone."""
    lock = (deck / "deck.lock").read_bytes()
    write_files(deck, {**DECK, "a/1.md": str(DECK["a/1.md"]).replace("Third", "3rd")})
    build(deck, Path("later.apkg"), clock=lambda: CLOCK + 7200)
    (deck / "deck.lock").write_bytes(lock)
    write_files(deck, EDITED)
    monkeypatch.setenv("DECKWRIGHT_CACHE", str(tmp_path / "another machine"))
    planned, *_ = plan(deck, Path("later.apkg"), clock=lambda: CLOCK + 60)
    assert planned.skipped == ("three",)
    assert "--touch" in "\n".join(plan_lines(planned, {}))


@pytest.mark.parametrize(
    ("content", "message"), [(b"no zip", "damaged"), (b"", "damaged"), (b"PK\x05\x06" + b"\0" * 18, "not a package")]
)
def test_what_is_no_package_is_said(deck: Path, content: bytes, message: str) -> None:
    Path("bad.apkg").write_bytes(content)
    with pytest.raises(PackageError, match=message):
        plan(deck, Path("bad.apkg"))
    result = CliRunner().invoke(main, ["plan", "cards", "--against", "bad.apkg"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: bad.apkg")


def test_the_command(deck: Path) -> None:
    lines = CliRunner().invoke(main, ["plan"]).stdout.split("\n")
    assert lines[0] == "1 new, 1 changed, 2 moved, 1 retired, 2 unchanged"
    assert json.loads(CliRunner().invoke(main, ["plan", "--json"]).stdout)["new"] == ["seven"]
    assert CliRunner().invoke(main, ["plan", "--release-notes"]).stdout.startswith("### 新增")


def test_rename_is_refused_with_the_remedy(deck: Path) -> None:
    result = CliRunner().invoke(main, ["rename", "one", "uno"])
    assert result.exit_code == 2
    assert "{#one alias=uno}" in result.stderr


def test_a_lost_lock_is_rebuilt_from_the_last_package(deck: Path) -> None:
    write_files(deck, DECK)
    (deck / "style.css").unlink()
    before = read_lock(deck, "p")
    package = Path("dist/p.apkg").read_bytes()
    (deck / "deck.lock").unlink()
    with pytest.raises(ContentError, match="1 problems"):
        build(deck, clock=lambda: CLOCK + 60)
    outcome = build(deck, recover=Path("dist/p.apkg"), clock=lambda: CLOCK + 60)
    assert outcome.plan.counts["unchanged"] == 6
    assert read_lock(deck, "p") == before
    assert Path("dist/p.apkg").read_bytes() == package


def test_recovering_keeps_edits_made_since(deck: Path) -> None:
    (deck / "deck.lock").unlink()
    outcome = build(deck, recover=Path("old.apkg"), clock=lambda: CLOCK + 60)
    assert outcome.plan.counts == {"new": 1, "changed": 1, "moved": 2, "retired": 1, "unchanged": 2}
    assert read_lock(deck, "p").notes["three"].modified == int(CLOCK)


def test_recovering_is_refused_where_it_would_harm(deck: Path) -> None:
    with pytest.raises(ContentError, match="1 problems"):
        build(deck, recover=Path("old.apkg"))
    (deck / "deck.lock").unlink()
    write_files(deck, {**EDITED, "deck.toml": SETTINGS.replace('"p"', '"other"')})
    with pytest.raises(ContentError) as error:
        build(deck, recover=Path("old.apkg"))
    assert "no note of the deck `other`" in error.value.problems[0].message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<p>a b</p>", "<p>a c</p>", "a [-b-]{+c+}"),
        ("<p>甲乙丙</p>", "<p>甲丙</p>", "甲[-乙-]丙"),
        ("<b>a</b>", "<i>a</i>", "(markup only)"),
        ("", "<p>x &lt; y</p>", "{+x < y+}"),
        ("a b c d e f", "1 b 2 d 3 f", "[-a-]{+1+} b c d e f … a b [-c-]{+2+} d e f (and 1 more)"),
    ],
)
def test_differences_are_short_and_by_word(old: str, new: str, expected: str) -> None:
    assert difference(old, new) == expected


WORDS = [f"w{number}" for number in range(3000)]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (WORDS, "(markup only)"),
        ([*WORDS[:1500], "new", *WORDS[1500:]], "w1498 w1499 {+new +}w1500 w1501 "),
        (["new", *WORDS, "old"], "[-w0 w1 w2 w3 w4 w5 w6 w7 … w2998 w2999-]{+new w0 w1 w2 w3 w4 w5 w6…98 w2999 old+}"),
        (
            [word.upper() for word in WORDS],
            "[-w0 w1 w2 w3 w4 w5 w6 w7 … w2998 w2999-]{+W0 W1 W2 W3 W4 W5 W6 W7 … W2998 W2999+}",
        ),
    ],
)
def test_long_texts_are_compared_between_their_common_ends(new: list[str], expected: str) -> None:
    assert difference(" ".join(WORDS), " ".join(new)) == expected


def test_a_renamed_root_is_one_rename(deck: Path) -> None:
    """Anki renames the decks below along with it, so nothing is left to move by hand."""
    write_files(deck, {**DECK, "deck.toml": SETTINGS.replace('"P"', '"Q"')})
    (deck / "style.css").unlink()
    planned, *_ = plan(deck, clock=lambda: CLOCK + 60)
    assert planned.renamed == {"P": "Q"}
    assert planned.moved_by_hand == ()
    assert len(planned.moved) == 6


def test_a_deck_whose_name_changed_in_case_only_is_the_same_to_anki(deck: Path, tmp_path: Path) -> None:
    with Learner(tmp_path / "learner") as learner:
        learner.imports(Path("old.apkg"))
        before = {name: [card.deck for card in note.cards] for name, note in learner.notes().items()}
        write_files(deck, {**DECK, "deck.toml": SETTINGS.replace('"P"', '"p"').replace('"A"', '"a"')})
        (deck / "style.css").unlink()
        planned, *_ = plan(deck, clock=lambda: CLOCK + 60)
        assert (planned.moved, planned.renamed) == ({}, {})
        learner.imports(build(deck, clock=lambda: CLOCK + 60).written.path)
        after = {name: [card.deck for card in note.cards] for name, note in learner.notes().items()}
        assert {name: after[name] for name in before} == before
        assert learner.decks() == {"Default", "P", *(each for decks in before.values() for each in decks)}


def test_two_decks_that_became_one_are_no_rename(deck: Path) -> None:
    """In Anki no two decks can be renamed to the same name."""
    settings = SETTINGS.replace('"a" = "A"\n"b" = "B"\n', "")
    write_files(deck, {**DECK, "deck.toml": settings, "x/1.md": DECK["a/1.md"], "x/2.md": DECK["b/2.md"]})
    for old in ("a/1.md", "b/2.md", "style.css"):
        (deck / old).unlink()
    planned, *_ = plan(deck, clock=lambda: CLOCK + 60)
    assert planned.renamed == {}
    assert planned.moved_by_hand == ("five", "four", "one", "three", "two")


def test_the_package_of_another_deck_is_told(deck: Path, tmp_path: Path) -> None:
    """Its notes may well have the same ids; the advice was to give these ones new ids."""
    other = write_files(tmp_path / "other", {**DECK, "deck.toml": SETTINGS.replace('id = "p"', 'id = "q"')})
    build(other, Path("other.apkg"), clock=lambda: CLOCK)
    with pytest.raises(PackageError, match="holds no note of this deck"):
        plan(deck, Path("other.apkg"), clock=lambda: CLOCK + 60)
