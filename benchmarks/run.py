"""Measure deckwright: ``python benchmarks/run.py [--sizes 1000,10000] [--peers 10000] [--subdecks 4000] [--write]``.

Everything runs as a program of its own, in turns: each round runs every case once, so that whatever else the machine
does falls on all of them alike. What counts is the ratios; medians over the rounds are printed. Needs the project's
dependencies; ``--peers`` installs other programs into throw-away virtual environments.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from corpus import edit
from measure import FailedRunError, Sample, run
from peers import PEERS, Peer, install
from report import NAIVE, Results, SubdeckResults, page

HERE = Path(__file__).resolve().parent
SUBDECKS = 40
LARGEST_SPREAD = 10_000
"""Notes that are spread over few and over many subdecks."""
PAUSE = 2.1
"""Seconds between two builds of one deck: a file that changed less before a build is read again by the next one."""


@dataclass(frozen=True)
class Bench:
    """Where the measuring happens and what it has found so far."""

    folder: Path
    samples: dict[str, list[Sample]] = field(default_factory=lambda: defaultdict(list))

    @property
    def environment(self) -> Mapping[str, str]:
        """Ours is imported from this repository; caches outside the deck go below the working folder."""
        cache = str(self.folder / "cache")
        own = {"PYTHONPATH": str(HERE.parent), "XDG_CACHE_HOME": cache, "LOCALAPPDATA": cache}
        # Programs are measured as users have them: compiled, with a cache of their own.
        foreign = ("PYTHONDONTWRITEBYTECODE", "DECKWRIGHT_CACHE")
        return {**{name: value for name, value in os.environ.items() if name not in foreign}, **own}

    def python(self, *arguments: str | Path) -> Sample:
        return run([sys.executable, *map(str, arguments)], self.folder, self.environment)

    def take(self, case: str, sample: Sample) -> None:
        self.samples[case].append(sample)
        print(f"  {case}: {sample.seconds:.2f} s, {sample.memory:.0f} MiB", file=sys.stderr, flush=True)

    def ours(self, case: str, deck: Path, *options: str) -> bytes:
        """Build a deck; what comes back tells two packages apart."""
        package = self.folder / "ours.apkg"
        self.take(case, self.python("-m", "deckwright", "build", deck, "-o", package, *options))
        with package.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()

    def fresh(self, corpus: Path) -> Path:
        """A copy of the corpus that was never built, and no cache nor package left from before."""
        deck = self.folder / "deck"
        for left in (deck, self.folder / "cache"):
            shutil.rmtree(left, ignore_errors=True)
        (self.folder / "ours.apkg").unlink(missing_ok=True)
        shutil.copytree(corpus, deck)
        return deck


def make_corpus(folder: Path, notes: int, subdecks: int) -> Path:
    """The corpus of that size, made in a process of its own to keep this one small."""
    corpus = folder / f"corpus-{notes}-{subdecks}"
    if not corpus.exists():
        subprocess.run([sys.executable, str(HERE / "corpus.py"), str(notes), str(subdecks), str(corpus)], check=True)
    return corpus


def measure_ours(bench: Bench, corpus: Path, turn: int) -> None:
    """Cold, warm, cold again with one process, one edit, nothing changed; raises when packages differ in a byte."""
    deck = bench.fresh(corpus)
    cold = bench.ours("ours, cold", deck)
    time.sleep(PAUSE)
    (bench.folder / "ours.apkg").unlink()
    warm = bench.ours("ours, warm", deck)
    alone = bench.ours("ours, cold, one process", deck, "--no-cache", "--jobs", "1")
    if not cold == warm == alone:
        raise FailedRunError("the packages of the same deck differ")
    edit(deck, turn)
    time.sleep(PAUSE)
    bench.ours("ours, one edit", deck)
    time.sleep(PAUSE)
    bench.ours("ours, nothing changed", deck)


def measure_naive(bench: Bench, corpus: Path) -> None:
    """The naive script, as people write it and with one converter for all notes."""
    output = bench.folder / "naive.apkg"
    bench.take(NAIVE, bench.python(HERE / "naive.py", corpus, output))
    bench.take("naive, one converter", bench.python(HERE / "naive.py", corpus, output, "--reuse"))


def measure_floor(bench: Bench) -> None:
    """Raw insert and zip of what ours has just written; the time is the script's own, without its reading."""
    command = [sys.executable, str(HERE / "floor.py"), str(bench.folder / "ours.apkg"), str(bench.folder / "f.apkg")]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = sum(json.loads(found.stdout).values())
    bench.take("floor: insert and zip", Sample(seconds, seconds, float("nan")))


