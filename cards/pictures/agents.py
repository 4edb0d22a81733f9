"""Pictures of topic 13: agents and frameworks."""

from __future__ import annotations

from collections.abc import Callable

from shapes import BLUE, GREEN, MUTED, ORANGE, RED, RULE, arrow, box, line, rect, svg, text


def langchain_stack() -> str:
    """The layers of the LangChain products, with LangSmith beside them."""
    layers = (
        ("Deep Agents", "开箱即用的长任务智能体", ORANGE),
        ("LangChain", "create_agent＋中间件", BLUE),
        ("LangGraph", "状态图、持久化、可中断", GREEN),
        ("langchain-core 与集成包", "统一的模型、消息、工具接口", MUTED),
    )
    parts = []
    for i, (name, words, colour) in enumerate(layers):
        y = 14 + i * 74
        parts += [
            rect(14, y, 232, 58, colour=colour),
            text(130, y + 19, name, bold=True),
            text(130, y + 41, words.replace("_", "~")).replace("~", "_"),
        ]
        if i:
            parts.append(arrow((130, y - 15), (130, y - 1)))
    parts += [
        rect(272, 14, 74, 280, colour=RED),
        text(309, 108, "Lang", bold=True),
        text(309, 128, "Smith", bold=True),
        text(309, 154, "追踪"),
        text(309, 174, "调试"),
        text(309, 194, "评测"),
        text(309, 214, "部署"),
        *(line((247, 43 + i * 74), (271, 43 + i * 74), colour=RED, dashed=True) for i in range(4)),
        text(130, 322, "上层建在下层之上", colour=MUTED),
        text(309, 322, "旁观", colour=MUTED),
    ]
    return svg(340, "LangChain 各层的分工", *parts)


def agent_loop() -> str:
    """The loop of create_agent, with the six middleware hooks where they fire."""
    cx = 104.0

    def hook(y: float, name: str, start: float = cx + 3) -> str:
        # a tilde stands in for the underscore, which text() would take for a subscript
        words = text(206, y, name.replace("_", "~"), anchor="start", colour=ORANGE).replace("~", "_")
        return line((start, y), (202, y), colour=ORANGE, width=1.2, dashed=True) + words

    return svg(
        410,
        "create_agent 的循环与中间件钩子",
        box(cx, 26, 130, 32, "用户消息", colour=MUTED),
        arrow((cx, 42), (cx, 128)),
        hook(60, "before_agent"),
        hook(106, "before_model"),
        box(cx, 148, 150, 40, "模型节点", colour=BLUE),
        hook(148, "wrap_model_call", cx + 76),
        arrow((cx, 168), (cx, 216)),
        hook(190, "after_model"),
        box(cx, 234, 150, 36, "还要调工具吗？", colour=GREEN),
        arrow((cx, 252), (cx, 290)),
        text(cx + 16, 270, "要", colour=RED),
        box(cx, 310, 150, 40, "工具节点", colour=RED),
        hook(310, "wrap_tool_call", cx + 76),
        arrow((cx - 75, 310), (14, 310), (14, 82), (cx - 1, 82), colour=RED),
        text(cx, 346, "结果写回消息，再问模型", colour=RED),
        arrow((cx + 75, 234), (330, 234), (330, 372)),
        text(250, 220, "不要", colour=GREEN),
        text(322, 350, "after~agent", anchor="end", colour=ORANGE).replace("~", "_"),
        box(290, 388, 114, 32, "最终回答", colour=MUTED),
    )


def react_loop() -> str:
    """Thought, action, observation, and again; an answer leaves the loop."""
    return svg(
        262,
        "ReAct 的循环",
        box(82, 28, 120, 32, "问题", colour=MUTED),
        arrow((110, 44), (146, 84)),
        box(278, 28, 120, 32, "答案", colour=GREEN),
        arrow((214, 84), (250, 46), colour=GREEN, width=2),
        text(218, 60, "够了", anchor="end", colour=GREEN),
        box(180, 110, 160, 48, "想法", "还缺什么？", colour=BLUE),
        arrow((260, 110), (314, 110), (314, 184), colour=ORANGE, width=2),
        text(322, 92, "还不够", anchor="middle", colour=ORANGE),
        box(278, 210, 144, 48, "动作", "stock（键盘）", colour=ORANGE),
        arrow((206, 216), (155, 216), colour=RED, width=2),
        text(180, 200, "执行", colour=RED),
        box(82, 210, 144, 48, "观察", "12 件", colour=RED),
        arrow((46, 186), (46, 110), (99, 110), colour=BLUE, width=2),
        text(12, 92, "接着想", anchor="start", colour=BLUE),
    )


