"""``deck.lock``: what was built before. It gives each note its GUID, its numbers, its time and its position."""

from deckwright.identity.entries import Entry, Lock, TypeEntry, content_hashes, hash_map
from deckwright.identity.file import LOCK_FILE, LockError, lock_bytes, read_lock
from deckwright.identity.positions import LAST_POSITION, STEP, place_in_order
from deckwright.identity.reconciliation import dated, future_problem, reconcile

__all__ = [
    "LAST_POSITION",
    "LOCK_FILE",
    "STEP",
    "Entry",
    "Lock",
    "LockError",
    "TypeEntry",
    "content_hashes",
    "dated",
    "future_problem",
    "hash_map",
    "lock_bytes",
    "place_in_order",
    "read_lock",
    "reconcile",
]
