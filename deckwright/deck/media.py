"""References to pictures, sound and video → files named by their content. Media bytes are read here alone."""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from deckwright.deck.drawing_faults import drawing_fault, hidden_part
from deckwright.deck.names import everywhere
from deckwright.deck.signatures import content_fault, kind_of, picture_fault
from deckwright.files import stamp_of
from deckwright.grammar import tag_attributes
from deckwright.grammar.note import Note
from deckwright.grammar.pieces import PieceKind
from deckwright.problems import Problem
from deckwright.regex import regex


class MediaType(NamedTuple):
    """What the program knows of a kind of file that Anki shows or plays."""

    is_picture: bool
    """Shown by ``<img>``; sound and video are played from ``[sound:…]``."""
    is_compressed: bool = True
    """Deflating does not make it smaller."""


PICTURE, UNCOMPRESSED_PICTURE = MediaType(is_picture=True), MediaType(is_picture=True, is_compressed=False)
PLAYED, UNCOMPRESSED_SOUND = MediaType(is_picture=False), MediaType(is_picture=False, is_compressed=False)
HASH_DIGITS = 32
"""Hexadecimal digits of SHA-256 in the name of a media file in a package."""
LARGEST = 100 * 1000 * 1000
"""Bytes of a media file that AnkiWeb takes."""
MEDIA_TYPES: Mapping[str, MediaType] = {
    **dict.fromkeys("png jpg jpeg gif webp avif".split(), PICTURE),
    **dict.fromkeys("svg bmp ico".split(), UNCOMPRESSED_PICTURE),
    **dict.fromkeys("mp3 ogg oga opus m4a flac aac mp4 webm mkv mov avi mpg mpeg ogv m4v".split(), PLAYED),
    "wav": UNCOMPRESSED_SOUND,
}
"""By the extension of a file's name, in lower case and without the dot: the one list of what a note may show."""
OTHER_NAMES = {"jfif": "jpg", "jpe": "jpg", "pjpeg": "jpg", "apng": "png"}
"""Endings that browsers give to pictures of the usual types → the usual ones."""


class SvgMeasures(NamedTuple):
    """What matters about an SVG on a phone: how wide it was drawn, and the size of its smallest text (0: none)."""

    width: float
    smallest_text: float


class Media(NamedTuple):
    """A file that goes into the package: its name there (its content's hash), where it is, its size in bytes."""

    name: str
    path: Path
    size: int
    svg: SvgMeasures | None = None
    """The measures of an SVG."""
    modified: int = 0
    """Its time in nanoseconds when it was hashed, by which a change is noticed; 0 when not known."""
    fault: str = ""
    """What is wrong with a picture that is shown all the same, and the remedy."""

    def to_row(self) -> Sequence[object]:
        """Return values that JSON can hold."""
        return self.name, str(self.path), self.size, self.svg, self.modified, self.fault

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Media:
        """Take a media file back from JSON."""
        name, path, size, svg, *rest = row
        return cls(name, Path(path), size, svg and SvgMeasures(*svg), *rest)


ON_THIS_COMPUTER = regex(r"[A-Za-z]:[\\/]|/(?:home|Users|Volumes|mnt|media|tmp)/|~/|\\\\")
"""How the path of a file begins that no other computer has."""
EMBEDDED = "[["
"""Begins a reference that names a file anywhere in the deck: ``![[file]]``."""
MediaMap = Mapping[tuple[str, str], Media]
"""(folder of the note's file, reference as written) → the file."""


def media_references(note: Note) -> Iterator[tuple[str, int]]:
    """Every reference of a note to a media file, as written, with its offset in the source."""
    for piece in note.shown_pieces(PieceKind.IMAGE, PieceKind.SOUND, PieceKind.TAG):
        if piece.kind is PieceKind.TAG:
            yield from ((value, at) for name, value, at in tag_attributes(piece) if name in ("src", "poster"))
        else:
            yield piece.text, piece.at


def suffix(reference: str) -> str:
    """The file name extension in lower case, without the dot."""
    return posixpath.splitext(reference)[1][1:].lower()


def is_picture(reference: str) -> bool:
    """Whether a file of that name is shown, not played."""
    return (known := MEDIA_TYPES.get(suffix(reference))) is not None and known.is_picture


