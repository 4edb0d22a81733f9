"""A build that is killed at a random moment, again and again: package and lock stay whole and belong together."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from deckwright.identity import lock_bytes, read_lock
from deckwright.package.read import read_package
from tests.decks import write_files


@dataclass
class Tally:
    """What the kills hit and what was found afterwards."""

    kills: int = 0
    finished: int = 0
    """Builds that were done before the signal came."""
    states: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def write_large_deck(folder: Path, notes: int, version: int) -> None:
    """A deck of many notes; some change with every version, and a few new ones have no id yet."""
    for file in range(10):
        text = "".join(
            f"## Question {n}? {{#q-{n}}}\n\nAnswer {n}, version {version if n % 7 == 0 else 0}, ${n}^2$.\n\n"
            for n in range(file, notes, 10)
        )
        words = hashlib.sha256(b"%d %d" % (version, file)).hexdigest()  # unlike those of the notes that went
        new = f"## {words[:20]}?\n\n{words[20:]}\n" if file < 3 else ""
        write_files(folder, {f"f{file}/a.md": text + new, f"f{file}/i.svg": f"<svg>{file}</svg>"})


def run(folder: Path, rounds: int, notes: int, seed: int) -> Tally:
    """Kill ``rounds`` builds of a deck of ``notes`` notes and look at what is left after each build."""
    chance, tally = random.Random(seed), Tally()
    deck, package = folder / "deck", folder / "out" / "x.apkg"
    write_large_deck(deck, notes, 0)
    started = time.monotonic()
    subprocess.run(_command(deck, package), check=True, capture_output=True)
    usual = time.monotonic() - started
    number = 0
    while tally.kills < rounds:
        number += 1
        write_large_deck(deck, notes, number)
        old = (package.read_bytes(), (deck / "deck.lock").read_bytes())
        # Half of the kills go where the writing is: near the end.
        moment = chance.uniform(0, usual * 1.05) if number % 2 else chance.uniform(usual * 0.75, usual * 1.1)
        _kill_a_build(deck, package, moment, tally)
        _examine(deck, package, old, tally)
        if number % 5 == 0:
            _finish(deck, package, tally)
    _finish(deck, package, tally)
    return tally


def _command(deck: Path, package: Path) -> list[str]:
    return [sys.executable, "-m", "deckwright", "build", str(deck), "-o", str(package)]


def _kill_a_build(deck: Path, package: Path, moment: float, tally: Tally) -> None:
    process = subprocess.Popen(_command(deck, package), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(moment)
        tally.finished += 1
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        tally.kills += 1


def _examine(deck: Path, package: Path, old: tuple[bytes, bytes], tally: Tally) -> None:
    """Package and lock are each readable, each old or new, and no note of the package is newer than the lock knows."""
    new_package, new_lock = package.read_bytes() != old[0], (deck / "deck.lock").read_bytes() != old[1]
    state = f"{'new' if new_lock else 'old'} lock, {'new' if new_package else 'old'} package"
    tally.states[state] = tally.states.get(state, 0) + 1
    try:
        lock = read_lock(deck, "test")
        assert lock_bytes(lock) == (deck / "deck.lock").read_bytes(), "the lock is not as a build writes it"
        for note in read_package(package).notes:
            entry = lock.notes[note.fields["ID"]]
            assert note.number == entry.number, f"{note.fields['ID']} has another number in the lock"
            assert note.modified <= entry.modified, f"{note.fields['ID']} is newer than the lock knows"
        assert new_lock or not new_package, "the package is new and its lock is old"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault to be counted
        tally.faults.append(f"{state}: {error!r}")


def _finish(deck: Path, package: Path, tally: Tally) -> None:
    """The next build mends whatever was left: it succeeds, and lock, sources and package agree."""
    done = subprocess.run(_command(deck, package), capture_output=True, text=True, check=False)
    lock, notes = read_lock(deck, "test"), read_package(package).notes
    if done.returncode:
        tally.faults.append(f"the build after a kill failed: {done.stderr[-600:]}")
    if {n.fields["ID"]: n.modified for n in notes} != {k: e.modified for k, e in lock.notes.items() if not e.retired}:
        tally.faults.append("package and lock disagree after the mending build")
    if left := [path.name for path in deck.parent.rglob("*.tmp")]:
        tally.faults.append(f"left over: {left}")
