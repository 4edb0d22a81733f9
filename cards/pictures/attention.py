"""Pictures of topic 02: architecture and attention."""

from __future__ import annotations

import math
from collections.abc import Callable

from shapes import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    RED,
    RULE,
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


def block_then_and_now() -> str:
    """The block of 2017 (norm after the addition) beside the usual one of today (norm before the sublayer)."""

    def column(cx: float, side: float, steps: list[tuple[str, str]]) -> list[str]:
        parts = [text(cx, 52, "输入", colour=MUTED)]
        y, skip_from, previous = 96.0, 67.0, 61.0
        for words, colour in steps:
            half = 10.0 if words == "+" else 16.0
            parts.append(arrow((cx, previous), (cx, y - half), colour=GREEN if words == "+" else MUTED))
            if words == "+":
                parts += [
                    arrow(
                        (cx, skip_from),
                        (side, skip_from),
                        (side, y),
                        (cx + math.copysign(10, side - cx), y),
                        colour=GREEN,
                        width=2,
                    ),
                    plus(cx, y),
                ]
                skip_from = y + 17
            else:
                parts.append(box(cx, y, 118, 32, words, colour=colour))
                if words == "LayerNorm":
                    skip_from = y + 22
            previous, y = y + half, y + 50
        parts += [arrow((cx, previous), (cx, previous + 24)), text(cx, previous + 35, "输出", colour=MUTED)]
        return parts

    old = [
        ("多头注意力", BLUE),
        ("+", GREEN),
        ("LayerNorm", ORANGE),
        ("FFN（ReLU）", BLUE),
        ("+", GREEN),
        ("LayerNorm", ORANGE),
    ]
    new = [
        ("RMSNorm", ORANGE),
        ("因果自注意力", BLUE),
        ("+", GREEN),
        ("RMSNorm", ORANGE),
        ("FFN（SwiGLU）", BLUE),
        ("+", GREEN),
    ]
    return svg(
        460,
        "2017 年的后置归一化块与 LLaMA 一系的前置归一化块",
        text(96, 22, "2017：后置归一化", bold=True),
        text(264, 22, "LLaMA 系：前置归一化", bold=True),
        line((180, 14), (180, 446), colour=RULE, width=1),
        *column(96, 20, old),
        *column(264, 340, new),
        text(96, 440, "主干要穿过归一化", colour=RED),
        text(264, 440, "主干上只有加法", colour=GREEN),
    )


def attention_flow() -> str:
    """Scaled dot-product attention with the shape of every matrix."""
    cx = 120.0
    steps = [
        ("点积 QKᵀ", "n×n 个分数", BLUE),
        ("除以 √d_k", "n×n", ORANGE),
        ("加因果掩码", "未来处为 −∞", ORANGE),
        ("按行 softmax", "每行和为 1", BLUE),
        ("乘 V 加权求和", "", BLUE),
    ]
    parts = [
        box(70, 30, 84, 44, "Q", "n×d_k", colour=GREEN),
        box(170, 30, 84, 44, "K", "n×d_k", colour=GREEN),
        arrow((70, 52), (96, 82)),
        arrow((170, 52), (144, 82)),
    ]
    for i, (words, shape, colour) in enumerate(steps):
        y = 100 + i * 60
        if i:
            parts.append(arrow((cx, y - 42), (cx, y - 18)))
        parts.append(box(cx, y, 150, 36, words, colour=colour))
        if shape:
            parts.append(text(204, y, shape, colour=MUTED, anchor="start"))
    parts += [
        box(298, 30, 84, 44, "V", "n×d_v", colour=GREEN),
        arrow((316, 52), (316, 340), (196, 340)),
        arrow((cx, 358), (cx, 384)),
        text(cx, 396, "输出：n×d_v"),
    ]
    return svg(414, "缩放点积注意力的数据流与形状", *parts)


