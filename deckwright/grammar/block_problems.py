"""What is wrong with the blocks of a file: what is never closed, headings that begin no note, markers of a merge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from deckwright.grammar.block_types import Block, BlockKind
from deckwright.grammar.scanner import Fault
from deckwright.regex import regex

MAX_DEPTH = 12
"""Levels of lists and quotes; no reader follows deeper ones."""
NOT_SHOWN = "\u00a0\u00ad\u034f\u061c\u1680\u180e\u2000-\u200f\u202a-\u202f\u205f-\u206f\u3000\ufeff"
"""Spaces that are not spaces to Markdown, and invisible characters, for a set of a pattern."""
GLUED_HEADING = regex(r"#{1,6}(?=[^ \t\n#])|＃{1,6}")
HASH_TAGS = regex(r"#(?!#)[^\s#]+(?:[ \t]+#[^\s#]+)*[ \t]*$")
HIDDEN_HEADING = regex(rf"[{NOT_SHOWN}][{NOT_SHOWN} \t]*(?=#{{1,6}}[ \t])")
DIVIDING = regex(r"[ ]{0,3}(#{1,3})[ \t]+[^\s#]")
"""A line that would divide the file if it were a heading."""
LOOKS_LIKE_HEADING = regex(
    rf"^(?:#{{1,6}}[^ \t\n#]|＃|[ \t>]+#{{1,3}}[ \t])|[{NOT_SHOWN}][ \t]*#{{1,6}}[ \t]", re.MULTILINE
)
"""In a file without it no line is like those above, headings aside."""
PART = regex(r"^[ ]{0,3}#{2,3}[ \t]+[^\s#]", re.MULTILINE)
NAMED_QUESTION = regex(r"[ \t]*(#{2,3})[ \t].*\{#[a-z0-9-]+[^{}\n]*\}[ \t]*$", re.MULTILINE)
VERBATIM = regex(r"<(pre|code|script|style|textarea)\b.*?(?:</\1>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE)
"""What in HTML may hold lines with ``#`` that are meant."""
HTML_ENDS = (("<?", "`?>`"), ("<![CDATA[", "`]]>`"), ("<!", "`>`"))
"""How HTML begins that goes on over blank lines, and where it ends."""
INNER_COMMENT = regex(r"\n[ \t]*(?=<!--)")
"""Where a line begins a comment."""
OPEN_PERCENTS = regex("%%(?!%)")
BOX = regex(r"(?:[ \t>*+-]|[0-9]{1,9}[.)])*(?P<mark>:{3,}|!!!|\?\?\?\+?)")
"""The mark of an admonition, in its line."""
PLUGIN_BOX = regex(r"ad-(?P<type>[\w-]+)|\{(?P<directive>note|tip|hint|important|warning|caution|danger)\}")
"""What the info of a fence is that is a box to Obsidian's Admonition plugin, or to MyST."""
MERGE_MARKER = regex(
    r"^[ \t]*(?:(?:>|[*+-]|[0-9]{1,9}[.)])[ \t]+)*(?P<sure><{7}(?: .*)?|>{7} .*|\|{7} [\w/.-]+)$"
    r"|^\|{7}(?: .*)?$|^(?P<middle>={7})$",
    re.MULTILINE,
)


def block_faults(text: str, blocks: Sequence[Block]) -> Iterator[Fault]:
    """What is wrong with the blocks themselves, whose pieces are found."""
    markers = [*_merge_markers(text, blocks)]
    offsets = {marker.offset for marker in markers}
    yield from markers
    # A marker that makes a heading of the text above is told of once: a blank line before it would only hide it.
    yield from (fault for fault in _faults(text, blocks) if fault.offset not in offsets)


def _faults(text: str, blocks: Sequence[Block]) -> Iterator[Fault]:
    """What is wrong with the blocks, markers of a merge aside."""
    is_suspect = ":::" in text or "%%" in text or LOOKS_LIKE_HEADING.search(text) is not None
    outer: Block | None = None
    for block, depth, is_top in _nested(blocks):
        match block.kind:  # the commonest kinds come first
            case BlockKind.PARAGRAPH:
                if is_suspect:
                    yield from _heading_like_lines(text, block)
                    yield from _stray_marks(text, block)
            case BlockKind.LIST | BlockKind.QUOTE:
                if depth == MAX_DEPTH + 1:
                    message = f"lists nest more than {MAX_DEPTH} deep here; make the nesting flatter"
                    yield Fault("too-deep", block.start, message)
            case BlockKind.HEADING:
                yield from _heading_faults(text, block, is_top=is_top)
            case BlockKind.CODE:
                if outer and not block.is_whole:
                    mark = f"{outer.mark}{outer.mark[0]}"
                    message = f"the fence inside this one ends it; begin and end the outer one with {mark}"
                    yield Fault("unclosed-fence", outer.start, message)
                    continue
                is_mixed_up = blocks[-1].kind is BlockKind.CODE and not blocks[-1].is_whole
                yield from _code_faults(text, block, is_mixed_up=is_mixed_up)
                outer = block if _holds_fence(block) else outer
            case BlockKind.HTML:
                yield from _html_faults(text, block)
            case BlockKind.ADMONITION:
                yield from _admonition_faults(text, block)


