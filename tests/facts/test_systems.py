"""Every number on the cards of ``11-systems``, computed again."""

from __future__ import annotations

import struct


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
