"""A full compile of every formula by MathJax 3.2.2, the one that Anki ships; needs node, and npm the first time.

``check`` itself needs neither: it knows the structure of TeX and the names of macros. Called for ``--tex`` only.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from deckwright.check.styles import severities_at
from deckwright.deck.folder import Deck
from deckwright.grammar.note import Note
from deckwright.grammar.pieces import Piece, PieceKind
from deckwright.mathjax import ToolMissingError, find_mathjax
from deckwright.problems import Problem, Severity
from deckwright.regex import regex

WIDEST = 44
"""ex; on a phone a wider formula has to be scrolled."""
MACRO = regex(r"\\[A-Za-z]+")


class Compiled(TypedDict):
    """What MathJax made of one formula: its complaint (empty: none) and the width."""

    error: str
    ex: float


def compile_formulas(deck: Deck) -> list[Problem]:
    """What MathJax refuses (errors) and what is too wide for a phone (warnings), each at its formula."""
    notes = [(note, [piece for _, piece in note.pieces(PieceKind.FORMULA, PieceKind.DISPLAY)]) for note in deck.notes]
    found: list[Problem] = []
    for (note, pieces), results in zip(notes, _run([pieces for _, pieces in notes]), strict=True):
        severity = severities_at(deck.settings.rules, note.source.path)["wide-formula"]
        for piece, result in zip(pieces, results, strict=True):
            found.extend(_problems(note, piece, result, severity))
    return found


def _problems(note: Note, piece: Piece, result: Compiled, severity: Severity | None) -> Iterator[Problem]:
    """``severity`` is how severe a wide formula is in the note's file; None when the rule is off."""
    if error := result["error"]:
        macro = MACRO.search(error)
        offset = max(piece.text.find(macro[0]) if macro else 0, 0)
        message = f"MathJax refuses `{' '.join(piece.text.split())[:40]}`: {error}"
        yield Problem(note.source.place(piece.at + offset), message, "tex")
    elif severity and result["ex"] > WIDEST and "wide-formula" not in note.allowed:
        message = f"this formula is {result['ex']:.0f} ex wide, {WIDEST} at most fit a phone; break it over lines"
        yield Problem(note.source.place(piece.at), message, "wide-formula", severity)


def _run(notes: list[list[Piece]]) -> list[list[Compiled]]:
    """Node's answer for each formula of each note."""
    node = shutil.which("node")
    if node is None:
        raise ToolMissingError("--tex compiles formulas with node, which is not installed; get it from nodejs.org")
    formulas = [[{"tex": p.text, "display": p.kind is PieceKind.DISPLAY} for p in pieces] for pieces in notes]
    job = json.dumps({"mathjax": str(find_mathjax()), "notes": formulas})
    script = Path(__file__).with_name("typeset.js")
    done = subprocess.run([node, str(script)], input=job, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise ToolMissingError(f"node could not run MathJax: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    answer: list[list[Compiled]] = json.loads(done.stdout)
    return answer
