"""Every number on the cards of ``02-attention``, computed again."""

from __future__ import annotations

import math
import random

import pytest


def relu(x: float) -> float:
    return max(0.0, x)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def silu(x: float) -> float:
    return x * sigmoid(x)


def silu_slope(x: float) -> float:
    """The derivative as the card gives it."""
    return sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))


def gelu(x: float) -> float:
    return x / 2 * (1 + math.erf(x / math.sqrt(2)))


def gelu_tanh(x: float) -> float:
    return x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gelu_sigmoid(x: float) -> float:
    return x * sigmoid(1.702 * x)


def softmax(scores: list[float]) -> list[float]:
    weights = [math.exp(score - max(scores)) for score in scores]
    return [weight / sum(weights) for weight in weights]


def mha(d: int, *, heads: int = 1, groups: int = 1, bias: bool = False) -> int:
    """Parameters of one attention layer, matrix by matrix."""
    assert d % heads == 0
    kv = d * (d // heads * groups)
    return d * d + 2 * kv + d * d + (4 * d if bias else 0)


GRID = [i / 1000 for i in range(-8000, 8001)]


def test_scores_grow_with_the_square_of_the_length() -> None:
    """attention-mechanism-role: doubling the length gives 4 times the scores."""
    assert (2 * 1000) ** 2 / 1000**2 == 4


def test_attention_by_hand() -> None:
    """self-attention-formula: scores 2 and 0, d_k=4 give weights 0.731, 0.269 and the output 7.31."""
    weights = softmax([2 / math.sqrt(4), 0 / math.sqrt(4)])
    assert [round(weight, 3) for weight in weights] == [0.731, 0.269]
    assert round(weights[0] * 10 + weights[1] * 0, 2) == 7.31


@pytest.mark.parametrize("d_k", [16, 64, 256])
def test_variance_of_a_dot_product(d_k: int) -> None:
    """why-sqrt-dk: the variance of q·k is d_k (16, 64, 256), and 1 after the scaling."""
    draw = random.Random(d_k).gauss
    dots = [sum(draw(0, 1) * draw(0, 1) for _ in range(d_k)) for _ in range(4000)]
    mean = sum(dots) / len(dots)
    variance = sum((dot - mean) ** 2 for dot in dots) / len(dots)
    assert variance == pytest.approx(d_k, rel=0.1)
    scaled = [dot / math.sqrt(d_k) for dot in dots]
    assert sum(dot**2 for dot in scaled) / len(scaled) == pytest.approx(1, rel=0.1)


def test_gap_of_two_scores() -> None:
    """why-sqrt-dk: the difference of two independent scores has the deviation sqrt(2·64) = 11.3."""
    assert round(math.sqrt(2 * 64), 1) == 11.3


def test_dividing_by_d_k_flattens() -> None:
    """why-sqrt-dk: dividing by d_k instead leaves a variance of 1/d_k."""
    assert 64 / 64**2 == 1 / 64


def test_saturated_softmax() -> None:
    """why-sqrt-dk: a gap of 8 gives 0.9997, 0.0003, derivative 0.0003; a gap of 1 gives 0.73, 0.27, 0.197."""
    assert math.sqrt(64) == 8
    p, q = softmax([8, 0])
    assert (round(p, 4), round(q, 4), round(p * q, 4)) == (0.9997, 0.0003, 0.0003)
    p, q = softmax([1, 0])
    assert (round(p, 2), round(q, 2), round(p * q, 3)) == (0.73, 0.27, 0.197)


def test_softmax_derivative() -> None:
    """why-sqrt-dk: the derivative of a softmax weight in its own score is p(1-p)."""
    step = 1e-6
    slope = (softmax([1 + step, 0])[0] - softmax([1 - step, 0])[0]) / (2 * step)
    p = softmax([1, 0])[0]
    assert slope == pytest.approx(p * (1 - p), abs=1e-8)


def test_scale_of_a_4096_model() -> None:
    """why-sqrt-dk: 32 heads of a 4096-wide model have 128 dimensions each; sqrt(128) is 11.3, sqrt(4096) is 64."""
    assert 4096 // 32 == 128
    assert round(math.sqrt(128), 1) == 11.3
    assert math.sqrt(4096) == 64


def test_heads_of_the_original() -> None:
    """multi-head-purpose: 512 dimensions in 8 heads are 64 each, and 8 × 64 is 512 again."""
    assert 512 // 8 == 64
    assert 8 * 64 == 512


def test_single_head_gap() -> None:
    """multi-head-purpose: 0.9 BLEU is the gap between 25.8 (best) and 24.9 (one head) in table 3 of the paper."""
    assert round(25.8 - 24.9, 1) == 0.9


def test_output_matrix_mixes_the_heads() -> None:
    """multi-head-purpose: concatenation times W_O is the sum of every head times its own slice of W_O."""
    rng = random.Random(0)
    heads = [[rng.random() for _ in range(2)] for _ in range(3)]
    w_o = [[rng.random() for _ in range(6)] for _ in range(6)]
    joined = [value for head in heads for value in head]
    whole = [sum(joined[i] * w_o[i][j] for i in range(6)) for j in range(6)]
    parts = [sum(head[i] * w_o[2 * h + i][j] for h, head in enumerate(heads) for i in range(2)) for j in range(6)]
    assert whole == pytest.approx(parts)


def test_attention_parameters() -> None:
    """attention-param-count: the four rows of the table."""
    assert mha(512) == 4 * 512**2 == 1_048_576
    assert mha(768, bias=True) == 2_362_368
    assert mha(4096) == 67_108_864
    assert mha(4096, heads=32, groups=8) == 41_943_040


def test_gqa_formula_and_head_count() -> None:
    """attention-param-count: GQA is 2d²(1+g/h), and with g=h the number of heads cancels out."""
    d, h, g = 4096, 32, 8
    assert mha(d, heads=h, groups=g) == 2 * d * d * (1 + g / h) == 2 * d * d + 2 * d * d * g / h
    assert {mha(d, heads=h, groups=h) for h in (1, 8, 32, 64)} == {4 * d * d}


def test_gqa_with_a_quarter_of_the_groups() -> None:
    """attention-param-count (spoken): K and V shrink to a quarter, the whole to five eighths."""
    assert mha(4096, heads=32, groups=8) / mha(4096) == 5 / 8


def test_head_dim_of_qwen3_4b() -> None:
    """attention-param-count: d=2560, 32 heads of 128, 8 groups: 26,214,400, not the formula's 16,384,000."""
    d, heads, groups, width = 2560, 32, 8, 128
    assert heads * width == 4096 != d
    assert 2 * d * heads * width + 2 * d * groups * width == 26_214_400
    assert 2 * d * d * (1 + groups / heads) == 16_384_000


def test_block_is_about_twelve_d_squared() -> None:
    """attention-param-count, ffn-role: attention 4d², FFN 8d² (two thirds), the block 12d²."""
    d = 4096
    ffn = 2 * d * (4 * d)
    assert ffn == 8 * d * d
    assert ffn + mha(d) == 12 * d * d
    assert ffn / (ffn + mha(d)) == pytest.approx(2 / 3)


def test_swiglu_width() -> None:
    """ffn-role: 8·4096/3 is 10922.7, the next multiple of 256 is 11008, and the layer has 135,266,304 parameters."""
    d = 4096
    assert round(8 * d / 3, 1) == 10922.7
    assert 3 * d * (8 * d / 3) == pytest.approx(8 * d * d)
    width = math.ceil(8 * d / 3 / 256) * 256
    assert width == 11008
    assert 3 * d * width == 135_266_304


def test_llama_7b_adds_up() -> None:
    """attention-param-count, ffn-role: with those two layers LLaMA-7B has its published 6,738,415,616 parameters."""
    d, layers, vocabulary = 4096, 32, 32_000
    assert layers * (mha(d) + 3 * d * 11008 + 2 * d) + 2 * vocabulary * d + d == 6_738_415_616


def test_llama_3_8b_share_of_the_ffn() -> None:
    """ffn-role: with 14336 hidden units and GQA the FFN holds 81 % of the block."""
    ffn = 3 * 4096 * 14336
    assert round(100 * ffn / (ffn + mha(4096, heads=32, groups=8))) == 81


def test_two_matrices_without_activation_are_one() -> None:
    """ffn-role: without the activation, (xW1)W2 is x(W1W2)."""
    x, first, second = 3.0, 2.0, -0.5
    assert (x * first) * second == x * (first * second)


def test_sigmoid_shrinks_over_ten_layers() -> None:
    """relu: the sigmoid's derivative is at most 0.25; its tenth power is 9.5e-7."""
    assert max(sigmoid(x) * (1 - sigmoid(x)) for x in GRID) == 0.25
    assert f"{0.25**10:.1e}" == "9.5e-07"


def test_dead_neuron() -> None:
    """dying-relu: inputs between 0 and 1, w=1 and b=-2 give output 0 and no gradient anywhere."""
    pre = [1 * (i / 100) - 2 for i in range(101)]
    assert max(pre) < 0
    assert all(relu(value) == 0 for value in pre)


def test_gelu_values() -> None:
    """gelu, gelu-approximations: at 1 0.8413, by tanh 0.8412, by sigmoid 0.8458; at -1 -0.1587; at 3 2.996."""
    assert round(gelu(3), 3) == 2.996
    assert (round(gelu(1), 4), round(gelu_tanh(1), 4), round(gelu_sigmoid(1), 4)) == (0.8413, 0.8412, 0.8458)
    assert round(gelu(-1), 4) == -0.1587


def test_gelu_is_x_times_a_probability() -> None:
    """gelu: Φ(x) is the chance that a standard normal variable is at most x, and the switch's mean is x·Φ(x)."""
    draw = random.Random(1).gauss
    share = sum(draw(0, 1) <= 1 for _ in range(50_000)) / 50_000
    assert 1 * share == pytest.approx(gelu(1), abs=0.01)


def test_gelu_errors() -> None:
    """gelu-approximations: the tanh form is off by less than 0.0005, the sigmoid form by about 0.02."""
    assert max(abs(gelu(x) - gelu_tanh(x)) for x in GRID) < 0.0005
    assert round(max(abs(gelu(x) - gelu_sigmoid(x)) for x in GRID), 2) == 0.02


def test_gelu_minimum() -> None:
    """gelu: lowest at x = -0.75, where it is -0.17."""
    lowest = min(GRID, key=gelu)
    assert (round(lowest, 2), round(gelu(lowest), 2)) == (-0.75, -0.17)


def test_silu_values_and_minimum() -> None:
    """swish-silu: SiLU(1) is 0.731, SiLU(-1) is -0.269; lowest at x = -1.28, where it is -0.278."""
    assert (round(silu(1), 3), round(silu(-1), 3)) == (0.731, -0.269)
    lowest = min(GRID, key=silu)
    assert (round(lowest, 2), round(silu(lowest), 3)) == (-1.28, -0.278)


def test_silu_derivative() -> None:
    """swish-silu: the derivative's formula is right, is 0.5 at 0, and peaks at x = 2.4 with 1.10."""
    step = 1e-6
    for x in (-3.0, -0.5, 0.0, 1.5):
        assert silu_slope(x) == pytest.approx((silu(x + step) - silu(x - step)) / (2 * step), abs=1e-8)
    assert silu_slope(0) == 0.5
    steepest = max(GRID, key=silu_slope)
    assert (round(steepest, 1), round(silu_slope(steepest), 2)) == (2.4, 1.10)


def test_swish_limits() -> None:
    """swish-silu: β=0 gives x/2, a large β gives ReLU."""
    for x in (-2.0, -0.5, 0.5, 2.0):
        assert x * sigmoid(0 * x) == x / 2
        assert x * sigmoid(100 * x) == pytest.approx(relu(x), abs=1e-12)


def test_residual_products() -> None:
    """residual-connection: over 32 layers 0.1 gives 1e-32, 1.1 gives 21, 0.9 gives 0.034."""
    assert pytest.approx(1e-32) == 0.1**32
    assert round(1.1**32) == 21
    assert round(0.9**32, 3) == 0.034


def test_norms_of_one_to_four() -> None:
    """layernorm-vs-batchnorm: (1,2,3,4) becomes (-1.34,-0.45,0.45,1.34) and (0.37,0.73,1.10,1.46)."""
    x = [1.0, 2.0, 3.0, 4.0]
    mean = sum(x) / len(x)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in x) / len(x))
    rms = math.sqrt(sum(value**2 for value in x) / len(x))
    assert [round((value - mean) / deviation, 2) for value in x] == [-1.34, -0.45, 0.45, 1.34]
    assert [round(value / rms, 2) for value in x] == [0.37, 0.73, 1.10, 1.46]


