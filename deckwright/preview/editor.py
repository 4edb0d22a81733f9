"""The author's editor, opened at a line: by an address that the browser hands to it, or by a command."""

from __future__ import annotations

import shlex
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from deckwright.problems import WrongUseError

ADDRESSES = {
    "vscode": "vscode://file/{path}:{line}:{column}",
    "jetbrains": "idea://open?file={path}&line={line}&column={column}",
    "zed": "zed://file/{path}:{line}:{column}",
}
"""Addresses that editors have registered with the system, by the names they can be asked for."""


class Editor(NamedTuple):
    """How a file is opened at a line: an address or a command with ``{path}``, ``{line}`` and ``{column}`` in it."""

    template: str

    @property
    def is_command(self) -> bool:
        return "://" not in self.template

    def address(self, file: Path, line: int, column: int) -> str:
        """The address that opens a file; empty where a command does it."""
        if self.is_command:
            return ""
        path = quote(file.as_posix().lstrip("/") if "file/{path}" in self.template else file.as_posix(), safe="/:")
        return self.template.format(path=path, line=line, column=column)

    def open(self, file: Path, line: int, column: int) -> None:
        """Run the command; no shell reads it. Raises OSError when it cannot be run."""
        words = [word.format(path=file, line=line, column=column) for word in shlex.split(self.template)]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(words, stdin=quiet, stdout=quiet, stderr=quiet)
        threading.Thread(target=process.wait, daemon=True).start()  # else it would stay as a zombie


def editor_of(wanted: str) -> Editor:
    """The editor of a name, an address template or a command. Raises WrongUseError when it names no file."""
    template = ADDRESSES.get(wanted, wanted)
    try:
        filled = template.format(path="<path>", line=1, column=1)
    except (KeyError, IndexError, ValueError):
        filled = ""
    if "<path>" not in filled:
        names = ", ".join(ADDRESSES)
        raise WrongUseError(f"`{wanted}` is not an editor; give one of {names}, or an address or command with {{path}}")
    return Editor(template)
