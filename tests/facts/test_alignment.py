"""Every number on the cards of ``08-alignment`` that can be computed, computed again."""

from __future__ import annotations

import math
import statistics

import pytest


def pair_loss(gap: float) -> float:
    """The loss of the reward model for one pair."""
    return -math.log(1 / (1 + math.exp(-gap)))


def test_pairs_of_a_ranking() -> None:
    """rlhf-basics: ranking 9 answers gives 36 pairs."""
    assert math.comb(9, 2) == 36


def test_pair_loss() -> None:
    """rlhf-basics: a gap of 2 costs 0.127, a gap of 0 costs 0.693."""
    assert round(pair_loss(2), 3) == 0.127
    assert round(pair_loss(0), 3) == 0.693


def test_only_the_gap_counts() -> None:
    """rlhf-basics: shifting both rewards leaves the loss as it is."""
    assert pair_loss((3 + 7) - (1 + 7)) == pair_loss(3 - 1)


def test_kl_penalty() -> None:
    """rlhf-basics: a log ratio of 5 with beta 0.02 costs 0.1."""
    assert pytest.approx(0.1) == 0.02 * 5


def test_agreement_rounds() -> None:
    """rlhf-shortcomings: 72.6 % agreement is about 73 %."""
    assert round(72.6) == 73


def test_rlvr_prompts() -> None:
    """preference-data-cost: GSM8K 7,473, MATH 7,500 and verifiable-instruction 14,973 prompts are about 30,000."""
    assert 7_473 + 7_500 + 14_973 == 29_946
    assert round(29_946, -4) == 30_000


def test_group_advantages() -> None:
    """three-stage-slow: rewards 1, 0, 0, 1 have mean 0.5, deviation 0.5, advantages +1, -1, -1, +1."""
    rewards = [1, 0, 0, 1]
    mean, deviation = statistics.fmean(rewards), statistics.pstdev(rewards)
    assert (mean, deviation) == (0.5, 0.5)
    assert [(reward - mean) / deviation for reward in rewards] == [1, -1, -1, 1]


def test_four_models() -> None:
    """ppo-four-models: 112+112+14+14 = 252 GB, and the other rows of the table."""
    train, forward = 16, 2
    assert (7 * train, 7 * forward) == (112, 14)
    full = 7 * train + 7 * train + 7 * forward + 7 * forward
    assert full == 252
    assert full - 7 * train == 140
    assert full - 7 * train - 7 * forward == 126
    assert 7 * train + 1 * train + 7 * forward + 1 * forward == 144
    assert full / 8 == 31.5


def test_a_second_copy_for_generation() -> None:
    """ppo-four-models: an inference engine of its own holds another 14 GB of weights."""
    assert 7 * 2 == 14


def test_bytes_with_fp32_gradients() -> None:
    """ppo-four-models: gradients of four bytes instead of two make 18 of 16."""
    assert 16 - 2 + 4 == 18


def test_when_to_answer() -> None:
    """honest-principle: with penalty c the break-even confidence is c/(1+c); 75 % for c=3."""
    c = 3
    even = c / (1 + c)
    assert even == 0.75
    assert even - c * (1 - even) == pytest.approx(0)
    assert 0.8 - c * 0.2 > 0 > 0.7 - c * 0.3


def entropy(counts: list[int]) -> float:
    """In nats."""
    total = sum(counts)
    return sum(count / total * math.log(total / count) for count in counts)


def test_semantic_entropy() -> None:
    """know-what-it-knows: groups of 8, 1 and 1 have the entropy 0.64; ten different answers 2.30."""
    assert round(entropy([8, 1, 1]), 2) == 0.64
    assert round(entropy([1] * 10), 2) == 2.30
