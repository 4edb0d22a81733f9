"""The file: JSON with one line a note."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from deckwright.files import file_digest
from deckwright.grammar.note import NoteKind
from deckwright.identity.entries import (
    PLAIN,
    VALUE,
    Entries,
    Entry,
    Lock,
    TypeEntry,
    at_hand,
    count,
    entry_of_json,
    entry_of_values,
    text_of,
    whole_text,
)
from deckwright.problems import Place, Problem

LOCK_FILE = "deck.lock"
FORMAT = 1
NOTES, END = '"notes": {\n', '"": null\n}}\n'
LINE, NAMED = (f'^"({PLAIN}++)": {value},\n' for value in (VALUE, r"(\{.*\})"))
"""A note's line as ``lock_bytes`` writes it, which is nearly every line; and one of a file that was written by it.

Texts, because it takes a while to compile the first, and a build that follows another needs the second alone.
"""
A_TIME = 1 << 20
"""Characters of lines that are read together."""


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
            notes[name] = entry_of_values(*values)
        if len(found) < len(lines):
            rest = "".join([*lines[len(found) :], *file])
            return notes if rest == END else None
    return None


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
        types = {NoteKind(kind): TypeEntry(str(e["look"]), count(e["mod"])) for kind, e in value[name].items()}
        for name, entry in value["notes"].items():
            if name:
                notes[whole_text(name)] = entry_of_json(entry)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        line = text.count("\n", 0, max(text.find(json.dumps(name)), 0)) + 1
        message = f"the entry `{name}` is damaged ({error}); restore the file from version control"
        raise LockError(message, line) from None
    return Lock(deck_id, notes, types)


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
    notes = at_hand(lock.notes)
    for name in sorted(notes):
        entry = notes[name]
        # An entry that is still text has a plain name.
        yield f'"{name}": {entry},\n' if isinstance(entry, str) else f"{json.dumps(name)}: {text_of(entry)},\n"
    yield END
