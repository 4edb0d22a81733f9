"""Pictures of topic 08: alignment and reinforcement learning."""

from __future__ import annotations

import math
from collections.abc import Callable

from shapes import BLUE, GREEN, MUTED, ORANGE, RED, RULE, Point, arrow, box, line, num, rect, svg, text


def dot(x: float, y: float, *, colour: str) -> str:
    """A point that is marked on a curve."""
    return f'<circle cx="{num(x)}" cy="{num(y)}" r="4.5" fill="{colour}"/>'


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


def bradley_terry() -> str:
    """The chance to win and the loss, both as functions of the gap between the rewards."""
    left, right, top, bottom = 40.0, 344.0, 24.0, 214.0

    def place(gap: float, value: float) -> Point:
        return (left + (gap + 4) / 8 * (right - left), bottom - value / 4.2 * (bottom - top))

    def win(gap: float) -> float:
        return 1 / (1 + math.exp(-gap))

    gaps = [-4 + i / 20 for i in range(161)]
    marks = []
    for gap, dx in ((0.0, 8), (2.0, 8)):
        x, y = place(gap, -math.log(win(gap)))
        marks += [
            line((x, bottom), (x, y), colour=RED, dashed=True),
            dot(x, y, colour=RED),
            text(x + dx, y - 14, f"{-math.log(win(gap)):.3f}", colour=RED, anchor="start", bold=True),
        ]
    return svg(
        284,
        "Bradley-Terry：胜率与损失随分差变化",
        line((left, top - 8), (left, bottom)),
        line((left, bottom), (right + 6, bottom)),
        line(*(place(gap, -math.log(win(gap))) for gap in gaps), colour=ORANGE, width=2.4),
        line(*(place(gap, win(gap)) for gap in gaps), colour=BLUE, width=2.4),
        *marks,
        text(128, 66, "损失 −log σ", colour=ORANGE, bold=True, anchor="start"),
        text(place(3, 0)[0], place(0, win(3))[1] - 16, "胜率 σ", colour=BLUE, bold=True),
        *(
            text(place(gap, 0)[0], bottom + 16, f"{gap:+g}".replace("-", "−") if gap else "0", colour=MUTED)
            for gap in (-4, -2, 0, 2, 4)
        ),
        *(text(left - 12, place(0, value)[1], f"{value}", colour=MUTED) for value in (1, 2, 3, 4)),
        text(190, bottom + 44, "分差：胜者的分 − 负者的分", colour=MUTED),
    )


def prm_orm() -> str:
    """One solution with a wrong third step: one mark at the end, or one mark a step."""
    steps = (
        ("第 1 步", "0.98", True),
        ("第 2 步", "0.95", True),
        ("第 3 步", "0.08", False),
        ("第 4 步", "0.11", False),
    )
    x, parts = 180.0, []
    for i, (name, score, good) in enumerate(steps):
        y = 66 + i * 50.0
        colour = GREEN if good else RED
        parts += [
            box(x, y, 110, 32, name, colour=MUTED),
            arrow((x + 55, y), (x + 86, y), colour=colour),
            text(x + 94, y, score, colour=colour, anchor="start", bold=True),
            text(x + 134, y, "对" if good else "错", colour=colour, anchor="start"),
            arrow((x, y + 16), (x, y + 34)),
        ]
    y = 66 + 4 * 50.0
    return svg(
        348,
        "结果奖励只给一个分，过程奖励每步一个分",
        text(64, 22, "结果奖励 ORM", colour=BLUE, bold=True),
        text(282, 22, "过程奖励 PRM", colour=ORANGE, bold=True),
        *parts,
        box(x, y, 110, 32, "最后答案", colour=MUTED),
        line((34, 50), (22, 50), (22, y + 16), (34, y + 16), colour=BLUE),
        line((125, y), (34, y), colour=BLUE, dashed=True),
        text(72, 158, "整段", colour=BLUE),
        text(72, 178, "只有一个分", colour=BLUE),
        text(72, y - 16, "碰巧对：1", colour=BLUE, bold=True),
        text(180, 312, "答案碰巧对了，结果奖励给满分；", colour=MUTED),
        text(180, 334, "过程奖励指出错从第 3 步起", colour=MUTED),
    )


def ppo_clip() -> str:
    """The clipped objective of one step against the ratio, for both signs of the advantage."""
    width, top, bottom = 140.0, 66.0, 206.0
    parts = []
    for panel, (sign, name, colour) in enumerate(((1, "优势为正", GREEN), (-1, "优势为负", ORANGE))):
        left = 30 + panel * 172.0

        def place(ratio: float, value: float, left: float = left, sign: int = sign) -> Point:
            height = value if sign > 0 else value + 2
            return (left + ratio / 2 * width, bottom - height / 2 * (bottom - top))

        ratios = [i / 50 for i in range(101)]
        kept = [min(r * sign, max(0.8, min(1.2, r)) * sign) for r in ratios]
        edge = 1.2 if sign > 0 else 0.8
        x, y = place(edge, edge * sign)
        zero = bottom if sign > 0 else top
        parts += [
            text(left + 70, 20, f"{name} A＝{'+1' if sign > 0 else '−1'}", colour=colour, bold=True),
            line((left, top - 8), (left, bottom + 4)),
            line((left, zero), (left + width + 6, zero)),
            line(*(place(r, r * sign) for r in ratios), colour=RULE, width=2),
            line(*(place(r, v) for r, v in zip(ratios, kept, strict=True)), colour=colour, width=2.8),
            line((x, zero), (x, y), colour=RED, dashed=True),
            text(x, zero + (16 if sign > 0 else -14), f"{edge}", colour=RED, bold=True),
            line((place(1, 0)[0], zero - 4), (place(1, 0)[0], zero + 4)),
            text(place(1, 0)[0] + (-8 if sign > 0 else 8), zero + (16 if sign > 0 else -14), "1", colour=MUTED),
        ]
    return svg(
        312,
        "PPO 的裁剪：只砍掉变好的那一头",
        *parts,
        text(30 + 112, 142, "封顶", colour=GREEN, bold=True),
        text(202 + 28, 144, "封底", colour=ORANGE, bold=True),
        text(202 + 104, 122, "照罚", colour=ORANGE),
        text(180, 244, "横轴：新旧策略的概率比", colour=MUTED),
        text(180, 268, "纵轴：这一步的目标，越高越好", colour=MUTED),
        text(180, 292, "灰线：不裁剪", colour=MUTED),
    )


