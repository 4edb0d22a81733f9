"""A field as it was edited in Anki → the Markdown of which the field is made again, or nothing.

Every result is checked: the page is rendered with it, and what a learner sees must be what Anki shows, in this field,
while every other field of the page stays as it is.
"""

from __future__ import annotations

import difflib
import html
import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from deckwright.adopt.field_converter import FieldConverter
from deckwright.collection.compared_note import TAGS
from deckwright.collection.merging import merge
from deckwright.deck.folder import Deck
from deckwright.deck.media import MEDIA_TYPES, Media, MediaStore, media_name, suffix
from deckwright.deck.toml_file import decoded
from deckwright.grammar import parse_source
from deckwright.grammar.note import Note, NoteKind, Passage, SourceFile
from deckwright.identity import normal_form
from deckwright.notetypes import FIELD_END, FIELDS
from deckwright.pipeline.page import PageRenderer, PageResult
from deckwright.problems import ContentError, Problem, Severity
from deckwright.regex import regex

SECTION = regex(r'<section(?: class="[^"]*")?>\s*<h3[^>]*>(.*?)</h3>(.*?)</section>', re.DOTALL)
SHOWN = regex(r"""(?<=\ssrc=)(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))|(?<=\[sound:)([^\]\n]+)""")
NO_ALT = regex(r"""\salt=(?:""|'')""")
PASSAGES = {"Question": 0, "Prompt": 0, "Answer": 1, "Text": 1}
"""Field → the passage of a note that it is made of."""
NOT_SO = "no Markdown makes exactly this"
"""Of an edit that is listed instead: nobody is told why."""
BOM = b"\xef\xbb\xbf"
KIND = "Kind"
NUMBER = "#"
"""Stands for the number of a page's notes among their ids: ids may be missing."""


@dataclass
class PageEditor:
    """One page that edits are written into, one after another."""

    deck: Deck
    path: str
    raw: bytes | None
    """The bytes of its file; None when there is none."""
    read_media: Callable[[str], bytes | None]
    """Gives the bytes of a media file of the collection."""
    new_media: dict[str, bytes] = field(default_factory=dict)
    """Path inside the deck → bytes of files that edits need."""

    def __post_init__(self) -> None:
        text = decoded(self.raw or b"", self.path)
        if isinstance(text, Problem):
            raise ContentError([text])
        self.text = self.unedited = text
        self.root = self.deck.root
        self.store = MediaStore(self.root)
        self.renderer = PageRenderer(self.deck, self.store)
        self.page = self.render(self.text)

    @property
    def is_edited(self) -> bool:
        return self.text != self.unedited

    @property
    def content(self) -> bytes:
        """The bytes of the page, each line with the end that it has in its file, and with its BOM."""
        raw, text = self.raw or b"", self.text
        windows = raw.count(b"\r\n")
        if 0 < windows < raw.count(b"\n"):
            text = with_ends_of(text, raw.decode("utf-8-sig"))
        elif windows:
            text = text.replace("\n", "\r\n")
        return (BOM if raw.startswith(BOM) else b"") + text.encode()

    def render(self, text: str) -> PageResult:
        """Render the page as it would be with that text."""
        return self.renderer.render_page(self.source(text), {})

    def source(self, text: str) -> SourceFile:
        return SourceFile(self.path, text, self.root / self.path)

    def take(self, name: str, key: str, edited: str) -> bool:
        """Write the edit of a field into the page; False, and nothing written, when Markdown cannot express it."""
        media: dict[str, bytes] = {}
        if (wanted := self.with_our_names(edited, media)) is None:
            return False

        def why_not(page: PageResult) -> str:
            is_alone = self.differs(page) <= {(name, key)}
            return "" if is_alone and shown(contents_of(page)[name, key]) == shown(wanted) else NOT_SO

        return any(not self.write(text, why_not, media) for text in self.attempts(name, key, wanted, media))

    def write(self, text: str, why_not: Callable[[PageResult], str], media: Mapping[str, bytes]) -> str:
        """Take a text for the page's, with those of the media files that it shows; return why not, empty when it is.

        That is an error that it brings, or what ``why_not`` says of the page that it makes.
        """
        page, known = self.render(text), errors_of(self.page)
        why = next((error for error in errors_of(page) if error not in known), "") or why_not(page)
        if not why:
            self.text, self.page = text, page
            needed = {path: content for path, content in media.items() if posixpath.basename(path) in text}
            self.new_media |= {path: content for path, content in needed.items() if not (self.root / path).exists()}
        return why

    def attempts(self, name: str, key: str, wanted: str, media: Mapping[str, bytes]) -> Iterator[str]:
        """Yield the page's text with the edit: its passages with only what differs, then those written anew."""
        if (note := self.note(name)) is None:
            return
        parts = parts_of(note, key, contents_of(self.page)[name, key], wanted)
        converter = FieldConverter(self.deck.settings, self.names(media))
        edits: list[tuple[Passage, str, str]] = []
        for index, *versions in sorted(parts, reverse=True):  # from the end, so that offsets stay
            is_cloze, is_line = note.kind is NoteKind.CLOZE and index == 1, index % 2 == 0
            old, new = (converter.convert(each, is_cloze=is_cloze, is_line=is_line).text for each in versions)
            edits.append((note.passages[index], old, new))
        for is_merged in (True, False):
            text = self.text
            for passage, old, new in edits:
                written = merge(old, new, passage.text.strip()) if is_merged else new
                if not (written and written.strip()):
                    break
                indent = passage.text[: -len(passage.text.lstrip())]
                text = text[: passage.start] + indent + written.strip() + text[passage.end :]
            else:
                if text != self.text:
                    yield text

    def names(self, media: Mapping[str, bytes]) -> dict[str, str]:
        """Return each media file's name in the package → its path as the page writes it."""
        known, folder = {}, (self.root / self.path).parent.resolve()
        for reference, medium in self.page.media.items():
            is_embed = reference.startswith("[[")
            known[medium.name] = os.path.relpath(medium.path, folder).replace(os.sep, "/") if is_embed else reference
        new = {media_name(path, content): posixpath.basename(path) for path, content in media.items()}
        return {**known, **new}

    def note(self, name: str) -> Note | None:
        """Return a note as the page has it now; None when its id is not there (yet)."""
        return next((note for note in parse_source(self.source(self.text)).notes if note.id == name), None)

    def differs(self, page: PageResult) -> set[tuple[str, str]]:
        """Return what a page has otherwise than now: ids of notes and what of them."""
        old, new = contents_of(self.page), contents_of(page)
        both = old.keys() | new.keys()
        return {each for each in both if normal_form(old.get(each, "")) != normal_form(new.get(each, ""))}

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


