"""Pictures of topic 08: alignment and reinforcement learning."""

from __future__ import annotations

import math
from collections.abc import Callable

from shapes import BLUE, GREEN, MUTED, ORANGE, RED, RULE, Point, arrow, box, line, rect, svg, text


def rlhf_three_steps() -> str:
    """Demonstrations, rankings, reinforcement learning."""
    a, b = 94.0, 266.0
    return svg(
        396,
        "RLHF 三步：示范、排序、强化学习",
        text(a, 20, "1 示范", bold=True),
        text(b, 20, "2 排序", bold=True),
        box(a, 56, 140, 34, "人写示范回答", colour=MUTED),
        box(b, 56, 140, 34, "人给回答排序", colour=MUTED),
        arrow((a, 73), (a, 103)),
        arrow((b, 73), (b, 103)),
        box(a, 120, 140, 34, "SFT 模型", colour=BLUE),
        box(b, 120, 140, 34, "奖励模型", colour=ORANGE),
        arrow((164, 120), (180, 120), (180, 56), (196, 56), colour=BLUE),
        text(180, 148, "出回答", colour=BLUE),
        line((14, 162), (346, 162), colour=RULE, width=1),
        text(180, 184, "3 强化学习", bold=True),
        arrow((a, 137), (a, 211), colour=BLUE),
        text(a - 24, 150, "起点", colour=BLUE),
        arrow((b, 137), (b, 211), colour=ORANGE),
        text(b + 38, 150, "拿来打分", colour=ORANGE),
        box(a, 236, 120, 50, "策略模型", "作答", colour=GREEN),
        box(b, 236, 120, 50, "奖励模型", "打分", colour=ORANGE),
        arrow((154, 236), (206, 236), colour=GREEN),
        arrow((b, 261), (b, 287)),
        box(180, 304, 320, 34, "奖励 − KL 惩罚", colour=MUTED),
        arrow((a, 287), (a, 261), colour=GREEN),
        text(a + 34, 274, "更新", colour=GREEN),
        text(180, 346, "KL 惩罚：别离 SFT 模型太远", colour=MUTED),
        text(180, 374, "再用新策略出回答，回到第 2 步", colour=RED),
    )


def overoptimization() -> str:
    """A sketch of what Gao et al. measured: the proxy reward keeps growing, the gold one turns down."""
    left, right, top, bottom = 34.0, 344.0, 20.0, 220.0
    turn = 3.5

    def place(d: float, value: float) -> Point:
        return (left + d / 10 * (right - left), bottom - value / 11.5 * (bottom - top))

    ds = [i / 30 for i in range(301)]
    proxy = [place(d, 2.4 * d / (1 + 0.12 * d)) for d in ds]
    gold = [place(d, 2.4 * d * math.exp(-d / turn)) for d in ds]
    x, y = place(turn, 2.4 * turn / math.e)
    return svg(
        290,
        "过度优化示意：代理奖励模型的分与金标分",
        line((left, top - 8), (left, bottom)),
        line((left, bottom), (right + 6, bottom)),
        line(*proxy, colour=ORANGE, width=2.4),
        line(*gold, colour=BLUE, width=2.4),
        line((x, y), (x, bottom), colour=RED, dashed=True),
        text(168, 60, "代理奖励模型的分", colour=ORANGE, bold=True),
        text(276, 150, "金标分（代替人）", colour=BLUE, bold=True),
        text(x, bottom + 18, "该停在这里", colour=RED),
        text(190, bottom + 46, "优化得越久，离初始策略越远 →", colour=MUTED),
        text(left - 14, 30, "分", colour=MUTED),
        text(60, 30, "示意图", colour=MUTED, anchor="start"),
    )


def ppo_four_models() -> str:
    """Who is trained, who only runs forward, and what each holds."""

    def model(cx: float, y: float, name: str, job: str, memory: str, colour: str) -> list[str]:
        return [box(cx, y, 150, 76, name, job, memory, colour=colour)]

    return svg(
        316,
        "PPO 的四个模型与显存",
        text(180, 20, "要训练：每参数 16 字节", bold=True, colour=GREEN),
        *model(94, 76, "策略模型", "生成回答", "112 GB", GREEN),
        *model(266, 76, "价值网络", "估基线", "112 GB", GREEN),
        text(180, 146, "只前向：每参数 2 字节", bold=True, colour=MUTED),
        *model(94, 202, "参考模型", "算 KL，防跑偏", "14 GB", MUTED),
        *model(266, 202, "奖励模型", "给整段打分", "14 GB", MUTED),
        text(180, 268, "激活、KV 缓存另算", colour=MUTED),
        text(180, 296, "四个都是 7B：合计 252 GB", colour=RED, bold=True),
    )


def idk_data() -> str:
    """From sampling to the two kinds of target answers."""

    def sample(x: float, y: float, right: bool) -> str:
        colour = GREEN if right else RED
        mark = "对" if right else "错"
        return rect(x - 11, y - 13, 22, 26, colour=colour, radius=3) + text(x, y, mark, colour=colour)

    def row(y: float, marks: str) -> list[str]:
        return [sample(44 + i * 27, y, mark == "1") for i, mark in enumerate(marks)]

    return svg(
        330,
        "造「我不知道」数据",
        box(180, 26, 240, 32, "同一题采样多次，对照答案", colour=BLUE),
        text(30, 66, "题 1", anchor="start"),
        *row(94, "11111"),
        text(30, 136, "题 2", anchor="start"),
        *row(164, "10100"),
        text(30, 206, "题 3", anchor="start"),
        *row(234, "00000"),
        arrow((172, 94), (214, 94), colour=GREEN),
        box(280, 94, 128, 42, "会：配答案", colour=GREEN),
        arrow((172, 164), (214, 192), colour=RED),
        arrow((172, 234), (214, 208), colour=RED),
        box(280, 200, 128, 58, "不会：配", "「我不知道」", colour=RED),
        box(180, 296, 240, 36, "SFT 或偏好优化", colour=ORANGE),
        arrow((280, 229), (280, 277), colour=MUTED),
        line((344, 94), (352, 94), (352, 256), (300, 256), colour=MUTED),
        arrow((300, 256), (300, 277), colour=MUTED),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "08-alignment/rlhf-three-steps.svg": rlhf_three_steps,
    "08-alignment/overoptimization.svg": overoptimization,
    "08-alignment/ppo-four-models.svg": ppo_four_models,
    "08-alignment/idk-data.svg": idk_data,
}
