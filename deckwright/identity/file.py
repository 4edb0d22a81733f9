"""The file: JSON with one line a note."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from json.encoder import encode_basestring, encode_basestring_ascii
from pathlib import Path
from typing import Any

from deckwright.deck.settings import LOCK_FILE
from deckwright.files import digest
from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Entry, Hashes, Lock, TypeEntry, to_hashes
from deckwright.problems import Place, Problem
from deckwright.regex import regex

KINDS = {kind.value: kind for kind in NoteKind}
FORMAT = 2
FORMATS = (1, FORMAT)
"""Those that can be read. Format 1 held hashes of the fields' HTML as it was, and none of what a learner sees."""
LAST_NUMBER = 2**53 - 1
"""The greatest id of a note that every part of Anki holds exactly, JavaScript included."""
LAST_TIME = 253_402_300_799
"""Seconds: the end of the year 9999, the last that a date can name."""
LAST_ORDINAL = 499
"""Anki makes cards with ordinals below 500."""
RESTORE = "restore the file from version control"
FIRST, END = '"notes": {\n', '"": null\n}}\n'
"""What is before and after the lines of notes."""
LINE = regex(
    r'^"([^"\\\x00-\x1f]+)": \{"kind": "(\w+)", "nid": ([1-9]\d{0,14}), "mod": ([1-9]\d{0,10}), "pos": (\d{1,15}), '
    r'"deck": "([^"\\\x00-\x1f]*)", (?:"guid": "([^"\\\x00-\x1f]+)", )?(?:"cards": \[(\d\d?(?:, \d\d?)*)\], )?'
    r'"is": \{((?:"\w+": "\w+"(?:, (?=")|(?=\})))*)\}, "html": "(\w*)"(, "retired": true)?\},$',
    re.MULTILINE | re.ASCII,
)
"""The line of a note as ``_lines`` writes it, but for rare ones."""


class LockError(Exception):
    """``deck.lock`` cannot be used; ``problem`` says where and what to do."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.problem = Problem(Place(LOCK_FILE, line, column), message, "bad-lock")


def read_lock(root: Path, deck_id: str) -> Lock:
    """Return the lock of a deck folder; an empty one when there is no file. Raises LockError when it cannot be used."""
    try:
        content = (root / LOCK_FILE).read_bytes()
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        return Lock(deck_id)
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"cannot be read ({error}); restore it from version control") from None
    return parse_lock(text, deck_id, digest(content).hex())


def parse_lock(text: str, deck_id: str, digest: str = "") -> Lock:
    """Return the lock that a text holds; ``digest`` is that of its bytes. Raises LockError when it cannot be used."""
    notes = _usual_notes(text)
    value = _read_json(text if notes is None else text[: text.find(FIRST)] + FIRST + END)
    _check_head(value, deck_id)
    lock = _parsed(value, text, deck_id, digest)
    return lock if notes is None else replace(lock, notes=notes)


def _usual_notes(text: str) -> dict[str, Entry] | None:
    """Return the entries of a lock that this program wrote and nobody changed, by its lines; None of any other lock.

    It takes a third of the time of JSON: at 10,000 notes a tenth of the build after an edit.
    """
    rows = LINE.findall(text, text.find(FIRST)) if text.endswith(END) else []
    if not rows or text.count("\n", text.find(FIRST)) != len(rows) + END.count("\n") + 1:
        return None
    if any([*names] != sorted({*names}) for names in {tuple(row[8].split('"')[1::4]) for row in rows}):
        return None
    try:
        notes = {
            name: Entry(
                KINDS[kind],
                int(number),
                int(modified),
                int(position),
                deck,
                Hashes(hashes),
                retired != "",
                markup,
                guid,
                tuple(map(int, cards.split(", "))) if cards else (0,),
            )
            for name, kind, number, modified, position, deck, guid, cards, hashes, markup, retired in rows
        }
    except KeyError:
        return None
    return notes if len(notes) == len(rows) else None


def _read_json(text: str) -> Any:
    try:
        value = json.loads(text)
        if _holds_doubles(value, text):
            value = json.loads(text, object_pairs_hook=_newest)
    except json.JSONDecodeError as error:
        if conflict := re.search(r"^(?:<{7}|={7}|>{7}|\|{7})", text, re.MULTILINE):
            line = text.count("\n", 0, conflict.start()) + 1
            message = "a merge left conflict markers here; take either side completely, then build again"
            raise LockError(message, line) from None
        message = f"not valid JSON ({error.msg}); restore it from version control"
        raise LockError(message, error.lineno, error.colno) from None
    except (RecursionError, ValueError) as error:
        raise LockError(f"not valid JSON ({error}); restore it from version control") from None
    return value


def _holds_doubles(value: Any, text: str) -> bool:
    """Whether the text has another number of lines of notes than there are notes, so that one may be there twice."""
    notes = value.get("notes") if isinstance(value, dict) else None
    return not isinstance(notes, dict) or text.count('\n"', text.find('"notes"') + 1) != len(notes)


def _newest(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its members; of two entries of one note the newer counts, as git's union merge leaves both."""
    found = dict(pairs)
    if len(found) < len(pairs):
        for key, value in pairs:
            times = [entry.get("mod") if isinstance(entry, dict) else None for entry in (value, found[key])]
            if all(isinstance(time, int) for time in times) and times[0] > times[1]:  # type: ignore[operator]
                found[key] = value
    return found


