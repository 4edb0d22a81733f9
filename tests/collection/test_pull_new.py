"""Notes that were added in Anki come into the sources and stay the same notes: with their reviews, and updated."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deckwright.collection.builds import read_build
from deckwright.collection.pages import FileChange, write_changes
from deckwright.collection.pull import PullOptions, PullResult, pull_from_anki
from deckwright.identity import LOCK_FILE, read_lock
from deckwright.pipeline.build import build
from deckwright.pipeline.rendering import Options
from tests.collection.conftest import BASIC, CLOZE, Desk
from tests.collection.test_leeches import export
from tests.collection.test_pull import png, pulled, text_of
from tests.package.test_anki import Author

Way = Callable[[Author, Desk], None]
ADDED = "added.md"


def history(desk: Desk, number: int) -> list[tuple[int, object]]:
    cards = desk.learner.collection.get_note(number).cards()  # type: ignore[arg-type]
    log = "select id, ease, ivl, factor from revlog where cid = ? order by id"
    database = desk.learner.collection.db
    assert database
    return [(card.ord, (card.type, card.ivl, card.reps, *map(tuple, database.all(log, card.id)))) for card in cards]


NOTES = {
    "basic": (
        {"Question": "What is five &amp; <b>six</b>?", "Answer": "A hand<br>and \\(x_1 &lt; 2\\)."},
        "## What is five & **six**? {#what-is-five-six}\n\nA hand\\\nand $x_1 < 2$.\n",
        "A hand",
    ),
    "reversed": (
        {"Question": "Sechs", "Answer": "six", "Reversed": "y", "Typed": "six", "Spare1": "half a dozen"},
        '## Sechs {#sechs reversed=yes typed="six" hint="half a dozen"}\n\nsix\n',
        "six\n",
    ),
    "cloze": (
        {
            "Text": "Seven is {{c1::odd}} and {{c2::prime::what}}.",
            "Details": "<section><h3>Why</h3><p>So.</p></section>",
        },
        "## {#seven-is-odd-and-prime}\n\nSeven is {{c1::odd}} and {{c2::prime::what}}.\n\n### Why\n\nSo.\n",
        "Seven is",
    ),
}


def by_hand(author: Author, desk: Desk) -> None:
    build(author.folder, author.package)  # by the real clock, for the note was added only now
    assert "new" not in desk.learner.imports(author.package)


def by_push(author: Author, desk: Desk) -> None:
    plan = desk.pushes().plan
    assert plan.new == ()


@pytest.mark.parametrize("kind", NOTES)
def test_one_note_in_a_running_anki(author: Author, desk: Desk, kind: str) -> None:
    """Added in Anki and reviewed → pulled → pushed → edited here → pushed: the same note all along."""
    fields, text, word = NOTES[kind]
    number = desk.adds("Real::02 Two", CLOZE if kind == "cloze" else BASIC, **fields)
    mine = history(desk, number)
    (added,) = desk.pulls(new=True).added
    assert (added.note.number, text_of(author, added.path)) == (number, text)
    assert desk.pushes().plan.new == ()
    author.replaces(added.path, word, f"Now: {word}")
    assert set(desk.pushes().plan.updated) == {added.name}
    note = desk.learner.notes()[added.name]
    assert note.number == number
    assert f"Now: {word.strip()}" in note.fields["Text" if kind == "cloze" else "Answer"]
    assert history(desk, number) == mine
    assert desk.learner.collection.note_count() == 5
    assert desk.pulls(new=True) == PullResult()


@pytest.mark.parametrize("way", [by_push, by_hand])
@pytest.mark.parametrize("source", ["anki", "legacy.apkg", "present.apkg", "present.colpkg"])
@pytest.mark.parametrize("kind", NOTES)
def test_one_note_with_its_reviews(
    author: Author, desk: Desk, tmp_path: Path, kind: str, source: str, way: Way
) -> None:
    """Added in Anki and reviewed → pulled → built → imported → edited here → imported: the same note all along."""
    fields, text, word = NOTES[kind]
    number = desk.adds("Real::02 Two", CLOZE if kind == "cloze" else BASIC, **fields)
    histories, mine = desk.learner.histories(), history(desk, number)
    assert len(mine) == (1 if kind == "basic" else 2)
    file = [] if source == "anki" else ["--from", str(export(desk, tmp_path / source, legacy="legacy" in source))]
    done = pulled(author, desk, "--new", "--write", *file)
    assert f"{author.folder.name}/02-two/added.md: " in done.stderr
    assert text_of(author, f"02-two/{ADDED}") == text
    way(author, desk)
    author.replaces(f"02-two/{ADDED}", word, f"Now: {word}")
    way(author, desk)
    notes = desk.learner.notes()
    (name,) = notes.keys() - histories.keys()
    assert notes[name].number == number
    assert f"Now: {word.strip()}" in notes[name].fields["Text" if kind == "cloze" else "Answer"]
    assert (notes[name].fields["ID"], notes[name].fields["File"]) == (name, f"02-two/{ADDED}")
    assert history(desk, number) == mine
    assert {card.deck for card in notes[name].cards} == {"Real::02 Two"}
    assert {each: desk.learner.histories()[each] for each in histories if each} == {
        each: value for each, value in histories.items() if each
    }
    assert desk.learner.collection.note_count() == 5
    assert desk.pushes().plan.counts["new"] == 0
    assert "nothing was edited" in pulled(author, desk, "--new").stderr


def test_git_applies_the_patch(author: Author, desk: Desk, tmp_path: Path) -> None:
    """The lock, a new file in a new folder, a pasted picture and an appended note, in one patch."""
    desk.adds(Question="First?", Answer="One.")
    pulled(author, desk, "--new", "--write")
    desk.learner.collection.media.write_data("paste-1.png", png(7))
    number = desk.adds("Real::03 Drei::Tief", Question="Bild?", Answer='Sieh: <img src="paste-1.png">')
    desk.adds(Question="Second?", Answer="Two.")
    before = {path: path.read_bytes() for path in author.folder.rglob("*") if path.is_file()}
    patch = pulled(author, desk, "--new").stdout_bytes
    assert {path: path.read_bytes() for path in author.folder.rglob("*") if path.is_file()} == before
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=patch, check=True)
    folder = author.folder / "03 Drei" / "Tief"
    assert (folder / ADDED).read_bytes() == b"## Bild? {#bild}\n\nSieh: ![](paste-1.png)\n"
    assert (folder / "paste-1.png").read_bytes() == png(7)
    assert text_of(author, f"02-two/{ADDED}") == "## First? {#first}\n\nOne.\n\n## Second? {#second}\n\nTwo.\n"
    by_push(author, desk)
    assert desk.learner.notes()["bild"].number == number
    assert desk.learner.collection.note_count() == 7


@pytest.mark.parametrize(
    ("deck", "path"),
    [("Real", ADDED), ("Real::01 One", f"01-one/{ADDED}"), ("real::01 one::New", f"01-one/New/{ADDED}")],
)
def test_where_a_note_goes(author: Author, desk: Desk, deck: str, path: str) -> None:
    """To the folder of its deck, by the name that Anki shows."""
    desk.adds(deck, Question="Five?", Answer="A hand.")
    pulled(author, desk, "--new", "--write")
    assert text_of(author, path) == "## Five? {#five}\n\nA hand.\n"
    by_push(author, desk)
    assert not desk.pushes().plan.moved


@pytest.mark.parametrize(
    ("deck", "fields", "said"),
    [
        ("Default", {"Question": "Five?", "Answer": "A hand."}, "move them below “Real”"),
        ("Real::a/b", {"Question": "Five?", "Answer": "A hand."}, "move them below “Real”"),
        ("Real::old", {"Question": "Five?", "Answer": "A hand."}, "move them below “Real”"),
        ("Real::.git", {"Question": "Five?", "Answer": "A hand."}, "move them below “Real”"),
        ("Real", {"Question": "Five?", "Answer": ""}, "this note has no answer"),
        ("Real", {"Question": "Five?", "Answer": "5", "Details": "no heading"}, "no Markdown makes its Details"),
        ("Real", {"Question": "Five?", "Answer": "5", "Sources": "a book"}, "no Markdown makes its Sources"),
        ("Real", {"Question": "Five?", "Answer": "5", "Spare1": "<b>hint</b>"}, "no Markdown makes its Hint"),
        ("Real", {"Question": "A<ul><li>b</li></ul>", "Answer": "5"}, "no Markdown makes its Question"),
        ("Real", {"Question": "Five?", "Answer": '<img src="gone.png">'}, "Anki does not hold a media file"),
        ("Real", {"Question": "Five?", "Answer": "{{c1::A}} hand."}, "no Markdown makes its Answer"),
        ("Real", {"Question": "Five?", "Answer": "5", "ID": "other", "File": "x.md"}, "(x.md); merge those"),
    ],
)
def test_what_cannot_come_is_listed(author: Author, desk: Desk, deck: str, fields: dict[str, str], said: str) -> None:
    author.writes({"deck.toml": f'exclude = ["old"]\n{text_of(author, "deck.toml")}'})
    number = desk.adds(deck, **fields)
    before = {path: path.read_bytes() for path in author.folder.rglob("*") if path.is_file()}
    done = pulled(author, desk, "--new", "--write")
    assert "could not be taken into the sources" in done.stderr
    assert f"nid:{number}  {fields['Question'][0]}" in done.stderr
    assert said in done.stderr
    assert {path: path.read_bytes() for path in author.folder.rglob("*") if path.is_file()} == before


def test_a_copy_is_a_note_of_its_own(author: Author, desk: Desk) -> None:
    """Anki's “Create Copy” copies the ID as well."""
    fields = desk.learner.notes()["four"].fields
    number = desk.adds(**{**fields, "Answer": "<p>Another four.</p>"})
    pulled(author, desk, "--new", "--write")
    assert text_of(author, f"02-two/{ADDED}") == "## What is four? {#what-is-four}\n\nAnother four.\n"
    by_push(author, desk)
    assert desk.learner.notes()["what-is-four"].number == number
    assert desk.learner.notes()["four"].fields["Answer"] == "<p>Two by two.</p>"


