"""The cache: the same package with it, without it, with a damaged one, with one process and with several."""

from __future__ import annotations

import concurrent.futures
import datetime
import multiprocessing
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path

import pytest

from deckwright.cache_folder import cache_folder
from deckwright.deck import media
from deckwright.pipeline import cache, cache_file, rendering, workers
from deckwright.pipeline.build import build, check
from deckwright.pipeline.cache import DamagedCacheError, PageCache
from deckwright.pipeline.cache_file import open_cache
from deckwright.pipeline.page import PageRenderer, PageResult
from deckwright.pipeline.rendering import Options
from deckwright.problems import ContentError, Problem
from tests.decks import CLOCK, SETTINGS, write_files
from tests.pipeline.test_properties import FRAGMENTS

ALONE = Options(jobs=1)
COLD = Options(jobs=1, use_cache=False)
DAY = datetime.datetime.fromtimestamp(CLOCK, datetime.UTC).date()
STAMP = (4, 1)
FILES: dict[str, str | bytes] = {
    "deck.toml": SETTINGS.replace('"test"', '"cached-7k2m4q"') + '[sections]\n"More" = "pitfall"\n',
    "sources.toml": '[a1]\ntitle = "T"\nauthors = ["A"]\nyear = 2020\nurl = "https://x.org/"\nchecked = 2026-01-02\n',
    "a.md": "# Title\n\n## One? {#one .x}\n\n1 ![i](i.svg) [@a1] [x][r][^f]\n\n"
    "## Two? {#two}\n\n2 **b** $x$ [@a1]\n\n### More\n\n- a\n- b\n\n[r]: https://a.example/1\n[^f]: foot\n",
    "b/c.md": "---\ntags: [y]\n---\n## Three {#three}\n\n{{c1::3}} see [one](#one) [@a1]\n\n```python\nprint(1)\n```\n",
    "i.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"/>',
}
EDITED: dict[str, str | bytes] = {"a.md": str(FILES["a.md"]).replace("2 **b**", "2 **c**")}


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    return write_files(tmp_path / "deck", FILES)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECKWRIGHT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions of the notes that were rendered in this process."""
    seen: list[str] = []
    render = PageRenderer.render_note

    def spied(self: PageRenderer, note, *args, **options):
        seen.append(note.question.text)
        return render(self, note, *args, **options)

    monkeypatch.setattr(PageRenderer, "render_note", spied)
    return seen


def packed(deck: Path, options: Options, clock: float = CLOCK) -> bytes:
    """The package that a build of a copy of the deck makes; the deck and its lock stay as they are."""
    twin, package = deck.with_name("twin"), deck.with_name("twin.apkg")
    shutil.rmtree(twin, ignore_errors=True)
    package.unlink(missing_ok=True)
    shutil.copytree(deck, twin)
    build(twin, package, clock=lambda: clock, options=options)
    return package.read_bytes()


def edit(deck: Path, files: dict[str, str | bytes]) -> None:
    write_files(deck, {"deck.toml": FILES["deck.toml"], **files})


def kept_files() -> list[Path]:
    """The pages that a build left, and its collection."""
    files = sorted(Path(cache_folder("pages")).iterdir(), key=lambda file: file.suffix, reverse=True)
    assert [file.suffix for file in files] == [".sqlite", ".anki2"]
    return files


def test_only_what_changed_is_rendered_again(deck: Path, rendered: list[str]) -> None:
    build(deck, deck / "x.apkg", options=ALONE, clock=lambda: CLOCK)
    assert rendered == ["One?", "Two?", "Three"]
    rendered.clear()
    edit(deck, EDITED)
    outcome = build(deck, deck / "x.apkg", options=ALONE, clock=lambda: CLOCK + 10)
    assert rendered == ["Two?"]
    assert outcome.plan.counts == {"new": 0, "changed": 1, "moved": 0, "retired": 0, "unchanged": 2}
    assert (deck / "x.apkg").read_bytes() == packed(deck, COLD, CLOCK + 10)


EDITS: dict[str, tuple[dict[str, str | bytes], list[str]]] = {
    "nothing": ({}, []),
    "the title of a file": ({"a.md": str(FILES["a.md"]).replace("# Title", "# Other")}, ["One?", "Two?"]),
    "a tag for all": ({"b/c.md": str(FILES["b/c.md"]).replace("[y]", "[z]")}, ["Three"]),
    "an address that a note above takes": (
        {"a.md": str(FILES["a.md"]).replace("example/1", "example/2")},
        ["One?", "Two?"],
    ),
    "a footnote of a note above": ({"a.md": str(FILES["a.md"]).replace("foot", "text")}, ["One?", "Two?"]),
    "a note above": ({"b/c.md": f"## New {{#new}}\n\nn\n\n{str(FILES['b/c.md'])[18:]}"}, ["New", "Three"]),
    "a source": ({"sources.toml": str(FILES["sources.toml"]).replace('"T"', '"U"')}, ["One?", "Two?", "Three"]),
    "the day of a source": ({"sources.toml": str(FILES["sources.toml"]).replace("01-02", "01-03")}, []),
    "a picture": ({"i.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"/>'}, ["One?", "Two?"]),
    "a setting": ({"deck.toml": str(FILES["deck.toml"]) + "[subdecks]\nb = 'B'\n"}, ["One?", "Two?", "Three"]),
    "the description": ({"deck.toml": 'description = "d"\n' + str(FILES["deck.toml"])}, []),
    "the style": ({"style.css": ".card { color: red }"}, []),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_gives_what_a_cold_build_gives(name: str, deck: Path, rendered: list[str]) -> None:
    build(deck, deck / "x.apkg", options=ALONE, clock=lambda: CLOCK)
    rendered.clear()
    files, again = EDITS[name]
    edit(deck, files)
    lock = (deck / "deck.lock").read_bytes()
    build(deck, deck / "x.apkg", options=ALONE, clock=lambda: CLOCK + 10)
    assert rendered == again
    (deck / "deck.lock").write_bytes(lock)
    (deck / "x.apkg").rename(deck.parent / "x.apkg")
    assert (deck.parent / "x.apkg").read_bytes() == packed(deck, COLD, CLOCK + 10)


def test_a_picture_with_its_old_size_and_time_is_seen(deck: Path) -> None:
    """Its time of content can be set back, the time of its status cannot."""
    build(deck, deck.parent / "x.apkg", options=ALONE, clock=lambda: CLOCK)
    stat = (deck / "i.svg").stat()
    (deck / "i.svg").write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"/>')
    os.utime(deck / "i.svg", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (deck / "i.svg").stat().st_size == stat.st_size
    outcome = build(deck, deck.parent / "x.apkg", options=ALONE, clock=lambda: CLOCK + 10)
    assert outcome.plan.counts["changed"] == 1


def damages() -> dict[str, Callable[[bytes], bytes]]:
    def flipped(content: bytes) -> bytes:
        rng = random.Random(len(content))
        spoiled = bytearray(content)
        for _ in range(20):
            spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
        return bytes(spoiled)

    def swapped(content: bytes) -> bytes:
        """Other words in the rendered text, of the same length."""
        return content.replace(b"<strong>b</strong>", b"<strong>Q</strong>")

    return {
        "empty": lambda _: b"",
        "cut": lambda content: content[: len(content) // 2],
        "cut at the end": lambda content: content[:-3],
        "without a beginning": lambda content: content[7:],
        "nonsense": lambda content: os.urandom(len(content)),
        "a few bits": flipped,
        "other words": swapped,
        "zeros": lambda content: bytes(len(content)),
        "only the mark": lambda content: content[:16],
        "twice": lambda content: content + content,
    }


@pytest.mark.parametrize("name", damages())
@pytest.mark.parametrize("which", [0, 1], ids=["pages", "collection"])
def test_a_damaged_cache_changes_nothing(name: str, which: int, deck: Path) -> None:
    package, lock = deck / "x.apkg", deck / "deck.lock"
    build(deck, package, options=ALONE, clock=lambda: CLOCK)
    first, locked = package.read_bytes(), lock.read_bytes()
    for _ in range(2):
        kept_files()[which].write_bytes(damages()[name](kept_files()[which].read_bytes()))
        build(deck, package, options=ALONE, clock=lambda: CLOCK)
        assert (package.read_bytes(), lock.read_bytes()) == (first, locked)
    edit(deck, EDITED)
    kept_files()[which].write_bytes(damages()[name](kept_files()[which].read_bytes()))
    build(deck, package, options=ALONE, clock=lambda: CLOCK + 10)
    lock.write_bytes(locked)
    assert package.read_bytes() == packed(deck, COLD, CLOCK + 10)


def test_a_damaged_collection_that_looks_unchanged_costs_a_cold_build(deck: Path) -> None:
    build(deck, deck / "x.apkg", options=ALONE, clock=lambda: CLOCK)
    locked = (deck / "deck.lock").read_bytes()
    edit(deck, EDITED)
    collection = kept_files()[1]
    status = collection.stat()
    collection.write_bytes(bytes(status.st_size))
    os.utime(collection, ns=(status.st_atime_ns, status.st_mtime_ns))
    build(deck, deck / "x.apkg", options=ALONE, clock=lambda: CLOCK + 10)
    (deck / "deck.lock").write_bytes(locked)
    assert (deck / "x.apkg").read_bytes() == packed(deck, COLD, CLOCK + 10)


@pytest.mark.parametrize("words", ["<strong>b</strong>", "Two?", "x</h3>"], ids=["a field", "the details", "nothing"])
def test_a_damaged_page_that_was_counted_on_costs_a_cold_build(words: str, deck: Path, rendered: list[str]) -> None:
    """Its row says that the page did not change; only when its notes are read it turns out to be damaged."""
    package, lock = deck / "x.apkg", deck / "deck.lock"
    build(deck, package, options=ALONE, clock=lambda: CLOCK)
    first, locked = package.read_bytes(), lock.read_bytes()
    pages, collection = kept_files()
    with closing(sqlite3.connect(pages)) as cached, cached:
        for column, table in (("details", "pages"), ("fields", "notes")):
            statement = f"UPDATE {table} SET {column} = CAST(replace(CAST({column} AS TEXT), ?, ?) AS BLOB)"
            cached.execute(statement, (words, words[::-1]))
    collection.unlink()
    rendered.clear()
    build(deck, package, options=ALONE, clock=lambda: CLOCK)
    assert (package.read_bytes(), lock.read_bytes()) == (first, locked)
    assert rendered == ([] if words == "x</h3>" else ["One?", "Two?", "Three"])


def test_a_check_between_an_edit_and_a_build_hides_nothing(deck: Path) -> None:
    """What a check keeps of a page is not yet in the lock and the collection that the last build left."""
    package = deck / "x.apkg"
    build(deck, package, options=ALONE, clock=lambda: CLOCK)
    edit(deck, EDITED)
    assert check(deck, DAY, ALONE) == []
    assert check(deck, DAY, ALONE) == []
    cold = packed(deck, COLD, CLOCK + 10)
    assert build(deck, package, options=ALONE, clock=lambda: CLOCK + 10).plan.counts["changed"] == 1
    assert package.read_bytes() == cold


class Author:
    """Edits a deck at random, as people do in a year."""

    def __init__(self, deck: Path, seed: int) -> None:
        self.deck, self.rng = deck, random.Random(seed)
        self.locks: list[bytes] = []
        self.went_back = False
        self.pages = {f"{n % 3}/{n}.md": [self.note() for _ in range(4)] for n in range(6)}
        self.write()

    def note(self) -> str:
        name = self.rng.randrange(10**6)
        return f"## Q {name}? {{#q-{name}}}\n\n{self.rng.randrange(100)} ![p](../p{name % 2}.svg)\n\n"

    def write(self) -> None:
        files = {path: "".join(notes) for path, notes in self.pages.items()}
        for file in self.deck.rglob("*.md"):
            if file.relative_to(self.deck).as_posix() not in files:
                file.unlink()
        write_files(self.deck, {"deck.toml": FILES["deck.toml"], **files})

    def act(self) -> Collection[str] | None:
        """One edit, or something else that happens between two builds; what the next build is to touch."""
        path = self.rng.choice([*self.pages])
        notes = self.pages[path]
        match self.rng.randrange(11):
            case 0 if notes:
                notes[-1] += "More.\n\n"
            case 1:
                notes.insert(self.rng.randrange(len(notes) + 1), self.note())
            case 2 if notes:
                notes.pop(self.rng.randrange(len(notes)))
            case 3:
                self.rng.shuffle(notes)
            case 4:
                del self.pages[path]
            case 5:
                self.pages[f"{self.rng.randrange(3)}/{self.rng.randrange(100)}.md"] = self.pages.pop(path)
            case 6:
                write_files(self.deck, {"deck.toml": FILES["deck.toml"], "p0.svg": f"<svg>{self.rng.random()}</svg>"})
            case 7 if self.locks:
                self.went_back = True
                (self.deck / "deck.lock").write_bytes(self.rng.choice(self.locks))
            case 8 if notes:
                return [notes[0].partition("{#")[2].partition("}")[0]]
            case 9:
                return None
            case _:
                pass
        self.pages.setdefault("0/always.md", [self.note()])
        self.write()
        if self.rng.random() < 0.3:
            check(self.deck, DAY, ALONE)
        return ()


@pytest.mark.parametrize("seed", range(10))
def test_whatever_happens_a_build_is_what_a_cold_one_is(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Package and lock, in every round of a life with edits, checks, touched notes and locks from version control.

    Once a lock was taken back, the times depend on what else is left of earlier builds: a cold build is then one from
    the lock that this build wrote.
    """
    if seed % 2:  # the stamps of files count at once
        monkeypatch.setattr(cache, "COARSEST_CLOCK", 0)
    deck, twin = write_files(tmp_path / "deck", {"p0.svg": "<svg/>", "p1.svg": "<svg> </svg>"}), tmp_path / "twin"
    author = Author(deck, seed)
    for number in range(25):
        touch, now = author.act() if number else (), CLOCK + 10 * number
        shutil.rmtree(twin, ignore_errors=True)
        shutil.copytree(deck, twin)
        if not author.went_back:
            build(twin, tmp_path / "twin.apkg", clock=lambda: now, options=COLD, touch=touch)  # noqa: B023
        build(deck, tmp_path / "deck.apkg", clock=lambda: now, options=ALONE, touch=touch)  # noqa: B023
        if author.went_back:
            shutil.rmtree(twin)
            shutil.copytree(deck, twin)
            build(twin, tmp_path / "twin.apkg", clock=lambda: now, options=COLD, frozen=True)  # noqa: B023
        assert (deck / "deck.lock").read_bytes() == (twin / "deck.lock").read_bytes()
        assert (tmp_path / "deck.apkg").read_bytes() == (tmp_path / "twin.apkg").read_bytes()
        author.locks.append((deck / "deck.lock").read_bytes())