def measure_start(bench: Bench) -> None:
    """The interpreter's own start, and that of the command."""
    bench.take("python -c pass", bench.python("-c", "pass"))
    bench.take("ours, --help", bench.python("-m", "deckwright", "--help"))


def peer_runs(bench: Bench, corpus: Path) -> Iterator[tuple[Peer, Callable[[], Sample]]]:
    """Each peer that installs, with what runs it on the corpus in its own form."""
    for peer in PEERS:
        programs = install(peer, bench.folder)
        if programs is None:
            continue
        source = bench.folder / f"{corpus.name}-{peer.name}"
        if not source.exists():
            peer.translate(corpus, source)
        output = bench.folder / "peer-output"
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        name, *arguments = peer.arguments(source, output)
        command = [str(programs / name), *arguments]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        yield peer, partial(run, command, bench.folder, environment)


def measure_peers(bench: Bench, corpus: Path) -> None:
    """Every peer once; one that fails is left out, with its last words."""
    for peer, runs in peer_runs(bench, corpus):
        try:
            bench.take(peer.name, runs())
        except FailedRunError as error:
            print(f"  {peer.name} failed: {error}", file=sys.stderr)


def measure_size(folder: Path, notes: int, rounds: int, peer_rounds: int) -> Results:
    """All cases at one size, in turns; the peers, which take long, in the first rounds only where that is wanted."""
    bench = Bench(folder)
    corpus = make_corpus(folder, notes, SUBDECKS)
    for turn in range(1, rounds + 1):
        print(f"{notes} notes, round {turn} of {rounds}", file=sys.stderr)
        measure_start(bench)
        turns = [partial(measure_ours, bench, corpus, turn), partial(measure_naive, bench, corpus)]
        for measure_one in turns if turn % 2 else reversed(turns):  # a machine may slow down after either
            measure_one()
        measure_floor(bench)
        if turn <= peer_rounds:
            measure_peers(bench, corpus)
    return Results(notes, dict(bench.samples))


def measure_subdecks(folder: Path, notes: int, subdecks: int, rounds: int) -> SubdeckResults:
    """The same notes in few and in many subdecks, in turns."""
    bench = Bench(folder)
    for turn in range(1, rounds + 1):
        print(f"{notes} notes in {SUBDECKS} and {subdecks} subdecks, round {turn} of {rounds}", file=sys.stderr)
        for count in (SUBDECKS, subdecks):
            deck = bench.fresh(make_corpus(folder, notes, count))
            bench.ours(f"{count} subdecks", deck)
    return SubdeckResults(notes, (SUBDECKS, subdecks), dict(bench.samples))


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure deckwright against a naive script, its peers and the floor.")
    parser.add_argument(
        "--sizes", default="1000,10000", help="numbers of notes, divided by commas (default: %(default)s)"
    )
    parser.add_argument(
        "--rounds", default="3", help="how often each case runs, for each size or for all (default: %(default)s)"
    )
    parser.add_argument(
        "--peers", type=int, default=0, metavar="NOTES", help="other programs once, at sizes up to so many notes"
    )
    parser.add_argument("--subdecks", type=int, default=0, help="10,000 notes at most also in so many subdecks")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/speed.md")
    parser.add_argument("--work", type=Path, help="a folder to work in and to keep (default: a temporary one)")
    return parser.parse_args()


def measure(folder: Path, chosen: argparse.Namespace) -> str:
    """Everything that was asked for, as Markdown."""
    sizes = sorted(int(size) for size in chosen.sizes.split(","))
    rounds = [int(count) for count in chosen.rounds.split(",")]
    rounds += rounds[-1:] * (len(sizes) - len(rounds))
    results = [
        measure_size(folder, notes, count, int(notes <= chosen.peers))
        for notes, count in zip(sizes, rounds, strict=False)
    ]
    notes = min(sizes[-1], LARGEST_SPREAD)
    many = measure_subdecks(folder, notes, chosen.subdecks, rounds[0]) if chosen.subdecks else None
    return page(results, many)


def main() -> None:
    """Measure, print the tables, and write them where that is wanted."""
    chosen = options()
    if chosen.work:
        chosen.work.mkdir(parents=True, exist_ok=True)
        text = measure(chosen.work.resolve(), chosen)
    else:
        with tempfile.TemporaryDirectory() as folder:
            text = measure(Path(folder).resolve(), chosen)
    print(text)
    if chosen.write:
        target = HERE.parent / "docs" / "speed.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
