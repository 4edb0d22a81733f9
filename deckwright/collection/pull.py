"""What was edited in Anki → changes to the Markdown, three ways, field by field."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from deckwright.collection.added_notes import AddedNote, take_added
from deckwright.collection.builds import DeckBuild
from deckwright.collection.client import Anki, Progress
from deckwright.collection.exported_notes import read_exported_notes
from deckwright.collection.guids import add_guids, with_guids
from deckwright.collection.notes import AnkiNote, NotesInAnki, read_notes
from deckwright.collection.pages import FileChange, Pages
from deckwright.collection.push_plan import Texts, differing_fields, texts_of
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
    progress: Progress = iter
    clock: Callable[[], float] = lambda: 0.0


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


@dataclass
class _Sorted:
    """The differences between Anki and the sources, by what is to be done with them."""

    edits: list[FieldEdit] = field(default_factory=list)
    conflicts: list[FieldEdit] = field(default_factory=list)


def pull_from_anki(build: DeckBuild, anki: Anki, options: PullOptions) -> PullResult:
    """Return what was edited in a running Anki since the last push. Raises AnkiError."""
    found = with_guids(anki, build, read_notes(anki, build, options.progress))
    if options.new and found.others:
        found = add_guids(anki, build, found)

    def read_media(name: str) -> bytes | None:
        content = anki.call("retrieveMediaFile", filename=name)
        return base64.b64decode(content) if content else None

    return pull(build, found, read_record(build.settings.id), read_media, options)


def pull_from_file(build: DeckBuild, path: Path, options: PullOptions) -> PullResult:
    """Return the same from a file that Anki exported. Raises PackageError."""
    with open_export(path) as export:
        found = read_exported_notes(export, build)

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
    sorted_edits = _sort(build, found.notes, record)
    if options.theirs:
        sorted_edits.edits += sorted_edits.conflicts
    pages = Pages(build.root, read_media)
    taken, listed = _to_markdown(pages, sorted_edits.edits)
    tags = take_tags(build, found.notes, record, pages, options.tags)
    added, lock = [AddedNote(note) for note in found.others], tuple[FileChange, ...]()
    if options.new and found.others:
        added, more_tags, lock = take_added(build, found.others, pages, options.tags, int(options.clock()))
        tags += more_tags
    return PullResult(
        changes=(*pages.changes(), *lock),
        found_notes=bool(found.notes or found.others),
        taken=tuple(taken),
        conflicts=() if options.theirs or options.ours else tuple(sorted_edits.conflicts),
        listed=tuple(listed),
        tags=tuple(tags),
        removed_tags=tuple(removed_tags(build, found.notes, record)),
        added=tuple(added),
    )


def _sort(build: DeckBuild, notes: Mapping[str, AnkiNote], record: Record) -> _Sorted:
    sorted_edits = _Sorted()
    for name, built in build.notes.items():
        if name not in notes:
            continue
        if not (there := differing_fields(build, name, notes[name].fields)):
            continue
        here, base = field_hashes(build.lock.notes[name].hashes), _base(build, name, notes[name], record)
        for key, seen in there.items():
            if base is not None and seen == base.get(key, ""):
                continue  # changed here alone: a push brings it
            edit = FieldEdit(name, key, built.summary.place, texts_of(build, name, notes[name], key))
            is_clean = base is not None and here.get(key) == base.get(key)
            (sorted_edits.edits if is_clean else sorted_edits.conflicts).append(edit)
    return sorted_edits


def _base(build: DeckBuild, name: str, there: AnkiNote, record: Record) -> Mapping[str, str] | None:
    """Return the hashes of the fields that Anki was last given; None when that is not known.

    That is what the record of the last push has. Without one it is the last build, when the note is not older than
    that: an older one holds another build's text, which is not an edit.
    """
    if name in record.notes:
        return field_hashes(record.notes[name].hashes)
    before = build.before.notes.get(name)
    return field_hashes(before.hashes) if before and not before.is_raw and there.modified >= before.modified else None


def _to_markdown(pages: Pages, edits: Iterable[FieldEdit]) -> tuple[list[FieldEdit], list[FieldEdit]]:
    """Write edits into their pages; return those that are in them, and those that are not."""
    taken: list[FieldEdit] = []
    listed: list[FieldEdit] = []
    for edit in edits:
        editor = pages.editor(edit.place.path)
        (taken if editor.take(edit.name, edit.key, edit.texts.there) else listed).append(edit)
    return taken, listed
