"""``deck.lock``: what was built before. It gives each note its GUID, its numbers, its time and its position."""

from deckwright.lock.entries import Entry, Lock, TypeEntry, content_hashes, hash_map
from deckwright.lock.file import LOCK_FILE, LockError, lock_bytes, read_lock
from deckwright.lock.positions import LAST_POSITION, STEP, place_in_order
from deckwright.lock.reconciliation import dated, future_problem, reconcile, recover_lock

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
    "recover_lock",
]
