"""An existing deck folder takes over the GUIDs of a package: old notes are matched to its notes by question."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from deckwright.adopt.adoption import ChangedType, changed_types, choose
from deckwright.adopt.lock import KeptGuid, record_guids
from deckwright.adopt.mapping import Layout, Role
from deckwright.adopt.package import OldPackage
from deckwright.adopt.visible_tokens import plain_text
from deckwright.deck.folder import Deck, read_folder, read_source, write_ids
from deckwright.files import replace_file
from deckwright.grammar import parse_source
from deckwright.grammar.note import Note, NoteKind, SourceFile
from deckwright.identity import Lock, LockError, read_lock
from deckwright.identity.ids import id_for
from deckwright.package.read import PackagedNote
from deckwright.problems import ContentError, Place, Problem, Severity
from deckwright.render import Renderer, RenderError

Question = tuple[NoteKind, str]
"""What notes are matched by: the kind, and the words of the question (of a cloze note: of the whole text)."""


class Matched(NamedTuple):
    """What matching did."""

    root: Path
    kept: int
    """Notes of the folder that have an old note's GUID now."""
    ids: int
    """Ids written into the sources."""
    new: tuple[tuple[Place, str], ...]
    """Notes of the folder that no old note matches, with their questions."""
    left: tuple[str, ...]
    """Questions of old notes that no note of the folder matches."""
    ambiguous: tuple[str, ...]
    """Questions that several notes of one side ask: their notes are not matched."""
    types: tuple[ChangedType, ...]


class _FolderNote(NamedTuple):
    """A note of the folder: what it asks, and its id, which is still to be written where it has none."""

    note: Note
    question: Question
    name: str


def take_over_guids(
    package: OldPackage, root: Path, today: datetime.date, *, only: str = "", mapping: Iterable[str] = ()
) -> Matched:
    """Let the notes of a deck folder take over the GUIDs of the old notes that ask the same.

    A note that has the GUID of an old one already keeps it, whatever it asks by now.
    Notes that are matched and have no id get one. Raises ContentError when the folder cannot be read, or when a note
    that would get another GUID was built already; MappingError and PackageError as ``adopt`` does; OSError when a file
    cannot be written. Nothing is written but for the last.
    """
    chosen = choose(package, only, mapping)
    folder = read_folder(root, today)
    lock = _lock(root, folder.settings.id, folder.problems)
    ours = _read_notes(folder, {*lock.notes})
    theirs = [(note, _question_of_old(note, chosen.layouts[note.type_id])) for note in chosen.notes]
    by_guid = {old.guid: old for old, _ in theirs}
    known = [(each, by_guid[guid]) for each in ours if (guid := lock.guid(each.name)) in by_guid]
    ours = [each for each in ours if lock.guid(each.name) not in by_guid]
    taken = {old.guid for _, old in known}
    theirs = [(old, question) for old, question in theirs if old.guid not in taken]
    pairs, doubled = _pairs(ours, theirs)
    kept = [KeptGuid(each.name, old.guid, each.note.kind, old.modified, old.deck, old.ords) for each, old in pairs]
    built = {note.id for note in kept} & lock.notes.keys()
    if built:
        raise ContentError([_built(each) for each in ours if each.name in built])
    nameless = [each for each, _ in pairs if not each.note.id]
    _write_ids(nameless)
    record_guids(root, lock, kept)
    settled = {each.question for each, _ in pairs} | doubled
    return Matched(
        root=root,
        kept=len(known) + len(pairs),
        ids=len(nameless),
        new=tuple((each.note.place, each.question[1]) for each in ours if each.question not in settled),
        left=tuple(sorted({question[1] for _, question in theirs if question not in settled})),
        ambiguous=tuple(sorted(text for _, text in doubled)),
        types=changed_types(chosen, [old for _, old in (*known, *pairs)], folder.settings, only),
    )


def _lock(root: Path, deck_id: str, problems: Sequence[Problem]) -> Lock:
    """The lock of a folder that was read without errors."""
    found = [problem for problem in problems if problem.severity is Severity.ERROR]
    try:
        lock = read_lock(root, deck_id) if deck_id else Lock(deck_id)
    except LockError as error:
        found.append(error.problem)
    if found:
        raise ContentError(found)
    return lock


def _read_notes(folder: Deck, taken: set[str]) -> list[_FolderNote]:
    """The notes of a deck folder with what each asks. Raises ContentError with the problems of its files."""
    renderer = Renderer(folder.settings, folder.citations)
    notes: list[Note] = []
    problems: list[Problem] = []
    for file in folder.files:
        source = read_source(file)
        if isinstance(source, Problem):
            problems.append(source)
            continue
        page = parse_source(source)
        problems += [problem for problem in page.problems if problem.severity is Severity.ERROR]
        notes += page.notes
    taken |= {note.id for note in notes}
    ours: list[_FolderNote] = []
    for note in notes:
        try:
            fields = renderer.render_note(note, {}).fields
        except RenderError as error:
            problems.append(Problem(note.place, str(error), error.rule))
            continue
        name = note.id or id_for(note.question.plain, taken)
        taken.add(name)
        asked = str(fields["Text" if note.kind is NoteKind.CLOZE else "Question"])
        ours.append(_FolderNote(note, _question(note.kind, asked), name))
    if problems:
        raise ContentError(problems)
    return ours


def _question(kind: NoteKind, html: str) -> Question:
    return kind, plain_text(html, is_cloze=kind is NoteKind.CLOZE).casefold()


def _question_of_old(note: PackagedNote, layout: Layout) -> Question:
    role = Role.ANSWER if layout.type.kind is NoteKind.CLOZE else Role.QUESTION
    return _question(layout.type.kind, layout.of_note(note.fields).text(role, note.fields))


def _pairs(
    ours: Sequence[_FolderNote], theirs: Sequence[tuple[PackagedNote, Question]]
) -> tuple[list[tuple[_FolderNote, PackagedNote]], set[Question]]:
    """Notes that ask the same, and the questions that both sides ask and one of them more than once."""
    here = Counter(each.question for each in ours)
    there = Counter(question for _, question in theirs)
    both = here.keys() & there.keys()
    single = {question: note for note, question in theirs if here[question] == there[question] == 1}
    return [(each, single[each.question]) for each in ours if each.question in single], both - single.keys()


def _built(each: _FolderNote) -> Problem:
    message = (
        f"`{each.name}` was built already with a GUID of its own: learners who imported it would get it twice. If "
        "nobody has imported a build of this deck, delete deck.lock and its package in dist/, and adopt again"
    )
    return Problem(each.note.place, message, "bad-lock")


def _write_ids(nameless: Iterable[_FolderNote]) -> None:
    """Write ids into their headings."""
    by_source: dict[SourceFile, dict[int, str]] = {}
    for each in nameless:
        by_source.setdefault(each.note.source, {})[each.note.insert_at] = each.name
    for source, ids in by_source.items():
        replace_file(source.file, write_ids(source.path, source.file.read_bytes(), ids))
