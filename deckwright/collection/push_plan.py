"""A build and what a collection holds → what a push will do there, before it is done."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from deckwright.collection.builds import DeckBuild
from deckwright.collection.folders import deck_key
from deckwright.collection.notes import AnkiNote
from deckwright.collection.record import Record
from deckwright.identity import content_hashes
from deckwright.identity.entries import ID_FIELD, Hashes, field_hashes
from deckwright.identity.ids import Guid
from deckwright.package.variant import NoteChange

TAGS = "Tags"


class Texts(NamedTuple):
    """A field in two versions."""

    there: str
    here: str


class Move(NamedTuple):
    """Cards of a note that are to go from one deck to another."""

    source: str
    target: str
    cards: tuple[int, ...]


@dataclass(frozen=True)
class PushPlan:
    """Note ids by what a push does; a note that moves may be in another list as well."""

    new: tuple[str, ...] = ()
    updated: Mapping[str, Mapping[str, Texts]] = field(default_factory=dict)
    """Id → fields that differ."""
    kept: Mapping[str, Mapping[str, Texts]] = field(default_factory=dict)
    """Edited in Anki, so left as they are there: id → the edited fields."""
    outdated: frozenset[str] = frozenset()
    """Those of the kept ones that changed here as well."""
    moved: Mapping[str, Move] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Moved here, but put by the learner into a deck of their own choice: id → that deck."""
    retired: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Id → cards to be suspended."""
    returned: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Among the sources again: id → cards to be studied again."""
    waiting: frozenset[str] = frozenset()
    """To be moved or retired later: another device may have reviewed a card of theirs since it was last synced."""
    unchanged: int = 0
    changed_in_package: Mapping[Guid, NoteChange] = field(default_factory=dict)
    """What differs for this collection from the package that was built."""

    @property
    def counts(self) -> dict[str, int]:
        """How many notes there are of each, as the report shows it."""
        names = ("new", "updated", "kept", "moved", "retired", "returned", "waiting")
        return {**{name: len(getattr(self, name)) for name in names}, "unchanged": self.unchanged}

    @property
    def needs_backup(self) -> bool:
        """Whether something is to be done that an import does not do."""
        return bool(self.moved or self.retired or self.returned)

    @property
    def changes_nothing(self) -> bool:
        """Whether the collection is what it should be."""
        return not (self.new or self.updated or self.needs_backup)


class Cards(NamedTuple):
    """What is known of cards in the collection."""

    decks: Mapping[int, str]
    """Of the notes that this program has put into another deck than the present one."""
    suspended: Collection[int] = ()
    """Among those of retired notes, and of notes that carry the tag of such."""
    perhaps_reviewed: Collection[int] = ()
    """Those that another device may have reviewed without having synced since."""


def plan_push(
    build: DeckBuild,
    there: Mapping[str, AnkiNote],
    cards: Cards,
    record: Record,
    *,
    overwrite: Collection[str] | None = (),
    now: int = 0,
) -> PushPlan:
    """Return what a push does to a collection that holds ``there``.

    ``overwrite`` names notes whose edits in Anki are to give way (None: all); ``now`` is the clock in seconds.
    """
    live = build.lock.live
    updated: dict[str, dict[str, Texts]] = {}
    kept: dict[str, dict[str, Texts]] = {}
    for name in live:
        if name in there and (differing := differences(build, name, there[name], record)):
            edited = edited_fields(build, name, there[name], record)
            if edited and overwrite is not None and name not in overwrite:
                kept[name] = {key: differing.get(key) or texts_of(build, name, there[name], key) for key in edited}
            else:
                updated[name] = differing
    moved, elsewhere = _whereabouts(build, there, cards, record)
    return _without_waiting(
        PushPlan(
            new=tuple(name for name in live if name not in there),
            updated=updated,
            kept=kept,
            outdated=frozenset(name for name in kept if _changed_here(build, name, record)),
            unchanged=len(live) - len(updated) - len(kept) - sum(name not in there for name in live),
            changed_in_package=dict(_changed_collection(build, updated, there, record, now)),
            moved=moved,
            elsewhere=elsewhere,
            retired=dict(_retired(build, there, cards)),
            returned={
                name: tuple(card for card in there[name].cards if card in cards.suspended)
                for name in live
                if name in there and build.retired_tag in there[name].tags
            },
        ),
        frozenset(cards.perhaps_reviewed),
    )


def differences(build: DeckBuild, name: str, there: AnkiNote, record: Record) -> dict[str, Texts]:
    """Return the fields (and ``Tags``) of a note that are to become what the build has."""
    found = {key: texts_of(build, name, there, key) for key in differing_fields(build, name, there.fields)}
    if there.fields.get(ID_FIELD) != name:  # added in Anki: the import makes it known by its id
        found[ID_FIELD] = texts_of(build, name, there, ID_FIELD)
    ours, theirs = {*build.notes[name].tags}, {*there.tags}
    if not ours <= theirs or (_earlier_tags(build, name, record) - ours) & theirs:
        found[TAGS] = Texts(" ".join(there.tags), " ".join(sorted({*ours, *own_tags(build, name, there, record)})))
    return found


