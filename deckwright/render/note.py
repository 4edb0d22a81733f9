"""A note's Markdown → the HTML of its fields."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, cast

from deckwright.deck.bibliography import Citation
from deckwright.deck.labels import labels
from deckwright.deck.settings import Settings
from deckwright.grammar.note import Note, NoteKind, PieceKind
from deckwright.render.aside import OPENING, SEPARATOR, Aside, TooManyPiecesError, cited
from deckwright.render.quick import is_line, quick_html, quick_passages
from deckwright.render.rendered import Html, RenderedNote

if TYPE_CHECKING:
    from markdown import Markdown

BLOCK = (
    "address|article|aside|blockquote|br|dd|details|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|nav|ol|p|"
    "pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
BEFORE_BLOCK = re.compile(rf"\s*\n\s*(?=</?(?:{BLOCK})\b)")
AFTER_BLOCK = re.compile(rf"(</?(?:{BLOCK})\b[^<>]*>)\s*\n\s*")
LINE_BREAK = re.compile(r"[ \t]*\n[ \t]*")
WIDE = (("\u2e80", "\u30ff"), ("\u3400", "\u4dbf"), ("\u4e00", "\u9fff"), ("\uf900", "\ufaff"), ("\uff00", "\uffef"))
"""First and last of the characters between which no space is set: Chinese and Japanese, with their punctuation."""
NOTE_LINK = re.compile(r'<a href="#([a-z0-9-]+)">(.*?)</a>')
LITERAL_FORMULA = re.compile(r"\\(?=[()\[\]])")
ANKI_TAG = re.compile(r"\[(?=sound:|anki:|latex\]|/latex\]|\$\$?\]|/\$\$?\])")
TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
EMPTY_ROWS = re.compile(r"<tbody>\s*<tr>(?:\s*<td[^>]*></td>)*\s*</tr>\s*</tbody>")


FOLLOW_UP = "follow-up"
"""The style of a section whose hints open on tap."""


class RenderError(Exception):
    """A note cannot be rendered; the message says why and what to do, ``rule`` is the rule it breaks."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass
