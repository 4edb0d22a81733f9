"""Everything before anything is written: read → parse → render → check → reconcile."""

from __future__ import annotations

import datetime
import itertools
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from deckwright.check import Likenesses, check_whole, find_likenesses, in_order, likeness_key
from deckwright.check.summaries import Outline
from deckwright.deck.folder import ContentFile, Deck, Folder, decode, read_file, read_folder
from deckwright.grammar.note import NoteKind, Source
from deckwright.identity import (
    LOCK_FILE,
    Entry,
    Lock,
    LockError,
    carry_over,
    dated,
    future_problem,
    is_news,
    read_lock,
    reconcile,
)
from deckwright.identity.headers import DatedNote
from deckwright.identity.ids import id_for
from deckwright.notetypes import NoteType, note_types
from deckwright.package.write import CardRow, Earlier
from deckwright.pipeline.cache import DamagedCacheError, kept_pages
from deckwright.pipeline.earlier_builds import EarlierBuilds
from deckwright.pipeline.finished import Finished
from deckwright.pipeline.versions import renderer_versions, version_changes
from deckwright.pipeline.workers import finish_pages
from deckwright.plan.comparison import compare_locks
from deckwright.problems import ContentError, Place, Problem, Severity, UnknownNoteError

T = TypeVar("T")
Track = Callable[[Collection[ContentFile]], Iterable[ContentFile]]
"""Hands on the files one by one, perhaps showing how far it is."""
PATIENCE, TICK = 2, 0.05
"""Seconds that a build waits for the clock to pass the last build's time, and between two looks at it."""


@dataclass(frozen=True)
class Prepared:
    """A deck without errors, ready to be written or planned."""

    finished: Finished
    ids: Mapping[str, Mapping[int, str]]
    """New ids to be written into the sources: path → offset → id."""
    types: Mapping[NoteKind, NoteType]
    before: Lock
    lock: Lock
    warnings: list[Problem]
    notices: Sequence[str] = ()
    """What a person should know of times that this build gives, or does not give."""
    frozen: bool = False
    collection: Path | None = None
    """The collection of the last build, where it is at hand and holds what ``before`` says."""

    @property
    def deck(self) -> Deck:
        return self.finished.deck

    @property
    def outlines(self) -> Sequence[Outline]:
        return self.finished.outlines

    @property
    def changes_lock(self) -> bool:
        """Whether this build's lock says anything that the last one's does not."""
        before, lock = self.before, self.lock
        return bool(lock.changes) or (lock.note_types, lock.versions) != (before.note_types, before.versions)

    @property
    def news(self) -> dict[str, Entry]:
        """The changed entries, without those where only the markup differs."""
        known = self.before.notes
        return {name: entry for name, entry in self.lock.changes.items() if is_news(known.get(name), entry)}

    @property
    def is_stale(self) -> bool:
        """Whether this build's lock says anything of what learners see that the last one's does not."""
        return bool(self.news) or self.lock.note_types != self.before.note_types

    @property
    def new_ids(self) -> list[tuple[Place, str]]:
        """The ids to be written, each with the place of its note."""
        named = (self.outlines[index] for index in sorted(self.finished.named))
        return [(outline.place, outline.id) for outline in named]

    @cached_property
    def earlier(self) -> Earlier | None:
        """The collection of the last build, where it is still at hand, without what differs in this one."""
        if self.collection is None:
            return None
        before = self.before.notes
        changed = (before[name] for name in self.lock.changes if name in before)
        return Earlier(self.collection, [entry.number for entry in changed if not entry.retired])

    @cached_property
    def fresh(self) -> list[int]:
        """The indices, by their numbers, of the notes that the earlier collection does not hold as they are now."""
        differing = self.lock.changes if self.earlier else self.lock.notes
        fresh = [(differing[name].number, index) for index, name in enumerate(self.finished.ids) if name in differing]
        return [index for _, index in sorted(fresh)]

    def notes(self) -> Iterator[DatedNote]:
        """The fresh notes with identity and time, one by one. Raises OSError when they cannot be read back."""
        for index in self.fresh:
            yield dated(self.finished.headers[index], self.finished.fields(index), self.lock)

    def cards(self) -> Iterator[CardRow]:
        """The cards of the fresh notes."""
        for index in self.fresh:
            header = self.finished.headers[index]
            entry = self.lock.notes[header.id]
            for ordinal in header.ords:
                number = entry.number
                yield CardRow(number + ordinal, number, header.deck, ordinal, entry.modified, entry.position)


