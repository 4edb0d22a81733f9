"""A rendered deck and the lock of its last build → problems, or the deck with identity and time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from deckwright.check import in_order
from deckwright.check.summaries import NoteSummary
from deckwright.deck.folder import Deck
from deckwright.grammar.note import NoteKind
from deckwright.identity import (
    LOCK_FILE,
    Entry,
    Lock,
    Traces,
    TypeEntry,
    future_problem,
    reconcile,
    renumber,
)
from deckwright.identity.ids import id_for
from deckwright.notetypes import NoteType, note_types
from deckwright.pipeline.findings import find_all, find_changed, of_changed_notes
from deckwright.pipeline.last_lock import (
    LastLock,
    TraceOptions,
    changed_indices,
    collect_traces,
    complete_last_lock,
    earlier_types,
    is_of_last_build,
    read_last_lock,
    trace_states,
)
from deckwright.pipeline.lock_ids import Strays, find_strays, stray_problems, twin_problems
from deckwright.pipeline.lock_problems import (
    common_deck_id,
    copied_deck,
    ignored_lock,
    lock_problems,
    missing_lock,
    renamed_entries,
)
from deckwright.pipeline.lock_texts import old_notes, old_texts
from deckwright.pipeline.page_memory import PageMemory
from deckwright.pipeline.reconciled_deck import IdsToWrite, ReconciledDeck
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.pipeline.renumbered import renumbered_deletions
from deckwright.pipeline.versions import renderer_versions, version_changes
from deckwright.plan.comparison import compare_locks
from deckwright.problems import ContentError, Place, Problem, Severity, UnknownNoteError
from deckwright.suggestions import did_you_mean

CLOCK_WAIT_SECONDS, CLOCK_POLL_SECONDS = 2, 0.05
"""How long a build waits for the clock to pass the last build's time, and between two looks at it."""


def check_rendered(root: Path, rendered: RenderedDeck) -> list[Problem]:
    """Return all problems of a deck, those that a build would have with its lock among them."""
    found = find_all(rendered).problems
    before, unread = read_last_lock(root, rendered)
    looked = TraceOptions([default_output(rendered.deck)])
    kinds = _kinds(note_types(rendered.deck.settings, rendered.deck.style))
    strays = find_strays(
        rendered,
        before,
        (),
        lambda: collect_traces(root, rendered, before, kinds, looked),
        lambda ids: old_texts(rendered, ids, looked),
    )
    give_ids(rendered, before, {}, strays)
    problems = [*found, *unread, *lock_problems(rendered, before, strays.owners, 0)]
    problems += stray_problems(rendered, before, strays, lambda ids: old_notes(root, rendered, ids, looked))
    problems += [*renumbered_deletions(rendered, before, (), looked.packages), *twin_problems(rendered)]
    if ahead := future_problem(before, int(time.time())):
        problems.append(ahead)
    else:
        lost = lost_lock(root, default_output(rendered.deck))
        problems += lost or missing_lock(root, rendered) or common_deck_id(root, rendered, before)
    problems += copied_deck(root, rendered.deck.settings.id) + ignored_lock(root)
    return in_order(problems)


def check_and_reconcile(
    root: Path,
    rendered: RenderedDeck,
    *,
    frozen: bool = False,
    strict: bool = False,
    memory: PageMemory | None = None,
    touch: Collection[str] | None = (),
    before: Lock | None = None,
    allowed_retiring: int = 0,
    packages: Sequence[Path] = (),
    released: Path | None = None,
    history: bool = True,
    clock: Callable[[], float] = time.time,
) -> ReconciledDeck:
    """Give the notes of a deck without errors identity and time; write nothing.

    ``frozen`` refuses everything that would change the deck folder; ``strict`` makes errors of warnings; ``memory``
    holds the pages that a watch has seen: warnings of the others are listed, without it those of notes that changed
    since the last build, and the rest is counted; ``touch`` names notes that get a new time (None: all); ``before``
    stands in for ``deck.lock``; so many notes as ``allowed_retiring`` may go at once; ``packages`` and, with
    ``history``, git may hold texts of earlier builds that are newer than it; ``released`` is another package that helps
    to understand an old lock. Raises ContentError with every problem, UnknownNoteError when ``touch`` names a note that
    is not there.
    """
    is_recovered = before is not None
    before, unread = (before, list[Problem]()) if before else read_last_lock(root, rendered)
    if renamed := renamed_entries(rendered, before) if touch != () else []:
        before = renumber(before, renamed if touch is None else {*renamed} & {*touch})
    types = note_types(rendered.deck.settings, rendered.deck.style)
    kinds = _kinds(types)
    looked = TraceOptions(packages, history, frozen)
    traces = collect_traces(root, rendered, before, kinds, looked)
    strays = find_strays(rendered, before, touch, lambda: traces, lambda ids: old_texts(rendered, ids, looked))
    ids = {} if frozen else give_ids(rendered, before, traces, strays)
    if unknown := sorted(set(touch or ()) - set(rendered.ids)):
        meant = did_you_mean(unknown[0], filter(None, rendered.ids)) if len(unknown) == 1 else ""
        raise UnknownNoteError(f"no note has the id {', '.join(unknown)}{meant}")
    find = find_all if strict else find_changed
    found = memory.find(rendered, strict=strict) if memory else find(rendered)
    named = [_refused(each) for each in found.problems] if frozen else found.problems
    lost = [] if is_recovered else missing_lock(root, rendered)
    astray = stray_problems(rendered, before, strays, lambda ids: old_notes(root, rendered, ids, looked))
    costs = [*lock_problems(rendered, before, strays.owners, allowed_retiring), *astray]
    renumbered = renumbered_deletions(rendered, before, touch, packages)
    problems = in_order([*named, *unread, *lost, *costs, *twin_problems(rendered), *renumbered])
    severities = {problem.severity for problem in problems}
    if Severity.ERROR in severities or (strict and Severity.WARNING in severities):
        raise ContentError(problems, found.not_shown)
    known = complete_last_lock(rendered, before, traces, [*packages, released] if released else packages)
    looks = earlier_types(rendered, before, kinds, looked)
    lock = _reconcile_in_time(rendered, types, known, looks, touch, clock)
    common = [] if lost else [each.message for each in common_deck_id(root, rendered, before)]
    notices = [*known.notices, *_markup_notice(known.recorded, lock), *common]
    sources = {} if frozen else trace_states(root, looked)
    found = found._replace(problems=problems)
    found = found if memory or strict else of_changed_notes(found, rendered, lock.changes)
    gone = known.forgotten.items() if not frozen else ()
    forgotten = {name: entry for name, entry in gone if name not in lock.notes}
    reconciled = ReconciledDeck(rendered, ids, types, known.recorded, lock, found, notices, frozen, forgotten, sources)
    if frozen and reconciled.is_stale:
        raise ContentError(_stale(rendered.note_summaries, known, lock))
    return reconciled


