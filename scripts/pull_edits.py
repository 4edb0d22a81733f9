"""Make random edits in real Anki to copies of the cards here, pull each, and say how many came back exactly.

``pull_edits.py [--edits 200] [--seed 1]``. The edits are such as people make in Anki's editor: words, bold, formulas,
list items, pictures, deletions. What came back is judged by other code than the one that pull checks itself with: by
what ``adopt`` says that a reader sees of a field.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import struct
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deckwright.adopt.visible_tokens import visible_tokens  # noqa: E402
from deckwright.collection.builds import DeckBuild, read_build  # noqa: E402
from deckwright.collection.page_editor import SHOWN  # noqa: E402
from deckwright.collection.pages import write_changes  # noqa: E402
from deckwright.collection.pull import PullOptions, PullResult, pull_from_file  # noqa: E402
from deckwright.deck.media import media_name  # noqa: E402
from deckwright.grammar.note import NoteKind  # noqa: E402
from deckwright.pipeline.build import build  # noqa: E402
from deckwright.pipeline.rendering import Options  # noqa: E402
from tests.anki_driver import Learner  # noqa: E402

WORD = re.compile(r"(?<![\w&;\\])[A-Za-z]{4,}(?![\w;])|[\u4e00-\u9fff]{2,}")
TAG = re.compile(r"(<[^>]*>|\\\(.*?\\\)|\\\[.*?\\\]|\{\{c\d+::|\}\}|\[sound:[^\]]*\])", re.DOTALL)
IN_CODE = re.compile(r"<(pre|code)\b.*?</\1>", re.DOTALL)


def words(field: str) -> list[tuple[int, int]]:
    """Where the words of a field stand that are no markup, formula or code."""
    hidden = [match.span() for pattern in (TAG, IN_CODE) for match in pattern.finditer(field)]
    found = (match.span() for match in WORD.finditer(field))
    return [(start, end) for start, end in found if not any(a < end and start < b for a, b in hidden)]


def at_word(field: str, dice: random.Random, change: Callable[[str], str]) -> str | None:
    """Change one of a field's words; None when it has none."""
    places = words(field)
    if not places:
        return None
    start, end = dice.choice(places)
    return field[:start] + change(field[start:end]) + field[end:]


def text(field: str, dice: random.Random) -> str | None:
    """A word more, less or instead."""
    ways = [lambda word: f"{word} really", lambda word: "另一个词", lambda word: "", lambda word: f"{word}<br>{word}"]
    return at_word(field, dice, dice.choice(ways))


def bold(field: str, dice: random.Random) -> str | None:
    """A word with emphasis."""
    tag = dice.choice(["b", "i", "strong", "em", "u", "code"])
    return at_word(field, dice, lambda word: f"<{tag}>{word}</{tag}>")


def formula(field: str, dice: random.Random) -> str | None:
    """Another formula, or a new one."""
    found = list(re.finditer(r"\\\((.*?)\\\)", field))
    if found and dice.random() < 0.5:
        one = dice.choice(found)
        return field[: one.end(1)] + " + x_1" + field[one.end(1) :]
    return at_word(field, dice, lambda word: f"{word}\\(a_{{{dice.randint(1, 9)}}} &lt; b\\)")


def items(field: str, dice: random.Random) -> str | None:
    """An item more in a list, or a list at the end."""
    found = list(re.finditer(r"</li>", field))
    if found and dice.random() < 0.7:
        at = dice.choice(found).end()
        return f"{field[:at]}<li>one item more</li>{field[at:]}"
    return None if field.startswith("<section") else f"{field}<ul><li>first</li><li>second</li></ul>"


def deletion(field: str, dice: random.Random) -> str | None:
    """One deletion more in a cloze note."""
    return at_word(field, dice, lambda word: f"{{{{c{dice.randint(1, 3)}::{word}}}}}") if "{{c" in field else None


KINDS = {"text": text, "bold": bold, "formula": formula, "list": items, "cloze": deletion}


