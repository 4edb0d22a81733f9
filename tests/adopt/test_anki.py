"""Somebody with reviews in an old deck imports its adopted successor: no card doubles, no review is lost."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.import_export_pb2 import ImportAnkiPackageUpdateCondition as Update
from genanki.deck import Deck
from genanki.note import Note
from genanki.package import Package

from deckwright.adopt.adoption import Adopted, adopt
from deckwright.adopt.matching import Matched, take_over_guids
from deckwright.adopt.package import open_package
from deckwright.pipeline.build import build
from tests.adopt.packages import FLIP, LONG_AGO, OTHER_GENERATOR, anki_package, genanki_package, model
from tests.anki_driver import LOGS, Learner
from tests.decks import write_files

SOURCES: dict[str, Callable[[Path], Path]] = {
    "genanki": genanki_package,
    "Anki, legacy": lambda folder: anki_package(folder, legacy=True),
    "Anki, present": lambda folder: anki_package(folder, legacy=False),
    "anki-apkg-export": lambda folder: OTHER_GENERATOR,
}


class OldHand(Learner):
    """A learner who has had the old deck for long."""

    def by_guid(self) -> dict[str, tuple[tuple[object, ...], ...]]:
        """GUID → the histories of the note's cards, in their order; two notes with one GUID fail."""
        notes = [self.collection.get_note(number) for number in self.collection.find_notes("")]
        found = {note.guid: tuple(self._card(card).history for card in note.card_ids()) for note in notes}
        assert len(found) == len(notes)
        return found

    def imports_always(self, package: Path) -> dict[str, int]:
        """Import with “Update notes: Always”."""
        always = Update.IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_ALWAYS
        options = ImportAnkiPackageOptions(update_notes=always)
        request = ImportAnkiPackageRequest(package_path=str(package), options=options)
        log = self.collection.import_anki_package(request).log
        self.collection.models._clear_cache()
        return {name: len(getattr(log, name)) for name in LOGS if len(getattr(log, name))}

    def changes_note_types(self, done: Adopted | Matched) -> None:
        """Browse → Notes → Change Note Type… with what Anki proposes, as the program tells learners to."""
        models = self.collection.models
        for each in done.types:
            found = self.collection.find_notes(each.search)
            assert len(found) == each.notes
            before, after = self.collection.get_note(found[0]).mid, models.by_name(each.after)
            assert after is not None
            info = models.change_notetype_info(old_notetype_id=before, new_notetype_id=after["id"])
            info.input.note_ids.extend(found)
            models.change_notetype_of_notes(info.input)

    def cards(self) -> int:
        return len(self.collection.find_cards(""))


def adopted(old: Path, root: Path) -> Adopted:
    with open_package(old) as package:
        return adopt(package, root)


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_no_card_doubles_and_no_review_is_lost(source: Callable[[Path], Path], tmp_path: Path) -> None:
    """Old deck, reviews, new deck with the printed steps, then an edit: every card is the one it was."""
    old, root, new = source(tmp_path / "old"), tmp_path / "deck", tmp_path / "new.apkg"
    done = adopted(old, root)
    assert not done.left_out
    build(root, new)
    time.sleep(1.1)  # nobody imports a package within the second in which it was built; equal times are passed over
    with OldHand(tmp_path / "learner") as learner:
        assert learner.imports(old) == {"new": done.notes}
        learner.reviews_everything()
        cards, before = learner.cards(), learner.by_guid()
        assert all(history for note in before.values() for history in note)
        assert learner.imports(new) == {"conflicting": done.notes}
        learner.changes_note_types(done)
        assert (learner.cards(), learner.by_guid()) == (cards, before)
        assert learner.imports_always(new) == {"updated": done.notes}
        assert (learner.cards(), learner.by_guid()) == (cards, before)
        assert learner.note_types() == {each.after for each in done.types}
        assert missing_media(learner) == []
        edits(root)
        build(root, new)
        assert learner.imports(new) == {"updated": 1, "duplicate": done.notes - 1}
        assert (learner.cards(), learner.by_guid()) == (cards, before)
        assert not empty_cards(learner)


def edits(root: Path) -> None:
    """Add a word to the end of the first file, which belongs to its last note."""
    file = min(root.rglob("notes.md"))
    file.write_text(file.read_text(encoding="utf-8").rstrip() + "\n\nA word more.\n", encoding="utf-8")


