"""What the tests of ids and times share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.author import Author

QUESTIONS = ["What is one?", "什么是二？", "What is three?"]
PAGE = "".join(f"## {question}\n\nAnswer {n}, at some length.\n\n" for n, question in enumerate(QUESTIONS))


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Author:
    """Somebody who built three notes, which have ids by now."""
    monkeypatch.chdir(tmp_path)
    author = Author(tmp_path, {"a.md": PAGE})
    author.builds()
    return author
