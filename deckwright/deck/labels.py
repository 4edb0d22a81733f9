"""The words on cards, by the deck's language."""

from __future__ import annotations

from collections.abc import Mapping

from deckwright.regex import regex

LABELS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "basic": "问答",
        "cloze": "填空",
        "sources": "来源",
        "asof": "截至",
        "file": "文件",
        "report": "报告错误",
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
        "move-by-hand": "导入不会移动已有的卡片。想跟着移动，请在 Anki 浏览器（手机上也有）搜下面这行，全选，改牌组：",
        "rename-by-hand": "牌组「{old}」改名为「{new}」：请先在 Anki 里改名，再导入。",
        "delete-by-hand": "导入不会删除已有的卡片。想删掉，请在 Anki 浏览器里搜索下面这行：",
        "emptied": "空白卡片",
        "empty-by-hand": "这些卡片的正面已经没有内容，导入不会删除它们：请在 Anki 里用「工具 → 清空空卡片」。",
        "nothing": "没有变化。",
        "contents": "目录",
        "search": "搜索",
        "night": "夜间",
    },
    "zh-hant": {
        "basic": "問答",
        "cloze": "填空",
        "sources": "來源",
        "asof": "截至",
        "file": "檔案",
        "report": "回報錯誤",
        "hint": "提示",
        "and": "、",
        "others": " 等",
        "open": "（",
        "close": "）",
        "colon": "：",
        "comma": "，",
        "added": "新增",
        "changed": "更新",
        "moved": "移動",
        "removed": "移除",
        "restyled": "樣式",
        "restyled-text": "卡片樣式有更新，隨匯入生效。",
        "move-by-hand": "匯入不會移動已有的卡片。想跟著移動，請在 Anki 瀏覽器（手機上也有）搜下面這行，全選，改牌組：",
        "rename-by-hand": "牌組「{old}」改名為「{new}」：請先在 Anki 裡改名，再匯入。",
        "delete-by-hand": "匯入不會刪除已有的卡片。想刪掉，請在 Anki 瀏覽器裡搜尋下面這行：",
        "emptied": "空白卡片",
        "empty-by-hand": "這些卡片的正面已經沒有內容，匯入不會刪除它們：請在 Anki 裡用「工具 → 清空空卡片」。",
        "nothing": "沒有變化。",
        "contents": "目錄",
        "search": "搜尋",
        "night": "夜間",
    },
    "en": {
        "basic": "Question",
        "cloze": "Cloze",
        "sources": "Sources",
        "asof": "As of",
        "file": "File",
        "report": "report an error",
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
        "move-by-hand": "An import does not move cards. In the browser (phones too) search, select all, change deck:",
        "rename-by-hand": "The deck {old} is now called {new}: rename it in Anki first, then import.",
        "delete-by-hand": "An import does not delete notes. To delete them, search for this in Anki's browser:",
        "emptied": "Empty cards",
        "empty-by-hand": "These cards have nothing on their front now; an import leaves them: Tools → Empty Cards.",
        "nothing": "No changes.",
        "contents": "Contents",
        "search": "Search",
        "night": "Night",
    },
}
TRADITIONAL_CHINESE = regex(r"zh-(?:hant|tw|hk|mo)\b")
RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he ks ps sd ug ur yi".split())
"""Languages that are written from right to left."""


def direction(language: str) -> str:
    """The attribute ``dir`` for a language tag, with a space before it; empty for one written from left to right."""
    return ' dir="rtl"' if language.partition("-")[0].lower() in RIGHT_TO_LEFT else ""


def labels(language: str) -> Mapping[str, str]:
    """Return the labels for a language tag such as ``zh-CN``; English where there are none."""
    tag = language.lower()
    return LABELS["zh-hant"] if TRADITIONAL_CHINESE.match(tag) else LABELS.get(tag.partition("-")[0], LABELS["en"])
