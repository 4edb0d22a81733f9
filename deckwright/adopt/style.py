"""The CSS of the old note types: what of it belongs to the notes' text, and goes into ``style.css``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from deckwright.package.read import PackagedNote
from deckwright.regex import regex

RULE = regex(r"([^{}@;]+)\{([^{}]*)\}")
COMMENT = regex(r"/\*.*?\*/", re.DOTALL)
AT_RULE = regex(r"@[^{};]*(?:;|\{(?:[^{}]|\{[^{}]*\})*\})")
CLASS = regex(r"\.(-?[_a-zA-Z][\w-]*)")
CLASS_ATTRIBUTE = regex(r"""\bclass\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
FETCHES = regex(r"url\(|expression\(|\\")
ABOUT = "/* Of the older note types: the rules for classes that notes use. */"
OURS = frozenset(["card", "nightMode", "night_mode", "cloze"])
"""Classes of Anki and of this program's own look."""


def style_of(sheets: Iterable[str], notes: Iterable[PackagedNote]) -> tuple[str, set[str]]:
    """The rules of the style sheets that are for classes used in the fields of the notes, as the text of ``style.css``
    (empty: none), and those classes.

    The look of the cards as a whole is this program's; a rule that fetches a file is left out.
    """
    texts = (text for note in notes for text in note.fields.values())
    used = {name for text in texts for given in CLASS_ATTRIBUTE.findall(text) for name in "".join(given).split()}
    rules: dict[str, None] = {}
    classes: set[str] = set()
    for sheet in sheets:
        for selectors, body in RULE.findall(AT_RULE.sub("", COMMENT.sub("", sheet))):
            wanted = {*CLASS.findall(selectors)} & used - OURS
            if wanted and not FETCHES.search(body):
                rules[f"{' '.join(selectors.split())} {{ {' '.join(body.split())} }}"] = None
                classes |= wanted
    return "\n".join([ABOUT, *rules, ""]) if rules else "", classes
