"""Source → notes. The one package that knows the grammar; every finding carries file, line and column."""

from deckwright.grammar.inline_links import cited
from deckwright.grammar.inline_tags import tag_attributes, tag_text
from deckwright.grammar.page import parse_source, parse_text

__all__ = ["cited", "parse_source", "parse_text", "tag_attributes", "tag_text"]
