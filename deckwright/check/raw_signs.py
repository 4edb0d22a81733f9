"""Signs by which other tools, and full-width keyboards, write what Markdown writes otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deckwright.check.leaf_text import ADDRESS, CODE, OTHER, LeftOver
from deckwright.deck.media import MEDIA_TYPES
from deckwright.regex import regex

FILE = r"[^\s()（）\[\]]+\.(?i:" + "|".join(sorted(name.lstrip(".") for name in MEDIA_TYPES)) + r"|md|html?|pdf)"
TARGET = rf"(?:(?:<?{ADDRESS}+>?|{FILE})[)）]?|#[a-z0-9-]+[)）])"
"""What surely is the address of a link or picture."""
NO_HAN = r"[^＄\n\u2e80-\u9fff\uf900-\ufaff]"
EMOJI = (
    "smile|smiley|grin|joy|wink|blush|heart|star|star2|sparkles|fire|rocket|tada|bulb|memo|book|books|pencil|pencil2"
    "|warning|exclamation|question|grey_exclamation|grey_question|information_source|white_check_mark|heavy_check_mark"
    "|ballot_box_with_check|x|negative_squared_cross_mark|no_entry|no_entry_sign|bug|zap|boom|key|lock|link|pushpin"
    "|round_pushpin|point_right|point_left|point_up|point_down|arrow_right|arrow_left|arrow_up|arrow_down|eyes|thinking"
    r"|thumbsup|thumbsdown|\+1|-1|clap|wave|pray|ok_hand|muscle|100|construction|calendar|computer|hammer|wrench|art"
    "|large_blue_circle|red_circle|speech_balloon|triangular_flag_on_post|dart|trophy|mag|hourglass|alarm_clock"
)
ROLES = "math|ref|doc|eq|cite[a-z]*|term|numref|func|class|meth|mod|code|download|kbd|sub|sup|c|py"
BB_TAGS = "b|i|u|s|img|url|color|size|font|quote|code|center|list"
TEX_NAMES = (
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|varphi|chi|psi"
    "|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega|ell|hbar|in|notin|cup|cap|to|le|ge|ne|sim|propto|circ|log"
    "|times|cdot|cdots|ldots|leq|geq|neq|approx|equiv|infty|partial|nabla|forall|exists|pm|mp|int|sum|prod"
    "|rightarrow|leftarrow|Rightarrow|Leftarrow|leftrightarrow|Leftrightarrow|mapsto|implies|subset|subseteq|emptyset"
)
FURIGANA = r"[\u3400-\u9fff々]+\[[\u3040-\u30ff]+\]|\{[\u3400-\u9fff々]+\|[\u3040-\u30ff|]+\}"
MAY_BE_TEX = regex(
    rf"[\\^_](?:(?<=(?<![A-Za-z:/\\.])\\)(?:{TEX_NAMES})(?![A-Za-z\\/])"
    r"|(?:(?<=[\w)\]}]\^)|(?<=(?<!\w)[A-Za-z]_))\{[^{}\n`$]{1,20}\})"
)
r"""``\alpha``, ``^{-3}`` of ``10^{-3}``, ``_{max}`` of ``c_{max}``; no path of Windows."""
MAY_BE_RAW = regex(
    r"[＄＊｀［】\]{:;(\[#<+^†\ue200](?:(?<=#)(?:flashcard|card|anki)|(?<=[＄＊｀［])|(?<=[】\]])(?:[ \t]+[(（]|（)"
    r"|(?<=】)\(|(?<=\{)(?:\{[<%]|%|=[a-z]|/\*|\+\+|--|>>|==|~~|[a-z]+\}`)|(?<=:)[a-z0-9_+-]+:|(?<=\()\([0-9a-f]{8}-"
    r"|(?<=\[)(?:/|\[?_?(?:TOC|toc)|(?<=\)\[)(?:http|www))|(?<=[^\W\x00-\x7f]\[)[\u3040-\u30ff]|(?<=\{)[^\W\x00-\x7f]+\|"
    r"|(?<=:)contentReference\[|(?<=\d;);|(?<=[^\\A-Za-z](?:frac|sqrt)\{)|(?<=\+)\+[^\s+]|(?<=\^)\^\w|(?<=[†\ue200])|(?<=\\\[)[!@]\w|(?<=<)![—–])"
)
"""A leaf holds none of the signs below without it, or without the next one."""
MAY_BE_RAW_LINE = regex(
    r"[?%\[\](=/*:.\\cid#](?:(?<![^\s>].)(?:(?<=\?)\??$|(?:(?<=^%)|(?<=\[))[ \t]*$|(?<=\[)!\w|(?<=\])\(|(?<==)=="
    r"|(?<=/)//|(?<=\()[\w:.-]+\)=|(?<=\*)\[|(?<=:)(?<![^\s>] :) |(?<=\[)(?!\^)[^\]\n]+\]:|(?<=\.)\. "
    r"|(?<=\\)(?:\d|newp|page|clear|tableof|##)|(?<=c)(?:ollapsed|ard-[a-z-]+)::|(?<=i)d::|(?<=#)\+(?:BEGIN|END)_)"
    r"|(?<=\\)(?<!\\\\)[ \t]*$)",
    re.MULTILINE,
)
"""The same of those that begin a line, which may follow the marker of an item, or end it."""


RAW_SIGNS = (
    (
        rf"[!！][\[［【][^\[\]［］【】\n]*[\]］】][ \t]*[(（]{TARGET}",
        "write `![text](file)` with ASCII characters, no space",
    ),
    (rf"(?<![!！])[\[［][^\[\]［］\n]+[\]］]（{TARGET}", "write `[text](address)` with ASCII brackets"),
    (rf"［[^\[\]［］\n]+］\({TARGET}", "write `[text](address)` with ASCII brackets"),
    (rf"!?\([^()\n]+\)\[{ADDRESS}+\]", "write `[text](address)`"),
    (rf"^\[[^\[\]^\n]+\]:[ \t]*<?{ADDRESS}+", "leave a blank line before the address of a link"),
    (rf"＄(?=[^＄\n]*[A-Za-z\\]){NO_HAN}+＄", "write `$…$` with ASCII dollars"),
    (r"(?<!＊)＊＊[^＊\n]+＊＊(?!＊)", "write `**…**` with ASCII asterisks"),
    (r"｀[^｀\n]+｀", "write ASCII backticks"),
    (
        rf"\{{\{{[<%].*?[>%][{OTHER}}}]{{2}}|\{{%-?[ \t]*[\w@][^{{}}\n]*%\}}|\{{/\*.*?\*/\}}",
        "it is a placeholder of a site generator; write what it is for",
    ),
    (r"^(?:\[(?:TOC|toc)\]|\[\[_?(?:TOC|toc)_?\]\])[ \t]*$", "a card has no table of contents; remove it"),
    (rf"(?<![\w:]):(?:{EMOJI}):(?![\w:])", "write the emoji itself"),
    (r"\{(?:\+\+|--|>>|==|~~)[^{}\n]+(?:\+\+|--|<<|==|~~)\}", "it is a mark of a revision; accept or reject it"),
    (
        rf"(?<![\w:])(?:(?::(?:{ROLES}))+:|\{{(?:{ROLES})\}})(?={CODE})",
        "write a formula as `$…$`, code in backticks alone",
    ),
    (
        rf"(?:\A{OTHER}{{2}}!|(?<!{OTHER}){OTHER}{{2}}@)\w[\w:-]*",  # a bracket that a formatter escaped
        "remove the backslashes, or put it into backticks",
    ),
    (rf"^{OTHER}{{2}}#{{1,5}} \S", "remove the backslash, for a heading"),
    (r"<![—–][^\n>]*>", "a comment is written `<!-- … -->`, with two hyphens"),
    (rf"(?<={CODE})\{{=[a-z]+\}}", "it is a mark of Pandoc; write the code without backticks"),
    (r"^\.\. [a-z-]+::", "it is a directive of reStructuredText; write it as Markdown"),
    (
        r"\(\([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\)\)"
        r"|^(?:(?:collapsed|id|card-[a-z-]+):: ?\S|#\+(?:BEGIN|END)_\w+)",
        "remove this mark of Logseq",
    ),
    (rf"\[(?:{BB_TAGS})(?:=[^\[\]\n]*)?\][^\[\]\n]+\[/(?:{BB_TAGS})\]", "write Markdown, such as `**bold**`"),
    (r"^\\(?:newpage|pagebreak|clearpage|tableofcontents)\b[ \t]*$", "a card has no pages; remove it"),
    (
        r"(?<=\S )#(?:flashcards?|card|anki)(?:[/-][\w/-]+)?(?![\w-])",
        "it is a mark for another tool; remove it, or write `{.tag}` after the question",
    ),
    (r"(?<!\S)[^\s\\:/]*\\[ \t]*\Z", "nothing follows in this paragraph; remove the backslash"),
    (FURIGANA, "write <ruby>漢字<rt>かんじ</rt></ruby>"),
    (r"^\*\[[^\]\n]+\]:[ \t]*\S", "a card explains no abbreviations; write it in the text"),
    (r"(?<=\n)\?\??$|^\?\??(?=\n)|^%[ \t]*$", "write the question as `## …`, and the answer under it"),
    (r"(?:^\w[^\n]{0,60}\n){2,}: +\S", "a definition is under one line, its term, with a blank line above that"),
    (r"(?<![\w+])\+\+(?!\w{1,2}\b)(?=[^\s+])[^+\n]{1,200}(?<=[^\s+])\+\+(?![\w+])", "write `<u>…</u>`"),
    (r"(?<![\w^])\^\^(?=\w)[^^\n]{1,200}(?<=[^\s^])\^\^(?!\^)", "write `==…==`"),
    (
        r":contentReference\[oaicite:\d+\]|【\d+(?::\d+)?†[^【】\n]*】|\ue200[^\ue201\n]*\ue201?",
        "remove this mark of a chat; write where it is from",
    ),
    (r"(?<![^\s=*])\d{1,2};;(?=\S)", "it is the number of a deletion; write `{{c1::…}}`"),
    (r"(?<![\\A-Za-z])(?:frac|sqrt)\{[^\s{}]+", "TeX lost its backslashes; write `$\\frac{1}{2}$`"),
    (r"^\[!\w[^\[\]\n]*\]", "write a box as a quote, whose first line is `> [!note] Title`"),
    (r"^\\(?=\d{1,3}[.)、](?!\w))", "remove the backslash; a number with a dot that is no list is `1\\.`"),
    (r"^===[!+]? \"[^\"\n]+\"[ \t]*$|^///[ \t]?[a-z]", "it is for MkDocs; write a box as `> [!note] Title`"),
    (r"^\([\w:.-]+\)=[ \t]*$", "remove this label of MyST"),
    (r"^\]\(", "write the text of a link and its address in one line, `[text](address)`"),
    (
        r"^\[[ \t]*\n(?=[^\"]*?[\\^=])(?:[^\n]+\n){1,12}?\][ \t]*$",
        "write `$$` for each of the brackets around a formula",
    ),
    (r"(?<![`\w])`+[\w<\"'$\[{(./-][^\s`]{0,20}", "close the code, or write a backslash before the backtick"),
)
"""Patterns of what is shown as it is written, each with what to do about it.