def test_pictures_of_the_deck_and_of_the_same_name(author: Author, desk: Desk) -> None:
    """A picture that another file of the deck shows comes as a file of its own; no file is overwritten."""
    author.writes({"01-one/dot.png": png(1), "02-two/paste.png": png(2)})
    author.replaces("01-one/a.md", "dot.svg", "dot.png")
    desk.pushes()
    shown = desk.learner.notes()["one"].fields["Answer"]
    (name,) = (path.name for path in (desk.learner.folder / "collection.media").glob("*.png"))
    assert name in shown
    desk.learner.collection.media.write_data("paste.png", png(3))
    desk.adds(Question="Two?", Answer=f'<img src="{name}"> <img src="paste.png">')
    pulled(author, desk, "--new", "--write")
    files = {path.name: path.read_bytes() for path in (author.folder / "02-two").glob("*.png")}
    assert files.pop("paste.png") == png(2)
    assert files.pop(name) == png(1)
    assert list(files.values()) == [png(3)]
    by_push(author, desk)


def test_tags(author: Author, desk: Desk) -> None:
    """Those with the deck's prefix are the note's; of the others those that are asked for; Anki's copy keeps all."""
    number = desk.adds(tags="r::number mine leech", Question="Five?", Answer="A hand.")
    pulled(author, desk, "--new", "--tags", "mine", "--write")
    assert text_of(author, f"02-two/{ADDED}") == "## Five? {#five .mine .number}\n\nA hand.\n"
    by_push(author, desk)
    note = desk.learner.notes()["five"]
    assert (note.number, set(note.tags)) == (number, {"r::number", "r::mine", "mine", "leech"})