def _nested(blocks: Iterable[Block], depth: int = 0, *, is_top: bool = True) -> Iterator[tuple[Block, int, bool]]:
    """Every block, with how many lists and quotes it is in, itself included, and whether it is at the top."""
    for block in blocks:
        inside = depth + (block.kind is BlockKind.LIST or block.kind is BlockKind.QUOTE)
        yield block, inside, is_top
        if block.children:
            yield from _nested(block.children, inside, is_top=False)


def _holds_fence(block: Block) -> bool:
    """Whether another fence seems to begin in a fenced code, whose end then ended this one, and no question."""
    is_fence = block.mark and block.is_whole
    return bool(is_fence) and _opens_again(block.text, 0, block.mark) and not PART.search(block.text)


def _code_faults(text: str, block: Block, *, is_mixed_up: bool) -> Iterator[Fault]:
    """A fence that is not closed where it was meant to be, a question that is code because it is indented.

    ``is_mixed_up`` says that the last fence of the file is open: then an earlier one may be what is not closed.
    """
    if not block.mark:
        questions = (NAMED_QUESTION.match(text, *line) for line in block.lines)
        if question := next(filter(None, questions), None):
            message = "this question is code, as it is indented; write it at the margin, or put the code into a fence"
            yield Fault("indented-heading", question.start(1), message)
        return
    if box := PLUGIN_BOX.match(block.info):
        type_ = box["type"] or box["directive"]
        message = f"`{box[0]}` is a box to other tools, and would be shown as code; write `> [!{type_}] Title`"
        yield Fault("unclosed-box", block.start, message)
    mark = block.mark
    if not block.is_whole:
        message = f"this fence is never closed; end the code with a line of {mark}"
        yield Fault("unclosed-fence", block.start, message)
    elif (heading := PART.search(block.text)) and (is_mixed_up or _opens_again(block.text, heading.end(), mark)):
        line = _line(text, block.start) + 1 + block.text.count("\n", 0, heading.start())
        message = (
            f"this fence is closed only after the heading in line {line}, by the mark of another one; "
            f"end the code with a line of {mark}"
        )
        yield Fault("unclosed-fence", block.start, message)


def _opens_again(code: str, start: int, mark: str) -> bool:
    """Whether a fence with the same mark and a language is opened in the code: it was meant to be closed before."""
    return (
        mark in code
        and re.compile(rf"^[ ]{{0,3}}{mark}{mark[0]}*[ \t]*[\w{{]", re.MULTILINE).search(code, start) is not None
    )


def _html_faults(text: str, block: Block) -> Iterator[Fault]:
    """A heading that HTML goes on over, and a comment that was not closed before the next one."""
    start, end = block.lines[0][0], block.lines[-1][1]
    code = text[start:end]
    for first, inner in _unclosed_comments(code):
        message = f"this comment is not closed before the one in line {_line(text, start + inner)}; end it with `-->`"
        yield Fault("unclosed-comment", start + first, message)
    # Spaces for what is verbatim, so that places stay.
    masked = VERBATIM.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), code)
    headings = (DIVIDING.match(masked, first - start, last - start) for first, last in block.lines)
    if heading := next(filter(None, headings), None):
        closing = next((closing for opening, closing in HTML_ENDS if code.startswith(opening)), "")
        remedy = "close it, or put it into a fence" if closing else "leave a blank line before this heading"
        message = f"the HTML above goes on to {closing or 'the next blank line'}, so this begins no card; {remedy}"
        yield Fault("heading-in-html", start + heading.start(1), message)


