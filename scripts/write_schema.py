"""Write ``deckwright/schema/deck.json`` from what the program knows: ``python scripts/write_schema.py``.

``sources.json`` beside it is written by hand. A test holds both to what the program reads.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from deckwright.check import RULES, choosable  # noqa: E402  # found in this repository
from deckwright.deck.rule_choices import LEVELS, Style  # noqa: E402
from deckwright.deck.settings import ID, REPORT_URL, Limits, default_limits  # noqa: E402
from deckwright.grammar.options import LANGUAGE  # noqa: E402

NAME = {"type": "string", "pattern": r"^(?!.*::)[^\s\"](?:[^\"]*[^\s\"])?$"}
TABLE = {"type": "object"}
LIMIT_HELP = {
    "question": "Characters of a question",
    "answer": "Characters of an answer",
    "back": "Han characters of an answer and its details together",
    "bullets": "Items of a list in the details",
    "list": "Items of any list",
    "table-columns": "Columns of a table",
    "table-rows": "Rows of a table below its head",
    "cell": "Characters of a cell; Han characters alone are counted",
    "deletions": "Gaps in a note",
    "deletion": "Characters of a gap",
    "follow-ups": "Items in a section of follow-up questions",
    "asof-months": "Months after which `asof=2026-11` is old",
    "similarity": "How alike two questions may be, from 0 to 1",
    "noise": "Words that were copied by mistake",
}


def schema() -> dict[str, object]:
    """Return the JSON Schema of ``deck.toml``."""
    rules = {name: {"enum": [*LEVELS], "description": RULES[name].help.split("\n")[0]} for name in sorted(choosable())}
    own_rules = {"type": "object", "properties": rules, "additionalProperties": False}
    properties = {
        "name": {**NAME, "description": "The root deck, as Anki shows it. Frozen once learners have it."},
        "id": {
            "type": "string",
            "pattern": f"^(?:{ID.pattern})$",
            "description": "Permanent: every GUID derives from it.",
        },
        "language": {
            "type": "string",
            "pattern": f"^(?:{LANGUAGE.pattern})$",
            "description": "Of the cards, such as en or zh-CN.",
        },
        "version": {"type": "string", "pattern": r"^[^\s\"]*$", "description": "{version} in the description."},
        "description": {
            "type": "string",
            "not": {"pattern": r"!\["},
            "description": "Markdown without pictures, shown in Anki's overview of the deck. {version}, {date}.",
        },
        "tag-prefix": {"type": "string", "pattern": r"^[^\s\"]*$", "description": "basics becomes prefix::basics."},
        "report-url": {
            "type": "string",
            "pattern": f"^(?:{REPORT_URL.pattern})$",
            "description": "Where a learner reports an error; {id} and {file} stand for the note's.",
        },
        "subdecks": {**TABLE, "additionalProperties": NAME, "description": "Folder → the name Anki shows."},
        "sections": {
            **TABLE,
            "additionalProperties": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
            "description": "Text of a ### heading → its style: pitfall, follow-up, or one of your style.css.",
        },
        "limits": {
            **TABLE,
            "properties": limits(),
            "additionalProperties": False,
            "description": "What the rules allow.",
        },
        "rules": {
            **TABLE,
            "properties": {"style": {"anyOf": [{"enum": [*Style]}, own_rules]}, **rules},
            "additionalProperties": own_rules,
            "description": "What is asked of a card, everywhere or in a folder.",
        },
        "terms": {
            **TABLE,
            "additionalProperties": {"type": "string", "pattern": r"\S"},
            "description": "Wrong word → right word.",
        },
        "tex": {
            **TABLE,
            "description": "macros: commands that your formulas define; `check --tex` takes them for known.",
            "properties": {"macros": {"type": "array", "items": {"type": "string", "pattern": r"^\\?[A-Za-z]+$"}}},
            "additionalProperties": False,
        },
        "exclude": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "description": "Paths and patterns that are not built, such as drafts or *.old.md, as in a .gitignore.",
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "deck.toml of a deckwright deck",
        "type": "object",
        "required": ["name", "id"],
        "properties": properties,
        "additionalProperties": False,
    }


def limits() -> dict[str, object]:
    """Return the schema of each limit."""
    found: dict[str, object] = {}
    elsewhere = default_limits("en")._asdict()
    for name, usual in Limits()._asdict().items():
        key = name.replace("_", "-")
        if isinstance(usual, tuple):
            found[key] = {"type": "array", "items": {"type": "string", "minLength": 1}, "description": LIMIT_HELP[key]}
        else:
            most = 1 if isinstance(usual, float) else 1_000_000
            differs = f" ({usual} in Chinese, Japanese, Korean)" if usual != elsewhere[name] else ""
            help_text = f"{LIMIT_HELP[key]}; usually {elsewhere[name]}{differs}."
            found[key] = {"type": "number", "minimum": 0, "maximum": most, "description": help_text}
    return found


def text() -> str:
    """Return the schema as the file has it."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    (ROOT / "deckwright" / "schema" / "deck.json").write_text(text(), encoding="utf-8", newline="\n")
