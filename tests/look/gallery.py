"""Cards as Anki renders them, shown in page shells by a headless Chromium."""

from __future__ import annotations

import json
import mimetypes
import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from deckwright.pipeline.build import build
from tests.anki_driver import Learner
from tests.look.shells import SHELLS, Shell
from tests.playwright_driver import playwright_driver

HERE = Path(__file__).parent
PHONE = "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0 Mobile"
SYSTEM_PYTHON = "/usr/bin/python3"
HEIGHTS = {360: 740, 390: 844}
"""Screen heights of phones by width; any other screen is 1024 high."""


@dataclass(frozen=True)
class Card:
    """One card: the id of its note, its ordinal, the note type's CSS, both sides as Anki's backend gives them."""

    name: str
    ord: int
    css: str
    front: str
    back: str


@dataclass(frozen=True)
class Seen:
    """What the page measured of one side of one card."""

    card: str
    side: str
    mode: str
    over: int
    """Pixels by which the page is wider than the screen."""
    inner: int
    """Pixels by which something unbreakable is wider than the card, which then scrolls as a whole."""
    height: int
    raw: int
    refused: list[str]
    broken: list[str]
    unnamed: int
    headings: list[int]
    visible: bool
    text: str
    contrast: dict[str, Any]


def cards_of(deck: Path, folder: Path, media: Path, *, edited: bool = False) -> list[Card]:
    """Build a copy of a deck, import it into Anki, and render every card; its pictures are put into ``media``.

    ``edited`` does to every field what AnkiDroid's editor does when a note is opened and saved.
    """
    shutil.copytree(deck, folder / "deck", ignore=shutil.ignore_patterns("__pycache__"))
    settings = folder / "deck" / "deck.toml"
    text = settings.read_text(encoding="utf-8").replace("DECK-ID", "example").replace("DECK-LANGUAGE", "en")
    settings.write_text(text, encoding="utf-8")
    package = build(folder / "deck", folder / "deck.apkg").written.path
    with Learner(folder / "anki") as learner:
        learner.imports(package)
        if edited:
            _edit_all(learner)
        found = []
        for number in learner.collection.find_cards("", order="n.id asc"):
            card = learner.collection.get_card(number)
            shown = card.render_output()
            name = f"{card.note()['ID']}/{card.ord}"
            found.append(Card(name, card.ord, shown.css, shown.question_text, shown.answer_text))
        shutil.copytree(learner.folder / "collection.media", media, dirs_exist_ok=True)
    return found


def _edit_all(learner: Learner) -> None:
    """Open and save every note in AnkiDroid's editor: ``<br>`` becomes a line break, then each line break ``<br>``."""
    for number in learner.collection.find_notes(""):
        note = learner.collection.get_note(number)
        for name, text in note.items():
            note[name] = text.replace("<br>", "\n").replace("<br />", "\n").replace("\n", "<br>")
        learner.collection.update_note(note)


class Gallery:
    """A browser and a server on the loopback interface. Use it in a ``with``."""

    def __init__(self, browser: str, mathjax: Path, media: Path) -> None:
        self.media = media
        folders = {"mathjax": mathjax / "es5", "look": HERE}
        pages = {f"/shell/{number}": shell.page() for number, shell in enumerate(SHELLS)}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(pages, folders, media))
        self.executable = browser

    def __enter__(self) -> Gallery:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        arguments = ["--no-sandbox", "--force-color-profile=srgb", "--hide-scrollbars"]
        self.browser = playwright_driver().chromium.launch(executable_path=self.executable, args=arguments)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.browser.close()
        self.server.shutdown()
        self.server.server_close()

    def open(self, shell: Shell, width: int, log: list[str], scale: float = 1) -> Any:
        """A page with an empty shell; what the console says goes into ``log``."""
        phone = "mobile" in shell.html_class
        context = self.browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 1024)},
            is_mobile=phone,
            has_touch=phone,
            locale="zh-CN",
            device_scale_factor=scale,
            user_agent=PHONE if phone else None,
        )
        page = context.new_page()
        page.on("console", lambda message: log.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: log.append(f"error: {error}"))
        page.on("requestfailed", lambda request: log.append(f"failed: {request.url}"))
        page.goto(f"http://127.0.0.1:{self.server.server_port}/shell/{SHELLS.index(shell)}")
        return page

    def look(self, shell: Shell, width: int, cards: Sequence[Card]) -> tuple[list[Seen], list[str]]:
        """Both sides of the cards by day and by night in one page, and what the console said."""
        log: list[str] = []
        page = self.open(shell, width, log)
        seen = [Seen(**one) for one in page.evaluate("cards => look(cards)", [asdict(card) for card in cards])]
        page.context.close()
        return seen, log

    def look_in_webkit(self, shell: Shell, width: int, cards: Sequence[Card]) -> list[Seen]:
        """The same in WebKitGTK, which only the system's Python can drive."""
        url = f"http://127.0.0.1:{self.server.server_port}/shell/{SHELLS.index(shell)}"
        job = {"url": url, "width": width, "height": HEIGHTS[width], "cards": [asdict(card) for card in cards]}
        command = ["xvfb-run", "-a", SYSTEM_PYTHON, str(HERE / "webkit.py")]
        environment = {**os.environ, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
        environment |= {"WEBKIT_DISABLE_COMPOSITING_MODE": "1", "WEBKIT_DISABLE_DMABUF_RENDERER": "1"}
        done = subprocess.run(
            command,
            input=json.dumps(job),
            capture_output=True,
            encoding="utf-8",
            env=environment,
            check=True,
            timeout=300,
        )
        return [Seen(**one) for one in json.loads(done.stdout)]


def webkit_is_installed() -> bool:
    """Whether the system's Python has WebKitGTK, and there is a display to be had."""
    if shutil.which("xvfb-run") is None or not Path(SYSTEM_PYTHON).exists():
        return False
    probe = "import gi; gi.require_version('WebKit2', '4.1')"
    return subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0


def _handler(pages: dict[str, str], folders: dict[str, Path], media: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing: a test's output is for the test."""

        def do_GET(self) -> None:
            path = unquote(self.path)
            first, _, rest = path.lstrip("/").partition("/")
            file = folders[first] / rest if first in folders else media / path.lstrip("/").rpartition("/")[2]
            if path in pages:
                body, kind = pages[path].encode(), "text/html; charset=utf-8"
            elif file.is_file():
                body, kind = file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
