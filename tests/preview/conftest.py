"""A small deck, the preview's server on it, and a real browser."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deckwright.mathjax import MATHJAX, ToolMissingError, find_mathjax
from deckwright.preview.api import PageData
from deckwright.preview.editor import Editor, editor_of
from deckwright.preview.live import LiveDeck
from deckwright.preview.server import PreviewServer, make_server
from tests.decks import DOT, write_files
from tests.look.conftest import missing
from tests.playwright_driver import playwright_driver

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LONG = "\n\n".join(f"Paragraph {number} of a long text." for number in range(60))
PATIENCE_MS = 30_000 if "CI" in os.environ else 10_000
FILES: dict[str, str | bytes] = {
    "deck.toml": 'name = "Numbers"\nid = "numbers-7k2m4q"\nlanguage = "en"\n[subdecks]\n"01-basics" = "Basics"\n'
    '[sections]\n"Follow-up" = "follow-up"\n',
    "01-basics/one.md": "## What is one? {#one .first}\n\nThe first ![a dot](dot.svg) number, $x_1$.\n\n"
    f"### Details\n\n{LONG}\n\n### Follow-up\n\n- Why? (hint: so)\n\n"
    '## What is two? {#two .second reversed=yes typed="two"}\n\nThe second number.\n',
    "01-basics/dot.svg": DOT.format(4),
    "02-more/three.md": "## Three {#three .third}\n\nIt is {{c1::one more}} than {{c2::two}}.\n\n"
    "## Four {#four .second}\n\nTwo by two.\n",
}


class Preview:
    """A running preview of a deck folder."""

    def __init__(self, root: Path, editor: Editor, *, follows: bool) -> None:
        self.root = root
        self.live = LiveDeck(root)
        self.server: PreviewServer = make_server(PageData(self.live, editor, follows))
        self.address = self.server.address
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.live.start()

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text, encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.live.stop()


@pytest.fixture(scope="session")
def fetched_mathjax() -> Path:
    """MathJax as it lies in the user's cache, fetched once."""
    try:
        return find_mathjax()
    except ToolMissingError as error:
        missing(str(error))


@pytest.fixture(autouse=True)
def _cached_mathjax(fetched_mathjax: Path, cache_of_its_own: None) -> None:
    link = Path(os.environ["DECKWRIGHT_CACHE"], MATHJAX)
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(fetched_mathjax.parents[1])


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    return write_files(tmp_path.resolve() / "deck", FILES)


@pytest.fixture
def start(deck: Path) -> Iterator[Callable[..., Preview]]:
    """Starts a preview of the small deck; all are stopped at the end."""
    running: list[Preview] = []

    def begin(editor: str = "vscode", *, follows: bool = True, root: Path = deck) -> Preview:
        running.append(Preview(root, editor_of(editor), follows=follows))
        return running[-1]

    yield begin
    for preview in running:
        preview.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        missing("no Chromium on this machine")
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE_MS)
    opened = playwright_driver().chromium.launch(executable_path=executable, args=["--no-sandbox"])
    yield opened
    opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab; errors of its scripts and addresses that answer with an error fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 850})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []
