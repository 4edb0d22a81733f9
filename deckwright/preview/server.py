"""The preview's server: on this machine alone, for requests with its token, and of the deck's files only those shown.

Every address begins with a random token, so no cookie is needed that another server on this machine could read, and
no page of another origin can guess an address. Host and Origin are checked besides, against names that were made to
point here.
"""

from __future__ import annotations

import json
import mimetypes
import os
import queue
import secrets
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from deckwright.cache_folder import cache_folder
from deckwright.files import digest
from deckwright.mathjax import MATHJAX, SCRIPT, ToolMissingError, mathjax_files
from deckwright.preview.api import PageData
from deckwright.preview.live import Event
from deckwright.problems import Place

LOOPBACK = "127.0.0.1"
FIRST_PORT, PORTS = 49_152, 16_000
"""A deck's own port: always the same one, so that an open page finds a server that was started again."""
HEARTBEAT = 10.0
"""Seconds after which an open page hears that the server is still there, and a closed one is noticed."""
PAGE = Path(__file__).with_name("page")
PAGE_FILES = {file.name for file in PAGE.iterdir()} - {"index.html"}
"""By these names; the index is the address itself."""
CDN = f"https://cdn.jsdelivr.net/npm/{MATHJAX}/es5"
CDN_HASH = "sha384-NR8saakDju74wZ6sprPPhEoWbaP3iVtXVJH12mRSiaIgxMdi33mOQj8bnF2WxzY3"
"""Of the script that Anki ships; a browser that gets another one refuses it."""
POLICY = (
    "default-src 'none'; script-src 'self'{cdn}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self'; font-src 'self'{cdn}; connect-src 'self'; frame-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)


class PreviewServer(ThreadingHTTPServer):
    """Serves the page and a live deck to browsers on this machine."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # on Windows it would let two servers have one port

    def __init__(self, data: PageData, port: int, token: str) -> None:
        super().__init__((LOOPBACK, port), PreviewHandler)
        self.data = data
        self.token = token
        self.hosts = {f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost")}
        try:
            self.mathjax: Path | None = mathjax_files()
            self.notice = ""
        except ToolMissingError as error:
            self.mathjax = None
            self.notice = f"{error}. Until then MathJax comes from {CDN}: its script is checked, its fonts are not."

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}/{self.token}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """Show what went wrong, but for a page that was closed in the middle of an answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class PreviewHandler(BaseHTTPRequestHandler):
    """One request."""

    server: PreviewServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the terminal is for problems."""

    def do_GET(self) -> None:
        if (address := self.own_address()) is None:
            return
        path, query = address
        data = self.server.data
        match path:
            case "":
                self.send_page_file("index.html")
            case "deck":
                self.send_json({**data.whole(), "notice": self.server.notice})
            case "checked":
                self.send_json(data.checked())
            case "note":
                try:
                    self.send_json(data.note(query.get("key", ""), query.get("typed", "")))
                except KeyError:
                    self.refuse(HTTPStatus.NOT_FOUND, "the deck holds no such note")
            case "search":
                self.send_json(data.deck.current().search(query.get("words", "")))
            case "events":
                self.send_events()
            case _ if path in PAGE_FILES:
                self.send_page_file(path)
            case _ if path.startswith("mathjax/"):
                folder = self.server.mathjax
                self.send_file_in(folder, folder / path.removeprefix("mathjax/") if folder else None)
            case _:
                state = data.deck.current()
                self.send_file_in(state.deck.root, state.media.get(path))

    def do_POST(self) -> None:
        if (address := self.own_address()) is None:
            return
        path, query = address
        if path != "open" or "Origin" not in self.headers:
            self.refuse(HTTPStatus.NOT_FOUND, "there is nothing at this address")
            return
        try:
            place = Place(query.get("path", ""), int(query.get("line", "1")), int(query.get("column", "1")))
            opened = self.server.data.open_in_editor(place)
        except (ValueError, OSError) as error:
            self.refuse(HTTPStatus.BAD_REQUEST, f"the editor could not be opened: {error}")
            return
        self.send_json({"opened": opened})

    def own_address(self) -> tuple[str, dict[str, str]] | None:
        """The path below the token and the query; None when the request was refused."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        url = urlsplit(self.path)
        token, _, path = url.path.lstrip("/").partition("/")
        if host not in self.server.hosts:
            self.refuse(HTTPStatus.FORBIDDEN, "this server answers to 127.0.0.1 alone")
        elif origin is not None and origin != f"http://{host}":
            self.refuse(HTTPStatus.FORBIDDEN, "this server answers to its own page alone")
        elif not secrets.compare_digest(token.encode(), self.server.token.encode()):
            self.refuse(HTTPStatus.FORBIDDEN, "open the address that the program printed, with the token in it")
        else:
            return unquote(path), {key: values[0] for key, values in parse_qs(url.query).items()}
        return None

    def send_events(self) -> None:
        """Events of the deck for as long as the page is open, as server-sent events."""
        with self.server.data.deck.listening() as news:
            self.send_head_of("text/event-stream", None)
            self.wfile.write(b"retry: 500\n\n")
            said: Event = {}
            while "ended" not in said:
                try:
                    said = news.get(timeout=HEARTBEAT)
                except queue.Empty:
                    said = {}
                self.wfile.write(f"data: {json.dumps(said, ensure_ascii=False)}\n\n".encode())

    def send_page_file(self, name: str) -> None:
        content = (PAGE / name).read_text(encoding="utf-8")
        if name.endswith(".html"):
            own = f'"mathjax/{SCRIPT}"'
            source = f'"{CDN}/{SCRIPT}" integrity="{CDN_HASH}" crossorigin="anonymous"'
            content = content.replace(own, own if self.server.mathjax else source)
        self.send_body(content.encode(), _type_of(name))

    def send_file_in(self, folder: Path | None, file: Path | None) -> None:
        """A file, if it is in that folder, links followed."""
        try:
            if folder and file and file.resolve(strict=True).is_relative_to(folder.resolve()):
                self.send_body(file.read_bytes(), _type_of(file.name))
                return
        except (OSError, ValueError):
            pass  # it is not a file, or its name cannot be one
        self.refuse(HTTPStatus.NOT_FOUND, "there is nothing at this address")

    def send_json(self, value: object) -> None:
        self.send_body(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), "application/json")

    def send_body(self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_head_of(kind, len(body), status)
        self.wfile.write(body)

    def send_head_of(self, kind: str, length: int | None, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", POLICY.format(cdn=f" {CDN}/" if self.server.notice else ""))
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()

    def refuse(self, status: HTTPStatus, message: str) -> None:
        self.send_body(f"{message}\n".encode(), "text/plain; charset=utf-8", status)


def _type_of(name: str) -> str:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def make_server(data: PageData, port: int = 0) -> PreviewServer:
    """A server at ``port``; by default at the deck's own port, or at any free one where that is taken.

    Raises OSError when the port that was asked for is taken.
    """
    root = data.deck.root
    token = deck_token(root)
    if port:
        try:
            return PreviewServer(data, port, token)
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror}; name another port, or none", f"port {port}") from None
    own = FIRST_PORT + int.from_bytes(digest(os.fsencode(root))[:4], "big") % PORTS
    try:
        return PreviewServer(data, own, token)
    except OSError:
        return PreviewServer(data, 0, token)


def deck_token(root: Path) -> str:
    """The deck's random token: made once, kept in the user's cache where only the user can read it.

    So a page that is open when the server is started again goes on working.
    """
    file = Path(cache_folder("preview"), digest(os.fsencode(root)).hex())
    try:
        token = file.read_text(encoding="ascii")
    except (OSError, ValueError):
        token = ""
    if len(token) < 32:
        token = secrets.token_urlsafe(32)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(token.encode("ascii"))
    return token
