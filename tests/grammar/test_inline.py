"""What is wrong inside a line is said at its place, with a word that helps."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from deckwright.grammar import parse_source, tex_or_text
from deckwright.grammar.note import SourceFile
from deckwright.grammar.pieces import PieceKind

HEAD = "## Q {#q}\n\n"


@pytest.mark.parametrize(
    ("text", "column", "rule", "message"),
    [
        ("设 $ x$ 与 $y$ 相等", 3, "unclosed-formula", "write `$x$` for a formula"),
        ("Where $\\mu $ is the mean", 7, "unclosed-formula", "write `$\\mu$` for a formula"),
        ("深度学习^[1]^是", 5, "unknown-footnote", "write <sup>[1]</sup>"),
        ("- \\[x\\] done", 3, "unclosed-formula", "write `$x$`, or `[x]`"),
        ("O\\(n^2\\)", 2, "unclosed-formula", "write `$n^2$`, or `(n^2)`"),
        ("of \\(kT\\)", 4, "unclosed-formula", "write `$kT$`, or `(kT)`"),
        ("so \\(type = any\\)", 4, "unclosed-formula", "or `(type = any)`"),
        ("![[a.png|50%]]", 1, "bad-option", "write |300 instead of |50%"),
        ("![x](a.png){width=50%}", 12, "bad-option", "`width=50%` gives no size"),
        ('![x](a.png){style="width: 50%"}', 12, "bad-option", "gives no size of a picture"),
        ("\\begin{itemize}\n\\item a\n\\end{itemize}", 1, "unclosed-formula", "write it in Markdown"),
        ("text <pre>x\ny</pre> z", 6, "unclosed-tag", "at the beginning of a line"),
        ("entre $5 oder 10$", 7, "unclosed-formula", "may be a formula or two prices"),
        ("$1,000–$5,000; costs are US$ 50", 8, "unclosed-formula", "may be a formula or two prices"),
        ("half is \\frac{1}{2}", 9, "unclosed-formula", "write it between dollars"),
        ("$$\nx = 1\n\ny = 2\n$$", 1, "unclosed-formula", "remove the blank line in it"),
        ("- {{c1::a\n- b}}", 3, "unclosed-cloze", "give each paragraph or item a deletion of its own"),
    ],
)
def test_a_fault_is_reported_at_its_place(text: str, column: int, rule: str, message: str) -> None:
    problem, *_ = parse_source(SourceFile("a.md", HEAD + text)).problems
    assert (problem.place.line, problem.place.column, problem.rule) == (3, column, rule)
    assert message in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "costs $ 5 and $ 10 here",
        "$5, $6 or $7.",
        "价格 $ 5 到 $ 9",
        "see [@b] and [@a](https://x.y)",
        "see [@b], [@c][site] and [@d][]\n\n[site]: https://x.y\n[@d]: https://x.y",
        "PATH=$HOME/bin:$PATH, swap($a,$b), ${a}/${b}, the $n$th",
        "He said \\[...\\], \\(注\\), \\[**bold**\\], \\[ \\] todo, \\(Smith_2020\\)",
        "C:\\Users\\name and \\alpha",
        "as in \\[1-3\\]",
        "[a](https://x.y){target=_blank} ![x](a.png){: .center width=100}",
        "`$ x$`",
        "\\$ x\\$",
    ],
)
def test_what_is_right_is_no_fault(text: str) -> None:
    assert parse_source(SourceFile("a.md", HEAD + text)).problems == ()


def test_what_makes_short_formulas_of_a_leaf_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A paragraph of thousands of formulas once took quadratic time."""
    pattern = Mock(wraps=tex_or_text.SURELY_INLINE)
    monkeypatch.setattr("deckwright.grammar.inline_formulas.SURELY_INLINE", pattern)
    page = parse_source(SourceFile("a.md", HEAD + r"\(x{{c1::y}}\) " * 100))
    assert len([*page.notes[0].shown_pieces(PieceKind.FORMULA)]) == 100
    assert pattern.search.call_count == 1
