"""How all kernels are compiled, and what they share."""

from __future__ import annotations

import numpy as np
from numba import njit

jit = njit(cache=True, nogil=True)
"""Compilation is lazy and cached (in `NUMBA_CACHE_DIR`, or beside the file). No fast-math: minus infinity is a value here.

The cache of a file notices changes of that file alone, so kernels that call one another stand in one file.
"""

jit_without_nan = njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
"""For largest values of what holds no NaN: only then may the compiler take them in another order, and vectorise."""

NEVER = np.float32(-1e30)
"""Minus infinity that can be added to without becoming NaN."""
