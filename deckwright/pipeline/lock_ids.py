"""Ids that are not at the notes they were built with: lost, mistyped, exchanged, or given to another note."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from deckwright.check.similarity import bare
from deckwright.check.summaries import NoteSummary
from deckwright.identity import Found, Lock, LostNotes, Traces
from deckwright.identity.headers import Header
from deckwright.identity.lost_ids import ANSWER, count_texts, texts_of
from deckwright.identity.normal_form import normal_form
from deckwright.pipeline.last_lock import changed_indices
from deckwright.pipeline.lock_texts import OldNote
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


def find_strays(
    rendered: RenderedDeck,
    lock: Lock,
    touch: Collection[str] | None,
    traces: Callable[[], Traces],
    old_texts: Callable[[Collection[str]], Mapping[str, Mapping[str, str]]],
) -> Strays:
    """Find them, before notes without an id get one.

    ``touch`` names notes that are meant to be what they are now; ``traces`` gives what else is left of earlier builds,
    ``old_texts`` the fields that notes had in the last one.
    """
    some = _candidates(rendered, lock)
    nameless = [n for n in some.new if not rendered.ids[n]]
    if not some.edited and not nameless and not (some.new and some.gone):
        return Strays({})
    counts = count_texts(lock) if nameless or sum(map(len, some)) > 1 else Counter[str]()
    unlike = _without_earlier(rendered, [n for n in some.edited if _is_unlike(rendered, lock, n, counts)], traces)
    headers = {n: rendered.headers[n] for n in [*some.new, *unlike]}
    free = some.gone | {rendered.ids[n] for n in unlike}
    owners = LostNotes(lock, free, counts).take(headers, lambda n: _has_long_answer(rendered, n))
    meant = {n for n in headers if _id_in_lock(rendered.ids[n], owners.get(n), lock) in (touch or ())}
    reused = [n for n in unlike if n not in meant | owners.keys() and _is_of_retired(lock, headers[n])]
    owners = {n: found for n, found in owners.items() if n not in meant and (found.is_sure or found.id in some.gone)}
    left = {name for name in some.gone if not lock.notes[name].retired} - {found.id for found in owners.values()}
    owners |= _alike_in_texts(rendered, {n: headers[n] for n in some.new if n not in owners}, left, lock, old_texts)
    texts = {n: texts_of(headers[n]) for n in nameless if n not in owners and counts.keys() >= texts_of(headers[n])}
    doubled = _doubled(lock, texts, {rendered.ids[n] for n in some.edited} | some.gone) if texts else {}
    return Strays(owners, reused, some.gone, doubled)


class _Candidates(NamedTuple):
    """What may not be what it was, of a lock and of the notes of a deck."""

    gone: frozenset[str]
    """Ids that are not in the sources."""
    new: Sequence[int]
    """Notes that the lock does not know by an id."""
    edited: Sequence[int]
    """Notes that show something else than in the last build, or were not in it."""


def _candidates(rendered: RenderedDeck, lock: Lock) -> _Candidates:
    if not lock.notes:
        return _Candidates(frozenset(), (), ())
    aliases = {alias for page in rendered.page_summaries for alias in page.aliases}
    gone = frozenset(lock.notes.keys() - rendered.ids - aliases)
    new = [n for n, name in enumerate(rendered.ids) if name not in lock.notes]
    return _Candidates(gone, new, [*_edited(rendered, lock)])


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


def _alike_in_texts(
    rendered: RenderedDeck,
    headers: Mapping[int, Header],
    gone: Collection[str],
    lock: Lock,
    old_texts: Callable[[Collection[str]], Mapping[str, Mapping[str, str]]],
) -> dict[int, Found]:
    """Return new notes of which every text is like that of a note that is gone, and, if they have an id, the id too."""
    found: dict[int, Found] = {}
    if not headers or not gone or len(headers) * len(gone) > MOST_PAIRS:
        return found
    known = old_texts(gone)
    for index, header in headers.items():
        texts = rendered.texts(index)
        for name in sorted(known.keys() - {each.id for each in found.values()}):
            is_near = not header.id or _likeness(header.id, name) >= LIKE_IDS
            if is_near and lock.notes[name].kind is header.kind and _are_like(texts, known[name]):
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


def _edited(rendered: RenderedDeck, lock: Lock) -> Iterator[int]:
    for index in changed_indices(rendered, lock):
        known = lock.notes.get(rendered.ids[index])
        if known and not known.is_raw:
            header = rendered.headers[index]
            if header.hashes not in (known.hashes, ""):
                yield index


def _is_unlike(rendered: RenderedDeck, lock: Lock, index: int, counts: Mapping[str, int]) -> bool:
    """Whether a note has nothing of its text in the last build, but for what other notes have as well."""
    known, header = lock.notes[rendered.ids[index]], rendered.headers[index]
    same = texts_of(header) & texts_of(known) if header.kind is known.kind else ()
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
        if not found.is_sure:
            yield _unsure_problem(note, found.id, is_nameless=is_nameless)
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
        is_rewording = _likeness(old.question, note.question) >= ALIKE
        if not is_rewording and texts_of(rendered.headers[index]).isdisjoint(old.texts):
            yield _reuse_problem(note, old.question)


def twin_problems(rendered: RenderedDeck) -> Iterator[Problem]:
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


def _unsure_problem(note: NoteSummary, known: str, *, is_nameless: bool) -> Problem:
    who = "this note has no id" if is_nameless else f"`{note.id}` is new"
    other = "if not, give it an id of its own" if is_nameless else "if not, give it an id that is less like that one"
    message = (
        f"{who} and has much of the text of `{known}`, which is gone: if it is that note, write {{#{known}}}, and "
        f"learners keep their history; {other}"
    )
    return Problem(note.id_place, message, "lost-id")


def _mistyped_problem(note: NoteSummary, known: str) -> Problem:
    message = (
        f"`{note.id}` is new, but its text is that of `{known}`, which is gone: learners would keep the old card and "
        f"get this one unlearned; write {{#{known}}} back. If `{known}` is to end, take this note out, build, and put "
        "it back under the new id"
    )
    return Problem(note.id_place, message, "lost-id")


def _exchange_problem(note: NoteSummary, who: str, known: str, is_gone: bool, meant: str) -> Problem:
    what = "which is gone" if is_gone else "under which there is another text now"
    message = (
        f"{who} has the text of `{known}`, {what}: what learners know of one card would count for another; write "
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
