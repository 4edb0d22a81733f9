"""A field as it was edited in Anki → the Markdown of which the field is made again, or nothing.

Every result is checked: the page is rendered with it, and what a learner sees must be what Anki shows, in this field,
while every other field of the page stays as it is.
"""

from __future__ import annotations

import html
import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from deckwright.adopt.field_converter import FieldConverter
from deckwright.collection.merging import merge
from deckwright.collection.push_plan import TAGS
from deckwright.deck.folder import Deck
from deckwright.deck.media import MEDIA_TYPES, Media, MediaStore, media_name, suffix
from deckwright.grammar import parse_source
from deckwright.grammar.note import Note, NoteKind, Passage, SourceFile
from deckwright.identity import normal_form
from deckwright.notetypes import FIELD_END, FIELDS
from deckwright.pipeline.page import PageRenderer, PageResult
from deckwright.problems import Severity
from deckwright.regex import regex

SECTION = regex(r'<section(?: class="[^"]*")?>\s*<h3[^>]*>(.*?)</h3>(.*?)</section>', re.DOTALL)
SHOWN = regex(r"""(?<=\ssrc=)(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))|(?<=\[sound:)([^\]\n]+)""")
NO_ALT = regex(r"""\salt=(?:""|'')""")
NUMBER = "#"
"""Stands for the number of a page's notes among their ids: ids may be missing."""


class FieldPart(NamedTuple):
    """A passage of a note, and its HTML before and after the edit."""

    number: int
    """Its place among the note's passages."""
    before: str
    after: str


@dataclass
class PageEditor:
    """One page that edits are written into, one after another."""

    deck: Deck
    path: str
    text: str
    read_media: Callable[[str], bytes | None]
    """Gives the bytes of a media file of the collection."""
    new_media: dict[str, bytes] = field(default_factory=dict)
    """Path inside the deck → bytes of files that edits need."""

    def __post_init__(self) -> None:
        self.root = self.deck.root
        self.store = MediaStore(self.root)
        self.renderer = PageRenderer(self.deck, self.store)
        self.page = self.render(self.text)

    def render(self, text: str) -> PageResult:
        """Render the page as it would be with that text."""
        return self.renderer.render_page(self.source(text), {})

    def source(self, text: str) -> SourceFile:
        return SourceFile(self.path, text, self.root / self.path)

    def take(self, name: str, key: str, edited: str) -> bool:
        """Write the edit of a field into the page; False, and nothing written, when Markdown cannot express it."""
        media: dict[str, bytes] = {}
        wanted = self.with_our_names(edited, media)
        if wanted is None:
            return False
        for text in self.attempts(name, key, wanted, media):
            page = self.render(text)
            if self.new_errors(page) or not self.differs(page) <= {(name, key)}:
                continue
            if shown(contents_of(page)[name][key]) == shown(wanted):
                self.accept(text, page, media)
                return True
        return False

    def accept(self, text: str, page: PageResult, media: Mapping[str, bytes]) -> None:
        """Take a text for the page's, with those of the media files that it shows."""
        self.text, self.page = text, page
        needed = {path: content for path, content in media.items() if posixpath.basename(path) in text}
        self.new_media |= {path: content for path, content in needed.items() if not (self.root / path).exists()}

    def attempts(self, name: str, key: str, wanted: str, media: Mapping[str, bytes]) -> Iterator[str]:
        """Yield the page's text with the edit, the smallest change first."""
        note = self.note(name)
        parts = parts_of(note, key, contents_of(self.page)[name][key], wanted) if note else None
        if note is None or parts is None:
            return
        converter = FieldConverter(self.deck.settings, self.names(media))
        for write in (merged, replaced):
            text = self.text
            for part in sorted(parts, reverse=True):  # from the end, so that offsets stay
                passage = note.passages[part.number]
                written = write(converter, note, passage, part)
                if written is None:
                    break
                text = text[: passage.start] + written + text[passage.end :]
            else:
                if text != self.text:
                    yield text

    def names(self, media: Mapping[str, bytes]) -> dict[str, str]:
        """Return each media file's name in the package → its path as the page writes it."""
        known = {
            medium.name: _beside(medium.path, self.root / self.path) if reference.startswith("[[") else reference
            for reference, medium in self.page.media.items()
        }
        new = {media_name(path, content): posixpath.basename(path) for path, content in media.items()}
        return {**known, **new}

    def note(self, name: str) -> Note | None:
        """Return a note as the page has it now; None when its id is not there (yet)."""
        return next((note for note in parse_source(self.source(self.text)).notes if note.id == name), None)

    def new_errors(self, page: PageResult) -> list[str]:
        """Return the errors of a page that it has not now."""
        errors = {problem.message for problem in self.page.details.problems if problem.severity is Severity.ERROR}
        found = (each.message for each in page.details.problems if each.severity is Severity.ERROR)
        return [message for message in found if message not in errors]

    def differs(self, page: PageResult) -> set[tuple[str, str]]:
        """Return what a page has otherwise than now: ids of notes and what of them."""
        before, after = contents_of(self.page), contents_of(page)
        names, nothing = before.keys() | after.keys(), dict[str, str]()
        pairs = ((name, before.get(name, nothing), after.get(name, nothing)) for name in names)
        return {
            (name, key)
            for name, old, new in pairs
            for key in old.keys() | new.keys()
            if normal_form(old.get(key, "")) != normal_form(new.get(key, ""))
        }

    def with_our_names(self, edited: str, media: dict[str, bytes]) -> str | None:
        """Return the field with the names that media files have in a package; None when one cannot be had.

        Files that the page does not show are added to ``media``.
        """
        missing: list[str] = []
        known = {medium.name for medium in self.page.media.values()}

        def rename(match: re.Match[str]) -> str:
            name = html.unescape(next(filter(None, match.groups()), ""))
            if name in known or "://" in name:
                return match[0]
            content = self.read_media(name)
            kind = MEDIA_TYPES.get(suffix(name))
            if not content or kind is None or suffix(name) == "svg":
                missing.append(name)
                return match[0]
            path = self.place_for(name, content)
            media[path] = content
            self.show_file(path, content)
            ours = media_name(path, content)
            return ours if match[4] else f'"{ours}"'

        renamed = SHOWN.sub(rename, edited)
        return None if missing else renamed

    def place_for(self, name: str, content: bytes) -> str:
        """Return the path of a media file beside the page; another name where a file of that name holds other bytes."""
        path = posixpath.join(posixpath.dirname(self.path), posixpath.basename(name))
        file = self.root / path
        if not file.exists() or file.read_bytes() == content:
            return path
        stem, ending = posixpath.splitext(path)
        return f"{stem}-{media_name(path, content)[:8]}{ending}"

    def show_file(self, path: str, content: bytes) -> None:
        """Have the page rendered as if the file were there."""
        file = self.root / path
        self.store.listing(str(file.parent))[file.name] = file.name
        real = file.parent.resolve() / file.name
        self.store.media[str(real)] = Media(media_name(path, content), real, len(content), None, 0)


