"""A rendered deck and the lock of its last build → problems, or the deck with identity and time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from deckwright.check import in_order
from deckwright.check.summaries import NoteSummary
from deckwright.identity import LOCK_FILE, Entry, Lock
from deckwright.identity.ids import id_for
from deckwright.identity.reconciliation import future_problem, reconcile, renumber
from deckwright.pipeline.earlier_builds import EarlierBuilds
from deckwright.pipeline.findings import find_all, find_changed, of_changed_notes
from deckwright.pipeline.last_lock import LastLock, complete_last_lock, count_notes
from deckwright.pipeline.lock_ids import Strays, find_strays
from deckwright.pipeline.lock_presence import ignored_lock, lost_lock, missing_lock, unread_history
from deckwright.pipeline.lock_problems import lock_problems, renamed_entries
from deckwright.pipeline.page_memory import PageMemory
from deckwright.pipeline.reconciled_deck import IdsToWrite, ReconciledDeck
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.pipeline.same_deck_id import common_deck_id, copied_deck
from deckwright.pipeline.versions import renderer_versions, version_changes
from deckwright.plan.comparison import compare_locks
from deckwright.problems import ContentError, Place, Problem, Severity, UnknownNoteError
from deckwright.suggestions import did_you_mean

CLOCK_WAIT_SECONDS, CLOCK_POLL_SECONDS = 2, 0.05
"""How long a build waits for the clock to pass the last build's time, and between two looks at it."""


def check_rendered(rendered: RenderedDeck) -> list[Problem]:
    """Return all problems of a deck, those that a build would have with its lock among them."""
    found, past = find_all(rendered).problems, EarlierBuilds(rendered)
    strays = find_strays(past, ())
    give_ids(rendered, strays, past.lock.notes)
    problems = [*found, *past.unread, *lock_problems(past, strays, (), 0)]
    if ahead := future_problem(past.lock, int(time.time())):
        problems.append(ahead)
    else:
        problems += lost_lock(past) or missing_lock(past) or common_deck_id(past)
    return in_order([*problems, *copied_deck(rendered.deck), *ignored_lock(past.root), *unread_history(past)])


def check_and_reconcile(
    past: EarlierBuilds,
    *,
    strict: bool = False,
    memory: PageMemory | None = None,
    touch: Collection[str] | None = (),
    allowed_retiring: int = 0,
    clock: Callable[[], float] = time.time,
) -> ReconciledDeck:
    """Give the notes of a deck without errors identity and time; write nothing.

    ``strict`` makes errors of warnings; ``memory`` holds the pages that a watch has seen: warnings of the others are
    listed, without it those of notes that changed since the last build, and the rest is counted; ``touch`` names notes
    that get a new time (None: all); so many notes as ``allowed_retiring`` may go at once. Raises ContentError with
    every problem, UnknownNoteError when ``touch`` names a note that is not there.
    """
    rendered, frozen = past.rendered, past.frozen
    if renamed := renamed_entries(past) if touch != () else []:
        past = replace(past, substitute=renumber(past.lock, renamed if touch is None else {*renamed} & {*touch}))
    strays = find_strays(past, touch)
    ids = {} if frozen else give_ids(rendered, strays, {*past.lock.notes, *past.traces})
    _refuse_unknown(touch or (), rendered.ids)
    find = find_all if strict else find_changed
    found = memory.find(rendered, strict=strict) if memory else find(rendered)
    named = [_refused(each) for each in found.problems] if frozen else found.problems
    lost = missing_lock(past)
    problems = in_order([*named, *past.unread, *lost, *lock_problems(past, strays, touch, allowed_retiring)])
    severities = {problem.severity for problem in problems}
    if Severity.ERROR in severities or (strict and Severity.WARNING in severities):
        raise ContentError(problems, found.not_shown)
    known = complete_last_lock(past)
    lock = _reconcile_in_time(past, known, touch, clock)
    shared = [] if lost else [*common_deck_id(past), *([] if past.built else copied_deck(rendered.deck))]
    shared += unread_history(past)
    notices = [*known.notices, *_markup_notice(known.recorded, lock), *(each.message for each in shared)]
    found = found._replace(problems=problems)
    found = found if memory or strict else of_changed_notes(found, rendered, lock.changes)
    reconciled = ReconciledDeck(past, known, ids, lock, found, notices)
    if frozen and reconciled.is_stale:
        raise ContentError(_stale(rendered.note_summaries, known, lock))
    return reconciled


def _refuse_unknown(touch: Collection[str], ids: Collection[str]) -> None:
    if unknown := sorted(set(touch) - set(ids)):
        meant = did_you_mean(unknown[0], filter(None, ids)) if len(unknown) == 1 else ""
        raise UnknownNoteError(f"no note has the id {', '.join(unknown)}{meant}")


