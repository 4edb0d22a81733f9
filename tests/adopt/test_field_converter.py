"""HTML of Anki's editor → Markdown that shows the same; where Markdown cannot say it, HTML that does."""

from __future__ import annotations

import html
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deckwright.adopt.field_converter import DIFFERENT, TOO_LONG, ConvertedField, FieldConverter
from deckwright.adopt.visible_tokens import plain_text, visible_tokens
from deckwright.deck.settings import Settings

CONVERTER = FieldConverter(
    Settings("Deck", "deck"), {"a b.png": "a b.png", "cell.png": "../cell.png", "s.mp3": "../s.mp3"}
)

ANSWERS = {
    "lines": ("<div>a</div><div>b</div><div><br></div><div>c</div>", "a\\\nb\n\nc"),
    "breaks": ("a<br>b<br><br>c", "a\\\nb\n\nc"),
    "emphasis": ("<b>a</b> <i>b</i> <u>c</u> <s>d</s> H<sub>2</sub>O", "**a** *b* <u>c</u> ~~d~~ H<sub>2</sub>O"),
    "emphasis beside Chinese": ("中文<b>“粗”</b>字", "中文**“粗”**字"),
    "nested lists": ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
    "numbered list": ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
    "two lists": ("<ul><li>a</li></ul><ul><li>b</li></ul>", "- a\n\n<!-- -->\n\n- b"),
    "table": ("<table><tr><th>a</th></tr><tr><td>1|2</td></tr></table>", "| a |\n| --- |\n| 1\\|2 |"),
    "code": ("<pre>a\n\n*b*</pre><code>x`y</code>", "```\na\n\n*b*\n```\n\n``x`y``"),
    "code, white space at its ends": ("<pre>a  \n b</pre>", "```\na  \n b\n```"),
    "quote": ("<blockquote>a<br>b</blockquote>c", "> a\\\n> b\n\nc"),
    "rule and heading": ("<h4>a</h4>b<hr>c", "#### a\n\nb\n\n---\n\nc"),
    "link": ('<a href="https://x.org/a_b">c</a> https://x.org/d', "[c](https://x.org/a_b) https://x.org/d"),
    "picture": ('<img src="a%20b.png" width="300"><img src="cell.png">', "![](<a b.png>){width=300}![](../cell.png)"),
    "sound": ("[sound:s.mp3]", "![](../s.mp3)"),
    "formulas": (r"\(a&lt;b\) \[x^2\] [$]y[/$] [latex]$z$[/latex]", "$a<b$ $$x^2$$ $y$ $z$"),
    "formulas of the editor": ('<anki-mathjax block="true">a<br>b</anki-mathjax>', "$$a\nb$$"),
    "signs": ("*a* _b_ `c` 5$ and 6$ &lt;d&gt; &amp;lt;", r"\*a\* \_b\_ \`c\` 5\$ and 6\$ \<d> &amp;lt;"),
    "a list that is none": ("1. a<br>- b<br># c", "1\\. a\\\n\\- b\\\n\\# c"),
    "hard spaces": ("a&nbsp;b<br>&nbsp;&nbsp;c", "a b\\\n&nbsp;&nbsp;c"),
    "colour": ('<span style="color: rgb(255, 0, 0)">a</span>', '<span style="color: #ff0000">a</span>'),
    "conditions of Word": ("<![if !supportLists]>a<![endif]> <!--[if gte mso 9]><i>x</i><![endif]-->b<![ c>", "a b"),
    "colours of the page it was pasted from": ('<span style="color: black; font-family: X">a</span>', "a"),
}
IN_HTML = {
    "table without a head": "<table><tr><td>a</td><td>b</td></tr></table>",
    "heading that would divide the file": "<h2>a</h2>",
    "details": "<details><summary>a</summary>b *c* $d$</details>",
    "cells that span": '<table><tr><th colspan="2">a</th></tr><tr><td>1</td><td>2</td></tr></table>',
}


