"""The same deck on another system: line ends, forms of Unicode, names that are no UTF-8, what is left out."""

from __future__ import annotations

import os
import shutil
import unicodedata
import zipfile
from pathlib import Path

import pytest

from deckwright.deck import media
from deckwright.identity import read_lock
from deckwright.package.read import read_package
from deckwright.pipeline.build import build, check
from deckwright.problems import ContentError
from tests.decks import CLOCK, DOT, write_files

DRAWING = DOT.format(2).replace("><", ">\n<")
SETTINGS = 'name = "Test"\nid = "tests-7k2m4q"\n'


def rules(deck: Path) -> list[str]:
    return [problem.rule for problem in check(deck)]


def test_a_clone_with_other_line_ends_gives_the_same_package(tmp_path: Path) -> None:
    """As git makes it on Windows with core.autocrlf=true."""
    page = "# Title\n\n## One? {#one}\n\nA ![dot](dot.svg) picture.\n\n```python\nif a:\n    b\n```\n"
    files = {"a.md": page, "dot.svg": DRAWING, "style.css": ".card {\n color: teal }\n", "sources.toml": "\n"}
    one = write_files(tmp_path / "one", dict(files))
    build(one, tmp_path / "1.apkg", clock=lambda: CLOCK)
    lock = (one / "deck.lock").read_bytes()
    crlf: dict[str, str | bytes] = {name: text.replace("\n", "\r\n") for name, text in files.items()}
    two = write_files(tmp_path / "else" / "two", {**crlf, "deck.lock": lock})
    result = build(two, tmp_path / "2.apkg", frozen=True, clock=lambda: CLOCK + 60)
    assert result.notices == []
    assert (tmp_path / "1.apkg").read_bytes() == (tmp_path / "2.apkg").read_bytes()
    with zipfile.ZipFile(tmp_path / "2.apkg") as archive:
        assert archive.read("0") == DRAWING.encode()


def test_the_line_ends_of_old_macs_are_told_once(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "deck", {"deck.toml": SETTINGS, "a.md": "## One? {#one}\r\r1\r\r## Two?\r\r2\r"})
    (problem,) = check(deck)
    assert (problem.rule, problem.place.path, problem.place.line) == ("control-character", "a.md", 1)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_lock_with_other_line_ends_or_a_byte_order_mark_is_the_same(tmp_path: Path, mark: bytes) -> None:
    """An editor of Windows may put both in, when somebody settles a merge with it."""
    deck = write_files(tmp_path / "one", {"a.md": "## One? {#one}\n\n1\n"})
    build(deck, tmp_path / "1.apkg", clock=lambda: CLOCK)
    before = read_lock(deck, "test")
    (deck / "deck.lock").write_bytes(mark + (deck / "deck.lock").read_bytes().replace(b"\n", b"\r\n"))
    assert read_lock(deck, "test") == before
    assert build(deck, tmp_path / "1.apkg", frozen=True, clock=lambda: CLOCK + 60).plan.counts["unchanged"] == 1


def test_a_folder_in_another_form_of_unicode_is_found(tmp_path: Path) -> None:
    """MacOS may write a name in pieces (NFD) that a note writes in one (NFC)."""
    folder = unicodedata.normalize("NFD", "Bücher")
    page = f"## One? {{#one}}\n\n![a]({unicodedata.normalize('NFC', 'Bücher')}/é.svg)\n"
    name = unicodedata.normalize("NFD", "é.svg")
    deck = write_files(tmp_path / "cards", {"deck.toml": SETTINGS, "a.md": page, f"{folder}/{name}": DRAWING})
    assert rules(deck) == []


@pytest.mark.parametrize("name", ["é.md", "é/a.md"])
def test_one_name_in_both_forms_of_unicode_is_refused(tmp_path: Path, name: str) -> None:
    """As a disk that was synchronized with a Mac may hold them: each had notes that were in no package."""
    files = {unicodedata.normalize(form, name): f"## {form}? {{#{form.lower()}}}\n\n1\n" for form in ("NFC", "NFD")}
    deck = write_files(tmp_path / "deck", {"deck.toml": SETTINGS, **files})
    (problem,) = check(deck)
    assert (problem.rule, problem.place.path) == ("unreadable-file", name)
    with pytest.raises(ContentError):
        build(deck, tmp_path / "x.apkg")


def test_settings_name_a_folder_in_either_form_of_unicode(tmp_path: Path) -> None:
    """A name copied from a Mac's Finder is in the other form than one that is typed."""
    name = unicodedata.normalize("NFD", "é")
    settings = f'{SETTINGS}exclude = ["{name}2"]\n[subdecks]\n"{name}" = "E"\n[rules."{name}"]\nmissing-alt = "error"\n'
    page = "## One? {#one}\n\n1 ![](dot.svg)\n"
    files = {f"{name}/a.md": page, "é2/b.md": "## Two? {#two}\n\n", f"{name}/dot.svg": DOT.format(1)}
    deck = write_files(tmp_path / "deck", {"deck.toml": settings, **files})
    assert rules(deck) == ["missing-alt"]


def test_a_name_that_is_no_utf8_is_a_problem_with_its_place(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "cards", {"deck.toml": SETTINGS, "a.md": "## One? {#one}\n\n1\n"})
    try:
        Path(os.fsdecode(os.fsencode(deck / "sub") + b"\xe9")).mkdir()
        Path(os.fsdecode(os.fsencode(deck / "b") + b"\xe9.md")).write_text("## Two? {#two}\n\n2\n", encoding="utf-8")
    except OSError:
        pytest.skip("this file system holds only names of UTF-8")
    problems = check(deck)
    assert [(problem.place.path, problem.rule) for problem in problems] == [
        ("b\\xe9.md", "unreadable-file"),
        ("sub\\xe9", "unreadable-file"),
    ]


