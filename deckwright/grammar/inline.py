"""What is inside a line of text: formulas, deletions, code, links, pictures, tags, citations and footnotes.

A leaf of the block tree is scanned once, and everything later works on the pieces that are found here. Any text gives
pieces and problems.
"""

from __future__ import annotations

from collections.abc import Callable

from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.inline_formulas import on_dollar, on_escape, on_tick
from deckwright.grammar.inline_links import on_caret, on_close_bracket, on_exclamation, on_open_bracket
from deckwright.grammar.inline_patterns import HTML_SIGN, SIGN
from deckwright.grammar.inline_tags import on_address, on_close_brace, on_open_brace, on_percent, on_tag
from deckwright.grammar.pieces import PieceKind
from deckwright.grammar.scanner import Scanner


def scan(scanner: Scanner) -> None:
    """Walk over the text of a leaf, and find its pieces and what is wrong with them."""
    signs = HTML_SIGN if scanner.kind is BlockKind.HTML else SIGN
    while sign := signs.search(scanner.text, scanner.position, scanner.end):
        start = sign.start()
        scanner.position = start + 1
        HANDLERS.get(scanner.text[start], _on_private)(scanner, start)
    for start, _ in scanner.clozes:
        where = "its paragraph ends"
        if _bar_follows(scanner):
            where = "its cell ends at the `|`; write `\\|`"
        elif scanner.kind is BlockKind.PARAGRAPH and scanner.follows("}}"):
            where += "; give each paragraph or item a deletion of its own, with the same number"
        scanner.report("unclosed-cloze", start, f"this deletion is not closed with `}}}}` before {where}")


def _bar_follows(scanner: Scanner) -> bool:
    """Whether the text is a cell with another one after it, in which the deletion is closed."""
    rest = scanner.text[scanner.end : scanner.text.find("\n", scanner.end) % (len(scanner.text) + 1)]
    return scanner.kind is BlockKind.CELL and rest.lstrip().startswith("|") and "}}" in rest


def _on_private(scanner: Scanner, start: int) -> None:
    scanner.add(PieceKind.ESCAPE, start, start + 1, scanner.text[start])


HANDLERS: dict[str, Callable[[Scanner, int], None]] = {
    "\\": on_escape,
    "`": on_tick,
    "$": on_dollar,
    "<": on_tag,
    "{": on_open_brace,
    "}": on_close_brace,
    "[": on_open_bracket,
    "]": on_close_bracket,
    "!": on_exclamation,
    "%": on_percent,
    "^": on_caret,
    ":": on_address,
    "w": on_address,
}
"""What to do at a sign; any other is a private character."""
