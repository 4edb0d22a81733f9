"""Backslashes, code and formulas inside a leaf."""

from __future__ import annotations

import bisect
import functools
import re

from deckwright.grammar.block_rules import ENVIRONMENT
from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.pieces import PieceKind
from deckwright.grammar.scanner import CLOZE, CORRECT_CLOZE, Scanner
from deckwright.grammar.tex_or_text import SURELY_INLINE, between_dollars, is_tex_in_brackets
from deckwright.regex import regex

PLACEHOLDERS = range(0xF0000, 0xFFFFE)
"""Private-use characters that stand for pieces while a leaf is rendered; one in a source is a piece itself."""
LONGEST_FORMULA = 5_000
NOT_TICK = regex("[^`]")
TICKS = regex("`+")
MARK = regex(r"\\.|\$\$", re.DOTALL)
DOLLAR = regex(r"\\(?:text\w*|mbox|hbox|ce|pu)\s*\{|\\.|[${}]", re.DOTALL)
BEGIN = regex(rf"\\begin\{{({ENVIRONMENT})\}}")
OTHER_TEX = regex(r"\\(?!end\{)[A-Za-z]{2,}\*?\{")
"""A macro of TeX with an argument, which nothing but a formula holds."""
UNENDED = regex(r"(?<!\w\$)(?:\\[A-Za-z]{2,}(?![\w\\/{])|[A-Za-z]{1,2}\^[\w({\\]|[A-Za-z]_\{)")
"""What follows a ``$`` that is surely no dollar."""
DOUBLED = regex(r"\\\\[(\[](?!\d).*?\\\\[)\]]", re.DOTALL)
OLD_FORMULA = regex(r"\[(\$\$?|latex)\](.*?)\[/\1\]|<anki-mathjax[^>]*>(.*?)</anki-mathjax>", re.DOTALL)
CHANGED_WORD = regex(r"\\\][A-Za-z]")
"""What ends ``\\[T\\]he``, a word that was changed in a quotation."""


def on_escape(scanner: Scanner, start: int) -> None:
    """Take a backslash: an escaped sign, or the beginning of TeX."""
    character = scanner.text[start + 1 : start + 2] if start + 1 < scanner.end else ""
    if character in ("", "\n"):
        return
    if start < scanner.code_until and character not in "$&":
        scanner.position = start + 2
        return
    if character in "$&" or (scanner.clozes and character in "}:") or ord(character) in PLACEHOLDERS:
        scanner.add(PieceKind.ESCAPE, start, start + 2, character)
    elif character in "([":
        _take_escaped_bracket(scanner, start, character)
    elif character == "b" and (begin := BEGIN.match(scanner.text, start, scanner.end)):
        _take_environment(scanner, start, begin)
    elif other := OTHER_TEX.match(scanner.text, start, scanner.end):
        _report_tex(scanner, start, other[0])
    elif character == "\\" and DOUBLED.match(scanner.text, start, scanner.end):
        message = f"one backslash too many: write `\\{scanner.text[start + 2]}` to begin a formula"
        scanner.report("unclosed-formula", start, message)
        scanner.position = start + 3
    elif character in ")]":
        scanner.add(PieceKind.ESCAPE, start, start + 2, character)
    else:
        scanner.position = start + 2


def _take_escaped_bracket(scanner: Scanner, start: int, character: str) -> None:
    r"""``\(…\)`` and ``\[…\]`` are formulas; around words they are brackets, as Markdown has it."""
    opening, closing = f"\\{character}", "\\)" if character == "(" else "\\]"
    body = start + 2
    end = _formula_end(scanner, body, closing)
    bracket = scanner.text.find(closing[1], body, scanner.end)
    if end is None and bracket < 0:
        _take_formula(scanner, start, opening, closing)
        return
    written = scanner.text[body : bracket if end is None else end]
    inside = CORRECT_CLOZE.sub("", written).replace("}}", "") if "{{c" in written else written
    is_alone = end is not None and _is_alone(scanner, start, end + 2)
    before = _before_in_line(scanner, start)
    has_formula = functools.partial(_has_formula, scanner)
    is_tex = is_tex_in_brackets(inside, before, has_formula, is_display=character == "[", is_alone=is_alone)
    if is_tex is None and character == "(" and inside != written:
        is_tex = True  # as Anki writes it; nobody escapes round brackets around a gap
    elif is_tex is None and end is not None and CHANGED_WORD.match(scanner.text, end):
        is_tex = False
    if is_tex is False or (is_tex is None and end is None):
        scanner.add(PieceKind.ESCAPE, start, body, character)
    elif is_tex is None:
        shown = " ".join(written.split())
        message = (
            f"`{opening}{shown}{closing}` may be a formula or brackets; write `${shown}$`, "
            f"or `{character}{shown}{closing[1]}`"
        )
        scanner.report("unclosed-formula", start, message)
        scanner.position = body
    else:
        _take_formula(scanner, start, opening, closing)


