"""Adoption step by step: read the package, choose, map, convert into Markdown, write the folder and its lock."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    root_of,
    seen_from,
    settings_text,
    tag_prefix,
)
from deckwright.adopt.lock import KeptGuid, record_guids
from deckwright.adopt.mapping import Layout, Role, layout_of, parse_mapping, why_not
from deckwright.adopt.note_markdown import MarkdownNote, write_note
from deckwright.adopt.package import OldNote, OldPackage, OldType
from deckwright.adopt.style import style_of
from deckwright.deck.folder import STYLE_FILE
from deckwright.deck.settings import SETTINGS_FILE, Settings
from deckwright.files import replace_file
from deckwright.grammar.note import NoteKind
from deckwright.identity import Lock
from deckwright.identity.ids import unique_deck_id
from deckwright.notetypes import TEMPLATES, NoteType, note_types
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

    notes: tuple[OldNote, ...]
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
    reasons = _reasons(below, package.types)
    good = tuple(note for note, reason in zip(below, reasons, strict=True) if not reason)
    left_out = Counter(filter(None, reasons))
    if not good:
        raise PackageError("no note can be taken over: " + "; ".join(left_out))
    layouts = {number: layout_of(package.types[number], roles) for number in {note.type_id for note in good}}
    return Chosen(good, layouts, left_out)


def _reasons(notes: Iterable[OldNote], types: Mapping[int, OldType]) -> list[str]:
    """For each note why it cannot be taken over; empty when it can."""
    of_types = {number: why_not(each) for number, each in types.items()}
    guids: set[str] = set()
    reasons = []
    for note in notes:
        type_ = types[note.type_id]
        reason = "" if note.ords else "they have no cards"
        if type_.is_cloze and not OPENING.search("".join(note.fields)):
            reason = "they are cloze notes without a deletion"
        if of_types[type_.id]:
            reason = f"the note type “{type_.name}” {of_types[type_.id]}"
        if note.guid in guids:
            reason = "they have the GUID of another note, so learners have them twice already"
        guids.add(note.guid)
        reasons.append(reason)
    return reasons


def adopt(
    package: OldPackage,
    root: Path,
    *,
    only: str = "",
    mapping: Iterable[str] = (),
    language: str = "",
    progress: Callable[[Sequence[OldNote]], Iterable[OldNote]] = iter,
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
    by_folder: dict[str, list[OldNote]] = {}
    for note in chosen.notes:
        by_folder.setdefault(folders.of(note.deck), []).append(note)
    placed = place_media(package, by_folder)
    style = style_of((package.types[number].css for number in chosen.layouts), (note.fields for note in chosen.notes))
    converters = {folder: FieldConverter(settings, seen_from(folder, placed), style.classes) for folder in by_folder}
    written = _markdown_notes(package, chosen, by_folder, converters, progress)
    files, remarks = _files(written)
    texts = {**files, **({STYLE_FILE: style.text} if style.text else {})}
    _write(root, texts, {path: package.read_media(file) for file, path in placed.items()})
    replace_file(root / SETTINGS_FILE, settings_text(settings, folders.names).encode())
    kept = [KeptGuid(made.id, made.guid, made.kind, made.modified, made.deck) for _, made in written]
    record_guids(root, Lock(settings.id), kept)
    return Adopted(
        root=root,
        deck=settings.name,
        deck_id=settings.id,
        notes=len(written),
        files=len(files),
        media=len(placed),
        unused_media=len(package.media.keys() - placed.keys()),
        html_notes=sum(bool(made.html_blocks) for _, made in written),
        types=changed_types(package, chosen, chosen.notes, settings, only),
        remarks=tuple(remarks),
        left_out=chosen.left_out,
        warnings=tuple(warning for layout in chosen.layouts.values() for warning in layout.warnings),
    )


def _settings(notes: Sequence[OldNote], language: str) -> Settings:
    """The settings of the new deck. Raises PackageError when its notes are in decks side by side."""
    roots = root_of(notes)
    if len(roots) > 1:
        names = ", ".join(sorted(roots))
        raise PackageError(f"the package holds decks side by side ({names}), and a folder is one; add --from-deck NAME")
    name = " ".join(roots.pop().replace('"', "'").split()) or "Deck"
    return Settings(name, unique_deck_id(name), language or guess_language(notes), tag_prefix(notes))


def _markdown_notes(
    package: OldPackage,
    chosen: Chosen,
    by_folder: Mapping[str, Sequence[OldNote]],
    converters: Mapping[str, FieldConverter],
    progress: Callable[[Sequence[OldNote]], Iterable[OldNote]],
) -> list[tuple[str, MarkdownNote]]:
    """The notes in Markdown, each with the path of its file."""
    files = {note.guid: path for folder, notes in by_folder.items() for path, note in in_files(folder, notes)}
    written: list[tuple[str, MarkdownNote]] = []
    taken: set[str] = set()
    for note in progress([note for notes in by_folder.values() for note in notes]):
        path, type_ = files[note.guid], package.types[note.type_id]
        converter = converters[posixpath.dirname(path)]
        made = write_note(note, type_, chosen.layouts[note.type_id], converter, taken)
        taken.add(made.id)
        written.append((path, made._replace(losses=(*made.losses, *_missing(note, package)))))
    return written


def _files(written: Iterable[tuple[str, MarkdownNote]]) -> tuple[dict[str, str], list[Problem]]:
    """The files (path → text), and the remarks on the notes in them."""
    files: dict[str, str] = {}
    remarks: list[Problem] = []
    for path, made in written:
        before = files.get(path, "")
        before += "\n" if before else ""
        place = Place(path, before.count("\n") + 1)
        remarks += [Problem(place, loss, RULE, Severity.WARNING) for loss in made.losses]
        files[path] = before + made.text
    return files, remarks


def _missing(note: OldNote, package: OldPackage) -> list[str]:
    names = [name for name in media_references(note.fields) if "://" not in name and not name_in(package, name)]
    return [f"the package does not hold `{name}`; add the file, or take the reference out" for name in names]


def _write(root: Path, files: Mapping[str, str], media: Mapping[str, bytes]) -> None:
    for path, text in files.items():
        replace_file(root / path, text.encode())
    for path, content in media.items():
        replace_file(root / path, content)


def changed_types(
    package: OldPackage, chosen: Chosen, notes: Sequence[OldNote], settings: Settings, only: str
) -> tuple[ChangedType, ...]:
    """Which of the notes that are taken over a learner has to give another type, those with the most notes first.

    The learner has them below the deck ``only``, or else in the decks of the package.
    """
    ours = note_types(settings)
    found: dict[int, list[OldNote]] = {}
    for note in notes:
        found.setdefault(note.type_id, []).append(note)
    return tuple(
        _changed_type(package.types[number], chosen.layouts[number], ours, some, only)
        for number, some in sorted(found.items(), key=lambda each: -len(each[1]))
    )


def _changed_type(
    type_: OldType, layout: Layout, ours: Mapping[NoteKind, NoteType], notes: Sequence[OldNote], only: str
) -> ChangedType:
    pairs = zip((each.name for each in type_.templates), TEMPLATES[_kind(type_)], strict=False)
    hidden = {index for index in layout.hidden if layout.roles[index] is Role.SECTION}
    roles = ("comment" if index in hidden else str(role) for index, role in enumerate(layout.roles))
    return ChangedType(
        before=type_.name,
        search=f"{_below([only] if only else sorted(root_of(notes)))} mid:{type_.id}",
        after=ours[_kind(type_)].name,
        templates=() if type_.is_cloze else tuple(pairs),
        notes=len(notes),
        fields=tuple(zip(type_.fields, roles, strict=True)),
    )


def _below(decks: Iterable[str]) -> str:
    """The search in Anki for what is in decks, or below them."""
    each = ['"deck:{}"'.format(re.sub(r'(["\\\\*_])', r"\\\1", deck)) for deck in decks]
    return each[0] if len(each) == 1 else f"({' OR '.join(each)})"


def _kind(type_: OldType) -> NoteKind:
    return NoteKind.CLOZE if type_.is_cloze else NoteKind.BASIC
