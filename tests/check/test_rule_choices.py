"""Which rules a deck has: by its style, by its own choice, by folder; and the deck's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckwright.check import RULES, severity_in
from deckwright.check.styles import severities
from deckwright.check.terms import found_terms
from deckwright.deck.rule_choices import RuleChoice, RuleChoices, Style
from deckwright.deck.settings import default_limits, read_settings
from deckwright.pipeline.build import check
from deckwright.problems import Problem, Severity
from tests.check.test_bad import TODAY
from tests.decks import PLAIN, write_files

BROKEN = {  # by nearly every rule for cards
    "a.md": "## 介绍一下 one? Two? {#one}\n\n- a\n- b\n- c\n- d\n- e\n- f\n\n![](a.svg)\n\n"
    "| a | b | c | d | e |\n|-|-|-|-|-|\n"
    "| 1 | 2 | 3 | 4 | 5 |\n\n## 介绍一下 one? Two. {#two asof=2020-01}\n\nVIP\n",
    "a.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 9"><text font-size="4">a</text></svg>',
    "sources.toml": "",
}


def found(root: Path, rules: str) -> set[tuple[str, str]]:
    settings = f'name = "Test"\nid = "test-7k2m4q"\nlanguage = "zh"\n[rules]\n{rules}'
    problems = check(write_files(root, {**BROKEN, "deck.toml": settings}), TODAY)
    return {(problem.severity.value, problem.rule) for problem in problems}


def test_a_plain_deck_hears_only_of_what_is_lost_or_shown_wrong(tmp_path: Path) -> None:
    assert found(tmp_path, "") == set()


def test_a_style_has_the_rules_of_those_before_it(tmp_path: Path) -> None:
    advice = found(tmp_path, 'style = "flashcards"\n')
    spoken = found(tmp_path, 'style = "spoken"\n')
    assert {severity for severity, _ in advice} == {"note"}
    assert {severity for severity, _ in spoken} == {"warning"}
    assert {rule for _, rule in advice} < {rule for _, rule in spoken}
    assert len(advice) >= 6


def test_only_warnings_depend_on_the_style() -> None:
    for rule in RULES.values():
        if rule.style is not Style.PLAIN:
            assert rule.severity is Severity.WARNING, rule.id
        if rule.severity is Severity.ERROR:
            assert all(severity_in(style, rule) is Severity.ERROR for style in Style)


def test_inner_folders_come_after_outer_ones() -> None:
    rules = RuleChoices(
        Style.SPOKEN,
        (
            RuleChoice("", "long-list", None),
            RuleChoice("a", "long-list", Severity.ERROR),
            RuleChoice("a/b", "long-list", None),
        ),
    )
    assert [severities(rules, folder)["long-list"] for folder in ("", "ab", "a", "a/c", "a/b", "a/b/c")] == [
        *(None, None, Severity.ERROR, Severity.ERROR, None, None)
    ]


def test_the_order_in_the_file_does_not_matter(tmp_path: Path) -> None:
    rules = '[rules."a/b"]\nlong-list = "off"\n[rules.a]\nlong-list = "error"\n'
    problems: list[Problem] = []
    settings = read_settings(write_files(tmp_path, {"deck.toml": PLAIN + rules}), problems)
    assert [choice.folder for choice in settings.rules.own] == ["a", "a/b"]
    assert problems == []


def test_letters_say_less_than_characters() -> None:
    assert default_limits("zh-TW") == default_limits("ja")
    assert default_limits("es").answer > 2 * default_limits("zh").answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pad padding unpad", [(0, "pad")]),
        ("特殊标记 标记", [(5, "标记")]),
        ("标记标记", [(0, "标记"), (2, "标记")]),
        ("底座模型底座", [(0, "底座模型"), (4, "底座")]),
        ("", []),
    ],
)
def test_a_wrong_word_is_found_unless_it_is_in_a_right_one(text: str, expected: list[tuple[int, str]]) -> None:
    terms = {"pad": "padding", "标记": "特殊标记", "底座": "基座", "底座模型": "基座模型"}
    assert list(found_terms(text, terms)) == expected
