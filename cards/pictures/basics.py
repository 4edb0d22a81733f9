"""Pictures of topic 01: the basics of large language models."""

from __future__ import annotations

from collections.abc import Callable

from shapes import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, RED, RULE, arrow, box, grid, rect, svg, text


def four_masks() -> str:
    """Who sees whom: encoder, causal decoder, prefix decoder, encoder-decoder; three tokens in, two out."""
    n, k, cell = 5, 3, 22.0

    def encoder(row: int, column: int) -> str:
        return GREEN

    def causal(row: int, column: int) -> str:
        return BLUE if column <= row else PAPER

    def prefix(row: int, column: int) -> str:
        return BLUE if column < k or column <= row else PAPER

    def both(row: int, column: int) -> str:
        if column < k:
            return GREEN if row < k else ORANGE
        return BLUE if k <= column <= row else PAPER

    def panel(x: float, y: float, name: str, fill: Callable[[int, int], str], note: str) -> list[str]:
        middle = x + n * cell / 2
        return [
            text(middle, y, name, bold=True),
            grid(x, y + 18, n, n, cell, fill),
            text(middle, y + 18 + n * cell + 16, note, colour=MUTED),
        ]

    left, right, top, bottom = 42.0, 218.0, 20.0, 204.0
    parts = [
        *panel(left, top, "Encoder-only", encoder, "全都互相可见"),
        *panel(right, top, "Decoder-only", causal, "只看自己和前文"),
        *panel(left, bottom, "Prefix LM", prefix, "输入 3 个互相可见"),
        *panel(right, bottom, "Encoder-Decoder", both, "同形，但参数分两套"),
    ]
    for i, (words, colour) in enumerate([("编码器自注意力", GREEN), ("交叉注意力", ORANGE), ("解码器自注意力", BLUE)]):
        x = (10.0, 134.0, 230.0)[i]
        parts += [rect(x, 376, 14, 14, colour=colour, fill=colour, radius=2), text(x + 20, 383, words, anchor="start")]
    parts.append(text(180, 408, "行是当前位置，列是被看的位置；前 3 个是输入", colour=MUTED))
    return svg(424, "四种架构里每个位置看得到谁", *parts)


def prefix_causal_loss() -> str:
    """The two masks side by side, and under each the tokens that can be a target."""
    n, k, cell = 5, 3, 26.0

    def panel(x: float, name: str, fill: Callable[[int, int], str], first: int, notes: tuple[str, str]) -> list[str]:
        middle = x + n * cell / 2
        parts = [
            text(middle, 20, name, bold=True),
            grid(x, 36, n, n, cell, fill),
            text(middle, 186, "能当预测目标的词元", colour=MUTED),
        ]
        for i in range(n):
            target = i >= first
            parts.append(
                rect(
                    x + i * cell + 1,
                    200,
                    cell - 2,
                    cell - 2,
                    colour=RED if target else RULE,
                    fill=None if target else PAPER,
                    radius=3,
                )
            )
            parts.append(text(x + i * cell + cell / 2, 200 + cell / 2 - 1, str(i + 1), colour=INK if target else MUTED))
        return [*parts, text(middle, 246, notes[0], colour=BLUE), text(middle, 268, notes[1], colour=RED)]

    return svg(
        286,
        "Causal LM 与 Prefix LM 的掩码和损失范围",
        *panel(28, "Causal LM", lambda r, c: BLUE if c <= r else PAPER, 1, ("可见 15 格", "4 个词元算损失")),
        *panel(
            202,
            "Prefix LM（前缀 3）",
            lambda r, c: ORANGE if c < k and c > r else BLUE if c <= r else PAPER,
            k,
            ("可见 15＋3＝18 格", "2 个词元算损失"),
        ),
    )


def llama_7b_parts() -> str:
    """From tokens to the next token, with the share of the parameters that each part holds."""
    cx, width, start = 96.0, 152.0, 206.0

    def share(y: float, percent: float, words: str) -> list[str]:
        length = percent * 1.4
        return [
            rect(start, y - 9, length, 18, colour=GREEN, radius=2),
            text(start + length + 6, y, words, anchor="start", colour=GREEN),
        ]

    parts = [
        rect(8, 106, 344, 198, colour=MUTED, fill=PAPER, radius=8),
        text(338, 122, "× 32", anchor="end", bold=True),
        text(206, 234, "两个子层外都有残差", anchor="start", colour=MUTED),
        text(cx, 20, "token ID", colour=MUTED),
        arrow((cx, 31), (cx, 50)),
        box(cx, 67, width, 34, "词嵌入", colour=BLUE),
        *share(67, 1.945, "1.9%"),
        arrow((cx, 84), (cx, 120)),
        box(cx, 134, width, 28, "RMSNorm", colour=ORANGE),
        arrow((cx, 148), (cx, 164)),
        box(cx, 184, width, 40, "因果自注意力", "（RoPE 转 Q、K）", colour=BLUE),
        *share(184, 31.869, "31.9%"),
        arrow((cx, 204), (cx, 220)),
        box(cx, 234, width, 28, "RMSNorm", colour=ORANGE),
        arrow((cx, 248), (cx, 262)),
        box(cx, 279, width, 34, "FFN（SwiGLU）", colour=BLUE),
        *share(279, 64.236, "64.2%"),
        arrow((cx, 296), (cx, 326)),
        box(cx, 340, width, 28, "RMSNorm", colour=ORANGE),
        arrow((cx, 354), (cx, 372)),
        box(cx, 389, width, 34, "lm_head", colour=BLUE),
        *share(389, 1.945, "1.9%"),
        arrow((cx, 406), (cx, 424)),
        text(cx, 436, "下一词元的概率", colour=MUTED),
        text(282, 20, "参数占比", colour=GREEN, bold=True),
        text(266, 340, "归一化：约 0.004%", colour=MUTED),
    ]
    return svg(452, "LLaMA-7B 的各部分与参数占比", *parts)


