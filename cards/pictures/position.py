"""Pictures of topic 03: position and long context."""

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
    TINT,
    Point,
    arrow,
    box,
    grid,
    line,
    rect,
    svg,
    text,
)


def blend(low: str, high: str, share: float) -> str:
    """The colour a share of the way from low to high."""
    pairs = ((int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def sinusoid_map() -> str:
    """The values of the sinusoidal encoding: 16 positions by 16 dimensions."""
    left, top, cell, d, rows = 52.0, 66.0, 18.0, 16, 16

    def value(position: int, dimension: int) -> float:
        angle = position / 10000 ** (2 * (dimension // 2) / d)
        return math.cos(angle) if dimension % 2 else math.sin(angle)

    def fill(row: int, column: int) -> str:
        share = value(row, column)
        return blend(PAPER, BLUE, share) if share > 0 else blend(PAPER, RED, -share)

    right, bottom = left + d * cell, top + rows * cell
    parts = [
        text((left + right) / 2, 20, "维度（两维一组）：频率由快到慢", bold=True),
        text(left + cell, 48, "最快", colour=MUTED),
        text(right - cell, 48, "最慢", colour=MUTED),
        arrow((left + 2.4 * cell, 48), (right - 2.4 * cell, 48)),
        grid(left, top, rows, d, cell, fill),
    ]
    parts += [
        line((left + 2 * i * cell, top), (left + 2 * i * cell, bottom), colour=INK, width=1.4)
        for i in range(d // 2 + 1)
    ]
    parts += [text(left - 8, top + (row + 0.5) * cell, str(row), colour=MUTED, anchor="end") for row in (0, 5, 10, 15)]
    parts += [text(14, top + 104 + i * 20, letter) for i, letter in enumerate("位置↓")]
    steps, width = 24, 7.0
    start = (left + right - steps * width) / 2
    parts += [
        rect(
            start + i * width,
            bottom + 14,
            width + 0.4,
            14,
            colour=PAPER,
            radius=0,
            fill=blend(PAPER, BLUE, s) if (s := 2 * i / (steps - 1) - 1) > 0 else blend(PAPER, RED, -s),
        ).replace(' stroke="#ffffff" stroke-width="1.4"', "")
        for i in range(steps)
    ]
    parts += [
        text(start - 16, bottom + 21, "−1", colour=MUTED),
        text(start + steps * width + 14, bottom + 21, "1", colour=MUTED),
    ]
    return svg(int(bottom + 42), "正弦位置编码的取值：位置乘维度的色块图", *parts)


def rope_rotation() -> str:
    """The same query and key at positions 2 and 5, and at 6 and 9: both turn, the angle between them stays."""
    radius, step = 74.0, math.radians(22)
    q_start, k_start = math.radians(8), math.radians(24)

    def turned(centre: Point, angle: float, length: float = radius) -> Point:
        return centre[0] + length * math.cos(angle), centre[1] - length * math.sin(angle)

    def arc(centre: Point, length: float, begin: float, end: float, colour: str) -> str:
        points = [turned(centre, begin + (end - begin) * i / 40, length) for i in range(41)]
        return line(*points, colour=colour, width=2.4)

    def dial(cx: float, m: int, n: int) -> list[str]:
        centre = (cx, 158.0)
        q, k = q_start + m * step, k_start + n * step
        ring = [turned(centre, 2 * math.pi * i / 72, radius) for i in range(73)]
        wedge = [centre, *(turned(centre, q + (k - q) * i / 20, 40) for i in range(21)), centre]
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in wedge)
        q_tip, k_tip = turned(centre, q, radius + 15), turned(centre, k, radius + 15)
        return [
            line(*ring, colour=RULE, width=1.2),
            f'<polygon points="{points}" fill="{TINT[GREEN]}"/>',
            arc(centre, 40, q, k, GREEN),
            arrow(centre, turned(centre, q_start), colour=RULE, width=2),
            arrow(centre, turned(centre, k_start), colour=RULE, width=2),
            arrow(centre, turned(centre, q), colour=BLUE, width=2.8),
            arrow(centre, turned(centre, k), colour=ORANGE, width=2.8),
            text(*q_tip, "q", size=17, colour=BLUE, bold=True),
            text(*k_tip, "k", size=17, colour=ORANGE, bold=True),
            text(cx, 22, f"q 在第 {m} 位", colour=BLUE, bold=True),
            text(cx, 44, f"k 在第 {n} 位", colour=ORANGE, bold=True),
            text(cx, 272, f"q 转 {m}θ，k 转 {n}θ"),
        ]

    return svg(
        354,
        "RoPE：查询和键各自旋转，两者的夹角只看位置差",
        line((180, 12), (180, 284), colour=RULE, width=1),
        *dial(90, 2, 5),
        *dial(270, 6, 9),
        text(180, 312, "浅灰：还没转的 q 和 k", colour=MUTED),
        text(180, 336, "位置都差 3：绿色夹角相同，内积相同", colour=GREEN, bold=True),
    )


def alibi_bias() -> str:
    """The bias of one head (slope 1/2) for five tokens, and what some heads take off at distance 10."""
    left, top, cell = 64.0, 70.0, 46.0

    def fill(row: int, column: int) -> str:
        return TINT[MUTED] if column > row else blend(PAPER, ORANGE, 0.2 * (row - column))

    parts = [
        text(left + 2.5 * cell, 20, "头 1（斜率 1/2）加到分数上的偏置", bold=True),
        grid(left, top, 5, 5, cell, fill),
    ]
    for row in range(5):
        parts.append(text(left - 22, top + (row + 0.5) * cell, f"q{row + 1}", colour=BLUE))
        parts.append(text(left + (row + 0.5) * cell, top - 16, f"k{row + 1}", colour=BLUE))
        for column in range(5):
            distance = row - column
            words = "−∞" if distance < 0 else "0" if distance == 0 else f"−{distance / 2:g}"
            parts.append(
                text(
                    left + (column + 0.5) * cell,
                    top + (row + 0.5) * cell,
                    words,
                    size=15,
                    colour=MUTED if distance < 0 else INK,
                )
            )
    bottom = top + 5 * cell
    parts.append(text(180, bottom + 28, "相距 10 时，各头扣多少", bold=True))
    for i, (head, slope, words) in enumerate(
        ((1, "1/2", "5"), (3, "1/8", "1.25"), (5, "1/32", "0.31"), (8, "1/256", "0.039"))
    ):
        y = bottom + 56 + i * 26
        penalty = 10 / 2**head
        parts += [
            text(14, y, f"头 {head}，斜率 {slope}", anchor="start"),
            rect(140, y - 8, max(3, penalty * 30), 16, colour=ORANGE, radius=2),
            text(148 + max(3, penalty * 30), y, words, anchor="start", colour=MUTED),
        ]
    return svg(int(bottom + 56 + 4 * 26), "ALiBi：按距离线性扣分，各头斜率不同", *parts)


def chunk_two_ways() -> str:
    """Hierarchical merging beside incremental updating."""
    parts = [
        text(92, 22, "分层合并", bold=True),
        text(272, 22, "滚动更新", bold=True),
        line((184, 12), (184, 318), colour=RULE, width=1),
    ]
    xs = (27.0, 71.0, 115.0, 159.0)
    for i, x in enumerate(xs):
        parts += [
            box(x, 60, 38, 34, f"块{i + 1}", colour=MUTED),
            arrow((x, 77), (x, 105)),
            box(x, 124, 38, 34, "摘要", colour=BLUE),
        ]
    for pair, middle in (((27.0, 71.0), 49.0), ((115.0, 159.0), 137.0)):
        parts += [arrow((x, 141), (middle + (x - middle) * 0.4, 178)) for x in pair]
        parts.append(box(middle, 198, 62, 36, "合并", colour=BLUE))
    parts += [arrow((49, 216), (76, 250)), arrow((137, 216), (110, 250)), box(93, 270, 84, 38, "总摘要", colour=GREEN)]
    parts.append(text(93, 308, "同一层可以并行", colour=GREEN))
    for i in range(4):
        y = 60 + i * 70
        parts += [
            box(216, y, 40, 34, f"块{i + 1}", colour=MUTED),
            arrow((236, y), (264, y)),
            box(306, y, 84, 36, f"摘要 {i + 1}" if i < 3 else "总摘要", colour=ORANGE if i < 3 else GREEN),
        ]
        if i < 3:
            parts.append(arrow((306, y + 18), (306, y + 51), colour=ORANGE))
    parts.append(text(272, 308, "只能一块接一块", colour=RED))
    return svg(328, "分块汇总的两种方式：分层合并与滚动更新", *parts)


def rope_scaling() -> str:
    """What is left of each group's frequency: PI, NTK-aware and YaRN, for d=128, L=4096, s=16."""
    left, right, top, bottom = 48.0, 344.0, 56.0, 256.0
    d, base, length, s = 128, 10000.0, 4096, 16.0
    groups = d // 2

    def place(i: float, share: float) -> Point:
        up = math.log(share * s) / math.log(s)
        return left + (right - left) * i / (groups - 1), bottom - (bottom - top) * up

    def yarn(i: int) -> float:
        turns = length / (2 * math.pi * base ** (2 * i / d))
        ramp = min(1.0, max(0.0, (turns - 1) / 31))
        return float(ramp + (1 - ramp) / s)

    def ntk(i: int) -> float:
        return float(s ** (-2 * i / (d - 2)))

    parts = [
        text(196, 20, "各组转速剩下多少（扩 16 倍）", bold=True),
        line((left, top), (left, bottom), (right, bottom), colour=MUTED, width=1.4),
    ]
    for share, words in ((1.0, "1"), (0.25, "1/4"), (1 / 16, "1/16")):
        y = place(0, share)[1]
        parts += [
            line((left, y), (right, y), colour=RULE, width=0.8),
            text(left - 8, y, words, anchor="end", colour=MUTED),
        ]
    curves: list[tuple[str, str, Callable[[int], float]]] = [
        (RED, "PI：一律 1/16", lambda _: 1 / s),
        (ORANGE, "NTK：越慢压得越多", ntk),
        (BLUE, "YaRN：快的不动，慢的压到底", yarn),
    ]
    for colour, words, share_of in curves:
        parts.append(line(*(place(i, share_of(i)) for i in range(groups)), colour=colour, width=2.6))
        y = 306 + 24 * [c for c, _, _ in curves].index(colour)
        parts += [
            line((60, y), (88, y), colour=colour, width=3),
            text(96, y, words, anchor="start", colour=colour),
        ]
    parts += [
        text(left, bottom + 18, "转得快", anchor="start", colour=MUTED),
        text(right, bottom + 18, "转得慢", anchor="end", colour=MUTED),
        text(196, bottom + 18, "64 组频率", colour=MUTED),
    ]
    return svg(374, "位置插值、NTK、YaRN 对各组频率的缩放", *parts)


def sliding_window() -> str:
    """The band mask with a window of 3, and how the reach grows with the layers."""
    cell, n, window = 19.0, 8, 3

    def fill(row: int, column: int) -> str:
        return BLUE if row - window < column <= row else PAPER

    parts = [
        text(92, 20, "掩码：窗口 3", bold=True),
        grid(16, 40, n, n, cell, fill),
        text(92, 214, "每行只有 3 格", colour=BLUE),
        text(92, 236, "缓存也只留 3 个", colour=BLUE),
        line((182, 12), (182, 250), colour=RULE, width=1),
        text(272, 20, "看到的范围逐层变宽", bold=True),
    ]
    step, right_x = 19.0, 344.0
    for layer in range(4):
        y = 196.0 - layer * 48
        for i in range(n):
            x = right_x - i * step
            inside = i < 1 + (window - 1) * (3 - layer)
            parts.append(
                f'<circle cx="{x:g}" cy="{y:g}" r="6" fill="{TINT[GREEN] if inside else PAPER}" '
                f'stroke="{GREEN if inside else RULE}" stroke-width="1.4"/>'
            )
        if layer < 3:
            width_below = 1 + (window - 1) * (3 - layer)
            width_above = 1 + (window - 1) * (2 - layer)
            for i in range(width_above):
                for j in range(window):
                    if i + j < min(n, width_below):
                        parts.append(
                            line(
                                (right_x - i * step, y - 42), (right_x - (i + j) * step, y - 6), colour=GREEN, width=0.8
                            )
                        )
    parts += [
        text(272, 222, "最上层 1 个词元，3 层下来", colour=GREEN),
        text(272, 242, "够得到 7 个", colour=GREEN),
    ]
    return svg(258, "滑动窗口：带状掩码与逐层扩大的范围", *parts)


def lost_middle() -> str:
    """Accuracy of GPT-3.5-Turbo with 20 documents by the position of the answer, and without documents."""
    left, right, top, bottom = 56.0, 340.0, 50.0, 236.0
    data = ((1, 75.8), (5, 57.2), (10, 53.8), (15, 55.4), (20, 63.2))

    def place(position: float, value: float) -> Point:
        return (
            left + (right - left) * (position - 1) / 19,
            bottom - (bottom - top) * (value - 50) / 30,
        )

    parts = [text(180, 20, "20 篇文档里找答案，正确率（%）", bold=True)]
    for tick in (50, 60, 70, 80):
        y = place(1, tick)[1]
        parts += [
            line((left, y), (right, y), colour=RULE, width=0.8),
            text(left - 10, y, str(tick), anchor="end", colour=MUTED),
        ]
    y = place(1, 56.1)[1]
    parts += [
        line((left, y), (right, y), colour=RED, width=1.8, dashed=True),
        line(*(place(*point) for point in data), colour=BLUE, width=2.8),
    ]
    offsets = {1: (26.0, -4.0), 5: (26.0, -12.0), 10: (0.0, 16.0), 15: (4.0, 16.0), 20: (-18.0, -14.0)}
    for position, value in data:
        x, y = place(position, value)
        across, down = offsets[position]
        parts += [
            f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4" fill="{BLUE}"/>',
            text(x + across, y + down, f"{value}", colour=BLUE),
            text(x, bottom + 16, str(position), colour=MUTED),
        ]
    parts += [
        text(198, bottom + 38, "答案在第几篇", colour=MUTED),
        line((70, bottom + 64), (98, bottom + 64), colour=RED, width=1.8, dashed=True),
        text(106, bottom + 64, "不给任何文档：56.1", anchor="start", colour=RED),
    ]
    return svg(316, "答案位置与正确率：中间最差", *parts)


def hybrid_layers() -> str:
    """One period of three hybrid stacks: which layers carry the order, and which have no positions."""
    stacks = [
        ("Llama 4", ["RoPE，块内"] * 3 + ["不加，全局"]),
        ("Muse Spark", ["RoPE，滑窗"] * 3 + ["不加，全局"]),
        ("Kimi K3", ["KDA 线性层"] * 3 + ["不加，全局"]),
    ]
    parts = []
    for i, (name, layers) in enumerate(stacks):
        cx = 62.0 + i * 118
        parts.append(text(cx, 22, name, bold=True))
        for j, words in enumerate(layers):
            y = 222.0 - j * 52
            colour = ORANGE if "不加" in words else GREEN if "KDA" in words else BLUE
            if j:
                parts.append(arrow((cx, y + 36), (cx, y + 18)))
            parts.append(box(cx, y, 104, 34, words, colour=colour))
    parts += [
        text(180, 264, "示意：约每三层配一层，从下往上", colour=MUTED),
        text(180, 288, "橙色层没有位置编码，次序由其他层带来", colour=ORANGE),
    ]
    return svg(306, "不加位置编码的层怎样和别的层混排", *parts)


PICTURES: dict[str, Callable[[], str]] = {
    "03-position/sinusoid-map.svg": sinusoid_map,
    "03-position/rope-rotation.svg": rope_rotation,
    "03-position/alibi-bias.svg": alibi_bias,
    "03-position/chunk-two-ways.svg": chunk_two_ways,
    "03-position/rope-scaling.svg": rope_scaling,
    "03-position/sliding-window.svg": sliding_window,
    "03-position/lost-middle.svg": lost_middle,
    "03-position/hybrid-layers.svg": hybrid_layers,
}
