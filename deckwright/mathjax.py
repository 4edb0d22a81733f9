"""The MathJax that Anki ships (23.12 to 26.9: 3.2.2), fetched from npm once and kept in the user's cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from deckwright.cache_folder import cache_folder
from deckwright.problems import WrongUseError

MATHJAX = "mathjax@3.2.2"
SCRIPT = "tex-chtml-full.js"
"""The one of its files that Anki loads."""
SCRIPT_HASH = "91b005503c5d1f0958bf4d73ada1a3be33596b2c4ab5da22277f1b0d3149b5a4"
"""SHA-256 of that file, in npm's package and in the ``aqt`` package 26.9.3 alike."""


class ToolMissingError(WrongUseError):
    """Something that this needs is not on this machine; the message says what to install."""


def find_mathjax() -> Path:
    """The folder of the npm package; npm puts it into a cache folder the first time.

    Raises ToolMissingError where it is not there and cannot be fetched.
    """
    folder = Path(cache_folder(MATHJAX))
    package = folder / "node_modules" / "mathjax"
    if not (package / "es5" / "node-main.js").exists():
        npm = shutil.which("npm")
        if npm is None:
            raise ToolMissingError(f"npm is needed once, to fetch {MATHJAX}; it comes with node, from nodejs.org")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), MATHJAX]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[0]
            raise ToolMissingError(f"npm could not fetch {MATHJAX}: {reason}")
    return package


def mathjax_files() -> Path:
    """The folder with Anki's MathJax and its fonts, the script checked to be the one that Anki ships.

    Raises ToolMissingError as ``find_mathjax`` does, and when the script is another one.
    """
    folder = find_mathjax() / "es5"
    script = folder / SCRIPT
    if not script.is_file() or hashlib.sha256(script.read_bytes()).hexdigest() != SCRIPT_HASH:
        raise ToolMissingError(f"{script} is not the one of {MATHJAX}; remove {cache_folder(MATHJAX)} and try again")
    return folder