def test_clipping() -> None:
    """gradient-vanish-explode: (3,4) has the norm 5 and is clipped to (0.6,0.8); a small gradient stays as it is."""

    def clip(g: tuple[float, float], c: float) -> tuple[float, ...]:
        return tuple(value * min(1, c / math.hypot(*g)) for value in g)

    assert math.hypot(3, 4) == 5
    assert clip((3, 4), 1) == pytest.approx((0.6, 0.8))
    assert clip((0.03, 0.04), 1) == (0.03, 0.04)


def test_where_the_quadratic_part_wins() -> None:
    """attention-complexity: 8nd² = 4n²d at n=2d, 24nd² = 4n²d at n=6d; with d=4096 8192 and 24576; 64 GiB of scores."""
    d = 4096
    assert 8 * (2 * d) * d * d == 4 * (2 * d) ** 2 * d
    assert 24 * (6 * d) * d * d == 4 * (6 * d) ** 2 * d
    assert (2 * d, 6 * d) == (8192, 24_576)
    assert 32_768**2 * 32 * 2 == 64 * 2**30


def test_shares_of_the_quadratic_part() -> None:
    """attention-complexity (picture): 8 %, 25 %, 50 % and 84 % at the four lengths."""
    d = 4096
    shares = [100 * 4 * n * n * d / (24 * n * d * d + 4 * n * n * d) for n in (2048, 8192, 24_576, 131_072)]
    assert [round(share) for share in shares] == [8, 25, 50, 84]


