"""What a learner has and what the next package holds → what importing it will do in Anki, before it is done."""

from __future__ import annotations

import html
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from deckwright.grammar.note import NoteKind
from deckwright.identity import Lock, content_hashes, hash_map
from deckwright.identity.entries import Hashes
from deckwright.identity.headers import DatedNote
from deckwright.notetypes import FIELD_END, FIELDS
from deckwright.package.read import Packaged, PackagedNote
from deckwright.regex import regex

WORD = regex(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)
TAG = regex(r"<(?:br|/p|/li|/h\d|/td|/th|/tr|/pre)\b[^<>]*>|<[^<>]*>")
AROUND = 12
"""Characters shown beside a difference."""
LONG = 500 * 500
"""Numbers of words of two texts, multiplied, up to which they are compared word by word in less than a second."""
DELETION_MARK = regex(r"\{\{c([\d,]+)::|\}\}()")
FOREIGN = "guid:"
"""Begins the name of a note that has no id."""


class NoteState(NamedTuple):
    """A note before or after. Texts may be unknown: a lock holds hashes only."""

    deck: str
    modified: int
    hashes: Hashes
    texts: Mapping[str, str] = {}
    type_id: int = 0
    ords: tuple[int, ...] = ()
    """Ordinals of its cards, where they are known."""
    kind: NoteKind = NoteKind.BASIC


class DeckSnapshot(NamedTuple):
    """A deck before or after: its notes by id, and the times of its note types."""

    notes: Mapping[str, NoteState]
    types: Mapping[NoteKind, int]
    type_ids: tuple[int, ...] = ()
    """Of the deck's note types, where they are known."""


class Plan(NamedTuple):
    """Note ids by what happens to them in a collection that holds the earlier package.

    Each id is there once, but for a note that moved and changed (or is skipped), which is in both.
    """

    new: tuple[str, ...] = ()
    changed: Mapping[str, Mapping[str, str]] = {}
    """Id → field that differs → a short difference (empty when the earlier text is not known)."""
    moved: Mapping[str, tuple[str, str]] = {}
    """Id → earlier and new deck: an import updates the texts, the cards stay where they are."""
    renamed: Mapping[str, str] = {}
    """Earlier → new name of a deck all of whose notes moved there together."""
    retired: tuple[str, ...] = ()
    """Left out of the sources: an import cannot delete them."""
    skipped: tuple[str, ...] = ()
    """Changed, but the earlier package carries the same or a later time: Anki would pass the change over."""
    conflicting: tuple[str, ...] = ()
    """Made with another note type before: Anki would never update them."""
    unchanged: tuple[str, ...] = ()
    restyled: tuple[NoteKind, ...] = ()
    emptied: Mapping[str, tuple[str, ...]] = {}
    """Id → cards that become empty: an import leaves them, with nothing on their front."""
    type_ids: tuple[int, ...] = ()
    """The deck's note types, to which a search is bound."""
    renumbered: Mapping[str, str] = {}
    """Id → the deletions that changed their numbers, where the earlier text is known: each card keeps its history."""

    @property
    def moved_by_hand(self) -> tuple[str, ...]:
        """Moved notes that renaming a deck does not move along."""
        return tuple(name for name, (old, _) in self.moved.items() if self.renamed.keys().isdisjoint(_parents(old)))

    @property
    def counts(self) -> dict[str, int]:
        names = ("new", "changed", "moved", "retired", "unchanged")
        return {name: len(getattr(self, name)) for name in names}


def compare_locks(before: Lock, after: Lock) -> Plan:
    """Return what changed between two builds of one deck: ``after`` was reconciled with ``before``."""
    plan = compare(state_of_lock(before, among=after.changes), state_of_lock(after, among=after.changes))
    if plan.moved:  # whether a deck was renamed depends on all its notes
        return compare(state_of_lock(before), state_of_lock(after))
    return plan._replace(unchanged=tuple(sorted([*plan.unchanged, *(set(after.live) - after.changes.keys())])))


def state_of_lock(
    lock: Lock,
    texts: Mapping[str, Mapping[str, str]] = {},
    among: Iterable[str] | None = None,
    type_ids: Mapping[NoteKind, int] = {},
) -> DeckSnapshot:
    """Return the notes of a lock that are not retired (only those ``among`` some), with what else is known of them."""
    entries = ((name, lock.notes[name]) for name in (lock.notes if among is None else among) if name in lock.notes)
    notes = {
        name: NoteState(
            entry.deck,
            entry.modified,
            entry.hashes,
            texts.get(name, {}),
            type_ids.get(entry.kind, 0),
            entry.ords,
            entry.kind,
        )
        for name, entry in entries
        if not entry.retired
    }
    types = {kind: entry.modified for kind, entry in lock.note_types.items()}
    return DeckSnapshot(notes, types, tuple(type_ids.values()))


