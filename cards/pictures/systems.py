"""Pictures of topic 11: training systems and memory."""

from __future__ import annotations

import math
from collections.abc import Callable

from shapes import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, RED, RULE, arrow, box, line, plus, rect, svg, text


def bytes_per_parameter() -> str:
    """What Adam keeps for every parameter in FP32 and in mixed precision: 16 bytes both ways."""
    parts = [text(180, 22, "Adam：每个参数占多少字节", bold=True)]
    columns = (
        (96.0, "全 FP32", (("权重", 4, BLUE), ("梯度", 4, ORANGE), ("一阶动量", 4, GREEN), ("二阶动量", 4, GREEN))),
        (
            264.0,
            "混合精度",
            (
                ("权重 16 位", 2, BLUE),
                ("梯度 16 位", 2, ORANGE),
                ("主权重 32 位", 4, RED),
                ("一阶动量", 4, GREEN),
                ("二阶动量", 4, GREEN),
            ),
        ),
    )
    unit, top = 15.0, 68.0
    for cx, name, layers in columns:
        parts.append(text(cx, 50, name, bold=True))
        y = top
        for words, count, colour in layers:
            parts += [
                rect(cx - 72, y, 144, count * unit, colour=colour, radius=0),
                text(cx, y + count * unit / 2, f"{words}：{count}"),
            ]
            y += count * unit
        parts.append(text(cx, y + 18, f"合计 {sum(count for _, count, _ in layers)} 字节"))
    parts.append(text(180, 356, "激活不在其中，混合精度省的主要是它", colour=RED))
    return svg(374, "训练时每个参数的显存构成", *parts)


def loss_scaling() -> str:
    """Gradients around 2^-24 on a scale of exponents: those left of it are lost until all are moved right by 2^10."""
    left, right = 20.0, 340.0

    def at(exponent: float) -> float:
        return left + (exponent + 40) / 56 * (right - left)

    parts = []
    for n, (name, centre) in enumerate((("不缩放", -25), ("损失乘以 1024", -15))):
        base = 116 + n * 132.0
        parts += [
            text(180, base - 96, name, bold=True),
            rect(at(-24), base - 78, at(15) - at(-24), 78, colour=GREEN, radius=0),
            line((left, base), (right, base), colour=INK, width=1.6),
            text(at(-24), base + 16, "2⁻²⁴", colour=MUTED),
            text(at(15), base + 16, "2¹⁵", colour=MUTED),
        ]
        for exponent in range(centre - 8, centre + 9, 2):
            tall = 62 * math.exp(-(((exponent - centre) / 4.5) ** 2))
            lost = exponent < -24
            parts.append(rect(at(exponent) - 5, base - tall, 10, tall, colour=RED if lost else BLUE, radius=0))
    parts += [
        text(at(-33), 62, "变成 0", colour=RED),
        text(at(2), 62, "FP16 能表示", colour=GREEN),
        text(180, 290, "横轴是梯度大小，以 2 为底", colour=MUTED),
    ]
    return svg(306, "损失缩放把梯度移进 FP16 的范围", *parts)


def checkpointing() -> str:
    """Everything kept, and only each layer's input kept: the last layer is being filled again."""
    parts = []
    for n, (name, colour) in enumerate((("全部保存", BLUE), ("只留每层的输入", GREEN))):
        top = 20 + n * 176.0
        parts.append(text(180, top, name, bold=True, colour=colour))
        for layer in range(4):
            x = 26 + layer * 82.0
            parts.append(text(x + 30, top + 138, f"第 {layer + 1} 层", colour=MUTED))
            for i in range(5):
                kept = n == 0 or i == 4
                again = n == 1 and layer == 3 and not kept
                hue = ORANGE if again else colour if kept else RULE
                parts.append(
                    rect(x, top + 18 + i * 22, 60, 19, colour=hue, fill=None if kept or again else PAPER, radius=2)
                )
        if n == 0:
            parts += [arrow((x - 20, top + 60), (x - 3, top + 60), colour=MUTED) for x in (108.0, 190.0, 272.0)]
    parts += [
        text(180, 356, "橙：反向走到第 4 层，先补算一遍前向", colour=ORANGE),
        text(180, 378, "用完再扔，接着补第 3 层", colour=MUTED),
    ]
    return svg(394, "梯度检查点", *parts)


