"""The shapes that all pictures are drawn with; the same input always gives the same bytes.

Rules of the house: at most 360 wide, text of at least 14 pixels, a light background of its own (so that night mode
does no harm), colours of the Okabe-Ito palette, which colour-blind readers can tell apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from xml.sax.saxutils import escape

WIDTH = 360
FONT = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Noto Sans SC',sans-serif"

INK = "#1f2933"
MUTED = "#52606d"
RULE = "#cbd2d9"
PAPER = "#ffffff"
BLUE, ORANGE, GREEN, RED = "#0072b2", "#b36b00", "#00795a", "#c04a00"
TINT = {BLUE: "#dcecf7", ORANGE: "#fdeecb", GREEN: "#d5f0e6", RED: "#fbe1d3", MUTED: "#eef1f4", PAPER: PAPER}

Point = tuple[float, float]


def num(value: float) -> str:
    """A coordinate, with at most two decimals and no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text(
    x: float, y: float, words: str, *, size: int = 14, colour: str = INK, anchor: str = "middle", bold: bool = False
) -> str:
    """A line of text whose middle height is y; ``d_k`` sets the k as a subscript, ``lm_head`` stays as it is."""
    weight = ' font-weight="700"' if bold else ""
    body = re.sub(r"(?<=\b\w)_(\w)(.?)", r'<tspan dy="4">\1</tspan><tspan dy="-4">\2</tspan>', escape(words))
    return (
        f'<text x="{num(x)}" y="{num(y + size * 0.36)}" font-size="{size}" fill="{colour}" '
        f'text-anchor="{anchor}"{weight}>{body}</text>'
    )


def line(*points: Point, colour: str = MUTED, width: float = 1.6, dashed: bool = False) -> str:
    """An open line through the points."""
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    path = " ".join(f"{num(x)},{num(y)}" for x, y in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{num(width)}" '
        f'stroke-linejoin="round"{dash}/>'
    )


def arrow(*points: Point, colour: str = MUTED, width: float = 1.6) -> str:
    """A line with a head at its last point."""
    (x0, y0), (x1, y1) = points[-2:]
    angle = math.atan2(y1 - y0, x1 - x0)
    length = 7 + width
    wings = [(x1 - length * math.cos(angle + turn), y1 - length * math.sin(angle + turn)) for turn in (0.42, -0.42)]
    head = " ".join(f"{num(x)},{num(y)}" for x, y in [(x1, y1), *wings])
    neck = (x1 - 0.7 * length * math.cos(angle), y1 - 0.7 * length * math.sin(angle))
    return line(*points[:-1], neck, colour=colour, width=width) + f'<polygon points="{head}" fill="{colour}"/>'


def rect(
    x: float, y: float, w: float, h: float, *, colour: str = BLUE, fill: str | None = None, radius: float = 5
) -> str:
    """A bordered rectangle in the tint of its colour."""
    return (
        f'<rect x="{num(x)}" y="{num(y)}" width="{num(w)}" height="{num(h)}" rx="{num(radius)}" '
        f'fill="{fill or TINT[colour]}" stroke="{colour}" stroke-width="1.4"/>'
    )


def box(cx: float, cy: float, w: float, h: float, *lines: str, colour: str = BLUE, size: int = 14) -> str:
    """A rectangle around its centre, with lines of text in it."""
    top = cy - (len(lines) - 1) * (size + 4) / 2
    words = (text(cx, top + i * (size + 4), words, size=size) for i, words in enumerate(lines))
    return rect(cx - w / 2, cy - h / 2, w, h, colour=colour) + "".join(words)


def plus(cx: float, cy: float, sign: str = "+") -> str:
    """A circle for an element-wise operation."""
    ring = f'<circle cx="{num(cx)}" cy="{num(cy)}" r="10" fill="{PAPER}" stroke="{GREEN}" stroke-width="1.8"/>'
    return ring + text(cx, cy - 0.5, sign, size=16, colour=GREEN, bold=True)


def grid(x: float, y: float, rows: int, columns: int, cell: float, fill: Callable[[int, int], str]) -> str:
    """Cells of one size; fill gives each its colour."""
    return "".join(
        f'<rect x="{num(x + c * cell)}" y="{num(y + r * cell)}" width="{num(cell)}" height="{num(cell)}" '
        f'fill="{fill(r, c)}" stroke="{MUTED}" stroke-width="1"/>'
        for r in range(rows)
        for c in range(columns)
    )


def svg(height: int, title: str, *parts: str) -> str:
    """The whole picture."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="{FONT}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="{PAPER}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
