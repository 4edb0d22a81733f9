"""A hint on the front of a card, and what becomes of suspended cards, in real Anki."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from pathlib import Path

from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest

from deckwright.pipeline.build import build
from tests.anki_driver import Learner
from tests.decks import CLOCK, PLAIN, write_files

HINT = "hint=\"think of <b> & 'water'\""
BOX = (
    '<details class="dw-hint"><summary class="tappable">hint</summary>'
    "think of &lt;b&gt; &amp; &#x27;water&#x27;</details>"
)


def deck(root: Path, option: str) -> Path:
    one = f"## One? {{#one {option} reversed=yes}}\n\n1\n\n"
    text = f"{one}## Two {{#two {option}}}\n\n{{{{c1::2}}}}\n\n## Plain? {{#plain}}\n\n3\n"
    return write_files(root, {"deck.toml": PLAIN, "a.md": text})


def sides(learner: Learner, name: str) -> list[tuple[str, str]]:
    """Front and back of each card of a note, as Anki renders them."""
    collection = learner.collection
    cards = [collection.get_card(card) for card in collection.find_cards(f'"ID:{name}"')]
    return [(card.question(), card.answer()) for card in cards]


def rows(learner: Learner, query: str) -> list[object]:
    """The first column of what Anki's database answers."""
    database = learner.collection.db
    assert database is not None
    return database.list(query)


def test_a_hint_is_on_the_front_and_reaches_a_learner_by_an_update(tmp_path: Path) -> None:
    package = tmp_path / "x.apkg"
    build(deck(tmp_path / "deck", ""), package, clock=lambda: CLOCK)
    with Learner(tmp_path / "learner") as learner:
        learner.imports(package)
        assert not any("dw-hint" in side for name in ("one", "two") for pair in sides(learner, name) for side in pair)
        learner.reviews_everything()
        build(deck(tmp_path / "deck", HINT), package, clock=lambda: CLOCK + 60)
        assert learner.imports(package) == {"updated": 2, "duplicate": 1}
        (forward, back), (reverse, _) = sides(learner, "one")
        assert BOX in forward
        assert "dw-hint" not in re.sub("<style>.*?</style>", "", back + reverse, flags=re.DOTALL)
        assert BOX in sides(learner, "two")[0][0]
        assert "dw-hint" not in re.sub("<style>.*?</style>", "", sides(learner, "plain")[0][0], flags=re.DOTALL)
        assert len(rows(learner, "select id from revlog")) == 4


def test_an_import_makes_ordinary_cards_of_suspended_ones(tmp_path: Path) -> None:
    """The reason why there is no such option: only a learner who imports learning progress would see them suspended."""
    package, suspended = tmp_path / "x.apkg", tmp_path / "y.apkg"
    build(deck(tmp_path / "deck", ""), package, clock=lambda: CLOCK)
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(suspended, "w") as new:
        old.extract("collection.anki2", tmp_path)
        database = sqlite3.connect(tmp_path / "collection.anki2")
        database.execute("update cards set queue = -1")
        database.commit()
        database.close()
        new.write(tmp_path / "collection.anki2", "collection.anki2")
        new.writestr("media", old.read("media"))
    with Learner(tmp_path / "one") as learner:
        learner.imports(suspended)
        assert rows(learner, "select distinct queue from cards") == [0]
    with Learner(tmp_path / "two") as learner:
        options = ImportAnkiPackageOptions(with_scheduling=True)
        learner.collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(suspended), options=options))
        assert rows(learner, "select distinct queue from cards") == [-1]
