"""Rendering, by golden cases: Markdown of an answer → the HTML of the field."""

from __future__ import annotations

import datetime
import html
import re

import pytest

from deckwright.deck.bibliography import Citation
from deckwright.deck.media import media_references
from deckwright.deck.settings import Settings
from deckwright.grammar import parse_source
from deckwright.grammar.note import Note, NoteKind, SourceFile
from deckwright.problems import Place
from deckwright.render import Renderer
from deckwright.render.rendered_note import RenderedNote
from tests.golden_cases import Case, read_cases

CITATIONS = {
    "a": Citation("a", "First & best", ("Ann Ada",), 1999, "https://a.example/?x=1&y=2", datetime.date.min, Place("s")),
    "b": Citation("b", "Second", ("Bo", "Cy"), 2001, "https://b.example", None, Place("s")),
    "c": Citation("c", "Third", ("Di", "Ed", "Flo"), 2003, "", None, Place("s")),
}
SETTINGS = Settings("Deck", "deck", sections={"Pitfall": "pitfall", "Next": "follow-up"})


def parse_note(text: str) -> Note:
    return parse_source(SourceFile("a.md", text)).notes[0]


def render(text: str, media: dict[str, str] | None = None) -> RenderedNote:
    return Renderer(SETTINGS, CITATIONS).render_note(parse_note(text), media)


@pytest.mark.parametrize("case", read_cases("rendering.txt"), ids=lambda case: case.title)
def test_answer(case: Case) -> None:
    rendered = render(f"## Q {{#q}}\n\n{case.given}")
    field = rendered.fields["Text" if rendered.kind is NoteKind.CLOZE else "Answer"]
    shown = field + (rendered.fields["Details"] and f"\n{rendered.fields['Details']}")
    assert shown == case.expected


@pytest.mark.parametrize("case", read_cases("formulas.txt"), ids=lambda case: case.title)
def test_formulas_come_out_as_they_went_in(case: Case) -> None:
    r"""The TeX between ``\(…\)`` and ``\[…\]`` after the browser has resolved references, one a line."""
    fields = render(f"## Q {{#q}}\n\n{case.given}").fields.values()
    found = re.findall(r"\\\((.*?)\\\)|\\\[(.*?)\\\]", "".join(fields), re.DOTALL)
    assert [html.unescape(inline or display) for inline, display in found] == case.expected.split("\n")


def test_twelve_formulas_in_one_note() -> None:
    """Placeholders of more than nine formulas do not overlap, in the heading, the answer and the sections."""
    tex = [f"x_{{{n}}}^{n}" for n in range(1, 13)]
    text = f"## Why ${tex[0]}$? {{#q}}\n\n" + " ".join(f"${t}$" for t in tex[1:7]) + "\n\n### More\n\n"
    fields = render(text + "".join(f"- ${t}$\n" for t in tex[7:])).fields
    assert re.findall(r"\\\((.*?)\\\)", fields["Question"] + fields["Answer"] + fields["Details"]) == tex


def test_no_line_break_outside_pre() -> None:
    """AnkiDroid's editor makes ``<br>`` of every other one."""
    text = "## Q {#q}\n\na\nb\n\n- c\n  - d\n\n```py\ne\nf\n```\n\n| g | h |\n|---|---|\n| i | j |\n\n$$\nk\n$$\n"
    for field in render(text).fields.values():
        assert "\n" not in re.sub(r"<pre.*?</pre>", "", field, flags=re.DOTALL)


WRAPPED = [
    ("See [@{key}, §2], and so on.", "See [@{key},\n§2], and\nso on."),
    ("- See [@{key}, §2; @{key}, p. 3] there", "- See [@{key}, §2;\n  @{key}, p.\n  3] there"),
    ("> See [@{key}, §2] there", "> See [@{key},\n> §2] there"),
    (r"- A $\sqrt d$ and $a + b$", "- A $\\sqrt\n  d$ and $a +\n  b$"),
    (
        '> <img src="a.png" width="30"> and <b class="x">b</b>',
        '> <img src="a.png"\n> width="30"> and <b\n> class="x">b</b>',
    ),
    (r"> A $\sqrt d$ there", "> A $\\sqrt\n> d$ there"),
    ("A ![the heart](a.png), [a link](https://a.b)", "A ![the\nheart](a.png), [a\nlink](https://a.b)"),
    ("**Bold text** and `a b` and ==c d==", "**Bold\ntext** and `a\nb` and ==c\nd=="),
]


@pytest.mark.parametrize(("one", "wrapped"), WRAPPED)
def test_text_may_be_wrapped_anywhere(one: str, wrapped: str) -> None:
    """As formatters and editors do: a learner sees the same, so the fields are the same."""
    key = next(iter(CITATIONS))
    shown, wrapped_shown = (render("## Q {#q}\n\n" + text.replace("{key}", key)) for text in (one, wrapped))
    assert wrapped_shown.fields == shown.fields
    assert "[@" not in shown.fields["Answer"]


