"""A plan against the deck.lock of a git tag."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckwright.cli.main import main
from deckwright.pipeline.build import build
from deckwright.pipeline.git_history import folder_in_work_tree
from tests.decks import CLOCK, PLAIN, git, write_files


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["plan", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deck that was released as v1 and has one note changed, one gone and one new since."""
    monkeypatch.chdir(tmp_path)
    notes = "## One? {#one}\n\n1\n\n## Two? {#two}\n\n2\n"
    folder = write_files(tmp_path / "spanish", {"deck.toml": PLAIN, "a.md": notes})
    build(folder, clock=lambda: CLOCK)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "spanish")
    git(tmp_path, "commit", "-qm", "first")
    git(tmp_path, "tag", "v1")
    write_files(folder, {"deck.toml": PLAIN, "a.md": "## One? {#one hint=x}\n\n11\n\n## Three? {#three}\n\n3\n"})
    build(folder, clock=lambda: CLOCK + 60)
    return folder


def test_what_changed_since_a_tag(deck: Path) -> None:
    value = json.loads(run(deck, "--against", "v1", "--json").stdout)
    assert value["counts"] == {"new": 1, "changed": 1, "moved": 0, "retired": 1, "unchanged": 0}
    assert (value["new"], list(value["changed"]), value["retired"]) == (["three"], ["one"], ["two"])
    assert "changed    one: Answer, Hint" in run(deck, "--against", "v1").stdout
    assert run(deck, "--against", "HEAD", "--json").stdout == run(deck, "--against", "v1", "--json").stdout
    assert json.loads(run(deck, "--json").stdout)["counts"]["unchanged"] == 2


def test_a_hook_of_git_knows_the_deck_by_its_folder(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git tells a hook in a second work tree where the repository is, and then takes any folder for its top."""
    counts = run(deck, "--against", "v1", "--json").stdout
    monkeypatch.setenv("GIT_DIR", str(deck.parent / ".git"))
    assert run(deck, "--against", "v1", "--json").stdout == counts
    assert folder_in_work_tree(deck) == "spanish/"


@pytest.mark.parametrize("revision", ["v2", "--output=x", "HEAD:spanish/a.md", "nowhere.apkg"])
def test_what_is_no_release_is_said(deck: Path, revision: str) -> None:
    result = run(deck, f"--against={revision}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert revision in result.stderr
    assert not Path("x").exists()


def test_a_lock_of_another_deck_or_format_is_refused(deck: Path, tmp_path: Path) -> None:
    lock = deck / "deck.lock"
    for text, reason in (
        (lock.read_text(encoding="utf-8").replace('"deck": "test"', '"deck": "other"'), "belongs to the deck `other`"),
        ('{"format": 9}', "not a lock of format"),
    ):
        lock.write_text(text, encoding="utf-8")
        git(tmp_path, "commit", "-qam", "other")
        git(tmp_path, "tag", "-f", "other")
        git(tmp_path, "checkout", "-q", "v1", "--", "spanish/deck.lock")
        result = run(deck, "--against", "other")
        assert result.exit_code == 2
        assert reason in " ".join(result.stderr.split())