def _check_head(value: Any, deck_id: str) -> None:
    if not isinstance(value, dict) or value.get("format") not in FORMATS:
        raise LockError(f"not a lock of format {FORMAT}; restore it from version control, or use a newer program")
    if value.get("deck") != deck_id:
        raise LockError(
            f'this lock belongs to the deck `{value.get("deck")}`, but deck.toml has id = "{deck_id}"; '
            "a deck's id is for ever: change deck.toml back; for a copy of that deck, delete deck.lock"
        )


def _parsed(value: Mapping[str, Any], text: str, deck_id: str, digest: str) -> Lock:
    notes: dict[str, Entry] = {}
    is_raw = value["format"] == 1
    name = "note-types"
    try:
        types = {NoteKind(kind): _type_entry(entry) for kind, entry in value[name].items()}
        name = "built-with"
        versions = {_text(key): _text(version) for key, version in value.get(name, {}).items()}
        for name, entry in value["notes"].items():
            if name:
                notes[_text(name)] = entry_of_json(entry, is_raw=is_raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        line = text.count("\n", 0, max(text.find(json.dumps(name)), 0)) + 1
        message = f"the entry `{name}` is damaged ({error}); {RESTORE}"
        raise LockError(message, line) from None
    return Lock(deck_id, notes, types, versions, digest)


def entry_of_json(value: Mapping[str, Any], *, is_raw: bool = False) -> Entry:
    """Return the entry of a JSON value, of format 1 when it ``is_raw``.

    Raises KeyError, TypeError, ValueError or AttributeError when it is not one.
    """
    html = value.get("html", "")
    is_raw = is_raw or isinstance(html, dict)
    hashes = value.get("is", html)
    return Entry(
        kind=KINDS.get(value["kind"]) or NoteKind(value["kind"]),
        number=_number("nid", value["nid"], 1, LAST_NUMBER),
        modified=_number("mod", value["mod"], 1, LAST_TIME),
        position=_number("pos", value["pos"], 0, LAST_NUMBER),
        deck=_text(value["deck"]),
        hashes=_hashes(hashes),
        retired=value.get("retired") is True,
        markup="" if is_raw else _text(html),
        guid=_text(value.get("guid", "")),
        ords=() if is_raw else tuple(_number("cards", ord_, 0, LAST_ORDINAL) for ord_ in value.get("cards", (0,))),
        is_raw=is_raw,
    )


def _hashes(found: Mapping[str, Any]) -> Hashes:
    """The hashes of an entry; those that this program wrote need no quoting, which takes a tenth of an edit's build."""
    pairs = sorted(found.items())
    if all(type(digest) is str and digest.isalnum() and name.isalnum() for name, digest in pairs):
        return Hashes(", ".join([f'"{name}": "{digest}"' for name, digest in pairs]))
    return to_hashes({_text(name): _text(digest) for name, digest in pairs})


def _type_entry(value: Mapping[str, Any]) -> TypeEntry:
    return TypeEntry(_text(value["look"]), _number("mod", value["mod"], 1, LAST_TIME))


def _text(value: object) -> str:
    """The text itself. Raises TypeError for another type, ValueError for a lone surrogate, which no file can hold."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    if not value.isascii():
        value.encode()
    return value


def _number(name: str, value: object, least: int, most: int) -> int:
    """The value, a whole number in that range: Anki takes no other. Raises ValueError when it is anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"`{name}` is {value!r}, not a number from {least} to {most}")
    return value


def lock_bytes(lock: Lock) -> bytes:
    """The file: JSON, one line a note, sorted by id, every line ended alike so that merges meet few conflicts."""
    return "".join(_lines(lock)).encode()


def _lines(lock: Lock) -> Iterator[str]:
    types = {
        kind.value: {"look": entry.fingerprint, "mod": entry.modified}
        for kind, entry in sorted(lock.note_types.items())
    }
    yield f'{{\n"format": {FORMAT},\n"deck": {json.dumps(lock.deck_id)},\n'
    yield f'"built-with": {json.dumps(dict(sorted(lock.versions.items())), ensure_ascii=False)},\n'
    yield f'"note-types": {json.dumps(types)},\n"notes": {{\n'
    for name in sorted(lock.notes):
        yield f"{encode_basestring_ascii(name)}: {text_of(lock.notes[name])},\n"
    yield '"": null\n}}\n'


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
