"""What matters about a drawing on a phone, read from whatever its bytes hold."""

from __future__ import annotations

import pytest

from deckwright.deck.media import SvgMeasures
from deckwright.deck.svg_measures import measure_svg


@pytest.mark.parametrize("rest", [b"", b"<![ x", b"<![\x1d\xff7", b"<!", b"<?", b"</", b"\0\xff"])
def test_a_drawing_with_anything_after_it_is_measured(rest: bytes) -> None:
    drawing = b'<svg viewBox="0 0 90 9"><text style="font-size: 8px">a</text></svg>' + rest
    assert measure_svg(drawing) == SvgMeasures(90.0, 8.0)
