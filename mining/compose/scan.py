"""What copier and scanner do to a clean page."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from mining.compose.recipe import PageQuality


def scanned(page: Image.Image, quality: PageQuality, rng: np.random.Generator) -> Image.Image:
    """A page as it comes out of a scanner: pale ink, turned, blurred, unevenly lit, grainy.

    Args:
        page: grey, black on white, drawn at `quality.dpi`.
        quality: how much of each.
        rng: where the chance comes from.
    """
    angle = rng.uniform(-quality.skew, quality.skew)
    if angle:
        page = page.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=255)
    if quality.blur:
        page = page.filter(ImageFilter.GaussianBlur(quality.blur * quality.dpi / 200))
    grey = 255 - (255 - np.asarray(page, dtype=np.float32)) * quality.contrast
    if quality.noise:
        grey = grey * _light(grey.shape, rng) + rng.normal(0.0, quality.noise, grey.shape).astype(np.float32)
        _speckle(grey, rng)
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def _light(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Lamp and lid: a page darkens by a few per cent towards one side and towards its edges."""
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    tilt = rng.uniform(-0.02, 0.02, 2).astype(np.float32)
    return 0.96 + tilt[0] * x + tilt[1] * y - 0.05 * np.maximum(np.abs(x), np.abs(y)) ** 12


def _speckle(grey: np.ndarray, rng: np.random.Generator) -> None:
    """Dust: a few dozen dark specks of one to three pixels."""
    for _ in range(int(rng.integers(20, 60))):
        y, x, size = rng.integers(grey.shape[0]), rng.integers(grey.shape[1]), int(rng.integers(1, 4))
        grey[y : y + size, x : x + size] = rng.uniform(40, 160)
