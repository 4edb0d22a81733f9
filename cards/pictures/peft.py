"""Pictures of topic 07: parameter-efficient fine-tuning."""

from __future__ import annotations

import math
from collections.abc import Callable

from shapes import (
    BLUE,
    GREEN,
    MUTED,
    ORANGE,
    PAPER,
    RED,
    RULE,
    TINT,
    Point,
    arrow,
    box,
    grid,
    line,
    plus,
    rect,
    svg,
    text,
)

NF4 = (
    -1.0,
    -0.6961928,
    -0.52507305,
    -0.3949175,
    -0.28444138,
    -0.18477343,
    -0.09105004,
    0.0,
    0.0795803,
    0.1609302,
    0.2461123,
    0.33791524,
    0.44070983,
    0.562617,
    0.72295684,
    1.0,
)


def soft_prompt_places() -> str:
    """Where the trainable vectors sit: before the input, among the input, before every layer."""
    cell, columns = 19.0, 5
    frozen = TINT[MUTED]

    def panel(
        x: float, name: str, layers: Callable[[int], str], inputs: Callable[[int], str], note: tuple[str, str]
    ) -> list[str]:
        middle = x + columns * cell / 2
        return [
            text(middle, 22, name, bold=True),
            grid(x, 42, 3, columns, cell, lambda _, c: layers(c)),
            grid(x, 112, 1, columns, cell, lambda _, c: inputs(c)),
            text(middle, 152, note[0], colour=RED),
            text(middle, 172, note[1], colour=MUTED),
        ]

    return svg(
        228,
        "三种软提示把可训练的向量放在哪里",
        text(20, 70, "各层", colour=MUTED),
        text(20, 121, "输入", colour=MUTED),
        *panel(
            44, "Prompt Tuning", lambda c: frozen, lambda c: ORANGE if c < 2 else frozen, ("输入最前", "靠模型规模")
        ),
        *panel(
            151, "P-tuning", lambda c: frozen, lambda c: ORANGE if c in {0, 3} else frozen, ("输入中穿插", "带编码器")
        ),
        *panel(
            258,
            "Prefix 与 v2",
            lambda c: ORANGE if c < 2 else frozen,
            lambda c: PAPER if c < 2 else frozen,
            ("每层的 K、V", "参数是 2L 倍"),
        ),
        rect(64, 196, 16, 16, colour=ORANGE, fill=ORANGE, radius=0),
        text(88, 204, "可训练", anchor="start"),
        rect(194, 196, 16, 16, colour=MUTED, radius=0),
        text(218, 204, "冻结的主干算出", anchor="start"),
    )


def lora_matrices() -> str:
    """The frozen matrix and the low-rank bypass beside it, with the numbers of one 4096-wide layer."""
    left, right, middle = 94.0, 266.0, 180.0
    return svg(
        392,
        "LoRA：冻结的权重旁边并联两个小矩阵",
        text(middle, 20, "输出 h", bold=True),
        arrow((middle, 64), (middle, 32)),
        plus(middle, 74),
        arrow((left, 150), (left, 74), (middle - 11, 74)),
        arrow((right, 98), (right, 74), (middle + 11, 74)),
        rect(left - 70, 150, 140, 140, colour=MUTED),
        text(left, 180, "W_0", size=16, bold=True),
        text(left, 206, "4096×4096", colour=MUTED),
        text(left, 232, "16,777,216 个", colour=MUTED),
        text(left, 260, "冻结", colour=BLUE, bold=True),
        box(right, 114, 64, 32, "×α/r", colour=GREEN),
        arrow((right, 150), (right, 131)),
        box(right, 172, 156, 44, "B：4096×8", "初始为 0", colour=ORANGE),
        arrow((right, 238), (right, 195)),
        text(right + 12, 217, "只剩 8 维", colour=RED, anchor="start"),
        box(right, 261, 156, 44, "A：8×4096", "随机初始化", colour=ORANGE),
        line((middle, 342), (middle, 322), (left, 322)),
        arrow((left, 322), (left, 291)),
        line((middle, 322), (right, 322)),
        arrow((right, 322), (right, 284)),
        text(middle, 354, "输入 x", bold=True),
        text(middle, 380, "只训练 A、B：65,536 个，占 0.39%", colour=RED),
    )


