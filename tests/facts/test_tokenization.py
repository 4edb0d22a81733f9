"""Every number on the cards of ``04-tokenization``, computed again."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

END = "</w>"
FREQ = {"low": 5, "lower": 2, "newest": 6, "widest": 3}

Pair = tuple[str, str]


def count(freq: dict[str, int], cut: dict[str, list[str]]) -> Counter[Pair]:
    """Adjacent pairs, each weighted by the frequency of its word."""
    pairs: Counter[Pair] = Counter()
    for word, symbols in cut.items():
        for pair in pairwise(symbols):
            pairs[pair] += freq[word]
    return pairs


def apply(symbols: list[str], pair: Pair) -> list[str]:
    new: list[str] = []
    for symbol in symbols:
        if new and (new[-1], symbol) == pair:
            new[-1] += symbol
        else:
            new.append(symbol)
    return new


def train(freq: dict[str, int], steps: int) -> list[tuple[str, str, int]]:
    """The first merges; ties go to the pair that was seen first."""
    cut = {word: [*word, END] for word in freq}
    merges = []
    for _ in range(steps):
        (a, b), n = count(freq, cut).most_common(1)[0]
        merges.append((a, b, n))
        cut = {word: apply(symbols, (a, b)) for word, symbols in cut.items()}
    return merges


def encode(word: str, merges: list[tuple[str, str, int]]) -> list[str]:
    """Always the pair whose rule ranks first, until no rule applies."""
    ranks = {(a, b): i for i, (a, b, _) in enumerate(merges)}
    symbols = [*word, END]
    while True:
        known = [pair for pair in pairwise(symbols) if pair in ranks]
        if not known:
            return symbols
        symbols = apply(symbols, min(known, key=ranks.__getitem__))


def test_llama3_compression() -> None:
    """tokenizer-role: 3.17 to 3.94 characters per token saves about 20 % of the tokens."""
    assert round(100 * (1 - 3.17 / 3.94)) == 20


def test_o200k() -> None:
    """token-granularity: the highest special token of o200k_base is 200018, so the vocabulary is about 200,000."""
    assert round(200_018 + 1, -4) == 200_000


def test_space_as_a_symbol_is_lossless() -> None:
    """tokenizer-role: with ▁ for the space, joining the pieces gives the text back."""
    assert "".join(["Hello", "▁Wor", "ld", "."]).replace("▁", " ") == "Hello World."


def test_granularity() -> None:
    """token-granularity: BPE has 12 % more tokens than words, 1/28 of the vocabulary; characters 5.5 and 30 times."""
    assert round(100 * (112 / 100 - 1)) == 12
    assert round(1_750_000 / 63_000) == 28
    assert 550 / 100 == 5.5
    assert round(5.5**2) == 30


def test_llama3_embedding_share() -> None:
    """token-granularity: two 128256 × 4096 matrices are 1.05 billion of 8.03 billion, 13 %."""
    both = 2 * 128_256 * 4096
    block = 2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096
    whole = 32 * block + both + 4096
    assert round(both / 1e8, 1) == 10.5
    assert whole == 8_030_261_248
    assert round(100 * both / whole) == 13


def test_llama3_ids() -> None:
    """vocab-build-and-id: 128000 + 256 rows; begin_of_text is 128000, eot_id (tenth of the list) is 128009."""
    special = [
        "begin_of_text",
        "end_of_text",
        "fim_prefix",
        "fim_middle",
        "fim_suffix",
        "start_header_id",
        "end_header_id",
        "step_id",
        "eom_id",
        "eot_id",
    ]
    ids = {name: 128_000 + i for i, name in enumerate(special)}
    assert (ids["begin_of_text"], ids["eot_id"]) == (128_000, 128_009)
    assert 128_000 + 256 == 128_256


def test_gpt2_vocabulary() -> None:
    """bpe-algorithm: 256 bytes + 50,000 merges + 1 end-of-text token are 50,257."""
    assert 256 + 50_000 + 1 == 50_257


def test_first_five_merges() -> None:
    """bpe-worked-example: e s 9, es t 9, est </w> 9, l o 7, lo w 7."""
    assert train(FREQ, 5) == [("e", "s", 9), ("es", "t", 9), ("est", END, 9), ("l", "o", 7), ("lo", "w", 7)]


def test_ties_of_the_first_step() -> None:
    """bpe-worked-example: e+s, s+t and t+</w> occur 9 times, w+e 8 times."""
    pairs = count(FREQ, {word: [*word, END] for word in FREQ})
    assert {pair for pair, n in pairs.items() if n == 9} == {("e", "s"), ("s", "t"), ("t", END)}
    assert pairs["w", "e"] == 8
    assert pairs["e", "s"] == 6 + 3


def test_without_frequencies() -> None:
    """bpe-worked-example: with every word counted once, w+e, e+s and l+o all occur twice, and nothing more often."""
    pairs = count(dict.fromkeys(FREQ, 1), {word: [*word, END] for word in FREQ})
    assert pairs["w", "e"] == pairs["e", "s"] == pairs["l", "o"] == 2 == max(pairs.values())


def test_unseen_word() -> None:
    """bpe-worked-example, subword-oov: lowest becomes low + est</w>."""
    assert "lowest" not in FREQ
    assert encode("lowest", train(FREQ, 5)) == ["low", "est</w>"]


def test_hello_world() -> None:
    """bpe-hello-world-trap: ten pairs with the end marker, eight without, each once; l occurs three times; after e+l the text is h el l o, w o r l d."""
    freq = {"hello": 1, "world": 1}
    cut = {word: [*word, END] for word in freq}
    pairs = count(freq, cut)
    assert len(pairs) == 10
    assert set(pairs.values()) == {1}
    assert sum(len(list(pairwise(word))) for word in freq) == 8
    assert Counter("helloworld").most_common(1) == [("l", 3)]
    assert apply([*"hello"], ("e", "l")) == ["h", "el", "l", "o"]
    assert apply([*"world"], ("e", "l")) == [*"world"]
    assert "elo" not in "hello world"
    assert "ello" in "hello world"


def test_frequent_character_is_not_a_frequent_pair() -> None:
    """bpe-hello-world-trap: in ab, ac, ad, xyxy a occurs 3 times, x and y twice, but x+y is the most frequent pair."""
    freq = dict.fromkeys(("ab", "ac", "ad", "xyxy"), 1)
    letters = Counter("".join(freq))
    assert (letters["a"], letters["x"], letters["y"]) == (3, 2, 2)
    pairs = count(freq, {word: [*word] for word in freq})
    assert pairs.most_common(2)[0] == (("x", "y"), 2)
    assert pairs.most_common(2)[1][1] == 1


def test_bytes_of_rare_characters() -> None:
    """subword-oov: four Chinese characters are 12 bytes."""
    assert len("魑魅魍魉".encode()) == 12


def test_bytes_are_enough() -> None:
    """token-granularity: one byte has 256 values."""
    assert 2**8 == 256 == math.prod([2] * 8)


def test_space_of_gpt2() -> None:
    """bpe-algorithm: GPT-2 shows the bytes that cannot be printed from U+0100 on; the space becomes Ġ."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    moved = [byte for byte in range(256) if byte not in printable]
    assert chr(256 + moved.index(ord(" "))) == "Ġ"


