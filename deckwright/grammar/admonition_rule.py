"""Admonitions (boxes with a title) as MkDocs, Docusaurus, Pandoc and Quarto write them: a rule for markdown-it-py."""

from __future__ import annotations

from typing import NamedTuple

from markdown_it.rules_block import StateBlock

from deckwright.grammar.block_types import Block, BlockKind, Stretch
from deckwright.grammar.lines import line_of, push_leaf, start_of, text_of
from deckwright.regex import regex

INDENTED = regex(r'(?P<mark>!!!|\?\?\?\+?)[ \t]*(?P<type>[\w-]+)?(?:[ ]+[\w-]+)*(?:[ \t]*"(?P<title>.*)")?[ \t]*$')
FENCED = regex(
    r"(?P<mark>:{3,})[ \t]*(?:(?P<type>[\w-]+)(?:\[(?P<label>.*)\])?|(?=\{))(?:[ \t]*\{(?P<attributes>[^{}]*)\})?"
    r"(?:[ \t]+(?P<title>(?!:::)\S.*?))?(?:[ \t]+:{3,})?[ \t]*$"
)
CLASS = regex(r"(?<![^\s{])\.?(?P<type>[A-Za-z][\w-]*)(?![^\s}])")
TITLE = regex(r"""(?<![^\s{])title=(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')""")
COLLAPSE = regex(r"""(?<![^\s{])collapse=["']?(?P<value>true|false)\b""")
HEADING = regex(r"#{1,6}[ \t]+(?P<title>\S.*?)(?:[ \t]+#+)?[ \t]*$")
DIVIDING = regex(r"#{1,3}[ \t]")
FOLDS = {"???": "-", "???+": "+", "true": "-", "false": "+"}
QUARTO = "callout-"
"""Begins the types of Quarto."""


class _Opening(NamedTuple):
    """What the first line of an admonition says."""

    mark: str
    type: str
    fold: str
    title: Stretch | None
    """Where its title is; without one its type is the title, an empty one (``""``) shows none."""
    has_heading: bool = False
    """A heading that its text begins with is its title, as Quarto has it."""


def admonition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """``!!! type "title"`` over indented lines, the same with ``???``, and ``:::type title`` up to ``:::``."""
    if state.is_code_block(start):
        return False
    opening = _fenced(state.src, *line_of(state, start)) or _indented(state, start, end)
    if opening is None or silent:
        return opening is not None
    is_fenced = opening.mark[0] == ":"
    if is_fenced:
        body, is_whole = _fenced_end(state, start, end, len(opening.mark))
    else:
        body, is_whole = _indented_end(state, start, end, has_title=bool(opening.title))
    begin, title = _headed(state, start + 1, body) if opening.has_heading else (start + 1, opening.title)
    token = state.push("admonition_open", "div", 1)
    token.meta["block"] = Block(
        *(BlockKind.ADMONITION, start_of(state, start), state.eMarks[body - 1]),
        info=opening.type,
        mark=opening.fold,
        is_whole=is_whole,
    )
    if title:
        push_leaf(state, BlockKind.TITLE, [title], start, begin)
    outer = state.blkIndent, state.lineMax, state.parentType
    state.blkIndent += 0 if is_fenced else 4
    state.lineMax, state.parentType = body, "admonition"
    state.md.block.tokenize(state, begin, body)
    state.blkIndent, state.lineMax, state.parentType = outer
    state.push("admonition_close", "div", -1)
    state.line = body + 1 if is_fenced and is_whole else body
    return True


def _indented(state: StateBlock, start: int, end: int) -> _Opening | None:
    """``!!! type "title"``; with no space, or without a type, only over indented lines: ``???`` may be a question."""
    match = INDENTED.match(state.src, *line_of(state, start))
    if match is None or not (match["type"] or match["title"]):
        return None
    is_sure = match["type"] and state.src[match.end("mark")] in " \t"
    if not is_sure and not _indented_end(state, start, end, has_title=False)[1]:
        return None
    title = match.span("title") if match["title"] is not None else None
    return _Opening(match["mark"], match["type"] or "note", FOLDS.get(match["mark"], ""), title)


def _fenced(text: str, start: int, end: int) -> _Opening | None:
    """``:::type Title``, ``:::type[Title]``, ``:::type{title="Title"}``, ``::: {.type title="Title"}``."""
    match = FENCED.match(text, start, end)
    if match is None:
        return None
    attributes = match.span("attributes")
    type_ = match if match["type"] else CLASS.search(text, *attributes)
    if type_ is None:
        return None
    named = TITLE.search(text, *attributes)
    spans = [match.span("label"), match.span("title"), *([named.span("double"), named.span("single")] if named else [])]
    collapse = COLLAPSE.search(text, *attributes)
    title = next((span for span in spans if span[0] >= 0), None)
    name = type_["type"]
    fold = FOLDS[collapse["value"]] if collapse else "-" * (name == "details")
    return _Opening(match["mark"], name.removeprefix(QUARTO), fold, title, not title and name.startswith(QUARTO))


def _headed(state: StateBlock, line: int, end: int) -> tuple[int, Stretch | None]:
    """The line on which the text begins that is under a heading, and where that one's text is."""
    while line < end and state.isEmpty(line):
        line += 1
    heading = HEADING.match(state.src, *line_of(state, line)) if line < end else None
    return (line + 1, heading.span("title")) if heading else (line, None)


def _fenced_end(state: StateBlock, start: int, end: int, width: int) -> tuple[int, bool]:
    """The line that closes an admonition, and whether it is closed: else it ends before the next heading."""
    open_ = [width]
    lines = range(start + 1, end)
    outside = (line for line in lines if state.sCount[line] < state.blkIndent and not state.isEmpty(line))
    stop = next(outside, end)
    for line in range(start + 1, stop):
        first, last = line_of(state, line)
        if not state.src.startswith(":::", first):
            continue
        colons = text_of(state, line).rstrip()
        if colons.strip(":"):
            open_ += [len(opening.mark)] if (opening := _fenced(state.src, first, last)) else []
        elif len(colons) >= open_[-1]:
            open_.pop()
            if not open_:
                return line, True
    headings = (line for line in range(start + 1, stop) if DIVIDING.match(state.src, *line_of(state, line)))
    return next((line for line in headings if not state.is_code_block(line)), stop), False


def _indented_end(state: StateBlock, start: int, end: int, *, has_title: bool) -> tuple[int, bool]:
    """The line after the indented ones under ``start`` and the blank ones among them, and whether they are all.

    They are not where there are none and text follows at once; without a title there has to be one.
    """
    line = start + 1
    while line < end and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent + 4):
        line += 1
    has_text = any(not state.isEmpty(each) for each in range(start + 1, line))
    return line, has_text or (has_title and not (line == start + 1 and _is_text(state, line, end)))


def _is_text(state: StateBlock, line: int, end: int) -> bool:
    """Whether a line would go on a paragraph above it."""
    if line >= end or state.isEmpty(line) or state.sCount[line] < state.blkIndent:
        return False
    return not any(rule(state, line, end, True) for rule in state.md.block.ruler.getRules("paragraph"))
