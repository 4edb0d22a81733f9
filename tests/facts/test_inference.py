"""Every number on the cards of ``10-inference``, computed again."""

from __future__ import annotations

import itertools
import math
import random

import pytest


def softmax(scores: list[float], heat: float = 1.0) -> list[float]:
    weights = [math.exp((score - max(scores)) / heat) for score in scores]
    return [weight / sum(weights) for weight in weights]


def nucleus(probabilities: list[float], p: float) -> int:
    """How many of the likeliest words reach the mass p."""
    total = 0.0
    for count, probability in enumerate(sorted(probabilities, reverse=True), start=1):
        total += probability
        if total >= p - 1e-12:
            return count
    return len(probabilities)


def penalised(logit: float, *, seen: int, theta: float = 1.0, frequency: float = 0.0, presence: float = 0.0) -> float:
    """Repetition penalty as in CTRL (with the sign mended), frequency and presence penalty as in OpenAI's API."""
    if seen:
        logit = logit / theta if logit > 0 else logit * theta
    return logit - seen * frequency - (seen > 0) * presence


FLAT = [0.24, 0.20, 0.18, 0.15, 0.14, 0.09]
LLAMA_7B = 6_738_415_616


def test_rep_2() -> None:
    """repetition-what: six words have 5 bigrams, 3 of them different, so rep-2 is 0.4."""
    words = "我爱你我爱你"
    pairs = list(itertools.pairwise(words))
    assert (len(pairs), len(set(pairs))) == (5, 3)
    assert 1 - len(set(pairs)) / len(pairs) == pytest.approx(0.4)


@pytest.mark.parametrize(("p", "rounds"), [(0.9, 9), (0.99, 99)])
def test_rounds_in_the_loop(p: float, rounds: int) -> None:
    """repetition-why: a loop kept with probability p goes round p/(1-p) more times: 9 and 99."""
    assert p / (1 - p) == pytest.approx(rounds)
    assert sum(n * p**n * (1 - p) for n in range(20_000)) == pytest.approx(rounds)


def test_penalties() -> None:
    """repetition-penalty-formula: 2 seen 3 times becomes 1.67, 0.5 and 1.5; -1 becomes -1.2, not -0.83."""
    assert round(penalised(2, theta=1.2, seen=3), 2) == 1.67
    assert penalised(2, frequency=0.5, seen=3) == 0.5
    assert penalised(2, presence=0.5, seen=3) == 1.5
    assert penalised(-1, theta=1.2, seen=1) == pytest.approx(-1.2)
    assert round(-1 / 1.2, 2) == -0.83


def test_the_penalty_depends_on_where_zero_is() -> None:
    """repetition-penalty-formula: a constant added to all logits changes nothing in softmax, but the penalty."""
    plain, shifted = softmax([2.0, 1.0]), softmax([12.0, 11.0])
    assert plain == pytest.approx(shifted)
    low = softmax([penalised(2.0, seen=1, theta=1.2), 1.0])
    high = softmax([penalised(12.0, seen=1, theta=1.2), 11.0])
    assert high[0] < 0.3 < 0.6 < low[0]


def test_three_cuts() -> None:
    """top-k-top-p-min-p: k = 2 keeps 2, p = 0.9 keeps 4, min-p 0.25 keeps 3 (its bar is 0.125)."""
    chances = [0.5, 0.2, 0.15, 0.1, 0.05]
    assert nucleus(chances, 0.9) == 4
    assert 0.25 * max(chances) == 0.125
    assert sum(p >= 0.25 * max(chances) for p in chances) == 3


def test_temperatures() -> None:
    """temperature: logits 2, 1, 0 at T = 1, 0.5 and 2 (also drawn in temperature.svg)."""
    table = {1.0: [0.665, 0.245, 0.090], 0.5: [0.867, 0.117, 0.016], 2.0: [0.506, 0.307, 0.186]}
    for heat, expected in table.items():
        assert [round(p, 3) for p in softmax([2, 1, 0], heat)] == expected


def test_temperature_limits_and_order() -> None:
    """temperature: the ratio is exp((z_i-z_j)/T), T→0 is greedy, T→∞ uniform, and the order never changes."""
    for heat in (0.2, 1.0, 5.0):
        p = softmax([2, 1, 0], heat)
        assert p[0] / p[1] == pytest.approx(math.exp(1 / heat))
        assert p == sorted(p, reverse=True)
    assert softmax([2, 1, 0], 0.01)[0] == pytest.approx(1)
    assert softmax([2, 1, 0], 1e6) == pytest.approx([1 / 3] * 3, abs=1e-5)


def test_temperature_changes_the_nucleus() -> None:
    """temperature: p = 0.9 keeps 2 words at T = 1 and 3 at T = 2."""
    assert nucleus(softmax([2, 1, 0]), 0.9) == 2
    assert nucleus(softmax([2, 1, 0], 2), 0.9) == 3


def test_top_p_and_top_k() -> None:
    """sampling-vs-greedy: p = 0.9 keeps 1 of the peaked and 5 of the flat distribution; k = 3 covers 62 %; 0.387."""
    assert nucleus([0.92, 0.04, 0.02, 0.01, 0.01], 0.9) == 1
    assert sum(FLAT) == pytest.approx(1)
    assert nucleus(FLAT, 0.9) == 5
    assert sum(FLAT[:4]) < 0.9 < sum(FLAT[:5])
    assert sum(FLAT[:3]) == pytest.approx(0.62)
    assert round(FLAT[0] / sum(FLAT[:3]), 3) == 0.387


def test_greedy_and_two_beams() -> None:
    """beam-search: greedy ends with 0.20, two beams find 0.36 (the tree of beam-tree.svg)."""
    tree = {"": {"A": 0.5, "B": 0.4}, "A": {"C": 0.4, "D": 0.3}, "B": {"E": 0.9, "F": 0.05}}

    def search(width: int) -> tuple[float, str]:
        beams = sorted(((p, word) for word, p in tree[""].items()), reverse=True)[:width]
        ends = [(p * q, word + leaf) for p, word in beams for leaf, q in tree[word].items()]
        return max(ends)

    assert search(1) == (pytest.approx(0.20), "AC")  # type: ignore[comparison-overlap]
    assert search(2) == (pytest.approx(0.36), "BE")  # type: ignore[comparison-overlap]


def test_longer_sequences_score_lower() -> None:
    """beam-search: log-probabilities are negative, so without a length penalty every word more costs score."""
    steps = [math.log(0.5)] * 6
    assert sum(steps[:3]) > sum(steps)
    assert sum(steps[:3]) / 3 == pytest.approx(sum(steps) / 6)


def test_hundred_steps() -> None:
    """teacher-forcing-exposure-bias: 1 % of errors a step leaves 0.37 for 100 right steps, in a simulation too."""
    assert round(0.99**100, 2) == 0.37
    rng = random.Random(0)
    runs = sum(all(rng.random() >= 0.01 for _ in range(100)) for _ in range(20_000))
    assert runs / 20_000 == pytest.approx(0.37, abs=0.02)


def test_weights_in_bits() -> None:
    """compression-pruning-quantization: LLaMA-7B is 13.48 GB in FP16; 3.86 GB with the blocks in 4 bits, g = 128."""
    both_ends = 2 * 32_000 * 4096
    assert round(LLAMA_7B * 2 / 1e9, 2) == 13.48
    blocks = (LLAMA_7B - both_ends) * (4 + 16 / 128) / 8
    assert round((blocks + both_ends * 2) / 1e9, 2) == 3.86
