"""``deckwright new``: a small deck to start from."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def new(folder: Path) -> None:
    """Make a small deck to start from in DIR, which must not hold anything yet."""
    import shutil
    from importlib import resources

    from deckwright.identity.ids import id_for

    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty; name a new folder")
    with resources.as_file(resources.files("deckwright") / "example") as example:
        shutil.copytree(example, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    settings = folder / "deck.toml"
    name = folder.resolve().name
    text = settings.read_text(encoding="utf-8")
    text = text.replace("DECK-NAME", name.replace('"', "").replace("\\", "").replace("::", " ") or "Deck")
    settings.write_text(text.replace("DECK-ID", id_for(name, ())), encoding="utf-8", newline="\n")
    click.echo(f"{folder}: a deck to start from; build it with: deckwright build {folder}")
