"""The page in a real browser: turning, keys, search, filters, frames, day and night."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.preview.conftest import Preview

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Locator, Page

Start = Callable[..., Preview]


def card_of(page: Page) -> FrameLocator:
    return page.frame_locator("#card")


def open_note(page: Page, preview: Preview, key: str) -> FrameLocator:
    page.goto(f"{preview.address}#{key}")
    expect(page.locator("[aria-selected=true]")).to_contain_text(key)
    card = card_of(page)
    expect(card.locator("#qa > *").first).to_be_visible()
    return card


def expect_questions(page: Page, questions: list[str]) -> None:
    """Wait until the list of notes shows these questions."""
    expect(page.locator(".note .question")).to_have_text(questions)


def expect_picture(picture: Locator) -> None:
    """Wait until the picture is loaded; fails where it is broken."""
    picture.evaluate("image => image.decode()")


def test_the_first_note_is_shown_and_turned(start: Start, page: Page) -> None:
    preview = start()
    page.goto(preview.address)
    card = card_of(page)
    expect(card.locator(".dw-q")).to_have_text("What is one?")
    expect(card.locator(".dw-short")).to_have_count(0)
    page.keyboard.press("Space")
    expect(card.locator(".dw-short")).to_contain_text("The first")
    expect(card.locator("mjx-container")).to_have_count(1)
    expect_picture(card.locator("img"))
    page.keyboard.press("Enter")
    expect(card.locator(".dw-short")).to_have_count(0)
    expect(page).to_have_url(re.compile("#one$"))


def test_keys_lead_through_the_notes_and_their_cards(start: Start, page: Page) -> None:
    preview = start()
    card = open_note(page, preview, "one")
    for pressed, question in (("j", "two"), ("ArrowRight", "Three"), ("k", "two"), ("ArrowLeft", "one")):
        page.keyboard.press(pressed)
        expect(card.locator(".dw-q")).to_contain_text(question)
    page.keyboard.press("j")
    expect(page.locator("#cards button")).to_have_text(["forward", "reversed"])
    page.keyboard.press("c")
    expect(card.locator(".dw-short")).to_have_text("The second number.")
    expect(page).to_have_url(re.compile("#two/2$"))
    page.keyboard.press("j")
    expect(card.locator(".cloze")).to_have_text("[...]")
    expect(card.locator(".cloze-inactive")).to_have_text("two")
    page.keyboard.press("c")
    expect(card.locator(".cloze-inactive")).to_have_text("one more")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_keys_work_in_the_card_too(start: Start, page: Page) -> None:
    card = open_note(page, start(), "one")
    card.locator(".dw-q").click()
    page.keyboard.press("Space")
    expect(card.locator(".dw-short")).to_be_visible()
    page.keyboard.press("j")
    expect(card.locator(".dw-q")).to_have_text("What is two?")


def test_a_typed_answer_is_compared(start: Start, page: Page) -> None:
    card = open_note(page, start(), "two")
    box = card.locator("input#typeans")
    box.click()
    page.keyboard.type("tvo")
    page.keyboard.press("Enter")
    expect(card.locator("code#typeans .typeBad")).to_have_text("v")
    expect(card.locator("code#typeans .typeGood").first).to_have_text("t")


def test_the_back_is_scrolled_to_the_answer_and_the_question_stays_in_sight(start: Start, page: Page) -> None:
    card = open_note(page, start(), "one")
    page.keyboard.press("Space")
    expect(card.locator("#answer")).to_be_in_viewport()
    expect(card.locator(".dw-q")).to_be_in_viewport()


def test_search_finds_questions_ids_tags_and_text(start: Start, page: Page) -> None:
    open_note(page, start(), "one")
    for words, found in (
        ("what", ["What is one?", "What is two?"]),
        ("FOUR", ["Four"]),
        ("second", ["What is two?", "Four"]),
        ("paragraph 7", ["What is one?"]),
        ("two by", ["Four"]),
        ("nowhere", []),
    ):
        page.keyboard.press("/")
        expect(page.locator("#search")).to_be_focused()
        page.locator("#search").fill(words)
        expect(page.locator(".note .question")).to_have_text(found)
        expect(page.locator("#count")).to_have_text(f"{len(found)} of 4 notes")
        page.keyboard.press("Escape")
        expect(page.locator("#count")).to_have_text("4 notes")


def test_filters(start: Start, page: Page) -> None:
    preview = start()
    preview.write("02-more/five.md", "## Five {#five}\n\nFive, ![](none.svg).\n")
    open_note(page, preview, "one")
    expect(page.locator(".mark.problem")).to_have_count(1)
    page.locator("#kind-filter").select_option("cloze")
    expect_questions(page, ["Three"])
    page.locator("#kind-filter").select_option("")
    page.locator("#tag-filter").select_option("second")
    expect_questions(page, ["What is two?", "Four"])
    page.locator("#deck-filter").select_option("Numbers::Basics")
    expect_questions(page, ["What is two?"])
    page.locator("#tag-filter").select_option("")
    page.locator("#deck-filter").select_option("")
    page.locator("#problem-filter").check()
    expect_questions(page, ["Five"])


def test_what_changed_since_the_last_build(start: Start, page: Page) -> None:
    from deckwright.pipeline.build import build

    preview = start()
    build(preview.root, preview.root.parent / "out.apkg")
    preview.edit("02-more/three.md", "Two by two.", "Twice two.")
    open_note(page, preview, "one")
    expect(page.locator(".mark.changed")).to_have_count(1)
    page.locator("#changed-filter").check()
    expect_questions(page, ["Four"])


@pytest.mark.parametrize(("pressed", "width"), [("1", 390), ("2", 360), ("3", 768)])
def test_frames(start: Start, page: Page, pressed: str, width: int) -> None:
    card = open_note(page, start(), "one")
    page.keyboard.press(pressed)
    expect(card.locator("html.mobile.android")).to_have_count(1)
    expect(card.locator("html")).to_have_js_property("clientWidth", width)
    page.keyboard.press("4")
    expect(card.locator("html.mobile")).to_have_count(0)


def test_clients_and_night(start: Start, page: Page) -> None:
    card = open_note(page, start(), "one")
    expect(card.locator("body.card.card1")).to_have_count(1)
    page.keyboard.press("d")
    expect(card.locator("html.night-mode > body.nightMode.night_mode")).to_have_count(1)
    expect(card.locator("body")).to_have_css("background-color", "rgb(44, 44, 44)")
    page.locator("#client").select_option("android-old")
    expect(card.locator("#content")).to_have_count(1)
    expect(card.locator("body")).not_to_have_css("background-color", "rgb(44, 44, 44)")
    page.locator("#client").select_option("iphone")
    expect(card.locator("html.iphone.mobile")).to_have_count(1)
    expect(page.locator("#client option:checked")).to_contain_text("approximate")
    page.reload()
    expect(card.locator("html.iphone.night-mode")).to_have_count(1)


def test_overview_shows_all_cards_and_opens_one(start: Start, page: Page) -> None:
    open_note(page, start(), "one")
    page.keyboard.press("o")
    tiles = page.frame_locator("#overview").locator(".tile")
    expect(tiles).to_have_count(4)
    expect(tiles.nth(1).locator(".number")).to_have_text("2 cards")
    tiles.nth(3).click()
    expect(page.locator("#overview")).to_be_hidden()
    expect(card_of(page).locator(".dw-q")).to_have_text("Four")


def test_the_page_can_be_used_without_a_mouse_or_eyes(start: Start, page: Page) -> None:
    open_note(page, start(), "one")
    for role, count in (("navigation", 1), ("main", 1), ("complementary", 1), ("toolbar", 1), ("listbox", 1)):
        expect(page.get_by_role(role)).to_have_count(count)  # type: ignore[arg-type]
    expect(page.locator("#about")).to_have_attribute("aria-live", "polite")
    page.locator("#list").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox", name="Notes").get_by_role("option", selected=True)).to_contain_text("two?")
    expect(page.locator("#list")).to_have_attribute("aria-activedescendant", "selected-note")
    unnamed = "[...document.querySelectorAll('button, select, input, iframe')].filter(e => !(e.title || e.ariaLabel"
    assert page.evaluate(f"{unnamed} || e.textContent.trim() || e.labels?.length)).map(e => e.id)") == []
