"""Pictures of topic 10: decoding and faster inference."""

from __future__ import annotations

import math
from collections.abc import Callable

from shapes import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, RED, RULE, arrow, box, line, rect, svg, text


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


def cell(x: float, y: float, words: str, colour: str, *, w: float = 30, h: float = 30) -> str:
    """A small box whose left upper corner is given."""
    return rect(x, y, w, h, colour=colour, radius=2) + text(x + w / 2, y + h / 2, words)


def kv_growth() -> str:
    """The prompt's keys and values are written at once; then every step reads them and writes one column more."""
    parts = [text(180, 20, "缓存里的 K、V", bold=True)]
    for row, (name, old, new) in enumerate((("预填充", 0, 4), ("第 1 步", 4, 1), ("第 2 步", 5, 1), ("第 3 步", 6, 1))):
        y = 38 + row * 44.0
        parts.append(text(12, y + 15, name, anchor="start"))
        for i in range(old + new):
            colour = MUTED if i < old else BLUE if row == 0 else GREEN
            parts.append(cell(92 + i * 36, y, str(i + 1), colour))
    parts += [
        text(180, 228, "蓝：提示的 4 个词，一次写入", colour=BLUE),
        text(180, 250, "灰：直接读　绿：本步新写的一列", colour=GREEN),
    ]
    return svg(266, "KV 缓存逐步变长", *parts)


def prefill_decode() -> str:
    """One long bar for the whole prompt, then one short bar for every word."""
    parts = [
        text(74, 20, "预填充", bold=True, colour=BLUE),
        text(236, 20, "解码", bold=True, colour=GREEN),
        rect(14, 36, 120, 44, colour=BLUE),
        text(74, 58, "提示 512 词"),
    ]
    for i in range(5):
        x = 138 + i * 43.0
        parts += [
            rect(x, 36, 39, 44, colour=GREEN),
            text(x + 19.5, 58, f"词{i + 2}"),
        ]
    parts += [
        arrow((134, 36 + 44), (134, 108), colour=BLUE),
        text(134, 120, "词1", colour=BLUE),
        line((14, 96), (14, 102), (126, 102), (126, 96), colour=BLUE, width=1.6),
        text(70, 120, "TTFT", colour=BLUE),
        line((181, 96), (181, 102), (220, 102), (220, 96), colour=GREEN, width=1.6),
        text(200, 120, "TPOT", colour=GREEN),
        line((12, 142), (348, 142), colour=RULE, width=1),
        text(180, 162, "预填充：权重读 1 遍，服务 512 个词", colour=BLUE),
        text(180, 186, "解码：权重读 1 遍，只出 1 个词", colour=GREEN),
        text(180, 210, "前者卡在算力，后者卡在带宽", colour=MUTED),
    ]
    return svg(228, "预填充与解码的时间线", *parts)


