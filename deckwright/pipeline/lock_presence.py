"""A deck that has no ``deck.lock`` where it should, or one that no other clone has."""

from __future__ import annotations

from pathlib import Path

from deckwright.identity import LOCK_FILE
from deckwright.identity.ids import id_for
from deckwright.pipeline.earlier_builds import EarlierBuilds
from deckwright.pipeline.git_history import ignores_lock, is_refused, read_history, tracked_notes
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.problems import Place, Problem, Severity
from deckwright.regex import regex

MADE_ID = regex(r"(?:^|-)[0-9a-f]{8}$")


def missing_lock(past: EarlierBuilds) -> list[Problem]:
    """Report a deck that was built before, by all signs, and has no ``deck.lock``.

    With one in git's history that is an error; with ids that only a build makes, or notes in git, a warning.
    """
    if past.has_lock:
        return []
    if read_history(past.root, only_own=True).built:
        message = "there is no deck.lock, but git's history has one; restore it from there (git log -- deck.lock)"
        return [Problem(Place(LOCK_FILE), message, "bad-lock")]
    has_ids = len(past.rendered.named) < len(past.rendered.ids)
    if not has_ids or not (past.built or _has_made_ids(past.rendered) or tracked_notes(past.root)):
        return []
    remedy = (
        "this deck was built here before: restore the file, or see build --recover"
        if past.built
        else "if this deck was never built, build it and commit the file"
    )
    message = (
        "there is no deck.lock; was it committed? without it every build gives every note a new time, and an import "
        f"takes learners' own edits from them; {remedy}"
    )
    return [Problem(Place(LOCK_FILE), message, "missing-lock", Severity.WARNING)]


def ignored_lock(root: Path) -> list[Problem]:
    """Warn of a ``deck.lock`` that no other clone will have: a ``.gitignore`` may name ``*.lock``."""
    if not (root / LOCK_FILE).exists() or not ignores_lock(root):
        return []
    message = (
        "git is told to ignore deck.lock, so no other clone has it: builds there would give every note a new "
        "time, and an import takes learners' own edits from them; write `!deck.lock` into .gitignore, and commit it"
    )
    return [Problem(Place(LOCK_FILE), message, "missing-lock", Severity.WARNING)]


def unread_history(past: EarlierBuilds) -> list[Problem]:
    """Warn of a repository that git does not read, so that the locks of other commits count for nothing."""
    if past.states["refs"] or not past.history or not is_refused(past.root):
        return []
    message = (
        "git does not read this repository, which belongs to another user of the machine, so that a build sees nothing "
        f"of earlier locks; tell git to (git config --global --add safe.directory {past.root.resolve()})"
    )
    return [Problem(Place(LOCK_FILE), message, "missing-lock", Severity.WARNING)]


def lost_lock(past: EarlierBuilds) -> list[Problem]:
    """Refuse a package without the lock it was built with: building on would give every note a new time."""
    if past.has_lock or (package := past.package) is None:
        return []
    message = (
        f"deck.lock is missing, but {package} was built with one: without it every card would count as changed and "
        f"learners would lose their own edits; restore it from version control, or use build --recover {package}"
    )
    return [Problem(Place(LOCK_FILE), message, "bad-lock")]


def _has_made_ids(rendered: RenderedDeck) -> bool:
    """Whether some id ends in the hash of its question, as only a build writes it."""
    made = [index for index, name in enumerate(rendered.ids) if MADE_ID.search(name) and index not in rendered.named]
    return any(rendered.ids[index] == id_for(rendered.note_summaries[index].question, ()) for index in made)
