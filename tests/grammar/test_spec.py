"""Every example of the CommonMark specification is shown as it says, is refused, or differs for a reason given here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from deckwright.cache_folder import cache_folder
from tests.grammar.reference import ours, shape

PACKAGE = "commonmark-spec@0.31.2"
EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", re.DOTALL | re.MULTILINE)
DIFFERENCES: dict[str, set[int]] = {
    "a character reference to no character stays as it is written": {28},
    "an end tag of an element that began in an earlier block is after the paragraph, so that elements nest": {148},
    "a link's address may hold spaces, so that files can be named as they are": {41, 488, 568},
    "a tag that is not quite one is reported by the rules": {619, 624},
    "Python's HTML parser, with which both are compared, does not know the empty comment": {626},
    "a field holds no line break, in a tag neither": {196, 642, 643},
    "tags that have no place on a card are shown as text": {
        163,
        170,
        172,
        173,
        180,
        181,
        182,
        524,
        536,
        614,
        615,
        617,
        627,
        628,
        629,
    },
    "a link to `#id` names a note, and leads nowhere in Anki": {501},
    "`[[…]]` is a link to a note of that name": {548, 559, 590},
    "a picture is a file of a known kind; any other is reported": {520, 572, 574, 575, *range(580, 590), 591},
    "only web and mail addresses are links": {596, 597, 598, 599, 601},
    "a bare web address is a link, as in GFM": {602, 608, 611},
}


@cache
def examples() -> list[tuple[int, str, str]]:
    """Number, Markdown and HTML of each example; npm fetches the specification into the cache folder once."""
    folder = Path(cache_folder(PACKAGE))
    text = folder / "node_modules" / "commonmark-spec" / "spec.txt"
    if not text.exists():
        npm = shutil.which("npm")
        if npm is None and os.environ.get("DECKWRIGHT_LOOK") != "required":
            pytest.skip("npm is needed once, to fetch the specification")
        assert npm
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
        subprocess.run(command, check=True)
    found = EXAMPLE.findall(text.read_text(encoding="utf-8").replace("→", "\t"))
    return [(number, source, html) for number, (source, html) in enumerate(found, 1)]


def test_the_examples_of_the_specification() -> None:
    seen = {number: ours(source) for number, source, _ in examples()}
    differing = {n for n, _, html in examples() if seen[n] is not None and seen[n] != shape(html)}
    assert len(examples()) == 652
    assert sum(found is None for found in seen.values()) <= 60
    assert differing == set().union(*DIFFERENCES.values())
