"""Formula or text: what is between two dollars, and between TeX's brackets, which Markdown may have escaped.

A wrong guess is worse than an error: what may be either is a fault, with both ways to write it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from deckwright.regex import regex

SURELY_TEX = regex(r"\\[A-Za-z]+|\\[,;!{}|\\]|\^|(?<![A-Za-z])[A-Za-z]_|[)\]}]_")
SURELY_MARKDOWN = regex(r"\]\(|\*\*|[`$]")
NO_TERM = regex(r"[\W\d_]*")
"""Signs and digits only, as in ``1, 2``, a date, three dots."""
WORD = regex(r"[^\W\d_]{2}")
GLUED = regex(r"[A-Za-z_]$")
"""The end of a name, as in ``run(x)``: what is in brackets right after it belongs to it, and is no formula."""
TERM = regex(r"(?=.*[=_])(?!.*(?:[A-Za-z]{4}|[A-Za-z] [A-Za-z]))[A-Za-z0-9=_ +*/,.'()-]+")
"""``PV=nRT``, ``dS_3``: short words with a sign that text does not have."""
PRODUCT = regex(r"(?:[A-Z]{2,4}|[A-Za-z]{2,3})(?:, ?[A-Za-z]{2,3})*")
"""``AB``, ``kT``, which may be an abbreviation as well."""
SURELY_INLINE = regex(r"(?<![A-Za-z_])\\\([^()\n]*?(?:\\[A-Za-z]|[\^=]|(?<![A-Za-z])[A-Za-z]\\\))")
"""A formula in round brackets: where one is, what may be either is another."""
AFTER_AMOUNT = regex(r"(?=[,.;:/)|，。；：！？])|[^\\^_{}=]*$")
"""What is between two dollars when the first one is after an amount, as in ``10$ to 20$``: no TeX."""
LETTERS = regex(r"[A-Za-z](?:[-+*/]?[A-Za-z])?")
"""What is between them all the same when it is a formula, as in ``2$x$``."""
NEXT_PRICE = regex(r"\$\s*\d")
NO_BEGINNING = regex(
    r"[;)\"“”]|,(?!\s*\\[A-Za-z])|:(?!=|\s*\\[A-Za-z])|\.(?!\d|\s*\\[A-Za-z])|/|\|(?=.)(?![^|]*(?:\||\\[A-Za-z]))|-[a-z]{5}|[\s(),]*[\"“”…][\s(),\"“”…]*$"
)
"""What no formula begins with, but for a comma before a macro, electrons as in chemistry, a state; and quotes alone.

A hyphen before a word is that of ``US$-denominated``.
"""
FULL_WIDTH_MARK = regex(r"[，。；：！？]")
VARIABLE, UNFINISHED = (
    regex(r"\$[A-Za-z_{]"),
    regex(r"(?<!\\)[-,;:=+*/.<>&|(]\s*$|\d[\d.,]*[\u2e80-\u9fff]+$"),
)
"""``$a,$b`` in a shell or in PHP, ``$5和$x$``: what a second dollar begins, and what no formula before it ends in."""
HYPHENATED = regex(r"(?:\\[A-Za-z]+|\(?\w(?:[+-]\w)?\)?)-\$[^\W\d_]{2}")
"""``$n-$th``, ``$\\alpha-$helix``: a formula all the same."""
ONE_MACRO = regex(r"\\[A-Za-z]{2,}")
"""``$\\sim$10``: the one formula that a digit may follow."""
TEX_SIGN = regex(r"[\\^_=]")
PROSE = regex(r"[^\W\d_]{2}|[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
"""What is in a formula, and what is in the text between two prices: a word, a Chinese or Japanese character."""
LONGEST_SHOWN = 60
"""Characters of a formula that are in a message."""
PRICE = regex(r"\d[\d.,]*[;:]?\s+[^\W\d_]{2}")


def between_dollars(text: str, start: int, end: int, begin: int) -> tuple[bool, str]:
    """Judge what is between the dollars at ``start - 1`` and ``end`` in a leaf that begins at ``begin``.

    Returns whether it is a formula, and what is wrong with it; empty when nothing is.
    """
    inner = text[start:end]
    if not inner or NO_BEGINNING.match(inner):
        return False, ""
    is_amount = start - 2 >= begin and text[start - 2].isdecimal()
    is_tex = TEX_SIGN.search(inner) is not None
    spaces = inner[0].isspace() + inner[-1].isspace()
    if (
        (text[end + 1 : end + 2].isdecimal() and not ONE_MACRO.fullmatch(inner))
        or (VARIABLE.match(text, end) and UNFINISHED.search(inner) and not HYPHENATED.match(text, start))
        or (is_amount and AFTER_AMOUNT.match(inner) and not LETTERS.fullmatch(inner))
        or (FULL_WIDTH_MARK.search(inner) and not (is_tex or "{" in inner))
        or (spaces and not is_tex and (PROSE.search(inner) or NEXT_PRICE.match(text, end)))
    ):
        return False, ""
    if spaces == 1:
        shown = _shown(inner)
        remedy = f"write `${shown.strip()}$` for a formula, or `\\$` for a dollar"
        return False, f"`${shown}$` has a space at one of its dollars only; {remedy}"
    if PRICE.match(inner) and not is_tex:
        remedy = "write `\\$` for a dollar, `\\text{…}` for words in TeX"
        return True, f"`${_shown(inner)}$` may be a formula or two prices; {remedy}"
    return True, ""


def _shown(inner: str) -> str:
    """What a message shows of a formula: its beginning, on one line."""
    return re.sub(r"\s+", " ", inner if len(inner) <= LONGEST_SHOWN else f"{inner[:LONGEST_SHOWN]}…")


def is_tex_in_brackets(
    inside: str, before: str, has_formula: Callable[[], bool], *, is_display: bool, is_alone: bool
) -> bool | None:
    r"""Whether what is between ``\(…\)`` or ``\[…\]`` is TeX rather than text in brackets; None: it may be either.

    ``before`` is what is before it in its line; ``has_formula``: whether a formula in round brackets is anywhere around
    it; ``is_alone``: nothing else is on its lines. Converters of web pages escape square brackets, some of them round
    ones as well: ``run\(x\)``, ``a\[i\]``.
    """
    is_glued, is_tex = GLUED.search(before) is not None, SURELY_TEX.search(inside) is not None
    if not any(sign.isalnum() for sign in inside) and not (is_glued and is_tex):
        return not (inside.strip() or is_glued) and (is_alone or not is_display)  # one forgotten; a box, three dots
    if SURELY_MARKDOWN.search(inside) and not re.search(r"\\[A-Za-z]{2}", inside):
        return False
    if is_glued and inside[0] not in "_^" and not re.search(r"\\[A-Za-z]", inside):
        return None if is_tex else False
    if is_tex or TERM.fullmatch(inside):
        return True
    if not is_display and PRODUCT.fullmatch(inside):
        return True if has_formula() else False if inside.isupper() and len(inside) > 2 else None
    if PROSE.search(re.sub(r"\\[A-Za-z]+(?:\{[^{}]*\})?", "", inside)):
        return None if "=" in inside and WORD.search(inside) else False
    is_number = NO_TERM.fullmatch(inside)
    if not is_display:
        return None if is_number and not before.strip() else True
    if inside[0].isspace() and inside[-1].isspace():
        return True
    if is_alone:
        return None if is_number else True
    return False if is_number else None
