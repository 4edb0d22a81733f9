"""Measure the preview in a real browser: ``python benchmarks/preview.py [DECK] [--notes 10000] [--saves 30]``.

With ``--notes`` a deck of that size is made. From a save (the file is closed) until the open card shows it; from the
address being opened until the list is painted, with a server that is ready and with one that was only just started;
and a search, from the key until the list shows what was found. Needs playwright and Debian's Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from corpus import write_corpus
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SAVED = """mark => new Promise(done => {
  const look = () => {
    const inner = document.getElementById("card").contentDocument.body?.innerText ?? "";
    inner.includes(mark) ? done(Date.now() / 1000) : setTimeout(look, 2);
  };
  look();
})"""
FOUND = """words => new Promise(done => {
  const [box, count] = [document.getElementById("search"), document.getElementById("count")];
  const before = count.textContent;
  const began = performance.now();
  box.value = words;
  box.dispatchEvent(new Event("input"));
  const look = () => count.textContent !== before ? done(performance.now() - began) : setTimeout(look, 1);
  look();
})"""


def started(deck: Path) -> tuple[subprocess.Popen[str], str, float]:
    """A preview of the deck, its address, and the seconds until it printed that."""
    began = time.time()
    command = [sys.executable, str(ROOT / "build_deck.py"), "preview", str(deck), "--no-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    line = server.stdout.readline() if server.stdout else ""
    return server, line.split(": ")[1].strip(), time.time() - began


def painted(page: Page, address: str) -> float:
    """Seconds from going to the address until notes stand in the list."""
    began = time.time()
    page.goto(address)
    page.wait_for_selector(".note")
    return time.time() - began


def saves(page: Page, deck: Path, count: int) -> list[float]:
    """Seconds from each save until the open card shows it."""
    files = sorted(deck.rglob("*.md"))
    file = files[len(files) // 2]
    text = file.read_text(encoding="utf-8")
    key = text.split("{#", 1)[1].split(" ")[0].split("}")[0]
    page.evaluate("key => { location.hash = key }", key)
    page.wait_for_timeout(1000)
    page.keyboard.press("Space")
    page.wait_for_timeout(1000)
    heading, rest = text.split("}\n\n", 1)
    taken = []
    for turn in range(count):
        mark = f"Save {turn} of many."
        file.write_text(f"{heading}}}\n\n{mark} {rest}", encoding="utf-8")
        began = time.time()
        taken.append(page.evaluate(SAVED, mark) - began)
        page.wait_for_timeout(700)
    return taken


def main() -> None:
    """Measure, and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deck", nargs="?", type=Path, default=ROOT / "cards")
    parser.add_argument("--notes", type=int, default=0)
    parser.add_argument("--saves", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        deck = Path(folder, "deck")
        if given.notes:
            write_corpus(deck, given.notes, 40)
        else:
            shutil.copytree(given.deck, deck)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        server, address, start = started(deck)
        try:
            page = browser.new_page()
            fresh = painted(page, address)
            if given.notes:
                page.locator("#count").filter(has_text=f"{given.notes} notes").wait_for()
            page.wait_for_timeout(8_000 if given.notes else 3_000)  # the check of the whole deck is over
            ready = [painted(page, address) for _ in range(5)]
            taken = saves(page, deck, given.saves)
            found = [page.evaluate(FOUND, words) for words in ("attention", "token 缓存", "", "模型", "")]
        finally:
            server.terminate()
            server.wait()
            browser.close()
    print(f"server answers {start:.2f} s after its start; list painted {fresh:.2f} s after that")
    print(
        f"list painted with a server that is ready: median {statistics.median(ready):.2f} s, worst {max(ready):.2f} s"
    )
    print(f"save → shown, {len(taken)} saves: median {statistics.median(taken):.3f} s, worst {max(taken):.3f} s")
    print(f"search: {', '.join(f'{one:.0f}' for one in found)} ms")


if __name__ == "__main__":
    main()
