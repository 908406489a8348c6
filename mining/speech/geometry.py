"""Which samples a frame of a model stands for: exact times from the network's own geometry.

A CTC model gives a few frames fewer than samples / hop, because its first windows need a whole
window of sound. Sharing a segment's length evenly among its frames, or calling them 20 ms each from
the segment's first sample, is therefore wrong by up to a window, and the error adds up where audio
is cut in pieces. Here each layer's window, stride and padding are followed through instead: frame t
looks at samples around `centre + t * hop`, and what is its own is the hop around that centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mining.errors import UsageError


@dataclass(frozen=True, slots=True)
class Layer:
    """A sliding window: `width` and `stride` in steps of its input, `padding` zeros at either end."""

    width: int
    stride: int
    padding: int = 0


@dataclass(frozen=True, slots=True)
class FrameGeometry:
    """A stack of sliding windows from samples to frames."""

    layers: tuple[Layer, ...]

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return int(np.prod([layer.stride for layer in self.layers]))

    @property
    def centre(self) -> float:
        """The sample at the centre of frame 0, counted from the start of the segment."""
        centre, step = 0.0, 1
        for layer in self.layers:
            centre += ((layer.width - 1) / 2 - layer.padding) * step
            step *= layer.stride
        return centre + 0.5

    def count(self, samples: int) -> int:
        """Frames of a segment of so many samples; 0 if it is shorter than one window."""
        for layer in self.layers:
            samples = max(0, (samples + 2 * layer.padding - layer.width) // layer.stride + 1)
        return samples

    def bounds(self, samples: int) -> tuple[np.ndarray, np.ndarray]:
        """Starts and ends of the frames' hops in samples from the start of the segment.

        Returns:
            Two int64 arrays of shape (count(samples),), half-open, within [0, samples).
        """
        count = self.count(samples)
        edges = round(self.centre - self.hop / 2) + self.hop * np.arange(count + 1, dtype=np.int64)
        edges = np.clip(edges, 0, samples)
        return edges[:-1], edges[1:]


def frame_geometry(config: Any, extractor: Any) -> FrameGeometry:
    """Read a model's geometry off its config and its feature extractor.

    Two families are known: convolutions over the samples (Wav2Vec2, HuBERT, WavLM, SEW, UniSpeech,
    data2vec), and stacked mel frames (Wav2Vec2-BERT); either may end in strided adapters.

    Raises:
        UsageError: the architecture is of neither family, so its times would be a guess.
    """
    if getattr(config, "conv_kernel", None):
        layers = [Layer(width, stride) for width, stride in zip(config.conv_kernel, config.conv_stride, strict=True)]
    elif type(extractor).__name__ == "SeamlessM4TFeatureExtractor":
        # Windows of 25 ms every 10 ms are fixed in that class; `stride` of them make one input vector.
        layers = [Layer(len(extractor.window), 160), Layer(extractor.stride, extractor.stride)]
    else:
        raise UsageError(
            f"The frame times of a {config.model_type} model with {type(extractor).__name__} are not known.",
            "Use a model of the Wav2Vec2, Wav2Vec2-BERT, HuBERT, WavLM, SEW, UniSpeech or data2vec family.",
        )
    if getattr(config, "add_adapter", False):
        layers += [Layer(config.adapter_kernel_size, config.adapter_stride, 1)] * config.num_adapter_layers
    return FrameGeometry(tuple(layers))
