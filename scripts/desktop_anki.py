"""Run the tests of push and pull against desktop Anki with the real add-on: ``desktop_anki.py ADD_ON AQT_PYTHON``.

``ADD_ON`` is a folder with AnkiConnect's code (``__init__.py``, ``web.py`` …), which is not part of this repository;
``AQT_PYTHON`` is the Python of an environment with ``aqt`` (25.9.5 and 26.9.3 were tried). Needs Xvfb. Each test gets
an Anki of its own with an empty profile, on a port of its own; the learner's reviews are made by the official ``anki``
package in the same collection while Anki is closed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deckwright.collection.client import Anki, AnkiError, Connection  # noqa: E402

PROFILE = "User 1"
START_SECONDS = 90
MAKE_PROFILE = """
import sys
from aqt.profiles import ProfileManager
base = sys.argv[1]
from pathlib import Path
pm = ProfileManager(Path(base)) if "Path" in str(ProfileManager.__init__.__annotations__) else ProfileManager(base)
pm.setupMeta()
pm.create("User 1")
pm.meta["firstRun"] = False
pm.meta["defaultLang"] = "en_US"
pm.meta["updates"] = False
pm.setLang("en_US") if hasattr(pm, "setLang") else None
pm.openProfile("User 1") if hasattr(pm, "openProfile") else pm.load("User 1")
pm.profile["autoSync"] = False
pm.save()
"""


class Desktop:
    """Desktop Anki with the add-on under a display of its own, while the ``with`` block lasts."""

    def __init__(self, base: Path, add_on: Path, python: Path) -> None:
        self.base, self.python = base, python
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        folder = base / "addons21" / "2055492159"
        if not folder.exists():
            shutil.copytree(add_on, folder)
            (folder / "meta.json").write_text(json.dumps({"config": {"webBindPort": self.port}}))
            self._run(["-c", MAKE_PROFILE, str(base)])

    @property
    def environment(self) -> dict[str, str]:
        # Anki lets one instance run for each name of a user.
        own = {"LOGNAME": self.base.parent.name, "XDG_RUNTIME_DIR": str(self.base), "QTWEBENGINE_DISABLE_SANDBOX": "1"}
        qt = {"QT_QPA_PLATFORM": "xcb", "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox --disable-gpu", "LANG": "C.UTF-8"}
        return {**os.environ, **qt, **own}

    def _run(self, arguments: list[str]) -> None:
        subprocess.run([self.python, *arguments], env={**self.environment, "QT_QPA_PLATFORM": "offscreen"}, check=True)

    def __enter__(self) -> Desktop:
        config = self.base / "addons21" / "2055492159" / "meta.json"
        self.port = json.loads(config.read_text())["config"]["webBindPort"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = (self.base / "anki.log").open("ab")
        read, write = os.pipe()
        screen = ["Xvfb", "-displayfd", str(write), "-nolisten", "tcp", "-screen", "0", "1280x1024x24"]
        self.screen = subprocess.Popen(screen, stdout=self.log, stderr=self.log, pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as numbers:
            display = {"DISPLAY": f":{numbers.readline().strip()}"}
        command = [str(self.python), "-c", "import aqt; aqt.run()", "-b", str(self.base), "-p", PROFILE]
        environment = {**self.environment, **display}
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                Anki(Connection(self.url, seconds=5)).call("deckNames")
                return self
            except AnkiError:
                time.sleep(0.3)
        self.__exit__()
        raise RuntimeError(f"Anki did not start: {(self.base / 'anki.log').read_text()[-3000:]}")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)  # Anki closes its windows and the collection
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.screen.terminate()
        self.screen.wait()
        self.log.close()


# What these tests do to Anki needs nothing but its own windows and the add-on.
PUSHED = """test_the_first_push_is_an_import test_a_second_push_changes_nothing test_one_of_each_in_one_push
test_a_learners_tag_after_the_build_does_not_keep_the_text_back test_an_edit_gives_way_when_asked
test_a_card_that_the_learner_moved_stays test_a_renamed_deck_takes_its_cards_along test_a_removed_note_comes_back
test_deleting_asks_first test_without_a_record_an_older_build_is_no_edit""".split()
STORIES = [
    *(f"test_push.py::{name}" for name in PUSHED),
    "test_pull_new.py::test_one_note_in_a_running_anki",
    "test_pull_tags.py::test_a_second_pull_and_the_next_push_agree",
    "test_empty_cards.py::test_a_lost_deletion_and_a_reversed_card_switched_off",
    "test_empty_cards.py::test_another_number_takes_the_place_of_one",
    "test_interrupted.py::test_right_after_the_import",
]


def main() -> None:
    """Run the stories, each with an Anki of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("add_on", type=Path)
    parser.add_argument("python", type=Path)
    parser.add_argument("--only", nargs="*", default=STORIES)
    parser.add_argument("--record", type=Path, help="Write the shapes of the add-on's answers to this file instead.")
    given = parser.parse_args()
    environment = {**os.environ, "DESKTOP_ADD_ON": str(given.add_on), "DESKTOP_PYTHON": str(given.python)}
    tests = [f"tests/collection/{name}" for name in given.only]
    if given.record:
        environment["RECORD_ANSWERS"] = str(given.record.resolve())
        tests = ["tests/collection/test_answers.py::test_answers_have_the_shapes_of_the_real_ones"]
    sys.exit(subprocess.run([sys.executable, "-m", "pytest", "-v", *tests], cwd=ROOT, env=environment).returncode)


if __name__ == "__main__":
    main()