def missing_media(learner: Learner) -> list[str]:
    """What Anki's Check Media misses."""
    return list(learner.collection.media.check().missing)


def empty_cards(learner: Learner) -> int:
    return len(learner.collection.get_empty_cards().notes)


def test_somebody_new_gets_the_same_cards(tmp_path: Path) -> None:
    """Who never had the old deck imports the new one once."""
    done = adopted(genanki_package(tmp_path / "old"), tmp_path / "deck")
    build(tmp_path / "deck", tmp_path / "new.apkg")
    with OldHand(tmp_path / "learner") as learner:
        assert learner.imports(tmp_path / "new.apkg") == {"new": done.notes}
        assert learner.cards() == 8
        assert learner.decks() == {"Default", "Spanish", "Spanish::Verbs: odd", "Spanish::World"}
        assert "What is the capital of France?" in learner.front("what-is-the-capital-of-france")


def test_the_steps_find_the_old_notes_wherever_they_are(tmp_path: Path) -> None:
    """The new deck has another name than the old ones, which are side by side and have signs of a search in theirs."""
    old, root, new = tmp_path / "old.apkg", tmp_path / "deck", tmp_path / "new.apkg"
    write_files(root, {"deck.toml": 'name = "Words"\nid = "words-7k2m4q"\n', "a.md": "## one\n\n1\n\n## two\n\n2\n"})
    decks = [Deck(1_300_000_000 + n, name) for n, name in enumerate(("A_b", 'C "d" *'))]
    for deck, front in zip(decks, ("one", "two"), strict=True):
        deck.add_note(Note(model=model(1_100_000_009, "Simple", "Front Back", FLIP), fields=[front, "old"]))
    Package(decks).write_to_file(str(old), timestamp=LONG_AGO)
    with open_package(old) as package:
        done = take_over_guids(package, root, datetime.date(2026, 11, 1))
    build(root, new)
    time.sleep(1.1)  # as above
    with OldHand(tmp_path / "learner") as learner:
        learner.imports(old)
        learner.reviews_everything()
        before = learner.by_guid()
        assert learner.imports(new) == {"conflicting": 2}
        learner.changes_note_types(done)
        assert learner.imports_always(new) == {"updated": 2}
        assert learner.by_guid() == before
        assert learner.note_types() == {each.after for each in done.types}


def test_one_deck_of_several_is_adopted_and_the_others_keep_their_type(tmp_path: Path) -> None:
    old, root = tmp_path / "old.apkg", tmp_path / "deck"
    decks = [Deck(1_300_000_000 + n, name) for n, name in enumerate(("A::one", "A::two"))]
    for deck in decks:
        deck.add_note(Note(model=model(1_100_000_009, "Simple", "Front Back", FLIP), fields=[deck.name, "old"]))
    Package(decks).write_to_file(str(old), timestamp=LONG_AGO)
    with open_package(old) as package:
        done = adopt(package, root, only="A::one")
    with OldHand(tmp_path / "learner") as learner:
        learner.imports(old)
        (one,) = learner.collection.find_notes(done.types[0].search)
        assert learner.collection.get_note(one).fields[0] == "A::one"


def test_an_existing_folder_takes_over_the_guids(tmp_path: Path) -> None:
    """A deck written anew asks two of the old questions in other markup: those notes stay the learner's own."""
    old, root, new = genanki_package(tmp_path / "old"), tmp_path / "deck", tmp_path / "new.apkg"
    write_files(
        root,
        {
            "deck.toml": 'name = "Spanish"\nid = "spanish-new"\n',
            "a.md": "## *Hola*\n\nHello!\n\n## ¿Qué?\n\nWhat?\n",
            "b/c.md": "## Say {#i-am}\n\nyo {{c1::soy}}, $x^2 < {{c2::y}}$\n",
        },
    )
    with open_package(old) as package:
        done = take_over_guids(package, root, datetime.date(2026, 11, 1))
    assert (done.kept, done.ids, [question for _, question in done.new]) == (2, 1, ["¿qué?"])
    assert len(done.left) == 3
    build(root, new)
    with OldHand(tmp_path / "learner") as learner:
        learner.imports(old)
        learner.reviews_everything()
        before = learner.by_guid()
        assert learner.imports(new) == {"new": 1, "conflicting": 2}
        assert before.items() <= learner.by_guid().items()
        assert len(learner.by_guid()) == len(before) + 1
