"""Anki as it runs on this machine, through the add-on AnkiConnect (API version 6).

Facts about the add-on are from its code and from runs against it: it answers one request after the other on Anki's main
thread, so a dialog that waits for the person makes every request wait as well.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from deckwright.problems import PackageError

URL_VARIABLE, KEY_VARIABLE = "ANKICONNECT_URL", "ANKICONNECT_KEY"
DEFAULT_URL = "http://127.0.0.1:8765"
API_VERSION = 6
ADD_ON = "AnkiConnect (code 2055492159; its home is git.sr.ht/~foosoft/anki-connect)"
NO_ACCOUNT = "Anki is not logged in to a sync account"
BATCH = 1500
"""Notes or cards asked for in one request: an answer then takes well under a second, so the progress bar moves. The
add-on looks for requests 40 times a second, so that many small ones would mostly wait."""


class AnkiError(PackageError):
    """Anki could not do what it was asked; the message says why and what to do."""


class Connection(NamedTuple):
    """Where Anki listens, the key that the add-on wants (empty: none), and the seconds to wait for an answer."""

    url: str = DEFAULT_URL
    key: str = ""
    seconds: float = 300.0

    @classmethod
    def from_environment(cls, url: str = "") -> Connection:
        """Take the address from ``url`` or ``ANKICONNECT_URL``, the key from ``ANKICONNECT_KEY``."""
        return cls(url or os.environ.get(URL_VARIABLE) or DEFAULT_URL, os.environ.get(KEY_VARIABLE, ""))

    @property
    def is_here(self) -> bool:
        """Whether the address is one of this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


Progress = Callable[[Sequence[Any]], Iterable[Any]]
"""Hands on the batches one by one, perhaps showing how far it is."""


class Anki:
    """A running Anki. Every method raises AnkiError in words that say what to do."""

    def __init__(self, connection: Connection, progress: Progress = iter) -> None:
        self.connection, self.progress = connection, progress
        # A proxy is for the web: Anki is on this machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, action: str, **params: object) -> Any:
        """Ask for an action of the add-on and return its result."""
        request = {"action": action, "version": API_VERSION, "params": params}
        if self.connection.key:
            request["key"] = self.connection.key
        reply = self._post(json.dumps(request).encode(), action)
        if not isinstance(reply, dict) or "error" not in reply:
            raise AnkiError(f"what listens at {self.connection.url} is not {ADD_ON}; {_set_url()}")
        if reply["error"] is not None:
            raise AnkiError(explain(action, str(reply["error"])))
        return reply.get("result")

    def call_in_batches(self, action: str, key: str, values: Sequence[int]) -> Iterator[Any]:
        """Ask for an action about many notes or cards, in pieces; yield each result."""
        for batch in self.progress([values[start : start + BATCH] for start in range(0, len(values), BATCH)]):
            yield self.call(action, **{key: batch})

    def _post(self, body: bytes, action: str) -> Any:
        url = self.connection.url
        if urlsplit(url).scheme not in ("http", "https"):
            raise AnkiError(f"`{url}` is not an address of a program on this machine; {_set_url()}")
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
        try:
            with self._opener.open(request, timeout=self.connection.seconds) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            error.close()
            why = f"{url} refused the request ({error.code}); is that {ADD_ON}? {_set_url()}"
        except (TimeoutError, urllib.error.URLError) as error:
            why = (
                f"nothing listens at {url}: start Anki, open your profile and, if it is not there yet, install the "
                f"add-on {ADD_ON} under Tools → Add-ons → Get Add-ons"
            )
            if isinstance(getattr(error, "reason", error), TimeoutError):
                why = (
                    f"Anki did not answer {action} within {self.connection.seconds:.0f} seconds: perhaps a dialog in "
                    "Anki waits for you; close it and repeat the command"
                )
        except (ConnectionError, http.client.HTTPException):
            why = f"Anki went away while it was asked for {action}; start it again and repeat the command"
        except ValueError:
            why = f"what listens at {url} is not {ADD_ON}; {_set_url()}"
        raise AnkiError(why)


def connect(connection: Connection, progress: Progress = iter) -> Anki:
    """Return a running Anki that lets us in and has a profile open. Raises AnkiError when that is not so."""
    anki = Anki(connection, progress)
    permission = anki.call("requestPermission")
    if permission.get("permission") != "granted":
        raise AnkiError("Anki did not give permission; in the add-on's settings take this address off the ignore list")
    if permission.get("requireApiKey", permission.get("requireApikey")) and not connection.key:
        raise AnkiError(f"the add-on needs its key: put it into the environment variable {KEY_VARIABLE}")
    if int(permission.get("version", 0)) < API_VERSION:
        raise AnkiError(f"the add-on is too old (API {permission.get('version')}); update {ADD_ON}")
    anki.call("deckNames")
    return anki


def explain(action: str, error: str) -> str:
    """Return an error of the add-on in words that say what to do."""
    if "collection is not available" in error or "NoneType" in error:
        return "no profile is open in Anki: choose one in its window, and repeat the command"
    if "api key" in error:
        return f"the add-on refused the key; put the right one into the environment variable {KEY_VARIABLE}"
    if "unsupported action" in error:
        return f"the add-on does not know {action}; update {ADD_ON}"
    if "auth not configured" in error:
        return NO_ACCOUNT
    if "Sync status" in error:
        return "Anki needs a one-way sync first: press Sync in Anki, decide there, and repeat the command"
    if action == "importPackage":
        return (
            f"Anki could not import the package ({error}). Anki 26.09 broke this for the add-on, 25.09.5 and 26.09.3 "
            "work; `build --open` hands the package to Anki's own dialog"
        )
    return f"Anki could not do {action}: {error}"


def _set_url() -> str:
    return f"set {URL_VARIABLE} to the address that the add-on listens at (by default {DEFAULT_URL})"
