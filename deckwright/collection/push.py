"""A build into a running Anki: import, moves, retirements, sync.

Every step leaves the collection consistent, and what it did need not be done again: a push that was interrupted is
finished by the next one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from deckwright.collection.backup import back_up
from deckwright.collection.builds import DeckBuild
from deckwright.collection.client import Anki, AnkiError, Progress
from deckwright.collection.compared_note import compare
from deckwright.collection.empty_cards import find_empty_cards
from deckwright.collection.guids import with_guids
from deckwright.collection.notes import (
    AnkiNote,
    check_schema,
    decks_of_cards,
    perhaps_reviewed_elsewhere,
    read_notes,
    suspended,
)
from deckwright.collection.push_plan import Cards, PushPlan, earlier_decks, plan_push
from deckwright.collection.record import Pushed, Record, read_record, write_record
from deckwright.files import file_digest
from deckwright.identity import content_hashes
from deckwright.identity.entries import field_hashes
from deckwright.package.variant import write_variant


class PushOptions(NamedTuple):
    """How a push is done."""

    sync: bool = True
    """Whether Anki is asked to sync before and after."""
    all_synced: bool = False
    """Whether the person says that all other devices have been synced."""
    overwrite: Collection[str] | None = ()
    """Notes whose edits in Anki give way (None: all)."""
    profile: str = ""
    """The profile that is meant, when it is another one than last time."""
    delete: Callable[[Mapping[str, AnkiNote]], bool] | None = None
    """Whether the retired notes may be deleted; None: they are suspended."""
    say: Callable[[str], None] = lambda step: None
    """Told of each step before it is done."""
    progress: Progress = iter
    clock: Callable[[], float] = lambda: 0.0


class PushResult(NamedTuple):
    """What a push did, or will do."""

    plan: PushPlan
    profile: str = ""
    synced: str = ""
    """Anki's message about syncing; empty when it synced."""
    deleted: tuple[str, ...] = ()
    not_taken: tuple[str, ...] = ()
    """Notes that Anki did not update although it should have."""
    backup: Path | None = None
    empty: Mapping[str, tuple[int, ...]] = MappingProxyType({})
    """Notes with cards that they make no more → ordinals of those cards."""


NO_ACCOUNT = "Anki is not logged in to a sync account"
NOT_HERE = (
    "{} is not this machine, or Anki runs in a container: importing a package there would need its file and media over "
    "the network, which the add-on cannot take; run push where Anki runs"
)


def plan_only(build: DeckBuild, anki: Anki, options: PushOptions) -> PushResult:
    """Return what a push would do, and do nothing: not even a sync."""
    profile = _check_profile(anki, build, options)
    pushed = _Push(build, anki, options, profile)
    plan = pushed.look()
    return PushResult(plan, profile, empty=pushed.empty_cards(plan))


def push(build: DeckBuild, package: Path, anki: Anki, options: PushOptions) -> PushResult:
    """Bring a collection to what a build packaged. Raises AnkiError or OSError; the next push then does the rest."""
    profile = _check_profile(anki, build, options)
    _check_place(anki)
    return _Push(build, anki, options, profile).run(package)


