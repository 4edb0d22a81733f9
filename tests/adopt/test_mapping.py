"""Which field becomes what."""

from __future__ import annotations

import pytest

from deckwright.adopt.mapping import MappingError, Role, filled, layout_of, parse_mapping, why_not
from deckwright.grammar.note import NoteKind
from deckwright.notetypes import NoteType, Template


def type_of(fields: str, *fronts_and_backs: tuple[str, str], is_cloze: bool = False) -> NoteType:
    templates = [Template(n, f"Card {n}", front, back) for n, (front, back) in enumerate(fronts_and_backs, 1)]
    kind = NoteKind.CLOZE if is_cloze else NoteKind.BASIC
    return NoteType(1, kind, "Type", {name: n for n, name in enumerate(fields.split())}, tuple(templates), "")


def roles(old: NoteType, **given: Role) -> str:
    return " ".join(layout_of(old, given).roles.values())


def test_usual_names_come_first() -> None:
    """Also where the template shows another field on the front."""
    assert roles(type_of("Hint Back Front", ("{{Front}} {{Hint}}", "{{Back}}"))) == "section answer question"
    assert roles(type_of("正面 背面 例句", ("{{正面}}", "{{背面}}{{例句}}"))) == "question answer section"


def test_else_the_templates_say_it() -> None:
    old = type_of(
        "Id Word Meaning Example", ("{{Word}}", "{{FrontSide}}{{Meaning}}<br>{{#Example}}{{Example}}{{/Example}}")
    )
    assert roles(old) == "section question answer section"
    assert layout_of(old, {}).hidden == {"Id"}


def test_what_is_given_comes_before_all() -> None:
    old = type_of("Front Back Key", ("{{Front}}", "{{Back}}"))
    assert roles(old, Key=Role.ID, Back=Role.SKIP) == "question skip id"


def test_a_cloze_type() -> None:
    old = type_of("Text Title Extra", ("{{Title}}: {{cloze:Text}}", "{{cloze:Text}}{{Extra}}"), is_cloze=True)
    assert roles(old) == "answer question section"


def test_the_text_that_is_typed() -> None:
    layout = layout_of(type_of("Front Back", ("{{Front}}{{type:Back}}", "{{Back}}")), {})
    assert (layout.typed, layout.roles) == ("Back", {"Front": Role.QUESTION, "Back": Role.ANSWER})


def test_words_of_a_template_belong_to_the_question() -> None:
    assert layout_of(type_of("A B", ("<div>Capital of {{A}}?</div>", "{{B}}")), {}).is_worded
    assert not layout_of(type_of("A B", ("<style>b {}</style><div>{{A}}</div>", "{{B}}")), {}).is_worded


def test_a_template_is_filled_as_anki_fills_it() -> None:
    template = "a {{A}}{{#B}} b {{text:B}}{{/B}}{{^B}} none{{/B}}{{type:A}} {{Gone}}"
    assert filled(template, {"A": "1", "B": "2"}) == "a 1 b 2 "
    assert filled(template, {"A": "1", "B": " "}) == "a 1 none "


def test_readings_in_brackets_are_furigana_where_a_template_shows_them_so() -> None:
    """The fields are what the official anki package 26.9.3 makes of them, but for ``<rb>``."""
    layout = layout_of(type_of("A B C", ("{{kanji:A}}", "{{furigana:A}}{{furigana:B}}{{C}}")), {})
    fields = {"A": "<b>私[わたし]</b>は&nbsp;日本[にほん]", "B": "x [y] 食[た]べ[sound:x.mp3]", "C": "a[1]"}
    assert layout.with_ruby(fields) == {
        "A": "<b><ruby>私<rt>わたし</rt></ruby></b>は<ruby>日本<rt>にほん</rt></ruby>",
        "B": "x [y]<ruby>食<rt>た</rt></ruby>べ[sound:x.mp3]",
        "C": "a[1]",
    }


def test_warnings() -> None:
    old = type_of("Front Back Other", ("{{kana:Front}}", "{{Back}}"), ("{{Other}}", "{{Back}}"))
    assert layout_of(old, {}).warnings == (
        "“Type” uses the filter kana, which is not taken over: its text is shown whole",
        "“Type” asks something else on card 2; it will ask for the question, given the answer",
    )


def test_types_that_cannot_be_taken_over() -> None:
    assert "3 kinds of cards" in why_not(type_of("A B", *[("{{A}}", "{{B}}")] * 3))
    assert "parts of pictures" in why_not(type_of("Occlusion Image", ("{{cloze:Occlusion}}", ""), is_cloze=True))
    assert "this program" in why_not(type_of("Question Answer AsOf Context Spare4", ("{{Question}}", "{{Answer}}")))
    assert why_not(type_of("A B", *[("{{A}}", "{{B}}")] * 2)) == ""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "Front",
            "`Front` is not a mapping; write FIELD=ROLE, where ROLE is one of question, answer, section, id, skip",
        ),
        ("Front=title", "`Front=title` is not a mapping; write FIELD=ROLE"),
        ("Nothing=answer", "no note type has a field `Nothing`; there are Back, Front"),
    ],
)
def test_mappings_that_are_none(given: str, message: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_mapping([given], [type_of("Front Back", ("{{Front}}", "{{Back}}"))])
    assert str(caught.value).startswith(message)


def test_a_mapping() -> None:
    types = [type_of("A=B C", ("{{C}}", ""))]
    assert parse_mapping(["A=B=answer, C=question"], types) == {"A=B": Role.ANSWER, "C": Role.QUESTION}


def test_no_question_is_left() -> None:
    with pytest.raises(MappingError, match="add --map FIELD=question"):
        layout_of(type_of("Front Back", ("{{Front}}", "{{Back}}")), {"Front": Role.SKIP})


def test_a_field_that_the_front_does_not_show_is_no_question() -> None:
    """Conditions are met or not note by note; fields in attributes and scripts are not shown at all."""
    front = '<div class="{{Kind}}">{{#Whole}}{{Sentence}}{{/Whole}}{{^Whole}}{{Word}}{{/Whole}}</div>'
    front += "<script>{{Js}}</script>"
    layout = layout_of(type_of("Word Sentence Whole Kind Js Back", (front, "{{Back}}")), {})
    assert " ".join(layout.roles.values()) == "question question skip section section answer"
    assert layout.hidden == {"Whole", "Kind", "Js"}
    assert not layout.is_worded
    note = {"Word": "w", "Sentence": "s", "Whole": "", "Kind": "k", "Js": "", "Back": "b"}
    assert " ".join(layout.of_note(note).roles.values()) == "question section skip section section answer"
    whole = layout.of_note({**note, "Whole": "x"})
    assert " ".join(whole.roles.values()) == "section question skip section section answer"
    assert layout.of_note({**note, "Word": ""}) == layout
