"""Every number on the cards of ``06-finetuning`` that can be computed, computed again."""

from __future__ import annotations

import contextlib
import io
import math
import re
from pathlib import Path

import pytest

LLAMA_7B = 6_738_415_616


def test_instructgpt_is_less_than_a_hundredth() -> None:
    """why-finetune: 1.3B is less than one hundredth of 175B."""
    assert 1.3 / 175 < 1 / 100


def test_flan_wins() -> None:
    """instruction-tuning-benefit: 137B is smaller than 175B, and 20 of 25 is a majority."""
    assert 137 < 175
    assert 20 / 25 == 0.8


def chatml_card() -> str:
    """The text of the file that holds the card."""
    path = Path(__file__).resolve().parents[2] / "cards" / "06-finetuning" / "02-data.md"
    return path.read_text(encoding="utf-8")


def test_chatml_prints_what_the_card_says() -> None:
    """sft-input-format: the code prints the four lines that the card quotes."""
    card = chatml_card()
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL)
    assert code is not None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code[1], {})
    lines = out.getvalue().splitlines()
    assert lines == ["<|im_start|>user", "1+1=?<|im_end|>", "<|im_start|>assistant", "2<|im_end|>"]
    quoted = re.search(r"打印四行：(.*)。", card)
    assert quoted is not None
    assert re.findall(r"`(.*?)`", quoted[1]) == lines
    assert len(lines) == 4


def test_multi_turn_tokens() -> None:
    """multi-turn-sft: 600 tokens as one, 200+400+600=1200 split up; 160 of 480 answer tokens in the last turn."""
    turns, question, answer = 3, 40, 160
    each = question + answer
    assert turns * each == 600
    assert [each * (i + 1) for i in range(turns)] == [200, 400, 600]
    assert sum(each * (i + 1) for i in range(turns)) == 1200
    assert turns * answer == 480


def test_llama_2_steps() -> None:
    """finetune-tricks: 27,540 examples in batches of 64 are 431 steps an epoch, 861 in two."""
    assert math.ceil(27_540 / 64) == 431
    assert math.ceil(2 * 27_540 / 64) == 861


def test_sixteen_bytes() -> None:
    """full-ft-memory: 2+2+4+4+4 is 16; 7B are 14, 14, 28, 28, 28 and 112 GB; more than 80; 8 times the weights."""
    parts = [2, 2, 4, 4, 4]
    assert sum(parts) == 16
    assert [7 * part for part in parts] == [14, 14, 28, 28, 28]
    assert 7 * 16 == 112 > 80
    assert 16 / 2 == 8
    assert 16 - 2 + 4 == 18  # gradients accumulated in fp32 instead


def test_llama_7b_exactly() -> None:
    """full-ft-memory: 6,738,415,616 parameters need 107.8 GB, which is 100.4 GiB."""
    assert round(LLAMA_7B * 16 / 1e9, 1) == 107.8
    assert round(LLAMA_7B * 16 / 2**30, 1) == 100.4


def test_activations() -> None:
    """full-ft-memory: 30.6 GB of activations, 9.1 without the attention scores, 0.5 with recomputation."""
    layers, h, a, s, b = 32, 4096, 32, 2048, 1
    sbh = s * b * h
    assert 5 * a * s / h == 80
    assert round(layers * sbh * (34 + 80) / 1e9, 1) == 30.6
    assert round(layers * sbh * 34 / 1e9, 1) == 9.1
    assert round(layers * sbh * 2 / 1e9, 1) == 0.5


def test_zero_3_on_eight_cards() -> None:
    """full-ft-memory: 112 GB over 8 cards are 14 GB each."""
    assert 112 / 8 == 14


def descend(slope: object, w: float = 1.0) -> float:
    """Gradient descent from the old optimum."""
    assert callable(slope)
    for _ in range(2000):
        w -= 0.05 * slope(w)
    return w