def roofline() -> str:
    """The A100's roof (312 TFLOPS) and slope (2.039 TB/s) with decoding at batch 1 and 16, and prefill."""
    peak, band = 312.0, 2.039
    left, right, top, bottom = 52.0, 346.0, 40.0, 226.0

    def at(intensity: float, speed: float) -> tuple[float, float]:
        x = left + math.log10(intensity) / 3 * (right - left)
        return x, bottom - math.log10(speed) / 3 * (bottom - top)

    parts = [
        line((left, top - 8), (left, bottom), (right, bottom), colour=INK, width=1.6),
        text(8, 20, "TFLOPS", anchor="start", colour=MUTED),
        text(right, bottom + 42, "每字节几次运算", anchor="end", colour=MUTED),
        line(at(1, band), at(peak / band, peak), at(1000, peak), colour=BLUE, width=3),
        line(at(peak / band, peak), (at(peak / band, 1)[0], bottom), colour=MUTED, width=1.4, dashed=True),
        text(at(300, peak)[0] + 8, at(1, peak)[1] - 14, "峰值 312", colour=BLUE),
        text(at(4, 8)[0] - 14, at(4, 8)[1] - 40, "斜率＝带宽", colour=BLUE),
    ]
    for value in (1, 10, 100, 1000):
        x, y = at(value, value)
        parts.append(text(min(x, right - 12), bottom + 16, str(value), colour=MUTED))
        if value > 1:
            parts.append(text(left - 6, y, str(value), anchor="end", colour=MUTED))
    for intensity, words, colour, dx, dy in (
        (1.0, "解码，批大小 1", RED, 12, -2),
        (16.0, "批大小 16", GREEN, 14, 6),
        (512.0, "预填充", ORANGE, 0, 24),
    ):
        x, y = at(intensity, min(peak, intensity * band))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}"/>')
        parts.append(text(x + dx, y + dy, words, colour=colour, anchor="start" if dx else "middle"))
    parts.append(text(at(peak / band, 1)[0] - 8, bottom - 16, "拐点 153", colour=MUTED, anchor="end"))
    return svg(280, "A100 的 roofline", *parts)


def flash_tiles() -> str:
    """Blocks of K and V go up into SRAM one after another; only the output comes back."""
    parts = [
        rect(14, 14, 332, 122, colour=GREEN),
        text(180, 32, "片上 SRAM：快，但只有约 100 KB", colour=GREEN, bold=True),
        box(70, 72, 84, 34, "Q 的一块", colour=BLUE),
        box(180, 72, 104, 34, "K、V 的一块", colour=ORANGE),
        rect(243, 55, 90, 34, colour=MUTED, fill=PAPER),
        text(288, 72, "分数的一块"),
        text(180, 114, "用 m、ℓ 修正旧结果，再累加到 O", colour=INK),
    ]
    parts += [
        rect(14, 186, 332, 104, colour=MUTED),
        text(180, 274, "显存 HBM：大，但慢", colour=MUTED, bold=True),
    ]
    for column, (name, colour, current) in enumerate(
        (("Q", BLUE, 1), ("K", ORANGE, 2), ("V", ORANGE, 2), ("O", GREEN, 1))
    ):
        x = 30 + column * 80.0
        parts.append(text(x + 31, 202, name, colour=colour, bold=True))
        for i in range(4):
            parts.append(rect(x + i * 16, 216, 14, 36, colour=colour, fill=colour if i == current else None, radius=1))
    parts += [
        arrow((62, 184), (68, 140), colour=BLUE, width=2),
        arrow((170, 184), (178, 140), colour=ORANGE, width=2),
        arrow((292, 138), (298, 182), colour=GREEN, width=2),
        text(118, 162, "逐块搬入", colour=MUTED),
        text(240, 162, "只写回 O", colour=MUTED),
        text(180, 310, "N×N 的分数矩阵从不写进显存", colour=RED),
    ]
    return svg(326, "FlashAttention 的分块", *parts)


def paged_blocks() -> str:
    """Two requests' logical blocks point to scattered physical blocks; the common prefix is stored once."""
    parts = [text(64, 20, "逻辑块", bold=True), text(292, 20, "物理块", bold=True)]
    where = {"A0": 5, "A1": 1, "A2": 3, "B0": 5, "B1": 6}
    notes = {"A0": "A0 满", "A1": "A1 满", "A2": "A2 占 2/4", "B0": "B0 满", "B1": "B1 占 3/4"}
    ys = {"A0": 50.0, "A1": 88.0, "A2": 126.0, "B0": 190.0, "B1": 228.0}
    taken = {5: ("A0＝B0", GREEN), 1: ("A1", BLUE), 3: ("A2", BLUE), 6: ("B1", ORANGE)}
    physical = {n: 44.0 + n * 31 for n in range(7)}
    for name, y in ys.items():
        colour = GREEN if name in ("A0", "B0") else BLUE if name[0] == "A" else ORANGE
        parts.append(arrow((112, y), (244, physical[where[name]]), colour=colour, width=1.8))
        parts.append(box(64, y, 96, 30, notes[name], colour=colour))
    for n, y in physical.items():
        words, colour = taken.get(n, ("空闲", MUTED))
        parts.append(box(292, y, 92, 27, words, colour=colour))
        parts.append(text(352, y, str(n), anchor="end", colour=MUTED))
    parts += [
        text(16, 158, "请求 A ↑　请求 B ↓", colour=MUTED, anchor="start"),
        line((12, 262), (348, 262), colour=RULE, width=1),
        text(180, 280, "箭头就是块表；相同的前缀只存一份", colour=GREEN),
        text(180, 302, "浪费的只有最后一块里的空格", colour=MUTED),
    ]
    return svg(318, "PagedAttention 的块表", *parts)


