"""Pictures of topic 12: retrieval-augmented generation."""

from __future__ import annotations

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
    line,
    num,
    rect,
    svg,
    text,
)


def rag_pipeline() -> str:
    """Offline: parse, cut, embed, store. Online: rewrite, retrieve, rerank, prompt, answer."""
    left, right = 86.0, 268.0
    parts = [
        text(left, 20, "离线建库", bold=True, colour=ORANGE),
        text(right, 20, "在线问答", bold=True, colour=BLUE),
        line((176, 12), (176, 130), colour=RULE, width=1),
    ]
    offline = ["解析、清洗", "分块", "向量化", "存向量和元数据"]
    online = ["用户问题", "改写", "检索候选", "重排取前几块", "拼提示", "大模型带引用作答"]
    for i, name in enumerate(offline):
        y = 52 + i * 50
        parts.append(box(left, y, 134, 32, name, colour=ORANGE))
        if i:
            parts.append(arrow((left, y - 34), (left, y - 16)))
    for i, name in enumerate(online):
        y = 52 + i * 50
        colour = MUTED if i == 0 else (GREEN if i == 5 else BLUE)
        parts.append(box(right, y, 148, 32, name, colour=colour))
        if i:
            parts.append(arrow((right, y - 34), (right, y - 16)))
    parts += [
        arrow((left, 218), (left, 240)),
        box(left, 264, 134, 46, "索引", "（向量＋关键词）", colour=GREEN),
        arrow((153, 264), (174, 264), (174, 152), (192, 152), colour=GREEN, width=2),
        text(left, 306, "更新知识", colour=GREEN),
        text(left, 326, "只动这一列", colour=GREEN),
    ]
    return svg(342, "检索增强生成的离线与在线流程", *parts)


def rag_funnel() -> str:
    """A million chunks, a hundred candidates, five in the prompt."""
    cx = 166.0
    rows = [("100 万块", 228, MUTED), ("100 个候选", 160, BLUE), ("5 块", 96, ORANGE)]
    steps = [
        ("近似检索", "双塔向量，快而粗", BLUE),
        ("重排", "交叉编码器，慢而准", ORANGE),
        ("组装", "去重、排序、标出处", GREEN),
    ]
    parts = []
    for i, (name, width, colour) in enumerate(rows):
        y = 30 + i * 96
        parts.append(box(cx, y, width, 38, name, colour=colour))
        step, note, shade = steps[i]
        parts += [
            arrow((cx, y + 19), (cx, y + 77), colour=shade, width=2),
            text(cx + 14, y + 38, step, anchor="start", bold=True, colour=shade),
            text(cx + 14, y + 58, note, anchor="start", colour=MUTED),
        ]
    parts.append(box(cx, 318, 150, 38, "提示里的材料", colour=GREEN))
    return svg(350, "检索、重排、组装逐级收窄候选", *parts)


def chunk_tradeoff() -> str:
    """What goes wrong on either side, and the way out."""

    def lines(x: float, y: float, count: int, hot: int) -> list[str]:
        return [
            f'<rect x="{x:g}" y="{y + i * 16:g}" width="104" height="10" rx="2" '
            f'fill="{RED if i == hot else TINT[MUTED]}" stroke="{MUTED}" stroke-width="0.8"/>'
            for i in range(count)
        ]

    left, right = 92.0, 268.0
    return svg(
        336,
        "分块太大与太小的问题",
        text(left, 22, "块太大", bold=True),
        text(right, 22, "块太小", bold=True),
        line((180, 12), (180, 214), colour=RULE, width=1),
        rect(30, 40, 124, 106, colour=ORANGE),
        *lines(40, 48, 6, 3),
        rect(206, 86, 124, 24, colour=BLUE),
        *lines(216, 61, 1, -1),
        *lines(216, 93, 1, 0),
        *lines(216, 125, 1, -1),
        text(left, 166, "深色条才是要的那句"),
        text(left, 188, "向量被冲淡", colour=RED),
        text(left, 208, "噪声占预算", colour=RED),
        text(right, 166, "匹配很准"),
        text(right, 188, "「它」指谁？", colour=RED),
        text(right, 208, "前提在块外", colour=RED),
        line((12, 226), (348, 226), colour=RULE, width=1),
        text(180, 248, "折中：小块检索，大块作答", bold=True, colour=GREEN),
        box(84, 292, 116, 40, "小块命中", colour=BLUE),
        arrow((142, 292), (210, 292), colour=GREEN, width=2),
        text(176, 278, "找上级", colour=GREEN),
        box(276, 292, 132, 56, "把所属的一节", "交给模型", colour=ORANGE),
    )


