"""Show push on loopback: a phone with reviews, Anki's sync server, Anki with the add-on's actions, one command.

``push_demo.py [--notes N]``: with the cards here, or with a made-up deck of N notes; prints what happened and how long
each part took. The figures in docs/push-and-pull.md are from it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from click.testing import CliRunner  # noqa: E402

from deckwright.cli.main import main as command  # noqa: E402
from tests.anki_driver import Learner, SyncServer  # noqa: E402
from tests.collection.server import AnkiConnectServer  # noqa: E402

DEMO = """\
## To be edited? {#demo-edited}

One.

## To be moved? {#demo-moved}

Two.

## To be removed? {#demo-removed}

Three.

## Edited by the learner? {#demo-learner}

Four.
"""


def make_deck(folder: Path, notes: int) -> None:
    """The cards here, or ``notes`` made-up ones in ten folders; and four for the story."""
    if notes:
        for number in range(notes):
            file = folder / f"{number % 10:02}-folder" / f"{number // 250:03}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as page:
                page.write(f"## What is number {number}? {{#n{number}}}\n\nIt is **{number}**, $x_{{{number}}}$.\n\n")
        (folder / "deck.toml").write_text('name = "Demo"\nid = "push-demo-7k3q"\ntag-prefix = "d"\n', encoding="utf-8")
    else:
        shutil.copytree(ROOT / "cards", folder, ignore=shutil.ignore_patterns("pictures", "README.md"))
    (folder / "98-demo").mkdir()
    (folder / "98-demo" / "demo.md").write_text(DEMO, encoding="utf-8")


def run(*arguments: str) -> str:
    """Run a command of the program; print how long it took."""
    began = time.perf_counter()
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    print(f"$ deckwright {' '.join(arguments)}    ({time.perf_counter() - began:.1f} s)")
    assert done.exit_code == 0, done.output
    return done.stdout


def main() -> None:
    """Push a deck, let a phone review it, change the sources, push again, and count what the phone then has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["DECKWRIGHT_CACHE"], os.environ["DECKWRIGHT_DATA"] = str(folder / "cache"), str(folder / "data")
        os.chdir(folder)
        make_deck(folder / "cards", given.notes)
        with (
            SyncServer(folder / "server") as server,
            Learner(folder / "desktop") as desktop,
            AnkiConnectServer(desktop) as anki,
            Learner(folder / "phone") as phone,
        ):
            os.environ["ANKICONNECT_URL"] = anki.url
            show(folder / "cards", anki, server, desktop, phone)


def show(deck: Path, anki: AnkiConnectServer, server: SyncServer, desktop: Learner, phone: Learner) -> None:
    """The story itself."""
    print(run("push").split("\n")[0])
    desktop.logs_in(server)
    desktop.syncs_one_way(upload=True)
    anki.has_account = True
    phone.logs_in(server)
    phone.syncs_one_way(upload=False)
    phone.reviews_everything()
    assert phone.syncs() == "normal"
    reviewed = phone.histories()
    edited, moved, _removed, learners = DEMO.split("\n## ")
    demo = deck / "98-demo" / "demo.md"
    demo.write_text(f"{edited.replace('One.', 'The first one.')}\n## {learners}", encoding="utf-8")
    (deck / "99-elsewhere").mkdir()
    (deck / "99-elsewhere" / "moved.md").write_text(f"## {moved}", encoding="utf-8")
    desktop.edits("demo-learner", field="Answer", text="my own words")
    print(run("push", "--dry-run").split("\n")[0])
    print(run("push"))
    print(run("push").split("\n")[0])
    began = time.perf_counter()
    assert phone.syncs() == "normal"
    print(f"the phone's next sync: {time.perf_counter() - began:.1f} s")
    now, notes = phone.histories(), phone.notes()
    lost = sum(now[note] != history for note, history in reviewed.items())
    print(f"{len(reviewed)} notes reviewed on the phone, {lost} with a review lost")
    print(f"edited:  {notes['demo-edited'].fields['Answer']}")
    print(f"moved:   {notes['demo-moved'].cards[0].deck}")
    print(f"removed: suspended {notes['demo-removed'].cards[0].queue == -1}, tags {notes['demo-removed'].tags}")
    print(f"learner: {notes['demo-learner'].fields['Answer']}")


if __name__ == "__main__":
    main()
