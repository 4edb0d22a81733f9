"""Edits made in Anki come back as changes to the Markdown, each checked; what cannot is listed, nothing is invented."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckwright.cli.main import main
from deckwright.collection.builds import read_build
from deckwright.collection.merging import merge
from deckwright.collection.pages import FileChange, write_changes
from deckwright.collection.pull import PullOptions, PullResult, pull_from_file
from deckwright.collection.record import record_file
from deckwright.pipeline.rendering import Options
from deckwright.problems import ContentError
from deckwright.report.patch import patch_text
from tests.adopt.packages import FLIP, model, one_deck
from tests.collection.conftest import Desk
from tests.collection.test_leeches import export
from tests.package.test_anki import Author

RICH = """\
# Rich

## What *is* rich? {#rich .number}

It cites [@a, §1] and **more**: $x_1$.

- one
- two

### Details

* first `code`
* second, see [@a]

### Last

The end.
"""
SOURCES = '[a]\ntitle = "A"\nauthors = ["B"]\nyear = 2000\nurl = "https://example.org"\nchecked = 2026-01-01\n'


def pulled(author: Author, desk: Desk, *arguments: str) -> Result:
    given = ["pull", author.folder.name, "--anki", desk.server.url, *arguments]
    done = CliRunner().invoke(main, given, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done


def text_of(author: Author, path: str) -> str:
    return (author.folder / path).read_text(encoding="utf-8")


@pytest.fixture
def rich(author: Author, desk: Desk) -> Author:
    author.writes({"01-one/rich.md": RICH, "sources.toml": SOURCES})
    assert desk.pushes().plan.new == ("rich",)
    return author


@pytest.mark.parametrize(
    ("name", "key", "old", "new", "path", "before", "after"),
    [
        ("four", "Answer", "Two by two.", "Two and two.", "02-two/b.md", "Two by two.", "Two and two."),
        ("four", "Question", "four", "<b>four</b>", "02-two/b.md", "is four?", "is **four**?"),
        ("three", "Text", "{{c1::One}}", "{{c1::A single one}}", "02-two/b.md", "{{c1::One}}", "{{c1::A single one}}"),
        ("rich", "Answer", "more", "much more", "01-one/rich.md", "**more**", "**much more**"),
        ("rich", "Answer", "x_1", "x_2^2", "01-one/rich.md", "$x_1$", "$x_2^2$"),
        ("rich", "Answer", "<li>two</li>", "<li>two</li><li>three</li>", "01-one/rich.md", "- two", "- two\n- three"),
        ("rich", "Details", "The end.", "The <i>very</i> end.", "01-one/rich.md", "The end.", "The *very* end."),
        ("rich", "Details", "first", "foremost", "01-one/rich.md", "* first `code`", "* foremost `code`"),
        ("rich", "Details", "second", "then", "01-one/rich.md", "* second, see [@a]", "* then, see [@a]"),
    ],
)
def test_only_the_edit_is_touched(
    rich: Author, desk: Desk, name: str, key: str, old: str, new: str, path: str, before: str, after: str
) -> None:
    """Citations, signs and lists that the author chose stay; the next push finds nothing to do."""
    field = desk.learner.notes()[name].fields[key]
    assert field.count(old) == 1
    desk.learner.edits(name, field=key, text=field.replace(old, new))
    text = text_of(rich, path)
    assert text.count(before) == 1
    pulled(rich, desk, "--write")
    assert text_of(rich, path) == text.replace(before, after)
    assert desk.pushes().plan.changes_nothing
    assert "nothing was edited" in pulled(rich, desk).stderr


def png(value: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(bytes([0, value, value, value])))
        + chunk(b"IEND", b"")
    )


def test_git_applies_the_patch(author: Author, desk: Desk, tmp_path: Path) -> None:
    """Words, a pasted picture, a file without a newline at its end and one with CRLF, in one patch."""
    author.writes(
        {"01-one/crlf.md": b"## Five? {#five}\r\n\r\nA hand.\r\n", "01-one/open.md": "## Six? {#six}\n\nHalf."}
    )
    desk.pushes()
    desk.learner.edits("five", field="Answer", text="<p>A <b>hand</b>.</p>")
    desk.learner.edits("six", field="Answer", text="<p>Half a dozen.</p>")
    desk.learner.collection.media.write_data("paste-1.png", png(7))
    desk.learner.edits("four", field="Answer", text='<p>Two by two. <img src="paste-1.png"></p>')
    patch = pulled(author, desk).stdout_bytes
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=patch, check=True)
    assert (author.folder / "01-one/crlf.md").read_bytes() == b"## Five? {#five}\r\n\r\nA **hand**.\r\n"
    assert (author.folder / "01-one/open.md").read_bytes() == b"## Six? {#six}\n\nHalf a dozen."
    assert (author.folder / "02-two/paste-1.png").read_bytes() == png(7)
    assert "Two by two. ![](paste-1.png)" in text_of(author, "02-two/b.md")
    result = desk.pushes()
    assert (set(result.plan.updated), set(result.plan.kept)) == (set(), {"four"}), "the picture has another name here"


def test_a_dry_pull_writes_nothing(author: Author, desk: Desk) -> None:
    before = {path: path.read_bytes() for path in author.folder.rglob("*") if path.is_file()}
    desk.learner.edits("four", field="Answer", text="mine")
    assert "+mine" in pulled(author, desk).stdout
    assert {path: path.read_bytes() for path in author.folder.rglob("*") if path.is_file()} == before


def test_changed_on_both_sides(author: Author, desk: Desk) -> None:
    desk.learner.edits("four", field="Answer", text="<p>mine</p>")
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    done = pulled(author, desk)
    assert done.stdout == ""
    assert "in Anki: mine" in done.stderr
    assert "here:    Two and two." in done.stderr
    assert pulled(author, desk, "--ours").stdout == ""
    assert "+mine" in pulled(author, desk, "--theirs").stdout
    assert CliRunner().invoke(main, ["pull", str(author.folder), "--ours", "--theirs"]).exit_code == 2


def test_changed_here_alone_is_for_push(author: Author, desk: Desk) -> None:
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    assert "nothing was edited" in pulled(author, desk).stderr


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("Spare1", "my own thought", "{+my own thought+}"),
        ("Answer", "", "[-Two by two.-]"),
        ("Answer", '<p onclick="x">Two</p><script>1</script>', "[-"),
        ("Question", "What<ul><li>is</li></ul>four?", "02-two/b.md:5:4: four: Question"),
        ("Answer", '<p>Two <img src="gone.png"></p>', "by two.-]"),
        ("Details", "<p>A section without a heading</p>", "{+A section without a heading+}"),
    ],
)
def test_what_cannot_be_turned_back_is_listed(author: Author, desk: Desk, key: str, text: str, said: str) -> None:
    desk.learner.edits("four", field=key, text=text)
    before = text_of(author, "02-two/b.md")
    done = pulled(author, desk, "--write")
    assert "write it into the sources yourself" in done.stderr
    assert said in done.stderr
    assert text_of(author, "02-two/b.md") == before


def test_an_edit_that_would_change_the_kind_is_listed(author: Author, desk: Desk) -> None:
    """A deletion in an answer would make another note of it; `##` and `###` at the start of a line would divide it."""
    for text in ("<p>Two {{c1::by}} two.</p>", "<p>### Two</p>", "<p>## Two</p>"):
        desk.learner.edits("four", field="Answer", text=text)
        pulled(author, desk, "--write")
        build = read_build(author.folder, Options())
        assert list(build.notes) == ["one", "two", "three", "four"]
        assert build.notes["four"].fields["Details"] == ""


def test_a_note_whose_id_was_taken_out(author: Author, desk: Desk) -> None:
    """The next build gives it the same id again; until then nothing can be written into it."""
    desk.learner.edits("four", field="Answer", text="<p>Two and two.</p>", tag="mine")
    author.replaces("02-two/b.md", " {#four}", "")
    done = pulled(author, desk, "--tags", "mine")
    assert done.stdout == ""
    assert "four: Answer: " in done.stderr
    assert "four: mine: the note has no id in the sources yet" in done.stderr


@pytest.mark.parametrize("suffix", ["apkg", "colpkg"])
@pytest.mark.parametrize("legacy", [True, False])
def test_from_a_file(author: Author, desk: Desk, tmp_path: Path, suffix: str, legacy: bool) -> None:
    desk.learner.collection.media.write_data("paste-1.png", png(9))
    desk.learner.edits("four", field="Answer", text='<p>Two and two. <img src="paste-1.png"></p>')
    file = export(desk, tmp_path / f"mine.{suffix}", legacy=legacy)
    done = CliRunner().invoke(main, ["pull", author.folder.name, "--from", str(file), "--write", "--json"])
    value = json.loads(done.stdout)
    assert [(edit["id"], edit["field"]) for edit in value["taken"]] == [("four", "Answer")]
    assert "Two and two. ![](paste-1.png)" in text_of(author, "02-two/b.md")
    assert (author.folder / "02-two/paste-1.png").read_bytes() == png(9)


def from_file(author: Author, file: Path) -> PullResult:
    return pull_from_file(read_build(author.folder, Options()), file, PullOptions())


def test_an_older_build_is_no_edit(author: Author, desk: Desk, tmp_path: Path) -> None:
    """A collection that never got the last build holds older texts; taking them would undo the author's work."""
    file = export(desk, tmp_path / "old.apkg", legacy=True)
    author.replaces("02-two/b.md", "Two by two.", "Two and two.")
    desk.pushes()
    assert from_file(author, file).taken == ()
    assert [edit.name for edit in from_file(author, file).conflicts] == ["four"]


