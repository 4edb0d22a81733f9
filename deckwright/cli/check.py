"""``deckwright check``: every problem of a deck, or the list of rules."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckwright.cli.options import DECK_FOLDER, JSON, STRICT, command, usual_deck, work_options
from deckwright.cli.output import echo_all, echo_json
from deckwright.cli.terminal import wants_colour
from deckwright.report.problems import Format, format_problems, problem_json, summary_line

if TYPE_CHECKING:
    from deckwright.problems import Problem


@command(
    "deckwright check                  the deck in cards/",
    "deckwright check --rule long-list every place where one rule is broken",
    "deckwright check --list-rules     all rules, and which style has them",
    "deckwright check --format github  annotations in a pull request",
)
@click.argument("deck", default=usual_deck, type=click.Path(path_type=Path))
@click.option("--list-rules", is_flag=True, help="List every rule with an example, and stop.")
@click.option("--rule", "only", metavar="RULE", help="Report this rule alone, all its notes too.")
@click.option("--tex", is_flag=True, help="Compile every formula with Anki's MathJax as well; needs node.")
@click.option(
    "--format",
    "how",
    type=click.Choice([each.value for each in Format]),
    help="A line each, or with the line of the source (default on a terminal), or for GitHub.",
)
@STRICT
@JSON
def check(
    deck: Path, list_rules: bool, only: str | None, tex: bool, how: str | None, strict: bool, as_json: bool
) -> None:
    """Report every problem of DECK. Writes nothing."""
    if list_rules:
        _list_rules(as_json=as_json)
        return
    _refuse_unknown_rule(only)
    deck = DECK_FOLDER.convert(deck, None, None)
    from deckwright.pipeline.build import check as check_folder

    problems = check_folder(deck, options=work_options())
    if tex:
        problems = sorted([*problems, *compiled(deck)], key=lambda problem: (problem.place, problem.severity))
    problems = [problem for problem in problems if only in (None, problem.rule)]
    if as_json:
        echo_json({"problems": [problem_json(each, deck) for each in problems]})
    else:
        _print(problems, deck, Format(how) if how else None, only, strict=strict)
    failed = any(each.severity == "error" or (strict and each.severity == "warning") for each in problems)
    sys.exit(1 if failed else 0)


def _print(problems: list[Problem], deck: Path, how: Format | None, only: str | None, *, strict: bool) -> None:
    """Print problems on stderr, or for GitHub on stdout, where it reads them; then how many there are."""
    how = how or (Format.FULL if sys.stderr.isatty() else Format.LINES)
    for_github = how is Format.GITHUB
    lines = format_problems(problems, deck, how, each_note=only is not None, colour=wants_colour())
    echo_all(lines, err=not for_github)
    if only and not problems and _is_off(only, deck):
        click.echo(f"{deck}: {only} is off in this deck; [rules] in deck.toml turns it on")
    elif not problems:
        click.echo(f"{deck}: no problems")
    elif not for_github:
        click.echo(summary_line(problems, deck, strict=strict), err=True)


def _is_off(rule: str, deck: Path) -> bool:
    """Whether no folder of a deck has the rule."""
    from deckwright.check.styles import severities
    from deckwright.deck.settings import read_settings

    choices = read_settings(deck, []).rules
    folders = {"", *(choice.folder for choice in choices.own)}
    return all(severities(choices, folder)[rule] is None for folder in folders)


def _refuse_unknown_rule(name: str | None) -> None:
    from deckwright.check import RULES
    from deckwright.suggestions import did_you_mean

    if name is not None and name not in RULES:
        meant = did_you_mean(name, RULES) or "; --list-rules lists them"
        raise click.UsageError(f"no rule has the name {name}{meant}")


def compiled(deck: Path) -> list[Problem]:
    """Return what MathJax finds in a deck's formulas. Raises ToolMissingError where it cannot be run."""
    import datetime

    from deckwright.check.typeset import compile_formulas
    from deckwright.pipeline.build import parse_deck

    return compile_formulas(parse_deck(deck, datetime.datetime.now(datetime.UTC).date()))


def _list_rules(*, as_json: bool) -> None:
    from deckwright.check import RULES, severity_in
    from deckwright.deck.rule_choices import Style
    from deckwright.problems import Severity

    rules = sorted(RULES.values(), key=lambda rule: (rule.severity, rule.id))
    levels = {rule.id: {style.value: severity_in(style, rule) or "off" for style in Style} for rule in rules}
    if as_json:
        entries = [{"rule": r.id, "severity": r.severity.value, "styles": levels[r.id], "help": r.help} for r in rules]
        click.echo(json.dumps(entries))
        return
    for rule in rules:
        is_chosen = rule.severity is not Severity.ERROR
        by_style = ", ".join(f"{style}: {level}" for style, level in levels[rule.id].items())
        click.echo(f"{rule.id} ({by_style if is_chosen else 'error in every deck'})\n")
        click.echo(f"{textwrap.indent(rule.help, '    ')}\n")