def multi_head() -> str:
    """Split into heads, attend in each, concatenate, mix with W_O."""
    centres = (62.0, 148.0, 298.0)
    colours = (BLUE, ORANGE, RED)
    parts = [box(180, 24, 210, 32, "输入 X：n×512", colour=MUTED)]
    starts, slots = (85.0, 148.0, 275.0), (43.5, 82.5, 316.5)
    for cx, start, slot, colour, name in zip(centres, starts, slots, colours, ("头 1", "头 2", "头 8"), strict=True):
        parts += [
            arrow((start, 40), (cx, 72)),
            box(cx, 92, 76, 40, "投影到", "64 维", colour=colour),
            arrow((cx, 112), (cx, 136)),
            box(cx, 156, 76, 40, name, "注意力", colour=colour),
            arrow((cx, 176), (slot, 205)),
        ]
    parts += [text(223, 92, "……", colour=MUTED), text(223, 156, "……", colour=MUTED)]
    for i in range(8):
        colour = {0: BLUE, 1: ORANGE, 7: RED}.get(i, MUTED)
        parts.append(rect(24 + i * 39, 206, 39, 28, colour=colour, radius=0))
        parts.append(text(43.5 + i * 39, 220, "64"))
    parts += [
        text(180, 250, "拼接：8×64＝512", colour=MUTED),
        arrow((180, 262), (180, 284)),
        box(180, 302, 210, 34, "乘 W_O（512×512）混合", colour=GREEN),
        arrow((180, 319), (180, 341)),
        text(180, 354, "输出：n×512"),
    ]
    return svg(372, "多头注意力：投影、各头计算、拼接、输出投影", *parts)


def ffn_two_and_three() -> str:
    """The two-matrix FFN of 2017 beside the three-matrix SwiGLU."""
    left, gate, up, right = 68.0, 190.0, 296.0, 243.0
    return svg(
        336,
        "两矩阵 FFN 与三矩阵 SwiGLU FFN",
        text(left, 22, "ReLU：两个矩阵", bold=True),
        text(right, 22, "SwiGLU：三个矩阵", bold=True),
        line((132, 14), (132, 322), colour=RULE, width=1),
        text(left, 52, "x：d 维", colour=MUTED),
        arrow((left, 62), (left, 82)),
        box(left, 99, 104, 34, "W_1：d→4d"),
        arrow((left, 116), (left, 146)),
        box(left, 163, 104, 34, "ReLU", colour=ORANGE),
        arrow((left, 180), (left, 246)),
        box(left, 263, 104, 34, "W_2：4d→d"),
        arrow((left, 280), (left, 302)),
        text(left, 314, "输出：d 维", colour=MUTED),
        text(right, 52, "x：d 维", colour=MUTED),
        arrow((right, 62), (gate, 82)),
        arrow((right, 62), (up, 82)),
        box(gate, 99, 100, 34, "W：d→8d/3"),
        box(up, 99, 100, 34, "V：d→8d/3"),
        arrow((gate, 116), (gate, 146)),
        box(gate, 163, 100, 34, "SiLU", colour=ORANGE),
        arrow((up, 116), (up, 213), (right + 10, 213)),
        arrow((gate, 180), (gate, 213), (right - 10, 213)),
        plus(right, 213, "×"),
        arrow((right, 223), (right, 246)),
        box(right, 263, 150, 34, "W_2：8d/3→d"),
        arrow((right, 280), (right, 302)),
        text(right, 314, "输出：d 维", colour=MUTED),
    )


def activation_curves() -> str:
    """ReLU, GELU and SiLU between -4 and 3."""
    left, right, top, bottom = 34.0, 346.0, 16.0, 276.0
    low, high, floor, ceiling = -4.0, 3.0, -0.5, 3.0

    def place(x: float, y: float) -> Point:
        across, up = (x - low) / (high - low), (y - floor) / (ceiling - floor)
        return (left + across * (right - left), bottom - up * (bottom - top))

    def curve(function: Callable[[float], float], colour: str, *, dashed: bool = False) -> str:
        steps = 210
        xs = [low + (high - low) * i / steps for i in range(steps + 1)]
        return line(*(place(x, function(x)) for x in xs), colour=colour, width=2.4, dashed=dashed)

    parts = []
    for tick in range(-4, 4):
        parts.append(line(place(tick, floor), place(tick, ceiling), colour=RULE, width=0.8))
        parts.append(text(place(tick, floor)[0], bottom + 12, str(tick).replace("-", "−"), colour=MUTED))
    for tick in range(4):
        parts.append(
            line(
                place(low, tick),
                place(high, tick),
                colour=MUTED if tick == 0 else RULE,
                width=1.4 if tick == 0 else 0.8,
            )
        )
        parts.append(text(left - 12, place(low, tick)[1], str(tick), colour=MUTED))
    parts += [
        curve(lambda x: max(0.0, x), MUTED, dashed=True),
        curve(lambda x: x / 2 * (1 + math.erf(x / math.sqrt(2))), BLUE),
        curve(lambda x: x / (1 + math.exp(-x)), RED),
    ]
    legend = [
        ("ReLU：负半轴恒为 0", MUTED, True),
        ("GELU：最低约 −0.17", BLUE, False),
        ("SiLU：最低约 −0.28", RED, False),
    ]
    for i, (words, colour, dashed) in enumerate(legend):
        y = 38 + i * 24
        parts += [
            line((46, y), (72, y), colour=colour, width=2.6, dashed=dashed),
            text(80, y, words, anchor="start", colour=colour),
        ]
    return svg(302, "ReLU、GELU、SiLU 三条曲线", *parts)


