"""A plan → what people and machines read: lines, JSON, and the learner's side of release notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deckwright.deck.labels import labels
from deckwright.notetypes import FIELD_TITLES
from deckwright.pipeline.last_lock import listed
from deckwright.plan.comparison import Plan, search
from deckwright.report.build import count

STAYS = "an import leaves such notes with the learner; to remove them, search in Anki's browser and delete:"
MOVES = (
    "an import updates the texts but leaves the cards where they are; to move them, search in the browser (on a phone "
    "too), select all and change the deck:"
)
BY_HAND = "`push` can {0} them, and `plan --against` a git tag or an earlier package shows how to do it by hand"
EMPTY = "these cards have nothing on their front any more; an import leaves them: in Anki, Tools → Empty Cards"
RENUMBERED = "a card keeps the history of its number, not of its text; give the deletions their old numbers back"
SKIPPED = "the earlier package has the same or a later time, so Anki would pass these over; build with --touch ID"
CONFLICTS = (
    "these were made with another note type, which Anki would never update; give them new ids. Where the old package "
    "was adopted, learners change the note type once: see README.md of the deck"
)


def plan_lines(plan: Plan, questions: Mapping[str, str]) -> Iterator[str]:
    """The plan for a terminal: the counts, then each note that an import touches, with what the learner has to do."""
    yield ", ".join(f"{number} {name}" for name, number in plan.counts.items())
    yield from (f"new        {name}: {questions.get(name, '')}" for name in plan.new)
    for name, fields in plan.changed.items():
        titles = {field: FIELD_TITLES.get(field, field) for field in fields}
        yield f"changed    {name}: " + (", ".join(titles.values()) or "a new time only")
        yield from (f"             {titles[field]}: {text}" for field, text in fields.items() if text)
    yield from (f"empty      {name}: {', '.join(cards)}" for name, cards in plan.emptied.items())
    yield from (f"renumbered {name}: {text}" for name, text in plan.renumbered.items())
    yield from (f"moved      {name}: {old} → {new}" for name, (old, new) in plan.moved.items())
    yield from (f"retired    {name}" + f": {questions.get(name)}" * bool(questions.get(name)) for name in plan.retired)
    yield from (f"skipped    {name}" for name in plan.skipped)
    yield from (f"conflict   {name}" for name in plan.conflicting)
    yield from (f"restyled   the note type {kind.value}" for kind in plan.restyled)
    yield from remedies(plan)


def by_hand(plan: Plan) -> Iterator[str]:
    """Yield in short what an import of this build does not do."""
    yield from renamed_lines(plan)
    if moved := len(plan.moved_by_hand):
        notes = count(moved, "moved note")
        yield f"an import leaves the cards of {notes} in the deck where they are; {BY_HAND.format('move')}"
    if retired := len(plan.retired):
        notes = f"{count(retired, 'note')} went: an import leaves the cards with the learner"
        yield f"{notes}; {BY_HAND.format('remove')}: {listed(plan.retired)}"
    if plan.emptied:
        cards = listed(f"{name} ({', '.join(cards)})" for name, cards in plan.emptied.items())
        gaps = any(card[1:].isdigit() for gone in plan.emptied.values() for card in gone)
        again = "; until then a new gap needs another number" * gaps
        yield f"an import leaves cards that became empty; in Anki, Tools → Empty Cards removes them{again}: {cards}"


def renamed_lines(plan: Plan) -> Iterator[str]:
    """Yield the decks that an import does not rename."""
    for old, new in plan.renamed.items():
        where = "in [subdecks] of deck.toml" if "::" in old else "in deck.toml"
        yield (
            f"the deck {old} is now called {new}: to Anki that is a new deck, and the old one keeps its cards; "
            f"rename it in Anki before importing, or keep the old name {where}"
        )


def remedies(plan: Plan) -> Iterator[str]:
    """Yield what an import cannot do, and how a learner does it by hand."""
    yield from renamed_lines(plan)
    for notes, remedy in ((plan.moved_by_hand, MOVES), (plan.retired, STAYS)):
        if notes:
            yield from (remedy, f"  {search(notes, plan.type_ids)}")
    if plan.emptied:
        yield EMPTY
    if plan.renumbered:
        yield RENUMBERED
    if plan.skipped:
        yield SKIPPED
    if plan.conflicting:
        yield CONFLICTS


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the plan for machines."""
    return {
        "counts": plan.counts,
        "new": plan.new,
        "changed": plan.changed,
        "moved": {name: {"from": old, "to": new} for name, (old, new) in plan.moved.items()},
        "renamed-decks": plan.renamed,
        "retired": plan.retired,
        "skipped": plan.skipped,
        "conflicting": plan.conflicting,
        "unchanged": len(plan.unchanged),
        "restyled": [kind.value for kind in plan.restyled],
        "emptied": plan.emptied,
        "renumbered": plan.renumbered,
        "searches": {
            "moved": search(plan.moved, plan.type_ids),
            "retired": search(plan.retired, plan.type_ids),
        },
    }


def release_notes(plan: Plan, questions: Mapping[str, str], language: str) -> str:
    """Return the learner's side of release notes, in Markdown and in the deck's language."""
    words = labels(language)

    def section(title: str, items: Iterable[str]) -> str:
        listed = "".join(f"- {item}\n" for item in items)
        return f"### {words[title]}\n\n{listed}\n" if listed else ""

    def name(note: str) -> str:
        return questions.get(note) or f"`{note}`"

    changed = (
        f"{name(n)} ({', '.join(FIELD_TITLES.get(field, field) for field in fields)})" if fields else name(n)
        for n, fields in plan.changed.items()
    )
    moved = [f"{name(note)}: {old} → {new}" for note, (old, new) in plan.moved.items()]
    text = section("added", map(name, plan.new)) + section("changed", changed) + section("moved", moved)
    if plan.moved_by_hand:
        text += f"{words['move-by-hand']}\n\n    {search(plan.moved_by_hand, plan.type_ids)}\n\n"
    for old, new in plan.renamed.items():
        text += words["rename-by-hand"].format(old=old, new=new) + "\n\n"
    text += section("removed", map(name, plan.retired))
    if plan.retired:
        text += f"{words['delete-by-hand']}\n\n    {search(plan.retired, plan.type_ids)}\n\n"
    if plan.emptied:
        emptied = [f"{name(note)}: {', '.join(cards)}" for note, cards in plan.emptied.items()]
        text += section("emptied", emptied) + f"{words['empty-by-hand']}\n\n"
    text += section("restyled", [words["restyled-text"]] if plan.restyled else [])
    return text.rstrip() + "\n" if text else words["nothing"] + "\n"