def state_of_package(packaged: Packaged, lock: Lock, kinds: Mapping[int, NoteKind]) -> DeckSnapshot:
    """Return the notes of a package by id.

    One that matches none of ``lock`` goes by its ID field if it is of this deck's note types, else by its GUID.
    """
    names = {lock.guid(name): name for name in lock.notes}

    def name_of(note: PackagedNote) -> str:
        own = note.fields.get("ID", "") if note.type_id in kinds else ""
        return names.get(note.guid) or own or f"{FOREIGN}{note.guid}"

    notes = {
        name_of(note): NoteState(
            note.deck,
            note.modified,
            content_hashes(note.fields, note.tags),
            {**note.fields, "Tags": " ".join(note.tags)},
            note.type_id,
            note.ords,
            kinds.get(note.type_id, NoteKind.BASIC),
        )
        for note in packaged.notes
    }
    return DeckSnapshot(notes, {kinds[t.id]: modified for t, modified in packaged.types if t.id in kinds})


def texts_of(note: DatedNote) -> dict[str, str]:
    """Return the texts of a note that the next build packages, by field."""
    names = FIELDS[note.header.kind]
    return {**dict(zip(names, note.fields.split(FIELD_END), strict=True)), "Tags": " ".join(note.header.tags)}


def compare(before: DeckSnapshot, after: DeckSnapshot) -> Plan:
    """Return what importing ``after`` does to a collection that holds ``before``, by Anki's default options."""
    both = {name: (before.notes[name], after.notes[name]) for name in sorted(before.notes.keys() & after.notes.keys())}
    by_change = defaultdict[str, dict[str, tuple[NoteState, NoteState]]](dict)
    for name, pair in both.items():
        by_change[_kind_of_change(*pair)][name] = pair
    changed, conflicting = by_change["changed"], by_change["conflicting"]
    moved = {  # the case of a deck's name does not count in Anki
        name: (old.deck, new.deck)
        for name, (old, new) in both.items()
        if old.deck.casefold() != new.deck.casefold() and name not in conflicting
    }
    return Plan(
        new=tuple(sorted(after.notes.keys() - before.notes.keys())),
        changed={name: differences(*pair) for name, pair in changed.items()},
        moved=moved,
        renamed=_renamed(moved, before, after),
        retired=tuple(sorted(before.notes.keys() - after.notes.keys())),
        skipped=tuple(by_change["skipped"]),
        conflicting=tuple(conflicting),
        unchanged=tuple(name for name in by_change["unchanged"] if name not in moved),
        restyled=tuple(
            kind for kind, time in sorted(after.types.items()) if kind in before.types and time > before.types[kind]
        ),
        emptied={name: gone for name, pair in changed.items() if (gone := _emptied(*pair))},
        renumbered={
            name: text
            for name, (old, new) in changed.items()
            if (text := renumbered(old.texts.get("Text", ""), new.texts.get("Text", "")))
        },
        type_ids=after.type_ids,
    )


def _kind_of_change(old: NoteState, new: NoteState) -> str:
    """Return the field of Plan that a note which both sides have belongs to, whatever its deck."""
    if old.type_id and new.type_id and old.type_id != new.type_id:
        return "conflicting"
    if new.modified > old.modified:
        return "changed"
    return "unchanged" if old.hashes == new.hashes else "skipped"


def _emptied(old: NoteState, new: NoteState) -> tuple[str, ...]:
    """Return the cards that a note has no more."""
    gone = [ordinal for ordinal in old.ords if ordinal not in new.ords] if new.ords else []
    return tuple(card_name(new.kind, ordinal) for ordinal in gone)


def card_name(kind: NoteKind, ordinal: int) -> str:
    """Return what authors call a card."""
    return f"c{ordinal + 1}" if kind is NoteKind.CLOZE else "the reversed card" if ordinal else "the question"


def renumbered(old: str, new: str) -> str:
    """Say which deletions have other numbers in a new text of a cloze note: ``c1 → c2: softmax``; empty when none.

    A number is a card to Anki: the history of one answer would go on under another. One of several deletions of a
    number may get a new number of its own.
    """
    before, after = _deletions(old), _deletions(new)
    moved = [
        f"c{number} → c{there}: {_short(text)}"
        for number, texts in sorted(before.items())
        for text in sorted(texts - after.get(number, set()))
        for there, others in sorted(after.items())
        if text in others - before.get(there, set()) and (there in before or texts.isdisjoint(after.get(number, ())))
    ]
    return ", ".join(moved)