def test_mask_after_softmax_leaks() -> None:
    """causal-mask-implementation: of three equal scores the first row keeps 1/3 when it is zeroed after the softmax."""
    assert softmax([0.0, 0.0, 0.0])[0] == pytest.approx(1 / 3)
    assert softmax([0.0]) == [1]
    assert math.isnan(-math.inf - -math.inf)


def test_cache_of_the_four_kinds() -> None:
    """mha-mqa-gqa-mla: 32768, 2048, 256 and 576 values; 576 is GQA with 2.25 groups; MLA is 1/57 of MHA."""
    heads, width = 128, 128
    mha_cache, gqa_cache, mqa_cache, mla_cache = 2 * heads * width, 2 * 8 * width, 2 * width, 512 + 64
    assert (mha_cache, gqa_cache, mqa_cache, mla_cache) == (32_768, 2048, 256, 576)
    assert mla_cache / (2 * width) == 2.25
    assert round(mha_cache / mla_cache) == 57
    assert round(math.sqrt(128 + 64), 1) == 13.9


def test_absorbed_matrix() -> None:
    """mla-kv-compression: q·(W c) is (Wᵀ q)·c; with a turn in between that differs for every position."""
    w, q, c = [[1.0, 2.0], [-1.0, 0.5]], [0.3, -0.7], [2.0, 1.5]
    lifted = [sum(a * b for a, b in zip(row, c, strict=True)) for row in w]
    pulled = [sum(w[r][i] * q[r] for r in range(2)) for i in range(2)]
    straight = sum(a * b for a, b in zip(q, lifted, strict=True))
    assert straight == pytest.approx(sum(a * b for a, b in zip(pulled, c, strict=True)))


