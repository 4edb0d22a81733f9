"""``deck.lock`` as it was at a tag, a branch or a commit of git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from deckwright.identity import LOCK_FILE, Lock, LockError
from deckwright.identity.file import parse_lock
from deckwright.pipeline.git_history import git_environment
from deckwright.problems import WrongUseError


class RevisionError(WrongUseError):
    """Git does not know the revision of ``--against``, or has no usable lock there; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(f"--against: {message}")


def read_lock_of_revision(root: Path, deck_id: str, revision: str) -> Lock:
    """Return the lock that the deck folder ``root`` had at a revision. Raises RevisionError when there is none."""
    git = shutil.which("git")
    if git is None:
        raise RevisionError(f"`{revision}` is not a file, and cannot be a tag because git is not installed")
    command = [git, "-C", str(root), "show", "--end-of-options", f"{revision}:./{LOCK_FILE}"]
    done = subprocess.run(
        command, env=git_environment(), capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1].removeprefix("fatal: ")
        raise RevisionError(
            f"`{revision}` is not a file, and git has no deck.lock of that tag or commit: {reason}; "
            "a shallow clone needs `git fetch --tags` first"
        )
    try:
        lock = parse_lock(done.stdout, deck_id)
    except LockError as error:
        raise RevisionError(f"the deck.lock of `{revision}` cannot be used: {error}") from None
    if lock.notes.is_raw:
        raise RevisionError(
            f"the deck.lock of `{revision}` has an older format, which cannot be compared; give the package of then"
        )
    return lock
