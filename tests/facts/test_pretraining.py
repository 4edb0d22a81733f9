"""Every number on the cards of ``05-pretraining`` that can be computed, computed again."""

from __future__ import annotations

import math
import random
import struct

import pytest

PROBABILITIES = (0.5, 0.25, 0.8)


def entropy(probabilities: tuple[float, ...]) -> float:
    """The mean negative log-likelihood."""
    return -sum(math.log(p) for p in probabilities) / len(probabilities)


def test_loss_by_hand() -> None:
    """training-objective-clm: 0.5, 0.25, 0.8 cost 0.693, 1.386, 0.223; their mean is 0.768."""
    assert [round(-math.log(p), 3) for p in PROBABILITIES] == [0.693, 1.386, 0.223]
    assert round(entropy(PROBABILITIES), 3) == 0.768


def test_loss_of_a_guess() -> None:
    """training-objective-clm: a uniform guess among 128,256 tokens costs ln 128256 = 11.8."""
    assert round(math.log(128_256), 1) == 11.8


def test_perplexity() -> None:
    """mle-and-cross-entropy: likelihood 0.1, H = ln 10 / 3 = 0.768, perplexity 2.15."""
    assert math.prod(PROBABILITIES) == pytest.approx(0.1)
    assert entropy(PROBABILITIES) == pytest.approx(math.log(10) / 3)
    assert round(math.log(10) / 3, 3) == 0.768
    assert round(math.exp(entropy(PROBABILITIES)), 2) == 2.15


def test_base_two() -> None:
    """mle-and-cross-entropy: in base 2 H is 1.107 bits, and 2^H is the same 2.15."""
    bits = entropy(PROBABILITIES) / math.log(2)
    assert round(bits, 3) == 1.107
    assert round(2**bits, 2) == 2.15


def test_product_underflows() -> None:
    """mle-and-cross-entropy: a thousand factors 0.1 are 0 in double precision; the sum of their logs is -2303."""
    assert math.prod([0.1] * 1000) == 0.0
    assert round(sum(math.log(0.1) for _ in range(1000))) == -2303


def test_cross_entropy_is_entropy_plus_kl() -> None:
    """mle-and-cross-entropy: H(p, q) = H(p) + KL(p‖q)."""
    p, q = (0.7, 0.2, 0.1), (0.4, 0.5, 0.1)
    cross = -sum(a * math.log(b) for a, b in zip(p, q, strict=True))
    own = -sum(a * math.log(a) for a in p)
    kl = sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert cross == pytest.approx(own + kl)


def test_prefix_halves_the_signal() -> None:
    """causal-vs-prefix-efficiency: a uniform cut in 2048 tokens leaves 1024 with loss on average."""
    draw = random.Random(0).randrange
    targets = [2048 - draw(2049) for _ in range(100_000)]
    assert sum(targets) / len(targets) == pytest.approx(1024, rel=0.01)


def test_picture_of_loss_positions() -> None:
    """causal-vs-prefix-efficiency: with 6 positions and a prefix of 4, the causal one has 6 losses, the other 3."""
    assert len([r for r in range(6) if r >= 0]) == 6
    assert len([r for r in range(6) if r >= 4 - 1]) == 3


def test_five_steps() -> None:
    """emergent-subtask-math: 0.4^5 is 1.02 %, 0.6^5 is 7.78 %, 7.6 times as much; 0.8^5 is 33 %; 0.6/0.4 is 1.5."""
    assert (round(100 * 0.4**5, 2), round(100 * 0.6**5, 2)) == (1.02, 7.78)
    assert round(0.6**5 / 0.4**5, 1) == 7.6
    assert round(100 * 0.8**5) == 33
    assert pytest.approx(1.5) == 0.6 / 0.4


def test_table_of_powers() -> None:
    """emergent-subtask-math: the table for 5 and 10 steps."""
    rows = {0.4: (1.02, 0.01), 0.6: (7.78, 0.60), 0.8: (32.77, 10.74), 0.9: (59.05, 34.87)}
    for p, shares in rows.items():
        assert (round(100 * p**5, 2), round(100 * p**10, 2)) == shares


