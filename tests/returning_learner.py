"""The returning learner: years of edits and re-imports of one deck, played against real Anki and a model of it.

An ``Author`` edits a deck at random; a ``ReturningLearner`` builds it, imports each build into a real collection with
default options, and in between reviews, tags, edits, suspends, flags and deletes. The model says what an import may do,
without looking into the package: it renders the few texts it writes by a table of its own, and knows a note's time from
when it saw its content first. After every import the whole collection is compared with what was foretold; a difference
raises ``ViolationError``. ``Machine`` lets hypothesis choose the steps, ``live`` a seed (``scripts/long_run.py``).

Times are simulated and lie in the past; what the learner does is dated back from Anki's real now by ``dates_back``.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from random import Random
from typing import NamedTuple

import anki.collection  # noqa: F401 (first: the modules of anki import each other in a circle)
from anki.cards import CardId
from anki.notes import NoteId
from anki.scheduler_pb2 import CardAnswer
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from deckwright.identity import read_lock
from deckwright.identity.positions import STEP
from deckwright.pipeline.build import build
from deckwright.problems import ContentError
from tests.anki_driver import Learner, SeenCard, SeenNote
from tests.decks import write_files

DECK_ID, ROOT = "years", "Years"
DAYS_AGO = 900
"""Days before the real now at which the story begins; every step takes some hours of them."""
LONGEST_STEP = 12
SNIPPETS = {
    "attention": "attention",
    "注意力": "注意力",
    "a wide word": "a wide word",
    "**bold**": "<strong>bold</strong>",
    "$a<b$": r"\(a&lt;b\)",
    r"$\frac{1}{d_k}$": r"\(\frac{1}{d_k}\)",
    "`x & y`": "<code>x &amp; y</code>",
    "*slanted*": "<em>slanted</em>",
    "100 %": "100 %",
    "R&D": "R&amp;D",
}
"""Markdown → the HTML that must reach the learner."""
TAGS = ("alpha", "beta", "gamma::deep", "高频")
OWN_TAGS = ("mine", "marked", "待看")
NAMES = {
    "": (),
    "01-one": ("01 One", "01 ONE", "基础"),
    "02-two": ("02 Two",),
    "02-two/deep": ("Deep", "深"),
    "03-three": ("03 Three", "03 Drei"),
}
"""Folder → the display names that it may get."""
FILES = ("a.md", "b.md", "c.md", "d.md", "e.md")
PATHS = tuple(f"{folder}/{name}".lstrip("/") for folder in NAMES for name in FILES)
PICTURES = ("dot.svg", "line.svg", "图.svg")
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="{}"/></svg>'
STYLES = (".card { color: teal; }", ".card { color: navy; }", ".card { margin: 0; }")
TYPE_NAMES = {"basic": f"Question · {DECK_ID}", "cloze": f"Cloze · {DECK_ID}"}
FIELDS = {
    "basic": "Question Answer Details Sources AsOf Context ID File Reversed Typed Spare1 Spare2 Spare3 Spare4".split(),
    "cloze": "Text Prompt Details Sources AsOf Context ID File Spare1 Spare2 Spare3 Spare4".split(),
}
HEADING_ID = re.compile(r"^## .*\{#([a-z0-9-]+)", re.MULTILINE)
SRC = re.compile(r'src="([^"]*)"')
RATINGS = (CardAnswer.AGAIN, CardAnswer.HARD, CardAnswer.GOOD, CardAnswer.EASY)
LAPSES = 8
"""Times a card is forgotten before Anki tags its note as a leech."""


class ViolationError(AssertionError):
    """Something happened to the learner's collection that must not."""


@dataclass
class Draft:
    """A note as the author has it in mind; texts are keys of ``SNIPPETS``."""

    id: str
    kind: str
    question: list[str]
    answer: list[str]
    details: list[str]
    tags: tuple[str, ...]
    picture: str = ""
    is_reversed: bool = False
    deletions: int = 1

    def markdown(self) -> str:
        """The note in the project's grammar."""
        words = [f".{tag}" for tag in self.tags] + ["reversed=yes"] * self.is_reversed
        attributes = " ".join([f"#{self.id}"] * bool(self.id) + words)
        heading = " ".join(self.question) + (f" {{{attributes}}}" if attributes else "")
        body = f"{self.body(self.answer)}" + (f" ![a picture]({self.picture})" if self.picture else "")
        details = f"\n\n### Details\n\n{' '.join(self.details)}" if self.details else ""
        return f"## {heading}\n\n{body}{details}\n"

    def body(self, words: list[str]) -> str:
        """The words of the answer, in a cloze note with the deletions after them."""
        gaps = [f"{{{{c{n}::gap {n}}}}}" for n in range(1, self.deletions + 1)] if self.kind == "cloze" else []
        return " ".join([*words, *gaps])

    @property
    def ordinals(self) -> tuple[int, ...]:
        return tuple(range(self.deletions)) if self.kind == "cloze" else (0, 1) if self.is_reversed else (0,)