Compiled when first needed, mostly never: all of them take a fortieth of a build after an edit.
"""
HTML_SIGNS = (
    (
        r"\*\*(?=[^\s*])[^*\n]+(?<=[^\s*])\*\*|!?\[[^\[\]\n]+\]\([^()\s]+\)|`[^`\n]+`"
        r"|!?\[\[[^\[\]\n]+\]\]|\[\^[^\[\]\s]+\]|(?<!\S)==(?=\w)[^=\n]+(?<=\w)=="
        r"|(?:^[ \t]*(?:[-*+]|\d{1,2}[.)])[ \t]+\S[^\n]*(?:\n|\Z)){2,}"
        r"|^[ \t]*\|[^\n]*\|[ \t]*\n[ \t]*\|[ \t:|-]+\|[ \t]*$"
        r"|^[ \t]*```[^`\n]*(?:\n(?![ \t]*```)[^\n]*)*(?:\n[ \t]*```)?",
        "no Markdown is read in HTML, which goes on to the next blank line; leave one before this",
    ),
)
TEX_SIGNS = ((MAY_BE_TEX.pattern, "write it between dollars, or put it into backticks"),)
"""Where no formula is left open, which tells enough."""


def raw_signs(text: str, *, is_html: bool) -> Iterator[LeftOver]:
    """Yield the signs in a leaf's text, its escapes masked; each stretch once."""
    last = 0
    found = [
        LeftOver(match.start(), match.end(), remedy)
        for pattern, remedy in (*(HTML_SIGNS if is_html else ()), *RAW_SIGNS, *(() if "$" in text else TEX_SIGNS))
        for match in re.finditer(pattern, text, re.MULTILINE)
    ]
    for each in sorted(found, key=lambda each: each.start):
        if each.start >= last:
            yield each
            last = each.end
