"""The core scenarios of an import against several versions of Anki, each installed in a throw-away environment.

    python scripts/older_anki.py [VERSION ...]

Packages are built here, at fixed times, and imported there. The table goes into docs/anki-versions.md between its two
markers (with VERSIONs given: to standard output only). Exit status 1 when anything is not as expected.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.decks import DOT, FOUR, ONE

ROOT = Path(__file__).resolve().parent.parent

if TYPE_CHECKING:
    from tests.anki_driver import Learner, SeenNote

VERSIONS = ("23.12.1", "24.11", "25.2.7", "25.9.5", "26.9.3")
TAKE_IMPORT_TIME = ("23.12.1", "24.11")
"""Versions that give an updated note the time of the import instead of its own."""
ONE_NUMBER_A_DELETION = ("23.12.1", "24.11", "25.2.7", "25.9.5")
"""Versions that do not know ``{{c1,3::…}}``."""
PAGE = ROOT / "docs" / "anki-versions.md"
BEGIN, END = "<!-- table: written by scripts/older_anki.py -->", "<!-- end of the table -->"
DAY = 24 * 3600
FIRST = 1_790_000_000
"""When the first build is made. Later ones follow by days; all are past when they are imported, except LATER."""
LATER = 2_000_000_000
"""A build that is certainly made after the import of an earlier one."""
PIP_PATIENCE, RUN_PATIENCE = 600, 300

Files = Mapping[str, str]
Claims = Iterator[tuple[str, bool]]

SETTINGS = """\
name = "Old"
id = "old"
language = "en"
[subdecks]
"01-one" = "01 One"
"02-two" = "02 Two"
"""
THREE = """\
## Three {#three}

{{c1::One}}, {{c2::two}} and {{c3::three with {{c4::nested}}}}.

"""
MANY = """\
## Many {#many}

{{c1::One}}, {{c2::two}} and {{c1,3::both}}.
"""
DECK: Files = {
    "deck.toml": SETTINGS,
    "01-one/a.md": ONE,
    "02-two/b.md": THREE + FOUR,
    "02-two/many.md": MANY,
    "01-one/dot.svg": DOT.format(3),
}
NOTES = {"one", "two", "three", "four", "many"}


# --- the scenarios: what the author does, what Anki must say and show -------------------------------------------------


@dataclass(frozen=True)
class Build:
    """What the author changes (an empty text deletes the file) and when the deck is built then."""

    files: Files
    at: int = FIRST + 2 * DAY


@dataclass(frozen=True)
class Case:
    """An import that was made: what Anki logged, and the notes before and after it."""

    learner: Learner
    before: Mapping[str, SeenNote]
    notes: Mapping[str, SeenNote]

    def kept(self, *names: str) -> bool:
        """Whether number, cards, places and histories of these notes are what they were."""
        return all(
            (self.before[name].number, self.before[name].cards) == (self.notes[name].number, self.notes[name].cards)
            for name in names
        )


Look = Callable[[Case], Claims]
Hands = Callable[["Learner"], None]


@dataclass(frozen=True)
class Scenario:
    """A story, the log it must end with, and the claims that must then hold."""

    key: str
    story: str
    log: Mapping[str, int]
    look: Look
    builds: tuple[Build, ...] = ()
    hands: Hands | None = None
    """What the learner does before the last import."""
    differs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Versions whose log is known to be another."""
    lacks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Versions in which claims are known not to hold."""


def _four(text: str) -> Files:
    return {"02-two/b.md": THREE + FOUR.replace("Two by two.", text)}


def _own_words(learner: Learner) -> None:
    """The learner's tag and words on one note, made between the first build and the second."""
    learner.edits("one", tag="mine", field="Spare1", text="a thought")
    _set_time(learner, "one", FIRST + DAY)


def _own_answer(learner: Learner) -> None:
    learner.edits("four", field="Answer", text="my own words")


def _set_time(learner: Learner, name: str, time: int) -> None:
    number = learner.notes()[name].number
    assert learner.collection.db is not None
    learner.collection.db.execute("update notes set mod = ? where id = ?", time, number)


def _first(case: Case) -> Claims:
    notes, learner = case.notes, case.learner
    yield "every note", set(notes) == NOTES
    yield "a reversed note has two cards", [card.ordinal for card in notes["two"].cards] == [0, 1]
    yield "the decks", learner.decks() == {"Default", "Old", "Old::01 One", "Old::02 Two"}
    yield "the picture", len(learner.media()) == 1
    yield "the front shows the question alone", _shows(learner.front("one"), "one?", "first")
    yield "the back shows the answer", "The first" in learner.back("one") and 'class="hl"' in learner.back("two")


