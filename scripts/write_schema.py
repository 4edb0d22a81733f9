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
from deckwright.deck.settings import ID, REPORT_URL, Limits  # noqa: E402
from deckwright.grammar.options import LANGUAGE  # noqa: E402

NAME = {"type": "string", "pattern": r"^(?!.*::)[^\s\"](?:[^\"]*[^\s\"])?$"}
TABLE = {"type": "object"}


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
            "description": "Markdown, shown in Anki's overview of the deck. {version}, {date}.",
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
            "properties": {"macros": {"type": "array", "items": {"type": "string", "pattern": r"^\\?[A-Za-z]+$"}}},
            "additionalProperties": False,
        },
        "exclude": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "description": "Paths and patterns that are not built, such as drafts or *.old.md.",
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
    for name, usual in Limits()._asdict().items():
        if isinstance(usual, tuple):
            found[name.replace("_", "-")] = {"type": "array", "items": {"type": "string", "minLength": 1}}
        else:
            most = 1 if isinstance(usual, float) else 1_000_000
            found[name.replace("_", "-")] = {"type": "number", "minimum": 0, "maximum": most}
    return found


def text() -> str:
    """Return the schema as the file has it."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    (ROOT / "deckwright" / "schema" / "deck.json").write_text(text(), encoding="utf-8", newline="\n")
