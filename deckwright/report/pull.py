"""What came back from Anki → what people and machines read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from deckwright.collection.added_notes import AddedNote
from deckwright.collection.pull import FieldEdit, PullResult
from deckwright.collection.tags import TagEdit
from deckwright.plan.comparison import difference, plain
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


def pull_lines(result: PullResult, deck: Path) -> Iterator[str]:
    """Yield what came back and what did not, for a terminal; the patch itself is not in it."""
    yield from (f"{_note(edit, deck)}: {_difference(edit)}" for edit in result.taken)
    if result.conflicts:
        yield CONFLICTS
        for edit in result.conflicts:
            yield f"  {_note(edit, deck)}: {edit.key}"
            yield from (f"      in Anki: {plain(edit.texts.there)}", f"      here:    {plain(edit.texts.here)}")
    if result.listed:
        yield LISTED
        yield from (f"  {_note(edit, deck)}: {_difference(edit)}" for edit in result.listed)
    yield from _tag_lines(result, deck)
    yield from _added_lines(result.added, deck)
    if not (result.taken or result.conflicts or result.listed or result.tags or result.removed_tags or result.added):
        yield NOTHING if result.found_notes else NO_NOTES


def _tag_lines(result: PullResult, deck: Path) -> Iterator[str]:
    """Yield the tags that came, that could not, and those that were removed."""
    yield from (f"{_note(edit, deck)}: Tags: {{+{edit.tag}+}}" for edit in result.tags if not edit.why)
    if unwritten := [edit for edit in result.tags if edit.why]:
        yield UNWRITTEN
        yield from (f"  {_note(edit, deck)}: {edit.tag}: {edit.why}" for edit in unwritten)
    if result.removed_tags:
        yield REMOVED
        yield from (f"  {_note(edit, deck)}: {edit.tag}" for edit in result.removed_tags)


def _added_lines(added: Iterable[AddedNote], deck: Path) -> Iterator[str]:
    """Yield the notes that were added in Anki: that came, that could not, and that were not asked for."""
    there = [(f"nid:{each.note.number}  {plain(next(iter(each.note.fields.values())))}", each) for each in added]
    yield from (f"{deck / each.path}: {each.name}: new, {text}" for text, each in there if each.name)
    if refused := [f"  {text}: {each.why}" for text, each in there if each.why]:
        yield from (NOT_ADDED, *refused)
    if others := [f"  {text}" for text, each in there if not (each.name or each.why)]:
        yield from (ADDED, *others)


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
