"""What is said of drafts: their own faults wait until they are to be built."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from deckwright.grammar.note import Note, Page
from deckwright.problems import Problem
from deckwright.regex import regex

HIDING = frozenset({"glued-heading", "heading-in-html", "indented-heading"})
"""Rules that tell of a line which may have been meant as the next question."""
HIDING_ON = frozenset({"unclosed-comment", "unclosed-fence"})
"""Rules that tell of something which goes on over the questions that follow."""
QUESTION = regex(r"^[ \t>*+-]*(?:##|＃＃)(?![#＃])")
BUILT = regex(r"draft=[\"']?(?:no|false|off|0)\b", re.IGNORECASE)
"""In a heading: the note is built although its file is a draft."""


def draft_names(page: Page) -> list[str]:
    """The ids and aliases of a page's drafts."""
    return [name for note in page.drafts for name in (note.id, *note.aliases) if name]


def outside_drafts(page: Page, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield the problems of a page that are not in drafts, and those in them that may hide notes to be built.

    In a file that is a draft, and of which no note is to be built, all are in drafts.
    """
    if not (page.drafts or page.is_draft):
        yield from problems
        return
    lines = page.source.text.split("\n")
    stretches = [_lines_of(note) for note in page.drafts]
    if page.is_draft and not page.notes:
        stretches = [(1, len(lines))]
    for problem in problems:
        last = next((last for first, last in stretches if first <= problem.place.line <= last), None)
        if last is None or _may_hide(problem, lines[:last], is_file=page.is_draft):
            yield problem


def _lines_of(note: Note) -> tuple[int, int]:
    return note.place.line, note.source.place(note.passages[-1].end).line


def _may_hide(problem: Problem, lines: Sequence[str], *, is_file: bool) -> bool:
    """Whether what a problem tells of may hide a question that is to be built, in ``lines`` to the end of its draft.

    ``is_file``: the file is a draft, so such a question shows that it is not one.
    """
    first = problem.place.line - 1
    if problem.rule not in HIDING | HIDING_ON:
        return False
    hidden = lines[first : first + 1] if problem.rule in HIDING else lines[first + 1 :]
    return any(QUESTION.match(line) and (not is_file or BUILT.search(line)) for line in hidden)