def test_a_collection_of_another_lock_does_not_count(deck: Path) -> None:
    """Not when deck.lock was taken back to an earlier state, nor when it was merged with another's."""
    package, lock = deck / "x.apkg", deck / "deck.lock"
    build(deck, package, options=ALONE, clock=lambda: CLOCK)
    first = lock.read_bytes()
    edit(deck, EDITED)
    build(deck, package, options=ALONE, clock=lambda: CLOCK + 10)
    lock.write_bytes(first)
    build(deck, package, options=ALONE, clock=lambda: CLOCK + 20)
    assert package.read_bytes() == packed(deck, COLD, CLOCK + 30)


def put(cache: PageCache, path: str, content: str = "x") -> None:
    cache.put_page(path, "1", STAMP, [path], [f"details of {path}"], [("n", f"{content} of {path}")])


def test_what_was_kept_of_another_page_does_not_count(tmp_path: Path) -> None:
    """Neither facts nor details nor fields, though every text is whole."""
    with open_cache(tmp_path) as now:
        put(now, "a")
        put(now, "b")
        put(now, "c")
        now.is_complete = True
    with closing(sqlite3.connect(kept(".sqlite"))) as cached, cached:
        cached.execute("UPDATE pages SET facts = (SELECT facts FROM pages WHERE path = ?)", (b"a",))
        cached.execute("UPDATE pages SET details = (SELECT details FROM pages WHERE path = ?)", (b"b",))
        cached.execute("UPDATE notes SET fields = (SELECT fields FROM notes WHERE path = ?)", (b"c",))
    with open_cache(tmp_path) as last:
        assert last.pages.keys() == {"a"}
        assert last.details("b") == ["details of b"]
        assert last.fields("c", 0) == "x of c"
        for path in "ac":
            with suppress(DamagedCacheError):
                pytest.fail(last.details(path))
        for path in "ab":
            with suppress(DamagedCacheError):
                pytest.fail(last.fields(path, 0))


