"""What holds for any text: notes or problems and never another exception, every place inside the file."""

from __future__ import annotations

import datetime
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deckwright.deck.folder import Deck
from deckwright.deck.media import MediaStore
from deckwright.deck.settings import Settings
from deckwright.grammar import parse_source
from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.note import Page, SourceFile
from deckwright.grammar.page import LONGEST_NOTE
from deckwright.grammar.pieces import PieceKind
from deckwright.notetypes import FIELD_END
from deckwright.pipeline.build import check
from deckwright.pipeline.page import PageDetails, PageRenderer, PageResult
from tests.decks import check_deck, write_files

TODAY = datetime.date(2026, 11, 22)
FRAGMENTS = [
    *("## ", "### ", "# ", "#", "\n", "\n\n", " ", "    ", "\t", "- ", "1. ", "> ", "```", "~~~", "`", "``", "$", "$$"),
    *("\\(", "\\)", "\\[", "\\]", "\\", "{{c1::", "{{c0::", "::", "}}", "{", "}", "{#id .tag}", "[@a, §1]", "[^1]"),
    *("[^1]: ", "![a](b.png)", "[x](#y)", "](", "[", "]", "(", ")", "<!--", "-->", "<b>", "</b>", "<T>", "<br>", "<"),
    *(
        ">",
        "|",
        "|---|",
        "---",
        "===",
        "*",
        "**",
        "_",
        "~~",
        "==",
        "中文",
        "，",
        "a",
        "b1",
        ":",
        ": ",
        "!!! note\n    ",
    ),
    *("[sound:a.mp3]", "\U000f0000", "\ufffe", "\x1f", "\r", "---\n", "tags: [a]\n", "&amp;", "\\frac{a}{", "^", "&"),
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))


def deck_of(text: str) -> Deck:
    page: Page = parse_source(SourceFile("a.md", text))
    return Deck(Path(), Settings("D", "d"), {}, False, "", (), TODAY, pages=(page,))


def rendered(deck: Deck) -> tuple[PageResult, list[list[str]]]:
    """The deck's page, and the fields of its notes."""
    page = PageRenderer(deck, MediaStore(deck.root)).render_page(deck.pages[0].source, {})
    details = page.details
    assert details == PageDetails.from_json(json.loads(json.dumps(details.to_json())), "a.md")
    return page, [note.fields.split(FIELD_END) for note in page.notes]


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_any_text_gives_notes_or_problems(text: str) -> None:
    deck = deck_of("## Q {#q}\n\n" + text)
    lines = deck.pages[0].source.text.split("\n")
    for problem in [*check_deck(deck), *rendered(deck)[0].details.problems]:
        place = problem.place
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("a ^[b \\) $c$] d")
def test_pieces_are_in_order_and_do_not_overlap(text: str) -> None:
    for note in deck_of("## Q\n\n" + text).notes:
        for passage in note.passages:
            position, around, footnote = passage.start, passage.start, passage.start
            for piece in passage.pieces:
                is_deletion = piece.kind in (PieceKind.CLOZE, PieceKind.CLOZE_END)
                is_inside = (is_deletion and piece.end <= around) or piece.end < footnote
                assert (piece.start if is_inside else position) <= piece.start <= piece.end
                position = max(position, piece.end)
                if piece.kind in (PieceKind.CODE, PieceKind.CODE_BLOCK, PieceKind.FORMULA, PieceKind.DISPLAY):
                    around = piece.end
                elif piece.info == "inline":
                    footnote = max(footnote, piece.end)  # its pieces are those of a leaf of its own, inside of it


@pytest.mark.parametrize("sign", "\\`$<{}[]!\U000f0000")
def test_a_sign_at_the_end_of_a_line_takes_no_line_end_with_it(sign: str) -> None:
    page = parse_source(SourceFile("a.md", f"## q\n\na {sign}\n\n- item\n\n## r {sign}\n### s\n\nb {sign}\n- item\n"))
    assert [note.question.text[0] for note in page.notes] == ["q", "r"]
    assert [[len(part.all_blocks(BlockKind.ITEM)) for part in note.passages] for note in page.notes] == [
        [0, 1],
        [0, 0, 0, 1],
    ]


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_no_placeholder_is_left_and_no_line_breaks_outside_pre(text: str) -> None:
    deck = deck_of("## Q {#q}\n\n" + text)
    had = {c for c in text if "\U000f0000" <= c <= "\U000fffff"}
    for fields in rendered(deck)[1]:
        for field in fields:
            assert not {c for c in field if "\U000f0000" <= c <= "\U000fffff"} - had


