"""What a file is by its first bytes."""

from __future__ import annotations

import pytest

from deckwright.deck.signatures import BEGINNING, kind_of, picture_fault


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


CHUNKS = (b"\0\0\0\x0dIHDR" + b"h" * 13, b"\0\0\0\x09IDAT" + b"d" * 9, b"\0\0\0\0IEND")
PNG = b"\x89PNG\r\n\x1a\n" + b"".join(chunk + b"crc." for chunk in CHUNKS)
SMALL = b"\xff\xd8\xff\xda\x00\x02\xff\xd9"
JPEG = b"\xff\xd8\xff\xe1\x00\x0a%s\xff\xff\xdb\x00\x03q\xff\xda\x00\x02data\xff\x00\xff\xd9" % SMALL


WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 \x04\x00\x00\x00data"


@pytest.mark.parametrize(
    ("whole", "kind", "cuts"),
    [(PNG, "png", range(34, 54)), (JPEG, "jpg", range(3, 32)), (WEBP, "webp", range(12, 24))],
)
def test_a_picture_of_which_a_part_is_missing(whole: bytes, kind: str, cuts: range) -> None:
    for more in (b"", b"\0" * 9, b"more \xff\xda"):
        assert picture_fault(whole + more, kind, kind) == ""
    for cut in cuts:
        assert picture_fault(whole[:cut], kind, kind).startswith("ends in the middle"), cut
