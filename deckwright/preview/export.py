"""A deck as a static site to read: a page a question, an index a subdeck, a search; without server or network."""

from __future__ import annotations

import html
import json
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from deckwright.deck.labels import direction, labels
from deckwright.files import replace_file
from deckwright.grammar.note import NoteKind
from deckwright.identity import read_lock
from deckwright.mathjax import SCRIPT, mathjax_files
from deckwright.pipeline.build import check
from deckwright.pipeline.writing import description_html
from deckwright.preview.cards import reviewer_back
from deckwright.preview.cloze import HTML_TAG
from deckwright.preview.deck_state import DeckState, RenderedCards, read_deck, readable
from deckwright.problems import ContentError, Problem, Severity, WrongUseError
from deckwright.regex import regex

FORMULA_SCRIPTS = f'\n<script src="$up/formulas.js"></script>\n<script src="$up/mathjax/{SCRIPT}" defer></script>'
MANIFEST = "site-files.json"
"""The files of the last export, so that the next one removes what it no longer writes."""
FONTS = "output/chtml/fonts/woff-v2"
REFERENCE = regex(r'(\s(?:src|poster|href)=")([^"/:#]+)(")')
NOTE_REFERENCE = regex(r'<span class="ref" title="([a-z0-9-]+)">(.*?)</span>')
BUTTON = regex(r'<a class="replay-button[^>]*href="([^"]*)".*?</a>', re.DOTALL)


class Exported(NamedTuple):
    """What an export wrote: how many pages of notes, how many files, their size in bytes; the deck's warnings."""

    notes: int
    files: int
    size: int
    warnings: list[Problem]


def export_site(root: Path, target: Path, base_url: str = "") -> Exported:
    """Write the deck of a folder as a static site into ``target``; ``base_url`` is where it will be published.

    Raises ContentError with every problem when the deck has errors, WrongUseError when ``target`` is somebody
    else's, ToolMissingError without MathJax, OSError when something cannot be written. Writes nothing in the deck.
    """
    problems = check(root)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise ContentError(problems)
    before = _last_files(target)
    site = _Site([*read_deck(root)][-1], base_url.rstrip("/"))
    written = {}
    for path, content in site.files():
        written[path] = len(content)
        replace_file(target / path, content)
    for path in before - written.keys():
        (target / path).unlink(missing_ok=True)
    replace_file(target / MANIFEST, json.dumps(sorted(written), indent=0).encode())
    return Exported(len(site.state.notes), len(written), sum(written.values()), problems)


def _last_files(target: Path) -> set[str]:
    """The files of an earlier export. Raises WrongUseError when the folder holds files and no list of them."""
    manifest = target / MANIFEST
    try:
        return {
            path
            for path in json.loads(manifest.read_bytes())
            if (target / path).resolve().is_relative_to(target.resolve())
        }
    except (OSError, ValueError, TypeError):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            message = f"{target} holds files that no export wrote; name a new folder, or empty it"
            raise WrongUseError(message) from None
        return set()