class Means(NamedTuple):
    """How the work is done; none of it changes the outcome."""

    jobs: int = 0
    """Processes that work at the same time; 0: one a core."""
    cached: bool = True
    """Whether what earlier builds left in the cache is used."""
    track: Track = iter


USUAL = Means()


@contextmanager
def finished_deck(root: Path, today: datetime.date, means: Means) -> Iterator[tuple[Finished, Likenesses]]:
    """Read a deck folder and finish its pages.

    Nothing is raised for whatever the folder holds. The notes can be read back until the block ends.
    """
    folder = read_folder(root)
    deck = _deck(folder, today)
    with kept_pages(root, read=means.cached) as (last, now):
        finished = finish_pages(deck, means.track(folder.files), last, now, means.jobs)
        yield finished, _likenesses(finished)


def _found(finished: Finished, likenesses: Likenesses) -> list[Problem]:
    """The problems that rules find, those about the whole deck among them."""
    deck, paths = finished.deck, finished.files
    return [*finished.problems, *check_whole(finished.summaries, finished.outlines, paths, deck, likenesses)]


def _deck(folder: Folder, today: datetime.date) -> Deck:
    return Deck(
        root=folder.root,
        settings=folder.settings,
        citations=folder.citations,
        has_bibliography=folder.has_bibliography,
        style=folder.style,
        problems=folder.problems,
        today=today,
    )


def read_deck(root: Path, today: datetime.date) -> Deck:
    """A whole deck in memory, parsed and not rendered. Problems are kept in it, nothing is raised."""
    from deckwright.deck.media import Shelf, find_media
    from deckwright.grammar import parse_source

    folder = read_folder(root)
    texts = [raw if isinstance(raw := read_file(file), Problem) else decode(file, raw) for file in folder.files]
    pages = tuple(parse_source(text) for text in texts if isinstance(text, Source))
    media, faults = find_media(Shelf(root), (note for page in pages for note in page.notes))
    unread = (text for text in texts if isinstance(text, Problem))
    return replace(_deck(folder, today), pages=pages, media=media, problems=(*folder.problems, *unread, *faults))


def _likenesses(finished: Finished) -> Likenesses:
    """Which questions are alike, remembered as long as no question and no answer changes."""
    least = finished.deck.settings.limits.similarity
    key = likeness_key(finished.summaries, least)
    known = finished.last.memo.get("likenesses", {})
    if known.get("key") == key:
        found = Likenesses([(a, b, c) for a, b, c in known["duplicates"]], [(a, b) for a, b in known["given_away"]])
    else:
        found = find_likenesses(finished.outlines, least)
    finished.pages.memo["likenesses"] = {"key": key, **found._asdict()}
    return found


def check(root: Path, today: datetime.date | None = None, means: Means = USUAL) -> list[Problem]:
    """Every problem of a deck folder. Writes nothing there.

    Raises nothing for whatever the folder holds, OSError only when there is no room for what is rendered.
    """
    today = today or datetime.datetime.now(datetime.UTC).date()

    def check_with(means: Means) -> list[Problem]:
        with finished_deck(root, today, means) as (finished, likenesses):
            return _checked(root, finished, likenesses)

    return with_or_without_cache(check_with, means)


def with_or_without_cache(work: Callable[[Means], T], means: Means) -> T:
    """What the work comes to: it is begun again without the cache when something in that turns out to be damaged."""
    try:
        return work(means)
    except DamagedCacheError:
        return work(means._replace(cached=False))


def _checked(root: Path, finished: Finished, likenesses: Likenesses) -> list[Problem]:
    """All problems, and those that a build would have with the lock."""
    found = _found(finished, likenesses)
    lock, problems = _lock(root, finished)
    _name(finished, lock)
    refused = _kind_changes(finished, lock)
    ahead = future_problem(lock, int(time.time()))
    problems += [ahead] if ahead else lost_lock(root, default_output(finished.deck))
    return _sorted(found, problems, refused)