def domain_ladder() -> str:
    """Cheap remedies first; each row says what is missing when it is the right one."""
    steps = [
        ("提示工程", "要求没说清楚", BLUE),
        ("检索增强", "缺最新的、私有的知识", BLUE),
        ("轻量微调", "缺格式、口吻、流程", GREEN),
        ("继续预训练", "缺这个领域的语言本身", ORANGE),
        ("从头预训练", "数据独占、量大、须全程自控", RED),
    ]
    parts = [text(20, 22, "先便宜后昂贵，上一步不够再走下一步", anchor="start", bold=True)]
    for i, (name, lack, colour) in enumerate(steps):
        y = 66.0 + i * 60
        width = 200.0 + i * 28
        parts += [
            rect(20, y - 23, width, 46, colour=colour),
            text(32, y - 9, name, anchor="start", bold=True),
            text(32, y + 11, lack, anchor="start"),
        ]
        if i:
            parts.append(arrow((116, y - 37), (116, y - 24)))
    parts += [arrow((348, 66), (348, 300), colour=MUTED, width=2)]
    for i, letter in enumerate("越来越贵"):
        parts.append(text(334, 84 + i * 19, letter, colour=MUTED))
    return svg(346, "领域需求的五级阶梯", *parts)


def icl_vs_finetuning() -> str:
    """Fine-tuning changes the weights; in-context learning only the input."""

    def panel(
        cx: float, name: str, colour: str, top: tuple[str, str], middle: str, notes: tuple[str, str]
    ) -> list[str]:
        return [
            text(cx, 22, name, bold=True),
            box(cx, 66, 140, 48, *top, colour=colour),
            arrow((cx, 90), (cx, 122), colour=colour),
            text(cx + 12, 106, middle, anchor="start", colour=colour),
            box(cx, 146, 140, 46, "模型权重", "（几十亿个数）", colour=MUTED),
            text(cx, 192, notes[0], colour=colour, bold=True),
            text(cx, 214, notes[1], colour=MUTED),
        ]

    return svg(
        316,
        "微调改权重，上下文学习只改输入",
        *panel(92, "微调", RED, ("几百条以上", "标注样本"), "反向传播", ("权重变了", "以后每次都有效")),
        *panel(268, "上下文学习", BLUE, ("提示里的示例", "＋新题"), "只做前向", ("权重不动", "换掉提示就没了")),
        rect(22, 236, 316, 66, colour=BLUE),
        text(34, 256, "好吃→正面，难吃→负面", anchor="start"),
        text(326, 256, "示例", anchor="end", colour=BLUE),
        text(34, 282, "服务周到→？", anchor="start"),
        text(326, 282, "新题", anchor="end", colour=BLUE),
    )


def pipeline_stages() -> str:
    """Five stages downwards; the bar says how much data, on no scale but falling."""
    stages = [
        ("预训练", "预测下一词元", "几十万亿词元", 132.0, BLUE),
        ("中期训练", "高质量、长文本", "几万亿词元", 84.0, BLUE),
        ("监督微调", "照示范回答", "万到百万条", 44.0, GREEN),
        ("偏好对齐", "好的胜过坏的", "几万对比较", 26.0, ORANGE),
        ("可验证奖励", "对答案给分", "有答案的题", 26.0, RED),
    ]
    names = ("Base", "", "", "Instruct", "Reasoning")
    parts = [text(110, 20, "阶段与目标", bold=True), text(262, 20, "数据（只示意多少）", bold=True)]
    for i, (name, goal, amount, length, colour) in enumerate(stages):
        y = 62.0 + i * 74
        if i:
            parts.append(arrow((92, y - 50), (92, y - 25)))
        parts += [
            rect(16, y - 24, 152, 48, colour=colour),
            text(92, y - 10, name, bold=True),
            text(92, y + 11, goal),
            rect(190, y - 20, length, 16, colour=colour, fill=colour, radius=2),
            text(190, y + 10, amount, anchor="start", colour=MUTED),
        ]
        if names[i]:
            parts.append(text(346, y + 10, names[i], anchor="end", colour=colour, bold=True))
    return svg(404, "大模型训练的五个阶段", *parts)


PICTURES: dict[str, Callable[[], str]] = {
    "01-basics/four-masks.svg": four_masks,
    "01-basics/prefix-causal-loss.svg": prefix_causal_loss,
    "01-basics/llama-7b-parts.svg": llama_7b_parts,
    "01-basics/domain-ladder.svg": domain_ladder,
    "01-basics/icl-vs-finetuning.svg": icl_vs_finetuning,
    "01-basics/pipeline-stages.svg": pipeline_stages,
}
