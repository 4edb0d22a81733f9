"""The story of a build: prepare everything, then write ids, lock and package, in that order."""

from __future__ import annotations

import gc
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from filelock import SoftFileLock, Timeout

from deckwright.deck.folder import read_folder, write_ids
from deckwright.deck.settings import Settings
from deckwright.files import digest, replace_file
from deckwright.identity import LOCK_FILE, Lock, lock_bytes, markup_hash
from deckwright.notetypes import note_types
from deckwright.package.pieces import Pieces
from deckwright.package.read import read_package
from deckwright.package.recovery import recover_lock
from deckwright.package.write import Contents, MediaChangedError, Written, collection_hash, package_aside
from deckwright.pipeline.cache import kept_pieces
from deckwright.pipeline.finished import Finished
from deckwright.pipeline.prepare import (
    USUAL,
    Means,
    Prepared,
    default_output,
    is_of_last_build,
    lost_lock,
    prepare,
    with_or_without_cache,
)
from deckwright.plan.comparison import Plan, Side, compare, compare_locks, side_of_lock, side_of_notes, side_of_package
from deckwright.problems import ContentError, PackageError, Place, Problem
from deckwright.render.rendered import Html

BUSY_SECONDS = 60.0
"""How long a build waits for another one of the same deck."""


class Outcome(NamedTuple):
    """What a build did: the package, what changed since the last build, the warnings, the ids written into sources."""

    written: Written
    plan: Plan
    warnings: list[Problem]
    ids: list[tuple[Place, str]]
    notices: Sequence[str] = ()
    """What a person should know of times that this build gave, or did not give."""


class Planned(NamedTuple):
    """What the next build changes, with what is needed to tell people."""

    plan: Plan
    questions: Mapping[str, str]
    """Id → question, of all notes."""
    settings: Settings


def build(
    root: Path,
    output: Path | None = None,
    *,
    frozen: bool = False,
    strict: bool = False,
    touch: Collection[str] | None = (),
    recover: Path | None = None,
    clock: Callable[[], float] = time.time,
    means: Means = USUAL,
) -> Outcome:
    """Build a deck folder into a package (``dist/<deck id>.apkg`` by default).

    ``frozen``, ``strict`` and ``touch`` as in ``prepare``; ``recover`` is a package to rebuild a lost lock from. Raises
    ContentError with every problem, OSError when something cannot be written, PackageError when ``recover`` cannot be
    used; the earlier package and lock are then as they were.
    """
    with one_at_a_time(root), no_collecting():
        before = _recovered(root, recover) if recover else None

        def build_with(means: Means) -> Outcome:
            packages = [output] if output else []
            with prepare(
                root,
                frozen=frozen,
                strict=strict,
                touch=touch,
                before=before,
                packages=packages,
                clock=clock,
                means=means,
            ) as prepared:
                usual = default_output(prepared.deck)
                target = output or usual
                if not recover and (lost := lost_lock(root, target, usual)):
                    raise ContentError(lost)
                written = _write(root, target, replace(prepared, collection=kept_collection(prepared)))
                plan = compare_locks(prepared.before, prepared.lock)
                return Outcome(written, plan, prepared.warnings, prepared.new_ids, prepared.notices)

        return with_or_without_cache(build_with, means)


