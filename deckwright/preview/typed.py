"""A typed answer compared with the field it should be, as Anki's clients show it."""

from __future__ import annotations

import html
import re
import unicodedata
from difflib import SequenceMatcher

from deckwright.preview.cloze import HTML_TAG
from deckwright.preview.template import SOUND
from deckwright.regex import regex

BARE_AMPERSAND = regex(r"&(?!#\d+;|#[xX][0-9a-fA-F]+;|\w+;)")
"""With one of these in it a text is not HTML to Anki, and none of its entities is read."""
LINE_BREAKS = regex(r"(?:\n|<br\s?/?>|</?div>)+", re.IGNORECASE)


def compare_typed(expected: str, typed: str) -> str:
    """The comparison on a card's back; ``expected`` is the field's HTML, ``typed`` what was typed."""
    if not typed:
        return f"<code id=typeans>{_escaped(_plain(expected))}</code>"
    wanted, typed = (unicodedata.normalize("NFC", text) for text in (_plain(expected), typed))
    if typed == wanted:
        return f"<code id=typeans>{_marked('Good', wanted)}</code>"
    above, below = "", ""
    for action, start, end, first, last in SequenceMatcher(None, typed, wanted).get_opcodes():
        had, want = typed[start:end], wanted[first:last]
        if action == "equal":
            above, below = above + _marked("Good", had), below + _marked("Good", want)
        elif action == "insert":
            above, below = above + _marked("Missed", "-" * len(want)), below + _marked("Missed", want)
        else:
            above += _marked("Bad", had)
            below += _marked("Missed", want) if want else ""
    return f"<code id=typeans>{above}<br><span id=typearrow>&darr;</span><br>{below}</code>"


def _plain(field: str) -> str:
    """What of a field can be typed."""
    text = HTML_TAG.sub("", LINE_BREAKS.sub(" ", SOUND.sub("", field)))
    return (text if BARE_AMPERSAND.search(text) else html.unescape(text)).strip()


def _marked(kind: str, text: str) -> str:
    # A mark that combines would join the letter of the token before it.
    lead = "\xa0" if unicodedata.category(text[0]).startswith("M") else ""
    return f"<span class=type{kind}>{lead}{_escaped(text)}</span>"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
