"""One planted bulletin in which all goes wrong that may, and what matching sees of it."""

from __future__ import annotations

import pytest

from align import ctc
from mining.pairs.heard import Heard
from tests.mining.pairs import planted

S = planted.SENTENCES
READINGS = (S[0], S[1], planted.UNPRINTED, S[2], S[4], S[5], S[0], S[7], S[6])
"""S[3] is not spoken, one sentence is not printed, S[0] is said twice, S[6] and S[7] are out of order."""


@pytest.fixture(scope="session")
def bulletin() -> planted.Bulletin:
    """Nine readings of the eight sentences of `planted.document()`."""
    return planted.bulletin(READINGS)


@pytest.fixture(scope="session")
def heard():
    """Makes what matching sees of a bulletin."""

    def see(told: planted.Bulletin) -> Heard:
        return Heard(ctc.relative(told.emissions.log_probs, told.emissions.blank), told.segments, told.emissions)

    return see
