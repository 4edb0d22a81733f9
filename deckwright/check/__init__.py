"""Notes → problems. One function a rule; ``RULES`` lists them with their help."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from deckwright.check.drafts import outside_drafts
from deckwright.check.fields import check_fields
from deckwright.check.rules import DECK_RULES, NOTE_RULES, PAGE_RULES, RULES, Finding, Rule
from deckwright.check.similarity import SimilarNotes, find_similar_notes, similarity_key
from deckwright.check.styles import choosable, severities_at, severity_in
from deckwright.check.summaries import NoteSummary, PageSummary, summarize_note, summarize_page
from deckwright.check.views import DeckView, NoteView, PageView
from deckwright.deck.folder import Deck
from deckwright.grammar.note import Page
from deckwright.problems import Problem, Severity

__all__ = [
    "RULES",
    "Rule",
    "SimilarNotes",
    "check_fields",
    "check_page",
    "check_whole_deck",
    "choosable",
    "find_similar_notes",
    "in_order",
    "once_a_deck",
    "severities_at",
    "severity_in",
    "similarity_key",
    "summarize_note",
    "summarize_page",
]

for _module in pkgutil.iter_modules(__path__):  # each registers its rules
    importlib.import_module(f"{__name__}.{_module.name}")


def check_page(page: Page, deck: Deck) -> list[Problem]:
    """Every problem of a page and of its notes, those that parsing found among them, in order, each once.

    Depends on the page and on the deck's settings, sources, media and month: never on its other pages.
    """
    chosen = severities_at(deck.settings.rules, page.source.path)
    page_view = PageView(page, deck)
    found = [
        _problem(page, finding, rule, severity)
        for rule, find in PAGE_RULES
        if (severity := chosen[rule.id])
        for finding in find(page_view)
    ]
    note_rules = [(rule, find, severity) for rule, find in NOTE_RULES if (severity := chosen[rule.id])]
    for note in page.notes:
        view, allowed = NoteView(note, deck), note.allowed
        found += [
            _problem(page, finding, rule, severity)
            for rule, find, severity in note_rules
            if rule.id not in allowed or rule.severity is not Severity.WARNING
            for finding in find(view)
        ]
    return in_order(outside_drafts(page, [*page.problems, *found]))


def _problem(page: Page, finding: Finding, rule: Rule, severity: Severity) -> Problem:
    where, message = finding
    return Problem(page.source.place(where) if isinstance(where, int) else where, message, rule.id, severity)


def check_whole_deck(
    pages: Sequence[PageSummary],
    notes: Sequence[NoteSummary],
    paths: Collection[str],
    deck: Deck,
    similar_notes: SimilarNotes,
) -> list[Problem]:
    """What only the whole deck shows, and what reading the folder and the media found, in order, each once.

    ``pages``, ``paths`` and ``notes`` are all of the deck, ``similar_notes`` what
    ``find_similar_notes`` makes of its notes.
    The deck's own pages are not looked at.
    """
    view = DeckView(pages, notes, paths, deck.settings, similar_notes)
    found = [*deck.problems]
    for rule, find in DECK_RULES:
        for place, message in find(view):
            if severity := severities_at(deck.settings.rules, place.path)[rule.id]:
                found.append(Problem(place, message, rule.id, severity))
    return in_order(found)


def once_a_deck(problems: Iterable[Problem]) -> list[Problem]:
    """The problems, of the mere notes only the first of each rule, which says in how many places more it applies."""
    problems = [*problems]
    notes = Counter(problem.rule for problem in problems if problem.severity is Severity.NOTE)
    kept: list[Problem] = []
    for problem in problems:
        if problem.severity is not Severity.NOTE:
            kept.append(problem)
        elif more := notes.pop(problem.rule, 0):
            also = f"; so in {more - 1} more place{'s' * (more > 2)}" if more > 1 else ""
            kept.append(problem._replace(message=problem.message + also))
    return kept


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by place, the more severe before the others, each once."""
    return sorted(set(problems), key=lambda each: (each.place, each.severity, each.rule, each.message))
