"""The file: JSON with one line a note."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any

from deckwright.deck.settings import LOCK_FILE
from deckwright.files import digest
from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import Entry
from deckwright.identity.lock import Lock, TypeEntry
from deckwright.identity.lock_entries import LAST_TIME, LockEntries, entry_of_json, number_value, text_value
from deckwright.problems import Place, Problem

FORMAT = 2
FORMATS = (1, FORMAT)
"""Those that can be read. Format 1 held hashes of the fields' HTML as it was, and none of what a learner sees."""
FIRST, END = '"notes": {\n', '"": null\n}}\n'
"""What is before and after the lines of notes."""


class LockError(Exception):
    """``deck.lock`` cannot be used; ``problem`` says where and what to do."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.problem = Problem(Place(LOCK_FILE, line, column), message, "bad-lock")


def read_lock(root: Path, deck_id: str, known: str | None = None) -> Lock:
    """Return the lock of a deck folder; an empty one when there is no file.

    ``known`` is the digest of a file that this program wrote; that one is not checked again. Raises LockError when it
    cannot be used.
    """
    try:
        content = (root / LOCK_FILE).read_bytes()
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        return Lock(deck_id)
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"cannot be read ({error}); restore it from version control") from None
    found = digest(content).hex()
    return parse_lock(text, deck_id, found, is_own=found == known)


def parse_lock(text: str, deck_id: str, digest: str = "", *, is_own: bool = False) -> Lock:
    """Return the lock that a text holds; ``digest`` is that of its bytes.

    Of one that ``is_own``, as ``lock_bytes`` made it, the entries are parsed when they are asked for. Raises LockError
    when it cannot be used.
    """
    lines = _lines_of_notes(text) if is_own else None
    value = _read_json(text if lines is None else text[: text.index(FIRST)] + FIRST + END)
    _check_head(value, deck_id)
    lock = _parsed(value, text, deck_id, digest)
    return lock if lines is None else replace(lock, notes=LockEntries(lines=lines))


def _lines_of_notes(text: str) -> dict[str, str] | None:
    """Return the entries of a lock that ``lock_bytes`` made, by their ids; None where they hold anything unusual."""
    lines = text[text.index(FIRST) + len(FIRST) : -len(END)].removeprefix('"').removesuffix(",\n")
    if "\\" in lines or '"html": {' in lines:
        return None
    return dict(line.split('": ', 1) for line in lines.split(',\n"') if line)


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_newest)
    except json.JSONDecodeError as error:
        if conflict := re.search(r"^(?:<{7}|={7}|>{7}|\|{7})", text, re.MULTILINE):
            line = text.count("\n", 0, conflict.start()) + 1
            message = "a merge left conflict markers here; take either side completely, then build again"
            raise LockError(message, line) from None
        message = f"not valid JSON ({error.msg}); restore it from version control"
        raise LockError(message, error.lineno, error.colno) from None
    except (RecursionError, ValueError) as error:
        raise LockError(f"not valid JSON ({error}); restore it from version control") from None


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
        versions = {text_value(key): text_value(version) for key, version in value.get(name, {}).items()}
        for name, entry in value["notes"].items():
            if name:
                notes[text_value(name)] = entry_of_json(entry, is_raw=is_raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        line = text.count("\n", 0, max(text.find(json.dumps(name)), 0)) + 1
        message = f"the entry `{name}` is damaged ({error}); restore the file from version control"
        raise LockError(message, line) from None
    return Lock(deck_id, LockEntries(notes), types, versions, digest)


def _type_entry(value: Mapping[str, Any]) -> TypeEntry:
    return TypeEntry(text_value(value["look"]), number_value("mod", value["mod"], 1, LAST_TIME))


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
        yield f"{encode_basestring_ascii(name)}: {lock.notes.text(name)},\n"
    yield '"": null\n}}\n'
