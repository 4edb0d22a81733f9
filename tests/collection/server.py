"""The actions of AnkiConnect that are used here, on top of the official ``anki`` package.

CI cannot have the add-on. Answers have the shapes of the real add-on's (``recorded.json`` holds some of those), and
underneath is Anki's real importer, exporter, search and sync.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from anki.decks import DeckId
from anki.exporting import AnkiPackageExporter  # type: ignore[attr-defined] # the shim that the add-on imports
from anki.importing import AnkiPackageImporter  # type: ignore[attr-defined]

from tests.anki_driver import Learner

REVIEW = ("id", "usn", "ease", "ivl", "lastIvl", "factor", "time", "type")


class AnkiConnectServer:
    """A learner's Anki that listens on a loopback port until its ``with`` block ends."""

    def __init__(self, learner: Learner, *, key: str = "", profile: str = "User 1", has_account: bool = False) -> None:
        self.learner, self.key, self.profile, self.has_account = learner, key, profile, has_account
        self.calls: list[str] = []
        self.before: Callable[[str], None] = lambda action: None
        """Called with the name of each action before it is done; may raise."""
        self.knows_times = True
        """Whether ``notesInfo`` tells when a note was changed; add-ons of 2023 and before do not."""

    def __enter__(self) -> AnkiConnectServer:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reply = json.dumps(server.answer(body)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        action = request["action"]
        self.calls.append(action)
        try:
            if request.get("key", "") != self.key and action != "requestPermission":
                raise ValueError("valid api key must be provided")
            self.before(action)
            method = getattr(self, f"do_{action}", None)
            if method is None:
                raise ValueError("unsupported action")
            return {"result": method(**request.get("params", {})), "error": None}
        except Exception as error:  # noqa: BLE001 # the add-on does so
            return {"result": None, "error": str(error)}

    @property
    def collection(self) -> Any:
        return self.learner.collection

    def do_requestPermission(self) -> Any:
        return {"permission": "granted", "requireApikey": bool(self.key), "version": 6}

    def do_version(self) -> Any:
        return 6

    def do_getActiveProfile(self) -> Any:
        return self.profile

    def do_deckNames(self) -> Any:
        return [deck.name for deck in self.collection.decks.all_names_and_ids()]

    def do_sync(self) -> Any:
        if not self.has_account:
            raise ValueError("sync: auth not configured")
        if (required := self.learner.syncs()) != "normal":
            raise ValueError(f"Sync status {required} not one of [0, 1]")

    def do_modelNamesAndIds(self) -> Any:
        self.collection.models._clear_cache()
        return {each.name: each.id for each in self.collection.models.all_names_and_ids()}

    def do_modelFieldNames(self, modelName: str) -> Any:
        return [field["name"] for field in self.collection.models.by_name(modelName)["flds"]]

    def do_findNotes(self, query: str) -> Any:
        return list(self.collection.find_notes(query))

    def do_findCards(self, query: str) -> Any:
        return list(self.collection.find_cards(query))

    def do_notesInfo(self, notes: list[int]) -> Any:
        found: list[dict[str, Any]] = []
        for number in notes:
            note = self.collection.get_note(number)
            entry = {
                "noteId": note.id,
                "tags": note.tags,
                "fields": {name: {"value": value, "order": order} for order, (name, value) in enumerate(note.items())},
                "modelName": note.note_type()["name"],
                "cards": list(note.card_ids()),
            }
            found.append({**entry, "mod": note.mod, "profile": self.profile} if self.knows_times else entry)
        return found

    def do_getDecks(self, cards: list[int]) -> Any:
        decks: dict[str, list[int]] = {}
        for card in cards:
            did = self.collection.db.scalar("select did from cards where id = ?", card)
            decks.setdefault(self.collection.decks.name(did), []).append(card)
        return decks

    def do_areSuspended(self, cards: list[int]) -> Any:
        return [self.collection.get_card(card).queue == -1 for card in cards]

    def do_suspend(self, cards: list[int]) -> Any:
        self.collection.sched.suspend_cards(cards)
        return True

    def do_unsuspend(self, cards: list[int]) -> Any:
        self.collection.sched.unsuspend_cards(cards)
        return True

    def do_removeTags(self, notes: list[int], tags: str) -> Any:
        self.collection.tags.bulk_remove(notes, tags)

    def do_addTags(self, notes: list[int], tags: str) -> Any:
        self.collection.tags.bulk_add(notes, tags)

    def do_changeDeck(self, cards: list[int], deck: str) -> Any:
        self.collection.set_deck(cards, self.collection.decks.id(deck))

    def do_deleteNotes(self, notes: list[int]) -> Any:
        self.collection.remove_notes(notes)

    def do_getReviewsOfCards(self, cards: list[int]) -> Any:
        query = f"select {', '.join(REVIEW)} from revlog where cid = ?"
        return {
            str(card): [dict(zip(REVIEW, row, strict=True)) for row in self.collection.db.all(query, card)]
            for card in cards
        }

    def do_getMediaDirPath(self) -> Any:
        return str(Path(self.collection.media.dir()).absolute())

    def do_retrieveMediaFile(self, filename: str) -> Any:
        file = Path(self.collection.media.dir(), filename)
        return base64.b64encode(file.read_bytes()).decode() if file.exists() else False

    def do_exportPackage(self, deck: str, path: str, includeSched: bool = False) -> Any:
        found = self.collection.decks.id_for_name(deck)
        if found is None:
            return False
        exporter = AnkiPackageExporter(self.collection)
        exporter.did, exporter.includeSched = DeckId(found), includeSched
        exporter.exportInto(path)
        return True

    def do_importPackage(self, path: str) -> Any:
        AnkiPackageImporter(self.collection, path).run()
        self.collection.models._clear_cache()
        return True
