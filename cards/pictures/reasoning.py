"""Pictures of topic 09: prompts and reasoning models."""

from __future__ import annotations

import math
from collections.abc import Callable

from shapes import BLUE, GREEN, MUTED, ORANGE, RED, RULE, arrow, box, line, rect, svg, text


def cot() -> str:
    """A sum in one leap, and in steps that stay in the context."""
    a, b = 78.0, 246.0
    return svg(
        352,
        "直接作答与思维链",
        box(180, 42, 336, 52, "每盒 6 个蛋，买 3 盒，打破 2 个，", "再平分给 4 人，每人几个？", colour=MUTED),
        arrow((a, 68), (a, 100)),
        arrow((b, 68), (b, 100)),
        text(a, 116, "直接答", colour=RED, bold=True),
        text(b, 116, "思维链", colour=GREEN, bold=True),
        box(a, 212, 112, 40, "每人 5 个", colour=RED),
        arrow((a, 128), (a, 192), colour=RED),
        text(a, 250, "一步跳到结果", colour=MUTED),
        box(b, 146, 200, 34, "3 盒：3×6＝18", colour=GREEN),
        arrow((b, 163), (b, 179), colour=GREEN),
        box(b, 196, 200, 34, "打破 2 个：18−2＝16", colour=GREEN),
        arrow((b, 213), (b, 229), colour=GREEN),
        box(b, 246, 200, 34, "4 人分：16÷4＝4", colour=GREEN),
        arrow((b, 263), (b, 279), colour=GREEN),
        box(b, 296, 200, 34, "每人 4 个", colour=GREEN),
        text(180, 334, "写出来的步骤留在上下文里，下一步接着用", colour=MUTED),
    )


def self_consistency() -> str:
    """Five paths, three of them with the same answer."""
    answers = ("18", "18", "26", "18", "14")
    parts = []
    for i, answer in enumerate(answers):
        y = 86 + i * 42.0
        right = answer == "18"
        colour = GREEN if right else RED
        parts += [
            line((72, 170), (92, y), colour=MUTED),
            box(140, y, 96, 32, f"思路 {i + 1}", colour=MUTED),
            arrow((188, y), (212, y), colour=colour),
            box(240, y, 54, 32, answer, colour=colour),
            *([line((267, y), (290, 170), colour=colour, width=2)] if right else []),
        ]
    return svg(
        346,
        "自一致性：多条思路，按答案投票",
        text(40, 24, "题目", bold=True),
        text(140, 24, "各自采样", bold=True),
        text(240, 24, "答案", bold=True),
        text(318, 24, "投票", bold=True),
        line((12, 44), (348, 44), colour=RULE, width=1),
        box(42, 170, 60, 40, "同一题", colour=BLUE),
        *parts,
        box(320, 170, 58, 76, "18", "3 票", colour=GREEN),
        text(180, 294, "26、14 各 1 票：错的各错各的", colour=RED),
        text(180, 320, "只比最终答案，不比思路", colour=MUTED),
    )


def constrained_decoding() -> str:
    """The probabilities before and after the mask, where only a brace may come first."""
    words, logits, legal = ("好的", "{", '{"', "ok"), (3.0, 2.0, 1.0, 0.0), (False, True, True, False)
    tall, parts = 100.0, []
    for panel, (name, kept) in enumerate((("原来的概率", (True,) * 4), ("屏蔽之后", legal))):
        base = 182 + panel * 176.0
        weights = [math.exp(z) if keep else 0.0 for z, keep in zip(logits, kept, strict=True)]
        parts += [
            text(16, base - tall - 30, name, anchor="start", bold=True),
            line((16, base), (344, base), colour=MUTED, width=1.4),
        ]
        for i, (word, weight) in enumerate(zip(words, weights, strict=True)):
            x = 34 + i * 82.0
            p = weight / sum(weights)
            colour = GREEN if legal[i] else RED
            parts += [
                text(x + 24, base + 16, word, colour=colour, bold=True),
                *([rect(x, base - p * tall, 48, p * tall, colour=colour, radius=1)] if weight else []),
                text(x + 24, base - p * tall - 12, f"{p:.2f}" if weight else "0", colour=colour),
            ]
    return svg(
        418,
        "约束解码：屏蔽不合法的词元再归一",
        *parts,
        text(180, 20, "下一个词元必须能接成合法的 JSON", colour=MUTED),
        text(180, 400, "不合法的 logits 设成 −∞，余下重新归一", colour=MUTED),
    )


