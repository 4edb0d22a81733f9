"""Errors in what a note holds: links, citations, tables, footnotes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from deckwright.check.html_rules import runs
from deckwright.check.rules import Finding, card_rule, note_rule, page_rule
from deckwright.check.summaries import TITLE_TARGET, links
from deckwright.check.views import ADDRESSES, CODE, FORMULAS, NoteView, PageView
from deckwright.deck.media import MEDIA_TYPES, suffix
from deckwright.deck.rule_choices import Style
from deckwright.grammar import cited
from deckwright.grammar.block_types import Block, BlockKind
from deckwright.grammar.pieces import PieceKind
from deckwright.grammar.table_rule import DELIMITER, cells_of
from deckwright.problems import Severity
from deckwright.regex import regex
from deckwright.render.code import language_of
from deckwright.suggestions import did_you_mean

SMALL = regex(
    r"[~^](?:(?<=[A-Za-zΑ-ω0-9)\]]~)(?!~)[\w+-]{1,3}~(?!~)|(?<=[A-Za-zΑ-ω0-9)\]]\^)[\w+-]{1,4}\^(?![A-Za-z0-9])"
    r"|(?<=\^)(?<![^\s(]\^)[0-9]{1,3}\^(?=[A-Z])"
    r"|(?<=~)(?<![^\s(]~)(?P<struck>[A-Za-z\u00c0-\u024f](?:[^~\n]{0,80}[^\s~])?)~(?![\w~]))"
)
"""``H~2~O``, ``x^2^``, ``^14^C``, ``~gone~``; no ``x^y^z``."""
NOT_PROSE = (
    *(*CODE, *FORMULAS, *ADDRESSES),
    *(PieceKind.TAG, PieceKind.IMAGE, PieceKind.FOOTNOTE, PieceKind.COMMENT),
)
TABLE_SIGN = regex(r"[|｜+-](?:(?<=[|｜])|(?<=\+)-|(?<=-)-[ \t]+--)")
DASHES = regex(r"[|｜]?\s*(?::?[-–—―－─]+:?\s*(?:[|｜]\s*|$))+")
"""A row of dashes, also as other keyboards and programs write it."""
BAR = regex("[|｜]")
GRID = regex(r"\+(?:[-=:]+\+)+")
COLUMNS = regex(r"-{2,}(?:[ \t]+-{2,})+[ \t]*$", re.MULTILINE)
"""The line of a table whose columns are divided by spaces, as Pandoc writes it; to Markdown it is a rule."""
ROW = regex(r"[|｜][^|｜]*(?:[|｜][^|｜]*)+[|｜]")
BARRED_ROW, CUT_ROW = regex(r"[ \t]*\|.*\|[ \t]*$", re.MULTILINE), regex(r"[ \t]*\|.*[^|\s][ \t]*\n[ \t]*(?![|>#`~\s])")
"""A row with its bars at both ends, and one whose last cell may go on in the next line, as in exports of Notion."""
OPENED = regex(r"(?:[a-z][a-z0-9+.-]+://|(?:mailto|tel|sms|geo|magnet|doi|facetime|skype|xmpp):)\S", re.IGNORECASE)
"""An address that Anki hands to the system, which opens it: a web page, a note of Obsidian, an entry of Zotero."""
LIKE_ADDRESS = regex(r"[/#:?@\\]|[A-Za-z0-9]\.[A-Za-z0-9]")
LIKE_CODE = regex(r"\W|\w-\w")
"""How ``[^…]`` begins in a regular expression rather than in a footnote."""
SOURCE_KEY = regex(r"(?<![\w@./-])-?@([A-Za-z0-9](?:[\w:.-]*\w)?)")
"""A source as Pandoc and others cite it in running text."""
TAG_LINK = regex(r"\[#(?P<tag>[^\s\[\]#]+)\]\($")


@note_rule(Severity.ERROR)
def check_unknown_link(view: NoteView) -> Iterator[Finding]:
    """A link leads to a note of the deck (#its-id) or to an address that the system opens (https, mailto, obsidian).

    Bad:  [see](other.md), [see](#no-such-note)
    Good: [see](#why-sqrt-dk), [see](https://example.org/)
    """
    text = view.source.text
    for piece in view.of(PieceKind.LINK):
        if text.startswith("]", piece.start + 1):
            yield piece.start, "this link shows nothing; write its text between the brackets"
    for target, at in links(view.of(PieceKind.LINK, PieceKind.TAG)):
        # Whether a note has the id is for the whole deck to say.
        if (target.startswith(("#", TITLE_TARGET)) and target != "#") or OPENED.match(target) or runs(target):
            continue
        if target in ("", "#"):
            tag = TAG_LINK.search(text, 0, at)
            remedy = f"write a tag as {{.{tag['tag']}}} after the question" if tag else "write [text](#its-id)"
            yield at, f"this link has no address; {remedy}"
        elif suffix(target) in MEDIA_TYPES:
            yield at, f"a link cannot lead to a file in Anki; write `![…]({target})` to show or play it"
        else:
            yield at, f"`{target}` leads nowhere in Anki; link a note (#its-id) or a web address"


@page_rule(Severity.WARNING)
def check_unused_definition(view: PageView) -> Iterator[Finding]:
    """A line `[name]: address` is shown on no card: it gives the address of a link. Text in it is lost.

    Bad:  [Note]: remember
    Good: Note: remember, or **Note:** remember
    """
    suspects = [found for found in view.page.definitions if found.address and not LIKE_ADDRESS.search(found.address)]
    if not suspects:
        return
    passages = [passage for note in (*view.page.notes, *view.page.drafts) for passage in note.passages]
    used = {piece.at for passage in passages for piece in passage.of(PieceKind.LINK, PieceKind.IMAGE)}
    for found in suspects:
        if found.at not in used:
            message = "this line defines the address of a link, and is on no card; write its text without `[…]:`"
            yield view.page.source.text.rfind("\n", 0, found.at) + 1, message


@note_rule(Severity.ERROR)
def check_unknown_citation(view: NoteView) -> Iterator[Finding]:
    """A citation's key is in sources.toml, and a key from there is in brackets of its own.

    Bad:  [@vaswani17], see @vaswani2017, [see @vaswani2017]
    Good: [@vaswani2017, §3.2]
    """
    for piece in view.of(PieceKind.CITATION):
        for key, _locator in cited(piece):
            if key not in view.deck.citations:
                found = re.search(rf"@{re.escape(key)}(?=\s*(?:[,，;]|$))", piece.text)
                at = piece.at + (found.start() if found else 0)
                meant = did_you_mean(key, view.deck.citations) or "; add it, or correct the key"
                yield at, f"sources.toml has no source `{key}`{meant}"
    for passage in view.note.passages if "@" in view.text and view.deck.citations else ():
        for at, match in passage.matches(SOURCE_KEY, *NOT_PROSE, PieceKind.CITATION):
            if match[1] in view.deck.citations:
                yield at, f"`{match[0]}` is shown as it is written; write `[@{match[1]}]` to cite that source"


@note_rule(Severity.NOTE)
def check_diagram_code(view: NoteView) -> Iterator[Finding]:
    """A diagram that is written as code (mermaid) is shown as its code.

    Bad:  ```mermaid … ``` (is not drawn)
    Good: ![what it shows](diagram.svg)
    """
    for piece in view.of(PieceKind.CODE_BLOCK):
        if (language := language_of(piece.info)) in ("mermaid", "plantuml", "dot"):
            yield piece.start, f"a {language} diagram is shown as its code; save it as a picture to show it drawn"


@note_rule(Severity.ERROR)
def check_table_row(view: NoteView) -> Iterator[Finding]:
    r"""A row of a table has no more cells than its head: GitHub would show none of the rest.

    Bad:  | a | b | … | 1 | 2 | 3 |
    Good: | a | b | … | 1 | 2 \| 3 |
    """
    for table in view.blocks(BlockKind.TABLE) if "|" in view.text else ():
        columns = len(table.children[0].children)
        for row in table.children[1:]:
            if lost := [cell for cell in row.children[columns:] if cell.end > cell.start]:
                cells = f"{len(row.children)} cells, the head has {columns}"
                yield lost[0].start, f"this row has {cells}; write `\\|` for a bar in a cell"


@card_rule(Style.PLAIN)
def check_broken_table(view: NoteView) -> Iterator[Finding]:
    """A table is a row of cells, right under it a row of dashes with as many, and rows; else it is shown as text.

    Bad:  | a | b | … |---| … | 1 | 2 |
    Good: | a | b | … |---|---| … | 1 | 2 |
    """
    text = view.source.text
    for passage in view.note.passages if TABLE_SIGN.search(view.text) else ():
        paragraphs = passage.all_blocks(BlockKind.PARAGRAPH)
        suspects = [block for block in paragraphs if TABLE_SIGN.search(text, block.start, block.end)]
        prose = passage.masked(*NOT_PROSE) if suspects else ""
        for block in suspects:
            lines = [prose[first - passage.start : last - passage.start].strip() for first, last in block.lines]
            if (index := _broken_row(lines)) is not None:
                above = cells_of(text, *block.lines[index - 1], 0) if index else []
                fault = _table_fault(lines, index, len(above), is_indented=_is_indented(text, block, index))
                yield block.lines[index][0], fault
        for table in passage.all_blocks(BlockKind.TABLE):
            yield from _row_faults(text, table)
            for piece in (piece for row in table.children for cell in row.children for piece in cell.pieces):
                bars = text.count("\\|", piece.start, piece.end) if piece.kind in FORMULAS else 0
                if bars and bars % 2 == 0:
                    message = "in a table `\\|` is one bar, as on GitHub; write `\\vert` for one, `\\Vert` for two"
                    yield piece.start, message
        for at in [rule.start for rule in passage.all_blocks(BlockKind.RULE) if COLUMNS.match(text, rule.start)][:1]:
            yield at, "a table with spaces between its columns is shown as text; write `| a | b |` and `|---|---|`"


def _row_faults(text: str, table: Block) -> Iterator[Finding]:
    """Yield where the first row is that was not meant as one, or not whole: a table ends at a blank line."""
    if len(table.children[0].children) == 1:
        return
    head, *rows = (text.rfind("\n", 0, row.start) + 1 for row in table.children)
    for row, start in zip(table.children[1:], rows, strict=True):
        if BARRED_ROW.match(text, head) and CUT_ROW.match(text, start):
            yield row.start, "a line break cuts this row of a table; write it in one line, with `<br>` for the break"
            return
        if "|" not in text[start : text.find("\n", start) % (len(text) + 1)]:
            yield row.start, "this line is a row of the table above it; leave a blank line before it"
            return


def _broken_row(lines: Sequence[str]) -> int | None:
    """The line of a paragraph that was meant as a part of a table."""
    for index, line in enumerate(lines):
        is_dashes = DASHES.fullmatch(line) and BAR.search(line) and (not index or BAR.search(lines[index - 1]))
        if is_dashes or GRID.fullmatch(line):
            return index
    return 0 if len(lines) > 1 and all(ROW.fullmatch(line) for line in lines) else None


def _is_indented(text: str, block: Block, index: int) -> bool:
    """Whether a line of a paragraph begins further right than the one above it."""
    here, above = (start - text.rfind("\n", 0, start) for start, _ in (block.lines[index], block.lines[index - 1]))
    return here > above


def _table_fault(lines: Sequence[str], index: int, above: int, *, is_indented: bool) -> str:
    """Say what is wrong with a row that is not part of a table; ``above`` is the number of cells in the one above.

    ``is_indented``: it begins further right than that one.
    """
    row = lines[index]
    if GRID.fullmatch(row):
        return "a grid of `+---+` is shown as text; write a table of `| a | b |` and `|---|---|`"
    if not DASHES.fullmatch(row):
        return "a table has a row of dashes under its first row; write `|---|---|`"
    if not index:
        return "a row of dashes follows the first row of its table, without a blank line between; write that row"
    dashes = len(row.strip("|").split("|"))
    if DELIMITER.fullmatch(row) and dashes != above:
        return f"the row above has {above} cells, this row of dashes {dashes}; write as many (`\\|` is a bar in a cell)"
    if DELIMITER.fullmatch(row) and is_indented:
        return "this row of dashes is indented too far; begin it where the row above it begins"
    if DELIMITER.fullmatch(row):
        return "this table goes on with the item or quote above; leave a blank line before it, or indent it as that"
    return "a table is written with ASCII characters: `| a | b |` and `|---|---|`"


@card_rule(Style.PLAIN)
def check_tilde_and_caret(view: NoteView) -> Iterator[Finding]:
    """`H~2~O` and `x^2^` are other tools' way to write small letters, `~gone~` is GitHub's for `~~gone~~`.

    Bad:  H~2~O, x^2^, ~gone~
    Good: H<sub>2</sub>O, $x^2$, ~~gone~~
    """
    for passage in view.note.passages if SMALL.search(view.text) else ():
        for at, match in passage.matches(SMALL, *NOT_PROSE):
            tag = "sub" if match[0][0] == "~" else "sup"
            remedy = f"<{tag}>{match[0][1:-1]}</{tag}>, or a formula"
            remedy = f"`~{match[0]}~`" if match["struck"] else remedy
            yield at, f"`{match[0]}` is shown as it is written; write {remedy}"


@note_rule(Severity.ERROR)
def check_unknown_footnote(view: NoteView) -> Iterator[Finding]:
    """A footnote is defined once, in the note that uses it or anywhere in its file.

    Bad:  text[^1] (and no [^1]: …)
    Good: text[^1] … [^1]: the footnote
    """
    pieces = [piece for piece in view.of(PieceKind.FOOTNOTE) if piece.info != "inline"]
    defined = Counter(piece.text for piece in pieces if piece.info)
    elsewhere = {block.info for passage in view.note.footnotes for block in passage.blocks}
    used = {piece.text for piece in pieces if not piece.info}
    for at, name, is_definition in [(piece.start, piece.text, piece.info) for piece in pieces]:
        if name not in defined and name not in elsewhere:
            yield at, _undefined(view, name)
        elif is_definition and defined[name] > 1:
            yield at, f"the footnote `{name}` is defined twice in this note; give one another name"
        elif is_definition and name not in used and not _is_used_elsewhere(view, name):
            yield at, f"nothing refers to the footnote `{name}`; write [^{name}] where it belongs, or remove it"


def _undefined(view: NoteView, name: str) -> str:
    """Say what is wrong with a footnote that the note does not define, nor one other note."""
    others = re.findall(rf"^[ ]{{0,3}}\[\^{re.escape(name)}\]:", view.source.text, re.MULTILINE)
    if len(others) > 1:
        return f"the footnote `{name}` is defined {len(others)} times under other notes; write it under this one"
    code = ", or put this into backticks" if LIKE_CODE.match(name) else ""
    return f"this note defines no footnote `{name}`; add [^{name}]: …{code}"


def _is_used_elsewhere(view: NoteView, name: str) -> bool:
    """Whether another note of the file refers to a footnote of this one."""
    mark = f"[^{name}]"
    before, after = view.source.text[: view.note.question.start], view.source.text[view.end :]
    return any(part.count(mark) > part.count(f"{mark}:") for part in (before, after))
