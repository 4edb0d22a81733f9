"""The entry point. A build with nothing to do ends here, before click is imported: that takes most of a start."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from deckwright.pipeline.last_build import LastBuild, Printed


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the arguments of the command line (by default the process's own) say.

    A build that has nothing to do prints again what the last one printed; all else is for the commands.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    last_build = LastBuild(arguments)
    printed = last_build.printed_if_unchanged(time.strftime("%Y-%m-%d", time.gmtime()))
    if printed is None or not _print(printed):
        from deckwright.cli.main import main as command

        command(arguments, obj=last_build)


def _print(printed: Printed) -> bool:
    """Print it; False where click is needed, which knows more of terminals and of readers that went away."""
    try:
        sys.stderr.write(printed[0])
        sys.stdout.write(printed[1])
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):  # there is no such stream, it is gone, or it cannot hold the text
        return False
    return True
