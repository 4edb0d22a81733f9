"""What a person is told when Anki cannot be asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deckwright.collection.client import Anki, AnkiError, Connection, connect
from tests.anki_driver import Learner
from tests.collection.server import AnkiConnectServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AnkiConnectServer]:
    with Learner(tmp_path / "learner") as learner, AnkiConnectServer(learner, key="secret") as server:
        yield server


def refused(connection: Connection) -> str:
    with pytest.raises(AnkiError) as caught:
        connect(connection)
    return str(caught.value)


def test_anki_lets_us_in(server: AnkiConnectServer) -> None:
    assert connect(Connection(server.url, "secret")).call("version") == 6


def test_anki_is_not_running() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    message = refused(Connection(url))
    assert "start Anki" in message
    assert "2055492159" in message
    assert "git.sr.ht" in message


def test_the_key_is_missing_or_wrong(server: AnkiConnectServer) -> None:
    assert "ANKICONNECT_KEY" in refused(Connection(server.url))
    assert "refused the key" in refused(Connection(server.url, "wrong"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("collection is not available", "no profile is open"),
        ("'NoneType' object has no attribute 'decks'", "no profile is open"),
        ("disk full", "could not do deckNames: disk full"),
    ],
)
def test_an_error_of_the_add_on(server: AnkiConnectServer, error: str, said: str) -> None:
    def fail(action: str) -> None:
        if action == "deckNames":
            raise ValueError(error)

    server.before = fail
    assert said in refused(Connection(server.url, "secret"))


def test_errors_of_single_actions(server: AnkiConnectServer) -> None:
    anki = Anki(Connection(server.url, "secret"))
    with pytest.raises(AnkiError, match="not logged in"):
        anki.call("sync")
    with pytest.raises(AnkiError, match="does not know fly"):
        anki.call("fly")
    with pytest.raises(AnkiError, match=r"26\.09 broke this"):
        anki.call("importPackage", path="/nowhere.apkg")


def test_permission_is_refused_or_the_add_on_is_old(server: AnkiConnectServer) -> None:
    server.do_requestPermission = lambda: {"permission": "denied"}  # type: ignore[method-assign]
    assert "did not give permission" in refused(Connection(server.url, "secret"))
    server.do_requestPermission = lambda: {"permission": "granted", "version": 5}  # type: ignore[method-assign]
    assert "too old" in refused(Connection(server.url, "secret"))


class OtherProgram(BaseHTTPRequestHandler):
    """Something else at the add-on's port."""

    reply, status = b"hello", 200

    def do_POST(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.reply)))
        self.end_headers()
        self.wfile.write(self.reply)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("reply", "status"), [(b"hello", 200), (b"[]", 200), (b"{}", 200), (b"", 404)])
def test_another_program_listens(reply: bytes, status: int) -> None:
    handler = type("Handler", (OtherProgram,), {"reply": reply, "status": status})
    with HTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.handle_request)
        thread.start()
        message = refused(Connection(f"http://127.0.0.1:{http.server_port}"))
        thread.join()
    assert "AnkiConnect" in message
    assert "ANKICONNECT_URL" in message


def test_anki_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        message = refused(Connection(f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=0.2))
    assert "a dialog in Anki waits" in message


def test_anki_goes_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as leaving:

        def accept_and_leave() -> None:
            with leaving.accept()[0]:
                pass

        thread = threading.Thread(target=accept_and_leave)
        thread.start()
        message = refused(Connection(f"http://127.0.0.1:{leaving.getsockname()[1]}"))
        thread.join()
    assert "start" in message


@pytest.mark.parametrize("url", ["file:///etc/passwd", "127.0.0.1:8765", "ftp://x"])
def test_an_address_that_is_none(url: str) -> None:
    assert "ANKICONNECT_URL" in refused(Connection(url))


def test_which_addresses_are_of_this_machine() -> None:
    here = ["http://127.0.0.1:8765", "http://localhost:1", "http://[::1]:8765", "http://127.0.0.2"]
    assert all(Connection(url).is_here for url in here)
    assert not any(Connection(url).is_here for url in ["http://192.168.1.4:8765", "http://example.org", "nonsense"])


def test_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deckwright.collection.client.BATCH", 2)
    monkeypatch.setattr(Anki, "call", lambda anki, action, **params: (action, params))
    found = Anki(Connection()).call_in_batches("notesInfo", "notes", range(5))
    assert [(action, list(params["notes"])) for action, params in found] == [
        ("notesInfo", numbers) for numbers in ([0, 1], [2, 3], [4])
    ]