def dpo_vs_rlhf() -> str:
    """Two roads from pairs of preferences to the policy."""
    a, b = 96.0, 264.0
    return svg(
        366,
        "RLHF 与 DPO：从偏好对到策略的两条路",
        box(180, 30, 190, 34, "偏好对：胜、负回答", colour=MUTED),
        arrow((120, 47), (a, 76), colour=BLUE),
        arrow((240, 47), (b, 76), colour=GREEN),
        text(a, 92, "RLHF", colour=BLUE, bold=True),
        text(b, 92, "DPO", colour=GREEN, bold=True),
        box(a, 130, 140, 36, "训奖励模型", colour=ORANGE),
        arrow((a, 148), (a, 172)),
        box(a, 200, 140, 56, "策略采样，", "奖励模型打分", colour=BLUE),
        arrow((a, 228), (a, 252)),
        box(a, 280, 140, 56, "PPO 更新", "策略和价值网络", colour=BLUE),
        arrow((a + 70, 280), (a + 80, 280), (a + 80, 200), (a + 70, 200), colour=BLUE),
        box(b + 6, 166, 140, 56, "算四个", "对数概率", colour=GREEN),
        text(b + 6, 210, "策略、参考 × 胜、负", colour=MUTED),
        arrow((b + 6, 222), (b + 6, 252)),
        box(b + 6, 280, 140, 56, "一个分类损失，", "只更新策略", colour=GREEN),
        text(a, 330, "4 个模型，边训边采样", colour=BLUE),
        text(b + 6, 330, "2 个模型，离线", colour=GREEN),
        text(180, 354, "都要参考模型", colour=MUTED),
    )


def grpo_vs_ppo() -> str:
    """The baseline of PPO is a network's guess, that of GRPO the mean of the group."""
    rewards = (1, 0, 0, 1)
    parts = []
    for i, reward in enumerate(rewards):
        x = 58 + i * 82.0
        colour = GREEN if reward else RED
        parts += [
            arrow((180, 196), (x, 222)),
            box(x, 238, 70, 32, f"回答 {i + 1}", colour=MUTED),
            text(x, 266, f"奖励 {reward}", colour=colour),
            line((x, 276), (x, 284), colour=RULE),
            text(x, 338, "+1" if reward else "−1", colour=colour, bold=True, size=16),
        ]
    return svg(
        380,
        "基线从哪来：PPO 的价值网络与 GRPO 的组均值",
        text(180, 20, "PPO：价值网络估基线", colour=BLUE, bold=True),
        box(48, 64, 70, 34, "题目", colour=MUTED),
        arrow((83, 58), (112, 50)),
        arrow((83, 72), (112, 96)),
        box(160, 48, 94, 34, "一个回答", colour=MUTED),
        box(160, 100, 94, 34, "价值网络", colour=BLUE),
        arrow((207, 48), (242, 48)),
        arrow((207, 100), (242, 100), colour=BLUE),
        text(246, 48, "奖励 1", anchor="start", colour=GREEN),
        text(246, 100, "估计 0.6", anchor="start", colour=BLUE),
        text(326, 74, "差 +0.4", colour=GREEN, bold=True),
        line((12, 134), (348, 134), colour=RULE, width=1),
        text(180, 154, "GRPO：同一题的平均分当基线", colour=GREEN, bold=True),
        box(180, 180, 70, 32, "题目", colour=MUTED),
        *parts,
        rect(20, 284, 320, 30, colour=ORANGE),
        text(180, 299, "均值 0.5，标准差 0.5"),
        text(180, 364, "优势＝(奖励 − 均值) ÷ 标准差", colour=MUTED),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "08-alignment/rlhf-three-steps.svg": rlhf_three_steps,
    "08-alignment/overoptimization.svg": overoptimization,
    "08-alignment/ppo-four-models.svg": ppo_four_models,
    "08-alignment/idk-data.svg": idk_data,
    "08-alignment/bradley-terry.svg": bradley_terry,
    "08-alignment/prm-orm.svg": prm_orm,
    "08-alignment/ppo-clip.svg": ppo_clip,
    "08-alignment/dpo-vs-rlhf.svg": dpo_vs_rlhf,
    "08-alignment/grpo-vs-ppo.svg": grpo_vs_ppo,
}
