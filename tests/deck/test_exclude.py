"""``exclude`` means what git means, and a pattern that leaves nothing out is told of."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deckwright.deck.exclude import is_excluded
from deckwright.deck.settings import SETTINGS_FILE
from deckwright.pipeline.build import build, check
from tests.decks import CLOCK, SETTINGS, write_files

PATHS = [
    *("b", "b.md", "bc.md", "B.md", "a.old.md", "sub/b.md", "sub/b/c.md", "sub/x/b.md", "sub/x/y/c.md", "b/c.md"),
    *("b/cd.md", "b/d/c.md", "x/b/c.md", "[x].md", "x.md", "a-b.md", "é.md", "deep/b/b/b.md"),
]
PATTERNS = [
    *("b", "b/", "/b", "b.md", "/b.md", "**/b.md", "sub/b.md", "sub/**", "**/b/**", "sub/**/c.md", "*.md", "*.old.md"),
    *(
        "b/c*.md",
        "b/*",
        "*/b.md",
        "?c.md",
        "[a-b]*.md",
        "[!a-x]*.md",
        "[]x]*.md",
        r"\[x\].md",
        "B.md",
        "su?",
        "a[-]b.md",
    ),
    *("sub/*/c.md", "**", "/**/b", "é.md", "b.md/", "**b.md", "a**d"),
]


def left_out(pattern: str, path: str) -> bool:
    """Whether a file, or a folder that it is in, is left out."""
    parts = path.split("/")
    heads = [("/".join(parts[:n]), n < len(parts)) for n in range(1, len(parts) + 1)]
    return any(is_excluded(head, [pattern], is_folder=is_folder) for head, is_folder in heads)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_leaves_out_what_git_ignores(pattern: str, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text(pattern, encoding="utf-8")
    files = [path for path in PATHS if path != "b"]
    write_files(tmp_path, dict.fromkeys(files, "x"))
    command = ["git", "-c", "core.ignorecase=false", "check-ignore", "--no-index", "--stdin", "-z"]
    done = subprocess.run(command, cwd=tmp_path, input="\0".join(files).encode(), capture_output=True)
    assert done.returncode in (0, 1), done.stderr
    assert [path for path in files if left_out(pattern, path)] == done.stdout.decode().split("\0")[:-1]


def test_a_dot_before_a_path_is_the_decks_folder() -> None:
    assert [path for path in PATHS if left_out("./b.md", path)] == ["b.md"]
    assert [path for path in PATHS if left_out("./b/", path)] == ["b/c.md", "b/cd.md", "b/d/c.md"]


def test_what_matches_nothing_is_told_of_and_does_not_stop_a_build(tmp_path: Path) -> None:
    files = {SETTINGS_FILE: SETTINGS.replace('"test"', '"test-1x"') + 'exclude = ["b", "gone"]\n'}
    deck = write_files(tmp_path / "cards", {**files, "a.md": "## A {#a}\n\n1\n", "b.md": "## B {#b}\n\n2\n"})
    found = [(problem.severity, problem.message.partition(" folder; ")[2]) for problem in check(deck)]
    assert found == [("warning", "did you mean `b.md`?"), ("note", "correct it, or remove it")]
    assert build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK).plan.new == ("a", "b")
