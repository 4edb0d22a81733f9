"""What is remembered of the last build: fast when nothing changed, never trusted over the truth."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from deckwright.cli import build as build_command
from deckwright.cli.output import echo_printed
from deckwright.cli.start import main
from deckwright.pipeline.last_build import MOST_BUILDS, Printed
from tests.decks import write_files


@pytest.fixture
def deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deck that was written a while ago and built once with its own cache folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DECKWRIGHT_CACHE", str(tmp_path / "cache"))
    folder = write_files(tmp_path / "cards", {"a.md": "## One? Or two? {#one}\n\n1 ![i](i.svg)\n", "i.svg": "<svg/>"})
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - 60, time.time() - 60))
    assert run().exit_code == 0
    return folder


class Ran(NamedTuple):
    """What a build came to."""

    exit_code: int
    stdout: str
    stderr: str


def run(*options: str) -> Ran:
    """A build, as the command does it."""
    with redirect_stdout(io.StringIO()) as stdout, redirect_stderr(io.StringIO()) as stderr:
        try:
            main(["build", *options])
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ran(code, stdout.getvalue(), stderr.getvalue())


def remembered(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache" / "builds").glob("*.json"))


def modules_of_a_build(deck: Path) -> str:
    script = "import sys; from deckwright.cli.start import main\ntry: main(['build'])\nfinally: print(*sys.modules)"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stdout


def test_a_build_with_nothing_to_do_reads_and_writes_nothing(deck: Path, tmp_path: Path) -> None:
    """Neither genanki, Markdown, Pygments nor click is imported, no file is touched, the warnings are said again."""
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    modules = modules_of_a_build(deck)
    assert "1 unchanged" in modules
    assert not {"genanki", "markdown", "pygments", "sqlite3", "click", "deckwright.cli.main"} & set(modules.split())
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert "two-questions" in run().stderr


@pytest.mark.parametrize("path", ["cards/a.md", "cards/deck.toml", "cards/i.svg", "cards/deck.lock", "dist/test.apkg"])
def test_whatever_is_touched_is_built_again(deck: Path, path: str) -> None:
    os.utime(path)
    assert "deckwright.pipeline.build" in modules_of_a_build(deck).split()


def test_a_changed_file_of_the_same_size_and_time_is_noticed(deck: Path) -> None:
    stat = (deck / "a.md").stat()
    (deck / "a.md").write_text("## One? Or two? {#one}\n\n2 ![i](i.svg)\n", encoding="utf-8")
    os.utime(deck / "a.md", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert json.loads(run("--json").stdout)["changes"]["changed"] == 1


def test_a_new_and_a_removed_file_are_noticed(deck: Path) -> None:
    write_files(deck, {"b.md": "## Two {#two}\n\n2\n"})
    assert json.loads(run("--json").stdout)["changes"]["new"] == 1
    (deck / "b.md").unlink()
    assert json.loads(run("--json").stdout)["changes"]["retired"] == 1


@pytest.mark.parametrize(
    "spoil", [lambda text: text[: len(text) // 2], lambda text: text.replace("one", "x"), lambda _: ""]
)
def test_a_spoiled_memory_gives_the_right_package(deck: Path, tmp_path: Path, spoil: Callable[[str], str]) -> None:
    package = Path("dist/test.apkg").read_bytes()
    for file in remembered(tmp_path):
        file.write_text(spoil(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert "deckwright.pipeline.build" in modules_of_a_build(deck).split()
    assert Path("dist/test.apkg").read_bytes() == package


def test_a_lost_package_is_built_again(deck: Path) -> None:
    package = Path("dist/test.apkg").read_bytes()
    Path("dist/test.apkg").unlink()
    assert run().exit_code == 0
    assert Path("dist/test.apkg").read_bytes() == package


def test_no_cache_builds_anew(deck: Path) -> None:
    Path("dist/test.apkg").write_bytes(b"spoiled")
    for _ in range(2):
        assert run("--no-cache").exit_code == 0
    assert Path("dist/test.apkg").read_bytes()[:2] == b"PK"


def test_a_file_edited_during_the_build_is_not_taken_for_seen(deck: Path, tmp_path: Path) -> None:
    os.utime(deck / "a.md", (time.time() + 5, time.time() + 5))
    for file in remembered(tmp_path):
        file.unlink()
    assert run().exit_code == 0
    assert remembered(tmp_path) == []


def test_a_cache_that_cannot_be_written_is_done_without(
    deck: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("DECKWRIGHT_CACHE", str(tmp_path / "file"))
    assert run().exit_code == 0


def test_other_words_are_another_build(deck: Path) -> None:
    """``--json`` says the same otherwise; with ``-o`` it is another package."""
    assert json.loads(run("--json").stdout)["changes"]["unchanged"] == 1
    assert run("-o", "other.apkg").stdout.startswith("other.apkg: 1 note,")
    assert run().stdout.startswith(str(Path("dist", "test.apkg")))


def test_a_deck_behind_a_link_that_now_leads_elsewhere_is_built(deck: Path, tmp_path: Path) -> None:
    """The words are the same, and what they mean is not."""
    Path("dist/test.apkg").unlink()  # the other deck's package would be one of the same name
    settings = 'name = "Other"\nid = "other-7k2m4q"\n'
    write_files(tmp_path / "other", {"deck.toml": settings, "a.md": "## Two {#two}\n\n2\n\n## Three {#three}\n\n3\n"})
    assert "2 new" in run("other", "-o", "y.apkg").stdout
    for path in [*deck.rglob("*"), *(tmp_path / "other").rglob("*")]:
        os.utime(path, (time.time() - 60, time.time() - 60))
    (tmp_path / "link").symlink_to("cards")
    for _ in range(2):
        assert "1 unchanged" in run("link", "-o", "x.apkg").stdout
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("other")
    assert "2 unchanged" in run("link", "-o", "x.apkg").stdout


def test_a_stream_that_cannot_take_it_is_clicks_matter(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build is done as if nothing were remembered."""

    class Narrow(io.StringIO):
        def write(self, text: str) -> int:
            if not built:
                raise UnicodeEncodeError("ascii", text, 0, 1, "no")
            return super().write(text)

    built: list[bool] = []
    real = echo_printed

    def build_and_say(said: Printed) -> None:
        built.append(True)
        real(said)

    monkeypatch.setattr(build_command, "echo_printed", build_and_say)
    with redirect_stdout(Narrow()) as stdout, pytest.raises(SystemExit):
        main(["build"])
    assert built == [True]
    assert "1 unchanged" in stdout.getvalue()


def test_not_more_is_remembered_than_is_of_use(deck: Path, tmp_path: Path) -> None:
    folder = remembered(tmp_path)[0].parent
    for number in range(2 * MOST_BUILDS):
        (folder / f"{number}.json.7").touch()
    os.utime(deck / "a.md", (time.time() - 60, time.time() - 60))
    assert run().exit_code == 0
    assert len(list(folder.iterdir())) == MOST_BUILDS
    assert "deckwright.cli.main" not in modules_of_a_build(deck).split()
