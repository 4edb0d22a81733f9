"""What earlier builds of a deck left: ``deck.lock``, packages, the cache, git's history."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from deckwright.deck.folder import Deck
from deckwright.files import stamp_of
from deckwright.grammar.note import NoteKind
from deckwright.identity import LOCK_FILE, Entry, Lock, LockError, TypeEntry, hash_map, markup_hash, read_lock
from deckwright.identity.entries import raw_hashes
from deckwright.identity.headers import Header
from deckwright.identity.lock_entries import entry_of_json
from deckwright.identity.traces import Trace
from deckwright.package.read import Packaged, PackagedNote, read_collection, read_package
from deckwright.package.recovery import entry_of
from deckwright.pipeline.git_history import read_history, refs_hash
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.problems import PackageError, Problem

GIT_HISTORY, LAST_BUILD, UNMERGED = "git's history", "the last build here", "a branch that is not merged"


@dataclass(frozen=True)
class EarlierBuilds:
    """A rendered deck, and where earlier builds of it left something."""

    rendered: RenderedDeck
    output: Path | None = None
    """Where the package is to be written; ``default_output`` when None."""
    substitute: Lock | None = None
    """Stands in for ``deck.lock``."""
    released: Path | None = None
    """Another package that helps to understand a lock of format 1."""
    history: bool = True
    """Whether git is asked."""
    frozen: bool = False
    """Nothing in the deck folder is to change; so only what belongs to the very commit that is checked out counts."""

    @property
    def root(self) -> Path:
        return self.rendered.deck.root

    @cached_property
    def packages(self) -> list[Path]:
        """The package that is to be written, and that of a build without ``--output``."""
        usual = default_output(self.rendered.deck)
        return [*dict.fromkeys([self.output or usual, usual])]

    @cached_property
    def _lock(self) -> tuple[Lock, list[Problem]]:
        deck_id = self.rendered.deck.settings.id
        if self.substitute or not deck_id:
            return self.substitute or Lock(deck_id), []
        try:
            return read_lock(self.root, deck_id, self.built.get("lock")), []
        except LockError as error:
            return Lock(deck_id), [error.problem]

    @property
    def lock(self) -> Lock:
        """``deck.lock``; empty when there is none, it cannot be used, or the deck's id cannot be read."""
        return self._lock[0]

    @property
    def unread(self) -> list[Problem]:
        """Why ``deck.lock`` cannot be used."""
        return self._lock[1]

    @property
    def has_lock(self) -> bool:
        """Whether there is a ``deck.lock``, usable or not, or one that was recovered."""
        return bool(self.lock.notes) or (self.root / LOCK_FILE).exists()

    @cached_property
    def built(self) -> Mapping[str, Any]:
        """What the last build of this deck left in the cache about itself; empty where another was in the folder."""
        built: Mapping[str, Any] = self.rendered.cache.fact("built") or {}
        return built if built.get("deck") == self.rendered.deck.settings.id else {}

    @property
    def retired(self) -> Mapping[str, Any]:
        """The entries of notes that are in no collection any more, as that build left them in the cache."""
        return (self.rendered.cache.fact("retired") or {}) if self.built else {}

    @cached_property
    def is_of_last_build(self) -> bool:
        """Whether the lock is the one that the last build here left."""
        built, context = self.built, self.rendered.cache.fact("context")
        return self.lock.digest != "" and self.lock.digest == built.get("lock") and built["context"] == context

    def changed_indices(self) -> Sequence[int]:
        """Return the indices of the notes that may differ from the lock: all, unless it is that of the last build."""
        return sorted({*self.rendered.changed()}) if self.is_of_last_build else range(len(self.rendered.ids))

    def possibly_edited(self) -> Iterator[tuple[int, Header, Entry]]:
        """Yield index, header and entry of the notes that the lock knows and that may differ from it."""
        for index in self.changed_indices():
            if known := self.lock.notes.get(self.rendered.ids[index]):
                yield index, self.rendered.headers[index], known

    @cached_property
    def package(self) -> Path | None:
        """A package of this deck that an earlier build wrote, if there is one; one of another id is another deck's."""
        ids = self.rendered.type_kinds
        written = (path for path in self.packages if any(each.id in ids for each, _ in read_packaged(path).types))
        return next(written, None)

    @property
    def kept(self) -> list[Path]:
        """The collection of the last package, where it was kept, perhaps."""
        return [*filter(None, [self.rendered.cache.last_collection])]

    @cached_property
    def states(self) -> dict[str, Any]:
        """The states of what may hold traces: a hash of git's refs, and size and time of each package."""
        refs = refs_hash(self.root) if self.history else ""
        return {"refs": refs, "packages": {str(path.absolute()): _stamp(path) for path in self.packages}}

    @property
    def traces(self) -> dict[str, list[Trace]]:
        """What earlier builds left of notes that the lock does not know as new or newer.

        What the last build already looked at is passed over while ``deck.lock`` is the one that it left.
        """
        return self._traces[0]

    @property
    def unmerged(self) -> dict[str, list[Trace]]:
        """The same of builds here on another branch, which may be in the author's Anki, but are no one else's yet."""
        return self._traces[1]

    @cached_property
    def _traces(self) -> tuple[dict[str, list[Trace]], dict[str, list[Trace]]]:
        found, unmerged = dict[str, list[Trace]](), dict[str, list[Trace]]()
        for name, entry, where in self._entries():
            known = self.lock.notes.get(name)
            same = known and (known.modified, known.hashes) == (entry.modified, entry.hashes)
            if known is None or (entry.modified >= known.modified and not same):
                (unmerged if where is UNMERGED else found).setdefault(name, []).append(Trace(entry, where))
        return found, unmerged

    def _entries(self) -> Iterator[tuple[str, Entry, str]]:
        """Yield what git, the cache and packages hold of notes, and which of them it is."""
        seen: Mapping[str, Any] = self.built.get("sources", {}) if self.is_of_last_build else {}
        unmerged: set[tuple[str, int, str]] = set()
        if self.history and (self.frozen or not seen or seen["refs"] != self.states["refs"]):
            history = read_history(self.root, only_own=self.frozen)
            yield from ((name, entry, GIT_HISTORY) for name, entry in history.built)
            unmerged = {(name, entry.modified, entry.hashes) for name, entry in history.unmerged}
        if self.frozen:
            return
        yield from ((name, entry_of_json(row), LAST_BUILD) for name, row in self.retired.items())
        for name, entry, where in self._packaged_entries(seen):
            yield name, entry, UNMERGED if (name, entry.modified, entry.hashes) in unmerged else where

    def _packaged_entries(self, seen: Mapping[str, Any]) -> Iterator[tuple[str, Entry, str]]:
        """Yield what unseen packages hold of the deck's notes, but for what the lock knows."""
        known, states, kinds = seen.get("packages", {}), self.states["packages"], self.rendered.type_kinds
        names = {path: str(path.absolute()) for path in self.packages}
        unseen = {path: str(path) for path, name in names.items() if states[name] not in ([], known.get(name))}
        for path, where in {**unseen, **({} if seen else dict.fromkeys(self.kept, LAST_BUILD))}.items():
            for note in read_packaged(path).notes:
                name, kind = note.fields.get("ID", ""), kinds.get(note.type_id)
                last = self.lock.notes.get(name)
                if name and kind and not (last and _is_as_known(note, last)):
                    yield name, entry_of(note, kind, self.lock.guid(name)), where

    def earlier_looks(self) -> Iterator[tuple[NoteKind, TypeEntry]]:
        """Yield the looks that the note types had in earlier builds, with their times."""
        if self.frozen or self.is_of_last_build:
            return
        for kind, row in (self.built.get("types") or {}).items():
            yield NoteKind(kind), TypeEntry(*row)
        kinds = self.rendered.type_kinds
        for each, modified in (packaged for path in self.packages for packaged in read_packaged(path).types):
            if each.id in kinds:
                yield kinds[each.id], TypeEntry(each.fingerprint, modified)


def default_output(deck: Deck) -> Path:
    """Return ``dist/<deck id>.apkg`` in the working folder."""
    return Path("dist", f"{deck.settings.id}.apkg")


def read_packaged(path: Path, numbers: Collection[int] | None = None) -> Packaged:
    """Return what a package or a kept collection holds; nothing where it is missing or damaged.

    Of a kept collection only the notes with these ``numbers``: that is fast.
    """
    try:
        return read_package(path) if path.suffix == ".apkg" else read_collection(path, numbers)
    except (OSError, PackageError):
        return Packaged((), ())


def _stamp(path: Path) -> list[int]:
    try:
        return [*stamp_of(path.stat())]
    except OSError:
        return []


def _is_as_known(note: PackagedNote, known: Entry) -> bool:
    """Whether a packaged note is older than what is known of it, or just that; fast, as nearly all are."""
    if note.modified != known.modified:
        return note.modified < known.modified
    if known.is_raw:
        return raw_hashes(note.fields, note.tags) == hash_map(known.hashes)
    return known.markup == markup_hash(note.fields, note.tags)
