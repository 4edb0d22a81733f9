"""Pieces: the stretches of a file that are not plain prose."""

from __future__ import annotations

import enum
from typing import NamedTuple


class PieceKind(enum.Enum):
    """What was found at a stretch of a source file."""

    __hash__ = object.__hash__  # each stands for itself only; the enum's own is written in Python

    CODE_BLOCK = enum.auto()
    CODE = enum.auto()
    FORMULA = enum.auto()
    DISPLAY = enum.auto()
    COMMENT = enum.auto()
    TAG = enum.auto()
    AUTOLINK = enum.auto()
    CLOZE = enum.auto()
    CLOZE_END = enum.auto()
    CITATION = enum.auto()
    IMAGE = enum.auto()
    LINK = enum.auto()
    LINK_END = enum.auto()
    SOUND = enum.auto()
    ESCAPE = enum.auto()
    FOOTNOTE = enum.auto()


class Piece(NamedTuple):
    """A stretch ``start:end`` of a file's text that is not plain prose.

    ``text`` is what matters inside: code, TeX, the address of a link or picture, a tag's name, a deletion's numbers.
    ``at`` is the offset at which it begins.
    """

    kind: PieceKind
    start: int
    end: int
    text: str = ""
    at: int = 0
    info: str = ""
    """A code block's language, a picture's alternative text, a tag's attributes, a link's title."""
    size: str = ""
    """Of a picture: ``300`` (width) or ``300x200``, in CSS pixels."""
    title: str = ""
    """Of a picture."""


NOT_READ = (
    *(PieceKind.COMMENT, PieceKind.CITATION, PieceKind.IMAGE, PieceKind.SOUND, PieceKind.TAG),
    *(PieceKind.CLOZE, PieceKind.CLOZE_END, PieceKind.LINK_END),
)
"""The pieces that a reader does not see as text."""
