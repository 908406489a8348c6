from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.errors import UsageError
from mining.speech.ctc_model import load_model
from mining.speech.geometry import FrameGeometry, Layer, frame_geometry

WAV2VEC2 = FrameGeometry(tuple(Layer(k, s) for k, s in zip((10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2), strict=True)))


def test_wav2vec2_by_hand() -> None:
    """Windows of 400 samples every 320: 20 s give 999 frames, and the first is centred on sample 200."""
    assert (WAV2VEC2.hop, WAV2VEC2.centre, WAV2VEC2.count(320_000)) == (320, 200.0, 999)
    starts, ends = WAV2VEC2.bounds(320_000)
    assert (starts[0], ends[0], starts[-1], ends[-1]) == (40, 360, 319_400, 319_720)


def test_shorter_than_a_window_is_no_frame() -> None:
    assert WAV2VEC2.count(399) == 0
    assert WAV2VEC2.count(400) == 1
    assert [len(part) for part in WAV2VEC2.bounds(10)] == [0, 0]


@given(
    samples=st.integers(0, 400_000),
    layers=st.lists(st.tuples(st.integers(1, 400), st.integers(1, 8), st.integers(0, 1)), min_size=1, max_size=4),
)
def test_hops_tile_the_segment_without_leaving_it(samples: int, layers: list[tuple[int, int, int]]) -> None:
    geometry = FrameGeometry(tuple(Layer(max(width, stride), stride, padding) for width, stride, padding in layers))
    starts, ends = geometry.bounds(samples)
    assert len(starts) == geometry.count(samples)
    assert np.array_equal(starts[1:], ends[:-1])
    assert not len(starts) or (starts[0] >= 0 and ends[-1] <= samples)
    assert (ends >= starts).all()


@pytest.mark.parametrize("family", ["wav2vec2", "hubert", "wavlm"])
def test_a_frame_listens_around_its_centre(family: str, model_folder) -> None:
    """The gradient of one frame of the convolutions is non-zero on exactly the samples that geometry names."""
    import torch

    model = load_model(str(model_folder(family)), "cpu")
    front = getattr(model.network, model.network.config.model_type).feature_extractor
    sound = torch.randn(1, 16_000, generator=torch.Generator().manual_seed(0)).requires_grad_()
    frame = 20
    front(sound)[0, :, frame].pow(2).sum().backward()
    heard = np.flatnonzero(sound.grad[0].numpy())
    start, end = (edge[frame] for edge in model.frames.bounds(16_000))
    assert (heard[0] + heard[-1] + 1) / 2 == pytest.approx((start + end) / 2, abs=1)


def test_a_mel_frame_listens_around_its_centre(model_folder) -> None:
    """A click between two noises changes the inputs of the frame whose hop it falls into more than any other's."""
    model = load_model(str(model_folder("wav2vec2-bert")), "cpu")
    starts, ends = model.frames.bounds(32_000)
    sound = np.random.default_rng(0).normal(0, 0.01, 32_000).astype(np.float32)
    for frame in (10, 50, 90):
        clicked = sound.copy()
        clicked[(starts[frame] + ends[frame]) // 2] += 0.9
        plain, changed = (
            model.extractor(x, sampling_rate=16_000, do_normalize_per_mel_bins=False)["input_features"][0]
            for x in (sound, clicked)
        )
        assert np.abs(changed - plain).sum(axis=1).argmax() == frame


def test_an_unknown_architecture_is_refused_rather_than_guessed() -> None:
    with pytest.raises(UsageError, match="frame times of a parakeet_ctc model"):
        frame_geometry(SimpleNamespace(model_type="parakeet_ctc"), object())
