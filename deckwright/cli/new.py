"""``deckwright new``: a small deck to start from."""

from __future__ import annotations

from pathlib import Path

import click

GIT_ATTRIBUTES = """\
# Text has the same line ends everywhere: a drawing is named by its bytes.
* text=auto eol=lf
*.svg text eol=lf
*.png binary
*.jpg binary
*.jpeg binary
*.gif binary
*.webp binary
*.mp3 binary
*.mp4 binary
*.apkg binary
# One line a note: a merge takes both sides' lines, and the next build settles them.
deck.lock text eol=lf merge=union
"""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def new(folder: Path) -> None:
    """Make a small deck to start from in DIR, which must not hold anything yet."""
    import shutil
    from importlib import resources

    from deckwright.identity.ids import unique_deck_id

    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty; name a new folder")
    with resources.as_file(resources.files("deckwright") / "example") as example:
        shutil.copytree(example, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    settings = folder / "deck.toml"
    name = folder.resolve().name
    text = settings.read_text(encoding="utf-8")
    text = text.replace("DECK-NAME", name.replace('"', "").replace("\\", "").replace("::", " ") or "Deck")
    settings.write_text(text.replace("DECK-ID", unique_deck_id(name)), encoding="utf-8", newline="\n")
    (folder / ".gitattributes").write_text(GIT_ATTRIBUTES, encoding="utf-8", newline="\n")
    click.echo(f"{folder}: a deck to start from; build it with: deckwright build {folder}")
