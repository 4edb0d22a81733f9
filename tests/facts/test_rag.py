"""Every number on the cards of ``12-rag``, computed again."""

from __future__ import annotations

import math
from itertools import pairwise

SIZE, OVERLAP, LENGTH = 500, 50, 20_000

CONTRACT = "甲方应在三十日内付款。逾期按日加收万分之五的违约金。本条不适用于不可抗力。"


def chunks(length: int, size: int, overlap: int) -> int:
    """Windows of ``size`` that start every ``size - overlap`` characters and reach the end."""
    return math.ceil((length - overlap) / (size - overlap))


def rrf(*ranks: int) -> float:
    return sum(1 / (60 + rank) for rank in ranks)


def test_chunks_of_a_document() -> None:
    """rag-pipeline, rag-chunk-granularity: 20,000 characters give 45 chunks with the overlap, 40 without: 12.5 %."""
    assert chunks(LENGTH, SIZE, OVERLAP) == 45 == len(range(0, LENGTH - OVERLAP, SIZE - OVERLAP))
    assert chunks(LENGTH, SIZE, 0) == 40
    assert 100 * (45 / 40 - 1) == 12.5


def test_size_of_the_index() -> None:
    """rag-pipeline: 1000 documents are 45,000 chunks; 1024 float32 numbers each are 184 MB."""
    vectors = 1000 * chunks(LENGTH, SIZE, OVERLAP)
    assert vectors == 45_000
    assert round(vectors * 1024 * 4 / 1e6) == 184


def test_exact_search() -> None:
    """rag-core-tech: a million vectors of 1024 dimensions take about a billion multiplications."""
    assert 1_000_000 * 1024 == 1_024_000_000


def test_contextual_retrieval() -> None:
    """rag-optimization: 5.7 % to 3.7, 2.9 and 1.9 % are cuts of 35, 49 and 67 %."""
    assert [round(100 * (1 - rate / 5.7)) for rate in (3.7, 2.9, 1.9)] == [35, 49, 67]


def test_weighted_by_retrieval() -> None:
    """rag-definition-origin: 0.7 and 0.3 of 0.9 and 0.2 are 0.69."""
    assert math.isclose(0.7 * 0.9 + 0.3 * 0.2, 0.69)


def test_rrf_on_the_card() -> None:
    """hybrid-search-rrf: first and fourth give 0.0320 and win over two thirds, 0.0317; 丁 is third."""
    lists = (["甲", "丙", "乙", "丁", "戊"], ["己", "庚", "乙", "甲", "丁"])
    score: dict[str, float] = {}
    for ranked in lists:
        for rank, doc in enumerate(ranked, 1):
            score[doc] = score.get(doc, 0) + 1 / (60 + rank)
    assert sorted(score, key=lambda doc: score[doc], reverse=True)[:3] == ["甲", "乙", "丁"]
    assert (round(rrf(1, 4), 4), round(rrf(3, 3), 4)) == (0.0320, 0.0317)
    assert (score["甲"], score["乙"]) == (rrf(1, 4), rrf(3, 3))


def test_pairs_of_ten_thousand_sentences() -> None:
    """bi-vs-cross-encoder: about 50 million pairs."""
    assert round(math.comb(10_000, 2) / 1e6) == 50


def test_infonce() -> None:
    """embedding-contrastive: 0.8 against 0.5 and 0.3 is 94.6 % at 0.1 and 42.6 % at 1."""

    def share(temperature: float) -> float:
        positive, *negatives = (math.exp(s / temperature) for s in (0.8, 0.5, 0.3))
        return positive / (positive + sum(negatives))

    assert (round(100 * share(0.1), 1), round(-math.log(share(0.1)), 3)) == (94.6, 0.055)
    assert (round(100 * share(1), 1), round(-math.log(share(1)), 3)) == (42.6, 0.853)


def test_size_of_wide_embeddings() -> None:
    """decoder-embedders: 4096 float32 are 16 KB; a million 16.4 GB, 4.1 GB after the cut to 1024."""
    assert 4096 * 4 == 16 * 1024
    assert [round(width * 4 * 1e6 / 1e9, 1) for width in (4096, 1024)] == [16.4, 4.1]


def test_layers_and_memory_of_hnsw() -> None:
    """ann-hnsw-ivfpq: layers of a million points with M = 16; 41 GB of vectors, 1.3 GB of edges, 0.64 GB of codes."""
    assert [round(1e6 / 16**layer) for layer in range(5)] == [1_000_000, 62_500, 3906, 244, 15]
    assert round(1e7 * 1024 * 4 / 1e9) == 41
    assert round(1e7 * 32 * 4 / 1e9, 1) == 1.3
    assert round(1e7 * 64 / 1e9, 2) == 0.64


def test_product_quantization() -> None:
    """pq-code: 128 float32 are 512 bytes; eight one-byte codes are 64 times less and have 2^64 values."""
    assert 128 * 4 == 512
    assert 512 // 8 == 64
    assert 256**8 == 2**64


def test_cost_of_reranking() -> None:
    """rerank: 100 pairs of 512 tokens are 51,200, 20 are 10,240."""
    assert (100 * 512, 20 * 512) == (51_200, 10_240)


def test_ranking_measures() -> None:
    """retrieval-metrics: hits at ranks 2 and 4 of five, three to be found."""
    relevant, wanted = [0, 1, 0, 1, 0], 3
    gain = [1 / math.log2(rank + 1) for rank in range(1, 6)]
    found = sum(r * g for r, g in zip(relevant, gain, strict=True))
    ideal = sum(gain[:wanted])
    assert (round(found, 3), round(ideal, 3), round(found / ideal, 2)) == (1.062, 2.131, 0.50)
    assert [round(g, 3) for g in (gain[1], gain[3], gain[2])] == [0.631, 0.431, 0.5]
    assert sum(relevant) / wanted == 2 / 3
    assert 1 / (relevant.index(1) + 1) == 1 / 2


def test_context_precision() -> None:
    """rag-eval: useful blocks at ranks 1 and 3 give 0.83."""
    assert round((1 / 1 + 2 / 3) / 2, 2) == 0.83


def test_faithfulness() -> None:
    """rag-response-quality: 6 of 8 statements supported is 0.75."""
    assert 6 / 8 == 0.75


def test_default_splitter_cuts_by_count() -> None:
    """rag-sentence-splitting: none of the default separators occurs, so the text is cut after 20 characters."""
    assert not any(separator in CONTRACT for separator in ("\n\n", "\n", " "))
    assert CONTRACT[:20].endswith("加收万分之")
    assert CONTRACT[20:].startswith("五的违约金")
    assert len(CONTRACT[20:]) <= 20


def test_sentences_fit() -> None:
    """rag-sentence-splitting: the three sentences fit into 20 characters each, no two of them together."""
    sentences = [part + "。" for part in CONTRACT.split("。")[:-1]]
    assert len(sentences) == 3
    assert max(map(len, sentences)) <= 20
    assert min(len(a) + len(b) for a, b in pairwise(sentences)) > 20
