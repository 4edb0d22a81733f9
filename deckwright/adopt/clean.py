"""A field's HTML → a tree that holds only what is allowed on a card, and what was removed."""

from __future__ import annotations

import re
from collections.abc import Collection

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString

from deckwright.adopt.pieces import TAG
from deckwright.adopt.visible_tokens import DEEPEST, declarations, no_break_spaces, tree_of
from deckwright.check.html_rules import ATTRIBUTES, UNSAFE_STYLE
from deckwright.regex import regex
from deckwright.render import HARMLESS

GONE_WHOLE = "script style template noscript title head meta link base iframe object embed".split()
"""Tags that go with all that is in them."""
KEPT_STYLES = regex(
    r"color|background(-color)?|font-(weight|style|size)|text-(decoration|align)|vertical-align|border.*|padding.*|margin.*"
    r"|(max-)?(width|height)|list-style(-type)?"
)
"""What of a style concerns the content. Faces of type, line heights and what editors leave behind do not."""
NO_EFFECT = regex(
    r"color:(#0{3}|#0{6}|black|inherit)|background(-color)?:(#f{3}|#f{6}|white|transparent|inherit|initial|none)"
    r"|font-(weight|style):(normal|400)|text-decoration:none|text-align:(left|start)|font-size:(1em|100%|medium)"
    r"|(margin|padding|border)[a-z-]*:(0|0px|none)|vertical-align:baseline"
)
"""What a card looks like anyway. Black text on white, as pasted from a web page, would be wrong by night."""
RGB = regex(r"rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?:,\s*([\d.]+%?)\s*)?\)")
CONTROL = regex(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
WHITE_SPACE = regex(r"[ \t\n\r\f]+")
ADDRESSES = regex(r"(https?://|mailto:)", re.IGNORECASE)


def clean(html: str, classes: Collection[str]) -> tuple[BeautifulSoup, list[str]]:
    """The tree of a field's HTML, and what was taken out of it, in words; ``classes`` are those that may stay."""
    soup = tree_of(CONTROL.sub("", html))
    losses: list[str] = []
    if soup.find(True) is None and html.count("<") > DEEPEST and TAG.search(html):
        losses.append("its tags are nested too deeply; only the text is kept")
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in soup.find_all(GONE_WHOLE):
        losses.append(f"<{tag.name}> has no place on a card")
        tag.decompose()
    for tag in soup.find_all(True):
        if tag.name not in HARMLESS:
            losses.append(f"<{tag.name}> has no place on a card; its text is kept")
            tag.unwrap()
            continue
        _clean_attributes(tag, classes, losses)
        if tag.name in ("span", "font") and not tag.attrs:
            tag.unwrap()
    for text in soup.find_all(string=True):
        if not text.find_parent("pre"):
            text.replace_with(NavigableString(WHITE_SPACE.sub(" ", no_break_spaces(str(text)))))
    soup.smooth()
    return soup, losses


def _clean_attributes(tag: Tag, classes: Collection[str], losses: list[str]) -> None:
    for name in list(tag.attrs):
        value = " ".join(tag.get_attribute_list(name)) if name == "class" else str(tag[name])
        if name == "style":
            _clean_style(tag)
        elif name == "class":
            kept = [each for each in value.split() if each in classes]
            tag["class"] = " ".join(kept)
        elif name not in ATTRIBUTES or name in ("id", "dir", "role", "rel", "target"):
            if name.startswith("on"):
                losses.append(f"the attribute `{name}` runs a program")
            del tag[name]
        if not tag.get(name) and name in tag.attrs and name not in ("open", "controls"):
            del tag[name]
    href = tag.get("href")
    shows_nothing = not tag.get_text(strip=True) and not tag.find("img")
    if tag.name == "a" and (shows_nothing or not ADDRESSES.match(str(href or ""))):
        if href and not shows_nothing:
            losses.append(f"the link to `{str(href)[:60]}` leads nowhere in Anki; its text is kept")
        tag.unwrap()


def _clean_style(tag: Tag) -> None:
    """What of a style concerns the content and is allowed on a card."""
    tag["style"] = RGB.sub(_hexadecimal, str(tag["style"]))
    kept = [
        each
        for each in declarations(tag)
        if KEPT_STYLES.fullmatch(each.partition(":")[0])
        and not NO_EFFECT.fullmatch(each)
        and not UNSAFE_STYLE.search(each)
    ]
    tag["style"] = "; ".join(each.replace(":", ": ", 1) for each in kept)


def _hexadecimal(colour: re.Match[str]) -> str:
    if colour[4] in ("0", "0%", "0.0"):
        return "transparent"
    return "#" + "".join(f"{min(255, int(colour[part])):02x}" for part in (1, 2, 3))