@dataclass
class _Push:
    """One push, step by step."""

    build: DeckBuild
    anki: Anki
    options: PushOptions
    profile: str
    has_account: bool = True

    def __post_init__(self) -> None:
        known = read_record(self.build.settings.id)
        same = not self.profile or known.profile in ("", self.profile)
        self.record = replace(known, profile=self.profile) if same else Record(known.deck_id, self.profile)

    def look(self) -> PushPlan:
        """Compare the build with the collection."""
        build, anki, options = self.build, self.anki, self.options
        options.say("reading the notes in Anki")
        self.there = with_guids(anki, build, read_notes(anki, build, options.progress)).notes
        notes = compare(build, build.lock.live, self.there, self.record)
        moved = [card for each in notes.values() if earlier_decks(build.settings, each) for card in each.there.cards]
        retired = {name for name, entry in build.lock.notes.items() if entry.retired}
        marked = [note for name, note in self.there.items() if name in retired or build.retired_tag in note.tags]
        out = [card for note in marked for card in note.cards]
        is_careful = self.has_account and options.sync and not options.all_synced
        known = Cards(
            decks_of_cards(anki, moved, options.progress),
            suspended(anki, out, options.progress),
            perhaps_reviewed_elsewhere(anki, build.note_types.values()) if is_careful and (moved or out) else set(),
        )
        return plan_push(build, self.there, notes, known, options.overwrite, int(options.clock()))

    def empty_cards(self, plan: PushPlan) -> dict[str, tuple[int, ...]]:
        """Return the cards that notes make no more once the plan is carried out."""
        return find_empty_cards(self.anki, self.build, self.there, plan.kept)

    def run(self, package: Path) -> PushResult:
        """Do all steps."""
        synced = self.sync("before")
        check_schema(self.anki, self.build.note_types)
        plan = self.look()
        empty = self.empty_cards(plan)
        out = self.may_be_deleted(plan)
        backup = None
        if plan.needs_backup or out:
            self.options.say("backing up the deck")
            backup = back_up(self.anki, self.build.settings)
        has_changes = bool(plan.new or plan.updated) or self.record.package != file_digest(package).hex()
        if has_changes:
            self.options.say("importing the package")
            self.import_package(package, plan)
        self.remember(plan, package)
        deleted = self.delete(out)
        if not deleted:
            self.retire(plan)
        self.move(plan)
        self.bring_back(plan)
        if plan.moved:
            self.remember(plan._replace(moved={}), package)
        if not plan.changes_nothing or deleted:
            synced = self.sync("after") or synced
        return PushResult(plan, self.profile, synced, deleted, self.not_taken(plan), backup, empty)

    def sync(self, when: str) -> str:
        """Have Anki sync; return its message when it did not. Raises AnkiError when it needs a decision first."""
        if not self.options.sync:
            return "not asked to sync"
        self.options.say(f"syncing {when} the push")
        try:
            self.anki.call("sync")
        except AnkiError as error:
            if str(error) != NO_ACCOUNT:
                raise
            self.has_account = False
            return NO_ACCOUNT
        # The add-on answers at once when it only pressed Anki's button; a search waits until the sync is done.
        self.anki.call("findCards", query="deck:none")
        return ""

    def import_package(self, package: Path, plan: PushPlan) -> None:
        """Import the package, without notes that were edited in Anki and with the learner's tags on the others."""
        without = [self.build.lock.guid(name) for name in plan.kept]
        if not without and not plan.changed_in_package:
            self.anki.call("importPackage", path=str(package.resolve()))
            return
        with tempfile.TemporaryDirectory() as folder:
            tailored = Path(folder, package.name)
            write_variant(package, tailored, without, plan.changed_in_package)
            self.anki.call("importPackage", path=str(tailored))

    def move(self, plan: PushPlan) -> None:
        """Move the cards whose notes moved."""
        targets: dict[str, list[int]] = {}
        for move in plan.moved.values():
            targets.setdefault(move.target, []).extend(move.cards)
        for deck, cards in targets.items():
            self.options.say(f"moving {len(cards)} cards to {deck}")
            self.anki.call("changeDeck", cards=cards, deck=deck)

    def retire(self, plan: PushPlan) -> None:
        """Suspend and tag the retired notes."""
        if plan.retired:
            self.options.say(f"suspending {len(plan.retired)} retired notes")
            if cards := [card for found in plan.retired.values() for card in found]:
                self.anki.call("suspend", cards=cards)
            notes = [self.there[name].number for name in plan.retired]
            self.anki.call("addTags", notes=notes, tags=self.build.retired_tag)

    def may_be_deleted(self, plan: PushPlan) -> dict[str, AnkiNote]:
        """Return the retired notes that the person agrees to delete."""
        entries = self.build.lock.notes
        found = {n: note for n, note in self.there.items() if entries[n].retired and n not in plan.waiting}
        return found if self.options.delete and found and self.options.delete(found) else {}

    def delete(self, out: Mapping[str, AnkiNote]) -> tuple[str, ...]:
        """Delete notes; return their ids."""
        if out:
            self.anki.call("deleteNotes", notes=[note.number for note in out.values()])
        return tuple(sorted(out))

    def bring_back(self, plan: PushPlan) -> None:
        """Have notes studied again that are among the sources again."""
        if plan.returned:
            if cards := [card for found in plan.returned.values() for card in found]:
                self.anki.call("unsuspend", cards=cards)
            notes = [self.there[name].number for name in plan.returned]
            self.anki.call("removeTags", notes=notes, tags=self.build.retired_tag)

    def not_taken(self, plan: PushPlan) -> tuple[str, ...]:
        """Return the notes that are not in Anki what they should be now."""
        if not plan.updated:
            return ()
        numbers = [self.there[name].number for name in plan.updated]
        answers = self.anki.call_in_batches("notesInfo", "notes", numbers, self.options.progress)
        fields = [{key: f["value"] for key, f in info["fields"].items()} for infos in answers for info in infos]
        pairs = zip(plan.updated, fields, strict=True)
        return tuple(name for name, found in pairs if not self._is_as_built(name, found))

    def _is_as_built(self, name: str, fields: Mapping[str, str]) -> bool:
        return field_hashes(content_hashes(fields, ())) == field_hashes(self.build.lock.notes[name].hashes)

    def remember(self, plan: PushPlan, package: Path) -> None:
        """Write down what is in Anki now; a note that was kept or is still to be moved stays what it was."""
        notes = dict(self._pushed(plan))
        write_record(replace(self.record, package=file_digest(package).hex(), notes=notes))

    def _pushed(self, plan: PushPlan) -> Iterable[tuple[str, Pushed]]:
        entries, known = self.build.lock.notes, self.record.notes
        for name in self.build.lock.live:
            entry, before = entries[name], self.build.before.notes.get(name)
            was = known.get(name) or (Pushed(before.deck, before.hashes, ()) if before else None)
            deck = was.deck if was and (name in plan.waiting or name in plan.moved) else entry.deck
            if name not in plan.kept:
                yield name, Pushed(deck, entry.hashes, self.build.notes[name].tags)
            elif was:
                yield name, was._replace(deck=deck)


def _check_profile(anki: Anki, build: DeckBuild, options: PushOptions) -> str:
    """Return the name of the open profile, empty when the add-on gives none; refuse another one than last time."""
    try:
        profile = str(anki.call("getActiveProfile"))
    except AnkiError as error:
        if "does not know" not in str(error):
            raise
        return ""
    known = read_record(build.settings.id).profile
    if options.profile not in ("", profile):
        raise AnkiError(f"the open profile is “{profile}”, not “{options.profile}”; switch it in Anki")
    if known not in ("", profile) and not options.profile:
        raise AnkiError(
            f"the open profile is “{profile}”, but the last push went to “{known}”: switch it in Anki (File → Switch "
            f'Profile), or push with --profile "{profile}" if that one is meant'
        )
    return profile


def _check_place(anki: Anki) -> None:
    """Refuse an Anki that does not see this machine's files."""
    folder = str(anki.call("getMediaDirPath"))
    if not anki.connection.is_here or not os.path.isdir(folder):  # noqa: PTH112 # the path may be another system's
        raise AnkiError(NOT_HERE.format(anki.connection.url))
