"""What is inside a line of text: formulas, deletions, code, links, pictures, tags, citations and footnotes.

A leaf of the block tree is scanned once, and everything later works on the pieces that are found here. Any text gives
pieces and problems.
"""

from __future__ import annotations

import bisect
import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from deckwright.grammar.block_types import Block, BlockKind, Reference
from deckwright.grammar.inline_patterns import (
    ADDRESS,
    AFTER_ADDRESS,
    ALT_SIZE,
    ATTRIBUTE,
    ATTRIBUTES,
    AUTOLINK,
    BEGIN,
    BLOCK_ID,
    BRACE,
    CHARACTER_CLASS,
    CITATION_END,
    CLOZE,
    COMMENT,
    CORRECT_CLOZE,
    DESTINATION,
    DOLLAR,
    DOUBLED,
    EMPTY_COMMENT,
    ESCAPED,
    ESCAPES,
    FOOTNOTE_END,
    HIGHEST_NUMBER,
    HTML_SIGN,
    LABEL,
    LABEL_END,
    LINK_TARGET,
    LONGEST_DESTINATION,
    LONGEST_FORMULA,
    LOOSE_TAG,
    MARK,
    NOT_TICK,
    OLD_FORMULA,
    OTHER_SIZE,
    OTHER_TEX,
    PLACEHOLDERS,
    SCHEME,
    SIGN,
    SIZE_ATTRIBUTE,
    TAG,
    TICKS,
    WIKI,
)
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.grammar.tex_or_text import between_dollars, is_tex_in_brackets

CODE_TAGS = frozenset({"code", "kbd", "pre", "samp", "tt"})
"""Elements of HTML in which dollars and backslashes are no TeX."""
NEARBY = 1_000
"""Characters: how far after a leaf its missing mark is looked for."""


class Fault(NamedTuple):
    """Something wrong at an offset of the text."""

    rule: str
    offset: int
    message: str
    until: str = ""
    """The mark that comes in another paragraph only: what is told of up to there comes of this fault."""


