"""Pictures of topic 06: instruction tuning."""

from __future__ import annotations

from collections.abc import Callable

from shapes import BLUE, GREEN, MUTED, ORANGE, PAPER, RED, RULE, Point, arrow, line, rect, svg, text


def full_ft_memory() -> str:
    """Sixteen bytes a parameter, stacked, beside one 80 GB card."""
    parts = [text(112, 22, "7B 的训练状态", bold=True), text(288, 22, "一张卡", bold=True)]
    base, scale, left, width = 332.0, 2.6, 24.0, 176.0
    rows = [
        ("权重 2 字节", 14, BLUE),
        ("梯度 2 字节", 14, GREEN),
        ("主权重 4 字节", 28, ORANGE),
        ("动量 4 字节", 28, ORANGE),
        ("方差 4 字节", 28, ORANGE),
    ]
    y = base
    for words, size, colour in rows:
        y -= size * scale
        parts += [
            rect(left, y, width, size * scale, colour=colour, radius=0),
            text(left + 10, y + size * scale / 2, words, anchor="start"),
            text(left + width - 10, y + size * scale / 2, f"{size} GB", anchor="end"),
        ]
    card = base - 80 * scale
    parts += [
        rect(248, card, 80, 80 * scale, colour=MUTED, radius=0),
        text(288, (card + base) / 2, "80 GB"),
        line((left - 8, card), (336, card), colour=RED, dashed=True),
        line((left - 8, base), (336, base), colour=MUTED),
        text(112, base + 18, "合计 112 GB，激活另算", colour=RED),
        text(288, base + 18, "装不下", colour=RED),
        rect(24, base + 36, 14, 14, colour=ORANGE),
        text(44, base + 43, "优化器状态，单精度", anchor="start"),
    ]
    return svg(400, "混合精度 Adam 全参微调 7B 的显存构成", *parts)


def multi_turn_mask() -> str:
    """One conversation of three turns as one sequence; only the answers carry loss."""
    rows = [
        ("系统", "你是客服", False),
        ("用户", "怎么退货？", False),
        ("助手", "七天内可以退", True),
        ("用户", "运费谁出？", False),
        ("助手", "质量问题我们出", True),
        ("用户", "多久到账？", False),
        ("助手", "三个工作日", True),
    ]
    parts = [
        text(60, 20, "角色词元", bold=True),
        text(168, 20, "内容", bold=True),
        text(270, 20, "结束", bold=True),
        text(324, 20, "损失", bold=True),
    ]
    for i, (role, words, counted) in enumerate(rows):
        y = 50.0 + i * 40
        colour = GREEN if counted else MUTED
        parts += [
            rect(28, y - 15, 64, 30, colour=MUTED, radius=3),
            text(60, y, role),
            rect(96, y - 15, 144, 30, colour=colour, radius=3),
            text(168, y, words),
            rect(244, y - 15, 52, 30, colour=colour, radius=3),
            text(270, y, "结束"),
            text(324, y, "算" if counted else "不算", colour=GREEN if counted else MUTED, bold=counted),
        ]
    bottom = 50.0 + 6 * 40
    parts += [
        line((14, 40), (14, bottom + 4), colour=BLUE),
        line((10, bottom - 4), (14, bottom + 4), colour=BLUE),
        line((18, bottom - 4), (14, bottom + 4), colour=BLUE),
        text(180, bottom + 36, "拼成一条序列，从上到下，一次前向", colour=BLUE),
        text(180, bottom + 60, "每个词元只看得到自己上文", colour=BLUE),
    ]
    return svg(368, "多轮对话拼成一条，只有助手的回答计损失", *parts)


