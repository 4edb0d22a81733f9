"""What is wrong with a rendered deck: all of it, or what changed since the last build and how much there is besides.

A deck of thousands of notes may have tens of thousands of known warnings. A build reads only those of the pages that
changed: that makes an edit of such a deck as fast as of one without warnings.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from deckwright.check import SimilarNotes, check_whole_deck, find_similar_notes, severities_at, similarity_key
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.problems import Problem


class Findings(NamedTuple):
    """Problems, and how many there are besides."""

    problems: list[Problem]
    not_shown: Mapping[str, int] = MappingProxyType({})
    """Severity and rule, as in ``warning long-list`` → how many."""


def find_all(rendered: RenderedDeck) -> Findings:
    """Return every problem of a deck."""
    return Findings(_without_echoes(rendered, [*rendered.page_problems, *find_whole(rendered)]))


def find_changed(rendered: RenderedDeck) -> Findings:
    """Return every error of a deck, and what else is wrong with the pages that changed since the last build."""
    changed = {page.path for page in rendered.pages if not page.is_built or page.facts.fails()}
    not_shown: Counter[str] = Counter()
    for page in rendered.pages:
        if page.path not in changed:
            not_shown.update(page.facts.problem_counts)
    similar = _similar_notes(rendered)

    def is_shown(*notes: int) -> bool:
        return any(rendered.page_of(note).path in changed for note in notes)

    others = [("near-duplicate", later) for earlier, later, _ in similar.duplicates if not is_shown(earlier, later)]
    others += [("answer-given-away", asking) for asking, owner in similar.given_away if not is_shown(asking, owner)]
    for rule, note in others:
        severity = severities_at(rendered.deck.settings.rules, rendered.page_of(note).path)[rule]
        not_shown.update([f"{severity} {rule}"] if severity else [])
    shown = SimilarNotes(
        [pair for pair in similar.duplicates if is_shown(*pair[:2])],
        [pair for pair in similar.given_away if is_shown(*pair)],
    )
    pages = rendered.problems_of(page for page in rendered.pages if page.path in changed)
    found = [*rendered.unreadable, *pages, *find_whole(rendered, shown)]
    return Findings(_without_echoes(rendered, found), not_shown)


def _without_echoes(rendered: RenderedDeck, found: list[Problem]) -> list[Problem]:
    """Leave out that citations are unknown where the sources could not be read at all, which is told of."""
    if rendered.deck.citations or all(problem.rule != "sources-toml" for problem in found):
        return found
    return [problem for problem in found if problem.rule != "unknown-citation"]


def of_changed_notes(found: Findings, rendered: RenderedDeck, changed: Collection[str]) -> Findings:
    """Leave the problems of notes that are not among the ``changed`` ids to the rest."""
    notes = {
        page.path: [rendered.note_summaries[index] for index in page.indices]
        for page in rendered.pages
        if not page.is_built
    }
    shown, left = list[Problem](), Counter(found.not_shown)
    for problem in found.problems:
        here = notes.get(problem.place.path, ())
        index = bisect_right(here, problem.place.line, key=lambda note: note.place.line) - 1
        if index < 0 or here[index].id in changed:
            shown.append(problem)
        else:
            left[f"{problem.severity} {problem.rule}"] += 1
    return Findings(shown, left)


def find_whole(rendered: RenderedDeck, similar: SimilarNotes | None = None) -> list[Problem]:
    """Return every problem that only the whole deck shows; of notes that are alike only those given, if any are."""
    similar = similar or _similar_notes(rendered)
    return check_whole_deck(rendered.page_summaries, rendered.note_summaries, rendered.files, rendered.deck, similar)


def _similar_notes(rendered: RenderedDeck) -> SimilarNotes:
    """Return which questions are alike, kept as long as no question and no answer changes.

    Finding them takes a second for 10,000 notes; they are not looked for where no file wants to know.
    """
    if not _wanted(rendered):
        return SimilarNotes([], [])
    least = rendered.deck.settings.limits.similarity
    key = similarity_key(rendered.page_summaries, least)
    known = rendered.cache.fact("similar notes") or {}
    if known.get("key") == key:
        return SimilarNotes([(a, b, c) for a, b, c in known["duplicates"]], [(a, b) for a, b in known["given_away"]])
    found = find_similar_notes(rendered.note_summaries, least)
    rendered.cache.put_fact("similar notes", {"key": key, **found._asdict()})
    return found


def _wanted(rendered: RenderedDeck) -> bool:
    """Whether similar notes are reported anywhere in the deck."""
    choices = rendered.deck.settings.rules
    folders = {page.path.rpartition("/")[0]: page.path for page in rendered.pages}
    found = (severities_at(choices, path) for path in folders.values())
    return any(chosen["near-duplicate"] or chosen["answer-given-away"] for chosen in found)
