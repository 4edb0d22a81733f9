"""Deletions that have other numbers than in the last build: a number is a card to Anki, and has its history."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from deckwright.grammar.note import NoteKind
from deckwright.identity import hash_map
from deckwright.pipeline.earlier_builds import EarlierBuilds
from deckwright.pipeline.lock_texts import notes_of_last_build
from deckwright.plan.comparison import renumbered
from deckwright.problems import Problem, Severity

TEXT = "Text"


def renumbered_deletions(past: EarlierBuilds, touch: Collection[str] | None) -> Iterator[Problem]:
    """Yield a warning for each note of the lock whose deletions changed their numbers, but those of ``touch``."""
    if touch is None:
        return
    edited = [
        index
        for index, header, last in past.possibly_edited()
        if header.kind is last.kind is NoteKind.CLOZE
        and not (last.retired or header.id in touch)
        and hash_map(header.hashes).get(TEXT) != hash_map(last.hashes).get(TEXT)
    ]
    rendered = past.rendered
    known = notes_of_last_build(past, [rendered.ids[index] for index in edited]) if edited else {}
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
