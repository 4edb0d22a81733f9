"""Crashes, two builds at once, folders that cannot be written: nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from deckwright.pipeline import cache_file, writing
from deckwright.pipeline.build import build
from deckwright.pipeline.cache_file import open_cache
from deckwright.problems import ContentError
from tests.crash import run
from tests.decks import CLOCK, write_files

NOBODY, PERMISSION_DENIED = 65534, 13


def test_killed_builds_leave_whole_files(tmp_path: Path) -> None:
    """A short run of ``scripts/kill_builds.py``."""
    tally = run(tmp_path, rounds=6, notes=150, seed=3)
    assert tally.faults == []
    assert tally.kills == 6


@pytest.mark.parametrize("step", ["replace_file", "_write_ids"])
def test_a_crash_between_two_steps_is_mended(tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dying before the lock or before the ids are written; the next build gives the ids it would have given."""
    deck = write_files(tmp_path / "deck", {"a.md": "## One?\n\n1\n"})

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writing, step, dies)
        with pytest.raises(KeyboardInterrupt):
            build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    assert not (tmp_path / "x.apkg").exists()
    assert build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK + 9).written.notes == 1
    assert "{#one}" in (deck / "a.md").read_text(encoding="utf-8")


def test_two_builds_at_once_do_not_mix(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "deck", {"a.md": "".join(f"## Q {n}?\n\n{n}\n\n" for n in range(200))})
    command = [sys.executable, "-m", "deckwright", "build", str(deck), "-o", str(tmp_path / "x.apkg"), "--json"]
    builds = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    outputs = [process.communicate(timeout=60)[0] for process in builds]
    assert [process.returncode for process in builds] == [0, 0, 0]
    assert sorted(output.count(b'"new": 200') for output in outputs) == [0, 0, 1]


def test_a_build_waits_for_another_one_and_then_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deck = write_files(tmp_path / "deck", {"a.md": "## One?\n\n1\n"})
    monkeypatch.setattr(cache_file, "BUILD_SECONDS", 0.1)
    with open_cache(deck), pytest.raises(ContentError) as refused:
        build(deck, tmp_path / "x.apkg")
    assert "another command is at work on this deck" in refused.value.problems[0].message
    assert not (tmp_path / "x.apkg").exists()
    assert build(deck, tmp_path / "x.apkg").written.notes == 1


def test_a_dead_holder_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system ends the hold of a build that was killed, and its half of the work does not count."""
    deck = write_files(tmp_path / "deck", {"a.md": "## One?\n\n1\n"})
    monkeypatch.setattr(cache_file, "BUILD_SECONDS", 0.1)
    script = (
        "import os, pathlib\nfrom deckwright.pipeline.build import with_rendered\n"
        f"with_rendered(pathlib.Path({str(deck)!r}), lambda _: os._exit(9), alone=True)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    assert build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK).written.notes == 1


def test_a_read_only_deck_says_so() -> None:
    """The build runs as a user who may not write there; as root, in a child that has given up its rights."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o777)
        deck = write_files(root / "deck", {"a.md": "## One?\n\n1\n"})
        deck.chmod(0o555)
        assert exit_status_of_a_build(deck, root / "x.apkg") == PERMISSION_DENIED
        assert not (root / "x.apkg").exists()
        assert (deck / "a.md").read_bytes() == b"## One?\n\n1\n"
        deck.chmod(0o755)


def exit_status_of_a_build(deck: Path, package: Path) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.geteuid() == 0:
                os.setuid(NOBODY)
            build(deck, package, clock=lambda: CLOCK)
            status = 0
        except PermissionError:
            status = PERMISSION_DENIED
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """A real limit on the size of files, set for the child: the package does not fit, the earlier one stays."""
    resource = pytest.importorskip("resource")
    deck = write_files(tmp_path / "deck", {"a.md": "## One?\n\n1 ![i](i.svg)\n", "i.svg": "<svg/>"})
    build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    write_files(deck, {"i.svg": b"<svg/>" + os.urandom(200_000)})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = subprocess.run(
        [sys.executable, "-m", "deckwright", "build", str(deck), "-o", str(tmp_path / "x.apkg")],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (180_000, 180_000)),
    )
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
