"""A long randomised run over many decks: the returning learner of the tests, for as many rounds as wanted.

    python scripts/long_run.py --decks 200 --rounds 10 --seed 1

Each deck is played from its own seed, so one alone can be played again with ``--first``. Needs the extra ``test``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.returning_learner import ViolationError, live

EVERY = 10
"""Decks between two lines of progress."""


def main() -> int:
    """Play the decks, print the figures; 1 when anything was lost on the way."""
    options = _options()
    start = time.monotonic()
    tally: Counter[str] = Counter()
    violations: list[tuple[int, str]] = []
    for count, (deck, played) in enumerate(_played(options), 1):
        if isinstance(played, str):
            violations.append((deck, played))
            print(f"deck {deck}: {played.partition('the last steps:')[0]}", flush=True)
        else:
            tally += played
        if count % EVERY == 0:
            seconds = time.monotonic() - start
            print(f"{count} decks, {tally['rounds']} rounds, {len(violations)} violations, {seconds:.0f} s", flush=True)
    _report(tally, len(violations), time.monotonic() - start)
    for deck, message in violations:
        again = f"--decks 1 --rounds {options.rounds} --seed {options.seed} --first {deck}"
        print(f"\ndeck {deck}: {message}\nagain: python scripts/long_run.py {again}")
    return 1 if violations else 0


def play(seed: int, rounds: int, deck: int) -> tuple[int, Counter[str] | str]:
    """One deck's life: its number, and the tally or what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return deck, live(Path(folder), f"{seed}/{deck}", rounds)
        except ViolationError as violation:
            return deck, str(violation)
        except Exception:  # noqa: BLE001 (a build or an import that is refused is a violation as well)
            return deck, traceback.format_exc()


def _played(options: argparse.Namespace) -> Iterator[tuple[int, Counter[str] | str]]:
    decks = range(options.first, options.first + options.decks)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, context) as pool:
        yield from pool.map(partial(play, options.seed, options.rounds), decks)


def _report(tally: Counter[str], violations: int, seconds: float) -> None:
    for name in ("decks", "rounds", "builds", "imports", "reviews"):
        print(f"{name}: {tally[name]:,}")
    for group in ("edit", "learner", "notes"):
        found = {
            name.partition(": ")[2]: count for name, count in sorted(tally.items()) if name.startswith(group + ":")
        }
        counts = ", ".join(f"{name} {count:,}" for name, count in found.items())
        print(f"{group}: {sum(found.values()):,} ({counts})" if group != "notes" else f"notes at imports: {counts}")
    print(f"decks placed anew because a gap was full: {tally['placed anew']}")
    print(f"violations: {violations}")
    print(f"wall time: {seconds:.0f} s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--decks", type=int, default=200, help="number of decks")
    parser.add_argument("--rounds", type=int, default=10, help="rounds of edit, build and import a deck")
    parser.add_argument("--seed", type=int, default=1, help="seed of the whole run")
    parser.add_argument("--first", type=int, default=0, help="number of the first deck, to play one again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="decks played at once")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
