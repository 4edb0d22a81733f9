"""``sources.toml`` → the sources that notes may cite."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import NamedTuple

from deckwright.deck.toml_file import TomlFile, read_toml
from deckwright.problems import Place, Problem
from deckwright.regex import regex

BIBLIOGRAPHY_FILE = "sources.toml"
CONTROL = regex(r"[\x00-\x1f\x7f-\x9f]")
CITATION_KEY = regex(r"\w[\w:.-]*")


class Citation(NamedTuple):
    """An entry of ``sources.toml``."""

    key: str
    title: str
    authors: tuple[str, ...]
    year: int
    url: str
    checked: datetime.date | None
    place: Place


def read_bibliography(root: Path, problems: list[Problem]) -> dict[str, Citation]:
    """Read ``sources.toml`` of a deck folder (empty without one); what is wrong is added to the problems."""
    is_there = (root / BIBLIOGRAPHY_FILE).exists()
    toml = read_toml(root, BIBLIOGRAPHY_FILE, "sources-toml", problems) if is_there else None
    return {key: _citation(toml, key, entry) for key, entry in toml.value.items()} if toml else {}


def _citation(toml: TomlFile, key: str, entry: object) -> Citation:
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
            toml.report(key, name, f"`{name}` contains a character that is not shown; remove it")
    url = toml.take(key, "url", str, "an address", "")
    if url and not url.startswith(("https://", "http://")):
        toml.report(key, "url", f"`url` is an address that begins with https://, not `{url}`")
        url = ""
    return Citation(
        key=key,
        title=toml.take(key, "title", str, "text", key),
        authors=tuple(str(author) for author in authors),
        year=toml.take(key, "year", int, "a number", 0),
        url=url,
        checked=toml.take(key, "checked", datetime.date, "a day like 2026-11-22, without quotes"),
        place=place,
    )
