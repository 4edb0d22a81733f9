"""Notes that were added in Anki under the deck's note types → notes in the sources that are the same notes to Anki.

Each keeps its GUID, which goes to ``deck.lock``: the next import then updates it, and it keeps its reviews.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from deckwright.adopt.lock import KeptGuid, with_kept_guids
from deckwright.adopt.visible_tokens import plain_text
from deckwright.collection.builds import DeckBuild
from deckwright.collection.folders import Folders
from deckwright.collection.notes import AnkiNote, is_half_taken
from deckwright.collection.pages import FileChange, Pages, content_of
from deckwright.collection.tags import TagEdit, is_chosen, write_tag
from deckwright.collection.writing import write_note
from deckwright.grammar.note import NoteKind
from deckwright.identity import LOCK_FILE, Lock, lock_bytes, read_lock
from deckwright.identity.ids import Guid, id_for
from deckwright.problems import Place

ELSEWHERE = "its cards are in no deck that is or could be a folder here, or in a filtered one; move them below “{}”"
NOT_ADDED = "this program made it from other sources than these ({}); merge those"
NO_CARDS = "it has no cards"


class AddedNote(NamedTuple):
    """A note that was added in Anki."""

    note: AnkiNote
    name: str = ""
    """The id that it gets; empty when it does not come."""
    path: str = ""
    """The file that it goes to."""
    why: str = ""
    """Why it does not come, when it was to."""


def take_added(
    build: DeckBuild, notes: Iterable[AnkiNote], pages: Pages, patterns: Sequence[str], now: int
) -> tuple[list[AddedNote], list[TagEdit], tuple[FileChange, ...]]:
    """Write notes into the pages; return each, what became of their tags, and the lock that makes them the same notes.

    ``now`` is the clock in seconds: a time of a note that is later would stop the next build.
    """
    folders = Folders(build.settings, [file.path for file in pages.deck.files])
    lock = read_lock(build.root, build.settings.id)
    taken = {*build.lock.notes, *(alias for note in build.notes.values() for alias, _ in note.summary.aliases)}
    found: list[AddedNote] = []
    tags: list[TagEdit] = []
    for note in sorted(notes, key=lambda note: note.number):
        added = _taken(build, note, pages, folders, _id(note, build.lock, taken))
        found.append(added)
        if added.name:
            taken.add(added.name)
            tags += _tags(build, added, pages, patterns)
    kept = [_kept(each, now, build) for each in found if each.name]
    return found, tags, tuple(_lock_change(build, lock, kept) if kept else ())


def _taken(build: DeckBuild, note: AnkiNote, pages: Pages, folders: Folders, name: str) -> AddedNote:
    """Write one note into its page, or return why not."""
    path = folders.file(note.deck) if note.guid else None
    why = _why_not(build, note) or ("" if path else ELSEWHERE.format(build.settings.name))
    if path and not why:
        editor = pages.editor(path)
        why = write_note(editor, note, name)
    return AddedNote(note, name, path) if path and not why else AddedNote(note, why=why)


def _why_not(build: DeckBuild, note: AnkiNote) -> str:
    """Return what about a note itself keeps it from coming."""
    name = note.fields.get("ID", "")
    if name and name not in build.lock.notes:  # of one that is there it is a copy
        return NOT_ADDED.format(note.fields.get("File", ""))
    return "" if note.cards else NO_CARDS


def _id(note: AnkiNote, lock: Lock, taken: Collection[str]) -> str:
    """Return an id from the question, or the one that a pull which was interrupted gave."""
    known = (name for name, entry in lock.notes.items() if is_half_taken(entry) and entry.guid == note.guid)
    is_cloze = note.kind is NoteKind.CLOZE
    asked = plain_text(note.fields["Text" if is_cloze else "Question"], is_cloze=is_cloze, pictures=False)
    return next(known, "") or id_for(asked or "note", taken)


def _tags(build: DeckBuild, added: AddedNote, pages: Pages, patterns: Sequence[str]) -> list[TagEdit]:
    """Write the note's tags that begin with the deck's prefix, and those that are chosen."""
    prefix, place = build.settings.tag_prefix, Place(added.path)
    ours = [f"{prefix}::*", *patterns] if prefix else patterns
    chosen = (tag for tag in added.note.tags if is_chosen(tag, ours) and tag != build.retired_tag)
    return [TagEdit(added.name, place, tag, write_tag(pages, added.path, added.name, tag)) for tag in chosen]


def _kept(added: AddedNote, now: int, build: DeckBuild) -> KeptGuid:
    note, deck = added.note, build.settings.deck_of(added.path)
    return KeptGuid(added.name, Guid(note.guid), note.kind, min(note.modified, now), deck)


def _lock_change(build: DeckBuild, lock: Lock, kept: Iterable[KeptGuid]) -> list[FileChange]:
    content = lock_bytes(with_kept_guids(lock, kept))
    return [FileChange(LOCK_FILE, content_of(build.root / LOCK_FILE), content)]
