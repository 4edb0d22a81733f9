"""A note's Markdown → its fields' HTML."""

from deckwright.render.note import Renderer, RenderError, card_ordinals
from deckwright.render.pieces import HARMLESS, VOID

__all__ = ["HARMLESS", "VOID", "RenderError", "Renderer", "card_ordinals"]