def test_swiglu_by_hand() -> None:
    """swiglu-ffn: a gate of -1 and a value of 2 make -0.538; 11008 is 2.69d, 14336 is 3.5d and 176,160,768 parameters."""
    assert round(silu(-1) * 2, 3) == -0.538
    assert round(11_008 / 4096, 2) == 2.69
    assert 14_336 / 4096 == 3.5
    assert 3 * 4096 * 14_336 == 176_160_768
    assert 3 * 4 * 4096 == 12 * 4096


def test_norms_under_shift_and_scale() -> None:
    """rmsnorm-vs-layernorm: (3,-4) gives (1,-1) and (0.85,-1.13); doubled the same; plus 10 RMSNorm gives (1.28,0.59)."""

    def layer(x: list[float]) -> list[float]:
        mean = sum(x) / len(x)
        deviation = math.sqrt(sum((v - mean) ** 2 for v in x) / len(x))
        return [round((v - mean) / deviation, 2) for v in x]

    def rms(x: list[float]) -> list[float]:
        return [round(v / math.sqrt(sum(w * w for w in x) / len(x)), 2) for v in x]

    assert (layer([3, -4]), rms([3, -4])) == ([1, -1], [0.85, -1.13])
    assert (layer([6, -8]), rms([6, -8])) == ([1, -1], [0.85, -1.13])
    assert (layer([13, 6]), rms([13, 6])) == ([1, -1], [1.28, 0.59])


def test_norm_is_cheap() -> None:
    """rmsnorm-vs-layernorm: 5d of 24d² is 5 in a hundred thousand with d=4096."""
    assert round(5 * 4096 / (24 * 4096**2) * 1e5) == 5


def test_diluted_increment() -> None:
    """prenorm-vs-postnorm: the 64th independent part is one eighth of the trunk's deviation."""
    assert 1 / math.sqrt(64) == 1 / 8


