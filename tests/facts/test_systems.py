"""Every number on the cards of ``11-systems``, computed again."""

from __future__ import annotations

import struct

import pytest


def fp16(x: float) -> float:
    """The nearest half-precision number."""
    return struct.unpack("<e", struct.pack("<e", x))[0]


def test_peak_throughput() -> None:
    """mixed-precision-distributed: 312 TFLOPS of BF16 are 16 times the 19.5 of FP32 and twice the 156 of TF32."""
    assert 312 / 19.5 == 16
    assert 312 / 156 == 2


def test_loss_scaling_saves_small_gradients() -> None:
    """mixed-precision-loss-scaling: 1e-8 is 0 in FP16, but not after a multiplication by 1024."""
    assert fp16(1e-8) == 0
    assert abs(fp16(1e-8 * 1024) / 1024 - 1e-8) < 1e-10


def test_small_updates_need_fp32_weights() -> None:
    """mixed-precision-distributed: why the main weights stay in FP32: 1 + 0.0004 is 1 again in FP16."""
    assert fp16(1 + 0.0004) == 1


def test_bf16_has_the_range_of_fp32() -> None:
    """mixed-precision-distributed: BF16 is the upper half of an FP32 number, so 1e-38 survives; in FP16 it does not."""
    upper = struct.pack(">f", 1e-38)[:2] + b"\0\0"
    assert struct.unpack(">f", upper)[0] > 0
    assert fp16(1e-38) == 0


def test_speed_up_is_bounded() -> None:
    """distributed-speedup: with 5 % of the one-card time fixed, 64 cards are at most 15.4 times as fast."""
    assert round(1 / (0.05 + 0.95 / 64), 1) == 15.4


def test_states_take_sixteen_bytes_both_ways() -> None:
    """mixed-precision-distributed: 4+4+4+4 and 2+2+12 are both 16 bytes; 1.5B parameters take 24 GB."""
    full, mixed = 4 + 4 + 4 + 4, 2 + 2 + (4 + 4 + 4)
    assert full == mixed == 16
    assert 1.5e9 * mixed / 1e9 == 24


def test_half_precision_limits() -> None:
    """mixed-precision-loss-scaling: the least positive FP16 number is 2^-24, the greatest 65504; 8 lifts 2^-27."""
    assert fp16(2**-24) == 2**-24
    assert fp16(2**-26) == 0
    assert round(2**-24 * 1e8) == 6
    assert fp16(65504) == 65504
    assert 2**-27 * 8 == 2**-24


def test_scaled_gradients_can_overflow() -> None:
    """mixed-precision-loss-scaling: a gradient of 2 times 65536 is beyond the range."""
    with pytest.raises(OverflowError):
        fp16(2.0 * 65536)


def test_accumulated_gradients() -> None:
    """gradient-accumulation: sums over the whole batch agree, means of means do not; 4 x 16 x 8 = 512."""
    data = [(1, 2), (2, 3), (3, 7), (4, 8), (5, 9), (6, 13)]
    micro = [data[:1], data[1:]]

    def grad(w: float, batch: list[tuple[int, int]]) -> float:
        return sum(2 * (w * x - y) * x for x, y in batch)

    full = grad(0.5, data) / len(data)
    good = sum(grad(0.5, b) for b in micro) / len(data)
    bad = sum(grad(0.5, b) / len(b) for b in micro) / len(micro)
    assert full == good != bad
    assert 4 * 16 * 8 == 512
    assert 7e9 * 16 / 1e9 == 112


def test_activations() -> None:
    """activation-checkpointing: GPT-3 keeps 114 sbh a layer, 2.67 GiB, 256.5 GiB in all; inputs only: 4.5 GiB."""
    a, h, s, layers = 96, 12_288, 2048, 96
    factor = 34 + 5 * a * s / h
    assert factor == 34 + 80 == 114
    assert round(s * h * factor / 2**30, 2) == 2.67
    assert s * h * factor * layers / 2**30 == 256.5
    assert round(2 * s * h * layers / 2**30, 1) == 4.5


def test_square_root_of_layers() -> None:
    """activation-checkpointing: with every k-th layer kept, n/k + k is least at the root of n."""
    n = 64
    assert min(range(1, n + 1), key=lambda k: n / k + k) == 8


