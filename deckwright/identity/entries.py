"""What ``deck.lock`` says of a note: an entry, with hashes of what a learner sees."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple, NewType

from deckwright.grammar.note import NoteKind
from deckwright.identity.normal_form import normal_form

ID_FIELD = "ID"
WHEREABOUTS = frozenset({"Context", "File"})
"""Fields that show where a note is: they are refreshed together with something else, and give it no new time."""

OF_TAGS = frozenset({"Tags"})
"""Names of hashes that are taken from tags: what compares fields alone leaves them out."""

Hashes = NewType("Hashes", str)
"""Field (and ``Tags``) → hash of its content, as ``deck.lock`` writes it: ``"Answer": "0123456789", …``, sorted by name
and without the empty ones. One string a note compares fast and takes little memory."""
ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


class Entry(NamedTuple):
    """What is known of a note: its kind, number and GUID for ever, the rest from the last build it was in."""

    kind: NoteKind
    number: int
    modified: int
    position: int
    deck: str
    hashes: Hashes
    """Of what a learner sees: of the normal form of each field."""
    retired: bool = False
    markup: str = ""
    """A hash of the fields' HTML as it is: what differs although the hashes are the same, nobody sees."""
    guid: str = ""
    """The GUID of a note from another package, or added in Anki; empty for all that have the deck's own."""
    ords: tuple[int, ...] = (0,)
    """Ordinals of its cards; not known of an entry of format 1."""
    is_raw: bool = False
    """Whether the hashes are those of a lock of format 1: of the HTML of each field as it was."""


def content_hashes(fields: Mapping[str, str], tags: Iterable[str]) -> Hashes:
    """The hash of what a learner sees of every field, and of the tags in whatever order.

    Media bytes count through their names, which are hashes.
    """
    texts = {**fields, "Tags": " ".join(sorted(tags))}
    shown = ((name, text) for name, text in texts.items() if text and name != ID_FIELD and name not in WHEREABOUTS)
    return to_hashes({name: hash_text(normal_form(text)) for name, text in shown})


def raw_hashes(fields: Mapping[str, str], tags: Iterable[str]) -> dict[str, str]:
    """The hashes that a lock of format 1 held: field (and ``Tags``) → hash of its HTML as it is."""
    texts = {**fields, "Tags": " ".join(tags)}
    return {name: hash_text(text) for name, text in texts.items() if text and name != ID_FIELD}


def same_without_whereabouts(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether hashes by field are the same but for where the note is."""
    return all(one.get(name) == other.get(name) for name in (one.keys() | other.keys()) - WHEREABOUTS)


def markup_hash(fields: Mapping[str, str], tags: Iterable[str]) -> str:
    """A hash of all fields' HTML as it is, and of the tags."""
    texts = (text for name, text in sorted(fields.items()) if text and name != ID_FIELD)
    return hash_text("\x1f".join([*texts, *tags]))


def hash_text(text: str) -> str:
    """Forty bits tell two versions of one field apart; the lock stays readable."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def hash_map(hashes: Hashes) -> dict[str, str]:
    """Field (and ``Tags``) → hash of its content."""
    found: dict[str, str] = json.loads(f"{{{hashes}}}")
    return found


def to_hashes(found: Mapping[str, str]) -> Hashes:
    """Hashes by field as ``deck.lock`` writes them; ``hash_map`` gives them back."""
    return Hashes(ENCODER.encode(found)[1:-1])


def field_hashes(hashes: Hashes) -> dict[str, str]:
    """Field → hash of its content, without what is taken from tags."""
    return {name: value for name, value in hash_map(hashes).items() if name not in OF_TAGS}
