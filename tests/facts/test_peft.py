"""Every number on the cards of ``07-peft``, computed again."""

from __future__ import annotations

import itertools
import math
import random
import re
import subprocess
import sys
from pathlib import Path
from statistics import NormalDist

import pytest

T5_XXL = 11e9
GPT2_MEDIUM = 50_257 * 1024 + 1024 * 1024 + 24 * (12 * 1024**2 + 13 * 1024) + 2 * 1024
BERT_LARGE = 340e6

CARDS = Path(__file__).resolve().parents[2] / "cards" / "07-peft"


def prefix(layers: int, length: int, width: int) -> int:
    """Parameters of a prefix: one key and one value per position and layer."""
    return 2 * layers * length * width


def lora(d: int, k: int, r: int) -> int:
    """Parameters of A (r × k) and B (d × r)."""
    return r * k + d * r


def product(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def rank(matrix: list[list[float]]) -> int:
    """The rank, by Gaussian elimination."""
    rows, found = [list(row) for row in matrix], 0
    for column in range(len(rows[0])):
        pivot = max(range(found, len(rows)), key=lambda i: abs(rows[i][column]), default=None)
        if pivot is None or abs(rows[pivot][column]) < 1e-9:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(found + 1, len(rows)):
            factor = rows[i][column] / rows[found][column]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found


def noise(rows: int, columns: int, seed: int) -> list[list[float]]:
    rng = random.Random(seed)
    return [[rng.gauss(0, 1) for _ in range(columns)] for _ in range(rows)]


def nf4() -> list[float]:
    """NormalFloat-4 from the quantiles of N(0, 1): 8 steps up, 7 down, and an exact 0."""
    offset, inverse = 0.9677083, NormalDist().inv_cdf
    up = [inverse(offset + (0.5 - offset) * i / 8) for i in range(8)]
    down = [-inverse(offset + (0.5 - offset) * i / 7) for i in range(7)]
    values = sorted([*up, 0.0, *down])
    return [value / max(values) for value in values]


def test_soft_prompt_of_five() -> None:
    """why-prompt-learning: 5 × 4096 is 20480, about 540 thousand times fewer than 11 billion."""
    assert 5 * 4096 == 20_480
    assert round(T5_XXL / 20_480 / 1e4) == 54


def test_prompt_learning_gaps() -> None:
    """prompt-learning-pros: TextbookQA +12.5 (66.8 against 54.3), XSUM 35.05 is below 37.25."""
    assert round(66.8 - 54.3, 1) == 12.5
    assert 35.05 < 37.25


def test_soft_prompt_of_a_hundred() -> None:
    """prompt-tuning: 100 × 4096 is 409,600, 0.004 % of 11 billion (over 20,000 times fewer, as the paper says)."""
    assert 100 * 4096 == 409_600
    assert round(100 * 409_600 / T5_XXL, 3) == 0.004
    assert T5_XXL / 409_600 > 20_000


def test_prefix_of_gpt2_medium() -> None:
    """prefix-tuning: 24 layers, 1024 dimensions, length 10 give 491520 parameters, 0.14 % of 355M."""
    assert round(GPT2_MEDIUM / 1e8, 2) == 3.55
    assert prefix(24, 10, 1024) == 491_520
    assert round(100 * 491_520 / GPT2_MEDIUM, 2) == 0.14


def test_prefix_is_attention_over_more_keys() -> None:
    """prefix-tuning: with keys and values put in front, every later token attends to them; the output changes."""

    def attend(q: list[float], keys: list[list[float]], values: list[float]) -> float:
        weights = [math.exp(sum(x * y for x, y in zip(q, key, strict=True))) for key in keys]
        return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)

    plain = attend([1.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], [1.0, 2.0])
    steered = attend([1.0, 0.0], [[2.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [5.0, 1.0, 2.0])
    assert steered > plain


def test_prompt_against_prefix() -> None:
    """prompt-tuning-vs-prefix-tuning: 10,240 against 491,520, which is 2L = 48 times."""
    assert 10 * 1024 == 10_240
    assert prefix(24, 10, 1024) == 491_520
    assert prefix(24, 10, 1024) / 10_240 == 2 * 24 == 48


def test_one_word_of_a_prompt() -> None:
    """p-tuning-why: 51.08 and 31.40 are 19.68 apart, close to twenty points."""
    assert round(51.08 - 31.40, 2) == 19.68


def test_input_prompt_of_bert_large() -> None:
    """p-tuning-v2-why: 100 positions are 102,400 parameters (0.03 %) at the input, 4,915,200 (1.4 %) in every layer."""
    assert 100 * 1024 == 102_400
    assert round(100 * 102_400 / BERT_LARGE, 2) == 0.03
    assert prefix(24, 100, 1024) == 4_915_200
    assert round(100 * 4_915_200 / BERT_LARGE, 1) == 1.4


def test_prefix_cache() -> None:
    """p-tuning-v2-pros: 4,915,200 values of 16 bits are 9.8 MB."""
    assert round(prefix(24, 100, 1024) * 2 / 1e6, 1) == 9.8


def test_lora_of_one_matrix() -> None:
    """lora-what: 4096² is 16,777,216; rank 8 has 65,536 parameters, 0.39 %."""
    assert 4096**2 == 16_777_216
    assert lora(4096, 4096, 8) == 65_536
    assert round(100 * 65_536 / 16_777_216, 2) == 0.39


def test_increment_is_low_rank() -> None:
    """lora-what: BA has rank r, and W_0 + BA is still of full rank."""
    b, a, w = noise(6, 2, 1), noise(2, 6, 2), noise(6, 6, 3)
    delta = product(b, a)
    assert rank(delta) == 2
    assert rank([[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(w, delta, strict=True)]) == 6


def test_lora_of_gpt3() -> None:
    """lora-idea: 96 layers, two matrices of 12288, rank 4: 18,874,368 parameters (98304 a matrix), 36 MiB in 16 bits."""
    assert lora(12288, 12288, 4) == 4 * 24_576 == 98_304
    assert 96 * 2 * lora(12288, 12288, 4) == 96 * 2 * 98_304 == 18_874_368
    assert 18_874_368 * 2 / 2**20 == 36


@pytest.mark.parametrize(("a", "b", "moves"), [(0.0, 0.0, False), (0.7, 0.0, True)])
def test_zero_init(a: float, b: float, moves: bool) -> None:
    """lora-idea: with B = 0 the increment is 0 and B still gets a gradient; with both 0 nothing ever moves."""
    x, slope = 1.5, 2.0
    assert b * a * x == 0
    gradients = (slope * b * x, slope * a * x)
    assert any(gradients) is moves


def test_storage_of_a_hundred_tasks() -> None:
    """lora-features: 350 GB + 100 × 35 MB is about 354 GB; 100 × 350 GB is 35 TB; 350 GB / 35 MB is 10,000."""
    assert round(350 + 100 * 0.035) == 354
    assert 100 * 350 / 1000 == 35
    assert 350e9 / 35e6 == 10_000


def test_adapter_latency() -> None:
    """lora-features: 23.9 and 25.8 ms against 19.8 ms are 20.7 % and 30.3 % more."""
    assert [round(100 * (ms / 19.8 - 1), 1) for ms in (23.9, 25.8)] == [20.7, 30.3]


def test_merge_is_exact_and_reversible() -> None:
    """lora-merge: (W_0 + sBA)x equals W_0x + sBAx, and subtracting gives W_0 back."""
    w, b, a, x, s = noise(4, 5, 1), noise(4, 2, 2), noise(2, 5, 3), noise(5, 1, 4), 16 / 8
    delta = [[s * value for value in row] for row in product(b, a)]
    merged = [[p + q for p, q in zip(r, t, strict=True)] for r, t in zip(w, delta, strict=True)]
    two_paths = [p[0] + q[0] for p, q in zip(product(w, x), product(delta, x), strict=True)]
    assert [row[0] for row in product(merged, x)] == pytest.approx(two_paths)
    back = [[p - q for p, q in zip(r, t, strict=True)] for r, t in zip(merged, delta, strict=True)]
    assert [value for row in back for value in row] == pytest.approx([value for row in w for value in row])


def test_code_of_the_merge_card() -> None:
    """lora-merge: the code on the card runs and prints [0.7, 0.2]; the step is 0.1."""
    text = (CARDS / "05-lora-practice.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code is not None
    run = subprocess.run([sys.executable, "-c", code[1]], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[0.7, 0.2]"
    assert round(0.70 / 7, 10) == 0.1


def test_compute_of_a_step() -> None:
    """lora-speedup: (2N²+6Nr)/3N² is 2/3 + 2r/N, 0.674 for N=4096 and r=16."""
    n, r = 4096, 16
    ratio = (2 * n * n + 6 * n * r) / (3 * n * n)
    assert ratio == pytest.approx(2 / 3 + 2 * r / n)
    assert round(ratio, 3) == 0.674


def test_compute_with_recomputed_activations() -> None:
    """lora-speedup: with one more forward on both sides the ratio is about 3/4."""
    n, r = 4096, 16
    ratio = (3 * n * n + 8 * n * r) / (4 * n * n)
    assert ratio == pytest.approx(3 / 4 + 2 * r / n)
    assert ratio == pytest.approx(0.75, abs=0.01)


def test_products_of_the_bypass() -> None:
    """lora-speedup: forward, input gradient and weight gradient of A and B are 6Nr multiply-adds."""
    n, r = 4096, 16
    assert 3 * (n * r + r * n) == 6 * n * r


def test_throughput_of_gpt3() -> None:
    """lora-speedup: from 32.5 to 43.1 tokens a second is 33 % more throughput and 25 % less time."""
    assert round(100 * (43.1 / 32.5 - 1)) == 33
    assert round(100 * (1 - 32.5 / 43.1)) == 25


def test_sum_of_two_increments() -> None:
    """lora-continue-training: the sum of two increments of rank 8 has rank 16."""
    first, second = product(noise(20, 8, 1), noise(8, 20, 2)), product(noise(20, 8, 3), noise(8, 20, 4))
    assert rank(first) == rank(second) == 8
    assert rank([[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(first, second, strict=True)]) == 16


def test_double_quantization() -> None:
    """qlora-idea: 0.5 becomes 0.127 bits, 0.373 bits less: 3.0 GB at 65B; 4.127 bits a weight are 33.5 GB."""
    before, after = 32 / 64, 8 / 64 + 32 / (64 * 256)
    assert (before, round(after, 3), round(before - after, 3)) == (0.5, 0.127, 0.373)
    assert round(65e9 * (before - after) / 8 / 1e9, 1) == 3.0
    assert round(65e9 * (4 + after) / 8 / 1e9, 1) == 33.5


def test_nf4_levels() -> None:
    """qlora-idea: 16 levels with an exact 0, denser in the middle (the picture draws these values)."""
    values = nf4()
    assert len(values) == 16
    assert 0.0 in values
    published = [
        -1.0,
        -0.6961928,
        -0.52507305,
        -0.3949175,
        -0.28444138,
        -0.18477343,
        -0.09105004,
        0.0,
        0.0795803,
        0.1609302,
        0.2461123,
        0.33791524,
        0.44070983,
        0.562617,
        0.72295684,
        1.0,
    ]
    assert values == pytest.approx(published, abs=1e-4)
    gaps = [b - a for a, b in itertools.pairwise(values)]
    assert gaps.index(min(gaps)) in {6, 7, 8}
    assert max(gaps[0], gaps[-1]) == max(gaps)


def test_nf4_beats_even_levels_on_normal_weights() -> None:
    """qlora-idea: at the same 4 bits, normal weights in blocks of 64 lose less with NF4 than with even levels."""
    rng = random.Random(0)

    def error(levels: list[float]) -> float:
        total = 0.0
        for _ in range(200):
            block = [rng.gauss(0, 1) for _ in range(64)]
            scale = max(map(abs, block))
            total += sum((w / scale - min(levels, key=lambda v: abs(v - w / scale))) ** 2 for w in block)
        return total

    assert error(nf4()) < error([i / 7 for i in range(-7, 8)])


def test_780_gigabytes() -> None:
    """qlora-features: 65B parameters × (2 + 2 + 8) bytes are 780 GB."""
    assert 65 * (2 + 2 + 8) == 65 * 12 == 780


def test_qlora_speed() -> None:
    """qlora-features: 3.0 s against 1.2 s a step is slower; 22.3 s against 21.3 s is nearly level."""
    assert 3.0 / 1.2 > 2
    assert 22.3 / 21.3 < 1.05


def test_mmlu_means() -> None:
    """qlora-features: the eight scores of table 4 average 53 (BF16), 53 (NF4 with DQ) and 52.2 (FP4)."""
    bf16 = [38.4, 45.6, 47.2, 50.6, 57.7, 60.5, 61.8, 62.5]
    fp4 = [37.2, 44.0, 47.3, 50.0, 55.9, 58.5, 61.3, 63.3]
    nf4_dq = [39.0, 44.5, 47.5, 50.7, 57.3, 59.2, 61.8, 63.9]
    assert [round(sum(row) / 8, 1) for row in (bf16, nf4_dq, fp4)] == [53.0, 53.0, 52.2]


def test_adalora_budget() -> None:
    """adalora-idea: 12 × 6 = 72 matrices; 144 is rank 2 on average; 1.5 × 144 = 216 is rank 3 at the start."""
    assert 12 * 6 == 72
    assert 144 / 72 == 2
    assert 1.5 * 144 == 216
    assert 216 / 72 == 3


def test_lora_of_deberta_has_the_published_size() -> None:
    """adalora-idea: six matrices in each of 12 layers give the paper's 0.33M for LoRA of rank 2."""
    layer = 4 * lora(768, 768, 2) + 2 * lora(3072, 768, 2)
    assert round(12 * layer / 1e6, 2) == 0.33


def test_larger_blocks_have_fewer_constants() -> None:
    """qlora-idea: with blocks of 256 the constants take 0.125 bits a weight instead of 0.5."""
    assert 32 / 256 == 0.125


def gradients(a: float, b: float, x: float = 1.5, g: float = 2.0, scale: float = 1.0) -> tuple[float, float]:
    """The gradients of A and B in one dimension."""
    return scale * b * g * x, scale * g * a * x


def test_first_steps_of_lora() -> None:
    """lora-init-b-zero: B's gradient is 2.1, A's is 0; after a step of 0.1 B is -0.21 and A's gradient is -0.63."""
    a, b = 0.7, 0.0
    of_a, of_b = gradients(a, b)
    assert of_b == pytest.approx(2.1)
    assert of_a == 0
    b -= 0.1 * of_b
    assert b == pytest.approx(-0.21)
    assert gradients(a, b)[0] == pytest.approx(-0.63)
    assert gradients(0.0, 0.0) == (0, 0)


def test_scales_of_lora_and_rslora() -> None:
    """lora-rank-alpha: with α = 32 the factors are 2 and 8 for r = 16, 0.125 and 2 for r = 256."""
    for r, plain, stable in ((16, 2, 8), (256, 0.125, 2)):
        assert 32 / r == plain
        assert 32 / math.sqrt(r) == stable


def test_code_of_the_lora_layer() -> None:
    """lora-layer-code: the code prints True twice."""
    text = (CARDS / "07-lora-choices.md").read_text(encoding="utf-8").split("{#lora-layer-code", 1)[1]
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code is not None
    run = subprocess.run([sys.executable, "-I", "-c", code[1]], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "True"]


def test_dora_by_hand() -> None:
    """dora: (3,4) + (2,-1) is (5,3), 5.83 long; with m = 5 it is (4.29, 2.57). 4096 more are 6 % of 65,536."""
    column = (3 + 2, 4 - 1)
    length = math.hypot(*column)
    assert math.hypot(3, 4) == 5
    assert round(length, 2) == 5.83
    assert [round(5 * c / length, 2) for c in column] == [4.29, 2.57]
    assert round(100 * 4096 / 65_536) == 6


def test_adapter_parameters() -> None:
    """adapter-tuning: 2md + d + m = 132,160; two in each of 24 layers are 6,343,680, 1.9 % of BERT-large."""
    d, m = 1024, 64
    each = 2 * m * d + d + m
    assert each == 132_160
    assert 2 * 24 * each == 6_343_680
    assert round(100 * 2 * 24 * each / BERT_LARGE, 1) == 1.9


def test_65b_on_48_gigabytes() -> None:
    """qlora-memory: 130 GB in 16 bits; 33.5 + 1.6 + 1.6 + 6.4 = 43.1 GB with 0.8 billion LoRA parameters."""
    lora_65b = 80 * 64 * (11 * 8192 + 3 * 22_016)
    assert lora_65b == 80 * sum(lora(*shape, 64) for shape in [(8192, 8192)] * 4 + [(22_016, 8192)] * 3)
    assert round(lora_65b / 1e8, 1) == 8.0
    base = 65e9 * (4 + 8 / 64 + 32 / (64 * 256)) / 8 / 1e9
    parts = [base, 2 * lora_65b / 1e9, 2 * lora_65b / 1e9, 8 * lora_65b / 1e9]
    assert [round(part, 1) for part in parts] == [33.5, 1.6, 1.6, 6.4]
    assert round(sum(parts), 1) == 43.1
    assert sum(parts) < 48
    assert 65 * 2 == 130
    assert 65 * 0.5 == 32.5
    lora_33b = 60 * 64 * (11 * 6656 + 3 * 17_920)
    assert round(base / 65 * 32.5 + 12 * lora_33b / 1e9, 1) == 22.6
