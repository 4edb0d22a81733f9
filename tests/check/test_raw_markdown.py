"""Signs of Markdown that are left on a card: what is told of, what is not, and that it is really there to be seen."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from deckwright.check import check_page
from deckwright.deck.folder import Deck
from deckwright.deck.settings import Settings
from deckwright.grammar import parse_source, parse_text
from deckwright.grammar.note import Note, Page, SourceFile
from deckwright.problems import Problem
from deckwright.render import Renderer
from tests.check.test_bad import TODAY

DOCS = Path(__file__).parents[2] / "docs"
DECK = Deck(Path(), Settings("D", "d"), {}, False, "", (), TODAY)
LEFT_OVER = {
    "**重点 **后面": ["1:1 **重点 **"],
    "** 重点**吗": ["1:1 ** 重点**"],
    "前面** 重点 **后面": ["1:3 ** 重点 **"],
    "- ** Note: ** text": ["1:3 ** Note: **"],
    "**Note:**text": ["1:1 **Note:**"],
    "save**.** And": ["1:5 **.**"],
    "a **discrete **variable": ["1:3 **discrete **"],
    "it is an ** object **.": ["1:10 ** object **"],
    "需求\\*\\*：\\*\\* x": ["1:3 \\*\\*：\\*\\*"],
    "**词**\\*\\*：\\*\\* x": ["1:6 \\*\\*：\\*\\*"],
    "**词****：** 文": ["1:4 ****"],
    "==a== ~~gone ~~了": ["1:7 ~~gone ~~"],
    "*** 初始化***。": ["1:1 *** 初始化***"],
    "> a\n> **b **。": ["2:3 **b **"],
    "**bold over\n\na blank line** of it": ["1:1 **"],
    "- **one\n- two**\n- three": ["1:3 **"],
    "更新日志：**\n\n**b** of the sample**.": ["1:6 **", "3:20 **"],
    "| **a ** | b |\n|---|---|\n| 1 | ** 2** |": ["1:3 **a **", "3:7 ** 2**"],
    "x[^1]\n\n[^1]: **重点 **后": ["3:7 **重点 **"],
    "![图]（a.png）和 [文字]（https://x.y）": ["1:1 ![图]（a.png）", "1:14 [文字]（https://x.y）"],
    "！［图］（a.png）": ["1:1 ！［图］（a.png）"],
    "![图] (a.png)": ["1:1 ![图] (a.png)"],
    "［文字］(https://x.y)": ["1:1 ［文字］(https://x.y)"],
    "text\n[r]: https://x.y": ["2:1 [r]: https://x.y"],
    "＄x＄、＊＊b＊＊、｀c｀": ["1:1 ＄x＄", "1:5 ＊＊b＊＊", "1:11 ｀c｀"],
    '{{< figure src="a.png" >}} {{% x %}}': ['1:1 {{< figure src="a.png" >}}', "1:28 {{% x %}}"],
    '{% hint style="info" %}\n\n{% endhint %}': ['1:1 {% hint style="info" %}', "3:1 {% endhint %}"],
    "[TOC]": ["1:1 [TOC]"],
    "x <!— hidden —> y": ["1:3 <!— hidden —>"],
    "`<br>`{=html} x": ["1:7 {=html}"],
    "text\n\n\\## A question {#a}\n\n\\# one": ["3:1 \\## A"],
    "> \\[!note\\] Title\n> text": ["1:3 \\[!note"],
    "a \\[@smith:2020, §1] b": ["1:3 \\[@smith:2020"],
    "a :warning: sign": ["1:3 :warning:"],
    "{++added++} {--gone--} {>>why<<}": ["1:1 {++added++}", "1:13 {--gone--}", "1:24 {>>why<<}"],
    ":math:`x` and {math}`y`": ["1:1 :math:", "1:15 {math}"],
    ".. note:: text": ["1:1 .. note::"],
    "[b]bold[/b]": ["1:1 [b]bold[/b]"],
    "id:: 64f1\n((01234567-89ab-cdef-0123-456789abcdef))": [
        "1:1 id:: 6",
        "2:1 ((01234567-89ab-cdef-0123-456789abcdef))",
    ],
    "- What is A? #flashcard\n    - a #card-reverse, #anki/deck": [
        "1:14 #flashcard",
        "2:9 #card-reverse",
        "2:24 #anki/deck",
    ],
    "a\\\nthe last.\\\n\n- and\\": ["2:5 last.\\", "4:3 and\\"],
    "the `code of it": ["1:5 `code"],
    "漢字[かんじ]を{食|た}べる": ["1:1 漢字[かんじ]", "1:9 {食|た}"],
    "The HTML page\n\n*[HTML]: Hyper Text": ["3:1 *[HTML]: H"],
    "> What?\n> ?\n> That": ["2:3 ?"],
    "??\nThat": ["1:1 ??"],
    "front\n\n%\n\nback": ["3:1 %"],
    "x {/* note */} ++new++, ^^marked^^": ["1:3 {/* note */}", "1:16 ++new++", "1:25 ^^marked^^"],
    "so 【4†source】 and :contentReference[oaicite:0]{index=0}": [
        "1:4 【4†source】",
        "1:19 :contentReference[oaicite:0]",
    ],
    "fact\ue200cite\ue202turn0search1\ue201.": ["1:5 \ue200cite\ue202turn0search1\ue201"],
    "It is\n\n[\nE = mc^2\n]": ["3:1 [ E = mc^2 ]"],
    "- #+BEGIN_TIP\n  x\n  #+END_TIP": ["1:3 #+BEGIN_TIP", "3:3 #+END_TIP"],
    "line\\\n\\": ["2:1 \\"],
    "[!NOTE]\nof it\n\n> a\n>\n> [!TIP] b": ["1:1 [!NOTE]", "6:3 [!TIP]"],
    "[\n\nTitle\n\n](https://x.y)": ["5:1 ]("],
    "\\1. one\n\n- \\2. two": ["1:1 \\", "3:3 \\"],
    "- a\n-\n  collapsed:: true\n\t- id:: b": ["3:3 collapsed:: t", "4:4 id:: b"],
    ">[!two words] title": ["1:2 [!two words]"],
    "{% @github-files/block url=1 %}": ["1:1 {% @github-files/block url=1 %}"],
    "Term\nOther\n: what it means": ["1:1 Term Other : w"],
    "\\alpha, 10^{-3} mol, c_{max} and 5 \\times 6": ["1:1 \\alpha", "1:11 ^{-3}", "1:23 _{max}", "1:36 \\times"],
    "the (\\chi) equation, x \\in A": ["1:6 \\chi", "1:24 \\in"],
    "<details>\n<summary>**b** text</summary>\n\nx\n\n</details>": ["2:10 **b**"],
    "<table><tr><td>a **b** c</td></tr></table>": ["1:18 **b**"],
    '<figure>\n![a](a.png){width="300"}\n</figure>': ["2:1 ![a](a.png)"],
    "<p>see `x`</p>": ["1:8 `x`"],
    "<!-- to do --> **b** [[x]]": ["1:16 **b**", "1:22 [[x]]"],
    "<div>\n![[a.png]] ==b== c[^1]\n</div>": ["2:1 ![[a.png]]", "2:12 ==b==", "2:19 [^1]"],
    "<aside>\nNote:\n- a\n- b\n\n</aside>": ["3:1 - a - b"],
    "<details>\n<summary>T</summary>\n  1. a\n  2. b": ["3:1 1. a 2. b"],
    "<details>\n| a | b |\n|---|---|\n| 1 | 2 |\n</details>": ["2:1 | a | b | |---|---|"],
    "<details>\n```python\nx = 1\n```\n</details>": ["2:1 ```python x = 1 ```"],
    '=== "C"\n\n    code\n\n/// note | Title\ntext\n///\n\n(a-label)=': ['1:1 === "C"', "5:1 /// n", "9:1 (a-label)="],
    "[ x = frac{-b + sqrt{b^2}}{2a} ], frac{a}{b}": ["1:7 frac{-b", "1:17 sqrt{b^2}}", "1:35 frac{a"],
    "**Never closed\n\n- **Step one\n- so **$x$ is\n- **Étape": ["1:1 **", "3:3 **", "4:6 **", "5:3 **"],
    "see (this page)[https://x.y/z]": ["1:5 (this page)[https://x.y/z]"],
    "==1;;one== and **2;;two;;hint**": ["1:3 1;;", "1:18 2;;"],
    "<div>\n**b** [x](https://y.z) `c`\n</div>": ["2:1 **b**", "2:7 [x](https://y.z)", "2:24 `c`"],
}
"""Markdown → line and column of what is left over, and how it is written."""
JOINED = {
    "1.第一\n2.第二": "1:1 put a space after each number",
    "甲：\n1.第一\n2.第二": "2:1 put a space after each number",
    "-甲\n-乙": "1:1 put a space after each marker",
    "-\u3000甲\n-\u3000乙": "1:1 put a space after each marker",
    "*\xa0a\n*\xa0b": "1:1 put a space after each marker",
    "1.\xa0a\n2.\xa0b": "1:1 put a space after each number",
    "-one\n-two": "1:1 put a space after each marker",
    "- a\n  1、甲\n  2、乙": "2:3 begin each with `1. `",
    "（1）甲\n（2）乙": "1:1 begin each with `1. `",
    "一、甲\n二、乙": "1:1 begin each with `1. `",
    "①甲\n②乙": "1:1 begin each with `1. `",
    "A. 甲\nB. 乙": "1:1 begin each with `- `",
    "a）甲\nb）乙": "1:1 begin each with `- `",
    "•甲\n•乙": "1:1 begin each with `- `",
    "✅ a\n❌ b": "1:1 begin each with `- `",
    "→ a\n→ b": "1:1 begin each with `- `",
    "1️⃣ a\n2️⃣ b": "1:1 begin each with `1. `",
    "✅ a\n✅ b": "1:1 begin each with `- `",
    "[ ] a\n[x] b": "1:1 write `- [ ] `",
    "I. first\nII. second": "1:1 begin each with `1. `",
    "iv. fourth\nv. fifth": "1:1 begin each with `1. `",
    "§ 433 Kauf\n§ 434 Mangel": "1:1 begin each with `- `",
    "Art. 5 speech\nArt. 6 family": "1:1 begin each with `- `",
    "Step 1 cut\nStep 2 fold": "1:1 begin each with `- `",
    "text\n**Type:** x\n**Use when:** y": "2:1 begin each with `- `",
    "**甲**：x\n**乙**：y": "1:1 begin each with `- `",
    "> up:: a\n> down:: b": "1:3 begin each with `- `",
    "1. State 1: a\n   Feature: b": "1:4 begin each with `- `",
    "Q: what?\nA: that": "1:1 begin each with `- `",
    "h.M.: ja\na.A.: nein": "1:1 begin each with `- `",
    "优点：好\n缺点：坏": "1:1 begin each with `- `",
    "le chat – the cat\nle chien – the dog": "1:1 begin each with `- `",
    "N = number\nR = real": "1:1 begin each with `- `",
    "type:: book\nyear:: 2023": "1:1 begin each with `- `",
    "(1 Joh.)\n16 For God so loved\n17 For God sent not": "2:1 begin each with `1. `",
    "١ كل الناس سواء\n٢ الرجال والنساء": "1:1 begin each with `1. `",
    "1848: the revolution\n1871: the empire": "1:1 begin each with `- `",
    "1914–1918 – the war\n1919 – the peace": "1:1 begin each with `- `",
    "1:1 In the beginning\n1:2 And the earth": "1:1 begin each with `- `",
    "so:\n`int a;`\n`int b;`": "2:1 put code of several lines into a fence",
    "up:: book\ndown::": "1:1 begin each with `- `",
}
"""Markdown → line and column of the first of two lines that are shown as one, and the beginning of the remedy."""
FINE = [
    "| % | pipe |\n|---|---|\n| % | ? |",
    "`int a;`\\\n`int b;`\n\n`a`\nand\n`b`, `c`",
    '<pre>\n- a\n- b\n</pre>\n\n<p>\n- said one\nthing\n</p>\n\n(a) = b, (a)=b and a === "b"',
    "2 ** 3 and 2 ** 3 ** 4",
    "the hash#card, #cards, #cardiology, C#, [#card](#x) and `#card`",
    "a\\\nb, C:\\ and C:\\temp\\\n\n`a\\` $a\\\\$ \\\\",
    "H**2**O, E**x**tensible **m**ark, a (*so to say*) and (**1 + 1 = 2**), 000**111**01",
    "un*frigging*believable, the 2*nd* one, 2 * 3 * 4, 2*3, `2*3*4`, 2\\*3\\*4, $2*3*4$ and *7*7",
    "__all__ __words__, `__init__`, \\_\\_init\\_\\_",
    "C:\\in\\to, a\\nu, \\new and \\inf",
    "C:\\beta\\gamma, \\\\server\\alpha, file_{id}.txt, `\\alpha` <code>c_{max}</code> $x^{2}$ and \\alphabet",
    "```\n10^{-3}\n```\n\n$$\\alpha$$ 数组[1], *[x](https://y.z): w, 字[1]\n\nWhat?\n: x",
    "`2 **3 **` and <code>a **b **c</code>",
    "what **kwargs are\n\n| a | b |\n|---|---|\n| 0.05** | 0.01*** |",
    "f(x, **kwargs) and **kwargs, x **2, the pattern **/*.md, two **",
    "what **kwargs are\n\n**/*.md",
    "(a) [https://x.y], f(x)[0] and (see) [a](https://x.y)",
    "Price** and more\n\n** without tax",
    "**kwargs and **options, f(**a, **b), *args and **kwargs",
    "10**-3 to 10**-6, x**(n-1) + y**(m), a**.5 + b**.5, src/** and lib/*",
    "**kwargs, 2 ** 3 and **options, base ** exponent",
    "**bold** text, ***both*** and ~~gone~~, 好的~~ 谢谢~~, a ~~ b",
    "**Note:** text, **「引号」**的, **重点**后面",
    "**a****b****c** and **a** **b**, x ** 4, ****, f(****)",
    "\\*\\*kwargs, 2 \\*\\* 3",
    "[1] (2020), f[i](x and y), 数组[0]（下标）, 【注】（见下）",
    "＄100到＄200, ＊＊＊＊, 5＊3",
    "a:b:c, 10:30:00, std::x::y, :-)",
    "C++11 and C++, i++ and ++j, ++i and i++, ^^ and ^^, x^^2, 100% and 5 %, † 1954, 【注】",
    '[\n[1, 2]\n]\n\n[\n{"a": "b = c"}\n]',
    "-5 to\n-3, *one* and\n*two*",
    "{x: 1}, {.5, 1}, $\\{a\\}$, {{c1::x}}",
    "1.5 倍\n2.5 倍",
    "1.第一\\\n2.第二  \n3.第三<br>\n4.第四\n\n-a\n-b",
    "版本 1.第\n2.x",
    "2019、2020\n3、4",
    "1. 一\n2. 二\n\n- 甲\n- 乙",
    "I.\nA. Smith\nC. Brown",
    "I. Newton and\nV. Arnold, in §\n5 and 6",
    "a line – one with an aside – is what\nthis is – too",
    "It was in the year 1990 - as far as one can know from the sources that are left - and\nnot - as some say - before",
    "of\n2 apples and\n5 pears, in the year\n1848 there was, and\n1849 too",
    "in Art. 5 and\nArt. 7, H43 and\nH0 of 2019\n2020 too",
    "**Type:** x\\\n**Use:** y\n\n**Note:** it is\nso: yes\nhttps://x.y and\nstd::a\n10:30",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "|x| is a norm\n|y| too",
    "TeX's backtick ` alone, `a` `b`",
    "<pre>\n**a** `b`\n</pre>",
    "<div>\n\n**b**\n\n</div>",
    "```\n**a **b ＄x＄ {{< y >}}\n```",
    "$**a **$ <!-- **a ** --> <kbd>**</kbd> a<kbd>** b</kbd>",
]
"""Markdown of which nothing is told."""


def note_of(markdown: str) -> Note:
    return parse_source(SourceFile("a.md", f"## Q {{#q}}\n\n{markdown}\n")).notes[0]


def told_of(note: Note) -> list[Problem]:
    return [problem for problem in check_page(Page(note.source, (note,)), DECK) if problem.rule == "raw-markdown"]


def found(markdown: str) -> list[tuple[str, str]]:
    """Line (from the first of the Markdown) and column, and the message."""
    return [(f"{place.line - 2}:{place.column}", message) for place, message, *_ in told_of(note_of(markdown))]


@pytest.mark.parametrize("markdown", LEFT_OVER)
def test_signs_that_are_left_over_are_told_of_at_their_place(markdown: str) -> None:
    findings = [
        f"{place} {message[1:].split('` is shown as it is written; ')[0]}" for place, message in found(markdown)
    ]
    assert findings == LEFT_OVER[markdown]


@pytest.mark.parametrize(
    ("hint", "sign"),
    [
        ("use $x^2$ and `y`", "`y`"),
        ("a **bold** word", "**b"),
        ("see ![](a.png)", "![]("),
        ("$5 or $6, a == b, 2*3", ""),
    ],
)
def test_a_hint_holds_no_markdown_but_formulas(hint: str, sign: str) -> None:
    note = parse_source(SourceFile("a.md", f'## Q {{#q hint="{hint}"}}\n\nx\n')).notes[0]
    findings = [problem.message for problem in told_of(note)]
    assert findings == [f"`{sign}` is shown as it is written; of Markdown a hint holds formulas only"] * bool(sign)


LOST = {
    "a 7*7*30 tensor, x*y*z": ["1:3 7*7*30", "1:18 x*y*z"],
    "从4096*1000变成4096*2": ["1:2 4096*1000变成4096*2"],
    "**-0.9*log(0.9)-0.1*log(0.1)**": ["1:4 0.9*log(0.9)-0.1*log(0.1)"],
    "> The __init__ of a class": ["1:7 __init__"],
    "F = m*a and E = m*c^2": ["1:5 m*a and E = m*c"],
    "E[X]*E[Y] = E[X*Y], α*β + γ*δ": ["1:3 X]*E[Y] = E[X*Y", "1:21 α*β + γ*δ"],
    "x**2 + y**2 = 1": ["1:1 x**2 + y**2"],
    "so 2*n `x` 3*m": ["1:4 2*n `x` 3*m"],
    "2**10 and 2**20": ["1:1 2**10 and 2**20"],
}
"""Markdown → line and column of signs that are taken for emphasis, and what they are in."""
FAULT = re.compile("` (?:loses|is)")


@pytest.mark.parametrize("markdown", LOST)
def test_signs_that_are_lost_are_told_of_at_their_place(markdown: str) -> None:
    findings = [f"{place} {FAULT.split(message[1:])[0]}" for place, message in found(markdown)]
    assert findings == LOST[markdown]
    fields = Renderer(DECK.settings, {}).render_note(note_of(markdown)).fields
    for where in LOST[markdown]:
        assert where.partition(" ")[2] not in html.unescape(re.sub(r"</?[a-z][^<>]*>", "", fields["Answer"]))


REMEDIES = {
    "**词**\\*\\*：\\*\\* x": "remove both `\\*\\*`",
    "\\*\\*词\\*\\*：x": "remove the backslashes, or put it into backticks",
    "前\\*\\*`x`\\*\\*后": "remove the backslashes, or put it into backticks",
    "**词****：** 文": "remove it, or put a space into its middle",
}
"""Markdown → what is said to do about it, after which nothing is left over."""


@pytest.mark.parametrize("markdown", REMEDIES)
def test_the_remedy_leaves_nothing_over(markdown: str) -> None:
    ((_, message),) = found(markdown)
    remedy = REMEDIES[markdown]
    assert message.endswith(f"; {remedy}")
    mended = markdown.replace("\\*\\*" if "both" in remedy else "\\" if "backslashes" in remedy else "****", "")
    assert found(mended) == []


@pytest.mark.parametrize("markdown", LEFT_OVER)
def test_what_is_told_of_is_on_the_card(markdown: str) -> None:
    """So a renderer that learns to read such a sign makes this fail, and the rule is to be changed with it."""
    fields = Renderer(DECK.settings, {}).render_note(note_of(markdown)).fields
    text = html.unescape(re.sub(r"</?[a-z][^<>]*>", "", " ".join(fields.values())))
    for where in LEFT_OVER[markdown]:
        shown = where.partition(" ")[2].replace("\\", "")
        assert shown in text


@pytest.mark.parametrize("markdown", JOINED)
def test_lines_that_look_like_a_list_are_told_of(markdown: str) -> None:
    place, _, remedy = JOINED[markdown].partition(" ")
    ((at, message),) = found(markdown)
    assert (at, message.startswith(f"this line and the next are shown as one; {remedy}")) == (place, True)


@pytest.mark.parametrize("markdown", FINE)
def test_what_is_meant_as_it_is_written_is_not_told_of(markdown: str) -> None:
    assert found(markdown) == []


def test_the_question_and_the_sections_are_looked_at_too() -> None:
    note = parse_source(SourceFile("a.md", "## **甲 **乙 {#q}\n\nA.\n\n### ＄x＄\n\n1、甲\n2、乙\n")).notes[0]
    assert [(place.line, place.column) for place, *_ in told_of(note)] == [(1, 4), (5, 5), (7, 1)]


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_the_docs_hold_no_such_sign(path: Path) -> None:
    """They are much prose with code in it, which is no false alarm."""
    text = re.sub("^#", "####", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert told_of(parse_text(text)) == []
