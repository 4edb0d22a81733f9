"""``build --watch``: real processes over real files, and every turn of the story step by step."""

from __future__ import annotations

import datetime
import errno
import itertools
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import watchfiles
from click.testing import CliRunner, Result

from deckwright.cli.main import main
from deckwright.deck.folder import read_folder
from deckwright.package.read import read_package
from deckwright.pipeline import watch as watch_module
from deckwright.pipeline.build import BuildResult, build, check
from deckwright.pipeline.cache import PageCache
from deckwright.pipeline.page_memory import PageMemory, without
from deckwright.pipeline.watch import ended_by_signals, reported_changes, snapshot, watch
from deckwright.problems import ContentError, Place, Problem
from tests.decks import CLOCK, DOT, write_files

ONE, TWO = "## One? {#one}\n\n1\n", "## Two? {#two}\n\n2\n"
BROKEN = "## One? {#one}\n\n"
DEADLINE = 30.0
Step = Callable[[], object]


class Watching:
    """A watch in a process of its own, in the folder that holds ``cards``, and the lines it prints."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "deckwright", "build", "--watch", *options]
        output = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
        )
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def until(self, text: str | None) -> list[str]:
        """The lines up to the one that holds ``text``, or all that come until the process ends."""
        found: list[str] = []
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                line = self.lines.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                pytest.fail(f"no {text!r} after {found}")
            if line is None:
                assert text is None, found
                return found
            found.append(line)
            if text is not None and text in line:
                return found

    def end(self, number: int = signal.SIGINT) -> tuple[int, list[str]]:
        """The exit status after a signal, and what was printed since."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, list[str]]:
        rest = self.until(None)
        return self.process.wait(timeout=DEADLINE), rest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a deck in ``cards``; the working folder."""
    write_files(tmp_path / "cards", {"a.md": ONE})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Watching]]:
    """Starts a watch and waits for its first build; whatever becomes of the test, no process outlives it."""
    started: list[Watching] = []

    def start(*options: str) -> Watching:
        started.append(Watching(folder, *options))
        started[-1].until('"package"' if "--json" in options else "watching cards; Ctrl-C ends")
        return started[-1]

    yield start
    for watching in started:
        watching.process.kill()
        watching.process.wait()
        watching.reader.join()
        if watching.process.stdout:
            watching.process.stdout.close()


def answers(folder: Path) -> set[str]:
    return {note.fields["Answer"] for note in read_package(folder / "dist" / "test.apkg").notes}


def save(folder: Path, text: str, name: str = "a.md") -> None:
    """As editors save: a new file takes the old one's place."""
    path = folder / "cards" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.swp")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


# Real processes.


def test_a_saved_card_is_in_the_package_a_moment_later(folder: Path, start: Callable[..., Watching]) -> None:
    watching = start()
    save(folder, ONE.replace("1", "first"))
    (line,) = watching.until(" in ")
    assert "1 changed: dist/test.apkg in " in line
    assert answers(folder) == {"<p>first</p>"}
    with (folder / "cards" / "a.md").open("a", encoding="utf-8") as file:
        file.write("and again\n")
    assert "1 changed: " in watching.until(" in ")[-1]
    assert answers(folder) == {"<p>first and again</p>"}
    assert watching.end() == (0, [])


def test_problems_come_and_go(folder: Path, start: Callable[..., Watching]) -> None:
    watching = start()
    before = (folder / "dist" / "test.apkg").read_bytes()
    save(folder, BROKEN)
    problem, line = watching.until("not built")
    assert problem.startswith("cards/a.md:1:4: ")
    assert line.endswith(" not built: 1 problem, 1 new")
    assert (folder / "dist" / "test.apkg").read_bytes() == before
    save(folder, ONE.replace("1", "fixed"))
    fixed, line = watching.until(" in ")
    assert fixed == f"fixed: {problem}"
    assert line.endswith("; no problem is left")
    assert answers(folder) == {"<p>fixed</p>"}


def test_files_and_folders_come_go_and_move(folder: Path, start: Callable[..., Watching]) -> None:
    watching = start("--json")
    save(folder, TWO, "new/folder/b.md")
    assert json.loads(watching.until("{")[0])["changes"]["new"] == 1
    (folder / "cards" / "new").rename(folder / "cards" / "old")
    assert json.loads(watching.until("{")[0])["notes"] == 2
    shutil.rmtree(folder / "cards" / "old")
    assert json.loads(watching.until("{")[0])["changes"]["retired"] == 1
    assert answers(folder) == {"<p>1</p>"}


