"""The scanner: one walk over a file that finds every stretch which is not plain prose.

Lists, fences and quotes follow CommonMark (https://spec.commonmark.org/0.31.2/), because that is how GitHub shows
the same file; formulas, deletions and citations follow this project's own grammar. The walk is total: any text gives
pieces and problems. Everything later works on the pieces, so that nothing is understood in two ways.
"""

from __future__ import annotations

import bisect
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from deckwright.grammar.note import Piece, PieceKind, Source
from deckwright.problems import Problem

PLACEHOLDERS = range(0xF0000, 0xFFFFE)
"""Private-use characters that stand for pieces while Markdown is rendered; one in a source is a piece itself."""

MAX_DEPTH = 12
"""No reader follows deeper lists, and Python-Markdown recurses once a level."""

LONGEST_DESTINATION = 10_000

SIGN = re.compile(r"[\n\\`$<{}\[\]!\U000F0000-\U000FFFFD]\n*")
"""The end of a line with the empty lines after it, or what an inline piece may begin with (and line ends after it).

The one search that all of the text goes through: it is quick because it begins with one set of characters.
"""
OPENINGS = frozenset("#＃=-*+_0123456789`~!?[:")
"""What a block may begin with; a line that begins with anything else is text."""
ITEM_SIGNS = frozenset("-*+0123456789")
FENCE_SIGNS = frozenset("`~")
RULE_SIGNS = frozenset("-*_")
BOX_SIGNS = frozenset("!?[:")
HEADING_SIGNS = ("#", "＃", "==", "--")
"""What each of them may begin with, which is quicker to see than what each is."""
BLANKS = frozenset(" \t")
NOT_BLANK = re.compile(r"[^ \t]")
NOT_TICK = re.compile("[^`]")
CLOZE = re.compile(r"\{\{ *[cC][0-9０-９,，.\ -]*(?:::?|：：?)")
CORRECT_CLOZE = re.compile(r"\{\{c[1-9][0-9]{0,2}(?:,[1-9][0-9]{0,2})*::")
LABEL_END = re.compile(r"[\]\n]")
FOOTNOTE_END = re.compile(r"[\]\s]")
HEADING = re.compile(r" {0,3}(#{1,6})([ \t]+[^\n]*|(?=\n)|$)")
GLUED_HEADING = re.compile(r"#{1,6}(?=[^ \t\n#])|＃{1,6}")
UNDERLINE = re.compile(r" {0,3}(?:={2,}|-{2,})[ \t]*(?:\n|$)")
TICKS = re.compile("`+")
FENCE = re.compile(r"(`{3,})([^`\n]*)(?:\n|$)|(~{3,})([^\n]*)(?:\n|$)")
ITEM = re.compile(r"([-*+]|[0-9]{1,9}[.)])([ \t]+(?=\S)|[ \t]*(?=\n|$))")
RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})(?:\n|$)")
BOX = re.compile(r"(?:!!!|\?\?\?\+?)[ ]|\[\^[^\]\s]+\]:|:[ \t]")
QUOTE = re.compile(r" {0,3}>[ ]?")
MARK = re.compile(r"\\.|\$\$", re.DOTALL)
DOLLAR = re.compile(r"\\.|\$", re.DOTALL)
DEFINITION = re.compile(r" {0,3}\[(?!\^)[^\]\n]+\]:[ \t]*\n?[ \t]*<?([^\s>]+)>?")
PARAGRAPH_END = r"[ \t>]*(?:\n|$|#{1,6}[ \t])"
INLINE_END = re.compile(r"\n(?=[ \t>]*(?:\n|$|[-*+][ \t]|[0-9]{1,9}[.)][ \t]|[|#]|`{3}|~{3}))")
DESTINATION = re.compile(
    r"""\([ \t]{0,9}\n?[ \t]{0,9}(?:<(?P<angled>[^<>\n]*)>|"""
    r"""(?P<plain>(?:[^()\n"'<>]|\((?:[^()\n])*\)|(?<=\S)['"](?=\S))*?))"""
    r"""(?:[ \t]{1,9}(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'))?[ \t]{0,9}\)"""
)
TAG = re.compile(
    r"""</?([A-Za-z][A-Za-z0-9-]*)((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*\s*/?)>"""
)
LOOSE_TAG = re.compile(r"</?([^\W\d_][\w.,:*&\[\]| -]*)(?:>|(?=\s|$))?", re.UNICODE)
ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
AUTOLINK = re.compile(r"<(?:(?:https?|ftp)://[^\s<>]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>")


