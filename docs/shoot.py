"""Draw the pictures of cards anew: ``python -m docs.shoot [examples]``. Needs Chromium, node and CJK fonts.

Those of the examples are drawn where their cards changed; with ``examples``, those alone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from deckwright.mathjax import find_mathjax
from scripts.write_docs import EXAMPLES
from tests.look.gallery import Card, Gallery, cards_of
from tests.look.shells import SHELLS, Shell

DOCS = Path(__file__).parent
LOOKS = DOCS / "examples" / "looks.json"
"""A hash of the card that each picture shows."""
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
        examples = example_cards(folder / "examples", media)
        cards = {}
        if sys.argv[1:] != ["examples"]:
            cards = {card.name: card for card in cards_of(DOCS.parent / "cards", folder / "cards", media)}
        with Gallery(browser, find_mathjax(), media) as gallery:
            for file, card, side, mode, shell in SHOTS if cards else ():
                shoot(gallery, cards[card], side, mode, shell, DOCS / f"{file}.png")
            shoot_examples(gallery, examples)


def example_cards(folder: Path, media: Path) -> dict[str, Card]:
    """Return the first card of each note in the deck of examples."""
    cards = cards_of(DOCS / "examples", folder, media)
    return {card.name.partition("/")[0]: card for card in cards if card.name.endswith("/0")}


def looks(cards: Mapping[str, Card]) -> dict[str, str]:
    """Return a hash of what Anki shows of each example, by the name of its picture."""
    return {
        f"{name}-{side}": hashlib.sha256(getattr(card, side).encode()).hexdigest()[:16]
        for name, card in cards.items()
        for side in EXAMPLES[name][1]
    }


def shoot_examples(gallery: Gallery, cards: Mapping[str, Card]) -> None:
    """Draw the examples whose cards changed, as high as they are, and write down of which cards the pictures are."""
    made = json.loads(LOOKS.read_text(encoding="utf-8")) if LOOKS.exists() else {}
    now = looks(cards)
    for name, look in now.items():
        file = LOOKS.with_name(f"{name}.png")
        if made.get(name) != look or not file.exists():
            card, _, side = name.rpartition("-")
            shoot(gallery, cards[card], side, "light", PHONE, file, whole=True)
    LOOKS.write_bytes(f"{json.dumps(now, indent=1, sort_keys=True)}\n".encode())


def shoot(
    gallery: Gallery, card: Card, side: str, mode: str, shell: Shell, file: Path, *, whole: bool = False
) -> None:
    """One side of one card: the first screen of it, or as high as it is."""
    page = gallery.open(shell, 390 if shell is PHONE else 768, [], scale=1.5)
    page.evaluate("([card, side]) => show(card, side)", [asdict(card), side])
    page.evaluate(
        "mode => { setNight(mode === 'night'); document.querySelectorAll('details').forEach(d => d.open = false) }",
        mode,
    )
    if whole:
        height = page.evaluate("Math.ceil(document.getElementById('qa').getBoundingClientRect().bottom) + 12")
        page.screenshot(path=str(file), clip={"x": 0, "y": 0, "width": 390, "height": height}, full_page=True)
    else:
        page.screenshot(path=str(file))
    page.context.close()
    print(file)  # noqa: T201


if __name__ == "__main__":
    main()
