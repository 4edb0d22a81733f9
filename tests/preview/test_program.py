"""The command as a program: what it prints, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def running_in_group(group: int) -> list[str]:
    """The processes of a group that run; those that only wait to be reaped are over."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, _, owner = (process / "stat").read_text().rpartition(")")[2].split()[:3]
            if owner == str(group) and state != "Z":
                found.append((process / "cmdline").read_text())
        except OSError:
            continue  # it ended meanwhile
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the processes are looked up in /proc")
def test_it_says_where_the_page_is_and_ends_at_once_on_ctrl_c(deck: Path) -> None:
    """The whole group gets the signal, as from a terminal; nothing stays behind, and nothing is said of it."""
    command = [sys.executable, str(ROOT / "build_deck.py"), "preview", str(deck), "--no-open"]
    program = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    try:
        assert program.stdout is not None
        said, more = program.stdout.readline(), program.stdout.readline()
        assert said.startswith(f"{deck}: http://127.0.0.1:")
        address = said.split(": ")[1].strip()
        with urllib.request.urlopen(f"{address}deck", timeout=10) as answer:
            assert answer.status == 200
        os.killpg(program.pid, signal.SIGINT)
        rest, errors = program.communicate(timeout=10)
    finally:
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
    assert (program.returncode, more, rest, errors) == (0, "Ctrl-C ends\n", "", "")
    for _ in range(100):
        if not running_in_group(program.pid):
            break
        time.sleep(0.05)
    assert running_in_group(program.pid) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the signals are looked up in /proc")
def test_ctrl_c_does_not_reach_the_process_that_checks_while_it_starts(deck: Path) -> None:
    """In a fresh interpreter: multiprocessing lets signals through when it starts its first process."""
    program = """
import sys, time
from pathlib import Path
from deckwright.preview.checking import Checker

checker = Checker(Path(sys.argv[1]), print)
checker.start()
while not checker.process:
    time.sleep(0.01)
print(Path(f"/proc/{checker.process}/status").read_text())
checker.stop()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(deck)], capture_output=True, text=True, cwd=ROOT, timeout=30, check=True
    )
    blocked = int(done.stdout.split("SigBlk:")[1].split()[0], 16)
    assert blocked & 1 << signal.SIGINT - 1


def test_a_port_that_is_taken_is_said(deck: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, str(ROOT / "build_deck.py"), "preview", str(deck), "--no-open"]
        done = subprocess.run(
            [*command, "--port", str(taken.getsockname()[1])], capture_output=True, text=True, cwd=ROOT, timeout=30
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "in use" in done.stderr
