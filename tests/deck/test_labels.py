"""The words on cards: every language has all of them, and a language tag finds its own."""

from __future__ import annotations

import pytest

from deckwright.deck.labels import LABELS, labels


@pytest.mark.parametrize("language", LABELS)
def test_every_language_has_every_label(language: str) -> None:
    assert LABELS[language].keys() == LABELS["en"].keys()
    assert all(LABELS[language].values())


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zh-Hans-SG", "zh"),
        ("zh-TW", "zh-hant"),
        ("zh-HK", "zh-hant"),
        ("zh-Hant", "zh-hant"),
        ("zh-Hant-TW", "zh-hant"),
        ("en-GB", "en"),
        ("tlh", "en"),
    ],
)
def test_a_language_tag_finds_its_labels(tag: str, language: str) -> None:
    assert labels(tag) is LABELS[language]