def nf4_levels() -> str:
    """The 16 levels of NF4 under the normal density, above 16 evenly spaced ones."""
    left, right = 22.0, 338.0

    def across(value: float) -> float:
        return left + (value + 1) / 2 * (right - left)

    def levels(y: float, values: tuple[float, ...], colour: str) -> list[str]:
        return [
            line((left, y), (right, y), colour=RULE, width=1.2),
            *(line((across(v), y - 11), (across(v), y + 11), colour=colour, width=2.4) for v in values),
        ]

    spread = 0.36
    curve: list[Point] = [(across(x / 50), 118 - 76 * math.exp(-((x / 50 / spread) ** 2) / 2)) for x in range(-50, 51)]
    even = tuple(-1 + 2 * i / 15 for i in range(16))
    return svg(
        268,
        "NF4 与均匀 4 比特的量化点",
        text(180, 20, "归一化后的权重大致呈正态分布", colour=MUTED),
        line(*curve, colour=MUTED, width=2),
        line((left, 118), (right, 118), colour=RULE),
        *levels(146, NF4, RED),
        text(180, 174, "NF4：中间密、两头疏，含精确的 0", colour=RED),
        *levels(206, even, BLUE),
        text(180, 234, "均匀 16 格：两头的格子很少用到", colour=BLUE),
        text(left, 256, "−1"),
        text(180, 256, "0"),
        text(right, 256, "1"),
    )


def lora_compute() -> str:
    """The matrix products of one step: LoRA drops the gradient of the frozen weight."""
    left, unit = 16.0, 108.0
    extra = unit * 6 * 16 / 4096

    def parts(y: float, names: list[tuple[str, str]]) -> list[str]:
        return [
            rect(left + i * unit, y, unit, 44, colour=colour, radius=0) + text(left + (i + 0.5) * unit, y + 22, name)
            for i, (name, colour) in enumerate(names)
        ]

    end = left + 2 * unit
    return svg(
        244,
        "全量微调与 LoRA 每步的矩阵乘",
        text(left, 22, "全量微调：3N²", anchor="start", bold=True),
        *parts(38, [("前向", BLUE), ("输入梯度", BLUE), ("权重梯度", ORANGE)]),
        text(left, 112, "LoRA：2N²＋6Nr", anchor="start", bold=True),
        *parts(128, [("前向", BLUE), ("输入梯度", BLUE)]),
        rect(end, 128, extra, 44, colour=RED, fill=RED, radius=0),
        line((end + extra, 128), (end + unit, 128), (end + unit, 172), (end + extra, 172), colour=MUTED, dashed=True),
        text(end + unit / 2 + 2, 150, "省掉", colour=MUTED),
        arrow((end + 1.3, 200), (end + 1.3, 175), colour=RED),
        text(end + 2, 212, "A、B 的小矩阵乘", colour=RED),
        text(180, 234, "N=4096、r=16：约为 0.674 倍", colour=MUTED),
    )


def lora_init() -> str:
    """Three ways to begin: what BA is at the start, and whether anything gets a gradient."""
    columns = (
        ("都随机", "随机", "随机", RED, ("BA ≠ 0", "一开始就", "偏离原模型")),
        ("都为零", "0", "0", MUTED, ("BA = 0", "梯度全是零", "永远不动")),
        ("一零一随机", "随机", "0", GREEN, ("BA = 0", "B 有梯度", "能学起来")),
    )
    parts = []
    for i, (name, a, b, colour, words) in enumerate(columns):
        x = 64.0 + i * 116
        parts += [
            text(x, 22, name, bold=True, colour=colour),
            box(x, 62, 96, 36, f"B：{b}", colour=MUTED if b == "0" else ORANGE),
            arrow((x, 106), (x, 82)),
            box(x, 124, 96, 36, f"A：{a}", colour=MUTED if a == "0" else ORANGE),
            arrow((x, 166), (x, 144)),
            text(x, 176, "输入 x", colour=MUTED),
            rect(x - 54, 194, 108, 78, colour=colour),
            *(text(x, 212 + 22 * j, line_, colour=colour, bold=j == 0) for j, line_ in enumerate(words)),
        ]
    return svg(
        310,
        "LoRA 的三种初值",
        *parts,
        text(180, 294, "LoRA 取第三种：A 随机、B 为零", colour=GREEN, bold=True),
    )


def dora_vectors() -> str:
    """A column (3, 4) and the increment (2, -1): LoRA turns and lengthens it, DoRA keeps the length apart."""
    unit, left, base = 43.0, 34.0, 222.0

    def place(x: float, y: float) -> Point:
        return left + x * unit, base - y * unit

    shrink = 5 / math.hypot(5, 3)
    arc = [place(5 * math.cos(t / 100), 5 * math.sin(t / 100)) for t in range(6, 128)]
    return svg(
        292,
        "DoRA 把长度和方向分开",
        line(place(0, 0), place(6.4, 0), colour=RULE),
        line(place(0, 0), place(0, 4.8), colour=RULE),
        line(*arc, colour=RULE, width=2, dashed=True),
        text(place(4.97, 0)[0], base + 15, "长度 5", colour=MUTED),
        arrow(place(0, 0), place(3, 4), colour=MUTED, width=2.6),
        text(place(0.5, 3.3)[0], place(0.5, 3.3)[1], "原来 (3,4)", colour=MUTED, anchor="start"),
        arrow(place(3, 4), place(5, 3), colour=ORANGE, width=2),
        text(place(3.9, 4.1)[0], place(3.9, 4.1)[1], "BA＝(2,−1)", colour=ORANGE, anchor="start"),
        arrow(place(0, 0), place(5, 3), colour=ORANGE, width=2),
        text(place(5.2, 3)[0], place(5.2, 3)[1], "LoRA (5,3)", colour=ORANGE, anchor="start"),
        arrow(place(0, 0), place(5 * shrink, 3 * shrink), colour=BLUE, width=3.4),
        text(place(2.2, 0.85)[0], place(2.2, 0.85)[1], "DoRA (4.3,2.6)", colour=BLUE, anchor="start"),
        text(180, base + 38, "LoRA 的增量又转向又变长", colour=ORANGE),
        text(180, base + 58, "DoRA 用 BA 转向，另学长度 m", colour=BLUE),
    )


