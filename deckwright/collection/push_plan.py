"""A build and what a collection holds → what a push will do there, before it is done."""

from __future__ import annotations

import html
import time
from collections.abc import Collection, Iterable, Mapping, Set
from typing import NamedTuple

from deckwright.collection.builds import DeckBuild
from deckwright.collection.compared_note import ComparedNote, Texts
from deckwright.collection.folders import deck_key
from deckwright.collection.notes import AnkiNote
from deckwright.deck.settings import Settings
from deckwright.identity.ids import Guid
from deckwright.package.variant import NoteChange


class Move(NamedTuple):
    """Cards of a note that are to go from one deck to another."""

    source: str
    target: str
    cards: tuple[int, ...]


class PushPlan(NamedTuple):
    """Note ids by what a push does; a note that moves may be in another list as well."""

    new: tuple[str, ...]
    updated: Mapping[str, Mapping[str, Texts]]
    """Id → fields that differ."""
    kept: Mapping[str, Mapping[str, Texts]]
    """Edited in Anki, so left as they are there: id → the edited fields."""
    outdated: Set[str]
    """Those of the kept ones that changed here as well."""
    moved: Mapping[str, Move]
    elsewhere: Mapping[str, str]
    """Moved here, but put by the learner into a deck of their own choice: id → that deck."""
    retired: Mapping[str, tuple[int, ...]]
    """Id → cards to be suspended."""
    returned: Mapping[str, tuple[int, ...]]
    """Among the sources again: id → cards to be studied again."""
    waiting: Set[str]
    """To be moved or retired later: another device may have reviewed a card of theirs since it was last synced."""
    unchanged: int
    changed_in_package: Mapping[Guid, NoteChange]
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
    suspended: Set[int]
    """Among those of retired notes, and of notes that carry the tag of such."""
    perhaps_reviewed: Set[int]
    """Those that another device may have reviewed without having synced since."""


def plan_push(
    build: DeckBuild,
    there: Mapping[str, AnkiNote],
    notes: Mapping[str, ComparedNote],
    cards: Cards,
    overwrite: Collection[str] | None,
) -> PushPlan:
    """Return what a push does to a collection that holds ``there``, with those ``notes`` of the sources among them.

    ``overwrite`` names notes whose edits in Anki are to give way (None: all).
    """
    updated: dict[str, dict[str, Texts]] = {}
    kept: dict[str, dict[str, Texts]] = {}
    for name, note in notes.items():
        if changes := note.changes():
            edited = note.edited
            if edited and overwrite is not None and name not in overwrite:
                kept[name] = {key: changes.get(key) or note.texts(key) for key in edited}
            else:
                updated[name] = changes
    moved, elsewhere = _whereabouts(build.settings, notes, cards)
    retired = dict(_retired(build, there, cards))
    touched = {**{name: move.cards for name, move in moved.items()}, **retired}
    waiting = {name for name, found in touched.items() if not cards.perhaps_reviewed.isdisjoint(found)}
    return PushPlan(
        new=tuple(name for name in build.lock.live if name not in there),
        updated=updated,
        kept=kept,
        outdated={name for name in kept if notes[name].changed_here},
        moved={name: move for name, move in moved.items() if name not in waiting},
        elsewhere=elsewhere,
        retired={name: found for name, found in retired.items() if name not in waiting},
        returned={
            name: tuple(card for card in note.there.cards if card in cards.suspended)
            for name, note in notes.items()
            if build.retired_tag in note.there.tags
        },
        waiting=waiting,
        unchanged=len(notes) - len(updated) - len(kept),
        changed_in_package={build.lock.guid(name): change for name, change in _otherwise(notes, updated)},
    )


def _otherwise(notes: Mapping[str, ComparedNote], updated: Collection[str]) -> Iterable[tuple[str, NoteChange]]:
    """Yield the notes that the collection needs otherwise than the package has them: with tags, or a later time.

    An import replaces the tags of a note, and passes over one whose time in the collection is the same or later.
    """
    for name, note in sorted(notes.items()):
        own, modified = note.own_tags, note.there.modified
        newer = ours = note.entry.modified
        if name in updated and (own or modified >= ours or note.edited):
            newer = max(ours, (modified or int(time.time())) + 1)
        if newer > ours or (own and modified < ours):
            yield name, NoteChange(tuple(sorted({*note.built.tags, *own})), newer)


def _whereabouts(
    settings: Settings, notes: Mapping[str, ComparedNote], cards: Cards
) -> tuple[dict[str, Move], dict[str, str]]:
    """Return which notes are to be moved, and which the learner has put elsewhere."""
    moved: dict[str, Move] = {}
    elsewhere: dict[str, str] = {}
    for name, note in notes.items():
        known = {card: cards.decks[card] for card in note.there.cards if card in cards.decks}
        target = note.entry.deck
        decks = {card: deck for card, deck in known.items() if deck_key(deck) != deck_key(target)}
        sources = earlier_decks(settings, note) if decks else set[str]()
        away = tuple(card for card, deck in decks.items() if deck_key(deck) in sources)
        if away:
            moved[name] = Move(decks[away[0]], target, away)
        elif decks:
            elsewhere[name] = next(iter(decks.values()))
    return moved, elsewhere


def earlier_decks(settings: Settings, note: ComparedNote) -> set[str]:
    """Return the decks, but for the present one, that this program has put the note into, as far as is known."""
    decks = [known.deck for known in (note.before, note.pushed) if known]
    if file := note.there.fields.get("File"):
        decks.append(settings.deck_of(html.unescape(file)))
    return set(map(deck_key, decks)) - {deck_key(note.entry.deck)}


def _retired(build: DeckBuild, there: Mapping[str, AnkiNote], cards: Cards) -> Iterable[tuple[str, tuple[int, ...]]]:
    for name, entry in sorted(build.lock.notes.items()):
        if entry.retired and name in there:
            studied = tuple(card for card in there[name].cards if card not in cards.suspended)
            if studied or build.retired_tag not in there[name].tags:
                yield name, studied