def residual_path() -> str:
    """The trunk carries the gradient back unchanged; the branches add to it."""
    trunk, branch = 150.0, 62.0
    parts = [text(20, trunk, "x_0", size=16, anchor="start"), line((44, trunk), (316, trunk), colour=GREEN, width=4)]
    for cx in (112.0, 222.0):
        parts += [
            line((cx - 48, trunk), (cx - 48, branch), (cx - 30, branch)),
            box(cx, branch, 60, 36, "F(x)"),
            arrow((cx + 30, branch), (cx + 46, branch), (cx + 46, trunk - 11)),
            plus(cx + 46, trunk),
        ]
    parts += [
        arrow((300, trunk), (322, trunk), colour=GREEN, width=3),
        text(327, trunk, "x_L", size=16, anchor="start"),
        text(180, 22, "前向：主干加上每层算出的增量"),
        arrow((326, 196), (36, 196), colour=RED, width=3),
        text(180, 218, "反向：梯度里总有一份", colour=RED),
        text(180, 238, "沿主干原样传回，不乘任何权重", colour=RED),
    ]
    return svg(256, "残差主干让梯度直接传回浅层", *parts)


def norm_axes() -> str:
    """Which cells share one mean and one variance."""
    cell, rows, columns = 24.0, 5, 5

    def panel(x: float, name: str, colour: str, chosen: Callable[[int, int], bool], note: tuple[str, str]) -> list[str]:
        middle = x + columns * cell / 2
        return [
            text(middle, 22, name, bold=True),
            text(middle, 48, "特征 →", colour=MUTED),
            grid(x, 62, rows, columns, cell, lambda r, c: colour if chosen(r, c) else PAPER),
            text(middle, 204, note[0], colour=colour),
            text(middle, 224, note[1], colour=colour),
        ]

    parts = [
        *panel(40, "BatchNorm", RED, lambda r, c: c == 1, ("每个特征一组统计量", "要看整批词元")),
        *panel(218, "Layer/RMSNorm", BLUE, lambda r, c: r == 1, ("每个词元一组统计量", "只看自己")),
    ]
    for i, letter in enumerate("词元↓"):
        parts.append(text(20, 100 + i * 20, letter, colour=MUTED))
        parts.append(text(198, 100 + i * 20, letter, colour=MUTED))
    return svg(244, "BatchNorm 与 LayerNorm/RMSNorm 的统计范围", *parts)


def kv_sharing() -> str:
    """Eight query heads and what is cached for them: 8 pairs, 2 pairs, 1 pair, one compressed vector."""
    left, gap, size = 78.0, 34.0, 24.0
    parts = [text(left + 3.5 * gap, 20, "8 个查询头（不缓存）", colour=BLUE, bold=True)]

    def heads(y: float) -> list[str]:
        return [rect(left + i * gap - size / 2, y - 10, size, 20, colour=BLUE, radius=3) for i in range(8)]

    rows = [("MHA", 8, "8 份 K、V"), ("GQA", 2, "2 份 K、V"), ("MQA", 1, "1 份 K、V")]
    for r, (name, groups, note) in enumerate(rows):
        y = 48.0 + r * 92
        parts += [text(34, y + 22, name, bold=True, size=16), *heads(y)]
        share = 8 // groups
        for g in range(groups):
            centre = left + (g * share + (share - 1) / 2) * gap
            parts += [
                line((left + (g * share + i) * gap, y + 10), (centre, y + 34), colour=MUTED, width=1.2)
                for i in range(share)
            ]
            parts.append(rect(centre - size / 2, y + 34, size, 20, colour=ORANGE, radius=3))
        parts.append(text(left + 3.5 * gap, y + 68, note, colour=ORANGE))
    y = 48.0 + 3 * 92
    parts += [text(34, y + 22, "MLA", bold=True, size=16), *heads(y)]
    centre = left + 3.5 * gap
    parts += [line((left + i * gap, y + 10), (centre, y + 34), colour=MUTED, width=1.2) for i in range(8)]
    parts += [
        rect(centre - 72, y + 34, 78, 22, colour=GREEN, radius=3),
        text(centre - 33, y + 44, "压缩向量", colour=GREEN),
        rect(centre + 12, y + 34, 58, 22, colour=RED, radius=3),
        text(centre + 41, y + 44, "位置键", colour=RED),
        text(centre, y + 72, "不存 K、V，直接和压缩向量打分", colour=GREEN),
    ]
    return svg(412, "MHA、GQA、MQA、MLA 各缓存什么", *parts)


