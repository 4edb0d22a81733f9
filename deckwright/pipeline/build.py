"""The pipeline: read → parse → render → check → reconcile → package.

``read_and_render`` is the first half, which every command begins with; what differs between ``build``, ``check`` and
``plan`` is which steps they call after it.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from deckwright.deck.folder import Deck, decode, read_file, read_folder
from deckwright.deck.media import MediaStore, find_media
from deckwright.deck.settings import Settings
from deckwright.grammar import parse_source
from deckwright.grammar.note import SourceFile
from deckwright.identity import LOCK_FILE, Lock
from deckwright.notetypes import note_types
from deckwright.package.read import read_package
from deckwright.package.recovery import recover_lock
from deckwright.package.write import WrittenPackage
from deckwright.pipeline.cache_file import open_cache, retried_without_cache
from deckwright.pipeline.git_history import questions_in_history
from deckwright.pipeline.git_lock import read_lock_of_revision
from deckwright.pipeline.lock_problems import copy_over_package
from deckwright.pipeline.lock_texts import notes_of_last_build
from deckwright.pipeline.page import without_drafts
from deckwright.pipeline.page_memory import PageMemory
from deckwright.pipeline.reconciled_deck import ReconciledDeck
from deckwright.pipeline.reconciling import (
    check_and_reconcile,
    check_rendered,
    default_output,
    lost_lock,
)
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.pipeline.rendering import Options, render_pages
from deckwright.pipeline.writing import write_build
from deckwright.plan.comparison import (
    DeckSnapshot,
    Plan,
    compare,
    compare_locks,
    question_of,
    state_of_lock,
    state_of_notes,
    state_of_package,
)
from deckwright.problems import ContentError, PackageError, Place, Problem

DEFAULT = Options()
ANY_NUMBER = 1_000_000_000
"""Of notes that may be removed at once, where that is only reported."""


class BuildResult(NamedTuple):
    """What a build did: the package, what changed since the last build, the warnings, the ids written into sources."""

    written: WrittenPackage
    plan: Plan
    warnings: list[Problem]
    ids: list[tuple[Place, str]]
    not_shown: Mapping[str, int] = {}
    """How many warnings there are of notes that did not change: severity and rule → number."""
    notices: Sequence[str] = ()
    """What a person should know of times that this build gave, or did not give."""


class PlanResult(NamedTuple):
    """What the next build changes, with what is needed for the report."""

    plan: Plan
    questions: Mapping[str, str]
    """Id → question, of all notes."""
    settings: Settings


@contextmanager
def read_and_render(
    root: Path, options: Options = DEFAULT, today: datetime.date | None = None, *, alone: bool = False
) -> Iterator[RenderedDeck]:
    """Read a deck folder, and parse, render and check its pages; the notes can be read until the block ends.

    Nothing is raised for whatever the folder holds: what is wrong is among the problems. Raises OSError when there is
    no room for what is rendered, DamagedCacheError when the work is to be begun again without the cache, ContentError
    when it is to be done ``alone`` and another process has the deck open for longer than a minute.
    """
    with open_cache(root, use=options.use_cache, alone=alone) as cache:
        deck = read_folder(root, today or datetime.datetime.now(datetime.UTC).date())
        yield render_pages(deck, cache, options)


def build(
    root: Path,
    output: Path | None = None,
    *,
    frozen: bool = False,
    strict: bool = False,
    memory: PageMemory | None = None,
    touch: Collection[str] | None = (),
    recover: Path | None = None,
    history: bool = True,
    allowed_retiring: int = 0,
    clock: Callable[[], float] = time.time,
    options: Options = DEFAULT,
) -> BuildResult:
    """Build a deck folder into a package (``dist/<deck id>.apkg`` by default).

    ``frozen``, ``strict``, ``memory`` and ``touch`` as in ``check_and_reconcile``; ``recover`` is a package to
    rebuild a lost lock from; ``history``: whether git is asked for texts that were built later; ``allowed_retiring``:
    how many notes may go at once. Raises ContentError with every problem, OSError when something cannot be written,
    PackageError when ``recover`` cannot be used; the earlier package and lock are then as they were.
    """

    def work(use_cache: bool) -> BuildResult:
        today = datetime.datetime.fromtimestamp(clock(), datetime.UTC).date()
        with read_and_render(root, options._replace(use_cache=use_cache), today, alone=True) as rendered:
            usual = default_output(rendered.deck)
            if copied := copy_over_package(root, rendered, output or usual):
                raise ContentError(copied)
            reconciled = check_and_reconcile(
                root,
                rendered,
                frozen=frozen,
                strict=strict,
                memory=memory,
                touch=touch,
                before=before,
                allowed_retiring=allowed_retiring,
                packages=[output or usual, usual],
                history=history,
                clock=clock,
            )
            if not recover and (lost := lost_lock(root, output or usual, usual)):
                raise ContentError(lost)
            written = write_build(root, output or usual, reconciled)
            plan = compare_locks(reconciled.before, reconciled.lock)
            warnings, not_shown = reconciled.warnings
            return BuildResult(written, plan, warnings, reconciled.new_ids, not_shown, reconciled.notices)

    before = _recovered_lock(root, recover) if recover else None
    return retried_without_cache(work, use_cache=options.use_cache)


def check(root: Path, today: datetime.date | None = None, options: Options = DEFAULT) -> list[Problem]:
    """Return every problem of a deck folder. Writes nothing there.

    Raises nothing for whatever the folder holds, OSError only when there is no room for what is rendered.
    """

    def work(use_cache: bool) -> list[Problem]:
        with read_and_render(root, options._replace(use_cache=use_cache), today) as rendered:
            return check_rendered(root, rendered)

    return retried_without_cache(work, use_cache=options.use_cache)


def plan(
    root: Path,
    against: Path | None = None,
    *,
    revision: str = "",
    history: bool = True,
    clock: Callable[[], float] = time.time,
    options: Options = DEFAULT,
) -> PlanResult:
    """Return what importing the next build will do to a collection that holds the last one, or an earlier one.

    ``against`` is the earlier one's package; ``revision`` is a tag, branch or commit of git with which it was built.
    Writes nothing in the deck folder. Raises ContentError with every problem, PackageError when ``against`` cannot be
    used, RevisionError when ``revision`` cannot.
    """

    def work(use_cache: bool) -> PlanResult:
        today = datetime.datetime.fromtimestamp(clock(), datetime.UTC).date()
        with read_and_render(root, options._replace(use_cache=use_cache), today) as rendered:
            packages = [default_output(rendered.deck)]
            reconciled = check_and_reconcile(
                root,
                rendered,
                allowed_retiring=ANY_NUMBER,
                packages=packages,
                released=against,
                history=history,
                clock=clock,
            )
            before, after = _states(reconciled, against)
            if revision:
                before = state_of_lock(read_lock_of_revision(root, rendered.deck.settings.id, revision))
            compared = compare(before, after)
            questions = {note.id: note.question for note in rendered.note_summaries}
            gone = {name: question_of(before.notes[name].texts) for name in compared.retired}
            unknown = [name for name, question in gone.items() if not question] if history else []
            questions |= gone | (questions_in_history(root, unknown) if unknown else {})
            return PlanResult(compared, questions, rendered.deck.settings)

    return retried_without_cache(work, use_cache=options.use_cache)


def parse_deck(root: Path, today: datetime.date) -> Deck:
    """Read a whole deck into memory, parsed and not rendered. Problems are kept in it, nothing is raised."""
    deck = read_folder(root, today)
    texts = [raw if isinstance(raw := read_file(file), Problem) else decode(file, raw) for file in deck.files]
    pages = tuple(without_drafts(parse_source(text)) for text in texts if isinstance(text, SourceFile))
    media, faults = find_media(MediaStore(root), (note for page in pages for note in page.notes))
    unread = (text for text in texts if isinstance(text, Problem))
    return replace(deck, pages=pages, media=media, problems=(*deck.problems, *unread, *faults))


def _recovered_lock(root: Path, package: Path) -> Lock:
    """Return the lock as it was when ``package`` was built: ids, numbers, times and positions are all in it."""
    if (root / LOCK_FILE).exists():
        message = "deck.lock is here; remove it first if it is to be rebuilt from a package"
        raise ContentError([Problem(Place(LOCK_FILE), message, "bad-lock")])
    settings = read_folder(root, datetime.date.min).settings
    kinds = {note_type.id: kind for kind, note_type in note_types(settings).items()}
    lock = recover_lock(settings.id, read_package(package), kinds)
    if not lock.notes:
        message = f"{package} holds no note of the deck `{settings.id}`; give a package of this deck"
        raise ContentError([Problem(Place(LOCK_FILE), message, "bad-lock")])
    return lock


def _states(reconciled: ReconciledDeck, against: Path | None) -> tuple[DeckSnapshot, DeckSnapshot]:
    """Return what a learner has who imported the last build, or ``against``; and what the next build holds."""
    lock = reconciled.lock
    type_ids = {kind: note_type.id for kind, note_type in reconciled.note_types.items()}
    after = state_of_notes(reconciled.notes(), lock, type_ids)
    if against is None:
        return state_of_lock(reconciled.before, _last_texts(reconciled)), after
    kinds = {number: kind for kind, number in type_ids.items()}
    before = state_of_package(read_package(against), lock, kinds)
    if before.notes.keys().isdisjoint(lock.notes):
        raise PackageError(f"{against} holds no note of this deck; give a package of it")
    return before, after


def _last_texts(reconciled: ReconciledDeck) -> dict[str, dict[str, str]]:
    """Return the texts of the last build where they are still at hand: deck.lock itself holds hashes only."""
    rendered, before = reconciled.rendered, reconciled.before
    known = notes_of_last_build(rendered, before, before.notes.keys(), [default_output(rendered.deck)])
    return {name: {**note.fields, "Tags": " ".join(note.tags)} for name, note in known.items()}