def png(number: int) -> bytes:
    """A picture of one dot; no two are the same."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    dot = zlib.compress(b"\0" + number.to_bytes(3, "big"))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", dot) + chunk(b"IEND", b"")


class Round:
    """The cards, imported into real Anki, with one edit in each of some notes."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.deck, self.dice = folder / "cards", dice
        shutil.copytree(ROOT / "cards", self.deck)
        shutil.rmtree(self.deck / "pictures", ignore_errors=True)
        self.package = folder / "cards.apkg"
        build(self.deck, self.package)
        self.edits: dict[str, tuple[str, str, str]] = {}
        """Id → kind, field, edited text."""

    def edit(self, learner: Learner, most: int, pictures: dict[str, bytes]) -> None:
        notes = list(learner.notes().items())
        self.dice.shuffle(notes)
        for name, note in notes[:most]:
            is_cloze = "Text" in note.fields and self.dice.random() < 0.5
            kind = "cloze" if is_cloze else self.dice.choice([*KINDS, "picture"])
            keys = [key for key in ("Question", "Answer", "Details", "Text", "Prompt") if note.fields.get(key)]
            key = "Text" if kind == "cloze" and "Text" in keys else self.dice.choice(keys)
            if kind == "picture":
                title = f"paste-{len(pictures)}.png"
                edited = at_word(note.fields[key], self.dice, lambda word, t=title: f'{word}<img src="{t}">')  # type: ignore[misc]
                content = png(len(pictures) + 1)
                pictures[title] = content
                learner.collection.media.write_data(title, content)
            else:
                edited = KINDS[kind](note.fields[key], self.dice)
            if edited:
                learner.edits(name, field=key, text=edited)
                self.edits[name] = kind, key, edited


def wrong(round_: Round, before: DeckBuild, result: PullResult, pictures: dict[str, bytes]) -> list[str]:
    """Write what was pulled and build again: the notes that then show anything else than they should."""
    write_changes(round_.deck, result.changes)
    after = read_build(round_.deck, Options())
    taken = {(edit.name, edit.key) for edit in result.taken}
    bad = []
    for name, note in before.notes.items():
        is_cloze = before.lock.notes[name].kind is NoteKind.CLOZE
        for key, was in note.fields.items():
            should = with_hashes(round_.edits[name][2], pictures) if (name, key) in taken else was
            if visible_tokens(after.notes[name].fields[key], is_cloze=is_cloze) != visible_tokens(
                should, is_cloze=is_cloze
            ):
                bad.append(f"{name}: {key}\n  should be {should}\n  is        {after.notes[name].fields[key]}")
    return bad


def with_hashes(field: str, pictures: dict[str, bytes]) -> str:
    """The field with the names that pictures get in a package."""
    return SHOWN.sub(lambda m: f'"{media_name(m[1], pictures[m[1]])}"' if m[1] in pictures else m[0], field)


def main() -> int:
    """Make the edits, pull them, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="Print what was listed.")
    given = parser.parse_args()
    dice, bad = random.Random(given.seed), list[str]()
    made, came, listed = Counter[str](), Counter[str](), Counter[str]()
    while made.total() < given.edits:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            os.environ["DECKWRIGHT_CACHE"], os.environ["DECKWRIGHT_DATA"] = str(folder / "cache"), str(folder / "data")
            round_ = Round(folder, dice)
            pictures: dict[str, bytes] = {}
            with Learner(folder / "learner") as learner:
                learner.imports(round_.package)
                round_.edit(learner, min(50, given.edits - made.total()), pictures)
                file = folder / "mine.apkg"
                learner.collection.export_anki_package(out_path=str(file), options=_legacy(), limit=None)
            before = read_build(round_.deck, Options())
            result = pull_from_file(before, file, PullOptions())
            made.update(kind for kind, _, _ in round_.edits.values())
            came.update(round_.edits[edit.name][0] for edit in result.taken)
            listed.update(round_.edits[edit.name][0] for edit in result.listed)
            if given.show:
                for edit in result.listed:
                    print(edit.name, edit.key, "\n ", edit.texts.here, "\n ", edit.texts.there)
            bad += [f"{edit.name}: a conflict" for edit in result.conflicts]
            bad += wrong(round_, before, result, pictures)
    for kind in sorted(made):
        print(f"{kind:8} {made[kind]:4} edits, {came[kind]:4} came back exactly, {listed[kind]:4} listed")
    print(f"all      {made.total():4} edits, {came.total():4} came back exactly, {listed.total():4} listed")
    print(f"{len(bad)} wrong")
    print("\n".join(bad))
    return 1 if bad else 0


def _legacy() -> object:
    from anki.collection import ExportAnkiPackageOptions

    return ExportAnkiPackageOptions(with_scheduling=False, with_media=True, legacy=True)


if __name__ == "__main__":
    sys.exit(main())