def differing_fields(build: DeckBuild, name: str, there: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a note that show something else than the build's → hash of what they show.

    Most fields are the same to the letter, and of those no hash is made: that is most of the time of comparing a deck.
    """
    here = build.notes[name].fields
    unlike = {key: text for key in here if (text := there.get(key, "")) != here[key]}
    wanted = field_hashes(build.lock.notes[name].hashes)
    seen = field_hashes(content_hashes(unlike, ())) if unlike else {}
    return {key: seen.get(key, "") for key in sorted(unlike) if seen.get(key) != wanted.get(key)}


def texts_of(build: DeckBuild, name: str, there: AnkiNote, key: str) -> Texts:
    """Return both versions of a field."""
    return Texts(there.fields.get(key, ""), build.notes[name].fields.get(key, ""))


def edited_fields(build: DeckBuild, name: str, there: AnkiNote, record: Record) -> set[str]:
    """Return the fields that were edited in Anki since the note was last put there, as far as is known.

    Without a record of the last push the last build stands in for it. A note that is neither is an older build's when
    its time shows it; where the time is not known, it is for Anki to decide by the times.
    """
    known, before = record.notes.get(name), build.before.notes.get(name)
    if not known and (before is None or before.is_raw or there.modified <= before.modified):
        return set()
    hashes = known.hashes if known else before.hashes if before else ""
    if not hashes:  # added in Anki, and not yet updated there
        return {*differing_fields(build, name, there.fields)}
    base, seen = field_hashes(Hashes(hashes)), field_hashes(content_hashes(there.fields, ()))
    return {key for key in base.keys() | seen.keys() if base.get(key) != seen.get(key)}


def own_tags(build: DeckBuild, name: str, there: AnkiNote, record: Record) -> set[str]:
    """Return the tags that an import must leave on a note: those that no build gave it.

    The tag of retired notes is among them: it marks what to bring back, and is removed when that is done.
    """
    return {*there.tags} - _earlier_tags(build, name, record) - {*build.notes[name].tags}


def _earlier_tags(build: DeckBuild, name: str, record: Record) -> set[str]:
    """Return the tags that a note may have from earlier builds, whether or not it has them."""
    known = {*record.notes[name].tags} if name in record.notes else set[str]()
    return known - {*build.notes[name].tags}


def _changed_here(build: DeckBuild, name: str, record: Record) -> bool:
    entry, before = build.lock.notes[name], build.before.notes.get(name)
    known = record.notes[name].hashes if name in record.notes else before.hashes if before else entry.hashes
    return known != entry.hashes


def _changed_collection(
    build: DeckBuild, updated: Collection[str], there: Mapping[str, AnkiNote], record: Record, now: int
) -> Iterable[tuple[Guid, NoteChange]]:
    """Yield the notes that the collection needs otherwise than the package has them: with tags, or a later time.

    An import replaces the tags of a note, and passes over one whose time in the collection is the same or later.
    """
    for name in sorted(there.keys() & build.notes.keys()):
        own, modified = own_tags(build, name, there[name], record), there[name].modified
        time = ours = build.lock.notes[name].modified
        if name in updated and (own or modified >= ours or edited_fields(build, name, there[name], record)):
            time = max(ours, (modified or now) + 1)
        if time > ours or (own and modified < ours):
            yield build.lock.guid(name), NoteChange(tuple(sorted({*build.notes[name].tags, *own})), time)


def _whereabouts(
    build: DeckBuild, there: Mapping[str, AnkiNote], cards: Cards, record: Record
) -> tuple[dict[str, Move], dict[str, str]]:
    """Return which notes are to be moved, and which the learner has put elsewhere."""
    moved: dict[str, Move] = {}
    elsewhere: dict[str, str] = {}
    for name in build.lock.live:
        target = build.lock.notes[name].deck
        if name not in there or cards.decks.keys().isdisjoint(there[name].cards):
            continue
        sources = earlier_decks(build, name, there[name], record)
        decks = {
            card: cards.decks[card] for card in there[name].cards if deck_key(cards.decks[card]) != deck_key(target)
        }
        away = tuple(card for card, deck in decks.items() if deck_key(deck) in sources)
        if away:
            moved[name] = Move(decks[away[0]], target, away)
        elif decks:
            elsewhere[name] = next(iter(decks.values()))
    return moved, elsewhere


def earlier_decks(build: DeckBuild, name: str, there: AnkiNote, record: Record) -> set[str]:
    """Return the decks, but for the present one, that this program has put the note into, as far as is known."""
    before = build.before.notes.get(name)
    decks = [before.deck] if before else []
    decks += [record.notes[name].deck] if name in record.notes else []
    decks += [build.settings.deck_of(html.unescape(there.fields["File"]))] if there.fields.get("File") else []
    return set(map(deck_key, decks)) - {deck_key(build.lock.notes[name].deck)}


def _retired(build: DeckBuild, there: Mapping[str, AnkiNote], cards: Cards) -> Iterable[tuple[str, tuple[int, ...]]]:
    for name, entry in sorted(build.lock.notes.items()):
        if entry.retired and name in there:
            studied = tuple(card for card in there[name].cards if card not in cards.suspended)
            if studied or build.retired_tag not in there[name].tags:
                yield name, studied


def _without_waiting(plan: PushPlan, perhaps_reviewed: frozenset[int]) -> PushPlan:
    """Set aside what touches cards that another device may have reviewed."""
    touched = {**{name: move.cards for name, move in plan.moved.items()}, **plan.retired}
    waiting = frozenset(name for name, cards in touched.items() if perhaps_reviewed.intersection(cards))
    return PushPlan(
        **{
            **vars(plan),
            "moved": {name: move for name, move in plan.moved.items() if name not in waiting},
            "retired": {name: cards for name, cards in plan.retired.items() if name not in waiting},
            "waiting": waiting,
        }
    )
