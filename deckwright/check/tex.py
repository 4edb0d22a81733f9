r"""TeX that MathJax would refuse: bad TeX leaves no mark on a card, so it has to be found before.

A formula is walked once, token by token. What each brace, ``\left`` or ``\begin`` opens is kept on a stack.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from deckwright.regex import regex

TOKEN = regex(
    r"""\\(?:[A-Za-z]+|.)|%[^\n]*(?:\n|$)|[^\s\\%{}&^_#']+|[_^]?\{[^\\%{}&^_#']*\}|[_^][^\s\\%{}&^_#']|[{}&^_#']""",
    re.DOTALL,
)
"""A macro, a comment, letters and signs, a group of them or a script with one, or what needs a look of its own."""
FIRST = regex(r"\\(?:[A-Za-z]+|.)|%[^\n]*(?:\n|$)|\S", re.DOTALL)
PLAIN = regex(r"[^\\%{}&^_#']*(?:[_^](?:[^\s\\%{}&^_#']|\{[^\\%{}&^_#']*\})(?:[^\s\\%{}&^_#'][^\\%{}&^_#']*|$))*")
"""A formula without macros, each letter with one script at most: nothing can be wrong with it."""
LETTERS = regex("[A-Za-z]{2,}")
WORD, STARRED_GROUP = regex(r"[A-Za-z][a-z]+"), regex(r" ?\*\{")
ESCAPED_SCRIPT = regex(r"(?<=[\w})])\\_(?=[{\\])|\A\\_(?=\{|\w\Z)|(?<![\w\\][A-Za-z])(?<=[A-Za-z])\\_(?=\w(?![\w\\]))")
r"""An underscore that was surely meant to make an index: ``x\_{1}``, ``f\_\theta``, ``y\_p``; but not ``top\_p``."""
WITH_STAR = frozenset("operatorname DeclareMathOperator hspace vspace tag newcommand renewcommand".split())
DEFINES = regex(r"\\(?:newcommand|renewcommand|def|let|DeclareMathOperator|providecommand)\*?\s*\{?\\([A-Za-z]+)")
NAME = regex(r"\s*\{([^{}]*)\}")
OPTIONAL = regex(r"\s*\[[^\[\]]*\]")
BEFORE_TEXT = regex(r"\*?\s*(?=\{)")
BRACE = regex(r"\\.|[{}]", re.DOTALL)
WITH_COLUMNS = ("array", "alignedat", "alignat", "subarray")
TexFault = tuple[int, str]
"""Offset in the formula and message."""
TEXT_MACROS = frozenset(
    """text textbf textit textrm textsf textmd textup textnormal texttt textsl textsc mbox hbox tag label ref eqref ce
    pu unicode class cssId style href require color textcolor colorbox fcolorbox operatorname verb bbox""".split()
)
ARGUMENTS = {
    **dict.fromkeys("frac dfrac tfrac cfrac binom dbinom tbinom overset underset stackrel".split(), 2),
    **dict.fromkeys(
        """sqrt text textbf mathrm mathbf mathbb mathcal mathit mathsf mathtt mathfrak mathscr boldsymbol hat widehat
        bar tilde widetilde vec dot ddot overline underline overbrace underbrace operatorname phantom boxed""".split(),
        1,
    ),
}
FONTS = frozenset(f"\\math{font}" for font in "rm bf bb cal it sf tt frak scr".split())
"""In their braces MathJax takes letters that follow each other for one word, in a script too."""
SCRIPTS = ("^", "_")
DELIMITERS = frozenset("()[]./|<>") | {"\\" + d for d in "{ } | backslash".split()}
ALIGNED = regex(
    r"(?:[bBpvV]?(?:small)?matrix\*?|array|.*align.*|[dr]*cases\*?|split|eqnarray\*?|.*array|CD|.*gather.*)"
)


@cache
def known_names() -> tuple[frozenset[str], frozenset[str], dict[str, str]]:
    """The macros and environments that MathJax 3.2.2 knows, as Anki ships it; what to write for others."""
    text = Path(__file__).with_name("macros.txt").read_text(encoding="utf-8")
    macros, environments, others = "\n".join(text.split("\n")[1:]).split("----")
    replacements = dict(other.split("=", 1) for other in others.split())
    return frozenset(macros.split()), frozenset(environments.split()), replacements


