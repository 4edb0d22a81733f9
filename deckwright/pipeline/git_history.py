"""What git's history holds of notes: every ``deck.lock`` in it, read through ``git`` where a deck is in a work tree.

A lock holds one line a note, so the added lines of all its versions are all that was ever said of every note. What was
built for learners is taken to be what is checked out and all that led to it, what is tagged, and the main branch.
Other branches are edits that wait to be merged: were their times to count, every branch would change the lines of
``deck.lock`` that the others change, and no two of them could be merged.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from deckwright.files import digest
from deckwright.identity import LOCK_FILE, Entry
from deckwright.identity.lock_entries import entry_of_json
from deckwright.regex import regex

LONGEST_SECONDS = 5.0
"""How long git may take. It begins with the newest commits, so what it prints until then is the most important."""
GIT = ("git", "-c", "core.fsmonitor=false", "--no-optional-locks", "--literal-pathspecs")
LOG = ("log", "-p", "-U0", "--format=", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")
MERGES = "--diff-merges=first-parent"
"""What a merge brought counts as well: git leaves it out otherwise."""
HEADING = regex(r"[-+]##[ \t]+(.*?)\{:?[^{}]*#([a-z0-9-]+)[^{}]*\}\s*$")
OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What git tells its hooks; of these, git takes the folder in which it is run for the top of the work tree."""
MAIN_BRANCHES = frozenset({"main", "master", "HEAD"})
"""``HEAD`` of a remote is its main branch."""

LockLine = tuple[str, Entry]
"""The id of a note, and its entry in a lock."""


class History(NamedTuple):
    """The entries of notes in the locks of git's history, the newest commits first."""

    built: Sequence[LockLine]
    """Of commits whose builds learners may have."""
    unmerged: Sequence[LockLine]
    """Of other branches."""


def refs_hash(root: Path) -> str:
    """Hash all refs of the repository that a folder is in and what is checked out; empty where there is no git."""
    refs = _git(root, "show-ref", "--head")
    return digest(refs).hex() if refs else ""


def is_refused(root: Path) -> bool:
    """Whether git does not read the repository that a folder is in, as it belongs to another user of the machine."""
    return b"safe.directory" in _git(root, "rev-parse", "--git-dir", errors=True)


def read_history(root: Path, *, only_own: bool) -> History:
    """Read the entries of notes in every version of ``deck.lock``; nothing without git or without a lock in it.

    ``only_own`` leaves out all that is not part of what is checked out or being merged.
    """
    own = ["HEAD", *_git(root, "rev-parse", "--quiet", "--verify", "MERGE_HEAD").decode("ascii", "replace").split()]
    if only_own:
        return History([*_lock_lines(root, own)], ())
    tips = [*own, *_tips_for_learners(root)]
    return History([*_lock_lines(root, tips)], [*_lock_lines(root, ["--all", "--not", *tips])])


def git_environment() -> dict[str, str]:
    """Return the environment in which git finds by itself where a folder belongs, also inside of a hook."""
    return {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}


def folder_in_work_tree(root: Path) -> str | None:
    """Return the path of a folder inside its work tree, with ``/`` at its end; None where it is in none."""
    shown = _git(root, "rev-parse", "--show-prefix")  # at the top an empty line
    return shown.decode(errors="replace").rstrip("\n") if shown else None


def tracked_notes(root: Path) -> bool:
    """Whether git keeps files of notes of a deck."""
    return bool(_git(root, "ls-files", "--", ".").strip())


def ignores_lock(root: Path) -> bool:
    """Whether git keeps files of notes of a deck, but is told to leave ``deck.lock`` out."""
    ignored = _git(root, "ls-files", "--others", "--ignored", "--exclude-standard", "--", LOCK_FILE)
    return bool(ignored) and tracked_notes(root)


def questions_in_history(root: Path, ids: Collection[str]) -> dict[str, str]:
    """Return the last heading that each id had in a file of notes, without its attribute list."""
    found: dict[str, str] = {}
    for line in _git(root, *LOG, MERGES, "HEAD", "--", ".").split(b"\n") if ids else ():
        heading = HEADING.match(line.decode("utf-8", "replace"))
        if heading and heading[2] in ids:
            found.setdefault(heading[2], heading[1].strip())
    return found


def _tips_for_learners(root: Path) -> list[str]:
    """Return the refs besides what is checked out whose builds learners may have."""
    names = _git(root, "for-each-ref", "--format=%(refname)").decode("utf-8", "replace").split()
    return [name for name in names if name.startswith("refs/tags/") or name.rpartition("/")[2] in MAIN_BRANCHES]


def _lock_lines(root: Path, tips: Sequence[str]) -> Iterator[LockLine]:
    for line in _git(root, *LOG, MERGES, *tips, "--", LOCK_FILE).split(b"\n"):
        if line.startswith(b'+"') and (found := _entry(line)):
            yield found


def _git(root: Path, *words: str, errors: bool = False) -> bytes:
    """Return what git prints within ``LONGEST_SECONDS``, also its ``errors``; nothing where it is not installed.

    Outside of a work tree it is not even asked, which would take some milliseconds.
    """
    folder = root.resolve()
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return b""
    with tempfile.TemporaryFile() as output:
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                [*GIT, *words],
                cwd=root,
                env=git_environment(),
                stdout=output,
                stderr=subprocess.STDOUT if errors else subprocess.DEVNULL,
                timeout=LONGEST_SECONDS,
                check=False,
            )
        output.seek(0)
        return output.read()


def _entry(line: bytes) -> LockLine | None:
    """Return the id and the entry of an added line; None when it is not one that a build wrote."""
    try:
        value = json.loads(b"{" + line[1:].rstrip().removesuffix(b",") + b"}")
        ((name, entry),) = value.items()
        return (name, entry_of_json(entry, is_raw="html" not in entry)) if name else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