def errors_of(page: PageResult) -> list[str]:
    """Return the messages of a page's errors."""
    return [problem.message for problem in page.details.problems if problem.severity is Severity.ERROR]


def shown(text: str) -> str:
    """Return what is the same for fields that show the same; a picture without a text has an empty one here."""
    return normal_form(NO_ALT.sub("", text))


def parts_of(note: Note, key: str, before: str, after: str) -> list[tuple[int, str, str]]:
    """Return the passages that an edit of a field changes, by their places among the note's, each with its HTML before
    and after; none when the field is not made of passages, or their number is another one.
    """
    if key in PASSAGES:
        return [(PASSAGES[key], before, after)]
    if key != "Details":
        return []
    old, new = SECTION.findall(before), SECTION.findall(after)
    rest = [normal_form(SECTION.sub("", text)) for text in (before, after)]
    if len(old) != len(new) or len(old) != len(note.sections) or rest[0] != rest[1]:
        return []
    pairs = [pair for one, other in zip(old, new, strict=True) for pair in zip(one, other, strict=True)]
    return [(index, *pair) for index, pair in enumerate(pairs, 2) if normal_form(pair[0]) != normal_form(pair[1])]


def contents_of(page: PageResult) -> dict[tuple[str, str], str]:
    """Return the fields, tags and kinds of a page's notes, each by the note's id and its name; and how many notes."""
    found = {(NUMBER, ""): str(len(page.notes))}
    for note in page.notes:
        name, kind, texts = note.header.id, note.header.kind, note.fields.split(FIELD_END)
        found |= {(name, TAGS): " ".join(note.header.tags), (name, KIND): kind}
        found |= {(name, key): text for key, text in zip(FIELDS[kind], texts, strict=True)}
    return found


def with_ends_of(text: str, earlier: str) -> str:
    """Return a text whose lines end as in an earlier one, which mixes line ends; more lines than there were plainly."""
    lines, before = text.split("\n"), earlier.split("\n")
    plain = [line.removesuffix("\r") for line in before]
    for _, i, j, first, last in difflib.SequenceMatcher(None, plain, lines, autojunk=False).get_opcodes():
        if last - first == j - i:
            ends = ("\r" if line.endswith("\r") else "" for line in before[i:j])
            lines[first:last] = [line + end for line, end in zip(lines[first:last], ends, strict=True)]
    return "\n".join(lines)
