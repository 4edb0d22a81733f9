"""``deckwright preview``: the cards as Anki will show them, in a browser."""

from __future__ import annotations

from pathlib import Path

import click

from deckwright.cli.options import DECK, command
from deckwright.cli.output import show_problems


@command(
    "deckwright preview spanish                  in the browser, after every save",
    "deckwright preview spanish --export site    a static site",
)
@DECK
@click.option("--no-open", is_flag=True, help="Do not open the page in the browser.")
@click.option("--no-follow", is_flag=True, help="Stay at the open note when another one is saved.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Default: the deck's own, or any free one.")
@click.option("--editor", default="vscode", metavar="EDITOR", help="vscode, jetbrains, zed, an address or a command.")
@click.option("--export", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write a static site.")
@click.option("--base-url", default="", metavar="URL", help="Where the site will be published; makes a sitemap.")
def preview(
    deck: Path, no_open: bool, no_follow: bool, port: int | None, editor: str, export: Path | None, base_url: str
) -> None:
    """Show the cards of DECK as Anki will, in a local page that follows every save. Writes nothing in DECK."""
    if base_url and not export:
        raise click.UsageError("--base-url is for a site; use it with --export DIR")
    if base_url and not base_url.startswith(("https://", "http://")):
        raise click.UsageError(f"`{base_url}` is not an address; write --base-url https://…")
    if export:
        write_site(deck, export, base_url)
    else:
        serve(deck, editor, port or 0, opens=not no_open, follows=not no_follow)


def serve(deck: Path, editor: str, port: int, *, opens: bool, follows: bool) -> None:
    """Serve the page until Ctrl-C or SIGTERM."""
    from deckwright.pipeline.watch import ended_by_signals
    from deckwright.preview.api import PageData
    from deckwright.preview.editor import editor_of
    from deckwright.preview.live import LiveDeck
    from deckwright.preview.server import make_server

    opened_by = editor_of(editor)
    live = LiveDeck(deck.resolve())
    with ended_by_signals(), make_server(PageData(live, opened_by, follows), port) as server:
        live.start()
        click.echo(f"{deck}: {server.address}")
        click.echo("Ctrl-C ends")
        if opens:
            click.launch(server.address)
        server.serve_forever()
    live.stop()


def write_site(deck: Path, target: Path, base_url: str) -> None:
    """Write the static site, and print what it holds."""
    from deckwright.preview.export import export_site

    exported = export_site(deck.resolve(), target, base_url)
    show_problems(exported.warnings, deck)
    click.echo(f"{target}: {exported.notes} notes, {exported.files} files, {exported.size / 1e6:.1f} MB")
