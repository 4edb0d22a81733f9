"""Attribute lists (``{#id .tag key=value}``): the options of one note, at the end of its heading."""

from __future__ import annotations

import re

from deckwright.grammar.lines import without_closing_signs
from deckwright.grammar.note import Attribute, SourceFile
from deckwright.grammar.options import OPTIONS, ValueKind
from deckwright.problems import Place, Problem
from deckwright.regex import regex

FIRST = rf"[#.]|[\w-]+=|(?:{'|'.join(OPTIONS)})[ \t]*(?=\}})"
"""How a list begins: the name of an option alone, as in ``{reversed}``, lacks its value."""
LIST = regex(rf"""\\?\{{:?(?P<body>[ \t]*(?:{FIRST})(?:[^{{}}"'\n]++|"[^"\n]*"|'[^'\n]*')*)\}}\s*$""")
ENTRY = regex(r"""(?P<key>[\w-]+)=(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"']*))|(?P<word>\S+)""")

CURLY_QUOTES = regex("[“”„‟«»＂]")


def split_heading(source: SourceFile, start: int, end: int) -> tuple[int, list[Attribute], list[Problem]]:
    """Divide a heading's text ``start:end`` into the text proper and its attribute list.

    Returns the offset at which the text proper ends, the attributes, and what could not be understood.
    """
    match = LIST.search(source.text, start, end)
    text_end = match.start() if match else end
    attributes, problems = _entries(source, *match.span("body")) if match else ([], [])
    return start + len(without_closing_signs(source.text[start:text_end])), attributes, problems


def _entries(source: SourceFile, start: int, end: int) -> tuple[list[Attribute], list[Problem]]:
    """The attributes of the list whose entries are in ``start:end``, and what is not an entry."""
    attributes: list[Attribute] = []
    problems: list[Problem] = []
    path, line, column = source.place(start)
    for entry in ENTRY.finditer(source.text, start, end):
        place = Place(path, line, column + entry.start() - start)  # a list is on one line
        value = entry[entry.lastgroup or 0]
        if entry["key"]:
            attributes.append(Attribute(entry["key"], value, place))
        elif value[0] in "#.":
            attributes.append(Attribute(value[0], value[1:], place))
        else:
            message = f"`{value}` is neither `#id` nor `.tag` nor `key=value`"
            remedy = _remedy(source.text[start : entry.start()], value)
            problems.append(Problem(place, message + remedy, "unknown-option"))
    return attributes, problems


def _remedy(before: str, word: str) -> str:
    """What to do about a word that is no entry, by what the list has before it."""
    last = before.split()[-1] if before.strip() else ""
    if word in OPTIONS:
        return f"; write `{word}={'yes' if OPTIONS[word].value is ValueKind.YES_OR_NO else '…'}`"
    if CURLY_QUOTES.search(before + word):
        return '; a text is written between straight quotes ("…")'
    if '\\"' in before + word:
        return "; a text that holds `\"` is written between `'`"
    if re.match(r"[#.]\w", last) and not before.endswith('"'):
        return "; an id or a tag holds no space, write `-` in its place"
    if "=" in last and word[0].isalnum():
        return '; a text of several words is written between quotes ("…")'
    return ""
