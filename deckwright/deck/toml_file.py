"""A TOML file of a deck, with the places of what is in it; reading any text file of a deck."""

from __future__ import annotations

import codecs
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from deckwright.problems import Place, Problem
from deckwright.regex import regex

CURLY_QUOTES = regex("[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb\uff02]")
"""What word processors put in the place of quotes."""
BARE_TEXT = regex(r"\s*([\w-]+)\s*=\s*([^\W\d][^\"'#]*?)\s*(?:#.*)?$")
YAML_ENTRY = regex(r"([A-Za-z-]+):(?: |$)")
IN_PLAIN_WORDS = {
    r"Illegal character '\n'": "a text on this line has no end; close it with the quote that it begins with",
    "Unescaped '\\' in a string": "write a backslash as two, or the text between single quotes",
    "Cannot declare (": "the table of this name is above already; keep one of the two, or rename one",
    "Cannot overwrite a value": "this key is above already; keep one of the two",
    "Expected newline or end of document": r"the value ends before this; a quote inside a text is written `\"`",
}
"""How the parser's message begins → what to do."""


@dataclass
class TomlFile:
    """A TOML file with places: tomllib gives values, not where they are."""

    path: str
    rule: str
    text: str
    value: dict[str, Any]
    problems: list[Problem]

    def report(self, table: str, key: str, message: str) -> None:
        self.problems.append(Problem(self.place(table, key), message, self.rule))

    def place(self, table: str, key: str) -> Place:
        """Return where ``key`` of ``table`` is (the table's header when the key is absent)."""
        headers = (self.places.get((name, "")) for name in (table or key, table))
        return self.places.get((table, key)) or next(filter(None, headers), Place(self.path))

    @cached_property
    def places(self) -> dict[tuple[str, str], Place]:
        table = ""
        places: dict[tuple[str, str], Place] = {}
        for number, line in enumerate(self.text.split("\n"), 1):
            column = len(line) - len(line.lstrip()) + 1
            if match := re.match(r"[ \t]*\[[ \t]*([^\[\]]+?)[ \t]*\]", line):
                table = match[1].replace('"', "").replace("'", "")
                places.setdefault((table, ""), Place(self.path, number, column))
            elif match := re.match(r"""[ \t]*(?:"([^"]*)"|'([^']*)'|([\w-]+))[ \t]*[.=]""", line):
                places.setdefault((table, match[match.lastindex or 0]), Place(self.path, number, column))
        return places

    def take(self, table: str, key: str, kind: type, wanted: str, default: Any = None) -> Any:
        """Return the value of a key, or the default after reporting that it is not what is wanted."""
        holder = self.value.get(table, {}) if table else self.value
        value = holder.get(key, default)
        if key in holder and not (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
            self.report(table, key, f"`{key}` is {wanted}")
            return default
        return value


def read_toml(root: Path, name: str, rule: str, problems: list[Problem]) -> TomlFile | None:
    """Read a TOML file of a deck folder; None when it cannot be read; why is then a problem of the rule ``rule``."""
    text = read_text(root / name, name, problems)
    if text is None:
        return None
    try:
        return TomlFile(name, rule, text, tomllib.loads(text), problems)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        lines = text.split("\n")
        place = Place(name, int(found[1]), int(found[2])) if found else Place(name, len(lines), len(lines[-1]) + 1)
        message = str(error)[: found.start()] if found else str(error).removesuffix(" (at end of document)")
        line = lines[place.line - 1]
        if sign := CURLY_QUOTES.search(line):
            place, message = place._replace(column=sign.start() + 1), f'`{sign[0]}` is not a quote here; write `"`'
        elif entry := YAML_ENTRY.match(line):
            message = f"write `{entry[1]} = …` with an equals sign, and a text in quotes"
        elif message == "Invalid value" and (entry := BARE_TEXT.match(line)):
            message = f'a text is written in quotes: {entry[1]} = "{entry[2]}"'
        else:
            message = next((said for sign, said in IN_PLAIN_WORDS.items() if message.startswith(sign)), message)
        problems.append(Problem(place, f"not valid TOML: {message}", rule))
    except (RecursionError, ValueError) as error:
        problems.append(Problem(Place(name), f"not valid TOML: {str(error) or 'nested too deep'}", rule))
    return None


def read_text(file: Path, path: str, problems: list[Problem]) -> str | None:
    """Read a text file, which messages call ``path``; None when it cannot be read, and why is added to the problems."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        problems.append(Problem(Place(path), _no_deck(file), "unreadable-file"))
        return None
    except OSError as error:
        problems.append(Problem(Place(path), f"cannot be read: {error.strerror}", "unreadable-file"))
        return None
    text = decoded(raw, path)
    if isinstance(text, Problem):
        problems.append(text)
        return None
    return text


def _no_deck(file: Path) -> str:
    """The message about a folder without the file that makes it a deck: perhaps one nearby was meant."""
    if inside := sorted(str(found.parent.name) for found in file.parent.glob(f"*/{file.name}")):
        return f"this folder is not a deck, but it holds decks: {', '.join(inside[:5])}; name one of them"
    if above := next((folder for folder in file.parent.resolve().parents if (folder / file.name).exists()), None):
        return f"this folder is a part of a deck; name the folder that has the deck.toml, {above}"
    return "this folder is not a deck: it has no deck.toml; `new DIR` makes one to start from"


def decoded(raw: bytes, path: str) -> str | Problem:
    """Decode UTF-8, without a byte order mark and with plain line ends; or report where it is not UTF-8."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Problem(Place(path), 'this file is UTF-16 ("Unicode" to Notepad); save it as UTF-8', "not-utf8")
    if raw.count(0) > len(raw) // 4:
        message = "this file is full of NUL bytes: save it as UTF-8 if it is UTF-16, else restore it, for it is damaged"
        return Problem(Place(path), message, "not-utf8")
    if b"\r" in raw and b"\n" not in raw:
        message = "the lines of this file end as on old Macs (CR alone); save it with the line ends LF"
        return Problem(Place(path), message, "control-character")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        place = Place(path, before.count(b"\n") + 1, column)
        return Problem(place, f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8", "not-utf8")