@settings(max_examples=100, deadline=None)
@given(
    st.text(
        alphabet=st.characters(
            exclude_characters="$\\`{}[]<>|\n\r", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Co")
        )
    )
)
def test_a_formula_comes_out_as_it_went_in(tex: str) -> None:
    import html

    tex = f"x_{tex}"  # what surely is TeX: text between two dollars may be prices
    deck = deck_of(f"## Q {{#q}}\n\nA ${tex}$ b.")
    assert [piece.text for _, piece in deck.notes[0].pieces(PieceKind.FORMULA)] == [tex]
    (fields,) = rendered(deck)[1]
    if "%" not in tex:
        assert f"\\({tex}\\)" in html.unescape(fields[1])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["a.md", "deck.toml", "sources.toml", "deck.lock", "b/c.md"]), st.binary()))
def test_any_bytes_on_disk_give_problems_only(files: dict[str, str | bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(write_files(Path(folder), files), TODAY)


HARD = {
    "deep lists": "".join("  " * n + "- x\n" for n in range(500)),
    "deep quotes": "> " * 500 + "x",
    "deep brackets": "[" * 500 + "x" + "](u)" * 500,
    "deep emphasis": "*a **b " * 500,
    "deep groups": "$" + "{" * 500 + "}" * 500 + "$",
    "deep tags": "<div>" * 500 + "</div>" * 500,
    "deep deletions": "{{c1::" * 500 + "}}" * 500,
    "a megabyte of letters": "x" * 1_000_000,
    "a megabyte of dollars": "$" * 1_000_000,
    "a megabyte of backticks": "`a``b" * 200_000,
    "a megabyte of openings": "\\(" * 500_000,
    "a megabyte of brackets": "[a](" * 250_000,
    "a megabyte of tags": "<a " * 330_000,
    "a megabyte of deletions": "{{c1::" * 160_000,
    "a megabyte of stars": "*a" * 500_000,
    "a megabyte of underscores": "_a " * 330_000,
    "a megabyte of spaces": "[a](" + " " * 1_000_000 + "x",
    "a megabyte of citations": "[@" * 500_000,
    "a megabyte of fences in a quote": "> ```\n> x\n> ```\n" * 60_000,
    "a long table": "| a |\n|---|\n" + "| b |\n" * 20_000,
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD.keys())
def test_hard_texts_neither_hang_nor_blow_up(text: str) -> None:
    """A megabyte is refused as too large; what still fits into a note is rendered in seconds."""
    whole = deck_of("## Q {#q}\n\n" + text)
    rules = {problem.rule for problem in check_deck(whole)}
    assert len(text) < LONGEST_NOTE or "too-large" in rules
    part = deck_of("## Q {#q}\n\n" + text[:6000])
    check_deck(part)
    assert len(rendered(part)[1]) <= 1


def test_ten_thousand_notes_in_one_file() -> None:
    text = "".join(f"## Question number {n}? {{#q-{n}}}\n\nAnswer {n} with ${n}$.\n\n" for n in range(10_000))
    deck = deck_of(text)
    assert len(deck.notes) == 10_000
    assert not [p for p in check_deck(deck) if p.rule != "near-duplicate"]


VALID = {
    "deck.toml": 'name = "T"\nid = "t"\n[subdecks]\n"b" = "B"\n[limits]\nquestion = 9\n[tex]\nmacros = ["x"]\n',
    "sources.toml": '[a]\ntitle = "T"\nauthors = ["A"]\nyear = 1\nurl = "https://x.example"\nchecked = 2026-01-01\n',
    "deck.lock": (
        '{\n"format": 1,\n"deck": "t",\n"note-types": {"basic": {"look": "x", "mod": 5}},\n"notes": {\n"q": {"kind": '
        '"basic", "nid": 1, "mod": 2, "pos": 3, "deck": "T", "is": {"Answer": "x"}},\n"": null\n}}\n'
    ),
    "b/c.md": "---\ntags: [a]\nasof: 2026-01\n---\n# T\n\n## Q? {#q .b reversed=yes}\n\nA $x$ [@a, §1] ![i](i.svg)\n",
}


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, str | bytes]:
    """A valid deck with a few stretches of one of its files cut out, doubled or replaced."""
    name = draw(st.sampled_from(sorted(VALID)))
    text = VALID[name]
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        middle = draw(
            st.one_of(st.text(max_size=4), st.sampled_from(["[", "]", "=", "\n", '"', "{", "-1", "1e999", "null"]))
        )
        text = text[:start] + middle + text[end:]
    return {**VALID, name: text.encode("utf-8", "replace")}


@settings(max_examples=300, deadline=None)
@given(spoiled())
def test_a_spoiled_deck_gives_problems_only(files: dict[str, str | bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(write_files(Path(folder), files), TODAY)