def _kinds(types: Mapping[NoteKind, NoteType]) -> dict[int, NoteKind]:
    return {note_type.id: kind for kind, note_type in types.items()}


def default_output(deck: Deck) -> Path:
    """Return ``dist/<deck id>.apkg`` in the working folder."""
    return Path("dist", f"{deck.settings.id}.apkg")


def lost_lock(root: Path, *packages: Path) -> list[Problem]:
    """Refuse a package without the lock it was built with: building on would give every note a new time."""
    package = next((path for path in packages if path.exists()), None)
    if (root / LOCK_FILE).exists() or package is None:
        return []
    message = (
        f"deck.lock is missing, but {package} was built with one: without it every card would count as changed and "
        f"learners would lose their own edits; restore it from version control, or use build --recover {package}"
    )
    return [Problem(Place(LOCK_FILE), message, "bad-lock")]


def _refused(problem: Problem) -> Problem:
    """Make a note without an id an error that says why no id is written."""
    if problem.rule != "missing-id":
        return problem
    message = "this note has no id, and --frozen writes none; build without --frozen and commit the id"
    return Problem(problem.place, message, problem.rule)


def give_ids(rendered: RenderedDeck, lock: Lock, traces: Traces, strays: Strays) -> IdsToWrite:
    """Give every note an id, the one that it lost where that is known, and return those that are to be written."""
    nameless = [
        index for index, name in enumerate(rendered.ids) if not name and not rendered.note_summaries[index].is_blank
    ]
    if not nameless:
        return {}
    aliases = {alias for page in rendered.page_summaries for alias in page.aliases}
    taken = {*rendered.ids, *lock.notes, *traces, *aliases}
    lost, written = strays.lost_ids, dict[str, dict[int, str]]()
    for index in nameless:
        note = rendered.note_summaries[index]
        name = lost.get(index) or id_for(note.question, taken)
        taken.add(name)
        written.setdefault(note.place.path, {})[note.insert_at] = name
        rendered.give_id(index, name)
    return written


def _reconcile_in_time(
    rendered: RenderedDeck,
    types: Mapping[NoteKind, NoteType],
    known: LastLock,
    type_traces: Mapping[NoteKind, Sequence[TypeEntry]],
    touch: Collection[str] | None,
    clock: Callable[[], float],
) -> Lock:
    """Reconcile; when the last build was only just now, wait for the clock: no time is ever in the future."""
    looks = {kind: note_type.fingerprint for kind, note_type in types.items()}
    before, traces = known.lock, known.traces
    indices = range(len(rendered.ids)) if touch is None else changed_indices(rendered, before)
    if touch or traces:
        named = {*(touch or ()), *traces}
        indices = sorted({*indices, *(index for index, name in enumerate(rendered.ids) if name in named)})
    headers = [rendered.headers[index] for index in indices]
    among = rendered.ids if len(indices) < len(rendered.ids) else None
    lock = reconcile(headers, looks, before, int(clock()), touch, among, traces, type_traces)
    if before is not known.recorded:
        lock = replace(lock, changes=_differences(known.recorded, lock))
    for _ in range(int(CLOCK_WAIT_SECONDS / CLOCK_POLL_SECONDS)):
        if not 0 < lock.newest - int(clock()) <= CLOCK_WAIT_SECONDS:
            break
        time.sleep(CLOCK_POLL_SECONDS)
    where = "it" if known.recorded.newest > int(clock()) else ", ".join(sorted(set(known.overtaken.values()))) or "it"
    if problem := future_problem(lock, int(clock()), where):
        raise ContentError([problem])
    is_as_before = not lock.changes or is_of_last_build(known.recorded, rendered)
    return lock if lock.versions and is_as_before else replace(lock, versions=renderer_versions())


def _markup_notice(before: Lock, lock: Lock) -> Iterator[str]:
    """How many notes have other HTML that shows the same, and why."""
    same = [name for name, entry in lock.changes.items() if _differs_in_markup(before.notes.get(name), entry)]
    if same:
        changes = version_changes(before.versions, lock.versions)
        why = ", ".join(changes) if changes else "another file, title or white space" if before.versions else "unknown"
        notes = "1 note shows" if len(same) == 1 else f"{len(same)} notes show"
        yield f"{notes} the same in other markup ({why}); no new time for that"


def _differs_in_markup(before: Entry | None, after: Entry) -> bool:
    return before is not None and before.hashes == after.hashes and before.markup not in ("", after.markup)


def _differences(before: Lock, after: Lock) -> dict[str, Entry]:
    return {name: entry for name, entry in after.notes.items() if before.notes.get(name) != entry}


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
