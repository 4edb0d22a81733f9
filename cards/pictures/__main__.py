"""Draw the deck's diagrams as SVG files beside the cards: ``python cards/pictures [FOLDER]`` (this deck by default)."""

from __future__ import annotations

import sys
from pathlib import Path

import agents
import alignment
import attention
import basics
import evaluation
import finetuning
import inference
import peft
import position
import pretraining
import rag
import reasoning
import systems
import tokenization

DECK = Path(__file__).resolve().parent.parent
TOPICS = (
    *(basics, attention, position, tokenization, pretraining, finetuning, peft),
    *(alignment, reasoning, inference, systems, rag, agents, evaluation),
)


def main() -> None:
    """Write every picture of every topic."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DECK
    for topic in TOPICS:
        for name, draw in topic.PICTURES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(draw(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