def radix_tree() -> str:
    """The system prompt is the root; two conversations branch from it and keep their own turns."""
    nodes = {
        "系统提示": (180.0, 36.0, 110.0, GREEN),
        "用户甲：第 1 轮": (92.0, 106.0, 138.0, GREEN),
        "用户乙：第 1 轮": (268.0, 106.0, 138.0, GREEN),
        "甲：第 2 轮": (60.0, 176.0, 96.0, GREEN),
        "甲：重新提问": (172.0, 176.0, 108.0, ORANGE),
        "乙：第 2 轮": (296.0, 176.0, 96.0, ORANGE),
    }
    edges = (
        ("系统提示", "用户甲：第 1 轮"),
        ("系统提示", "用户乙：第 1 轮"),
        ("用户甲：第 1 轮", "甲：第 2 轮"),
        ("用户甲：第 1 轮", "甲：重新提问"),
        ("用户乙：第 1 轮", "乙：第 2 轮"),
    )
    parts = []
    for start, end in edges:
        (x0, y0, _, _), (x1, y1, _, colour) = nodes[start], nodes[end]
        parts.append(arrow((x0, y0 + 17), (x1, y1 - 18), colour=colour, width=1.8))
    parts += [box(x, y, w, 34, name, colour=colour) for name, (x, y, w, colour) in nodes.items()]
    parts += [
        text(180, 220, "绿：已在缓存，直接用", colour=GREEN),
        text(180, 242, "橙：没算过，只预填充这一段", colour=ORANGE),
        text(180, 264, "放不下时，从最久没用的叶子删起", colour=MUTED),
    ]
    return svg(282, "前缀缓存的基数树", *parts)


def continuous_batching() -> str:
    """Lengths 2, 8, 3 and 4: a fixed batch idles in 15 of 32 places, a renewed one in none."""
    runs = (
        ("静态批处理", (("A", 2),), (("B", 8),), (("C", 3),), (("D", 4),)),
        ("连续批处理", (("A", 2), ("E", 6)), (("B", 8),), (("C", 3), ("F", 5)), (("D", 4), ("G", 4))),
    )
    colours = dict(zip("ABCDEFG", (BLUE, BLUE, BLUE, BLUE, GREEN, ORANGE, RED), strict=True))
    parts = []
    for n, (name, *rows) in enumerate(runs):
        top = 16 + n * 176.0
        parts.append(text(180, top, name, bold=True))
        for r, row in enumerate(rows):
            y, step = top + 14 + r * 30, 0
            parts.append(text(14, y + 13, f"位 {r + 1}", anchor="start", colour=MUTED))
            for who, length in row:
                parts += [cell(64 + (step + i) * 35, y, who, colours[who], w=33, h=26) for i in range(length)]
                step += length
            parts += [rect(64 + i * 35, y, 33, 26, colour=RULE, fill=PAPER, radius=2) for i in range(step, 8)]
    parts += [
        text(180, 160, "32 格只有 17 格有用", colour=RED),
        text(180, 336, "写完就换人，格格有用", colour=GREEN),
    ]
    return svg(352, "静态与连续批处理", *parts)


