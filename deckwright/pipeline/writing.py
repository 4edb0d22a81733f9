"""A reconciled deck → ids in the sources, ``deck.lock``, the package.

In that order, so that the next build can complete an interrupted one.
"""

from __future__ import annotations

import datetime
import json
import sqlite3
from typing import Any

from deckwright.deck.folder import write_ids
from deckwright.deck.settings import Settings
from deckwright.files import digest, replace_file, stamp_of
from deckwright.identity import LOCK_FILE, Lock, lock_bytes
from deckwright.identity.lock_entries import text_of
from deckwright.package.write import MediaChangedError, PackageContents, WrittenPackage, write_package
from deckwright.pipeline.cache import DamagedCacheError, stamp_of_collection
from deckwright.pipeline.reconciled_deck import ReconciledDeck
from deckwright.problems import ContentError, Place, Problem


def write_build(reconciled: ReconciledDeck) -> WrittenPackage:
    """Write ids, lock and package. The package is made ready aside first, so that only renames are left at the end."""
    past, lock = reconciled.past, lock_bytes(reconciled.lock)
    output, cache = past.packages[0], past.rendered.cache
    try:
        with write_package(output, _contents(reconciled)) as written:
            _write_ids(reconciled)
            if not past.frozen and (reconciled.changes_lock or not (past.root / LOCK_FILE).exists()):
                replace_file(past.root / LOCK_FILE, lock)
    except MediaChangedError as error:
        raise ContentError([Problem(Place("."), str(error), "missing-media")]) from None
    except sqlite3.DatabaseError as error:  # of the last collection, whose stamp is right
        raise DamagedCacheError from error
    name, stamp = str(output.absolute()), [*stamp_of(output.stat())]
    sources = {} if past.frozen else {**past.states, "packages": {**past.states["packages"], name: stamp}}
    built = {
        "deck": past.rendered.deck.settings.id,
        "lock": digest(lock).hex(),
        "collection": stamp_of_collection(cache.new_collection),
        "package": [name, *stamp],
        "context": cache.fact("context"),
        "sources": sources,
        "types": {kind.value: entry for kind, entry in reconciled.lock.note_types.items()},
    }
    cache.put_fact("built", built)
    cache.put_fact("retired", _retired(reconciled))
    cache.mark_built()
    return written


def _retired(reconciled: ReconciledDeck) -> dict[str, Any]:
    """Return the entries of notes that are in no collection any more, in case ``deck.lock`` goes back in time."""
    notes = reconciled.lock.notes
    forgotten = {} if reconciled.past.frozen else reconciled.known.forgotten
    gone = {**forgotten, **{name: notes[name] for name in reconciled.lock.notes.retired}}
    kept = {name: row for name, row in reconciled.past.retired.items() if name not in notes}
    return kept | {name: json.loads(text_of(entry)) for name, entry in gone.items()}


def _contents(reconciled: ReconciledDeck) -> PackageContents:
    rendered, settings, earlier = reconciled.rendered, reconciled.rendered.deck.settings, reconciled.earlier
    return PackageContents(
        notes=reconciled.notes(earlier),
        cards=reconciled.cards(earlier),
        decks=rendered.decks,
        kinds=rendered.kinds,
        note_types=rendered.note_types,
        type_times={kind: entry.modified for kind, entry in reconciled.lock.note_types.items()},
        deck_name=settings.name,
        description=description_html(settings, reconciled.lock, rendered.deck.today),
        media=rendered.media.values(),
        earlier=earlier,
        chunks=rendered.cache,
        collection=rendered.cache.new_collection,
    )


def description_html(settings: Settings, lock: Lock, today: datetime.date) -> str:
    """Return the deck's description as HTML; ``{version}`` is that of deck.toml, ``{date}`` the day of the lock's
    newest time, or ``today`` while it has none.

    So it is the same wherever the same sources and lock are built.
    """
    if not settings.description:
        return ""
    from deckwright.render import Renderer

    day = datetime.datetime.fromtimestamp(lock.newest, datetime.UTC).date() if lock.newest else today
    text = settings.description.replace("{version}", settings.version).replace("{date}", day.isoformat())
    return Renderer(settings, {}).convert_text(text)


def _write_ids(reconciled: ReconciledDeck) -> None:
    """Write new ids into their headings; all files are made ready before the first is replaced."""
    ready = []
    for path, ids in reconciled.ids_to_write.items():
        file, known = reconciled.rendered.files[path]
        raw = file.file.read_bytes()
        if digest(raw).hex() != known:
            message = f"{path} changed while it was being built; build again"
            raise ContentError([Problem(Place("."), message, "unreadable-file")])
        ready.append((file.file, write_ids(path, raw, ids)))
    for target, content in ready:
        replace_file(target, content)
