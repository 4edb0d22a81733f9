"""Emphasis is paired as CommonMark says, and beside Chinese as its readers expect."""

from __future__ import annotations

import random

import pytest
from markdown_it import MarkdownIt

from deckwright.render.leaves import emphasized
from deckwright.render.markdown import convert_leaves

SIGNS = ["*", "**", "***", "_", "__", "a", "b", " ", ".", "(", ")"]


def random_texts(count: int, signs: list[str]) -> list[str]:
    chance = random.Random(3)
    texts = ("".join(chance.choices(signs, k=chance.randint(2, 14))).strip() for _ in range(count))
    return [text for text in texts if text]


def test_random_texts_are_emphasized_as_by_the_reference() -> None:
    reference = MarkdownIt("commonmark")
    texts = random_texts(5000, SIGNS)
    assert [text for text in texts if emphasized(text) != reference.renderInline(text)] == []


def test_with_and_without_python_markdown_emphasis_is_the_same() -> None:
    texts = random_texts(3000, [*SIGNS, "==", "~~", "~", "中", "，"])
    assert convert_leaves(texts) == [emphasized(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**重点：**后面", "<strong>重点：</strong>后面"),
        ("**重点：*强调*。**后面", "<strong>重点：<em>强调</em>。</strong>后面"),
        ("他说**“你好”**就走", "他说<strong>“你好”</strong>就走"),
        ("x==y 和 a == b", "x==y 和 a == b"),
        ("result==0 or k==1", "result==0 or k==1"),
        ("一==二==三", "一<mark>二</mark>三"),
        ("~~旧~~新 ~5~", "<del>旧</del>新 ~5~"),
        ("snake_case_name _x_", "snake_case_name <em>x</em>"),
    ],
)
def test_emphasis(text: str, html: str) -> None:
    assert emphasized(text) == html
