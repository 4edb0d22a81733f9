"""Ids that do not stand at the notes they were built with: lost, mistyped, exchanged, or given to another note."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from deckwright.check.likeness import bare
from deckwright.check.summaries import NoteSummary
from deckwright.identity import Found, Lock, LostNotes, Traces
from deckwright.identity.lost_ids import ANSWER, count_texts, texts_of
from deckwright.identity.normal_form import normal_form
from deckwright.pipeline.lock_before import changed_notes
from deckwright.pipeline.lock_texts import OldNote
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.problems import Problem

LONG_BYTES = 40
"""Length in UTF-8 (a Chinese sign counts as three letters) from which on no two notes have one answer by chance."""
ALIKE = 0.6
"""How like two questions are (from 0 to 1, by ``difflib``) of which one may be the other, reworded."""


class Strays(NamedTuple):
    """The notes of a deck whose text and id were not together in the last build, by their indices."""

    owners: Mapping[int, Found]
    """The notes of the lock whose texts they have."""
    reused: Sequence[int] = ()
    """Notes with a retired id that have nothing of the retired note's text."""
    gone: Collection[str] = ()
    """The ids of the lock that do not stand in the sources."""
    doubled: Mapping[int, str] = MappingProxyType({})
    """Notes without an id that show the very same as a note that is there and did not change, and its id."""

    @property
    def lost_ids(self) -> dict[int, str]:
        """The ids that notes without one surely had, by index; of others too, which have one by now."""
        return {n: found.id for n, found in self.owners.items() if found.is_sure and found.id in self.gone}


def find_strays(
    rendered: RenderedDeck, lock: Lock, touch: Collection[str] | None, traces: Callable[[], Traces]
) -> Strays:
    """Find them, before notes without an id get one.

    ``touch`` names notes that are meant to be what they are now; ``traces`` gives what else is left of earlier builds.
    """
    if not lock.notes:
        return Strays({})
    aliases = {alias for page in rendered.page_summaries for alias in page.aliases}
    gone = lock.notes.keys() - rendered.ids - aliases
    new = [n for n, name in enumerate(rendered.ids) if name not in lock.notes]
    edited = [*_edited(rendered, lock)]
    nameless = [n for n in new if not rendered.ids[n]]
    if not edited and not nameless and not (new and gone):
        return Strays({})
    counts = count_texts(lock) if nameless or len(edited) + len(new) + len(gone) > 1 else Counter[str]()
    unlike = _without_earlier(rendered, [n for n in edited if _is_unlike(rendered, lock, n, counts)], traces)
    headers = {n: rendered.headers[n] for n in [*new, *unlike]}
    owners = LostNotes(lock, gone | {rendered.ids[n] for n in unlike}, counts).take(
        headers, lambda n: len(normal_form(rendered.texts(n).get(ANSWER, "")).encode()) >= LONG_BYTES
    )
    meant = {n for n in unlike if rendered.ids[n] in (touch or ())}
    meant |= {n for n in new if n in owners and owners[n].id in (touch or ())}
    reused = [n for n in unlike if n not in meant | owners.keys() and lock.notes[rendered.ids[n]].retired]
    owners = {n: found for n, found in owners.items() if n not in meant and (found.is_sure or found.id in gone)}
    same = {rendered.ids[n] for n in edited} | gone
    texts = {n: texts_of(headers[n]) for n in nameless if n not in owners and counts.keys() >= texts_of(headers[n])}
    return Strays(owners, reused, gone, _doubled(lock, texts, same) if texts else {})


def _doubled(lock: Lock, wanted: Mapping[int, frozenset[str]], but: Collection[str]) -> dict[int, str]:
    """Return the notes of a lock, but some, that show what others show: key of those texts → id."""
    present = ((name, entry) for name, entry in lock.notes.items() if name not in but and not entry.retired)
    known = {texts_of(entry): name for name, entry in present}
    return {n: known[texts] for n, texts in wanted.items() if texts and texts in known}


def _edited(rendered: RenderedDeck, lock: Lock) -> Iterator[int]:
    """Yield the notes that show something else than in the last build, or were not in it."""
    for index in changed_notes(rendered, lock):
        known = lock.notes.get(rendered.ids[index])
        if known and not known.is_raw:
            header = rendered.headers[index]
            if header.kind is known.kind and header.hashes not in (known.hashes, ""):
                yield index


