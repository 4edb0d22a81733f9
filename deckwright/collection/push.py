"""A build into a running Anki: import, moves, retirements, sync.

Every step leaves the collection consistent, and what it did need not be done again: a push that was interrupted is
finished by the next one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from deckwright.collection.backup import back_up
from deckwright.collection.builds import DeckBuild
from deckwright.collection.client import NO_ACCOUNT, Anki, AnkiError
from deckwright.collection.compared_note import compare
from deckwright.collection.empty_cards import find_empty_cards
from deckwright.collection.notes import (
    AnkiNote,
    check_schema,
    decks_of_cards,
    perhaps_reviewed_elsewhere,
    read_notes,
    suspended,
    with_guids,
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


class PushResult(NamedTuple):
    """What a push did, or will do."""

    plan: PushPlan
    profile: str
    empty: Mapping[str, tuple[int, ...]]
    """Notes with cards that they make no more → ordinals of those cards."""
    synced: str = ""
    """Anki's message about syncing; empty when it synced."""
    deleted: tuple[str, ...] = ()
    not_taken: tuple[str, ...] = ()
    """Notes that Anki did not update although it should have."""
    backup: Path | None = None


NOT_HERE = (
    "{} is not this machine, or Anki runs in a container: importing a package there would need its file and media over "
    "the network, which the add-on cannot take; run push where Anki runs"
)


def plan_only(build: DeckBuild, anki: Anki, options: PushOptions) -> PushResult:
    """Return what a push would do, and do nothing: not even a sync."""
    pushed = _Push(build, anki, options, _record(anki, build, options))
    plan, empty = pushed.look()
    return PushResult(plan, pushed.record.profile, empty)


def push(build: DeckBuild, package: Path, anki: Anki, options: PushOptions) -> PushResult:
    """Bring a collection to what a build packaged. Raises AnkiError or OSError; the next push then does the rest."""
    record = _record(anki, build, options)
    _check_place(anki)
    return _Push(build, anki, options, record).run(package)


