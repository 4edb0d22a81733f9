"""Deletions that have other numbers than in the last build: a number is a card to Anki, and has its history."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from deckwright.grammar.note import NoteKind
from deckwright.identity import Lock, hash_map
from deckwright.pipeline.last_lock import changed_indices
from deckwright.pipeline.lock_texts import notes_of_last_build
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.plan.comparison import renumbered
from deckwright.problems import Problem, Severity

TEXT = "Text"


def renumbered_deletions(
    rendered: RenderedDeck, lock: Lock, touch: Collection[str] | None, packages: Sequence[Path]
) -> Iterator[Problem]:
    """Yield a warning for each note of the lock whose deletions changed their numbers, but those of ``touch``."""
    if touch is None or not (edited := [*_edited(rendered, lock, touch)]):
        return
    known = notes_of_last_build(rendered, lock, [rendered.ids[index] for index in edited], packages)
    for index in edited:
        note = rendered.note_summaries[index]
        earlier = known[note.id].fields[TEXT] if note.id in known else ""
        if told := renumbered(earlier, rendered.texts(index)[TEXT]):
            message = (
                f"deletions have other numbers than in the last build ({told}): each number is a card, so what "
                "learners know of one text would count for another; keep the numbers, and give a new deletion the "
                f"next free one. If they are meant so, build with --touch {note.id}"
            )
            yield Problem(note.place, message, "renumbered-deletion", Severity.WARNING)


def _edited(rendered: RenderedDeck, lock: Lock, touch: Collection[str]) -> Iterator[int]:
    """Yield the indices of cloze notes whose text is not that of the last build."""
    for index in changed_indices(rendered, lock):
        known = lock.notes.get(rendered.ids[index])
        if known and known.kind is NoteKind.CLOZE and not known.retired and rendered.ids[index] not in touch:
            header = rendered.headers[index]
            if header.kind is known.kind and hash_map(header.hashes).get(TEXT) != hash_map(known.hashes).get(TEXT):
                yield index
