"""Errors in attribute lists and in front matter: ids, options, tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from deckwright.check.rules import RULES, Finding, note_rule, page_rule
from deckwright.check.views import CODE, FORMULAS, NoteView, PageView
from deckwright.deck.settings import ID
from deckwright.grammar.note import Note, NoteKind, Passage
from deckwright.grammar.options import LANGUAGE, LISTS, OPTIONS, SWITCHES, ValueKind, is_on, listed
from deckwright.grammar.pieces import PieceKind
from deckwright.problems import Severity
from deckwright.regex import regex
from deckwright.suggestions import did_you_mean, is_one_edit

HEADING_OPTIONS = [name for name, option in OPTIONS.items() if option.in_heading]
FILE_OPTIONS = [name for name, option in OPTIONS.items() if option.in_front_matter]
FRONT_MATTER_KEYS = (".", *FILE_OPTIONS)
FOREIGN_KEYS = frozenset(
    """alias aliases author banner categories category created cover cssclass cssclasses date description id
    kanban-plugin lang layout modified permalink publish slug subtitle summary template title type uid updated
    url""".split()
)
"""Keys of Obsidian, Jekyll, Hugo and their like."""
SUSPENDED = (
    "; a package cannot leave new cards suspended: Anki's import makes ordinary new cards of them unless each learner "
    "chooses to import learning progress; give the notes a tag that can be searched and suspended"
)
"""Measured with Anki 26.9: ``queue`` -1 of a new card in a package is 0 after an import with default options."""
REFUSED = dict.fromkeys(("suspend", "suspended"), SUSPENDED)
MEANT = {
    **REFUSED,
    **dict.fromkeys(("tags", "tag", "class"), "; write each tag as `.word`"),
    "id": "; write `#its-id`",
}
"""What to write in the place of an option of a heading."""
TAG_TYPES = (str, int, float)
TAG_WORD = regex(r"[^\s\"'*,，、]+")
FOREIGN_TAG = regex(r"^#|\[\[|\]\]|[;；]")
"""How other tools write tags in the front matter: with their sign, as links, divided by semicolons."""
SWITCH_WORDS = frozenset(word for word in SWITCHES if word.isalpha())
MONTH = regex(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
INCOMPLETE_ATTRIBUTE_LIST = regex(
    r"[{｛]\s*[#＃.][\w.#]|[{｛][a-z0-9]+(?:-[a-z0-9]+)+[}｝]$"
    rf"|[{{｛]\s*(?:{'|'.join(HEADING_OPTIONS)})\s*[:：=＝]"
)
LIST_ENTRY = r"""(?:[#.][A-Za-z][\w:.-]*|[A-Za-z][\w-]*=(?:"[^"\n]*"|'[^'\n]*'|[\w%./:-]+))"""
SPANS = {"{.underline}": "<u>…</u>", "{.mark}": "`==…==`", "{.smallcaps}": "capitals"}
"""What to write for a span of words with a class, as Pandoc makes of text from Word."""
STRAY_LIST = regex(rf"\{{(?P<kramdown>:)?[ \t]*(?:(?<=:)[A-Za-z][\w-]*|{LIST_ENTRY})(?:[ \t]+{LIST_ENTRY})*[ \t]*\}}")
BEFORE_LIST = regex(r"[ \t>*+-]*(?:[0-9]{1,9}[.)][ \t]+)?|#{4,6}[ \t].*[ \t]")
"""What is before a list that is alone on its line, or belongs to a smaller heading."""
LISTED = frozenset({PieceKind.LINK_END, PieceKind.IMAGE, PieceKind.CODE, PieceKind.AUTOLINK, PieceKind.CLOZE_END})
WITHOUT_LISTS = (*CODE, *FORMULAS, PieceKind.COMMENT, PieceKind.TAG, PieceKind.IMAGE, PieceKind.LINK_END)
LONGEST_ID = 100


@page_rule(Severity.ERROR)
def check_invalid_id(view: PageView) -> Iterator[Finding]:
    """An id is lower-case letters, digits and single hyphens, and a note has one.

    Bad:  ## Why? {#Why_sqrt}
    Good: ## Why? {#why-sqrt}
    """
    for attribute in view.attributes("#"):
        value = str(attribute.value)
        if not ID.fullmatch(value) or len(value) > LONGEST_ID:
            yield attribute.place, f"`{value}` is not an id; write lower-case letters, digits and single hyphens"
    for note in view.page.notes:
        for second in [a for a in note.attributes if a.key == "#"][1:]:
            yield second.place, f"a note has one id; remove `#{second.value}`, or write alias={second.value}"


@note_rule(Severity.NOTE)
def check_missing_id(view: NoteView) -> Iterator[Finding]:
    """A note has an id. A build writes one into the heading; with --frozen it refuses.

    Bad:  ## Why?
    Good: ## Why? {#why}
    """
    if not view.note.id:
        yield view.note.place, "this note has no id yet; a build writes one, commit it with the card"


@note_rule(Severity.ERROR)
def check_bad_attribute_list(view: NoteView) -> Iterator[Finding]:
    """An attribute list is in ASCII braces at the end of the question, and nothing else but a picture has one.

    Bad:  ## Why? {#why .tag, #### Smaller {.big}
    Good: ## Why? {#why .tag}
    """
    if STRAY_LIST.search(view.text):
        for passage in view.note.passages[1:]:
            yield from _stray_lists(passage)
    if "{" not in view.question and "｛" not in view.question:
        return
    if found := next(view.note.question.matches(INCOMPLETE_ATTRIBUTE_LIST, *CODE, *FORMULAS), None):
        yield found[0], "this attribute list is not understood; write {#id .tag key=value} at the end"


def _stray_lists(passage: Passage) -> Iterator[Finding]:
    """Attribute lists as other tools have them: under a block, after a link, a formula, code or a smaller heading."""
    text, ends = passage.source.text, {piece.end: piece.kind for piece in passage.pieces}
    for start, match in passage.matches(STRAY_LIST, *WITHOUT_LISTS):
        end = start + len(match[0])
        line = text[text.rfind("\n", 0, start) + 1 : start]
        ends_line = not text[end : text.find("\n", end) % (len(text) + 1)].strip()
        is_under = ends_line and BEFORE_LIST.fullmatch(line)
        is_span = text[start - 1] == "]"  # ``[words]{.red}``, as Pandoc has it
        is_after = (
            is_span
            or ends.get(start) in LISTED
            or ends.get(start - len(line) + len(line.rstrip())) is PieceKind.DISPLAY
        )
        if match["kramdown"] or is_under or is_after:
            remedy = f"remove `{match[0]}`" + " and the brackets before it" * is_span
            remedy = f"write {SPANS[match[0]]}" if is_span and match[0] in SPANS else remedy
            yield start, f"only a question and a picture take attributes; {remedy}, or put it into backticks"


@page_rule(Severity.ERROR)
def check_unknown_option(view: PageView) -> Iterator[Finding]:
    """Options and front-matter keys are known ones; the message lists them.

    Bad:  ## Why? {#why as-of=2026-11}
    Good: ## Why? {#why asof=2026-11}
    """
    for attribute in view.page.front_matter:
        if attribute.key not in FRONT_MATTER_KEYS:
            if meant := _meant_key(attribute.key):
                yield attribute.place, f"unknown key `{attribute.key}`{meant}"
        elif attribute.key == "tags":
            yield attribute.place, "`tags` is a list; write tags: [one, two]"
    for key in view.own.keys() - {"#", ".", *HEADING_OPTIONS}:
        for attribute in view.own[key]:
            known = f"; known are {', '.join(HEADING_OPTIONS)}"
            meant = MEANT.get(key) or did_you_mean(key, HEADING_OPTIONS) or known
            yield attribute.place, f"unknown option `{key}`{meant}"


@page_rule(Severity.NOTE)
def check_foreign_key(view: PageView) -> Iterator[Finding]:
    """Keys of other tools in the front matter (title, date, cssclasses) are left alone.

    Bad:  cssclasses: [wide] (has no effect)
    Good: tags, asof, allow, reversed, language: what this program knows
    """
    for attribute in view.page.front_matter:
        if attribute.key not in FRONT_MATTER_KEYS and not _meant_key(attribute.key):
            yield attribute.place, f"the key `{attribute.key}` in the front matter means nothing here; it is left alone"


def _meant_key(key: str) -> str:
    """What to write for a key of the front matter that is surely meant for this program; empty for another tool's."""
    if key in REFUSED or key.lower() in FOREIGN_KEYS:
        return REFUSED.get(key, "")
    if key in HEADING_OPTIONS:
        return f"; it is an option of one note: write {{{key}=…}} at the end of the heading"
    word = re.sub("[-_ ]", "", key.lower())
    meant = next((name for name in FILE_OPTIONS if is_one_edit(word, name)), "")
    return f"; did you mean `{meant}`? Known are {', '.join(sorted(FILE_OPTIONS))}" if meant else ""


def _is_warning(name: str) -> bool:
    return name in RULES and RULES[name].severity is not Severity.ERROR


FORMS: Mapping[ValueKind, tuple[Callable[[str], object], str]] = {
    ValueKind.LANGUAGE: (LANGUAGE.fullmatch, "write a language tag such as ar, he or zh-CN"),
    ValueKind.MONTH: (MONTH.fullmatch, "write a month as YYYY-MM"),
    ValueKind.NOTE_IDS: (ID.fullmatch, "write an id: lower-case letters, digits and single hyphens"),
    ValueKind.TEXT: (str.strip, 'write a "text in quotes"'),
    ValueKind.WARNINGS: (_is_warning, "write the name of a warning; `check --list-rules` lists them"),
    ValueKind.YES_OR_NO: (lambda value: value.lower() in SWITCHES, "write yes or no"),
}
"""Which values an option can use, and what to write instead of another."""


@page_rule(Severity.ERROR)
def check_bad_option(view: PageView) -> Iterator[Finding]:
    """An option has a value it can use: reversed=yes, typed="text", asof=YYYY-MM, allow=a-warning, alias=an-id.

    Bad:  ## Why? {#why reversed=maybe}
    Good: ## Why? {#why reversed=yes}
    """
    for name, option in OPTIONS.items():
        if option.value is ValueKind.TAGS:
            continue
        is_good, remedy = FORMS[option.value]
        for attribute in view.attributes(name):
            value = "" if attribute.value is None else str(attribute.value)
            for word in (listed(value) or [""]) if option.value in LISTS else [value]:
                if not is_good(word):
                    wrong = f"`{word}`" if word.strip() else "empty"
                    yield attribute.place, f"`{name}` cannot be {wrong}; {remedy}"
    for note in view.page.notes:
        yield from _typed_switch(note)


def _typed_switch(note: Note) -> Iterator[Finding]:
    """Yield ``typed=yes`` where the answer does not begin with that word."""
    for attribute in note.attributes:
        value = str(attribute.value)
        if attribute.key != "typed" or value.lower() not in SWITCH_WORDS:
            continue
        answer = " ".join(note.answer.plain.split())
        if not answer.lower().startswith(value.lower()):
            word = answer if len(answer) <= 40 and not re.search('["{}$`]', answer) else "…"
            yield attribute.place, f'with `typed={value}` the learner types “{value}”; write what it is: typed="{word}"'


@page_rule(Severity.ERROR)
def check_cloze_option(view: PageView) -> Iterator[Finding]:
    """A cloze note is neither reversed nor typed. A file's option is for the questions in it.

    Bad:  ## Softmax {#softmax reversed=yes} … {{c1::softmax}}
    Good: ## Softmax {#softmax} … {{c1::softmax}}
    """
    has_questions = any(note.kind is not NoteKind.CLOZE for note in view.page.notes)
    for note in view.page.notes:
        for attribute in note.attributes if note.kind is NoteKind.CLOZE else ():
            option, is_own = OPTIONS.get(attribute.key), attribute.place.line == note.place.line
            is_off = option is not None and option.value is ValueKind.YES_OR_NO and not is_on(str(attribute.value))
            if option and not option.fits_cloze and not is_off and (is_own or not has_questions):
                yield attribute.place, f"a cloze note cannot be {attribute.key}; remove the option"


@page_rule(Severity.ERROR)
def check_bad_asof(view: PageView) -> Iterator[Finding]:
    """The month in asof is not later than this one.

    Bad:  ## Which models? {#models asof=2062-11}
    Good: ## Which models? {#models asof=2026-11}
    """
    for attribute in view.attributes("asof"):
        value = str(attribute.value)
        if MONTH.fullmatch(value) and value > f"{view.deck.latest_day:%Y-%m}":
            yield attribute.place, f"`{value}` is in the future; write the month in which the card was checked"


@page_rule(Severity.ERROR)
def check_bad_tag(view: PageView) -> Iterator[Finding]:
    """A tag is a word without spaces or quotes; `::` divides non-empty parts; marked and leech are Anki's own.

    Bad:  {.two words}, tags: ["a b"], {.a::}
    Good: {.two-words}, tags: [a-b], {.a::b}
    """
    inherited = len([a for a in view.page.front_matter if a.key == "."])
    for index, attribute in enumerate(view.attributes(".")):
        tag = attribute.value
        if index < inherited and isinstance(tag, str) and FOREIGN_TAG.search(tag):
            written = ", ".join(word for part in re.split("[;；]", tag) if (word := part.strip(" #[]")))
            yield attribute.place, f"`{tag}` would be a tag of that name; write tags: [{written}]"
        elif not isinstance(tag, TAG_TYPES) or not TAG_WORD.fullmatch(str(tag)):
            yield attribute.place, f"`{tag}` is not a tag; write a word without spaces, quotes, `*` and commas"
        elif "" in str(tag).split("::") or not str(tag).isprintable():
            yield attribute.place, f"`{tag}` has an empty part or a character that is not shown"
        elif str(tag).lower() in ("marked", "leech") and not view.deck.settings.tag_prefix:
            yield attribute.place, f"Anki gives `{tag}` a meaning of its own; choose another tag"