def mla_compress() -> str:
    """Down to a small vector that is cached; the way up is folded into the neighbours at inference."""
    cx = 96.0
    return svg(
        352,
        "MLA：降维、缓存、升维，以及推理时的合并",
        text(cx, 22, "训练时", bold=True),
        text(272, 22, "推理时", bold=True),
        line((184, 12), (184, 338), colour=RULE, width=1),
        box(cx, 56, 130, 36, "词元 h：7168 维", colour=MUTED),
        arrow((cx, 74), (cx, 104)),
        text(cx + 10, 89, "降维", anchor="start", colour=MUTED),
        box(cx, 124, 130, 40, "压缩向量 c", "512 维", colour=GREEN),
        arrow((cx - 20, 144), (50, 180)),
        arrow((cx + 20, 144), (142, 180)),
        text(cx, 164, "升维", colour=MUTED),
        box(50, 200, 76, 40, "K：128×", "128 头", colour=ORANGE),
        box(142, 200, 76, 40, "V：128×", "128 头", colour=ORANGE),
        arrow((50, 220), (80, 254)),
        arrow((142, 220), (112, 254)),
        box(cx, 274, 130, 38, "各头注意力", colour=BLUE),
        text(cx, 316, "K、V 都展开", colour=MUTED),
        box(272, 56, 150, 36, "新词元的 q", colour=BLUE),
        arrow((272, 74), (272, 104)),
        box(272, 124, 150, 40, "先乘升 K 的矩阵", "变成 512 维", colour=BLUE),
        arrow((272, 144), (272, 180)),
        box(272, 200, 150, 40, "和缓存的 c 打分", "再对 c 加权", colour=GREEN),
        arrow((272, 220), (272, 254)),
        box(272, 274, 150, 38, "升 V 并入输出投影", colour=BLUE),
        text(272, 316, "缓存只有 c（和位置键）", colour=GREEN, bold=True),
    )


def attention_cost() -> str:
    """Operations of one layer, d=4096: projections, FFN, and the quadratic part, as shares."""
    left, top, width = 84.0, 66.0, 232.0
    parts = [text(180, 20, "一层的浮点运算占比（d＝4096）", bold=True)]
    legend = [("投影 8nd²", BLUE), ("前馈 16nd²", GREEN), ("打分与加权 4n²d", RED)]
    xs = (14.0, 116.0, 228.0)
    for x, (words, colour) in zip(xs, legend, strict=True):
        parts += [rect(x, 38, 12, 12, colour=colour, fill=colour, radius=2), text(x + 16, 44, words, anchor="start")]
    for i, n in enumerate((2048, 8192, 24576, 131072)):
        d, y = 4096, top + 14 + i * 42
        amounts = (8 * n * d * d, 16 * n * d * d, 4 * n * n * d)
        start = left
        parts.append(text(left - 8, y + 11, f"n={n}", anchor="end", colour=MUTED))
        for amount, colour in zip(amounts, (BLUE, GREEN, RED), strict=True):
            length = width * amount / sum(amounts)
            parts.append(rect(start, y, length, 24, colour=colour, fill=colour, radius=0))
            start += length
        share = 100 * amounts[2] / sum(amounts)
        parts.append(text(352, y + 12, f"{share:.0f}%", anchor="end", colour=RED, bold=True))
    return svg(262, "序列变长，平方项的占比怎样上升", *parts, text(180, 246, "右边是平方项（红）的占比", colour=MUTED))


