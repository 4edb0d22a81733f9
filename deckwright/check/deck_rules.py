"""What only the whole deck shows: ids twice, links to no note, questions alike, names of decks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import accumulate

from deckwright.check.rules import DECK_RULES, RULES, DeckFinding, deck_rule
from deckwright.check.styles import choosable
from deckwright.check.views import DeckView
from deckwright.deck.media import MEDIA_TYPES, suffix
from deckwright.deck.rule_choices import Style
from deckwright.problems import Place, Severity
from deckwright.regex import regex
from deckwright.suggestions import did_you_mean

DEEPEST_FOLDER = 20
NO_FOLDER = "there are no notes in such a folder; correct the name, or remove the line"
COPY = 3
"""As many ids that two files share tell that one is a copy of the other."""
COPY_MARK = regex(
    r"(?: ?\([0-9]+\)| - (?:copy|copie|copia|kopie|kopia|副本)(?: \([0-9]+\))?| copy(?: [0-9]+)?| 副本"
    r"|[ _]\(.*(?:conflict|konflikt|conflit).*\)|\.sync-conflict-.*)\.md$",
    re.IGNORECASE,
)
"""What systems and cloud drives put after the name of a file that they copy."""


@deck_rule(Severity.ERROR)
def check_duplicate_id(deck: DeckView) -> Iterator[DeckFinding]:
    """No two notes share an id, or an alias with another's id.

    Bad:  ## One {#a} … ## Two {#a}
    Good: ## One {#a} … ## Two {#b}
    """
    names = [name for page in deck.pages for name in (*page.ids, *page.aliases) if name]
    if len(set(names)) == len(names):
        return
    seen: dict[str, Place] = {}
    twice: dict[tuple[str, str], list[tuple[str, Place, Place]]] = {}
    for note in deck.notes:
        first = seen.setdefault(note.id, note.id_place)
        if first is not note.id_place and note.id:
            twice.setdefault((first.path, note.place.path), []).append((note.id, first, note.id_place))
    for (path, other), found in twice.items():
        if path != other and len(found) >= COPY:
            message = f"{len(found)} notes here have the ids of notes in `{path}`; delete the file that is a copy"
            yield found[0][2], message
            continue
        for name, first, place in found:
            yield place, f"the id `{name}` is taken by the note at {path}:{first.line}; give the newer one another"
    for alias, place in (named for note in deck.notes for named in note.aliases):
        first = seen.setdefault(alias, place)
        if first != place:
            yield place, f"the alias `{alias}` already names the note at {first.path}:{first.line}"


@deck_rule(Severity.WARNING)
def check_copied_file(deck: DeckView) -> Iterator[DeckFinding]:
    """No file is a copy that a system or a cloud drive made of another one beside it.

    Bad:  food.md and food (1).md
    Good: food.md
    """
    for path in deck.paths:
        if (original := COPY_MARK.sub(".md", path)) != path and original in deck.paths:
            original = original.rpartition("/")[2]
            yield Place(path), f"this looks like a copy of `{original}` that another program made; keep one of the two"


def find_links_without_note(deck: DeckView) -> Iterator[DeckFinding]:
    """A link to an id has a note of that id."""
    known = {name for page in deck.pages for name in (*page.ids, *page.aliases)}
    if known.issuperset(target for page in deck.pages for target in page.links):
        return
    known |= {note.id for note in deck.notes}
    named = _Named(deck, known)
    for note in deck.notes:
        for target, place in note.links:
            if target.startswith("["):
                if fault := named.fault(target[1:], note.place.path):
                    yield place, fault
            elif target in named.drafts:
                yield place, DRAFT.format(target)
            elif target and target not in known:
                yield place, f"no note has the id `{target}`{named.meant(target)}"


DECK_RULES.append((RULES["unknown-link"], find_links_without_note))  # the rest of it, about notes, is in content.py

DRAFT = "`{}` is a draft, so it is in no package; remove its draft mark, or this link"


class _Named:
    """What a link may name a note by: its id, its question, its file."""

    def __init__(self, deck: DeckView, known: set[str]) -> None:
        self.ids = known - {""}
        self.notes = deck.notes
        self.drafts = {name for page in deck.pages for name in page.drafts} - known
        stems = [path.rpartition(".")[0].split("/") for path in deck.paths]
        files = ["/".join(parts[n:]) for parts in stems for n in range(len(parts))]
        self.titles = {title.casefold() for title in (*known, *files, *(n.question for n in deck.notes))}

    def fault(self, target: str, path: str) -> str:
        """What is wrong with ``[[target]]`` in the file at ``path``; empty when it names something."""
        name, _, heading = (part.strip() for part in target.partition("#"))
        if heading.startswith("^"):
            return "a block of a note cannot be linked; write [text](#its-id), which leads to the note"
        if suffix(name) in MEDIA_TYPES:
            return f"a link cannot lead to a file in Anki; write `![[{name}]]` to show or play it"
        if not name:
            asked = {_letters(note.question) for note in self.notes if note.place.path == path}
            is_known = _letters(heading.rpartition("#")[2]) in asked
            return "" if is_known else f"no question of this file is `{heading}`; write [text](#its-id)"
        if name.removesuffix(".md").removeprefix("./").casefold() in self.titles:
            return ""
        if name in self.drafts:
            return DRAFT.format(name)
        return f"no note or file is called `{name}`; write [text](#its-id), or the text without brackets"

    def meant(self, target: str) -> str:
        """What to do about an id that no note has: GitHub names a heading by its words."""
        asked = next((note for note in self.notes if note.question and _anchor(note.question) == target), None)
        if asked:
            where = f"the note of that question (line {asked.place.line} of {asked.place.path})"
            return f"; write `#{asked.id}` for {where}" if asked.id else f"; {where} gets an id by a build"
        return did_you_mean(target, self.ids) or "; correct the link"


def _letters(text: str) -> str:
    """A heading as Obsidian compares it: without signs and case."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _anchor(heading: str) -> str:
    """The name that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@deck_rule(Severity.WARNING, Style.FLASHCARDS)
def check_near_duplicate(deck: DeckView) -> Iterator[DeckFinding]:
    """No two questions are closer than `similarity` (by their pairs of letters); each shows how it differs.

    Bad:  What does LoRA train? / What does LoRA train then?
    Good: What does LoRA train? / Why does LoRA start from zero?
    """
    for earlier, later, similarity in deck.similar_notes.duplicates:
        path, line, _ = deck.notes[earlier].place
        yield deck.notes[later].place, f"{similarity:.0%} like the question at {path}:{line}; write how they differ"


@deck_rule(Severity.WARNING, Style.FLASHCARDS)
def check_answer_given_away(deck: DeckView) -> Iterator[DeckFinding]:
    """No question holds the whole answer of another card.

    Bad:  ## What scales the score? … The square root of d_k. / ## Why the square root of d_k?
    Good: ## Why is the score scaled?
    """
    for asking, owner in deck.similar_notes.given_away:
        path, line, _ = deck.notes[owner].place
        message = f"this question holds the answer of the note at {path}:{line}; ask it differently"
        yield deck.notes[asking].place, message


@deck_rule(Severity.ERROR)
def check_bad_deck_name(deck: DeckView) -> Iterator[DeckFinding]:
    """A folder's name survives in Anki: no `::`, no quotes, no spaces at its ends, not twice but for case.

    Bad:  cards/a::b/, cards/Basics/ beside cards/basics/
    Good: cards/a-b/, and one cards/basics/
    """
    names: dict[str, str] = {}
    folders = _folders(deck.paths)
    for folder in sorted(folders):
        own = deck.settings.subdecks.get(folder, folder.rpartition("/")[2])
        if "::" in own or '"' in own or own != own.strip() or not own.isprintable():
            yield Place(folder), f"Anki would change the deck name `{own}`; rename the folder, or name it in [subdecks]"
        full = unicodedata.normalize("NFC", deck.settings.deck_name(folder)).casefold()
        if full in names:
            yield Place(folder), f"to Anki this is the same deck as {names[full]}; give one another name"
        names.setdefault(full, folder)
        if folder.count("/") == DEEPEST_FOLDER:
            yield Place(folder), "folders nest too deep for Anki; make the tree flatter"
    for path in deck.paths:
        if not path.isprintable():
            yield Place(path), "the file's name holds a character that is not shown; rename it"
    for folder in deck.settings.subdecks:
        if folder not in folders:
            place = deck.settings.subdeck_places.get(folder, Place("deck.toml"))
            yield place, f"[subdecks] names `{folder}`, but {NO_FOLDER}"


@deck_rule(Severity.ERROR)
def check_bad_rule_choice(deck: DeckView) -> Iterator[DeckFinding]:
    """[rules] of deck.toml names rules that may be chosen, and folders that hold notes.

    Bad:  [rules] long-lists = "off", or empty-answer = "off"
    Good: [rules] long-list = "off"
    """
    known, folders = choosable(), _folders(deck.paths)
    for choice, place in deck.settings.rule_places.items():
        if choice.rule not in RULES:
            meant = did_you_mean(choice.rule, known) or "; `check --list-rules` lists them"
            yield place, f"no rule has the name `{choice.rule}`{meant}"
        elif choice.rule not in known:
            yield place, f"`{choice.rule}` finds what would be lost or broken, in every deck alike; remove it"
        if choice.folder and choice.folder not in folders:
            yield place, f"[rules] names `{choice.folder}`, but {NO_FOLDER}"


def _folders(paths: Iterable[str]) -> set[str]:
    """The folders of files, and those they are in; without the deck's own."""
    holders = {path.rpartition("/")[0] for path in paths} - {""}
    return {folder for holder in holders for folder in accumulate(holder.split("/"), "{}/{}".format)}