def test_a_bracket_that_is_not_closed_cites_nothing() -> None:
    """What follows is text as before, links too."""
    rendered = render("## Q {#q}\n\n[@todo this\nand [that](https://a.b)")
    assert '[@todo this and <a href="https://a.b">that</a>' in rendered.fields["Answer"]


def test_sources_are_numbered_as_cited() -> None:
    rendered = render("## Q {#q}\n\nOne [@b, §2] two [@a; @b, §3].\n\n### More\n\nThree [@c].")
    assert '<sup class="cite">[1]</sup>' in rendered.fields["Answer"]
    assert '<sup class="cite">[2][1]</sup>' in rendered.fields["Answer"]
    assert rendered.fields["Sources"] == (
        '<ol><li>Bo and Cy (2001): <a href="https://b.example">Second</a>, §2, §3</li>'
        '<li>Ann Ada (1999): <a href="https://a.example/?x=1&amp;y=2">First &amp; best</a></li>'
        "<li>Di et al. (2003): Third</li></ol>"
    )


def test_sections_have_their_styles() -> None:
    rendered = render("## Q {#q}\n\nA\n\n### Pitfall\n\nNo.\n\n### Other `x`\n\nYes.")
    assert rendered.fields["Details"] == (
        '<section class="pitfall"><h3>Pitfall</h3><p>No.</p></section>'
        "<section><h3>Other <code>x</code></h3><p>Yes.</p></section>"
    )


def test_a_follow_up_shows_its_hint_on_tap() -> None:
    """AnkiMobile opens a summary only with the class ``tappable``."""
    items = "- Why $x$? (hint: as $y$ [@a])\n- [Q](#q)\n- Loose?（hint：one (two)）。\n\n- Why?\n"
    assert render("## Q {#q}\n\nA\n\n### Next\n\n" + items).fields["Details"] == (
        '<section class="follow-up"><h3>Next</h3><ul><li class="hint"><details><summary class="tappable">'
        'Why <span class="glue">\\(x\\)?</span></summary><div class="hint-text">as \\(y\\)'
        '<sup class="cite">[1]</sup></div>'
        '</details></li><li><p><span class="ref" title="q">Q</span></p></li>'
        '<li class="hint"><details><summary class="tappable">Loose?</summary><div class="hint-text">one (two)</div>'
        "</details></li><li><p>Why?</p></li></ul></section>"
    )


def test_a_hint_shows_its_formulas() -> None:
    heading = """## Q {#q hint="$a<b$, then **x** & 'y' for $5"}"""
    assert render(f"{heading}\n\nA").fields["Spare1"] == "\\(a&lt;b\\), then **x** &amp; &#x27;y&#x27; for $5"


@pytest.mark.parametrize("rule", ["---", "***\n\n* * *"])
def test_a_rule_before_the_next_question_is_on_no_card(rule: str) -> None:
    text = f"## Q {{#q}}\n\na\n\n***\n\nb\n\n{rule}\n\n## R {{#r}}\n\nc\n\n{rule}\n\n### More\n\nd\n\n{rule}\n\n"
    text += "## S {#s}\n\ne\n\n---"
    first, second, last = (
        Renderer(SETTINGS, {}).render_note(note).fields for note in parse_source(SourceFile("a.md", text)).notes
    )
    assert first["Answer"] == "<p>a</p><hr /><p>b</p>"
    assert second["Answer"].startswith("<p>c</p><hr />")
    assert second["Details"] == "<section><h3>More</h3><p>d</p></section>"
    assert last["Answer"] == "<p>e</p><hr />"


def test_a_footnote_may_be_defined_in_a_later_section() -> None:
    fields = render("## Q {#q}\n\nA[^1].\n\n### More\n\nB.\n\n[^1]: The note.").fields
    assert 'href="#fn:1"' in fields["Answer"]
    assert "The note." in fields["Details"]


def test_a_footnote_may_be_defined_under_another_note() -> None:
    """It is on the cards that refer to it, with its picture and the source that it cites, and on no others."""
    text = "## A {#a}\n\nA[^1].\n\n## B {#b}\n\nB[^2].\n\n[^1]: Uno[^3] [@a].\n[^2]: Due.\n[^3]: Tre ![](i.svg).\n"
    notes = parse_source(SourceFile("a.md", text)).notes
    first, second = (Renderer(SETTINGS, CITATIONS).render_note(note).fields for note in notes)
    assert re.findall("Uno|Due|Tre|i.svg|First", first["Details"] + first["Sources"]) == [
        "Uno",
        "Tre",
        "i.svg",
        "First",
    ]
    assert re.findall("Uno|Due|Tre|i.svg|First", second["Details"] + second["Sources"]) == ["Due"]
    assert [[name for name, _ in media_references(note)] for note in notes] == [["i.svg"], []]


