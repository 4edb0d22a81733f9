"""``deckwright plan``: what importing the next package will do."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from deckwright.cli.options import DECK, JSON, NO_HISTORY, command, work_options
from deckwright.cli.output import echo_all, echo_json


@command(
    "deckwright plan                                    against the last build",
    "deckwright plan --against old.apkg                 against any earlier package",
    "deckwright plan --against v2026.11                 against the deck.lock of a git tag",
    "deckwright plan --against old.apkg --release-notes what learners want to read",
)
@DECK
@click.option(
    "--against", metavar="OLD", help="Compare with this package, or with a git tag's lock; default: the last build."
)
@click.option(
    "--release-notes", "as_notes", is_flag=True, help="Print the learner's side of release notes, in Markdown."
)
@click.option("--fail-on-skipped", is_flag=True, help="Exit with 1 when Anki would pass a changed note over.")
@NO_HISTORY
@JSON
def plan(
    deck: Path, against: str | None, as_notes: bool, fail_on_skipped: bool, no_history: bool, as_json: bool
) -> None:
    """Say what importing the next build of DECK will do in Anki. Writes nothing."""
    from deckwright.pipeline.build import plan as plan_build
    from deckwright.report.plan import plan_json, plan_lines, release_notes

    package = Path(against) if against and (against.endswith(".apkg") or Path(against).is_file()) else None
    if package and not package.is_file():
        raise click.UsageError(f"there is no package {package}")
    revision = against if against and not package else ""
    planned, questions, settings = plan_build(
        deck, package, revision=revision, history=not no_history, options=work_options()
    )
    if as_json:
        echo_json(plan_json(planned))
    elif as_notes:
        click.echo(release_notes(planned, questions, settings.language), nl=False)
    else:
        echo_all(plan_lines(planned, questions))
    if fail_on_skipped and (planned.skipped or planned.conflicting):
        if as_notes:  # which learners read
            echo_all(plan_lines(planned, questions), err=True)
        sys.exit(1)
