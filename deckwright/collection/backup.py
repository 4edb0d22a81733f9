"""A copy of the deck with its scheduling, made by Anki before it is changed in a way that an import does not."""

from __future__ import annotations

import time
from pathlib import Path

from deckwright.cache_folder import data_folder
from deckwright.collection.client import Anki, AnkiError
from deckwright.deck.settings import Settings

KEPT = 4
"""The newest backup and the last three."""
RESTORE = (
    "to restore it: delete the deck in Anki, then File → Import this file with “Import any learning progress” ticked"
)


def back_up(anki: Anki, settings: Settings) -> Path:
    """Have Anki export the deck with its scheduling; return where. Raises AnkiError when it could not.

    The add-on has no action for Anki's own backups.
    """
    folder = Path(data_folder("backups"), settings.id)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y-%m-%d-%H%M%S')}.apkg"
    if not anki.call("exportPackage", deck=settings.name, path=str(path), includeSched=True) or not path.exists():
        raise AnkiError(
            f"Anki could not make a backup of the deck {settings.name}, so nothing was changed; is the deck called "
            "otherwise in Anki? Rename it back"
        )
    for old in sorted(folder.glob("*.apkg"))[:-KEPT]:
        old.unlink()
    return path
