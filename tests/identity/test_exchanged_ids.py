"""Ids that stand at another note than in the last build: a learner's history would go on under another card's text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deckwright.identity import read_lock
from deckwright.identity.ids import number_for
from deckwright.pipeline.build import check
from deckwright.problems import Problem
from deckwright.report.plan import by_hand
from tests.anki_driver import Learner
from tests.author import Author
from tests.decks import git

SKY = ("Why is the sky blue?", "Short waves are scattered more by the molecules of the air.", "")
TORUS = ("What is a torus?", "The surface of a ring.", "")
MOON = ("Why does the moon have phases?", "We see its lit half from changing sides.", "### Details\n\nA picture helps.")
CLOZE = ("Boiling", "Water boils at {{c1::100 °C}}.", "")
EARTH = ("Is the earth round?", "Yes.", "")


def note(name: str, texts: tuple[str, str, str]) -> str:
    question, answer, details = texts
    return f"## {question}{f' {{#{name}}}' if name else ''}\n\n{answer}\n\n{details}\n\n"


def deck(**notes: tuple[str, str, str]) -> str:
    return "".join(note(name.replace("_", "-"), texts) for name, texts in notes.items())


def changed(texts: tuple[str, str, str], **fields: str) -> tuple[str, str, str]:
    question, answer, details = texts
    return fields.get("question", question), fields.get("answer", answer), fields.get("details", details)


ALL = deck(sky=SKY, torus=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH)
EDITED = changed(SKY, answer="Because of Rayleigh scattering.")
LOOKS = changed(SKY, question="Why does the sky look blue?")
OTHER = ("What does 7 times 8 give?", "56", "")

REFUSED = {
    "two exchanged": (
        deck(torus=SKY, sky=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH),
        ["exchanged-id `torus` now has the text of `sky`", "exchanged-id `sky` now has the text of `torus`"],
    ),
    "two exchanged, one edited": (
        deck(torus=EDITED, sky=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH),
        ["exchanged-id `torus` now has the text of `sky`", "exchanged-id `sky` now has the text of `torus`"],
    ),
    "three in a circle": (
        deck(sky=TORUS, torus=MOON, moon=SKY, cloze=CLOZE, earth=EARTH),
        [
            "exchanged-id `sky` now has the text of `torus`",
            "exchanged-id `torus` now has the text of `moon`",
            "exchanged-id `moon` now has the text of `sky`",
        ],
    ),
    "a question and a cloze": (
        deck(sky=SKY, cloze=TORUS, moon=MOON, torus=CLOZE, earth=EARTH),
        ["exchanged-id `cloze` now has the text of `torus`", "exchanged-id `torus` now has the text of `cloze`"],
    ),
    "the heading of one and the text of the next taken out": (
        deck(sky=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH),
        ["exchanged-id `sky` now has the text of `torus`, which is gone"],
    ),
    "split, the id at the wrong half": (
        deck(sky=("What is Rayleigh scattering?", "…of short waves.", ""), blue=SKY)
        + deck(torus=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH),
        ["exchanged-id `blue` is new and has the text of `sky`, under which there is another text now"],
    ),
    "split, the old text without an id": (
        deck(sky=("What is Rayleigh scattering?", "…of short waves.", ""))
        + note("", SKY)
        + deck(torus=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH),
        ["exchanged-id this note has no id and has the text of `sky`, under which there is another text now"],
    ),
    "id lost, question reworded, short answer": (
        deck(sky=SKY, torus=TORUS, moon=MOON, cloze=CLOZE) + note("", changed(EARTH, question="Is our planet a ball?")),
        ["lost-id this note has no id and has much of the text of `earth`, which is gone"],
    ),
    "id lost, question and answer reworded": (
        deck(sky=SKY, torus=TORUS, cloze=CLOZE, earth=EARTH)
        + note("", changed(MOON, question="What makes the moon wax?", answer="The angle to the sun.")),
        ["lost-id this note has no id and has much of the text of `moon`, which is gone"],
    ),
    "id lost, question and short answer edited a little": (
        deck(sky=SKY, moon=MOON, cloze=CLOZE, earth=EARTH) + note("", ("What's a torus?", "The surface of rings.", "")),
        ["lost-id this note has no id and has much of the text of `torus`, which is gone"],
    ),
    "id lost, cloze edited a little": (
        deck(sky=SKY, torus=TORUS, moon=MOON, earth=EARTH)
        + note("", ("Boiling point", "Water boils at {{c1::99.6 °C}}.", "")),
        ["lost-id this note has no id and has much of the text of `cloze`, which is gone"],
    ),
    "id mistyped, question and short answer edited a little": (
        deck(sky=SKY, torsu=("What's a torus?", "The surface of rings.", ""), moon=MOON, cloze=CLOZE, earth=EARTH),
        ["lost-id `torsu` is new and has much of the text of `torus`, which is gone"],
    ),
    "id mistyped, question reworded, long answer": (
        deck(skyy=LOOKS, torus=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH),
        ["lost-id `skyy` is new, but its text is that of `sky`, which is gone"],
    ),
}
FINE = {
    "reworded": deck(sky=LOOKS, torus=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH),
    "written anew": deck(sky=OTHER, torus=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH),
    "answers exchanged": deck(
        sky=changed(SKY, answer=TORUS[1]), torus=changed(TORUS, answer=SKY[1]), moon=MOON, cloze=CLOZE, earth=EARTH
    ),
    "one reworded, a new one has its old answer": deck(
        sky=SKY, torus=TORUS, moon=MOON, cloze=CLOZE, earth=changed(EARTH, answer="Yes, nearly."), ball=OTHER
    )
    + note("flat", ("Is a plate flat?", "Yes.", "")),
    "one gone, another one added": deck(torus=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH, product=OTHER),
    "one gone, another one with its short answer": deck(sky=SKY, torus=TORUS, moon=MOON, cloze=CLOZE)
    + note("wet", ("Is water wet?", "Yes.", "")),
    "one of a pattern gone, another added": deck(sky=SKY, torus=TORUS, moon=MOON, cloze=CLOZE)
    + note("ball", ("Is the earth a ball?", "Nearly: it bulges at the equator.", "")),
    "a copy as a pattern": deck(sky=SKY, blue=changed(SKY, answer="It is not."), torus=TORUS, moon=MOON)
    + deck(cloze=CLOZE, earth=EARTH),
}


def told(problems: list[Problem]) -> list[str]:
    return [f"{problem.rule} {problem.message}" for problem in problems]


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_an_id_at_another_note_is_refused(author: Author, text: str, expected: list[str]) -> None:
    author.begins_with(ALL)
    author.writes(text)
    refused = told(author.is_refused())
    assert len(refused) == len(expected)
    assert all(line.startswith(start) for line, start in zip(refused, expected, strict=True)), refused
    assert [line for line in told(check(author.deck)) if "missing-id" not in line] == refused


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_an_ordinary_edit_is_not_refused(author: Author, text: str) -> None:
    author.begins_with(ALL)
    author.writes(text)
    author.builds()
    assert author.text.replace("\n", "") == text.replace("\n", "")


def test_exchanged_ids_that_are_meant_are_built(author: Author, tmp_path: Path) -> None:
    """As when an older exchange is undone; without that word nothing of it reaches a learner."""
    author.begins_with(ALL)
    with Learner(tmp_path / "learner") as learner:
        learner.imports(author.package)
        learner.reviews_everything()
        before = learner.histories()
        author.writes(deck(torus=SKY, sky=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH))
        first, second = author.is_refused()
        assert (first.place.line, first.place.column) == (1, 26)
        assert "write {#sky} at this note. If the ids are meant so, build with --touch torus" in first.message
        (left,) = author.is_refused(touch=["torus"])
        assert left == second
        author.writes(ALL)
        author.builds()
        assert learner.imports(author.package) == {"duplicate": 5}
        author.writes(deck(torus=SKY, sky=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH))
        author.builds(touch=["torus", "sky"])
        assert learner.imports(author.package) == {"updated": 2, "duplicate": 3}
        assert learner.notes()["torus"].fields["Question"] == SKY[0]
        assert learner.histories() == before


@pytest.mark.parametrize("text", [LOOKS, changed(LOOKS, details="### More\n\nMuch more.")], ids=["answer", "more"])
def test_an_id_comes_back_by_a_long_answer_alone(author: Author, text: tuple[str, str, str], tmp_path: Path) -> None:
    author.begins_with(ALL)
    with Learner(tmp_path / "learner") as learner:
        learner.imports(author.package)
        learner.reviews_everything()
        before = learner.histories()
        author.writes(note("", text) + deck(torus=TORUS, moon=MOON, cloze=CLOZE, earth=EARTH))
        author.builds()
        assert author.text.startswith(f"## {LOOKS[0]} {{#sky}}\n")
        assert learner.imports(author.package) == {"updated": 1, "duplicate": 4}
        assert learner.histories() == before


def test_a_note_whose_answer_stayed_may_be_another_one(author: Author) -> None:
    """The author answers the question by writing an id."""
    wet = ("Is water wet?", "Yes.", "")
    author.begins_with(deck(sky=SKY, earth=EARTH))
    author.writes(deck(sky=SKY, earth=EARTH) + note("", ("Is the earth flat?", "No.", "")))
    author.builds()
    author.writes(deck(sky=SKY) + note("", wet) + note("is-the-earth-flat", ("Is the earth flat?", "No.", "")))
    (problem,) = author.is_refused()
    assert (problem.rule, problem.place.line) == ("lost-id", 7)
    assert "if it is that note, write {#earth}, and learners keep their history" in problem.message
    author.writes(deck(sky=SKY, wet=wet, is_the_earth_flat=("Is the earth flat?", "No.", "")))
    assert author.builds().plan.new == ("wet",)


RETURNED = {
    "as it was": (TORUS, ""),
    "question reworded": (changed(TORUS, question="How does one call the surface of a ring?"), ""),
    "answered anew": (changed(TORUS, answer="A circle turned around an axis."), ""),
    "another note": (OTHER, "another question and another answer"),
    "another note with the same short answer": (("Is this the last question?", "The surface of a ring.", ""), ""),
}


@pytest.mark.parametrize(("text", "was"), RETURNED.values(), ids=RETURNED)
def test_a_retired_id_is_not_given_to_another_note(author: Author, text: tuple[str, str, str], was: str) -> None:
    author.begins_with(deck(sky=SKY, torus=TORUS))
    author.writes(deck(sky=SKY))
    author.builds()
    author.writes(deck(sky=SKY, torus=text))
    if not was:
        assert author.builds().plan.new == ("torus",)
        return
    (problem,) = author.is_refused()
    assert (problem.rule, problem.place.line) == ("reused-id", 7)
    assert f"`torus` is the id of a note that was retired ({was})" in problem.message
    assert "give this note an id of its own" in problem.message
    assert told(check(author.deck)) == told([problem])
    author.writes(deck(sky=SKY, product=text))
    assert author.builds().plan.new == ("product",)


def test_a_retired_id_with_the_text_of_another_note(author: Author) -> None:
    """The id of the one note was written over that of another."""
    author.begins_with(deck(sky=SKY, torus=TORUS))
    author.writes(deck(sky=SKY))
    author.builds()
    author.writes(deck(torus=SKY))
    (problem,) = author.is_refused(allowed_retiring=1)
    assert problem.rule == "exchanged-id"
    assert "`torus` now has the text of `sky`, which is gone" in problem.message


def test_git_tells_the_question_of_a_retired_note(author: Author, tmp_path: Path) -> None:
    """With it a note that was written anew comes back, and another one is told what it would replace."""
    git(tmp_path, "init", "-q")
    middle = ("How does one call a tyre's form?", "Doughnut.", "")
    for text in (deck(sky=SKY, torus=EARTH), deck(sky=SKY, torus=middle), deck(sky=SKY, torus=TORUS), deck(sky=SKY)):
        author.writes(text)
        author.builds(allowed_retiring=3)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", "edit")
    author.writes(deck(sky=SKY, torus=OTHER))
    (problem,) = author.is_refused()
    assert "(“What is a torus?”)" in problem.message
    for back in (("What is a torus called?", "A ring.", ""), changed(middle, answer="As a ring."), EARTH):
        author.writes(deck(sky=SKY, torus=back))
        assert "reused-id" not in [problem.rule for problem in check(author.deck)]
    assert author.builds().plan.new == ("torus",)


def test_a_retired_note_that_was_written_anew_is_named_with_touch(author: Author, tmp_path: Path) -> None:
    author.begins_with(deck(sky=SKY, torus=TORUS))
    with Learner(tmp_path / "learner") as learner:
        learner.imports(author.package)
        learner.reviews_everything()
        before = learner.histories()
        author.writes(deck(sky=SKY))
        author.builds()
        author.writes(deck(sky=SKY, torus=("How is a ring's surface called?", "Torus.", "")))
        assert told(author.is_refused())[0].endswith("build with --touch torus")
        author.builds(touch=["torus"])
        assert learner.imports(author.package) == {"updated": 1, "duplicate": 1}
        assert learner.histories() == before
    assert check(author.deck) == []
    assert not read_lock(author.deck, "test").notes["torus"].retired


def test_a_copy_without_ids_is_refused(author: Author) -> None:
    """An editor's buffer from before the build, saved under another name: every card would come twice."""
    author.begins_with(deck(sky=SKY, cloze=CLOZE))
    author.writes(note("", SKY) + note("", CLOZE), "b.md")
    first, second = author.is_refused()
    assert [(p.rule, p.place.path, p.place.line) for p in (first, second)] == [
        ("doubled-note", "b.md", 1),
        ("doubled-note", "b.md", 7),
    ]
    assert "this note has no id and is word for word `sky` at a.md:1" in first.message
    author.writes(note("", SKY), "b.md")
    assert author.is_refused() == [first]
    author.writes(note("sky-2", SKY), "b.md")
    assert author.builds().plan.new == ("sky-2",)
    author.writes(note("", SKY), "b.md")
    author.builds()
    assert "{#sky-2}" in (author.deck / "b.md").read_text(encoding="utf-8")


