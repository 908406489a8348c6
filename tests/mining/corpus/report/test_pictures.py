"""Flow, histograms and strips: what is drawn adds up to what there is."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.corpus.report import distributions, histogram, loudness, timeline
from mining.corpus.report.flow import HEIGHT, amounts, flow
from mining.corpus.rows import read_sources
from mining.corpus.stats import stats
from mining.records import REASONS
from tests.mining.corpus.report.conftest import part

NUMBERS = st.lists(st.floats(0, 1e4), max_size=60)


def _figures(seconds: dict[str, float], sentences: dict[str, int]) -> dict:
    fates = [*seconds, *(fate for fate in sentences if fate not in seconds)]
    reasons = {
        fate: {"seconds": seconds.get(fate, 0.0), "sentences": sentences.get(fate, 0)} for fate in fates if fate != "mined"
    }
    return {"hours_mined": seconds.get("mined", 0) / 3600, "sentences_mined": sentences.get("mined", 0), "reasons": reasons}


FATES = st.dictionaries(st.sampled_from(["mined", *REASONS]), st.integers(0, 10**6))


@given(FATES, FATES)
def test_bands_add_up_to_both_ends(seconds: dict[str, int], sentences: dict[str, int]) -> None:
    figures = _figures({fate: float(value) for fate, value in seconds.items()}, sentences)
    picture = flow(figures)
    if picture is None:
        assert not any(seconds.values()) and not any(sentences.values())
        return
    for side in picture.sides:
        own = [band for band in picture.bands if band.side == side.name]
        assert sum(band.width for band in own) == pytest.approx(HEIGHT)
        assert [band.left for band in own] == pytest.approx([side.top + sum(b.width for b in own[:i]) for i in range(len(own))])
        total = sum(amounts(figures)[side.name].values())
        assert [band.width / HEIGHT * total for band in own] == pytest.approx([amounts(figures)[side.name][b.fate] for b in own])
    for fate in picture.fates:
        own = [band for band in picture.bands if band.fate == fate.name]
        assert sum(band.width for band in own) == pytest.approx(fate.height)
        assert own[0].right == pytest.approx(fate.top)
    assert all(lower.top >= upper.top + upper.height for upper, lower in itertools.pairwise(picture.fates))
    assert picture.height >= max(box.top + box.height for box in (*picture.fates, *picture.sides))


def test_fates_of_audio_come_first_and_those_of_text_last(run: Path) -> None:
    picture = flow(stats(run))
    assert [fate.name for fate in picture.fates] == [
        "no_speech",
        "untranscribed",
        "mined",
        "low_confidence",
        "not_spoken",
        "heading",
    ]


@given(st.lists(NUMBERS, min_size=1, max_size=3))
def test_bars_count_every_number_once(series: list[list[float]]) -> None:
    found = histogram.histogram(series)
    if not any(series):
        assert found is None
        return
    assert sum(bar.count for bar in found.bars) == found.count == sum(map(len, series))
    assert [sum(bar.parts[i] for bar in found.bars) for i in range(len(series))] == [len(numbers) for numbers in series]
    every = [number for numbers in series for number in numbers]
    inner = found.bars[:-1]
    assert [bar.count for bar in inner] == [sum(bar.start <= number < bar.end for number in every) for bar in inner]
    assert all(0 <= place <= histogram.WIDTH for place, _ in found.ticks)
    assert len(found.bars) <= 30


def test_few_far_out_do_not_squeeze_the_others() -> None:
    found = histogram.histogram([[*np.linspace(1, 10, 1000), 4000.0]])
    assert found.edges[-1] <= 11
    assert found.bars[-1].open and not found.bars[0].open


def test_bins_of_given_edges() -> None:
    found = histogram.histogram([[0.2, 0.5, 0.9995, 1.0], [0.1]], histogram.SURE)
    assert [bar.parts for bar in found.bars if bar.count] == [(1, 1), (1, 0), (2, 0)]
    assert found.place(0.5) == histogram.WIDTH / 10
    assert found.place(0.65) == pytest.approx(histogram.WIDTH * 0.15)


def test_confidences_of_kept_and_dropped_are_counted_with_their_thresholds(tmp_path: Path) -> None:
    gathered = distributions.Gathered()
    gathered.add(part("a", confidences=(0.99, 0.9), dropped=(0.3,)))
    gathered.add(part("b", confidences=(0.85,), dropped=(0.2, 0.1)))
    found = gathered.distributions(tmp_path)
    assert (found.confidence.count, sum(bar.parts[1] for bar in found.confidence.bars)) == (6, 3)
    assert found.thresholds == (0.8, 0.8)
    assert found.rate.median == 2.5  # कल बा रि श: five letters in two seconds
    assert (found.drawn, found.measured, found.clear) == (3, 0, None)  # no clips lie there


def test_how_clear_is_measured_on_the_clips_of_a_fixed_sample(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mining.corpus.report import facts

    monkeypatch.setattr(distributions, "SAMPLE", 3)
    gathered = distributions.Gathered()
    for one in facts.parts(run):
        gathered.add(one)
    found = gathered.distributions(run)
    assert (found.drawn, found.measured, found.clear.count) == (3, 3, 3)


@pytest.mark.parametrize("wanted", [10.0, 30.0])
def test_speech_over_steady_noise_is_measured_in_decibels(wanted: float) -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 100.0, 16000 * 4)
    speech = rng.normal(0, 100.0 * 10 ** (wanted / 20), 16000 * 4) * (np.arange(16000 * 4) // 8000 % 2)  # half of the time
    found = loudness.loud_over_quiet((noise + speech).clip(-32768, 32767).astype(np.int16))
    assert found == pytest.approx(10 * np.log10(1 + 10 ** (wanted / 10)), abs=1.5)


def test_nothing_is_measured_on_next_to_nothing() -> None:
    assert loudness.loud_over_quiet(np.zeros(3000, np.int16)) is None
    assert loudness.loud_over_quiet(np.zeros(16000, np.int16)) == 0.0


def test_a_strip_covers_the_recording_without_a_hole(run: Path) -> None:
    source = next(read_sources(run))
    box = re.compile(r"M([\d.]+) 0H([\d.]+)V1H\1")
    boxes = sorted(
        (float(left), float(right), fate) for fate, path in timeline.strip(source) for left, right in box.findall(path)
    )
    tenths = [(round(start, 1), round(end, 1), fate) for start, end, fate in source.audio]
    assert boxes == tenths
    assert all(left[1] == right[0] for left, right in itertools.pairwise(boxes))
    assert (boxes[0][0], boxes[-1][1]) == (0.0, 12.0)
