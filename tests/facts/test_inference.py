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


A100 = {"bf16": 312e12, "int8": 624e12, "bandwidth": 2039e9}
"""Peak operations and bytes a second of the A100 80GB SXM."""


def kv_bytes(layers: int, kv_heads: int, head_dim: int, tokens: int = 1, width: int = 2) -> int:
    """Bytes of keys and values."""
    return 2 * layers * kv_heads * head_dim * width * tokens


def attend(q: list[float], keys: list[list[float]], values: list[list[float]]) -> list[float]:
    scores = softmax([sum(a * b for a, b in zip(q, k, strict=True)) / math.sqrt(len(q)) for k in keys])
    return [sum(p * v[j] for p, v in zip(scores, values, strict=True)) for j in range(len(values[0]))]


def test_cached_attention_is_full_attention() -> None:
    """kv-cache-why: step by step with a cache gives what the causal mask gives at once."""
    rng = random.Random(1)
    qs, ks, vs = ([[rng.gauss(0, 1) for _ in range(4)] for _ in range(6)] for _ in range(3))
    keys: list[list[float]] = []
    values: list[list[float]] = []
    for t in range(6):
        keys.append(ks[t])
        values.append(vs[t])
        assert attend(qs[t], keys, values) == attend(qs[t], ks[: t + 1], vs[: t + 1])


def test_positions_projected() -> None:
    """kv-cache-why: 1000 words without a cache project 500,500 positions."""
    assert sum(range(1, 1001)) == 500_500


def test_kv_sizes() -> None:
    """kv-cache-size: 512, 128, 320 and 68.6 KiB a token; 2 GiB for 4096 and 16 GiB for 128K tokens."""
    assert kv_bytes(32, 32, 128) == 512 * 2**10
    assert kv_bytes(32, 8, 128) == 128 * 2**10
    assert kv_bytes(80, 8, 128) == 320 * 2**10
    assert 512 + 64 == 576
    assert round(61 * (512 + 64) * 2 / 2**10, 1) == 68.6
    assert kv_bytes(32, 32, 128, 4096) == 2 * 2**30
    assert kv_bytes(32, 8, 128, 131_072) == 16 * 2**30


def test_the_roof_of_an_a100() -> None:
    """memory-bound-roofline: ridge at 153; batch 1 reaches 2.04 TFLOPS, 0.65 %; 6.6 ms and 151 words a second."""
    ridge = A100["bf16"] / A100["bandwidth"]
    assert round(ridge) == 153
    assert round(A100["bandwidth"] / 1e12, 2) == 2.04
    assert round(100 * A100["bandwidth"] / A100["bf16"], 2) == 0.65
    seconds = LLAMA_7B * 2 / A100["bandwidth"]
    assert round(seconds * 1e3, 1) == 6.6
    assert round(1 / seconds) == 151
    assert round(A100["bandwidth"] / 3.86e9) == 528


def test_eight_bits_are_twice_as_many_operations() -> None:
    """w4a16-vs-w8a8: 624 TOPS are twice 312 TFLOPS; the 4-bit weights are read in 1.9 ms."""
    assert A100["int8"] / A100["bf16"] == 2
    assert round(3.86e9 / A100["bandwidth"] * 1e3, 1) == 1.9


def test_online_softmax() -> None:
    """flash-attention: 1, 3 give m = 3, l = 1.135; with 2, 4 they give m = 4, l = 1.553, as all four at once."""
    m = 3.0
    part = math.exp(1 - m) + 1
    assert round(part, 3) == 1.135
    block = math.exp(2 - 4) + 1
    whole = math.exp(m - 4) * part + block
    assert round(whole, 3) == 1.553
    assert whole == pytest.approx(sum(math.exp(x - 4) for x in (1, 3, 2, 4)))


def test_tiled_attention_is_exact() -> None:
    """flash-attention: block by block, with the running maximum and denominator, the output is that of softmax."""
    rng = random.Random(2)
    scores = [rng.gauss(0, 3) for _ in range(12)]
    values = [rng.gauss(0, 1) for _ in range(12)]
    m, total, out = -math.inf, 0.0, 0.0
    for start in range(0, 12, 4):
        block = range(start, start + 4)
        new = max(m, *(scores[i] for i in block))
        total = math.exp(m - new) * total + sum(math.exp(scores[i] - new) for i in block)
        out = math.exp(m - new) * out + sum(math.exp(scores[i] - new) * values[i] for i in block)
        m = new
    assert out / total == pytest.approx(sum(p * v for p, v in zip(softmax(scores), values, strict=True)))


def test_score_matrix() -> None:
    """flash-attention: 8192 x 8192 scores of 16 bits are 128 MiB."""
    assert 8192**2 * 2 == 128 * 2**20