def replaces_an_id(text: str) -> str:
    return text.replace("torus", "ring")


def replaces_the_deck_id(text: str) -> str:
    return text.replace('"test"', '"tests"')


@pytest.mark.parametrize("replaces", [replaces_an_id, replaces_the_deck_id])
def test_an_id_replaced_in_all_files_is_refused(author: Author, tmp_path: Path, replaces: Any) -> None:
    """With it in the lock as well nothing but the note's number still tells that learners have the card."""
    author.begins_with(deck(sky=SKY, torus=TORUS))
    with Learner(tmp_path / "learner") as learner:
        learner.imports(author.package)
        for path in author.deck.iterdir():
            path.write_text(replaces(path.read_text(encoding="utf-8")), encoding="utf-8")
        (problem,) = author.is_refused()
        assert (problem.rule, problem.place.path) == ("bad-lock", "deck.lock")
        assert "under this one every card would come a second time" in problem.message
        assert [p for p in check(author.deck) if p.rule == "bad-lock"] == [problem]
        is_note = replaces is replaces_an_id
        assert ("the id `ring`" if is_note else "the deck's id `tests`") in problem.message
        author.builds(touch=["ring"] if is_note else None)
        assert check(author.deck) == []
        lock = read_lock(author.deck, "test" if is_note else "tests")
        assert all(entry.number == number_for(lock.guid(name), ()) for name, entry in lock.notes.items())
        assert learner.imports(author.package)["new"] == (1 if is_note else 2)