def _is_unlike(rendered: RenderedDeck, lock: Lock, index: int, counts: Mapping[str, int]) -> bool:
    """Whether a note has nothing of its text in the last build, but for what other notes have as well."""
    known = lock.notes[rendered.ids[index]]
    same = texts_of(rendered.headers[index]) & texts_of(known)
    return not same or (not known.retired and bool(counts) and all(counts[text] > 1 for text in same))


def _without_earlier(rendered: RenderedDeck, indices: Sequence[int], traces: Callable[[], Traces]) -> list[int]:
    """Leave out the notes that have something of another text that was built under their ids."""
    earlier = traces() if indices else {}

    def is_new(index: int) -> bool:
        texts = texts_of(rendered.headers[index])
        return all(texts.isdisjoint(texts_of(trace.entry)) for trace in earlier.get(rendered.ids[index], ()))

    return [index for index in indices if is_new(index)]


def stray_problems(
    rendered: RenderedDeck, lock: Lock, strays: Strays, old_notes: Callable[[Collection[str]], Mapping[str, OldNote]]
) -> Iterator[Problem]:
    """Report them, but for lost ids that a build gives back; those that get an id have it by now.

    ``old_notes`` finds what is known of notes that are gone.
    """
    for index, found in sorted(strays.owners.items()):
        note, is_nameless = rendered.note_summaries[index], index in rendered.named or not rendered.ids[index]
        is_gone, is_known = found.id in strays.gone, not is_nameless and note.id in lock.notes
        if is_nameless and not found.is_sure:
            yield _unsure_problem(note, found.id)
        elif is_known or not is_gone:
            new = "this note has no id and" if is_nameless else f"`{note.id}` is new and"
            who = f"`{note.id}` now" if is_known else new
            yield _exchange_problem(note, who, found.id, is_gone, note.id if is_known else found.id)
        elif not is_nameless:
            yield _mistyped_problem(note, found.id)
    for index, name in strays.doubled.items():
        yield _double_problem(rendered.note_summaries[index], rendered.note_summaries[rendered.ids.index(name)])
    ids = [rendered.ids[index] for index in strays.reused]
    known = old_notes(ids) if ids else {}
    for index in strays.reused:
        note, old = rendered.note_summaries[index], known[rendered.ids[index]]
        is_rewording = bool(old.question) and _are_alike(old.question, note.question)
        if not is_rewording and texts_of(rendered.headers[index]).isdisjoint(old.texts):
            yield _reuse_problem(note, old.question)


def _unsure_problem(note: NoteSummary, known: str) -> Problem:
    message = (
        f"this note has no id, and one of its texts is that of `{known}`, which is gone: if it is that note, write "
        f"{{#{known}}}, and learners keep their history; if not, give it an id of its own"
    )
    return Problem(note.place, message, "lost-id")


def _mistyped_problem(note: NoteSummary, known: str) -> Problem:
    message = (
        f"`{note.id}` is new, but its text is that of `{known}`, which is gone: learners would keep the old card and "
        f"get this one unlearned; write {{#{known}}} back. If `{known}` is to end, take this note out, build, and put "
        "it back under the new id"
    )
    return Problem(note.id_place, message, "lost-id")


def _exchange_problem(note: NoteSummary, who: str, known: str, is_gone: bool, meant: str) -> Problem:
    fate = "which is gone" if is_gone else "under which there is another text now"
    message = (
        f"{who} has the text of `{known}`, {fate}: what learners know of one card would count for another; write "
        f"{{#{known}}} at this note. If the ids are meant so, build with --touch {meant}"
    )
    return Problem(note.id_place, message, "exchanged-id")


def _double_problem(note: NoteSummary, other: NoteSummary) -> Problem:
    message = (
        f"this note has no id and is word for word `{other.id}` at {other.place.path}:{other.place.line}: learners "
        "would get that card twice; remove one of the two, or, if both are meant, give this one an id of its own"
    )
    return Problem(note.place, message, "doubled-note")


def _reuse_problem(note: NoteSummary, question: str) -> Problem:
    asked = f"“{question}”" if question else "another question and another answer"
    message = (
        f"`{note.id}` is the id of a note that was retired ({asked}), and nothing of that is in this one: what "
        "learners know of that card would count for this one; give this note an id of its own. If it is that note "
        f"after all, reworded, build with --touch {note.id}"
    )
    return Problem(note.id_place, message, "reused-id")


def _are_alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, bare(one), bare(other), autojunk=False).ratio() >= ALIKE
