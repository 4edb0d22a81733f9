"""Whatever git or a backup does to deck.lock, a note's time is newer than that of any other text already packaged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from deckwright.cli.main import main
from deckwright.identity import read_lock
from deckwright.pipeline import git_history
from deckwright.pipeline.build import BuildResult, build
from deckwright.problems import ContentError
from tests.anki_driver import Learner
from tests.decks import CLOCK, write_files
from tests.identity.test_git import Repository, note


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A deck whose note-c was released with a mistake, tagged v1, and the right text before that."""
    monkeypatch.chdir(tmp_path)
    found = Repository(tmp_path / "repository")
    write_files(found.deck, {"note-c.md": note("note-c", "A mistake.")})
    found.released = found.commit("a mistake")  # type: ignore[attr-defined]
    return found


def forget_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a fresh clone: no cache, no package."""
    monkeypatch.setenv("DECKWRIGHT_CACHE", str(tmp_path / "empty cache"))


def assert_learner_gets(old: Path, new: Path, text: str, folder: Path) -> None:
    """Somebody who has the old package and reviewed gets the text from the new one, and nothing else changes."""
    with Learner(folder) as learner:
        learner.imports(old)
        learner.reviews_everything()
        before = learner.histories()
        assert learner.imports(new) == {"updated": 1, "duplicate": 15}
        assert learner.notes()["note-c"].fields["Answer"] == f"<p>{text}</p>"
        assert learner.histories() == before


def reverts(repository: Repository) -> None:
    repository.git("revert", "--no-edit", "HEAD")


def takes_the_older_side(repository: Repository) -> None:
    """A branch from before the mistake is merged, and wins."""
    repository.git("checkout", "-q", "-b", "other", "HEAD~1")
    write_files(repository.deck, {"README.md": "Read me."})
    repository.git("add", "-A")
    repository.git("commit", "-qm", "other")
    repository.git("merge", "-q", "-s", "ours", "-m", "merged", "main")


def goes_to_an_old_branch(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "old", "HEAD~1")


def goes_to_an_old_branch_after_a_tag(repository: Repository) -> None:
    repository.git("tag", "v1")
    repository.git("checkout", "-q", "-b", "old", "HEAD~1")
    repository.git("branch", "-D", "main")


def resets(repository: Repository) -> None:
    """The lock and the text of the commit before, by hand."""
    repository.git("checkout", "-q", "HEAD~1", "--", "cards")


WAYS = [reverts, takes_the_older_side, goes_to_an_old_branch, goes_to_an_old_branch_after_a_tag, resets]


@pytest.mark.parametrize("goes_back", WAYS)
@pytest.mark.parametrize("is_clone", [True, False])
def test_an_older_text_gets_a_newer_time(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    goes_back: Callable[[Repository], None],
    is_clone: bool,
) -> None:
    goes_back(repository)
    assert "mistake" not in (repository.deck / "note-c.md").read_text(encoding="utf-8")
    if is_clone:
        forget_everything(monkeypatch, tmp_path)
    package = repository.build()
    assert_learner_gets(repository.released, package, "Answer.", tmp_path / "learner")  # type: ignore[attr-defined]
    before = (repository.deck / "deck.lock").read_bytes()
    repository.build()
    assert (repository.deck / "deck.lock").read_bytes() == before


@pytest.mark.parametrize("kept", ["package", "cache"])
def test_without_git_the_last_package_and_the_cache_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    """A backup of the folder, put back."""
    monkeypatch.chdir(tmp_path)
    deck = write_files(tmp_path / "cards", {"a.md": note("note-c") + "".join(note(f"n{n}") for n in range(15))})
    build(deck, clock=lambda: CLOCK)
    shutil.copytree(deck, tmp_path / "backup")
    write_files(deck, {"a.md": (deck / "a.md").read_text(encoding="utf-8").replace("Answer", "A mistake", 1)})
    build(deck, clock=lambda: CLOCK + 60)
    released = Path("dist/test.apkg").rename("released.apkg")
    shutil.rmtree(deck)
    shutil.copytree(tmp_path / "backup", deck)
    if kept == "package":
        forget_everything(monkeypatch, tmp_path)
        shutil.copy(released, "dist/test.apkg")
    result = build(deck, clock=lambda: CLOCK + 120)
    where = "dist/test.apkg" if kept == "package" else "the last build here"
    assert f"1 note gets a new time because another text was built later (note-c; {where})" in result.notices[0]
    assert_learner_gets(released, Path("dist/test.apkg"), "Answer.", tmp_path / "learner")
    assert build(deck, clock=lambda: CLOCK + 180).notices == []


def test_frozen_refuses_a_lock_that_its_own_history_has_overtaken(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a release workflow would meet it; other branches, packages and the cache are not looked at."""
    repository.git("checkout", "-q", "-b", "old", "HEAD~1")
    assert frozen_build(repository, tmp_path).notices == []
    repository.git("checkout", "-q", "main")
    repository.git("revert", "--no-edit", "HEAD")
    with pytest.raises(ContentError) as error:
        frozen_build(repository, tmp_path)
    (problem,) = error.value.problems
    assert (problem.rule, problem.place.path) == ("stale-lock", "note-c.md")
    assert "has another text in git's history, built later, so that learners would not get this one" in problem.message