@dataclass(slots=True)
class Scanner:
    """Walks once over a text and notes its pieces and what is wrong with them."""

    text: str
    position: int
    end: int
    kind: BlockKind
    references: Mapping[str, Reference]
    pieces: list[Piece] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    footnotes: list[Block] = field(default_factory=list)
    """Those that are in the text (``^[…]``)."""
    brackets: list[tuple[int, int]] = field(default_factory=list)
    """Offset of each open bracket and the number of pieces found before it."""
    clozes: list[list[int]] = field(default_factory=list)
    """Of each deletion that is open: offset, and how many plain braces are open in it."""
    ticks: dict[int, list[int]] | None = None
    """Ends of the runs of backticks, by their length, once one is asked for."""
    unclosed: set[str] = field(default_factory=set)
    """Closing marks of formulas that were searched without a match."""

    code_until: int = -1
    """Offset at which the HTML element for code ends that was opened last: there are no formulas in it."""
    begin: int = field(init=False)
    """Offset at which the leaf begins."""

    def __post_init__(self) -> None:
        self.begin = self.position

    def report(self, rule: str, offset: int, message: str, until: str = "") -> None:
        self.faults.append(Fault(rule, offset, message, until))

    def add(self, kind: PieceKind, start: int, end: int, text: str = "", at: int = 0, **more: str) -> None:
        """Add a piece, after which the scanner goes on."""
        self.pieces.append(Piece(kind, start, end, text, at, **more))  # type: ignore[arg-type]
        self.position = end

    def run(self) -> None:
        signs = HTML_SIGN if self.kind is BlockKind.HTML else SIGN
        while sign := signs.search(self.text, self.position, self.end):
            start = sign.start()
            self.position = start + 1
            HANDLERS.get(self.text[start], Scanner.on_private)(self, start)
        for start, _ in self.clozes:
            where = "its paragraph ends"
            if self.bar_follows():
                where = "its cell ends at the `|`; write `\\|`"
            elif self.kind is BlockKind.PARAGRAPH and self.follows("}}"):
                where += "; give each paragraph or item a deletion of its own, with the same number"
            self.report("unclosed-cloze", start, f"this deletion is not closed with `}}}}` before {where}")

    def follows(self, mark: str) -> bool:
        """Whether a mark that is missing in a leaf comes soon after it, before the next heading."""
        stop = self.text.find("\n#", self.end, self.end + NEARBY)
        return self.text.find(mark, self.end, self.end + NEARBY if stop < 0 else stop) >= 0

    def bar_follows(self) -> bool:
        """Whether the text is a cell with another one after it, in which the deletion is closed."""
        rest = self.text[self.end : self.text.find("\n", self.end) % (len(self.text) + 1)]
        return self.kind is BlockKind.CELL and rest.lstrip().startswith("|") and "}}" in rest

    def on_private(self, start: int) -> None:
        self.add(PieceKind.ESCAPE, start, start + 1, self.text[start])

    # Backslashes

    def on_escape(self, start: int) -> None:
        character = self.text[start + 1 : start + 2] if start + 1 < self.end else ""
        if character in ("", "\n"):
            return
        if start < self.code_until and character not in "$&":
            self.position = start + 2
            return
        if character in "$&" or (self.clozes and character in "}:") or ord(character) in PLACEHOLDERS:
            self.add(PieceKind.ESCAPE, start, start + 2, character)
        elif character in "([":
            self.take_escaped_bracket(start, character)
        elif character == "b" and (begin := BEGIN.match(self.text, start, self.end)):
            self.take_environment(start, begin)
        elif other := OTHER_TEX.match(self.text, start, self.end):
            self.report_tex(start, other[0])
        elif character == "\\" and DOUBLED.match(self.text, start, self.end):
            message = f"one backslash too many: write `\\{self.text[start + 2]}` to begin a formula"
            self.report("unclosed-formula", start, message)
            self.position = start + 3
        elif character in ")]":
            self.add(PieceKind.ESCAPE, start, start + 2, character)
        else:
            self.position = start + 2

    def take_escaped_bracket(self, start: int, character: str) -> None:
        r"""``\(…\)`` and ``\[…\]`` are formulas; around words they are brackets, as Markdown has it."""
        opening, closing = f"\\{character}", "\\)" if character == "(" else "\\]"
        body = start + 2
        end = self.formula_end(body, closing)
        bracket = self.text.find(closing[1], body, self.end)
        if end is None and bracket < 0:
            self.take_formula(start, opening, closing)
            return
        inside = self.text[body : bracket if end is None else end]
        is_alone = end is not None and self.is_alone(start, end + 2)
        is_tex = is_tex_in_brackets(
            inside, is_display=character == "[", is_alone=is_alone, is_first=self.is_first(start)
        )
        if is_tex is False or (is_tex is None and end is None):
            self.add(PieceKind.ESCAPE, start, body, character)
        elif is_tex is None:
            shown = " ".join(inside.split())
            message = (
                f"`{opening}{shown}{closing}` may be a formula or brackets; write `${shown}$`, "
                f"or `{character}{shown}{closing[1]}`"
            )
            self.report("unclosed-formula", start, message)
            self.position = (end or body) + 2
        else:
            self.take_formula(start, opening, closing)

    def is_first(self, start: int) -> bool:
        """Whether nothing is before this offset in its line."""
        return not self.text[max(self.begin, self.text.rfind("\n", 0, start) + 1) : start].strip()

    def is_alone(self, start: int, end: int) -> bool:
        """Whether nothing but this stretch is on its lines."""
        last = self.text.find("\n", end, self.end)
        return self.is_first(start) and not self.text[end : self.end if last < 0 else last].strip(" \t.,;，。；")

    def report_tex(self, start: int, macro: str) -> None:
        """Report TeX outside of a formula, unless what is wrong is that one before it is not closed."""
        self.position = start + len(macro)
        if self.unclosed:
            return
        if macro.startswith("\\begin{"):
            name = self.text[start + 7 : self.end].partition("}")[0]
            message = (
                f"`\\begin{{{name}}}` is LaTeX that a card cannot show; write it in Markdown, or put it into backticks"
            )
        else:
            message = f"`{macro}` is TeX outside of a formula; write it between dollars, or put it into backticks"
        self.report("unclosed-formula", start, message)

    def take_environment(self, start: int, begin: re.Match[str]) -> None:
        r"""``\begin{align}…\end{align}`` is a formula in display, with or without dollars around it."""
        marks = re.compile(rf"\\(begin|end)\{{{re.escape(begin[1])}\}}")
        depth = 0
        for mark in marks.finditer(self.text, start, self.end):
            depth += 1 if mark[1] == "begin" else -1
            if depth == 0:
                self.add_formula(PieceKind.DISPLAY, start, mark.end(), 0)
                return
        message = f"`\\begin{{{begin[1]}}}` is not closed with `\\end{{{begin[1]}}}` in this paragraph"
        self.report("unclosed-formula", start, message)
        self.position = begin.end()

    # Code

    def on_tick(self, start: int) -> None:
        match = NOT_TICK.search(self.text, start, self.end)
        self.position = match.start() if match else self.end
        width = self.position - start
        end = self.code_end(start, width)
        if end is None:
            return
        inner = self.text[start + width : end - width].replace("\n", " ")
        if self.kind is BlockKind.CELL:
            inner = inner.replace("\\|", "|")
        if inner.startswith(" ") and inner.endswith(" ") and inner.strip():
            inner = inner[1:-1]
        self.add(PieceKind.CODE, start, end, inner, start + width)
        self.add_deletions(start + width, end - width, CORRECT_CLOZE)

    def code_end(self, start: int, width: int) -> int | None:
        """Where the code span that opens at ``start`` ends; None when it is not a code span."""
        if self.ticks is None:
            self.ticks = {}
            for match in TICKS.finditer(self.text, start, self.end):
                self.ticks.setdefault(len(match[0]), []).append(match.end())
        ends = self.ticks.get(width, [])
        index = bisect.bisect_left(ends, start + 2 * width)
        return ends[index] if index < len(ends) else None

    # Formulas

    def on_dollar(self, start: int) -> None:
        if start < self.code_until:
            return
        if self.text.startswith("$$", start):
            self.take_formula(start, "$$", "$$")
            return
        if self.text.startswith("$`", start) and (close := self.text.find("`$", start + 2, self.end)) >= 0:
            self.add_formula(PieceKind.FORMULA, start, close + 2, 2)  # as GitHub has it
            return
        end = self.dollar_end(start + 1)
        if end is not None:
            self.add_formula(PieceKind.FORMULA, start, end + 1, 1)

    def dollar_end(self, start: int) -> int | None:
        r"""The ``$`` that closes the formula begun before ``start``, or None when that ``$`` is a dollar.

        One inside of ``\text{…}`` or ``\ce{…}`` belongs to that, where another one follows after it.
        """
        position, depth, group, first = None, 0, 0, None
        for mark in DOLLAR.finditer(self.text, start, min(self.end, start + LONGEST_FORMULA)):
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
                if depth < 0 and self.clozes:
                    return None
        position = first if position is None else position
        return position if position is not None and self.is_formula(start, position) else None

    def is_formula(self, start: int, end: int) -> bool:
        """Whether what is between two dollars is a formula; what may be one is reported."""
        for ticks in TICKS.finditer(self.text, start, end):
            code = self.code_end(ticks.start(), len(ticks[0]))
            if code is not None and code > end:
                return False
        verdict = between_dollars(self.text, start, end, self.begin)
        if verdict.fault:
            self.report("unclosed-formula", start - 1, verdict.fault)
            self.position = end + 1
        return verdict.is_formula

    def take_formula(self, start: int, opening: str, closing: str) -> None:
        """A formula between two-character marks."""
        body = start + len(opening)
        end = self.formula_end(body, closing)
        if end is None:
            has_blank_line = self.text.startswith("\n\n", self.end) and self.follows(closing)
            message = (
                f"`{opening}` opens a formula that no `{closing}` closes in this paragraph; "
                + "remove the blank line in it, " * has_blank_line
                + "close it, or "
                + ("put a literal one into backticks" if opening == "$$" else "remove the backslash for a bracket")
            )
            self.report("unclosed-formula", start, message, until=closing if has_blank_line else "")
            self.position = body
            return
        kind = PieceKind.FORMULA if opening == "\\(" else PieceKind.DISPLAY
        self.add_formula(kind, start, end + 2, 2)

    def formula_end(self, body: int, closing: str) -> int | None:
        """Where ``closing`` is in the text; searched without a match once at most."""
        if closing in self.unclosed:
            return None
        for match in (MARK if closing == "$$" else ESCAPED).finditer(self.text, body, self.end):
            if match[0] == closing:
                return match.start()
        self.unclosed.add(closing)
        return None

    def add_formula(self, kind: PieceKind, start: int, end: int, width: int) -> None:
        tex = self.text[start + width : end - width]
        if not tex.strip():
            self.report("empty-formula", start, "this formula is empty; fill it, or write `\\$` for a dollar")
        self.add(kind, start, end, tex, start + width)
        self.add_deletions(start + width, end - width, CLOZE)

    # Deletions

    def add_deletions(self, start: int, end: int, opening: re.Pattern[str]) -> None:
        """Add the deletions inside a formula or code as pieces, which are inside the piece that was added last."""
        for match in opening.finditer(self.text, start, end):
            numbers = self.numbers(match)
            if pair := deletion_pieces(self.text, match, end, numbers, len(self.clozes) + 1):
                self.pieces += pair
            else:
                self.report(
                    "unclosed-cloze", match.start(), "this deletion is not closed with `}}` in its formula or code"
                )

    def numbers(self, match: re.Match[str]) -> str:
        """The numbers of a deletion, which are reported when they are not numbers."""
        numbers = match[0].lstrip("{ ")[1:].rstrip(":：")
        if CORRECT_CLOZE.fullmatch(match[0]) and all(int(each) <= HIGHEST_NUMBER for each in numbers.split(",")):
            return numbers
        message = f"`{match[0]}` begins no deletion; write `{{{{c1::`, with a number from 1 to 499 and two ASCII colons"
        self.report("cloze-number", match.start(), message)
        return ",".join(n for n in re.findall("[1-9][0-9]{0,2}", numbers) if int(n) <= HIGHEST_NUMBER) or "1"

    def on_open_brace(self, start: int) -> None:
        match = CLOZE.match(self.text, start, self.end)
        if match is None:
            if self.clozes:
                self.clozes[-1][1] += 1
            return
        self.clozes.append([start, 0])
        depth = len(self.clozes)
        self.pieces.append(Piece(PieceKind.CLOZE, start, match.end(), self.numbers(match), match.end(), depth))
        self.position = match.end()

    def on_close_brace(self, start: int) -> None:
        """``}}`` ends a deletion, but a brace that was opened in it is closed first."""
        if self.clozes and self.clozes[-1][1] > 0:
            self.clozes[-1][1] -= 1
            self.add(PieceKind.ESCAPE, start, start + 1, "}")
        elif self.text.startswith("}}", start, self.end):
            depth = len(self.clozes)
            at = self.clozes.pop()[0] if self.clozes else -1
            self.pieces.append(Piece(PieceKind.CLOZE_END, start, start + 2, at=at, depth=depth))
            self.position = start + 2
        elif self.clozes:
            self.add(PieceKind.ESCAPE, start, start + 1, "}")

    # Tags, comments, addresses

    def on_tag(self, start: int) -> None:
        text, end = self.text, self.end
        if text.startswith("<!--", start, end):
            self.take_comment(start)
        elif autolink := AUTOLINK.match(text, start, end):
            self.add(PieceKind.AUTOLINK, start, autolink.end(), autolink[0][1:-1], start + 1)
        elif text.startswith("<anki-mathjax", start, end):
            self.take_old_formula(start)
        elif tag := TAG.match(text, start, end):
            if tag[1].lower() == "pre" and self.kind is not BlockKind.HTML and "\n" in self.until(tag.end(), "</pre"):
                message = "`<pre>` keeps its lines only at the beginning of a line; put it there, or use a fence"
                self.report("unclosed-tag", start, message)
            if tag[1].lower() in CODE_TAGS and not tag[0].startswith("</"):
                self.code_until = max(self.code_until, self.text.find(f"</{tag[1]}", tag.end(), self.end))
            self.add(PieceKind.TAG, start, tag.end(), tag[1].lower(), tag.start(2), info=tag[2])
        elif loose := LOOSE_TAG.match(text, start, end):
            if loose[0].endswith(">"):
                self.add(PieceKind.TAG, start, loose.end(), loose[1], loose.start(1))
            else:
                self.add(PieceKind.ESCAPE, start, start + 1, "<")
        else:
            self.add(PieceKind.ESCAPE, start, start + 1, "<")

    def until(self, start: int, mark: str) -> str:
        """The text of the leaf up to a mark; none without it."""
        stop = self.text.find(mark, start, self.end)
        return self.text[start : max(start, stop)]

    def take_comment(self, start: int) -> None:
        empty = EMPTY_COMMENT.match(self.text, start)
        closing = empty.end() - 3 if empty else self.text.find("-->", start + 4, self.end)
        if closing < 0:
            where = "not closed in its heading" if self.kind is BlockKind.HEADING else "not closed in its paragraph"
            if self.kind is not BlockKind.HEADING and self.text.find("-->", start) < 0:
                where = "never closed"
            self.report("unclosed-comment", start, f"this comment is {where}; end it with `-->`")
        self.add(PieceKind.COMMENT, start, closing + 3 if closing >= 0 else self.end)

    def take_old_formula(self, start: int) -> bool:
        match = OLD_FORMULA.match(self.text, start, self.end)
        if match:
            tex = (match[2] or match[3] or "").strip()
            self.report(
                "unclosed-formula", start, f"`{match[0][:40]}` is a formula in an older form; write `${tex[:40]}$`"
            )
            self.position = match.end()
        return match is not None

    def on_percent(self, start: int) -> None:
        if comment := COMMENT.match(self.text, start, self.end):
            self.add(PieceKind.COMMENT, start, comment.end())

    def on_address(self, start: int) -> None:
        """A web address as it is (``https://…``, ``www.…``); the punctuation after it does not belong to it."""
        if self.text[start] == ":":
            scheme = SCHEME.search(self.text, max(start - 5, self.last_end()), start)
            if scheme is None:
                return
            start = scheme.start()
        match = ADDRESS.match(self.text, start, self.end)
        address = AFTER_ADDRESS.sub("", self.within(match[0], start)) if match else ""
        while address.endswith((")", "]")) and address.count(")") + address.count("]") > address.count(
            "("
        ) + address.count("["):
            address = AFTER_ADDRESS.sub("", address[:-1])
        if "." in address or "://localhost" in address:
            self.add(PieceKind.AUTOLINK, start, start + len(address), address, start, info="bare")

    def within(self, address: str, start: int) -> str:
        """The part of an address at ``start`` that is inside the brackets, the deletion, the highlight around it."""
        if self.brackets:
            depth = 0
            for at, sign in enumerate(address):
                depth += (sign == "[") - (sign == "]")
                if depth < 0:
                    address = address[:at]
                    break
        if self.clozes:
            address = address.partition("}}")[0].partition("::")[0]
        return address.partition("==")[0] if self.text.startswith("==", start - 2) else address

    def last_end(self) -> int:
        """Where the last piece ends."""
        return self.pieces[-1].end if self.pieces else 0

    # Brackets: citations, sounds, footnotes, links, pictures

    def on_open_bracket(self, start: int) -> None:
        text, end = self.text, 0
        if (
            text.startswith("[@", start)
            and (end := self.label_end(start + 2, CITATION_END))
            and not LINK_TARGET.match(text, end + 1, self.end)
        ):
            self.add(PieceKind.CITATION, start, end + 1, text[start + 1 : end], start + 1)
        elif text.startswith("[sound:", start) and (end := self.label_end(start + 7, LABEL_END)):
            self.add(PieceKind.SOUND, start, end + 1, text[start + 7 : end], start + 7)
        elif text.startswith("[^", start) and (end := self.label_end(start + 2, FOOTNOTE_END)) > start + 2:
            self.add(PieceKind.FOOTNOTE, start, end + 1, text[start + 2 : end], start + 2)
        elif (
            text.startswith("[[", start)
            and (wiki := WIKI.match(text, start, self.end))
            and not text.startswith("(", wiki.end())
        ):
            self.take_wiki_link(wiki)
        elif text.startswith(("[$", "[latex]"), start) and self.take_old_formula(start):
            pass
        else:
            self.brackets.append((start, len(self.pieces)))

    def take_wiki_link(self, wiki: re.Match[str]) -> None:
        """``[[note|text]]``: a link to the note of that name."""
        group = "text" if wiki["text"] else "target"
        start, end = wiki.span(group)
        start += group == "target" and wiki[group].startswith("#")  # as Obsidian shows a heading of the same file
        self.pieces.append(
            Piece(PieceKind.LINK, wiki.start(), start, wiki["target"].strip(), wiki.start("target"), info="wiki")
        )
        self.add(PieceKind.LINK_END, end, wiki.end(), wiki["target"].strip(), wiki.start("target"), info="wiki")

    def label_end(self, start: int, stop: re.Pattern[str]) -> int:
        """Where the ``]`` is that ``stop`` finds first; 0 when it finds something else."""
        match = stop.search(self.text, start, self.end)
        return match.start() if match and match[0] == "]" else 0

    def on_exclamation(self, start: int) -> None:
        if self.text.startswith("[[", start + 1) and (wiki := WIKI.match(self.text, start + 1, self.end)):
            name, at = wiki["target"].strip(), wiki.start("target")
            size = ALT_SIZE.search(f"|{wiki['text'] or ''}")
            alt = name.rpartition("/")[2].rpartition(".")[0] if size or not wiki["text"] else wiki["text"]
            width = self.alt_size(size, start) if size else ""
            self.add(PieceKind.IMAGE, start, wiki.end(), f"[[{name}", at, info=alt, size=width)
        elif self.text.startswith("[", start + 1):
            self.position = start + 2
            self.brackets.append((start, len(self.pieces)))

    def on_caret(self, start: int) -> None:
        """``^[…]``: a footnote in the text."""
        if self.text.startswith("[", start + 1, self.end):
            if not CHARACTER_CLASS.match(self.text, start, self.end):
                self.position = start + 2
                self.brackets.append((start, len(self.pieces)))
        elif self.kind is BlockKind.PARAGRAPH and BLOCK_ID.match(self.text, start, self.end):
            self.add(PieceKind.COMMENT, start, self.end)

    def on_close_bracket(self, end: int) -> None:
        if not self.brackets:
            return
        start, before = self.brackets.pop()
        if self.text[start] == "^":
            if self.text.startswith("^", end + 1, self.end):
                shown = self.text[start + 1 : end + 1]
                message = (
                    f"`^{shown}^` is shown as it is written; write <sup>{shown}</sup>, or `^{shown}` for a footnote"
                )
                self.report("unknown-footnote", start, message)
            else:
                self.take_inline_footnote(start, before, end)
            return
        self.take_link(start, before, end)

    def take_inline_footnote(self, start: int, before: int, end: int) -> None:
        leaf = Block(BlockKind.PARAGRAPH, start + 2, end, lines=((start + 2, end),), mark="tight")
        leaf.pieces = tuple(self.pieces[before:])
        del self.pieces[before:]
        name = f"^{start}"
        self.footnotes.append(Block(BlockKind.FOOTNOTE, start, end + 1, [leaf], info=name))
        self.add(PieceKind.FOOTNOTE, start, end + 1, name, start + 2, info="inline")

    def take_link(self, start: int, before: int, end: int) -> None:
        """A link or picture whose text ends at ``end``, when an address follows or its name is defined."""
        found = self.destination(end) or self.reference(start, end)
        if found is None:
            if self.text.startswith("(", end + 1, self.end):
                self.report_link(start, end)
            return
        target, at, title, size, stop = found
        if self.text[start] != "!":
            attributes = ATTRIBUTES.match(self.text, stop, self.end)
            stop = attributes.end() if attributes else stop  # such as ``{target=_blank}``: nothing that a card shows
            self.pieces[before:] = [
                piece for piece in self.pieces[before:] if piece.info != "bare"
            ]  # no link in a link
            self.pieces.insert(before, Piece(PieceKind.LINK, start, start + 1, target, at, info=title))
            self.add(PieceKind.LINK_END, end, stop, target, at, info=title)
            self.brackets = [(each, count) for each, count in self.brackets if self.text[each] != "["]
            return
        self.drop_pieces(before)
        alt = self.text[start + 2 : end]
        if in_alt := ALT_SIZE.search(alt):
            alt, size = alt[: in_alt.start()], self.alt_size(in_alt, start)
        if attributes := ATTRIBUTES.match(self.text, stop, self.end):
            stop, size = attributes.end(), self.size(attributes) or size
        self.add(PieceKind.IMAGE, start, stop, target, at, info=alt, size=size, title=title)

    def report_link(self, start: int, end: int) -> None:
        """Report what looks like a link and is not one."""
        shown = self.text[end + 2 : self.end].partition(")")[0]
        self.report("unknown-link", start, f"the link to `{shown[:40]}` is not understood; write [text](address)")

    def destination(self, end: int) -> tuple[str, int, str, str, int] | None:
        """The address in round brackets after a ``]``: address, its offset, title, size, end."""
        match = DESTINATION.match(self.text, end + 1, min(self.end, end + 1 + LONGEST_DESTINATION))
        if match is None:
            return None
        group = "angled" if match["angled"] is not None else "plain"
        title = match["double"] or match["single"] or match["round"] or ""
        return unescaped(match[group].strip()), match.start(group), unescaped(title), match["size"] or "", match.end()

    def reference(self, start: int, end: int) -> tuple[str, int, str, str, int] | None:
        """The address of a link or picture whose name is defined: ``[text][name]``, ``[name][]``, ``[name]``."""
        if not self.references:
            return None
        text = self.text[start + (2 if self.text[start] == "!" else 1) : end]
        label = LABEL.match(self.text, end + 1, self.end)
        stop = label.end() if label else end + 1
        name = label[1] if label and label[1].strip() else text
        found = self.references.get(" ".join(name.split()).casefold())
        return None if found is None else (unescaped(found.address), found.at, found.title, "", stop)

    def size(self, attributes: re.Match[str]) -> str:
        """The size that the attributes after a picture give; their other values are reported."""
        body = attributes["sized"] or attributes["body"]
        sizes = dict(SIZE_ATTRIBUTE.findall(body))
        if OTHER_SIZE.search(SIZE_ATTRIBUTE.sub(" ", body)):
            message = f"`{' '.join(body.split())}` gives no size of a picture; write {{width=300}}, in pixels"
            self.report("bad-option", attributes.start(), message)
        width, height = sizes.get("width", ""), sizes.get("height", "")
        return f"{width}x{height}" if height else width

    def alt_size(self, found: re.Match[str], start: int) -> str:
        """The size after the ``|`` of a picture's text: ``300``, ``300x200``, ``x200``."""
        if found["unit"] == "%":
            self.report("bad-option", start, f"a picture's size is in pixels; write |300 instead of |{found[1]}%")
        return found[1].removesuffix("x")

    def drop_pieces(self, index: int) -> None:
        """Forget the pieces in a picture's text: it is shown as plain text."""
        dropped = self.pieces[index:]
        for piece in dropped:
            if piece.kind in (PieceKind.CLOZE, PieceKind.CLOZE_END):
                self.report("unclosed-cloze", piece.start, "a deletion can neither begin nor end in a picture's text")
        starts = {piece.start for piece in dropped}
        self.clozes = [cloze for cloze in self.clozes if cloze[0] not in starts]
        del self.pieces[index:]