def _cloze(case: Case) -> Claims:
    notes, learner = case.notes, case.learner
    yield "a card for every deletion", [card.ordinal for card in notes["three"].cards] == [0, 1, 2, 3]
    yield "the deletion is hidden", _shows(learner.front("three"), "two", "One")
    yield "the deletion is shown", "One" in learner.back("three")
    yield "no card is empty", notes["three"].number not in _empty(learner)


def _many(case: Case) -> Claims:
    notes, learner = case.notes, case.learner
    yield "cards 1, 2 and 3", [card.ordinal for card in notes["many"].cards] == [0, 1, 2]
    yield UNKNOWN_DELETION[0], _shows(learner.front("many"), "two", "both")
    yield UNKNOWN_DELETION[1], notes["many"].number not in _empty(learner)


def _shows(html: str, seen: str, hidden: str) -> bool:
    """Whether the text of a card, its tags taken away, has the one and not the other."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", "", html, flags=re.DOTALL)
    return seen in text and hidden not in text


def _empty(learner: Learner) -> set[int]:
    return {note.note_id for note in learner.collection.get_empty_cards().notes}


def _own_words_stay(case: Case) -> Claims:
    yield "the learner's tag", "mine" in case.notes["one"].tags
    yield "the learner's words", case.notes["one"].fields["Spare1"] == "a thought"


def _another_edited(case: Case) -> Claims:
    yield from _own_words_stay(case)
    yield "the new text", case.notes["four"].fields["Answer"] == "<p>Two and two.</p>"


def _own_answer_stays(case: Case) -> Claims:
    yield "the learner's words", case.notes["four"].fields["Answer"] == "my own words"


def _edited(case: Case) -> Claims:
    yield "the new text", case.notes["four"].fields["Answer"] == "<p>Two and two.</p>"


def _reworded(case: Case) -> Claims:
    yield "the new question", case.notes["one"].fields["Question"] == "Which number is the first?"


def _retagged(case: Case) -> Claims:
    yield "the new tags", {tag.rpartition("::")[2] for tag in case.notes["one"].tags} == {"digit"}
    yield "other notes' tags", case.notes["two"].tags == case.before["two"].tags


def _style(case: Case) -> Claims:
    yield "the new style", all(css.endswith("{ color: teal; }\n") for css in case.learner.styles().values())
    yield "no note is touched", case.notes == case.before


def _picture(case: Case) -> Claims:
    used = [name for name in case.learner.media() if f'src="{name}"' in case.notes["one"].fields["Answer"]]
    yield "the new picture", len(used) == 1 and 'r="2"' in _media_text(case.learner, used[0])


def _media_text(learner: Learner, name: str) -> str:
    return (learner.folder / "collection.media" / name).read_text(encoding="utf-8")


def _moved(case: Case) -> Claims:
    yield "the note is as it was", case.notes["four"].fields["File"] == "02-two/b.md"
    yield "the card stays in its deck", case.notes["four"].cards[0].deck == "Old::02 Two"


def _removed(case: Case) -> Claims:
    yield "the note stays", case.notes["four"] == case.before["four"]


def _added(case: Case) -> Claims:
    (half,) = case.notes["half"].cards
    (six,) = case.notes["six"].cards
    yield "in its deck", (half.deck, six.deck) == ("Old::02 Two", "Old::03-three")
    yield "new", (half.queue, six.queue) == (0, 0)


def _nothing_more(_: Case) -> Claims:
    yield from ()


UNKNOWN_DELETION = ("`c1,3` is understood", "no card counts as empty")
ALL_KNOWN = {"duplicate": 5}
ONE_UPDATED = {"updated": 1, "duplicate": 4}
TEAL, NAVY = {"style.css": ".card { color: teal; }"}, {"style.css": ".card { color: navy; }"}
SCENARIOS = (
    Scenario("first", "first import", {"new": 5}, _first),
    Scenario("cloze", "…, a cloze note with nested deletions: cards 1, 2, 3, 4", {"new": 5}, _cloze),
    Scenario(
        "many",
        "…, a cloze note with `{{c1,3::…}}`: cards 1, 2, 3",
        {"new": 5},
        _many,
        lacks=dict.fromkeys(ONE_NUMBER_A_DELETION, UNKNOWN_DELETION),
    ),
    Scenario(
        "nothing", "nothing changed; the learner edited a note", ALL_KNOWN, _own_words_stay, (Build({}),), _own_words
    ),
    Scenario("edit", "one answer edited", ONE_UPDATED, _edited, (Build(_four("Two and two.")),)),
    Scenario(
        "another",
        "one answer edited; the learner edited another note",
        ONE_UPDATED,
        _another_edited,
        (Build(_four("Two and two.")),),
        _own_words,
    ),
    Scenario(
        "same",
        "one answer edited; the learner edited it later: the learner's stays",
        ALL_KNOWN,
        _own_answer_stays,
        (Build(_four("Two and two.")),),
        _own_answer,
    ),
    Scenario(
        "reword",
        "one question reworded",
        ONE_UPDATED,
        _reworded,
        (Build({"01-one/a.md": ONE.replace("What is one?", "Which number is the first?")}),),
    ),
    Scenario(
        "retag",
        "one note retagged",
        ONE_UPDATED,
        _retagged,
        (Build({"01-one/a.md": ONE.replace("{#one .number}", "{#one .digit}")}),),
    ),
    Scenario("style", "style changed", ALL_KNOWN, _style, (Build(TEAL),)),
    Scenario(
        "picture",
        "a picture changed under its name",
        ONE_UPDATED,
        _picture,
        (Build({"01-one/dot.svg": DOT.format(2)}),),
    ),
    Scenario(
        "move",
        "one note moved to another deck",
        ALL_KNOWN,
        _moved,
        (Build({"02-two/b.md": THREE, "01-one/c.md": FOUR}),),
    ),
    Scenario("remove", "one note removed", {"duplicate": 4}, _removed, (Build({"02-two/b.md": THREE}),)),
    Scenario(
        "add",
        "two notes added, one in a new deck",
        {"new": 2, "duplicate": 5},
        _added,
        (
            Build(
                {
                    "02-two/b.md": THREE + "## Half? {#half}\n\nOne by two.\n\n" + FOUR,
                    "03-three/d.md": "## Six? {#six}\n\nHalf a dozen.\n",
                }
            ),
        ),
    ),
    Scenario(
        "again-later",
        "an answer edited and imported, edited again: built after that import",
        ONE_UPDATED,
        _edited,
        (Build(_four("Four ones.")), Build(_four("Two and two."), LATER)),
    ),
    Scenario(
        "again-before",
        "…, built already before that import",
        ONE_UPDATED,
        _nothing_more,
        (Build(_four("Four ones.")), Build(_four("Two and two."), FIRST + 3 * DAY)),
        differs=dict.fromkeys(TAKE_IMPORT_TIME, ALL_KNOWN),
    ),
    Scenario(
        "style-again",
        "style changed and imported, changed again: built already before that import",
        ALL_KNOWN,
        _style,
        (Build(NAVY), Build(TEAL, FIRST + 3 * DAY)),
    ),
)


# --- here: the packages -----------------------------------------------------------------------------------------------


def build_packages(folder: Path) -> None:
    """Every scenario's packages: ``KEY-0.apkg`` is the first build, the last one is what the learner imports then."""
    for scenario in SCENARIOS:
        deck = folder / scenario.key
        for index, step in enumerate((Build(DECK, FIRST), *scenario.builds)):
            _write_files(deck, step.files)
            _build(deck, folder / f"{scenario.key}-{index}.apkg", step.at)


