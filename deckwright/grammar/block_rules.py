"""The rules by which markdown-it-py finds blocks: those of CommonMark, and what this grammar has on top.

A rule looks at the line ``start`` and returns whether a block of its kind begins there; unless it is asked
``silent``ly, it pushes the block's tokens and sets ``state.line`` after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, blockquote, code, fence, hr, html_block, list_block, reference
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_def

from deckwright.grammar.admonition_rule import admonition
from deckwright.grammar.block_types import Stretch
from deckwright.grammar.lines import line_of, text_of, unindented
from deckwright.grammar.table_rule import table
from deckwright.regex import regex

Rule = Callable[[StateBlock, int, int, bool], bool]
DEEPEST = 100
"""Levels at which markdown-it-py stops; ``too-deep`` is reported long before."""
INTERRUPTED = ["paragraph", "reference", "blockquote"]
INTERRUPTS: RuleOptionsType = {"alt": [*INTERRUPTED, "list"]}
"""The blocks that a block of ours may end."""
HEADING = regex(r"(#{1,6})(?:[ \t]+|$)")
MARKER = regex(r"(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]|$)")
UNDERLINE = regex(r"(=+|-+)[ \t]*$")
CALLOUT = regex(
    r"\[!(?:[ \t]*(?P<type>[\w-]+?)(?:-#\w+|:?[ \t]*)(?:\|[^\[\]]*)?\]|(?P<own>[^|\[\]\n]+)\](?=[+-]?[ \t]*$))"
    r"(?P<fold>[+-]?)[ \t]*(?P<title>.*)$"
)
"""What follows a ``|`` is Obsidian's, for CSS; a type of more than a word is its title, too."""
ENVIRONMENT = (
    r"(?:(?:fl)?align|aligned|x{0,2}alignat|alignedat|(?:sub)?array|d?r?cases|equation|gather|[lr]?gathered|multlined?|split|"
    r"CD|[bBpvV]?(?:small)?matrix|eqnarray|(?:sub)?numcases)\*?"
)
"""What MathJax knows of those that make a formula of their own, or are written so."""
OPENER = regex(rf"(`+)(?!`).*?(?<!`)\1(?!`)|\\\\|\\\$|(?P<open>\$\$|\\\[|\\begin\{{(?P<name>{ENVIRONMENT})\}})")


@cache
def block_parser() -> MarkdownIt:
    """markdown-it-py with the rules of this grammar. Links stay as they are written: what they mean is judged later."""
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST})
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.use(footnote_plugin, inline=False, move_to_end=False).use(deflist_plugin)
    ruler = parser.block.ruler
    for name, signs, rule, interrupted in STOCK_RULES:
        ruler.at(name, _beginning_with(signs, rule), {"alt": interrupted})
    stock = dict(zip(ruler.get_active_rules(), ruler.getRules(""), strict=True))
    ruler.at("deflist", _terms(stock["deflist"]), {"alt": INTERRUPTED})
    ruler.at("code", _located(code))
    ruler.at("heading", _heading, INTERRUPTS)
    ruler.disable("lheading")
    ruler.at("paragraph", _paragraph)
    ruler.before("code", "table", table, {"alt": ["paragraph", "reference"]})
    ruler.before("table", "text", _text_paragraph)
    ruler.before("fence", "admonition", admonition, INTERRUPTS)
    ruler.before("fence", "comment", _comment, INTERRUPTS)
    return parser