class Renderer:
    """Renders the notes of one deck; makes the Markdown converter once, if a note needs it."""

    settings: Settings
    citations: Mapping[str, Citation]

    def __post_init__(self) -> None:
        self.labels = labels(self.settings.language)
        self.hinted = _hinted_item(self.labels["hint"])
        self.tag_prefix = f"{self.settings.tag_prefix}::" if self.settings.tag_prefix else ""
        self.tags = lru_cache(maxsize=10_000)(self._tags)  # kept once for all the notes that have the same
        self.whereabouts = lru_cache(maxsize=1)(self._whereabouts)  # a page's notes come one after another

    @cached_property
    def converter(self) -> Markdown:
        from deckwright.render.markdown import make_markdown

        return make_markdown()

    def render_note(self, note: Note, media_names: Mapping[str, str] | None = None) -> RenderedNote:
        """The fields, tags, deck and card ordinals of a note; ``media_names`` are reference → name in the package.

        Raises RenderError when the note is too deep or too large.
        """
        found = self.locators(note)
        aside = Aside(note, media_names or {}, {key: number for number, key in enumerate(found, 1)})
        question, answer, *rest = self.convert(note, aside)
        deck, context, file = self.whereabouts(note.source.path, note.title)
        options = {key: str(value) for key, value, _ in note.attributes}  # the last one counts
        common = {
            "Details": self.details(note, rest),
            "Sources": self.sources(found),
            "AsOf": html.escape(options.get("asof", "")),
            "Context": context,
            "ID": note.id,
            "File": file,
        }
        return RenderedNote(
            id=note.id,
            kind=note.kind,
            fields=cast("dict[str, Html]", _fields(note.kind, question, answer, common, options)),
            tags=self.tags(tuple(note.options("."))),
            deck=deck,
            ords=_ords(note, is_reversed=is_on(options.get("reversed", ""))),
        )

    def convert_text(self, text: str) -> str:
        """A text that is no note (the deck's description) as HTML; tags in it are shown, not obeyed."""
        escaped = html.escape(text, quote=False)
        rendered = quick_html(escaped)
        if rendered is None:
            self.converter.reset()
            rendered = self.converter.convert(escaped).strip()
        return join_lines(rendered)

    def convert(self, note: Note, aside: Aside) -> list[str]:
        """The HTML of each passage of the note (question, answer, headings and bodies), then that of the footnotes.

        Raises RenderError as ``render_note`` does.
        """
        try:
            parts = self.markdown([aside.text(passage) for passage in note.passages])
        except RecursionError:
            message = "lists, quotes or emphasis nest too deep here; make the nesting flatter"
            raise RenderError("too-deep", message) from None
        except TooManyPiecesError:
            message = "this note holds more formulas and code than can be told apart; split it"
            raise RenderError("too-large", message) from None
        for index, section in enumerate(note.sections):
            if self.settings.sections.get(section.heading.text) == FOLLOW_UP:
                parts[2 * index + 3] = self.hinted.sub(HINT, parts[2 * index + 3])
        return [self.finish(part, aside) for part in parts]

    def markdown(self, texts: list[str]) -> list[str]:
        """The HTML of each passage of a note, then that of the footnotes, with pieces still aside.

        What of it needs Python-Markdown is one document, its passages divided by separators: so footnotes and link
        definitions hold in all of it, and the converter runs once.
        """
        quick = self.quick(texts)
        if None not in quick:
            return cast("list[str]", quick)
        slow = self.slow([text if part is None else "" for text, part in zip(texts, quick, strict=False)])
        return [slow[index] if part is None else part for index, part in enumerate(quick)]

    def quick(self, texts: list[str]) -> list[str | None]:
        """The HTML of each passage that needs no Python-Markdown, then that of the footnotes; None for the others."""
        return quick_passages(texts)

    def slow(self, texts: list[str]) -> list[str]:
        """What Python-Markdown makes of the passages, one document, then of their footnotes."""
        lines = [(OPENING if is_line(n) else "") + text for n, text in enumerate(texts)]
        self.converter.reset()
        document = self.converter.convert(f"\n\n{SEPARATOR}\n\n".join([*lines, ""]))
        parts = [part.strip() for part in re.split(f"(?:<p>)?{SEPARATOR}(?:</p>)?", document)]
        opened, closed = f"<p>{OPENING}", "</p>"
        parts = [p[len(opened) : -len(closed)] if p.startswith(opened) and p.endswith(closed) else p for p in parts]
        return [part.replace(OPENING, "") for part in parts]

    def finish(self, part: str, aside: Aside) -> str:
        """HTML from Markdown as Anki should get it: no line break outside ``<pre>``, pieces put back."""
        if "\\" in part:
            part = LITERAL_FORMULA.sub(r"\\<span></span>", part)
        if "[" in part:
            part = ANKI_TAG.sub("&#91;", part)
        if "<a" in part:
            part = NOTE_LINK.sub(r'<span class="ref" title="\1">\2</span>', part)
        if "<table" in part:
            part = EMPTY_ROWS.sub("", part)
            part = TABLE.sub(r'<div class="table">\g<0></div>', part)
        if "<pre" in part:
            stretches = re.split(r"(<pre\b.*?</pre>)", part, flags=re.DOTALL)
            part = "".join(s if s.startswith("<pre") else join_lines(s) for s in stretches)
        else:
            part = join_lines(part)
        return aside.put_back(part)

    def details(self, note: Note, rendered: list[str]) -> str:
        """The sections, each with its heading and style, then the footnotes."""
        *parts, footnotes = rendered
        sections = []
        for section, heading, body in zip(note.sections, parts[::2], parts[1::2], strict=True):
            style = self.settings.sections.get(section.heading.text, "")
            label = f' class="{style}"' if style else ""
            sections.append(f"<section{label}><h3>{heading}</h3>{body}</section>")
        return "".join(sections) + footnotes

    def locators(self, note: Note) -> dict[str, list[str]]:
        """The keys of the bibliography that the note cites, in order, each with where in it."""
        found: dict[str, list[str]] = {}
        for _, piece in note.pieces(PieceKind.CITATION):
            for key, locator in cited(piece):
                if key in self.citations:
                    locators = found.setdefault(key, [])
                    locators += [locator] if locator and locator not in locators else []
        return found

    def sources(self, found: Mapping[str, list[str]]) -> str:
        """The list of the sources that a note cites, from key → where in it."""
        items = "".join(f"<li>{self.source(self.citations[key], locators)}</li>" for key, locators in found.items())
        return f"<ol>{items}</ol>" if items else ""

    def source(self, citation: Citation, locators: list[str]) -> str:
        """One entry of the list of sources: authors (year): title, where in it."""
        words = self.labels
        names = citation.authors
        few = words["and"].join(names) if len(names) < 3 else names[0] + words["others"]
        year = f"{words['open']}{citation.year}{words['close']}" if citation.year else ""
        title = html.escape(citation.title)
        if citation.url:
            title = f'<a href="{html.escape(citation.url)}">{title}</a>'
        head = html.escape(few + year)
        return words["comma"].join([head + (words["colon"] if head else "") + title, *map(html.escape, locators)])

    def _tags(self, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Tags as Anki stores them."""
        return tuple(sorted({sys.intern(self.tag_prefix + tag) for tag in tags}))

    def _whereabouts(self, path: str, title: str) -> tuple[str, str, str]:
        """The deck of a page's notes, and their fields ``Context`` and ``File``."""
        deck = self.settings.deck_of(path)
        context = " › ".join([*deck.split("::")[1:], *filter(None, [title])])
        return deck, html.escape(context), html.escape(path)


HINT = r'<li class="hint"><details><summary class="tappable">\1</summary><div class="hint-text">\2</div></details></li>'


def _hinted_item(hint: str) -> re.Pattern[str]:
    """An item of a list that is a question and its hint in brackets: ``为什么？（提示：…）``, ``Why? (hint: …)``."""
    inside = r"((?:(?!</?(?:li|p|ul|ol)>).)+?)"
    return re.compile(
        rf"<li>\s*(?:<p>)?{inside}\s*[（(]{hint}[：:]\s*{inside}[）)][。.]?\s*(?:</p>)?\s*</li>", re.DOTALL
    )


def join_lines(text: str) -> str:
    """Line breaks of HTML taken out where they show nothing: beside block tags and between Chinese characters."""
    if "\n" not in text:
        return text
    text = AFTER_BLOCK.sub(r"\1", BEFORE_BLOCK.sub("", text))
    return LINE_BREAK.sub(_joint, text)


def _joint(line: re.Match[str]) -> str:
    """What a line break shows: a space, but nothing between wide characters."""
    text, (start, end) = line.string, line.span()
    return "" if _is_wide(text[start - 1 : start]) and _is_wide(text[end : end + 1]) else " "


def _is_wide(sign: str) -> bool:
    return any(first <= sign <= last for first, last in WIDE)


def is_on(value: str) -> bool:
    """Whether an option such as ``reversed=yes`` is switched on."""
    return value.lower() in ("1", "yes", "true", "on")


def _fields(
    kind: NoteKind, question: str, answer: str, common: Mapping[str, str], options: Mapping[str, str]
) -> dict[str, str]:
    """The fields of a note of either type, in their order; ``common`` are those that both have."""
    if kind is NoteKind.CLOZE:
        return {"Text": answer, "Prompt": question, **common}
    reverse = "1" if is_on(options.get("reversed", "")) else ""
    typed = html.escape(options.get("typed", ""))
    return {"Question": question, "Answer": answer, **common, "Reversed": reverse, "Typed": typed}


def _ords(note: Note, *, is_reversed: bool) -> tuple[int, ...]:
    """The ordinals of the cards Anki makes: one a cloze number, nested and ``c1,2`` ones included."""
    if note.kind is NoteKind.CLOZE:
        numbers = {int(n) for piece in note.answer.of(PieceKind.CLOZE) for n in piece.text.split(",")}
        return tuple(sorted(n - 1 for n in numbers))
    return (0, 1) if is_reversed else (0,)
