"""The rules by which markdown-it-py finds blocks: those of CommonMark, and what this grammar has on top.

A rule looks at the line ``start`` and returns whether a block of its kind begins there; unless it is asked
``silent``ly, it pushes the block's tokens and sets ``state.line`` after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from deckwright.grammar.admonition_rule import admonition
from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.lines import line_of, push_leaf, push_paragraph, text_of, unindented, without_closing_signs
from deckwright.grammar.table_rule import table
from deckwright.regex import regex

Rule = Callable[[StateBlock, int, int, bool], bool]
DEEPEST = 100
"""Levels at which markdown-it-py stops; ``too-deep`` is reported long before."""
TEXT = ("paragraph", "reference")
QUOTES = (*TEXT, "blockquote")
ALL = (*QUOTES, "list")
"""The blocks that a block may end, by the names that markdown-it-py asks for."""
HEADING = regex(r"(#{1,6})(?:[ \t]+|$)")
MARKER = regex(r"(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]|$)")
UNDERLINE = regex(r"(=+|-+)[ \t]*$")
CALLOUT = regex(
    r"\[!(?:[ \t]*(?P<type>[\w-]+?)(?:-#\w+|:?[ \t]*)(?:\|[^\[\]]*)?\]|(?P<own>[^|\[\]\n]+)\](?=[+-]?[ \t]*$))"
    r"(?P<fold>[+-]?)[ \t]*(?P<title>.*?)\\?$"
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
    rules = _rules(dict(zip(ruler.get_active_rules(), ruler.getRules(""), strict=True)))
    parser.block.ruler = Ruler()
    parser.block.ruler.push("code", _asking(rules))  # by this name markdown-it-py knows that there is code
    for name in ALL:
        parser.block.ruler.push(name, _asking([rule for rule in rules if name in rule[2]]), {"alt": [name]})
    return parser


def _rules(stock: dict[str, Rule]) -> list[tuple[str, Rule, Sequence[str]]]:
    """What a line of a block begins with (any sign if empty), the rule, and the blocks that it may end."""
    return [
        ("", table, TEXT),
        ("", _leaf(BlockKind.CODE, stock["code"]), ()),
        ("!?:", admonition, ALL),
        ("%", _comment, ALL),
        ("`~", _leaf(BlockKind.CODE, stock["fence"]), ALL),
        (">", stock["blockquote"], ALL),
        ("*-_", _leaf(BlockKind.RULE, stock["hr"]), ALL),
        ("-+*0123456789", stock["list"], QUOTES),
        ("[", stock["footnote_def"], TEXT),
        ("[", stock["reference"], ()),
        ("<", _leaf(BlockKind.HTML, stock["html_block"]), QUOTES),
        ("#", _heading, ALL),
        ("", _terms(stock["deflist"]), QUOTES),
        ("", _paragraph, ()),
    ]


def _asking(rules: Sequence[tuple[str, Rule, Sequence[str]]]) -> Rule:
    """A rule that asks those which a line may begin a block of, by its first sign."""
    signs = {sign for begins, _, _ in rules for sign in begins}
    by_sign = {sign: [rule for begins, rule, _ in rules if not begins or sign in begins] for sign in signs}
    others = [rule for begins, rule, _ in rules if not begins]

    def asking(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        sign = state.src[state.bMarks[start] + state.tShift[start]]
        for rule in by_sign.get(sign, others):  # noqa: SIM110 - called for each line, and ``any`` takes twice as long
            if rule(state, start, end, silent):
                return True
        return False

    return asking


def _terms(rule: Rule) -> Rule:
    """Definition lists by ``:`` alone: to other readers ``~ 70 GB`` is "about"."""

    def asked(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        line = start if silent else start + 1  # silently it is asked whether another definition ends this one
        while line < end and state.isEmpty(line):
            line += 1
        return line < end and text_of(state, line).startswith(":") and rule(state, start, end, silent)

    return asked


def _leaf(kind: BlockKind, rule: Rule) -> Rule:
    """A stock rule that makes one leaf, as a block of ours."""

    def leaf(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not rule(state, start, end, silent):
            return False
        if not silent:
            token, last = state.tokens.pop(), state.line
            lines = [] if kind is BlockKind.RULE else [unindented(state, line) for line in range(start, last)]
            block = push_leaf(state, kind, lines, start, last)
            if kind is BlockKind.CODE:
                block.info, block.text = token.info.strip(), token.content.removesuffix("\n")
                block.mark = token.markup
                block.is_whole = not token.markup or last - start - 1 > token.content.count("\n")
        return True

    return leaf


def _heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """``# text``."""
    first, last = line_of(state, start)
    match = HEADING.match(state.src, first, last)
    if match is None or state.is_code_block(start):
        return False
    if silent:
        return True
    begin = match.end()
    end_of_text = begin + len(without_closing_signs(state.src[begin:last]))
    state.line = start + 1
    heading = push_leaf(state, BlockKind.HEADING, [(begin, end_of_text)], start, start + 1)
    heading.info = str(len(match[1]))
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
                if any(rule(state, line, end, True) for rule in terminators):
                    break
            within = _formula_end(state, line, end)
        line += 1
    state.parentType = outer
    lines = [line_of(state, each) for each in range(start, line)]
    lines[-1] = lines[-1][0], lines[-1][0] + len(state.src[slice(*lines[-1])].rstrip())
    if underline is None:
        state.line = line
        push_paragraph(state, lines)
    else:
        state.line = line + 1
        heading = push_leaf(state, BlockKind.HEADING, lines, start, line + 1)
        heading.info, heading.mark = "1" if underline[1][0] == "=" else "2", "underlined"
        heading.end = line_of(state, line)[0]
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
        push_leaf(state, BlockKind.COMMENT, [(first, closing + 2)], start, line + 1)
        state.line = line + 1
    return True
