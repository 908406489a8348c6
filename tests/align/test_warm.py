import os
import subprocess
import sys


def test_after_warming_up_nothing_is_left_to_compile(tmp_path):
    code = """
import numpy as np, align
from align import kernels
align.warm_up()
called = "gotoh_rows walk_back ctc_forward ctc_trace ctc_walk_back spot_scores chain".split()
print([name for name in called if not getattr(kernels, name).signatures])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "NUMBA_DISABLE_JIT": "0"}
    )
    assert done.stdout.strip() == "[]"