def speculative() -> str:
    """Four guesses, one check: two are kept, the third is replaced, the fourth falls away."""
    xs = [66.0, 142.0, 218.0, 294.0]
    parts = [text(180, 20, "小模型：一个个猜，便宜", bold=True, colour=ORANGE)]
    marks = (("收下", GREEN), ("收下", GREEN), ("拒绝", RED), ("作废", MUTED))
    for x, guess, (mark, colour) in zip(xs, ("今天", "天气", "很", "冷"), marks, strict=True):
        parts += [
            box(x, 54, 62, 32, guess, colour=ORANGE),
            arrow((x, 72), (x, 96), colour=ORANGE),
            arrow((x, 136), (x, 162), colour=colour),
            text(x, 176, mark, colour=colour, bold=True),
        ]
    parts += [
        box(180, 116, 320, 38, "大模型：一次前向，四个位置一起验证", colour=BLUE),
        text(180, 208, "这一轮的输出", bold=True),
    ]
    for x, words, colour in zip(xs, ("今天", "天气", "不错"), (GREEN, GREEN, BLUE), strict=False):
        parts.append(box(x, 240, 62, 32, words, colour=colour))
    parts += [
        text(294, 240, "3 个词", colour=MUTED),
        text(180, 280, "「不错」从 p 比 q 多出来的部分补抽", colour=BLUE),
    ]
    return svg(296, "投机解码的一轮", *parts)


def quant_grid() -> str:
    """Values from -0.5 to 1.5 on seven symmetric levels and on eight asymmetric ones (3 bits)."""
    left, right = 30.0, 330.0

    def at(value: float) -> float:
        return left + (value + 1.5) / 3 * (right - left)

    values = (-0.5, -0.2, 0.0, 0.3, 0.6, 0.9, 1.2, 1.5)
    parts = [text(180, 20, "要量化的数：−0.5 到 1.5", bold=True)]
    parts += [f'<circle cx="{at(v):.1f}" cy="46" r="5" fill="{INK}"/>' for v in values]
    rows = (
        ("对称：7 档，−1.5 到 1.5", [i * 0.5 for i in range(-3, 4)], BLUE, 92.0),
        ("非对称：8 档，−0.5 到 1.5", [-0.5 + i * 2 / 7 for i in range(8)], GREEN, 170.0),
    )
    for name, levels, colour, y in rows:
        parts += [
            text(180, y, name, colour=colour, bold=True),
            line((at(levels[0]), y + 30), (at(levels[-1]), y + 30), colour=colour, width=2),
        ]
        parts += [line((at(v), y + 20), (at(v), y + 40), colour=colour, width=2.4) for v in levels]
    parts += [
        text(at(-1.0), 150, "空着", colour=RED),
        line((at(-1.5), 136), (at(-0.55), 136), colour=RED, width=2),
        text(180, 236, "同样 3 位，非对称的步长小一半左右", colour=MUTED),
    ]
    return svg(254, "对称与非对称量化的格子", *parts)


PICTURES: dict[str, Callable[[], str]] = {
    "10-inference/temperature.svg": temperature,
    "10-inference/top-k-top-p.svg": top_k_top_p,
    "10-inference/beam-tree.svg": beam_tree,
    "10-inference/exposure-bias.svg": exposure_bias,
    "10-inference/kv-growth.svg": kv_growth,
    "10-inference/prefill-decode.svg": prefill_decode,
    "10-inference/roofline.svg": roofline,
    "10-inference/flash-tiles.svg": flash_tiles,
    "10-inference/paged-blocks.svg": paged_blocks,
    "10-inference/radix-tree.svg": radix_tree,
    "10-inference/continuous-batching.svg": continuous_batching,
    "10-inference/speculative.svg": speculative,
    "10-inference/quant-grid.svg": quant_grid,
}
