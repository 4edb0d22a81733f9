"""The questions of notes that are gone: ``deck.lock`` holds hashes only, packages and git's history the texts."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from deckwright.identity.entries import Hashes
from deckwright.pipeline.git_history import questions_in_history
from deckwright.pipeline.lock_before import TraceOptions, packaged_notes
from deckwright.plan.comparison import NoteState, question_of


def old_questions(root: Path, ids: Collection[str], options: TraceOptions) -> dict[str, str]:
    """Return the last question that each id is known to have had, as a line of text; of some ids nothing may tell."""
    found: dict[str, str] = {}
    for path in options.packages:
        for note in packaged_notes(path):
            name = note.fields.get("ID", "")
            if name in ids and (question := question_of(NoteState(note.deck, note.modified, Hashes(""), note.fields))):
                found.setdefault(name, question)
    left = [name for name in ids if name not in found]
    return found | (questions_in_history(root, left) if left and options.history else {})