def test_a_file_over_the_limit_of_ankiweb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "LARGEST", 100)
    deck = write_files(
        tmp_path / "cards", {"deck.toml": SETTINGS, "a.md": "## One? {#one}\n\n![a](a.mp4)\n", "a.mp4": b"x" * 101}
    )
    assert rules(deck) == ["large-media"]


def test_what_is_wrong_in_a_draft_waits(tmp_path: Path) -> None:
    """It is not finished, and may be an article that is to be cut into cards."""
    deck = write_files(
        tmp_path / "cards",
        {
            "deck.toml": SETTINGS,
            "a.md": "## One? {#one}\n\n1\n\n## Two? {.draft reversed=maybe}\n\n{{c1::x <b> $$ y\n\n![x](none.png)\n",
            "b.md": "---\ndraft: true\nreversed: nearly\n---\n\nText\n\n## Three?\n\n```\nprint(\n\n## Four?\n",
            "c.md": "## Five? {#five .draft}\n\n" + "An article.\n" * 2000,
            "d.md": "---\ndraft: true\n---\nOnly a thought, and {{c1::no more\n",
        },
    )
    assert rules(deck) == []
    assert build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK).plan.new == ("one",)


@pytest.mark.parametrize(
    ("file", "note", "is_built"),
    [
        ("", "draft=no", True),
        ("", "draft=yes", False),
        ("draft: true", "", False),
        ("draft: true", "draft=no", True),
        ("draft: no", "draft=on", False),
        ("draft: yes", "draft=false draft=1", False),
        ("draft: true", ".draft draft=no", False),
        ("tags: [draft]", "", False),
    ],
)
def test_a_notes_own_draft_counts_before_its_files(tmp_path: Path, file: str, note: str, *, is_built: bool) -> None:
    text = f"---\n{file}\n---\n\n## One? {{#one {note}}}\n\n1\n\n## Two? {{#two draft=no}}\n\n2\n"
    deck = write_files(tmp_path / "cards", {"deck.toml": SETTINGS, "a.md": text, "b.md": "## Three? {#three}\n\n3\n"})
    found = build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK).plan.new
    assert ("one" in found) is is_built
    assert ("two" in found) is ("tags" not in file)


def test_what_is_excluded_or_a_draft_is_not_built(tmp_path: Path) -> None:
    """Drafts get no id, and what is wrong with an excluded file is nobody's business."""
    deck = write_files(
        tmp_path / "cards",
        {
            "deck.toml": SETTINGS + 'exclude = ["ideas", "*.old.md", "b/c*.md"]\n',
            "a.md": "## One? {#one}\n\n1\n\n## Two? {.draft}\n\n2\n\n## Three? {#three draft=yes}\n\n3\n",
            "b/draft.md": "---\ndraft: true\n---\n\n## Four?\n\n4\n",
            "b/change.md": "## Five?\n",
            "ideas/x.md": "## Six?\n",
            "a.old.md": "text that is no note\n",
        },
    )
    assert rules(deck) == []
    result = build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    assert (result.plan.new, result.ids) == (("one",), [])
    settings = (deck / "deck.toml").read_text(encoding="utf-8")
    write_files(deck, {"deck.toml": settings.replace('["ideas", ', '["ideas", 1, '), "a.md": "## One? {#one}\n\n1\n"})
    with pytest.raises(ContentError) as error:
        build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    assert "deck-toml" in [problem.rule for problem in error.value.problems]


def test_a_link_to_a_deck_is_no_copy_of_it(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "cards", {"deck.toml": SETTINGS, "a.md": "## One? {#one}\n\n1\n"})
    build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    (tmp_path / "link").symlink_to(deck)
    assert rules(deck) == rules(tmp_path / "link") == []
    copy = shutil.copytree(deck, tmp_path / "copy")
    assert rules(deck) == rules(copy) == ["copied-deck"]


def test_a_number_sign_may_be_in_the_name_of_a_picture(tmp_path: Path) -> None:
    page = "## One? {#one}\n\n![a](Bild #1.svg) ![b](<x#y.svg>) ![c](dot.svg#part) ![d](Bild%20%231.svg)\n"
    files = dict.fromkeys(("Bild #1.svg", "x#y.svg", "dot.svg"), DRAWING)
    deck = write_files(tmp_path / "cards", {"deck.toml": SETTINGS, "a.md": page, **files})
    assert rules(deck) == []
    result = build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    assert result.written.media == 1


def test_an_embedded_name_means_the_file_below_the_notes_folder(tmp_path: Path) -> None:
    """Every chapter has a picture of that name in a folder of its own."""
    pages = {f"{n}/a.md": f"## {n}? {{#q-{n}}}\n\n![[dot.svg]]\n" for n in (1, 2)}
    drawings = {f"{n}/img/dot.svg": DOT.format(n) for n in (1, 2)}
    deck = write_files(tmp_path / "deck", {"deck.toml": SETTINGS, **pages, **drawings})
    build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    fields = {note.fields["ID"]: note.fields["Answer"] for note in read_package(tmp_path / "x.apkg").notes}
    for n in (1, 2):
        assert media.media_name("dot.svg", DOT.format(n).encode()) in fields[f"q-{n}"]


def test_links_that_lead_to_themselves_are_told_with_their_place(tmp_path: Path) -> None:
    deck = write_files(tmp_path / "deck", {"deck.toml": SETTINGS, "a.md": "## One? {#one}\n\n![](l.png)\n"})
    for name in ("loop.md", "l.png", "other"):
        (deck / name).symlink_to(name)
    assert [(problem.place.path, problem.rule) for problem in check(deck)] == [
        ("a.md", "missing-media"),
        ("loop.md", "unreadable-file"),
    ]
