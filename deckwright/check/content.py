"""Errors in what a note holds: deletions, HTML, links, citations, footnotes."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator

from deckwright.check.rules import Finding, card_rule, note_rule
from deckwright.check.summaries import WIKI, links
from deckwright.check.views import NoteView
from deckwright.deck.folder import Deck
from deckwright.deck.media import MEDIA_TYPES, suffix
from deckwright.deck.rule_choices import Style
from deckwright.grammar import cited
from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.inline_patterns import CLOZE, CORRECT_CLOZE
from deckwright.grammar.note import Note, NoteKind, Passage
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.problems import Severity
from deckwright.render import HARMLESS, VOID
from deckwright.render.code import language_of
from deckwright.suggestions import did_you_mean

DANGEROUS = frozenset(
    """applet base body button canvas dialog embed fieldset form frame frameset head html iframe input link math meta
    noscript object optgroup option param plaintext portal script select slot style svg template textarea title
    xmp""".split()
)
HALF_CLOZE = re.compile(
    r"(?<!\{)\{c[0-9]+::|\{\{[0-9]+::"
    r"|\{\{ *(?:[cC][0-9]+|[cC]loze)(?![0-9,]*::)[^{}\n]*\}\}"
    r"|(?<!\{)\{[0-9]{1,2}:[^\s{}:][^{}\n]*\}(?!\})"
)
BARE_BRACES = re.compile(r"\{\{[^{}:|\n]{1,80}\}\}")
NO_HINT = re.compile(r"::=|::\s*$")
OPAQUE = frozenset(
    {PieceKind.COMMENT, PieceKind.CODE, PieceKind.CODE_BLOCK, PieceKind.FORMULA, PieceKind.DISPLAY, PieceKind.ESCAPE}
)
ATTRIBUTES = frozenset(
    """align alt border cellpadding cellspacing cite class color colspan controls data-align datetime dir face height
    href id lang loop muted name open poster preload rel role rowspan scope size span src start style target title type
    valign value width""".split()
)
"""What a harmless tag may carry; anything else could fetch, run or track something."""
WAYWARD_STYLE = re.compile(r"[(\\@]|position\s*:", re.IGNORECASE)
WHITE_SPACE = re.compile(r"[\s\x00-\x20]")
SMALL = re.compile(r"(?<=[A-Za-z0-9)\]])(?:~(?!~)[\w+-]{1,3}~(?!~)|\^[\w+-]{1,4}\^)")
NOT_PROSE = (
    *(PieceKind.CODE, PieceKind.CODE_BLOCK, PieceKind.FORMULA, PieceKind.DISPLAY, PieceKind.LINK_END),
    *(PieceKind.AUTOLINK, PieceKind.TAG, PieceKind.IMAGE, PieceKind.FOOTNOTE, PieceKind.COMMENT),
)
SCHEMES = ("https://", "http://", "mailto:")


@note_rule(Severity.ERROR)
def check_misplaced_cloze(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """Deletions stand in the answer: anywhere else they make no card.

    Bad:  ### Details … {{c1::x}}
    Good: ## Prompt … {{c1::x}} … ### Details
    """
    note = view.note
    for passage, piece in note.pieces(PieceKind.CLOZE):
        where = "the question" if passage is note.question else "a section"
        if passage is note.answer:
            where = "a footnote" if _in_footnote(passage, piece) else ""
        elif _in_code(passage, piece):
            continue  # it is shown as it is written
        if where:
            yield note.source.place(piece.start), f"a deletion in {where} makes no card; move it into the answer"


def _in_code(passage: Passage, piece: Piece) -> bool:
    """Whether a piece lies inside of code."""
    return any(code.start < piece.start < code.end for code in passage.of(PieceKind.CODE, PieceKind.CODE_BLOCK))


def _in_footnote(passage: Passage, piece: Piece) -> bool:
    """Whether a piece stands in the text of a footnote, which is shown below the details."""
    return any(note.start <= piece.start < note.end for note in passage.all_blocks(BlockKind.FOOTNOTE))


@note_rule(Severity.ERROR)
def check_bad_cloze(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """A deletion hides something, has one hint at most, is not inside one of its own number, and `}}` only ends one.

    Bad:  {{c1::}}, {{c1::a::b::c}}, {{c1::a {{c1::b}}}}
    Good: {{c1::a::hint}}, {{c1::a {{c2::b}}}}
    """
    note, answer = view.note, view.note.answer
    if PieceKind.CLOZE in view.kinds and note.kind is NoteKind.CLOZE:
        yield from _cloze_faults(note)
    if "{{c" in answer.text:
        yield from _unseen_deletions(answer)
    if "{" in answer.text:
        prose = answer.masked(PieceKind.CODE, PieceKind.CODE_BLOCK, PieceKind.FORMULA, PieceKind.DISPLAY)
        for match in HALF_CLOZE.finditer(prose):
            if CLOZE.match(match[0]):
                continue  # reported where it was found
            yield note.source.place(answer.start + match.start()), f"`{match[0]}` is no deletion; write `{{{{c1::`"


@card_rule(Style.PLAIN)
def check_braces(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """Two braces hide something.

    Bad:  Tú {{comes}} pan.
    Good: Tú {{c1::comes}} pan.
    """
    if "{{" not in view.text or view.note.kind is NoteKind.CLOZE:  # there every brace counts already
        return
    for passage in view.note.passages:
        for match in BARE_BRACES.finditer(passage.masked(*OPAQUE)):
            is_shortcode = view.source.text[passage.start + match.start() + 2] in "<%"  # raw-markdown tells of it
            if not (is_shortcode or HALF_CLOZE.match(match[0])):
                yield (
                    passage.place(passage.start + match.start()),
                    (f"`{match[0]}` is shown as it is; to hide it write `{{{{c1::`, and code in backticks"),
                )


def _unseen_deletions(answer: Passage) -> Iterator[Finding]:
    """Deletions where no card can be made of them: in a tag, a link's address, a picture's text."""
    seen = {piece.start for piece in answer.of(PieceKind.CLOZE)}
    said = [*answer.of(PieceKind.CODE, PieceKind.CODE_BLOCK, PieceKind.COMMENT, PieceKind.IMAGE)]
    for match in CORRECT_CLOZE.finditer(answer.source.text, answer.start, answer.end):
        inside = any(piece.start < match.start() < piece.end for piece in said)
        if match.start() not in seen and not inside:
            message = "a deletion makes no card here; write it in the text, outside of tags and addresses"
            yield answer.place(match.start()), message


def deletions(passage: Passage) -> list[tuple[Piece, Piece]]:
    """The deletions of a passage in their order, each as the piece that begins it and the one that ends it."""
    ends = {piece.at: piece for piece in passage.of(PieceKind.CLOZE_END)}
    return [(piece, ends[piece.start]) for piece in passage.of(PieceKind.CLOZE) if piece.start in ends]


def _cloze_faults(note: Note) -> Iterator[Finding]:
    place, answer = note.source.place, note.answer
    open_: list[tuple[Piece, Piece]] = []
    for opening, closing in deletions(answer):
        open_ = [each for each in open_ if opening.start < each[1].start]
        if any({*opening.text.split(",")} & {*outer.text.split(",")} for outer, _ in open_):
            yield place(opening.start), "this deletion is inside one of its own number; give it another number"
        if len(open_) == 3:
            yield place(opening.start), "deletions nest too deep; three levels are what Anki shows"
        open_.append((opening, closing))
        hidden = _hidden(answer, opening, closing)
        if not hidden.strip() or hidden.lstrip().startswith("::"):
            yield place(opening.start), "this deletion hides nothing; write what is to be recalled"
        elif hidden.count("::") > 1:
            yield place(opening.start), "Anki takes the first `::` for the hint; write one hint, `: :` elsewhere"
        elif NO_HINT.search(hidden):
            yield place(opening.start), "Anki takes what follows `::` for a hint; write `: :` where none is meant"
    for piece in answer.of(PieceKind.CLOZE_END):
        if piece.at < 0:
            yield place(piece.start), "`}}` ends no deletion here; take it away, or put it into backticks"


def _hidden(passage: Passage, opening: Piece, closing: Piece) -> str:
    """What a deletion hides, with its hint; what is in it of code, formulas and further deletions as a letter."""
    parts, position = [], opening.end
    ends = {piece.at: piece.end for piece in passage.of(PieceKind.CLOZE_END)}
    for piece in passage.pieces:
        if piece.start < position or piece.end > closing.start:
            continue
        if piece.kind in OPAQUE or piece.kind is PieceKind.CLOZE:
            parts += [passage.source.text[position : piece.start], "" if piece.kind is PieceKind.COMMENT else "x"]
            position = ends.get(piece.start, piece.end)
    return "".join([*parts, passage.source.text[position : closing.start]])


@card_rule(Style.PLAIN)
def check_cloze_code(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """`}}` and `::` in code inside a deletion are written as character references, which Anki's editor undoes.

    Bad:  {{c1::`std::move`}}
    Good: `std::`{{c1::`move`}}
    """
    note, depth = view.note, 0
    for piece in note.answer.pieces if note.kind is NoteKind.CLOZE else ():
        depth += (piece.kind is PieceKind.CLOZE) - (piece.kind is PieceKind.CLOZE_END and piece.at >= 0)
        fault = next((mark for mark in ("}}", "::") if mark in piece.text), None)
        if depth and fault and piece.kind in (PieceKind.CODE, PieceKind.CODE_BLOCK):
            message = (
                f"`{fault}` in this code is safe only until the note is edited in Anki; move it out of the deletion"
            )
            yield note.source.place(piece.at + piece.text.find(fault)), message


@card_rule(Style.PLAIN)
def check_shared_deletion(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """A deletion with several numbers is understood by Anki from 26 on only; older ones show it as it is written.

    Bad:  {{c1,3::x}}
    Good: {{c1::x}} … {{c3::x}}
    """
    for piece in view.note.answer.of(PieceKind.CLOZE):
        if "," in piece.text:
            message = "Anki before 26 shows a deletion with several numbers as it is written; write one for each number"
            yield view.source.place(piece.start), message


@note_rule(Severity.ERROR)
def check_dangerous_html(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """Cards hold no scripts, frames, forms, event handlers or addresses that run something.

    Bad:  <script>…</script>, <img src=x.png onerror=…>, [x](javascript:…)
    Good: <details>, <kbd>, <sub>
    """
    for piece, attributes in view.tags:
        place = view.source.place(piece.start)
        if piece.text in DANGEROUS:
            remedy = "save it as a file and show it as a picture" if piece.text == "svg" else "take it out"
            yield place, f"<{piece.text}> has no place on a card; {remedy}"
        for name, value, _at in attributes:
            if name.startswith("on") or name in ("srcdoc", "formaction"):
                yield place, f"the attribute `{name}` runs a program; take it out"
            elif name in ("href", "src", "action", "data", "poster") and _runs(value):
                yield place, f"the address `{value[:40]}` runs something; take it out"
            elif name == "style" and WAYWARD_STYLE.search(value):
                yield place, "this style fetches a file or leaves its place; take it out"
            elif piece.text in HARMLESS and name not in ATTRIBUTES and not value and _follows_word(view, piece):
                shown = view.source.text[piece.start : piece.end]
                yield place, f"`{shown[:40]}` would be taken for a tag and not be shown; put it into backticks"
                break
            elif piece.text in HARMLESS and name not in ATTRIBUTES and not name.startswith("aria-"):
                yield place, f"the attribute `{name}` has no place on a card; take it out"
    for piece in view.of(PieceKind.LINK):
        if _runs(piece.text):
            yield view.source.place(piece.at), f"the address `{piece.text[:40]}` runs something; take it out"


def _follows_word(view: NoteView, piece: Piece) -> bool:
    """Whether a tag stands right behind a letter or digit, as a comparison does (``a<b and c>d``)."""
    return view.source.text[piece.start - 1 : piece.start].isalnum()


def _runs(address: str) -> bool:
    if address.startswith(("#", *SCHEMES)):
        return False
    plain = WHITE_SPACE.sub("", html.unescape(address)).lower()
    return plain.startswith(("javascript:", "vbscript:", "data:", "file:"))


@note_rule(Severity.ERROR)
def check_vanishing_html(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """What looks like a tag but is none would vanish from a page: List<T> becomes List.

    Bad:  List<T>, <unk>
    Good: `List<T>`, &lt;unk&gt;
    """
    for piece in view.of(PieceKind.TAG):
        if piece.text not in HARMLESS and piece.text not in DANGEROUS:
            shown = view.source.text[piece.start : piece.end]
            message = f"`{shown[:40]}` is no HTML tag and would not be shown; put it into backticks"
            yield view.source.place(piece.start), message


@note_rule(Severity.ERROR)
def check_unclosed_tag(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """An HTML tag is closed in the part of the note in which it is opened; <s> is a strike-through, not a token.

    Bad:  the token <s> begins a sentence
    Good: the token `<s>` begins a sentence
    """
    for passage in view.note.passages:
        yield from _unclosed(passage)


def _unclosed(passage: Passage) -> Iterator[Finding]:
    open_: list[Piece] = []
    for piece in passage.of(PieceKind.TAG):
        if piece.text not in HARMLESS or piece.text in VOID or piece.info.rstrip().endswith("/"):
            continue
        if not passage.source.text.startswith("</", piece.start):
            open_.append(piece)
        elif open_ and open_[-1].text == piece.text:
            open_.pop()
        else:
            yield passage.place(piece.start), f"</{piece.text}> closes no open <{piece.text}>; put it into backticks"
    for piece in open_:
        yield passage.place(piece.start), f"<{piece.text}> is never closed; close it, or put it into backticks"


@note_rule(Severity.ERROR)
def check_unknown_link(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """A link leads to a note of the deck (#its-id) or to a web address: in Anki there is nothing else to lead to.

    Bad:  [see](other.md), [see](#no-such-note)
    Good: [see](#why-sqrt-dk), [see](https://example.org/)
    """
    source = view.source
    for piece in view.of(PieceKind.LINK):
        shown = source.text[piece.start + 1 : piece.start + 2]
        if shown == "]":
            yield source.place(piece.start), "this link shows nothing; write its text between the brackets"
    for target, at in links(view.of(PieceKind.LINK, PieceKind.TAG)):
        # Whether a note has the id is for the whole deck to say.
        if target.startswith(("#", WIKI, *SCHEMES)) or _runs(target):
            continue
        if suffix(target) in MEDIA_TYPES:
            yield source.place(at), f"a link cannot lead to a file in Anki; write `![…]({target})` to show or play it"
        else:
            yield source.place(at), f"`{target}` leads nowhere in Anki; link a note (#its-id) or a web address"


@note_rule(Severity.ERROR)
def check_unknown_citation(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """A citation's key stands in sources.toml.

    Bad:  [@vaswani17]
    Good: [@vaswani2017, §3.2]
    """
    for piece in view.of(PieceKind.CITATION):
        for key, _locator in cited(piece):
            if key not in deck.citations:
                found = re.search(rf"@{re.escape(key)}(?=\s*(?:[,，;]|$))", piece.text)
                at = piece.at + (found.start() if found else 0)
                meant = did_you_mean(key, deck.citations) or "; add it, or correct the key"
                yield view.source.place(at), f"sources.toml has no source `{key}`{meant}"


@note_rule(Severity.NOTE)
def check_diagram_code(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """A diagram that is written as code (mermaid) is shown as its code.

    Bad:  ```mermaid … ```, in the hope of a drawing
    Good: ![what it shows](diagram.svg)
    """
    for piece in view.of(PieceKind.CODE_BLOCK):
        if language_of(piece.info) in ("mermaid", "plantuml", "dot"):
            message = f"a {language_of(piece.info)} diagram is shown as its code; save it as a picture to show it drawn"
            yield view.source.place(piece.start), message


@note_rule(Severity.ERROR)
def check_table_row(view: NoteView, deck: Deck) -> Iterator[Finding]:
    r"""A row of a table has no more cells than its head: GitHub would show none of the rest.

    Bad:  | a | b | … | 1 | 2 | 3 |
    Good: | a | b | … | 1 | 2 \| 3 |
    """
    passages = view.note.passages if "|" in view.text else ()
    for table in (table for passage in passages for table in passage.all_blocks(BlockKind.TABLE)):
        columns = len(table.children[0].children)
        for row in table.children[1:]:
            if len(row.children) > columns:
                place = view.source.place(row.children[columns].start)
                yield (
                    place,
                    f"this row has {len(row.children)} cells, the head has {columns}; write `\\|` for a bar in a cell",
                )


@card_rule(Style.PLAIN)
def check_tilde_and_caret(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """`H~2~O` and `x^2^` are other tools' way to write small letters; GitHub and a card show the signs.

    Bad:  H~2~O, x^2^
    Good: H<sub>2</sub>O, $x^2$
    """
    for passage in view.note.passages if SMALL.search(view.text) else ():
        prose = passage.masked(*NOT_PROSE)
        for match in SMALL.finditer(prose):
            tag = "sub" if match[0][0] == "~" else "sup"
            message = f"`{match[0]}` is shown as it is written; write <{tag}>{match[0][1:-1]}</{tag}>, or a formula"
            yield passage.place(passage.start + match.start()), message


@note_rule(Severity.ERROR)
def check_unknown_footnote(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """A footnote is defined once in the note that uses it.

    Bad:  text[^1] (and no [^1]: …)
    Good: text[^1] … [^1]: the footnote
    """
    pieces = [piece for piece in view.of(PieceKind.FOOTNOTE) if piece.info != "inline"]
    defined = Counter(piece.text for piece in pieces if piece.info)
    used = {piece.text for piece in pieces if not piece.info}
    for piece in pieces:
        place = view.source.place(piece.start)
        if piece.text not in defined:
            yield place, f"this note defines no footnote `{piece.text}`; add [^{piece.text}]: …"
        elif piece.info and defined[piece.text] > 1:
            yield place, f"the footnote `{piece.text}` is defined twice in this note"
        elif piece.info and piece.text not in used:
            yield place, f"nothing in this note refers to the footnote `{piece.text}`"
