"""What was edited in Anki → changes to the Markdown, three ways, field by field."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deckwright.collection.added_notes import AddedNote, take_added
from deckwright.collection.builds import DeckBuild
from deckwright.collection.client import Anki
from deckwright.collection.compared_note import ComparedNote, Texts, compare
from deckwright.collection.notes import NotesInAnki, add_guids, by_id, exported_notes, read_notes, with_guids
from deckwright.collection.pages import FileChange, Pages
from deckwright.collection.record import Record, read_record
from deckwright.collection.tags import TagEdit, removed_tags, take_tags
from deckwright.identity.entries import field_hashes
from deckwright.package.anki_export import open_export
from deckwright.problems import Place


class PullOptions(NamedTuple):
    """What is pulled."""

    theirs: bool = False
    """Of fields that changed on both sides, take Anki's."""
    ours: bool = False
    """Of such fields, keep the sources'."""
    tags: Sequence[str] = ()
    """The learner's tags that come, as Anki's search names tags."""
    new: bool = False
    """Whether notes that were added in Anki come."""


class FieldEdit(NamedTuple):
    """A field that differs between Anki and the sources."""

    name: str
    """The note's id."""
    key: str
    place: Place
    texts: Texts


@dataclass(frozen=True)
class PullResult:
    """What came back, and what did not."""

    changes: tuple[FileChange, ...] = ()
    found_notes: bool = True
    """Whether any note of the deck is there."""
    taken: tuple[FieldEdit, ...] = ()
    """Edits that the changes hold."""
    conflicts: tuple[FieldEdit, ...] = ()
    """Changed on both sides, or not known to be an edit."""
    listed: tuple[FieldEdit, ...] = ()
    """Edits of which no Markdown makes what Anki shows, or whose field no Markdown makes."""
    tags: tuple[TagEdit, ...] = ()
    """Chosen tags of the learner's; one with a reason could not be taken."""
    removed_tags: tuple[TagEdit, ...] = ()
    """Tags of the deck's that were removed in Anki."""
    added: tuple[AddedNote, ...] = ()
    """Notes that were added in Anki under the deck's note types; those with an id are in the changes."""


def pull_from_anki(build: DeckBuild, anki: Anki, options: PullOptions) -> PullResult:
    """Return what was edited in a running Anki since the last push. Raises AnkiError."""
    found = with_guids(anki, build, read_notes(anki, build))
    if options.new and found.others:
        found = add_guids(anki, build, found)

    def read_media(name: str) -> bytes | None:
        content = anki.call("retrieveMediaFile", filename=name)
        return base64.b64decode(content) if content else None

    return pull(build, found, read_record(build.settings.id), read_media, options)


def pull_from_file(build: DeckBuild, path: Path, options: PullOptions) -> PullResult:
    """Return the same from a file that Anki exported. Raises PackageError."""
    with open_export(path) as export:
        found = by_id(exported_notes(export, build), build.lock)

        def read_media(name: str) -> bytes | None:
            return export.media[name].read_bytes() if name in export.media else None

        return pull(build, found, Record(build.settings.id), read_media, options)


def pull(
    build: DeckBuild,
    found: NotesInAnki,
    record: Record,
    read_media: Callable[[str], bytes | None],
    options: PullOptions,
) -> PullResult:
    """Compare the notes ``found`` in a collection with the sources, and turn edits back into Markdown.

    Nothing is written.
    """
    notes = list(compare(build, build.notes, found.notes, record).values())
    edits, conflicts = _edits(notes)
    pages = Pages(build.deck, read_media)
    taken, listed = _to_markdown(pages, [*edits, *conflicts] if options.theirs else edits)
    tags = [*take_tags(build, notes, pages, options.tags)]
    added, lock = [AddedNote(note) for note in found.others], tuple[FileChange, ...]()
    if options.new and found.others:
        added, more_tags, lock = take_added(build, found.others, pages, options.tags)
        tags += more_tags
    return PullResult(
        changes=(*pages.changes(), *lock),
        found_notes=bool(found.notes or found.others),
        taken=tuple(taken),
        conflicts=() if options.theirs or options.ours else tuple(conflicts),
        listed=tuple(listed),
        tags=tuple(tags),
        removed_tags=tuple(removed_tags(notes)),
        added=tuple(added),
    )


def _edits(notes: Iterable[ComparedNote]) -> tuple[list[FieldEdit], list[FieldEdit]]:
    """Return what was edited in Anki alone; and what changed on both sides, or is not known to be an edit."""
    edits: list[FieldEdit] = []
    conflicts: list[FieldEdit] = []
    for note in (note for note in notes if note.differing):
        here = field_hashes(note.entry.hashes)
        base = field_hashes(note.last.hashes) if note.last else None
        for key, seen in note.differing.items():
            if base is not None and seen == base.get(key, ""):
                continue  # changed here alone: a push brings it
            is_edit = base is not None and here.get(key) == base.get(key)
            edit = FieldEdit(note.name, key, note.built.summary.place, note.texts(key))
            (edits if is_edit else conflicts).append(edit)
    return edits, conflicts


def _to_markdown(pages: Pages, edits: Iterable[FieldEdit]) -> tuple[list[FieldEdit], list[FieldEdit]]:
    """Write edits into their pages; return those that are in them, and those that are not."""
    taken: list[FieldEdit] = []
    listed: list[FieldEdit] = []
    for edit in edits:
        editor = pages.editor(edit.place.path)
        (taken if editor.take(edit.name, edit.key, edit.texts.there) else listed).append(edit)
    return taken, listed