def llama_like(v: int, d: int, layers: int, m: int, kv: int, experts: int = 1, router: int = 0) -> int:
    block = 2 * d * d + 2 * d * kv + experts * 3 * d * m + router * d + 2 * d
    return 2 * v * d + layers * block + d


def test_parameters_by_hand() -> None:
    """param-count-llama7b: 0.67 and 1.35 hundred million a layer, 6.48 billion, 2.6 hundred million; about 12d²L."""
    assert round(4 * 4096**2 / 1e8, 2) == 0.67
    assert round(3 * 4096 * 11_008 / 1e8, 2) == 1.35
    assert round(32 * (4 * 4096**2 + 3 * 4096 * 11_008) / 1e8, 1) == 64.8
    assert round(2 * 32_000 * 4096 / 1e8, 1) == 2.6
    assert round(12 * 32 * 4096**2 / 1e8, 1) == 64.4
    assert llama_like(32_000, 4096, 32, 11_008, 4096) == 6_738_415_616
    assert llama_like(128_256, 4096, 32, 14_336, 1024) == 8_030_261_248


def test_six_n_d() -> None:
    """flops-6nd: Llama 3 405B 3.79e25; LLaMA-7B 4.0e22 and 44 % of the peak; 8 % at 4K, 2.7 times at 128K."""
    assert f"{6 * 405e9 * 15.6e12:.2e}" == "3.79e+25"
    work = 6 * 6_738_415_616 * 1e12
    assert f"{work:.1e}" == "4.0e+22"
    assert round(100 * work / (82_432 * 3600 * 312e12)) == 44
    assert round(100 * 4096 / (12 * 4096)) == 8
    assert round(131_072 / (12 * 4096), 1) == 2.7


def test_mixtral() -> None:
    """moe-basics: 46.7 and 12.9 billion; 16 choose 2 is 120, 64 choose 8 is 4.4 billion; weights 0.69 and 0.31."""
    assert round(llama_like(32_000, 4096, 32, 14_336, 1024, 8, 8) / 1e8) == 467
    assert round(llama_like(32_000, 4096, 32, 14_336, 1024, 2, 8) / 1e8) == 129
    assert math.comb(16, 2) == 120
    assert round(math.comb(64, 8) / 1e8) == 44
    assert [round(weight, 2) for weight in softmax([2.0, 1.2])] == [0.69, 0.31]


def test_balance() -> None:
    """moe-load-balancing: N·Σ f·P is 1 when even and 4 when all go to one of 4; 1024/8×1.25 is 160."""
    assert 4 * sum(0.25 * 0.25 for _ in range(4)) == 1
    assert 4 * (1 * 1) == 4
    assert 1024 / 8 * 1.25 == 160
    for tokens in ((70, 12, 10, 8), (27, 25, 24, 24)):
        assert sum(tokens) == 100


def test_tokens_a_step_of_mtp() -> None:
    """multi-token-prediction: one draft accepted at 85–90 % gives 1.85–1.9 tokens a step; 26.0 to 30.5 is 17 % more."""
    assert round(100 * (30.5 / 26.0 - 1)) == 17
    assert (1 + 0.85, 1 + 0.9) == (1.85, 1.9)


def test_state_against_cache() -> None:
    """hybrid-linear-attention: 96 heads of 128×128 are 1,572,864 values, as many as 2731 tokens of 576."""
    assert 96 * 128 * 128 == 1_572_864
    assert round(1_572_864 / 576) == 2731
    assert round(1_572_864 * 4 / (576 * 2)) == 5461  # by bytes, the state in FP32, the cache in 16 bits: twice as late


def test_delta_rule_overwrites() -> None:
    """hybrid-linear-attention: with β=1 and a key of length 1 the old value of that key is gone, the new one is read."""
    state = [[0.0, 0.0], [0.0, 0.0]]
    key = (0.6, 0.8)
    for value in ((5.0, -1.0), (2.0, 3.0)):
        held = [sum(key[i] * state[i][j] for i in range(2)) for j in range(2)]
        state = [[state[i][j] + key[i] * (value[j] - held[j]) for j in range(2)] for i in range(2)]
    assert [sum(key[i] * state[i][j] for i in range(2)) for j in range(2)] == pytest.approx([2.0, 3.0])


def test_time_saved_by_rmsnorm() -> None:
    """rmsnorm-vs-layernorm: table 8: 12.02 s with LayerNorm; 7.12 s is 41 % less, the 4.34 s of pRMSNorm 64 %."""
    assert [round(100 * (1 - seconds / 12.02)) for seconds in (7.12, 4.34)] == [41, 64]
