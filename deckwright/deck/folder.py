"""The deck folder on disk → its settings, bibliography and content files. Content files are opened here alone."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from deckwright.deck.bibliography import BIBLIOGRAPHY_FILE, Citation, read_bibliography
from deckwright.deck.exclude import Exclusion
from deckwright.deck.media import MEDIA_TYPES, Media, suffix
from deckwright.deck.names import as_text, clashes, everywhere, is_text, name_fault
from deckwright.deck.settings import LOCK_FILE, SETTINGS_FILE, Settings, read_settings
from deckwright.deck.toml_file import decoded, read_text
from deckwright.grammar.note import Note, Page, SourceFile
from deckwright.problems import Place, Problem, Severity
from deckwright.regex import regex

LIKE_NOTES = (".markdown", ".mdown", ".mkd", ".md.txt", ".mdx")
STYLE_FILE = "style.css"
STYLE_ADDRESS = regex(r"url\(\s*[\"']?(?!data:|#)([^)\"']*)|@import\s+[\"']([^\"']*)")


class ContentFile(NamedTuple):
    """A file of notes: its path inside the deck (NFC, ``/`` between names), and where it really is."""

    path: str
    file: Path


@dataclass(frozen=True)
class Deck:
    """A deck folder: settings, sources, the list of its files of notes; their pages where all are wanted."""

    root: Path
    settings: Settings
    citations: Mapping[str, Citation]
    has_bibliography: bool
    style: str
    """The deck's own CSS, added after ours."""
    problems: tuple[Problem, ...]
    today: datetime.date
    files: tuple[ContentFile, ...] = ()
    media: Mapping[tuple[str, str], Media] = field(default_factory=dict)
    """(folder of the note's file, reference as written) → the file."""
    pages: tuple[Page, ...] = ()

    @property
    def latest_day(self) -> datetime.date:
        """The day that is today somewhere: where it is morning, ``today``, which is by UTC, is still yesterday."""
        return self.today + datetime.timedelta(days=1)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        return tuple(note for page in self.pages for note in page.notes)


def read_folder(root: Path, today: datetime.date) -> Deck:
    """Read ``deck.toml``, ``sources.toml`` and ``style.css``, and list every ``.md`` file but ``README.md``.

    Files come sorted by folder and name. What cannot be read is among the problems; nothing is raised.
    """
    problems: list[Problem] = []
    settings = read_settings(root, problems)
    citations = read_bibliography(root, problems)
    if not (root / SETTINGS_FILE).exists():  # files in a folder that is not a deck are not read
        return Deck(root, settings, citations, False, "", tuple(problems), today, ())
    files = _content_files(root, settings.exclude, problems)
    has_bibliography = (root / BIBLIOGRAPHY_FILE).exists()
    style = (read_text(root / STYLE_FILE, STYLE_FILE, problems) or "") if (root / STYLE_FILE).exists() else ""
    problems += _style_media(style)
    return Deck(root, settings, citations, has_bibliography, style, tuple(problems), today, files)


def read_file(file: ContentFile) -> bytes | Problem:
    """The bytes of a file of notes, or why they cannot be read."""
    try:
        return file.file.read_bytes()
    except OSError as error:
        return Problem(Place(file.path), f"cannot be read: {error.strerror}", "unreadable-file")


def read_source(file: ContentFile) -> SourceFile | Problem:
    """A file of notes as text, or why there is none."""
    raw = read_file(file)
    return raw if isinstance(raw, Problem) else decode(file, raw)


def decode(file: ContentFile, raw: bytes) -> SourceFile | Problem:
    """A file of notes as text, or where it is not UTF-8."""
    text = decoded(raw, file.path)
    return text if isinstance(text, Problem) else SourceFile(file.path, text, file.file)


def write_ids(path: str, raw: bytes, ids: Mapping[int, str]) -> bytes:
    """The bytes of a file with ids written in: offset in its text → id. Nothing else changes, line ends included."""
    text = raw.decode("utf-8-sig")
    source, lines = SourceFile(path, text.replace("\r\n", "\n")), text.split("\n")
    for offset in sorted(ids, reverse=True):
        place = source.place(offset)
        line, column = lines[place.line - 1], place.column - 1
        written = f"{{#{ids[offset]} " if line[column : column + 1] == "{" else f" {{#{ids[offset]}}}"
        rest = line[column + 1 :].lstrip(": ") if line[column : column + 1] == "{" else line[column:]
        lines[place.line - 1] = line[:column] + written + rest
    bom = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    return bom + "\n".join(lines).encode("utf-8")


