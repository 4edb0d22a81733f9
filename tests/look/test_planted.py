"""Notes planted to break a card's look: each is handled by the style sheet, or reported before it becomes a card."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from deckwright.pipeline.build import check
from tests.decks import write_deck
from tests.look.gallery import Card, Gallery, cards_of
from tests.look.shells import SHELLS, Shell
from tests.look.test_look import faults

WIDE_TABLE = (
    "| " + " | ".join(f"第{n}列的名字" for n in range(1, 7)) + " |\n" + "|---" * 6 + "|\n" + "| 一格里的文字 " * 6 + "|"
)
LONG_LINE = "x = [" + ", ".join(str(n) for n in range(10_000, 10_017)) + "]  # the end"
LONG_QUESTION = "在只有一张消费级显卡的情况下微调一个很大的语言模型，" * 3 + "该怎么办？"
LONG_FORMULA = "$$\n" + " + ".join(rf"\frac{{x_{{{n}}}^2}}{{\sqrt{{d_{{{n}}}}}}}" for n in range(24)) + "\n$$"
NOTES = {
    "table": ("table", f"## 表 {{#table}}\n\n一。\n\n### 详解\n\n{WIDE_TABLE}\n"),
    "code": ("pre", f"## 码 {{#code}}\n\n一。\n\n### 详解\n\n```python\n{LONG_LINE}\n```\n"),
    "formula": ("mjx-container[display]", f"## 式 {{#formula}}\n\n一。\n\n### 详解\n\n{LONG_FORMULA}\n"),
}
"""What must scroll in a box of its own, by the note that holds it."""
OTHERS = (
    f"## {LONG_QUESTION} {{#question}}\n\n一。\n\n### 详解\n\n" + "很长的正文。\n\n" * 60,
    f"## 词 {{#word}}\n\n{'pneumono' * 20}，`{'snake_case_' * 12}`，<https://example.org/{'path/' * 40}>。\n",
    f"## 行内 {{#inline}}\n\n长 ${'+'.join('abcdefghij' * 6)}$。\n",
)
WIDE_DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400"><rect width="800" height="400"/></svg>'
SIZES = {
    "![a](wide.svg)": (300, 150),
    "![a](wide.svg){width=100}": (100, 50),
    "![a|x80](wide.svg)": (160, 80),
    "![a](wide.svg =100x60)": (100, 50),
    "A label: ![a](wide.svg){width=200}": (200, 100),
    "A label: ![a](wide.svg)": (300, 150),
    "Press ![a](wide.svg){width=200} twice": (200, 100),
    "Press ![a](wide.svg) twice": (136, 68),
}
"""A drawing twice as wide as high → the width and height it has where 300 pixels are free, in text of 17 pixels."""


@pytest.fixture(scope="module")
def planted(gallery: Gallery, tmp_path_factory: pytest.TempPathFactory) -> list[Card]:
    folder = tmp_path_factory.mktemp("planted")
    settings = 'name = "Planted"\nid = "planted"\nlanguage = "zh-CN"\n'
    notes = "\n".join([*(text for _, text in NOTES.values()), *OTHERS])
    deck = write_deck(folder / "source", deck_toml=settings, a_md=notes)
    assert len(LONG_LINE) >= 120
    return cards_of(deck, folder / "built", gallery.media)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.name)
def test_planted_cards_stay_inside_the_screen(shell: Shell, gallery: Gallery, planted: list[Card]) -> None:
    for width in shell.widths:
        seen, log = gallery.look(shell, width, planted)
        assert log + [fault for one in seen for fault in faults(one, width)] == []


@pytest.mark.parametrize("name", NOTES)
def test_what_is_wide_scrolls_in_its_own_box(name: str, gallery: Gallery, planted: list[Card]) -> None:
    page = gallery.open(SHELLS[0], 360, [])
    card = next(card for card in planted if card.name == f"{name}/0")
    page.evaluate("card => show(card, 'back')", card.__dict__)
    box = ".table" if name == "table" else NOTES[name][0]
    scrolled = page.evaluate(
        "box => { const e = document.querySelector(box); e.scrollLeft = 1e5; return [e.scrollLeft, e.clientWidth] }",
        box,
    )
    page.context.close()
    assert scrolled[0] > 20
    assert scrolled[1] < 360


def test_a_picture_is_as_large_as_its_author_says(gallery: Gallery, tmp_path: Path) -> None:
    notes = "".join(f"## Q{number} {{#q{number}}}\n\n{text}\n\n" for number, text in enumerate(SIZES))
    deck = write_deck(tmp_path / "source", deck_toml='name = "P"\nid = "p"\n', a_md=notes)
    (deck / "wide.svg").write_text(WIDE_DRAWING, encoding="utf-8")
    page = gallery.open(SHELLS[0], 360, [])
    cards = {card.name: card for card in cards_of(deck, tmp_path / "built", gallery.media)}
    sizes = []
    for number in range(len(SIZES)):
        page.evaluate("card => show(card, 'back')", cards[f"q{number}/0"].__dict__)
        page.add_style_tag(content=".card { font-size: 17px !important } p { width: 300px }")
        page.wait_for_function("document.querySelector('#qa img').complete")
        sizes.append(tuple(page.evaluate("(e => [e.clientWidth, e.clientHeight])(document.querySelector('#qa img'))")))
    page.context.close()
    assert sizes == list(SIZES.values())


def test_a_six_column_table_and_bad_tex_are_reported(tmp_path: Path) -> None:
    """What a style sheet cannot mend is found before it becomes a card."""
    text = NOTES["table"][1] + "\n## 坏 {#bad}\n\n$\\frac{a}{$ 和 $\\undefined$。\n"
    deck = write_deck(tmp_path / "deck", a_md=text)
    rules = {problem.rule for problem in check(deck, datetime.date(2026, 11, 22))}
    assert {"wide-table", "bad-tex", "unknown-macro"} <= rules
