"""The normal form of a field: the same for all HTML that shows the same, and frozen."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckwright.identity import normal_form

GOLDEN = Path(__file__).parents[1] / "golden" / "normal_form.json"

SAME = [
    ("a  b\n c", "a b c"),
    ("<p>a</p>", "a"),
    ("<p>a</p>\n<p>b</p>", "<p>a</p><p>b</p>"),
    ("<p>a</p><div>b</div>", "<div>a</div><p>b</p>"),
    ("<ul>\n<li>a</li>\n</ul>", "<ul><li><p>a</p></li></ul>"),
    ("<ul><li><p>a</p><p>b</p></li></ul>", "<ul> <li>a<p>b</p> </li> </ul>"),
    ("<strong>a</strong> <em>b</em>", "<b>a</b> <i>b</i>"),
    ("<del>a</del><ins>b</ins>", "<s>a</s><u>b</u>"),
    ("<STRONG>a</STRONG>", "<b>a</b>"),
    ("<b>a</b><b>b</b>", "<b>ab</b>"),
    ("a<b></b>b", "ab"),
    ("a &lt; b &amp; c &quot;d&quot; &#233;", 'a &lt; b &amp; c "d" é'),
    ("a &gt; b", "a > b"),
    (r"\(a &lt; b\)", r"\(a &#60;  b\)"),
    ('<img src="a.png" alt="x">', "<img alt='x'   src=a.png />"),
    ('<img src="a.png" alt="x &amp; y" class="wide" loading="lazy">', '<img src="a.png" alt="x & y">'),
    ("a<br>b", "a <br/>\nb"),
    ("<hr>", "<hr />"),
    ('<span class="glue">a b</span>，', "a b，"),
    ('<a class="footnote" href="#fn:1">1</a>', "1"),
    ('<a href="https://e.org/?a=1&amp;b=2" rel="x">t</a>', "<a href='https://e.org/?a=1&b=2' target=_blank>t</a>"),
    ('<pre class="hl"><code><span class="k">if</span> a:\n  b\n</code></pre>', "<pre><code>if a:\n  b</code></pre>"),
    ('<pre><span class="k">if</span></pre>', '<pre class="x"><code class="py"><span class="n">if</span></code></pre>'),
    ("<p>a</p><pre>b</pre><p>c</p>", "a\n<pre>\nb\n</pre>\nc"),
    ("<pre>&lt;a&gt; &#39;</pre>", "<pre>&lt;a> '</pre>"),
    ("<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>",
     "<div class=table><table><tr>\n<th>a</th></tr><tr><td><p>b</p></td></tr></table></div>"),
    ('<td align="right">a</td>', '<td style="text-align: right;">a</td>'),
    ('<td style="color:red; width : 3px">a</td>', '<td style="width:3px;color:RED">a</td>'),
    ('<ol start="1"><li>a</li></ol>', "<ol><li>a</li></ol>"),
    ('<li><input type="checkbox" disabled checked>a</li>', "<li> <input checked='checked' type=checkbox> a</li>"),
    ("<li><label class='x'><input type=checkbox><span></span></label> a</li>", "<li><input type=checkbox>a</li>"),
    ("<b><i>a</i></b>", "<em><strong>a</strong></em>"),
    (r"<p>a \[x\] b</p>", r"<p>a</p><div>\[ x \]</div><p>b</p>"),
    ("e\u0301", "é"),
    ('<a href="#fnref:1" title="Back">↩</a>', "↩"),
    ("a<!-- no -->b", "ab"),
    (r"\<span></span>(a", r"&#92;(a"),
    ("&#91;sound:a]", "<span>[</span>sound:a]"),
    ("{&#123;c1::a}}", "&#123;{c1::a}}"),
]  # fmt: skip
"""Two ways of writing what a learner sees alike."""

OTHER = [
    ("a b", "ab"),
    ("a b", "a\u00a0b"),
    ("中文", "中\u3000文"),
    ("a", "A"),
    ("<b>a</b>", "a"),
    ("<b>a</b>", "<i>a</i>"),
    ("<b>a</b> b", "<b>a b</b>"),
    ("<p>a</p><p>b</p>", "<p>a b</p>"),
    ("a<br>b", "a b"),
    ("<p>a<br>b</p>", "<p>a</p><p>b</p>"),
    ("<ul><li>a</li></ul>", "<ol><li>a</li></ol>"),
    ("<ul><li>a</li><li>b</li></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
    ("<ol><li>a</li></ol>", '<ol start="2"><li>a</li></ol>'),
    ('<img src="a.png">', '<img src="b.png">'),
    ('<img src="a.png">', '<img src="a.png" width="3">'),
    ('<img src="a.png" alt="x">', '<img src="a.png" alt="y">'),
    ('<a href="https://e.org">a</a>', '<a href="https://e.net">a</a>'),
    ('<a href="https://e.org">a</a>', "a"),
    ('<a href="https://e.org">a</a> b', '<a href="https://e.org">a b</a>'),
    ('<span title="one">a</span>', '<span title="two">a</span>'),
    ('<span style="color:red">a</span> b', '<span style="color:red">a b</span>'),
    ("{{c1::a}}", "{{c2::a}}"),
    ("{{c1::a}} b", "{{c1::a b}}"),
    ("{{c1::a::h}}", "{{c1::a}}"),
    ("{{c1::a}}", "&#123;{c1::a}}"),
    ("{{c1::a&#125;} b}}", "{{c1::a}} b}}"),
    (r"\(a\)", r"\[a\]"),
    (r"\(a\)", r"\<span></span>(a\<span></span>)"),
    (r"\(a\)", r"\(b\)"),
    ("[sound:a.mp3]", "&#91;sound:a.mp3]"),
    ("<pre>a\nb</pre>", "<pre>a b</pre>"),
    ("<pre>a\n  b</pre>", "<pre>a\n b</pre>"),
    ("<pre>a</pre>", "a"),
    ("<code>a</code>", "a"),
    ("<table><tr><td>a</td><td>b</td></tr></table>", "<table><tr><td>ab</td><td></td></tr></table>"),
    ("<tr><th>a</th></tr>", "<tr><td>a</td></tr>"),
    ("<td>a</td>", '<td style="text-align:right">a</td>'),
    ("<h3>a</h3>", "<h4>a</h4>"),
    ('<section class="pitfall">a</section>', '<section class="follow-up">a</section>'),
    ("<details><summary>a</summary>b</details>", "<details open><summary>a</summary>b</details>"),
    ("<li><input type=checkbox>a</li>", "<li><input type=checkbox checked>a</li>"),
    ("a<sup>2</sup>", "a2"),
    ("a < b", "a b"),
]
"""What a learner sees differ."""


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_shows_the_same_has_one_normal_form(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_shows_something_else_has_another(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


@pytest.mark.parametrize(("one", "other"), SAME + OTHER)
def test_what_is_around_makes_no_difference(one: str, other: str) -> None:
    """Inside a section with text before and behind, the same are the same, the others others."""
    fields = [f"<section><h3>x</h3><p>y</p>\n{part}<p>z</p></section>" for part in (one, other)]
    assert (normal_form(fields[0]) == normal_form(fields[1])) == ((one, other) in SAME)


def test_the_normal_form_is_frozen() -> None:
    """Hashes of it are in every deck.lock: another one gives every note a new time. Never edit the golden file."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert len(golden) > 100
    assert {field: normal_form(field) for field in golden} == golden


@given(st.text(st.sampled_from("ab \n<>/&;#\"'=pb{}c1:[]\\()\u3000é")))
def test_any_text_has_a_normal_form_of_its_visible_letters(text: str) -> None:
    """White space and escapes in a text that is escaped make no difference; its letters do."""
    escaped = html.escape(text)
    shown = re.sub("[ \n]+", " ", text).strip(" ")
    assert re.sub("[\x02-\x06 ]", "", normal_form(escaped)) == shown.replace(" ", "")
    assert normal_form(f"{escaped}x") != normal_form(escaped)
    normal_form(text)
