"""``deck.lock``: what was built before. It gives each note its GUID, its numbers, its time and its position."""

from deckwright.deck.settings import LOCK_FILE
from deckwright.identity.entries import Entry, content_hashes, hash_map, markup_hash
from deckwright.identity.file import LockError, lock_bytes, read_lock
from deckwright.identity.lock import Lock, TypeEntry
from deckwright.identity.normal_form import normal_form

__all__ = [
    "LOCK_FILE",
    "Entry",
    "Lock",
    "LockError",
    "TypeEntry",
    "content_hashes",
    "hash_map",
    "lock_bytes",
    "markup_hash",
    "normal_form",
    "read_lock",
]
