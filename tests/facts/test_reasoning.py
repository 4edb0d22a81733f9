"""Every number on the cards of ``09-reasoning`` that can be computed, computed again."""

from __future__ import annotations

import math

import pytest


def majority(n: int, p: float) -> float:
    """The chance that more than half of n independent answers are right, the wrong ones being all the same."""
    return sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n // 2 + 1, n + 1))


def test_votes() -> None:
    """self-consistency: 0.6 becomes 0.683 with 5 votes and 0.826 with 21; 0.4 falls to 0.317."""
    assert round(majority(5, 0.6), 3) == 0.683
    assert round(majority(21, 0.6), 3) == 0.826
    assert round(majority(5, 0.4), 3) == 0.317


def test_gains_of_the_tables() -> None:
    """cot, self-consistency: 56.9 - 17.9 is 39; 74.4 - 56.5 is the 17.9 of the abstract."""
    assert round(56.9 - 17.9, 1) == 39.0
    assert round(74.4 - 56.5, 1) == 17.9


def test_eggs() -> None:
    """The picture of cot: 3 boxes of 6, 2 broken, shared among 4."""
    assert (3 * 6, 3 * 6 - 2, (3 * 6 - 2) // 4, (3 * 6 - 2) % 4) == (18, 16, 4, 0)


def softmax(logits: list[float]) -> list[float]:
    """The probabilities of logits."""
    weights = [math.exp(z) for z in logits]
    return [w / sum(weights) for w in weights]


def test_masked_logits() -> None:
    """structured-output: of 2, 1, 0 without the first, 0.731 and 0.269 remain; the picture's 3, 2, 1, 0 likewise."""
    assert [round(p, 3) for p in softmax([1, 0])] == [0.731, 0.269]
    assert [round(p, 3) for p in softmax([-math.inf, 1, 0])] == [0, 0.731, 0.269]
    assert [round(p, 2) for p in softmax([3, 2, 1, 0])] == [0.64, 0.24, 0.09, 0.03]
    assert [round(p, 2) for p in softmax([2, 1])] == [0.73, 0.27]


def test_coverage() -> None:
    """test-time-compute: with 0.1 a try, 32 tries hold a right one with 0.966."""
    assert pytest.approx(0.966, abs=5e-4) == 1 - 0.9**32


def test_batch_of_r1_zero() -> None:
    """r1-zero: 32 questions of 16 answers are 512."""
    assert 32 * 16 == 512


def test_samples_of_r1() -> None:
    """reasoning-model-training: 600 and 200 thousand are the 800 thousand of the report."""
    assert 600_000 + 200_000 == 800_000
