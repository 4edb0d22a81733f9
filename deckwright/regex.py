"""Regular expressions that are compiled when they are first used.

A command uses less than half of this program's 250; to compile all of them takes an eighth of its start.
"""

from __future__ import annotations

import re
from typing import AnyStr, cast


class _Uncompiled:
    """Stands for a compiled regular expression, whose attributes it takes over one by one."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self.pattern, self._flags = text, flags

    def __getattr__(self, name: str) -> object:
        value: object = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, value)
        return value


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a regular expression, as ``re.compile`` does. One that is wrong raises ``re.error`` when it is used."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(text, flags))