def default_output(deck: Deck) -> Path:
    """``dist/<deck id>.apkg`` in the working folder."""
    return Path("dist", f"{deck.settings.id}.apkg")


def lost_lock(root: Path, *packages: Path) -> list[Problem]:
    """A package without the lock it was built with: building on would give every note a new time."""
    package = next((path for path in packages if path.exists()), None)
    if (root / LOCK_FILE).exists() or package is None:
        return []
    message = (
        f"deck.lock is missing, but {package} was built with one: without it every card would count as changed and "
        f"learners would lose their own edits; restore it from version control, or use build --recover {package}"
    )
    return [Problem(Place(LOCK_FILE), message, "bad-lock")]


@contextmanager
def prepare(
    root: Path,
    *,
    frozen: bool = False,
    strict: bool = False,
    touch: Collection[str] | None = (),
    before: Lock | None = None,
    packages: Sequence[Path] = (),
    clock: Callable[[], float] = time.time,
    means: Means = USUAL,
) -> Iterator[Prepared]:
    """Read, parse, render, check and reconcile a deck folder; writes nothing there.

    ``frozen`` refuses everything that would change the deck folder; ``strict`` makes errors of warnings; ``touch``
    names notes that get a new time (None: all); ``before`` stands in for ``deck.lock``; ``packages`` may hold texts of
    earlier builds. The notes can be read until the block ends. Raises ContentError with every problem.
    """
    today = datetime.datetime.fromtimestamp(clock(), datetime.UTC).date()
    with finished_deck(root, today, means) as (finished, likenesses):
        before, faults = (before, list[Problem]()) if before else _lock(root, finished)
        ids = {} if frozen else _name(finished, before)
        found = _found(finished, likenesses)
        if unknown := sorted(set(touch or ()) - set(finished.ids)):
            raise UnknownNoteError(f"no note has the id {', '.join(unknown)}")
        found = [_refused(problem) for problem in found] if frozen else _without_named(found, finished)
        problems = _sorted(found, faults, _kind_changes(finished, before))
        warnings = [problem for problem in problems if problem.severity is Severity.WARNING]
        if len(warnings) < len(problems) or (strict and warnings):
            raise ContentError(problems)
        types = note_types(finished.deck.settings, finished.deck.style)
        before, undecided = _carried_over(before, finished, packages)
        lock = _reconcile_in_time(finished, types, before, touch, clock)
        notices = [*_undecided_notice(undecided), *_markup_notice(before, lock)]
        prepared = Prepared(finished, ids, types, before, lock, warnings, notices, frozen)
        if frozen and prepared.is_stale:
            raise ContentError(_stale(finished.outlines, before, lock))
        yield prepared


def _refused(problem: Problem) -> Problem:
    """A note without an id is an error where none may be written."""
    if problem.rule != "missing-id":
        return problem
    message = "this note has no id, and --frozen writes none; build without --frozen and commit the id"
    return Problem(problem.place, message, problem.rule)


def _without_named(found: list[Problem], finished: Finished) -> list[Problem]:
    """The problems but those about missing ids that this build writes."""
    named = {finished.outlines[index].place for index in finished.named}
    return [problem for problem in found if problem.rule != "missing-id" or problem.place not in named]


def _lock(root: Path, finished: Finished) -> tuple[Lock, list[Problem]]:
    deck_id = finished.deck.settings.id
    try:
        return read_lock(root, deck_id), []
    except LockError as error:
        return Lock(deck_id), [error.problem]


def _carried_over(before: Lock, finished: Finished, packages: Sequence[Path]) -> tuple[Lock, Sequence[str]]:
    """The lock in the terms of this format, and the notes of which nothing tells whether they show the same."""
    if not any(entry.is_raw for entry in before.notes.values()):
        return before, ()
    kept = [finished.last.collection] if finished.last.collection else []
    earlier = EarlierBuilds([*packages, default_output(finished.deck), *kept])
    indices = {name: index for index, name in enumerate(finished.ids)}
    return carry_over(before, finished.headers, lambda name: finished.texts(indices[name]), earlier.texts)


