"""Pages on their way: a source file → finished notes, from the cache where nothing changed, by several processes."""

from deckwright.pages.crew import Finished, finish_pages

__all__ = ["Finished", "finish_pages"]
