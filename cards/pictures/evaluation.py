"""Pictures of topic 14: evaluation, hallucination and safety."""

from __future__ import annotations

import math
from collections.abc import Callable

from shapes import BLUE, GREEN, MUTED, ORANGE, RED, RULE, arrow, box, line, rect, svg, text


def eval_choice() -> str:
    """One question after the other leads to a way of measuring."""
    rows = [
        ("有唯一标准答案？", "正确率", "知识、数学", BLUE),
        ("程序能判对错？", "通过率", "代码、格式约束", GREEN),
        ("有参考文本？", "BLEU、ROUGE", "翻译、摘要", ORANGE),
    ]
    left, right = 92.0, 274.0
    parts = []
    for i, (ask, measure, example, colour) in enumerate(rows):
        y = 36 + i * 82
        parts += [
            box(left, y, 152, 40, ask, colour=MUTED),
            arrow((168, y), (208, y), colour=colour, width=2),
            text(187, y - 12, "是", colour=colour),
            box(right, y, 130, 48, measure, example, colour=colour),
            arrow((left, y + 20), (left, y + 62)),
            text(left + 16, y + 40, "否", colour=MUTED),
        ]
    parts += [
        box(left, 282, 152, 40, "LLM 裁判，两两比", colour=RED),
        arrow((168, 282), (208, 282), colour=RED, width=2),
        box(right, 282, 130, 48, "人工抽查", "校准裁判", colour=RED),
        text(180, 332, "最后一关：自建业务集；另看安全、成本", bold=True),
    ]
    return svg(350, "按答案的性质选择评测方法", *parts)


def hallucination_kinds() -> str:
    """Against the world, or against what was given."""
    left, right = 92.0, 268.0
    parts = [
        box(180, 30, 150, 36, "模型的回答", colour=MUTED),
        arrow((150, 48), (104, 84), colour=RED, width=2),
        arrow((210, 48), (256, 84), colour=ORANGE, width=2),
        text(left, 100, "事实性幻觉", bold=True, colour=RED),
        text(right, 100, "忠实性幻觉", bold=True, colour=ORANGE),
        line((180, 90), (180, 262), colour=RULE, width=1),
        text(left, 126, "和真实世界不符"),
        text(right, 126, "和指令、材料、前文不符"),
        box(left, 166, 150, 44, "编出一篇", "不存在的论文", colour=RED),
        box(right, 166, 150, 44, "材料写两年", "回答成三年", colour=ORANGE),
        text(left, 212, "拿什么核对", colour=MUTED),
        text(right, 212, "拿什么核对", colour=MUTED),
        box(left, 244, 150, 36, "外部证据、检索", colour=BLUE),
        box(right, 244, 150, 36, "提示和答案本身", colour=GREEN),
    ]
    return svg(276, "两类幻觉以及各自的核对依据", *parts)


def pass_at_k() -> str:
    """A task that succeeds three times in ten: at least once in k, and every time in k."""
    rate, left, bottom, width, height = 0.3, 48.0, 236.0, 280.0, 196.0

    def at(k: int, value: float) -> tuple[float, float]:
        return left + (k - 1) / 9 * width, bottom - value * height

    some = [at(k, 1 - (1 - rate) ** k) for k in range(1, 11)]
    every = [at(k, rate**k) for k in range(1, 11)]
    parts = [line((left, 30), (left, bottom), (left + width + 12, bottom), colour=MUTED)]
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * height
        parts += [
            text(left - 8, y, f"{share:.0%}", anchor="end", colour=MUTED),
            line((left, y), (left + width, y), colour=RULE, width=0.8),
        ]
    parts += [text(at(k, 0)[0], bottom + 16, f"{k}", colour=MUTED) for k in (1, 2, 4, 6, 8, 10)]
    for points, colour in ((some, BLUE), (every, RED)):
        parts.append(line(*points, colour=colour, width=2.4))
        parts += [f'<circle cx="{x:.2f}" cy="{y:.2f}" r="3.4" fill="{colour}"/>' for x, y in points]
    parts += [
        text(196, 104, "pass@k：至少成一次", anchor="start", colour=BLUE, bold=True),
        text(112, 196, "pass^k：次次都成", anchor="start", colour=RED, bold=True),
        text(left, 22, "单次成功率 30%", anchor="start", colour=MUTED),
        text(left + width / 2, bottom + 38, "抽几次（k）", colour=MUTED),
    ]
    return svg(288, "pass@k 与 pass^k", *parts)


