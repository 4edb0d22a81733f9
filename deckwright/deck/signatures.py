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


def content_fault(name: str, content: bytes, kind: str, *, is_picture: bool) -> str:
    """Return the message about a file that is not of the type in its name, or nothing.

    ``kind`` is that of its first bytes; ``is_picture`` tells whether its name is that of a picture.
    """
    if not content:
        return f"`{name}` is empty"
    if content.startswith(b"version https://git-lfs.github.com/spec/"):
        return f"`{name}` is a pointer of Git LFS, not the file itself; run git lfs pull"
    if kind == "web page":
        return f"`{name}` is a web page, not a file of that kind; download the file itself"
    if name.lower().endswith(".svg"):
        return "" if b"<svg" in content else f"`{name}` is not a drawing: there is no <svg> in it; save it as SVG"
    if kind == "text":
        words = " ".join(content[:100].decode("utf-8", "ignore").split())[:40]
        return f"`{name}` is text (`{words}`), not a file of that kind; download the file itself"
    if kind == "svg":
        return f"`{name}` is a drawing; give it a name that ends in .svg"
    if kind in ("pdf", "heic", "tiff"):
        return f"`{name}` is a {kind.upper()} file, which Anki does not show; save it as PNG or JPEG"
    if kind and is_picture is not (kind in PICTURES):
        is_, wanted = ("picture", "sound or video") if kind in PICTURES else ("sound or video", "picture")
        return f"`{name}` is a {is_} ({kind}), not a {wanted}; correct the name, or take another file"
    return ""


def picture_fault(content: bytes, kind: str, suffix: str) -> str:
    """Return what is wrong with a picture that Anki shows all the same, or shows in part, and the remedy; or nothing.

    ``suffix`` is the ending of its name.
    """
    if (is_cut := IS_CUT.get(kind)) and is_cut(content):
        return "ends in the middle of the picture; download it again, or open it and save it anew"
    if kind in PICTURES and kind != suffix.replace("jpeg", "jpg"):
        return f"is a picture of type {kind}; let its name end in .{kind}"
    return ""


def _is_cut_png(content: bytes) -> bool:
    """Whether a PNG ends before its last chunk: each is a length, a name, that many bytes, a checksum."""
    at = 8
    while at < len(content) and content[at + 4 : at + 8] != b"IEND":
        at += 12 + int.from_bytes(content[at : at + 4], "big")
    return at > len(content)  # a last chunk of another name is what few programs write, and all show


def _is_cut_jpeg(content: bytes) -> bool:
    """Whether no end follows the picture of a JPEG, which other segments precede (one may hold a small picture)."""
    at = 2
    while content[at : at + 1] == b"\xff" and content[at + 1 : at + 2] != b"\xda":
        is_padding = content[at + 1 : at + 2] == b"\xff"
        at += 1 if is_padding else 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return content.find(b"\xff\xd9", at) < 0


def _is_cut_webp(content: bytes) -> bool:
    """Whether a WebP is shorter than it says."""
    return len(content) < 8 + int.from_bytes(content[4:8], "little")


IS_CUT = {"png": _is_cut_png, "jpg": _is_cut_jpeg, "webp": _is_cut_webp}


def _text(content: bytes) -> str:
    """The beginning of a file as text; empty when it is none."""
    try:
        text = content[:BEGINNING].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(content) <= BEGINNING or error.start < BEGINNING - 4:  # else the cut is inside of a character
            return ""
        text = content[: error.start].decode("utf-8-sig")
    return "" if CONTROL.search(text) else text.strip()
