"""Layout of the deck folder made of a package: folders for decks, names that every system can hold, media."""

from __future__ import annotations

import html
import json
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from deckwright.adopt.package import OldPackage
from deckwright.adopt.pieces import Pieces, Sound
from deckwright.deck.names import RESERVED, everywhere
from deckwright.deck.settings import Settings
from deckwright.package.read import PackagedNote
from deckwright.regex import regex

FORBIDDEN = regex(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
ANKI_TAGS = ("leech", "marked")
"""Tags that belong to a learner, not to a deck."""
NOTES_A_FILE = 200
SOURCE = regex(r"""\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
SCRIPTS = (("ja", r"[\u3040-\u30ff]"), ("ko", r"[\uac00-\ud7af]"), ("zh-CN", r"[\u4e00-\u9fff]"))
"""Languages recognised by their script."""
FEW = 0.2
"""Share of the notes that must contain such letters."""


def safe_name(name: str, taken: set[str]) -> str:
    """A file or folder name that every system can hold and that differs from the ``taken`` ones (in lower case), among
    which it is from then on.
    """
    stem, suffix = posixpath.splitext(FORBIDDEN.sub("-", everywhere(name)))
    stem, suffix = stem.strip(" .") or "unnamed", suffix.rstrip(" .")
    stem = f"{stem}-" if RESERVED.fullmatch(stem) else stem
    number, candidate = 1, stem + suffix
    while candidate.lower() in taken:
        number += 1
        candidate = f"{stem}-{number}{suffix}"
    taken.add(candidate.lower())
    return candidate


@dataclass
class Folders:
    """The folders of the decks below the root deck."""

    names: dict[str, str] = field(default_factory=dict)
    """Folder → the name that Anki shows, where the folder has another."""
    paths: dict[tuple[str, str], str] = field(default_factory=dict)
    """The parent's folder and the name of a deck, whose case does not count to Anki → its folder."""
    taken: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def of(self, deck: str) -> str:
        """The folder of a deck; empty for the root deck."""
        parent, divider, name = deck.rpartition("::")
        if not divider:
            return ""
        above, name = self.of(parent), " ".join(name.replace('"', "'").split()) or "blank"
        key = above, name.casefold()
        if key not in self.paths:
            safe = safe_name(name, self.taken[above])
            self.paths[key] = posixpath.join(above, safe)
            if safe != name:
                self.names[self.paths[key]] = name
        return self.paths[key]


def media_references(note: PackagedNote) -> list[str]:
    """The media files that a note names."""
    found: list[str] = []
    for text in note.fields.values():
        found += ["".join(match) for match in SOURCE.findall(text)]
        found += [piece.file for piece in Pieces(text, is_cloze=False).found if isinstance(piece, Sound)]
    return found


def name_in(package: OldPackage, reference: str) -> str:
    """The media file of the package that a field names, perhaps with character references or percent-encoded."""
    plain = html.unescape(reference)
    return next((name for name in (plain, unquote(plain)) if name in package.media), "")


def place_media(package: OldPackage, folders: Mapping[str, Sequence[PackagedNote]]) -> dict[str, str]:
    """Name of every media file that a note uses → its path in the deck folder: beside the first note that uses it."""
    placed: dict[str, str] = {}
    for folder, notes in folders.items():
        taken: set[str] = set()
        for reference in (reference for note in notes for reference in media_references(note)):
            if (name := name_in(package, reference)) and name not in placed:
                placed[name] = posixpath.join(folder, safe_name(name, taken))
    return placed


def seen_from(folder: str, placed: Mapping[str, str]) -> dict[str, str]:
    """The same paths as a note in a folder writes them."""
    return {name: posixpath.relpath(path, folder or ".") for name, path in placed.items()}


def in_files(folder: str, notes: Sequence[PackagedNote]) -> Iterator[tuple[str, PackagedNote]]:
    """The notes of a folder, each with its file: one file, or several when there are many."""
    count = -(-len(notes) // NOTES_A_FILE)
    width = len(str(count))
    for index, note in enumerate(notes):
        name = "notes.md" if count == 1 else f"notes-{index // NOTES_A_FILE + 1:0{width}}.md"
        yield posixpath.join(folder, name), note


def tag_prefix(notes: Sequence[PackagedNote]) -> str:
    """The first part that all tags of all notes share; empty when there is none."""
    tags = {tag for note in notes for tag in note.tags if tag.lower() not in ANKI_TAGS}
    firsts = {tag.partition("::")[0] if "::" in tag else "" for tag in tags}
    return firsts.pop() if len(firsts) == 1 else ""


def guess_language(notes: Sequence[PackagedNote]) -> str:
    """The language of the notes where it is recognised by the script, else English."""
    texts = ["".join(note.fields.values()) for note in notes]
    for language, letters in SCRIPTS:
        if sum(bool(re.search(letters, text)) for text in texts) > FEW * len(texts):
            return language
    return "en"


def settings_text(settings: Settings, subdecks: Mapping[str, str]) -> str:
    """The text of ``deck.toml``; ``subdecks`` are folders with the names that Anki shows."""
    values = {"name": settings.name, "id": settings.id, "language": settings.language}
    values |= {"tag-prefix": settings.tag_prefix} if settings.tag_prefix else {}
    lines = [f"{key} = {_quoted(value)}" for key, value in values.items()]
    if subdecks:
        lines += ["", "[subdecks]  # folder → the name Anki shows"]
        lines += [f"{_quoted(folder)} = {_quoted(shown)}" for folder, shown in sorted(subdecks.items())]
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
