"""What a file is by its first bytes, as far as they are sure."""

from __future__ import annotations

import re

from deckwright.regex import regex

PICTURES = ("png", "jpg", "gif", "webp", "bmp", "ico", "avif", "heic", "tiff", "svg")
"""The kinds that are pictures; what is neither one of these nor a document is a sound or a video."""
SIGNATURES = tuple(
    (offset, regex(pattern, re.DOTALL), kind)
    for offset, pattern, kind in (
        (0, rb"\x89PNG\r\n\x1a\n", "png"),
        (0, rb"\xff\xd8\xff", "jpg"),
        (0, rb"GIF8[79]a", "gif"),
        (0, rb"RIFF....WEBP", "webp"),
        (0, rb"RIFF....(?:WAVE|AVI )", "wav or avi"),
        (0, rb"BM....\x00{4}", "bmp"),
        (0, rb"\x00\x00\x01\x00", "ico"),
        (0, rb"II\*\x00|MM\x00\*", "tiff"),
        (4, rb"ftyp(?:avi[fs]|m[is]f1.{4}(?:.{4}){0,8}?avi[fs])", "avif"),
        (4, rb"ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1)", "heic"),
        (4, rb"ftyp", "mp4"),
        (0, rb"OggS", "ogg"),
        (0, rb"ID3", "mp3"),
        (0, rb"\xff[\xe2\xe3\xf2-\xf5\xfa-\xfd][\x10-\xef]", "mp3"),
        (0, rb"fLaC", "flac"),
        (0, rb"\x1aE\xdf\xa3", "webm"),
        (0, rb"%PDF-", "pdf"),
    )
)
"""Offset, the bytes there, the kind of file that begins so: as WHATWG's MIME Sniffing and ISO 14496-12 have it."""
BEGINNING = 1000
"""Bytes that are looked at."""
CONTROL = regex(r"[\x00-\x08\x0e-\x1f\x7f]")


def kind_of(content: bytes) -> str:
    """Return the kind of a file: one of ``PICTURES``, ``pdf``, ``text``, ``web page``, a sound or video; or empty."""
    for offset, pattern, kind in SIGNATURES:
        if pattern.match(content, offset):
            return kind
    text = _text(content)
    if re.match(r"<(?:!doctype html|html|head|body)\b", text, re.IGNORECASE):
        return "web page"
    if re.match(r"(?:<\?xml|<!--|<!doctype svg|<svg\b)", text, re.IGNORECASE) and "<svg" in text:
        return "svg"
    # A word alone may be anything; a message or a document holds a space, or begins with a bracket.
    return "text" if re.search(r"\S\s+\S|^[{<\[]", text) else ""


def _text(content: bytes) -> str:
    """The beginning of a file as text; empty when it is none."""
    try:
        text = content[:BEGINNING].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(content) <= BEGINNING or error.start < BEGINNING - 4:  # else the cut is inside of a character
            return ""
        text = content[: error.start].decode("utf-8-sig")
    return "" if CONTROL.search(text) else text.strip()
