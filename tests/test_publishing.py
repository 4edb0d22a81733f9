"""The files with which other people's tools find this program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml
from click.testing import CliRunner

from deckwright.cli.main import main
from deckwright.deck.media import MEDIA_TYPES
from tests.decks import write_files

ROOT = Path(__file__).parents[1]
WORKFLOWS = [*(ROOT / ".github" / "workflows").glob("*.yml"), ROOT / "deckwright" / "starter" / "workflow.yml"]
COMMANDS = re.compile(r"^\s*(?:- run: |run: |entry: )?deckwright ((?!new)[a-z]+)([^\n|>&]*)", re.MULTILINE)


def commands_in(text: str) -> list[tuple[str, list[str]]]:
    """Each use of the program in a file: the command and its options."""
    return [(name, re.findall(r"--[a-z-]+", rest)) for name, rest in COMMANDS.findall(text)]


def test_commands_in_files_for_other_tools_exist() -> None:
    files = [
        *WORKFLOWS,
        ROOT / "action.yml",
        ROOT / ".pre-commit-hooks.yaml",
        ROOT / "deckwright/starter/pre-commit-config.yaml",
    ]
    seen = 0
    for file in files:
        for name, options in commands_in(file.read_text(encoding="utf-8")):
            help_text = CliRunner().invoke(main, [name, "--help"]).output
            assert all(f"{option} " in help_text or f"{option}\n" in help_text for option in options), (file.name, name)
            seen += 1
    assert seen >= 12


def test_the_action_is_composite_and_gives_shell_no_text_of_others() -> None:
    """Inputs reach the shell as variables, never as text inside a script, where they would be run."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    scripts = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert scripts
    assert not any("${{" in script for script in scripts)
    assert all(step.get("shell") for step in action["runs"]["steps"] if "run" in step)


def test_the_action_says_why_it_builds_nothing(tmp_path: Path) -> None:
    """Its first build prints for a machine, into a file."""
    bash = shutil.which("bash")
    assert bash
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (script,) = (step["run"] for step in action["runs"]["steps"] if step.get("id") == "build")
    deck = write_files(tmp_path / "deck", {"a.md": "## One?\n\n1\n"})
    as_installed = f'deckwright() {{ "{Path(sys.executable).as_posix()}" -m deckwright "$@"; }}\n'
    env = {**os.environ, "DECK": deck.as_posix(), "RUNNER_TEMP": tmp_path.as_posix(), "PYTHONPATH": str(ROOT)}
    command = [bash, "-eo", "pipefail", "-c", as_installed + script]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == 1
    assert "a.md:1:4: this note has no id, and --frozen writes none" in done.stderr


def test_the_hooks_take_no_file_names() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hooks[0]["id"] == "deckwright-check"
    assert all(hook["pass_filenames"] is False for hook in hooks)


def test_the_hooks_run_for_every_file_that_a_deck_can_hold() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    held = ["deck.lock", "cards/deck.lock", "cards/a.md", "cards/deck.toml", *(f"a/b.{name}" for name in MEDIA_TYPES)]
    for hook in hooks:
        assert [path for path in held if not re.search(hook["files"], path)] == []


def test_the_matrix_has_the_versions_that_are_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    matrix = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))["jobs"]["matrix"][
        "strategy"
    ]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert project["requires-python"] == f">={matrix['python'][0]}"
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_problems_are_matched_by_the_pattern_in_the_docs() -> None:
    """The problem matcher for VS Code, as the docs have it, takes our lines apart."""
    text = (ROOT / "docs" / "other-tools.md").read_text(encoding="utf-8")
    written = re.search(r'"regexp": "(.*)"', text)
    assert written
    pattern = re.compile(written[1].replace("\\\\", "\\"))
    error = pattern.match("cards/a b.md:3:14: no note has the id `x`; correct the link (unknown-link)")
    warning = pattern.match("cards/a.md:1:2: warning: 6 items: 5 at most; split the card (long-list)")
    assert error
    assert error.groups() == (
        "cards/a b.md",
        "3",
        "14",
        None,
        "no note has the id `x`; correct the link",
        "unknown-link",
    )
    assert warning
    assert warning.groups()[3:] == ("warning", "6 items: 5 at most; split the card", "long-list")