@dataclass(slots=True)
class _Scanner:
    source: Source
    text: str
    position: int = 0
    pieces: list[Piece] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    """Column at which the content of each open list item (or box) begins, outermost first."""
    quote: str = ""
    brackets: list[tuple[int, int]] = field(default_factory=list)
    """Offset of each open bracket and the number of pieces found before it."""
    clozes: list[int] = field(default_factory=list)
    """Index in ``pieces`` of each deletion that is still open."""
    heading_end: int = 0
    """Where the heading ends that was found last."""
    after_blank: bool = True
    in_paragraph: bool = False
    in_item_text: bool = False
    """The paragraph began beside a list's marker; another one needs a blank line before a list in it."""
    block: tuple[int, int] = (0, -1)
    """Start and end of the block whose end was looked up last, so that it is looked up once."""
    ticks: dict[int, list[int]] = field(default_factory=dict)
    """Ends of the runs of backticks in that block, by their length; empty until one is asked for."""
    labels: dict[re.Pattern[str], tuple[int, int]] = field(default_factory=dict)
    """End of a label → start and end of the stretch in which it was looked up last."""
    paragraph: tuple[int, int, int] = (0, -1, 0)
    """Start and end of the stretch whose end was looked up last for a formula, and the column of its list."""
    unclosed: dict[str, int] = field(default_factory=dict)
    """Closing mark → end of the paragraph in which it was searched in vain."""

    def report(self, rule: str, offset: int, message: str) -> None:
        self.problems.append(Problem(self.source.place(offset), message, rule))

    def run(self) -> None:
        text = self.text
        self.on_line_end(self.position - 1)
        while sign := SIGN.search(text, self.position):
            start, end = sign.span()
            if text[start] == "\n":
                self.position = end
                self.on_line_end(start)
            else:
                self.position = start + 1
                HANDLERS.get(text[start], _Scanner.on_private)(self, start)
        self.end_block()

    # Lines: quotes, lists, code blocks, headings

    def on_line_end(self, start: int) -> None:
        """A line ends at ``start``; the position stands behind it and the empty lines after it."""
        if self.position > start + 1:
            if self.quote:
                self.read_quote(start + 1)
            self.take_blank()
        while self.take_line():
            pass

    def take_line(self) -> bool:
        """Handle what can only begin a line. True when it is blank, so that the next one is to be looked at."""
        text, margin, indent = self.text, self.position, 0
        content, sign = margin, text[margin : margin + 1]
        if sign in BLANKS:
            content, indent = _indentation(text, margin)
            sign = text[content : content + 1]
        if self.quote or sign == ">":
            self.read_quote(margin)
            margin += len(self.quote)
            content, indent = _indentation(text, margin)
            sign = text[content : content + 1]
        if sign == "\n" or not sign:
            self.take_blank()
            self.position = content + len(sign)
            return bool(sign)
        heading = HEADING.match(text, margin) if sign == "#" else None
        if heading and not (self.lists and indent >= self.lists[-1]):
            self.take_heading(heading, margin)
        elif sign in OPENINGS:
            self.take_opening(margin, content, indent, sign)
        else:
            base = self.leave_lists(indent, lazy=self.in_paragraph and not self.after_blank)
            self.take_text(margin, content, indent - base, base)
        return False

    def take_blank(self) -> None:
        self.end_block()
        self.after_blank, self.in_paragraph, self.in_item_text = True, False, False

    def read_quote(self, start: int) -> None:
        """Note the ``>`` prefix of the line; a change of it ends lists."""
        if self.lists and self.text.startswith(" " * self.lists[-1], start) and not self.quote:
            return
        end = start
        while match := QUOTE.match(self.text, end):
            end = match.end()
        prefix = self.text[start:end]
        if prefix.count(">") != self.quote.count(">"):
            lazy = self.in_paragraph and prefix.count(">") < self.quote.count(">") and self.text[end : end + 1].strip()
            if not lazy:
                self.lists.clear()
                self.after_blank, self.in_paragraph = True, False
        self.quote = prefix

    def take_heading(self, match: re.Match[str], margin: int) -> None:
        self.end_block()
        self.lists.clear()
        self.after_blank, self.in_paragraph = True, False
        level = len(match[1])
        self.position = match.end(1)
        if level <= 3 and (match.start(1) > margin or self.quote):
            message = "a heading begins at the margin; take the indentation away, or put the line into a fence"
            self.report("indented-heading", match.start(1), message)
        elif level <= 3:
            end, text = match.end(), match[2].lstrip()
            self.position = end - len(text)
            self.pieces.append(Piece(PieceKind.HEADING, margin, self.position, text.rstrip(), end, level))
            self.set_block(self.position, end)
            self.heading_end = end

    def take_opening(self, margin: int, content: int, indent: int, sign: str) -> None:
        """Handle a line that begins with one of the openings, whether or not it begins a block."""
        text = self.text
        item = ITEM.match(text, content) if sign in ITEM_SIGNS else None
        fence = FENCE.match(text, content) if sign in FENCE_SIGNS else None
        lazy = self.in_paragraph and not self.after_blank and not item and not fence
        base = self.leave_lists(indent, lazy=lazy)
        if indent - base >= 4:
            self.take_text(margin, content, indent - base, base)
            return
        if text.startswith(HEADING_SIGNS, content):
            self.judge_heading(content, indent)
        begin = item.end() if item else content  # the first mark of a rule may look like an item's
        if text[begin : begin + 1] in RULE_SIGNS and RULE.match(text, content):
            self.position, self.after_blank, self.in_paragraph = _line_end(text, content), True, False
        elif item and self.may_begin_item(item):
            self.take_item(item, margin, indent)
        elif fence:
            self.take_fence(fence, margin, indent)
        elif sign in BOX_SIGNS and (box := BOX.match(text, content)) and not self.in_box_text(box):
            self.add_indent(margin, content, indent - base)
            self.open_list(indent + 4, content)
            self.position, self.after_blank, self.in_paragraph, self.in_item_text = content, False, False, False
        else:
            self.take_text(margin, content, indent - base, base)

    def judge_heading(self, content: int, indent: int) -> None:
        """Report a line that looks like a heading, or makes one of the line above it."""
        if indent == 0 and not self.quote and GLUED_HEADING.match(self.text, content):
            message = "a heading wants an ordinary space after its `#`; write `\\#` for a plain #"
            self.report("glued-heading", content, message)
        if self.in_paragraph and not self.lists and UNDERLINE.match(self.text, content):
            message = "this line makes a heading of the text above it; leave a blank line before a rule"
            self.report("underlined-heading", content, message)

    def take_text(self, margin: int, content: int, extra: int, base: int) -> None:
        """Handle a line that begins no block, ``extra`` columns further in than the text around it (at ``base``)."""
        if extra >= 4 and self.after_blank:
            self.take_indented(margin, content, base)
            return
        self.add_indent(margin, content, extra)
        sign = self.text[content]
        if sign == "|":
            self.end_block()
        if sign == "[" and not self.in_paragraph and (definition := DEFINITION.match(self.text, content)):
            start, end = definition.span(1)
            self.pieces.append(Piece(PieceKind.LINK, start, end, definition[1], start, info="definition"))
            self.position = definition.end()
            return
        self.position, self.after_blank, self.in_paragraph = content, False, True

    def add_indent(self, margin: int, content: int, extra: int) -> None:
        """In a list, the indentation of a line is a piece."""
        if self.lists and content > margin:
            info = " " * max(extra, 0)
            self.pieces.append(Piece(PieceKind.INDENT, margin, content, depth=len(self.lists), info=info))

    def leave_lists(self, indent: int, *, lazy: bool) -> int:
        """Close the lists that the line's indentation has left; the column at which its content may begin.

        A ``lazy`` line goes on with a paragraph, wherever it begins.
        """
        lists = self.lists
        while lists and indent < lists[-1] and not lazy:
            lists.pop()
        return lists[-1] if lists and indent >= lists[-1] else indent if lazy else 0

    def may_begin_item(self, item: re.Match[str]) -> bool:
        """An item that interrupts a paragraph is not empty and, when numbered, has the number 1."""
        if not self.in_paragraph or self.lists or self.in_item_text:
            return True
        return bool(item[2]) and item.end() < len(self.text) and (not item[1][0].isdigit() or item[1][:-1] == "1")

    def in_box_text(self, box: re.Match[str]) -> bool:
        """A ``: `` defines a term only under a paragraph, at the margin."""
        return box[0][0] == ":" and not (self.in_paragraph or self.after_blank)

    def take_item(self, item: re.Match[str], margin: int, indent: int) -> None:
        marker, space = item.groups()
        content, end = item.span()
        gap = len(space.expandtabs(4))
        depth = len(self.lists)
        self.open_list(indent + len(marker) + (gap if 1 <= gap <= 4 else 1), content)
        if self.brackets or self.clozes:
            self.end_block()
        info = f"\n{self.quote}" if self.in_paragraph and not self.in_item_text else ""
        self.pieces.append(Piece(PieceKind.ITEM, margin, end, marker.replace(")", "."), content, depth, info))
        self.position, self.after_blank, self.in_paragraph, self.in_item_text = end, False, True, True
        if self.text[end : end + 1] in FENCE_SIGNS and (fence := FENCE.match(self.text, end)):
            self.take_fence(fence, end, self.lists[-1])

    def open_list(self, column: int, offset: int) -> None:
        self.lists.append(column)
        if len(self.lists) == MAX_DEPTH + 1:
            self.report("too-deep", offset, f"lists nest more than {MAX_DEPTH} deep here; make the nesting flatter")

    def take_indented(self, margin: int, content: int, base: int) -> None:
        """Code by indentation: lines at least four columns in, up to the next one that is not."""
        lines, position, last = [], margin - len(self.quote), content
        while position < len(self.text):
            end = _line_end(self.text, position)
            begin, width = _indentation(self.text, min(position + len(self.quote), end))
            if begin < end and (width < base + 4 or not self.text.startswith(self.quote, position)):
                break
            lines.append(" " * max(width - base - 4, 0) + self.text[begin:end])
            last = end if begin < end else last
            position = end + 1
        self.add_code(margin, last, "\n".join(lines).strip("\n"), content, "")

    def take_fence(self, fence: re.Match[str], margin: int, indent: int) -> None:
        marker, language = (fence[1], fence[2]) if fence[1] else (fence[3], fence[4])
        body = fence.end()
        close, end = self.fence_end(body, marker)
        if close == end:
            message = f"this fence is never closed; end the code with a line of {marker}"
            self.report("unclosed-fence", fence.start(), message)
        code = self.dedent(self.text[body:close], indent)
        self.add_code(margin, end, code, body, language.strip().split(" ")[0])

    def fence_end(self, body: int, marker: str) -> tuple[int, int]:
        """Where the line that closes a fence begins and ends.

        Without such a line, twice the end of the quote or list item that the fence is in.
        """
        inside = r" {0,3}>" if self.quote else rf" {{{self.lists[-1]}}}|[ ]*\t|[ ]*(?:\n|$)" if self.lists else ""
        closing = rf"[ \t>]*{marker[0]}{{{len(marker)},}}[ \t]*(?=\n|$)"
        line = re.compile(rf"\n(?:(?P<left>(?!{inside}))|{closing})").search(self.text, body - 1)
        if line is None:
            return len(self.text), len(self.text)
        if line["left"] is None:
            return line.start() + 1, line.end()
        end = max(line.start(), body)
        return end, end

    def add_code(self, start: int, end: int, code: str, at: int, language: str) -> None:
        """A block of code, after which a new one begins."""
        self.pieces.append(Piece(PieceKind.FENCE, start, end, code, at, len(self.lists), language, self.quote))
        self.position, self.after_blank, self.in_paragraph = end, True, False

    def dedent(self, code: str, indent: int) -> str:
        """The lines of a fence without the quote prefix and the indentation of the fence itself."""
        if not indent and not self.quote:
            return code.removesuffix("\n")
        lines = []
        for line in code.split("\n"):
            begin = 0
            for _ in range(self.quote.count(">")):
                begin = match.end() if (match := QUOTE.match(line, begin)) else begin
            content, width = _indentation(line, begin)
            lines.append(" " * max(width - indent, 0) + line[content:])
        return "\n".join(lines).removesuffix("\n")

    def end_block(self) -> None:
        """Nothing inline goes on past the end of a block."""
        self.brackets.clear()
        for index in self.clozes:
            start = self.pieces[index].start
            self.report("unclosed-cloze", start, "this deletion is not closed with `}}` before its paragraph ends")
        self.clozes.clear()

    # Inline: each begins at ``start``, and the position stands behind its first character

    def on_escape(self, start: int) -> None:
        character = self.text[start + 1 : start + 2]
        if character in ("", "\n"):
            return
        self.position = start + 2
        if character == "$" or ord(character) in PLACEHOLDERS:
            self.pieces.append(Piece(PieceKind.ESCAPE, start, start + 2, character))
        elif character in "([":
            self.take_formula(start, f"\\{character}", "\\)" if character == "(" else "\\]")
        elif character in ")]":
            self.report("unclosed-formula", start, f"`\\{character}` closes no formula; write `{character}` alone")

    def on_private(self, start: int) -> None:
        self.pieces.append(Piece(PieceKind.ESCAPE, start, start + 1, self.text[start]))

    def on_tick(self, start: int) -> None:
        self.position = _first(NOT_TICK, self.text, start)
        width = self.position - start
        end = self.code_end(start, width)
        if end is not None:
            inner = self.text[start + width : end - width].replace("\n", " ")
            if inner.startswith(" ") and inner.endswith(" ") and inner.strip():
                inner = inner[1:-1]
            self.pieces.append(Piece(PieceKind.CODE, start, end, inner, start + width))
            self.position = end

    def code_end(self, start: int, width: int) -> int | None:
        """Where the code span that opens at ``start`` ends; None when it is no code span."""
        self.block_end(start)
        if not self.ticks:
            for match in TICKS.finditer(self.text, *self.block):
                self.ticks.setdefault(len(match[0]), []).append(match.end())
        ends = self.ticks.get(width, [])
        index = bisect.bisect_left(ends, start + 2 * width)
        return ends[index] if index < len(ends) else None

    def block_end(self, start: int) -> int:
        """The end of the paragraph, item, row or heading that ``start`` is in: no inline piece goes past it."""
        if not self.block[0] <= start < self.block[1]:
            self.set_block(start, _first(INLINE_END, self.text, start))
        return self.block[1]

    def set_block(self, start: int, end: int) -> None:
        self.block, self.ticks = (start, end), {}

    def on_dollar(self, start: int) -> None:
        if self.text.startswith("$$", start):
            self.take_formula(start, "$$", "$$")
            return
        end = self.dollar_end(start + 1)
        if end is not None:
            self.add_formula(PieceKind.FORMULA, start, end + 1, 1)

    def dollar_end(self, start: int) -> int | None:
        """The ``$`` that closes the formula begun before ``start``, or None when that ``$`` is a dollar."""
        marks = DOLLAR.finditer(self.text, start, self.block_end(start))
        position = next((mark.start() for mark in marks if mark[0] == "$"), None)
        if position is None or self.text[position + 1 : position + 2].isdecimal():
            return None
        inner = self.text[start:position]
        if not inner or inner[0].isspace() != inner[-1].isspace():
            return None
        for ticks in TICKS.finditer(inner):
            code = self.code_end(start + ticks.start(), len(ticks[0]))
            if code is not None and code > position:
                return None
        return position

    def take_formula(self, start: int, opening: str, closing: str) -> None:
        """A formula between two-character marks: it may span lines, not a blank one."""
        body = start + len(opening)
        end = self.formula_end(body, closing)
        if end is None:
            message = (
                f"`{opening}` opens a formula that no `{closing}` closes in this paragraph; "
                "close it, or put a literal one into backticks"
            )
            self.report("unclosed-formula", start, message)
            self.position = body
            return
        kind = PieceKind.FORMULA if opening == "\\(" else PieceKind.DISPLAY
        self.add_formula(kind, start, end + 2, 2)

    def formula_end(self, body: int, closing: str) -> int | None:
        """Where ``closing`` stands in the paragraph that ``body`` is in; searched in vain once at most."""
        if body < self.unclosed.get(closing, -1):
            return None
        limit = self.paragraph_end(body)
        for match in MARK.finditer(self.text, body, limit):
            if match[0] == closing:
                return match.start()
        self.unclosed[closing] = limit
        return None

    def paragraph_end(self, body: int) -> int:
        """Where a formula must have ended: at a blank line, a heading, the next item of its list, the end of a row."""
        column = self.lists[-1] if self.lists else 0
        start, end, known = self.paragraph
        if start <= body <= end and column == known:
            return end
        line = self.text.rfind("\n", 0, body) + 1
        item = rf"| {{0,{column - 1}}}(?:[-*+]|[0-9]{{1,9}}[.)])[ \t]" if column else ""
        stop = r"\n" if self.text.startswith("|", line + len(self.quote)) else rf"\n(?={PARAGRAPH_END}{item})"
        end = _first(re.compile(stop), self.text, body)
        self.paragraph = (body, end, column)
        return end

    def add_formula(self, kind: PieceKind, start: int, end: int, width: int) -> None:
        tex = self.text[start + width : end - width]
        if self.quote:
            tex = re.sub(r"(?<=\n) *(?:> ?)+", lambda prefix: " " * len(prefix[0]), tex)
        if not tex.strip():
            self.report("empty-formula", start, "this formula is empty; fill it, or write `\\$` for a dollar")
        self.pieces.append(Piece(kind, start, end, tex, start + width))
        self.position = end

    def on_open_brace(self, start: int) -> None:
        match = CLOZE.match(self.text, start)
        if match is None:
            return
        self.position = match.end()
        numbers = match[0].lstrip("{ ")[1:].rstrip(":：")
        if not CORRECT_CLOZE.fullmatch(match[0]) or any(int(number) > 499 for number in numbers.split(",")):
            message = (
                f"`{match[0]}` begins no deletion; write `{{{{c1::`, with a number from 1 to 499 and two ASCII colons"
            )
            self.report("cloze-number", start, message)
            numbers = ",".join(n for n in re.findall("[1-9][0-9]{0,2}", numbers) if int(n) < 500) or "1"
        self.clozes.append(len(self.pieces))
        self.pieces.append(Piece(PieceKind.CLOZE, start, match.end(), numbers, match.end(), len(self.clozes)))

    def on_close_brace(self, start: int) -> None:
        if not self.text.startswith("}}", start):
            return
        self.position = start + 2
        depth = len(self.clozes)
        at = self.pieces[self.clozes.pop()].start if self.clozes else -1
        self.pieces.append(Piece(PieceKind.CLOZE_END, start, start + 2, at=at, depth=depth))

    def on_tag(self, start: int) -> None:
        if self.text.startswith("<!--", start):
            self.take_comment(start)
        elif autolink := AUTOLINK.match(self.text, start):
            self.pieces.append(Piece(PieceKind.AUTOLINK, start, autolink.end()))
            self.position = autolink.end()
        elif tag := TAG.match(self.text, start):
            self.pieces.append(Piece(PieceKind.TAG, start, tag.end(), tag[1].lower(), tag.start(2), info=tag[2]))
            self.position = tag.end()
        elif loose := LOOSE_TAG.match(self.text, start):
            if loose[0].endswith(">"):
                self.pieces.append(Piece(PieceKind.TAG, start, loose.end(), loose[1], loose.start(1)))
                self.position = loose.end()
            else:
                self.pieces.append(Piece(PieceKind.ESCAPE, start, start + 1, "<"))
        elif self.text[start + 1 : start + 2] in ("/", "!", "?"):
            self.pieces.append(Piece(PieceKind.ESCAPE, start, start + 1, "<"))

    def take_comment(self, start: int) -> None:
        """A comment; one in a heading ends there, as what follows the heading is another part of the note."""
        in_heading = start < self.heading_end
        limit = self.heading_end if in_heading else len(self.text)
        end = self.text.find("-->", start + 4, limit)
        if end < 0:
            where = "not closed in its heading" if in_heading else "never closed"
            self.report("unclosed-comment", start, f"this comment is {where}; end it with `-->`")
        self.position = end + 3 if end >= 0 else limit
        self.pieces.append(Piece(PieceKind.COMMENT, start, self.position))

    def on_open_bracket(self, start: int) -> None:
        text, end = self.text, 0
        if text.startswith("[@", start) and (end := self.label_end(start + 2, LABEL_END)):
            self.pieces.append(Piece(PieceKind.CITATION, start, end + 1, text[start + 1 : end], start + 1))
        elif text.startswith("[sound:", start) and (end := self.label_end(start + 7, LABEL_END)):
            self.pieces.append(Piece(PieceKind.SOUND, start, end + 1, text[start + 7 : end], start + 7))
        elif text.startswith("[^", start) and (end := self.label_end(start + 2, FOOTNOTE_END)) > start + 2:
            info = ":" if self.defines_footnote(start, end + 1) else ""
            self.pieces.append(Piece(PieceKind.FOOTNOTE, start, end + 1, text[start + 2 : end], info=info))
        else:
            self.brackets.append((start, len(self.pieces)))
            return
        self.position = end + 1

    def label_end(self, start: int, stop: re.Pattern[str]) -> int:
        """Where the ``]`` stands that ``stop`` finds first; 0 when it finds something else."""
        known, end = self.labels.get(stop, (0, -1))
        if not known <= start <= end:
            end = _first(stop, self.text, start)
            self.labels[stop] = start, end
        return end if self.text.startswith("]", end) else 0

    def defines_footnote(self, start: int, end: int) -> bool:
        """A colon stands behind it, and nothing but quote marks before it on its line."""
        while start and self.text[start - 1] in " >":
            start -= 1
        return self.text.startswith(":", end) and (start == 0 or self.text[start - 1] == "\n")

    def on_exclamation(self, start: int) -> None:
        if self.text.startswith("[", start + 1):
            self.position = start + 2
            self.brackets.append((start, len(self.pieces)))

    def on_close_bracket(self, end: int) -> None:
        if not self.brackets:
            return
        start, before = self.brackets.pop()
        destination = DESTINATION.match(self.text, end + 1, end + 1 + LONGEST_DESTINATION)
        if destination is None:
            return
        group = "angled" if destination["angled"] is not None else "plain"
        target, at = destination[group].strip(), destination.start(group)
        self.position = destination.end()
        if self.text[start] == "!":
            self.drop_pieces(before)
            alt = self.text[start + 2 : end]
            self.pieces.append(Piece(PieceKind.IMAGE, start, self.position, target, at, info=alt))
        else:
            self.pieces.append(Piece(PieceKind.LINK, at, destination.end(group), target, at))

    def drop_pieces(self, index: int) -> None:
        """Forget the pieces in a picture's text: it is shown as plain text."""
        for piece in self.pieces[index:]:
            if piece.kind in (PieceKind.CLOZE, PieceKind.CLOZE_END):
                self.report("unclosed-cloze", piece.start, "a deletion can neither begin nor end in a picture's text")
        while self.clozes and self.clozes[-1] >= index:
            self.clozes.pop()
        del self.pieces[index:]


