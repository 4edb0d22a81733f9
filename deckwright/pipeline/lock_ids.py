"""Ids that are not at the notes they were built with: lost, mistyped, exchanged, or given to another note."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from deckwright.check.similarity import bare
from deckwright.check.summaries import NoteSummary
from deckwright.identity import Lock
from deckwright.identity.headers import Header
from deckwright.identity.lost_ids import ANSWER, Found, LostNotes, count_texts, texts_of
from deckwright.identity.normal_form import normal_form
from deckwright.pipeline.earlier_builds import EarlierBuilds
from deckwright.pipeline.lock_texts import old_questions, old_texts, texts_in_history
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.plan.comparison import plain
from deckwright.problems import Problem, Severity

LONG_BYTES = 40
"""Length in UTF-8 (a Chinese sign counts as three letters) from which on no two notes have one answer by chance."""
ALIKE = 0.6
"""How like two texts are (from 0 to 1, by ``difflib``) of which one may be the other, reworded."""
LIKE_IDS = 0.8
"""How like two ids are of which one may be the other, mistyped."""
LONGEST, MOST_PAIRS = 300, 400
"""Letters of a text that are compared, and pairs of notes: what goes beyond would take more than a second."""
MAIN = frozenset({"Question", "Answer", "Text", "Prompt"})
"""Fields that are compared where hashes tell nothing."""


class Strays(NamedTuple):
    """The notes of a deck whose text and id were not together in the last build, by their indices."""

    owners: Mapping[int, Found]
    """The notes of the lock whose texts they have."""
    reused: Sequence[int] = ()
    """Notes with a retired id that have nothing of the retired note's text."""
    gone: Collection[str] = ()
    """The ids of the lock that are not in the sources."""
    doubled: Mapping[int, str] = MappingProxyType({})
    """Notes without an id that show the very same as a note that is there and did not change, and its id."""

    @property
    def lost_ids(self) -> dict[int, str]:
        """The ids that notes without one surely had, by index; of others too, which have one by now."""
        return {n: found.id for n, found in self.owners.items() if found.is_sure and found.id in self.gone}


def find_strays(past: EarlierBuilds, touch: Collection[str] | None) -> Strays:
    """Find them, before notes without an id get one; ``touch`` names notes that are meant to be what they are now."""
    rendered, lock = past.rendered, past.lock
    gone, new, edited = _candidates(past)
    nameless = [n for n in new if not rendered.ids[n]]
    if not edited and not nameless and not (new and gone):
        return Strays({})
    counts = count_texts(lock) if nameless or len(gone) + len(new) + len(edited) > 1 else Counter[str]()
    unlike = [n for n in edited if _is_unlike(past, n, counts)]
    headers = {n: rendered.headers[n] for n in [*new, *unlike]}
    free = gone | {rendered.ids[n] for n in unlike}
    owners = LostNotes(lock, free, counts).take(headers, lambda n: _has_long_answer(rendered, n))
    meant = {n for n in headers if _id_in_lock(rendered.ids[n], owners.get(n), lock) in (touch or ())}
    reused = [n for n in unlike if n not in meant | owners.keys() and _is_of_retired(lock, headers[n])]
    owners = {n: found for n, found in owners.items() if n not in meant and (found.is_sure or found.id in gone)}
    left = {name for name in gone if not lock.notes[name].retired} - {found.id for found in owners.values()}
    owners |= _alike_in_texts(past, {n: headers[n] for n in new if n not in owners}, left)
    texts = {n: texts_of(headers[n]) for n in nameless if n not in owners and counts.keys() >= texts_of(headers[n])}
    doubled = _doubled(lock, texts, {rendered.ids[n] for n in edited} | gone) if texts else {}
    return Strays(owners, reused, gone, doubled)


def _candidates(past: EarlierBuilds) -> tuple[frozenset[str], list[int], list[int]]:
    """Return what may not be what it was.

    That is the ids of the lock that are not in the sources, the notes that it does not know by an id, and those that
    show something else than in the last build.
    """
    known, rendered = past.lock.notes, past.rendered
    if not known:
        return frozenset(), [], []
    gone = frozenset(known.keys() - rendered.ids - rendered.aliases)
    new = [n for n, name in enumerate(rendered.ids) if name not in known]
    notes = past.possibly_edited()
    return gone, new, [n for n, header, last in notes if not last.is_raw and header.hashes not in (last.hashes, "")]


def _is_of_retired(lock: Lock, header: Header) -> bool:
    """Whether a note has the id of a retired one of its kind."""
    return lock.notes[header.id].retired and lock.notes[header.id].kind is header.kind


def _has_long_answer(rendered: RenderedDeck, index: int) -> bool:
    return len(normal_form(rendered.texts(index).get(ANSWER, "")).encode()) >= LONG_BYTES


def _id_in_lock(name: str, owner: Found | None, lock: Lock) -> str:
    """Return the id by which an author says that a note is meant to be what it is: its own, or that of its text."""
    return name if name in lock.notes or owner is None else owner.id


def _doubled(lock: Lock, wanted: Mapping[int, frozenset[str]], but: Collection[str]) -> dict[int, str]:
    """Return the notes of a lock, but some, that show what others show: key of those texts → id."""
    present = ((name, entry) for name, entry in lock.notes.items() if name not in but and not entry.retired)
    known = {texts_of(entry): name for name, entry in present}
    return {n: known[texts] for n, texts in wanted.items() if texts and texts in known}


