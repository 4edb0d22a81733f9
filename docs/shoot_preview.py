"""Take the pictures of the preview in the documentation: ``python docs/shoot_preview.py``. Needs Debian's Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
NOTE = "why-sqrt-dk"


def take(page: Page, name: str) -> None:
    """A picture of the page, when it has come to rest."""
    page.wait_for_timeout(1_500)
    page.screenshot(path=HERE / f"preview-{name}.png")


def break_note(deck: Path) -> None:
    """Spoil a formula of the open note, as it happens while writing."""
    file = next(file for file in deck.rglob("*.md") if f"{{#{NOTE}" in file.read_text(encoding="utf-8"))
    text = file.read_text(encoding="utf-8")
    head, rest = text.split(f"{{#{NOTE}", 1)
    file.write_text(head + f"{{#{NOTE}" + rest.replace(r"\sqrt{d_k}", r"\sqrt{d_k", 1), encoding="utf-8")


def main() -> None:
    """Write every picture beside this file."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        deck = Path(folder, "deck")
        shutil.copytree(ROOT / "cards", deck)
        command = [sys.executable, str(ROOT / "build_deck.py"), "preview", str(deck), "--no-open"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            address = server.stdout.readline().split(": ")[1].strip() if server.stdout else ""
            page = browser.new_page(viewport={"width": 1180, "height": 760})
            page.goto(f"{address}#{NOTE}")
            page.wait_for_selector("[aria-selected=true]")
            page.wait_for_timeout(1_500)
            page.keyboard.press("Space")
            take(page, "desktop")
            page.keyboard.press("1")
            take(page, "phone")
            page.keyboard.press("d")
            take(page, "night")
            page.keyboard.press("d")
            page.keyboard.press("4")
            break_note(deck)
            page.locator("#about li").first.wait_for()
            page.locator("#problem-count").click()
            take(page, "problem")
        finally:
            server.terminate()
            server.wait()
            browser.close()


if __name__ == "__main__":
    main()