def test_a_burst_is_one_build(folder: Path, start: Callable[..., Watching]) -> None:
    """All comes while the watch is stopped, so that the burst is one on a busy machine too."""
    watching = start()
    watching.process.send_signal(signal.SIGSTOP)
    os.waitpid(watching.process.pid, os.WUNTRACED)
    for number, name in enumerate(itertools.permutations("abcde", 2)):
        question = " ".join(letter * 9 for letter in name)
        save(folder, f"## {question}? {{#n{number}}}\n\n{number}\n", f"part-{number % 3}/n{number}.md")
    watching.process.send_signal(signal.SIGCONT)
    assert sum("dist/test.apkg in " in line for line in watching.until("20 new: ")) == 1
    save(folder, TWO)
    assert sum("dist/test.apkg in " in line for line in watching.until("1 new, 1 retired: ")) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_of_a_build_ends_it_and_loses_nothing(
    folder: Path, start: Callable[..., Watching], number: int
) -> None:
    watching = start("--json")
    package = folder / "dist" / "test.apkg"
    before = package.stat().st_ino
    save(folder, "".join(f"## Number {n}? {{#n{n}}}\n\n{n}\n\n" for n in range(300)))
    wait_until(lambda: package.stat().st_ino != before or any(package.parent.glob(".test.apkg.*")))  # it is written
    status, lines = watching.end(number)
    assert status == 0
    assert "Traceback" not in "".join(lines)
    assert all(json.loads(line)["notes"] == 300 for line in lines if line.endswith("}"))  # the signal may cut the last
    assert len(read_package(package).notes) in (1, 300)
    assert build(folder / "cards").written.notes == 300
    assert len(answers(folder)) == 300


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < deadline


def test_without_its_folder_there_is_nothing_to_watch(folder: Path, start: Callable[..., Watching]) -> None:
    watching = start()
    (folder / "cards").rename(folder / "elsewhere")
    assert watching.ended() == (1, ["error: cards: the deck folder is gone; nothing was lost"])


# Step by step: a step, then the watch is told that something may have changed.


def wakes(*steps: Step) -> Iterator[None]:
    yield
    for step in steps:
        step()
        yield


