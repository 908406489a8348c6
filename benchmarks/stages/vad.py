"""Our speech detection beside silero-vad's own loop, on one core: time, and whether both decide the same.

    python -m benchmarks.stages.vad AUDIO [AUDIO ...] [--repeats 3]

The published model is called as its authors tell, once for every 512 samples of one stream, in a process of its own, with
torch on one thread. A decision is whether a window's probability of speech reaches 0.5.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.stages.measure import best
from mining.records import SAMPLE_RATE
from mining.speech.audio import open_audio
from mining.speech.vad import WINDOW, speech_probabilities

PUBLISHED = """
import sys, time, warnings
import numpy as np, torch
warnings.filterwarnings("ignore")
from silero_vad import load_silero_vad
torch.set_num_threads(1)
model, samples, best = load_silero_vad(), np.load(sys.argv[1]), float("inf")
sound = torch.from_numpy(np.pad(samples, (0, -len(samples) % 512)).astype(np.float32) / 32768)
for _ in range(int(sys.argv[3])):
    model.reset_states()
    began = time.perf_counter()
    with torch.no_grad():
        found = [model(chunk, 16000).item() for chunk in sound.split(512)]
    best = min(best, time.perf_counter() - began)
np.savez(sys.argv[2], found=np.array(found, np.float32), best=best)
"""


def published(samples: np.ndarray, repeats: int) -> tuple[np.ndarray, float]:
    """The published loop's probabilities, and its least time in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "samples.npy", Path(folder) / "found.npz"
        np.save(given, samples)
        subprocess.run([sys.executable, "-c", PUBLISHED, str(given), str(found), str(repeats)], check=True)
        with np.load(found) as stored:
            return stored["found"], float(stored["best"])


def main() -> None:
    """Measure and print."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages.vad", description=__doc__, formatter_class=form)
    parser.add_argument("audio", type=Path, nargs="+")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    for path in given.audio:
        with open_audio(path) as mapped:
            samples = np.array(mapped)
        speech_probabilities(samples[: 100 * WINDOW])  # loads
        ours, took = best(given.repeats, lambda samples=samples: speech_probabilities(samples))
        theirs, took_them = published(samples, given.repeats)
        same = float(((ours >= 0.5) == (theirs >= 0.5)).mean())
        seconds = len(samples) / SAMPLE_RATE
        print(
            f"{path.name}: {seconds:.0f} s; ours {took:.3f} s ({seconds / took:.0f} x real time), published {took_them:.3f} s "
            f"({seconds / took_them:.0f} x), ratio {took_them / took:.1f}; {same:.4f} of {len(ours)} decisions the same, "
            f"probabilities within {np.abs(ours - theirs).max():.0e}"
        )


if __name__ == "__main__":
    main()
