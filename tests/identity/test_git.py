"""deck.lock under git: branches merge, either side of a conflict may be taken, nothing that learners have is lost."""

from __future__ import annotations

import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from deckwright.identity import read_lock
from deckwright.pipeline.build import BuildResult, build
from deckwright.problems import ContentError
from tests.anki_driver import Learner
from tests.decks import CLOCK, git, write_files

GIT_ATTRIBUTES = (resources.files("deckwright") / "starter" / "gitattributes").read_text(encoding="utf-8")

NAMES = [f"note-{letter}" for letter in "abcdefghijklmnop"]


def note(name: str, text: str = "Answer.") -> str:
    return f"## {name}? {{#{name}}}\n\n{text}\n\n"


class Repository:
    """A deck under git; every build an hour after the last one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.deck = folder / "cards"
        self.now = CLOCK
        write_files(self.deck, {f"{name}.md": note(name) for name in NAMES})
        self.git("init", "-q", "-b", "main")
        self.commit("first")

    def git(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return git(self.folder, *words, check=check)

    def build(self) -> Path:
        return self.result().written.path

    def result(self, **options: Any) -> BuildResult:
        self.now += 3600
        package = self.folder.parent / f"{int(self.now)}.apkg"
        return build(self.deck, package, clock=lambda: self.now, **options)

    def commit(self, message: str) -> Path:
        package = self.build()
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        return package


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def edit_two_branches(repository: Repository, ours: str, theirs: str) -> tuple[Path, Path]:
    """Each branch edits one note, adds one and retires one; the packages that both sides gave to learners."""
    packages = []
    for branch, edited, added, retired in (
        ("theirs", theirs, "new-theirs", "note-p"),
        ("ours", ours, "new-ours", "note-a"),
    ):
        repository.git("checkout", "-q", "-b", branch, "main")
        write_files(repository.deck, {f"{edited}.md": note(edited, f"Edited by {branch}."), f"{added}.md": note(added)})
        (repository.deck / f"{retired}.md").unlink()
        packages.append(repository.commit(branch))
    return packages[1], packages[0]


def examine(repository: Repository, ours: Path, theirs: Path, tmp_path: Path) -> None:
    """After the merge, learners of either side's package get every edit and lose nothing."""
    merged = repository.build()
    lock = read_lock(repository.deck, "test")
    assert {name for name, entry in lock.notes.items() if not entry.retired} == {
        *NAMES[1:-1],
        "new-ours",
        "new-theirs",
    }
    numbers = [entry.number for entry in lock.notes.values()]
    assert len(numbers) == len(set(numbers))
    for side, package in (("ours", ours), ("theirs", theirs)):
        with Learner(tmp_path / f"learner-of-{side}") as learner:
            learner.imports(package)
            learner.reviews_everything()
            before = learner.histories()
            learner.imports(merged)
            notes = learner.notes()
            assert {n: h for n, h in learner.histories().items() if n in before} == before
            assert notes["note-c"].fields["Answer"] == "<p>Edited by ours.</p>"
            assert notes["note-n"].fields["Answer"] == "<p>Edited by theirs.</p>"
            assert {"new-ours", "new-theirs"} <= notes.keys()


def test_distant_edits_merge_by_themselves(repository: Repository, tmp_path: Path) -> None:
    """Edits of notes that stand apart in the lock do not conflict; no line of it depends on another."""
    packages = []
    for branch, edited in (("theirs", "note-n"), ("ours", "note-c")):
        repository.git("checkout", "-q", "-b", branch, "main")
        write_files(repository.deck, {f"{edited}.md": note(edited, f"Edited by {branch}.")})
        packages.append(repository.commit(branch))
    repository.git("merge", "-q", "--no-edit", "theirs")
    before = (repository.deck / "deck.lock").read_bytes()
    package = repository.build()
    assert (repository.deck / "deck.lock").read_bytes() == before
    with Learner(tmp_path / "learner") as learner:
        learner.imports(packages[0])
        assert learner.imports(package) == {"updated": 1, "duplicate": 15}


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_either_side_of_a_conflict_may_be_taken(repository: Repository, tmp_path: Path, side: str) -> None:
    ours, theirs = edit_two_branches(repository, "note-c", "note-n")
    repository.git("merge", "-q", "--no-edit", "theirs", check=False)
    repository.git("checkout", f"--{side}", "cards/deck.lock", check=False)
    assert b"<<<<" not in (repository.deck / "deck.lock").read_bytes()
    examine(repository, ours, theirs, tmp_path)


@pytest.mark.parametrize("how", ["branch", "stash"])
def test_a_build_after_one_of_another_branch_tells_what_stays_in_anki(
    repository: Repository, tmp_path: Path, how: str
) -> None:
    """The text of the branch keeps its time, so that branches can be merged; so Anki keeps the text."""
    if how == "branch":
        repository.git("checkout", "-q", "-b", "other")
    write_files(repository.deck, {"note-c.md": note("note-c", "Edited elsewhere.")})
    with Learner(tmp_path / "learner") as learner:
        learner.imports(repository.commit("edit") if how == "branch" else repository.build())
        repository.git(*(["checkout", "-q", "main"] if how == "branch" else ["stash", "-q"]))
        (notice,) = repository.result().notices
        assert notice.startswith("1 note shows another text than the last build here")
        assert "(note-c)" in notice
        learner.imports(repository.build())
        assert learner.notes()["note-c"].fields["Answer"] == "<p>Edited elsewhere.</p>"
        assert repository.result().notices == []
        touched = repository.result(touch=["note-c"])
        learner.imports(touched.written.path)
        assert learner.notes()["note-c"].fields["Answer"] == "<p>Answer.</p>"


def test_conflict_markers_are_named(repository: Repository) -> None:
    for branch, text in (("theirs", "Theirs."), ("ours", "Ours.")):
        repository.git("checkout", "-q", "-b", branch, "main")
        write_files(repository.deck, {"note-c.md": note("note-c", text)})
        repository.commit(branch)
    assert repository.git("merge", "theirs", check=False).returncode != 0
    repository.git("checkout", "--ours", "cards/note-c.md")
    with pytest.raises(ContentError) as error:
        repository.build()
    (problem,) = error.value.problems
    assert (problem.rule, problem.place.path, problem.place.line) == ("bad-lock", "deck.lock", 9)
    assert "take either side completely" in problem.message


def test_with_the_attributes_of_a_new_deck_no_edits_conflict_in_the_lock(
    repository: Repository, tmp_path: Path
) -> None:
    """Edits of neighbours leave both sides' lines in the lock; the newer of two counts; a build settles it."""
    write_files(repository.folder, {".gitattributes": GIT_ATTRIBUTES})
    (repository.folder / "deck.toml").unlink()
    repository.commit("attributes")
    ours, theirs = edit_two_branches(repository, "note-c", "note-n")
    repository.git("checkout", "-q", "theirs")
    write_files(repository.deck, {"note-d.md": note("note-d", "A neighbour.")})
    theirs = repository.commit("a neighbour")
    repository.git("checkout", "-q", "ours")
    repository.git("merge", "-q", "--no-edit", "theirs")
    text = (repository.deck / "deck.lock").read_text(encoding="utf-8")
    assert text.count('"note-d": {') == 2
    times = [int(part.split(",")[0]) for part in text.split('"note-d": {')[1:] for part in part.split('"mod": ')[1:2]]
    assert read_lock(repository.deck, "test").notes["note-d"].modified == max(times)
    examine(repository, ours, theirs, tmp_path)
    text = (repository.deck / "deck.lock").read_text(encoding="utf-8")
    assert text.count('"note-d": {') == 1
