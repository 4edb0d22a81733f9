"""Pictures of topic 05: pre-training."""

from __future__ import annotations

import math
from collections.abc import Callable

from shapes import BLUE, GREEN, MUTED, ORANGE, PAPER, RED, RULE, TINT, Point, arrow, grid, line, rect, svg, text


def span_corruption() -> str:
    """One sentence under three objectives: what goes in, what must come out."""
    words = ("今天", "我们", "去", "西湖", "划船", "吧")
    width, gap, left = 46.0, 4.0, 36.0

    def row(y: float, cells: list[tuple[str, str, float]], label: str) -> list[str]:
        parts = [text(17, y, label, colour=MUTED)]
        x = left
        for word, colour, units in cells:
            w = units * width + (units - 1) * gap
            parts += [rect(x, y - 14, w, 28, colour=colour), text(x + w / 2, y, word)]
            x += w + gap
        return parts

    plain = [(word, MUTED, 1.0) for word in words]
    bert = [(word, MUTED, 1.0) if i not in (1, 4) else ("[M]", ORANGE, 1.0) for i, word in enumerate(words)]
    bert_out = [("", PAPER, 1.0) if i not in (1, 4) else (word, GREEN, 1.0) for i, word in enumerate(words)]
    t5 = [("今天", MUTED, 1.0), ("⟨X⟩", ORANGE, 1.0), ("划船", MUTED, 1.0), ("吧", MUTED, 1.0)]
    t5_out = [(word, GREEN, 1.0) for word in ("⟨X⟩", "我们", "去", "西湖", "⟨Y⟩")]
    clm_out = [(word, GREEN, 1.0) for word in (*words[1:], "结束")]
    return svg(
        372,
        "三种预训练目标的输入与输出",
        text(180, 20, "BERT：遮单个词元", bold=True),
        *row(52, bert, "入"),
        *row(88, bert_out, "出"),
        line((14, 116), (346, 116), colour=RULE, width=1),
        text(180, 136, "T5：遮一段，一段一个哨兵", bold=True),
        *row(168, t5, "入"),
        *row(204, t5_out, "出"),
        line((14, 232), (346, 232), colour=RULE, width=1),
        text(180, 252, "自回归：预测每个下一词元", bold=True),
        *row(284, plain, "入"),
        *row(320, clm_out, "出"),
        rect(70, 345, 16, 16, colour=GREEN),
        text(92, 353, "算损失", anchor="start"),
        rect(190, 345, 16, 16, colour=ORANGE),
        text(212, 353, "被遮掉的位置", anchor="start"),
    )


def loss_positions() -> str:
    """Who sees whom, and which positions carry loss, for a causal decoder and a prefix LM."""
    size, cell = 6, 22.0

    def panel(y: float, name: str, prefix: int) -> list[str]:
        def fill(r: int, c: int) -> str:
            if c <= r:
                return TINT[BLUE]
            return TINT[ORANGE] if r < prefix and c < prefix else PAPER

        left = 44.0
        parts = [
            text(180, y, name, bold=True),
            text(left + size * cell / 2, y + 24, "能看到谁", colour=MUTED),
            grid(left, y + 38, size, size, cell, fill),
            text(284, y + 24, "在这里算损失吗", colour=MUTED),
        ]
        for r in range(size):
            middle = y + 38 + (r + 0.5) * cell
            counted = r >= max(prefix - 1, 0)
            parts += [
                text(left - 14, middle, str(r + 1), colour=MUTED),
                rect(240, middle - 9, 88, 18, colour=GREEN if counted else MUTED, radius=3),
                text(284, middle, f"预测第 {r + 2} 个" if counted else "不算", colour=GREEN if counted else MUTED),
            ]
        return parts

    return svg(
        438,
        "Causal Decoder 与 Prefix LM 的掩码和带损失的位置",
        *panel(20, "Causal Decoder：处处有损失", 0),
        line((14, 208), (346, 208), colour=RULE, width=1),
        *panel(228, "Prefix LM：前缀 4 个，少算 3 处", 4),
        rect(44, 411, 14, 14, colour=ORANGE, radius=2),
        text(64, 418, "前缀内互相可见", anchor="start", colour=ORANGE),
    )


