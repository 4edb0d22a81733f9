"""The language that a new deck's cards are probably in: by the script of its name, and by the user's locale."""

from __future__ import annotations

import locale
import os
import unicodedata
from collections import Counter
from collections.abc import Mapping

from deckwright.regex import regex

LOCALE = regex(r"(?P<language>[a-z]{2,3})(?:[_-](?P<country>[A-Z]{2}))?(?:[.@].*)?")
SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "ARABIC": ("ar", "fa", "ur", "ps", "ku", "ug", "sd"),
    "ARMENIAN": ("hy",),
    "BENGALI": ("bn", "as"),
    "CJK": ("zh-CN", "zh", "ja", "yue", "ko"),
    "CYRILLIC": ("ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tg"),
    "DEVANAGARI": ("hi", "mr", "ne", "sa"),
    "ETHIOPIC": ("am", "ti"),
    "GEORGIAN": ("ka",),
    "GREEK": ("el",),
    "GUJARATI": ("gu",),
    "GURMUKHI": ("pa",),
    "HANGUL": ("ko",),
    "HEBREW": ("he", "yi"),
    "HIRAGANA": ("ja",),
    "KANNADA": ("kn",),
    "KATAKANA": ("ja",),
    "KHMER": ("km",),
    "LAO": ("lo",),
    "MALAYALAM": ("ml",),
    "MYANMAR": ("my",),
    "SINHALA": ("si",),
    "TAMIL": ("ta",),
    "TELUGU": ("te",),
    "THAI": ("th",),
    "TIBETAN": ("bo", "dz"),
}
"""Script, as the names of its characters begin → the languages that are written in it, the most likely one first."""
USUAL = "en"


def guess_language(name: str, user_locale: str) -> str:
    """Return the language tag for a deck of that name, of a user with a locale such as ``zh_TW.UTF-8``.

    The locale decides, unless its language is not written in the script of the name.
    """
    found = LOCALE.fullmatch(user_locale)
    language, country = (found["language"], found["country"]) if found else ("", "")
    own = f"{language}-{country}" if language == "zh" and country else language
    scripts = Counter(unicodedata.name(sign, "").partition(" ")[0] for sign in name if sign.isalpha())
    script = next((each for each, _ in scripts.most_common() if each in SCRIPTS), "")
    if scripts["HIRAGANA"] or scripts["KATAKANA"]:  # Chinese characters may be more, and are Japanese then
        script = "HIRAGANA"
    if not script:
        return own or USUAL
    if language in SCRIPTS[script]:
        return own if own != "zh" else "zh-CN"
    return _of_han(name) if script == "CJK" else SCRIPTS[script][0]


def _of_han(name: str) -> str:
    """The language of a name of Chinese characters alone; GB 2312 holds the simplified ones, Big5 the traditional."""
    if "日本" in name:
        return "ja"
    return "zh-TW" if not _has(name, "gb2312") and _has(name, "big5") else "zh-CN"


def _has(name: str, encoding: str) -> bool:
    return name.encode(encoding, "ignore").decode(encoding) == name


def user_locale() -> str:
    """Return the locale of whoever runs the program, as the environment or the system names it; empty for none."""
    named = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return named or locale.getlocale()[0] or ""
