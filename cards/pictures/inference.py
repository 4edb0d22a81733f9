"""Pictures of topic 10: decoding and faster inference."""

from __future__ import annotations

import math
from collections.abc import Callable

from shapes import BLUE, GREEN, MUTED, ORANGE, RED, RULE, arrow, box, line, rect, svg, text


def temperature() -> str:
    """The same logits (2, 1, 0) at three temperatures."""
    parts = [text(180, 22, "logits：2、1、0", bold=True)]
    base, tall = 196.0, 150.0
    for panel, (heat, colour, words) in enumerate(((0.5, BLUE, "更尖"), (1.0, GREEN, "原样"), (2.0, ORANGE, "更平"))):
        weights = [math.exp(z / heat) for z in (2.0, 1.0, 0.0)]
        left = 12 + panel * 116
        parts.append(line((left, base), (left + 104, base), colour=MUTED, width=1.4))
        for i, weight in enumerate(weights):
            p = weight / sum(weights)
            x = left + 6 + i * 33
            parts += [
                rect(x, base - p * tall, 26, p * tall, colour=colour, radius=1),
                text(x + 13, base - p * tall - 10, f"{p:.3f}".lstrip("0")),
            ]
        parts += [
            text(left + 52, base + 20, f"T＝{heat:g}", colour=colour, bold=True),
            text(left + 52, base + 40, words, colour=colour),
        ]
    return svg(250, "温度改变分布的尖与平", *parts)


def top_k_top_p() -> str:
    """A peaked and a flat distribution, cut by k = 3 and by p = 0.9."""
    rows = (("把握大", (0.92, 0.04, 0.02, 0.01, 0.01), 1), ("把握小", (0.24, 0.20, 0.18, 0.15, 0.14, 0.09), 5))
    parts = []
    for n, (name, probabilities, kept) in enumerate(rows):
        top = 14 + n * 186.0
        base = top + 112
        scale = 76 / max(probabilities)
        parts += [text(36, top + 10, name, bold=True), line((10, base), (350, base), colour=MUTED, width=1.4)]
        for i, p in enumerate(probabilities):
            x = 16 + i * 38
            parts += [
                rect(x, base - p * scale, 28, p * scale, colour=BLUE if i < kept else MUTED, radius=1),
                text(x + 14, base - p * scale - 10, f"{p:.2f}"),
            ]
        for words, count, y, colour in (
            (f"top-p 0.9：{kept} 个", kept, base + 14, BLUE),
            ("top-k 3：3 个", 3, base + 38, ORANGE),
        ):
            right = 16 + (count - 1) * 38 + 28
            parts.append(line((16, y - 4), (16, y), (right, y), (right, y - 4), colour=colour, width=2))
            parts.append(text(right + 8, y, words, anchor="start", colour=colour))
    return svg(378, "top-k 与 top-p 在尖、平两种分布下的取舍", *parts)


def beam_tree() -> str:
    """Greedy takes A and ends with 0.20; two beams keep B and find 0.36."""
    start, first, second = 44.0, 152.0, 268.0
    ys = {"A": 76.0, "B": 190.0}
    parts = [
        text(start, 22, "起点", colour=MUTED),
        text(first, 22, "第 1 步", colour=MUTED),
        text(second, 22, "第 2 步", colour=MUTED),
        box(start, 134, 56, 34, "开头", colour=MUTED),
    ]
    leaves = {"A": (("C", 0.4, 52.0), ("D", 0.3, 100.0)), "B": (("E", 0.9, 166.0), ("F", 0.05, 214.0))}
    chances = {"A": 0.5, "B": 0.4}
    for name, y in ys.items():
        colour = RED if name == "A" else GREEN
        parts += [
            arrow((start + 28, 134), (first - 26, y), colour=colour, width=2),
            box(first, y, 50, 34, name, colour=colour),
            text(
                (start + first) / 2 - 10,
                (134 + y) / 2 + (-12 if name == "A" else 14),
                f"{chances[name]:g}",
                colour=colour,
            ),
        ]
        for leaf, p, at in leaves[name]:
            best = leaf in "CE"
            hue = colour if best else MUTED
            parts += [
                arrow((first + 26, y), (second - 26, at), colour=hue, width=2 if best else 1.4),
                box(second, at, 50, 34, leaf, colour=hue),
                text((first + second) / 2, (y + at) / 2 + (-12 if at < y else 14), f"{p:g}", colour=hue),
                text(second + 32, at, f"{chances[name] * p:.2f}", anchor="start", colour=hue, bold=best),
            ]
    parts += [
        line((12, 246), (348, 246), colour=RULE, width=1),
        text(180, 264, "贪心：A→C，整句 0.20", colour=RED),
        text(180, 286, "束宽 2：留住 B，B→E，整句 0.36", colour=GREEN),
    ]
    return svg(304, "贪心与束宽为 2 的束搜索", *parts)


def exposure_bias() -> str:
    """Training feeds the true prefix; inference feeds the model's own words, so one slip changes all that follows."""

    def row(
        top: float, title: str, inputs: list[str], outputs: list[str], colour: str, wrong: int, feed: bool
    ) -> list[str]:
        parts = [text(180, top, title, bold=True, colour=colour)]
        for i, (given, made) in enumerate(zip(inputs, outputs, strict=True)):
            x = 62 + i * 80
            bad_in, bad_out = feed and i > wrong, i == wrong or (feed and i > wrong)
            parts += [
                box(x, top + 108, 62, 32, given, colour=RED if bad_in else MUTED),
                arrow((x, top + 92), (x, top + 58)),
                box(x, top + 42, 62, 32, made, colour=RED if bad_out else colour),
            ]
            if feed and i + 1 < len(inputs):
                parts.append(
                    arrow(
                        (x + 31, top + 42),
                        (x + 40, top + 42),
                        (x + 40, top + 108),
                        (x + 48, top + 108),
                        colour=RED if bad_out else colour,
                    )
                )
        return parts

    return svg(
        374,
        "训练用真实前缀，推理用自己的输出",
        *row(20, "训练：每一步都给真实前缀", ["今天", "天气", "很", "好"], ["天气", "吃", "好", "。"], BLUE, 1, False),
        text(180, 164, "误写成「吃」，也不影响下一步的输入", colour=MUTED),
        line((12, 186), (348, 186), colour=RULE, width=1),
        *row(210, "推理：每一步都用自己写的", ["今天", "天气", "吃", "饭"], ["天气", "吃", "饭", "了"], GREEN, 1, True),
        text(180, 354, "从「吃」起，后面全建立在它之上", colour=RED),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "10-inference/temperature.svg": temperature,
    "10-inference/top-k-top-p.svg": top_k_top_p,
    "10-inference/beam-tree.svg": beam_tree,
    "10-inference/exposure-bias.svg": exposure_bias,
}
