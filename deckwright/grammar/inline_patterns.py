"""The patterns by which the scanner finds pieces in a line of text."""

from __future__ import annotations

import re

from deckwright.grammar.block_rules import ENVIRONMENT

PLACEHOLDERS = range(0xF0000, 0xFFFFE)
"""Private-use characters that stand for pieces while a leaf is rendered; one in a source is a piece itself."""
HIGHEST_NUMBER = 499
"""Of a deletion: Anki makes no card with a higher one."""
LONGEST_DESTINATION = 10_000
LONGEST_FORMULA = 5_000

SIGN = re.compile(r"[\\`$<{}\[\]!%^\U000F0000-\U000FFFFD]|://|\bwww\.")
"""What a piece may begin with (or, of a bare address, contain)."""
HTML_SIGN = re.compile(r"\\(?=[$()\[\]\\]|begin\{)|[$<{}\U000F0000-\U000FFFFD]|\[(?=@|sound:)")
"""The same in an HTML block, which is not Markdown."""
NOT_TICK = re.compile("[^`]")
TICKS = re.compile("`+")
CLOZE = re.compile(r"\{\{ *[cC][0-9０-９,，.\ -]*(?:::?|：：?)")
CORRECT_CLOZE = re.compile(r"\{\{c[1-9][0-9]{0,2}(?:,[1-9][0-9]{0,2})*::")
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
LABEL_END = re.compile(r"[\]\n]")
FOOTNOTE_END = re.compile(r"[\]\s]")
MARK = re.compile(r"\\.|\$\$", re.DOTALL)
DOLLAR = re.compile(r"\\(?:text\w*|mbox|hbox|ce|pu)\s*\{|\\.|[${}]", re.DOTALL)
BLOCK_ID = re.compile(r"(?<![0-9)\]}+*/=-] )(?<!\S)\^(?=[0-9-]*[A-Za-z]|[0-9]{13}\s*$)[A-Za-z0-9-]{4,}\s*$")
"""Obsidian's name of a paragraph, at its end (13 digits are a time); something shorter may be an exponent."""
LINK_TARGET = re.compile(r"\(<?(?:[A-Za-z][A-Za-z0-9+.-]*:|www\.|[/#.])")
"""What follows ``[@name]`` when that is the text of a link rather than a citation."""
BEGIN = re.compile(rf"\\begin\{{({ENVIRONMENT})\}}")
OTHER_TEX = re.compile(r"\\(?!end\{)[A-Za-z]{2,}\*?\{")
"""A macro of TeX with an argument, which nothing but a formula holds."""
CHARACTER_CLASS = re.compile(r"\^\[(?:[A-Za-z0-9]-[A-Za-z0-9]|\\[dsw])")
"""What begins a regular expression rather than a footnote in the text."""
DOUBLED = re.compile(r"\\\\[(\[](?!\d).*?\\\\[)\]]", re.DOTALL)
DESTINATION = re.compile(
    r"""\([ \t\n]{0,9}(?:<(?P<angled>(?:\\.|[^<>\n\\])*)>|"""
    r"""(?P<plain>(?:\\[^\n]|[^()\n"'<>\\]|\((?:[^()\n\\]|\\.)*\)|(?<=\S)['"](?=\S)|\\)*?))"""
    r"""(?:[ \t]+=(?P<size>[0-9]+x[0-9]*|x?[0-9]+))?"""
    r"""(?:[ \t\n]{1,9}(?:"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'|\((?P<round>[^()]*)\)))?"""
    r"""[ \t\n]{0,9}\)"""
)
ATTRIBUTES = re.compile(
    r"(?: ?\{(?P<sized>(?:width|height)=[^{}\n]*)\}|\{:?[ \t]*(?P<body>(?:[\w-]+=|[#.][A-Za-z])[^{}\n]*)\})"
)
SIZE_ATTRIBUTE = re.compile(r"""(width|height)=["']?([0-9]+)(?:px)?["']?(?=\s|$)""")
OTHER_SIZE = re.compile(r"\b(?:width|height|zoom)\s*[=:]")
"""A size in other words, as in ``style="width: 50%"``."""
ALT_SIZE = re.compile(r"\\?\|[ \t]*([0-9]+(?:x[0-9]*)?|x[0-9]+)(?P<unit>px|%?)[ \t]*$")
WIKI = re.compile(r"\[\[(?P<target>[^\[\]|\n]+?)(?:\\?\|(?P<text>[^\[\]\n]*))?\]\]")
LABEL = re.compile(r"\[((?:\\.|[^\[\]\\])*)\]", re.DOTALL)
TAG = re.compile(
    r"""</?([A-Za-z][A-Za-z0-9-]*)((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*\s*/?)>"""
)
LOOSE_TAG = re.compile(r"</?([^\W\d_][\w.,:*&\[\]| -]*)(?:>|(?=\s|$))?", re.UNICODE)
ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
AUTOLINK = re.compile(r"<(?:(?:https?|ftp|mailto):[^\s<>]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>")
SCHEME = re.compile(r"(?<![A-Za-z0-9])(?:https?|ftp)$")
ADDRESS = re.compile(r"[^\s<>，。；：！？、（）《》【】「」“”‘’\U000F0000-\U000FFFFD]+")
AFTER_ADDRESS = re.compile(r"(?:[?!.,:*_~'\"]|&[A-Za-z]+;)+$")
OLD_FORMULA = re.compile(r"\[(\$\$?|latex)\](.*?)\[/\1\]|<anki-mathjax[^>]*>(.*?)</anki-mathjax>", re.DOTALL)
EMPTY_COMMENT = re.compile("<!---?>")
COMMENT = re.compile(r"(?<![\w%])%%(?!%).*?(?<!%)%%(?![\w%])", re.DOTALL)
ESCAPED = re.compile(r"\\.", re.DOTALL)
ESCAPES = re.compile(r"""\\([!"#$%&'()*+,./:;<=>?@\[\\\]^_`{|}~-])""")
