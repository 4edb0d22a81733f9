"""What all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("project", deadline=None)  # a machine may be busy with other things
settings.load_profile("project")


@pytest.fixture(autouse=True)
def cache_of_its_own(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No test leaves anything in the user's cache; those that look keep MathJax there, which is fetched once."""
    if not {"look", "test_tex.py"} & set(request.path.parts):
        monkeypatch.setenv("DECKWRIGHT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