def dot(x: float, y: float, colour: str = MUTED, r: float = 6, fill: str | None = None) -> str:
    """A filled circle: a vector, or a node of a graph."""
    return (
        f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(r)}" fill="{fill or TINT[colour]}" '
        f'stroke="{colour}" stroke-width="1.5"/>'
    )


def bi_cross() -> str:
    """Two towers that never meet before the end, and one that reads the pair together."""
    left, right = 92.0, 270.0
    parts = [
        text(left, 20, "双塔", bold=True, colour=BLUE),
        text(right, 20, "交叉编码器", bold=True, colour=ORANGE),
        line((180, 12), (180, 262), colour=RULE, width=1),
    ]
    for x, name, note in ((48.0, "问题", "现算"), (136.0, "片段", "预先算好")):
        parts += [
            box(x, 54, 72, 32, name, colour=MUTED),
            arrow((x, 70), (x, 96), colour=BLUE),
            box(x, 114, 76, 36, "编码器", colour=BLUE),
            arrow((x, 132), (x, 158), colour=BLUE),
            *(rect(x - 24 + i * 12, 160, 12, 22, colour=BLUE, radius=0) for i in range(4)),
            text(x, 198, note, colour=MUTED),
        ]
    parts += [
        line((48, 208), (48, 222), (136, 222), (136, 208), colour=BLUE),
        arrow((left, 222), (left, 240), colour=BLUE),
        box(left, 257, 120, 32, "比一次相似度", colour=GREEN),
        box(right, 54, 150, 32, "问题 ＋ 片段", colour=MUTED),
        arrow((right, 70), (right, 96), colour=ORANGE),
        rect(right - 75, 98, 150, 86, colour=ORANGE),
        text(right, 118, "同一个模型", bold=True),
    ]
    for i in range(3):
        for j in range(3):
            parts.append(line((224 + i * 46, 140), (224 + j * 46, 170), colour=ORANGE, width=0.9))
    for i in range(3):
        parts += [dot(224 + i * 46, 140, ORANGE, 4, PAPER), dot(224 + i * 46, 170, ORANGE, 4, PAPER)]
    parts += [
        text(right, 200, "词与词互相看", colour=MUTED),
        arrow((right, 212), (right, 240), colour=ORANGE),
        box(right, 257, 120, 32, "一个分数", colour=GREEN),
        text(left, 292, "海选：百万级", colour=BLUE),
        text(right, 292, "重排：几十到上百", colour=ORANGE),
    ]
    return svg(310, "双塔与交叉编码器", *parts)


def hnsw_layers() -> str:
    """Three layers of one graph; the search goes greedily on each and drops to the next."""
    layers: tuple[tuple[float, str, tuple[Point, ...], tuple[tuple[int, int], ...]], ...] = (
        (40, "第 2 层：点最少", ((110, 62), (236, 50)), ((0, 1),)),
        (134, "第 1 层：更多点", ((90, 158), (154, 146), (212, 160), (270, 144)), ((0, 1), (1, 2), (2, 3))),
        (
            228,
            "第 0 层：全部点",
            ((76, 256), (112, 240), (146, 258), (184, 242), (206, 264), (240, 250), (272, 236), (296, 256)),
            ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (0, 2), (3, 5), (5, 7), (1, 3)),
        ),
    )
    parts = []
    for y, name, nodes, edges in layers:
        corners = ((58, y), (346, y), (314, y + 48), (26, y + 48))
        points = " ".join(f"{num(a)},{num(b)}" for a, b in corners)
        parts.append(f'<polygon points="{points}" fill="{TINT[MUTED]}" stroke="{RULE}" stroke-width="1.2"/>')
        parts += [line(nodes[a], nodes[b], colour=MUTED, width=1) for a, b in edges]
        parts += [dot(x, v, MUTED, 5, PAPER) for x, v in nodes]
        parts.append(text(30, y - 14, name, anchor="start", colour=MUTED))
    parts += [
        arrow((116, 61), (229, 51), colour=ORANGE, width=2.2),
        arrow((236, 56), (214, 153), colour=ORANGE, width=2.2),
        arrow((217, 157), (264, 146), colour=ORANGE, width=2.2),
        arrow((270, 150), (271, 229), colour=ORANGE, width=2.2),
        arrow((277, 240), (292, 251), colour=ORANGE, width=2.2),
        dot(110, 62, BLUE, 6, BLUE),
        dot(296, 256, RED, 6, RED),
        text(110, 79, "入口", colour=BLUE),
        text(318, 288, "最近的点", colour=RED, anchor="end"),
        text(20, 302, "上层走大步，下层走小步", anchor="start", bold=True),
    ]
    return svg(318, "HNSW 的分层查找", *parts)


