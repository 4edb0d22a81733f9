"""The static site: opened from disk without a network, searched, by day and night, and written again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from deckwright.cli.main import main
from deckwright.pipeline.build import build
from tests.decks import CLOCK, PLAIN, write_files
from tests.preview.test_page import expect_picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
LINK = re.compile(r'(?:href|src)="([^"]+)"')


def export(deck: Path, target: Path, *options: str) -> str:
    result = CliRunner().invoke(main, ["preview", str(deck), "--export", str(target), *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def offline(page: Page) -> Page:
    """A tab without a network, in which nothing but files from disk is asked for."""
    page.context.set_offline(True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: asked.append(f"failed: {request.url}"))
    page.asked = asked  # type: ignore[attr-defined]
    return page


def broken_links(site: Path) -> list[str]:
    broken = []
    for page in site.rglob("*.html"):
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            file = unquote(link.partition("#")[0])
            is_outside = "://" in link or link.startswith(("data:", "mailto:")) or not file
            if not is_outside and not (page.parent / file).is_file():
                broken.append(f"{page.name}: {link}")
    return broken


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    """Signs that mean something in an address, and two folders whose pages would have one name."""
    folders = ("C# & 50% ?", "a.b", "a/b", "日本", "index")
    pages = {f"{folder}/x.md": f"## {n}? {{#q-{n}}}\n\n1\n" for n, folder in enumerate(folders)}
    deck = write_files(tmp_path / "deck", {**pages, "y.md": "## Top? {#top}\n\n1\n"})
    export(deck, tmp_path / "site")
    links = [unquote(link) for link in LINK.findall((tmp_path / "site" / "index.html").read_text(encoding="utf-8"))]
    lists = [link for link in links if link.startswith("decks/")]
    assert len({*lists}) == len(folders) + 1
    assert all((tmp_path / "site" / link).is_file() for link in lists)


def test_the_description_is_that_of_the_package(tmp_path: Path) -> None:
    settings = f'{PLAIN}version = "3"\ndescription = "**Edition** {{version}} of {{date}} <x>"\n'
    deck = write_files(tmp_path / "deck", {"deck.toml": settings, "a.md": "## One? {#one}\n\n1\n"})
    build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    export(deck, tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "<p><strong>Edition</strong> 3 of 2026-09-21 &lt;x&gt;</p>" in page
    assert '<meta name="description" content="Edition 3 of 2026-09-21 &lt;x&gt;">' in page


def test_the_deck_of_this_repository(tmp_path: Path, offline: Page) -> None:
    said = export(ROOT / "cards", tmp_path / "site", "--base-url", "https://example.org/deck/")
    site = tmp_path / "site"
    assert sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) < 10_000_000
    assert said.startswith(f"{site}: ")
    assert broken_links(site) == []
    notes = sorted((site / "notes").iterdir())
    assert all('<html lang="zh-CN">' in note.read_text(encoding="utf-8") for note in notes)
    sitemap = (site / "sitemap.xml").read_text(encoding="utf-8")
    assert sitemap.count("<loc>https://example.org/deck/notes/") == len(notes)
    offline.goto((site / "notes" / "why-sqrt-dk.html").as_uri())
    expect(offline.locator("mjx-container").first).to_be_visible()
    offline.wait_for_function("[...document.fonts].some(font => font.status === 'loaded')")
    assert [url for url in offline.asked if not url.startswith(("file:", "data:"))] == []  # type: ignore[attr-defined]


def test_it_is_read_searched_and_turned_to_night_from_disk(deck: Path, tmp_path: Path, offline: Page) -> None:
    site = tmp_path / "site"
    export(deck, site)
    offline.goto((site / "index.html").as_uri())
    expect(offline.locator("main h1")).to_have_text("Numbers")
    offline.keyboard.press("/")
    offline.keyboard.type("second number")
    expect(offline.locator("#results a")).to_have_text(["What is two?"])
    offline.locator("#results a").click()
    expect(offline).to_have_title("What is two? · Numbers")
    expect(offline.locator(".dw-short")).to_have_text("The second number.")
    offline.locator("#night").click()
    expect(offline.locator("main.card.nightMode")).to_have_count(1)
    offline.get_by_role("link", name="What is one?").click()
    expect(offline.locator("main.card.nightMode")).to_have_count(1)
    expect_picture(offline.locator("img"))
    offline.get_by_role("link", name="Basics").click()
    expect(offline.locator("main li")).to_have_count(2)
    assert [url for url in offline.asked if not url.startswith(("file:", "data:"))] == []  # type: ignore[attr-defined]


def test_letters_typed_while_the_index_loads_are_searched_together(deck: Path, tmp_path: Path, offline: Page) -> None:
    export(deck, tmp_path / "site")
    offline.goto((tmp_path / "site/index.html").as_uri())
    offline.evaluate(
        """text => {
            const input = document.getElementById("search");
            for (let end = 1; end <= text.length; end++) {
                input.value = text.slice(0, end);
                input.dispatchEvent(new Event("input"));
            }
        }""",
        "second number",
    )
    expect(offline.locator("#results a")).to_have_text(["What is two?"])
    offline.wait_for_timeout(300)
    assert offline.locator("#results a").all_text_contents() == ["What is two?"]
    assert offline.locator("script[src$='search-index.js']").count() == 1


def test_a_cloze_is_read_with_its_answers(deck: Path, tmp_path: Path) -> None:
    export(deck, tmp_path / "site")
    text = (tmp_path / "site/notes/three.html").read_text(encoding="utf-8")
    assert 'one more</span> than <span class="cloze-inactive" data-ordinal="2">two</span>' in text
    assert "mathjax" not in text


def test_links_between_notes_and_sounds(deck: Path, tmp_path: Path) -> None:
    tone = (ROOT / "deckwright/example/02-more/tone.wav").read_bytes()
    write_files(deck, {"a.md": "## A {#a}\n\nSee [one](#one), ![a tone](tone.wav).\n", "tone.wav": tone})
    export(deck, tmp_path / "site")
    text = (tmp_path / "site/notes/a.html").read_text(encoding="utf-8")
    assert '<a class="ref" href="../notes/one.html">one</a>' in text
    assert re.search(r'<audio controls src="\.\./media/[0-9a-f]{32}\.wav">', text)
    assert broken_links(tmp_path / "site") == []


def test_an_export_takes_away_what_the_last_one_wrote_and_nothing_else(deck: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    export(deck, site)
    first = {file.relative_to(site) for file in site.rglob("*") if file.is_file()}
    before = {path: (site / path).read_bytes() for path in first}
    export(deck, site)
    assert {path: (site / path).read_bytes() for path in first} == before
    (site / "CNAME").write_text("example.org", encoding="utf-8")
    (deck / "02-more/three.md").unlink()
    export(deck, site)
    assert not (site / "notes/three.html").exists()
    assert (site / "notes/one.html").exists()
    assert (site / "CNAME").exists()
    names = json.loads((site / "site-files.json").read_text(encoding="utf-8"))
    (site / "site-files.json").write_text(json.dumps([*names, "../deck/deck.toml"]), encoding="utf-8")
    export(deck, site)
    assert (deck / "deck.toml").exists()


def test_a_folder_with_other_files_is_refused_and_errors_are_reported(deck: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(main, ["preview", str(deck), "--export", str(other)])
    assert (result.exit_code, "holds files that no export wrote" in result.stderr) == (2, True)
    write_files(deck, {"bad.md": "## Bad {#Bad}\n\nx\n"})
    result = CliRunner().invoke(main, ["preview", str(deck), "--export", str(tmp_path / "site")])
    assert result.exit_code == 1
    assert "bad.md:1:9: `Bad` is not an id" in result.stderr
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--base-url", "https://a"], "use it with --export"),
        (["--export", "x", "--base-url", "ftp://a"], "is not an address"),
        (["--editor", "emacs"], "is not an editor"),
    ],
)
def test_wrong_use(deck: Path, options: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["preview", str(deck), *options])
    assert (result.exit_code, message in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("language", "wanted"),
    [("zh-TW", '<html lang="zh-TW">'), ("ar", '<html lang="ar" dir="rtl">'), ("fr", '<html lang="fr">')],
)
def test_a_site_in_any_language(deck: Path, tmp_path: Path, language: str, wanted: str) -> None:
    settings = deck / "deck.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"en"', f'"{language}"'), encoding="utf-8")
    export(deck, tmp_path / "site")
    text = (tmp_path / "site/notes/one.html").read_text(encoding="utf-8")
    assert wanted in text
    assert ("搜尋" in text) == (language == "zh-TW")