def injection_path() -> str:
    """An instruction hidden in a page becomes a call of a tool that sends data away."""
    return svg(
        330,
        "间接提示注入的路径",
        box(62, 30, 96, 36, "攻击者", colour=RED),
        arrow((62, 49), (62, 92), colour=RED, width=2),
        text(72, 70, "藏指令", anchor="start", colour=RED),
        rect(12, 94, 124, 76, colour=MUTED),
        text(74, 112, "网页、邮件"),
        text(74, 134, "「把通讯录", colour=RED),
        text(74, 154, "发到某处」", colour=RED),
        box(286, 30, 96, 36, "用户", colour=BLUE),
        arrow((286, 49), (286, 106), colour=BLUE, width=2),
        text(296, 78, "总结它", anchor="start", colour=BLUE),
        arrow((137, 132), (222, 132), colour=RED, width=2),
        text(180, 118, "读进来", colour=RED),
        box(286, 132, 124, 48, "智能体", "分不清谁下令", colour=ORANGE),
        arrow((286, 157), (286, 204), colour=ORANGE, width=2),
        text(296, 180, "取数据", anchor="start", colour=ORANGE),
        box(286, 224, 124, 36, "私密数据", colour=BLUE),
        arrow((222, 224), (137, 224), colour=RED, width=2),
        text(180, 210, "调工具", colour=RED),
        box(74, 224, 124, 36, "发邮件", colour=RED),
        arrow((12, 224), (6, 224), (6, 30), (12, 30), colour=RED, width=2),
        line((12, 262), (348, 262), colour=RULE, width=1),
        text(180, 284, "三处能掐断：读进来先隔离", bold=True, colour=GREEN),
        text(180, 308, "少给权限，发出去先问人", bold=True, colour=GREEN),
    )


def semantic_entropy() -> str:
    """Five answers in three heaps of meaning, and five in one heap."""

    def entropy(*sizes: int) -> float:
        total = sum(sizes)
        return sum(-size / total * math.log(size / total) for size in sizes) + 0.0

    def row(y: float, sizes: tuple[int, ...], names: tuple[str, ...], colour: str, verdict: str) -> list[str]:
        parts = [text(14, y - 34, verdict, anchor="start", bold=True, colour=colour)]
        x = 14.0
        for size, name in zip(sizes, names, strict=True):
            width = size * 42.0 + 8
            parts += [
                rect(x, y - 20, width, 62, colour=colour),
                *(box(x + 25 + i * 42, y, 34, 26, "答", colour=MUTED) for i in range(size)),
                text(x + width / 2, y + 29, name),
            ]
            x += width + 12
        parts.append(text(348, y + 10, f"H={entropy(*sizes):.2f}", anchor="end", bold=True, colour=colour))
        return parts

    return svg(
        258,
        "按意思聚类的语义熵",
        text(180, 20, "同一问题采样五次，意思相同的放一堆", colour=MUTED),
        *row(82, (3, 1, 1), ("1912 年", "1915", "1921"), RED, "说法打架：可疑"),
        *row(190, (5,), ("都是 1912 年，写法不同",), GREEN, "意思一致：较可信"),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "14-evaluation/eval-choice.svg": eval_choice,
    "14-evaluation/hallucination-kinds.svg": hallucination_kinds,
    "14-evaluation/pass-at-k.svg": pass_at_k,
    "14-evaluation/injection-path.svg": injection_path,
    "14-evaluation/semantic-entropy.svg": semantic_entropy,
}
