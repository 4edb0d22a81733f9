#!/usr/bin/env python3
"""Build the deck in ``cards/``: the entry point of the project. ``python build_deck.py --help`` lists the commands."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this file has not installed the program
    sys.exit("Python 3.11 or newer is needed; this is Python {}.{}.".format(*sys.version_info))

from deckwright.cli.start import run

if __name__ == "__main__":
    run()
