"""Judging in parts: pages one by one, the deck from summaries, and what is alike found without comparing all."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckwright.check import (
    check_page,
    check_whole_deck,
    find_similar_notes,
    similarity_key,
    summarize_note,
    summarize_page,
)
from deckwright.check.drafts import draft_names
from deckwright.check.similarity import bare
from deckwright.check.summaries import NoteSummary
from deckwright.check.tex import tex_faults
from deckwright.deck.folder import Deck
from deckwright.deck.rule_choices import RuleChoices, Style
from deckwright.deck.settings import Settings
from deckwright.grammar import parse_source
from deckwright.grammar.note import SourceFile
from deckwright.pipeline.build import check, parse_deck
from deckwright.problems import Place, Problem
from tests.check.test_bad import CASES, TODAY, read_case
from tests.decks import check_deck, write_deck, write_files

CARDS = Path(__file__).parents[2] / "cards"


def deck_of(*texts: str) -> Deck:
    pages = tuple(parse_source(SourceFile(f"{number}.md", text)) for number, text in enumerate(texts))
    return Deck(Path(), Settings("D", "d", rules=RuleChoices(Style.SPOKEN)), {}, False, "", (), TODAY, pages=pages)


def note(question: str, answer: str = "", *allowed: str) -> NoteSummary:
    return NoteSummary("", Place("a.md"), Place("a.md"), 0, question, answer, allowed=frozenset(allowed))


def judged_in_parts(deck: Deck) -> set[Problem]:
    """Every problem, each page and the summaries judged while the deck's own pages are out of reach."""
    alone = replace(deck, pages=())
    rows = [(note.source.path, json.dumps(summarize_note(note).to_row())) for note in deck.notes]
    summaries = [NoteSummary.from_row(path, json.loads(row)) for path, row in rows]
    drafts = [name for page in deck.pages for name in draft_names(page)]
    similar_notes = find_similar_notes(summaries, deck.settings.limits.similarity)
    found = check_whole_deck(
        [summarize_page(summaries, drafts)], summaries, [page.source.path for page in deck.pages], alone, similar_notes
    )
    return {*found, *(problem for page in deck.pages for problem in check_page(page, alone))}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_deck_judged_in_parts_has_the_same_problems(path: Path, tmp_path: Path) -> None:
    deck = parse_deck(write_files(tmp_path / "deck", read_case(path)[0]), TODAY)
    assert judged_in_parts(deck) == set(check_deck(deck))


def test_a_page_is_judged_without_the_others() -> None:
    one, two = "## One? {#a}\n\n[x](#b) [y](#c) [z](z.md)\n", "## Two? {#b}\n\nYes.\n\n## Three? {#b}\n\nNo.\n"
    deck = deck_of(one, two)
    assert [p.rule for p in check_page(deck.pages[0], deck)] == ["unknown-link"]
    assert check_page(deck.pages[1], deck) == []
    assert Counter(p.rule for p in check_deck(deck)) == {"unknown-link": 2, "duplicate-id": 1}


def test_a_summary_holds_what_is_needed_later() -> None:
    heading = "## Why  *not*? {#a alias=b,c allow=long-answer}"
    answer = "The dot product. [x](#b) <a href='#d'>y</a> [z](z.md)"
    (found,) = (summarize_note(note) for note in deck_of(f"{heading}\n\n{answer}\n").notes)
    alias = Place("0.md", 1, heading.index("alias") + 1)
    assert found == NoteSummary(
        id="a",
        place=Place("0.md", 1, 4),
        id_place=Place("0.md", 1, heading.index("#a") + 1),
        insert_at=heading.index("{"),
        question="Why not?",
        answer="thedotproductxyz",
        aliases=(("b", alias), ("c", alias)),
        links=tuple((name, Place("0.md", 3, answer.index(f"#{name}") + 1)) for name in "bd"),
        allowed=frozenset({"long-answer"}),
    )


def test_a_summary_without_id_question_and_answer() -> None:
    (found,) = (summarize_note(note) for note in deck_of("##\n\n" + "long " * 12).notes)
    assert (found.id, found.id_place, found.question, found.answer, found.is_blank) == ("", found.place, "", "", True)


def test_summaries_come_back_from_their_rows() -> None:
    deck = parse_deck(CARDS, datetime.date(2026, 11, 22))
    odd = deck_of("##\n\nx", "## <!-- c --> {alias=a allow=b,c}\n\n[x](#y)", "## ![a](b.png)\n")
    summaries = [summarize_note(note) for note in (*deck.notes, *odd.notes)]
    assert any(o.links for o in summaries)
    assert any(o.aliases and o.allowed and o.is_blank for o in summaries)
    for found in summaries:
        assert NoteSummary.from_row(found.place.path, json.loads(json.dumps(found.to_row()))) == found
        assert found.place.path not in found.to_row()


# Likenesses


def similarity(one: str, two: str) -> float:
    """The Dice coefficient of the pairs of letters, as its definition has it."""
    bags = [Counter(map("".join, pairwise(bare(text)))) or Counter([bare(text)]) for text in (one, two)]
    return 2 * (bags[0] & bags[1]).total() / (bags[0].total() + bags[1].total())


