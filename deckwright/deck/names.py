"""Names of files and folders that some system cannot hold: a clone there would lack them, or one of two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from deckwright.regex import regex

RESERVED = regex(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[1-9¹²³]) *(?:\..*)?", re.IGNORECASE)
"""Device names, with any ending; a space before the ending does not count."""
FORBIDDEN = regex(r'[<>:"|?*\\\x00-\x1f]')


def name_fault(name: str) -> str | None:
    """Say why Windows cannot hold a file of that name; None when it can."""
    if RESERVED.fullmatch(name):
        return f"Windows keeps the name `{name.partition('.')[0]}` for itself; rename it"
    if found := FORBIDDEN.search(name):
        return f"Windows cannot hold `{found[0]}` in a name; rename it"
    if name.endswith((".", " ")):
        return "Windows removes a dot or a space at the end of a name; rename it"
    return None


def everywhere(name: str) -> str:
    """A name as every system writes it: NFC (macOS may hand out NFD)."""
    return unicodedata.normalize("NFC", name)


def clashes(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield names in one folder that are one file where case does not count, each with the first of them."""
    seen: dict[str, str] = {}
    for name in sorted(names):
        plain = everywhere(name)
        first = seen.setdefault(plain.casefold(), plain)
        if first != plain:
            yield name, first


def is_text(name: str) -> bool:
    """Whether a name that the system gave is UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(name: str) -> str:
    """A name that is not UTF-8 as text for people, with escapes for what cannot be read."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
