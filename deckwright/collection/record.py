"""What was last pushed into a profile of Anki: by it an edit made in Anki is distinguished from an older build."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from deckwright.cache_folder import data_folder
from deckwright.files import replace_file
from deckwright.identity.entries import Hashes

FORMAT = 1


class Pushed(NamedTuple):
    """A note as it was last pushed."""

    deck: str
    hashes: Hashes
    """Of what a learner sees of each field and of the tags."""
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """What was last pushed of a deck. Empty before the first push."""

    deck_id: str
    profile: str = ""
    """The name of the profile; empty when the add-on does not give it."""
    package: str = ""
    """A hash of the package that was imported last."""
    notes: Mapping[str, Pushed] = field(default_factory=dict)


def record_file(deck_id: str) -> Path:
    """The file that holds the record of a deck."""
    return Path(data_folder("pushed"), f"{deck_id}.json")


def read_record(deck_id: str) -> Record:
    """Read the record of a deck; one that is missing or damaged is as if nothing had been pushed."""
    try:
        found = json.loads(record_file(deck_id).read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            return Record(deck_id)
        notes = {
            name: Pushed(deck, Hashes(hashes), tuple(tags.split()))
            for name, (deck, hashes, tags) in found["notes"].items()
        }
        return Record(deck_id, found["profile"], found["package"], notes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Record(deck_id)


def write_record(record: Record) -> None:
    """Write the record. Raises OSError."""
    notes = {name: [note.deck, note.hashes, " ".join(note.tags)] for name, note in record.notes.items()}
    value = {"format": FORMAT, "profile": record.profile, "package": record.package, "notes": notes}
    replace_file(record_file(record.deck_id), json.dumps(value, ensure_ascii=False, indent=0).encode())
