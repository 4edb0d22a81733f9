"""The quick road beside Python-Markdown: the same fields as without it, whatever a note holds."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.corpus import write_corpus
from deckwright.render import Renderer
from deckwright.render.quick import quick_html, quick_passages, reaches_far
from tests.render.test_rendering import CITATIONS, SETTINGS, Unhurried, differences, golden_texts, texts_of_the_deck

SIMPLE = [
    "plain text with a_name, k = 3, 10~20 and -> more",
    "two\nlines of 中文\n字",
    "**strong** and *emphasis* and ~~deleted~~，字**粗**字",
    "[a link](https://x.example/a_b*c) in **text**",
    "- one\n- two\n  lazy\n    - nested\n        - deeper\n- three",
    "- loose\n\n- items\n- and a tight one\n\n- last",
    "3. three\n4. four\n    - nested\n5. five",
    "- a\n\n1. another list\n\n\n\ntext",
    "head\n- a list under it",
    "| a | b | c |\n|:--|:-:|--:|\n| **x** | `y` |\n| 1 | 2 | 3 | 4 |",
    "`code` and $x$: [@a]。",
    "text\n\n```py\nx = 1\n```\n\n$$\nx\n$$",
    "3. [x] done\n4. [ ]  open\n    - [X] nested\n\n- [x] loose\n\n- no task",
    "arr[0] & [MASK]，1\\. \\*&lt;b，a|b",
    "~ and ~a~ and a~b~~c~~d",
    "- a\n    - b\n\n- [x] c\n    lazy",
]


@pytest.fixture(scope="module")
def unhurried() -> Renderer:
    return Unhurried(SETTINGS, CITATIONS)


@pytest.mark.parametrize("text", SIMPLE)
def test_simple_text_needs_no_python_markdown(text: str, unhurried: Renderer) -> None:
    renderer = Renderer(SETTINGS, CITATIONS)
    document = f"## Is **this** `x`? {{#q}}\n\n{text}\n\n### *Why*\n\n{text}\n"
    assert not differences(document, renderer, unhurried)
    assert "converter" not in vars(renderer)


def test_footnotes_used_once_need_no_python_markdown(unhurried: Renderer) -> None:
    renderer = Renderer(SETTINGS, CITATIONS)
    document = (
        "## Q[^q]? {#q}\n\n- a[^1]\n\n[^2]: *two*\n[^1]: one\n\n- b\n\n### More\n\n|[^2]|\n|-|\n|x|\n\n[^q]: `q`\n"
    )
    assert not differences(document, renderer, unhurried)
    assert "converter" not in vars(renderer)


TRICKY = [
    "a[^1] b[^1]\n\n[^1]: twice",
    "a[^1]\n\n[^1]: one\n\n[^1]: another",
    "a\n\n[^1]: unused",
    "a[^1]\n\n[^1]: lazy\nline",
    "a[^1]\n\n[^1]: [x] task",
    "a[^1]\n\n[^1]: - [^2]: inside another",
    "- [x] \n- b",
    "- [x] \nlazy",
    "a~~~b~~~",
    "a &",
    "a\n\n### More &\n\nb",
    "a  \nbroken line",
    "- \n- b",
    "1.\n2. b",
    "a[^1]\n\n### More\n\n///Footnotes Go Here///\n\n### Next\n\n[^1]: b",
    "a\n\n### More\n\n<div>\n\n### Next\n\n**b**",
    "a\n\n### More\n\n: b\n\n### Next\n\nc",
    "[a]\n\n### More\n\n[b](c)\n\n[a]: d",
    "- a\n\n      b",
    "| ` | `` |\n|---|---|\n| a | b |",
    "".join("  " * depth + "- x\n" for depth in range(20)),
]


@pytest.mark.parametrize("text", TRICKY)
def test_what_is_not_simple_is_left_to_python_markdown(text: str, unhurried: Renderer) -> None:
    renderer = Renderer(SETTINGS, CITATIONS)
    assert not differences(f"## Q {{#q}}\n\n{text}\n", renderer, unhurried)
    assert "converter" in vars(renderer)


def test_it_leads_where_python_markdown_does_in_real_and_generated_decks(unhurried: Renderer, tmp_path: Path) -> None:
    write_corpus(tmp_path / "deck", notes=600, subdecks=2)
    generated = [path.read_text(encoding="utf-8") for path in (tmp_path / "deck").rglob("*.md")]
    renderer = Renderer(SETTINGS, CITATIONS)
    for document in [*texts_of_the_deck(), *golden_texts(), *generated]:
        assert not differences(document, renderer, unhurried)


PLAIN = [
    *(
        "文字",
        "a b",
        "中，",
        "**粗**",
        "*斜*",
        "~~删~~",
        "~~“删~~",
        "~~删”~~",
        "[t](u)",
        "[t](#q)",
        "`c`",
        "$x$",
        "a_b",
        "_u_",
        "k=3",
        " ",
    ),
    *("（hint：提）", "->", "[@a]", "10~20", "?", "~", "!", "**x $y$**", "*x*y", "**a*b*c**"),
    *("arr[0]", "[x]", "R & D", "&amp;", "&lt;b", "&，", "\\*", "\\_", "1\\. ", "\\~~", "a|b", "[^1]", "[x] "),
]
SIGNS = [
    *(
        "_",
        "==",
        "=",
        "~~",
        "*",
        "**",
        "***",
        '[t](u "v")',
        "[r]",
        "[r][r]",
        "[^1]",
        "[x] ",
        "[ ] ",
        "![i](p.png)",
        "![r]",
    ),
    *(
        "&amp;",
        "&",
        "&#65 ",
        "<b>",
        "</b>",
        "<br>",
        "<div>",
        "<",
        ">",
        "\\*",
        "\\",
        "|",
        "``",
        "`",
        "  \n",
        "\n",
        "    ",
    ),
    *(
        "\t",
        "\u3000",
        "\xa0",
        "- ",
        "1. ",
        "1.",
        "# ",
        ":",
        ": ",
        "> ",
        "---",
        "１. ",
        "{{c1::d}}",
        "\x02",
        "\x1f",
        "](",
        "[",
    ),
    *(
        "]",
        "[^1]: n",
        "[r]: http://r",
        "///Footnotes Go Here///",
        "\\(y\\)",
        "\r",
        "“",
        "**“q”**字",
        "½",
        "①",
        "==m==",
        "!!!",
    ),
]
TAME = [
    *("文字", "a b", "中，", "**粗**", "*斜*，", "~~删~~", "[t](u)", "`c`", "$x$", "a_b", "k", "[x]，"),
    *("R & D", "&lt;b", "\\*", "1\\. ", "[@a]", "（hint：提）", "**x $y$**"),
]
NAMES = ["1", "2", "a-b", "注"]
MARKERS = ["- ", "* ", "+ ", "1. ", "2. ", "3) ", "- [x] ", "- [ ] ", "-   ", "-\t"]
BLOCKS = [
    *("```py\nx = 1\n```", "$$\nE\n$$", "> q", "#### h", "[^1]: n\n    m", "[r]: u", "---", "term\n: def", ": def"),
    *("!!! note\n    x", "<div>", "<div>x</div>", "![i](p.png)", "    code", "***"),
]


class Writer(random.Random):
    """Writes notes at random: mostly what the quick road takes, now and then anything."""

    tame = False

    def text(self) -> str:
        if self.tame:
            return self.choice(["", "", "[x] ", "[ ] "]) + "字" + "".join(self.choices(TAME, k=self.randint(0, 4)))
        pool = PLAIN if self.random() < 0.9 else PLAIN + SIGNS
        return "".join(self.choices(pool, k=self.randint(1, 6)))

    def list(self) -> str:
        """Nested, lazy, loose, tight; with markers and indentation that go wrong at times."""
        lines, depth = [], -1 if self.tame else 0
        usual, indent = self.choice(MARKERS[:5]), self.choice(["  ", "  ", "   ", "    "])
        for _ in range(self.randint(1, 6)):
            depth = min(max(depth + self.choice([-2, -1, 0, 0, 1, 1, 1 if self.tame else 2]), 0), 4)
            marker = usual if self.tame or self.random() < 0.85 else self.choice(MARKERS)
            lines.append(indent * depth + marker + self.text())
            if self.random() < (0.1 if self.tame else 0.3):
                lines.append(
                    self.choice(["", "", "" if self.tame else indent * depth, indent * (depth + 1)])
                    + self.choice(["", self.text()])
                )
        return "\n".join(lines)

    def table(self) -> str:
        columns = self.randint(1, 3)
        rule = "|".join(self.choices(["---", ":--", "--:", ":-:", " - "], k=columns + (self.random() < 0.1)))
        rows = [
            [self.text() for _ in range(columns + self.choice([0, 0, 0, 1, -1]))] for _ in range(self.randint(1, 4))
        ]
        first, *others = [self.choice(["|", "|", "|", "|", ""]) + "|".join(row) + "|" for row in rows]
        return "\n".join([first, f"|{rule}|", *others])

    def block(self) -> str:
        kind = self.random() * (0.9 if self.tame else 1)
        if kind < 0.4:
            return "\n".join(self.text() for _ in range(self.randint(1, 2)))
        if kind < 0.8:
            return self.list()
        return self.table() if kind < 0.9 else self.choice(BLOCKS)

    def passage(self) -> str:
        gap = "\n\n" if self.tame else self.choice(["\n\n", "\n\n", "\n\n", "\n", "\n\n\n", "\n \n"])
        return gap.join(self.block() for _ in range(self.randint(1, 4)))

    def note(self) -> str:
        """Some notes use footnotes, each once or nearly so."""
        self.tame = self.random() < 0.5
        document = self.plain_note()
        if self.random() < 0.6:
            return document
        for name in self.sample(NAMES, k=self.randint(1, 3)):
            for addition in (f"[^{name}]", f"\n\n[^{name}]: {self.text()}\n\n"):
                at = self.choice([match.end() for match in re.finditer(r"(?<=字|，|b|k|c)|\n\n", document)] or [0])
                document = document[:at] + addition + document[at:]
        return document

    def plain_note(self) -> str:
        sections = [f"\n\n### {self.choice(['Next', 'More', self.text()])}\n\n{self.passage()}" for _ in range(2)]
        return f"## {self.text()} {{#q}}\n\n{self.passage()}{''.join(sections[: self.randint(0, 2)])}\n"


@pytest.mark.parametrize("seed", range(8))
def test_it_leads_where_python_markdown_does_from_any_text(seed: int, unhurried: Renderer) -> None:
    writer, renderer = Writer(seed), Renderer(SETTINGS, CITATIONS)
    for _ in range(250):
        document = writer.note()
        assert not differences(document, renderer, unhurried), document


@pytest.mark.parametrize("seed", range(4))
def test_a_look_at_the_whole_note_tells_what_one_at_each_passage_does(seed: int) -> None:
    writer = Writer(seed)
    for _ in range(250):
        writer.tame = writer.random() < 0.7
        bodies = [writer.passage().replace("[^", "^") for _ in range(2)]
        if not any(reaches_far(body) for body in bodies):
            expected = [quick_html(body) for body in bodies]
            assert quick_passages(["字", bodies[0], "字", bodies[1]])[1::2] == expected, bodies


def test_neither_markdown_nor_pygments_is_imported_before_it_is_needed() -> None:
    script = "import sys, deckwright.render; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "deckwright.render.note" in modules
    assert not {"markdown", "pymdownx", "pygments"} & set(modules)
