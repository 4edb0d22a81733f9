"""``deckwright plan``: what importing the next package will do."""

from __future__ import annotations

import json
from pathlib import Path

import click

from deckwright.cli.options import APKG, DECK, JSON, examples, reports_problems, work_options
from deckwright.cli.output import echo_all

EXAMPLES = examples(
    "deckwright plan                                    against the last build",
    "deckwright plan --against old.apkg                 against any earlier package",
    "deckwright plan --against old.apkg --release-notes what learners want to read",
)


@click.command(epilog=EXAMPLES)
@DECK
@click.option("--against", type=APKG, metavar="OLD.apkg", help="Compare with this package, not with the last build.")
@click.option(
    "--release-notes", "as_notes", is_flag=True, help="Print the learner's side of release notes, in Markdown."
)
@JSON
@reports_problems
def plan(deck: Path, against: Path | None, as_notes: bool, as_json: bool) -> None:
    """Say what importing the next build of DECK will do in Anki. Writes nothing."""
    from deckwright.pipeline.build import plan as plan_build
    from deckwright.report.plan import plan_json, plan_lines, release_notes

    planned, questions, settings = plan_build(deck, against, options=work_options())
    if as_json:
        click.echo(json.dumps(plan_json(planned), ensure_ascii=False))
    elif as_notes:
        click.echo(release_notes(planned, questions, settings.language), nl=False)
    else:
        echo_all(plan_lines(planned, questions))
