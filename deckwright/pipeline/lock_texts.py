"""What notes showed that are gone: ``deck.lock`` holds hashes of their last texts, packages and git know more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from deckwright.identity import markup_hash
from deckwright.identity.lost_ids import texts_of
from deckwright.package.read import PackagedNote
from deckwright.pipeline.earlier_builds import EarlierBuilds, packaged_notes
from deckwright.pipeline.git_history import questions_in_history, read_history
from deckwright.plan.comparison import question_of


class OldNote(NamedTuple):
    """A note that is gone, as far as anything still tells."""

    question: str
    """The last one, as a line of text; empty where nothing holds it."""
    texts: Collection[str]
    """Every text of it that a lock in git's history knows, as ``texts_of`` gives them."""


def old_texts(past: EarlierBuilds, ids: Collection[str]) -> dict[str, Mapping[str, str]]:
    """Return the fields that notes had in the last build, by their ids, where a package or the cache still has it."""
    found: dict[str, Mapping[str, str]] = {}
    for path in [*past.packages, *past.kept]:
        for note in packaged_notes(path):
            if (name := note.fields.get("ID", "")) in ids:
                found.setdefault(name, note.fields)
    return found


def notes_of_last_build(past: EarlierBuilds, ids: Collection[str]) -> dict[str, PackagedNote]:
    """Return notes as the lock has them, by their ids, where the cache or a package still holds just that."""
    known = past.lock.notes
    numbers = [known[name].number for name in ids]
    found: dict[str, PackagedNote] = {}
    for path in [*past.kept, *past.packages]:
        if len(found) == len(ids):
            break
        for note in packaged_notes(path, numbers):
            name = note.fields.get("ID", "")
            if name in ids and known[name].markup in ("", markup_hash(note.fields, note.tags)):
                found.setdefault(name, note)
    return found


def old_notes(past: EarlierBuilds, ids: Collection[str]) -> dict[str, OldNote]:
    """Return what is known of notes that are gone, by their ids."""
    questions = {name: question_of(texts) for name, texts in old_texts(past, ids).items()}
    texts: dict[str, set[str]] = {name: set() for name in ids}
    if past.history:
        questions = questions_in_history(past.root, [name for name in ids if name not in questions]) | questions
        for name, entry in read_history(past.root, only_own=past.frozen).built:
            if name in texts:
                texts[name] |= texts_of(entry)
    return {name: OldNote(questions.get(name, ""), texts[name]) for name in ids}