@dataclass(frozen=True)
class _Site:
    """Makes the files of a site."""

    state: DeckState
    base_url: str

    @cached_property
    def pages(self) -> dict[str, str]:
        """Key of a note → its page's address in the site."""
        return {key: f"notes/{re.sub('[^a-z0-9-]+', '-', key.lower())}.html" for key in self.state.notes}

    @cached_property
    def subdecks(self) -> dict[str, list[str]]:
        """Folder → the keys of its notes, in order."""
        found: dict[str, list[str]] = {}
        for key, note in self.state.notes.items():
            found.setdefault(note.folder, []).append(key)
        return found

    @cached_property
    def index_pages(self) -> dict[str, str]:
        """Folder → the address of the page that lists its notes: each its own, of signs that any address may hold."""
        found: dict[str, str] = {}
        for folder in self.subdecks:
            name = re.sub(r"[^\w.-]+", "-", folder.replace("/", ".")) or "index"
            while (address := f"decks/{name}.html") in found.values():
                name += "-"
            found[folder] = address
        return found

    @cached_property
    def words(self) -> Mapping[str, str]:
        return labels(self.state.deck.settings.language)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every file of the site, by its path."""
        rendered = {key: self.state.render(key) for key in self.state.notes}
        has_formulas = False
        for folder, keys in self.subdecks.items():
            for before, key, after in zip(["", *keys[:-1]], keys, [*keys[1:], ""], strict=True):
                page = self.note_page(key, rendered[key], (before, after))
                has_formulas = has_formulas or SCRIPT in page
                yield self.pages[key], page.encode()
            yield self.index_pages[folder], self.subdeck_page(folder, keys).encode()
        yield "index.html", self.front_page().encode()
        yield "search-index.js", self.search_index().encode()
        yield "card.css", self.state.types[NoteKind.BASIC].css.encode()
        for name in ("site.css", "site.js"):
            yield name, _asset("site", name).encode()
        for name, file in sorted(self.state.media.items()):
            yield f"media/{name}", file.read_bytes()
        if has_formulas:
            yield "formulas.js", _asset("page", "formulas.js").encode()
            yield from _mathjax()
        if self.base_url:
            yield "sitemap.xml", self.sitemap().encode()

    def note_page(self, key: str, shown: RenderedCards, around: tuple[str, str]) -> str:
        """The page of a note: the back of its first card, which holds the question and the answer."""
        question = self.state.listed[key].question
        card = self.linked(reviewer_back(shown.cards[0], shown.fields)) if shown.cards else html.escape(shown.error)
        folder = shown.note.folder
        links = "".join(f"<span>{self.note_link(one, '../') if one else ''}</span>" for one in around)
        return self.page(
            self.pages[key],
            title=question,
            description=readable(shown.note.answer),
            crumbs=f' › <a href="../{self.index_pages[folder]}">{html.escape(self.subdeck_name(folder))}</a>',
            body=f'<main class="card card1">{card}</main>\n<nav class="around">{links}</nav>',
        )

    def linked(self, side: str) -> str:
        """A card's side with the site's addresses: of pictures and sounds, and of the notes that it names."""
        side = BUTTON.sub(lambda match: f'<audio controls src="{match[1]}"></audio>', side)

        def media(match: re.Match[str]) -> str:
            known = html.unescape(match[2]) in self.state.media
            return f"{match[1]}../media/{match[2]}{match[3]}" if known else match[0]

        def note(match: re.Match[str]) -> str:
            page = self.pages.get(match[1])
            return f'<a class="ref" href="../{page}">{match[2]}</a>' if page else match[0]

        return NOTE_REFERENCE.sub(note, REFERENCE.sub(media, side))

    def subdeck_page(self, folder: str, keys: list[str]) -> str:
        name = self.subdeck_name(folder)
        body = f'<main class="index"><h1>{html.escape(name)}</h1>{self.note_list(keys, "../")}</main>'
        return self.page(self.index_pages[folder], title=name, description=name, crumbs="", body=body)

    def front_page(self) -> str:
        settings = self.state.deck.settings
        parts = [
            f'<h2><a href="{self.index_pages[folder]}">{html.escape(self.subdeck_name(folder))}</a></h2>'
            + self.note_list(keys, "")
            for folder, keys in self.subdecks.items()
        ]
        lock = read_lock(self.state.deck.root, settings.id)
        description = description_html(settings, lock, self.state.deck.today)
        body = f'<main class="index"><h1>{html.escape(settings.name)}</h1>{description}{"".join(parts)}</main>'
        plain = html.unescape(HTML_TAG.sub("", description.replace("><", "> <")))
        return self.page("index.html", title=settings.name, description=plain, crumbs="", body=body)

    def page(self, address: str, *, title: str, description: str, crumbs: str, body: str) -> str:
        """A whole page. MathJax comes only where there is a formula."""
        settings = self.state.deck.settings
        up = "." if "/" not in address else ".."
        has_formula = "\\(" in body or "\\[" in body
        whole = title if title == settings.name else f"{title} · {settings.name}"
        canonical = f'\n<link rel="canonical" href="{html.escape(self.base_url)}/{quote(address)}">'
        values = {
            "language": settings.language,
            "direction": direction(settings.language),
            "title": html.escape(whole),
            "description": html.escape(" ".join(description.split())[:160]),
            "canonical": canonical if self.base_url else "",
            "mathjax": string.Template(FORMULA_SCRIPTS).substitute(up=up) if has_formula else "",
            "up": up,
            "deck": html.escape(settings.name),
            "crumbs": crumbs,
            "body": body,
            **{name: self.words[name] for name in ("contents", "search", "night")},
        }
        return string.Template(_asset("site", "page.html")).substitute(values)

    def note_list(self, keys: list[str], up: str) -> str:
        tags = {key: html.escape(" ".join(self.state.listed[key].tags)) for key in keys}
        items = (f'<li>{self.note_link(key, up)} <span class="tags">{tags[key]}</span></li>' for key in keys)
        return f"<ol>{''.join(items)}</ol>"

    def note_link(self, key: str, up: str) -> str:
        return f'<a href="{up}{self.pages[key]}">{html.escape(self.state.listed[key].question)}</a>'

    def subdeck_name(self, folder: str) -> str:
        return " › ".join(self.state.deck.settings.deck_name(folder).split("::")[1:]) or self.state.deck.settings.name

    def search_index(self) -> str:
        """The index as a script: a page that was opened from disk may run one, but fetch nothing."""
        entries = [
            {
                "page": self.pages[key],
                "question": self.state.listed[key].question,
                "tags": " ".join(self.state.listed[key].tags),
                "text": " ".join(text.split()),
            }
            for key, text in self.state.texts.items()
        ]
        return f"window.searchIndex = {json.dumps(entries, ensure_ascii=False)};\n"

    def sitemap(self) -> str:
        addresses = ["index.html", *self.index_pages.values(), *self.pages.values()]
        urls = "".join(
            f"<url><loc>{html.escape(self.base_url)}/{quote(address)}</loc></url>\n" for address in addresses
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
        )


def _mathjax() -> Iterator[tuple[str, bytes]]:
    folder = mathjax_files()
    for file in (folder / SCRIPT, *sorted((folder / FONTS).iterdir())):
        yield f"mathjax/{file.relative_to(folder).as_posix()}", file.read_bytes()


def _asset(folder: str, name: str) -> str:
    return (Path(__file__).parent / folder / name).read_text(encoding="utf-8")