def adapter_series() -> str:
    """An adapter behind a sub-layer against LoRA beside a weight."""
    left, right = 90.0, 270.0
    return svg(
        348,
        "Adapter 串联，LoRA 并联",
        text(left, 20, "Adapter：串在后面", bold=True),
        arrow((left, 62), (left, 36)),
        plus(left, 73),
        arrow((left, 106), (left, 85)),
        rect(left - 62, 106, 124, 118, colour=ORANGE),
        text(left, 124, "升维 m→d"),
        text(left, 150, "非线性"),
        text(left, 176, "降维 d→m"),
        text(left, 206, "Adapter", colour=ORANGE, bold=True),
        arrow((left, 252), (left, 226)),
        box(left, 270, 124, 36, "冻结的子层", colour=MUTED),
        arrow((left, 318), (left, 290)),
        line((left, 240), (left - 76, 240), (left - 76, 73)),
        arrow((left - 76, 73), (left - 12, 73)),
        line((180, 14), (180, 322), colour=RULE, width=1),
        text(right, 20, "LoRA：并在旁边", bold=True),
        arrow((right, 62), (right, 36)),
        plus(right, 73),
        box(right - 38, 180, 68, 130, "W", "冻结", colour=MUTED),
        arrow((right - 38, 114), (right - 38, 73), (right - 12, 73)),
        box(right + 42, 146, 68, 36, "B", colour=ORANGE),
        box(right + 42, 214, 68, 36, "A", colour=ORANGE),
        arrow((right + 42, 195), (right + 42, 166)),
        arrow((right + 42, 127), (right + 42, 73), (right + 12, 73)),
        line((right, 300), (right, 276), (right - 38, 276)),
        arrow((right - 38, 276), (right - 38, 247)),
        line((right, 276), (right + 42, 276)),
        arrow((right + 42, 276), (right + 42, 234)),
        text(right, 312, "训完可并进 W", colour=GREEN),
        text(left, 334, "合并不掉，推理变慢", colour=RED),
        text(right, 334, "合并后没有延迟", colour=GREEN),
    )


def qlora_memory() -> str:
    """What fine-tuning a 65B model takes, stacked, against one card of 48 GB; full 16-bit weights beside it."""
    base, scale, left, width = 306.0, 5.2, 24.0, 150.0
    rows = [
        ("基座 NF4", 33.5, BLUE),
        ("LoRA 权重、梯度", 3.2, GREEN),
        ("Adam 动量", 6.4, ORANGE),
    ]
    parts = [text(100, 22, "QLoRA 微调 65B", bold=True)]
    y = base
    for words, size, colour in rows:
        height = size * scale
        y -= height
        parts.append(rect(left, y, width, height, colour=colour, radius=0))
        parts.append(text(left + width + 10, y + height / 2, f"{words} {size}", anchor="start", colour=colour))
    card = base - 48 * scale
    parts += [
        line((left - 8, card), (344, card), colour=RED, dashed=True),
        text(344, card - 12, "一张 48 GB 的卡", anchor="end", colour=RED),
        text(left + width + 10, (card + y) / 2, "剩下的给激活等", anchor="start", colour=MUTED),
        line((left - 8, base), (344, base)),
        text(180, base + 20, "合计 43.1 GB，单位都是 GB", colour=MUTED),
        text(180, base + 42, "光是 16 位的权重就要 130 GB", colour=RED),
    ]
    return svg(366, "QLoRA 微调 65B 的显存构成", *parts)


PICTURES: dict[str, Callable[[], str]] = {
    "07-peft/soft-prompt-places.svg": soft_prompt_places,
    "07-peft/lora-matrices.svg": lora_matrices,
    "07-peft/nf4-levels.svg": nf4_levels,
    "07-peft/lora-compute.svg": lora_compute,
    "07-peft/lora-init.svg": lora_init,
    "07-peft/dora-vectors.svg": dora_vectors,
    "07-peft/adapter-series.svg": adapter_series,
    "07-peft/qlora-memory.svg": qlora_memory,
}
