"""The patterns by which the scanner finds pieces in a line of text."""

from __future__ import annotations

import re

from deckwright.grammar.block_rules import ENVIRONMENT
from deckwright.regex import regex

PLACEHOLDERS = range(0xF0000, 0xFFFFE)
"""Private-use characters that stand for pieces while a leaf is rendered; one in a source is a piece itself."""
HIGHEST_NUMBER = 499
"""Of a deletion: Anki makes no card with a higher one."""
LONGEST_DESTINATION = 10_000
LONGEST_FORMULA = 5_000

SIGN = regex(r"[\\`$<{}\[\]!%^\U000F0000-\U000FFFFD]|://|\bwww\.")
"""What a piece may begin with (or, of a bare address, contain)."""
HTML_SIGN = regex(r"\\(?=[$()\[\]\\]|begin\{)|[$<{}\U000F0000-\U000FFFFD]|\[(?=@|sound:)")
"""The same in an HTML block, which is not Markdown."""
NOT_TICK = regex("[^`]")
TICKS = regex("`+")
CLOZE = regex(r"\{\{ *[cC][0-9０-９,，.\ -]*(?:::?|：：?)")
CORRECT_CLOZE = regex(r"\{\{c[1-9][0-9]{0,2}(?:,[1-9][0-9]{0,2})*::")
BRACE = regex(r"\\.|[{}]", re.DOTALL)
LABEL_END = regex(r"[\]\n]")
CITATION_END = regex(r"\]|\n(?![^\[\]]*\])")
"""A citation may go on in the next line, as text that an editor wraps does."""
FOOTNOTE_END = regex(r"[\]\s]")
MARK = regex(r"\\.|\$\$", re.DOTALL)
DOLLAR = regex(r"\\(?:text\w*|mbox|hbox|ce|pu)\s*\{|\\.|[${}]", re.DOTALL)
BLOCK_ID = regex(
    r"(?<!\S)(?:(?<![0-9)\]}+*/=-] )|(?<=(?:\]\]|\*\*) )|(?=\^(?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{6}\s*$))"
    r"\^(?=[0-9-]*[A-Za-z]|[0-9]{13}\s*$)[A-Za-z0-9-]{4,}\s*$"
)
"""Obsidian's name of a paragraph, at its end (13 digits are a time); after a number or a sign, one that a person chose
may be an exponent.
"""
LINK_TARGET = regex(r"\(<?(?:[A-Za-z][A-Za-z0-9+.-]*:|www\.|[/#.])")
"""What follows ``[@name]`` when that is the text of a link rather than a citation."""
BEGIN = regex(rf"\\begin\{{({ENVIRONMENT})\}}")
OTHER_TEX = regex(r"\\(?!end\{)[A-Za-z]{2,}\*?\{")
"""A macro of TeX with an argument, which nothing but a formula holds."""
CHARACTER_CLASS = regex(r"\^\[(?:[A-Za-z0-9]-[A-Za-z0-9]|\\[dsw])")
"""What begins a regular expression rather than a footnote in the text."""
DOUBLED = regex(r"\\\\[(\[](?!\d).*?\\\\[)\]]", re.DOTALL)
DESTINATION = regex(
    r"""\([ \t\n]{0,9}(?:<(?P<angled>(?:\\.|[^<>\n\\])*)>|"""
    r"""(?P<plain>(?:\\[^\n]|[^()\n"'<>\\]|\((?:[^()\n\\]|\\.)*\)|(?<=\S)['"](?=\S)|\\)*?))"""
    r"""(?:[ \t]+=(?P<size>[0-9]+x[0-9]*|x?[0-9]+))?"""
    r"""(?:[ \t\n]{1,9}(?:"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'|\((?P<round>[^()]*)\)))?"""
    r"""(?:[ \t]+=(?P<last>[0-9]+x[0-9]*|x?[0-9]+))?"""
    r"""[ \t\n]{0,9}\)"""
)
ATTRIBUTES = regex(
    r"(?: ?\{(?P<sized>(?:width|height)=[^{}]{0,200})\}"
    r"|\{:?[ \t]*(?P<body>(?:[\w-]+=|[#.][A-Za-z]|(?:width|height) )[^{}\n]*)\})"
)
SIZE_ATTRIBUTE = regex(r"""(width|height)[= ]["']?([0-9]+(?:\.[0-9]+)?)(px|in|cm|mm|pt|)["']?(?=[\s,]|$)""")
"""``width=300``, ``width="3.5in"`` as Pandoc has it of pictures from Word, ``:width 300`` as Logseq has it."""
PIXELS = {"in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "pt": 96 / 72}
"""How many a unit of length is, as CSS says."""
OTHER_SIZE = regex(r"\b(?:width|height|zoom)\s*[=:]")
"""A size in other words, as in ``style="width: 50%"``."""
ALT_SIZE = regex(r"\\?\|[ \t]*([0-9]+(?:x[0-9]*)?|x[0-9]+)(?P<unit>px|%?)[ \t]*$")
WIKI = regex(r"\[\[(?P<target>[^\[\]|\n]+?)(?:\\?\|(?P<text>[^\[\]\n]*))?\]\]")
LABEL = regex(r"\[((?:\\.|[^\[\]\\])*)\]", re.DOTALL)
TAG = regex(r"""</?([A-Za-z][A-Za-z0-9-]*)((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*\s*/?)>""")
LOOSE_TAG = regex(r"</?([^\W\d_][\w.,:*&\[\]| -]*)(?:>|(?=\s|$))?", re.UNICODE)
ATTRIBUTE = regex(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
AUTOLINK = regex(r"<(?:(?:https?|ftp|mailto):[^\s<>]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>")
SCHEME = regex(r"(?<![A-Za-z0-9])(?i:https?|ftp)$")
ADDRESS = regex(r"[^\s<>，。；：！？、（）《》【】「」“”‘’\U000F0000-\U000FFFFD]+")
AFTER_ADDRESS = regex(r"(?:[?!.,:*_~'\"\\]|(?:&[A-Za-z]+)?;)+$")
OPEN_MARK = regex(r"(?<![A-Za-z0-9])==(?=\S)")
OLD_FORMULA = regex(r"\[(\$\$?|latex)\](.*?)\[/\1\]|<anki-mathjax[^>]*>(.*?)</anki-mathjax>", re.DOTALL)
EMPTY_COMMENT = regex("<!---?>")
COMMENT = regex(r"(?<![A-Za-z0-9%])%%(?!%).*?(?<!%)%%(?![A-Za-z0-9%])", re.DOTALL)
ESCAPED = regex(r"\\.", re.DOTALL)
ESCAPES = regex(r"""\\([!"#$%&'()*+,./:;<=>?@\[\\\]^_`{|}~-])""")