def frozen_build(repository: Repository, tmp_path: Path, *, history: bool = True) -> BuildResult:
    clock = repository.now + 60
    return build(repository.deck, tmp_path / "f.apkg", frozen=True, history=history, clock=lambda: clock)


def test_git_is_not_asked_without_history(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.git("revert", "--no-edit", "HEAD")
    assert frozen_build(repository, tmp_path, history=False).notices == []
    forget_everything(monkeypatch, tmp_path)
    result = CliRunner().invoke(main, ["build", str(repository.deck), "-o", "x.apkg", "--no-history"])
    assert (result.exit_code, "new time" in result.stdout) == (0, False)
    result = CliRunner().invoke(main, ["build", str(repository.deck), "-o", "x.apkg", "--no-cache"])
    assert "1 note gets a new time because another text was built later (note-c; git's history" in result.stdout


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\nsleep 20\n", None])
def test_a_git_that_fails_hangs_or_is_not_there_stops_no_build(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str | None
) -> None:
    repository.git("revert", "--no-edit", "HEAD")
    forget_everything(monkeypatch, tmp_path)
    folder = tmp_path / "bin"
    folder.mkdir()
    if program:
        (folder / "git").write_text(program, encoding="utf-8")
        (folder / "git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    else:
        monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(git_history, "LONGEST_SECONDS", 0.1)
    repository.build()


def test_what_a_merge_dropped_from_the_lock_comes_back(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Either side may be taken whole: a note of the other one keeps its number, its time and its GUID."""
    repository.git("checkout", "-q", "-b", "theirs")
    write_files(repository.deck, {"new.md": note("new")})
    repository.build()
    head, new, rest = (repository.deck / "deck.lock").read_text(encoding="utf-8").partition('"new": {')
    write_files(repository.deck, {"deck.lock": f'{head}{new}"guid": "adopted-guid", {rest}'})
    theirs = repository.commit("a new note")
    known = read_lock(repository.deck, "test").notes["new"]
    repository.git("checkout", "-q", "main")
    write_files(repository.deck, {"note-d.md": note("note-d", "Edited.")})
    repository.commit("ours")
    repository.git("merge", "-q", "--no-commit", "theirs", check=False)
    repository.git("checkout", "--ours", "cards/deck.lock", check=False)
    repository.git("checkout", "main", "--", "cards/deck.lock")
    assert "new" not in read_lock(repository.deck, "test").notes
    forget_everything(monkeypatch, tmp_path)
    merged = repository.build()
    assert read_lock(repository.deck, "test").notes["new"] == known
    with Learner(tmp_path / "learner") as learner:
        learner.imports(theirs)
        assert learner.imports(merged) == {"updated": 1, "duplicate": 16}


def test_a_note_that_only_git_remembers_gives_its_id_to_no_other(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = (repository.deck / "deck.lock").read_bytes()
    write_files(repository.deck, {"new.md": note("new")})
    repository.commit("a new note")
    (repository.deck / "new.md").unlink()
    write_files(repository.deck, {"deck.lock": lock, "other.md": "## New\n\nAnother one.\n"})
    forget_everything(monkeypatch, tmp_path)
    repository.build()
    assert "{#new-2}" in (repository.deck / "other.md").read_text(encoding="utf-8")


def test_a_release_workflow_can_fail_on_what_anki_would_skip(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    released = str(repository.released)  # type: ignore[attr-defined]
    plan = ["plan", str(repository.deck), "--against", released, "--no-history", "--fail-on-skipped"]
    assert CliRunner().invoke(main, plan).exit_code == 0
    repository.git("revert", "--no-edit", "HEAD")
    forget_everything(monkeypatch, tmp_path)
    result = CliRunner().invoke(main, plan)
    assert (result.exit_code, "skipped    note-c" in result.stdout) == (1, True)
    result = CliRunner().invoke(main, [*plan, "--release-notes"])
    assert (result.exit_code, "skipped    note-c" in result.stderr, "note-c" in result.stdout) == (1, True, False)
    assert CliRunner().invoke(main, plan[:-1]).exit_code == 0