@dataclass(frozen=True)
class Expected:
    """A note as it must reach a learner; in the fields a picture is named by the hash of its bytes."""

    fields: Mapping[str, str]
    tags: tuple[str, ...]
    kind: str
    deck: str
    ordinals: tuple[int, ...]

    @property
    def content(self) -> tuple[object, ...]:
        """What, when it changes, gives the note a new time: not where it stands."""
        return tuple((name, text) for name, text in self.fields.items() if name not in ("Context", "File")), self.tags


class Release(NamedTuple):
    """A deck as it was built."""

    sources: tuple[dict[str, list[Draft]], dict[str, str], dict[str, str], dict[str, int], str]
    lock: bytes


def html(words: list[str]) -> str:
    return " ".join(SNIPPETS[word] for word in words)


def digest(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


class Author:
    """Somebody who edits a deck at random for years: a method of ``EDITS`` is one edit."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.folder = folder
        self.random = random
        self.pages: dict[str, list[Draft]] = {}
        self.titles: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.pictures = dict.fromkeys(PICTURES, 1)
        self.style = ""
        self.removed: list[tuple[Draft, str]] = []
        """Notes with the files they were taken from."""
        self.ids: set[str] = set()
        self.added = 0
        self.releases: list[Release] = []
        self.lock = b""
        """A ``deck.lock`` that git put in the place of the last build's."""
        self.saved_over = ""
        for _ in range(random.randint(3, 9)):
            self.adds()

    # The edits

    def adds(self) -> None:
        """A new note anywhere, one in five without an id."""
        self.added += 1
        random = self.random
        draft = Draft(
            id=f"n{self.added}" if random.random() < 0.8 else "",
            kind=random.choice(("basic", "basic", "cloze")),
            question=self._words(),
            answer=self._words(),
            details=self._words() if random.random() < 0.3 else [],
            tags=self._tags(),
            picture=random.choice(("", "", *PICTURES)),
            deletions=random.randint(1, 3),
        )
        draft.is_reversed = draft.kind == "basic" and random.random() < 0.2
        self._puts(draft, self._place())

    def rewords(self) -> None:
        self._any().question = self._words()

    def answers(self) -> None:
        """Another answer; in a cloze note perhaps with more or fewer deletions."""
        draft = self._any()
        draft.answer = self._words()
        draft.deletions = self.random.choice((draft.deletions, draft.deletions, self.random.randint(1, 3)))

    def details(self) -> None:
        self._any().details = self.random.choice(([], self._words()))

    def removes(self) -> None:
        if len(self.drafts()) > 2:
            self.removed.append(self._takes())
            self.removed = [(draft, path) for draft, path in self.removed if draft.id]

    def brings_back(self) -> None:
        """A removed note again, as it was where it was, or reworded, or elsewhere."""
        if self.removed:
            draft, path = self.removed.pop(self.random.randrange(len(self.removed)))
            if self.random.random() < 0.4:
                draft.answer = self._words()
            self._puts(draft, self.random.choice((path, self._place())))

    def moves(self) -> None:
        """A note to another file or folder."""
        self._puts(self._takes()[0], self._place())

    def reorders(self) -> None:
        """The notes of a file in another order."""
        longer = [path for path in sorted(self.pages) if len(self.pages[path]) > 1]
        self.random.shuffle(self.pages[self.random.choice(longer)] if longer else [])

    def retags(self) -> None:
        self._any().tags = self._tags()

    def reverses(self) -> None:
        basic = [draft for draft in self.drafts() if draft.kind == "basic"]
        if basic:
            draft = self.random.choice(basic)
            draft.is_reversed = not draft.is_reversed

    def pictures_a_note(self) -> None:
        """A picture into a note, or out of it."""
        self._any().picture = self.random.choice(("", *PICTURES))

    def redraws(self) -> None:
        """Other bytes under a picture's name."""
        self.pictures[self.random.choice(PICTURES)] = self.random.randint(1, 4)

    def renames_a_file(self) -> None:
        """A file under another name or in another folder."""
        free = [path for path in PATHS if path not in self.pages]
        old, new = self.random.choice(sorted(self.pages)), self.random.choice(free)
        self.pages[new] = self.pages.pop(old)
        self.titles[new] = self.titles.pop(old, "")

    def renames_a_subdeck(self) -> None:
        folder = self.random.choice([name for name in NAMES if name])
        self.names[folder] = self.random.choice(NAMES[folder])

    def retitles(self) -> None:
        self.titles[self.random.choice(sorted(self.pages))] = self.random.choice(("", "Title", "标题"))

    def restyles(self) -> None:
        self.style = self.random.choice(STYLES)

    def reverts(self) -> None:
        """The deck as it was at an earlier build, ``deck.lock`` included, as ``git revert`` makes it."""
        if self.releases:
            release = self.random.choice(self.releases)
            self.pages, self.titles, self.names, self.pictures, self.style = deepcopy(release.sources)
            self.lock = release.lock
            there = {draft.id for draft in self.drafts()}
            self.removed = [(draft, path) for draft, path in self.removed if draft.id not in there]

    def merges(self) -> None:
        """A merge that took ``deck.lock`` whole from another side, and the sources from this one."""
        if self.releases:
            self.lock = self.random.choice(self.releases).lock

    def loses_ids(self) -> None:
        """An editor saves its buffer from before the last build over the ids in a file."""
        self.saved_over = self.random.choice(sorted(self.pages))

    # The sources

    def releases_now(self) -> None:
        """Remember the deck as it was built."""
        sources = deepcopy((self.pages, self.titles, self.names, self.pictures, self.style))
        self.releases.append(Release(sources, (self.folder / "deck.lock").read_bytes()))

    def loses(self, draft: Draft, built: Mapping[str, Draft]) -> bool:
        """Whether the id of a note is saved over: of one that did not change, nor its picture, and has no double."""
        alike = [
            other for other in self.everything() if replace(other, id="", tags=()) == replace(draft, id="", tags=())
        ]
        drawn = self.releases[-1].sources[3].get(draft.picture) == self.pictures.get(draft.picture)
        return bool(draft.id) and built.get(draft.id) == draft and drawn and len(alike) == 1

    def everything(self) -> list[Draft]:
        """Every note that there is or was, each once by its id."""
        past = [draft for release in self.releases for page in release.sources[0].values() for draft in page]
        found = {draft.id: draft for draft in [*past, *(draft for draft, _ in self.removed), *self.drafts()]}
        return [*found.values()]

    def drafts(self) -> list[Draft]:
        """Every note in study order: files by folder and name, notes as they stand in them."""
        paths = sorted(self.pages, key=lambda path: path.split("/"))
        return [draft for path in paths for draft in self.pages[path]]

    def writes(self) -> None:
        """Put the sources on disk in place of the earlier ones; ``deck.lock`` stays, unless git brought another."""
        for file in [*self.folder.rglob("*.md"), *self.folder.rglob("*.svg")]:
            file.unlink()
        files = self.files()
        if self.saved_over in self.pages and self.releases and not self.lock:
            built = {d.id: d for page in self.releases[-1].sources[0].values() for d in page}
            page = [replace(d, id="") if self.loses(d, built) else d for d in self.pages[self.saved_over]]
            files[self.saved_over] = self.page(self.saved_over, page)
        write_files(self.folder, {**files, **({"deck.lock": self.lock} if self.lock else {})})
        self.saved_over, self.lock = "", b""

    def files(self) -> dict[str, str | bytes]:
        """The sources: path → content."""
        files: dict[str, str | bytes] = {"deck.toml": self._settings()}
        if self.style:
            files["style.css"] = self.style
        for path, drafts in self.pages.items():
            files[path] = self.page(path, drafts)
            for picture in (draft.picture for draft in drafts if draft.picture):
                files[f"{folder_of(path)}/{picture}".lstrip("/")] = self._bytes(picture)
        return files

    def page(self, path: str, drafts: list[Draft]) -> str:
        title = f"# {self.titles[path]}\n\n" if self.titles.get(path) else ""
        return title + "\n".join(draft.markdown() for draft in drafts)

    def reads_ids(self) -> None:
        """Learn the ids that the build wrote into headings that had none."""
        for path, drafts in self.pages.items():
            found = HEADING_ID.findall((self.folder / path).read_text(encoding="utf-8"))
            if len(found) != len(drafts) or any(d.id not in ("", i) for d, i in zip(drafts, found, strict=True)):
                raise ViolationError(f"{path} has the ids {found} after the build, {[d.id for d in drafts]} before it")
            for draft, name in zip(drafts, found, strict=True):
                if not draft.id and name in self.ids:
                    raise ViolationError(f"a new note in {path} got the id of another one: {name}")
                draft.id = name
        self.ids |= {draft.id for draft in self.drafts()}

    def expects(self) -> dict[str, Expected]:
        """Every note by its id, in study order, as a learner must get it."""
        paths = {draft.id: path for path, drafts in self.pages.items() for draft in drafts}
        return {draft.id: self._expects(draft, paths[draft.id]) for draft in self.drafts()}

    def _expects(self, draft: Draft, path: str) -> Expected:
        deck = self._deck(folder_of(path))
        picture = (
            f' <img src="{digest(self._bytes(draft.picture))}" alt="a picture" class="inline full">'
            if draft.picture
            else ""
        )
        cloze = draft.body([]) if draft.kind == "cloze" else ""
        answer = f"<p>{' '.join(filter(None, [html(draft.answer), cloze]))}{picture}</p>"
        details = f"<section><h3>Details</h3><p>{html(draft.details)}</p></section>" if draft.details else ""
        first, second = ("Text", "Prompt") if draft.kind == "cloze" else ("Answer", "Question")
        fields = {
            **dict.fromkeys(FIELDS[draft.kind], ""),
            first: answer,
            second: html(draft.question),
            "Details": details,
            "ID": draft.id,
            "File": path,
            "Context": " › ".join([*deck.split("::")[1:], *filter(None, [self.titles.get(path)])]),
            **({"Reversed": "1"} if draft.is_reversed else {}),
        }
        return Expected(fields, tuple(sorted(f"t::{tag}" for tag in draft.tags)), draft.kind, deck, draft.ordinals)

    def _settings(self) -> str:
        used = {parent for path in self.pages for parent in _parents(path)}
        names = "".join(f'"{folder}" = "{name}"\n' for folder, name in sorted(self.names.items()) if folder in used)
        return f'name = "{ROOT}"\nid = "{DECK_ID}"\nlanguage = "en"\ntag-prefix = "t"\n[subdecks]\n{names}'

    def _deck(self, folder: str) -> str:
        parents = _parents(f"{folder}/") if folder else []
        return "::".join([ROOT, *(self.names.get(parent, parent.rpartition("/")[2]) for parent in parents)])

    def _bytes(self, picture: str) -> bytes:
        return PICTURE.format(self.pictures[picture]).encode()

    def _any(self) -> Draft:
        return self.random.choice(self.drafts())

    def _takes(self) -> tuple[Draft, str]:
        """A note out of its file, and that file's path; an empty file goes."""
        path = self.random.choice(sorted(self.pages))
        draft = self.pages[path].pop(self.random.randrange(len(self.pages[path])))
        if not self.pages[path]:
            del self.pages[path]
            self.titles.pop(path, None)
        return draft, path

    def _place(self) -> str:
        """A file, mostly one that is there."""
        return self.random.choice(sorted(self.pages) if self.pages and self.random.random() < 0.7 else PATHS)

    def _puts(self, draft: Draft, path: str) -> None:
        page = self.pages.setdefault(path, [])
        page.insert(self.random.randint(0, len(page)), draft)

    def _words(self) -> list[str]:
        return self.random.sample(sorted(SNIPPETS), self.random.randint(1, 4))

    def _tags(self) -> tuple[str, ...]:
        return tuple(self.random.sample(TAGS, self.random.randint(0, 2)))


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


EDITS: Mapping[str, Callable[[Author], None]] = {
    "reword": Author.rewords,
    "answer": Author.answers,
    "details": Author.details,
    "add": Author.adds,
    "remove": Author.removes,
    "bring back": Author.brings_back,
    "move": Author.moves,
    "reorder": Author.reorders,
    "retag": Author.retags,
    "reverse": Author.reverses,
    "picture": Author.pictures_a_note,
    "picture bytes": Author.redraws,
    "rename file": Author.renames_a_file,
    "rename subdeck": Author.renames_a_subdeck,
    "retitle": Author.retitles,
    "restyle": Author.restyles,
    "revert": Author.reverts,
    "merge": Author.merges,
    "lose ids": Author.loses_ids,
}


@dataclass(frozen=True)
class Look:
    """The whole collection at one moment."""

    notes: Mapping[str, SeenNote]
    schema: int
    counts: tuple[int, int, int]
    """Notes, cards, entries of the review log."""
    decks: frozenset[str]
    types: frozenset[str]


@dataclass
class Shelf:
    """What the model knows of the places of new cards: Anki honours a position at the first import only."""

    placed: dict[str, int] = field(default_factory=dict)
    """Note id → the position with which the learner got it."""
    order: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Two note ids → whether the first stood before the second in the last build that had both."""
    known: set[str] = field(default_factory=set)
    last: set[str] = field(default_factory=set)
    """The notes of all builds, and of the last one."""
    displaced: set[str] = field(default_factory=set)
    """Notes that changed places with others: their cards stay where the learner has them."""

    def remembers(self, order: list[str]) -> None:
        """Note who changed places with whom.

        One that comes back is taken for moved: while it was away, others may have been given places beyond its own.
        """
        self.displaced |= (self.known - self.last) & set(order)
        for pair in combinations(order, 2):
            first, second = sorted(pair)
            is_before = pair == (first, second)
            strangers = (first, second) not in self.order and {first, second} <= self.known
            if strangers or self.order.get((first, second), is_before) is not is_before:
                self.displaced |= {first, second}
            self.order[first, second] = is_before
        self.known |= set(order)
        self.last = set(order)


class ReturningLearner:
    """One deck, its author, a learner with a real collection, and the model of what an import may do to it."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.random = random
        self.author = Author(folder / "deck", random)
        self.package = folder / "deck.apkg"
        self.now = int(time.time()) - DAYS_AGO * 86400
        self.learner = Learner(folder / "learner")
        self.stock = self._types()
        self.times: dict[str, tuple[object, int]] = {}
        self.positions: dict[str, int] = {}
        """Note id → its last content and the time of the build that saw it first."""
        self.expected: dict[str, Expected] = {}
        self.shelf = Shelf()
        self.deleted: set[str] = set()
        """Notes the learner threw away: if one comes again, Anki shows its old review log beside the new card."""
        self.tally: Counter[str] = Counter()
        self.story: list[str] = []
        self.faults: list[str] = []
        self.publishes()
        self.imports()

    # What happens

    def edits(self, kind: str) -> None:
        """One edit of the sources; counted when it changed them."""
        self.story.append(f"author: {kind}")
        before = self.author.files()
        EDITS[kind](self.author)
        self.tally[f"edit: {kind}"] += before != self.author.files() or kind in ("merge", "lose ids")

    def acts(self, kind: str) -> None:
        """The learner does something with a card or note, if there is one to do it with."""
        self.story.append(f"learner: {kind}")
        self.tally[f"learner: {kind}"] += 1
        self.passes()
        ACTS[kind](self)
        self.dates_back()

    def publishes(self) -> None:
        """The author builds."""
        self.passes()
        self.author.writes()
        found = self._positions_in_the_lock()
        # A merge or a revert brought the lock of another build: its positions are the ones that count from now on.
        self.shelf.displaced |= {name for name, position in self.positions.items() if found.get(name) != position}
        try:
            self._builds()
        except ContentError as error:
            raise ViolationError("\n".join([*map(str, error.problems), *self.story[-30:]])) from None
        self.author.reads_ids()
        self.author.releases_now()
        self.expected, self.style = self.author.expects(), self.author.style
        self.story.append(f"build at {self.now}: {' '.join(self.expected)}")
        self.tally["builds"] += 1
        for name, expected in self.expected.items():
            if self.times.get(name, (None, 0))[0] != expected.content:
                self.times[name] = (expected.content, self.now)
        self.shelf.remembers(list(self.expected))
        self.positions = self._positions_in_the_lock()
        self._notices_new_places()
        self.judges()

    def _builds(self) -> None:
        """Build. A note that comes back with another text in all its fields is named, as the program says."""
        folder, package, now = self.author.folder, self.package, float(self.now)
        try:
            build(folder, package, allowed_retiring=1000, clock=lambda: now)
        except ContentError as error:
            named = [problem.message.split("`")[1] for problem in error.problems if problem.rule == "reused-id"]
            if len(named) < len(error.problems):
                raise
            self.tally["builds with --touch"] += 1
            build(folder, package, allowed_retiring=1000, touch=named, clock=lambda: now)

    def _positions_in_the_lock(self) -> dict[str, int]:
        """Note id → its position, from ``deck.lock`` as it is on disk."""
        return {name: entry.position for name, entry in read_lock(self.author.folder, DECK_ID).notes.items()}

    def imports(self) -> None:
        """The learner imports the last build, and everything is checked."""
        self.passes()
        self.story.append("import")
        before = self.looks()
        log = self.learner.imports(self.package)
        after = self.looks()
        self.tally["imports"] += 1
        self._checks_log(before, log)
        self._checks_notes(before, after)
        self._checks_types(before, after)
        self._checks_places(before, after)
        self._checks_media(after)
        self.judges()

    def ends(self) -> None:
        """Check Database finds nothing to mend and changes nothing."""
        before = self.looks()
        said, is_sound = self.learner.collection.fix_integrity()
        if not is_sound or "\n" in said.strip():
            self.fails(f"Check Database says: {said}")
        if self.looks() != before:
            self.fails("Check Database changed something")
        self.judges()

    def closes(self) -> None:
        self.learner.collection.close()

    def passes(self) -> None:
        """Some hours go by."""
        self.now += 3600 * self.random.randint(1, LONGEST_STEP)
        assert self.now < time.time() - 3600, "the story is too long: begin it earlier"

    def dates_back(self) -> None:
        """Give what the learner just changed the simulated time instead of Anki's real now."""
        assert self.learner.collection.db is not None
        self.learner.collection.db.execute("update notes set mod = ? where mod > ?", self.now, self.now)

    def looks(self) -> Look:
        collection = self.learner.collection
        assert collection.db is not None
        reviews = collection.db.scalar("select count() from revlog")
        counts = (collection.note_count(), collection.card_count(), reviews)
        decks = frozenset(self.learner.decks())
        return Look(self.learner.notes(), self.learner.schema_time(), counts, decks, self._types())

    def fails(self, message: str) -> None:
        self.faults.append(message)

    def judges(self) -> None:
        """Raise all that was found wrong, with the steps that led there."""
        if self.faults:
            raise ViolationError("\n".join([*self.faults, "the last steps:", *self.story[-30:]]))

    # What the learner may do

    def reviews(self) -> None:
        """A session of some cards."""
        cards = [card for card in self._cards() if card.queue >= 0]
        for card in self.random.sample(cards, min(len(cards), self.random.randint(1, 5))):
            self.learner.reviews(card.number, self.random.choice(RATINGS))
            self.tally["reviews"] += 1

    def struggles(self) -> None:
        """A card is forgotten until its note is a leech."""
        cards = [card for card in self._cards() if card.queue >= 0]
        for card in self.random.sample(cards, min(len(cards), 1)):
            for _ in range(LAPSES):
                self.learner.reviews(card.number, CardAnswer.EASY)
                self.learner.reviews(card.number, CardAnswer.AGAIN)
                self.tally["reviews"] += 2

    def tags(self) -> None:
        self._changes(lambda note: note.add_tag(self.random.choice(OWN_TAGS)))

    def untags(self) -> None:
        self._changes(lambda note: setattr(note, "tags", note.tags[1:]))

    def writes_spare(self) -> None:
        self._changes(lambda note: note.__setitem__("Spare1", f"a thought of {self.now}"))

    def rewrites(self) -> None:
        """The learner's own words in place of ours."""
        self._changes(lambda note: note.__setitem__("Details", f"my own words of {self.now}"))

    def extends(self) -> None:
        """The learner's own words after ours."""
        self._changes(lambda note: note.fields.__setitem__(1, f"{note.fields[1]} and mine of {self.now}"))

    def suspends(self) -> None:
        self.learner.collection.sched.suspend_cards(self._some_cards())

    def unsuspends(self) -> None:
        self.learner.collection.sched.unsuspend_cards(self._some_cards())

    def buries(self) -> None:
        self.learner.collection.sched.bury_cards(self._some_cards())

    def flags(self) -> None:
        self.learner.collection.set_user_flag_for_cards(self.random.randint(0, 7), self._some_cards())

    def moves_cards(self) -> None:
        """Cards into a deck of the learner's own."""
        deck = self.learner.collection.decks.id("My own")
        assert deck is not None
        self.learner.collection.set_deck(self._some_cards(), deck)

    def deletes(self) -> None:
        """A note is thrown away: the next import that has it brings it as a new one."""
        if name := self._any():
            self.learner.collection.remove_notes([NoteId(self.learner.notes()[name].number)])
            self.shelf.placed.pop(name, None)
            self.deleted.add(name)

    def _changes(self, change: Callable[..., object]) -> None:
        if name := self._any():
            note = self.learner.collection.get_note(NoteId(self.learner.notes()[name].number))
            change(note)
            self.learner.collection.update_note(note)

    def _any(self) -> str:
        return self.random.choice(sorted(self.learner.notes()) or [""])

    def _cards(self) -> list[SeenCard]:
        return [card for _, note in sorted(self.learner.notes().items()) for card in note.cards]

    def _some_cards(self) -> list[CardId]:
        cards = [CardId(card.number) for card in self._cards()]
        return self.random.sample(cards, min(len(cards), self.random.randint(1, 3)))

    # What must hold

    def _checks_log(self, before: Look, log: Mapping[str, int]) -> None:
        """Anki counts new, updated and duplicate notes as foretold, and nothing else."""
        foretold = Counter(self._expected_change(name, before) for name in self.expected)
        if foretold != log:
            self.fails(f"Anki's log says {log}, foretold was {dict(foretold)}")
        self.tally.update({f"notes: {change}": count for change, count in foretold.items()})

    def _expected_change(self, name: str, before: Look) -> str:
        """What the import does with a note of the package."""
        if name not in before.notes:
            return "new"
        return "updated" if self.times[name][1] > before.notes[name].modified else "duplicate"

    def _checks_notes(self, before: Look, after: Look) -> None:
        """No note lost, doubled or touched without need; the changed ones say the new; every history stays."""
        if after.notes.keys() != before.notes.keys() | self.expected.keys():
            self.fails(f"notes are {sorted(after.notes)}, were {sorted(before.notes)}")
        cards = sum(len(note.cards) for note in after.notes.values())
        if after.counts != (len(after.notes), cards, before.counts[2]):
            self.fails(
                f"notes, cards, reviews are {after.counts}, foretold {len(after.notes), cards, before.counts[2]}"
            )
        for name, note in after.notes.items():
            self._checks_note(
                name, before.notes.get(name), note, self._expected_change(name, before) if self._has(name) else ""
            )

    def _has(self, name: str) -> bool:
        return name in self.expected

    def _checks_note(self, name: str, was: SeenNote | None, note: SeenNote, change: str) -> None:
        old = was.cards if was else ()
        if change in ("new", "updated"):
            self._checks_text(name, note)
        elif was and replace(note, cards=()) != replace(was, cards=()):
            self.fails(f"`{name}` was touched: {note}, was {was}")
        if was and note.number != was.number:
            self.fails(f"`{name}` has another number: {note.number}, was {was.number}")
        if self._has(name) and was and change == "duplicate" and self.times[name][1] < was.modified:
            self.tally["notes: kept, the learner's edit is newer"] += 1
        by_ordinal = {card.ordinal: card for card in note.cards}
        for card in old:
            if by_ordinal.pop(card.ordinal, None) != card:
                self.fails(f"a card of `{name}` was touched: {note.cards}, was {old}")
        wanted = set(self.expected[name].ordinals) if self._has(name) else set()
        if by_ordinal.keys() != wanted - {card.ordinal for card in old}:
            self.fails(f"`{name}` has the cards {note.cards}, wanted {wanted} besides {old}")
        for card in by_ordinal.values():
            self._checks_new_card(name, card)

    def _checks_text(self, name: str, note: SeenNote) -> None:
        """A new or changed note has the texts, tags and time of the build."""
        expected = self.expected[name]
        fields = {key: SRC.sub(self._by_bytes, text) for key, text in note.fields.items()}
        seen = (fields, tuple(sorted(note.tags)), note.type_name, note.modified)
        wanted = (dict(expected.fields), expected.tags, TYPE_NAMES[expected.kind], self.times[name][1])
        if seen != wanted:
            self.fails(f"`{name}` is {seen}, did not get {wanted}")

    def _by_bytes(self, src: re.Match[str]) -> str:
        file = self.learner.folder / "collection.media" / src[1]
        return f'src="{digest(file.read_bytes()) if file.exists() else "missing"}"'

    def _checks_new_card(self, name: str, card: SeenCard) -> None:
        """A new card lies in its deck (decks match whatever the case) at its position, unlearned."""
        deck = self.expected[name].deck
        kind, interval, reps, lapses, _, *log = card.history
        if card.deck.casefold() != deck.casefold() or card.due != self.positions[name]:
            self.fails(f"a new card of `{name}`: {card}, wanted in {deck} at {self.positions[name]}")
        if any((kind, interval, reps, lapses, card.queue, card.flag)) or (log and name not in self.deleted):
            self.fails(f"a new card of `{name}` is not new: {card}")

    def _checks_types(self, before: Look, after: Look) -> None:
        """No second note type, no change of schema, the last style, no deck lost."""
        kinds = {expected.kind for expected in self.expected.values()}
        if extra := after.types - self.stock - set(TYPE_NAMES.values()):
            self.fails(f"a second note type: {extra}")
        if after.schema != before.schema and before.notes:
            self.fails("the schema changed: Anki would force a one-way sync")
        if not before.decks <= after.decks:
            self.fails(f"decks are {after.decks}, were {before.decks}")
        styles = self.learner.styles()
        for name in (TYPE_NAMES[kind] for kind in kinds):
            if not styles.get(name, "").strip().endswith(self.style):
                self.fails(f"the style of {name} is not the last build's")

    def _checks_places(self, before: Look, after: Look) -> None:
        """A new note stands between its neighbours, as far as those are where the first import put them."""
        new = [name for name in self.expected if name in after.notes.keys() - before.notes.keys()]
        for name in new:
            self.shelf.placed[name] = min(card.due for card in after.notes[name].cards)
        placed = self.shelf.placed
        steady = [n for n in self.expected if n in placed and (n in new or n not in self.shelf.displaced)]
        for one, other in combinations(steady, 2):
            if {one, other} & set(new) and placed[one] >= placed[other]:
                self.fails(f"`{one}` at {placed[one]} should come before `{other}` at {placed[other]}")

    def _notices_new_places(self) -> None:
        """A full gap makes the build place all notes anew, which learners do not get; else nobody may be shifted."""
        afresh = [index * STEP for index in range(1, len(self.expected) + 1)]
        shelf = self.shelf
        here = [name for name in self.expected if name in shelf.placed and name not in shelf.displaced]
        if shifted := [name for name in here if self.positions[name] != shelf.placed[name]]:
            if [self.positions[name] for name in self.expected] != afresh:
                self.fails(f"{shifted} did not change places and got other positions")
            shelf.displaced |= shelf.placed.keys()
            self.tally["placed anew"] += 1

    def _checks_media(self, after: Look) -> None:
        media = self.learner.media()
        for name, note in after.notes.items():
            if missing := set(SRC.findall(" ".join(note.fields.values()))) - media:
                self.fails(f"`{name}` shows {missing}, which the learner does not have")

    def _types(self) -> frozenset[str]:
        return frozenset(found.name for found in self.learner.collection.models.all_names_and_ids())


ACTS: Mapping[str, Callable[[ReturningLearner], None]] = {
    "review": ReturningLearner.reviews,
    "tag": ReturningLearner.tags,
    "untag": ReturningLearner.untags,
    "write into a spare field": ReturningLearner.writes_spare,
    "rewrite": ReturningLearner.rewrites,
    "extend": ReturningLearner.extends,
    "suspend": ReturningLearner.suspends,
    "unsuspend": ReturningLearner.unsuspends,
    "bury": ReturningLearner.buries,
    "flag": ReturningLearner.flags,
    "move cards": ReturningLearner.moves_cards,
    "delete a note": ReturningLearner.deletes,
    "struggle": ReturningLearner.struggles,
}
HABITS = {"review": 40, "struggle": 1, "delete a note": 1}
"""How often the learner of a long run does something, where it is not 4."""


def live(folder: Path, seed: str, rounds: int) -> Counter[str]:
    """Play a deck's life by a seed: the tally of what happened. Raises ViolationError."""
    random = Random(seed)
    story = ReturningLearner(folder, random)
    try:
        for _ in range(rounds):
            _some(story, random, 6)
            for _ in range(random.choice((1, 1, 1, 2))):
                for kind in random.choices(sorted(EDITS), k=random.randint(0, 6)):
                    story.edits(kind)
                story.publishes()
            _some(story, random, random.choice((0, 0, 2)))
            story.imports()
        story.ends()
    finally:
        story.closes()
    return story.tally + Counter(decks=1, rounds=rounds)


def _some(story: ReturningLearner, random: Random, most: int) -> None:
    weights = [HABITS.get(kind, 4) for kind in ACTS]
    for kind in random.choices(list(ACTS), weights, k=random.randint(0, most)):
        story.acts(kind)


SEEDS = st.integers(0, 9999)


class Machine(RuleBasedStateMachine):
    """The same story with hypothesis choosing the steps, so that a violation comes with few of them."""

    story: ReturningLearner | None = None
    is_sound = True

    @initialize(seed=SEEDS)
    def begins(self, seed: int) -> None:
        self.home = tempfile.TemporaryDirectory()
        self.story = ReturningLearner(Path(self.home.name), Random(seed))

    @rule(kinds=st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=6), seed=SEEDS)
    def the_author_edits(self, kinds: list[str], seed: int) -> None:
        assert self.story
        self.story.author.random.seed(seed)
        for kind in kinds:
            self.step(self.story.edits, kind)

    @rule(kind=st.sampled_from(sorted(ACTS)), seed=SEEDS)
    def the_learner_acts(self, kind: str, seed: int) -> None:
        assert self.story
        self.story.random.seed(seed)
        self.step(self.story.acts, kind)

    @rule()
    def the_author_builds(self) -> None:
        assert self.story
        self.step(self.story.publishes)

    @rule()
    def the_learner_imports(self) -> None:
        assert self.story
        self.step(self.story.imports)

    @rule(kinds=st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=6), seed=SEEDS)
    def a_round(self, kinds: list[str], seed: int) -> None:
        assert self.story
        self.the_author_edits(kinds, seed)
        self.step(self.story.publishes)
        self.step(self.story.imports)

    def step(self, action: Callable[..., None], *args: str) -> None:
        """Do it; after a violation the end is not checked any more."""
        try:
            action(*args)
        except BaseException:
            self.is_sound = False
            raise

    def teardown(self) -> None:
        if self.story is None:
            return
        try:
            if self.is_sound:
                self.story.ends()
        finally:
            self.story.closes()
            self.home.cleanup()