@dataclass(slots=True)
class _Frame:
    """Something opened: what closes it, where it is, and the scripts the last atom in it already has."""

    closer: str
    """``}``, ``\\right`` or ``\\end{…}``; of the formula itself nothing."""
    at: int
    name: str = ""
    """Of an environment."""
    scripts: str = ""
    wants: int = 0
    """Arguments that the macro before still lacks."""
    macro: str = ""
    macro_at: int = 0
    has_words: bool = False
    """Whether letters that follow each other are one word in it, as in ``\\mathrm{…}``."""

    @property
    def wants_script(self) -> bool:
        return self.wants > 0 and self.macro in SCRIPTS

    @property
    def opener(self) -> str:
        return {"}": "{", "\\right": "\\left"}.get(self.closer, f"\\begin{{{self.name}}}")


def tex_faults(tex: str) -> list[TexFault]:
    """What is structurally wrong with a formula: offset and message. Takes linear time and never raises."""
    return [] if PLAIN.fullmatch(tex) else _Walk(tex).run()


@dataclass(slots=True)
class _Walk:
    """One way through a formula: where it is, what is open there, outermost first, and what was found."""

    tex: str
    position: int = 0
    stack: list[_Frame] = field(default_factory=lambda: [_Frame("", 0)])
    groups: int = 0
    """How many of the open ones are braces."""
    faults: list[TexFault] = field(default_factory=list)

    def run(self) -> list[TexFault]:
        while match := TOKEN.search(self.tex, self.position):
            self.position = match.end()
            word = match[0]
            if step := STEPS.get(word) or STEPS_OF_KIND.get(word[0]):
                step(self, word, match.start())
            else:
                self.follow(1 if word[0] == "{" else len(word))
        while len(self.stack) > 1:
            frame = self.stack.pop()
            self.expect_nothing(frame)
            self.report(frame.at, f"`{frame.opener}` is never closed; close it with `{frame.closer}`")
            self.follow()
        self.expect_nothing(self.stack[0])
        return self.faults

    def report(self, at: int, message: str) -> None:
        self.faults.append((at, message))

    def expect_nothing(self, frame: _Frame) -> None:
        """Arguments that are still wanted where nothing follows are lacking."""
        if frame.wants:
            self.report(frame.macro_at, f"`{frame.macro}` lacks an argument; write it in braces after it")
            frame.wants = 0

    def comment(self, word: str, at: int) -> None:
        if not word.endswith("\n"):
            self.report(at, "`%` makes a comment of the rest of the formula; write `\\%`")

    def follow(self, atoms: int = 1) -> None:
        """There are so many atoms here: each is an argument, or the base of the scripts that follow."""
        frame = self.stack[-1]
        if not frame.wants or atoms > 1 or frame.macro not in SCRIPTS:
            frame.scripts = ""
        if frame.wants:
            frame.wants = max(frame.wants - atoms, 0)

    def macro(self, word: str, at: int) -> None:
        self.follow()
        name = word[1:]
        if name in ARGUMENTS:
            frame = self.stack[-1]
            frame.wants, frame.macro, frame.macro_at = ARGUMENTS[name], word, at
            if optional := OPTIONAL.match(self.tex, self.position):
                self.position = optional.end()
        if name in TEXT_MACROS:
            self.skip_text()
        elif ESCAPED_SCRIPT.match(self.tex, at):
            self.report(at, "`\\_` shows an underscore; write `_` for an index")
        elif name not in WITH_STAR and name.isalpha() and (star := STARRED_GROUP.match(self.tex, self.position)):
            self.report(star.end() - 2, "`*{` begins no index; write `_{`")

    def skip_text(self) -> None:
        """Pass the argument of a macro that sets text, where `_`, `&` and `#` are just characters."""
        depth = 0
        begin = BEFORE_TEXT.match(self.tex, self.position)
        for match in BRACE.finditer(self.tex, begin.end()) if begin else ():
            depth += {"{": 1, "}": -1}.get(match[0], 0)
            if depth == 0:
                self.stack[-1].wants = max(self.stack[-1].wants - 1, 0)
                self.position = match.end()
                return

    def open_brace(self, _word: str, at: int) -> None:
        frame = self.stack[-1]
        if not frame.wants_script:
            frame.scripts = ""
        self.open("}", at)
        self.stack[-1].has_words |= frame.wants > 0 and frame.macro in FONTS
        self.groups += 1

    def open(self, closer: str, at: int, name: str = "") -> None:
        self.stack.append(_Frame(closer, at, name, has_words=self.stack[-1].has_words))

    def close_brace(self, _word: str, at: int) -> None:
        if not self.groups:
            self.report(at, "this `}` closes nothing; remove it, or write `\\}`")
            return
        while self.stack[-1].closer != "}":
            frame = self.stack.pop()
            self.report(frame.at, f"`{frame.opener}` is not closed before the `}}` of its group")
        self.groups -= 1
        self.close()

    def close(self) -> None:
        """End what was opened last: all of it is one atom of what is around it."""
        self.expect_nothing(self.stack.pop())
        self.follow()

    def fence(self, word: str, at: int) -> None:
        delimiter = FIRST.search(self.tex, self.position)
        if delimiter is None or not _is_delimiter(delimiter[0]):
            self.report(at, f"`{word}` needs a delimiter after it: `{word}(`, `{word}\\{{` or `{word}.`")
        if delimiter is not None and (_is_delimiter(delimiter[0]) or delimiter[0] in "{}"):
            self.position = delimiter.end()
        if word == "\\left":
            self.open("\\right", at)
        elif self.stack[-1].closer != "\\right":
            self.report(at, f"`{word}` has no `\\left` before it in its group")
        elif word == "\\right":
            self.close()

    def environment(self, word: str, at: int) -> None:
        match = NAME.match(self.tex, self.position)
        if match is None:
            self.report(at, f"`{word}` needs the name of an environment in braces")
            return
        self.position, name, end = match.end(), match[1], f"\\end{match[0].lstrip()}"
        if word == "\\begin":
            self.open(end, at, name)
            if name in WITH_COLUMNS and (columns := NAME.match(self.tex, self.position)):
                self.position = columns.end()
        elif self.stack[-1].closer == end:
            self.close()
        elif self.stack[-1].closer.startswith("\\end"):
            self.report(at, f"`{end}` closes `{self.stack.pop().name}`; pair the environments")
        else:
            self.report(at, f"`{end}` has no matching \\begin in its group; pair the environments")

    def column(self, word: str, at: int) -> None:
        frame = self.stack[-1]
        self.expect_nothing(frame)
        frame.scripts = ""
        if word == "&" and not ALIGNED.fullmatch(frame.name):
            self.report(at, "`&` divides columns only inside an environment such as aligned or matrix")
        if word == "\\\\" and (name := WORD.match(self.tex, self.position)) and name[0] in known_names()[0]:
            remedy = f"write `\\{name[0]}`, or `\\\\ \\{name[0]}`"
            self.report(at, f"`\\\\` ends a line here and shows the word {name[0]}; {remedy}")

    def script(self, word: str, at: int) -> None:
        frame = self.stack[-1]
        if frame.wants_script:
            self.expect_nothing(frame)
        if word in frame.scripts:
            self.report(at, f"two `{word}` on one base; put the first part into braces")
        frame.wants, frame.macro, frame.macro_at = 1, word, at
        frame.scripts += word

    def whole_script(self, word: str, at: int) -> None:
        self.script(word[0], at)
        self.follow()
        if self.stack[-1].has_words and (letters := LETTERS.match(self.tex, at + 1)):
            first, rest = letters[0][0], letters[0][1:]
            remedy = f"write `{word[0]}{{{first}}}{rest}`, or `{word[0]}{{{first}{rest}}}`"
            self.report(at, f"MathJax takes `{first}{rest}` for one word here; {remedy}")

    def prime(self, _word: str, at: int) -> None:
        if "^" in self.stack[-1].scripts and not self.stack[-1].wants_script:
            self.report(at, "a prime after `^` is a second superscript; put the first part into braces")

    def delimiter(self, word: str, at: int) -> None:
        self.report(at, f"`{word}` cannot stand inside a formula; close the one before it, or remove it")

    def hash_sign(self, _word: str, at: int) -> None:
        if not (self.tex[at + 1 : at + 2].isdecimal() and DEFINES.search(self.tex)):  # an argument of a new macro
            self.report(at, "`#` has no meaning in a formula; write `\\#`")


Step = Callable[[_Walk, str, int], None]
STEPS: dict[str, Step] = {
    **dict.fromkeys(("\\begin", "\\end"), _Walk.environment),
    **dict.fromkeys(("\\left", "\\right", "\\middle"), _Walk.fence),
    **dict.fromkeys(("&", "\\\\", "\\cr"), _Walk.column),
    **dict.fromkeys("^_", _Walk.script),
    **dict.fromkeys(("\\(", "\\)", "\\[", "\\]"), _Walk.delimiter),
    "{": _Walk.open_brace,
    "}": _Walk.close_brace,
    "'": _Walk.prime,
    "#": _Walk.hash_sign,
}
STEPS_OF_KIND: dict[str, Step] = {
    "\\": _Walk.macro,
    "%": _Walk.comment,
    **dict.fromkeys("^_", _Walk.whole_script),
}
"""By the first character of a token that has no step of its own; without one it is letters, or a group of them."""


def _is_delimiter(word: str) -> bool:
    return word in DELIMITERS or (len(word) > 2 and word[0] == "\\" and word[1:] in known_names()[0])