def _style_media(style: str) -> list[Problem]:
    """Report files that only CSS names: Anki imports none of them."""
    problems = []
    for found in STYLE_ADDRESS.finditer(style):
        line = style.count("\n", 0, found.start()) + 1
        message = (
            f"Anki imports no file that only CSS names, such as `{(found[1] or found[2] or '').strip()[:40]}`; write "
            "it into the style as url(data:…), or use a font that learners have"
        )
        problems.append(Problem(Place(STYLE_FILE, line), message, "style-media"))
    return problems


def _name_problems(inside: str, files: Sequence[str], folders: Sequence[str]) -> list[Problem]:
    """Report what a clone on another system would lack: names that it cannot hold, or not beside each other."""
    faults = [(name, fault) for name in (*files, *folders) if (fault := name_fault(name))]
    faults += [
        (name, f"where case does not count this is the same file as {first}; rename one")
        for name, first in clashes(files)
    ]
    return [
        Problem(Place(f"{inside}/{everywhere(name)}".lstrip("/")), fault, "unportable-name", Severity.WARNING)
        for name, fault in faults
    ]


def _content_files(root: Path, exclude: Sequence[str], problems: list[Problem]) -> tuple[ContentFile, ...]:
    """Every file of notes below a folder, sorted by folder and name; links out of the deck are among the problems."""
    found: list[ContentFile] = []
    excluded = Exclusion(exclude)
    folders = [(root, "")]
    while folders:
        folder, inside = folders.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            problems.append(Problem(Place(inside or "."), f"cannot be read: {error.strerror}", "unreadable-file"))
            continue
        shown = [entry for entry in entries if not entry.name.startswith(".") and is_text(entry.name)]
        files = [e.name for e in shown if e.name.lower().endswith(".md") or suffix(e.name) in MEDIA_TYPES]
        problems += _name_problems(inside, files, [entry.name for entry in shown if _is_folder(entry)])
        for entry in entries:
            if not is_text(entry.name):
                if not (_is_folder(entry) or entry.name.lower().endswith(".md")):
                    continue  # nothing that a note could name
                message = "the name of this file is not UTF-8; rename it"
                problems.append(
                    Problem(Place(f"{inside}/{as_text(entry.name)}".lstrip("/")), message, "unreadable-file")
                )
                continue
            path = f"{inside}/{everywhere(entry.name)}" if inside else everywhere(entry.name)
            if excluded.leaves_out(path, entry.path, is_folder=_is_folder(entry)) or entry.name.startswith("."):
                continue
            if _is_folder(entry):
                if entry.is_symlink():
                    message = "this folder is a link, which a build does not follow; put a real folder here"
                    problems.append(Problem(Place(path), message, "unreadable-file"))
                else:
                    folders.append((Path(entry.path), path))
            elif inside and _is_of_a_deck(entry, folder):
                problems.append(_nested_deck(path, inside))
            elif entry.name.lower().endswith(LIKE_NOTES):
                message = "a file of notes has a name that ends in .md; rename it, or its cards are in no package"
                problems.append(Problem(Place(path), message, "unreadable-file"))
            elif entry.name.lower().endswith(".md") and entry.name.lower() != "readme.md":
                if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(root.resolve()):
                    message = "this is a link to a file outside the deck; copy the file in"
                    problems.append(Problem(Place(path), message, "unreadable-file"))
                else:
                    found.append(ContentFile(path, Path(entry.path)))
    problems += excluded.problems(root)
    return tuple(sorted(_one_of_each(found, problems), key=lambda file: file.path.split("/")))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, or a link to one; a link that leads to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_of_a_deck(entry: os.DirEntry[str], folder: Path) -> bool:
    """Whether a file makes a deck of its folder, or is left of one."""
    return entry.name == SETTINGS_FILE or (entry.name == LOCK_FILE and not (folder / SETTINGS_FILE).exists())


def _nested_deck(path: str, folder: str) -> Problem:
    """Report a file that makes a deck of a folder in this one."""
    message = (
        "this file is of another deck, whose notes are in the package of this one too: who has that deck gets them a "
        "second time, unlearned. If nobody has it, remove this file; else move the folder out, or leave it out: "
        f'exclude = ["/{folder}"]'
    )
    return Problem(Place(path), message, "nested-deck", Severity.WARNING)


def _one_of_each(found: Sequence[ContentFile], problems: list[Problem]) -> Iterable[ContentFile]:
    """Return one file of each path; two can have the same where a Mac wrote one of them."""
    files = {file.path: file for file in found}
    for twin in (file for file in found if file is not files[file.path]):
        message = (
            "two files have this name, once with an accent as a character of its own (as macOS writes it), once "
            "without; put their notes into one of them"
        )
        problems.append(Problem(Place(twin.path), message, "unreadable-file"))
    return files.values()
