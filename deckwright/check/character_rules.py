"""Characters that nobody wrote: control characters, and text that some program read in a wrong encoding."""

from __future__ import annotations

from collections.abc import Iterator

from deckwright.check.rules import Finding, card_rule, page_rule
from deckwright.check.views import CODE, NoteView, PageView, is_inside
from deckwright.deck.rule_choices import Style
from deckwright.problems import Severity
from deckwright.regex import regex

CONTROL = regex(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
LATER = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
"""What the bytes after the first one of a sign in UTF-8 look like in the Western encoding of Windows."""
SUSPECT = "[\ufffd锟À-ð]"
MAY_BE_GARBLED = regex(SUSPECT)
GARBLED = regex(
    rf"(?={SUSPECT})(?:\ufffd+|(?:锟斤拷)+"
    rf"|(?:[ÂÃ](?![”’–—])[{LATER}]|[À-ß][\x80-\x9f]|[à-ï][{LATER}]{{2}}|ð[{LATER}]{{3}})+|(?:[ÎÏÐÑ][{LATER}]){{2,}})"
)
"""A capital before a quotation mark or a dash is more often meant so."""


@card_rule(Style.PLAIN)
def check_garbled_text(view: NoteView) -> Iterator[Finding]:
    """No program read the text in a wrong encoding and saved it so. Code may show such signs.

    Bad:  itâ€™s a cafÃ©, 锟斤拷
    Good: it’s a café
    """
    if not MAY_BE_GARBLED.search(view.text):
        return
    start, end = view.note.question.start, view.end
    found = [(each.start(), each[0], _meant(each[0])) for each in GARBLED.finditer(view.source.text, start, end)]
    code = view.of(*CODE)
    shown = [each for each in found if each[1] != each[2] and not is_inside(each[0], code)]
    more = f" (and {len(shown) - 1} more in this note)" if len(shown) > 1 else ""
    for at, text, meant in shown[:1]:
        if meant.isspace() or not meant.isprintable():
            what, remedy = "is white space", "write a space"
        else:
            what, remedy = (f"is `{meant}`", "write that") if meant else ("is something", "write what was there")
        yield at, f"`{text}` {what} that was read in a wrong encoding{more}; {remedy}, or convert the file again"


def _meant(text: str) -> str:
    """Return what was UTF-8 and read in the Western encoding of Windows: the text itself if not, "" if it is lost."""
    try:
        meant = b"".join(sign.encode("latin-1" if sign < "\u0100" else "cp1252") for sign in text).decode()
    except UnicodeError:
        meant = text
    return "" if meant[0] in "\ufffd锟" else meant


@page_rule(Severity.ERROR)
def check_control_character(view: PageView) -> Iterator[Finding]:
    """No characters that are not shown: U+001F in a field makes Anki refuse the whole package.

    Bad:  a form feed pasted from a PDF
    Good: plain text
    """
    source = view.page.source
    if not (controls := [*CONTROL.finditer(source.text)]):
        return
    garbled = [found.span() for found in GARBLED.finditer(source.text) if _meant(found[0]) != found[0]]
    for control in controls:
        if not any(start <= control.start() < end for start, end in garbled):
            yield control.start(), f"the control character U+{ord(control[0]):04X}; remove it"
