"""All that numba compiles: small loops over contiguous arrays, with a slow obvious twin each in tests/naive.py.

Kernels check nothing; the wrappers of the room do.
"""

from align.kernels.compiling import NEVER

__all__ = ["NEVER"]