def zero_shards() -> str:
    """What each of four cards keeps of parameters, gradients and optimizer states."""
    strips = (("参数", BLUE), ("梯度", ORANGE), ("优化器", GREEN))
    parts = [text(92 + 32 + i * 66, 18, f"卡 {i + 1}", colour=MUTED) for i in range(4)]
    for row, (name, cut) in enumerate((("数据并行", 0), ("ZeRO-1", 1), ("ZeRO-2", 2), ("ZeRO-3", 3))):
        y = 34 + row * 62.0
        parts.append(text(10, y + 24, name, anchor="start", bold=True))
        for card in range(4):
            x = 92 + card * 66.0
            for n, (_, colour) in enumerate(strips):
                split = n >= 3 - cut
                parts.append(
                    rect(
                        x,
                        y + n * 17,
                        60,
                        15,
                        colour=colour if not split else RULE,
                        radius=0,
                        fill=None if not split else PAPER,
                    )
                )
                if split:
                    parts.append(rect(x + card * 15, y + n * 17, 15, 15, colour=colour, fill=colour, radius=0))
    for n, (name, colour) in enumerate(strips):
        x = 56 + n * 104.0
        parts += [rect(x, 286, 16, 16, colour=colour, radius=0), text(x + 22, 294, name, anchor="start", colour=colour)]
    parts.append(text(180, 322, "深色：只存四分之一，各卡存不同的一段", colour=MUTED))
    return svg(338, "ZeRO 三级各切分什么", *parts)


def tensor_parallel() -> str:
    """The first matrix by columns, the second by rows, one sum at the end."""
    parts = [
        text(104, 20, "A：按列切", bold=True),
        text(232, 20, "B：按行切", bold=True),
        box(24, 126, 36, 38, "X", colour=MUTED),
    ]
    for y, n, colour in ((72.0, 1, BLUE), (180.0, 2, ORANGE)):
        parts += [
            arrow((44, 126), (76, y), colour=colour, width=1.8),
            rect(78, y - 28, 26, 56, colour=colour, radius=0),
            rect(104, y - 28, 26, 56, colour=RULE, fill=PAPER, radius=0),
            text(91 if n == 1 else 117, y, f"A{n}", colour=colour, bold=True),
            arrow((132, y), (150, y), colour=colour, width=1.8),
            box(168, y, 32, 32, "σ", colour=colour),
            arrow((186, y), (204, y), colour=colour, width=1.8),
            rect(206, y - 28, 52, 28, colour=colour if n == 1 else RULE, fill=None if n == 1 else PAPER, radius=0),
            rect(206, y, 52, 28, colour=colour if n == 2 else RULE, fill=None if n == 2 else PAPER, radius=0),
            text(232, y - 14 if n == 1 else y + 14, f"B{n}", colour=colour, bold=True),
            arrow((260, y), (288, 126 + (-8 if n == 1 else 8)), colour=colour, width=1.8),
            text(168, y + (-44 if n == 1 else 44), f"卡 {n}", colour=colour),
        ]
    # the second card's half of A is its right one
    y = 180.0
    parts += [
        rect(78, y - 28, 26, 56, colour=RULE, fill=PAPER, radius=0),
        rect(104, y - 28, 26, 56, colour=ORANGE, radius=0),
        text(117, y, "A2", colour=ORANGE, bold=True),
        plus(298, 126),
        arrow((310, 126), (322, 126), colour=GREEN, width=1.8),
        box(340, 126, 32, 38, "Z", colour=GREEN),
        text(318, 98, "all-reduce", colour=GREEN),
        text(180, 256, "中间不通信：激活函数 σ 各卡自己算", colour=MUTED),
    ]
    return svg(274, "张量并行切 MLP", *parts)


