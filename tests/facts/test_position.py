"""Every number on the cards of ``03-position``, computed again."""

from __future__ import annotations

import cmath
import itertools
import math

import pytest


def attend(query: float, visible: list[float]) -> float:
    """One-dimensional attention with all projections equal to 1."""
    weights = [math.exp(query * key) for key in visible]
    return sum(weight * value for weight, value in zip(weights, visible, strict=True)) / sum(weights)


def sinusoid(k: int, d: int) -> list[float]:
    """The encoding as the card writes it: sine and cosine of each group, side by side."""
    angles = [k / 10000 ** (2 * i / d) for i in range(d // 2)]
    return [value for angle in angles for value in (math.sin(angle), math.cos(angle))]


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def rotate(vector: list[float], position: int, thetas: list[float]) -> list[float]:
    """RoPE: the i-th pair turned by position × θ_i."""
    turned = []
    for i, theta in enumerate(thetas):
        x, y, angle = vector[2 * i], vector[2 * i + 1], position * theta
        turned += [x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)]
    return turned


def test_attention_ignores_the_order() -> None:
    """why-positional-encoding: token 1 among 0, 1, 2 gives 1.575 in any order; with a causal mask 0.731 or 1.575."""
    assert round(attend(1, [0, 1, 2]), 3) == 1.575
    assert round(attend(1, [2, 0, 1]), 3) == 1.575
    assert round(attend(1, [0, 1]), 3) == 0.731  # order 0, 1, 2: token 1 sees 0 and itself
    assert round(attend(1, [2, 0, 1]), 3) == 1.575  # order 2, 0, 1: token 1 is last and sees all


def test_shift_keeps_the_distance() -> None:
    """absolute-vs-relative-pe: positions 3, 5 and 103, 105 are both 2 apart."""
    assert 5 - 3 == 105 - 103 == 2


def test_four_terms() -> None:
    """absolute-pe-general: 1.1 × 2.3 = 2.53 = 2 + 0.3 + 0.2 + 0.03, in the order of the formula."""
    xm, xn, pm, pn = 1.0, 2.0, 0.1, 0.3
    terms = [xm * xn, xm * pn, pm * xn, pm * pn]
    assert terms == pytest.approx([2, 0.3, 0.2, 0.03])
    assert (xm + pm) * (xn + pn) == pytest.approx(2.53) == sum(terms)


def test_concatenation_is_a_sum() -> None:
    """absolute-pe-general: W[x;p] = W1 x + W2 p, and W1 = W2 is W(x+p)."""
    w1, w2, x, p = [[1.0, 2.0], [3.0, -1.0]], [[0.5, 0.0], [2.0, 1.0]], [1.0, 4.0], [0.3, -0.2]
    whole = [dot(w1[r] + w2[r], x + p) for r in range(2)]
    assert whole == pytest.approx([dot(w1[r], x) + dot(w2[r], p) for r in range(2)])
    tied = [dot(w1[r] + w1[r], x + p) for r in range(2)]
    assert tied == pytest.approx([dot(w1[r], [a + b for a, b in zip(x, p, strict=True)]) for r in range(2)])


def test_bert_position_table() -> None:
    """learned-pe: 512 × 768 is 393,216 parameters, 0.36 % of 110 million."""
    assert 512 * 768 == 393_216
    assert round(100 * 393_216 / 110e6, 2) == 0.36


def test_longformer_copies() -> None:
    """learned-pe-extrapolation: 512 rows copied 8 times are 4096."""
    assert 512 * 8 == 4096


def test_hierarchical_decomposition() -> None:
    """learned-pe-extrapolation: 512² is 262144; the first n rows stay as they were; α=0.5 makes (i,j) and (j,i) equal."""
    assert 512**2 == 262_144
    n = 5
    old = [[math.sin(3 * k + c) for c in range(3)] for k in range(n)]

    def row(i: int, j: int, alpha: float) -> list[float]:
        u = [[(a - alpha * b) / (1 - alpha) for a, b in zip(p, old[0], strict=True)] for p in old]
        return [alpha * a + (1 - alpha) * b for a, b in zip(u[i], u[j], strict=True)]

    for j in range(n):
        assert row(0, j, 0.4) == pytest.approx(old[j])
    assert row(1, 3, 0.5) == pytest.approx(row(3, 1, 0.5))
    assert row(1, 3, 0.4) != pytest.approx(row(3, 1, 0.4))


def test_sinusoid_by_hand() -> None:
    """sinusoidal-pe: d=4 has the frequencies 1 and 0.01; position 3 is (0.141, -0.990, 0.030, 1.000)."""
    assert [10000 ** (-2 * i / 4) for i in range(2)] == [1, 0.01]
    assert [round(value, 3) for value in sinusoid(3, 4)] == [0.141, -0.990, 0.030, 1.000]


def test_wavelengths() -> None:
    """sinusoidal-pe: d=512 has wavelengths from 6.28 to 60611, and the last frequency is close to 1/10000."""
    waves = [2 * math.pi * 10000 ** (2 * i / 512) for i in range(256)]
    assert (round(waves[0], 2), round(waves[-1])) == (6.28, 60611)
    assert 1e-4 < 10000 ** (-2 * 255 / 512) < 1.04e-4


def test_rotation_of_the_encoding() -> None:
    """sinusoidal-relative-property: p_1 = (0.841, 0.540) turned by 2 is p_3 = (0.141, -0.990)."""
    p1, p3 = ([math.sin(k), math.cos(k)] for k in (1, 3))
    turned = [math.cos(2) * p1[0] + math.sin(2) * p1[1], -math.sin(2) * p1[0] + math.cos(2) * p1[1]]
    assert [round(value, 3) for value in p1] == [0.841, 0.540]
    assert turned == pytest.approx(p3)
    assert [round(value, 3) for value in p3] == [0.141, -0.990]


def test_inner_products_of_encodings() -> None:
    """sinusoidal-relative-property: p_1·p_3 = p_5·p_7 = -0.416; the sum of cosines; no direction."""

    def one(k: int) -> list[float]:
        return [math.sin(k), math.cos(k)]

    assert round(dot(one(1), one(3)), 3) == round(dot(one(5), one(7)), 3) == -0.416
    cosines = sum(math.cos(4 * 10000 ** (-2 * i / 128)) for i in range(64))
    assert dot(sinusoid(9, 128), sinusoid(13, 128)) == pytest.approx(cosines)
    assert dot(sinusoid(9, 128), sinusoid(5, 128)) == pytest.approx(cosines)


def test_inner_products_are_not_monotonic() -> None:
    """sinusoidal-relative-property: with d=128 distance 12 has a larger inner product than distance 11."""
    start = sinusoid(0, 128)
    falls = [dot(start, sinusoid(r, 128)) for r in range(200)]
    assert falls[12] > falls[11]
    assert falls[199] < falls[50] < falls[10] < falls[0]


def test_slowest_group_within_512() -> None:
    """sinusoidal-extrapolation: within 512 positions the slowest group makes less than 1/100 of a turn."""
    assert 512 / 60611 < 0.01


def test_recursion_is_serial() -> None:
    """recursive-pe: 4096 positions are 4096 steps."""
    steps, state = 0, 0.0
    for _ in range(4096):
        state, steps = 0.9 * state + 1, steps + 1
    assert steps == 4096


def test_floater_contains_the_sinusoid() -> None:
    """floater: dp/dt = ω(p2, -p1) from (0, 1) is (sin ωt, cos ωt); ω=1, t=3 gives (0.141, -0.990)."""

    def slope(p: tuple[float, float]) -> tuple[float, float]:
        return p[1], -p[0]

    p, steps = (0.0, 1.0), 3000
    h = 3 / steps
    for _ in range(steps):  # the midpoint rule
        s = slope(p)
        s = slope((p[0] + h / 2 * s[0], p[1] + h / 2 * s[1]))
        p = (p[0] + h * s[0], p[1] + h * s[1])
    assert (round(p[0], 3), round(p[1], 3)) == (0.141, -0.990)


def test_memory_network_weights() -> None:
    """multiplicative-pe: J=4, d=2 gives the first word (0.5, 0.25) and the last one (0.5, 1)."""

    def weight(k: int, j: int, length: int = 4, d: int = 2) -> float:
        return (1 - j / length) - (k / d) * (1 - 2 * j / length)

    assert [weight(k, 1) for k in (1, 2)] == [0.5, 0.25]
    assert [weight(k, 4) for k in (1, 2)] == [0.5, 1]


def test_shaw_parameters() -> None:
    """relative-pe-shaw: k=16 has 33 distances; keys and values of 64 dimensions make 4224 parameters."""
    assert len({max(-16, min(16, j - i)) for i in range(100) for j in range(100)}) == 2 * 16 + 1 == 33
    assert 2 * 33 * 64 == 4224


def test_shaw_gains() -> None:
    """relative-pe-shaw: table 1 has 26.5 → 26.8 (base); the abstract has +1.3 (big)."""
    assert round(26.8 - 26.5, 1) == 0.3


def test_rope_by_hand() -> None:
    """rope: q=k=(1,0), θ=0.1: positions 2, 5 and 102, 105 give cos 0.3 = 0.955."""
    for m, n in ((2, 5), (102, 105)):
        product = dot(rotate([1, 0], m, [0.1]), rotate([1, 0], n, [0.1]))
        assert product == pytest.approx(math.cos(0.3))
        assert round(product, 3) == 0.955


def test_rope_is_relative_and_keeps_lengths() -> None:
    """rope: the inner product is q·R_{n-m}k for any vectors, and a turn keeps the length."""
    thetas = [10000 ** (-2 * i / 8) for i in range(4)]
    q, k = [0.3, -1.2, 0.7, 2.0, -0.4, 0.1, 1.5, -0.9], [1.1, 0.2, -0.6, 0.8, 0.9, -1.3, 0.05, 0.4]
    for m, n in ((0, 7), (5, 12), (1000, 1007)):
        assert dot(rotate(q, m, thetas), rotate(k, n, thetas)) == pytest.approx(dot(q, rotate(k, 7, thetas)))
    assert math.hypot(*rotate(q, 123, thetas)) == pytest.approx(math.hypot(*q))


def test_rope_slowest_turn() -> None:
    """rope: d=128: the slowest group needs 54410 positions with base 10000, 2.56 million with 500000."""
    assert round(2 * math.pi * 10000 ** (126 / 128)) == 54410
    assert round(2 * math.pi * 500000 ** (126 / 128) / 1e6, 2) == 2.56


def test_rope_bound_falls_with_the_distance() -> None:
    """rope: with base 10000 the mean of |S_j| (the bound of §3.4.3) falls overall with the distance, not step by step."""

    def bound(distance: int, d: int = 128) -> float:
        total, lengths = 0j, []
        for i in range(d // 2):
            total += cmath.exp(1j * distance * 10000 ** (-2 * i / d))
            lengths.append(abs(total))
        return sum(lengths) / len(lengths)

    bounds = [bound(r) for r in range(257)]
    assert bounds[0] > bounds[4] > bounds[16] > bounds[64] > bounds[256]
    assert any(later > earlier for earlier, later in itertools.pairwise(bounds))


def test_alibi_slopes() -> None:
    """alibi: 8 heads have slopes 1/2 … 1/256; at distance 10 head 1 takes 5 off (×0.0067), head 8 0.039 (×0.962)."""
    slopes = [2 ** (-8 * h / 8) for h in range(1, 9)]
    assert (slopes[0], slopes[-1]) == (1 / 2, 1 / 256)
    assert all(b == a / 2 for a, b in itertools.pairwise(slopes))
    assert 10 * slopes[0] == 5
    assert round(math.exp(-5), 4) == 0.0067
    assert round(10 * slopes[-1], 3) == 0.039
    assert round(math.exp(-10 * slopes[-1]), 3) == 0.962


def test_alibi_picture() -> None:
    """Alibi (picture): at distance 10 heads 3 and 5 take 1.25 and 0.31 off."""
    assert (10 / 2**3, round(10 / 2**5, 2)) == (1.25, 0.31)


def test_kv_cache() -> None:
    """input-length-unlimited: 512 KiB a token and 64 GiB at 131072 for LLaMA-7B; 16 GiB with 8 KV heads."""

    def per_token(layers: int, heads: int, width: int) -> int:
        return 2 * layers * heads * width * 2

    assert per_token(32, 32, 128) == 512 * 2**10
    assert per_token(32, 32, 128) * 131_072 == 64 * 2**30
    assert per_token(32, 8, 128) * 131_072 == 16 * 2**30


def test_scores_are_quadratic() -> None:
    """input-length-unlimited: twice the length, four times the scores."""
    assert (2 * 4096) ** 2 == 4 * 4096**2


def test_position_interpolation() -> None:
    """handle-longer-text: 2048/8192 is 1/4 and 8191/4 is 2047.75, inside the trained range."""
    assert 2048 / 8192 == 1 / 4
    assert 8191 / 4 == 2047.75 < 2048


def test_chunks() -> None:
    """chunking-long-text: 100,000 tokens, chunks of 2048 with 256 overlap: 56 chunks, 14,080 more (14 %), 1/43 the scores."""
    total, size, overlap = 100_000, 2048, 256
    starts = [0]
    while starts[-1] + size < total:
        starts.append(starts[-1] + size - overlap)
    lengths = [min(size, total - start) for start in starts]
    assert len(lengths) == 56
    assert sum(lengths) - total == 14_080
    assert round(100 * 14_080 / total) == 14
    assert round(total**2 / sum(length**2 for length in lengths)) == 43


def test_transformer_xl_reach() -> None:
    """external-memory-long-text: 12 layers times segments of 512 reach 6144 tokens."""
    assert 12 * 512 == 6144


def test_uniform_attention_tells_the_position() -> None:
    """nope: the mean of one 1 and i-1 zeros is 1/i: 0.25 at position 4, 0.01 at position 100."""
    assert [sum([1] + [0] * (i - 1)) / i for i in (4, 100)] == [0.25, 0.01]
    assert 46 + 16 == 62


def test_rope_with_complex_numbers() -> None:
    """rope-relative-proof: q=1+2i, k=3-i, θ=0.5: both pairs of positions 3 apart give -6.912."""
    q, k = 1 + 2j, 3 - 1j
    for m, n in ((4, 1), (103, 100)):
        turned = q * cmath.exp(0.5j * m), k * cmath.exp(0.5j * n)
        assert round((turned[0] * turned[1].conjugate()).real, 3) == -6.912


def test_yarn_groups() -> None:
    """yarn: d=128, base 10000, L=4096: 21 groups stay, 25 blend, 18 are interpolated; s=16 multiplies by 1.277."""
    turns = [4096 / (2 * math.pi * 10000 ** (2 * i / 128)) for i in range(64)]
    assert sum(r > 32 for r in turns) == 21
    assert sum(1 <= r <= 32 for r in turns) == 25
    assert sum(r < 1 for r in turns) == 18
    assert round(0.1 * math.log(16) + 1, 3) == 1.277
    assert 4096 * 32 == 131_072


def test_window() -> None:
    """sliding-window-attention: 4096 × 32 is 131072; 32768/4096 is 8; three layers of a window of 3 reach 7."""
    assert 4096 * 32 == 131_072
    assert 32_768 / 4096 == 8
    assert 1 + 3 * (3 - 1) == 7


def test_cost_of_the_whole_text() -> None:
    """rag-vs-long-context: a million tokens against 5 × 512 is 390 times."""
    assert round(1_000_000 / (5 * 512), -1) == 390
