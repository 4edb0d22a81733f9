"""Every number on the cards of ``01-basics`` that can be computed, computed again."""

from __future__ import annotations

import itertools
import math
import random

import pytest

Matrix = list[list[float]]

LLAMA_7B = 6_738_415_616


def softmax(scores: list[float]) -> list[float]:
    weights = [math.exp(score - max(scores)) for score in scores]
    return [weight / sum(weights) for weight in weights]


def singular_values(matrix: Matrix) -> list[float]:
    """One-sided Jacobi: rotate pairs of columns until all are orthogonal; their lengths are the values."""
    columns = [list(column) for column in zip(*matrix, strict=True)]
    for _ in range(30):
        turned = False
        for i in range(len(columns)):
            for j in range(i + 1, len(columns)):
                a, b = columns[i], columns[j]
                alpha, beta = sum(x * x for x in a), sum(x * x for x in b)
                gamma = sum(x * y for x, y in zip(a, b, strict=True))
                if gamma and abs(gamma) > 1e-13 * math.sqrt(alpha * beta):
                    turned = True
                    zeta = (beta - alpha) / (2 * gamma)
                    t = math.copysign(1, zeta) / (abs(zeta) + math.sqrt(1 + zeta * zeta))
                    c = 1 / math.sqrt(1 + t * t)
                    s = c * t
                    columns[i] = [c * x - s * y for x, y in zip(a, b, strict=True)]
                    columns[j] = [s * x + c * y for x, y in zip(a, b, strict=True)]
        if not turned:
            break
    return sorted((math.sqrt(sum(x * x for x in column)) for column in columns), reverse=True)


def rank(values: list[float]) -> int:
    return sum(value > 1e-10 * values[0] for value in values)


def effective_rank(values: list[float]) -> float:
    """The exponential of the entropy of the normalized singular values."""
    total = sum(values)
    return math.exp(-sum(v / total * math.log(v / total) for v in values if v > 0))


def attention(n: int, d: int, seed: int = 0) -> tuple[Matrix, Matrix, Matrix]:
    """Random scores, and their softmax without and with a causal mask."""
    draw = random.Random(seed).gauss
    q = [[draw(0, 1) for _ in range(d)] for _ in range(n)]
    k = [[draw(0, 1) for _ in range(d)] for _ in range(n)]
    scores = [[sum(a * b for a, b in zip(x, y, strict=True)) / math.sqrt(d) for y in k] for x in q]
    causal = [softmax(row[: i + 1]) + [0.0] * (n - i - 1) for i, row in enumerate(scores)]
    return scores, [softmax(row) for row in scores], causal


def determinant(m: Matrix) -> float:
    (a, b, c), (d, e, f), (g, h, i) = m
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def test_bert_against_gpt_3() -> None:
    """what-is-llm: 0.22 GB and 350 GB in FP16; 175 billion is about 1590 times 110 million."""
    assert round(110e6 * 2 / 1e9, 2) == 0.22
    assert 175e9 * 2 / 1e9 == 350
    assert round(175e9 / 110e6, -1) == 1590


def test_cards_for_gpt_3() -> None:
    """llm-pros-cons: 350 GB of weights need 5 cards of 80 GB."""
    assert math.ceil(350 / 80) == 5


def test_visible_cells_and_targets() -> None:
    """prefix-vs-causal-lm and its picture: n=5, k=3 give 15 and 18 visible cells, 4 and 2 targets."""
    n, k = 5, 3
    cells = [(row, column) for row in range(n) for column in range(n)]
    causal = {(r, c) for r, c in cells if c <= r}
    prefix = {(r, c) for r, c in cells if c <= r or c < k}
    assert (len(causal), len(prefix)) == (15, 18)
    assert all(r < k and c < k for r, c in prefix - causal)
    assert (len(range(2, n + 1)), len(range(k + 1, n + 1))) == (4, 2)


def test_encoder_decoder_mask_has_the_shape_of_the_prefix_mask() -> None:
    """arch-three-types (picture): encoder, cross and causal decoder blocks together are the prefix mask."""
    n, k = 5, 3
    both = {(r, c) for r in range(k) for c in range(k)}
    both |= {(r, c) for r in range(k, n) for c in range(k)}
    both |= {(r, c) for r in range(k, n) for c in range(k, r + 1)}
    assert both == {(r, c) for r in range(n) for c in range(n) if c <= r or c < k}