class Builds:
    """A build that counts, with a clock that goes on by a minute each time."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, memory: PageMemory) -> BuildResult:
        self.count += 1
        return build(Path("cards"), memory=memory, clock=lambda: CLOCK + 60 * self.count)


def nothing() -> None:
    pass


def test_what_a_build_writes_does_not_make_it_build_in_a_circle(folder: Path) -> None:
    """A file that got an id is looked at once more, in case it was saved meanwhile; of that nothing is said."""
    save(folder, "## One?\n\n1\n")
    builds = Builds()
    rounds = list(watch(Path("cards"), builds, wakes(nothing, nothing, partial(save, folder, ONE + TWO), nothing)))
    assert [done.changes for done in rounds] == [{"new": 1}, {"new": 1}]
    assert builds.count == 3


def test_a_lock_that_somebody_else_changes_counts(folder: Path) -> None:
    """A checkout takes deck.lock back to before the second note."""
    lock = folder / "cards" / "deck.lock"
    builds = Builds()
    list(watch(Path("cards"), builds, wakes()))
    old = lock.read_bytes()
    steps = wakes(partial(save, folder, ONE + TWO), nothing, lambda: lock.write_bytes(old), nothing)
    rounds = list(watch(Path("cards"), builds, steps))
    assert [done.changes for done in rounds] == [{}, {"new": 1}, {"new": 1}]
    assert builds.count == 4


def test_what_is_not_of_the_deck_is_passed_over(folder: Path) -> None:
    cards = write_files(folder / "cards", {"i.png": "x", ".git/index": "", "README.md": "", "b/c.md": TWO})
    before = snapshot(cards)
    for name in ("README.md", ".a.md.swp", "a.md~", "4913", ".git/index", "b/.x.md", "b/deck.toml", "x.apkg", "#a.md#"):
        (cards / name).write_text("noise", encoding="utf-8")
    (cards / "empty").mkdir()
    assert snapshot(cards) == before


def test_what_a_build_reads_counts(folder: Path) -> None:
    cards = write_files(folder / "cards", {"i.png": "x", "b/c.md": TWO})
    before = snapshot(cards)
    for name in ("i.png", "b/c.md", "deck.toml", "deck.lock", "style.css", "sources.toml", "b/UPPER.MD", "b/new.SVG"):
        (cards / name).write_text("changed", encoding="utf-8")
        after = snapshot(cards)
        assert after != before, name
        before = after
    assert {str(file.file) for file in read_folder(cards, datetime.date.min).files} <= before.keys()
    (cards / "link").symlink_to(folder)
    assert snapshot(cards).keys() - before.keys() == {str(cards / "link")}


def test_a_card_saved_during_a_build_is_built_again(folder: Path) -> None:
    builds = Builds()

    def saved_meanwhile(memory: PageMemory) -> BuildResult:
        outcome = builds(memory)
        if builds.count == 1:
            save(folder, ONE + TWO)
        return outcome

    rounds = list(watch(Path("cards"), saved_meanwhile, wakes(nothing, nothing)))
    assert [done.changes for done in rounds] == [{"new": 1}, {"new": 1}]


def test_a_build_stopped_by_the_lock_says_nothing_of_the_cards(folder: Path) -> None:
    save(folder, ONE.replace("One?", "One? Really?"))
    lock, aside = folder / "cards" / "deck.lock", folder / "deck.lock"
    steps = wakes(partial(shutil.move, lock, aside), partial(shutil.move, aside, lock))
    rounds = list(watch(Path("cards"), Builds(), steps))
    assert [[problem.rule for problem in done.new] for done in rounds] == [["two-questions"], ["bad-lock"], []]
    assert [[problem.rule for problem in done.fixed] for done in rounds] == [[], [], ["bad-lock"]]
    assert [problem.rule for problem in rounds[1].problems] == ["two-questions", "bad-lock"]


def test_what_the_system_refuses_does_not_end_it(folder: Path) -> None:
    builds = Builds()

    def on_a_full_disk(memory: PageMemory) -> BuildResult:
        if builds.count == 1:
            builds.count += 1
            raise OSError(errno.ENOSPC, "No space left on device", "dist/test.apkg")
        return builds(memory)

    save(folder, ONE.replace("One?", "One? Really?"))
    rounds = list(watch(Path("cards"), on_a_full_disk, wakes(*[partial(save, folder, ONE + TWO)] * 2)))
    assert [bool(done.error) for done in rounds] == [False, True, False]
    assert [len(done.problems) for done in rounds] == [1, 1, 0]
    assert [len(done.fixed) for done in rounds] == [0, 0, 1]


def problem(line: int, message: str = "wrong", path: str = "a.md") -> Problem:
    return Problem(Place(path, line), message, "rule")


def test_a_problem_is_the_same_on_whatever_line() -> None:
    assert without([problem(1), problem(9)], [problem(4)]) == [problem(9)]
    assert without([problem(1), problem(9)], [problem(9)]) == [problem(1)]
    assert without([problem(1, "taken by b.md:4")], [problem(2, "taken by b.md:17")]) == []
    assert without([problem(1)], [problem(1, "else"), problem(1, path="b.md")]) == [problem(1)]
    assert without([], [problem(1)]) == []


def test_the_system_reports_what_is_saved(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no look at the folder but the first, so that the second news is a report."""
    monkeypatch.setattr(watch_module, "POLL_EVERY_TICKS", sys.maxsize)
    news = reported_changes(folder)
    next(news)
    save(folder, TWO)
    reader = threading.Thread(target=next, args=(news,), daemon=True)
    reader.start()
    reader.join(DEADLINE)
    assert not reader.is_alive()


def test_where_nothing_is_reported_the_folder_is_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> Iterator[set[object]]:
        raise RuntimeError("too many folders")

    monkeypatch.setattr(watchfiles, "watch", refused)
    monkeypatch.setattr(watch_module, "UNREPORTED_SECONDS", 0.001)
    assert list(itertools.islice(reported_changes(folder), 3)) == [None] * 3