@pytest.mark.parametrize(("field", "wanted"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_becomes_plain_markdown(field: str, wanted: str) -> None:
    assert CONVERTER.convert(field) == ConvertedField(wanted)


@pytest.mark.parametrize("field", IN_HTML.values(), ids=IN_HTML)
def test_what_markdown_cannot_say_stays_html(field: str) -> None:
    """One block of the field is HTML, in one line, and the text beside it is Markdown."""
    converted = CONVERTER.convert(f"before <b>it</b><br>{field}")
    assert converted.losses == ()
    before, block = converted.text.split("\n\n")
    assert before == "before **it**"
    assert block.startswith(field[:6])
    assert "\n" not in block


CLOZES = {
    "hint": ("{{c1::cat::animal}}", "{{c1::cat::animal}}"),
    "formula": (r"{{c1::\(x^{2} \)}} \({{c2::y}}\)", "{{c1::$x^{2}$}} ${{c2::y}}$"),
    "over a list": ("{{c1::<ul><li>a</li></ul>}}", "<div>{{c1::<ul><li>a</li></ul>}}</div>"),
    "code": (
        "<code>f({{c1::x}})</code> {{c3::u <code>a&#58;&#58;b {{c2::c}}</code>}}",
        "`f({{c1::x}})` {{c3::u `a::b {{c2::c}}`}}",
    ),
    "emphasis": ("<b>{{c1::a}}</b> {{c2::<b>b</b>}}", "**{{c1::a}}** {{c2::**b**}}"),
}


@pytest.mark.parametrize(("field", "wanted"), CLOZES.values(), ids=CLOZES)
def test_deletions(field: str, wanted: str) -> None:
    converted = CONVERTER.convert(field, is_cloze=True)
    assert (converted.text, converted.losses) == (wanted, ())


QUESTIONS = {
    "lines": ("a<br><b>b</b>", "a<br>**b**"),
    "list": ("a<ul><li>b</li></ul>", "a<br><ul><li>b</li></ul>"),
    "code": ("<pre>a\nb</pre>", "<pre>a&#10;b</pre>"),
    "signs at the end": ("C #", "C \\#"),
    "braces": ("{#id .tag}", "&#123;#id .tag}"),
    "a deletion that is none": ("{{c1::a}}", "&#123;&#123;c1::a&#125;&#125;"),
}


@pytest.mark.parametrize(("field", "wanted"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_is_one_line(field: str, wanted: str) -> None:
    converted = CONVERTER.convert(field, is_line=True)
    assert (converted.text, converted.losses) == (wanted, ())


def test_what_may_not_stand_on_a_card_goes_and_is_told() -> None:
    converted = CONVERTER.convert('<p onclick="x()">a</p><script>b</script><a href="other.html">c</a><svg>d</svg>')
    assert converted.text.split() == ["a", "cd"]
    assert converted.losses == (
        "<script> has no place on a card",
        "the attribute `onclick` runs a program",
        "the link to `other.html` leads nowhere in Anki; its text is kept",
        "<svg> has no place on a card; its text is kept",
    )


SAME = [
    ("<div>a</div><div>b</div>", "a<br>b"),
    ("<p>a</p><p>b</p>", "a<br><br>b"),
    ("<b>a</b>b", "<strong>a</strong>b"),
    ("<b>a b</b> c", "<b>a</b> <b>b</b> c"),
    ("a&nbsp;b", "a b"),
    (r"\(a^{ 2 }\)", "<anki-mathjax>a^{2}</anki-mathjax>"),
    ("<ul><li><p>a</p></li></ul>", "<ul>\n<li>a</li>\n</ul>"),
    ('<pre><span class="k">if</span></pre>', "<pre>if</pre>"),
]
NOT_SAME = [
    ("a<br>b", "a b"),
    ("a<br>b", "a<br><br>b"),
    ("<b>a</b>", "a"),
    ("<ul><li>a</li></ul>", "a"),
    ("<ul><li>a</li></ul>", "<ol><li>a</li></ol>"),
    (r"\(a\)", r"\[a\]"),
    (r"\(ab\)", r"\(a b\)"),
    (r"\({{c1::a}}\)", r"\({ {c1::a}}\)"),
    ('<img src="a">', '<img src="b">'),
    ('<a href="https://a.org">a</a>', '<a href="https://b.org">a</a>'),
    ("<td>a</td>", "<th>a</th>"),
    ("<pre>a b</pre>", "<pre>a  b</pre>"),
]


@pytest.mark.parametrize(
    ("one", "other", "is_same"), [*((*pair, True) for pair in SAME), *((*pair, False) for pair in NOT_SAME)]
)
def test_what_is_seen_alike(one: str, other: str, is_same: bool) -> None:
    assert (visible_tokens(one) == visible_tokens(other)) is is_same


def test_plain_text() -> None:
    assert plain_text("<b>a</b><br>b <i>c</i>") == "a b c"
    assert plain_text("a {{c1::b::hint}} c", is_cloze=True) == "a b c"


TEXT = st.text(string.ascii_letters + string.punctuation + " \n中文é", max_size=12)
WORDS = TEXT.map(html.escape)
INLINE = st.sampled_from(["b", "i", "u", "s", "code", "sub", "span"])
BLOCK = st.sampled_from(["div", "p", "blockquote", "pre"])


def tagged(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """HTML as an editor makes it, one level deeper."""
    pairs = st.tuples(st.one_of(INLINE, BLOCK), inner).map(lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>")
    items = st.lists(inner, min_size=1, max_size=3).map(lambda all_: "".join(f"<li>{each}</li>" for each in all_))
    lists = st.tuples(st.sampled_from(["ul", "ol"]), items).map(lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>")
    parts = st.lists(st.one_of(inner, st.just("<br>")), max_size=3).map("".join)
    return st.one_of(pairs, lists, parts)


@settings(max_examples=150, deadline=None)
@given(st.recursive(WORDS, tagged, max_leaves=6), st.booleans())
@example("\\(", False)
def test_any_html_shows_the_same_or_says_that_it_does_not(field: str, is_line: bool) -> None:
    """What was converted without a remark is rendered into what the field showed."""
    converted = CONVERTER.convert(field, is_line=is_line)
    if converted.losses or not converted.text:
        return
    rendered = CONVERTER.rendered(converted.text, is_cloze=False, is_line=is_line)
    assert rendered is not None
    assert visible_tokens(rendered) == visible_tokens(field)


@settings(max_examples=150, deadline=None)
@given(st.text(string.ascii_letters + string.punctuation + string.digits + " ", max_size=30), st.booleans())
@example("http:", False)
@example("a/b.txt", False)
def test_any_plain_text_stays_as_it_is(text: str, is_line: bool) -> None:
    """No text is mistaken for markup, formulas aside, which are what Anki would typeset."""
    if "\\(" in text or "\\[" in text or "[sound:" in text:
        return
    converted = CONVERTER.convert(html.escape(text), is_line=is_line)
    assert DIFFERENT not in converted.losses


ODD = {
    "empty emphasis, links without a text, audio tags, rows of breaks, private-use characters": (
        '<b></b>a<br><br><br><br>b<a href="https://x.org"></a> \ue0007\ue001<audio src="s.mp3"></audio>',
        "a\n\nb",
        '<audio src="../s.mp3">',
    ),
    "emphasis with a look and titles of links": (
        '<b style="color: #ff0000">a</b> <a href="https://x.org/a b" title="t">c</a> <code>d<b>e</b></code>',
        '<b style="color: #ff0000">a</b> [c](<https://x.org/a b> "t") <code>',
        "",
    ),
    "pictures with a look": (
        '<img src="cell.png" style="width: 30px; height: 20px"> <img src="cell.png" width="50%">',
        "![](../cell.png){width=30 height=20} <img ",
        "",
    ),
    "centred text and fonts": (
        '<center>a</center><font color="#ff0000" size="5">b</font><p align="right">c</p>',
        "",
        "",
    ),
    "LaTeX that is more than a formula stays text": ("[latex]a $b$ c[/latex]", "", ""),
}


@pytest.mark.parametrize(("field", "start", "inside"), ODD.values(), ids=ODD)
def test_odd_html_does_no_harm(field: str, start: str, inside: str) -> None:
    converted = CONVERTER.convert(field)
    assert converted.losses == ()
    assert converted.text.startswith(start)
    assert inside in converted.text


def test_a_field_that_shows_nothing() -> None:
    assert CONVERTER.convert("<div><br></div>&nbsp;<!-- a -->") == ConvertedField("")


@pytest.mark.parametrize("field", ["<div>" * 2000 + "a", "<ul><li>" * 500 + "a", "<b>" * 500 + "a"])
def test_tags_that_nest_too_deep(field: str) -> None:
    converted = CONVERTER.convert(field)
    assert converted == ConvertedField("a", 0, ("its tags are nested too deeply; only the text is kept",))
    assert plain_text(field) == "a"


def test_a_field_that_no_build_takes() -> None:
    assert CONVERTER.convert("word " * 5000).losses == (TOO_LONG,)
