"""What notes are rendered with: recorded in ``deck.lock``, so that other markup can be explained."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from deckwright import __version__

RENDERERS = ("Markdown", "Pygments", "markdown-it-py", "mdit-py-plugins")
"""The libraries that make the fields' HTML, by their names in the package index."""


def renderer_versions() -> dict[str, str]:
    """Versions of this program and of the installed ``RENDERERS``, by name."""
    from importlib.metadata import PackageNotFoundError, version  # imported here as most builds do without

    found = {"deckwright": __version__}
    for name in RENDERERS:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def version_changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What was rendered with another version before, as ``Pygments 2.17.2 → 2.18.0``."""
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return [f"{name} {before.get(name, 'none')} → {now.get(name, 'none')}" for name in names] if before else []
