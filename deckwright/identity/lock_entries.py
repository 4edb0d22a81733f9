"""The entries of a lock, and an entry of ``deck.lock`` as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, KeysView, Mapping
from functools import cached_property
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import Any

from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Entry, to_hashes
from deckwright.identity.ids import CARDS_PER_NOTE
from deckwright.regex import regex

LAST_NUMBER = 2**53 - 1
"""The greatest id of a note that every part of Anki holds exactly, JavaScript included."""
LAST_TIME = 253_402_300_799
"""Seconds: the end of the year 9999, the last that a date can name."""
MODIFIED = regex(r'"mod": (\d+), "pos": ')
RETIRED = '"retired": true}'
"""How the line of a retired note ends."""


class LockEntries(Mapping[str, Entry]):
    """The entries of a lock by id: the lines of its file, each parsed when it is asked for, and entries beside them.

    To make an entry of every line takes a tenth of the build after an edit of 10,000 notes, which needs a few of them.
    An entry of ``entries`` takes the place of the line of the same id.
    """

    def __init__(
        self, entries: Mapping[str, Entry] = MappingProxyType({}), lines: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._made, self._lines = entries, lines
        self._entries: dict[str, Entry | None] = {**dict.fromkeys(lines), **entries}

    def __getitem__(self, name: str) -> Entry:
        if (entry := self._entries[name]) is None:
            entry = self._entries[name] = entry_of_json(json.loads(self._lines[name]))
        return entry

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def keys(self) -> KeysView[str]:
        return self._entries.keys()

    def with_changes(self, changes: Mapping[str, Entry]) -> LockEntries:
        """Return the entries with some in the place of others or beside them."""
        entries = LockEntries({**self._made, **changes}, self._lines)
        latest = max((entry.modified for entry in changes.values()), default=0)
        if latest >= self.newest:  # as after an edit: the lines need not be looked through again
            entries.newest = latest
        return entries

    def text(self, name: str) -> str:
        """Return an entry as JSON."""
        return text_of(self._made[name]) if name in self._made else self._lines[name]

    @cached_property
    def newest(self) -> int:
        """The latest time, 0 when there is no entry."""
        lines = (line for name, line in self._lines.items() if name not in self._made)
        times = (entry.modified for entry in self._made.values())
        return max([*times, *map(int, MODIFIED.findall("\n".join(lines)))], default=0)

    @cached_property
    def retired(self) -> set[str]:
        """The ids of the retired notes."""
        found = {name for name, line in self._lines.items() if line.endswith(RETIRED)} - self._made.keys()
        return found | {name for name, entry in self._made.items() if entry.retired}

    @property
    def is_raw(self) -> bool:
        """Whether some are of format 1, which are never kept as lines."""
        return any(entry.is_raw for entry in self._made.values())


def entry_of_json(value: Mapping[str, Any], *, is_raw: bool = False) -> Entry:
    """Return the entry of a JSON value, of format 1 when it ``is_raw``.

    Raises KeyError, TypeError, ValueError or AttributeError when it is not one.
    """
    html = value.get("html", "")
    is_raw = is_raw or isinstance(html, dict)
    return Entry(
        kind=NoteKind(value["kind"]),
        number=number_value("nid", value["nid"], 1, LAST_NUMBER),
        modified=number_value("mod", value["mod"], 1, LAST_TIME),
        position=number_value("pos", value["pos"], 0, LAST_NUMBER),
        deck=text_value(value["deck"]),
        hashes=to_hashes({text_value(name): text_value(digest) for name, digest in value.get("is", html).items()}),
        retired=value.get("retired") is True,
        markup="" if is_raw else text_value(html),
        guid=text_value(value.get("guid", "")),
        ords=() if is_raw else tuple(number_value("cards", n, 0, CARDS_PER_NOTE - 1) for n in value.get("cards", (0,))),
        is_raw=is_raw,
    )


def text_value(value: object) -> str:
    """The text itself. Raises TypeError for another type, ValueError for a lone surrogate, which no file can hold."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    if not value.isascii():
        value.encode()
    return value


def number_value(name: str, value: object, least: int, most: int) -> int:
    """The value, a whole number in that range: Anki takes no other. Raises ValueError when it is anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"`{name}` is {value!r}, not a number from {least} to {most}")
    return value


def text_of(entry: Entry) -> str:
    """Return an entry as JSON; ``entry_of_json`` reads it."""
    guid = f'"guid": {encode_basestring(entry.guid)}, ' if entry.guid else ""
    html = f"{{{entry.hashes}}}" if entry.is_raw else encode_basestring(entry.markup)
    seen = "" if entry.is_raw else f'"is": {{{entry.hashes}}}, '
    cards = "" if entry.ords in ((), (0,)) else f'"cards": {[*entry.ords]}, '
    retired = ', "retired": true' if entry.retired else ""
    return (
        f'{{"kind": "{entry.kind}", "nid": {entry.number}, "mod": {entry.modified}, "pos": {entry.position}, '
        f'"deck": {encode_basestring(entry.deck)}, {guid}{cards}{seen}"html": {html}{retired}}}'
    )