def _has_formula(scanner: Scanner) -> bool:
    """Whether what is in round brackets is surely a formula somewhere in the leaf; searched once at most."""
    if scanner.has_formula is None:
        scanner.has_formula = SURELY_INLINE.search(scanner.text, scanner.begin, scanner.end) is not None
    return scanner.has_formula


def _before_in_line(scanner: Scanner, start: int) -> str:
    return scanner.text[max(scanner.begin, scanner.text.rfind("\n", 0, start) + 1) : start]


def _is_alone(scanner: Scanner, start: int, end: int) -> bool:
    """Whether nothing but this stretch is on its lines."""
    last = scanner.text.find("\n", end, scanner.end)
    after = scanner.text[end : scanner.end if last < 0 else last]
    return not _before_in_line(scanner, start).strip() and not after.strip(" \t.,;，。；")


def _report_tex(scanner: Scanner, start: int, macro: str) -> None:
    """Report TeX outside of a formula, unless what is wrong is that one before it is not closed."""
    scanner.position = start + len(macro)
    if scanner.unclosed:
        return
    if macro.startswith("\\begin{"):
        name = scanner.text[start + 7 : scanner.end].partition("}")[0]
        message = (
            f"`\\begin{{{name}}}` is LaTeX that a card cannot show; write it in Markdown, or put it into backticks"
        )
    else:
        message = f"`{macro}` is TeX outside of a formula; write it between dollars, or put it into backticks"
    scanner.report("unclosed-formula", start, message)


def _take_environment(scanner: Scanner, start: int, begin: re.Match[str]) -> None:
    r"""``\begin{align}…\end{align}`` is a formula in display, with or without dollars around it."""
    marks = re.compile(rf"\\(begin|end)\{{{re.escape(begin[1])}\}}")
    depth = 0
    for mark in marks.finditer(scanner.text, start, scanner.end):
        depth += 1 if mark[1] == "begin" else -1
        if depth == 0:
            _add_formula(scanner, PieceKind.DISPLAY, start, mark.end(), 0)
            return
    message = f"`\\begin{{{begin[1]}}}` is not closed with `\\end{{{begin[1]}}}` in this paragraph"
    scanner.report("unclosed-formula", start, message)
    scanner.position = begin.end()


def on_tick(scanner: Scanner, start: int) -> None:
    """Take backticks: a code span, when others close it."""
    match = NOT_TICK.search(scanner.text, start, scanner.end)
    scanner.position = match.start() if match else scanner.end
    width = scanner.position - start
    end = _code_end(scanner, start, width)
    if end is None:
        return
    inner = scanner.text[start + width : end - width].replace("\n", " ")
    if scanner.kind is BlockKind.CELL:
        inner = inner.replace("\\|", "|")
    if inner.startswith(" ") and inner.endswith(" ") and inner.strip():
        inner = inner[1:-1]
    scanner.add(PieceKind.CODE, start, end, inner, start + width)
    scanner.add_deletions(start + width, end - width, CORRECT_CLOZE)


def _code_end(scanner: Scanner, start: int, width: int) -> int | None:
    """Where the code span that opens at ``start`` ends; None when it is not a code span."""
    if scanner.ticks is None:
        scanner.ticks = {}
        for match in TICKS.finditer(scanner.text, start, scanner.end):
            scanner.ticks.setdefault(len(match[0]), []).append(match.end())
    ends = scanner.ticks.get(width, [])
    index = bisect.bisect_left(ends, start + 2 * width)
    return ends[index] if index < len(ends) else None


