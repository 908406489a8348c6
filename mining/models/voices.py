"""Text spoken by espeak-ng: many variants of one voice, at many speeds and pitches.

espeak-ng speaks some 400 times faster than real time on one core, which is what makes a cold
start from text alone possible.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.signal import resample_poly

from mining.errors import EnvironmentProblem, UsageError

VARIANTS = (
    ["", "+m1", "+m2", "+m3", "+m4", "+m5", "+m7", "+m8", "+f1", "+f2", "+f3", "+f5", "+klatt", "+klatt2", "+klatt3"]
    + ["+Andy", "+Annie", "+Mario", "+Michael", "+Lee", "+linda", "+anika", "+adam", "+caleb", "+belinda", "+benjamin"]
    + ["+david", "+ed", "+edward", "+grandpa", "+grandma", "+rob", "+robert", "+paul", "+max", "+shelby", "+quincy"]
)
"""Voice variants of espeak-ng 1.51 that are spoken in training."""

HELD_OUT_VARIANTS = ["+m6", "+f4", "+klatt4", "+Alicia", "+steph"]
"""Variants that are never trained on: for measuring."""

_ESPEAK_RATE = 22_050
_WAV_HEADER = 44  # bytes; on a pipe the sizes in it are meaningless, so it is skipped


def check_voice(voice: str) -> None:
    """Raise unless espeak-ng is installed and speaks `voice` (such as "hi")."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise EnvironmentProblem("espeak-ng is not installed.", "Install it: sudo apt-get install espeak-ng")
    listing = subprocess.run([program, "--voices"], capture_output=True, text=True, check=True).stdout
    known = sorted({line.split()[1] for line in listing.splitlines()[1:] if len(line.split()) > 1})
    if voice not in known:
        raise UsageError(f"espeak-ng has no voice {voice!r}.", f"Voices: {', '.join(known)}.")


def speak(text: str, voice: str, *, words_a_minute: int = 165, pitch: int = 50, gap: int = 0) -> np.ndarray:
    """One text as int16 samples at 16 kHz.

    Args:
        voice: an espeak-ng voice with or without a variant, such as "hi" or "hi+f2".
        pitch: 0..99.
        gap: extra pause between words, in 10 ms.

    Raises:
        EnvironmentProblem: espeak-ng is not installed.
        UsageError: it has no such voice.
    """
    command = ["espeak-ng", "-v", voice, "-s", str(words_a_minute), "-p", str(pitch), "-g", str(gap), "--stdin", "--stdout"]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    except FileNotFoundError as error:
        raise EnvironmentProblem("espeak-ng is not installed.", "Install it: sudo apt-get install espeak-ng") from error
    wav = done.stdout
    if done.returncode or len(wav) <= _WAV_HEADER:
        raise UsageError(f"espeak-ng cannot speak as {voice!r}.", "See `espeak-ng --voices`.")
    audio = np.frombuffer(wav[_WAV_HEADER : len(wav) // 2 * 2], dtype=np.int16).astype(np.float32)
    return np.clip(resample_poly(audio, 320, 441), -32768, 32767).astype(np.int16)


def speak_all(texts: Iterable[str], voice: str, variants: list[str], seed: int) -> Iterator[tuple[np.ndarray, str]]:
    """Each text once, in a variant, speed and pitch drawn from `seed`, in order.

    Yields:
        (int16 samples at 16 kHz, text)
    """
    rng = random.Random(seed)

    def one(job: tuple[str, str, int, int, int]) -> tuple[np.ndarray, str]:
        text, variant, rate, pitch, gap = job
        return speak(text, voice + variant, words_a_minute=rate, pitch=pitch, gap=gap), text

    jobs = [
        (text, rng.choice(variants), rng.randint(125, 215), rng.randint(20, 80), rng.choice((0, 0, 0, 1, 2))) for text in texts
    ]
    with ThreadPoolExecutor(2) as pool:  # the work is in the subprocess
        yield from pool.map(one, jobs)