def test_t5_base() -> None:
    """prefix-causal-encdec-compare: T5-base 222,903,552; the encoder alone 109,628,544; 2.03 times."""
    d, inner, layers, vocabulary, heads, buckets = 768, 3072, 12, 32_128, 12, 32
    attention_layer, ffn = 4 * d * d, 2 * d * inner
    bias = heads * buckets
    embedding = vocabulary * d
    encoder = layers * (attention_layer + ffn + 2 * d) + bias + d
    decoder = layers * (2 * attention_layer + ffn + 3 * d) + bias + d
    assert encoder + embedding == 109_628_544
    assert encoder + decoder + embedding == 222_903_552
    assert round((encoder + decoder + embedding) / (encoder + embedding), 2) == 2.03


def test_predictions_of_a_causal_document() -> None:
    """why-decoder-only: n tokens give n-1 predictions."""
    tokens = list("abcde")
    assert len(list(itertools.pairwise(tokens))) == len(tokens) - 1


def test_rank_one_scores_become_full_rank() -> None:
    """decoder-only-low-rank-myth: Q=K=(0,1,2) gives scores of rank 1; after softmax the determinant is 0.024."""
    scores = [[float(i * j) for j in range(3)] for i in range(3)]
    assert scores == [[0, 0, 0], [0, 1, 2], [0, 2, 4]]
    assert rank(singular_values(scores)) == 1
    weights = [softmax(row) for row in scores]
    assert weights[2][1] / weights[2][0] == pytest.approx(math.exp(2))
    assert round(determinant(weights), 3) == 0.024


def test_causal_softmax_is_invertible_on_paper() -> None:
    """decoder-only-low-rank-myth: a causal softmax matrix is lower triangular with a positive diagonal."""
    _, _, causal = attention(48, 6)
    assert all(causal[i][i] > 0 for i in range(48))
    assert all(causal[i][j] == 0 for i in range(48) for j in range(i + 1, 48))


@pytest.mark.parametrize(("d", "both_ways", "causal_way"), [(6, 18.7, 22.1), (24, 28.9, 24.1)])
def test_ranks_of_random_attention(d: int, both_ways: float, causal_way: float) -> None:
    """decoder-only-low-rank-myth: n=48: scores rank d, softmax rank 48; effective ranks by averages of 1000 draws.

    The averages were taken with numpy; here six draws come close to them, and the order is the same.
    """
    draws = [[singular_values(m) for m in attention(48, d, seed)] for seed in range(1, 7)]
    scores, full, _ = draws[0]
    assert rank(scores) == d
    assert rank(full) == 48
    means = [sum(effective_rank(draw[way]) for draw in draws) / len(draws) for way in (1, 2)]
    assert means == pytest.approx([both_ways, causal_way], abs=1.3)
    assert (means[0] > means[1]) == (both_ways > causal_way)


def test_parts_of_llama_7b() -> None:
    """llm-architecture-overview: the five parts, their sum, and the shares in the picture."""
    d, layers, vocabulary, inner = 4096, 32, 32_000, 11_008
    parts = {
        "embedding": vocabulary * d,
        "attention": layers * 4 * d * d,
        "ffn": layers * 3 * d * inner,
        "norms": (2 * layers + 1) * d,
        "head": d * vocabulary,
    }
    assert list(parts.values()) == [131_072_000, 2_147_483_648, 4_328_521_728, 266_240, 131_072_000]
    assert sum(parts.values()) == LLAMA_7B
    shares = [round(100 * parts[name] / LLAMA_7B, 1) for name in ("embedding", "attention", "ffn", "head")]
    assert shares == [1.9, 31.9, 64.2, 1.9]
    assert round(100 * parts["norms"] / LLAMA_7B, 3) == 0.004


