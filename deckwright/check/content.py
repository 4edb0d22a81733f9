"""Errors in what a note holds: deletions, HTML, links, citations, footnotes."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator

from deckwright.check.rules import Finding, card_rule, note_rule
from deckwright.check.summaries import links
from deckwright.check.views import NoteView
from deckwright.deck.folder import Deck
from deckwright.grammar.note import Note, NoteKind, Passage, Piece, PieceKind
from deckwright.problems import Severity
from deckwright.render import HARMLESS, cited

VOID = frozenset("br hr img source track wbr col".split())
DANGEROUS = frozenset(
    """applet base body button canvas dialog embed fieldset form frame frameset head html iframe input link math meta
    noscript object optgroup option param plaintext portal script select slot style svg template textarea title
    xmp""".split()
)
FOOTNOTE_END = re.compile(r"\n[ \t]*\n(?=[^ \t\n])")
HALF_CLOZE = re.compile(r"(?<!\{)\{c[0-9]+::|\{\{[0-9]+::")
ATTRIBUTES = frozenset(
    """align alt border cellpadding cellspacing cite class color colspan controls data-align datetime dir face height
    href id lang loop muted name open poster preload rel role rowspan scope size span src start style target title type
    valign value width""".split()
)
"""What a harmless tag may carry; anything else could fetch, run or track something."""
BLOCKS = frozenset("address article aside blockquote center details div footer header main nav section table".split())
WAYWARD_STYLE = re.compile(r"[(\\@]|position\s*:", re.IGNORECASE)
WHITE_SPACE = re.compile(r"[\s\x00-\x20]")
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
        if where:
            yield note.source.place(piece.start), f"a deletion in {where} makes no card; move it into the answer"


def _in_footnote(passage: Passage, piece: Piece) -> bool:
    """Whether a piece stands in the definition of a footnote, which is shown below the details."""
    definitions = [mark for mark in passage.of(PieceKind.FOOTNOTE) if mark.info and mark.start < piece.start]
    return bool(definitions) and not FOOTNOTE_END.search(passage.source.text, definitions[-1].end, piece.start)


@note_rule(Severity.ERROR)
def check_bad_cloze(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """A deletion hides something, has one hint at most, is not inside one of its own number, and `}}` only ends one.

    Bad:  {{c1::}}, {{c1::a::b::c}}, {{c1::a {{c1::b}}}}
    Good: {{c1::a::hint}}, {{c1::a {{c2::b}}}}
    """
    note, answer = view.note, view.note.answer
    if PieceKind.CLOZE in view.kinds and note.kind is NoteKind.CLOZE:
        yield from _cloze_faults(note)
    if "::" in answer.text:
        prose = answer.masked(PieceKind.CODE, PieceKind.FENCE, PieceKind.FORMULA, PieceKind.DISPLAY)
        for match in HALF_CLOZE.finditer(prose):
            yield note.source.place(answer.start + match.start()), f"`{match[0]}` is no deletion; write `{{{{c1::`"


def _cloze_faults(note: Note) -> Iterator[Finding]:
    text, place = note.source.text, note.source.place
    open_: list[tuple[Piece, list[str]]] = []
    open_numbers: Counter[str] = Counter()
    position = note.answer.start
    for piece in [*note.answer.pieces]:
        if piece.kind not in (
            PieceKind.CLOZE,
            PieceKind.CLOZE_END,
            PieceKind.COMMENT,
            PieceKind.CODE,
            PieceKind.FORMULA,
            PieceKind.DISPLAY,
        ):
            continue
        if open_ and piece.start >= position:
            open_[-1][1].append(text[position : piece.start])
        position = piece.end
        if piece.kind is PieceKind.CLOZE:
            if any(open_numbers[number] for number in piece.text.split(",")):
                yield place(piece.start), "this deletion is inside one of its own number; give it another number"
            if len(open_) == 3:
                yield place(piece.start), "deletions nest too deep; three levels are what Anki shows"
            open_.append((piece, []))
            open_numbers.update(piece.text.split(","))
        elif piece.kind is PieceKind.CLOZE_END and piece.at < 0:
            yield place(piece.start), "`}}` ends no deletion here; take it away, or put it into backticks"
        elif piece.kind is PieceKind.CLOZE_END and open_:
            opening, parts = open_.pop()
            open_numbers.subtract(opening.text.split(","))
            inside = "".join(parts)
            if not inside.strip() or inside.lstrip().startswith("::"):
                yield place(opening.start), "this deletion hides nothing; write what is to be recalled"
            elif inside.count("::") > 1:
                yield place(opening.start), "Anki takes the first `::` for the hint; write one hint, `: :` elsewhere"
            if open_:
                open_[-1][1].append("x")
        elif open_ and piece.kind is not PieceKind.COMMENT:
            open_[-1][1].append("x")


@card_rule
def check_cloze_code(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """`}}` and `::` in code inside a deletion are written as character references, which Anki's editor undoes.

    Bad:  {{c1::`std::move`}}
    Good: `std::`{{c1::`move`}}
    """
    note, depth = view.note, 0
    for piece in note.answer.pieces if note.kind is NoteKind.CLOZE else ():
        depth += (piece.kind is PieceKind.CLOZE) - (piece.kind is PieceKind.CLOZE_END and piece.at >= 0)
        fault = next((mark for mark in ("}}", "::") if mark in piece.text), None)
        if depth and fault and piece.kind in (PieceKind.CODE, PieceKind.FENCE):
            message = (
                f"`{fault}` in this code is safe only until the note is edited in Anki; move it out of the deletion"
            )
            yield note.source.place(piece.at + piece.text.find(fault)), message


@card_rule
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
            elif piece.text in HARMLESS and name not in ATTRIBUTES and not name.startswith("aria-"):
                yield place, f"the attribute `{name}` has no place on a card; take it out"
    for piece in view.of(PieceKind.LINK):
        if _runs(piece.text):
            yield view.source.place(piece.at), f"the address `{piece.text[:40]}` runs something; take it out"


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


@card_rule
def check_markdown_in_html(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """Inside an HTML block everything is HTML: after a blank line GitHub shows Markdown there, a card does not.

    Bad:  <details> … (blank line) - a list … </details>
    Good: <details> <ul><li>a list</li></ul> </details>
    """
    for passage in view.note.passages:
        open_: list[Piece] = []
        for piece in passage.of(PieceKind.TAG):
            if piece.text not in BLOCKS:
                continue
            if not passage.source.text.startswith("</", piece.start):
                open_.append(piece)
            elif open_ and "\n\n" in passage.source.text[open_.pop().end : piece.start] and not open_:
                message = f"Markdown in this HTML block is shown as it is written; write HTML up to </{piece.text}>"
                yield passage.place(piece.start), message


@note_rule(Severity.ERROR)
def check_unknown_link(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """A link leads to a note of the deck (#its-id) or to a web address: in Anki there is nothing else to lead to.

    Bad:  [see](other.md), [see](#no-such-note)
    Good: [see](#why-sqrt-dk), [see](https://example.org/)
    """
    source = view.source
    for target, at in links(view.of(PieceKind.LINK, PieceKind.TAG)):
        # Whether a note has the id is for the whole deck to say.
        if not target.startswith(("#", *SCHEMES)) and not _runs(target):
            yield source.place(at), f"`{target}` leads nowhere in Anki; link a note (#its-id) or a web address"
        if source.text.startswith("[](", max(at - 3, 0)):
            yield source.place(at - 3), "this link shows nothing; write its text between the brackets"


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
                yield view.source.place(at), f"sources.toml has no source `{key}`; add it, or correct the key"


@note_rule(Severity.ERROR)
def check_unknown_footnote(view: NoteView, deck: Deck) -> Iterator[Finding]:
    """A footnote is defined once in the note that uses it.

    Bad:  text[^1] (and no [^1]: …)
    Good: text[^1] … [^1]: the footnote
    """
    pieces = view.of(PieceKind.FOOTNOTE)
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
