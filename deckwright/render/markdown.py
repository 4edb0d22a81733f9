"""Python-Markdown, set up once: which extensions are used, and what the scanner has taken over from it."""

from __future__ import annotations

import re
import string
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import markdown
from markdown.blockprocessors import HashHeaderProcessor
from markdown.extensions.footnotes import FootnoteExtension
from markdown.extensions.tables import TableExtension
from markdown.treeprocessors import InlineProcessor
from markdown.util import AtomicString
from pymdownx.mark import MarkExtension
from pymdownx.tasklist import TasklistExtension
from pymdownx.tilde import DeleteSubExtension


class _SpacedHeader(HashHeaderProcessor):
    """A heading wants a space after its ``#``, as on GitHub."""

    RE = re.compile(r"(?:^|\n)(?P<level>#{1,6})[ \t]+(?P<header>(?:\\.|[^\\])*?)#*(?:\n|$)")


class _Definitions(OrderedDict[str, str]):
    """Footnotes by name; one that is defined inside another is found while Python-Markdown goes through the names."""

    def keys(self) -> list[str]:  # type: ignore[override]
        return list(super().keys())


class _Footnotes(FootnoteExtension):
    """Footnotes that may be defined anywhere; one inside another is not listed."""

    def reset(self) -> None:
        super().reset()
        self.footnotes = _Definitions()


class QuickInline(InlineProcessor):
    """The stock inline pass, asking a pattern only where the sign it begins with occurs.

    Most stretches of prose hold no sign at all, and trying every pattern on each of them is the largest cost of
    rendering. A test compares the output with that of the stock pass.
    """

    SIGNS: Mapping[str, str] = {
        **dict.fromkeys(("reference", "link", "short_reference", "footnote"), "["),
        **dict.fromkeys(("image_link", "image_reference", "short_image_ref"), "!"),
        **dict.fromkeys(("autolink", "automail", "html"), "<"),
        "escape": "\\",
        "entity": "&",
        "linebreak": "\n",
        "em_strong": "*_",
        "delimiter": "=~",
    }

    @cached_property
    def signed_patterns(self) -> list[tuple[int, Any, frozenset[str]]]:
        """Every inline pattern in its order, with the signs it can begin with; empty for one that is always asked."""
        registry: Any = self.inlinePatterns
        names = [item.name for item in sorted(registry._priority, key=lambda item: -item.priority)]
        return [(index, registry[name], frozenset(self.SIGNS.get(name, ""))) for index, name in enumerate(names)]

    def _InlineProcessor__handleInline(self, data: str, patternIndex: int = 0) -> str:  # noqa: N802, N803
        if isinstance(data, AtomicString):
            return data
        apply: Any = getattr(self, "_InlineProcessor__applyPattern")  # noqa: B009 - the name is mangled
        signs = ALL_SIGNS.intersection(data)  # what a pattern leaves behind holds no new ones
        for index, pattern, first in self.signed_patterns[patternIndex:]:
            matched, start = bool(signs & first) or not first, 0
            while matched:
                data, matched, start = apply(pattern, data, index, start)
        return data


ALL_SIGNS = frozenset("".join(QuickInline.SIGNS.values()))


def make_markdown() -> markdown.Markdown:
    """A converter with this project's extensions.

    Code, fences and indentation come from the scanner, which reads them as CommonMark does, so the processors that
    would read them again are taken out.
    """
    converter = markdown.Markdown(
        extensions=[
            TableExtension(),
            _Footnotes(BACKLINK_TEXT="↩", BACKLINK_TITLE=""),
            MarkExtension(smart_mark=False),
            DeleteSubExtension(smart_delete=False, subscript=False),
            TasklistExtension(),
            "admonition",
            "def_list",
            "sane_lists",
        ]
    )
    converter.ESCAPED_CHARS = list(string.punctuation)
    converter.inlinePatterns.deregister("backtick")
    for taken_over in ("code", "setextheader", "hashheader"):
        converter.parser.blockprocessors.deregister(taken_over)
    converter.treeprocessors.deregister("prettify")  # it adds the line breaks that are taken out afterwards
    converter.treeprocessors.register(QuickInline(converter), "inline", 20)
    converter.parser.blockprocessors.register(_SpacedHeader(converter.parser), "hashheader", 70)
    return converter
