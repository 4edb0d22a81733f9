"""``deckwright check``: every problem of a deck, or the list of rules."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckwright.cli.options import JSON, STRICT, reports_problems, usual_deck, work_options
from deckwright.cli.output import show_problems

if TYPE_CHECKING:
    from deckwright.problems import Problem


@click.command()
@click.argument("deck", default=usual_deck, type=click.Path(file_okay=False, path_type=Path))
@click.option("--list-rules", is_flag=True, help="List every rule with an example, and stop.")
@click.option("--tex", is_flag=True, help="Compile every formula with Anki's MathJax as well; needs node.")
@STRICT
@JSON
@reports_problems
def check(deck: Path, list_rules: bool, tex: bool, strict: bool, as_json: bool) -> None:
    """Report every problem of DECK. Writes nothing."""
    if list_rules:
        _list_rules(as_json=as_json)
        return
    if not deck.is_dir():
        raise click.UsageError(f"there is no folder {deck}")
    from deckwright.pipeline.build import check as check_folder

    problems = check_folder(deck, options=work_options())
    if tex:
        problems = sorted([*problems, *compiled(deck)], key=lambda problem: (problem.place, problem.severity))
    show_problems(problems, deck, as_json=as_json)
    errors = [
        problem for problem in problems if problem.severity == "error" or (strict and problem.severity == "warning")
    ]
    if not as_json and not problems:
        click.echo(f"{deck}: no problems")
    sys.exit(1 if errors else 0)


def compiled(deck: Path) -> list[Problem]:
    """Return what MathJax says of a deck's formulas; wrong use where it cannot be run."""
    import datetime

    from deckwright.check.typeset import compile_formulas
    from deckwright.mathjax import ToolMissingError
    from deckwright.pipeline.build import read_deck

    try:
        return compile_formulas(read_deck(deck, datetime.datetime.now(datetime.UTC).date()))
    except ToolMissingError as error:
        raise click.UsageError(str(error)) from None


def _list_rules(*, as_json: bool) -> None:
    from deckwright.check import RULES

    rules = sorted(RULES.values(), key=lambda rule: (rule.severity, rule.id))
    if as_json:
        click.echo(json.dumps([{"rule": r.id, "severity": r.severity.value, "help": r.help} for r in rules]))
        return
    for rule in rules:
        click.echo(f"{rule.id} ({rule.severity.value})\n")
        click.echo("".join(f"    {line}\n" if line else "\n" for line in rule.help.split("\n")))
