"""What an SVG may not hold: what runs or is fetched. Labels in HTML, as draw.io and mermaid write them, are fine.

And why a browser, which reads one strictly, shows nothing of it.
"""

from __future__ import annotations

import re
from contextlib import suppress

from deckwright.regex import regex

RUNS = regex(rb"<script\b|\son\w+\s*=|javascript:", re.IGNORECASE)
FETCHES = regex(rb"(?:href|src)\s*=\s*[\"']\s*(?:https?:)?//|url\(\s*[\"']?(?:https?:)?//|@import", re.IGNORECASE)
LINK = regex(rb"<a\s[^<>]*>", re.IGNORECASE)
"""An address of a link; nothing is fetched from it, and a picture has none that can be opened."""
FOREIGN = regex(rb"<foreignObject\b[^<>]*(?:(?<=/)>|>.*?(?:</foreignObject\s*>|\Z))", re.DOTALL | re.IGNORECASE)
TAG = regex(rb"<(?:[\w-]+:)?([A-Za-z][\w-]*)")
LABEL_TAGS = frozenset(
    b"""foreignobject a b blockquote br center code div em font h1 h2 h3 h4 h5 h6 hr i li math mfrac mi mn mo mover mrow
    ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover ol p pre s section semantics small
    span strike strong sub sup table tbody td th thead tr u ul annotation""".split()
)
"""What only lays out text."""

SVG = "http://www.w3.org/2000/svg"
ADDRESSES = ("href", "http://www.w3.org/1999/xlink href")
SHOWING = frozenset({f"{SVG} image", f"{SVG} use", f"{SVG} feImage"})
"""Elements that show what is at an address."""


def drawing_fault(content: bytes) -> tuple[str, str] | None:
    """Return the rule that an SVG breaks which runs or fetches something, and what to do."""
    if RUNS.search(content):
        return "unsafe-drawing", "this drawing holds a script; save it as a plain drawing"
    for foreign in FOREIGN.finditer(content):
        for tag in TAG.finditer(foreign[0]):
            if tag[1].lower() not in LABEL_TAGS:
                what = f"`<{tag[1].decode()}>` of a web page"
                return "unsafe-drawing", f"this drawing holds {what}; export it without HTML in its labels, or as PNG"
    if FETCHES.search(LINK.sub(b"", content)):
        return "remote-media", "this drawing fetches a file from the network; draw it into the picture"
    return None


def hidden_part(content: bytes) -> str:
    """Return why all or a part of an SVG is not shown, and what to do; empty when all is.

    A browser shows nothing of one that is not well-formed or without SVG's namespace, and no other file in any.
    """
    from xml.parsers import expat  # most builds see no new drawing

    names, others = list[str](), list[str]()

    def start(name: str, attributes: dict[str, str]) -> None:
        names.append(name)
        shown = [attributes.get(key, "") for key in ADDRESSES if name in SHOWING]
        others.extend(address for address in shown if address and not address.startswith(("#", "data:")))

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    with suppress(LookupError, ValueError):  # an encoding that this parser does not know
        try:
            parser.Parse(content, True)
        except expat.ExpatError as error:
            return f"is not shown: its line {error.lineno} is not valid ({expat.ErrorString(error.code)}); save it anew"
    if names and names[0] != f"{SVG} svg":
        return f'is not shown: its <svg> needs xmlns="{SVG}"'
    return f"does not show `{others[0][:40]}`, another file; draw that into the picture" if others else ""
