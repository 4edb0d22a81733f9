"""What was edited in Anki → changes to the Markdown, three ways, field by field."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from deckwright.collection.builds import DeckBuild
from deckwright.collection.client import Anki, Progress
from deckwright.collection.notes import AnkiNote, NotesInAnki, read_notes
from deckwright.collection.push_plan import TAGS, Texts, differing_fields, field_hashes, texts_of
from deckwright.collection.record import Record, read_record
from deckwright.collection.sources import read_exported_notes
from deckwright.collection.turning import PageEditor
from deckwright.deck.toml_file import decoded
from deckwright.files import replace_file
from deckwright.identity import hash_map
from deckwright.package.export import open_export
from deckwright.problems import ContentError, Place, Problem

BOM = b"\xef\xbb\xbf"


class FieldEdit(NamedTuple):
    """A field that differs between Anki and the sources."""

    name: str
    """The note's id."""
    key: str
    place: Place
    texts: Texts


class FileChange(NamedTuple):
    """A file of the deck folder before and after; ``before`` is None for a new one."""

    path: str
    before: bytes | None
    after: bytes


@dataclass(frozen=True)
class PullResult:
    """What came back, and what did not."""

    changes: tuple[FileChange, ...] = ()
    taken: tuple[FieldEdit, ...] = ()
    """Edits that the changes hold."""
    conflicts: tuple[FieldEdit, ...] = ()
    """Changed on both sides, or not known to be an edit."""
    listed: tuple[FieldEdit, ...] = ()
    """Edits of which no Markdown makes what Anki shows, or whose field no Markdown makes."""
    added: tuple[AnkiNote, ...] = ()
    """Notes that were added in Anki under the deck's note types."""


@dataclass
class _Sorted:
    """The differences between Anki and the sources, by what is to be done with them."""

    edits: list[FieldEdit] = field(default_factory=list)
    conflicts: list[FieldEdit] = field(default_factory=list)


def pull_from_anki(build: DeckBuild, anki: Anki, *, theirs: bool, ours: bool, progress: Progress) -> PullResult:
    """Return what was edited in a running Anki since the last push. Raises AnkiError."""
    found = read_notes(anki, build.note_types, build.lock, progress)

    def read_media(name: str) -> bytes | None:
        content = anki.call("retrieveMediaFile", filename=name)
        return base64.b64decode(content) if content else None

    return pull(build, found, read_record(build.settings.id), read_media, theirs=theirs, ours=ours)


def pull_from_file(build: DeckBuild, path: Path, *, theirs: bool, ours: bool) -> PullResult:
    """Return the same from a file that Anki exported. Raises PackageError."""
    with open_export(path) as export:
        found = read_exported_notes(export, build)

        def read_media(name: str) -> bytes | None:
            return export.media[name].read_bytes() if name in export.media else None

        return pull(build, found, Record(build.settings.id), read_media, theirs=theirs, ours=ours)


def pull(
    build: DeckBuild,
    found: NotesInAnki,
    record: Record,
    read_media: Callable[[str], bytes | None],
    *,
    theirs: bool,
    ours: bool,
) -> PullResult:
    """Compare the notes ``found`` in a collection with the sources, and turn edits back into Markdown.

    Of fields that changed on both sides ``theirs`` takes Anki's and ``ours`` the sources'. Nothing is written.
    """
    by_fate = _sort(build, found.notes, record)
    if theirs:
        by_fate.edits += by_fate.conflicts
    conflicts = () if theirs or ours else tuple(by_fate.conflicts)
    changes, taken, listed = _turn_back(build.root, by_fate.edits, read_media)
    return PullResult(changes, taken, conflicts, listed, tuple(found.others))


def _sort(build: DeckBuild, notes: Mapping[str, AnkiNote], record: Record) -> _Sorted:
    by_fate = _Sorted()
    for name, built in build.notes.items():
        if name not in notes:
            continue
        if not (there := differing_fields(build, name, notes[name].fields)):
            continue
        here, base = field_hashes(build.lock.notes[name]), _base(build, name, notes[name], record)
        for key, seen in there.items():
            if base is not None and seen == base.get(key, ""):
                continue  # changed here alone: a push brings it
            edit = FieldEdit(name, key, built.summary.place, texts_of(build, name, notes[name], key))
            is_clean = base is not None and here.get(key) == base.get(key)
            (by_fate.edits if is_clean else by_fate.conflicts).append(edit)
    return by_fate


def _base(build: DeckBuild, name: str, there: AnkiNote, record: Record) -> Mapping[str, str] | None:
    """Return the hashes of the fields that Anki was last given; None when that is not known.

    That is what the record of the last push says. Without one it is the last build, when the note is not older than
    that: an older one holds another build's text, which is no edit.
    """
    if name in record.notes:
        return {key: value for key, value in hash_map(record.notes[name].hashes).items() if key != TAGS}
    before = build.before.notes.get(name)
    return field_hashes(before) if before and not before.is_raw and there.modified >= before.modified else None


def _turn_back(
    root: Path, edits: Iterable[FieldEdit], read_media: Callable[[str], bytes | None]
) -> tuple[tuple[FileChange, ...], tuple[FieldEdit, ...], tuple[FieldEdit, ...]]:
    """Return the changes, the edits in them, and the edits that are not."""
    by_path: dict[str, list[FieldEdit]] = {}
    for edit in edits:
        by_path.setdefault(edit.place.path, []).append(edit)
    changes: list[FileChange] = []
    taken: list[FieldEdit] = []
    listed: list[FieldEdit] = []
    for path, there in sorted(by_path.items()):
        raw = (root / path).read_bytes()
        editor = PageEditor(root, path, _text(raw, path), read_media)
        is_plain = _bytes(editor.text, raw) == raw
        for edit in there:
            (taken if is_plain and editor.take(edit.name, edit.key, edit.texts.there) else listed).append(edit)
        changes += _changes(path, raw, editor)
    return tuple(changes), tuple(taken), tuple(listed)


def _text(raw: bytes, path: str) -> str:
    """Return a page's text as a build reads it. Raises ContentError where it is not UTF-8."""
    text = decoded(raw, path)
    if isinstance(text, Problem):
        raise ContentError([text])
    return text


def _bytes(text: str, raw: bytes) -> bytes:
    """Return the bytes of a page with the line ends and the BOM of its file; one that mixes line ends is not plain."""
    text = text.replace("\n", "\r\n") if b"\r\n" in raw else text
    return (BOM if raw.startswith(BOM) else b"") + text.encode()


def _changes(path: str, raw: bytes, editor: PageEditor) -> Iterator[FileChange]:
    """Yield the files that edits of a page change; line ends and a BOM stay as they were."""
    if editor.text != _text(raw, path):
        yield FileChange(path, raw, _bytes(editor.text, raw))
    for name, content in sorted(editor.new_media.items()):
        yield FileChange(name, None, content)


def write_changes(root: Path, changes: Iterable[FileChange]) -> None:
    """Write the changes into the deck folder. Raises ContentError when a file changed meanwhile, OSError."""
    changes = sorted(changes, key=lambda change: change.before is not None)  # media before what shows them
    for change in changes:
        file = root / change.path
        if (file.read_bytes() if file.exists() else None) != change.before:
            message = "changed while its edits were pulled; pull again"
            raise ContentError([Problem(Place(change.path), message, "unreadable-file")])
    for change in changes:
        replace_file(root / change.path, change.after)