def ivf_pq() -> str:
    """Above: buckets, of which the two nearest are read. Below: a vector, cut and coded."""
    buckets = ((62.0, 86.0, MUTED), (148.0, 76.0, GREEN), (226.0, 96.0, GREEN), (308.0, 78.0, MUTED))
    cloud = ((-18, -8), (14, -14), (-6, 14), (18, 10), (-22, 12), (4, -24), (24, -4))
    parts = [text(14, 20, "一、聚类分桶，只查最近的两桶", anchor="start", bold=True, colour=GREEN)]
    for x, y, colour in buckets:
        parts.append(
            f'<circle cx="{num(x)}" cy="{num(y)}" r="37" fill="{TINT[colour]}" stroke="{colour}" '
            f'stroke-width="1.2" stroke-dasharray="4 3"/>'
        )
        parts += [dot(x + a, y + b, colour, 3, PAPER) for a, b in cloud]
        parts.append(text(x, y, "×", size=16, colour=INK, bold=True))
    parts += [
        dot(187, 86, RED, 6, RED),
        text(180, 148, "红点是问题，× 是桶中心", colour=MUTED),
        line((12, 162), (348, 162), colour=RULE, width=1),
        text(14, 182, "二、切段量化，每段只留一个编号", anchor="start", bold=True, colour=ORANGE),
    ]
    for i, code in enumerate((17, 203, 5, 88)):
        x = 24 + i * 82
        parts += [
            *(rect(x + j * 16, 200, 16, 24, colour=BLUE, radius=0) for j in range(4)),
            arrow((x + 32, 226), (x + 32, 250), colour=ORANGE),
            rect(x, 252, 64, 30, colour=ORANGE),
            text(x + 32, 267, f"{code}", bold=True),
        ]
    parts += [
        text(180, 302, "每段在 256 个中心里找最近的，记它的号", colour=MUTED),
        text(180, 324, "128 维：512 字节 → 切 8 段 → 8 字节", bold=True),
    ]
    return svg(342, "IVF-PQ 的分桶与短码", *parts)


def rrf(ranks: dict[str, list[int]]) -> list[tuple[str, float]]:
    """Reciprocal rank fusion with the constant of the paper."""
    scores = {name: sum(1 / (60 + rank) for rank in places) for name, places in ranks.items()}
    return sorted(scores.items(), key=lambda item: -item[1])


def rrf_merge() -> str:
    """Two lists, and the one that the sums of their reciprocal ranks give."""
    lists = (("关键词", "甲丙乙丁戊", 60.0, BLUE), ("向量", "己庚乙甲丁", 300.0, ORANGE))
    ranks: dict[str, list[int]] = {}
    for _, names, _, _ in lists:
        for rank, name in enumerate(names, 1):
            ranks.setdefault(name, []).append(rank)
    parts = [text(180, 20, "融合", bold=True, colour=GREEN)]
    place: dict[str, float] = {}
    for i, (name, score) in enumerate(rrf(ranks)[:4]):
        y = 54 + i * 50
        place[name] = y
        parts += [
            rect(132, y - 20, 96, 40, colour=GREEN),
            text(152, y, name, bold=True),
            text(196, y, f"{score:.4f}"),
        ]
    for title, names, x, colour in lists:
        parts.append(text(x, 20, title, bold=True, colour=colour))
        for rank, name in enumerate(names, 1):
            y = 50 + (rank - 1) * 44
            both = len(ranks[name]) == 2
            parts += [
                rect(x - 40, y - 16, 80, 32, colour=colour if both else MUTED),
                text(x - 18, y, f"{rank}", colour=MUTED),
                text(x + 12, y, name, bold=both),
            ]
            if both:
                start, end = (x + 41, 131) if x < 180 else (x - 41, 229)
                parts.append(arrow((start, y), (end, place[name]), colour=colour, width=1.3))
    parts.append(text(180, 266, "两路都有的文档，得两份分", colour=MUTED))
    return svg(282, "倒数排名融合", *parts)


