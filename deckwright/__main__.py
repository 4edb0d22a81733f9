"""``python -m deckwright``: the same as the command."""

from deckwright.cli.start import main

if __name__ == "__main__":
    main()
