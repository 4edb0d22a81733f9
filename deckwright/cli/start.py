"""The entry point. A build with nothing to do ends here, before click is imported: that takes most of a start."""

from __future__ import annotations

import codecs
import gc
import io
import json
import os
import sys
import time
from collections.abc import Sequence

from deckwright.cli.terminal import wants_colour
from deckwright.pipeline.last_build import LastBuild, Printed

COMPLETION = "_DECKWRIGHT_COMPLETE"
"""The variable in which a shell asks for completions; click's name for it."""


def run() -> None:
    """Run the process's command line, then end at once: freeing all that goes with the process takes 10 ms."""
    status: object = 0
    try:
        main()
    except SystemExit as end:
        status = end.code or 0
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # there is no such stream, or it is gone
        sys.exit(1)
    if not isinstance(status, int):
        sys.exit(str(status))
    os._exit(status)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line's arguments, by default the process's own.

    A build that has nothing to do prints again what the last one printed; all else is for the commands.
    """
    # A command makes a million values and hardly any cycle: searching for them takes a tenth of a build after an edit.
    gc.set_threshold(200_000, 50, 50)
    arguments = sys.argv[1:] if arguments is None else arguments
    escape_unencodable_output()
    last_build = LastBuild([*arguments, *["in colour"] * wants_colour()])
    today = time.strftime("%Y-%m-%d", time.gmtime())
    printed = None if COMPLETION in os.environ else last_build.printed_if_unchanged(today)
    if printed is None or not _print(printed):
        try:
            from deckwright.cli.main import main as command
        except KeyboardInterrupt:  # later, click looks after it
            sys.stderr.write("\nAborted!\n")
            sys.exit(1)
        except ModuleNotFoundError as error:
            remedy = f'"{sys.executable}" -m pip install -e .'
            sys.exit(f"error: {error.name} is not installed; in the folder of this program: {remedy}")
        command(arguments, obj=last_build, complete_var=COMPLETION)


def escape_unencodable_output() -> None:
    """Let streams of a small code page (cp1252, gbk) take any text: what they lack is escaped as in JSON."""
    codecs.register_error("as-in-json", _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="as-in-json")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _print(printed: Printed) -> bool:
    """Print it; False where click is needed, which knows more of terminals and of closed pipes."""
    if os.name == "nt" and "\x1b" in printed[0]:
        return False
    try:
        sys.stderr.write(printed[0])
        sys.stdout.write(printed[1])
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):  # there is no such stream, it is gone, or it cannot hold the text
        return False
    return True