@dataclass
class _Push:
    """One push, step by step."""

    build: DeckBuild
    anki: Anki
    options: PushOptions
    record: Record
    has_account: bool = True

    def look(self) -> tuple[PushPlan, Mapping[str, tuple[int, ...]]]:
        """Compare the build with the collection; return the plan, and the cards that notes then make no more."""
        build, anki, options = self.build, self.anki, self.options
        options.say("reading the notes in Anki")
        self.there = with_guids(anki, build, read_notes(anki, build)).notes
        notes = compare(build, build.lock.live, self.there, self.record)
        moved = [card for each in notes.values() if earlier_decks(build.settings, each) for card in each.there.cards]
        retired = {name for name, entry in build.lock.notes.items() if entry.retired}
        marked = [note for name, note in self.there.items() if name in retired or build.retired_tag in note.tags]
        out = [card for note in marked for card in note.cards]
        is_careful = self.has_account and options.sync and not options.all_synced
        known = Cards(
            decks_of_cards(anki, moved),
            suspended(anki, out),
            perhaps_reviewed_elsewhere(anki, build.note_types.values()) if is_careful and (moved or out) else set(),
        )
        plan = plan_push(build, self.there, notes, known, options.overwrite)
        return plan, find_empty_cards(anki, notes, plan.kept)

    def run(self, package: Path) -> PushResult:
        """Do all steps."""
        synced = self.sync("before")
        check_schema(self.anki, self.build.note_types)
        plan, empty = self.look()
        out = self.may_be_deleted(plan)
        backup = None
        if plan.needs_backup or out:
            self.options.say("backing up the deck")
            backup = back_up(self.anki, self.build.settings)
        if plan.new or plan.updated or self.record.package != file_digest(package).hex():
            self.options.say("importing the package")
            self.import_package(package, plan)
        self.remember(plan, package)
        if out:
            self.anki.call("deleteNotes", notes=[note.number for note in out.values()])
        elif plan.retired:
            self.options.say(f"suspending {len(plan.retired)} retired notes")
            self.mark(plan.retired, "suspend", "addTags")
        self.move(plan)
        self.mark(plan.returned, "unsuspend", "removeTags")
        if plan.moved:
            self.remember(plan._replace(moved={}), package)
        if not plan.changes_nothing or out:
            synced = self.sync("after") or synced
        return PushResult(plan, self.record.profile, empty, synced, tuple(sorted(out)), self.not_taken(plan), backup)

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

    def mark(self, cards_of_notes: Mapping[str, Sequence[int]], of_cards: str, of_tags: str) -> None:
        """Have notes studied no more, or again: an action for their cards, and one for the tag of retired notes."""
        if cards := [card for found in cards_of_notes.values() for card in found]:
            self.anki.call(of_cards, cards=cards)
        if notes := [self.there[name].number for name in cards_of_notes]:
            self.anki.call(of_tags, notes=notes, tags=self.build.retired_tag)

    def may_be_deleted(self, plan: PushPlan) -> dict[str, AnkiNote]:
        """Return the retired notes that the person agrees to delete."""
        entries = self.build.lock.notes
        found = {n: note for n, note in self.there.items() if entries[n].retired and n not in plan.waiting}
        return found if self.options.delete and found and self.options.delete(found) else {}

    def not_taken(self, plan: PushPlan) -> tuple[str, ...]:
        """Return the notes that are not in Anki what they should be now."""
        entries = self.build.lock.notes
        numbers = [self.there[name].number for name in plan.updated]
        answers = self.anki.call_in_batches("notesInfo", "notes", numbers)
        texts = [{key: field["value"] for key, field in info["fields"].items()} for infos in answers for info in infos]
        seen = [field_hashes(content_hashes(fields, ())) for fields in texts]
        pairs = zip(plan.updated, seen, strict=True)
        return tuple(name for name, hashes in pairs if hashes != field_hashes(entries[name].hashes))

    def remember(self, plan: PushPlan, package: Path) -> None:
        """Write down what is in Anki now; a note that was kept or is still to be moved stays what it was."""
        notes: dict[str, Pushed] = {}
        for name in self.build.lock.live:
            entry, before = self.build.lock.notes[name], self.build.before.notes.get(name)
            was = self.record.notes.get(name) or (Pushed(before.deck, before.hashes, ()) if before else None)
            deck = was.deck if was and (name in plan.waiting or name in plan.moved) else entry.deck
            if name not in plan.kept:
                notes[name] = Pushed(deck, entry.hashes, self.build.notes[name].tags)
            elif was:
                notes[name] = was._replace(deck=deck)
        write_record(replace(self.record, package=file_digest(package).hex(), notes=notes))


def _record(anki: Anki, build: DeckBuild, options: PushOptions) -> Record:
    """Return what was last pushed into the open profile; refuse another profile than last time.

    The name of the profile is empty when the add-on gives none.
    """
    known = read_record(build.settings.id)
    try:
        profile = str(anki.call("getActiveProfile"))
    except AnkiError as error:
        if "does not know" not in str(error):
            raise
        return replace(known, profile="")
    if options.profile not in ("", profile):
        raise AnkiError(f"the open profile is “{profile}”, not “{options.profile}”; switch it in Anki")
    if known.profile in ("", profile):
        return replace(known, profile=profile)
    if not options.profile:
        raise AnkiError(
            f"the open profile is “{profile}”, but the last push went to “{known.profile}”: switch it in Anki (File → "
            f'Switch Profile), or push with --profile "{profile}" if that one is meant'
        )
    return Record(known.deck_id, profile)


def _check_place(anki: Anki) -> None:
    """Refuse an Anki that does not see this machine's files."""
    folder = str(anki.call("getMediaDirPath"))
    if not anki.connection.is_here or not os.path.isdir(folder):  # noqa: PTH112 # the path may be another system's
        raise AnkiError(NOT_HERE.format(anki.connection.url))
