"""Every number on the cards of ``14-evaluation``, computed again."""

from __future__ import annotations

import math
from collections import Counter


def test_error_of_164_tasks() -> None:
    """evaluate-llm: 80 % of 164 tasks has a 95 % error of ±6.1 points."""
    assert round(100 * 1.96 * math.sqrt(0.8 * 0.2 / 164), 1) == 6.1


def test_paired_comparison() -> None:
    """evaluate-llm: 8 won and none lost has p = 0.008, 16 against 8 has p = 0.15 (exact McNemar)."""

    def p_value(won: int, lost: int) -> float:
        total = won + lost
        return min(1, 2 * sum(math.comb(total, k) for k in range(min(won, lost) + 1)) / 2**total)

    assert (round(p_value(8, 0), 3), round(p_value(16, 8), 2)) == (0.008, 0.15)


def test_perplexity() -> None:
    """generation-metrics: probabilities 0.5 and 0.125 give a perplexity of 4."""
    probabilities = (0.5, 0.125)
    mean = sum(math.log(p) for p in probabilities) / len(probabilities)
    assert math.isclose(math.exp(-mean), 4)


def test_overlap() -> None:
    """generation-metrics: precision 4/4, recall 4/6 by character; the brevity penalty is 0.61."""
    reference, output = "今天天气很好", "天气很好"
    common = sum((Counter(reference) & Counter(output)).values())
    assert (common, len(output), len(reference)) == (4, 4, 6)
    assert round(math.exp(1 - len(reference) / len(output)), 2) == 0.61


def test_factscore() -> None:
    """hallucination-handling: 7 of 12 atomic facts are 58 %."""
    assert round(100 * 7 / 12) == 58


def unbiased(n: int, c: int, k: int) -> float:
    return 1 - math.comb(n - c, k) / math.comb(n, k)


def test_pass_at_k() -> None:
    """pass-at-k: 3 of 10 gives 0.917 for five tries, the naive formula 0.832; the product agrees."""
    assert math.comb(7, 5) == 21
    assert math.comb(10, 5) == 252
    assert (round(unbiased(10, 3, 5), 3), round(1 - 0.7**5, 3)) == (0.917, 0.832)
    product = 1 - math.prod(1 - 5 / i for i in range(8, 11))
    assert math.isclose(product, unbiased(10, 3, 5))
    assert 1 - 0.712**100 > 0.999999


def test_pass_at_k_has_no_bias_and_the_naive_one_is_low() -> None:
    """pass-at-k: over all draws of ten at 30 %, the mean is exact; with c/n put in it is too small."""
    chance = [math.comb(10, c) * 0.3**c * 0.7 ** (10 - c) for c in range(11)]
    exact = 1 - 0.7**5
    assert math.isclose(sum(p * unbiased(10, c, 5) for c, p in enumerate(chance)), exact)
    assert sum(p * (1 - (1 - c / 10) ** 5) for c, p in enumerate(chance)) < exact


def test_kappa() -> None:
    """llm-as-judge: 85 % agreement where 82 % come by chance is a kappa of 0.17; ten answers make 45 pairs."""
    chance = 0.9 * 0.9 + 0.1 * 0.1
    assert round(chance, 2) == 0.82
    assert round((0.85 - chance) / (1 - chance), 2) == 0.17
    assert (math.comb(10, 2), 2 * math.comb(10, 2)) == (45, 90)


def test_penalty_for_guessing() -> None:
    """why-hallucinate: at a bar of 75 % a wrong answer costs 3, and a guess at 75 % is worth nothing."""
    penalty = 0.75 / (1 - 0.75)
    assert penalty == 3
    assert 0.75 * 1 - 0.25 * penalty == 0
    assert 0.7 * 1 - 0.3 * penalty < 0


def test_semantic_entropy() -> None:
    """hallucination-detection: shares 3/5, 1/5, 1/5 give 0.95; five wordings 1.61; one meaning 0."""

    def entropy(*shares: float) -> float:
        return -sum(p * math.log(p) for p in shares)

    assert (round(entropy(0.6, 0.2, 0.2), 2), round(entropy(*[0.2] * 5), 2), entropy(1)) == (0.95, 1.61, 0)


def test_guessing() -> None:
    """mmlu-gpqa-etc: four choices are guessed in 25 %, ten in 10 %."""
    assert (1 / 4, 1 / 10) == (0.25, 0.1)
