"""What the streams of this process can show. Nothing heavy is imported: every start asks."""

from __future__ import annotations

import os
import sys


def wants_colour() -> bool:
    """Return whether stderr, where problems go, is a terminal that shows colours.

    ``NO_COLOR`` set to anything means no: see no-color.org.
    """
    try:
        is_terminal = sys.stderr.isatty()
    except (AttributeError, ValueError):  # there is no such stream, or it is closed
        return False
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
