"""The shapes of answers: what the real add-on said, and whether another server says it in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deckwright.collection.client import Anki, AnkiError

RECORDED = Path(__file__).with_name("recorded.json")
BY_NAME = frozenset(["modelNamesAndIds", "getDecks", "getReviewsOfCards"])
"""Actions whose answers have names or numbers for keys."""


def shapes(anki: Anki, folder: Path) -> dict[str, Any]:
    """Ask for every action that is used here, of a collection that holds the deck of the tests; its answers' shapes."""
    return {action: shape(answer, by_name=action in BY_NAME) for action, answer in _answers(anki, folder)}


def _answers(anki: Anki, folder: Path) -> Iterator[tuple[str, Any]]:
    def ask(action: str, **params: object) -> tuple[str, Any]:
        try:
            return action, anki.call(action, **params)
        except AnkiError as error:
            return action, f"AnkiError: {error}"

    for action in ("version", "requestPermission", "deckNames", "modelNamesAndIds", "getMediaDirPath"):
        yield ask(action)
    yield ask("fly")
    yield ask("modelFieldNames", modelName="问答 · real")
    notes = anki.call("findNotes", query="ID:two")
    cards = anki.call("findCards", query="ID:two")
    yield "findNotes", notes
    yield "findCards", cards
    yield ask("notesInfo", notes=notes)
    yield ask("getDecks", cards=cards)
    yield ask("getReviewsOfCards", cards=cards)
    yield ask("areSuspended", cards=cards)
    yield ask("suspend", cards=list(cards))
    yield ask("unsuspend", cards=list(cards))
    yield ask("addTags", notes=notes, tags="r::retired")
    yield ask("removeTags", notes=notes, tags="r::retired")
    yield ask("changeDeck", cards=cards, deck="Real::02 Two")
    yield ask("retrieveMediaFile", filename="none.png")
    yield ask("exportPackage", deck="Real", path=str(folder / "out.apkg"), includeSched=True)
    yield "exportPackage of no deck", ask("exportPackage", deck="None", path=str(folder / "x.apkg"))[1]
    yield ask("importPackage", path=str(folder / "out.apkg"))
    yield ask("deleteNotes", notes=notes)


def shape(value: Any, *, by_name: bool = False) -> Any:
    """Return the shape of an answer: types in place of values; ``by_name``: keys do not count."""
    if isinstance(value, dict) and by_name:
        return {"*": shape(next(iter(value.values())))}
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return value if isinstance(value, bool) or str(value).startswith("AnkiError") else type(value).__name__


def fits(recorded: Any, found: Any) -> bool:
    """Whether an answer has at least what the real one has."""
    if isinstance(recorded, dict) and isinstance(found, dict):
        return all(key in found and fits(each, found[key]) for key, each in recorded.items())
    if isinstance(recorded, list) and isinstance(found, list):
        return not recorded or bool(found and fits(recorded[0], found[0]))
    return bool(recorded == found)