def expected_duplicates(questions: list[str], least: float) -> list[tuple[int, int, float]]:
    found = []
    for later, question in enumerate(questions):
        alike = [(similarity(questions[earlier], question), -earlier) for earlier in range(later)]
        best, earlier = max(alike, default=(0.0, 0))
        if best >= least:
            found.append((-earlier, later, best))
    return found


QUESTIONS = st.one_of(
    st.text(alphabet="ab", min_size=1, max_size=12),
    st.text(alphabet="abcdefgh", min_size=1, max_size=30),
    st.lists(st.sampled_from(["为什么", "注意力", "除以", "根号", "what", "does", "LoRA", "train", "𝔘", "1"])).map(
        "".join
    ),
).filter(bare)


@given(st.lists(QUESTIONS, max_size=12), st.sampled_from([0.3, 0.5, 0.6, 0.75, 0.8, 0.9, 1.0]))
def test_duplicates_are_those_that_comparing_all_finds(questions: list[str], least: float) -> None:
    found = find_similar_notes([note(question) for question in questions], least)
    assert found.duplicates == expected_duplicates(questions, least)


def test_duplicates_in_many_questions() -> None:
    questions = [
        f"{first}{second}{first}如何影响{third}" for first in "甲乙丙丁" for second in "子丑寅" for third in "东西南北"
    ]
    found = find_similar_notes([note(question) for question in questions], 0.7)
    assert found.duplicates == expected_duplicates(questions, 0.7)


def test_what_is_allowed_or_without_letters_is_no_duplicate_nor_is_any_where_the_limit_is_zero() -> None:
    notes = [note("same"), note("?!"), note("?!"), note("same", "", "near-duplicate"), note("Same?")]
    assert find_similar_notes(notes, 0.8).duplicates == [(0, 4, 1.0)]
    assert find_similar_notes(notes, 0.0).duplicates == []


def test_ten_thousand_questions_from_one_template() -> None:
    """All are alike; most are found, without comparing each with each."""
    questions = [note(f"Which number follows the number {n} in the list of numbers?") for n in range(10_000)]
    found = find_similar_notes(questions, 0.8).duplicates
    assert len(found) > 9_000
    assert all(earlier < later and value >= 0.8 for earlier, later, value in found)


@given(st.lists(st.tuples(st.text("ab", max_size=9), st.text("ab", min_size=2, max_size=4)), max_size=8))
def test_answers_given_away_are_those_that_trying_all_finds(texts: list[tuple[str, str]]) -> None:
    owners = {answer: n for n, (_, answer) in reversed([*enumerate(texts)])}
    expected = {
        (asking, owner)
        for asking, (question, _) in enumerate(texts)
        for answer, owner in owners.items()
        if answer in question and owner != asking
    }
    found = find_similar_notes([note(question, answer) for question, answer in texts], 0.8).given_away
    assert (set(found), len(found)) == (expected, len(expected))


def test_an_answer_that_may_be_given_away() -> None:
    notes = [note("Why?", "dimension", "answer-given-away"), note("Which dimension?"), note("x", "dimension")]
    assert find_similar_notes(notes, 0.8).given_away == [(1, 2)]


def test_the_key_of_similar_notes_changes_with_what_they_depend_on() -> None:
    def key(*pages: list[NoteSummary], least: float = 0.8) -> str:
        return similarity_key([summarize_page(page) for page in pages], least)

    notes = [note("One?", "first"), note("Two?")]
    others = [
        [note("One?", "first")],
        [note("Two?"), note("One?", "first")],
        [note("One!", "first"), note("Two?")],
        [note("One?", "second"), note("Two?")],
        [note("One?", "first", "near-duplicate"), note("Two?")],
        [note("One?", "first", "answer-given-away"), note("Two?")],
    ]
    keys = {key(notes), key(notes, least=0.7), key(notes[:1], notes[1:]), *map(key, others)}
    assert len(keys) == 9
    assert key([notes[0]._replace(id="x", allowed=frozenset({"long-back"})), notes[1]]) in keys


# TeX and tables that once took quadratic time or too many calls


@pytest.mark.parametrize("open_", ["\\left(", "\\begin{aligned}", "{"])
def test_a_formula_that_opens_thousands(open_: str) -> None:
    faults = tex_faults("{" + open_ * 3000 + "}" * 3000)
    assert faults[-1][1].startswith(("this `}` closes nothing", "`{` is never closed"))


def test_a_table_with_a_second_divider_is_one_table() -> None:
    table = "| a | b | c | d | e |\n|---|---|---|---|---|\n" + "|---|---|---|---|---|\n" * 5
    found = [p for p in check_deck(deck_of(f"## Q? {{#q}}\n\nA.\n\n### More\n\n{table}")) if p.rule == "wide-table"]
    assert [(p.place.line, p.message[:9]) for p in found] == [(7, "5 columns")]


def test_the_month_may_have_begun_in_another_time_zone(tmp_path: Path) -> None:
    """On the first of a month in China it is still the last one of another by UTC."""
    deck = write_deck(tmp_path / "deck", a_md="## A {#a asof=2026-12}\n\nA.\n")

    def told(day: int) -> bool:
        return any(problem.rule == "bad-asof" for problem in check(deck, datetime.date(2026, 11, day)))

    assert told(29)
    assert not told(30)
