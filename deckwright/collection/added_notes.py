"""Notes that were added in Anki under the deck's note types → notes in the sources that are the same notes to Anki.

Each keeps its GUID, which goes to ``deck.lock``: the next import then updates it, and it keeps its reviews.
"""

from __future__ import annotations

import time
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
from deckwright.render import card_ordinals

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
    build: DeckBuild, notes: Iterable[AnkiNote], pages: Pages, patterns: Sequence[str]
) -> tuple[list[AddedNote], list[TagEdit], tuple[FileChange, ...]]:
    """Write notes into the pages; return each, what became of their tags, and the lock that keeps their GUIDs."""
    folders = Folders(build.settings, [file.path for file in build.deck.files])
    taken = {*build.lock.notes, *(alias for note in build.notes.values() for alias, _ in note.summary.aliases)}
    found: list[AddedNote] = []
    tags: list[TagEdit] = []
    kept: list[KeptGuid] = []
    for note in sorted(notes, key=lambda note: note.number):
        path = folders.file(note.deck) if note.guid else ""
        name = _id(note, build.lock, taken)
        if why := _why_not(build, note, path) or write_note(pages.editor(path), note, name):
            found.append(AddedNote(note, why=why))
            continue
        taken.add(name)
        found.append(AddedNote(note, name, path))
        tags += _tags(build, found[-1], pages, patterns)
        deck = build.settings.deck_of(path)
        modified = min(note.modified, int(time.time()))  # one ahead of the clock would stop the next build
        ords = card_ordinals(note.kind, note.fields.get("Text", ""), is_reversed=len(note.cards) > 1)
        kept.append(KeptGuid(name, Guid(note.guid), note.kind, modified, deck, ords))
    if not kept:
        return found, tags, ()
    lock = with_kept_guids(read_lock(build.deck.root, build.settings.id), kept)
    return found, tags, (FileChange(LOCK_FILE, content_of(build.deck.root / LOCK_FILE), lock_bytes(lock)),)


def _why_not(build: DeckBuild, note: AnkiNote, path: str) -> str:
    """Return what about a note itself keeps it from coming into a file; empty when nothing does."""
    name = note.fields.get("ID", "")
    if name and name not in build.lock.notes:  # of one that is there it is a copy
        return NOT_ADDED.format(note.fields.get("File", ""))
    if not note.cards:
        return NO_CARDS
    return "" if path else ELSEWHERE.format(build.settings.name)


def _id(note: AnkiNote, lock: Lock, taken: Collection[str]) -> str:
    """Return an id from the question, or the one that a pull which was interrupted gave."""
    known = (name for name, entry in lock.notes.items() if is_half_taken(entry) and entry.guid == note.guid)
    is_cloze = note.kind is NoteKind.CLOZE
    asked = plain_text(note.fields["Text" if is_cloze else "Question"], is_cloze=is_cloze, pictures=False)
    return next(known, "") or id_for(asked or "note", taken)


def _tags(build: DeckBuild, added: AddedNote, pages: Pages, patterns: Sequence[str]) -> list[TagEdit]:
    """Write the note's tags that begin with the deck's prefix, and those that are chosen."""
    prefix, place, editor = build.settings.tag_prefix, Place(added.path), pages.editor(added.path)
    ours = [f"{prefix}::*", *patterns] if prefix else patterns
    chosen = (tag for tag in added.note.tags if is_chosen(tag, ours) and tag != build.retired_tag)
    return [TagEdit(added.name, place, tag, write_tag(editor, added.name, tag)) for tag in chosen]