def media_name(name: str, content: bytes) -> str:
    """Return the name in packages of a media file: SHA-256 of its bytes and its extension.

    Anki keeps an old file when a new one comes under the same name, so changed bytes need a changed name; equal bytes
    share one.
    """
    return f"{hashlib.sha256(content).hexdigest()[:HASH_DIGITS]}.{suffix(name)}"


def find_media(store: MediaStore, notes: Iterable[Note]) -> tuple[MediaMap, list[Problem]]:
    """Resolve every media reference of the notes against the files of the deck folder."""
    found: dict[tuple[str, str], Media] = {}
    problems: list[Problem] = []
    for note in notes:
        for reference, at in media_references(note):
            key = (note.folder, reference)
            if key in found:
                continue
            result = store.look_up(str(note.source.file.parent), reference)
            if isinstance(result, Media):
                found[key] = result
            else:
                rule, message = result
                problems.append(Problem(note.source.place(at), message, rule))
    return found, problems


class MediaStore:
    """The deck's media files, each listed and hashed once; one that was ``known`` is not read while its stamp holds."""

    def __init__(self, root: Path, known: Iterable[Media] = ()) -> None:
        self.root = os.path.realpath(root)
        self.listings: dict[str, dict[str, str]] = {}
        self.folders: dict[str, str] = {}
        self.known = {str(medium.path): medium for medium in known}
        self.media: dict[str, Media] = {}
        self.names: dict[str, list[str]] | None = None
        """Name → files of that name anywhere in the deck, once one is asked for."""

    def remember(self, medium: Media) -> Media:
        """Return the file as this process looked at it, or, when it is new here, as another one did."""
        return self.media.setdefault(str(medium.path), medium)

    def unchanged(self, folder: str, reference: str, name: str, path: str) -> Media | None:
        """Return the file of that name and path, if the reference still means it, with the same bytes."""
        found = self.look_up(folder, reference)
        return found if isinstance(found, Media) and (found.name, str(found.path)) == (name, path) else None

    def look_up(self, folder: str, reference: str) -> Media | tuple[str, str]:
        """The file a reference in a page of that folder means, or the rule it breaks and what to do."""
        if reference.startswith("data:"):
            return "remote-media", "this picture is written into the text itself; save it as a file, and show that"
        if "://" in reference or reference.startswith("//"):
            return (
                "remote-media",
                f"`{reference}` is not in the deck folder, and a build fetches nothing; save it there",
            )
        bare = reference.removeprefix(EMBEDDED)
        wanted = bare.partition("#")[0]
        if suffix(wanted) not in MEDIA_TYPES and suffix(bare) in MEDIA_TYPES:
            wanted = bare  # the sign is in the name
        if suffix(wanted) not in MEDIA_TYPES:
            return "missing-media", self.unknown_kind(wanted)
        file = self.find(folder, reference) or self.find(folder, wanted) or self.find(folder, unquote(wanted))
        found = self.anywhere(folder, wanted) if file is None and reference.startswith(EMBEDDED) else []
        if file is None and not found:
            return "missing-media", self.remedy(folder, wanted, is_embedded=reference.startswith(EMBEDDED))
        try:
            if len({self.read(self.real(path))[0] for path in found}) > 1:
                paths = " or ".join(os.path.relpath(path, self.root).replace(os.sep, "/") for path in found)
                return "missing-media", f"several files have the name `{wanted}`; write the path of one: {paths}"
            file = file or found[0]
            real = self.real(file)
            if not real.startswith(os.path.join(self.root, "")):
                return "outside-media", f"`{reference}` is outside the deck folder; copy it in"
            return self.read(real)
        except (OSError, RuntimeError) as error:
            return "missing-media", f"`{reference}` cannot be read: {getattr(error, 'strerror', None) or error}"

    def unknown_kind(self, reference: str) -> str:
        """The message for a reference whose ending is that of no media file."""
        bare, mark, _ = reference.partition("?")
        if mark and suffix(bare) in MEDIA_TYPES:
            return f"`{reference}` is an address of a web page; remove `{reference[len(bare) :]}`"
        if not suffix(reference):
            return (
                f"`{reference}` is not a picture, sound or video; write the text of a note into this one, or link to it"
            )
        if usual := OTHER_NAMES.get(suffix(reference)):
            return f"`{reference}` has an ending that Anki does not know; rename the file so that it ends in .{usual}"
        return f"`{reference}` is not a picture, sound or video that Anki shows; convert it to .jpg, .png, .mp3 or .mp4"

    def remedy(self, folder: str, reference: str, *, is_embedded: bool) -> str:
        """The message for a reference to a file that is not there: perhaps another one was meant."""
        if ON_THIS_COMPUTER.match(reference):
            return f"`{reference}` is a place on one computer; copy the file beside this note, and write its name alone"
        if "\\" in reference:
            return f"write `/` between the names of a path: `{reference.replace(chr(92), '/')}`"
        inside, name = posixpath.split(everywhere(reference))
        there = self.listing(os.path.join(folder, inside) if inside else folder)
        if other := next((each for each in there if each.casefold() == name.casefold()), None):
            return f"there is no file `{reference}`, but there is `{posixpath.join(inside, other)}`; write it so"
        if found := self.anywhere(folder, name):
            path = os.path.relpath(found[0], folder).replace(os.sep, "/")
            return f"there is no file `{reference}` beside this note, but there is `{path}`; write that"
        if is_embedded:
            return f"there is no file `{reference}` in the deck; add it, and write `![]({reference})`"
        return f"there is no file `{reference}` beside this note; add it, or correct the name"

    def anywhere(self, folder: str, reference: str) -> Sequence[str]:
        """The files of that name below a folder, or else in the deck, however deep, as Obsidian looks for them."""
        inside, name = posixpath.split(everywhere(reference))
        if self.names is None:
            self.names = {}
            for below, _, files in sorted(os.walk(self.root)):
                is_hidden = f"{os.sep}." in below[len(self.root) :]  # such as a bin
                for file in () if is_hidden else files:
                    self.names.setdefault(everywhere(file), []).append(os.path.join(below, file))
        end, here = os.path.join(os.sep, *inside.split("/"), ""), os.path.join(os.path.realpath(folder), "")
        found = [path for path in self.names.get(name, ()) if everywhere(path).removesuffix(name).endswith(end)]
        return [path for path in found if path.startswith(here)] or found

    def find(self, folder: str, reference: str) -> str | None:
        """The file with exactly that name (case counts, Unicode forms do not), whatever the file system ignores."""
        if "\0" in reference:
            return None
        inside, name = posixpath.split(everywhere(reference).rstrip("/"))
        for part in inside.split("/") if inside else ():
            # The folder may be NFD on disk, as macOS writes it, where the reference is NFC.
            folder = os.path.join(folder, part if part in ("", ".", "..") else self.listing(folder).get(part, part))
        real = self.listing(folder).get(name)
        return os.path.join(folder, real) if real else None

    def real(self, file: str) -> str:
        """Where a file is when links are followed. Raises OSError or RuntimeError when they lead nowhere."""
        folder, name = os.path.split(file)
        if folder not in self.folders:
            self.folders[folder] = os.path.realpath(folder)
        found = os.path.join(self.folders[folder], name)
        return os.path.realpath(found, strict=True) if os.path.islink(found) else found

    def listing(self, folder: str) -> dict[str, str]:
        if folder not in self.listings:
            try:
                names = os.listdir(folder)
            except OSError:
                names = []
            self.listings[folder] = {everywhere(name): name for name in names}
        return self.listings[folder]

    def read(self, path: str) -> Media | tuple[str, str]:
        if path not in self.media:
            stamp = stamp_of(os.stat(path))
            known = self.known.get(path)
            if known and (known.size, known.modified) == stamp:
                self.media[path] = known
                return known
            file = Path(path)
            if stamp[0] > LARGEST:
                return "large-media", f"`{file.name}` has over 100 MB, which AnkiWeb does not take; make it smaller"
            content = stored_bytes(file.name, file.read_bytes())
            kind = kind_of(content)
            if message := content_fault(file.name, content, kind, is_picture=is_picture(file.name)):
                return "missing-media", message
            svg, remark = None, picture_fault(content, kind, suffix(file.name))
            if suffix(file.name) == "svg":
                from deckwright.deck.svg_measures import measure_svg  # most builds see no new drawing

                if fault := drawing_fault(content):
                    return fault
                svg, remark = measure_svg(content), hidden_part(content)
            self.media[path] = Media(media_name(file.name, content), file, stamp[0], svg, stamp[1], remark)
        return self.media[path]


def stored_bytes(name: str, content: bytes) -> bytes:
    """Return the bytes of a media file as they go into a package: a drawing with the same line ends on any system."""
    return content.replace(b"\r\n", b"\n") if suffix(name) == "svg" else content