def test_edited_between_pull_and_push(author: Author, desk: Desk) -> None:
    """What the learner changes before the first push is not lost: it is told, and can be pulled."""
    number = desk.adds(Question="Five?", Answer="A hand.")
    pulled(author, desk, "--new", "--write")
    assert "nothing was edited" in pulled(author, desk, "--new").stderr, "before the first push too"
    note = desk.learner.collection.get_note(number)  # type: ignore[arg-type]
    note["Answer"] = "Two hands."
    desk.learner.collection.update_note(note)
    assert "in Anki: Two hands." in pulled(author, desk).stderr
    pulled(author, desk, "--theirs", "--write")
    assert text_of(author, f"02-two/{ADDED}") == "## Five? {#five}\n\nTwo hands.\n"
    by_push(author, desk)
    assert desk.learner.notes()["five"].number == number


def test_edited_before_the_first_push(author: Author, desk: Desk) -> None:
    """Not pulled again, the edit is kept and told; then it is taken, or given up."""
    number = desk.adds(Question="Five?", Answer="A hand.")
    pulled(author, desk, "--new", "--write")
    time.sleep(1.01)
    note = desk.learner.collection.get_note(number)  # type: ignore[arg-type]
    note["Answer"] = "Two hands."
    desk.learner.collection.update_note(note)
    for _ in range(2):
        plan = desk.pushes().plan
        assert plan.kept["five"]["Answer"].there == "Two hands."
    pulled(author, desk, "--theirs", "--write")
    plan = desk.pushes().plan
    assert plan.counts["kept"] == 0
    assert set(plan.updated["five"]) == {"ID"}
    assert desk.learner.notes()["five"].number == number
    assert desk.pushes().plan.changes_nothing