def test_slope_of_a_power() -> None:
    """emergent-subtask-math: the derivative is k·p^(k-1); near 0 for small p, near k for p near 1."""

    def slope(p: float, k: int) -> float:
        return k * p ** (k - 1)

    step = 1e-6
    for p in (0.3, 0.7):
        assert slope(p, 5) == pytest.approx(((p + step) ** 5 - (p - step) ** 5) / (2 * step), rel=1e-6)
    assert slope(0.1, 5) < 0.001
    assert slope(1, 5) == 5


def test_correlated_steps() -> None:
    """emergent-subtask-math: if all steps succeed or fail together, the whole succeeds with p."""
    rng = random.Random(1)
    share = sum(all([success] * 5) for success in (rng.random() < 0.6 for _ in range(50_000))) / 50_000
    assert share == pytest.approx(0.6, abs=0.01)


def test_modular_addition_table() -> None:
    """grokking: addition modulo 97 has 9409 questions."""
    assert len({(a, b) for a in range(97) for b in range(97)}) == 9409


def test_instructgpt_ratio() -> None:
    """pretrain-vs-finetune: GPT-3 with 175B is 135 times as large as the 1.3B model."""
    assert round(175 / 1.3) == 135


def test_training_compute() -> None:
    """train-your-own-llm: 6ND is 3.8e25 for 405B and 15.6T tokens, 1.2e20 for 1B and 20B; that is 9.3 days."""
    assert f"{6 * 405e9 * 15.6e12:.1e}" == "3.8e+25"
    small = 6 * 1e9 * 20e9
    assert small == pytest.approx(1.2e20)
    assert round(small / 1.5e14 / 86_400, 1) == 9.3


def test_a_sentence_in_the_first_llama() -> None:
    """train-chinese-llm: of 28 characters 25 are in the vocabulary, three fall back to 3 bytes: 35 tokens with ▁."""
    sentence = "人工智能是计算机科学、心理学、哲学等学科融合的交叉学科。"
    outside = "哲融叉"
    assert len(sentence) == 28
    assert {len(character.encode("utf-8")) for character in outside} == {3}
    assert 1 + sum(3 if character in outside else 1 for character in sentence) == 35


def test_new_embeddings() -> None:
    """vocab-expansion: 49,953 - 32,000 = 17,953 new tokens at width 4096, in and out, are 147 million parameters."""
    assert 49_953 - 32_000 == 17_953
    assert round(2 * 17_953 * 4096 / 1e8, 2) == 1.47


def test_small_random_rows_win() -> None:
    """vocab-expansion: a new logit of 0 takes nearly all the probability from 32,000 old ones near -30."""
    old = 32_000 * math.exp(-30)
    assert 1 / (1 + old) > 0.99


def test_mixtures() -> None:
    """continue-pretrain-data: DeepSeekMath's shares add up to 100; BloombergGPT is 51 % finance."""
    assert 56 + 20 + 10 + 10 + 4 == 100
    assert round(100 * 363 / (363 + 345)) == 51


def test_entigraph_factor() -> None:
    """continue-pretrain-more-knowledge: 455 million from 1.3 million tokens is 350 times as much."""
    assert pytest.approx(350) == 455 / 1.3


def test_questions_with_documents() -> None:
    """continue-pretrain-more-knowledge: the order alone brings 2.2 points, mixing 12.9 more, the best form 17.8."""
    after, before, mixed, best = 30.3, 32.5, 45.4, 48.1
    assert round(before - after, 1) == 2.2
    assert round(mixed - before, 1) == 12.9
    assert round(best - after, 1) == 17.8


def test_knowledge_capacity() -> None:
    """continue-pretrain-more-knowledge: 2 bits a parameter are 14 billion bits for 7B."""
    assert 2 * 7e9 == 14e9


def test_perplexity_against_bytes() -> None:
    """perplexity: 250 tokens at 2.0 are perplexity 7.4 and 0.72 bits a byte; 200 at 2.4 are 11.0 and 0.69."""
    for tokens, loss, ppl, bpb in ((250, 2.0, 7.4, 0.72), (200, 2.4, 11.0, 0.69)):
        assert round(math.exp(loss), 1) == ppl
        assert round(tokens / 1000 * loss / math.log(2), 2) == bpb


def test_kaplan_exponent() -> None:
    """scaling-law-kaplan: ten times the parameters leave 84 % of the loss, 16 % less; twice leave about 5 % less."""
    assert round(10**-0.076, 2) == 0.84
    assert round(100 * (1 - 10**-0.076)) == 16
    assert round(100 * (1 - 2**-0.076)) == 5


