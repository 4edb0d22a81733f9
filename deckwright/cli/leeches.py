"""``deckwright leeches``: the cards that are forgotten most, by file and line."""

from __future__ import annotations

import time
from pathlib import Path

import click

from deckwright.cli.options import ANKI, DECK, FROM, JSON, command, work_options
from deckwright.cli.output import bar, echo_all, echo_json

ORDERS = ("lapses", "time", "again", "ease", "difficulty")


@command(
    "deckwright leeches spanish   the cards that are forgotten most, by file and line",
)
@DECK
@FROM
@click.option("--by", "order", type=click.Choice(ORDERS), default="lapses", show_default=True, help="The worst first.")
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="Days of “again”.")
@click.option("--most", type=click.IntRange(min=1), default=20, show_default=True, help="Cards to show.")
@ANKI
@JSON
def leeches(deck: Path, file: Path | None, order: str, days: int, most: int, url: str, as_json: bool) -> None:
    """List the cards of DECK that cost most, each with its place in the sources. Only sums are shown."""
    from deckwright.collection.builds import read_build
    from deckwright.collection.client import Connection, connect
    from deckwright.collection.leeches import DAY, leeches_in_anki, leeches_in_file, worst
    from deckwright.report.leeches import leech_json, leech_lines

    since = int(time.time() * 1000) - days * DAY
    if file:
        cards = leeches_in_file(read_build(deck, work_options()), file, since)
    else:
        anki = connect(Connection.from_environment(url), bar)
        cards = leeches_in_anki(read_build(deck, work_options()), anki, since)
    found = worst(cards, order, most)
    if as_json:
        echo_json(leech_json(found, deck))
    elif found:
        echo_all(leech_lines(found, deck, days))
    else:
        click.echo(f"no card of {deck} has a value for {order}: {len(cards)} were reviewed")
