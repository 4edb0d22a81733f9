"""Errors in how a file is divided: empty parts, stray text, questions that are not one or the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deckwright.check.rules import Finding, card_rule, note_rule, page_rule
from deckwright.check.views import NoteView, PageView
from deckwright.deck.rule_choices import Style
from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.note import NoteKind, Passage
from deckwright.grammar.pieces import PieceKind
from deckwright.problems import Severity
from deckwright.regex import regex

INDENTED_QUESTION = regex(r"^[ \t]*#{2,3}[ \t]\w", re.MULTILINE)


@page_rule(Severity.WARNING)
def check_same_question(view: PageView) -> Iterator[Finding]:
    """No two cards of a file ask the same: a learner cannot know which answer is meant.

    Bad:  ## el pan … ## el pan
    Good: ## el pan … ## el pan (plural)
    """
    first: dict[str, int] = {}
    for note in view.page.notes:
        question = " ".join(note.question.text.split())
        if not question or note.kind is NoteKind.CLOZE:
            continue
        line = first.setdefault(question, note.place.line)
        if line != note.place.line and "same-question" not in note.allowed:
            yield note.place, f"line {line} asks the same; write how the two differ, or delete one"


@page_rule(Severity.ERROR)
def check_stray_text(view: PageView) -> Iterator[Finding]:
    """Text before the first note is a title or a comment: it would be on no card.

    Bad:  An introduction. … ## First question
    Good: <!-- An introduction. --> … ## First question
    """
    has_notes = bool(view.page.notes or view.page.drafts)
    for passage in view.page.stray:
        yield passage.start, _stray_text(passage, has_notes=has_notes)


def _stray_text(passage: Passage, *, has_notes: bool) -> str:
    """Say what to do with text before the first note."""
    if passage.source.text.startswith("+++", passage.start):
        return "front matter is YAML between two lines of `---`, as `tags: [one, two]`; rewrite the lines within `+++`"
    if passage.source.text[: passage.start].strip() == "---":
        return "front matter begins in the first line of the file; remove the blank lines before its `---`"
    if not has_notes:
        return "this text belongs to no note; write `## ` and a question above its answer, or put it into a comment"
    return "this text belongs to no note; put it under a `##`, or into a comment"


@note_rule(Severity.ERROR)
def check_empty_question(view: NoteView) -> Iterator[Finding]:
    """A question's heading has text: Anki makes no card without a front. A cloze note needs no prompt.

    Bad:  ## {#why} … Because.
    Good: ## Why? {#why} … Because.
    """
    if view.note.kind is NoteKind.BASIC and _shows_nothing(view, view.note.question):
        yield view.note.place, "this note has no question; write it after the `##`"


@note_rule(Severity.ERROR)
def check_empty_answer(view: NoteView) -> Iterator[Finding]:
    """A note has an answer above its first section.

    Bad:  ## Why? … ### Details
    Good: ## Why? … Because. … ### Details
    """
    kinds = {block.kind for block in view.note.answer.blocks}
    if BlockKind.FOOTNOTE in kinds and kinds <= {BlockKind.FOOTNOTE, BlockKind.COMMENT}:
        yield view.note.place, "this note holds footnotes only, and its card is empty; remove the heading above them"
    elif _shows_nothing(view, view.note.answer):
        yield view.note.place, "this note has no answer; write it between the question and the first `###`"


@note_rule(Severity.ERROR)
def check_empty_section(view: NoteView) -> Iterator[Finding]:
    """A section has a heading and something under it.

    Bad:  ### Details … (nothing)
    Good: ### Details … text
    """
    for section in view.note.sections:
        if view.is_blank(section.heading):
            yield section.heading.start, "this section has no heading; write it after the `###`"
        if view.is_blank(section.body):
            yield section.heading.start, "this section is empty; fill it, or remove its heading"


@card_rule(Style.PLAIN)
def check_indented_question(view: NoteView) -> Iterator[Finding]:
    """A question begins at the margin: four columns in, it is code in the answer of the note above.

    Bad:  "    ## Why?"
    Good: "## Why?"
    """
    may_be_one = "    #" in view.text or "\t#" in view.text
    for block in view.blocks(BlockKind.CODE) if may_be_one and INDENTED_QUESTION.search(view.text) else ():
        if not block.mark and INDENTED_QUESTION.match(block.text) and "{#" not in block.text:
            at = view.source.text.index("#", block.start)
            yield at, "this is code, as it is indented; write a question at the margin, and code into a fence"


def _shows_nothing(view: NoteView, passage: Passage) -> bool:
    if PieceKind.TAG not in view.kinds:
        return view.is_blank(passage)
    shows_tag = any(piece.text in ("img", "audio", "video") for piece in passage.of(PieceKind.TAG))
    return passage.is_blank or not (shows_tag or passage.outside(PieceKind.COMMENT, PieceKind.TAG).strip())