def test_without_record_and_times_nothing_is_taken(author: Author, desk: Desk) -> None:
    record_file("real").unlink()
    desk.server.knows_times = False
    desk.learner.edits("four", field="Answer", text="mine")
    done = pulled(author, desk)
    assert done.stdout == ""
    assert "nothing is taken without" in done.stderr


def test_the_learners_tags_stay_theirs_and_added_notes_are_told(author: Author, desk: Desk) -> None:
    desk.learner.edits("four", tag="mine")
    number = desk.adds("Real", Question="Added?", Answer="Yes.")
    done = pulled(author, desk)
    assert done.stdout == ""
    assert f"nid:{number}  Added?" in done.stderr


@pytest.mark.parametrize("where", ["", "work", "work/deck"])
def test_git_applies_the_patch_wherever_it_is_asked(
    author: Author, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """In the deck folder, above it, at the root of the work tree; without a work tree in the deck folder too."""
    desk.pushes()
    desk.learner.collection.media.write_data("paste-1.png", png(7))
    desk.learner.edits("four", field="Answer", text='<p>Two by two. <img src="paste-1.png"></p>')
    root = tmp_path / "elsewhere"
    deck = Path(shutil.copytree(author.folder, root / "work" / "deck"))
    if where:
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    monkeypatch.chdir(root / where if where else deck)
    given = ["pull", os.path.relpath(deck), "--anki", desk.server.url]
    patch = CliRunner().invoke(main, given, catch_exceptions=False).stdout_bytes
    subprocess.run(["git", "apply", "-"], input=patch, check=True)
    assert (deck / "02-two" / "paste-1.png").read_bytes() == png(7)
    assert "Two by two. ![](paste-1.png)" in (deck / "02-two" / "b.md").read_text(encoding="utf-8")


def test_a_file_that_changed_meanwhile_is_left(author: Author) -> None:
    change = FileChange("02-two/b.md", b"other", b"new")
    with pytest.raises(ContentError) as caught:
        write_changes(author.folder, [change])
    assert "pull again" in caught.value.problems[0].message


def test_lines_with_odd_ends(tmp_path: Path) -> None:
    """A line separator of Unicode inside a line ends none for git."""
    (tmp_path / "x.md").write_bytes("one\u2028still one\nzwei\x0cstill\nthree".encode())
    change = FileChange("x.md", (tmp_path / "x.md").read_bytes(), "one\u2028still 1\nzwei\x0cstill\ndrei".encode())
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch_text([change], "").encode(), check=True)
    assert (tmp_path / "x.md").read_bytes() == change.after


@pytest.mark.parametrize(
    ("old", "new", "source", "expected"),
    [
        ("a b c", "a x c", "a b c", "a x c"),
        ("a [1] c", "a [1] d", "a [@k] c", "a [@k] d"),
        ("a b", "a b more", "a b [@k]", "a b more [@k]"),
        ("- a\n- b", "- a\n- b\n- c", "* a\n* b", "* a\n* b\n- c"),
        ("a", "", "a", ""),
        ("x", "y", "quite other", "y"),
        ("x a b", "y a b", "quite a other", "y a other"),
        ("a " * 4000, "b", "c " * 4000, None),
    ],
)
def test_merging(old: str, new: str, source: str, expected: str | None) -> None:
    assert merge(old, new, source) == expected


def test_a_file_without_a_note_of_the_deck_is_told(author: Author, tmp_path: Path) -> None:
    """The export of another deck: "nothing was edited" would be taken for an answer."""
    other = one_deck(tmp_path, model(1_100_000_009, "Simple", "Front Back", FLIP), ["a", "b"])
    done = CliRunner().invoke(main, ["pull", author.folder.name, "--from", str(other)])
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "no note of this deck is there; is it the right file, or the right profile?\n"
