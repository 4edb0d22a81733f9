"""What a watch keeps from one build to the next: among 35,000 warnings an edit costs what it does without.

Reading, sorting and comparing all of them took two thirds of such a build.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from deckwright.pipeline.findings import Findings, find_whole
from deckwright.pipeline.page import PageDetails
from deckwright.pipeline.rendered_deck import RenderedDeck
from deckwright.problems import Problem
from deckwright.regex import regex

LINE_NUMBER = regex(r":\d+")


class _KnownPage(NamedTuple):
    """A page as a build found it."""

    key: str
    """Its cache key, which with its media shows whether it changed."""
    media: Mapping[str, str] | None
    details: PageDetails
    problems: list[Problem]


@dataclass
class PageMemory:
    """The pages and problems of a deck as the last build of this process found them.

    ``begin`` comes before each build, ``take`` after it.
    """

    _pages: Mapping[str, _KnownPage] = field(default_factory=dict)
    _earlier: Mapping[str, _KnownPage] = field(default_factory=dict)
    """The pages as the build before found them."""
    _passed_over: set[str] = field(default_factory=set)
    """Pages whose problems this build did not list, as they are what they were."""
    others: list[Problem] = field(default_factory=list)
    """What is wrong besides the pages, such as links to notes that went."""

    def begin(self) -> None:
        """Say that a build begins, which has found nothing yet."""
        self._earlier, self._passed_over = self._pages, set(self._pages)

    def find(self, rendered: RenderedDeck, *, strict: bool) -> Findings:
        """Return what is wrong with the pages that changed since the build before, and with the deck as a whole.

        Problems of other pages are counted, but for those that make the build fail (warnings too under ``strict``).
        """
        pages, not_shown = dict[str, _KnownPage](), Counter[str]()
        passed_over = set[str]()
        for page in rendered.pages:
            known = self._earlier.get(page.path)
            if known and known.key == page.key and known.media == page.facts.media_names:
                rendered.remember(page.path, known.details)
            problems = rendered.problems_of([page])
            if known and known.problems == problems and not page.facts.fails(strict=strict):
                passed_over.add(page.path)
                not_shown.update(page.facts.problem_counts)
            pages[page.path] = _KnownPage(page.key, page.facts.media_names, rendered.details_of(page), problems)
        self._pages, self._passed_over = pages, passed_over
        return Findings([*rendered.unreadable, *self._listed, *find_whole(rendered)], not_shown)

    def take(self, listed: list[Problem]) -> tuple[list[Problem], list[Problem]]:
        """Take what a build listed; return what is new and what is fixed."""
        of_pages = set(self._listed)
        others = [problem for problem in listed if problem not in of_pages]
        now = [*self._listed, *others]
        before = [*_problems(self._earlier, self._earlier.keys() - self._passed_over), *self.others]
        self.others = others
        return without(now, before), without(before, now)

    @property
    def problems(self) -> list[Problem]:
        """All present problems, in no order."""
        return [*_problems(self._pages, self._pages), *self.others]

    @property
    def _listed(self) -> list[Problem]:
        """The problems of pages that changed, as they are now."""
        return [*_problems(self._pages, self._pages.keys() - self._passed_over)]


def _problems(pages: Mapping[str, _KnownPage], paths: Iterable[str]) -> Iterator[Problem]:
    return (problem for path in paths for problem in pages[path].problems)


def without(problems: Collection[Problem], others: Collection[Problem]) -> list[Problem]:
    """The problems that have no counterpart among others: the same rule and message in that file, on whatever line."""
    unmoved = set(others)
    spare = Counter(map(_identity, others))
    left = []
    for problem in sorted(problems, key=lambda problem: problem not in unmoved):
        if spare[_identity(problem)]:
            spare[_identity(problem)] -= 1
        else:
            left.append(problem)
    return left


def _identity(problem: Problem) -> tuple[str, ...]:
    return problem.place.path, problem.rule, problem.severity, LINE_NUMBER.sub("", problem.message)
