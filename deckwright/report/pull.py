"""What came back from Anki → what people and machines read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from deckwright.collection.pull import FieldEdit, PullResult
from deckwright.plan.comparison import difference, plain

CONFLICTS = "changed in Anki and here, or an older build's text there; nothing is taken without --theirs or --ours:"
LISTED = "edited in Anki in a way that no Markdown of this deck shows; write it into the sources yourself:"
ADDED = "added in Anki under this deck's note types, and not in the sources:"
NOTHING = "nothing was edited in Anki"


def pull_lines(result: PullResult, deck: Path) -> Iterator[str]:
    """Yield what came back and what did not, for a terminal; the patch itself is not in it."""
    yield from (f"{_place(edit, deck)}: {edit.name}: {edit.key}: {_difference(edit)}" for edit in result.taken)
    if result.conflicts:
        yield CONFLICTS
        for edit in result.conflicts:
            yield f"  {_place(edit, deck)}: {edit.name}: {edit.key}"
            yield from (f"      in Anki: {plain(edit.texts.there)}", f"      here:    {plain(edit.texts.here)}")
    if result.listed:
        yield LISTED
        yield from (f"  {_place(edit, deck)}: {edit.name}: {edit.key}: {_difference(edit)}" for edit in result.listed)
    if result.added:
        yield ADDED
        yield from (f"  nid:{note.number}  {plain(next(iter(note.fields.values())))}" for note in result.added)
    if not (result.taken or result.conflicts or result.listed or result.added):
        yield NOTHING


def pull_json(result: PullResult, deck: Path, patch: str) -> dict[str, Any]:
    """Return the same for machines, with the patch."""
    return {
        "patch": patch,
        "taken": [*_edits(result.taken, deck)],
        "conflicts": [*_edits(result.conflicts, deck)],
        "listed": [*_edits(result.listed, deck)],
        "added": [{"note": note.number, "fields": note.fields} for note in result.added],
    }


def _edits(edits: Iterable[FieldEdit], deck: Path) -> Iterator[dict[str, Any]]:
    for edit in edits:
        place, texts = edit.place, edit.texts
        yield {
            "path": str(deck / place.path),
            "line": place.line,
            "column": place.column,
            "id": edit.name,
            "field": edit.key,
            "anki": texts.there,
            "deck": texts.here,
        }


def _place(edit: FieldEdit, deck: Path) -> str:
    return f"{deck / edit.place.path}:{edit.place.line}:{edit.place.column}"


def _difference(edit: FieldEdit) -> str:
    return difference(edit.texts.here, edit.texts.there)