def test_inference_memory() -> None:
    """inference-memory-estimate: 140 GB, 42.9 GB of KV (40 GiB), 182.9 GB: three cards of 80.

    With the blocks in 4 bits (g = 128) the weights are 39.5 GB, and with that KV cache still more than one card of 80.
    """
    kv = 320 * 2**10 * 8192 * 16
    assert kv == 40 * 2**30
    assert round(kv / 1e9, 1) == 42.9
    assert round(140 + kv / 1e9, 1) == 182.9
    assert -(-182.9 // 80) == 3
    layers, hidden, inner, kv_width, words = 80, 8192, 28_672, 8 * 128, 128_256
    blocks = layers * (2 * hidden**2 + 2 * hidden * kv_width + 3 * hidden * inner)
    both_ends = 2 * words * hidden
    assert round((blocks + both_ends) / 1e9, 1) == 70.6
    packed = (blocks * (4 + 16 / 128) / 8 + both_ends * 2) / 1e9
    assert round(packed, 1) == 39.5
    assert round(39.5 + 42.9, 1) == 82.4
    assert packed < 80 < packed + kv / 1e9


def test_zero() -> None:
    """zero-stages: 7.5B parameters on 64 cards: 120, 31.4, 16.6 and 1.9 GB."""
    n, psi = 64, 7.5
    assert 16 * psi == 120
    assert round(4 * psi + 12 * psi / n, 1) == 31.4
    assert round(2 * psi + 14 * psi / n, 1) == 16.6
    assert round(16 * psi / n, 1) == 1.9


def test_a_layer_gathered() -> None:
    """fsdp-vs-zero: a layer of LLaMA-7B has 202 million parameters, 405 MB; an eighth is 51 MB."""
    layer = 4 * 4096**2 + 3 * 4096 * 11_008
    assert round(layer / 1e6) == 202
    assert round(layer * 2 / 1e6) == 405
    assert round(layer * 2 / 8 / 1e6) == 51


def test_tensor_parallel_traffic() -> None:
    """tensor-parallel: 8bsh(t-1)/t is 235 million numbers, 470 MB, 38 GB in 80 layers."""
    numbers = 8 * 1 * 4096 * 8192 * 7 / 8
    assert round(numbers / 1e6) == 235
    assert round(numbers * 2 / 1e6) == 470
    assert round(numbers * 2 * 80 / 1e9) == 38


def test_columns_then_rows() -> None:
    """tensor-parallel: two halves of a ReLU layer add up to the whole; cut by rows first they do not."""
    x, a, b = [1.0, -2.0], [[1.0, 2.0], [3.0, -1.0]], [[1.0], [2.0]]

    def times(v: list[float], m: list[list[float]]) -> list[float]:
        return [sum(p * row[j] for p, row in zip(v, m, strict=True)) for j in range(len(m[0]))]

    def relu(v: list[float]) -> list[float]:
        return [max(0.0, y) for y in v]

    whole = times(relu(times(x, a)), b)[0]
    halves = sum(times(relu(times(x, [[row[j]] for row in a])), [b[j]])[0] for j in range(2))
    assert halves == whole
    wrong = [sum(relu([x[i] * a[i][j]])[0] for i in range(2)) for j in range(2)]
    assert wrong != relu(times(x, a))


def test_bubbles() -> None:
    """pipeline-parallel-bubble: p = 4: 37.5 % and 27.3 % at m = 8; 9.4 % and 8.6 % at 32; 43 % in the picture."""
    p = 4
    for m, ideal, total in ((8, 37.5, 27.3), (32, 9.4, 8.6)):
        assert round(100 * (p - 1) / m, 1) == ideal
        assert round(100 * (p - 1) / (m + p - 1), 1) == total
    slots = 2 * (4 + 4 - 1)
    assert (slots, slots - 2 * 4) == (14, 6)
    assert round(100 * 6 / 14) == round(100 * 3 / 7) == 43


def test_cards_multiply() -> None:
    """three-d-parallelism: 8 x 1 x 16 x 128 and 8 x 16 x 16 x 8 are 16,384; 163 of 312 TFLOPS are 52 %."""
    assert 8 * 1 * 16 * 128 == 8 * 16 * 16 * 8 == 16_384
    assert round(100 * 163 / 312) == 52
    assert 4 * 2 * 2 == 16
