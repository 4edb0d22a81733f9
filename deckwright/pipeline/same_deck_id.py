"""Two decks with one id: importing one overwrites the notes of the other."""

from __future__ import annotations

import itertools
from pathlib import Path

from deckwright.deck.folder import Deck
from deckwright.deck.settings import SETTINGS_FILE
from deckwright.deck.toml_file import read_toml
from deckwright.files import stamp_of
from deckwright.identity import LOCK_FILE
from deckwright.identity.ids import is_unique_deck_id
from deckwright.pipeline.cache_file import last_package
from deckwright.pipeline.earlier_builds import EarlierBuilds
from deckwright.problems import Place, Problem, Severity

MOST_SIBLINGS = 200


def copied_deck(deck: Deck) -> list[Problem]:
    """Warn of a deck beside which another one has the same id: importing one overwrites the other."""
    if (other := _deck_beside(deck)) is None:
        return []
    message = (
        f"the deck in {other.name} beside this one has the same id `{deck.settings.id}`: importing one would "
        "overwrite the notes of the other; if this is a copy, give it a new id and delete its deck.lock"
    )
    return [Problem(_written_id(deck.root)[1], message, "copied-deck", Severity.WARNING)]


def copy_over_package(past: EarlierBuilds) -> list[Problem]:
    """Refuse to replace the package that another deck beside this one, of the same id, wrote last."""
    package, deck = past.packages[0], past.rendered.deck
    if not package.exists():
        return []
    written = [str(package.absolute()), *stamp_of(package.stat())]
    if past.built.get("package") == written:
        return []
    other = _deck_beside(deck)
    if other is None or last_package(other) != written:
        return []
    message = (
        f"{package} is the package of the deck in {other.name} beside this one, which has the same id "
        f"`{deck.settings.id}`: this build would replace it, and an import would overwrite that deck's notes; in the "
        "copy, change the id and delete deck.lock"
    )
    return [Problem(_written_id(deck.root)[1], message, "copied-deck")]


def _deck_beside(deck: Deck) -> Path | None:
    """Return another deck beside one that was built, with the same id and a ``deck.lock``.

    A folder that is a clone or work tree of its own may well have the same deck beside it.
    """
    real = deck.root.resolve()
    if not deck.settings.id or (real / ".git").exists() or not (real / LOCK_FILE).exists():
        return None
    for settings in itertools.islice(real.parent.glob(f"*/{SETTINGS_FILE}"), MOST_SIBLINGS):
        other = settings.parent
        is_deck = other.resolve() != real and (other / LOCK_FILE).exists() and not (other / ".git").exists()
        if is_deck and _written_id(other)[0] == deck.settings.id:
            return other
    return None


def _written_id(root: Path) -> tuple[str, Place]:
    """The id in a ``deck.toml`` and where it is; an empty one when the file cannot be read, or went meanwhile."""
    toml = read_toml(root, SETTINGS_FILE, "deck-toml", [])
    return (toml.value.get("id", ""), toml.place("", "id")) if toml else ("", Place(SETTINGS_FILE))


def common_deck_id(past: EarlierBuilds) -> list[Problem]:
    """Warn of a deck's id that others may have as well, while it can still be changed: before the first build."""
    deck_id, faults = past.rendered.deck.settings.id, past.rendered.deck.problems
    if past.has_lock or is_unique_deck_id(deck_id) or any(p.place.path == SETTINGS_FILE for p in faults):
        return []
    message = (
        f"the id `{deck_id}` may be that of another deck too: importing that one would overwrite these notes; before "
        f'anybody imports this deck, give it a random end, as `new` does (id = "{deck_id}-k3m7qx", with letters and '
        "digits of your own)"
    )
    return [Problem(_written_id(past.root)[1], message, "common-deck-id", Severity.WARNING)]
