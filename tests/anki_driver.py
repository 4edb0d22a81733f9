"""A real Anki collection (the official ``anki`` package, headless) for the tests: import, review, edit, sync, look."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.scheduler_pb2 import CardAnswer
from anki.sync import SyncAuth, SyncOutput
from anki.template import TemplateRenderOutput

LOGS = ("new", "updated", "duplicate", "conflicting", "missing_notetype", "missing_deck", "empty_first_field")
USER, PASSWORD = "learner", "loopback"
PATIENCE, TICK = 20, 0.02
"""Seconds to wait for the sync server or for media, and between two looks."""


@dataclass(frozen=True)
class SeenNote:
    """A note as the collection holds it."""

    number: int
    modified: int
    type_name: str
    tags: tuple[str, ...]
    fields: dict[str, str]
    cards: tuple[SeenCard, ...]


@dataclass(frozen=True)
class SeenCard:
    """A card as the collection holds it; ``history`` is what a learner must never lose."""

    number: int
    ordinal: int
    deck: str
    due: int
    flag: int
    queue: int
    history: tuple[object, ...]


class Learner:
    """Somebody with a collection of their own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.collection = Collection(str(folder / "collection.anki2"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.collection.close()

    def imports(self, package: Path) -> dict[str, int]:
        """Import as the desktop does with default options; the number of notes in each part of Anki's log."""
        presets = self.collection._backend.get_import_anki_package_presets()
        options = ImportAnkiPackageOptions(**{f.name: getattr(presets, f.name) for f in presets.DESCRIPTOR.fields})
        request = ImportAnkiPackageRequest(package_path=str(package), options=options)
        log = self.collection.import_anki_package(request).log
        self.collection.models._clear_cache()
        return {name: len(getattr(log, name)) for name in LOGS if len(getattr(log, name))}

    def reviews(self, card: int, rating: CardAnswer.Rating.ValueType = CardAnswer.GOOD) -> None:
        """Answer a card through the scheduler, which writes the review log."""
        backend = self.collection._backend
        states = backend.get_scheduling_states(card)
        chosen = {
            CardAnswer.AGAIN: states.again,
            CardAnswer.HARD: states.hard,
            CardAnswer.GOOD: states.good,
            CardAnswer.EASY: states.easy,
        }[rating]
        backend.answer_card(
            CardAnswer(
                card_id=card,
                current_state=states.current,
                new_state=chosen,
                rating=rating,
                answered_at_millis=int(time.time() * 1000),
                milliseconds_taken=1000,
            )
        )
        time.sleep(0.002)  # the review log is keyed by milliseconds

    def reviews_everything(self) -> None:
        for card in self.collection.find_cards(""):
            self.reviews(card, CardAnswer.EASY)

    def edits(self, name: str, *, tag: str = "", field: str = "", text: str = "") -> None:
        """The learner's own change of the note with that id: a tag added, a field rewritten."""
        note = self.collection.get_note(self.collection.find_notes(f'"ID:{name}"')[0])
        if tag:
            note.add_tag(tag)
        if field:
            note[field] = text
        self.collection.update_note(note)

    def notes(self) -> dict[str, SeenNote]:
        """Every note by its ID field."""
        seen = {}
        for number in self.collection.find_notes(""):
            note = self.collection.get_note(number)
            note_type = note.note_type()
            assert note_type is not None
            fields = dict(note.items())
            cards = tuple(self._card(card) for card in note.card_ids())
            seen[fields["ID"]] = SeenNote(number, note.mod, note_type["name"], tuple(note.tags), fields, cards)
        return seen

    def _card(self, number: int) -> SeenCard:
        card = self.collection.get_card(number)  # type: ignore[arg-type]
        log = self.collection.db.all("select id, ease, ivl, factor from revlog where cid = ? order by id", number)  # type: ignore[union-attr]
        history = (card.type, card.ivl, card.reps, card.lapses, str(card.memory_state), *map(tuple, log))
        deck = self.collection.decks.name(card.did)
        return SeenCard(number, card.ord, deck, card.due, card.flags, card.queue, history)

    def histories(self) -> dict[str, tuple[tuple[object, ...], ...]]:
        return {name: tuple(card.history for card in note.cards) for name, note in self.notes().items()}

    def note_types(self) -> set[str]:
        return {note_type.name for note_type in self.collection.models.all_use_counts() if note_type.use_count}

    def schema_time(self) -> int:
        """Changes when Anki would force a one-way sync."""
        return int(self.collection.db.scalar("select scm from col"))  # type: ignore[union-attr]

    def media(self) -> set[str]:
        return {path.name for path in (self.folder / "collection.media").glob("*")}

    def front(self, name: str) -> str:
        return self._rendered(name).question_text

    def back(self, name: str) -> str:
        return self._rendered(name).answer_text

    def _rendered(self, name: str) -> TemplateRenderOutput:
        return self.collection.get_card(self.collection.find_cards(f'"ID:{name}"')[0]).render_output()

    def styles(self) -> dict[str, str]:
        """The CSS of every note type in use."""
        return {t["name"]: t["css"] for t in self.collection.models.all() if t["name"] in self.note_types()}

    def decks(self) -> set[str]:
        return {deck.name for deck in self.collection.decks.all_names_and_ids()}

    def logs_in(self, server: SyncServer) -> None:
        self._auth: SyncAuth = self.collection.sync_login(USER, PASSWORD, server.endpoint)
        self._auth.endpoint = server.endpoint

    def syncs(self) -> str:
        """Sync collection and media: "normal", or the one-way sync that Anki demands instead (nothing is done then)."""
        out = self.collection.sync_collection(self._auth, True)
        if out.required not in (SyncOutput.NO_CHANGES, SyncOutput.NORMAL_SYNC):
            return SyncOutput.ChangesRequired.Name(out.required)
        self._waits_for_media()
        self.collection.models._clear_cache()
        return "normal"

    def syncs_one_way(self, *, upload: bool) -> str:
        """The one-way sync that a device starts with; what Anki demanded before it."""
        out = self.collection.sync_collection(self._auth, True)
        self.collection.close_for_full_sync()
        self.collection.full_upload_or_download(auth=self._auth, server_usn=out.server_media_usn, upload=upload)
        self.collection.reopen(after_full_sync=True)
        self._waits_for_media()
        return SyncOutput.ChangesRequired.Name(out.required)

    def _waits_for_media(self) -> None:
        """Media go in the background; asking raises when they failed."""
        end = time.monotonic() + PATIENCE
        while self.collection.media_sync_status().active:
            assert time.monotonic() < end, "the media were not synced in time"
            time.sleep(TICK)


class SyncServer:
    """Anki's own sync server on loopback, at a port that the system chooses; it ends with the ``with`` block."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def __enter__(self) -> SyncServer:
        own = {"SYNC_HOST": "127.0.0.1", "SYNC_PORT": "0", "SYNC_BASE": str(self.folder), "RUST_LOG": "anki=info"}
        environment = {**os.environ, **own, "SYNC_USER1": f"{USER}:{PASSWORD}"}
        self._log = (self.folder / "server.log").open("wb")
        command = [sys.executable, "-m", "anki.syncserver"]
        self.process = subprocess.Popen(command, env=environment, stdout=self._log, stderr=self._log)
        try:
            self.endpoint = f"http://127.0.0.1:{self._port()}/"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()

    def _port(self) -> int:
        """The port that the server says it listens on."""
        end = time.monotonic() + PATIENCE
        while True:
            log = (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")
            if said := re.search(r"127\.0\.0\.1:(\d+).*\n", log):
                return int(said[1])
            assert self.process.poll() is None, log
            assert time.monotonic() < end, f"the sync server did not start: {log}"
            time.sleep(TICK)