def _beginning_with(signs: str, rule: Rule) -> Rule:
    """A rule that is asked only of lines that begin with one of the signs."""

    def asked(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        at = state.bMarks[start] + state.tShift[start]
        return state.src[at : at + 1] in signs and rule(state, start, end, silent)

    return asked


def _terms(rule: Rule) -> Rule:
    """Definition lists by ``:`` alone: to other readers ``~ 70 GB`` is "about"."""

    def asked(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        line = start if silent else start + 1  # silently it is asked whether another definition ends this one
        while line < end and state.isEmpty(line):
            line += 1
        return line < end and text_of(state, line).startswith(":") and rule(state, start, end, silent)

    return asked


def _located(rule: Rule) -> Rule:
    """A stock rule that makes one leaf, whose token then knows where its lines are."""

    def located(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not rule(state, start, end, silent):
            return False
        if not silent and (token := state.tokens[-1]).map:
            token.meta = {"lines": [unindented(state, line) for line in range(*token.map)]}
        return True

    return located


STOCK_RULES: Sequence[tuple[str, str, Rule, list[str]]] = (
    ("fence", "`~", _located(fence), [*INTERRUPTED, "list"]),
    ("blockquote", ">", blockquote, [*INTERRUPTED, "list"]),
    ("hr", "*-_", hr, [*INTERRUPTED, "list"]),
    ("list", "-+*0123456789", list_block, INTERRUPTED),
    ("html_block", "<", _located(html_block), INTERRUPTED),
    ("reference", "[", reference, []),
    ("footnote_def", "[", footnote_def, ["paragraph", "reference"]),
)
"""Name, what a line of the block begins with, rule, and the blocks that it may end."""


class LeafToken:
    """Where a leaf is, with what lists ask of a token: making a whole one takes five times as long."""

    __slots__ = ("content", "hidden", "level", "map", "meta", "nesting", "type")

    def __init__(self, state: StateBlock, name: str, lines: Sequence[Stretch], first: int, last: int) -> None:
        self.type, self.nesting, self.level, self.hidden, self.content = name, 0, state.level, False, ""
        self.map = [first, last]
        self.meta: dict[str, Any] = {"lines": lines}


def push_leaf(state: StateBlock, name: str, lines: Sequence[Stretch], first: int, last: int, **meta: str) -> LeafToken:
    """Push the token of a leaf that covers the lines ``first`` up to ``last``."""
    token = LeafToken(state, name, lines, first, last)
    token.meta |= meta
    state.tokens.append(token)  # type: ignore[arg-type]
    return token


def _push_paragraph(state: StateBlock, lines: Sequence[Stretch], first: int, last: int) -> None:
    """Push a paragraph three times, as a tight list hides the first and the third token of one."""
    state.tokens += [LeafToken(state, "paragraph_open", lines, first, last)] * 3  # type: ignore[list-item]


def _is_text(state: StateBlock, line: int, end: int) -> bool:
    """Whether a line surely begins no block but a paragraph: it begins with a letter, and is not a row of a table."""
    start = state.bMarks[line] + state.tShift[line]
    if not state.src[start].isalpha() or state.src.find("|", start, state.eMarks[line]) >= 0:
        return False
    below = line + 1
    while below < end and state.isEmpty(below):
        below += 1
    return below >= end or state.src[state.bMarks[below] + state.tShift[below]] != ":"


def _text_paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A paragraph that is known by its first character: trying a dozen rules takes a third of parsing."""
    if state.sCount[start] - state.blkIndent >= 4 or not _is_text(state, start, end):
        return False
    return _paragraph(state, start, end, silent)


def _heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """``# text``, with the closing signs taken off as CommonMark says: only after a space."""
    first, last = line_of(state, start)
    if state.src[first] != "#" or state.is_code_block(start):
        return False
    match = HEADING.match(state.src, first, last)
    if match is None or silent:
        return match is not None
    begin = match.end()
    text = state.src[begin:last].rstrip()
    bare = text.rstrip("#")
    if bare != text and (not bare or bare[-1] in " \t"):
        text = bare.rstrip()
    state.line = start + 1
    push_leaf(state, "heading", [(begin, begin + len(text))], start, start + 1, level=str(len(match[1])))
    return True


def _paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lines up to a blank one or to another block; a formula in display goes on whatever its lines begin with."""
    outer, state.parentType = state.parentType, "paragraph"
    terminators = state.md.block.ruler.getRules("paragraph")
    end = start + 1 if _begins_callout(state, start, end) else end
    line, within, underline = start + 1, _formula_end(state, start, end), None
    while line < end and not state.isEmpty(line):
        if line > within:
            if state.sCount[line] >= 0 and state.sCount[line] - state.blkIndent <= 3:
                if state.sCount[line] >= state.blkIndent and (underline := UNDERLINE.match(text_of(state, line))):
                    break
                if not _is_text(state, line, end) and any(rule(state, line, end, True) for rule in terminators):
                    break
            within = _formula_end(state, line, end)
        line += 1
    state.parentType = outer
    lines = [line_of(state, each) for each in range(start, line)]
    lines[-1] = lines[-1][0], lines[-1][0] + len(state.src[slice(*lines[-1])].rstrip())
    if underline is None:
        state.line = line
        _push_paragraph(state, lines, start, line)
    else:
        state.line = line + 1
        heading = push_leaf(state, "heading", lines, start, line + 1, level="1" if underline[1][0] == "=" else "2")
        heading.meta |= {"mark": "underlined", "underline": line_of(state, line)[0]}
    return True


def _begins_callout(state: StateBlock, line: int, end: int) -> bool:
    """Whether a line is the title of a callout whose text, on lines of the same quote, is blocks of its own."""
    if not state.src.startswith("[!", state.bMarks[line] + state.tShift[line]) or line + 1 >= end:
        return False
    is_first = bool(state.tokens) and state.tokens[-1].type == "blockquote_open"
    return is_first and state.sCount[line + 1] >= 0 and CALLOUT.match(text_of(state, line)) is not None


def _formula_end(state: StateBlock, line: int, end: int) -> int:
    """The line on which a formula in display ends that begins on ``line``; ``line`` itself when none goes on."""
    text, at = text_of(state, line), 0
    if "$$" not in text and "\\[" not in text and "\\begin{" not in text:
        return line
    while match := OPENER.search(text, at):
        at = match.end()
        if not match["open"]:
            continue
        mark = {"$$": "$$", "\\[": "\\]"}.get(match["open"]) or f"\\end{{{match['name']}}}"
        closed, last = text.find(mark, at), line
        while closed < 0:
            last += 1
            if last >= end or state.isEmpty(last) or _begins_other(state, last):
                return line
            text = text_of(state, last)
            closed = text.find(mark)
        line, at = last, closed + len(mark)
    return line


def _begins_other(state: StateBlock, line: int) -> bool:
    """Whether a line begins a heading, or the next item of the list that the paragraph is in."""
    text = text_of(state, line)
    return bool(HEADING.match(text) or (state.sCount[line] < state.blkIndent and MARKER.match(text)))


def _comment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """``%%`` up to ``%%``, on lines of their own."""
    first, _ = line_of(state, start)
    if not state.src.startswith("%%", first) or state.is_code_block(start):
        return False
    line, at = start, first + 2
    while (closing := state.src.find("%%", at, state.eMarks[line])) < 0:
        line += 1
        if line >= end or (state.sCount[line] < state.blkIndent and not state.isEmpty(line)):
            return False  # as text, in which the scanner looks for the end once more
        at = state.bMarks[line]
    if state.src[closing + 2 : state.eMarks[line]].strip():
        return False
    if not silent:
        token = state.push("comment", "", 0)
        token.map, token.meta = [start, line + 1], {"lines": [(first, closing + 2)]}
        state.line = line + 1
    return True
