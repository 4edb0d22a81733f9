"""What notes showed that are gone: ``deck.lock`` holds hashes of their last texts, packages and git know more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from deckwright.identity import Lock, markup_hash
from deckwright.identity.lost_ids import texts_of
from deckwright.package.read import PackagedNote
from deckwright.pipeline.git_history import questions_in_history, read_history
from deckwright.pipeline.last_lock import TraceOptions, packaged_notes
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.plan.comparison import question_of


class OldNote(NamedTuple):
    """A note that is gone, as far as anything still tells."""

    question: str
    """The last one, as a line of text; empty where nothing holds it."""
    texts: Collection[str]
    """Every text of it that a lock in git's history knows, as ``texts_of`` gives them."""


def old_texts(rendered: RenderedDeck, ids: Collection[str], options: TraceOptions) -> dict[str, Mapping[str, str]]:
    """Return the fields that notes had in the last build, by their ids, where a package or the cache still has it."""
    kept = rendered.cache.last_collection
    found: dict[str, Mapping[str, str]] = {}
    for path in [*options.packages, *filter(None, [kept])]:
        for note in packaged_notes(path):
            if (name := note.fields.get("ID", "")) in ids:
                found.setdefault(name, note.fields)
    return found


def notes_of_last_build(
    rendered: RenderedDeck, lock: Lock, ids: Collection[str], packages: Iterable[Path]
) -> dict[str, PackagedNote]:
    """Return notes as ``lock`` has them, by their ids, where the cache or a package still holds just that."""
    kept, numbers = rendered.cache.last_collection, [lock.notes[name].number for name in ids]
    found: dict[str, PackagedNote] = {}
    for path in [*filter(None, [kept]), *packages]:
        if len(found) == len(ids):
            break
        for note in packaged_notes(path, numbers):
            name = note.fields.get("ID", "")
            if name in ids and lock.notes[name].markup in ("", markup_hash(note.fields, note.tags)):
                found.setdefault(name, note)
    return found


def old_notes(root: Path, rendered: RenderedDeck, ids: Collection[str], options: TraceOptions) -> dict[str, OldNote]:
    """Return what is known of notes that are gone, by their ids."""
    fields = old_texts(rendered, ids, options)
    questions = {name: question_of(texts) for name, texts in fields.items()}
    texts: dict[str, set[str]] = {name: set() for name in ids}
    if options.history:
        questions = questions_in_history(root, [name for name in ids if name not in questions]) | questions
        for name, entry in read_history(root, only_own=options.frozen).built:
            if name in texts:
                texts[name] |= texts_of(entry)
    return {name: OldNote(questions.get(name, ""), texts[name]) for name in ids}
