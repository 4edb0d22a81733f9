"""Build wheel and sdist and use both: ``python scripts/try_packages.py [--with pipx] [--with uv]``.

Each is installed into an empty environment outside this repository; from there a deck is made, checked and built.
``--python 3.12`` (or a path) names interpreters besides this one; needs the package ``build``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MUST_HOLD = (
    *("notetypes/style.css", "notetypes/basic/front.html", "check/macros.txt", "check/typeset.js"),
    *("example/deck.toml", "example/02-more/tone.wav", "starter/workflow.yml", "schema/deck.json"),
)
"""Files below ``deckwright/`` that are no Python and are missing first when packages are made wrongly."""


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """Run a command in a folder, without this repository in the way; return what it says."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**inherited, "DECKWRIGHT_CACHE": str(folder / "cache"), **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def build_packages(folder: Path) -> list[Path]:
    """Build the sdist from the sources, and the wheel from the sdist; check what is in them."""
    run(sys.executable, "-m", "build", "--outdir", folder / "made", ROOT, folder=folder)
    wheel, sdist = next((folder / "made").glob("*.whl")), next((folder / "made").glob("*.tar.gz"))
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    for names in (in_wheel, in_sdist):
        if lost := [name for name in MUST_HOLD if f"deckwright/{name}" not in names]:
            sys.exit(f"not in the package: {', '.join(lost)}")
    return [wheel, sdist]


def use(program: Path, folder: Path) -> None:
    """Make, check and build a deck with an installed program."""
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    run(program, "new", "deck", "--name", "Trial", folder=work)
    run(program, "check", "deck", "--strict", folder=work)
    said = run(program, "build", "deck", "-o", "trial.apkg", folder=work)
    if "6 notes, 8 cards" not in said or not zipfile.is_zipfile(work / "trial.apkg"):
        sys.exit(f"the deck was not built: {said}")


def try_with_pip(package: Path, python: str, folder: Path) -> None:
    """Install a package into an empty environment of that Python and use it."""
    environment = folder / "environment"
    shutil.rmtree(environment, ignore_errors=True)
    run(python, "-m", "venv", environment, folder=folder)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "install", "--quiet", package, folder=folder)
    use(programs / "deckwright", folder)
    print(f"{package.name} with {python}: new, check and build are fine")


def try_with_installer(installer: str, wheel: Path, folder: Path) -> None:
    """Install the wheel as a tool with pipx or uv, below the folder, and use it."""
    home = folder / installer
    own = {
        "PIPX_HOME": str(home),
        "PIPX_BIN_DIR": str(home / "bin"),
        "UV_TOOL_DIR": str(home),
        "UV_TOOL_BIN_DIR": str(home / "bin"),
    }
    words = ("pipx", "install") if installer == "pipx" else ("uv", "tool", "install")
    run(*words, wheel, folder=folder, **own)
    use(home / "bin" / "deckwright", folder)
    print(f"{wheel.name} with {installer}: new, check and build are fine")


def main() -> None:
    """Build the packages and try them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--with", dest="installers", action="append", choices=["pipx", "uv"], default=[])
    parser.add_argument("--python", dest="pythons", action="append", default=[])
    parser.add_argument("--keep", type=Path, help="a folder to put the packages into")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packages = build_packages(folder)
        for package in packages:
            for python in [sys.executable, *given.pythons]:
                try_with_pip(package, python, folder)
        for installer in given.installers:
            try_with_installer(installer, packages[0], folder)
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            for package in packages:
                shutil.copy(package, given.keep)


if __name__ == "__main__":
    main()