def _undecided_notice(undecided: Sequence[str]) -> Iterator[str]:
    if undecided:
        notes = "1 note gets" if len(undecided) == 1 else f"{len(undecided)} notes get"
        named = ", ".join(undecided[:5]) + ", …" * (len(undecided) > 5)
        yield (
            f"{notes} a new time although perhaps only the markup changed ({named}): deck.lock is of an older format, "
            "and no package of the last build is here to compare with; to have one compared, restore deck.lock, put "
            "that package into dist/ and build again"
        )


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


def _last_lock(finished: Finished) -> str:
    """The digest of the ``deck.lock`` that the last build left; empty when there is none to go by."""
    built = finished.last.memo.get("built") or {}
    return str(built["lock"]) if built.get("context") == finished.pages.memo["context"] else ""


def is_of_last_build(lock: Lock, finished: Finished) -> bool:
    """Whether a lock that was read is the one that the last build left."""
    return lock.digest != "" and lock.digest == _last_lock(finished)


def _changed(finished: Finished, lock: Lock) -> Sequence[int]:
    """The notes of which the lock may not say what they are now: all, unless it is that of the last build."""
    return sorted({*finished.changed()}) if is_of_last_build(lock, finished) else range(len(finished.ids))


def _name(finished: Finished, lock: Lock) -> dict[str, dict[int, str]]:
    """Give every note an id, and say which are to be written: path → offset → id."""
    nameless = [index for index, name in enumerate(finished.ids) if not name and not finished.outlines[index].is_blank]
    if not nameless:
        return {}
    taken = {*finished.ids, *lock.notes.keys(), *(alias for page in finished.summaries for alias in page.aliases)}
    written = dict[str, dict[int, str]]()
    for index in nameless:
        outline = finished.outlines[index]
        name = id_for(outline.question, taken)
        taken.add(name)
        written.setdefault(outline.place.path, {})[outline.insert_at] = name
        finished.name(index, name)
    return written


def _kind_changes(finished: Finished, lock: Lock) -> list[Problem]:
    problems = []
    for index in _changed(finished, lock):
        header, known = finished.headers[index], lock.notes.get(finished.ids[index])
        if known and known.kind is not header.kind:
            message = (
                f"`{header.id}` was a {known.kind} note and cannot become a {header.kind} one: Anki would never update "
                "it; give the note a new id (the old one is retired)"
            )
            problems.append(Problem(finished.outlines[index].place, message, "kind-change"))
    return problems


def _reconcile_in_time(
    finished: Finished,
    types: Mapping[NoteKind, NoteType],
    before: Lock,
    touch: Collection[str] | None,
    clock: Callable[[], float],
) -> Lock:
    """Reconcile; when the last build was only just now, wait for the clock: no time is ever in the future."""
    looks = {kind: note_type.fingerprint for kind, note_type in types.items()}
    indices = range(len(finished.ids)) if touch is None else _changed(finished, before)
    if touch:
        indices = sorted({*indices, *(index for index, name in enumerate(finished.ids) if name in touch)})
    headers = [finished.headers[index] for index in indices]
    among = finished.ids if len(indices) < len(finished.ids) else None
    lock = reconcile(headers, looks, before, int(clock()), touch, among)
    for _ in range(int(PATIENCE / TICK)):
        if not 0 < lock.newest - int(clock()) <= PATIENCE:
            break
        time.sleep(TICK)
    if problem := future_problem(lock, int(clock())):
        raise ContentError([problem])
    return lock if lock.versions and not lock.changes else replace(lock, versions=renderer_versions())


def _stale(outlines: Iterable[Outline], before: Lock, after: Lock) -> list[Problem]:
    """What --frozen refuses to write, each at its note."""
    plan = compare_locks(before, after)
    places = {outline.id: outline.place for outline in outlines}
    remedy = "; build without --frozen and commit deck.lock"
    problems = [
        Problem(places.get(name, Place(LOCK_FILE)), f"`{name}` {what} since the last build{remedy}", "stale-lock")
        for names, what in (
            (plan.new, "is new"),
            (plan.changed, "changed"),
            (plan.moved, "moved"),
            (plan.retired, "went"),
        )
        for name in names
    ]
    return problems or [Problem(Place(LOCK_FILE), f"the deck changed since the last build{remedy}", "stale-lock")]


def _sorted(*lists: Iterable[Problem]) -> list[Problem]:
    return in_order(itertools.chain.from_iterable(lists))
