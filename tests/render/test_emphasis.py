"""Emphasis is paired as CommonMark says, and beside Chinese as its readers expect."""

from __future__ import annotations

import html
import random
import re

import pytest
from markdown_it import MarkdownIt

from deckwright.grammar.note import SourceFile
from deckwright.render.leaves import Leaves
from deckwright.render.pieces import PieceRenderer

SIGNS = ["*", "**", "***", "_", "__", "a", "b", " ", ".", "(", ")"]
NOT_LEFT_TO_EMPHASIS = ["\\*", "\\_", "\\\\", "\\.", "&amp;", "&nbsp;", "&copy;", "  \n", "\\\n", "\n"]


def emphasized(text: str) -> str:
    leaves = Leaves(PieceRenderer(SourceFile("", ""), {}, {}, is_cloze=False))
    return leaves.html(text).replace("<span></span>", "")  # which keeps Anki from reading `\\(`


def by_reference(text: str) -> str:
    """As markdown-it-py renders it, with line breaks as a browser shows them."""
    return re.sub(r" *\n *", " ", MarkdownIt("commonmark").renderInline(text).replace("<br />\n", "<br />"))


def random_texts(count: int, signs: list[str]) -> list[str]:
    chance = random.Random(3)
    texts = ("".join(chance.choices(signs, k=chance.randint(2, 14))) for _ in range(count))
    lines = ("\n".join(line.lstrip() for line in text.strip().split("\n") if line.strip()) for text in texts)
    return [text for text in lines if text]


def test_random_texts_are_emphasized_as_by_the_reference() -> None:
    texts = random_texts(5000, SIGNS)
    assert [text for text in texts if emphasized(text) != by_reference(text)] == []


def test_beside_escapes_references_and_line_breaks_too() -> None:
    texts = random_texts(5000, [*SIGNS, *NOT_LEFT_TO_EMPHASIS])
    assert [text for text in texts if html.unescape(emphasized(text)) != html.unescape(by_reference(text))] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**重点：**后面", "<strong>重点：</strong>后面"),
        ("**重点：*强调*。**后面", "<strong>重点：<em>强调</em>。</strong>后面"),
        ("他说**“你好”**就走", "他说<strong>“你好”</strong>就走"),
        ("x==y 和 a == b", "x==y 和 a == b"),
        ("result==0 or k==1", "result==0 or k==1"),
        ("一==二==三", "一<mark>二</mark>三"),
        ("~~旧~~新 ~5~", "<del>旧</del>新 ~5~"),
        (
            "(==重要==) [==x==] ==wow==! x==高亮==y",
            "(<mark>重要</mark>) [<mark>x</mark>] <mark>wow</mark>! x<mark>高亮</mark>y",
        ),
        ("f(a)==g(b)==c !==d== e", "f(a)==g(b)==c !==d== e"),
        ("==S==evere, un==happy==.", "<mark>S</mark>evere, un<mark>happy</mark>."),
        ("==**S**==mooth *==M==uscle*", "<mark><strong>S</strong></mark>mooth <em><mark>M</mark>uscle</em>"),
        ("a==b==c x ==y z==w", "a==b==c x ==y z==w"),
        ("snake_case_name _x_", "snake_case_name <em>x</em>"),
    ],
)
def test_emphasis(text: str, expected: str) -> None:
    assert emphasized(text) == expected
