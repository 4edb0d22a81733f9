"""A package → the import dialog of the Anki that is installed on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from deckwright.collection.client import AnkiError

OPENER_SECONDS = 2
"""How long the system's opener is waited for: it ends at once where no program opens such a file."""


def open_in_anki(package: Path) -> None:
    """Have the system open the package with Anki; a running Anki takes it over. Raises AnkiError when there is none."""
    path = str(package.resolve())
    try:
        if sys.platform == "win32":
            os.startfile(path)  # noqa: S606 # the program that the person chose for such files
        else:
            program, is_anki = _opener(path)
            quiet = subprocess.DEVNULL
            process = subprocess.Popen([program, path], stdout=quiet, stderr=quiet, start_new_session=True)
            with suppress(subprocess.TimeoutExpired):
                if not is_anki and process.wait(OPENER_SECONDS) != 0:
                    raise AnkiError(f"no program opens {package}; install Anki, or import it by hand (File → Import)")
            process.returncode = 0  # nobody waits for it: Anki stays open when this command has ended
    except OSError as error:
        raise AnkiError(f"no program opens {package} ({error.strerror}); install Anki, or import it by hand") from None


def _opener(path: str) -> tuple[str, bool]:
    """Return the program that opens a package, and whether it is Anki. On Linux that is Anki itself where it is found,
    for few desktops know the file name extension.
    """
    is_mac = sys.platform == "darwin"
    anki = None if is_mac else shutil.which("anki")
    program = "open" if is_mac else anki or shutil.which("xdg-open")
    if program is None:
        raise AnkiError(f"Anki is not found; install it, or import {path} by hand (File → Import)")
    return program, anki is not None
