"""What came back from Anki → what people and machines read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from deckwright.collection.added_notes import AddedNote
from deckwright.collection.pull import FieldEdit, PullResult
from deckwright.collection.tags import TagEdit
from deckwright.plan.comparison import difference, plain
from deckwright.report.build import below
from deckwright.report.problems import place_json, place_text

CONFLICTS = "changed in Anki and here, or an older build's text there; nothing is taken without --theirs or --ours:"
LISTED = "edited in Anki in a way that no Markdown of this deck shows; write it into the sources yourself:"
UNWRITTEN = "tags of the learner's that could not be written into the sources:"
REMOVED = (
    "tags of this deck that were removed in Anki; the next push gives them again, so remove them from the "
    "sources if that is meant:"
)
ADDED = "added in Anki under this deck's note types, and not in the sources; pull --new takes them:"
NOT_ADDED = "added in Anki, and could not be taken into the sources:"
NOTHING = "nothing was edited in Anki"
NO_NOTES = "no note of this deck is there; is it the right file, or the right profile?"


def pull_lines(result: PullResult, deck: Path) -> list[str]:
    """Return what came back and what did not, for a terminal; the patch itself is not in it."""
    lines = [
        *(f"{_note(edit, deck)}: {_difference(edit)}" for edit in result.taken),
        *below(CONFLICTS, (line for edit in result.conflicts for line in _both_texts(edit, deck))),
        *below(LISTED, (f"  {_note(edit, deck)}: {_difference(edit)}" for edit in result.listed)),
        *(f"{_note(edit, deck)}: Tags: {{+{edit.tag}+}}" for edit in result.tags if not edit.why),
        *below(UNWRITTEN, (f"  {_note(edit, deck)}: {edit.tag}: {edit.why}" for edit in result.tags if edit.why)),
        *below(REMOVED, (f"  {_note(edit, deck)}: {edit.tag}" for edit in result.removed_tags)),
        *(f"{deck / each.path}: {each.name}: new, {_added(each)}" for each in result.added if each.name),
        *below(NOT_ADDED, (f"  {_added(each)}: {each.why}" for each in result.added if each.why)),
        *below(ADDED, (f"  {_added(each)}" for each in result.added if not (each.name or each.why))),
    ]
    return lines or [NOTHING if result.found_notes else NO_NOTES]


def _both_texts(edit: FieldEdit, deck: Path) -> Iterator[str]:
    yield f"  {_note(edit, deck)}: {edit.key}"
    yield f"      in Anki: {plain(edit.texts.there)}"
    yield f"      here:    {plain(edit.texts.here)}"


def _added(added: AddedNote) -> str:
    return f"nid:{added.note.number}  {plain(next(iter(added.note.fields.values())))}"


def pull_json(result: PullResult, deck: Path, patch: str) -> dict[str, Any]:
    """Return the same for machines, with the patch."""
    return {
        "patch": patch,
        "taken": _edits(result.taken, deck),
        "conflicts": _edits(result.conflicts, deck),
        "listed": _edits(result.listed, deck),
        "tags": _tags(result.tags, deck),
        "removed-tags": _tags(result.removed_tags, deck),
        "added": [
            {
                "note": each.note.number,
                "fields": each.note.fields,
                "id": each.name,
                "path": str(deck / each.path) if each.name else "",
                "why-not": each.why,
            }
            for each in result.added
        ],
    }


def _tags(edits: Iterable[TagEdit], deck: Path) -> list[dict[str, Any]]:
    return [{**_where(edit, deck), "tag": edit.tag, "why-not": edit.why} for edit in edits]


def _edits(edits: Iterable[FieldEdit], deck: Path) -> list[dict[str, Any]]:
    return [
        {**_where(edit, deck), "field": edit.key, "anki": edit.texts.there, "deck": edit.texts.here} for edit in edits
    ]


def _where(edit: FieldEdit | TagEdit, deck: Path) -> dict[str, Any]:
    return {**place_json(edit.place, deck), "id": edit.name}


def _note(edit: FieldEdit | TagEdit, deck: Path) -> str:
    return f"{place_text(edit.place, deck)}: {edit.name}"


def _difference(edit: FieldEdit) -> str:
    return f"{edit.key}: {difference(edit.texts.here, edit.texts.there)}"