def kept(suffix: str) -> Path:
    """The file with that suffix that a build left."""
    (file,) = Path(cache_folder("pages")).glob(f"*{suffix}")
    return file


def test_half_of_a_build_is_not_kept(tmp_path: Path) -> None:
    with open_cache(tmp_path) as now:
        put(now, "a")
    with open_cache(tmp_path) as last:
        assert last.pages == {}


def test_a_second_process_works_without_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for a while; then nothing of the first one's work is touched."""
    monkeypatch.setattr(cache_file, "BUSY_SECONDS", 0.1)
    with open_cache(tmp_path) as first:
        put(first, "a")
        with open_cache(tmp_path) as second:
            assert second.file is None
            put(second, "b")
            assert second.fields("b", 0) == "x of b"
            second.is_complete = True
        first.is_complete = True
    with open_cache(tmp_path) as last:
        assert last.pages.keys() == {"a"}


def test_another_version_of_the_program_works_anew(
    deck: Path, rendered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    check(deck, options=ALONE)
    first, rendered[:] = [*rendered], []
    check(deck, options=ALONE)
    assert rendered == []
    monkeypatch.setattr(rendering, "program_state", lambda: [["check/rules.py", 1, 2, 3, 4]])
    check(deck, options=ALONE)
    assert rendered == first
    assert first


def test_another_version_of_the_program_looks_at_pictures_again(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "COARSEST_CLOCK", 0)
    assert check(deck, options=ALONE) == []
    monkeypatch.setattr(media, "drawing_fault", lambda content: ("unsafe-drawing", "odd"))
    assert check(deck, options=ALONE) == []
    monkeypatch.setattr(rendering, "program_state", lambda: [["deck/media.py", 1, 2, 3, 4]])
    assert [problem.message for problem in check(deck, options=ALONE)] == ["odd"]


def test_pages_with_problems_are_remembered_too(deck: Path, rendered: list[str]) -> None:
    edit(deck, {"b/c.md": "## Three {#three}\n\n{{c1::3}} see [one](#on) List<T>\n"})
    first = check(deck, options=ALONE)
    assert {problem.rule for problem in first} >= {"unknown-link", "vanishing-html"}
    rendered.clear()
    assert check(deck, options=ALONE) == first
    assert rendered == []
    with pytest.raises(ContentError):
        build(deck, deck / "x.apkg", options=ALONE)


def test_a_picture_that_was_missing_is_looked_for_again(deck: Path) -> None:
    (deck / "i.svg").unlink()
    assert [problem.rule for problem in check(deck, options=ALONE)] == ["missing-media"]
    edit(deck, {"i.svg": FILES["i.svg"]})
    assert check(deck, options=ALONE) == []


def test_a_cache_that_cannot_be_written_is_done_without(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = packed(deck, ALONE)
    (deck.parent / "file").write_text("no folder")
    monkeypatch.setenv("DECKWRIGHT_CACHE", str(deck.parent / "file"))
    assert packed(deck, ALONE) == first


def test_a_cache_on_a_full_disk_is_an_error_that_loses_nothing(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(deck, deck.parent / "x.apkg", options=ALONE, clock=lambda: CLOCK)
    edit(deck, EDITED)
    before = {path: path.read_bytes() for path in deck.parent.rglob("*") if path.is_file()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PageCache, "put_page", full)
    with pytest.raises(OSError, match="No space"):
        build(deck, deck.parent / "x.apkg", options=ALONE, clock=lambda: CLOCK)
    assert {path: path.read_bytes() for path in deck.parent.rglob("*") if path.is_file()} == before


def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_file, "LARGEST_CACHE", 600_000)
    folder = Path(cache_folder("pages"))
    for number in range(6):
        with open_cache(tmp_path / f"deck{number}") as now:
            put(now, "a", "x" * 50_000)
            now.is_complete = True
        for age, file in enumerate(sorted(folder.iterdir(), key=lambda file: -file.stat().st_mtime_ns)):
            os.utime(file, (CLOCK - age, CLOCK - age))
    assert len(list(folder.iterdir())) > 1
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 600_000
    with open_cache(tmp_path / "deck5") as last:
        assert last.fields("a", 0).startswith("xx")


def test_two_at_once(deck: Path) -> None:
    """While one process builds again and again, others check the same deck: nobody sees half a file."""
    first = packed(deck, ALONE)
    wrong: list[object] = []

    def checks() -> None:
        wrong.extend(problem for _ in range(15) for problem in check(deck.with_name("twin"), options=ALONE))

    threads = [threading.Thread(target=checks) for _ in range(3)]
    twin = deck.with_name("twin")
    for thread in threads:
        thread.start()
    for _ in range(10):
        build(twin, deck.parent / "y.apkg", clock=lambda: CLOCK, options=ALONE)
        if (deck.parent / "y.apkg").read_bytes() != first:
            wrong.append("another package")
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(kept_files()) == 2


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A deck of many files with something of everything, and a warning here and there."""
    notes = [
        f"## Question number {n} of {n % 7}? {{#q-{n} .t{n % 3}}}\n\nAnswer *{n}*, $x_{n}$ and `c{n}`.\n\n"
        "### More\n\n- one\n- two\n\n| a | b |\n|---|---|\n"
        f"| {n} | ![p](../p{n % 5}.svg) |\n\n```python\nx = {n}\n```\n"
        for n in range(120)
    ]
    files: dict[str, str | bytes] = {f"{n % 4}/{n:03}.md": "".join(notes[n : n + 3]) for n in range(0, len(notes), 3)}
    pictures = {f"p{n}.svg": f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {n + 1} 1"/>' for n in range(5)}
    return write_files(tmp_path / "deck", {"deck.toml": FILES["deck.toml"], **files, **pictures})


def wants_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have workers started for a deck as small as that."""
    monkeypatch.setattr(workers, "SINGLE_PROCESS_LIMIT", 500)
    monkeypatch.setattr(workers, "BATCH", 2_000)


def test_several_processes_make_the_same(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, problems = packed(large, COLD), check(large, options=COLD)
    wants_workers(monkeypatch)
    for jobs in (2, 3):
        assert packed(large, Options(jobs=jobs, use_cache=False)) == one
        assert check(large, options=Options(jobs=jobs, use_cache=False)) == problems
    edit(large, {"1/003.md": "## Other {#other}\n\nother\n"})
    assert packed(large, Options(jobs=2)) == packed(large, COLD)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_workers_make_the_same_however_they_are_started(
    large: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Windows and macOS spawn them: each imports the program anew and is sent all that it works with."""
    one = packed(large, COLD)
    futures = list[Future[list[PageResult]]]()
    submit = workers._submit

    def noted(
        pool: concurrent.futures.ProcessPoolExecutor | None, batch: workers.Batch
    ) -> Future[list[PageResult]] | None:
        future = submit(pool, batch)
        assert future
        futures.append(future)
        return future

    wants_workers(monkeypatch)
    monkeypatch.setattr(workers, "_submit", noted)
    usual = multiprocessing.get_start_method()
    multiprocessing.set_start_method(method, force=True)
    try:
        assert packed(large, Options(jobs=2, use_cache=False)) == one
    finally:
        multiprocessing.set_start_method(usual, force=True)
    assert len(futures) > 3
    assert all(future.result() for future in futures)


def test_the_command_works_where_workers_are_spawned(large: Path, tmp_path: Path) -> None:
    """With enough pages for them: each worker also imports the file that was started."""
    for number in range(40):
        notes = "".join(f"## Much {number} {n}? {{#much-{number}-{n}}}\n\n{'word ' * 60}\n\n" for n in range(8))
        write_files(large, {f"much/{number}.md": notes})
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing\nfrom deckwright.cli.start import main\n\n"
        "if __name__ == '__main__':\n    multiprocessing.set_start_method('spawn')\n    main()\n",
        encoding="utf-8",
    )
    packages = []
    for jobs in ("1", "2"):
        package = tmp_path / f"{jobs}.apkg"
        command: list[str | Path] = [
            sys.executable,
            program,
            "build",
            large,
            "-o",
            package,
            "--jobs",
            jobs,
            "--no-cache",
        ]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)
        assert done.returncode == 0, done.stderr
        packages.append(package.read_bytes())
    assert packages[0] == packages[1]


def test_a_process_that_dies_is_done_without(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = packed(large, COLD)
    wants_workers(monkeypatch)
    monkeypatch.setattr(workers, "_render_batch", _die)
    assert packed(large, Options(jobs=2, use_cache=False)) == one


def _die(_: object) -> None:
    os._exit(9)


def test_a_system_without_processes_is_done_without(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = packed(large, COLD)

    def none(*_: object, **__: object) -> None:
        raise OSError(38, "Function not implemented")

    wants_workers(monkeypatch)
    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", none)
    assert packed(large, Options(jobs=2, use_cache=False)) == one


@pytest.mark.parametrize("seed", range(12))
def test_any_edits_give_what_a_cold_check_finds(seed: int, tmp_path: Path) -> None:
    """Texts of the grammar's own signs, edited at random: what is kept of a note never depends on what is around it."""
    rng = random.Random(seed)

    def text() -> str:
        return "".join(rng.choice(FRAGMENTS) for _ in range(rng.randint(0, 12)))

    notes = [f"## Q{n} {{#q{n}}}\n\n{text()}\n\n" for n in range(8)]
    deck = write_files(tmp_path / "deck", {"a.md": "".join(notes)})
    for _ in range(8):
        place = rng.randrange(len(notes))
        notes[place] = f"## Q{place} {{#q{place}}}\n\n{text()}\n\n"
        rng.shuffle(notes)
        write_files(deck, {"a.md": "".join(notes).encode("utf-8", "surrogatepass")})
        assert seen(deck, ALONE) == seen(deck, COLD)


def seen(deck: Path, options: Options) -> list[Problem] | bytes:
    """The problems of a deck, or its package when there are no errors."""
    package = deck.with_name("x.apkg")
    try:
        build(deck, package, options=options, clock=lambda: CLOCK)
    except ContentError as error:
        return error.problems
    return package.read_bytes()
