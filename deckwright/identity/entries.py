"""What ``deck.lock`` says of notes and note types, as values and as the text of a line."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, KeysView, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, NewType

from deckwright.grammar.note import NoteKind
from deckwright.notetypes import FIELDS

RETIRED = ', "retired": true'
KINDS = {kind.value: kind for kind in NoteKind}
PLAIN, NUMBER = r'[^"\\\x00-\x1f]', "(0|[1-9][0-9]{0,17})"
HASHED = sorted({"Tags", *itertools.chain.from_iterable(FIELDS.values())} - {"ID"})
HASHES = "".join(rf'(?:(?:(?<=\{{)|(?<="), )"{name}": "[0-9a-f]{{10}}")?' for name in HASHED)
"""The hashes of a note as ``lock_bytes`` writes them: sorted by name, so each name once and in its place.

No group here is possessive (``?+``): Python before 3.11.5 takes those wrongly.
"""
VALUE = (
    f'{{"kind": "({"|".join(KINDS)})", "nid": {NUMBER}, "mod": {NUMBER}, "pos": {NUMBER}, '
    rf'"deck": ("{PLAIN}*+(?:\\.{PLAIN}*+)*"), "is": {{({HASHES})}}({RETIRED})?}}'
)
"""An entry as ``text_of`` writes it, which is nearly every one."""


Hashes = NewType("Hashes", str)
"""Field (and ``Tags``) → hash of its content, as ``deck.lock`` writes it: ``"Answer": "0123456789", …``, sorted by name
and without the empty ones. One string a note compares fast and takes little memory."""


class Entry(NamedTuple):
    """What is known of a note: its kind and number for ever, the rest from the last build it was in."""

    kind: NoteKind
    number: int
    modified: int
    position: int
    deck: str
    hashes: Hashes
    retired: bool = False


class TypeEntry(NamedTuple):
    """What is known of a note type: the fingerprint of its look and the time that look was first built."""

    fingerprint: str
    modified: int


class Entries(Mapping[str, Entry]):
    """Id → entry. What stands as text, as in the file, becomes an entry when somebody asks for it."""

    def __init__(self, known: dict[str, Entry | str]) -> None:
        self.known = known

    def __getitem__(self, name: str) -> Entry:
        entry = self.known[name]
        if isinstance(entry, str):
            self.known[name] = entry = entry_of(entry)
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)

    def keys(self) -> KeysView[str]:
        return self.known.keys()


@dataclass(frozen=True)
class Lock:
    """The content of ``deck.lock``. Empty before the first build."""

    deck_id: str
    notes: Mapping[str, Entry] = field(default_factory=dict)
    note_types: Mapping[NoteKind, TypeEntry] = field(default_factory=dict)
    digest: str = field(default="", compare=False)
    """A hash of the file, when it was read from one."""
    changes: Mapping[str, Entry] = field(default_factory=dict, compare=False)
    """The entries that are not those of the lock that it was reconciled with."""

    @property
    def live(self) -> list[str]:
        """The ids of the notes that are not retired."""
        return [name for name, entry in at_hand(self.notes).items() if not _is_retired(entry)]

    @cached_property
    def newest(self) -> int:
        """The latest time in it, 0 when empty: the time of the package as a whole."""
        times = [_modified(entry) for entry in at_hand(self.notes).values()]
        return max([0, *times, *(entry.modified for entry in self.note_types.values())])


def at_hand(notes: Mapping[str, Entry]) -> Mapping[str, Entry | str]:
    """The entries as they are at hand, some of them perhaps as text."""
    return notes.known if isinstance(notes, Entries) else notes


def _is_retired(entry: Entry | str) -> bool:
    return entry.endswith(f"{RETIRED}}}") if isinstance(entry, str) else entry.retired


def _modified(entry: Entry | str) -> int:
    return int(entry.split(", ", 3)[2][len('"mod": ') :]) if isinstance(entry, str) else entry.modified


def entry_of(text: str) -> Entry:
    """The entry that a file written by ``lock_bytes`` holds as this text."""
    plain = re.fullmatch(VALUE, text)
    return entry_of_values(*plain.groups("")) if plain else entry_of_json(json.loads(text))


def entry_of_values(
    kind: str, number: str, modified: str, position: str, deck: str, hashes: str, retired: str
) -> Entry:
    """The entry of what ``VALUE`` finds."""
    numbers = (int(number), int(modified), int(position))
    return Entry(KINDS[kind], *numbers, _unquoted(deck), Hashes(hashes), bool(retired))


@functools.lru_cache(10_000)
def _unquoted(text: str) -> str:
    """A text in JSON, kept once for all the notes that have the same."""
    found: str = json.loads(text)
    return found


def entry_of_json(value: Mapping[str, Any]) -> Entry:
    """The entry of a JSON value. Raises KeyError, TypeError, ValueError or AttributeError when it is none."""
    return Entry(
        kind=NoteKind(value["kind"]),
        number=count(value["nid"]),
        modified=count(value["mod"]),
        position=count(value["pos"]),
        deck=whole_text(str(value["deck"])),
        hashes=_hashes({whole_text(name): whole_text(str(digest)) for name, digest in value["is"].items()}),
        retired=value.get("retired") is True,
    )


def whole_text(value: str) -> str:
    """The text itself. Raises ValueError when it holds half a character, which no file can."""
    value.encode()
    return value


def count(value: object) -> int:
    """The value, a whole number that is not negative. Raises ValueError when it is anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no number")
    return value


def text_of(entry: Entry) -> str:
    """An entry as text; ``VALUE`` finds its parts again."""
    return (
        f'{{"kind": "{entry.kind}", "nid": {entry.number}, "mod": {entry.modified}, "pos": {entry.position}, '
        f'"deck": {_quoted(entry.deck)}, "is": {{{entry.hashes}}}{RETIRED if entry.retired else ""}}}'
    )


@functools.lru_cache(10_000)
def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def content_hashes(fields: Mapping[str, str], tags: Iterable[str]) -> Hashes:
    """The hash of every field and of the tags. Media bytes count through their names, which are hashes."""
    texts = {**fields, "Tags": " ".join(tags)}
    found = [(label, text) for name, label in _hashed(tuple(texts)) if (text := texts[name])]
    return Hashes(", ".join([f'{label}: "{hash_text(text)}"' for label, text in found]))


@functools.lru_cache(64)
def _hashed(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """What is hashed, in the order of the lock: name and the name as JSON."""
    return [(name, json.dumps(name, ensure_ascii=False)) for name in sorted(names) if name != "ID"]


def hash_text(text: str) -> str:
    """Forty bits tell two versions of one field apart; the lock stays readable."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def hash_map(hashes: Hashes) -> dict[str, str]:
    """Field (and ``Tags``) → hash of its content."""
    found: dict[str, str] = json.loads(f"{{{hashes}}}")
    return found


def _hashes(found: Mapping[str, str]) -> Hashes:
    return Hashes(json.dumps(found, ensure_ascii=False, sort_keys=True)[1:-1])
