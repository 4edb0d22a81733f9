"""The words that stand on cards, by the deck's language."""

from __future__ import annotations

from collections.abc import Mapping

LABELS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "basic": "问答",
        "cloze": "填空",
        "sources": "来源",
        "asof": "截至",
        "file": "文件",
        "hint": "提示",
        "and": "、",
        "others": " 等",
        "open": "（",
        "close": "）",
        "colon": "：",
        "comma": "，",
        "added": "新增",
        "changed": "更新",
        "moved": "移动",
        "removed": "移除",
        "restyled": "样式",
        "restyled-text": "卡片样式有更新，随导入生效。",
        "move-by-hand": "导入不会移动已有的卡片。想跟着移动，请在 Anki 浏览器里搜索下面这行，再更改牌组：",
        "rename-by-hand": "牌组「{old}」改名为「{new}」：请先在 Anki 里改名，再导入。",
        "delete-by-hand": "导入不会删除已有的卡片。想删掉，请在 Anki 浏览器里搜索下面这行：",
        "nothing": "没有变化。",
    },
    "en": {
        "basic": "Question",
        "cloze": "Cloze",
        "sources": "Sources",
        "asof": "As of",
        "file": "File",
        "hint": "hint",
        "and": " and ",
        "others": " et al.",
        "open": " (",
        "close": ")",
        "colon": ": ",
        "comma": ", ",
        "added": "Added",
        "changed": "Changed",
        "moved": "Moved",
        "removed": "Removed",
        "restyled": "Look",
        "restyled-text": "The look of the cards changed; it comes with the import.",
        "move-by-hand": "An import does not move cards. To move them, search for this in Anki's browser, change deck:",
        "rename-by-hand": "The deck {old} is now called {new}: rename it in Anki first, then import.",
        "delete-by-hand": "An import does not delete notes. To delete them, search for this in Anki's browser:",
        "nothing": "No changes.",
    },
}


def labels(language: str) -> Mapping[str, str]:
    """The labels for a language tag such as ``zh-CN``; English where there are none."""
    return LABELS.get(language.partition("-")[0].lower(), LABELS["en"])