def test_qwen3_rows() -> None:
    """vocab-build-and-id: 151,936 rows are a multiple of 128 and more than 151,669 tokens."""
    assert 151_936 % 128 == 0
    assert 151_936 > 151_669


def test_wordpiece_scores() -> None:
    """bpe-wordpiece-unigram: e+s scores 9/(17×9) = 0.06; i+d, together 3 times, 3/(3×3) = 0.33 and is the best."""
    single = Counter({symbol: 0 for word in FREQ for symbol in word})
    for word, n in FREQ.items():
        for symbol in word:
            single[symbol] += n
    pairs = count(FREQ, {word: [*word] for word in FREQ})
    assert (pairs["e", "s"], single["e"], single["s"]) == (9, 17, 9)
    assert (pairs["i", "d"], single["i"], single["d"]) == (3, 3, 3)
    score = {(a, b): n / (single[a] * single[b]) for (a, b), n in pairs.items()}
    assert round(score["e", "s"], 2) == 0.06
    assert round(score["i", "d"], 2) == 0.33
    assert max(score, key=score.__getitem__) == ("i", "d")
    assert max(pairs, key=pairs.__getitem__) == ("e", "s")


def test_likelihood_gain_is_another_score() -> None:
    """bpe-wordpiece-unigram: by the gain of the unigram likelihood s+t is merged first, not i+d."""
    single: Counter[str] = Counter()
    for word, n in FREQ.items():
        for symbol in word:
            single[symbol] += n
    pairs = count(FREQ, {word: [*word] for word in FREQ})

    def likelihood(counts: Counter[str]) -> float:
        total = sum(counts.values())
        return sum(n * math.log(n / total) for n in counts.values() if n)

    gain = {}
    for (a, b), n in pairs.items():
        merged = single.copy()
        merged[a] -= n
        merged[b] -= n
        merged[a + b] += n
        gain[a, b] = likelihood(merged) - likelihood(single)
    assert max(gain, key=gain.__getitem__) == ("s", "t")
    assert gain["s", "t"] > 2 * gain["i", "d"] > 0


def test_half_a_character() -> None:
    """byte-level-bpe: 哲 is E5 93 B2 in UTF-8; two of the three bytes decode to �."""
    word = "哲".encode()
    assert [hex(byte) for byte in word] == ["0xe5", "0x93", "0xb2"]
    assert word[:2].decode(errors="replace") == "\ufffd"
    assert word.decode() == "哲"


def test_cost_of_a_vocabulary() -> None:
    """vocab-size-tradeoff: 32,000 to 128,256 at width 4096 is 2.6 to 10.5 hundred million; logits 0.26 to 1.05 GB."""
    assert [round(2 * v * 4096 / 1e8, 1) for v in (32_000, 128_256)] == [2.6, 10.5]
    assert [round(4 * 2048 * v / 1e9, 2) for v in (32_000, 128_256)] == [0.26, 1.05]
