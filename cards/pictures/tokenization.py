"""Pictures of topic 04: tokenization."""

from __future__ import annotations

from collections.abc import Callable

from shapes import BLUE, GREEN, MUTED, ORANGE, RED, RULE, arrow, box, line, rect, svg, text


def tokenizer_pipeline() -> str:
    """Trained once; then every text passes the same five steps, and decoding goes the way back."""
    parts = [
        text(12, 20, "训练：只做一次", anchor="start", bold=True, colour=ORANGE),
        box(56, 56, 88, 40, "大语料", colour=MUTED),
        arrow((100, 56), (134, 56), colour=ORANGE),
        box(180, 56, 88, 40, "学合并规则", colour=ORANGE),
        arrow((224, 56), (258, 56), colour=ORANGE),
        box(303, 56, 88, 40, "词表", "＋规则", colour=ORANGE),
        line((12, 92), (348, 92), colour=RULE, width=1),
        text(12, 110, "编码：每段文本都做", anchor="start", bold=True, colour=BLUE),
    ]
    steps = [
        ("规范化", "「Ｈi 世界」→「Hi 世界」"),
        ("预切分", "「Hi」「世界」"),
        ("子词切分", "套用合并规则"),
        ("查 ID", "词元 → 整数"),
        ("后处理", "加上起止等特殊词元"),
    ]
    for i, (name, note) in enumerate(steps):
        y = 144 + i * 46
        parts.append(box(66, y, 92, 32, name))
        parts.append(text(124, y, note, anchor="start", colour=MUTED))
        if i:
            parts.append(arrow((66, y - 30), (66, y - 16)))
    parts += [
        arrow((332, 76), (332, 236), (222, 236), colour=ORANGE),
        arrow((66, 344), (66, 366)),
        box(66, 382, 92, 32, "大模型", colour=MUTED),
        arrow((112, 382), (160, 382), colour=GREEN),
        box(242, 382, 164, 32, "解码：ID → 文字", colour=GREEN),
    ]
    return svg(410, "分词器的训练、编码与解码", *parts)


def granularity_bars() -> str:
    """Tokens and vocabulary of one German corpus under three ways of cutting it."""
    rows = [
        ("词级", 100, 1_750_000, "1.00 亿", "175 万", RED),
        ("BPE 子词", 112, 63_000, "1.12 亿", "6.3 万", GREEN),
        ("字符", 550, 3_000, "5.50 亿", "3000", BLUE),
    ]
    left, room = 88.0, 192.0
    parts = [text(180, 20, "同一份德语语料", bold=True)]
    for title, column, top, largest in (
        ("词元总数（序列越短越好）", 1, 44, 550),
        ("词表大小（越小越省）", 2, 178, 1_750_000),
    ):
        parts.append(text(12, top, title, anchor="start", colour=MUTED))
        for i, row in enumerate(rows):
            y = top + 28 + i * 32
            width = max(2.0, room * row[column] / largest)  # type: ignore[operator]
            parts += [
                text(left - 8, y, row[0], anchor="end"),
                rect(left, y - 10, width, 20, colour=row[5], radius=2),
                text(left + width + 8, y, row[column + 2], anchor="start", colour=row[5]),
            ]
    return svg(292, "词级、BPE 子词、字符三种切法的词元总数与词表大小", *parts)


def bpe_merges() -> str:
    """The first five merges of low×5 lower×2 newest×6 widest×3, then an unseen word."""
    states = [
        ("起点", ["n", "e", "w", "e", "s", "t", "·"], ["l", "o", "w", "·"]),
        ("e＋s 9次", ["n", "e", "w", "es", "t", "·"], ["l", "o", "w", "·"]),
        ("es＋t 9次", ["n", "e", "w", "est", "·"], ["l", "o", "w", "·"]),
        ("est＋· 9次", ["n", "e", "w", "est·"], ["l", "o", "w", "·"]),
        ("l＋o 7次", ["n", "e", "w", "est·"], ["lo", "w", "·"]),
        ("lo＋w 7次", ["n", "e", "w", "est·"], ["low", "·"]),
    ]
    fresh = {1: "es", 2: "est", 3: "est·", 4: "lo", 5: "low"}
    cell = 20.0

    def word(x: float, y: float, symbols: list[str], mark: str) -> list[str]:
        parts = []
        for symbol in symbols:
            width = cell * len(symbol)
            colour = ORANGE if symbol == mark else (GREEN if len(symbol) > 1 else MUTED)
            parts += [rect(x, y - 12, width, 24, colour=colour, radius=3), text(x + width / 2, y, symbol)]
            x += width + 2
        return parts

    parts = [
        text(174, 20, "newest", bold=True),
        text(306, 20, "low", bold=True),
        text(12, 20, "合并", anchor="start", colour=MUTED),
    ]
    for i, (name, left, right) in enumerate(states):
        y = 50 + i * 34
        parts += [
            text(12, y, name, anchor="start", colour=ORANGE if i else MUTED),
            *word(98, y, left, fresh.get(i, "")),
            *word(264, y, right, fresh.get(i, "")),
        ]
    parts += [
        line((12, 246), (348, 246), colour=RULE, width=1),
        text(12, 268, "没见过的", anchor="start", colour=BLUE),
        text(84, 268, "lowest", anchor="start", bold=True, colour=BLUE),
        arrow((140, 268), (168, 268), colour=BLUE),
        *word(178, 268, ["low", "est·"], ""),
        text(12, 294, "「·」是词尾标记；橙色是这一步新合成的符号", anchor="start", colour=MUTED),
    ]
    return svg(310, "BPE 前五次合并", *parts)