E, A, B, ALPHA, BETA = 1.8172, 482.01, 2085.43, 0.3478, 0.3658


def optimum(compute: float) -> tuple[float, float]:
    """Parameters and tokens that lose least, by the coefficients of the replication."""
    scale = (ALPHA * A / (BETA * B)) ** (1 / (ALPHA + BETA))
    n = scale * (compute / 6) ** (BETA / (ALPHA + BETA))
    return n, compute / 6 / n


def test_chinchilla_by_the_replication() -> None:
    """chinchilla: a is 0.51; 5.76e23 gives 72 billion parameters and 1.3 trillion tokens, 18 for each."""
    n, d = optimum(5.76e23)
    assert round(BETA / (ALPHA + BETA), 2) == 0.51
    assert round(n / 1e9) == 72
    assert round(d / 1e12, 1) == 1.3
    assert round(d / n) == 18
    assert 1.4e12 / 70e9 == 20

    def loss(size: float) -> float:
        return A / size**ALPHA + B / (5.76e23 / 6 / size) ** BETA

    assert loss(n) < min(loss(0.9 * n), loss(1.1 * n))


def test_half_the_parameters() -> None:
    """over-training: half the parameters need 2.5 times the tokens and about a quarter more compute for the same loss."""
    for n, d in (optimum(5.76e23), (72e9, 1.3e12)):
        same = A / n**ALPHA + B / d**BETA
        more = (B / (same - A / (n / 2) ** ALPHA)) ** (1 / BETA)
        assert round(more / d, 1) == 2.5
        assert n / 2 * more / (n * d) - 1 == pytest.approx(0.25, abs=0.015)


def test_tokens_a_parameter() -> None:
    """over-training: 20, about 150, about 1900 and 50 thousand tokens a parameter."""
    assert 1.4e12 / 70e9 == 20
    assert round(1e12 / 6.7e9, -1) == 150
    assert round(15e12 / 8e9, -2) == 1900
    assert round(30e12 / 0.6e9) == 50_000


def test_minhash_bands() -> None:
    """data-dedup: 14 bands of 8 are 112 hashes; similarity 0.75 is caught in 77 %, 0.5 in 5 %."""

    def caught(s: float) -> float:
        return 1 - (1 - s**8) ** 14

    assert 14 * 8 == 112
    assert round(100 * caught(0.75)) == 77
    assert round(100 * caught(0.5)) == 5


def test_schedules_at_the_end() -> None:
    """lr-schedule-wsd: at step 95,000 of 100,000 the cosine is at 0.6 % of its peak, WSD with a last tenth at 50 %."""
    cosine = 0.5 * (1 + math.cos(math.pi * (95 - 2) / (100 - 2)))
    assert round(100 * cosine, 1) == 0.6
    assert (100 - 95) / (100 - 90) == 0.5


def bf16(value: float) -> float:
    """The nearest BF16 number, ties to even."""
    bits = struct.unpack(">I", struct.pack(">f", value))[0]
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return float(struct.unpack(">f", struct.pack(">I", bits))[0])


def test_largest_numbers() -> None:
    """bf16-fp16-fp8: 65504, 3.4e38, 448 (240 by IEEE's rules) and 57344."""
    assert (2 - 2**-10) * 2**15 == 65_504
    assert struct.pack(">e", 65_504.0) == b"\x7b\xff"
    assert f"{(2 - 2**-7) * 2.0**127:.1e}" == "3.4e+38"
    assert (1 + 6 / 8) * 2**8 == 448
    assert (1 + 7 / 8) * 2**7 == 240
    assert (1 + 3 / 4) * 2**15 == 57_344


def test_gaps_after_one() -> None:
    """bf16-fp16-fp8: 0.00098, 0.0078, 0.125 and 0.25."""
    assert [round(0.5**10, 5), round(0.5**7, 4), 0.5**3, 0.5**2] == [0.00098, 0.0078, 0.125, 0.25]
    assert bf16(1 + 2**-7) == 1 + 2**-7
    assert bf16(1 + 2**-9) == 1


def test_small_updates_vanish_in_bf16() -> None:
    """bf16-fp16-fp8: in BF16 256 + 1 is 256."""
    assert bf16(257.0) == 256.0
    assert bf16(258.0) == 258.0
