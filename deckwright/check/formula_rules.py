"""Rules about formulas: what MathJax would refuse, and macros that it does not know."""

from __future__ import annotations

from collections.abc import Iterator

from deckwright.check.rules import Finding, note_rule
from deckwright.check.tex import DEFINES, NAME, known_names, tex_faults
from deckwright.check.views import FORMULAS, NoteView
from deckwright.problems import Severity
from deckwright.regex import regex

MACRO = regex(r"\\(?:[!#%&,:;>_{|}\\\s$()\[\]]|([A-Za-z]+|.))")
"""``\\`` with the name of a macro, but for those of one sign that MathJax knows."""


@note_rule(Severity.ERROR)
def check_bad_tex(view: NoteView) -> Iterator[Finding]:
    r"""A formula's braces, \left … \right and environments pair up, and every macro has its arguments.

    Bad:  $\frac{a}{$, $\left( x$, $x^$, $a & b$; what a formatter escaped: $\\sqrt{x}$, $x\_{1}$
    Good: $\frac{a}{b}$, $\left( x \right)$, $x^2$
    """
    for piece in view.of(*FORMULAS):
        yield from ((piece.at + offset, message) for offset, message in tex_faults(piece.text))


@note_rule(Severity.ERROR)
def check_unknown_macro(view: NoteView) -> Iterator[Finding]:
    r"""A macro is one that Anki's MathJax knows, is defined in the note, or is in [tex] macros of deck.toml.

    Bad:  $\bm{x}$
    Good: $\boldsymbol{x}$
    """
    macros, environments, others = known_names()
    formulas = [piece for piece in view.of(*FORMULAS) if "\\" in piece.text]
    used = {name for piece in formulas for name in MACRO.findall(piece.text)}
    if "begin" not in used and used <= macros:
        return
    defined = {name for piece in formulas for name in DEFINES.findall(piece.text)}
    own = set(view.deck.settings.macros)
    for piece in formulas:
        own.update(DEFINES.findall(piece.text))
        for match in MACRO.finditer(piece.text):
            name = match[1]
            if name and name not in macros and name not in own:
                remedy = "spell it out" if name.isalpha() else "remove the backslash"
                if name in others:
                    remedy = f"write {others[name]}"
                elif name in defined:
                    remedy = "define it before this formula, in the question for one in it"
                yield piece.at + match.start(), f"Anki's MathJax knows no \\{name}; {remedy}"
            if name == "begin" and (env := NAME.match(piece.text, match.end())) and env[1] not in environments:
                yield piece.at + env.start(1), f"Anki's MathJax knows no environment `{env[1]}`"
