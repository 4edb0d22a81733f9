"""A note as the next build has it, as a collection has it, and as the collection was last given it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from deckwright.collection.builds import BuiltNote, DeckBuild
from deckwright.collection.notes import AnkiNote
from deckwright.collection.record import Pushed, Record
from deckwright.identity import Entry, content_hashes, hash_map
from deckwright.identity.entries import ID_FIELD, field_hashes

TAGS = "Tags"


class Texts(NamedTuple):
    """A field in two versions."""

    there: str
    here: str


@dataclass(frozen=True)
class ComparedNote:
    """A note of the sources that a collection holds as well."""

    name: str
    """The note's id."""
    built: BuiltNote
    entry: Entry
    """In the lock of the next build."""
    before: Entry | None
    """In the lock of the last build."""
    pushed: Pushed | None
    there: AnkiNote

    @cached_property
    def differing(self) -> dict[str, str]:
        """The fields that show something else than the build's → hash of what they show.

        Most fields are the same to the letter, and of those no hash is made: that is most of the time of comparing a
        deck.
        """
        here = self.built.fields
        unlike = {key: text for key in here if (text := self.there.fields.get(key, "")) != here[key]}
        if not unlike:
            return {}
        wanted, seen = field_hashes(self.entry.hashes), field_hashes(content_hashes(unlike, ()))
        return {key: seen.get(key, "") for key in sorted(unlike) if seen.get(key) != wanted.get(key)}

    def texts(self, key: str) -> Texts:
        """Return both versions of a field."""
        return Texts(self.there.fields.get(key, ""), self.built.fields.get(key, ""))

    def changes(self) -> dict[str, Texts]:
        """Return the fields (and ``Tags``) that are to become what the build has."""
        found = {key: self.texts(key) for key in self.differing}
        if self.there.fields.get(ID_FIELD) != self.name:  # added in Anki: the import makes it known by its id
            found[ID_FIELD] = self.texts(ID_FIELD)
        ours, theirs = {*self.built.tags}, {*self.there.tags}
        pushed = {*self.pushed.tags} if self.pushed else set[str]()
        if not ours <= theirs or (pushed - ours) & theirs:
            found[TAGS] = Texts(" ".join(self.there.tags), " ".join(sorted(ours | self.own_tags)))
        return found

    @property
    def own_tags(self) -> set[str]:
        """The tags that an import must leave on the note: those that no build gave it.

        The tag of retired notes is among them: it marks what to bring back, and is removed when that is done.
        """
        return {*self.there.tags}.difference(self.built.tags, self.pushed.tags if self.pushed else ())

    @property
    def last(self) -> Pushed | Entry | None:
        """The note as Anki was last given it; None when that is not known.

        Without a record of the last push the last build stands in for it, when the note is not older than that: an
        older one holds another build's text, which is not an edit.
        """
        before = self.before
        if self.pushed or before is None or before.is_raw or self.there.modified < before.modified:
            return self.pushed
        return before

    @property
    def last_tags(self) -> Sequence[str]:
        """The tags that Anki was last given, as far as that is known."""
        if self.pushed or self.last is None:
            return self.pushed.tags if self.pushed else ()
        tags = self.built.tags
        return tags if hash_map(self.last.hashes).get(TAGS) == hash_map(content_hashes({}, tags)).get(TAGS) else ()

    @property
    def edited(self) -> set[str]:
        """The fields that were edited in Anki since the note was last put there, as far as is known.

        Where the time of the note is not known, it is for Anki to decide by the times.
        """
        last = self.last
        if last is None or (isinstance(last, Entry) and last.modified == self.there.modified):
            return set()
        if not last.hashes:  # added in Anki, and not yet updated there
            return {*self.differing}
        base, seen = field_hashes(last.hashes), field_hashes(content_hashes(self.there.fields, ()))
        return {key for key in base.keys() | seen.keys() if base.get(key) != seen.get(key)}

    @property
    def changed_here(self) -> bool:
        """Whether the build has something else than the collection was given."""
        return (self.pushed or self.before or self.entry).hashes != self.entry.hashes


def compare(
    build: DeckBuild, names: Iterable[str], there: Mapping[str, AnkiNote], record: Record
) -> dict[str, ComparedNote]:
    """Return those of the named notes of a build that are ``there``, in the order of their names."""
    entries, before, pushed = build.lock.notes, build.before.notes, record.notes
    return {
        name: ComparedNote(name, build.notes[name], entries[name], before.get(name), pushed.get(name), there[name])
        for name in names
        if name in there
    }
