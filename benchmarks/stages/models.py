"""What hearing costs with larger models: wav2vec 2.0 of three sizes with random weights, one core, seconds for an hour of audio.

    python -m benchmarks.stages.models [--repeats 2]

What is heard is noise, and what it is heard as is nonsense; neither changes the sums that are done.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC, Wav2Vec2Processor

from benchmarks.stages.measure import core_seconds
from mining import store
from mining.config import TranscribeConfig
from mining.records import SAMPLE_RATE, Segment
from mining.speech.ctc_model import load_model
from mining.speech.transcribe import transcribe

SECONDS = 60
SIZES = {
    "base, 94 million weights": {
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
    },
    "large (XLS-R 300M), 315 million": {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "feat_extract_norm": "layer",
        "do_stable_layer_norm": True,
        "conv_bias": True,
    },
}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=2)
    repeats = parser.parse_args().repeats
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| model | seconds for an hour |\n|---|---|")
    print(f"| bundled, 2.7 million weights | {_cost('hi', repeats):.0f} |")
    for name, size in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            _save(Path(folder), size)
            print(f"| {name} | {_cost(folder, repeats):,.0f} |", flush=True)


def _save(folder: Path, size: dict) -> None:
    tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", *map(chr, range(0x905, 0x940))]
    store.write_json(folder / "vocab.json", {token: number for number, token in enumerate(tokens)})
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=size.get("feat_extract_norm") == "layer")
    Wav2Vec2Processor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=len(tokens), pad_token_id=0, **size)).save_pretrained(folder)


def _cost(name: str, repeats: int) -> float:
    """Processor seconds for an hour, the least of some tries, in segments of ten seconds."""
    model = load_model(name, "cpu")
    audio = np.random.default_rng(0).normal(0, 1000, SECONDS * SAMPLE_RATE).astype(np.int16)
    length = 10 * SAMPLE_RATE
    segments = [Segment(f"g{i:05d}", i * length, (i + 1) * length) for i in range(SECONDS // 10)]
    spent = []
    for _ in range(repeats):
        begun = core_seconds()
        transcribe(model, audio, segments, TranscribeConfig())
        spent.append(core_seconds() - begun)
    return min(spent) * 3600 / SECONDS


if __name__ == "__main__":
    main()