def pipeline_bubble() -> str:
    """GPipe with four stages and four microbatches: 6 of every stage's 14 slots are idle."""
    stages, batches, wide = 4, 4, 21.0
    parts = [text(180, 18, "4 段、4 个微批（先全部前向，再全部反向）", bold=True)]
    slots = 2 * (stages + batches - 1)
    for stage in range(stages):
        y = 36 + stage * 36.0
        parts.append(text(10, y + 15, f"卡 {stage + 1}", anchor="start", colour=MUTED))
        parts += [rect(54 + t * wide, y, wide - 1, 30, colour=RULE, fill=PAPER, radius=1) for t in range(slots)]
        for i in range(batches):
            forward = stage + i
            backward = slots // 2 + (stages - 1 - stage) + i
            for t, colour in ((forward, BLUE), (backward, GREEN)):
                parts += [
                    rect(54 + t * wide, y, wide - 1, 30, colour=colour, radius=1),
                    text(54 + t * wide + wide / 2 - 0.5, y + 15, str(i + 1)),
                ]
    parts += [
        text(180, 198, "蓝：前向　绿：反向　白：气泡", colour=INK),
        text(180, 222, "每卡 14 格空 6 格：3/(4+3)＝43%", colour=RED),
        text(180, 246, "微批增到 32，只空 3/(32+3)＝8.6%", colour=GREEN),
    ]
    return svg(264, "流水线的气泡", *parts)


def parallel_nesting() -> str:
    """Sixteen cards: four in a machine split matrices, two machines split layers, two copies split the data."""
    parts = []
    for copy in range(2):
        x = 10 + copy * 174.0
        parts += [
            rect(x, 30, 166, 208, colour=GREEN, fill=PAPER, radius=8),
            text(x + 83, 18, f"副本 {copy + 1}：一半数据", colour=GREEN, bold=True),
        ]
        for stage in range(2):
            y = 44 + stage * 104.0
            parts += [
                rect(x + 10, y, 146, 76, colour=ORANGE, radius=6),
                text(x + 83, y + 14, f"机器 {copy * 2 + stage + 1}：第 {stage + 1} 段层", colour=ORANGE),
            ]
            for card in range(4):
                parts.append(
                    rect(x + 18 + card * 33, y + 30, 29, 36, colour=BLUE, radius=3)
                    + text(x + 32.5 + card * 33, y + 48, str(copy * 8 + stage * 4 + card + 1))
                )
        parts.append(arrow((x + 83, 121), (x + 83, 147), colour=ORANGE, width=2.2))
    parts += [
        arrow((180, 254), (100, 254), (100, 241), colour=GREEN, width=2),
        arrow((180, 254), (260, 254), (260, 241), colour=GREEN, width=2),
        text(180, 272, "数据并行：每步汇总一次梯度", colour=GREEN),
        text(180, 296, "流水线：段与段之间传激活", colour=ORANGE),
        text(180, 320, "张量并行：机内四卡，每层都通信", colour=BLUE),
    ]
    return svg(338, "3D 并行的嵌套：4×2×2＝16 张卡", *parts)


PICTURES: dict[str, Callable[[], str]] = {
    "11-systems/bytes-per-parameter.svg": bytes_per_parameter,
    "11-systems/loss-scaling.svg": loss_scaling,
    "11-systems/checkpointing.svg": checkpointing,
    "11-systems/zero-shards.svg": zero_shards,
    "11-systems/tensor-parallel.svg": tensor_parallel,
    "11-systems/pipeline-bubble.svg": pipeline_bubble,
    "11-systems/parallel-nesting.svg": parallel_nesting,
}