HANDLERS: dict[str, Callable[[_Scanner, int], None]] = {
    "\\": _Scanner.on_escape,
    "`": _Scanner.on_tick,
    "$": _Scanner.on_dollar,
    "<": _Scanner.on_tag,
    "{": _Scanner.on_open_brace,
    "}": _Scanner.on_close_brace,
    "[": _Scanner.on_open_bracket,
    "]": _Scanner.on_close_bracket,
    "!": _Scanner.on_exclamation,
}
"""What to do at a sign that ends no line; any other is a private character."""


def scan(source: Source, start: int = 0) -> tuple[tuple[Piece, ...], tuple[Problem, ...]]:
    """Find the pieces of a file from offset ``start`` on, in order and without overlap, and what is wrong with them.

    Takes time in proportion to the text, whatever it holds, and never raises.
    """
    scanner = _Scanner(source, source.text, start)
    scanner.run()
    return tuple(scanner.pieces), tuple(scanner.problems)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


def _first(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Where the first match of a pattern begins, or the end of the text."""
    match = pattern.search(text, start)
    return match.start() if match else len(text)


def _indentation(text: str, start: int) -> tuple[int, int]:
    """Offset of the first character that is not white space, and the column it stands in (tabs go to fours)."""
    if text[start : start + 1] not in BLANKS:
        return start, 0
    match = NOT_BLANK.search(text, start)
    content = match.start() if match else len(text)
    return content, len(text[start:content].expandtabs(4))


def tag_attributes(piece: Piece) -> list[tuple[str, str, int]]:
    """The attributes of a TAG piece: name in lower case, value with entities resolved, offset of the value."""
    found = []
    for match in ATTRIBUTE.finditer(piece.info):
        group = next((g for g in (2, 3, 4) if match[g] is not None), 0)
        value = html.unescape(match[group]) if group else ""
        found.append((match[1].lower(), value, piece.at + match.start(group)))
    return found