def _write_files(deck: Path, files: Files) -> None:
    for name, text in files.items():
        (deck / name).parent.mkdir(parents=True, exist_ok=True)
        (deck / name).write_text(text, encoding="utf-8", newline="\n")


def _build(deck: Path, package: Path, at: int) -> None:
    from deckwright.pipeline.build import build

    build(deck, package, clock=lambda: float(at))


# --- there: the imports, in the environment that has the older Anki ---------------------------------------------------


def run_inside(packages: Path) -> dict[str, Any]:
    """Run every scenario with the ``anki`` of this environment; a JSON-able result."""
    from anki.buildinfo import version

    results = {scenario.key: _result(scenario, packages) for scenario in SCENARIOS}
    return {"version": version, "scenarios": results, "times": _times(packages)}


def _result(scenario: Scenario, packages: Path) -> dict[str, Any]:
    """The log of the last import and the claims that did not hold."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _run(scenario, packages, Path(folder))
    except Exception as error:  # noqa: BLE001 (whatever happens there is a result)
        return {"log": {}, "failed": [f"{type(error).__name__}: {str(error)[:80]}"]}


def _run(scenario: Scenario, packages: Path, folder: Path) -> dict[str, Any]:
    from tests.anki_driver import Learner

    with Learner(folder) as learner:
        log = learner.imports(packages / f"{scenario.key}-0.apkg")
        if not scenario.builds:
            notes = learner.notes()
            return {"log": log, "failed": _failed(scenario.look(Case(learner, notes, notes)))}
        _study(learner)
        for index in range(1, len(scenario.builds)):
            learner.imports(packages / f"{scenario.key}-{index}.apkg")
        if scenario.hands:
            scenario.hands(learner)
        before, schema = learner.notes(), learner.schema_time()
        log = learner.imports(packages / f"{scenario.key}-{len(scenario.builds)}.apkg")
        case = Case(learner, before, learner.notes())
        return {"log": log, "failed": _failed(scenario.look(case)) + _failed(_always(case, schema))}


def _study(learner: Learner) -> None:
    """Every card is reviewed, one is suspended and one flagged."""
    learner.reviews_everything()
    cards = list(learner.collection.find_cards('"ID:four"'))
    learner.collection.set_user_flag_for_cards(3, cards)
    learner.collection.sched.suspend_cards(list(learner.collection.find_cards('"ID:two"')))


def _always(case: Case, schema: int) -> Claims:
    """What must hold after every import into a collection with history."""
    learner = case.learner
    yield "history, places, flags, suspensions", case.kept(*case.before)
    yield "no note twice", len(case.notes) == learner.collection.note_count()
    yield "no second note type", len(learner.note_types()) == 2 and len(_own_types(learner)) == 2
    yield "no schema change", learner.schema_time() == schema
    yield "Check Database", learner.collection.fix_integrity()[1]


def _own_types(learner: Learner) -> list[str]:
    return [found.name for found in learner.collection.models.all_names_and_ids() if "old" in found.name]


def _failed(claims: Claims) -> list[str]:
    return [claim for claim, holds in claims if not holds]


def _times(packages: Path) -> dict[str, str]:
    """Whose time a note and a note type have after an import: the build's or the import's."""
    from tests.anki_driver import Learner

    def whose(time: int, build: int) -> str:
        return "the build's" if time == build else "the import's" if time > LATER - 10 * 365 * DAY else str(time)

    with tempfile.TemporaryDirectory() as folder, Learner(Path(folder)) as learner:
        learner.imports(packages / "edit-0.apkg")
        new = learner.notes()["four"].modified
        learner.imports(packages / "edit-1.apkg")
        updated = learner.notes()["four"].modified
        learner.imports(packages / "style-1.apkg")
        types = {t["mod"] for t in learner.collection.models.all() if "old" in t["name"]}
    second = FIRST + 2 * DAY
    return {
        "a new note": whose(new, FIRST),
        "an updated note": whose(updated, second),
        "a restyled note type": " or ".join(sorted({whose(time, second) for time in types})),
    }


# --- here: environments and the table ---------------------------------------------------------------------------------


def run_version(version: str, packages: Path, python: Path) -> dict[str, Any]:
    """Install a version of Anki in an environment of its own and run the scenarios there."""
    with tempfile.TemporaryDirectory(prefix="older-anki-") as folder:
        try:
            inside = _environment(Path(folder), version, python)
        except (subprocess.SubprocessError, OSError) as error:
            return {"failure": f"does not install ({type(error).__name__})"}
        try:
            return _run_inside(inside, packages, Path(folder, "result.json"), version)
        except subprocess.SubprocessError as error:
            return {"failure": f"does not run ({type(error).__name__})"}


def _run_inside(inside: str, packages: Path, result: Path, version: str) -> dict[str, Any]:
    command = [inside, str(Path(__file__).resolve()), "--inside", str(packages), "--result", str(result)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_PATIENCE, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        return {"failure": f"does not run (exit status {done.returncode})"}
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    assert found["version"].replace(".0", ".") == version, found["version"]
    return found


def _environment(folder: Path, version: str, python: Path) -> str:
    """A new virtual environment with that version of ``anki``; its interpreter."""
    subprocess.run([python, "-m", "venv", folder / "venv"], check=True, capture_output=True, timeout=PIP_PATIENCE)
    names = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    inside = str(folder.joinpath("venv", *names))
    install = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"anki=={version}"]
    subprocess.run(install, check=True, capture_output=True, timeout=PIP_PATIENCE)
    return inside


def unexpected(results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Every scenario of every version that did not go as expected."""
    faults = [f"{version}: {found['failure']}" for version, found in results.items() if "failure" in found]
    for version, found in results.items():
        for scenario in SCENARIOS if "failure" not in found else ():
            seen = found["scenarios"][scenario.key]
            if seen["log"] != scenario.differs.get(version, scenario.log):
                faults.append(f"{version}: {scenario.key}: {_log(seen['log'])}")
            lacking = set(seen["failed"]) ^ set(scenario.lacks.get(version, ()))
            faults += [f"{version}: {scenario.key}: {claim}" for claim in sorted(lacking)]
    return faults