def forgetting_curves() -> str:
    """The old loss (w-1)² and the new loss (w-3)²; three places to stop."""
    left, right, top, bottom = 40.0, 344.0, 46.0, 266.0
    low, high, ceiling = -0.2, 4.2, 4.6

    def place(w: float, value: float) -> Point:
        return (left + (w - low) / (high - low) * (right - left), bottom - value / ceiling * (bottom - top))

    def curve(centre: float, colour: str) -> str:
        ws = [low + (high - low) * i / 240 for i in range(241)]
        points = [place(w, (w - centre) ** 2) for w in ws if (w - centre) ** 2 <= ceiling]
        return line(*points, colour=colour, width=2.4)

    def dot(w: float, value: float, colour: str) -> str:
        x, y = place(w, value)
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" stroke="{PAPER}" stroke-width="1"/>'

    parts = [line(place(low, 0), place(high, 0)), line((left, top - 8), (left, bottom))]
    for tick in range(5):
        parts.append(text(place(tick, 0)[0], bottom + 16, str(tick), colour=MUTED))
        parts.append(text(left - 14, place(0, tick)[1], str(tick), colour=MUTED))
        if tick:
            parts.append(line((left, place(0, tick)[1]), (right, place(0, tick)[1]), colour=RULE, width=0.8))
    parts += [
        curve(1, BLUE),
        curve(3, ORANGE),
        text(90, 22, "旧任务损失", colour=BLUE, bold=True),
        text(262, 22, "新任务损失", colour=ORANGE, bold=True),
        line(place(3, 0), place(3, 4), colour=RED, dashed=True),
        dot(1, 0, BLUE),
        dot(3, 0, ORANGE),
        dot(3, 4, RED),
        dot(2, 1, GREEN),
        line(place(2, 1.2), place(2, 2.05), colour=GREEN, width=1),
        text(place(2, 2.3)[0], place(2, 2.3)[1], "两头兼顾", colour=GREEN),
        text(place(3, 4)[0] + 10, place(3, 4)[1] + 20, "旧损失 4", colour=RED, anchor="start"),
        text(190, bottom + 40, "横轴：权重 w", colour=MUTED),
        text(190, bottom + 64, "只学新任务会走到 w＝3", colour=RED),
    ]
    return svg(346, "旧任务与新任务的损失曲线", *parts)


def sft_loss_mask() -> str:
    """One sample, its labels, and which position predicts which label."""
    words = ("⟨用户⟩", "1+1=?", "⟨助手⟩", "2", "⟨结束⟩")
    labels = ("−100", "−100", "−100", "2", "⟨结束⟩")
    width, left, top, low = 60.0, 50.0, 60.0, 152.0
    parts = [text(24, top, "输入", colour=MUTED), text(24, low, "标签", colour=MUTED)]
    for i, (word, label) in enumerate(zip(words, labels, strict=True)):
        x = left + i * width
        counted = label != "−100"
        parts += [
            rect(x, top - 16, width - 4, 32, colour=BLUE if i in (2, 3) else MUTED, radius=3),
            text(x + width / 2 - 2, top, word),
            rect(x, low - 16, width - 4, 32, colour=GREEN if counted else MUTED, radius=3),
            text(x + width / 2 - 2, low, label, colour=GREEN if counted else MUTED),
        ]
        if counted:
            parts.append(arrow((x - width / 2 - 2, top + 18), (x + width / 2 - 6, low - 19), colour=GREEN, width=2))
    return svg(
        250,
        "只在回答上算损失：标签与预测的错位",
        text(180, 22, "一条样本：提示三个词元，回答两个", bold=True),
        *parts,
        text(180, low + 40, "前一个位置预测后一个标签", colour=GREEN),
        text(180, low + 62, "标签是 −100 的，交叉熵跳过", colour=MUTED),
        text(180, low + 84, "「助手」这一格负责说出第一个字", colour=BLUE),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "06-finetuning/full-ft-memory.svg": full_ft_memory,
    "06-finetuning/multi-turn-mask.svg": multi_turn_mask,
    "06-finetuning/forgetting-curves.svg": forgetting_curves,
    "06-finetuning/sft-loss-mask.svg": sft_loss_mask,
}