def test_a_build_names_what_went_and_what_becomes_empty(author: Author) -> None:
    both = note("sky", SKY).replace("{#sky}", "{#sky reversed=yes}")
    author.begins_with(both + deck(torus=TORUS, moon=MOON) + "## Twice {#twice}\n\n{{c1::one}} and {{c2::two}}\n\n")
    author.writes(deck(sky=SKY, moon=MOON) + "## Twice {#twice}\n\n{{c1::one}} and two\n\n")
    gone, emptied = by_hand(author.builds().plan)
    assert gone.startswith("1 note went: an import leaves the cards with the learner;")
    assert gone.endswith(": torus")
    assert emptied.endswith("until then a new gap needs another number: sky (the reversed card), twice (c2)")
    assert [*by_hand(author.builds().plan)] == []


def test_a_lock_that_is_gone_is_missed_where_the_deck_was_built(author: Author) -> None:
    """Neither git nor a package nor the form of an id tells: the cache remembers."""
    author.begins_with(deck(sky=SKY, torus=TORUS))
    (author.deck / "deck.lock").unlink()
    author.package.unlink()
    (problem,) = check(author.deck)
    assert problem.rule == "missing-lock"
    assert "this deck was built here before: restore the file" in problem.message


def test_another_deck_in_the_same_folder_was_never_built(author: Author) -> None:
    """Whoever deletes a first try begins anew: no lock is missed, no id is taken by what went, no number is its."""
    author.begins_with(deck(sky=SKY, torus=TORUS, moon=MOON))
    author.writes(deck(sky=SKY))
    author.builds()
    for file in (author.deck / "deck.lock", author.package):
        file.unlink()
    (author.deck / "deck.toml").write_text('name = "Another"\nid = "another-7k2m4q"\n', encoding="utf-8")
    author.writes(deck(sky=SKY, moon=("Moon", "No star.", "")) + note("", ("Torus", "A ring's surface.", "")))
    assert [problem.rule for problem in check(author.deck)] == ["missing-id"]
    author.builds()
    assert "## Torus {#torus}" in author.text
    lock = read_lock(author.deck, "another-7k2m4q")
    assert all(entry.number == number_for(lock.guid(name), ()) for name, entry in lock.notes.items())


@pytest.mark.parametrize("has_another", [False, True])
def test_a_removed_note_comes_back_without_its_id_and_edited(author: Author, has_another: bool) -> None:
    """Its question tells, unless another note has the same one."""
    other = ("What is a torus?", "A part of a column.", "")
    author.begins_with(deck(sky=SKY, torus=TORUS) + (deck(column=other) if has_another else ""))
    rest = deck(sky=SKY) + (deck(column=other) if has_another else "")
    author.writes(rest)
    author.builds()
    author.writes(rest + note("", changed(TORUS, answer="A circle turned around an axis.")))
    assert author.builds().plan.new == (("what-is-a-torus",) if has_another else ("torus",))