def axes(left: float, right: float, top: float, bottom: float, ticks: int) -> list[str]:
    """A frame with percent labels on its left."""
    parts = []
    for i in range(ticks + 1):
        y = bottom - (bottom - top) * i / ticks
        parts += [
            line((left, y), (right, y), colour=MUTED if i == 0 else RULE, width=1.4 if i == 0 else 0.8),
            text(left - 6, y, f"{100 * i // ticks}%", anchor="end", colour=MUTED),
        ]
    return parts


def subtask_power() -> str:
    """The whole task's success against the single step's, for 1, 5 and 10 steps."""
    left, right, top, bottom = 52.0, 344.0, 22.0, 252.0

    def place(p: float, share: float) -> Point:
        return left + p * (right - left), bottom - share * (bottom - top)

    parts = axes(left, right, top, bottom, 4)
    for i in range(6):
        x = left + (right - left) * i / 5
        parts.append(text(x if i < 5 else x - 8, bottom + 14, f"{20 * i}%", colour=MUTED))
    for k, colour in ((1, MUTED), (5, BLUE), (10, RED)):
        points = [place(i / 100, (i / 100) ** k) for i in range(101)]
        parts.append(line(*points, colour=colour, width=2.4, dashed=k == 1))
    for p in (0.4, 0.6):
        x, y = place(p, p**5)
        parts.append(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4" fill="{BLUE}"/>')
    parts += [
        text(place(0.4, 0)[0] - 4, bottom - 18, "1%", colour=BLUE),
        text(place(0.6, 0)[0] - 14, bottom - 34, "7.8%", colour=BLUE),
        text(198, bottom + 36, "单步成功率", colour=MUTED),
        rect(58, 26, 112, 72, colour=PAPER),
        line((64, 36), (90, 36), colour=MUTED, width=2.4, dashed=True),
        text(98, 36, "1 步", anchor="start", colour=MUTED),
        line((64, 60), (90, 60), colour=BLUE, width=2.4),
        text(98, 60, "5 步全对", anchor="start", colour=BLUE),
        line((64, 84), (90, 84), colour=RED, width=2.4),
        text(98, 84, "10 步全对", anchor="start", colour=RED),
    ]
    return svg(302, "整体成功率随单步成功率的变化", *parts)


def grokking_curve() -> str:
    """A sketch: accuracy on the training and the validation set against the logarithm of the steps."""
    left, right, top, bottom = 52.0, 344.0, 22.0, 222.0

    def place(t: float, share: float) -> Point:
        return left + t * (right - left), bottom - share * (bottom - top)

    def rise(t: float, middle: float, steep: float) -> float:
        return 0.01 + 0.98 / (1 + math.exp(-(t - middle) * steep))

    parts = axes(left, right, top, bottom, 2)
    for middle, steep, colour in ((0.24, 32, BLUE), (0.82, 34, RED)):
        points = [place(i / 200, rise(i / 200, middle, steep)) for i in range(201)]
        parts.append(line(*points, colour=colour, width=2.6))
    parts += [
        text(place(0.34, 0)[0], 74, "训练集", colour=BLUE, anchor="start", bold=True),
        text(place(0.34, 0)[0], 96, "很早背熟", colour=BLUE, anchor="start"),
        text(place(0.78, 0)[0], 74, "验证集", colour=RED, anchor="end", bold=True),
        arrow(place(0.5, 0.22), place(0.75, 0.22), colour=MUTED),
        arrow(place(0.5, 0.22), place(0.27, 0.22), colour=MUTED),
        text(place(0.51, 0)[0], place(0, 0.12)[1], "这期间仍是乱猜", colour=MUTED),
        text(198, bottom + 20, "训练步数（对数刻度）→", colour=MUTED),
        text(198, bottom + 44, "示意图，纵轴是准确率", colour=MUTED),
    ]
    return svg(282, "Grokking：训练与验证准确率", *parts)


def chinchilla_valleys() -> str:
    """Loss against parameters at three budgets, by the coefficients of the replication; their lowest points."""
    left, right, top, bottom = 52.0, 336.0, 30.0, 246.0
    e, a, b, alpha, beta = 1.8172, 482.01, 2085.43, 0.3478, 0.3658
    low, high, least, most = 7.9, 11.3, 2.0, 3.2

    def loss(n: float, c: float) -> float:
        return e + a / n**alpha + b / (c / 6 / n) ** beta

    def place(n: float, value: float) -> Point:
        x = left + (math.log10(n) - low) / (high - low) * (right - left)
        return x, bottom - (value - least) / (most - least) * (bottom - top)

    parts = []
    for i in range(5):
        value = 2.0 + 0.3 * i
        y = place(1e9, value)[1]
        parts += [
            line((left, y), (right, y), colour=RULE if i else MUTED, width=0.8 if i else 1.4),
            text(left - 6, y, f"{value:.1f}", anchor="end", colour=MUTED),
        ]
    for n, words in ((1e8, "1 亿"), (1e9, "10 亿"), (1e10, "100 亿"), (1e11, "1000 亿")):
        parts.append(text(place(n, 2)[0] - (8 if n == 1e11 else 0), bottom + 14, words, colour=MUTED))
    best: list[Point] = []
    for c, colour, words, at in (
        (1e20, BLUE, "10²⁰ 次", 8.55e9),
        (1e21, GREEN, "10²¹ 次", 5.8e10),
        (1e22, ORANGE, "10²² 次", 1.15e11),
    ):
        points = []
        for i in range(161):
            n = 10 ** (low + (high - low) * i / 160)
            if loss(n, c) <= most:
                points.append(place(n, loss(n, c)))
        parts.append(line(*points, colour=colour, width=2.4))
        g = (alpha * a / (beta * b)) ** (1 / (alpha + beta))
        n_best = g * (c / 6) ** (beta / (alpha + beta))
        x, y = place(n_best, loss(n_best, c))
        best.append((x, y))
        x, y = place(at, loss(at, c))
        parts.append(text(x - 8, y - 8, words, colour=colour, bold=True, anchor="end"))
    parts.append(line(*best, colour=RED, width=1.6, dashed=True))
    parts += [f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4.5" fill="{RED}"/>' for x, y in best]
    return svg(
        316,
        "固定算力，损失随参数量的变化",
        text(left - 6, 14, "损失", anchor="end", colour=MUTED),
        *parts,
        text(194, bottom + 34, "参数量（词元数＝算力÷6÷参数量）", colour=MUTED),
        text(194, bottom + 56, "红点：这档算力下最划算的大小", colour=RED),
    )


def cosine_wsd() -> str:
    """Two learning-rate schedules over the same number of steps; a branch from the plateau."""
    left, right, top, bottom = 52.0, 344.0, 40.0, 214.0

    def place(t: float, rate: float) -> Point:
        return left + t * (right - left), bottom - rate * (bottom - top)

    warm, end = 0.04, 0.85
    cosine = [place(0, 0)] + [
        place(warm + (1 - warm) * i / 100, 0.5 * (1 + math.cos(math.pi * i / 100))) for i in range(101)
    ]
    wsd = [place(0, 0), place(warm, 1), place(end, 1), place(1, 0)]
    parts = [
        line(place(0, 0), place(1, 0), colour=MUTED, width=1.4),
        line(place(0, 0), place(0, 1.06), colour=MUTED, width=1.4),
        text(left - 6, top, "峰值", anchor="end", colour=MUTED),
        text(left - 6, bottom, "0", anchor="end", colour=MUTED),
        line(*cosine, colour=BLUE, width=2.6),
        line(*wsd, colour=ORANGE, width=2.6),
        line(place(0.5, 1), place(0.59, 0), colour=RED, width=2, dashed=True),
        text(*place(0.22, 0.72), "余弦", colour=BLUE, bold=True),
        text(*place(0.3, 1.1), "WSD：平台", colour=ORANGE, bold=True),
        text(place(0.88, 0)[0], place(0, 0.42)[1], "衰减", colour=ORANGE, anchor="end", bold=True),
        text(place(0.56, 0)[0] + 4, place(0, 0.84)[1], "半路分支", colour=RED, anchor="start"),
        text(place(0.56, 0)[0] + 4, place(0, 0.71)[1], "也能收尾", colour=RED, anchor="start"),
        text(198, bottom + 18, "训练步数 →", colour=MUTED),
        text(198, bottom + 42, "余弦的终点必须先定；WSD 可以随时再延长", colour=MUTED),
    ]
    return svg(270, "余弦与 WSD 学习率", *parts)


def float_bits() -> str:
    """Sign, exponent and mantissa of five formats, one cell a bit."""
    rows = [("FP32", 8, 23), ("FP16", 5, 10), ("BF16", 8, 7), ("E4M3", 4, 3), ("E5M2", 5, 2)]
    cell, left = 9.0, 62.0
    parts = [
        rect(20, 12, 14, 14, colour=RED),
        text(40, 19, "符号", anchor="start"),
        rect(100, 12, 14, 14, colour=ORANGE),
        text(120, 19, "指数：定范围", anchor="start"),
        rect(226, 12, 14, 14, colour=BLUE),
        text(246, 19, "尾数：定精度", anchor="start"),
    ]
    for i, (name, exponent, mantissa) in enumerate(rows):
        y = 48 + i * 50
        parts.append(text(left - 10, y + 12, name, anchor="end", bold=True))
        colours = [RED] + [ORANGE] * exponent + [BLUE] * mantissa
        parts.append(grid(left, y, 1, len(colours), cell, lambda _, c, of=colours: TINT[of[c]]))
        parts += [
            text(left + cell * (1 + exponent / 2), y + 22, str(exponent), colour=ORANGE),
            text(left + cell * (1 + exponent + mantissa / 2), y + 22, str(mantissa), colour=BLUE),
        ]
    return svg(302, "五种浮点格式的位数", *parts)


def minhash_curve() -> str:
    """How likely two documents are called duplicates, against their similarity: 14 bands of 8 hashes."""
    left, right, top, bottom = 52.0, 344.0, 22.0, 222.0

    def place(s: float, share: float) -> Point:
        return left + s * (right - left), bottom - share * (bottom - top)

    def caught(s: float) -> float:
        return 1 - (1 - s**8) ** 14

    parts = axes(left, right, top, bottom, 4)
    for i in range(6):
        parts.append(text(place(i / 5, 0)[0] - (6 if i == 5 else 0), bottom + 14, f"{0.2 * i:.1f}", colour=MUTED))
    parts.append(line(*(place(i / 100, caught(i / 100)) for i in range(101)), colour=BLUE, width=2.6))
    for s, words, dx, dy in ((0.5, "0.5：5%", -8, -18), (0.75, "0.75：77%", -12, -4)):
        x, y = place(s, caught(s))
        parts += [
            f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4.5" fill="{RED}"/>',
            text(x + dx, y + dy, words, colour=RED, anchor="end"),
        ]
    return svg(
        292,
        "MinHash 分 14 组、每组 8 个时的判重概率",
        *parts,
        text(198, bottom + 36, "两篇文档的相似度", colour=MUTED),
        text(198, bottom + 57, "纵轴：被判为重复的概率", colour=MUTED),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "05-pretraining/span-corruption.svg": span_corruption,
    "05-pretraining/loss-positions.svg": loss_positions,
    "05-pretraining/subtask-power.svg": subtask_power,
    "05-pretraining/grokking-curve.svg": grokking_curve,
    "05-pretraining/chinchilla-valleys.svg": chinchilla_valleys,
    "05-pretraining/cosine-wsd.svg": cosine_wsd,
    "05-pretraining/float-bits.svg": float_bits,
    "05-pretraining/minhash-curve.svg": minhash_curve,
}
