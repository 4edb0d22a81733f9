"""The way in. A build with nothing to do ends here, before the command line is imported: that takes most of a start."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from deckwright.pipeline.memory import Memory, Said


def main(words: Sequence[str] | None = None) -> None:
    """Do what the words of the command line (by default the process's own) say.

    A build that would look at nothing new says again what the last one said; all else is for the commands.
    """
    words = sys.argv[1:] if words is None else words
    memory = Memory(words)
    said = memory.recall(time.strftime("%Y-%m-%d", time.gmtime()))
    if said is None or not _say(said):
        from deckwright.cli.main import main as command

        command(words, obj=memory)


def _say(said: Said) -> bool:
    """Say it; False where click is needed, which knows more of terminals and of readers that went away."""
    try:
        sys.stderr.write(said[0])
        sys.stdout.write(said[1])
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):  # there is no such stream, it is gone, or it cannot hold the text
        return False
    return True