def test_pages() -> None:
    """paged-attention: 100 tokens take 7 blocks of 16, 12 places empty; of 2048 reserved places 95 % stay empty."""
    blocks = -(-100 // 16)
    assert (blocks, blocks * 16, blocks * 16 - 100) == (7, 112, 12)
    assert round(100 * (1 - 100 / 2048)) == 95


def test_prefix_hit() -> None:
    """prefix-caching: 2000 of 2100 tokens cached save 95.2 % of the prefill."""
    assert round(100 * 2000 / 2100, 1) == 95.2


def test_static_batch() -> None:
    """continuous-batching: outputs of 2, 8, 3 and 4 words fill 17 of 32 places, 53 %; the renewed batch fills all."""
    lengths = [2, 8, 3, 4]
    places = len(lengths) * max(lengths)
    assert (sum(lengths), places) == (17, 32)
    assert round(100 * 17 / 32) == 53
    assert [2 + 6, 8, 3 + 5, 4 + 4] == [8] * 4


def test_latencies() -> None:
    """latency-metrics: 0.5 s and 199 x 30 ms are 6.47 s; 33 words a second; 10 requests a second are 65 at once."""
    whole = 0.5 + 199 * 0.03
    assert whole == pytest.approx(6.47)
    assert round(1 / 0.03) == 33
    assert round(10 * whole) == 65


def test_speculation_keeps_the_distribution() -> None:
    """speculative-decoding: accepted plus resampled mass is p; 0.8 are accepted; 3.36 words a round of 4 guesses."""
    p, q = [0.6, 0.3, 0.1], [0.4, 0.4, 0.2]
    kept = [min(a, b) for a, b in zip(p, q, strict=True)]
    alpha = sum(kept)
    assert alpha == pytest.approx(0.8)
    rest = [max(0.0, a - b) for a, b in zip(p, q, strict=True)]
    final = [k + (1 - alpha) * r / sum(rest) for k, r in zip(kept, rest, strict=True)]
    assert final == pytest.approx(p)
    assert round((1 - 0.8**5) / (1 - 0.8), 2) == 3.36
    assert sum(0.8**i for i in range(5)) == pytest.approx((1 - 0.8**5) / (1 - 0.8))


def test_a_round_of_speculation_in_a_simulation() -> None:
    """speculative-decoding: one word verified many times is distributed as p."""
    rng = random.Random(3)
    p, q = [0.6, 0.3, 0.1], [0.4, 0.4, 0.2]
    counts = [0, 0, 0]
    for _ in range(30_000):
        word = rng.choices(range(3), q)[0]
        if rng.random() >= min(1, p[word] / q[word]):
            word = rng.choices(range(3), [max(0.0, a - b) for a, b in zip(p, q, strict=True)])[0]
        counts[word] += 1
    assert [n / 30_000 for n in counts] == pytest.approx(p, abs=0.02)


def quantise(x: list[float], bits: int, *, symmetric: bool) -> tuple[list[int], float, int]:
    """Integers, scale and zero point."""
    if symmetric:
        top = 2 ** (bits - 1) - 1
        scale, zero, low = max(map(abs, x)) / top, 0, -top
    else:
        top, low = 2**bits - 1, 0
        scale = (max(x) - min(x)) / top
        zero = round(-min(x) / scale)
    return [min(max(round(v / scale) + zero, low), top) for v in x], scale, zero


def test_quantisation() -> None:
    """quantization-basics: -0.5..1.5 in 8 bits is 0, 64, 192, 255; an outlier of 10 makes the step 1.43, the rest 0."""
    integers, scale, zero = quantise([-0.5, 0, 1, 1.5], 8, symmetric=False)
    assert integers == [0, 64, 192, 255]
    assert scale * (integers[1] - zero) == 0
    integers, scale, _ = quantise([0.1, -0.2, 0.3, 10], 4, symmetric=True)
    assert integers == [0, 0, 0, 7]
    assert round(scale, 2) == 1.43
    assert 16 / 128 == 0.125


def test_three_bit_grids() -> None:
    """quant-grid.svg: seven symmetric levels are 0.5 apart, eight asymmetric ones 2/7, a little over half of it."""
    assert quantise([-0.5, 1.5], 3, symmetric=True)[1] == 0.5
    assert quantise([-0.5, 1.5], 3, symmetric=False)[1] == pytest.approx(2 / 7)
    assert 0.5 < (2 / 7) / 0.5 < 0.6


def test_scaling_a_weight_shrinks_its_error() -> None:
    """gptq-vs-awq: with the group's step unchanged, rounding s times the weight leaves about 1/s of the error."""
    rng = random.Random(4)
    step, s = 0.1, 2.0
    weights = [rng.uniform(-0.3, 0.3) for _ in range(5000)]
    plain = sum(abs(round(w / step) * step - w) for w in weights)
    scaled = sum(abs(round(w * s / step) * step / s - w) for w in weights)
    assert scaled / plain == pytest.approx(1 / s, abs=0.03)


def test_directions_of_kl() -> None:
    """distillation-llm: the even student 0.27 and 0.46, the one-sided 0.59 and 0.41 (forward, reverse)."""

    def kl(a: list[float], b: list[float]) -> float:
        return sum(x * math.log(x / y) for x, y in zip(a, b, strict=True))

    teacher, even, sided = [0.48, 0.04, 0.48], [1 / 3] * 3, [0.90, 0.02, 0.08]
    assert (round(kl(teacher, even), 2), round(kl(even, teacher), 2)) == (0.27, 0.46)
    assert (round(kl(teacher, sided), 2), round(kl(sided, teacher), 2)) == (0.59, 0.41)
