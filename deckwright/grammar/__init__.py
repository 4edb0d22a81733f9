"""Source → notes. The one room that knows the grammar; every finding carries file, line and column."""

from deckwright.grammar.page import parse_source
from deckwright.grammar.scan import tag_attributes

__all__ = ["parse_source", "tag_attributes"]
