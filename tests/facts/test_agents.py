"""Every number and the plain code on the cards of ``13-agents``, computed and run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def run(model: Callable[[list[Any]], dict[str, Any]], tools: dict[str, Callable[..., Any]], messages: list[Any]) -> str:
    """The loop of the card langchain-features, line by line."""
    while True:
        reply = model(messages)
        messages.append(reply)
        if not reply["calls"]:
            return reply["text"]
        for name, args in reply["calls"]:
            out = tools[name](**args)
            messages.append({"tool": out})


def test_plain_loop_and_its_four_messages() -> None:
    """langchain-features, langchain-usage: the loop calls the tool and stops; one tool call makes four messages."""

    def model(messages: list[Any]) -> dict[str, Any]:
        seen = [message["tool"] for message in messages if "tool" in message]
        if seen:
            return {"calls": [], "text": seen[-1]}
        return {"calls": [("get_weather", {"city": "北京"})], "text": ""}

    messages: list[Any] = [{"user": "北京天气如何？"}]
    assert run(model, {"get_weather": lambda city: f"{city}：晴，25 度"}, messages) == "北京：晴，25 度"
    assert len(messages) == 4


def test_input_grows_with_the_square_of_the_rounds() -> None:
    """langchain-agent: ten rounds of 500 new tokens, everything sent again each time, are 27,500 input tokens."""
    history = total = 0
    for _ in range(10):
        history += 500
        total += history
    assert total == 500 * sum(range(1, 11)) == 27_500


def test_errors_pile_up() -> None:
    """agent-definition: twenty steps at 95 % are all right in 36 % of runs."""
    assert round(100 * 0.95**20) == 36


def test_plan_first_is_cheaper() -> None:
    """plan-and-execute: planning (500) and one summary over everything (5500) are 6000 tokens, not 27,500."""
    plan, summary = 500, 500 + 10 * 500
    assert (summary, plan + summary) == (5500, 6000)
    assert plan + summary < 500 * sum(range(1, 11))


def test_adapters() -> None:
    """mcp: five applications and eight systems need 40 adapters, or 13."""
    assert (5 * 8, 5 + 8) == (40, 13)


def test_decay_of_memory() -> None:
    """agent-memory: 0.995 an hour leaves 0.89 after a day and 0.43 after a week."""
    assert (round(0.995**24, 2), round(0.995**168, 2)) == (0.89, 0.43)


def test_once_and_every_time() -> None:
    """agent-eval: at 70 %, four tries succeed at least once in 99 %, every time in 24 %."""
    assert (round(100 * (1 - 0.3**4)), round(100 * 0.7**4)) == (99, 24)
