"""Regular expressions: each is right, and means the same in every Python that the project runs on."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import deckwright
from deckwright.grammar import parse_source
from deckwright.grammar.note import SourceFile
from deckwright.regex import regex

MODULES = [module.name for module in pkgutil.walk_packages(deckwright.__path__, "deckwright.")]
WORD = regex(r"(?P<word>[a-z]+)", re.IGNORECASE)
parser: Any = vars(re)["_parser"]


def possessive(parsed: Any) -> Iterator[Any]:
    """What may be repeated possessively, anywhere in a parsed pattern."""
    for item in parsed:
        if str(item[0]) == "POSSESSIVE_REPEAT":
            yield item[1][2]
        parts = item[1] if isinstance(item[1], tuple) else [item[1]]
        for part in parts:
            for inner in part if isinstance(part, list) else [part]:
                if isinstance(inner, parser.SubPattern):
                    yield from possessive(inner)


def only_single_signs(pattern: str, flags: int = 0) -> bool:
    """Whether nothing else is repeated possessively in a pattern."""
    inside = possessive(parser.parse(pattern, flags))
    return all(len(part) == 1 and str(part[0][0]) in ("LITERAL", "NOT_LITERAL", "IN", "ANY") for part in inside)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_only_single_signs_are_possessive(name: str) -> None:
    """Python before 3.11.5 takes a possessive group wrongly when what is inside can match in several ways."""
    for value in patterns_of(name):
        assert only_single_signs(value.pattern, value.flags)


def patterns_of(name: str) -> list[re.Pattern[Any]]:
    """The regular expressions of a module; asking for their flags compiles them."""
    values = vars(importlib.import_module(name)).values()
    return [value for value in values if isinstance(value, (re.Pattern, type(WORD)))]


def test_there_are_patterns() -> None:
    assert sum(len(patterns_of(name)) for name in MODULES if not name.endswith("__main__")) > 200


def test_one_that_is_compiled_when_it_is_used_does_what_a_compiled_one_does() -> None:
    assert WORD.pattern == r"(?P<word>[a-z]+)"
    assert WORD.fullmatch("Word")
    assert WORD.sub("<\\g<word>>", "a 1 B") == "<a> 1 <B>"
    assert WORD.groupindex == {"word": 1}
    assert regex(rb"\d").findall(b"a1b2") == [b"1", b"2"]
    assert not hasattr(WORD, "matches")


def test_a_start_compiles_few() -> None:
    script = "import deckwright.cli.main; from deckwright.grammar.tex_or_text import PROSE; print(*vars(PROSE))"
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert made.split() == ["pattern", "_flags"]


def test_possessive_groups_are_found() -> None:
    groups = [list(possessive(parser.parse(pattern))) for pattern in ("a(?:b|c)*+", "(a|(?:b++|c))", "(?=(d)?+)x")]
    assert [len(found) for found in groups] == [1, 1, 1]


@pytest.mark.parametrize("listed", ['{#a title="b"}', "{#a .b x='c d'}"])
def test_quotes_in_an_attribute_list_are_closed(listed: str) -> None:
    texts = (listed, listed[:-2] + "}")
    whole, cut = (parse_source(SourceFile("a.md", f"## Q {text}\n\nA\n")).notes[0] for text in texts)
    assert whole.id == "a"
    assert cut.question.text == f"Q {listed[:-2]}}}"