HANDLERS: dict[str, Callable[[Scanner, int], None]] = {
    "\\": Scanner.on_escape,
    "`": Scanner.on_tick,
    "$": Scanner.on_dollar,
    "<": Scanner.on_tag,
    "{": Scanner.on_open_brace,
    "}": Scanner.on_close_brace,
    "[": Scanner.on_open_bracket,
    "]": Scanner.on_close_bracket,
    "!": Scanner.on_exclamation,
    "%": Scanner.on_percent,
    "^": Scanner.on_caret,
    ":": Scanner.on_address,
    "w": Scanner.on_address,
}
"""What to do at a sign; any other is a private character."""


def deletion_end(text: str, body: int, end: int) -> int | None:
    """Where the ``}}`` is that closes the deletion whose text begins at ``body``: braces in it are closed first."""
    depth = 0
    for brace in BRACE.finditer(text, body, end):
        if brace[0] == "{":
            depth += 1
        elif brace[0] == "}" and depth:
            depth -= 1
        elif brace[0] == "}" and text.startswith("}}", brace.start(), end):
            return brace.start()
    closing = text.find("}}", body, end)
    return closing if closing >= 0 else None


def deletion_pieces(text: str, match: re.Match[str], end: int, numbers: str, depth: int = 1) -> list[Piece]:
    """The two pieces of a deletion whose beginning matched; none when it is not closed before ``end``."""
    closing = deletion_end(text, match.end(), end)
    if closing is None:
        return []
    return [
        Piece(PieceKind.CLOZE, match.start(), match.end(), numbers, match.end(), depth),
        Piece(PieceKind.CLOZE_END, closing, closing + 2, at=match.start(), depth=depth),
    ]


def unescaped(text: str) -> str:
    r"""A text with its backslash escapes and character references resolved."""
    return html.unescape(ESCAPES.sub(r"\1", text)) if "\\" in text or "&" in text else text


def tag_attributes(piece: Piece) -> list[tuple[str, str, int]]:
    """The attributes of a TAG piece: name in lower case, value with entities resolved, offset of the value."""
    found = []
    for match in ATTRIBUTE.finditer(piece.info):
        group = next((g for g in (2, 3, 4) if match[g] is not None), 0)
        value = html.unescape(match[group]) if group else ""
        found.append((match[1].lower(), value, piece.at + match.start(group)))
    return found


def cited(piece: Piece) -> list[tuple[str, str]]:
    """The keys of a citation, each with its locator: ``@a, §2; @b`` → [("a", "§2"), ("b", "")]."""
    found = []
    for entry in " ".join(piece.text.split()).split(";"):
        key, _, locator = entry.replace("，", ",").strip().partition(",")
        found.append((key.strip().removeprefix("@"), locator.strip()))
    return found
