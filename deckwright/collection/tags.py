"""Tags that a learner gave notes → the notes' attribute lists; tags of the deck's that were removed in Anki."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from deckwright.collection.builds import DeckBuild
from deckwright.collection.compared_note import TAGS, ComparedNote
from deckwright.collection.page_editor import PageEditor, contents_of
from deckwright.collection.pages import Pages
from deckwright.deck.settings import Settings
from deckwright.grammar.note import Note
from deckwright.pipeline.page import PageResult
from deckwright.problems import Place

NO_ID = "the note has no id in the sources yet; build, then pull again"
NOT_SO = "no attribute list gives exactly this tag"


class TagEdit(NamedTuple):
    """A tag that a note has in Anki and not in the sources, or the other way round."""

    name: str
    """The note's id."""
    place: Place
    tag: str
    """As Anki shows it."""
    why: str = ""
    """Why it could not be taken; empty when it was."""


def is_chosen(tag: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern names a tag, as in Anki's search: with the tags below it, in any case; ``*`` is anything."""
    wanted = (re.escape(pattern).replace(r"\*", ".*") for pattern in patterns)
    return any(re.fullmatch(f"{each}(?:::.*)?", tag, re.IGNORECASE) for each in wanted)


def take_tags(
    build: DeckBuild, notes: Iterable[ComparedNote], pages: Pages, patterns: Sequence[str]
) -> Iterator[TagEdit]:
    """Write the chosen tags of the learner's into the pages; yield each, with the reason where it could not be.

    A tag without the deck's prefix gets it, as every tag of the sources does: ``mine`` becomes ``prefix::mine``.
    """
    for note in notes:
        place = note.built.summary.place
        for tag in sorted(note.own_tags - {build.retired_tag}):
            if is_chosen(tag, patterns) and not _is_among(full_tag(tag, build.settings), note.built.tags):
                yield TagEdit(note.name, place, tag, write_tag(pages.editor(place.path), note.name, tag))


def write_tag(editor: PageEditor, name: str, tag: str) -> str:
    """Write a tag into the attribute list of a note; return why that cannot be done, empty when it is done."""
    if (note := editor.note(name)) is None:
        return NO_ID
    settings = editor.deck.settings
    position = _end_of_tags(note)
    text = f"{editor.text[:position]} .{bare_tag(tag, settings)}{editor.text[position:]}"

    def why_not(page: PageResult) -> str:
        if editor.differs(page) != {(name, TAGS)}:
            return NOT_SO
        before, after = (contents_of(each)[name, TAGS].split() for each in (editor.page, page))
        return "" if {*after} == {*before, full_tag(tag, settings)} else NOT_SO

    return editor.write(text, why_not, {})


def _end_of_tags(note: Note) -> int:
    """Return the offset after the last id or tag of a note's attribute list."""
    line = next(attribute.place.line for attribute in note.attributes if attribute.key == "#")
    last = max(
        (each for each in note.attributes if each.key in "#." and each.place.line == line),
        key=lambda each: each.place.column,
    )
    start = sum(len(text) + 1 for text in note.source.text.split("\n")[: line - 1])
    return start + last.place.column - 1 + len(f".{last.value}")


def full_tag(tag: str, settings: Settings) -> str:
    """Return a tag as a build of the sources gives it to Anki."""
    return f"{settings.tag_prefix}::{bare_tag(tag, settings)}" if settings.tag_prefix else tag


def bare_tag(tag: str, settings: Settings) -> str:
    """Return a tag as the sources write it."""
    prefix = f"{settings.tag_prefix}::" if settings.tag_prefix else ""
    return tag[len(prefix) :] if tag.casefold().startswith(prefix.casefold()) else tag


def _is_among(tag: str, tags: Collection[str]) -> bool:
    """Whether a tag is among others; to Anki case does not count."""
    return tag.casefold() in {each.casefold() for each in tags}


def removed_tags(notes: Iterable[ComparedNote]) -> Iterator[TagEdit]:
    """Yield the tags of the deck's that Anki was given with a note and that the note has no more."""
    for note in notes:
        for tag in sorted({*note.built.tags}.intersection(note.last_tags)):
            if not _is_among(tag, note.there.tags):
                yield TagEdit(note.name, note.built.summary.place, tag)
