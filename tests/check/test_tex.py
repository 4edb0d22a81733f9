"""Every formula of ``cards/`` through MathJax 3.2.2, the one that Anki ships, and ``check --tex`` itself."""

from __future__ import annotations

import datetime
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deckwright.check.tex import known_names
from deckwright.check.typeset import compile_formulas
from deckwright.cli.main import main
from deckwright.grammar.pieces import PieceKind
from deckwright.mathjax import ToolMissingError, find_mathjax
from deckwright.pipeline.build import check, parse_deck
from deckwright.problems import Problem, Severity
from tests.decks import write_deck

TODAY = datetime.date(2026, 11, 22)
CARDS = Path(__file__).parents[2] / "cards"


@pytest.fixture(scope="session")
def node() -> str:
    """Skips where node or MathJax cannot be had; fails where DECKWRIGHT_LOOK=required."""
    try:
        if program := shutil.which("node"):
            find_mathjax()
            return program
        reason = "no node on this machine"
    except ToolMissingError as error:
        reason = str(error)
    if os.environ.get("DECKWRIGHT_LOOK") == "required":
        pytest.fail(f"{reason}, and DECKWRIGHT_LOOK=required")
    pytest.skip(reason)


def lines(problems: list[Problem]) -> list[str]:
    return [f"{p.place.path}:{p.place.line}:{p.place.column}: {p.message} ({p.rule})" for p in problems]


def test_every_formula_of_the_cards_compiles(node: str, record_property: Any) -> None:
    deck = parse_deck(CARDS, TODAY)
    count = sum(1 for note in deck.notes for _ in note.pieces(PieceKind.FORMULA, PieceKind.DISPLAY))
    problems = compile_formulas(deck)
    wide = [problem for problem in problems if problem.severity is Severity.WARNING]
    record_property("look", "\n".join([f"TeX: {count} formulas compiled, {len(wide)} too wide", *lines(wide)]))
    assert count > 100
    assert lines([problem for problem in problems if problem.severity is Severity.ERROR]) == []


def test_planted_formulas_are_reported(node: str, tmp_path: Path) -> None:
    wide = "+".join(["abc"] * 20)
    text = (
        "## Q $\\frac{a}{$ {#q}\n\nA $x$, $1 + \\undefined$, $\\begin{foo} x \\end{foo}$ and\n\n"
        f"$$\n{wide}\n$$\n\n### More\n\n$$\nE = mc^2 \\tag{{1}}\n$$\n"
    )
    deck = parse_deck(write_deck(tmp_path / "deck", a_md=text), TODAY)
    assert lines(compile_formulas(deck)) == [
        "a.md:1:7: MathJax refuses `\\frac{a}{`: Missing close brace (tex)",
        "a.md:3:13: MathJax refuses `1 + \\undefined`: Undefined control sequence \\undefined (tex)",
        "a.md:3:27: MathJax refuses `\\begin{foo} x \\end{foo}`: Unknown environment 'foo' (tex)",
        "a.md:5:3: this formula is 115 ex wide, 44 at most fit a phone; break it over lines (wide-formula)",
    ]


def test_a_wide_formula_may_be_allowed(node: str, tmp_path: Path) -> None:
    text = f"## Q {{#q allow=wide-formula}}\n\nA\n\n$$\n{'+'.join(['abc'] * 20)}\n$$\n"
    deck = write_deck(tmp_path / "deck", a_md=text)
    assert compile_formulas(parse_deck(deck, TODAY)) == []
    assert "bad-option" not in {problem.rule for problem in check(deck, TODAY)}


def test_a_macro_holds_in_its_own_note_alone(node: str, tmp_path: Path) -> None:
    text = "## One {#one}\n\n$\\newcommand{\\mine}{x}$ $\\mine$\n\n## Two {#two}\n\n$\\mine$\n"
    deck = parse_deck(write_deck(tmp_path / "deck", a_md=text), TODAY)
    assert [problem.place.line for problem in compile_formulas(deck)] == [7]


def test_what_is_said_to_write_for_another_macro_compiles(node: str, tmp_path: Path) -> None:
    formulas = [f"$ {tex.replace('…', ' x ')}{{x}} $" for tex in known_names()[2].values()]
    new = "$\\newcommand{\\pair}[2]{(#1, #2)} \\def\\two#1{#1#1} \\pair{\\two{a}}{b}$"
    text = "\n\n".join(["## Q {#q}", new, *formulas])
    assert lines(compile_formulas(parse_deck(write_deck(tmp_path / "deck", a_md=text), TODAY))) == []


def test_check_tex_reports_beside_the_rules(node: str, tmp_path: Path) -> None:
    deck = write_deck(tmp_path / "deck", a_md="## Q {#q}\n\nA $\\undefined$.\n\n![](none.svg)\n")
    result = CliRunner().invoke(main, ["check", "--tex", str(deck)])
    assert result.exit_code == 1
    assert f"{deck / 'a.md'}:3:4: MathJax refuses `\\undefined`: Undefined control sequence" in result.stderr
    assert "(unknown-macro)" in result.stderr
    assert "(missing-media)" in result.stderr


@pytest.mark.parametrize(
    ("programs", "message"),
    [
        ({}, "--tex compiles formulas with node, which is not installed"),
        ({"node": "/bin/node"}, "npm is needed once, to fetch mathjax@3.2.2"),
    ],
    ids=["no node", "no npm"],
)
def test_check_tex_without_its_tools_says_what_is_missing(
    programs: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", programs.get)
    monkeypatch.setenv("DECKWRIGHT_CACHE", str(tmp_path / "cache"))
    deck = write_deck(tmp_path / "deck", a_md="## Q {#q}\n\nA $x$.\n")
    result = CliRunner().invoke(main, ["check", "--tex", str(deck)])
    assert result.exit_code == 2
    assert message in result.stderr
    assert CliRunner().invoke(main, ["check", str(deck)]).exit_code == 0


@pytest.mark.parametrize("output", ["", "npm error network"], ids=["silent", "with a reason"])
def test_a_failing_npm_or_node_is_reported(output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tried with programs that print and fail, and with the cache folder by its other names."""
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho '{output}' >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    monkeypatch.delenv("DECKWRIGHT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(ToolMissingError, match=output or "exit status 3"):
        find_mathjax()
    script = tmp_path / "cache/deckwright/mathjax@3.2.2/node_modules/mathjax/es5/node-main.js"
    script.parent.mkdir(parents=True)
    script.touch()
    with pytest.raises(ToolMissingError, match="node could not run MathJax"):
        compile_formulas(parse_deck(write_deck(tmp_path / "deck"), TODAY))