@contextmanager
def no_collecting() -> Iterator[None]:
    """A block in which memory is not searched for cycles: a build makes a million values, and hardly any cycle.

    Searching through them again and again costs a tenth of a large build.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Hold the deck against other builds; the lock file names its holder, and a dead holder's is taken over.

    It lies in the system's folder for temporary files, so that a deck folder may be read-only. Raises ContentError when
    another build takes longer than a minute.
    """
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    lock = SoftFileLock(Path(tempfile.gettempdir(), f"deckwright-{name}.lock"), timeout=BUSY_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        message = f"process {lock.pid} is building this deck; wait for it, or end it"
        raise ContentError([Problem(Place(LOCK_FILE), message, "bad-lock")]) from None
    try:
        yield
    finally:
        lock.release()


def _write(root: Path, output: Path, prepared: Prepared) -> Written:
    """Write ids, lock and package. The package is made ready aside first, so that only renames are left at the end."""
    try:
        finished = prepared.finished
        with (
            kept_pieces(finished.last, finished.pages) as pieces,
            package_aside(output, _contents(prepared, pieces)) as written,
        ):
            _write_sources(prepared)
            lock = lock_bytes(prepared.lock)
            if not prepared.frozen and (prepared.changes_lock or not (root / LOCK_FILE).exists()):
                replace_file(root / LOCK_FILE, lock)
        keep_built(finished, digest(lock).hex(), written.collection)
    except MediaChangedError as error:
        raise ContentError([Problem(Place("."), str(error), "missing-media")]) from None
    return written


def _recovered(root: Path, package: Path) -> Lock:
    """The lock as it was when ``package`` was built: ids, numbers, times and positions are all in it."""
    if (root / LOCK_FILE).exists():
        message = "deck.lock is here; take it away first if it is to be rebuilt from a package"
        raise ContentError([Problem(Place(LOCK_FILE), message, "bad-lock")])
    settings = read_folder(root).settings
    kinds = {note_type.id: kind for kind, note_type in note_types(settings).items()}
    lock = recover_lock(settings.id, read_package(package), kinds)
    if not lock.notes:
        message = f"{package} holds no note of the deck `{settings.id}`; give a package of this deck"
        raise ContentError([Problem(Place(LOCK_FILE), message, "bad-lock")])
    return lock


def _contents(prepared: Prepared, pieces: Pieces) -> Contents:
    settings = prepared.deck.settings
    return Contents(
        notes=prepared.notes(),
        cards=prepared.cards(),
        decks=prepared.finished.decks,
        kinds=prepared.finished.kinds,
        note_types=prepared.types,
        type_times={kind: entry.modified for kind, entry in prepared.lock.note_types.items()},
        deck_name=settings.name,
        description=_description(settings),
        media=prepared.finished.media.values(),
        earlier=prepared.earlier,
        pieces=pieces,
        collection=prepared.finished.pages.collection,
    )


def kept_collection(prepared: Prepared) -> Path | None:
    """The collection that was packaged with the very ``deck.lock`` that is there, when it was kept and is whole."""
    last = prepared.finished.last
    if last.collection is None or not is_of_last_build(prepared.before, prepared.finished):
        return None
    try:
        return last.collection if collection_hash(last.collection) == last.memo["built"]["collection"] else None
    except OSError:
        return None


def keep_built(finished: Finished, lock: str, collection: str) -> None:
    """Remember that this deck was built: the digest of its lock, and the hash of the collection kept beside it."""
    pages = finished.pages
    pages.memo["built"] = {"lock": lock, "collection": collection, "context": pages.memo["context"]}
    pages.slots = {path: slot._replace(built=True) for path, slot in pages.slots.items()}


def _description(settings: Settings) -> Html:
    if not settings.description:
        return Html("")
    from deckwright.render import Renderer

    return Html(Renderer(settings, {}).convert_text(settings.description))


def _write_sources(prepared: Prepared) -> None:
    """Write new ids into their headings; all files are made ready before the first is replaced."""
    ready = []
    for path, ids in prepared.ids.items():
        file, known = prepared.finished.files[path]
        raw = file.read_bytes()
        if digest(raw) != known:
            message = f"{path} changed while it was being built; build again"
            raise ContentError([Problem(Place("."), message, "unreadable-file")])
        ready.append((file, write_ids(path, raw, ids)))
    for file, content in ready:
        replace_file(file, content)


def plan(
    root: Path,
    against: Path | None = None,
    *,
    clock: Callable[[], float] = time.time,
    means: Means = USUAL,
) -> Planned:
    """What importing the next build will do to a collection that holds the last one, or the package ``against``.

    Writes nothing in the deck folder. Raises ContentError with every problem, PackageError when ``against`` cannot be
    used.
    """

    def plan_with(means: Means) -> Planned:
        with prepare(root, packages=[against] if against else [], clock=clock, means=means) as prepared:
            questions = {outline.id: outline.question for outline in prepared.outlines}
            return Planned(compare(*_sides(prepared, against)), questions, prepared.deck.settings)

    return with_or_without_cache(plan_with, means)


def _sides(prepared: Prepared, against: Path | None) -> tuple[Side, Side]:
    """What a learner has who imported the last build, or the package ``against``; and what the next one holds."""
    lock = prepared.lock
    type_ids = {kind: note_type.id for kind, note_type in prepared.types.items()}
    after = side_of_notes(prepared.notes(), lock, type_ids)
    if against is None:
        return side_of_lock(prepared.before, _last_texts(prepared)), after
    kinds = {number: kind for kind, number in type_ids.items()}
    return side_of_package(read_package(against), lock, kinds), after


def _last_texts(prepared: Prepared) -> dict[str, dict[str, str]]:
    """The texts of the last build where its package is still at hand: deck.lock itself holds hashes only."""
    try:
        packaged = read_package(default_output(prepared.deck))
    except (OSError, PackageError):
        return {}
    return {
        name: {**note.fields, "Tags": " ".join(note.tags)}
        for note in packaged.notes
        if (name := note.fields.get("ID", "")) in prepared.before.notes
        and prepared.before.notes[name].markup in ("", markup_hash(note.fields, note.tags))
    }