def function_calling() -> str:
    """Who sends what to whom in one call of a tool."""
    program, model, tool = 58.0, 184.0, 308.0
    lanes = ((program, "你的程序", BLUE), (model, "模型", ORANGE), (tool, "工具", RED))
    parts = []
    for x, name, colour in lanes:
        parts += [box(x, 28, 88, 34, name, colour=colour), line((x, 46), (x, 326), colour=RULE, width=1.4)]

    def step(y: float, start: float, end: float, number: str, words: str, colour: str) -> list[str]:
        middle = (start + end) / 2 if model in (start, end) else (model + tool) / 2
        return [
            text(middle, y - 14, f"{number} {words}", colour=colour),
            arrow((start, y), (end, y), colour=colour, width=1.8),
        ]

    parts += [
        *step(86, program, model, "①", "问题和工具", BLUE),
        *step(136, model, program, "②", "函数名、参数", ORANGE),
        text(program + 8, 160, "校验，再执行", anchor="start", colour=MUTED),
        *step(196, program, tool, "③", "执行", BLUE),
        *step(236, tool, program, "", "返回结果", RED),
        *step(280, program, model, "④", "结果和编号", BLUE),
        *step(320, model, program, "⑤", "作答", ORANGE),
    ]
    return svg(340, "一次函数调用的时序", *parts)


def mcp_parts() -> str:
    """A host with its clients; each talks to one server, which stands before one system."""
    rows = ((74.0, "文件", "stdio", GREEN), (144.0, "数据库", "stdio", GREEN), (226.0, "网上服务", "HTTP", RED))
    parts = [
        rect(10, 14, 116, 262, colour=BLUE),
        text(68, 34, "主机（应用）", bold=True),
        rect(172, 44, 178, 132, colour=MUTED, fill="#f7f9fa"),
        text(342, 56, "本机", anchor="end", colour=MUTED),
        rect(172, 194, 178, 64, colour=MUTED, fill="#f7f9fa"),
        text(342, 206, "网上", anchor="end", colour=MUTED),
    ]
    for y, system, way, colour in rows:
        parts += [
            box(68, y, 84, 34, "客户端", colour=ORANGE),
            line((111, y), (180, y), colour=colour, width=2),
            text(149, y - 11, way, size=14, colour=colour),
            box(214, y, 66, 36, "服务器", colour=colour),
            arrow((248, y), (268, y), colour=MUTED),
            text(272, y + 1, system, anchor="start"),
        ]
    parts += [
        text(68, 262, "由它调大模型", colour=MUTED),
        text(180, 298, "一个客户端只连一台服务器", bold=True),
        text(180, 320, "服务器给出：工具、资源、提示", colour=MUTED),
    ]
    return svg(338, "MCP 的主机、客户端与服务器", *parts)


def lethal_trifecta() -> str:
    """Three abilities; where all three meet, data can be stolen."""
    circles = ((130.0, 104.0, BLUE), (230.0, 104.0, ORANGE), (180.0, 188.0, GREEN))
    parts = [
        f'<circle cx="{x:g}" cy="{y:g}" r="84" fill="{colour}" fill-opacity="0.16" stroke="{colour}" stroke-width="1.6"/>'
        for x, y, colour in circles
    ]
    parts += [
        text(96, 78, "看得到", colour=BLUE, bold=True),
        text(96, 98, "私密数据", colour=BLUE, bold=True),
        text(264, 78, "读得到", colour=ORANGE, bold=True),
        text(264, 98, "外来内容", colour=ORANGE, bold=True),
        text(180, 222, "能往外发", colour=GREEN, bold=True),
        text(180, 242, "邮件、请求", colour=GREEN),
        text(180, 132, "会被", colour=RED, bold=True),
        text(180, 150, "偷走", colour=RED, bold=True),
        text(180, 296, "拿掉任何一样，就偷不成", bold=True),
    ]
    return svg(314, "致命三要素", *parts)


def context_window() -> str:
    """What fills the window of one call, and the three ways out when it fills up."""
    rows = (
        ("系统提示", 30, BLUE),
        ("工具说明", 30, BLUE),
        ("取回的资料、记忆", 44, GREEN),
        ("对话与工具结果", 92, ORANGE),
        ("留给回答", 34, MUTED),
    )
    parts = [text(92, 20, "一次调用的窗口", bold=True)]
    y = 36.0
    for name, height, colour in rows:
        parts += [rect(14, y, 156, height, colour=colour, radius=2), text(92, y + height / 2, name)]
        y += height
    outs = (
        (92.0, "压缩", "历史换成要点", ORANGE),
        (164.0, "记笔记", "写到窗口外", GREEN),
        (236.0, "子智能体", "只交回摘要", RED),
    )
    for v, name, note, colour in outs:
        parts += [
            arrow((172, 186), (222, v), colour=colour, width=1.8),
            box(288, v, 128, 50, name, note, colour=colour),
        ]
    parts += [
        text(288, 36, "快满了怎么办", bold=True),
        text(180, 292, "越长越难准确取用，也越贵", colour=MUTED),
    ]
    return svg(308, "上下文窗口与三个出口", *parts)


PICTURES: dict[str, Callable[[], str]] = {
    "13-agents/langchain-stack.svg": langchain_stack,
    "13-agents/agent-loop.svg": agent_loop,
    "13-agents/react-loop.svg": react_loop,
    "13-agents/function-calling.svg": function_calling,
    "13-agents/mcp-parts.svg": mcp_parts,
    "13-agents/lethal-trifecta.svg": lethal_trifecta,
    "13-agents/context-window.svg": context_window,
}
