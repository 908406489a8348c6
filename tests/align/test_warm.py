import os
import subprocess
import sys

CALLED = {
    "affine": ["sweep", "walk_back"],
    "anchors": ["count_stretches", "shared_once", "longest_rising", "trusted", "fill", "path_score"],
    "viterbi": ["hear_relative", "forward", "walk_back"],
    "spotting": ["spot_ends", "unpack", "best_places"],
    "chaining": ["chain"],
}
"""Kernels that Python calls on the way of every recording; those that only kernels call are compiled with them."""


def test_after_warming_up_nothing_is_left_to_compile():
    code = f"""
import importlib
import numpy as np, align
kernels = [getattr(importlib.import_module("align.kernels." + room), name) for room, names in {CALLED}.items() for name in names]
align.warm_up()
compiled = [len(kernel.signatures) for kernel in kernels]
assert all(compiled), [kernel.__name__ for kernel in kernels if not kernel.signatures]
rng = np.random.default_rng(0)
text = rng.integers(0, 30, 6000)
align.needleman_wunsch(text, text[:500], free_ends=True, method="exact")
align.needleman_wunsch(text, text, method="anchored", classes=[[1, 2]])
log_probs = rng.normal(0, 1, (400, 30)).astype(np.float32)
for window in (None, 20):
    align.forced_align(log_probs, text[:50] % 29 + 1, window=window, other_speech=True, optional=[10] * 5)
align.spot(log_probs.astype(float), [text[:50] % 29 + 1, np.array([3, -1])])
print([kernel.__name__ for kernel, before in zip(kernels, compiled) if len(kernel.signatures) > before])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "NUMBA_DISABLE_JIT": "0"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