def test_ffn_width_of_llama_7b() -> None:
    """llm-architecture-overview: two thirds of 4×4096, rounded up to a multiple of 256, is 11008."""
    assert 256 * math.ceil(4 * 4096 * 2 // 3 / 256) == 11_008


def test_llama_7b_in_memory() -> None:
    """optimize-llm-overview, bert-vs-llama-chatglm-choice: 13.5 GB in FP16, 3.4 GB in 4 bits."""
    assert round(LLAMA_7B * 2 / 1e9, 1) == 13.5
    assert round(LLAMA_7B / 2 / 1e9, 1) == 3.4


def test_gqa_cache() -> None:
    """optimize-llm-overview, llama-series: 8 groups of 32 heads keep 1/4; 128 KiB a token instead of 512 KiB."""
    layers, head = 32, 4096 // 32
    per_token = {groups: 2 * layers * groups * head * 2 for groups in (8, 32)}
    assert head == 128
    assert (per_token[8] / 1024, per_token[32] / 1024) == (128, 512)
    assert per_token[8] / per_token[32] == 1 / 4


def test_chinchilla_compute() -> None:
    """optimize-llm-overview: 70 billion parameters with four times the data cost what 280 billion cost (6ND)."""
    assert 6 * 70e9 * 4 == 6 * 280e9


def test_patches() -> None:
    """transformer-applications: 224×224 in 16×16 patches are 14×14 = 196 tokens."""
    assert 224 // 16 == 14
    assert 14 * 14 == 196


def test_active_shares() -> None:
    """open-model-families: V4-Pro 3.1 %, K3 3.7 %, Nemotron 10 %, all that are named between 3 % and 10 %."""
    models = {
        "Qwen3.8": (95, 2400),
        "V4-Pro": (49, 1600),
        "GLM-5.3": (40, 753),
        "K3": (104, 2800),
        "Muse Spark Open": (42, 816),
        "Nemotron 3 Ultra": (55, 550),
        "gpt-oss-120b": (5.1, 117),
        "MiniMax-M3": (23, 428),
        "Mistral Large 3": (41, 675),
    }
    share = {name: 100 * active / total for name, (active, total) in models.items()}
    assert round(share["V4-Pro"], 1) == 3.1
    assert round(share["K3"], 1) == 3.7
    assert share["Nemotron 3 Ultra"] == 10
    assert all(3 < value <= 10 for value in share.values())


def test_llama_1_mixture() -> None:
    """llama1-training-data: the shares add up to 100 %, the web is 82 %."""
    mixture = {"CommonCrawl": 67, "C4": 15, "GitHub": 4.5, "Wikipedia": 4.5, "Books": 4.5, "ArXiv": 2.5, "SE": 2}
    assert sum(mixture.values()) == 100
    assert mixture["CommonCrawl"] + mixture["C4"] == 82


def test_tokens_a_parameter() -> None:
    """llama1-training-data: 148 tokens a parameter for 7B, 21.5 for 65B."""
    assert round(1.0e12 / LLAMA_7B) == 148
    assert round(1.4e12 / 65e9, 1) == 21.5


def test_bytes_of_a_character() -> None:
    """llama1-chinese: a Chinese character is 3 bytes of UTF-8, so 3 tokens where the vocabulary lacks it."""
    assert {len(character.encode()) for character in "哲吃饭大模型的一是在不了有"} == {3}


def test_chatglm2_speed() -> None:
    """chatglm-generations: from 31.49 to 44.62 characters a second is 42 % more."""
    assert round(100 * (44.62 / 31.49 - 1)) == 42


def test_bert_against_llama() -> None:
    """bert-vs-llama-chatglm-choice: 6.74 billion is 61 times 110 million, 0.6 billion about 5 times."""
    assert round(LLAMA_7B / 1e8, 1) == 67.4
    assert round(LLAMA_7B / 110e6) == 61
    assert round(0.6e9 / 110e6) == 5


def test_bloomberg_share() -> None:
    """domain-model-necessity: 363 of 363+345 billion tokens is 51 %."""
    assert round(100 * 363 / (363 + 345)) == 51


def test_qwen_and_instructgpt_amounts() -> None:
    """training-pipeline-overview: SFT and PPO together are 65 PF-days, 1.8 % of the 3640 of pretraining."""
    assert round(4.9 + 60) == 65
    assert round(100 * (4.9 + 60) / 3640, 1) == 1.8


def test_operations_a_token() -> None:
    """dense-vs-sparse-models: 2 FLOPs per active parameter: 16, 26 and 74 GFLOPs."""
    assert [round(2 * active) for active in (8.03, 12.88, 37)] == [16, 26, 74]


def test_experts_read_by_a_batch() -> None:
    """dense-vs-sparse-models: 8 of 256 chosen independently: 8 experts for one token, 163 for 32, nearly all for 128."""

    def read(batch: int) -> float:
        return 256 * (1 - (1 - 8 / 256) ** batch)

    assert read(1) == 8
    assert round(read(32)) == 163
    assert round(read(128)) >= 251
    assert 1 < 32 * 8 / read(32) < 2  # an expert that is read serves one or two tokens


def test_gpt_oss_on_one_card() -> None:
    """dense-vs-sparse-models: 117 billion parameters in 4-bit blocks (4.25 bits with the scales) stay under 80 GB."""
    assert 117e9 * 4.25 / 8 < 80e9 < 671e9


def test_deepseek_v3_cost() -> None:
    """deepseek-v3-highlights: 2.788 million hours at 2 dollars are 5.576 million; 6ND is 3.3e24."""
    assert 2.788e6 * 2 == 5.576e6
    assert f"{6 * 37e9 * 14.8e12:.1e}" == "3.3e+24"
