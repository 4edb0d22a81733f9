"""What follows a save: the open card in its place, problems that come and go, a server that goes and comes back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.preview.conftest import Preview
from tests.preview.test_page import card_of, expect_picture, open_note

if TYPE_CHECKING:
    from playwright.sync_api import Page

Start = Callable[..., Preview]
PAGE = "01-basics/one.md"
SCROLLED = "() => document.scrollingElement.scrollTop"


def test_a_save_changes_the_open_card_and_leaves_the_reader_where_they_are(start: Start, page: Page) -> None:
    """Side, scroll, opened hints and selection stay, and the page is not loaded anew."""
    preview = start()
    card = open_note(page, preview, "one")
    page.keyboard.press("Space")
    card.locator("summary").click()
    frame = page.frame(url="**/card.html")
    assert frame is not None
    paragraph = card.get_by_text("Paragraph 41 of")
    paragraph.evaluate("one => { getSelection().selectAllChildren(one); one.scrollIntoView() }")
    before = frame.evaluate(SCROLLED)
    page.evaluate("window.same = true")
    frame.evaluate("window.same = true")
    preview.edit(PAGE, "The first ", "The very first ")
    expect(card.locator(".dw-short")).to_contain_text("The very first")
    assert before > 500
    assert frame.evaluate(SCROLLED) == before
    assert card.locator("details").evaluate("one => one.open")
    assert frame.evaluate("getSelection().toString()") == "Paragraph 41 of a long text."
    assert page.evaluate("window.same")
    assert frame.evaluate("window.same")
    expect(card.locator("mjx-container")).to_have_count(1)


def test_the_page_follows_to_the_note_that_was_saved(start: Start, page: Page) -> None:
    preview = start()
    card = open_note(page, preview, "one")
    preview.edit("02-more/three.md", "Two by two.", "Twice two.")
    expect(card.locator(".dw-q")).to_have_text("Four")


def test_without_following_it_stays(start: Start, page: Page) -> None:
    preview = start(follows=False)
    card = open_note(page, preview, "one")
    preview.edit("02-more/three.md", "## Four", "## The number four")
    expect(page.locator(".note .question").nth(3)).to_have_text("The number four")
    expect(card.locator(".dw-q")).to_have_text("What is one?")


def test_a_style_sheet_is_swapped_without_a_reload(start: Start, page: Page) -> None:
    preview = start()
    card = open_note(page, preview, "one")
    page.evaluate("window.same = true")
    preview.write("style.css", ".dw-q { color: rgb(1, 2, 3); }")
    expect(card.locator(".dw-q")).to_have_css("color", "rgb(1, 2, 3)")
    assert page.evaluate("window.same")


def test_a_saved_picture_is_shown(start: Start, page: Page) -> None:
    preview = start()
    card = open_note(page, preview, "one")
    page.keyboard.press("Space")
    before = card.locator("img").get_attribute("src")
    preview.edit("01-basics/dot.svg", 'r="4"', 'r="3"')
    expect(card.locator(f'img:not([src="{before}"])')).to_have_count(1)
    expect(card.locator("img")).to_have_count(1)
    expect_picture(card.locator("img"))


def test_a_problem_appears_at_its_card_and_in_the_list_and_goes(start: Start, page: Page) -> None:
    preview = start()
    open_note(page, preview, "one")
    page.locator("#problem-count").click()
    preview.edit(PAGE, "$x_1$", r"$\nosuch$")
    expect(page.locator("#about li.error")).to_contain_text(f"{PAGE}:3:")
    expect(page.locator("#problem-list li")).to_have_count(1)
    expect(page.locator("#problem-count")).to_have_text("1 problem")
    expect(page).to_have_title("(1) Numbers")
    expect(page.locator(".mark.problem")).to_have_text("1")
    preview.edit(PAGE, r"$\nosuch$", "$x_1$")
    expect(page.locator("#about li")).to_have_count(0)
    expect(page.locator("#problem-list li")).to_have_count(0)
    expect(page).to_have_title("Numbers")


def test_a_broken_deck_toml_is_said_and_the_cards_stay(start: Start, page: Page) -> None:
    preview = start()
    card = open_note(page, preview, "one")
    page.locator("#problem-count").click()
    preview.edit("deck.toml", 'language = "en"', 'language = "en')
    expect(page.locator("#problem-list li").first).to_contain_text("deck.toml:3:")
    expect(page.locator("#name")).to_have_text("Numbers")
    expect(card.locator(".dw-q")).to_have_text("What is one?")
    expect(page.locator(".heading").first).to_have_text("Basics")
    preview.edit("deck.toml", 'language = "en', 'language = "en"')
    expect(page.locator("#problem-list li")).to_have_count(0)


def test_files_are_renamed_deleted_and_added(start: Start, page: Page) -> None:
    preview = start(follows=False)
    open_note(page, preview, "one")
    (preview.root / PAGE).rename(preview.root / "01-basics/uno.md")
    expect(page.locator(".note .question")).to_have_count(4)
    preview.edit("01-basics/uno.md", "What is one?", "What is uno?")
    expect(card_of(page).locator(".dw-q")).to_have_text("What is uno?")
    (preview.root / "02-more/three.md").unlink()
    expect(page.locator(".note .question")).to_have_text(["What is uno?", "What is two?"])
    preview.write("02-more/five.md", "## Five {#five}\n\nFive.\n")
    expect(page.locator(".note .question")).to_have_text(["What is uno?", "What is two?", "Five"])
    (preview.root / "01-basics/uno.md").unlink()
    expect(page.locator("#notice")).to_contain_text("one is no longer in the deck")


def test_a_note_gets_another_id_while_it_is_open(start: Start, page: Page) -> None:
    preview = start(follows=False)
    open_note(page, preview, "one")
    preview.edit(PAGE, "{#one ", "{#uno ")
    expect(page.locator("[aria-selected=true]")).to_contain_text("uno")
    expect(page).to_have_url(re.compile("#uno$"))


def test_an_id_that_is_taken_and_one_that_is_missing(start: Start, page: Page) -> None:
    preview = start(follows=False)
    open_note(page, preview, "four")
    page.locator("#problem-count").click()
    preview.edit("02-more/three.md", "{#four", "{#one")
    expect(page.locator("#problem-list li").first).to_contain_text("one")
    expect(page.locator(".note .question", has_text="Four")).to_have_count(1)
    preview.edit("02-more/three.md", " {#one .second}", "")
    expect(page.locator(".note .more").nth(3)).to_have_text("02-more/three.md:2")
    page.locator(".note").nth(3).click()
    expect(card_of(page).locator(".dw-q")).to_have_text("Four")


def test_a_note_that_cannot_be_rendered_says_why(start: Start, page: Page) -> None:
    preview = start()
    open_note(page, preview, "one")
    preview.edit("02-more/three.md", "Two by two.", "![a picture](none.png) here")
    expect(page.locator("#about li").first).to_contain_text("none.png")
    expect(card_of(page).locator(".dw-q")).to_have_text("Four")


def test_the_folder_goes_and_comes_back(start: Start, page: Page) -> None:
    preview = start()
    open_note(page, preview, "one")
    page.locator("#problem-count").click()
    aside = preview.root.with_name("aside")
    preview.root.rename(aside)
    expect(page.locator("#problem-list li").first).to_contain_text("is gone; put it back")
    expect(page.locator("#banner")).to_contain_text("is gone; put it back")
    shutil.copytree(aside, preview.root)
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#problem-list li")).to_have_count(0)
    expect(page.locator(".note")).to_have_count(4)


def test_the_server_goes_and_comes_back_at_the_same_address(start: Start, page: Page) -> None:
    preview = start()
    card = open_note(page, preview, "one")
    page.keyboard.press("Space")
    preview.stop()
    expect(page.locator("#banner")).to_contain_text("The server has gone")
    preview.edit(PAGE, "The first ", "The 1st ")
    again = start()
    assert again.address == preview.address
    expect(page.locator("#banner")).to_be_hidden()
    expect(card.locator(".dw-short")).to_contain_text("The 1st")
    expect(page).to_have_url(f"{again.address}#one")
