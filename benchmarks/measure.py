"""Run a program and see what it took: seconds on the clock and of the processor, memory of all its processes."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

LOOK_EVERY = 0.25
"""Seconds between two looks at the memory: a look takes a millisecond of a processor that may be busy."""


class FailedRunError(Exception):
    """A program ended with an error; the message is the end of what it wrote."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run. ``memory`` is what the program and its children take together when it is most, in MiB.

    What they share counts once; where the system does not tell, it is the size of the largest of them.
    """

    seconds: float
    processor: float
    memory: float


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Sample:
    """Run ``command`` in ``folder``. Raises FailedRunError when it fails.

    On Linux a child's peak begins with the size of the process that starts it, so this process must stay small: it
    makes no corpus and reads no package itself.
    """
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), stdout=output, stderr=output)
        with _Watch(process.pid) as watch:
            processor, largest = _wait(process)
        seconds = time.perf_counter() - start
        if process.returncode:
            output.seek(0)
            raise FailedRunError(output.read().decode(errors="replace")[-1000:])
    return Sample(seconds, processor, max(largest, watch.peak))


def _wait(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Wait for the end; the processor's seconds, and MiB of the largest process, where the system tells them."""
    if not hasattr(os, "wait4"):
        process.wait()
        return float("nan"), float("nan")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1024 * 1024 if os.uname().sysname == "Darwin" else 1024
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit


@dataclass
class _Watch:
    """Looks now and then at what a process and its children take together (on Linux), until the block ends."""

    process: int
    peak: float = 0.0
    """MiB."""
    done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> _Watch:
        self.thread = threading.Thread(target=self.look)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()

    def look(self) -> None:
        while not self.done.wait(LOOK_EVERY):
            self.peak = max(self.peak, sum(map(_share, _family(self.process))))


def _family(process: int) -> Iterator[int]:
    """A process and all that come of it."""
    yield process
    try:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            for child in children.read_text(encoding="ascii").split():
                yield from _family(int(child))
    except OSError:  # it has ended meanwhile
        return


def _share(process: int) -> float:
    """MiB of a process, what it shares with others divided among them; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def middle(samples: Sequence[Sample]) -> Sample:
    """The median of each figure."""
    return Sample(
        median(sample.seconds for sample in samples),
        median(sample.processor for sample in samples),
        median(sample.memory for sample in samples),
    )