def _deletions(text: str) -> dict[int, set[str]]:
    """What each number hides in a cloze note's text, as plain text without hints."""
    found: dict[int, set[str]] = {}
    open_at: list[tuple[re.Match[str], int]] = []
    for mark in DELETION_MARK.finditer(text):
        if mark[1]:
            open_at.append((mark, mark.end()))
        elif open_at:
            opening, start = open_at.pop()
            inside = plain(DELETION_MARK.sub("", text[start : mark.start()]).partition("::")[0])
            for number in filter(None, opening[1].split(",")):
                found.setdefault(int(number), set()).add(inside)
    return found


def _renamed(moved: Mapping[str, tuple[str, str]], before: DeckSnapshot, after: DeckSnapshot) -> dict[str, str]:
    """Decks whose notes all went, alone, to one deck that was not there before: their display name was changed."""
    targets: dict[str, set[str]] = {}
    for old, new in moved.values():
        targets.setdefault(old, set()).add(new)
    filled = Counter(new for news in targets.values() for new in news)
    earlier = {seen.deck for seen in before.notes.values()}
    staying = {seen.deck for seen in after.notes.values()}
    renamed = {
        old: next(iter(news))
        for old, news in sorted(targets.items())
        if len(news) == 1 and old not in staying and not news & earlier and filled[min(news)] == 1
    }
    roots = {(old.partition("::")[0], new.partition("::")[0]) for old, new in renamed.items()}
    tails = all(old.partition("::")[2] == new.partition("::")[2] for old, new in renamed.items())
    # Anki renames the decks below a renamed one along with it.
    return dict(roots) if len(roots) == 1 and tails and renamed.keys() == earlier else renamed


def _parents(deck: str) -> Iterator[str]:
    """Yield the deck itself and all that it is in, outermost first."""
    return itertools.accumulate(deck.split("::"), lambda parent, part: f"{parent}::{part}")


def differences(old: NoteState, new: NoteState) -> dict[str, str]:
    """Field → a short difference, for every field that differs."""
    before, after = hash_map(old.hashes), hash_map(new.hashes)
    return {
        name: difference(old.texts.get(name, ""), new.texts.get(name, "")) if old.texts and new.texts else ""
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def difference(old: str, new: str) -> str:
    """Return the first word-level difference of two fields, with a little around it: ``…a [-b-] {+c+} d…``."""
    before, after = (WORD.findall(plain(text)) for text in (old, new))
    shown = []
    for i, j, k, m in _changes(before, after):
        removed, added = "".join(before[i:j]), "".join(after[k:m])
        change = (f"[-{_short(removed)}-]" if removed else "") + (f"{{+{_short(added)}+}}" if added else "")
        left, right = "".join(before[max(0, i - AROUND) : i])[-AROUND:], "".join(before[j : j + AROUND])[:AROUND]
        shown.append(f"{left}{change}{right}")
    more = f" (and {len(shown) - 2} more)" if len(shown) > 2 else ""
    return " … ".join(shown[:2]) + more if shown else "(markup only)"


def _changes(before: list[str], after: list[str]) -> list[tuple[int, int, int, int]]:
    """Return the stretches that differ: where they begin and end before, and where after.

    The time that ``difflib`` takes can grow with the cube of the length. So of long texts only what is between their
    common beginning and end is compared word by word; where that is long as well, it is one difference.
    """
    start = end = 0
    if len(before) * len(after) > LONG:
        start = _common(before, after)
        end = _common(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if len(old) * len(new) > LONG:
        return [(start, start + len(old), start, start + len(new))]
    import difflib  # it takes a while, and only a plan with earlier texts needs it

    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(start + i, start + j, start + k, start + m) for kind, i, j, k, m in codes if kind != "equal"]


def _common(one: list[str], other: list[str]) -> int:
    """Return how many words at the beginning are the same."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def plain(text: str) -> str:
    """Return a field's HTML as a line of text."""
    return " ".join(html.unescape(TAG.sub(" ", text)).split())


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:24]}…{text[-12:]}"


def question_of(texts: Mapping[str, str]) -> str:
    """Return the question of a note, given its texts by field, as a line of text; nothing when they are not known."""
    questions = (plain(texts.get(field, "")) for field in ("Question", "Prompt", "Text"))
    return next(filter(None, questions), "")


def search(names: Iterable[str], type_ids: Iterable[int]) -> str:
    """Return the search for Anki's browser that finds notes of this deck's note types by their ids.

    Another deck may have notes of the same ids. One regular expression: Anki refuses more than a thousand ``OR``.
    """
    types = " OR ".join(f"mid:{number}" for number in sorted(type_ids))
    ids = [re.escape(name).replace("\\-", "-") for name in names if not name.startswith(FOREIGN)]
    return f'({types}) "ID:re:^({"|".join(ids)})$"' if ids else ""
