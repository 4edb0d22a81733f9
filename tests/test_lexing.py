"""Colouring code: lexers that skip rules find the tokens that Pygments' own find."""

from __future__ import annotations

import random
import string

import pytest
from pygments.lexers import get_lexer_by_name

from benchmarks.corpus import CODE
from deckwright.render import lexing

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


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lexer_that_skips_rules_finds_the_same_tokens(language: str) -> None:
    stock = get_lexer_by_name(language, stripnl=False)
    fast = lexing.hasten(get_lexer_by_name(language, stripnl=False))
    chance = random.Random(language)
    codes = [*SNIPPETS, "", *(mutated(chance, snippet) for snippet in SNIPPETS for _ in range(6))]
    for code in codes:
        assert list(fast.get_tokens(code)) == list(stock.get_tokens(code)), code


def test_rules_that_cannot_match_are_not_tried() -> None:
    lexer = lexing.hasten(get_lexer_by_name("python"))
    list(lexer.get_tokens("x = 1\n" * 5))
    state = vars(lexer)["_tokens"]["root"]
    assert len(state.possible["="]) < len(state.rules) / 4
