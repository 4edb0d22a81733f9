"""The deck folder on disk → its settings, bibliography and content files. The one room that opens content files."""

from __future__ import annotations

import datetime
import os
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from deckwright.model import Citation, Limits, Place, Problem, Settings, Source

SETTINGS_FILE = "deck.toml"
BIBLIOGRAPHY_FILE = "sources.toml"
STYLE_FILE = "style.css"
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""The grammar of ids of decks and notes; frozen, because GUIDs derive from them."""
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
MACRO = re.compile(r"\\?[A-Za-z]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
CITATION_KEY = re.compile(r"\w[\w:.-]*")


class ContentFile(NamedTuple):
    """A file of notes: its path inside the deck (NFC, ``/`` between names), and where it really lies."""

    path: str
    file: Path


class Folder(NamedTuple):
    """What was read from a deck folder, but for the files of notes, which are only listed."""

    root: Path
    settings: Settings
    files: tuple[ContentFile, ...]
    citations: Mapping[str, Citation]
    has_bibliography: bool
    style: str
    problems: tuple[Problem, ...]


def read_folder(root: Path) -> Folder:
    """Read ``deck.toml``, ``sources.toml`` and ``style.css``, and list every ``.md`` file but ``README.md``.

    Files come sorted by folder and name. What cannot be read is among the problems; nothing is raised.
    """
    problems: list[Problem] = []
    settings = _read_settings(root, problems)
    citations = _read_bibliography(root, problems)
    files = _content_files(root, problems)
    has_bibliography = (root / BIBLIOGRAPHY_FILE).exists()
    style = (_read_text(root / STYLE_FILE, STYLE_FILE, problems) or "") if (root / STYLE_FILE).exists() else ""
    return Folder(root, settings, files, citations, has_bibliography, style, tuple(problems))


def read_file(file: ContentFile) -> bytes | Problem:
    """The bytes of a file of notes, or why they cannot be read."""
    try:
        return file.file.read_bytes()
    except OSError as error:
        return Problem(Place(file.path), f"cannot be read: {error.strerror}", "unreadable-file")


def decode(file: ContentFile, raw: bytes) -> Source | Problem:
    """A file of notes as text, or where it is not UTF-8."""
    text = _decoded(raw, file.path)
    return text if isinstance(text, Problem) else Source(file.path, text, file.file)


def write_ids(path: str, raw: bytes, ids: Mapping[int, str]) -> bytes:
    """The bytes of a file with ids written in: offset in its text → id. Nothing else changes, line ends included."""
    text = raw.decode("utf-8-sig")
    source, lines = Source(path, text.replace("\r\n", "\n")), text.split("\n")
    for offset in sorted(ids, reverse=True):
        place = source.place(offset)
        line, column = lines[place.line - 1], place.column - 1
        written = f"{{#{ids[offset]} " if line[column : column + 1] == "{" else f" {{#{ids[offset]}}}"
        rest = line[column + 1 :].lstrip(": ") if line[column : column + 1] == "{" else line[column:]
        lines[place.line - 1] = line[:column] + written + rest
    bom = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    return bom + "\n".join(lines).encode("utf-8")


def _content_files(root: Path, problems: list[Problem]) -> tuple[ContentFile, ...]:
    """Every file of notes below a folder, sorted by folder and name; links out of the deck are among the problems."""
    found: list[ContentFile] = []
    folders = [(root, "")]
    while folders:
        folder, inside = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            problems.append(Problem(Place(inside or "."), f"cannot be read: {error.strerror}", "unreadable-file"))
            continue
        for entry in entries:
            path = f"{inside}/{_normal(entry.name)}" if inside else _normal(entry.name)
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                if entry.is_symlink():
                    message = "this folder is a link, which a build does not follow; put a real folder here"
                    problems.append(Problem(Place(path), message, "unreadable-file"))
                else:
                    folders.append((Path(entry.path), path))
            elif entry.name.lower().endswith(".md") and entry.name.lower() != "readme.md":
                if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root.resolve()):
                    message = "this is a link to a file outside the deck; copy the file in"
                    problems.append(Problem(Place(path), message, "unreadable-file"))
                else:
                    found.append(ContentFile(path, Path(entry.path)))
    return tuple(sorted(found, key=lambda file: file.path.split("/")))


def _normal(name: str) -> str:
    """A name as every system writes it: NFC (macOS may hand out NFD)."""
    return unicodedata.normalize("NFC", name)


def _read_text(file: Path, path: str, problems: list[Problem]) -> str | None:
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        message = "this folder is no deck: it has no deck.toml; `new DIR` makes one to start from"
        problems.append(Problem(Place(path), message, "unreadable-file"))
        return None
    except OSError as error:
        problems.append(Problem(Place(path), f"cannot be read: {error.strerror}", "unreadable-file"))
        return None
    text = _decoded(raw, path)
    if isinstance(text, Problem):
        problems.append(text)
        return None
    return text


def _decoded(raw: bytes, path: str) -> str | Problem:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        place = Place(path, before.count(b"\n") + 1, column)
        return Problem(place, f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8", "not-utf8")


@dataclass
class _Toml:
    """A TOML file with places: tomllib tells values, not where they stand."""

    path: str
    rule: str
    text: str
    value: dict[str, Any]
    problems: list[Problem]

    def report(self, table: str, key: str, message: str) -> None:
        self.problems.append(Problem(self.place(table, key), message, self.rule))

    def place(self, table: str, key: str) -> Place:
        """Where ``key`` of ``table`` stands (the table's header when the key is absent)."""
        headers = (self.places.get((name, "")) for name in (table or key, table))
        return self.places.get((table, key)) or next(filter(None, headers), Place(self.path))

    @cached_property
    def places(self) -> dict[tuple[str, str], Place]:
        table = ""
        places: dict[tuple[str, str], Place] = {}
        for number, line in enumerate(self.text.split("\n"), 1):
            column = len(line) - len(line.lstrip()) + 1
            if match := re.match(r"[ \t]*\[[ \t]*([^\[\]]+?)[ \t]*\]", line):
                table = match[1].strip("\"'")
                places.setdefault((table, ""), Place(self.path, number, column))
            elif match := re.match(r"""[ \t]*(?:"([^"]*)"|'([^']*)'|([\w-]+))[ \t]*[.=]""", line):
                places.setdefault((table, match[match.lastindex or 0]), Place(self.path, number, column))
        return places

    def take(self, table: str, key: str, kind: type, wanted: str, default: Any = None) -> Any:
        """The value of a key, or the default after reporting that it is not what is wanted."""
        holder = self.value.get(table, {}) if table else self.value
        value = holder.get(key, default)
        if key in holder and not (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
            self.report(table, key, f"`{key}` is {wanted}")
            return default
        return value


def _read_toml(root: Path, name: str, rule: str, problems: list[Problem]) -> _Toml | None:
    text = _read_text(root / name, name, problems)
    if text is None:
        return None
    try:
        return _Toml(name, rule, text, tomllib.loads(text), problems)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        lines = text.split("\n")
        place = Place(name, int(found[1]), int(found[2])) if found else Place(name, len(lines), len(lines[-1]) + 1)
        message = str(error)[: found.start()] if found else str(error).removesuffix(" (at end of document)")
        problems.append(Problem(place, f"not valid TOML: {message}", rule))
    except (RecursionError, ValueError) as error:
        problems.append(Problem(Place(name), f"not valid TOML: {str(error) or 'nested too deep'}", rule))
    return None


def _read_settings(root: Path, problems: list[Problem]) -> Settings:
    toml = _read_toml(root, SETTINGS_FILE, "deck-toml", problems)
    if toml is None:
        return Settings("Deck", "deck")
    known = {"name", "id", "language", "description", "tag-prefix", "subdecks", "sections", "limits", "tex"}
    for key in toml.value.keys() - known:
        toml.report("", key, f"unknown key `{key}`; known are {', '.join(sorted(known))}")
    return Settings(
        name=_text(
            toml, "name", "the deck's name in Anki, without `::` and quotes", _is_deck_name, "Deck", required=True
        ),
        id=_text(toml, "id", "lower-case letters, digits and hyphens", ID.fullmatch, "deck", required=True),
        language=_text(toml, "language", "a language tag like zh-CN", LANGUAGE.fullmatch, "en"),
        tag_prefix=_text(toml, "tag-prefix", "a word without spaces", re.compile(r"[^\s\"]*").fullmatch, ""),
        description=_text(toml, "description", "text without control characters", _is_plain, ""),
        subdecks=_names(toml, "subdecks", _is_deck_name, "a name for the deck, without `::`"),
        subdeck_places={key: toml.place("subdecks", key) for key in _table(toml, "subdecks")},
        sections=_names(
            toml, "sections", re.compile(r"[a-z][a-z0-9-]*").fullmatch, "a style: letters, digits, hyphens"
        ),
        limits=_limits(toml),
        macros=_macros(toml),
    )


def _is_plain(text: str) -> bool:
    return all(character.isprintable() or character in "\n\t" for character in text)


def _is_deck_name(name: str) -> bool:
    return bool(name.strip()) and name == name.strip() and "::" not in name and '"' not in name and name.isprintable()


def _text(
    toml: _Toml, key: str, wanted: str, is_good: Callable[[str], object], default: str, *, required: bool = False
) -> str:
    value = toml.take("", key, str, wanted)
    if value is None:
        if required and key not in toml.value:
            toml.report("", key, f'`{key}` is missing; add {key} = "…" ({wanted})')
        return default
    if not is_good(value):
        toml.report("", key, f"`{key}` is {wanted}, not `{value}`")
        return default
    return unicodedata.normalize("NFC", value)


def _table(toml: _Toml, table: str) -> dict[str, Any]:
    entries = toml.value.get(table)
    return entries if isinstance(entries, dict) else {}


def _names(toml: _Toml, table: str, is_good: Callable[[str], object], wanted: str) -> dict[str, str]:
    entries = toml.take("", table, dict, "a table", {})
    good = {}
    for key, value in entries.items():
        if isinstance(value, str) and is_good(value):
            good[unicodedata.normalize("NFC", key)] = unicodedata.normalize("NFC", value)
        else:
            toml.report(table, key, f"`{key}` wants {wanted}")
    return good


def _macros(toml: _Toml) -> tuple[str, ...]:
    table = toml.take("", "tex", dict, "a table", {})
    for key in table.keys() - {"macros"}:
        toml.report("tex", key, f"unknown key `{key}`; known is macros")
    macros = toml.take("tex", "macros", list, "a list of names", []) if table else []
    good = [macro for macro in macros if isinstance(macro, str) and MACRO.fullmatch(macro)]
    if len(good) < len(macros):
        toml.report("tex", "macros", "`macros` is a list of names of letters, such as `bm`")
    return tuple(macro.removeprefix("\\") for macro in good)


def _limits(toml: _Toml) -> Limits:
    entries = dict(toml.take("", "limits", dict, "a table", {}))
    values: dict[str, Any] = {}
    for name, usual in Limits()._asdict().items():
        key, kind = name.replace("_", "-"), type(usual)
        if key not in entries:
            continue
        value = entries.pop(key)
        most = 1 if kind is float else 1_000_000
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if kind is tuple and isinstance(value, list) and all(isinstance(word, str) and word for word in value):
            values[name] = tuple(value)
        elif kind is not tuple and is_number and 0 <= value <= most:
            values[name] = kind(value)
        else:
            wanted = "a list of words" if kind is tuple else f"a number from 0 to {most}"
            toml.report("limits", key, f"`{key}` is {wanted}")
    for key in entries:
        known = ", ".join(name.replace("_", "-") for name in Limits._fields)
        toml.report("limits", key, f"unknown limit `{key}`; known are {known}")
    return Limits(**values)


def _read_bibliography(root: Path, problems: list[Problem]) -> dict[str, Citation]:
    if not (root / BIBLIOGRAPHY_FILE).exists():
        return {}
    toml = _read_toml(root, BIBLIOGRAPHY_FILE, "sources-toml", problems)
    if toml is None:
        return {}
    return {key: _citation(toml, key, entry) for key, entry in toml.value.items()}


def _citation(toml: _Toml, key: str, entry: object) -> Citation:
    place = toml.place(key, "")
    if not isinstance(entry, dict):
        toml.report("", key, f"`{key}` is not a table; write [{key}] and its title, authors, year, url below")
        return Citation(key, key, (), 0, "", None, place)
    if not CITATION_KEY.fullmatch(key):
        toml.report(key, "", f"`{key}` cannot be cited; a key is made of letters, digits and `_ : . -`")
    if inner := next((name for name, value in entry.items() if isinstance(value, dict)), None):
        name = f"{key}.{inner}"
        toml.report(name, "", f'`{name}` is a table in a table; put a key with a dot into quotes: ["{name}"]')
        return Citation(key, key, (), 0, "", None, place)
    for wanted in {"title", "authors", "year", "url", "checked"} - entry.keys():
        toml.report(key, "", f"`{wanted}` of source `{key}` is missing")
    authors = toml.take(key, "authors", list, "a list of names", [])
    if not all(isinstance(author, str) for author in authors):
        toml.report(key, "authors", "`authors` is a list of names")
    for name, value in entry.items():
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and CONTROL.search(text) for text in texts):
            toml.report(key, name, f"`{name}` holds a character that is not shown; take it away")
    url = toml.take(key, "url", str, "an address", "")
    if url and not url.startswith(("https://", "http://")):
        toml.report(key, "url", f"`url` is an address that begins with https://, not `{url}`")
    return Citation(
        key=key,
        title=toml.take(key, "title", str, "text", key),
        authors=tuple(str(author) for author in authors),
        year=toml.take(key, "year", int, "a number", 0),
        url=url if url.startswith(("https://", "http://")) else "",
        checked=toml.take(key, "checked", datetime.date, "a day like 2026-11-22, without quotes"),
        place=place,
    )
