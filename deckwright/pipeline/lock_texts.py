"""What notes showed that are gone: ``deck.lock`` holds hashes of their last texts, packages and git know more."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from deckwright.identity import markup_hash
from deckwright.identity.lost_ids import texts_of
from deckwright.package.read import PackagedNote
from deckwright.pipeline.earlier_builds import EarlierBuilds, read_packaged
from deckwright.pipeline.git_history import questions_in_history, read_history
from deckwright.plan.comparison import question_of


def old_texts(past: EarlierBuilds, ids: Collection[str]) -> dict[str, Mapping[str, str]]:
    """Return the fields that notes had in the last build, by their ids, where a package or the cache still has it."""
    found: dict[str, Mapping[str, str]] = {}
    for path in [*past.packages, *past.kept]:
        for note in read_packaged(path).notes:
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
        for note in read_packaged(path, numbers).notes:
            name = note.fields.get("ID", "")
            if name in ids and known[name].markup in ("", markup_hash(note.fields, note.tags)):
                found.setdefault(name, note)
    return found


def old_questions(past: EarlierBuilds, ids: Collection[str]) -> dict[str, str]:
    """Return the last questions of notes that are gone, by their ids, as lines of text, where anything holds them."""
    found = {name: question_of(texts) for name, texts in old_texts(past, ids).items()}
    return found | questions_in_history(past.root, [name for name in ids if name not in found] if past.history else ())


def texts_in_history(past: EarlierBuilds, ids: Collection[str]) -> dict[str, set[str]]:
    """Return every text that the locks in git's history know of notes, by their ids, as ``texts_of`` gives them."""
    found: dict[str, set[str]] = {name: set() for name in ids}
    for name, entry in read_history(past.root, only_own=past.frozen).built if past.history else ():
        if name in found:
            found[name] |= texts_of(entry)
    return found