def pieces(x: float, y: float, words: tuple[str, ...], colour: str) -> list[str]:
    """A row of tokens around its centre."""
    cell, gap = 13.0, 4.0
    widths = [cell * len(word) + 8 for word in words]
    left = x - (sum(widths) + gap * (len(words) - 1)) / 2
    parts = []
    for word, width in zip(words, widths, strict=True):
        parts += [rect(left, y - 13, width, 26, colour=colour, radius=3), text(left + width / 2, y, word)]
        left += width + gap
    return parts


def three_subword_ways() -> str:
    """Merging upwards from characters against pruning downwards from a large vocabulary."""
    left, right = 90.0, 270.0
    return svg(
        304,
        "三种子词算法的方向",
        text(left, 20, "往上合并", bold=True, colour=BLUE),
        *pieces(left, 56, ("low", "er"), GREEN),
        arrow((left, 102), (left, 76), colour=BLUE),
        *pieces(left, 120, ("lo", "w", "er"), BLUE),
        arrow((left, 166), (left, 140), colour=BLUE),
        *pieces(left, 184, ("l", "o", "w", "e", "r"), MUTED),
        text(left, 212, "从字符起步", colour=MUTED),
        line((180, 12), (180, 222), colour=RULE, width=1),
        text(right, 20, "往下删减", bold=True, colour=ORANGE),
        *pieces(right, 56, ("lower", "low", "ow"), ORANGE),
        *pieces(right, 88, ("er", "we", "l", "o", "w"), ORANGE),
        arrow((right, 108), (right, 162), colour=ORANGE),
        text(right + 12, 134, "删次要的", anchor="start", colour=ORANGE),
        *pieces(right, 184, ("low", "er", "l", "o", "w"), GREEN),
        text(right, 212, "留下够用的词表", colour=MUTED),
        line((12, 230), (348, 230), colour=RULE, width=1),
        text(12, 250, "BPE：合并次数最多的一对", anchor="start", colour=BLUE),
        text(12, 270, "WordPiece：合并最该在一起的一对", anchor="start", colour=BLUE),
        text(12, 290, "Unigram：删掉后似然降得最少的先删", anchor="start", colour=ORANGE),
    )


def chat_templates() -> str:
    """One question and one answer as two chat templates write them."""
    special, plain, answer = ORANGE, MUTED, GREEN

    def lines(y: float, rows: list[list[tuple[str, str]]]) -> list[str]:
        parts = []
        for row in rows:
            x = 20.0
            for words, colour in row:
                width = 7.4 * len(words) + 8 + 6 * words.count("↵")
                label = text(x + width / 2, y, words.replace("_", "\0")).replace("\0", "_")
                parts += [rect(x, y - 12, width, 24, colour=colour, radius=3), label]
                x += width + 4
            y += 30
        return parts

    chatml = [
        [("<|im_start|>", special), ("user", plain), ("↵", plain)],
        [("1+1=?", plain), ("<|im_end|>", special), ("↵", plain)],
        [("<|im_start|>", special), ("assistant", plain), ("↵", plain)],
        [("2", answer), ("<|im_end|>", answer), ("↵", plain)],
    ]
    llama = [
        [("<|begin_of_text|>", special)],
        [("<|start_header_id|>", special), ("user", plain)],
        [("<|end_header_id|>", special), ("↵↵", plain), ("1+1=?", plain), ("<|eot_id|>", special)],
        [("<|start_header_id|>", special), ("assistant", plain)],
        [("<|end_header_id|>", special), ("↵↵", plain), ("2", answer), ("<|eot_id|>", answer)],
    ]
    return svg(
        388,
        "同一轮问答在两种对话模板下的样子",
        text(20, 20, "ChatML", anchor="start", bold=True),
        *lines(50, chatml),
        line((12, 164), (348, 164), colour=RULE, width=1),
        text(20, 184, "Llama 3", anchor="start", bold=True),
        *lines(214, llama),
        rect(20, 361, 14, 14, colour=special),
        text(40, 368, "特殊词元", anchor="start"),
        rect(110, 361, 14, 14, colour=answer),
        text(130, 368, "助手的话和结束符", anchor="start"),
        text(268, 368, "↵ 是换行", anchor="start"),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "04-tokenization/tokenizer-pipeline.svg": tokenizer_pipeline,
    "04-tokenization/granularity-bars.svg": granularity_bars,
    "04-tokenization/bpe-merges.svg": bpe_merges,
    "04-tokenization/three-subword-ways.svg": three_subword_ways,
    "04-tokenization/chat-templates.svg": chat_templates,
}