def test_names_that_are_no_text_do_not_end_it(folder: Path, start: Callable[..., Watching]) -> None:
    watching = start()
    Path(os.fsdecode(os.fsencode(folder / "cards") + b"/\xff.swp")).write_bytes(b"")
    save(folder, ONE + TWO)
    assert "1 new: " in watching.until(" in ")[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_a_block_and_are_as_before_after_it(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    went_on = False
    with ended_by_signals():
        os.kill(os.getpid(), number)
        time.sleep(DEADLINE)
        went_on = True
    assert not went_on
    assert signal.getsignal(number) == before


def told_first(builds: Builds) -> list[Problem]:
    """What a watch that begins now would tell first."""
    try:
        return builds(PageMemory()).warnings
    except ContentError as error:
        return error.problems


def test_what_stands_is_what_a_watch_that_begins_now_finds(folder: Path) -> None:
    """Whoever built or checked meanwhile, and whatever else the problems come from: settings, media, other pages."""
    two, like = "## Two? Two? {#two}\n\n[one](#one)\n", "## What is {}? {{#like-{}}}\n\n{}\n"
    settings = (folder / "cards" / "deck.toml").read_text(encoding="utf-8")
    shown = DOT.format(2)

    builds = Builds()

    def saves(name: str, text: str) -> Step:
        return partial(save, folder, text, name)

    def saved_and(command: str, text: str, name: str) -> None:
        save(folder, text, name)
        told_first(builds) if command == "build" else check(Path("cards"))

    steps = wakes(
        saves("b.md", two),
        saves("c.md", like.format("this", "a", "1") + like.format("this", "b", "2")),
        partial(saved_and, "check", two + TWO.replace("two", "zwei").replace("?", "? Why?"), "b.md"),
        saves("d.md", ONE.replace("one", "more") + "![dot](dot.svg)\n"),
        saves("dot.svg", shown),
        saves("dot.svg", shown.replace("0 0 9 9", "0 0 9000 9")),
        saves("a.md", "## Other? Or not? {#other}\n\n1\n"),
        partial(saved_and, "build", ONE + "\n## New?\n\nnew\n", "a.md"),
        saves("deck.toml", settings + 'rules.two-questions = "off"\n'),
        saves("c.md", "## What is this? {#like-a}\n\n1\n"),
        partial(os.remove, folder / "cards" / "b.md"),
    )
    seen = set[str]()
    for done in watch(Path("cards"), builds, steps):
        assert sorted(done.problems) == sorted(told_first(builds))
        seen |= {problem.rule for problem in done.problems}
    assert seen >= {"two-questions", "near-duplicate", "unknown-link", "missing-media", "wide-picture"}


def test_an_edit_reads_nothing_of_the_pages_that_are_what_they_were(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        save(folder, f"## Number {number}? Really? {{#n{number}}}\n\n{number}\n", f"n{number}.md")
    read = list[str]()
    details = PageCache.details

    def noted(cache: PageCache, path: str) -> object:
        read.append(path)
        return details(cache, path)

    monkeypatch.setattr(PageCache, "details", noted)
    for number, done in enumerate(watch(Path("cards"), Builds(), wakes(partial(save, folder, "\n" + ONE)))):
        assert len(done.problems) == 39  # two questions in each, and each like another
        assert number == 0 or set(read) <= {"a.md"}
        read.clear()


# What is printed.


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, steps: tuple[Step, ...] = ()) -> Result:
    """The command in this process, over when the steps are."""
    monkeypatch.setattr(watch_module, "reported_changes", lambda _: wakes(*steps))
    return CliRunner().invoke(main, ["build", "--watch", *arguments], catch_exceptions=False)


def without_figures(text: str) -> list[str]:
    """The lines without the time of day, the seconds that a build took and what the first build says."""
    return re.sub(r"^\d\d:\d\d:\d\d | in \d+\.\d\d s", "", text, flags=re.MULTILINE).split("\n")[4:-1]


def test_everything_a_watch_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (
        partial(save, folder, "## Two?\n\n2\n", "b.md"),
        partial(save, folder, BROKEN),
        partial(save, folder, "## Two? Or three? {#two}\n\n", "b.md"),
        partial(save, folder, "\n" + BROKEN),
        partial(save, folder, ONE),
        partial(save, folder, TWO.replace("Two?", "Two? Or three?"), "b.md"),
        partial(save, folder, TWO + "\n", "b.md"),
        partial(save, folder, TWO, "b.md"),
        partial(save, folder, ".card { color: navy }\n", "style.css"),
    )
    done = run(monkeypatch, steps=steps)
    assert done.exit_code == 0
    assert without_figures(done.stdout) == [
        "watching cards; Ctrl-C ends",
        "cards/b.md:1: wrote the id two",
        "1 new: dist/test.apkg",
        "not built: 1 problem, 1 new",
        "not built: 3 problems, 2 new",
        "not built: 3 problems",
        "not built: 2 problems",
        "1 changed: dist/test.apkg; 1 warning",
        "1 changed: dist/test.apkg; no problem is left",
        "nothing changed: dist/test.apkg",
        "2 new looks of cards: dist/test.apkg",
    ]
    empty = "this note has no answer; write it between the question and the first `###` (empty-answer)"
    two = "warning: 2 question marks; ask one thing, and make a second card of the other (two-questions)"
    assert done.stderr.split("\n")[:-1] == [
        f"cards/a.md:1:4: {empty}",
        f"still: cards/a.md:1:4: {empty}",
        f"cards/b.md:1:4: {empty}",
        f"cards/b.md:1:4: {two}",
        f"fixed: cards/a.md:2:4: {empty}",
        f"still: cards/b.md:1:4: {empty}",
        f"fixed: cards/b.md:1:4: {empty}",
        f"fixed: cards/b.md:1:4: {two}",
    ]


def test_of_many_new_warnings_a_watch_shows_a_few(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = (folder / "cards" / "deck.toml").read_text(encoding="utf-8")
    for number in range(30):
        save(folder, f"## {chr(97 + number) * 9}? Really? {{#n{number}}}\n\n{number}\n", f"n{number}.md")
    off, on = (partial(save, folder, settings + end, "deck.toml") for end in ('rules.two-questions = "off"\n', ""))
    lines = run(monkeypatch, steps=(off, on)).stderr.split("\n")[:-1]
    first, gone, again = lines[:11], lines[11:22], lines[22:]
    assert [len(part) for part in (first, gone, again)] == [11, 11, 11]
    assert gone[-1] == "fixed besides: 20 two-questions"
    assert again[-1] == "not shown: 20 two-questions; `deckwright check` lists them"
    assert first[-1].startswith("not shown: 20 two-questions")


def test_when_strict_a_warning_is_still_wrong(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(folder, ONE.replace("One?", "One? Really?"))
    done = run(monkeypatch, "--strict", steps=(partial(save, folder, TWO.replace("2", ""), "b.md"),))
    said = [line.split(": ")[0] for line in done.stderr.split("\n")]
    assert said == ["cards/a.md:1:4", "still", "cards/b.md:1:4", ""]
    assert done.stdout.endswith(" not built: 2 problems, 1 new\n")


def test_a_watch_for_machines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (partial(save, folder, BROKEN), partial(shutil.rmtree, "dist"), partial(save, folder, ONE + TWO))
    first, broken, again = map(json.loads, run(monkeypatch, "--json", steps=steps).stdout.split("\n")[:-1])
    assert (first["package"], first["changes"]["new"], first["fixed"]) == ("dist/test.apkg", 1, [])
    assert "package" not in broken
    assert [problem["rule"] for problem in broken["problems"]] == ["empty-answer"]
    assert again["fixed"] == broken["problems"]
    assert (again["problems"], again["changes"]["new"]) == ([], 1)


def test_a_first_build_may_fail(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(folder, BROKEN)
    done = run(monkeypatch, steps=(partial(save, folder, ONE),))
    assert done.stderr.split("\n")[1].startswith("fixed: cards/a.md:1:4: ")
    assert done.stdout.split("\n")[0] == "watching cards; Ctrl-C ends"


def test_what_cannot_be_written_is_said_each_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").write_text("", encoding="utf-8")
    options = ("-o", "file/x.apkg")
    done = run(monkeypatch, *options, steps=(partial(save, folder, ONE + TWO),))
    assert done.exit_code == 0
    assert [line[:12] for line in done.stderr.split("\n")] == ["error: file:", "error: file:", ""]
    assert "not built: 0 problems" not in done.stdout
    assert done.stdout.endswith(" not built\n")
    assert "file" in json.loads(run(monkeypatch, *options, "--json").stdout)["error"]


@pytest.mark.parametrize("option", [["--frozen"], ["--touch", "one"], ["--touch-all"], ["--recover", "deck.apkg"]])
def test_what_is_for_one_build_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch, option: list[str]) -> None:
    Path("deck.apkg").write_bytes(b"")
    done = run(monkeypatch, *option)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--watch goes with none of" in done.stderr