def test_time_compute() -> str:
    """Many answers beside one another, or one that is checked and mended."""
    a, b = 92.0, 268.0
    tries = []
    for i, good in enumerate((False, True, False)):
        x = 40 + i * 52.0
        colour = GREEN if good else RED
        tries += [
            arrow((a, 112), (x, 140)),
            box(x, 158, 46, 36, "解答", colour=MUTED),
            arrow((x, 176), (a, 214), colour=colour),
        ]
    return svg(
        356,
        "测试时计算的两类花法",
        text(a, 22, "并行", colour=BLUE, bold=True, size=16),
        text(b, 22, "串行", colour=ORANGE, bold=True, size=16),
        line((180, 12), (180, 280), colour=RULE, width=1),
        text(a, 50, "多采几条再挑", colour=MUTED),
        text(b, 50, "一条里想得更久", colour=MUTED),
        box(a, 96, 70, 32, "题目", colour=BLUE),
        *tries,
        box(a, 232, 140, 36, "投票或验证器", colour=BLUE),
        text(a, 266, "要能挑得出来", colour=MUTED),
        box(b, 96, 70, 32, "题目", colour=ORANGE),
        arrow((b, 112), (b, 136), colour=ORANGE),
        box(b, 152, 120, 32, "推一步", colour=ORANGE),
        arrow((b, 168), (b, 184), colour=ORANGE),
        box(b, 200, 120, 32, "检查", colour=ORANGE),
        arrow((b, 216), (b, 232), colour=ORANGE),
        box(b, 248, 120, 32, "作答", colour=ORANGE),
        arrow((b + 60, 200), (b + 76, 200), (b + 76, 152), (b + 60, 152), colour=RED),
        text(b, 280, "有错就回头改", colour=RED),
        line((12, 296), (348, 296), colour=RULE, width=1),
        text(180, 316, "偶尔做得对的题：多想常比换大模型划算", colour=GREEN),
        text(180, 340, "一条也做不对的题：换更强的基座", colour=RED),
    )


def r1_pipeline() -> str:
    """The four steps from V3-Base to R1, with what each is fed and rewarded."""
    steps = (
        ("1 冷启动 SFT", "几千条长思维链", "读得顺", BLUE),
        ("2 推理强化学习", "对错、格式、语言一致", "会反思、会检查", GREEN),
        ("3 重做 SFT", "60 万推理 + 20 万通用", "从基座重训，更全面", BLUE),
        ("4 全场景强化学习", "规则 + 偏好奖励", "合人意、更安全", GREEN),
    )
    parts = [box(88, 30, 150, 32, "V3-Base", colour=MUTED)]
    for i, (name, fed, gain, colour) in enumerate(steps):
        y = 92 + i * 66.0
        parts += [
            arrow((88, y - (46 if i == 0 else 44)), (88, y - 22)),
            box(88, y, 150, 44, name, colour=colour),
            text(174, y - 10, fed, anchor="start"),
            text(174, y + 12, gain, anchor="start", colour=MUTED),
        ]
    return svg(
        398,
        "R1 的四步训练",
        *parts,
        arrow((88, 312), (88, 334)),
        box(88, 350, 150, 32, "R1", colour=ORANGE),
        text(174, 350, "再蒸馏给小模型", anchor="start", colour=ORANGE),
        text(180, 384, "R1-Zero：从基座只做第 2 步，没有语言一致奖励", colour=RED),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "09-reasoning/cot.svg": cot,
    "09-reasoning/self-consistency.svg": self_consistency,
    "09-reasoning/constrained-decoding.svg": constrained_decoding,
    "09-reasoning/test-time-compute.svg": test_time_compute,
    "09-reasoning/r1-pipeline.svg": r1_pipeline,
}
