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


def test_a_six_column_table_and_bad_tex_are_reported(tmp_path: Path) -> None:
    """What a style sheet cannot mend is found before it becomes a card."""
    text = NOTES["table"][1] + "\n## 坏 {#bad}\n\n$\\frac{a}{$ 和 $\\undefined$。\n"
    deck = write_deck(tmp_path / "deck", a_md=text)
    rules = {problem.rule for problem in check(deck, datetime.date(2026, 11, 22))}
    assert {"wide-table", "bad-tex", "unknown-macro"} <= rules