def graph_rag() -> str:
    """Left: a few chunks out of many. Right: communities, their summaries, one answer."""
    parts = [
        text(88, 20, "普通检索", bold=True, colour=BLUE),
        text(268, 20, "GraphRAG", bold=True, colour=ORANGE),
        line((176, 12), (176, 290), colour=RULE, width=1),
    ]
    for i in range(16):
        hit = i in (6, 9)
        x, y = 34.0 + i % 4 * 28, 42.0 + i // 4 * 28
        parts.append(rect(x, y, 22, 22, colour=BLUE if hit else MUTED, fill=BLUE if hit else None, radius=2))
    parts += [
        arrow((88, 158), (88, 190), colour=BLUE),
        box(88, 212, 132, 44, "只看到两块", "答一个细节", colour=BLUE),
        text(88, 262, "「主题有哪些」", colour=MUTED),
        text(88, 282, "哪块也没写", colour=MUTED),
    ]
    groups: tuple[tuple[float, str, tuple[Point, ...]], ...] = (
        (216, ORANGE, ((200, 56), (230, 48), (222, 80), (198, 88))),
        (268, GREEN, ((258, 60), (284, 54), (276, 84), (254, 92))),
        (320, RED, ((312, 52), (338, 66), (328, 90), (306, 82))),
    )
    for x, colour, nodes in groups:
        parts += [line(nodes[a], nodes[b], colour=colour, width=1) for a, b in ((0, 1), (1, 2), (2, 3), (0, 3), (0, 2))]
        parts += [dot(a, b, colour, 5) for a, b in nodes]
        parts += [
            arrow((x, 100), (x, 122), colour=colour),
            box(x, 138, 46, 30, "摘要", colour=colour),
            arrow((x, 154), (x, 174), colour=colour),
            box(x, 190, 46, 30, "分答", colour=colour),
            arrow((x, 206), (268 + (x - 268) * 0.5, 236), colour=colour),
        ]
    parts += [
        line((232, 58), (256, 60), colour=RULE, width=1.2),
        line((286, 58), (310, 56), colour=RULE, width=1.2),
        box(268, 254, 132, 34, "汇总成总答案", colour=GREEN),
        text(268, 286, "每个社区都有份", colour=MUTED),
    ]
    return svg(302, "普通检索与 GraphRAG", *parts)


def in_batch() -> str:
    """Four questions against four passages: the diagonal is right, everything else is a negative."""
    x0, y0, cell = 108.0, 66.0, 46.0
    parts = [
        text(x0 + 2 * cell, 20, "同一批的段落", bold=True, colour=ORANGE),
        text(40, y0 + 2 * cell - 10, "同一批", bold=True, colour=BLUE),
        text(40, y0 + 2 * cell + 10, "的问题", bold=True, colour=BLUE),
    ]
    for i in range(4):
        parts += [
            text(x0 + (i + 0.5) * cell, y0 - 16, f"段{i + 1}", colour=ORANGE),
            text(x0 - 18, y0 + (i + 0.5) * cell, f"问{i + 1}", colour=BLUE),
        ]
        for j in range(4):
            right = i == j
            parts += [
                rect(x0 + j * cell, y0 + i * cell, cell, cell, colour=GREEN if right else MUTED, radius=0),
                text(x0 + (j + 0.5) * cell, y0 + (i + 0.5) * cell, "正" if right else "负", bold=right),
            ]
    parts += [
        rect(x0 + 4 * cell + 12, y0, 48, 4 * cell, colour=RED),
        *(text(x0 + 4 * cell + 36, y0 + (i + 0.5) * cell, "难负", colour=RED) for i in range(4)),
        text(180, 272, "每行做一次分类：绿格的相似度要最高", bold=True),
    ]
    return svg(290, "批内负例与难负例", *parts)


def rag_triangle() -> str:
    """Question, context and answer, and which measure compares which two."""
    return svg(
        262,
        "RAG 评测的三角",
        box(180, 30, 110, 36, "问题", colour=BLUE),
        box(66, 206, 110, 36, "材料", colour=ORANGE),
        box(294, 206, 110, 36, "回答", colour=GREEN),
        arrow((80, 186), (146, 50), colour=ORANGE, width=2),
        text(104, 96, "上下文精确率", anchor="end", colour=ORANGE),
        text(98, 116, "取回的有用吗", anchor="end", colour=MUTED),
        arrow((280, 186), (214, 50), colour=BLUE, width=2),
        text(256, 96, "答案相关性", anchor="start", colour=BLUE),
        text(262, 116, "答到点上吗", anchor="start", colour=MUTED),
        arrow((238, 206), (122, 206), colour=RED, width=2),
        text(180, 190, "忠实度", colour=RED),
        text(180, 226, "有依据吗", colour=MUTED),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "12-rag/rag-pipeline.svg": rag_pipeline,
    "12-rag/rag-funnel.svg": rag_funnel,
    "12-rag/chunk-tradeoff.svg": chunk_tradeoff,
    "12-rag/bi-cross.svg": bi_cross,
    "12-rag/hnsw-layers.svg": hnsw_layers,
    "12-rag/ivf-pq.svg": ivf_pq,
    "12-rag/rrf-merge.svg": rrf_merge,
    "12-rag/graph-rag.svg": graph_rag,
    "12-rag/in-batch.svg": in_batch,
    "12-rag/rag-triangle.svg": rag_triangle,
}
