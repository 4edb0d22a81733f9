"""Colouring code: lexers that skip rules find the tokens that Pygments' own find."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer, RegexLexer, bygroups, default, include, this, using
from pygments.lexers import get_lexer_by_name
from pygments.token import Name, Number, Operator, Punctuation, Token

from benchmarks.corpus import CODE, write_corpus
from deckwright.render import code as code_room
from deckwright.render import lexing
from deckwright.render.code import _coloured, render_code

LANGUAGES = """python pycon bash console json cpp c java javascript typescript jsx sql yaml html xml css scss rust go
    text diff latex toml ini markdown kotlin swift ruby php csharp r julia scala lua make docker cuda perl haskell
    powershell nginx protobuf cmake dart elixir vbnet""".split()
SNIPPETS = [
    *(code.format(w="name", a="说明", n=7, m=3) for code in CODE.values()),
    "def f(x: int = 1_0, *a, **k) -> None:\n    return f'{x!r:>10} {{}}' + rb'\\n' if not x else await y\n",
    "@d\nclass A(B): ...\nasync with a as b, c: yield from (lambda: ...)\n",
    "SELECT a, COUNT(*) AS n FROM t WHERE x = 'it''s' -- c\nGROUP BY a HAVING n > 1.5e-3;\n",
    "key: &a [1, 'two', \"three\"]\n- *a\n? x\n: |\n  text\n# c\n[section]\nname = 2020-01-01\n",
    '<!DOCTYPE html><p class="x">&amp; <script>let a = `b${c}`; /* d */</script><style>p{color:#fff}</style></p>\n',
    "pub fn main<'a>(x: &'a mut Vec<u8>) -> Result<(), E> { let y = r#\"s\"#; match x { _ => 0x1f } }\n",
    'package main\nimport "fmt"\nfunc (s *T) F(a ...int) chan<- int { go f(); defer g(); return nil }\n',
    "public static final class Ä<T extends B> { @Override int x = 'c' + 1L; /** doc */ }\n// end\n",
    "const f = async (x) => { return /re[/]x/gi.test(x) ? x?.y ?? `t` : null };\ninterface I { a?: string }\n",
    "\\begin{align} x_1 &= \\frac{a}{b} \\\\ % c\n$y$ \\end{align}\n$ ls -la | grep x\n>>> 1 + 1\n2\n",
    '--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n<?php echo "$a[0]"; ?>\n',
    "if [[ -n ${x:-y} ]]; then echo $((1+2)) <<EOF\nz\nEOF\nfi\n",
]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexing, "PAYS_AFTER", 2)
    code_room._lexer.cache_clear()


def mutated(chance: random.Random, code: str) -> str:
    """Code with stretches of other code and stray signs in it, and some of it gone."""
    for _ in range(chance.randint(0, 8)):
        at = chance.randint(0, len(code))
        other = chance.choice(SNIPPETS)
        start = chance.randint(0, len(other))
        stray = chance.choice(
            [other[start : start + 12], chance.choice(string.printable), "é", "字", "ſ", "K", "\x00", ""]
        )
        code = code[:at] + stray + code[at + chance.randint(0, 3) :]
    return code


class FoundAlready(Lexer):
    """A lexer whose tokens are given."""

    def __init__(self, tokens: list[tuple[Any, str]]) -> None:
        super().__init__()
        self.found = tokens

    def get_tokens(self, text: str, unfiltered: bool = False) -> Iterator[tuple[Any, str]]:
        return iter(self.found)


def codes(language: str) -> list[str]:
    """The snippets, and many mutations of them that are the same in each run."""
    chance = random.Random(language)
    return [*SNIPPETS, "", *(mutated(chance, snippet) for snippet in SNIPPETS for _ in range(6))]


def highlighted(code: str, language: str) -> str:
    """What Pygments alone makes of a block."""
    return highlight(code, get_lexer_by_name(language, stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lexer_that_skips_rules_finds_the_same_tokens(language: str) -> None:
    stock = get_lexer_by_name(language, stripnl=False)
    fast = lexing.hasten(get_lexer_by_name(language, stripnl=False))
    for code in codes(language):
        assert list(fast.get_tokens(code)) == list(stock.get_tokens(code)), code
        assert list(fast.get_tokens_unprocessed(code)) == list(stock.get_tokens_unprocessed(code)), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_coloured_block_is_what_pygments_makes_of_it(language: str) -> None:
    for code in codes(language):
        assert render_code(code, language) == (
            f'<pre class="hl"><code class="language-{language}">{highlighted(code, language)}</code></pre>'
        ), code


def test_the_code_of_the_benchmarks_is_coloured_as_by_pygments(tmp_path: Path) -> None:
    write_corpus(tmp_path / "deck", notes=60, subdecks=1)
    pages = [page.read_text(encoding="utf-8") for page in tmp_path.glob("deck/*-part/*.md")]
    blocks = [block for page in pages for block in re.findall(r"^```(\w+)\n(.*?)^```$", page, re.M | re.S)]
    assert {language for language, _ in blocks} == set(CODE)
    for language, code in blocks:
        assert highlighted(code, language) in render_code(code, language)


def test_spans_of_one_class_join_on_a_line_and_end_with_it() -> None:
    kinds = [Token, Token.Text, Token.Strange, Token.Text.Strange, Token.Name, Token.Name.Tag, Token.Name.Odd.Kind]
    texts = ["", "\n", "a", "<", "\n\n", "a\n", "\na", "a\n\nb", "</span>", "\"&'", "~", "\r", "\x00", " "]
    chance = random.Random(1)
    for _ in range(1000):
        some = [(chance.choice(kinds), chance.choice(texts)) for _ in range(chance.randint(0, 7))]
        lexer = FoundAlready(some)
        assert _coloured("", lexer) == highlight("", lexer, HtmlFormatter(nowrap=True)).rstrip("\n"), some


def test_html_is_kept_of_so_many_texts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_room, "TEXTS_KEPT", 3)
    for number in range(9):
        assert render_code(f"x{number} = {number}\n", "python").count(str(number)) == 2
    assert len(code_room._spans(Token.Name)) <= 3


def test_rules_that_cannot_match_are_not_tried() -> None:
    lexer = lexing.hasten(get_lexer_by_name("python"))
    list(lexer.get_tokens("x = 1\n" * 5))
    [(find, _, _)] = vars(lexer)["_tokens"]["root"]
    rules = find.__self__.rules
    assert len(rules["="]) < len(rules.every) / 4


by_groups: Any = bygroups
lexed: Any = using


class Nesting(RegexLexer):
    """Moves of all kinds, a rule that matches nothing, and text that is lexed in the midst of the same state."""

    name = "nesting"
    tokens: ClassVar = {
        "root": [
            (r"\(", Punctuation, "inside"),
            (r"\[", Punctuation, ("inside", "#push", "inside")),
            (r"(<)([^<>]*)(>)", by_groups(Punctuation, lexed(this), lexed(this, state=("root", "inside")))),
            (r"[a-z]", Name),
            (r"!", Operator, "perhaps"),
            (r"\?", Operator, "empty"),
        ],
        "inside": [
            (r"\)", Punctuation, "#pop"),
            (r"\]", Punctuation, "#pop:2"),
            (r"\}", Punctuation, ("#pop", "#pop", "#pop", "inside")),
            (r"\+", Operator, "#push"),
            (r"(<)([^<>]*)(>)", by_groups(Punctuation, lexed(this, state="inside"), Punctuation)),
            (r"[0-9]", Number),
            include("root"),
        ],
        "perhaps": [(r"0*", Number.Oct, "#pop")],
        "empty": [(r"0", Number.Bin), default("#pop")],
    }


def test_every_kind_of_move_leads_where_pygments_goes() -> None:
    stock, fast = Nesting(stripnl=False), lexing.hasten(Nesting(stripnl=False))
    chance = random.Random(2)
    for _ in range(3000):
        code = "".join(chance.choices("()[]}<>+a0!?\n", k=chance.randint(0, 30)))
        assert list(fast.get_tokens(code)) == list(stock.get_tokens(code)), code


def test_two_texts_may_be_lexed_by_turns() -> None:
    lexer = lexing.hasten(get_lexer_by_name("python"))
    texts = ["f'{x}' + 'a' # c\n" * 3, "def f(x):\n    'doc'\n"]
    by_turns = list(zip_longest(*(lexer.get_tokens(text) for text in texts)))
    for number, text in enumerate(texts):
        assert [pair[number] for pair in by_turns if pair[number]] == list(get_lexer_by_name("python").get_tokens(text))