def test_toy_forgetting() -> None:
    """catastrophic-forgetting: new loss alone ends at w=3 with the old loss 4; with the pull it ends at 2, both 1."""
    alone = descend(lambda w: 2 * (w - 3))
    assert alone == pytest.approx(3)
    assert (alone - 1) ** 2 == pytest.approx(4)
    pulled = descend(lambda w: 2 * (w - 3) + 2 * (w - 1))
    assert pulled == pytest.approx(2)
    assert (pulled - 1) ** 2 == pytest.approx(1)
    assert (pulled - 3) ** 2 == pytest.approx(1)


@pytest.mark.parametrize(("n", "points"), [(100, 7.8), (400, 3.9), (1600, 2.0)])
def test_error_bars(n: int, points: float) -> None:
    """domain-eval-set: at 80 % correct, 100, 400 and 1600 questions leave ±7.8, ±3.9 and ±2.0 points."""
    assert round(100 * 1.96 * math.sqrt(0.8 * 0.2 / n), 1) == points


def test_two_models_unpaired() -> None:
    """domain-eval-set: on 400 questions two independent runs must differ by 5.5 points."""
    assert round(100 * 1.96 * math.sqrt(2 * 0.8 * 0.2 / 400), 1) == 5.5


def test_two_models_paired() -> None:
    """domain-eval-set: 15 wins against 5 losses on the same 400 questions are 2.5 points and z = 2.24, significant."""
    wins, losses, questions = 15, 5, 400
    assert 100 * (wins - losses) / questions == 2.5
    assert (wins - losses) ** 2 / (wins + losses) == pytest.approx(10**2 / 20)
    assert round((wins - losses) / math.sqrt(wins + losses), 2) == 2.24
    both_sides = 2 * sum(math.comb(20, k) for k in range(15, 21)) / 2**20
    assert both_sides < 0.05


def test_logits() -> None:
    """full-ft-memory: 2048 positions × 128,256 tokens × 4 bytes are 1.05 GB; 8-bit Adam saves 6 bytes a parameter."""
    assert round(4 * 2048 * 1 * 128_256 / 1e9, 2) == 1.05
    assert (4 + 4) - (1 + 1) == 6


def block(name: str, after: str) -> str:
    """The first Python block after a heading."""
    path = Path(__file__).resolve().parents[2] / "cards" / "06-finetuning" / name
    text = path.read_text(encoding="utf-8").split(after, 1)[1]
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code is not None
    return code[1]


def test_shifted_labels() -> None:
    """sft-loss-mask: the code prints which position predicts which counted token."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(block("05-sft-evidence.md", "{#sft-loss-mask"), {})
    assert out.getvalue().strip() == "[(13, 21), (21, 22), (22, 2)]"


def test_wrong_denominator() -> None:
    """sft-loss-mask: dividing by all tokens makes the loss of the answer smaller."""
    losses, prompt = [1.0, 2.0, 3.0], 3
    assert sum(losses) / (prompt + len(losses)) < sum(losses) / len(losses)


def test_adam_undoes_a_constant_factor_only() -> None:
    """sft-loss-mask: Adam steps the same when every gradient is divided by 10, not when only some batches are."""

    def steps(gradients: list[float]) -> list[float]:
        m = v = 0.0
        found = []
        for t, g in enumerate(gradients, 1):
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            found.append(m / (1 - 0.9**t) / math.sqrt(v / (1 - 0.999**t)))
        return found

    gradients = [1.0, -2.0, 3.0, 1.0]
    assert steps([g / 10 for g in gradients]) == pytest.approx(steps(gradients))
    uneven = [g / 10 if i % 2 else g for i, g in enumerate(gradients)]
    assert steps(uneven) != pytest.approx(steps(gradients))


def test_known_and_unknown() -> None:
    """sft-new-knowledge-hallucination: 36.9 + 7.3k - 8.3u rises with known and falls with unknown examples."""

    def accuracy(known: float, unknown: float) -> float:
        return 36.9 + 7.3 * known - 8.3 * unknown

    assert accuracy(1, 0) > accuracy(0.5, 0.5) > accuracy(0, 1)
    assert round(43.0 - 38.8, 1) == 4.2
    assert 100 - 58.7 > 40
    assert 100 - 55.6 > 40
