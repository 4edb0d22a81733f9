"""``deck.lock``: what was built before. It gives each note its GUID, its numbers, its time and its position."""

from __future__ import annotations

import bisect
import datetime
import functools
import hashlib
import io
import itertools
import json
import operator
import re
from collections.abc import Collection, Iterable, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, NamedTuple

from deckwright.cache import file_digest
from deckwright.identity import guid_for, number_for
from deckwright.model import DatedNote, Hashes, Header, NoteKind, Packaged, Place, Problem
from deckwright.notetype import FIELDS

LOCK_FILE = "deck.lock"
FORMAT = 1
LAST_POSITION = 900_000
"""Anki's database check complains about positions of new cards from 1,000,000 on."""
STEP = 100
NOTES, RETIRED, END = '"notes": {\n', ', "retired": true', '"": null\n}}\n'
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
LINE, NAMED = (f'^"({PLAIN}++)": {value},\n' for value in (VALUE, r"(\{.*\})"))
"""A note's line as ``lock_bytes`` writes it, which is nearly every line; and one of a file that was written by it.

Texts, because it takes a while to compile the first, and a build that follows another needs the second alone.
"""
A_TIME = 1 << 20
"""Characters of lines that are read together."""


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
            self.known[name] = entry = _entry_of(entry)
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
        return [name for name, entry in _known(self.notes).items() if not _is_retired(entry)]

    @cached_property
    def newest(self) -> int:
        """The latest time in it, 0 when empty: the time of the package as a whole."""
        times = [_modified(entry) for entry in _known(self.notes).values()]
        return max([0, *times, *(entry.modified for entry in self.note_types.values())])


def _known(notes: Mapping[str, Entry]) -> Mapping[str, Entry | str]:
    """The entries as they are at hand, some of them perhaps as text."""
    return notes.known if isinstance(notes, Entries) else notes


def _is_retired(entry: Entry | str) -> bool:
    return entry.endswith(f"{RETIRED}}}") if isinstance(entry, str) else entry.retired


def _modified(entry: Entry | str) -> int:
    return int(entry.split(", ", 3)[2][len('"mod": ') :]) if isinstance(entry, str) else entry.modified


class LockError(Exception):
    """``deck.lock`` cannot be used; ``problem`` says where and what to do."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.problem = Problem(Place(LOCK_FILE, line, column), message, "bad-lock")


def read_lock(root: Path, deck_id: str, written: str = "") -> Lock:
    """The lock of a deck folder; an empty one when there is no file. Raises LockError when it cannot be used.

    ``written`` is the digest of a file that ``lock_bytes`` made. When this is that one, no entry is looked at yet.
    """
    path = root / LOCK_FILE
    try:
        found = file_digest(path).hex()
        lock = (_read_written(path, deck_id) if found == written else None) or _read_lines(path, deck_id)
        if lock:
            return replace(lock, digest=found)
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Lock(deck_id)
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"cannot be read ({error}); restore it from version control") from None
    if conflict := re.search(r"^(?:<{7}|={7}|>{7}|\|{7})", text, re.MULTILINE):
        line = text.count("\n", 0, conflict.start()) + 1
        raise LockError("a merge left conflict markers here; take either side whole, then build again", line)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"not valid JSON ({error.msg}); restore it from version control"
        raise LockError(message, error.lineno, error.colno) from None
    except (RecursionError, ValueError) as error:
        raise LockError(f"not valid JSON ({error}); restore it from version control") from None
    return replace(_parse(value, text, deck_id), digest=found)


def _read_written(file: Path, deck_id: str) -> Lock | None:
    """A lock that ``lock_bytes`` wrote, its entries left as text; None when the name of a note is not plain."""
    head, _, lines = file.read_text(encoding="utf-8").partition(NOTES)
    notes = Entries(dict(re.findall(NAMED, lines, re.MULTILINE)))
    if len(notes) != lines.count("\n") - END.count("\n"):
        return None
    return replace(_parse(json.loads(f"{head}{NOTES}}}}}"), head, deck_id), notes=notes)


def _read_lines(file: Path, deck_id: str) -> Lock | None:
    """A lock that stands line for line as ``lock_bytes`` writes it; None for any other, which is read as JSON.

    Most locks are like that, and a line at a time takes a fraction of the time and memory.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            head = "".join(itertools.takewhile(lambda line: line != NOTES, lines))
            value = json.loads(head + NOTES + "}}")
            notes = _read_entries(lines)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None
    return None if notes is None else replace(_parse(value, head, deck_id), notes=notes)