def table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The results as Markdown: a row for every scenario, a column for every version."""
    lines = ["| what the new build changed | " + " | ".join(results) + " |", "|---" * (len(results) + 1) + "|"]
    for scenario in SCENARIOS:
        cells = [_cell(scenario, version, found) for version, found in results.items()]
        lines.append(f"| {scenario.story} | " + " | ".join(cells) + " |")
    for what in ("a new note", "an updated note", "a restyled note type"):
        cells = ["–" if "failure" in found else found["times"][what] for found in results.values()]
        lines.append(f"| time that {what} has after the import | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(scenario: Scenario, version: str, found: Mapping[str, Any]) -> str:
    if "failure" in found:
        return str(found["failure"])
    seen = found["scenarios"][scenario.key]
    known = set(scenario.lacks.get(version, ()))
    failed = "; not: " + ", ".join(seen["failed"]) if seen["failed"] else ""
    if seen["log"] == scenario.log and not failed:
        return _log(seen["log"])
    expected = seen["log"] == scenario.differs.get(version, scenario.log) and set(seen["failed"]) == known
    return f"{_log(seen['log'])}{failed} **{'≠' if expected else '✗'}**"


def _log(log: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in log.items()) or "nothing"


def report(results: Mapping[str, Mapping[str, Any]], python: Path, seconds: float) -> str:
    """Where and when, the figures, the table."""
    faults = unexpected(results)
    ran = [found for found in results.values() if "failure" not in found]
    version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    place = f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} CPUs, {version}"
    today = datetime.datetime.now(datetime.UTC).date()
    figures = (
        f"{len(ran)} of {len(results)} versions ran {len(SCENARIOS)} scenarios each in {seconds:.0f} s, installing "
        f"included; {len(faults)} not as expected."
    )
    return f"Run on {today}: {place}.\n{figures}\n\n{table(results)}"


def write_page(text: str) -> None:
    """Put the text between the two markers of the page."""
    page = PAGE.read_text(encoding="utf-8")
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{PAGE.name} lacks its markers")
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8", newline="\n")


def run_all(versions: tuple[str, ...], python: Path) -> int:
    """Build the packages, run the versions one after the other, write what came out."""
    started = datetime.datetime.now(datetime.UTC)
    results = {}
    with tempfile.TemporaryDirectory(prefix="older-anki-") as folder:
        build_packages(Path(folder))
        for version in versions:
            sys.stderr.write(f"Anki {version} …\n")
            results[version] = run_version(version, Path(folder), python)
    seconds = (datetime.datetime.now(datetime.UTC) - started).total_seconds()
    text = report(results, python, seconds)
    sys.stdout.write(text + "\n")
    if versions == VERSIONS:
        write_page(text)
    faults = unexpected(results)
    sys.stderr.write("".join(f"not as expected: {fault}\n" for fault in faults))
    return 1 if faults else 0


def main() -> int:
    """Read the command line: the run here, or the part of it that runs inside an environment."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("versions", nargs="*", metavar="VERSION", help=f"instead of {', '.join(VERSIONS)}")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the environments")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--result", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        chosen.result.write_text(json.dumps(run_inside(chosen.inside)), encoding="utf-8")
        return 0
    python = shutil.which(chosen.python)
    if python is None:
        parser.error(f"no interpreter {chosen.python}")
    return run_all(tuple(chosen.versions) or VERSIONS, Path(python))


if __name__ == "__main__":
    sys.exit(main())
