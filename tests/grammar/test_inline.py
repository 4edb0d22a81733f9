"""What is wrong inside a line is said at its place, with a word that helps."""

from __future__ import annotations

import pytest

from deckwright.grammar import parse_source
from deckwright.grammar.note import Source

HEAD = "## Q {#q}\n\n"


@pytest.mark.parametrize(
    ("text", "column", "rule", "message"),
    [
        ("设 $ x$ 与 $y$ 相等", 3, "unclosed-formula", "write `$x$` for a formula"),
        ("Where $\\mu $ is the mean", 7, "unclosed-formula", "write `$\\mu$` for a formula"),
        ("深度学习^[1]^是", 5, "unknown-footnote", "write <sup>[1]</sup>"),
        ("$$\nx = 1\n\ny = 2\n$$", 1, "unclosed-formula", "remove the blank line in it"),
        ("- {{c1::a\n- b}}", 3, "unclosed-cloze", "give each paragraph or item a deletion of its own"),
    ],
)
def test_a_fault_is_reported_at_its_place(text: str, column: int, rule: str, message: str) -> None:
    problem, *_ = parse_source(Source("a.md", HEAD + text)).problems
    assert (problem.place.line, problem.place.column, problem.rule) == (3, column, rule)
    assert message in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "costs $ 5 and $ 10 here",
        "$5, $6 and US$ 7 or A$ 8",
        "价格 $ 5 到 $ 9",
        "see [@b] and [@a](https://x.y)",
        "`$ x$`",
        "\\$ x\\$",
    ],
)
def test_what_is_right_is_no_fault(text: str) -> None:
    assert parse_source(Source("a.md", HEAD + text)).problems == ()
