"""What the page asks the server for, as values that JSON can hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deckwright.preview.cards import reviewer_back, reviewer_front
from deckwright.preview.deck_state import DeckState, ListedNote
from deckwright.preview.editor import Editor
from deckwright.preview.live import LiveDeck
from deckwright.problems import Place, Problem


@dataclass(frozen=True)
class PageData:
    """Answers the page's questions about a live deck."""

    deck: LiveDeck
    editor: Editor
    follows: bool

    def whole(self) -> dict[str, Any]:
        """The deck: its list of notes, its problems."""
        state = self.deck.current()
        return {
            "name": state.deck.settings.name,
            "language": state.deck.settings.language,
            "follows": self.follows,
            "opens": self.editor.is_command,
            "fields": ListedNote._fields,
            "rows": list(state.listed.values()),
            **self.checked(),
        }

    def checked(self) -> dict[str, Any]:
        """The present problems, and the notes that differ from the last build."""
        state = self.deck.current()
        problems = [self.problem(one, state) for one in self.deck.problems]
        return {"problems": problems, "changed": self.deck.changed, "gone": self.deck.missing_folder}

    def problem(self, problem: Problem, state: DeckState) -> dict[str, Any]:
        """A problem with its note and the way to its line."""
        return {
            **problem.place._asdict(),
            "message": problem.message,
            "rule": problem.rule,
            "severity": problem.severity.value,
            "note": state.note_at(problem.place),
            "edit": self.edit_address(problem.place, state),
        }

    def note(self, key: str, typed: str = "") -> dict[str, Any]:
        """A note's cards as the reviewer shows them after ``typed`` was typed. Raises KeyError without such a note."""
        state = self.deck.current()
        shown = self.deck.render(key)
        place = shown.note.place
        return {
            **state.listed[key]._asdict(),
            "id": shown.note.id,
            "column": place.column,
            "edit": self.edit_address(place, state),
            "css": shown.css,
            "error": shown.error,
            "cards": [
                {
                    "template": card.template,
                    "ordinal": card.ordinal,
                    "front": reviewer_front(card, shown.fields),
                    "back": reviewer_back(card, shown.fields, typed),
                }
                for card in shown.cards
            ],
        }

    def file_of(self, path: str, state: DeckState) -> Path | None:
        """The file of a path that problems and notes name, when it is one of the deck."""
        for file in state.deck.files:
            if file.path == path:
                return file.file
        special = state.deck.root / path
        return special if "/" not in path and path.endswith((".toml", ".css", ".lock")) and special.is_file() else None

    def edit_address(self, place: Place, state: DeckState) -> str:
        file = self.file_of(place.path, state)
        return self.editor.address(file, place.line, place.column) if file else ""

    def open_in_editor(self, place: Place) -> bool:
        """Open a file of the deck by the editor's command. Raises OSError when that cannot be run."""
        file = self.file_of(place.path, self.deck.current())
        if file is None or not self.editor.is_command:
            return False
        self.editor.open(file, place.line, place.column)
        return True