def moe_routing() -> str:
    """One token, a router, four experts; the best two work, their outputs are weighed and added."""
    centres = (52.0, 136.0, 220.0, 304.0)
    scores, weights = ("0.1", "2.0", "−0.5", "1.2"), ("", "0.69", "", "0.31")
    parts = [
        box(178, 26, 130, 34, "词元 x", colour=MUTED),
        arrow((178, 43), (178, 66)),
        box(178, 84, 210, 36, "路由器：给专家打分", colour=ORANGE),
    ]
    for i, cx in enumerate(centres):
        chosen = i in (1, 3)
        colour = BLUE if chosen else RULE
        ink = BLUE if chosen else MUTED
        parts += [
            line((178, 102), (cx, 146), colour=colour, width=2 if chosen else 1.2, dashed=not chosen),
            rect(cx - 36, 146, 72, 52, colour=colour, fill=None if chosen else PAPER),
            text(cx, 161, f"专家 {i + 1}", colour=ink, bold=chosen),
            text(cx, 183, f"分 {scores[i]}", colour=ink),
        ]
        if chosen:
            parts += [
                arrow((cx, 198), (178 + (cx - 178) * 0.22, 246), colour=BLUE, width=2),
                text(cx + (-28 if i == 1 else 12), 226, f"×{weights[i]}", colour=BLUE, anchor="middle"),
            ]
        else:
            parts.append(text(cx, 214, "不算", colour=MUTED))
    parts += [
        box(178, 264, 130, 34, "加权求和 y", colour=GREEN),
        text(180, 302, "只有 2 个专家计算；权重由选中的分数", colour=MUTED),
        text(180, 322, "2.0 和 1.2 过 softmax 得 0.69、0.31", colour=MUTED),
    ]
    return svg(340, "混合专家：路由器选出分数最高的两个专家", *parts)


def moe_bias() -> str:
    """Tokens per expert without a bias, and after the bias has been moved step by step."""

    def panel(x: float, name: str, tokens: tuple[int, ...], biases: tuple[str, ...], colour: str) -> list[str]:
        base = 188.0
        parts = [text(x + 70, 22, name, bold=True)]
        average = 25 * 1.1
        for i, (count, bias) in enumerate(zip(tokens, biases, strict=True)):
            height = count * 1.1
            cx = x + 17 + i * 36
            parts += [
                rect(cx - 12, base - height, 24, height, colour=colour, fill=colour, radius=2),
                text(cx, base - max(height, average) - 11, str(count), colour=colour),
                text(cx, base + 14, f"E{i + 1}", colour=MUTED),
                text(cx, base + 38, bias, colour=ORANGE, bold=True),
            ]
        parts.append(line((x - 2, base - average), (x + 142, base - average), colour=INK, width=1.2, dashed=True))
        return parts

    return svg(
        296,
        "无辅助损失的均衡：偏置把忙的专家调低、闲的调高",
        *panel(22, "开始：偏置都是 0", (70, 12, 10, 8), ("0", "0", "0", "0"), RED),
        *panel(200, "调过以后", (27, 25, 24, 24), ("−0.3", "+0.1", "+0.1", "+0.1"), GREEN),
        line((180, 12), (180, 236), colour=RULE, width=1),
        text(180, 250, "柱是每个专家分到的词元数，虚线是平均", colour=MUTED),
        text(180, 274, "橙色是偏置：只用来选专家，不改权重", colour=ORANGE),
    )


def mtp_two_ways() -> str:
    """Parallel heads on one trunk beside a chain of modules that keeps the causal order."""
    left, right = 88.0, 266.0
    parts = [
        text(left, 22, "并行的头", bold=True),
        text(right, 22, "串行的模块", bold=True),
        line((178, 12), (178, 330), colour=RULE, width=1),
        box(left, 286, 132, 38, "主干", colour=MUTED),
        text(left, 322, "读到第 t 位", colour=MUTED),
    ]
    for i in range(3):
        cx = left - 52 + i * 52
        parts += [
            arrow((left + (cx - left) * 0.8, 267), (cx, 190), colour=BLUE),
            box(cx, 172, 46, 34, f"头 {i + 1}", colour=BLUE),
            arrow((cx, 155), (cx, 104), colour=BLUE),
            text(cx, 90, f"t+{i + 1}", colour=BLUE, bold=True),
        ]
    parts += [
        text(left, 60, "各猜一位，互不商量", colour=MUTED),
        box(right, 286, 132, 38, "主干", colour=MUTED),
        text(right, 322, "读到第 t 位", colour=MUTED),
        arrow((222, 267), (222, 104), colour=GREEN),
        text(214, 90, "t+1", colour=GREEN, bold=True),
        arrow((270, 267), (284, 213), colour=GREEN),
        box(292, 192, 96, 40, "多一个块", "＋词元 t+1", colour=GREEN),
        arrow((292, 172), (292, 104), colour=GREEN),
        text(292, 90, "t+2", colour=GREEN, bold=True),
        text(right, 60, "后一位看得到前一位", colour=MUTED),
    ]
    return svg(340, "多词元预测的两种做法：并行的头与串行的模块", *parts)