def _refused(problem: Problem) -> Problem:
    """Make a note without an id an error that says why no id is written."""
    if problem.rule != "missing-id":
        return problem
    message = "this note has no id, and --frozen writes none; build without --frozen and commit the id"
    return Problem(problem.place, message, problem.rule)


def give_ids(rendered: RenderedDeck, strays: Strays, known: Iterable[str]) -> IdsToWrite:
    """Give every note an id, the one that it lost where that is known, and return those that are to be written.

    ``known`` are ids of earlier builds, which no other note may get.
    """
    nameless = [
        index for index, name in enumerate(rendered.ids) if not name and not rendered.note_summaries[index].is_blank
    ]
    if not nameless:
        return {}
    taken = {*rendered.ids, *rendered.aliases, *known}
    lost, written = strays.lost_ids, dict[str, dict[int, str]]()
    for index in nameless:
        note = rendered.note_summaries[index]
        name = lost.get(index) or id_for(note.question, taken)
        taken.add(name)
        written.setdefault(note.place.path, {})[note.insert_at] = name
        rendered.give_id(index, name)
    return written


def _reconcile_in_time(
    past: EarlierBuilds, known: LastLock, touch: Collection[str] | None, clock: Callable[[], float]
) -> Lock:
    """Reconcile; when the last build was only just now, wait for the clock: no time is ever in the future."""
    rendered, traces = past.rendered, known.traces
    looks = {kind: note_type.fingerprint for kind, note_type in rendered.note_types.items()}
    indices = range(len(rendered.ids)) if touch is None else past.changed_indices()
    named = {*(touch or ()), *traces}
    indices = sorted({*indices, *(index for index, name in enumerate(rendered.ids) if name in named)})
    headers = [rendered.headers[index] for index in indices]
    among = rendered.ids if len(indices) < len(rendered.ids) else None
    lock = reconcile(headers, looks, known.lock, int(clock()), touch, among, traces, past.earlier_looks())
    if known.lock is not known.recorded:
        earlier = known.recorded.notes
        lock = replace(lock, changes={n: entry for n, entry in lock.notes.items() if earlier.get(n) != entry})
    for _ in range(int(CLOCK_WAIT_SECONDS / CLOCK_POLL_SECONDS)):
        if not 0 < lock.newest - int(clock()) <= CLOCK_WAIT_SECONDS:
            break
        time.sleep(CLOCK_POLL_SECONDS)
    where = "it" if known.recorded.newest > int(clock()) else ", ".join(sorted(set(known.overtaken.values()))) or "it"
    if problem := future_problem(lock, int(clock()), where):
        raise ContentError([problem])
    is_as_before = not lock.changes or past.is_of_last_build
    return lock if lock.versions and is_as_before else replace(lock, versions=renderer_versions())


def _markup_notice(before: Lock, lock: Lock) -> Iterator[str]:
    """How many notes have other HTML that shows the same, and why."""
    same = [name for name, entry in lock.changes.items() if _differs_in_markup(before.notes.get(name), entry)]
    if same:
        changes = version_changes(before.versions, lock.versions)
        why = ", ".join(changes) if changes else "another file, title or white space" if before.versions else "unknown"
        yield f"{count_notes(same, 'shows')} the same in other markup ({why}); no new time for that"


def _differs_in_markup(before: Entry | None, after: Entry) -> bool:
    return before is not None and before.hashes == after.hashes and before.markup not in ("", after.markup)


def _stale(notes: Iterable[NoteSummary], known: LastLock, after: Lock) -> list[Problem]:
    """Return what --frozen refuses to write, each at its note."""
    before = known.recorded
    plan = compare_locks(before, after)
    places = {note.id: note.place for note in notes}
    remedy = "; build without --frozen and commit deck.lock"
    problems = [
        Problem(places.get(name, Place(LOCK_FILE)), f"`{name}` {_why(name, what, known)}{remedy}", "stale-lock")
        for names, what in (
            (plan.new, "is new"),
            (plan.changed, "changed"),
            (plan.moved, "moved"),
            (plan.retired, "went"),
        )
        for name in names
    ]
    if before.note_types != after.note_types:
        message = f"the appearance of the note types (CSS, templates, labels) changed since the last build{remedy}"
        problems.append(Problem(Place(LOCK_FILE), message, "stale-lock"))
    left = f"the order of the notes, or the case of a deck's name, changed since the last build{remedy}"
    return problems or [Problem(Place(LOCK_FILE), left, "stale-lock")]


def _why(name: str, what: str, known: LastLock) -> str:
    if name in known.overtaken:
        return f"has another text in {known.overtaken[name]}, built later, so that learners would not get this one"
    return f"{what} since the last build"
