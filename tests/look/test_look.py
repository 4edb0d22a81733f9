"""Every side of every card in every shell: nothing wider than the screen, nothing raw, broken or hard to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.look.gallery import Card, Gallery, Seen, cards_of, webkit_is_installed
from tests.look.shells import SHELLS, Shell

FLOOR = 5.5
"""The lowest contrast of text and what is behind it (4.5 is what WCAG AA asks for)."""
WORST = ("over", "raw", "refused", "broken", "unnamed")


def faults(seen: Seen, width: int) -> list[str]:
    """What is wrong with one side of one card."""
    found = [f"{name} {getattr(seen, name)}" for name in WORST if getattr(seen, name)]
    if seen.contrast["value"] < FLOOR:
        found.append(f"contrast {seen.contrast['value']:.2f} of {seen.contrast['where']}")
    if not seen.visible:
        found.append("the question is out of sight beside the answer")
    if any(after - before > 1 for before, after in zip(seen.headings, seen.headings[1:], strict=False)):
        found.append(f"headings skip a level: {seen.headings}")
    return [f"{seen.card} {seen.side} {seen.mode} at {width}: {fault}" for fault in found]


def shown(seen: Seen) -> tuple[str, str, str, int, str]:
    """What a learner would notice of one side of one card."""
    return seen.card, seen.side, seen.mode, seen.height, seen.text


def figures(shell: Shell, mode: str, seen: list[Seen]) -> str:
    """One line of the table of figures."""
    mine = [one for one in seen if one.mode == mode]
    wide = sum(one.over > 0 for one in mine)
    scrolling = sorted({one.card for one in mine if one.inner > 0})
    low = min(mine, key=lambda one: one.contrast["value"]).contrast
    return (
        f"{shell.name:14} {mode:6} {len({one.card for one in mine})} cards, {len(mine)} looks: {wide} too wide, "
        f"{sum(one.raw for one in mine)} raw and {sum(map(len, (one.refused for one in mine)))} refused formulas, "
        f"{sum(map(len, (one.broken for one in mine)))} broken pictures, "
        f"lowest contrast {low['value']:.2f} ({low['where']})"
        f", scroll as a whole: {', '.join(scrolling) or 'none'}"
    )


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.name)
def test_every_card(shell: Shell, gallery: Gallery, cards: list[Card], record_property: Any) -> None:
    seen: list[Seen] = []
    found: list[str] = []
    for width in shell.widths:
        at_width, log = gallery.look(shell, width, cards)
        found += log + [fault for one in at_width for fault in faults(one, width)]
        seen += at_width
    for mode in ("light", "night"):
        record_property("look", figures(shell, mode, seen))
    assert len(seen) == len(cards) * 4 * len(shell.widths)
    assert found == []


@pytest.mark.skipif(not webkit_is_installed(), reason="no WebKitGTK for the system's Python on this machine")
def test_every_card_in_webkit(gallery: Gallery, cards: list[Card], record_property: Any) -> None:
    seen = gallery.look_in_webkit(SHELLS[2], 390, cards)
    for mode in ("light", "night"):
        record_property("look", figures(SHELLS[2], mode, seen).replace(SHELLS[2].name, "WebKit (iOS)", 1))
    assert len(seen) == len(cards) * 4
    assert [fault for one in seen for fault in faults(one, 390)] == []


def test_a_note_saved_in_ankidroids_editor_looks_the_same(
    gallery: Gallery, cards: list[Card], tmp_path: Path, record_property: Any
) -> None:
    edited = cards_of(Path(__file__).parents[2] / "cards", tmp_path, gallery.media, edited=True)
    before, _ = gallery.look(SHELLS[0], 390, cards[: len(edited)])
    after, _ = gallery.look(SHELLS[0], 390, edited)
    assert sum("<br>" in card.back for card in edited) > 0, "no note holds a line break, so nothing was tried"
    differ = [one.card for one, saved in zip(before, after, strict=True) if shown(one) != shown(saved)]
    assert differ == []
    record_property("look", f"AnkiDroid's editor: {len(edited)} cards opened and saved, all look the same")
