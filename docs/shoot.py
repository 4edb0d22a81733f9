"""Draw the README's pictures of cards anew: ``python -m docs.shoot``. Needs Chromium, node and CJK fonts."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from deckwright.mathjax import find_mathjax
from tests.look.gallery import Card, Gallery, cards_of
from tests.look.shells import SHELLS, Shell

DOCS = Path(__file__).parent
PHONE, DESKTOP = SHELLS[0], SHELLS[-1]
SHOTS = (
    ("formula", "yarn/0", "back", "light", PHONE),
    ("picture-night", "moe-basics/0", "back", "night", PHONE),
    ("table", "latency-metrics/0", "back", "light", PHONE),
    ("cloze", "emergent-abilities-definition/0", "front", "light", PHONE),
    ("code-night", "lora-layer-code/0", "back", "night", PHONE),
    ("desktop", "why-sqrt-dk/0", "back", "light", DESKTOP),
)
"""File name, card, side, mode, shell."""


def main() -> None:
    """Write every picture beside this file."""
    browser = shutil.which("chromium") or sys.exit("shoot: no chromium on this machine")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        media = folder / "media"
        media.mkdir()
        cards = {card.name: card for card in cards_of(DOCS.parent / "cards", folder / "cards", media)}
        with Gallery(browser, find_mathjax(), media) as gallery:
            for file, card, side, mode, shell in SHOTS:
                shoot(gallery, cards[card], side, mode, shell, DOCS / f"{file}.png")


def shoot(gallery: Gallery, card: Card, side: str, mode: str, shell: Shell, file: Path) -> None:
    """One side of one card, the first screen of it."""
    page = gallery.open(shell, 390 if shell is PHONE else 768, [], scale=1.5)
    page.evaluate("([card, side]) => show(card, side)", [asdict(card), side])
    page.evaluate(
        "mode => { setNight(mode === 'night'); document.querySelectorAll('details').forEach(d => d.open = false) }",
        mode,
    )
    page.screenshot(path=str(file))
    page.context.close()
    print(file)  # noqa: T201


if __name__ == "__main__":
    main()