def _admonition_faults(text: str, block: Block) -> Iterator[Fault]:
    """An admonition between colons that is never closed; one whose text is not indented under it."""
    opening = BOX.match(text, block.start)
    if opening is None or block.is_whole:
        return
    if opening["mark"][0] == ":":
        message = f"this box is never closed; end it with a line of `{opening['mark']}`"
    else:
        message = f"this box holds no text; indent what is under `{opening['mark']}` by four columns"
    yield Fault("unclosed-box", opening.start("mark"), message)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _unclosed_comments(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a comment begins that another one ends, and where that one begins, on a line of its own."""
    first = text.find("<!--")
    while first >= 0:
        end = text.find("-->", first)
        if inner := INNER_COMMENT.search(text, first, end if end >= 0 else len(text)):
            yield first, inner.end()
        first = text.find("<!--", end) if end >= 0 else -1


def _heading_faults(text: str, block: Block, *, is_top: bool) -> Iterator[Fault]:
    if int(block.info) > 3:
        return
    if block.mark == "underlined":
        question = f"write `{'#' * int(block.info)} text` for a heading, or " if len(block.lines) == 1 else ""
        message = f"this line makes a heading of the text above it; {question}leave a blank line before a rule"
        yield Fault("underlined-heading", block.end, message)
        return
    at = text.find("#", block.start)
    if not is_top:
        message = "a heading in a list, quote or box begins no card; write `## question` at the margin, or `####` here"
        yield Fault("indented-heading", at, message)
    elif at > block.start:
        message = "a heading begins at the margin; remove the indentation, or put the line into a fence"
        yield Fault("indented-heading", at, message)


def _heading_like_lines(text: str, block: Block) -> Iterator[Fault]:
    """Lines of text that look like a heading and are not one."""
    for start, end in block.lines:
        if text.rfind("\n", 0, start) == start - 1 and GLUED_HEADING.match(text, start, end):
            tags = HASH_TAGS.match(text, start, end)
            message = _hash_tags(tags[0]) if tags else "a heading needs an ordinary space after its `#`"
            message += "; write `\\#` for a plain #"
            yield Fault("glued-heading", start, message)
        elif hidden := HIDDEN_HEADING.match(text, start, end):
            name = f"U+{ord(hidden[0][0]):04X}"
            message = f"the character {name} is before this `#`, so it begins no heading; remove it"
            yield Fault("indented-heading", start, message)
        elif DIVIDING.match(text, start, end):
            message = "a heading begins at the margin; remove the indentation, or write `\\#` for a plain #"
            yield Fault("indented-heading", start, message)


def _hash_tags(line: str) -> str:
    """What to say of ``#one #two/three``, which is how Obsidian writes tags; one word may be a heading as well."""
    tags = line.replace("#", "").replace("/", "::").split()
    classes = " ".join(f".{tag}" for tag in tags)
    written = f"`tags: [{', '.join(tags)}]` in the front matter, or `{{{classes}}}` after a question"
    if len(tags) > 1 or "::" in tags[0]:
        return f"tags are written {written}"
    return f"a heading needs an ordinary space after its `#`, a tag is written {written}"


def _stray_marks(text: str, block: Block) -> Iterator[Fault]:
    """``:::`` that begins and ends no admonition, and ``%%`` that begins a line and no comment, as none closes it."""
    for start, end in block.lines:
        if any(piece.start <= start < piece.end for piece in block.pieces):
            continue  # inside a formula, code or a comment
        if text.startswith(":::", start, end):
            message = "this `:::` begins and ends no box; write `:::note Title`, the text, and a line of `:::`"
            yield Fault("unclosed-box", start, message)
        elif OPEN_PERCENTS.match(text, start, end):
            message = "this comment is not closed in its paragraph; end it with `%%`, or put both into backticks"
            yield Fault("unclosed-comment", start, message)


def _merge_markers(text: str, blocks: Iterable[Block]) -> Iterator[Fault]:
    """What git leaves where two versions could not be merged, all of it or a part; in code it may be meant."""
    if not any(mark in text for mark in ("<<<<<<<", ">>>>>>>", "=======", "|||||||")):
        return
    codes = [block for top in blocks for block in top.walk() if block.kind is BlockKind.CODE and block.is_whole]
    found = []
    for marker in MERGE_MARKER.finditer(text):
        code = next((code for code in codes if code.start <= marker.start() < code.end), None)
        if code is None or not ("<<<<<<<" in code.text and ">>>>>>>" in code.text):
            found.append((marker, code is not None))
    is_sure = any(marker["sure"] and not in_code for marker, in_code in found)
    for marker, in_code in found:
        # Under text it makes a heading of it; alone it is nothing else.
        is_alone = marker["middle"] and not in_code and text[: marker.start()].endswith("\n\n")
        if is_sure or is_alone:
            message = "a merge left this marker here; keep one of the two versions and delete the markers"
            yield Fault("merge-marker", marker.start("sure") if marker["sure"] else marker.start(), message)
