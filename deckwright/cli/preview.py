"""``deckwright preview``: the cards as Anki will show them, in a browser."""

from __future__ import annotations

from pathlib import Path

import click

from deckwright.cli.options import DECK, reports_problems


@click.command()
@DECK
@click.option("--no-open", is_flag=True, help="Do not open the page in the browser.")
@click.option("--no-follow", is_flag=True, help="Stay at the open note when another one is saved.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Default: the deck's own, or any free one.")
@click.option("--editor", default="vscode", metavar="EDITOR", help="vscode, jetbrains, zed, an address or a command.")
@reports_problems
def preview(deck: Path, no_open: bool, no_follow: bool, port: int | None, editor: str) -> None:
    """Show the cards of DECK as Anki will, in a local page that follows every save. Writes nothing in DECK."""
    from deckwright.pipeline.watch import ended_by_signals
    from deckwright.preview.api import PageData
    from deckwright.preview.editor import EditorError, editor_of
    from deckwright.preview.live import LiveDeck
    from deckwright.preview.server import make_server

    try:
        opened_by = editor_of(editor)
    except EditorError as error:
        raise click.UsageError(str(error)) from None
    root = deck.resolve()
    live = LiveDeck(root)
    with ended_by_signals(), make_server(PageData(live, opened_by, not no_follow), root, port or 0) as server:
        live.start()
        click.echo(f"{deck}: {server.address}")
        click.echo("Ctrl-C ends")
        if not no_open:
            click.launch(server.address)
        server.serve_forever()
    live.stop()
