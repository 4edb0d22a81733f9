"""``exclude`` of ``deck.toml``: what is left out of a deck, by patterns that mean what they mean in a ``.gitignore``.

https://git-scm.com/docs/gitignore#_pattern_format, without ``!``; ``./`` at the beginning means the deck's own folder.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from deckwright.deck.names import everywhere
from deckwright.deck.settings import SETTINGS_FILE
from deckwright.problems import Place, Problem, Severity
from deckwright.regex import regex
from deckwright.suggestions import LEAST_LIKE

TOKEN = regex(r"\\(?P<escaped>.)|(?P<many>\*+)|(?P<one>\?)|\[(?P<set>[!^]?\]?[^\]]*)\]|(?P<plain>.)", re.DOTALL)
SET_SIGN = regex(r"[][\\&~|^]")
"""What means something in a set of a regular expression; ``-`` means the same in both."""
WILD = regex(r"[*?\[\\]")


class Exclusion:
    """The patterns of a deck, and which of them have left something out."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = patterns
        self.unused = set(patterns)
        self.folders: list[tuple[Path, str]] = []
        """The folders that are left out: on disk and inside the deck."""
        self.seen: list[str] = []
        """The paths that are not left out."""

    def leaves_out(self, path: str, file: str, *, is_folder: bool) -> bool:
        """Whether a file or folder is left out, by its path inside the deck; remember why."""
        found = {pattern for pattern in self.patterns if _matches(pattern, path, is_folder=is_folder)}
        self.unused -= found
        if not found:
            self.seen.append(path)
        elif is_folder:
            self.folders.append((Path(file), path))
        return bool(found)

    def problems(self, root: Path) -> Iterator[Problem]:
        """Yield a problem for each pattern that matches nothing, not even in a folder that is left out as a whole."""
        for path, is_folder in _below(self.folders) if self.unused else ():
            self.unused -= {pattern for pattern in self.unused if _matches(pattern, path, is_folder=is_folder)}
        for pattern in (pattern for pattern in self.patterns if pattern in self.unused):
            meant = _meant(pattern, self.seen)
            message = f"`{pattern}` in `exclude` matches no file or folder"
            message += f"; did you mean `{meant}`?" if meant else "; correct it, or remove it"
            severity = Severity.WARNING if meant else Severity.NOTE  # it may be a folder that is not in every clone
            yield Problem(_place(root, pattern), message, "unused-exclude", severity)


def is_excluded(path: str, patterns: Sequence[str], *, is_folder: bool = False) -> bool:
    """Whether a file or folder is left out, by its path inside the deck."""
    return any(_matches(pattern, path, is_folder=is_folder) for pattern in patterns)


def _matches(pattern: str, path: str, *, is_folder: bool) -> bool:
    if pattern.endswith("/") and not is_folder:
        return False
    return _regex(pattern).fullmatch(path) is not None


@lru_cache(1000)
def _regex(pattern: str) -> re.Pattern[str]:
    body = pattern.rstrip("/")
    body = "/" + body.removeprefix("./") if body.startswith("./") else body
    parts = body.removeprefix("/").split("/")
    written = [] if "/" in body else ["(?:[^/]+/)*"]
    for number, part in enumerate(parts, 1):
        if part == "**":
            written.append("(?:[^/]+/)*" if number < len(parts) else ".+")
        else:
            written.append("".join(map(_part_of, TOKEN.finditer(part))) + "/" * (number < len(parts)))
    return re.compile("".join(written))


def _part_of(token: re.Match[str]) -> str:
    """A sign of a name in a pattern, as a regular expression."""
    if token["many"]:
        return "[^/]*"
    if token["one"]:
        return "[^/]"
    if token["set"]:
        inside = token["set"].lstrip("!^")
        negation = "^/" if inside != token["set"] else ""
        return f"[{negation}{SET_SIGN.sub(lambda sign: chr(92) + sign[0], inside)}]"
    return re.escape(token["escaped"] or token["plain"] or token[0])


def _below(folders: Iterable[tuple[Path, str]]) -> Iterator[tuple[str, bool]]:
    """Yield what is in folders, at any depth: its path inside the deck, and whether it is a folder."""
    for folder, inside in folders:
        for where, names, files in os.walk(folder):
            relative = Path(where).relative_to(folder).as_posix()
            above = inside if relative == "." else f"{inside}/{relative}"
            for name in (*names, *files):
                yield everywhere(f"{above}/{name}"), name in names


def _meant(pattern: str, paths: Iterable[str]) -> str:
    """The path that was surely meant by a pattern that matches nothing; empty for none."""
    if WILD.search(pattern):
        return ""
    names: dict[str, str] = {}
    for path in paths:
        name = path.rpartition("/")[2]
        for known in (path, path.removesuffix(".md"), name, name.removesuffix(".md")):
            names.setdefault(known.casefold(), path)
    found = difflib.get_close_matches(pattern.strip("./").casefold(), names, 1, LEAST_LIKE)
    return names[found[0]] if found else ""


def _place(root: Path, pattern: str) -> Place:
    """Where a pattern is in ``deck.toml``."""
    lines = (root / SETTINGS_FILE).read_text(encoding="utf-8", errors="replace").split("\n")
    first = next((n for n, line in enumerate(lines) if re.match(r"[ \t]*[\"']?exclude\b", line)), 0)
    for number, line in enumerate(lines[first:], first + 1):
        if found := re.search(rf"""["']{re.escape(pattern)}["']""", line):
            return Place(SETTINGS_FILE, number, found.start() + 1)
    return Place(SETTINGS_FILE, first + 1)
