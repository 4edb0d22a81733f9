#!/usr/bin/env python3
"""Build the deck in ``cards/``: the entry point of the project. ``python build_deck.py --help`` lists the commands."""

from deckwright.cli.start import run

if __name__ == "__main__":
    run()