def shown(text: str) -> str:
    """Return what is the same for fields that show the same; a picture without a text has an empty one here."""
    return normal_form(NO_ALT.sub("", text))


def parts_of(note: Note, key: str, before: str, after: str) -> list[FieldPart] | None:
    """Return the passages that an edit of a field changes; None when it is not made of passages, or their number is
    another one.
    """
    if key in ("Question", "Prompt"):
        return [FieldPart(0, before, after)]
    if key in ("Answer", "Text"):
        return [FieldPart(1, before, after)]
    if key != "Details":
        return None
    old, new = SECTION.findall(before), SECTION.findall(after)
    rest = [normal_form(SECTION.sub("", text)) for text in (before, after)]
    if len(old) != len(new) or len(old) != len(note.sections) or rest[0] != rest[1]:
        return None
    pairs = [pair for one, other in zip(old, new, strict=True) for pair in zip(one, other, strict=True)]
    changed = enumerate(pairs, 2)
    return [FieldPart(index, one, other) for index, (one, other) in changed if normal_form(one) != normal_form(other)]


def merged(converter: FieldConverter, note: Note, passage: Passage, part: FieldPart) -> str | None:
    """Write only what differs into the passage."""
    old, new = (_markdown_of(converter, note, part.number, text) for text in (part.before, part.after))
    return _around(passage, merge(old, new, passage.text.strip()))


def replaced(converter: FieldConverter, note: Note, passage: Passage, part: FieldPart) -> str | None:
    """Write the passage anew."""
    return _around(passage, _markdown_of(converter, note, part.number, part.after))


def _markdown_of(converter: FieldConverter, note: Note, index: int, text: str) -> str:
    is_cloze = note.kind is NoteKind.CLOZE and index == 1
    return converter.convert(text, is_cloze=is_cloze, is_line=index % 2 == 0).text


def _around(passage: Passage, text: str | None) -> str | None:
    """Return the text with the white space around the passage."""
    if text is None or not text.strip():
        return None
    old = passage.text
    before, after = old[: len(old) - len(old.lstrip())], old[len(old.rstrip()) :]
    return f"{before}{text.strip()}{after}"


def contents_of(page: PageResult) -> dict[str, dict[str, str]]:
    """Return the fields of a page's notes by their ids, with their tags and kinds; and how many notes there are."""
    found = {
        note.header.id: {
            **dict(zip(FIELDS[note.header.kind], note.fields.split(FIELD_END), strict=True)),
            TAGS: " ".join(note.header.tags),
            "Kind": note.header.kind,
        }
        for note in page.notes
    }
    return {**found, NUMBER: {"": str(len(page.notes))}}


def _beside(path: Path, page: Path) -> str:
    return os.path.relpath(path, page.parent.resolve()).replace(os.sep, "/")
