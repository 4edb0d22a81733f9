"""The deck as its next build packages it, to be compared with what a collection holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from deckwright.check.summaries import NoteSummary
from deckwright.deck.folder import Deck
from deckwright.deck.settings import Settings
from deckwright.grammar.note import NoteKind
from deckwright.identity import Lock, read_lock
from deckwright.notetypes import NoteType
from deckwright.pipeline.build import BuildResult, build, with_rendered
from deckwright.pipeline.earlier_builds import EarlierBuilds
from deckwright.pipeline.reconciling import check_and_reconcile
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.pipeline.rendering import Options


class BuiltNote(NamedTuple):
    """A note as the next build packages it."""

    summary: NoteSummary
    fields: Mapping[str, str]
    tags: tuple[str, ...]


class DeckBuild(NamedTuple):
    """A deck as its next build packages it."""

    deck: Deck
    note_types: Mapping[NoteKind, NoteType]
    before: Lock
    """The lock of the last build."""
    lock: Lock
    """The lock of this build."""
    notes: Mapping[str, BuiltNote]

    @property
    def settings(self) -> Settings:
        return self.deck.settings

    @property
    def retired_tag(self) -> str:
        """The tag of notes that are no longer among the sources."""
        return f"{self.settings.tag_prefix}::retired" if self.settings.tag_prefix else "retired"


def read_build(root: Path, options: Options) -> DeckBuild:
    """Return what the next build would package; write nothing. Raises ContentError with every problem."""

    def work(rendered: RenderedDeck) -> DeckBuild:
        reconciled = check_and_reconcile(EarlierBuilds(rendered))
        notes = {
            name: BuiltNote(rendered.note_summaries[i], rendered.texts(i), rendered.headers[i].tags)
            for i, name in enumerate(rendered.ids)
        }
        return DeckBuild(rendered.deck, rendered.note_types, reconciled.before, reconciled.lock, notes)

    return with_rendered(root, work, options)


def make_build(
    root: Path, output: Path | None, options: Options, *, strict: bool = False, allowed_retiring: int = 0
) -> tuple[DeckBuild, BuildResult]:
    """Build the deck, and return it with what the build did. Raises as ``build`` does."""
    planned = read_build(root, options)
    result = build(root, output, strict=strict, allowed_retiring=allowed_retiring, options=options)
    has_changes = bool(planned.lock.changes)  # whose times are those of the build's clock
    return planned._replace(lock=read_lock(root, planned.settings.id)) if has_changes else planned, result
