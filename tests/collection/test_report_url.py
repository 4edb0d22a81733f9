"""The link by which a learner reports an error, and the way into Anki's import dialog."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from deckwright.cli.main import main
from deckwright.deck.settings import read_settings
from deckwright.notetypes import note_types
from deckwright.problems import Problem
from tests.anki_driver import Learner
from tests.decks import PLAIN, write_deck
from tests.package.test_anki import Author

URL = "https://example.org/issues/new?title={id}&body={file}"


def test_the_link_is_on_the_back_of_every_card(author: Author, learner: Learner) -> None:
    """Setting it changes templates alone: no note gets a new time, nothing is lost, no one-way sync is forced."""
    learner.imports(author.package)
    learner.reviews_everything()
    before, schema = learner.histories(), learner.schema_time()
    settings = (author.folder / "deck.toml").read_text(encoding="utf-8")
    (author.folder / "deck.toml").write_text(f'report-url = "{URL}"\n{settings}', encoding="utf-8")
    assert author.builds().plan.counts["changed"] == 0
    assert learner.imports(author.package) == {"duplicate": 4}
    for name, file in {"one": "01-one/a.md", "two": "01-one/a.md", "three": "02-two/b.md"}.items():
        link = f'href="https://example.org/issues/new?title={name}&amp;body={file}">报告错误</a>'
        assert link in learner.back(name)
        assert link not in learner.front(name)
    assert learner.histories() == before
    assert learner.schema_time() == schema


def test_without_the_setting_templates_are_what_they_were(tmp_path: Path) -> None:
    problems: list[Problem] = []
    types = note_types(read_settings(write_deck(tmp_path), problems))
    assert not any("dw-report" in t.back for note_type in types.values() for t in note_type.templates)
    assert problems == []


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "example.org", "https://x/{note}", "https://x/{{ID}}", 'https://x/"onclick']
)
def test_an_address_that_is_none(tmp_path: Path, url: str) -> None:
    problems: list[Problem] = []
    root = write_deck(tmp_path, deck_toml=f"{PLAIN}report-url = '{url}'\n")
    assert read_settings(root, problems).report_url == ""
    assert [(problem.place.line, problem.rule) for problem in problems] == [(3, "deck-toml")]
    assert "`report-url` is an address like https://" in problems[0].message


@pytest.mark.skipif(sys.platform != "linux", reason="other systems open files in their own way")
def test_the_package_is_handed_to_anki(author: Author, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anki is called with the absolute path, even when there is nothing to build."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "anki"
    script.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path / "opened"}\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    for _ in range(2):
        done = CliRunner().invoke(main, ["build", str(author.folder), "-o", "out.apkg", "--open"])
        assert done.exit_code == 0, done.output
    end = time.monotonic() + 10
    while not (tmp_path / "opened").exists() or len((tmp_path / "opened").read_text().splitlines()) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert (tmp_path / "opened").read_text().splitlines() == [str(tmp_path / "out.apkg")] * 2
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = CliRunner().invoke(main, ["build", str(author.folder), "-o", "out.apkg", "--open"])
    assert missing.exit_code == 1
    assert "install it, or import" in missing.stderr
    opener = tmp_path / "xdg-open"
    opener.write_text("#!/bin/sh\nexit 3\n")
    opener.chmod(0o755)
    nothing = CliRunner().invoke(main, ["build", str(author.folder), "-o", "out.apkg", "--open"])
    assert (nothing.exit_code, "no program opens out.apkg" in nothing.stderr) == (1, True)
    assert CliRunner().invoke(main, ["build", str(author.folder), "--open", "--watch"]).exit_code == 2