def _read_entries(file: IO[str]) -> dict[str, Entry] | None:
    """The notes, and the end of the file after them; None when a line is not as ``lock_bytes`` writes it."""
    notes: dict[str, Entry] = {}
    line = re.compile(LINE, re.MULTILINE)
    while lines := file.readlines(A_TIME):
        found = line.findall("".join(lines))
        for name, *values in found:
            notes[name] = _entry_of_values(*values)
        if len(found) < len(lines):
            rest = "".join([*lines[len(found) :], *file])
            return notes if rest == END else None
    return None


def _entry_of(text: str) -> Entry:
    """The entry that a file written by ``lock_bytes`` holds as this text."""
    plain = re.fullmatch(VALUE, text)
    return _entry_of_values(*plain.groups("")) if plain else _entry_of_json(json.loads(text))


def _entry_of_values(
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


def _parse(value: Any, text: str, deck_id: str) -> Lock:
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise LockError(f"not a lock of format {FORMAT}; restore it from version control, or use a newer program")
    if value.get("deck") != deck_id:
        raise LockError(
            f'this lock belongs to the deck `{value.get("deck")}`, but deck.toml says id = "{deck_id}"; '
            "a deck's id is for ever: change deck.toml back"
        )
    notes: dict[str, Entry] = {}
    name = "note-types"
    try:
        types = {NoteKind(kind): TypeEntry(str(e["look"]), _count(e["mod"])) for kind, e in value[name].items()}
        for name, entry in value["notes"].items():
            if name:
                notes[_text(name)] = _entry_of_json(entry)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        line = text.count("\n", 0, max(text.find(json.dumps(name)), 0)) + 1
        message = f"the entry `{name}` is damaged ({error}); restore the file from version control"
        raise LockError(message, line) from None
    return Lock(deck_id, notes, types)


def _entry_of_json(value: Mapping[str, Any]) -> Entry:
    return Entry(
        kind=NoteKind(value["kind"]),
        number=_count(value["nid"]),
        modified=_count(value["mod"]),
        position=_count(value["pos"]),
        deck=_text(str(value["deck"])),
        hashes=_hashes({_text(name): _text(str(digest)) for name, digest in value["is"].items()}),
        retired=value.get("retired") is True,
    )


def _text(value: str) -> str:
    """The text itself. Raises ValueError when it holds half a character, which no file can."""
    value.encode()
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no number")
    return value


def lock_bytes(lock: Lock) -> bytes:
    """The file: JSON, one line a note, sorted by id, every line ended alike so that merges meet few conflicts."""
    file = io.BytesIO()
    file.writelines(line.encode() for line in _lines(lock))
    return file.getvalue()


def _lines(lock: Lock) -> Iterator[str]:
    types = {
        kind.value: {"look": entry.fingerprint, "mod": entry.modified}
        for kind, entry in sorted(lock.note_types.items())
    }
    yield f'{{\n"format": {FORMAT},\n"deck": {json.dumps(lock.deck_id)},\n"note-types": {json.dumps(types)},\n'
    yield NOTES
    notes = _known(lock.notes)
    for name in sorted(notes):
        entry = notes[name]
        # An entry that is still text has a plain name.
        yield f'"{name}": {entry},\n' if isinstance(entry, str) else f"{json.dumps(name)}: {_written(entry)},\n"
    yield END


def _written(entry: Entry) -> str:
    """An entry as text; ``VALUE`` finds its parts again."""
    return (
        f'{{"kind": "{entry.kind}", "nid": {entry.number}, "mod": {entry.modified}, "pos": {entry.position}, '
        f'"deck": {_quoted(entry.deck)}, "is": {{{entry.hashes}}}{RETIRED if entry.retired else ""}}}'
    )


@functools.lru_cache(10_000)
def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def reconcile(
    headers: Sequence[Header],
    looks: Mapping[NoteKind, str],
    before: Lock,
    now: int,
    touch: Collection[str] | None = (),
    among: Sequence[str] | None = None,
) -> Lock:
    """Give every note its number, time and position: the lock of this build. What did not change is the same object.

    ``headers`` come in study order; ``looks`` are the fingerprints of the note types; ``now`` is the clock in seconds;
    ``touch`` names notes that get a new time although nothing changed (None: all of them). ``among`` are the ids of
    all notes in study order, where ``headers`` are only those that may differ from what ``before`` says of them;
    it is then the lock of a build that had the others in the same order.

    A note's time is the time of the build that first saw its content: Anki updates a note only when the package's time
    is strictly newer, and an unchanged note keeps its time so that an import leaves the learner's edits and tags alone.
    """
    order = [header.id for header in headers] if among is None else among
    numbers = _numbers(headers, before, are_all=among is None)
    changes = _changes(headers, before, now, touch, (numbers, _positions(order, headers, before)))
    for name in before.notes.keys() - set(order):
        if not before.notes[name].retired:
            changes[name] = before.notes[name]._replace(retired=True)
    types = {kind: _dated_look(before.note_types.get(kind), look, now, touch is None) for kind, look in looks.items()}
    return Lock(before.deck_id, Entries({**_known(before.notes), **changes}), types, changes=changes)


def _changes(
    headers: Sequence[Header],
    before: Lock,
    now: int,
    touch: Collection[str] | None,
    given: tuple[Mapping[str, int], Mapping[str, int]],
) -> dict[str, Entry]:
    """The entries of the deck's notes that differ from those before, with the numbers and positions ``given``."""
    numbers, positions = given
    touched = None if touch is None else frozenset(touch)
    changes: dict[str, Entry] = {}
    for header in headers:
        name, known = header.id, before.notes.get(header.id)
        modified = now
        if known:
            changed = touched is None or name in touched or known.hashes != header.hashes
            modified = max(now, known.modified + 1) if changed else known.modified
        entry = Entry(header.kind, numbers[name], modified, positions[name], header.deck, header.hashes)
        if entry != known:
            changes[name] = entry
    for name in positions.keys() - {header.id for header in headers}:
        if before.notes[name].position != positions[name]:
            changes[name] = before.notes[name]._replace(position=positions[name])
    return changes


def _dated_look(known: TypeEntry | None, look: str, now: int, touched: bool) -> TypeEntry:
    if known is None:
        return TypeEntry(look, now)
    changed = touched or known.fingerprint != look
    return TypeEntry(look, max(now, known.modified + 1)) if changed else known


def dated(header: Header, fields: str, lock: Lock) -> DatedNote:
    """A note with the time, number and position that the lock of this build gives it."""
    entry = lock.notes[header.id]
    return DatedNote(header, fields, entry.number, entry.modified, entry.position)


def recover_lock(deck_id: str, packaged: Packaged, kinds: Mapping[int, NoteKind]) -> Lock:
    """The lock of a deck as it was when a package of it was built; ``kinds`` names the deck's note types by id.

    Notes of other decks and programs are passed over. Retired notes are not in a package, so their ids are forgotten.
    """
    notes = {
        note.fields.get("ID", ""): Entry(
            kind=kinds[note.type_id],
            number=note.number,
            modified=note.modified,
            position=note.position,
            deck=note.deck,
            hashes=content_hashes(note.fields, note.tags),
        )
        for note in packaged.notes
        if note.type_id in kinds and note.guid == guid_for(deck_id, note.fields.get("ID", ""))
    }
    types = {kinds[t.id]: TypeEntry(t.look, t.modified) for t in packaged.types if t.id in kinds}
    return Lock(deck_id, notes, types)


def future_problem(lock: Lock, now: int) -> Problem | None:
    """The problem with a lock ahead of the clock: Anki would skip every change until the clock is there."""
    if lock.newest <= now:
        return None
    ahead = datetime.datetime.fromtimestamp(lock.newest, datetime.UTC).isoformat(sep=" ")
    clock = datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(sep=" ")
    return Problem(
        Place(LOCK_FILE),
        f"a time in it ({ahead[:19]} UTC) is later than this machine's clock ({clock[:19]} UTC); set the clock right, "
        "or restore the lock from version control",
        "future-time",
    )


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


def _numbers(headers: Sequence[Header], before: Lock, *, are_all: bool) -> dict[str, int]:
    """Anki's number for every note: the recorded one, or the GUID's, the next free one on a collision."""
    new = {header.id: header.guid for header in headers if header.id not in before.notes}
    if not (new or are_all):
        return {header.id: before.notes[header.id].number for header in headers}
    numbers = {name: entry.number for name, entry in before.notes.items()}
    taken = set(numbers.values())
    if len(taken) < len(numbers):
        numbers, taken = _parted(before)
    for name in sorted(new):
        numbers[name] = number_for(new[name], taken)
        taken.add(numbers[name])
    return numbers


def _parted(before: Lock) -> tuple[dict[str, int], set[int]]:
    """Two branches may have recorded the same number for two notes: the first by id keeps it."""
    numbers: dict[str, int] = {}
    taken: set[int] = set()
    for name, entry in sorted(before.notes.items()):
        number = entry.number
        if number in taken:
            number = number_for(guid_for(before.deck_id, name), taken)
        numbers[name] = number
        taken.add(number)
    return numbers, taken


def _positions(order: Sequence[str], headers: Sequence[Header], before: Lock) -> dict[str, int]:
    """The positions of the notes with headers; those of all notes, unless the others surely stay where they are."""
    known, mine = before.notes, {header.id for header in headers}
    if len(mine) < len(order) and mine <= known.keys():
        near = (pair for pair in itertools.pairwise(order) if not mine.isdisjoint(pair))
        if all(0 < known[a].position < known[b].position <= LAST_POSITION for a, b in near):
            return {name: known[name].position for name in mine}
    return place_in_order(order, {name: entry.position for name, entry in known.items()})


def place_in_order(order: Sequence[str], known: Mapping[str, int]) -> dict[str, int]:
    """Positions that grow along ``order`` and leave as many known ones as they were as can be.

    Anki honours the position of a new card at its first import only, so positions are sparse: a new note goes between
    its neighbours. When a gap is full, or the last position is out of reach, all are placed anew.
    """
    held = [known.get(name, 0) for name in order]
    if all(map(operator.lt, [0, *held], [*held, LAST_POSITION + 1])):
        return dict(zip(order, held, strict=True))
    kept = _rising([name for name in order if name in known], known)
    placed: dict[str, int] = {}
    previous, pending = 0, list[str]()
    for name in order:
        if name not in kept:
            pending.append(name)
            continue
        gap = (known[name] - previous) / (len(pending) + 1)
        if pending and gap < 1:
            return _afresh(order)
        for index, waiting in enumerate(pending, 1):
            placed[waiting] = previous + int(index * gap)
        placed[name] = previous = known[name]
        pending = []
    for index, waiting in enumerate(pending, 1):
        placed[waiting] = previous + index * min(STEP, max(1, LAST_POSITION // (len(order) + 1)))
    return placed if not placed or max(placed.values()) <= LAST_POSITION else _afresh(order)


def _afresh(order: Sequence[str]) -> dict[str, int]:
    step = min(STEP, max(1, LAST_POSITION // (len(order) + 1)))
    return {name: index * step for index, name in enumerate(order, 1)}


def _rising(names: Sequence[str], known: Mapping[str, int]) -> set[str]:
    """A longest subsequence whose known positions strictly grow (patience sorting, n log n)."""
    tails: list[int] = []
    last: list[int] = []
    links: list[int] = []
    for index, name in enumerate(names):
        place = bisect.bisect_left(tails, known[name])
        links.append(last[place - 1] if place else -1)
        tails[place : place + 1] = [known[name]]
        last[place : place + 1] = [index]
    chosen, index = set[str](), last[-1] if last else -1
    while index >= 0:
        chosen.add(names[index])
        index = links[index]
    return chosen
