"""Pages on their way: a source file → finished notes, from the cache where nothing changed, by several processes."""

from deckwright.pages.crew import finish_pages
from deckwright.pages.finished import Finished

__all__ = ["Finished", "finish_pages"]
