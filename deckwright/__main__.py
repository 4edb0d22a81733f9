"""``python -m deckwright``: the same as the command."""

from deckwright.cli.start import run

if __name__ == "__main__":
    run()
