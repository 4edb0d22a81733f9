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
    """grpo, grpo-code: rewards 1, 0, 0, 1 have mean 0.5, deviation 0.5, advantages +1, -1, -1, +1."""
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


def sigmoid(x: float) -> float:
    """The chance to win that belongs to a gap."""
    return 1 / (1 + math.exp(-x))


def test_bradley_terry() -> None:
    """reward-model-loss: chances and gradients at the gaps 0 and 2; the softmax of two is a sigmoid."""
    assert (sigmoid(0), 1 - sigmoid(0)) == (0.5, 0.5)
    assert (round(sigmoid(2), 3), round(1 - sigmoid(2), 3)) == (0.881, 0.119)
    assert math.exp(3) / (math.exp(3) + math.exp(1)) == pytest.approx(sigmoid(2))
    step = 1e-6
    assert (pair_loss(2 + step) - pair_loss(2 - step)) / (2 * step) == pytest.approx(-(1 - sigmoid(2)), abs=1e-6)


def clipped(ratio: float, advantage: float, eps: float = 0.2) -> float:
    """One term of the objective of PPO."""
    return min(ratio * advantage, max(1 - eps, min(1 + eps, ratio)) * advantage)


def test_ppo_clip() -> None:
    """ppo-clip-objective, grpo-code: the three worked values, and where the gradient is zero."""
    assert (clipped(1.5, 1), clipped(1.5, -1), clipped(0.5, -1)) == (1.2, -1.5, -0.8)
    assert clipped(1.6, 1) == clipped(1.5, 1)
    assert clipped(1.6, -1) < clipped(1.5, -1)
    assert clipped(0.4, -1) == clipped(0.5, -1)


def test_clip_and_rare_tokens() -> None:
    """ppo-clip-objective: 0.01 may rise to 0.012 in one step, 0.9 is hardly bound."""
    assert pytest.approx(0.012) == 0.01 * 1.2
    assert 0.9 * 1.2 > 1


def test_kl_estimates() -> None:
    """kl-penalty: the log ratio and k3 of 0.5 against 0.25, and the other way about."""

    def k3(p: float, ref: float) -> float:
        return ref / p - math.log(ref / p) - 1

    assert round(math.log(0.5 / 0.25), 3) == 0.693
    assert round(0.02 * math.log(0.5 / 0.25), 3) == 0.014
    assert round(k3(0.5, 0.25), 3) == 0.193
    assert round(math.log(0.25 / 0.5), 3) == -0.693
    assert round(k3(0.25, 0.5), 3) == 0.307


def test_best_of_n_peak() -> None:
    """reward-hacking: d (0.6 - 0.1 d) is highest at d = 3, a KL of 9."""
    values = {d / 100: d / 100 * (0.6 - 0.1 * d / 100) for d in range(601)}
    peak = max(values, key=values.__getitem__)
    assert (peak, peak**2) == (3, 9)


def dpo(gap: float, beta: float = 0.1) -> float:
    """The loss of DPO for a difference of log ratios."""
    return pair_loss(beta * gap)


def test_dpo_loss() -> None:
    """dpo-loss, dpo-code: ln 2 at the start; 0.474 for +2 and -3, and the same for -5 and -10."""
    assert round(dpo(0), 3) == 0.693
    assert round(dpo(2 - -3), 3) == 0.474
    assert dpo(2 - -3) == dpo(-5 - -10)


def test_dpo_is_the_solution_of_the_kl_objective() -> None:
    """dpo-loss: with three answers, pi* = ref exp(r/beta)/Z beats other policies, and gives the reward back."""
    ref, reward, beta = (0.5, 0.3, 0.2), (1.0, 0.0, 2.0), 0.7
    weights = [p * math.exp(r / beta) for p, r in zip(ref, reward, strict=True)]
    z = sum(weights)
    best = [w / z for w in weights]

    def objective(policy: list[float]) -> float:
        return sum(p * r - beta * p * math.log(p / q) for p, q, r in zip(policy, ref, reward, strict=True))

    others = [(a / 20, b / 20, (20 - a - b) / 20) for a in range(1, 19) for b in range(1, 20 - a)]
    assert all(objective(best) >= objective(list(other)) for other in others)
    back = [beta * math.log(p / q) + beta * math.log(z) for p, q in zip(best, ref, strict=True)]
    assert back == pytest.approx(list(reward))


def test_memory_of_dpo() -> None:
    """dpo-vs-ppo: one trained and one frozen 7B model are 126 GB."""
    assert 7 * 16 + 7 * 2 == 126


def test_other_groups() -> None:
    """grpo, grpo-code: the sample deviation, one right answer of four, and all the same."""
    assert round(statistics.stdev([1, 0, 0, 1]), 3) == 0.577
    assert round(0.5 / statistics.stdev([1, 0, 0, 1]), 3) == 0.866
    mean, deviation = 0.25, statistics.pstdev([1, 0, 0, 0])
    assert [round((r - mean) / deviation, 2) for r in (1, 0)] == [1.73, -0.58]
    assert statistics.pstdev([1, 1, 1, 1]) == 0


def test_length_dilutes_the_penalty() -> None:
    """grpo: divided by its own length, a wrong answer of 1,000 tokens is punished a tenth as much a token as one of 100."""
    assert pytest.approx(0.1) == (-1 / 1_000) / (-1 / 100)


def test_step_labels() -> None:
    """prm-vs-orm: five of eight continuations that end well make the soft label 0.625, and the hard one 1."""
    good = [True] * 5 + [False] * 3
    assert sum(good) / len(good) == 0.625
    assert int(any(good)) == 1


def test_groups_without_signal() -> None:
    """rlvr: at 5 % right answers, all 16 of a group are wrong in 44 % of the cases."""
    assert round(0.95**16, 2) == 0.44
