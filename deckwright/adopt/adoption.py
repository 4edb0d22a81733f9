"""Adoption step by step: read the package, choose, map, convert into Markdown, write the folder and its lock."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from deckwright.adopt.field_converter import FieldConverter
from deckwright.adopt.folder import (
    Folders,
    guess_language,
    in_files,
    media_references,
    name_in,
    place_media,
    seen_from,
    settings_text,
    tag_prefix,
)
from deckwright.adopt.lock import record_guids
from deckwright.adopt.mapping import Layout, Role, layout_of, parse_mapping, why_not
from deckwright.adopt.note_markdown import MarkdownNote, write_note
from deckwright.adopt.package import OldPackage
from deckwright.adopt.style import style_of
from deckwright.deck.folder import STYLE_FILE
from deckwright.deck.settings import SETTINGS_FILE, Settings
from deckwright.files import replace_file
from deckwright.grammar.note import NoteKind
from deckwright.identity import Lock
from deckwright.identity.ids import unique_deck_id
from deckwright.notetypes import TEMPLATES, NoteType, note_types
from deckwright.package.read import PackagedNote
from deckwright.problems import PackageError, Place, Problem, Severity
from deckwright.regex import regex

OPENING = regex(r"\{\{c[0-9]+(,[0-9]+)*::")
RULE = "adopted"
"""The name after the remarks on notes that are not as they were."""


class ChangedType(NamedTuple):
    """What a learner does once: notes of the type ``before`` get the type ``after``, card for card."""

    before: str
    search: str
    """Finds them in Anki's browser, whatever the note type is called there: Anki renames one on import when the
    learner has another of the same name."""
    after: str
    templates: tuple[tuple[str, str], ...]
    notes: int
    fields: tuple[tuple[str, str], ...]
    """Field → what became of it."""


class Adopted(NamedTuple):
    """What an adoption did."""

    root: Path
    deck: str
    deck_id: str
    notes: int
    files: int
    media: int
    unused_media: int
    html_notes: int
    """Notes that hold HTML which Markdown cannot express."""
    types: tuple[ChangedType, ...]
    remarks: tuple[Problem, ...]
    """What is not as it was, each at its note."""
    left_out: Mapping[str, int]
    """Why notes were left out → how many."""
    warnings: tuple[str, ...] = ()
    """What of the note types is not taken over."""


class Chosen(NamedTuple):
    """The notes that are taken, and what becomes of the fields of their types."""

    notes: tuple[PackagedNote, ...]
    layouts: Mapping[int, Layout]
    left_out: Counter[str]


def choose(package: OldPackage, only: str, given: Iterable[str]) -> Chosen:
    """The notes below the deck ``only`` (empty: all) that can be taken over, and how their fields are mapped.

    Raises MappingError for fields that cannot be mapped, PackageError when nothing is left to take.
    """
    below = [note for note in package.notes if not only or f"{note.deck}::".startswith(f"{only}::") or not note.ords]
    if not any(note.ords for note in below):
        decks = ", ".join(sorted({note.deck for note in package.notes if note.ords})) or "none"
        raise PackageError(f"the package holds no notes in the deck `{only}`; its decks with notes: {decks}")
    roles = parse_mapping(given, package.types.values())
    reasons = [*_reasons(below, package.types)]
    good = tuple(note for note, reason in zip(below, reasons, strict=True) if not reason)
    left_out = Counter(filter(None, reasons))
    if not good:
        raise PackageError("no note can be taken over: " + "; ".join(left_out))
    layouts = {number: layout_of(package.types[number], roles) for number in {note.type_id for note in good}}
    notes = tuple(note._replace(fields=layouts[note.type_id].with_ruby(note.fields)) for note in good)
    return Chosen(notes, layouts, left_out)


def _reasons(notes: Iterable[PackagedNote], types: Mapping[int, NoteType]) -> Iterator[str]:
    """For each note why it cannot be taken over; empty when it can."""
    of_types = {number: why_not(each) for number, each in types.items()}
    guids: set[str] = set()
    for note in notes:
        type_ = types[note.type_id]
        if note.guid in guids:
            yield "they have the GUID of another note, so learners have them twice already"
        elif of_types[type_.id]:
            yield f"the note type “{type_.name}” {of_types[type_.id]}"
        elif type_.kind is NoteKind.CLOZE and not OPENING.search("".join(note.fields.values())):
            yield "they are cloze notes without a deletion"
        else:
            yield "" if note.ords else "they have no cards"
        guids.add(note.guid)


def adopt(
    package: OldPackage,
    root: Path,
    *,
    only: str = "",
    mapping: Iterable[str] = (),
    language: str = "",
    progress: Callable[[Sequence[tuple[str, PackagedNote]]], Iterable[tuple[str, PackagedNote]]] = iter,
) -> Adopted:
    """Make a deck folder of a package in ``root``, which does not exist or is empty.

    ``only`` names the deck to take where the package holds several side by side; ``mapping`` holds ``FIELD=ROLE``;
    ``language`` is guessed when empty; ``progress`` hands on the notes one by one, perhaps showing how far it is.
    Raises MappingError or PackageError when an option is needed first (nothing is written then), OSError when a
    file cannot be written.
    """
    chosen = choose(package, only, mapping)
    settings = _settings(chosen.notes, language)
    folders = Folders()
    by_folder: dict[str, list[PackagedNote]] = {}
    for note in chosen.notes:
        by_folder.setdefault(folders.of(note.deck), []).append(note)
    placed = place_media(package, by_folder)
    style, classes = style_of((layout.type.css for layout in chosen.layouts.values()), chosen.notes)
    converters = {folder: FieldConverter(settings, seen_from(folder, placed), classes) for folder in by_folder}
    in_order = progress([pair for folder, notes in by_folder.items() for pair in in_files(folder, notes)])
    texts, made, remarks = _in_markdown(package, chosen, in_order, converters)
    files = {path: text.encode() for path, text in texts.items()}
    files |= {STYLE_FILE: style.encode()} if style else {}
    files |= {path: package.read_media(name) for name, path in placed.items()}
    files[SETTINGS_FILE] = settings_text(settings, folders.names).encode()
    for path, content in files.items():
        replace_file(root / path, content)
    record_guids(root, Lock(settings.id), [each.kept for each in made])
    return Adopted(
        root=root,
        deck=settings.name,
        deck_id=settings.id,
        notes=len(made),
        files=len(texts),
        media=len(placed),
        unused_media=len(package.media.keys() - placed.keys()),
        html_notes=sum(bool(each.html_blocks) for each in made),
        types=changed_types(chosen, chosen.notes, settings, only),
        remarks=tuple(remarks),
        left_out=chosen.left_out,
        warnings=tuple(warning for layout in chosen.layouts.values() for warning in layout.warnings),
    )


def _settings(notes: Sequence[PackagedNote], language: str) -> Settings:
    """The settings of the new deck. Raises PackageError when its notes are in decks side by side."""
    roots = _roots_of(notes)
    if len(roots) > 1:
        names = ", ".join(sorted(roots))
        raise PackageError(f"the package holds decks side by side ({names}), and a folder is one; add --from-deck NAME")
    name = " ".join(roots.pop().replace('"', "'").split()) or "Deck"
    return Settings(name, unique_deck_id(name), language or guess_language(notes), tag_prefix(notes))


def _in_markdown(
    package: OldPackage,
    chosen: Chosen,
    notes: Iterable[tuple[str, PackagedNote]],
    converters: Mapping[str, FieldConverter],
) -> tuple[dict[str, str], list[MarkdownNote], list[Problem]]:
    """The texts of the files by their paths, the notes in them, and what is not as it was."""
    texts: dict[str, str] = {}
    made: dict[str, MarkdownNote] = {}
    remarks: list[Problem] = []
    for path, note in notes:
        written = write_note(note, chosen.layouts[note.type_id], converters[posixpath.dirname(path)], made)
        made[written.kept.id] = written
        before = f"{texts[path]}\n" if path in texts else ""
        place = Place(path, before.count("\n") + 1)
        losses = [*written.losses, *_missing(note, package)]
        remarks += [Problem(place, loss, RULE, Severity.WARNING) for loss in losses]
        texts[path] = before + written.text
    return texts, [*made.values()], remarks


def _missing(note: PackagedNote, package: OldPackage) -> list[str]:
    names = [name for name in media_references(note) if "://" not in name and not name_in(package, name)]
    return [f"the package does not hold `{name}`; add the file, or take the reference out" for name in names]


def _roots_of(notes: Iterable[PackagedNote]) -> set[str]:
    """The decks at the top that notes are in."""
    return {note.deck.partition("::")[0] for note in notes}


def changed_types(
    chosen: Chosen, notes: Sequence[PackagedNote], settings: Settings, only: str
) -> tuple[ChangedType, ...]:
    """Which of the notes that are taken over a learner has to give another type, those with the most notes first.

    The learner has them below the deck ``only``, or else in the decks of the package.
    """
    ours, of_type = note_types(settings), dict[int, list[PackagedNote]]()
    for note in notes:
        of_type.setdefault(note.type_id, []).append(note)
    found = []
    for number, some in sorted(of_type.items(), key=lambda each: -len(each[1])):
        layout = chosen.layouts[number]
        hidden = layout.hidden.intersection(layout.of(Role.SECTION))
        pairs = zip((each.name for each in layout.type.templates), TEMPLATES[layout.type.kind], strict=False)
        found.append(
            ChangedType(
                before=layout.type.name,
                search=f"{_below([only] if only else sorted(_roots_of(some)))} mid:{number}",
                after=ours[layout.type.kind].name,
                templates=() if layout.type.kind is NoteKind.CLOZE else tuple(pairs),
                notes=len(some),
                fields=tuple((name, "comment" if name in hidden else str(role)) for name, role in layout.roles.items()),
            )
        )
    return tuple(found)


def _below(decks: Iterable[str]) -> str:
    """The search in Anki for what is in decks, or below them."""
    each = ['"deck:{}"'.format(re.sub(r'(["\\\\*_])', r"\\\1", deck)) for deck in decks]
    return each[0] if len(each) == 1 else f"({' OR '.join(each)})"