def _alike_in_texts(past: EarlierBuilds, headers: Mapping[int, Header], gone: Collection[str]) -> dict[int, Found]:
    """Return new notes of which every text is like that of a note that is gone, and, if they have an id, the id too."""
    found: dict[int, Found] = {}
    if not headers or not gone or len(headers) * len(gone) > MOST_PAIRS:
        return found
    known = old_texts(past, gone)
    for index, header in headers.items():
        texts = past.rendered.texts(index)
        for name in sorted(known.keys() - {each.id for each in found.values()}):
            is_near = not header.id or _likeness(header.id, name) >= LIKE_IDS
            if is_near and past.lock.notes[name].kind is header.kind and _are_like(texts, known[name]):
                found[index] = Found(name, is_sure=False)
                break
    return found


def _are_like(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    fields = MAIN & one.keys()
    return all(_likeness(plain(one[field]), plain(other.get(field, ""))) >= ALIKE for field in fields)


def _likeness(one: str, other: str) -> float:
    """Return how like two texts are, from 0 to 1, by their letters and digits; nothing is like an empty one."""
    one, other = bare(one)[:LONGEST], bare(other)[:LONGEST]
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if one and other and matcher.quick_ratio() >= ALIKE else 0.0


def _is_unlike(past: EarlierBuilds, index: int, counts: Mapping[str, int]) -> bool:
    """Whether a note has nothing of the texts built under its id, but for what other notes have in the last build."""
    header = past.rendered.headers[index]
    known, texts = past.lock.notes[header.id], texts_of(header)
    same = texts & texts_of(known) if header.kind is known.kind else frozenset()
    if same and (known.retired or not counts or any(counts[text] <= 1 for text in same)):
        return False
    return all(texts.isdisjoint(texts_of(trace.entry)) for trace in past.traces.get(header.id, ()))


def stray_problems(past: EarlierBuilds, strays: Strays) -> Iterator[Problem]:
    """Report them, but for lost ids that a build gives back; those that get an id have it by now."""
    yield from _owner_problems(past, strays)
    yield from _twin_problems(past.rendered)
    rendered = past.rendered
    for index, name in strays.doubled.items():
        place = rendered.note_summaries[rendered.ids.index(name)].place
        message = (
            f"this note has no id and is word for word `{name}` at {place.path}:{place.line}: learners would get that "
            "card twice; remove one of the two, or, if both are meant, give this one an id of its own"
        )
        yield Problem(rendered.note_summaries[index].place, message, "doubled-note")
    yield from _reuse_problems(past, strays.reused)


def _twin_problems(rendered: RenderedDeck) -> Iterator[Problem]:
    """Warn of notes that just got an id and are word for word one in another file that did: copied before any build."""
    alike: dict[tuple[object, frozenset[str]], list[NoteSummary]] = {}
    for index in sorted(rendered.named):
        header = rendered.headers[index]
        if texts := texts_of(header):
            alike.setdefault((header.kind, texts), []).append(rendered.note_summaries[index])
    for first, *others in alike.values():
        if elsewhere := [note for note in others if note.place.path != first.place.path]:
            more = f" (and {len(elsewhere) - 1} more)" if len(elsewhere) > 1 else ""
            message = (
                f"this note is word for word the one at {first.place.path}:{first.place.line}{more}: learners would "
                "get that card more than once; keep one of them"
            )
            yield Problem(elsewhere[0].place, message, "doubled-note", Severity.WARNING)


def _owner_problems(past: EarlierBuilds, strays: Strays) -> Iterator[Problem]:
    """Report notes that have the text of a note of the lock."""
    for index, (known, is_sure) in sorted(strays.owners.items()):
        note = past.rendered.note_summaries[index]
        is_nameless = index in past.rendered.named or not note.id
        is_gone, is_in_lock = known in strays.gone, not is_nameless and note.id in past.lock.notes
        state = "now" if is_in_lock else "is new and"
        who = "this note has no id and" if is_nameless else f"`{note.id}` {state}"
        if not is_sure:
            other = "of its own" if is_nameless else "that is less like that one"
            message = (
                f"{who} has much of the text of `{known}`, which is gone: if it is that note, write {{#{known}}}, and "
                f"learners keep their history; if not, give it an id {other}"
            )
            yield Problem(note.id_place, message, "lost-id")
        elif is_in_lock or not is_gone:
            what = "which is gone" if is_gone else "under which there is another text now"
            message = (
                f"{who} has the text of `{known}`, {what}: what learners know of one card would count for another; "
                f"write {{#{known}}} at this note. If the ids are meant so, build with --touch "
                f"{note.id if is_in_lock else known}"
            )
            yield Problem(note.id_place, message, "exchanged-id")
        elif not is_nameless:
            message = (
                f"`{note.id}` is new, but its text is that of `{known}`, which is gone: learners would keep the old "
                f"card and get this one unlearned; write {{#{known}}} back. If `{known}` is to end, take this note "
                "out, build, and put it back under the new id"
            )
            yield Problem(note.id_place, message, "lost-id")


def _reuse_problems(past: EarlierBuilds, reused: Sequence[int]) -> Iterator[Problem]:
    """Report notes with a retired id that are no rewording of what that note ever was."""
    if not reused:
        return  # to look for what earlier builds hold takes a while
    rendered, ids = past.rendered, [past.rendered.ids[index] for index in reused]
    questions, texts = old_questions(past, ids), texts_in_history(past, ids)
    for index in reused:
        note, question = rendered.note_summaries[index], questions.get(rendered.ids[index], "")
        is_rewording = _likeness(question, note.question) >= ALIKE
        if not is_rewording and texts_of(rendered.headers[index]).isdisjoint(texts[rendered.ids[index]]):
            asked = f"“{question}”" if question else "another question and another answer"
            message = (
                f"`{note.id}` is the id of a note that was retired ({asked}), and nothing of that is in this one: what "
                "learners know of that card would count for this one; give this note an id of its own. If it is that "
                f"note after all, reworded, build with --touch {note.id}"
            )
            yield Problem(note.id_place, message, "reused-id")
