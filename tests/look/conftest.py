"""A browser, MathJax and the deck's cards for the tests that look; what is missing skips them, or fails where required.

``DECKWRIGHT_LOOK=required`` (set by ``.ci/run``) allows no skipping.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from deckwright.mathjax import ToolMissingError, find_mathjax
from tests.look.gallery import Card, Gallery, cards_of


def missing(what: str) -> NoReturn:
    """Skip with the reason, or fail on a machine where nothing may be skipped."""
    if os.environ.get("DECKWRIGHT_LOOK") == "required":
        pytest.fail(f"{what}, and DECKWRIGHT_LOOK=required")
    pytest.skip(what)


@pytest.fixture(scope="session")
def mathjax() -> Path:
    if shutil.which("node") is None:
        missing("no node on this machine")
    try:
        return find_mathjax()
    except ToolMissingError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def gallery(mathjax: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """Chromium with a server for shells, MathJax and pictures."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        missing("no Chromium on this machine")
    try:
        import playwright  # noqa: F401
    except ImportError:
        missing("playwright is not installed")
    with Gallery(browser, mathjax, tmp_path_factory.mktemp("media")) as opened:
        yield opened


@pytest.fixture(scope="session")
def cards(gallery: Gallery, tmp_path_factory: pytest.TempPathFactory) -> list[Card]:
    """Every card of ``cards/`` and of the example deck, which has typed and reversed ones."""
    folder = tmp_path_factory.mktemp("decks")
    root = Path(__file__).parents[2]
    decks = (root / "cards", root / "deckwright" / "example")
    return [card for deck in decks for card in cards_of(deck, folder / deck.name, gallery.media)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of the tests that looked."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [str(value) for report in reports for name, value in report.user_properties if name == "look"]
    if lines:
        terminalreporter.section("how the cards look")
        terminalreporter.write_line("\n".join(sorted(set(lines))))
