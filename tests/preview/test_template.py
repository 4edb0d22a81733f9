"""The preview's cards against those of the official ``anki`` package, byte for byte."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from anki.collection import Collection

from deckwright.pipeline.build import build
from deckwright.preview.cloze import render_clozes
from deckwright.preview.deck_state import DeckState, read_deck
from deckwright.preview.template import SOUND, TemplateError, render_side
from deckwright.preview.typed import compare_typed
from tests.anki_driver import Learner
from tests.decks import write_deck

ROOT = Path(__file__).parents[2]
PLANTED = r"""
## Nested and hinted {#nested}

The {{c1::first::a "hint" & more}} and the {{c2::second **bold** `<code>`}}, then {{c1::中文 é}}.

## In a formula {#formula}

So $a < {{c1::b}}$ and $$\frac{ {{c2::x^{2} }} }{y}$$ hold {{c1::$p<q$}}.

## Both ways, with a tag {#both .one .two::three reversed=yes typed="<b> & é" asof=2026-11}

![a tone](tone.wav) An answer.
"""
CLOZES = (
    'a {{c1::one<b>x</b> & "q" 中文é::hint}} {{c2::two}} c',
    "{{c1::a {{c2::b::h2}} c::h}} d }} e {{c3::open",
    r"\({{c1::x^2 <b>y</b>}} \frac{a}{b}\) \[ a < b {{c2::z}}\] and {{c1::\(p &lt; q\)}}",
    "{{c1,2::multi}} {{c3::}} {{c1::::x}} {{C1::no}} {{c0::z}} {{c1::a::b::c}} [sound:a.mp3]",
    "".join(f"{{{{c1::{n} " for n in range(12)) + "x" + " }}" * 12 + " end",
    "{{c1::中-文_a~!'`/=+,.;:?@#$%^*()[]|\t}}{{c2::<!-- x -->}}",
)


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    collection = Collection(str(tmp_path / "collection.anki2"))
    yield collection
    collection.close()


def state_of(deck: Path) -> DeckState:
    return list(read_deck(deck))[-1]


def as_anki_gives_it(side: str, letter: str) -> str:
    """A side with Anki's names for its sounds: by their numbers, ``q`` on the front, ``a`` on the back."""
    number = itertools.count()
    return SOUND.sub(lambda _: f"[anki:play:{letter}:{next(number)}]", side)


def compare_decks(source: Path, folder: Path) -> tuple[int, list[str]]:
    """How many sides of a deck's cards were compared with Anki's, and which differ."""
    deck = folder / "deck"
    shutil.copytree(source, deck)
    settings = deck / "deck.toml"
    text = settings.read_text(encoding="utf-8").replace("DECK-ID", "example").replace("DECK-LANGUAGE", "en")
    settings.write_text(text, encoding="utf-8")
    package = build(deck, folder / "deck.apkg").written.path
    state = state_of(deck)
    ours = {(key, card.ordinal): card for key in state.notes for card in state.render(key).cards}
    css = {key: state.types[note.kind].css for key, note in state.notes.items()}
    count, different = 0, []
    with Learner(folder / "anki") as learner:
        learner.imports(package)
        for number in learner.collection.find_cards(""):
            card = learner.collection.get_card(number)
            theirs, key = card.render_output(), card.note()["ID"]
            mine = ours.pop((key, card.ord))
            count += 2
            sides = as_anki_gives_it(mine.front, "q"), as_anki_gives_it(mine.back, "a")
            if sides != (theirs.question_text, theirs.answer_text) or css[key] != theirs.css:
                different.append(f"{key}/{card.ord}")
            played = [
                tag.filename for tag in theirs.question_av_tags + theirs.answer_av_tags if hasattr(tag, "filename")
            ]
            if SOUND.findall(mine.front) + SOUND.findall(mine.back) != played:
                different.append(f"{key}/{card.ord} sounds")
    return count, different + [f"{key}/{ordinal} is no card of Anki's" for key, ordinal in ours]


@pytest.mark.parametrize("deck", ["cards", "deckwright/example"])
def test_every_side_of_every_card_is_the_one_of_anki(
    deck: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    count, different = compare_decks(ROOT / deck, tmp_path)
    record_property("sides", f"{deck}: {count} sides compared, {len(different)} different")
    assert count >= 10
    assert different == []


def test_planted_notes_too(tmp_path: Path) -> None:
    deck = write_deck(tmp_path / "planted", a_md=PLANTED)
    shutil.copy(ROOT / "deckwright/example/02-more/tone.wav", deck)
    count, different = compare_decks(deck, tmp_path)
    assert count >= 10
    assert different == []


@pytest.mark.parametrize("text", CLOZES)
def test_a_field_with_deletions_is_shown_as_anki_shows_it(collection: Collection, text: str) -> None:
    note_type = collection.models.by_name("Cloze")
    assert note_type is not None
    note = collection.new_note(note_type)
    note.fields[0] = text
    for ordinal in (0, 1):
        theirs = note.ephemeral_card(ordinal, custom_note_type=note_type).render_output()
        ours = [render_clozes(text, ordinal + 1, is_front=is_front) for is_front in (True, False)]
        if ours == ["", ""]:  # Anki says on the card that it has no such deletion
            assert theirs.question_text.startswith("<div>No cloze")
            continue
        assert as_anki_gives_it(ours[0], "q") == theirs.question_text
        assert as_anki_gives_it(ours[1], "a") + "<br>\n" == theirs.answer_text


def test_a_typed_answer_is_compared_as_anki_compares_it(collection: Collection) -> None:
    rng = random.Random(20261129)
    signs = [*"ab c-é中&<>\u0301", "&amp;", "&lt;", "<br>", "<div>"]
    for _ in range(2_000):
        expected, typed = ("".join(rng.choices(signs, k=rng.randrange(9))) for _ in range(2))
        assert compare_typed(expected, typed) == collection.compare_answer(expected, typed), (expected, typed)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{#A}}x", "{{#A}} is not closed"),
        ("{{/A}}", "{{/A}} closes no open section"),
        ("{{B}}", "there is no field `B`"),
        ("{{kana:A}}", "does not know the filter `kana`"),
    ],
)
def test_a_template_that_cannot_be_read_says_why(template: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message.replace("{", r"\{").replace("^", r"\^")):
        render_side(template, {"A": "a"}, 0, is_front=True)


def test_sections_and_filters() -> None:
    fields = {"A": "<b>a</b>", "E": " <br/><div></div>"}
    assert (
        render_side("{{ #A }}{{text:A}}{{/A}}{{^A}}no{{/A}}{{#E}}e{{/E}}{{^E}}E{{/E}}", fields, 0, is_front=True)
        == "aE"
    )
