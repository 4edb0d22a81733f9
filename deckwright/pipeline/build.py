"""The pipeline: read → parse → render → check → reconcile → package.

``with_rendered`` does the first half, which every command begins with; what differs between ``build``, ``check`` and
``plan`` is which steps they call after it.
"""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from deckwright.deck.folder import Deck, read_folder, read_source
from deckwright.deck.media import MediaStore, find_media
from deckwright.deck.settings import Settings, read_settings
from deckwright.grammar import parse_source
from deckwright.grammar.note import SourceFile
from deckwright.identity import LOCK_FILE, Lock
from deckwright.notetypes import note_types
from deckwright.package.read import read_package
from deckwright.package.recovery import recover_lock
from deckwright.package.write import WrittenPackage
from deckwright.pipeline.cache import DamagedCacheError
from deckwright.pipeline.cache_file import open_cache
from deckwright.pipeline.earlier_builds import EarlierBuilds
from deckwright.pipeline.git_history import questions_in_history
from deckwright.pipeline.git_lock import read_lock_of_revision
from deckwright.pipeline.lock_presence import lost_lock
from deckwright.pipeline.lock_texts import notes_of_last_build
from deckwright.pipeline.page import without_drafts
from deckwright.pipeline.page_memory import PageMemory
from deckwright.pipeline.reconciled_deck import ReconciledDeck
from deckwright.pipeline.reconciling import check_and_reconcile, check_rendered
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.pipeline.rendering import Options, render_pages
from deckwright.pipeline.same_deck_id import copy_over_package
from deckwright.pipeline.writing import write_build
from deckwright.plan.comparison import (
    DeckSnapshot,
    Plan,
    compare,
    compare_locks,
    question_of,
    state_of_lock,
    state_of_package,
    texts_of,
)
from deckwright.problems import ContentError, PackageError, Place, Problem

DEFAULT = Options()
T = TypeVar("T")


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


def with_rendered(
    root: Path,
    work: Callable[[RenderedDeck], T],
    options: Options = DEFAULT,
    today: datetime.date | None = None,
    *,
    alone: bool = False,
) -> T:
    """Read a deck folder, parse, render and check its pages, and return what ``work`` makes of them.

    Work begins again without the cache when something in it turns out to be damaged. Nothing is raised for whatever the
    folder holds: what is wrong is among the problems. Raises OSError when there is no room for what is rendered,
    ContentError when it is to be done ``alone`` and another process has the deck open for longer than a minute.
    """

    def attempt(*, use_cache: bool) -> T:
        with open_cache(root, use=use_cache, alone=alone) as cache:
            deck = read_folder(root, today or datetime.datetime.now(datetime.UTC).date())
            return work(render_pages(deck, cache, options))

    try:
        return attempt(use_cache=options.use_cache)
    except DamagedCacheError:
        return attempt(use_cache=False)


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

    ``frozen`` refuses everything that would change the deck folder; ``recover`` is a package to rebuild a lost lock
    from; ``history``: whether git is asked for texts that were built later; the others as in ``check_and_reconcile``.
    Raises ContentError with every problem, OSError when something cannot be written,
    PackageError when ``recover`` cannot be used; the earlier package and lock are then as they were.
    """

    def work(rendered: RenderedDeck) -> BuildResult:
        past = EarlierBuilds(rendered, output, recovered, history=history, frozen=frozen)
        if copied := copy_over_package(past):
            raise ContentError(copied)
        reconciled = check_and_reconcile(
            past, strict=strict, memory=memory, touch=touch, allowed_retiring=allowed_retiring, clock=clock
        )
        if lost := lost_lock(past):
            raise ContentError(lost)
        written = write_build(reconciled)
        plan = compare_locks(reconciled.before, reconciled.lock)
        warnings, not_shown = reconciled.warnings
        return BuildResult(written, plan, warnings, reconciled.new_ids, not_shown, reconciled.notices)

    recovered = _recovered_lock(root, recover) if recover else None
    return with_rendered(root, work, options, _day(clock), alone=True)


def check(root: Path, today: datetime.date | None = None, options: Options = DEFAULT) -> list[Problem]:
    """Return every problem of a deck folder. Writes nothing there.

    Raises nothing for whatever the folder holds, OSError only when there is no room for what is rendered.
    """
    return with_rendered(root, check_rendered, options, today)


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

    def work(rendered: RenderedDeck) -> PlanResult:
        past = EarlierBuilds(rendered, released=against, history=history)
        reconciled = check_and_reconcile(past, allowed_retiring=sys.maxsize, clock=clock)  # that is only reported
        before = _earlier_state(reconciled, against, revision)
        type_ids = {kind: note_type.id for kind, note_type in rendered.note_types.items()}
        texts = {note.header.id: texts_of(note) for note in reconciled.notes()}
        compared = compare(before, state_of_lock(reconciled.lock, texts, type_ids=type_ids))
        questions = {note.id: note.question for note in rendered.note_summaries}
        gone = {name: question_of(before.notes[name].texts) for name in compared.retired}
        unknown = [name for name, question in gone.items() if not question] if history else []
        questions |= gone | questions_in_history(root, unknown)
        return PlanResult(compared, questions, rendered.deck.settings)

    return with_rendered(root, work, options, _day(clock))


def _day(clock: Callable[[], float]) -> datetime.date:
    return datetime.datetime.fromtimestamp(clock(), datetime.UTC).date()


def parse_deck(root: Path, today: datetime.date) -> Deck:
    """Read a whole deck into memory, parsed and not rendered. Problems are kept in it, nothing is raised."""
    deck = read_folder(root, today)
    texts = [read_source(file) for file in deck.files]
    pages = tuple(without_drafts(parse_source(text)) for text in texts if isinstance(text, SourceFile))
    media, faults = find_media(MediaStore(root), (note for page in pages for note in page.notes))
    unread = (text for text in texts if isinstance(text, Problem))
    return replace(deck, pages=pages, media=media, problems=(*deck.problems, *unread, *faults))


def _recovered_lock(root: Path, package: Path) -> Lock:
    """Return the lock as it was when ``package`` was built: ids, numbers, times and positions are all in it."""
    if (root / LOCK_FILE).exists():
        message = "deck.lock is here; remove it first if it is to be rebuilt from a package"
        raise ContentError([Problem(Place(LOCK_FILE), message, "bad-lock")])
    settings = read_settings(root, [])
    kinds = {note_type.id: kind for kind, note_type in note_types(settings).items()}
    lock = recover_lock(settings.id, read_package(package), kinds)
    if not lock.notes:
        message = f"{package} holds no note of the deck `{settings.id}`; give a package of this deck"
        raise ContentError([Problem(Place(LOCK_FILE), message, "bad-lock")])
    return lock


def _earlier_state(reconciled: ReconciledDeck, against: Path | None, revision: str) -> DeckSnapshot:
    """Return what a learner has who imported the last build, or that of a package or a revision."""
    rendered, before = reconciled.rendered, reconciled.before
    if revision:
        return state_of_lock(read_lock_of_revision(rendered.deck.root, rendered.deck.settings.id, revision))
    if against is None:  # deck.lock holds hashes only; the texts may still be at hand
        known = notes_of_last_build(reconciled.past, before.notes.keys())
        return state_of_lock(before, {n: {**note.fields, "Tags": " ".join(note.tags)} for n, note in known.items()})
    found = state_of_package(read_package(against), reconciled.lock, rendered.type_kinds)
    if found.notes.keys().isdisjoint(reconciled.lock.notes):
        raise PackageError(f"{against} holds no note of this deck; give a package of it")
    return found