def test_media_are_renamed_wherever_they_stand() -> None:
    names = {"p q.png": "1.png", "t.mp3": "2.mp3", "v.mp4": "3.mp4", "r.svg": "4.svg"}
    text = (
        '## Q {#q}\n\n![a "b"](p q.png) ![](t.mp3) [sound:v.mp4] <img src="r.svg" width=9> ![x][ref]\n\n[ref]: r.svg\n'
    )
    answer = render(text, names).fields["Answer"]
    assert '<img src="1.png" alt="a &quot;b&quot;" class="inline full">' in answer
    assert "[sound:2.mp3]" in answer
    assert "[sound:3.mp4]" in answer
    assert '<img src="4.svg" width=9>' in answer
    assert '<img src="4.svg" alt="x" class="inline full">' in answer


def test_tags_carry_the_decks_prefix() -> None:
    note = parse_note("## Q {#q .b .a::c .b}\n\nA")
    rendered = Renderer(Settings("D", "d", tag_prefix="llm"), {}).render_note(note)
    assert rendered.tags == ("llm::a::c", "llm::b")


def test_context_is_the_way_from_the_deck_to_the_file() -> None:
    settings = Settings("Deck", "d", subdecks={"a": "01 A", "a/b": "B & C"})
    page = parse_source(SourceFile("a/b/x.md", "# Title\n\n## Q {#q}\n\nA"))
    rendered = Renderer(settings, {}).render_note(page.notes[0])
    assert rendered.deck == "Deck::01 A::B & C"
    assert rendered.fields["Context"] == "01 A › B &amp; C › Title"
    assert rendered.fields["File"] == "a/b/x.md"


def test_reversed_and_typed() -> None:
    fields = render('## Q {#q reversed=yes typed="a <b>"}\n\nA').fields
    assert (fields["Reversed"], fields["Typed"]) == ("1", "a &lt;b&gt;")
    assert render("## Q {#q reversed=no}\n\nA").ords == (0,)


DIRECTIONS = {
    "מה שלומך?": ("rtl", ""),
    "**שלום!**": ("rtl", ""),
    "5 ספרים": ("rtl", ""),
    "`x`, שלום": ("rtl", ""),
    "{{c1::كتاب}}؟ $x$.": ("rtl", ""),
    "{{c1::كتاب::book}}.": ("rtl", ""),
    "{{c1::book::كتاب}}?": ("", "ltr"),
    "What is “x”?": ("", "ltr"),
    "שלום": ("", ""),
    "hello": ("", ""),
    "שלום (shalom) means peace.": ("", ""),
    "שלום <b>x</b>.": ("", ""),
    "$x$, 5.": ("", ""),
}
"""Markdown → the direction it gets in a deck that is written from left to right, and in the other kind."""


@pytest.mark.parametrize("block", ["{}", "- {}", "| {} |\n|---|\n| {} |", "> [!note] {}", "#### {}"])
@pytest.mark.parametrize("front_matter", ["", "---\nlanguage: ar\n---\n"])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("written", DIRECTIONS)
def test_a_text_in_the_other_direction_has_its_own(written: str, language: str, front_matter: str, block: str) -> None:
    """Else the signs at its edges are on the wrong side: "?" begins a question in Hebrew."""
    question = re.sub(r"\{\{c1::(\w+)(?:::\w+)?\}\}", r"\1", written)
    note = parse_note(f"{front_matter}## {question} {{#q}}\n\n{block.format(written, written)}")
    fields = Renderer(Settings("D", "d", language=language), {}).render_note(note).fields
    own = DIRECTIONS[written][bool(front_matter) or language == "ar"]
    for field in [*fields.values()][:2]:
        inside = re.sub(r'^<(?:div|span) lang="ar" dir="rtl">', "", field)
        assert {*re.findall(r' dir="(\w+)"', inside)} == {own} - {""}


def test_words_of_the_front_matter_are_what_is_written() -> None:
    """YAML takes some for yes, no, numbers (one of base 8, one of base 60) and dates."""
    for tags in ("[no, 010, 1.50, 12:30, 2024-01-01]", "\n- no\n- 010\n- 1.50\n- 12:30\n- 2024-01-01"):
        assert sorted(render(f"---\ntags: {tags}\n---\n## Q\n\nx\n").tags) == "010 1.50 12:30 2024-01-01 no".split()
    assert [*render("---\ntags: 2024\n---\n## Q\n\nx\n").tags] == ["2024"]
    assert 'lang="no"' in render("---\nlanguage: no\n---\n## Q\n\nx\n").fields["Answer"]
