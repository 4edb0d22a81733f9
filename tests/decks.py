"""Small decks on disk for the tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

from deckwright.check import check_page, check_whole_deck, find_similar_notes, in_order, summarize_note, summarize_page
from deckwright.check.drafts import draft_names
from deckwright.deck.folder import Deck
from deckwright.problems import Problem

PLAIN = 'name = "Test"\nid = "test"\n'
SETTINGS = f'{PLAIN}rules.style = "spoken"\n'
"""Every rule is on: what a test's cards are warned of is meant."""
CLOCK = 1_790_000_000.0
"""A fixed time for builds, a little before the tests were written."""

ONE = """\
## What is one? {#one .number}

The first ![a dot](dot.svg) number, $1$.

## What is two? {#two .number reversed=yes}

The second number.

### Details

```python
print(1 + 1)
```
"""
FOUR = """\
## What is four? {#four}

Two by two.
"""
DOT = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="{}"/></svg>'
"""Notes and a picture of the stories told to real Anki, old and new; the radius is to be filled in."""


def write_deck(root: Path, **files: str) -> Path:
    """A deck folder with the given files (``a_md`` → ``a.md``, ``a__b_md`` → ``a/b.md``); deck.toml if not given."""
    return write_files(root, {name.replace("__", "/").replace("_", "."): text for name, text in files.items()})


def write_files(root: Path, files: dict[str, str | bytes]) -> Path:
    """A deck folder with files by their paths; deck.toml if not given."""
    for name, content in {"deck.toml": SETTINGS, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def git(folder: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, as somebody who has no settings of their own."""
    who = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *who, *words], cwd=folder, check=check, capture_output=True, text=True)


def check_deck(deck: Deck) -> list[Problem]:
    """Every problem of a deck, errors and warnings, in the order of the files."""
    summaries = [summarize_note(note) for note in deck.notes]
    drafts = [name for page in deck.pages for name in draft_names(page)]
    similar_notes = find_similar_notes(summaries, deck.settings.limits.similarity)
    found = check_whole_deck(
        [summarize_page(summaries, drafts)], summaries, [page.source.path for page in deck.pages], deck, similar_notes
    )
    return in_order([*found, *(problem for page in deck.pages for problem in check_page(page, deck))])
