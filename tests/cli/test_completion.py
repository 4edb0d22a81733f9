"""What a shell is told when somebody presses Tab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def ask(folder: Path, **variables: str) -> str:
    """What the program answers to a shell, run as ``deckwright``."""
    program = "import sys; sys.argv[0] = 'deckwright'; from deckwright.cli.start import main; main([])"
    own = {**os.environ, "PYTHONPATH": str(REPOSITORY), "DECKWRIGHT_CACHE": str(folder / "cache"), **variables}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", env=own, cwd=folder, check=False
    )
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_options_and_values_are_completed(tmp_path: Path, shell: str) -> None:
    def complete(*words: str) -> str:
        number = words[-1] if shell == "fish" else str(len(words))
        typed = " ".join(["deckwright", *words])
        return ask(tmp_path, _DECKWRIGHT_COMPLETE=f"{shell}_complete", COMP_WORDS=typed, COMP_CWORD=number)

    assert "check" in complete("ch")
    assert "--list-rules" in complete("check", "--li")
    assert "github" in complete("check", "--format", "g")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_there_is_a_script_for_each_shell(tmp_path: Path, shell: str) -> None:
    script = ask(tmp_path, _DECKWRIGHT_COMPLETE=f"{shell}_source")
    assert f"_DECKWRIGHT_COMPLETE={shell}_complete" in script


def test_bash_itself_completes(tmp_path: Path) -> None:
    """The script, sourced by a real bash, whose own function fills in what follows."""
    bash = shutil.which("bash")
    assert bash
    program = tmp_path / "deckwright"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(REPOSITORY)!r})\n"
        "from deckwright.cli.start import main\nmain()\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    pressed = "COMP_WORDS=(deckwright bui); COMP_CWORD=1; _deckwright_completion deckwright bui deckwright"
    typed = f'{pressed}; echo "${{COMPREPLY[@]}}"'
    script = f'eval "$(_DECKWRIGHT_COMPLETE=bash_source deckwright)"; {typed}'
    own = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "DECKWRIGHT_CACHE": str(tmp_path / "cache")}
    done = subprocess.run([bash, "-c", script], capture_output=True, encoding="utf-8", env=own, check=True)
    assert done.stdout.strip() == "build"