def test_anki_is_asked_to_export_only_where_it_may_tell_something(author: Author, desk: Desk) -> None:
    desk.adds(Question="Five?", Answer="A hand.")
    for options, expected in ((PullOptions(), False), (PullOptions(new=True), True)):
        desk.calls.clear()
        with desk.anki() as anki:
            result = pull_from_anki(read_build(author.folder, Options()), anki, options)
        assert ("exportPackage" in desk.calls) is expected
    write_changes(author.folder, result.changes)
    desk.adds(Question="Six?", Answer="Half a dozen.")
    for expected in (True, False):
        desk.calls.clear()
        desk.pushes()
        assert ("exportPackage" in desk.calls) is expected


def test_a_pull_that_was_cut_off(author: Author, desk: Desk) -> None:
    """The lock is written first: without the note in the sources it is taken again, under the same id, once."""
    number = desk.adds(Question="Five?", Answer="A hand.")
    with desk.anki() as anki:
        result = pull_from_anki(read_build(author.folder, Options()), anki, PullOptions(new=True))
    paths = [change.path for change in result.changes]
    assert set(paths) == {LOCK_FILE, f"02-two/{ADDED}"}
    write_changes(author.folder, [change for change in result.changes if change.path == LOCK_FILE])
    assert desk.pushes().plan.retired == {}
    assert "r::retired" not in desk.learner.collection.get_note(number).tags  # type: ignore[arg-type]
    done = json.loads(pulled(author, desk, "--new", "--write", "--json").stdout)
    assert [each["id"] for each in done["added"]] == ["five"]
    by_push(author, desk)
    assert desk.learner.notes()["five"].number == number
    assert desk.learner.collection.note_count() == 5


def test_the_lock_is_written_first(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("deckwright.collection.pages.replace_file", lambda path, content: written.append(path.name))
    names = ["b.md", "new.md", LOCK_FILE, "a.png"]
    write_changes(author.folder / "none", [FileChange(name, None, b"") for name in names])
    assert written == [LOCK_FILE, "a.png", "b.md", "new.md"]


def test_a_time_ahead_of_the_clock_does_not_stop_the_build(author: Author, desk: Desk) -> None:
    """A phone whose clock is wrong."""
    number = desk.adds(Question="Five?", Answer="A hand.")
    database = desk.learner.collection.db
    assert database
    database.execute("update notes set mod = 4000000000 where id = ?", number)
    pulled(author, desk, "--new", "--write")
    assert read_lock(author.folder, "real").newest < 4_000_000_000
    by_push(author, desk)
    assert desk.learner.notes()["five"].number == number
