"""A push → what people and machines read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deckwright.collection.backup import RESTORE
from deckwright.collection.builds import DeckBuild
from deckwright.collection.compared_note import Texts
from deckwright.collection.empty_cards import HOW_TO_REMOVE
from deckwright.collection.push import PushResult
from deckwright.plan.comparison import card_name, difference, plain
from deckwright.report.build import below
from deckwright.report.problems import place_text

WAITING = (
    "these wait: another device may have reviewed them since it was last synced, and moving or suspending them here "
    "would undo that review. Sync your other devices and push again with --all-synced"
)
KEPT = "edited in Anki, so left as they are there; take the edit over with pull, or drop it with --overwrite ID:"
ELSEWHERE = "moved here, but the learner has put the cards into a deck of their own choice, where they stay:"
NOT_TAKEN = "not updated by Anki, which has a later time for them; push with --overwrite ID:"
EMPTY = "{} empty cards, which their notes make no more. {}:"
NO_SYNC = "Anki did not sync ({}); nothing waits for other devices"


def push_lines(result: PushResult, build: DeckBuild, deck: Path) -> Iterator[str]:
    """Yield what a push did or will do, for a terminal."""
    plan = result.plan
    yield ", ".join(f"{number} {name}" for name, number in plan.counts.items())
    yield from (f"new        {name}: {build.notes[name].summary.question}" for name in plan.new)
    for name, fields in plan.updated.items():
        yield f"updated    {name}: {', '.join(fields)}"
        yield from (f"             {key}: {difference(texts.there, texts.here)}" for key, texts in fields.items())
    yield from (f"moved      {name}: {move.source} → {move.target}" for name, move in plan.moved.items())
    yield from (f"retired    {name}" for name in plan.retired if name not in result.deleted)
    yield from (f"deleted    {name}" for name in result.deleted)
    yield from (f"returned   {name}" for name in plan.returned)
    yield from below(KEPT, _kept_lines(result, build, deck))
    yield from below(ELSEWHERE, (f"  {name}: {where}" for name, where in plan.elsewhere.items()))
    yield from below(WAITING, (f"  {name}" for name in sorted(plan.waiting)))
    yield from below(NOT_TAKEN, (f"  {name}" for name in result.not_taken))
    empty = empty_cards(result, build)
    yield from below(
        EMPTY.format(sum(map(len, empty.values())), HOW_TO_REMOVE),
        (f"  {_place(build, name, deck)}  {name}: {', '.join(cards)}" for name, cards in empty.items()),
    )
    if result.synced:
        yield NO_SYNC.format(result.synced)
    if result.backup:
        yield f"backup: {result.backup} ({RESTORE})"


def _kept_lines(result: PushResult, build: DeckBuild, deck: Path) -> Iterator[str]:
    for name, fields in result.plan.kept.items():
        here = "  (changed here as well)" if name in result.plan.outdated else ""
        yield f"  {_place(build, name, deck)}  {name}{here}"
        for key, texts in fields.items():
            yield from (f"      {key} in Anki: {plain(texts.there)}", f"      {key} here:    {plain(texts.here)}")


def push_json(result: PushResult, build: DeckBuild, deck: Path) -> dict[str, Any]:
    """Return what a push did or will do, for machines."""
    plan = result.plan
    return {
        "counts": plan.counts,
        "profile": result.profile,
        "new": plan.new,
        "updated": {name: _texts(fields) for name, fields in plan.updated.items()},
        "kept": {
            name: {"place": _place(build, name, deck), "changed-here": name in plan.outdated, "fields": _texts(fields)}
            for name, fields in plan.kept.items()
        },
        "moved": {name: {"from": move.source, "to": move.target} for name, move in plan.moved.items()},
        "elsewhere": plan.elsewhere,
        "retired": list(plan.retired),
        "deleted": result.deleted,
        "returned": list(plan.returned),
        "waiting": sorted(plan.waiting),
        "not-taken": result.not_taken,
        "empty": empty_cards(result, build),
        "not-synced": result.synced,
        "backup": str(result.backup) if result.backup else None,
    }


def empty_cards(result: PushResult, build: DeckBuild) -> dict[str, list[str]]:
    """Return the notes with empty cards → what authors call those."""
    kinds = {name: build.lock.notes[name].kind for name in result.empty}
    return {name: [card_name(kinds[name], ordinal) for ordinal in cards] for name, cards in result.empty.items()}


def _texts(fields: Mapping[str, Texts]) -> dict[str, dict[str, str]]:
    return {key: {"anki": texts.there, "deck": texts.here} for key, texts in fields.items()}


def _place(build: DeckBuild, name: str, deck: Path) -> str:
    return place_text(build.notes[name].summary.place, deck)
