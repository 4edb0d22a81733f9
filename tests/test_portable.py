"""What Windows and macOS lack or do in another way is not used; those systems are judged by their type stubs."""

from __future__ import annotations

import ast
import ntpath
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import cast

import pytest

from deckwright.deck.names import name_fault
from deckwright.problems import Place, Problem
from deckwright.report.problems import github_line, problem_json

ROOT = Path(__file__).parents[1]
PROGRAM = sorted((ROOT / "deckwright").rglob("*.py"))
NOT_OVER_EXISTING = {"rename", "renames", "link", "symlink", "symlink_to", "hardlink_to"}
"""What fails on Windows where the target exists, or without rights; ``replace`` is the same everywhere."""
POSIX_ONLY = """
import os, signal, fcntl, pwd, resource
def work() -> None:
    os.fork()
    os.getuid()
    os.kill(1, signal.SIGKILL)
    os.open("x", os.O_NONBLOCK)
    fcntl.flock(1, fcntl.LOCK_EX)
    pwd.getpwuid(1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))
"""


def faults_on(platform: str, *paths: Path) -> list[str]:
    """What mypy says of files, as if on that system."""
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "mypy",
        "--platform",
        platform,
        "--no-error-summary",
        "--no-incremental",
        *paths,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert not done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_the_program_names_nothing_that_the_system_lacks(platform: str) -> None:
    assert faults_on(platform, ROOT / "deckwright", ROOT / "build_deck.py") == []


def test_what_windows_lacks_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(POSIX_ONLY, encoding="utf-8")
    found = "\n".join(faults_on("win32", tmp_path / "planted.py"))
    for name in ("fork", "getuid", "SIGKILL", "O_NONBLOCK", "flock", "getpwuid", "setrlimit"):
        assert f'"{name}"' in found


def unportable(source: str) -> Iterator[tuple[int, str]]:
    """Yield lines with calls that do something else on another system, and what is wrong with them."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        is_text = "text" in given or "universal_newlines" in given
        if name in NOT_OVER_EXISTING:
            yield node.lineno, f"{name}: use replace, or copy"
        if is_text and name in ("run", "Popen", "check_output") and "encoding" not in given:
            yield node.lineno, f"{name}: the output of a program has a code page there; say encoding"
        if name == "write_text" and "newline" not in given:
            yield node.lineno, "write_text: it writes other line ends there; say newline, or write bytes"
        if name in ("Popen", "run") and "preexec_fn" in given:
            yield node.lineno, f"{name}: there is no fork there to run something after"


def test_the_program_does_the_same_on_every_system() -> None:
    """Text has its encoding and line ends said, files are replaced; ruff's PLW1514 looks after ``open``."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {fault}"
        for path in PROGRAM
        for line, fault in unportable(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_what_differs_between_systems_would_be_found() -> None:
    planted = (
        'Path("a").rename("b")\nos.rename("a", "b")\nsubprocess.run(["x"], text=True)\n'
        'path.write_text("x", encoding="utf-8")\nPopen(["x"], preexec_fn=f)\nPath("a").replace("b")\n'
    )
    assert [line for line, _ in unportable(planted)] == [1, 2, 3, 4, 5]


def test_sources_have_one_kind_of_line_end() -> None:
    """Bytes as git keeps them; what a template or a style sheet holds goes into packages."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--eol", "deckwright", "cards"], cwd=ROOT, capture_output=True, check=True
    )
    lines = files.stdout.decode().split("\0")[:-1]
    assert len(lines) > 200
    assert [line for line in lines if line.startswith(("i/crlf", "i/mixed"))] == []


def test_paths_are_as_people_there_write_them() -> None:
    """A message begins with a path that can be opened there; GitHub wants ``/`` everywhere."""
    problem = Problem(Place("a b/c.md", 3, 1), "wrong", "rule")
    deck = cast("Path", PureWindowsPath("decks", "spanish"))
    assert problem_json(problem, deck)["path"] == r"decks\spanish\a b\c.md"
    assert "file=decks/spanish/a b/c.md,line=3" in github_line(problem, deck)


@pytest.mark.parametrize(
    "name",
    (
        "con,CON.md,aux.txt,Nul,prn.tar.gz,com1,COM9.md,lpt3,com¹.md,lpt²,conin$,CONOUT$.md,a.,b.md.,a ,b.md ,con .md,"
        "con1.md,aux-1,null.md,lpt,com10,comma.md,nul-md,.con,a.con, con,a b.md"
    ).split(","),
)
def test_names_are_judged_as_windows_does(name: str) -> None:
    assert bool(name_fault(name)) == is_reserved(name)


def is_reserved(name: str) -> bool:
    """What Python knows of Windows: since 3.13 also of dots and spaces at the end and of every name it keeps."""
    if sys.version_info >= (3, 13):
        return ntpath.isreserved(name)
    return name[-1] in ". " or PureWindowsPath(name).is_reserved()
