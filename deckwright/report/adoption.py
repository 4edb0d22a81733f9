"""What an adoption did, and what learners do once → lines, JSON, the README of the new folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from deckwright.adopt.adoption import Adopted, ChangedType
from deckwright.adopt.matching import Matched
from deckwright.problems import Problem
from deckwright.report.build import below, count
from deckwright.report.problems import in_shell, problem_json, problem_line

SHOWN = 10
"""Questions that are listed; the others are counted."""


def adopted_lines(done: Adopted) -> Iterator[str]:
    """What was written, what was left out, and what comes next."""
    made = f"{count(done.notes, 'note')} in {count(done.files, 'file')}, {count(done.media, 'media file')}"
    yield f"{done.root}: {made}; deck id {done.deck_id}"
    for each in done.types:
        fields = ", ".join(f"{field} → {role}" for field, role in each.fields)
        yield f"  {each.before}: {count(each.notes, 'note')}, {fields}"
    if done.html_notes:
        yield f"  {done.html_notes} notes keep some HTML, because Markdown cannot express it"
    if done.unused_media:
        yield f"  {done.unused_media} media files are left out: no note uses them"
    yield from (f"  {warning}" for warning in done.warnings)
    for reason, number in done.left_out.items():
        yield f"  left out: {count(number, 'note')}: {reason}"
    yield from ("", *learner_steps(done.types), "", f"These steps are in {done.root / 'README.md'} as well.")
    yield f"Look through the notes, then: deckwright build {in_shell(done.root)}"


def remark_lines(remarks: Sequence[Problem], deck: Path) -> Iterator[str]:
    """What is not as it was, each thing at the first note that has it; ``--json`` has all places."""
    alike = Counter(remark.message for remark in remarks)
    for remark in remarks:
        if number := alike.pop(remark.message, 0):
            also = f"; so in {count(number - 1, 'more note')}" if number > 1 else ""
            yield problem_line(remark._replace(message=remark.message + also), deck)


def matched_lines(done: Matched) -> Iterator[str]:
    """How many notes were matched, and which were not."""
    counts = f"{done.kept} notes have the GUID of an old note now, {done.ids} ids were written"
    yield f"{done.root} is a deck already: {counts}"
    new = [f"{place.path}:{place.line}: {question}" for place, question in done.new]
    yield from _listed("new notes, which no old note asks", new)
    yield from _listed("old notes that no note here asks; they stay as they are with learners", done.left)
    yield from _listed(
        "questions that several notes ask; they are not matched, reword them or copy them", done.ambiguous
    )
    if done.types:
        yield from ("", *learner_steps(done.types, has_others=bool(done.left or done.ambiguous)))


def _listed(what: str, questions: Iterable[str]) -> Iterator[str]:
    found = list(questions)
    yield from below(f"  {len(found)} {what}:", (f"    {question}" for question in found[:SHOWN]))
    if len(found) > SHOWN:
        yield f"    … and {len(found) - SHOWN} more"


def learner_steps(types: Iterable[ChangedType], *, has_others: bool = False) -> Iterator[str]:
    """What everybody who has the old deck does once; ``has_others``: the searches find other notes as well.

    Measured with Anki 26.9.3: the import alone reports the old notes as conflicting, because they have another note
    type, and changes nothing; changing the type keeps cards and reviews and gives the notes the present time, so that
    an import with the default options would find them newer than the package. "Merge note types" instead would add
    the old cards' templates to the new type, and with them a second set of cards.
    """
    yield "Everybody who has the old deck does this once; no review is lost and no card doubles:"
    yield "1. Synchronise all devices, then work on one computer. Back up: File → Create Backup."
    yield "2. Import the new package with the default options. Anki reports that the notes conflict; that is right."
    yield "   Never tick “Merge note types”: it would double the cards."
    yield "3. In the browser (Browse), for each line below: search, select all, Notes → Change Note Type…"
    for each in types:
        pairs = ", ".join(f"{old} → {new}" for old, new in each.templates)
        cards = f"; cards: {pairs}" if pairs else ""
        yield f"      {each.search}   ({each.before}, {count(each.notes, 'note')})   →   {each.after}{cards}"
    if has_others:
        yield "   Deselect the old notes that no note here asks (see above): they keep their type."
    yield "   What Anki proposes for the fields is fine: the next step fills them."
    yield "4. Import the package again, with “Update notes: Always”; at later imports choose “If newer” again."
    yield "   Own edits and tags on these notes are replaced; reviews, decks, flags and suspensions stay."
    yield "5. Synchronise; when Anki asks, upload to AnkiWeb, and download on the other devices."


def readme_text(done: Adopted) -> str:
    """The README of the new deck folder: for people, a build passes over it."""
    steps = "\n".join(learner_steps(done.types))
    about = "Notes of an older Anki package; their GUIDs are kept in `deck.lock`."
    return f"# {done.deck}\n\n{about}\n\n```text\n{steps}\n```\n"


def adopted_json(done: Adopted) -> dict[str, Any]:
    """The same for machines."""
    return {
        "deck": str(done.root),
        "id": done.deck_id,
        "notes": done.notes,
        "files": done.files,
        "media": {"copied": done.media, "unused": done.unused_media},
        "html": done.html_notes,
        "warnings": list(done.warnings),
        "left-out": dict(done.left_out),
        "types": [_type_json(each) for each in done.types],
        "problems": [problem_json(remark, done.root) for remark in done.remarks],
    }


def matched_json(done: Matched) -> dict[str, Any]:
    """What matching did, for machines."""
    return {
        "deck": str(done.root),
        "kept": done.kept,
        "ids": done.ids,
        "new": [{"path": place.path, "line": place.line, "question": question} for place, question in done.new],
        "left": list(done.left),
        "ambiguous": list(done.ambiguous),
        "types": [_type_json(each) for each in done.types],
    }


def _type_json(each: ChangedType) -> dict[str, Any]:
    return {
        "before": each.before,
        "search": each.search,
        "after": each.after,
        "notes": each.notes,
        "fields": dict(each.fields),
        "cards": dict(each.templates),
    }