def on_dollar(scanner: Scanner, start: int) -> None:
    """Take a dollar: a formula, or money."""
    if start < scanner.code_until:
        return
    if scanner.text.startswith("$$", start):
        _take_formula(scanner, start, "$$", "$$")
        return
    if scanner.text.startswith("$`", start) and (close := scanner.text.find("`$", start + 2, scanner.end)) >= 0:
        _add_formula(scanner, PieceKind.FORMULA, start, close + 2, 2)  # as GitHub has it
        return
    end = _dollar_end(scanner, start + 1)
    if end is not None:
        _add_formula(scanner, PieceKind.FORMULA, start, end + 1, 1)


def _dollar_end(scanner: Scanner, start: int) -> int | None:
    r"""The ``$`` that closes the formula begun before ``start``, or None when that ``$`` is a dollar.

    One inside of ``\text{…}`` or ``\ce{…}`` belongs to that, where another one follows after it.
    """
    position, depth, group, first = None, 0, 0, None
    for mark in DOLLAR.finditer(scanner.text, start, min(scanner.end, start + LONGEST_FORMULA)):
        if mark[0] == "$":
            first = mark.start() if first is None else first
            if not group:
                position = mark.start()
                break
        elif mark[0][-1] == "{" and mark[0] != "\\{":
            depth += 1
            group = group or (depth if len(mark[0]) > 1 else 0)
        elif mark[0] == "}":
            group = 0 if depth == group else group
            depth -= 1
            if depth < 0 and scanner.clozes:  # the end of a deletion
                first = None
                break
    position = first if position is None else position
    if position is None and UNENDED.match(scanner.text, start, scanner.end):
        message = "`$` opens a formula that no `$` closes in this paragraph; close it, or write `\\$` for a dollar"
        scanner.report("unclosed-formula", start - 1, message)
    return position if position is not None and _is_formula(scanner, start, position) else None


def _is_formula(scanner: Scanner, start: int, end: int) -> bool:
    """Whether what is between two dollars is a formula; what may be one is reported."""
    for ticks in TICKS.finditer(scanner.text, start, end):
        code = _code_end(scanner, ticks.start(), len(ticks[0]))
        if code is not None and code > end:
            return False
    is_formula, fault = between_dollars(scanner.text, start, end, scanner.begin)
    if fault:
        scanner.report("unclosed-formula", start - 1, fault)
        scanner.position = end + 1
    return is_formula


def _take_formula(scanner: Scanner, start: int, opening: str, closing: str) -> None:
    """A formula between two-character marks."""
    body = start + len(opening)
    end = _formula_end(scanner, body, closing)
    if end is None:
        has_blank_line = scanner.text.startswith("\n\n", scanner.end) and scanner.follows(closing)
        message = (
            f"`{opening}` opens a formula that no `{closing}` closes in this paragraph; "
            + "remove the blank line in it, " * has_blank_line
            + "close it, or "
            + ("put a literal one into backticks" if opening == "$$" else "remove the backslash for a bracket")
        )
        scanner.report("unclosed-formula", start, message, until=closing if has_blank_line else "")
        scanner.position = body
        return
    kind = PieceKind.FORMULA if opening == "\\(" else PieceKind.DISPLAY
    _add_formula(scanner, kind, start, end + 2, 2)


def _formula_end(scanner: Scanner, body: int, closing: str) -> int | None:
    """Where ``closing`` is in the text; searched without a match once at most."""
    if closing in scanner.unclosed:
        return None
    for match in MARK.finditer(scanner.text, body, scanner.end):
        if match[0] == closing:
            return match.start()
    scanner.unclosed.add(closing)
    return None


def _add_formula(scanner: Scanner, kind: PieceKind, start: int, end: int, width: int) -> None:
    tex = scanner.text[start + width : end - width]
    if not tex.strip():
        scanner.report("empty-formula", start, "this formula is empty; fill it, or write `\\$` for a dollar")
    if scanner.kind is BlockKind.CELL:
        tex = tex.replace("\\|", "|")
    scanner.add(kind, start, end, tex, start + width)
    scanner.add_deletions(start + width, end - width, CLOZE)


def take_old_formula(scanner: Scanner, start: int) -> bool:
    """Report a formula in one of Anki's older forms; return whether there is one."""
    match = OLD_FORMULA.match(scanner.text, start, scanner.end)
    if match:
        tex = (match[2] or match[3] or "").strip()
        scanner.report(
            "unclosed-formula", start, f"`{match[0][:40]}` is a formula in an older form; write `${tex[:40]}$`"
        )
        scanner.position = match.end()
    return match is not None