def norm_places() -> str:
    """Where the normalization stands: after the addition, at the entrance, at entrance and exit."""

    def column(cx: float, name: str, steps: list[str], notes: tuple[str, str], colour: str) -> list[str]:
        parts = [text(cx, 22, name, bold=True), text(cx, 50, "x", size=16)]
        y, side = 92.0, cx - 50
        previous = 60.0
        for step in steps:
            half = 10.0 if step == "+" else 15.0
            parts.append(arrow((cx, previous), (cx, y - half)))
            if step == "+":
                parts += [arrow((cx, 66), (side, 66), (side, y), (cx - 10, y), colour=GREEN, width=2), plus(cx, y)]
            else:
                parts.append(box(cx, y, 76, 30, step, colour=ORANGE if step == "Norm" else BLUE))
            previous, y = y + half, y + 46
        parts.append(arrow((cx, previous), (cx, 288)))
        return [*parts, text(cx, 304, notes[0], colour=colour), text(cx, 326, notes[1], colour=colour)]

    return svg(
        344,
        "归一化的三种位置",
        line((122, 12), (122, 334), colour=RULE, width=1),
        line((241, 12), (241, 334), colour=RULE, width=1),
        *column(66, "Post-Norm", ["子层 F", "+", "Norm"], ("主干被归一", "要靠预热"), RED),
        *column(186, "Pre-Norm", ["Norm", "子层 F", "+"], ("主干只有加法", "好训"), GREEN),
        *column(305, "两头都放", ["Norm", "子层 F", "Norm", "+"], ("增量也被限住", "Gemma 2、3"), BLUE),
    )


def linear_state() -> str:
    """What one layer keeps of the past: a cache that grows with the length, a state that does not."""
    left, right, top, bottom = 66.0, 340.0, 58.0, 226.0
    most, state, latent = 8192, 96 * 128 * 128, 576

    def place(tokens: float, values: float) -> Point:
        return left + (right - left) * tokens / most, bottom - (bottom - top) * values / 5e6

    cross = state / latent
    x, y = place(cross, state)
    return svg(
        330,
        "注意力的缓存随长度增长，线性层的状态不变",
        text(180, 20, "一层要留住多少数（百万个）", bold=True),
        *(line(place(0, m * 1e6), place(most, m * 1e6), colour=RULE, width=0.8) for m in range(6)),
        *(text(left - 8, place(0, m * 1e6)[1], str(m), anchor="end", colour=MUTED) for m in range(6)),
        *(text(place(n, 0)[0], bottom + 16, str(n), colour=MUTED) for n in (2048, 4096, 6144, 8192)),
        line(place(0, 0), place(most, latent * most), colour=ORANGE, width=2.8),
        line(place(0, state), place(most, state), colour=GREEN, width=2.8),
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4.5" fill="{RED}"/>',
        text(x + 10, y + 16, "约 2731 个词元", colour=RED, anchor="start"),
        text(200, bottom + 38, "读过的词元数", colour=MUTED),
        line((56, bottom + 64), (84, bottom + 64), colour=ORANGE, width=3),
        text(92, bottom + 64, "MLA 的缓存：每词元 576 个", anchor="start", colour=ORANGE),
        line((56, bottom + 88), (84, bottom + 88), colour=GREEN, width=3),
        text(92, bottom + 88, "KDA 的状态：96×128×128，不变", anchor="start", colour=GREEN),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "02-attention/block-then-and-now.svg": block_then_and_now,
    "02-attention/attention-flow.svg": attention_flow,
    "02-attention/multi-head.svg": multi_head,
    "02-attention/ffn-two-and-three.svg": ffn_two_and_three,
    "02-attention/activation-curves.svg": activation_curves,
    "02-attention/residual-path.svg": residual_path,
    "02-attention/norm-axes.svg": norm_axes,
    "02-attention/kv-sharing.svg": kv_sharing,
    "02-attention/mla-compress.svg": mla_compress,
    "02-attention/attention-cost.svg": attention_cost,
    "02-attention/moe-routing.svg": moe_routing,
    "02-attention/moe-bias.svg": moe_bias,
    "02-attention/mtp-two-ways.svg": mtp_two_ways,
    "02-attention/norm-places.svg": norm_places,
    "02-attention/linear-state.svg": linear_state,
}
