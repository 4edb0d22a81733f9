"""Front matter: the options of all notes of a file, as YAML at its top."""

from __future__ import annotations

import re

import yaml

from deckwright.grammar.note import Attribute, SourceFile
from deckwright.grammar.options import FRONT_MATTER_LISTS, listed
from deckwright.problems import Place, Problem
from deckwright.regex import regex

FRONT_MATTER = regex(r"---[ \t]*\n(?P<body>.*?)(?:(?<=\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)|(?P<open>\Z))", re.DOTALL)

HASH_TAGS = regex(r"^tags:(?:[ \t]*\n(?:[ \t]*-.*\n)*?[ \t]*-)?[ \t]*\[?(?P<tags>#[^\s#].*)$", re.MULTILINE)
HEADING = regex(r"^#{2,3}[ \t]+\S", re.MULTILINE)
"""YAML takes it for a comment."""
TAG_ERRORS = (AttributeError, LookupError, TypeError)
"""What the YAML library lets through when a value is nothing like its tag (``!!bool x``)."""


REMEDIES = {
    "mapping values are not allowed": 'a value with `: ` in it needs quotes, as in title: "One: two"',
    "unhashable key": 'a value that begins with `{` needs quotes, as in date: "{{date}}"',
    "'\\t' that cannot start": "indent by spaces, not by a tab",
    "cannot start any token": 'a value that begins with a special character needs quotes, as in author: "@name"',
    "expected <block end>": 'text after quotes or brackets needs quotes around all of it, as in up: "[[A]], [[B]]"',
    "could not find expected ':'": "a line without `key: ` needs to be indented, or removed",
}
"""What the YAML library says → what to do, in words of the file."""


class _Loader(yaml.SafeLoader):
    """YAML without aliases: a few of them in each other stand for more text than there is memory."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "write the value itself, not an alias of it", mark)
        return super().compose_node(parent, index)


def read_front_matter(source: SourceFile) -> tuple[int, list[Attribute], list[Problem]]:
    """Read the YAML between ``---`` lines at the top of a file.

    Returns the offset at which the content begins, the entries (tags as ``.``, one each), and what is wrong.
    """
    match = FRONT_MATTER.match(source.text)
    if match is None:
        return 0, [], []
    if match["open"] is not None:
        message = "the front matter that begins here is never closed; end it with a line of `---`"
        return len(source.text), [], [Problem(source.place(0), message, "bad-front-matter")]
    if heading := HEADING.search(source.text, match.start("body"), match.end("body")):
        message = "this heading is inside the front matter; end that with a line of `---` before the heading"
        return match.end(), [], [Problem(source.place(heading.start()), message, "bad-front-matter")]
    try:
        loader = _Loader(match["body"])
        root = loader.get_single_node()
        if root is None:
            return match.end(), [], []
        if not isinstance(root, yaml.MappingNode):
            message = "the front matter holds no `key: value` lines; write `tags: [one, two]`"
            return match.end(), [], [Problem(Place(source.path, 2), message, "bad-front-matter")]
        entries = [(key, value, loader.construct_object(value, deep=True)) for key, value in root.value]
    except (yaml.YAMLError, *TAG_ERRORS, ValueError, RecursionError, OverflowError) as error:
        if lost := _hash_tags(source, match):
            return match.end(), [], lost
        place, text = _yaml_error(source, error)
        return match.end(), [], [Problem(place, f"the front matter is not valid YAML: {text}", "bad-front-matter")]
    lost = _hash_tags(source, match)
    attributes = [a for key, node, value in entries for a in _entries(source.path, key, node, value)]
    if lost:  # they are empty to YAML
        attributes = [a for a in attributes if a.key != "." or a.value is not None]
    return match.end(), attributes, lost


def _hash_tags(source: SourceFile, match: re.Match[str]) -> list[Problem]:
    """Tags written as ``#tag``, which YAML takes for a comment."""
    problems = []
    for found in HASH_TAGS.finditer(source.text, match.start("body"), match.end("body")):
        words = ", ".join(re.findall(r"#([^\s#,\]]+)", found[0]))
        message = f"YAML takes `#` for the beginning of a comment, so these tags are lost; write tags: [{words}]"
        problems.append(Problem(source.place(found.start("tags")), message, "bad-front-matter"))
    return problems


def _entries(path: str, key: yaml.Node, node: yaml.Node, content: object) -> list[Attribute]:
    name = str(key.value)
    if name in FRONT_MATTER_LISTS and isinstance(content, list) and isinstance(node, yaml.SequenceNode):
        each = "." if name == "tags" else name
        values = zip(content, node.value, strict=True)
        found = [Attribute(each, _as_written(entry, n), _place(path, n)) for entry, n in values]
        return [attribute for attribute in found if attribute.value != ""]  # as Hugo's templates leave it
    if name == "tags" and isinstance(words := _as_written(content, node), str):
        return [Attribute(".", tag, _place(path, node)) for tag in listed(words)]
    if name == "tags" and content is None:
        return []  # a comment after it is reported by read_front_matter
    return [Attribute(name, _as_written(content, node), _place(path, key))]


def _as_written(content: object, node: yaml.Node) -> object:
    """The text of a value that YAML takes for a number, a date, yes or no; another value as it is."""
    return node.value if isinstance(node, yaml.ScalarNode) and content is not None else content


def _place(path: str, node: yaml.Node) -> Place:
    return Place(path, node.start_mark.line + 2, node.start_mark.column + 1)


def _yaml_error(source: SourceFile, error: Exception) -> tuple[Place, str]:
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or str(error).splitlines()[0]
    if isinstance(error, TAG_ERRORS):
        text = "a value is not of the type that its tag names"
    text = next((remedy for sign, remedy in REMEDIES.items() if sign in text), text)
    return (Place(source.path, mark.line + 2, mark.column + 1) if mark else Place(source.path, 2)), text
