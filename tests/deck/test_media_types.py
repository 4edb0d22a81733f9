"""One table of media types: what is in it is found, watched, shown or played, and packed."""

from __future__ import annotations

import zipfile
from importlib import resources
from pathlib import Path

import pytest

from deckwright.deck.media import MEDIA_TYPES
from deckwright.package.read import read_package
from deckwright.pipeline.build import build
from deckwright.pipeline.watch import snapshot
from tests.decks import CLOCK, write_files


def test_a_new_decks_gitattributes_keep_git_from_changing_media() -> None:
    """Drawings are text; a missing type is added to deckwright/starter/gitattributes."""
    text = (resources.files("deckwright") / "starter" / "gitattributes").read_text(encoding="utf-8")
    binary = {line.split()[0] for line in text.splitlines() if line.endswith(" binary")}
    assert binary == {f"*.{suffix}" for suffix in MEDIA_TYPES if suffix != "svg"} | {"*.apkg"}


@pytest.mark.parametrize("suffix", MEDIA_TYPES)
def test_a_media_type_goes_the_whole_way(suffix: str, tmp_path: Path) -> None:
    content = "<svg/>" if suffix == "svg" else "x" * 1000
    deck = write_files(tmp_path / "deck", {"a.md": f"## Q {{#q}}\n\nA ![m](m.{suffix})\n", f"m.{suffix}": content})
    assert str(deck / f"m.{suffix}") in snapshot(deck)
    build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    answer = read_package(tmp_path / "x.apkg").notes[0].fields["Answer"]
    assert ("<img" in answer) is MEDIA_TYPES[suffix].is_picture
    assert ("[sound:" in answer) is not MEDIA_TYPES[suffix].is_picture
    with zipfile.ZipFile(tmp_path / "x.apkg") as archive:
        stored = archive.getinfo("0").compress_type == zipfile.ZIP_STORED
        assert stored is MEDIA_TYPES[suffix].is_compressed
        assert archive.read("0") == content.encode()
