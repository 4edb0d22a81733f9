"""``deck.lock``: what was built before. It gives each note its GUID, its numbers, its time and its position."""

from deckwright.identity.entries import Entry, Lock, TypeEntry, content_hashes, hash_map, markup_hash
from deckwright.identity.file import LOCK_FILE, LockError, lock_bytes, read_lock
from deckwright.identity.lost_ids import Found, LostNotes
from deckwright.identity.normal_form import normal_form
from deckwright.identity.positions import LAST_POSITION, STEP, place_in_order
from deckwright.identity.reconciliation import dated, future_problem, is_visible_change, reconcile, renumber
from deckwright.identity.traces import Trace, Traces, overtaken, restore_entries
from deckwright.identity.upgrade_format_1 import EarlierText, resolve_raw, upgrade_lock

__all__ = [
    "LAST_POSITION",
    "LOCK_FILE",
    "STEP",
    "EarlierText",
    "Entry",
    "Found",
    "Lock",
    "LockError",
    "LostNotes",
    "Trace",
    "Traces",
    "TypeEntry",
    "content_hashes",
    "dated",
    "future_problem",
    "hash_map",
    "is_visible_change",
    "lock_bytes",
    "markup_hash",
    "normal_form",
    "overtaken",
    "place_in_order",
    "read_lock",
    "reconcile",
    "renumber",
    "resolve_raw",
    "restore_entries",
    "upgrade_lock",
]
