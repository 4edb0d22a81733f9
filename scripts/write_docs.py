"""Write the pages of the docs that the program itself knows: ``python scripts/write_docs.py``. A test keeps them so."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import click  # noqa: E402

from deckwright.check import RULES, choosable, severity_in  # noqa: E402  # found in this repository
from deckwright.cli.main import main as program  # noqa: E402
from deckwright.deck.rule_choices import Style  # noqa: E402
from deckwright.problems import Severity  # noqa: E402

EXAMPLES = {
    "answer": ("A question, its answer, and more", ("back",)),
    "hint": ("A hint on the front; a second card the other way round", ("front",)),
    "typed": ("An answer that is typed", ("front",)),
    "cloze": ("Words to fill in", ("front", "back")),
    "formula": ("Formulas", ("back",)),
    "picture": ("Pictures", ("back",)),
    "table": ("Tables", ("back",)),
    "lists": ("Lists and tasks", ("back",)),
    "code": ("Code", ("back",)),
    "boxes": ("Boxes, folded or not", ("back",)),
    "marks": ("Marks, footnotes, definitions", ("back",)),
    "source": ("Sources", ("back",)),
    "sections": ("Sections with a style", ("back",)),
    "links": ("Links between notes", ("back",)),
}
"""Id of a note in ``docs/examples`` → what it shows, and the sides of its first card that are shown."""
NOTE = re.compile(r"^## .*?\{#([a-z-]+).*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BEGIN, END = "<!-- examples: written by scripts/write_docs.py -->\n", "<!-- end of the examples -->\n"
MADE = "<!-- written by scripts/write_docs.py -->\n"
WIDTH = 100


def commands() -> str:
    """Return the page of commands: the help of each."""
    parts = [
        "# Commands\n",
        MADE,
        "What `deckwright COMMAND --help` prints. Exit status: 0 fine, 1 problems in the "
        "content, 2 a usage error.\nResults go to stdout, problems to stderr.\n",
    ]
    for name, command in sorted(program.commands.items()):
        context = click.Context(
            command,
            info_name=f"deckwright {name}",
            max_content_width=WIDTH,
            terminal_width=WIDTH,
            help_option_names=["-h", "--help"],
        )
        text = "\n".join(line.rstrip() for line in command.get_help(context).strip().split("\n"))
        parts.append(f"## {name}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def settings() -> str:
    """Return the page of ``deck.toml`` and ``sources.toml``, from their schemas."""
    deck, sources = (
        json.loads((ROOT / "deckwright" / "schema" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("deck", "sources")
    )
    lines = [
        "# Settings\n",
        MADE,
        "Both files have a JSON Schema, by which editors complete and check them. `deckwright new` writes both.\n",
        "## deck.toml\n",
        *table(deck["properties"], deck["required"]),
        "\n### [limits]\n",
        "| key | what |\n|---|---|",
        *(f"| `{key}` | {found['description']} |" for key, found in deck["properties"]["limits"]["properties"].items()),
        "\n## sources.toml\n",
        "One table a source, `[key]`, cited as `[@key, §2]`. You may add other keys.\n",
        *table(sources["additionalProperties"]["properties"], sources["additionalProperties"]["required"]),
    ]
    return "\n".join(lines) + "\n"


def table(properties: Mapping[str, Any], required: list[str]) -> Iterator[str]:
    """Yield the lines of a table of keys."""
    yield "| key | what | must be there |\n|---|---|---|"
    for name, schema in properties.items():
        yield f"| `{name}` | {schema.get('description', '')} | {'yes' if name in required else ''} |"


def rules() -> str:
    """Return the page of rules, and which style has them."""
    lines = [
        "# Rules\n",
        MADE,
        "`[rules]` in `deck.toml` sets how much `check` asks of a card: `style` is `plain` (the default),\n"
        "`flashcards` or `spoken`; a single rule is `off`, `note`, `warning` or `error`, everywhere or in a folder\n"
        '(`[rules."01-basics"]`).\n'
        "A note excuses itself by `allow=rule`. What would be lost or broken is an error in every deck.\n",
        "| rule | plain | flashcards | spoken | what it asks |\n|---|---|---|---|---|",
    ]
    for name in sorted(choosable()):
        levels = " | ".join(str(severity_in(style, RULES[name]) or "off") for style in Style)
        lines.append(f"| `{name}` | {levels} | {_cell(RULES[name].help)} |")
    lines.append("\n## In every deck\n\n| rule | what it asks |\n|---|---|")
    for name, rule in sorted(RULES.items()):
        if name not in choosable():
            grave = "" if rule.severity is Severity.ERROR else f" ({rule.severity})"
            lines.append(f"| `{name}`{grave} | {_cell(rule.help)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Return the first sentence of a help for a table's cell: as code would be read, it is escaped."""
    first = text.split("\n")[0]
    return first.replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")


def examples() -> str:
    """Return the page of what can be written: as it is, with the examples that are in the deck of examples now."""
    page = (ROOT / "docs" / "markdown.md").read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{''.join(_examples())}{END}{rest.partition(END)[2]}"


def _examples() -> Iterator[str]:
    """Yield each example: its source beside its card, on the site; on GitHub the one below the other."""
    source = (ROOT / "docs" / "examples" / "examples.md").read_text(encoding="utf-8")
    for note in NOTE.finditer(source):
        title, sides = EXAMPLES[note[1]]
        shots = " ".join(f"![{title}: the {side}](examples/{note[1]}-{side}.png)" for side in sides)
        fence = "````" if "```" in note[0] else "```"
        yield f'### {title}\n\n<div class="example" markdown>\n\n'
        yield f"{fence}markdown\n{note[0].strip()}\n{fence}\n\n{shots}\n\n</div>\n\n"


PAGES = {"markdown.md": examples, "commands.md": commands, "settings.md": settings, "rules.md": rules}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
