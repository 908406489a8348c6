"""The same work done by other programs, where they are installed: equal scores, and equal paths where there is but one."""

import numpy as np
import pytest

from align import ctc, needleman_wunsch
from tests import naive

LETTERS = "abcdefghij"


def texts(seed, count=300):
    """Two texts of which the second is the first with a tenth of its letters changed, dropped, or added."""
    rng = np.random.default_rng(seed)
    ref = rng.integers(0, len(LETTERS), count)
    hyp = ref[rng.random(count) > 0.1]
    wrong = rng.random(len(hyp)) < 0.1
    hyp[wrong] = rng.integers(0, len(LETTERS), wrong.sum())
    hyp = np.insert(hyp, rng.integers(0, len(hyp), count // 10), rng.integers(0, len(LETTERS), count // 10))
    return tuple("".join(LETTERS[code] for code in text) for text in (ref, hyp))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("match", "mismatch", "gap_open", "gap_extend"), [(2, -2, -3, -1), (1, -3, -5, -2), (3, -1, 0, -2), (200, -90, -70, -30)]
)
def test_scores_are_parasails(seed, match, mismatch, gap_open, gap_extend):
    parasail = pytest.importorskip("parasail")
    ref, hyp = texts(seed)
    matrix = parasail.matrix_create(LETTERS, match, mismatch)
    costs = dict(match=match, mismatch=mismatch, gap_open=gap_open, gap_extend=gap_extend)
    first = -gap_open - gap_extend, -gap_extend  # its opening counts the first symbol
    assert needleman_wunsch(ref, hyp, **costs).score == parasail.nw_scan_32(ref, hyp, *first, matrix).score
    for name, ends in (
        ("sg_scan_32", (True, True, True, True)),
        ("sg_qb_scan_32", (True, False, False, False)),  # the beginning of the first may be left over
        ("sg_qe_scan_32", (False, True, False, False)),
        ("sg_qx_scan_32", (True, True, False, False)),
        ("sg_db_scan_32", (False, False, True, False)),
        ("sg_de_scan_32", (False, False, False, True)),
        ("sg_dx_scan_32", (False, False, True, True)),
        ("sg_qb_de_scan_32", (True, False, False, True)),
        ("sg_qe_db_scan_32", (False, True, True, False)),
    ):
        own = needleman_wunsch(ref, hyp, **costs, free_ends=ends)
        peer = getattr(parasail, name)(ref, hyp, *first, matrix).score
        if (ends[0] and ends[3]) or (ends[1] and ends[2]):  # one left over and then the other: it does not look there
            peer = max(0, peer)
        assert own.score == peer, name


@pytest.mark.parametrize("seed", range(5))
def test_edit_distances_are_edlibs(seed):
    edlib = pytest.importorskip("edlib")
    ref, hyp = texts(seed)
    own = needleman_wunsch(ref, hyp, match=0, mismatch=-1, gap_open=0, gap_extend=-1)
    assert -own.score == edlib.align(hyp, ref, mode="NW")["editDistance"]
    costs = dict(match=0, mismatch=-1, gap_open=0, gap_extend=-1)
    within = needleman_wunsch(ref, hyp[50:200], **costs, free_ends=(True, True, False, False))
    assert -within.score == edlib.align(hyp[50:200], ref, mode="HW")["editDistance"]


@pytest.mark.parametrize("seed", range(5))
def test_edit_distances_are_rapidfuzzs(seed):
    distance = pytest.importorskip("rapidfuzz.distance")
    ref, hyp = texts(seed)
    own = needleman_wunsch(ref, hyp, match=0, mismatch=-1, gap_open=0, gap_extend=-1)
    assert -own.score == distance.Levenshtein.distance(ref, hyp)
    without = needleman_wunsch(ref, hyp, match=0, mismatch=-9, gap_open=0, gap_extend=-1)
    assert -without.score == distance.Indel.distance(ref, hyp)


@pytest.mark.parametrize("seed", range(5))
def test_gap_affine_penalties_are_wavefronts(seed):
    pywfa = pytest.importorskip("pywfa")
    ref, hyp = texts(seed)
    aligner = pywfa.WavefrontAligner(ref, distance="affine", match=0, mismatch=4, gap_opening=6, gap_extension=2)
    own = needleman_wunsch(ref, hyp, match=0, mismatch=-4, gap_open=-6, gap_extend=-2)
    assert own.score == aligner.wavefront_align(hyp)


@pytest.mark.parametrize("seed", range(3))
def test_paths_are_those_of_another_forced_aligner(seed):
    aligner = pytest.importorskip("ctc_forced_aligner.ctc_aligner")
    rng = np.random.default_rng(seed)
    tokens = rng.integers(1, 30, 150)
    log_probs = naive.planted(tokens, 3, 500, 20, seed=seed)
    path, scores = aligner.align_sequences(log_probs[None], tokens[None], 0)
    spans = ctc.forced_align(log_probs, tokens)
    own = np.zeros(500, int)
    for token, start, end in zip(tokens, spans.start, spans.end, strict=True):
        own[start:end] = token
    assert own.tolist() == np.asarray(path)[0].tolist()
    assert spans.path_score == pytest.approx(float(np.sum(scores)), rel=1e-5)
