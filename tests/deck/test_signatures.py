"""What a file is by its first bytes."""

from __future__ import annotations

import pytest

from deckwright.deck.signatures import BEGINNING, kind_of


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"RIFF\x10\n\x00\x00WEBPVP8 ", "webp"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "wav or avi"),
        (b"BMP is a word", "text"),
        (b"BM\x10\x00\x00\x00\x00\x00\x00\x00\x36\x00", "bmp"),
        (b"\x00\x00\x00\x20ftypmif1\x00\x00\x00\x00mif1avifmiaf", "avif"),
        (b"\x00\x00\x00\x20ftypmif1\x00\x00\x00\x00mif1heic", "heic"),
        (b"\x00\x00\x00\x20ftypM4A ", "mp4"),
        (b"\xff\xfb\x90\x64", "mp3"),
        (b"\xff\xfea\x00b\x00", ""),
        (b"ID3 is not much of a song", "mp3"),
        (b"  <!DOCTYPE HTML><p>", "web page"),
        (b'<?xml version="1.0"?><svg/>', "svg"),
        (b'<?xml version="1.0"?><Error/>', "text"),
        (b"word", ""),
        (b"two words\x00", ""),
        (("é " * BEGINNING).encode(), "text"),
        (b"x" + "é ".encode() * BEGINNING, "text"),
        (b"a b" + b"\xff" * BEGINNING, ""),
        (b"", ""),
    ],
)
def test_the_kind_of_a_file(content: bytes, kind: str) -> None:
    assert kind_of(content) == kind
