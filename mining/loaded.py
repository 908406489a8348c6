"""What a process loads once and keeps, however many recordings it works on: packages, kernels, models."""

from __future__ import annotations

import contextlib
import functools
import threading
from typing import Any

import numpy as np

from mining import jobs
from mining.config import Config
from mining.errors import ShrutiError

_LOADING = threading.Lock()  # threads that want the same model at the same time wait for one of them to load it


def model(name: str, device: str, language_code: str) -> Any:
    """A loaded model; the last two are kept, and one whose folder has changed meanwhile is loaded again.

    Raises:
        ShrutiError: see `mining.speech.ctc_model.load_model`.
    """
    with _LOADING:
        return _loaded(name, device, language_code, jobs.fingerprint(name, language_code))


@functools.lru_cache(maxsize=2)
def _loaded(name: str, device: str, language_code: str, fingerprint: str) -> Any:
    from mining.documents.languages import language
    from mining.speech.transcribe import load_model

    return load_model(name, device, language(language_code))


@functools.cache
def begin_kernels() -> None:
    """Load the kernels of matching in a thread, while Tesseract works in processes of its own: half a second, once a process."""
    from align import warm_up

    threading.Thread(target=warm_up, daemon=True).start()


def warm_up(language_code: str, config: Config) -> None:
    """Load now what the first recording would wait for: packages, kernels, and the model, if it is known already.

    What cannot be loaded is told where it is needed.
    """
    from mining.documents import ocr, pdf  # noqa: F401
    from mining.documents.languages import language
    from mining.speech import vad

    code = language_code or config.language
    begin_kernels()
    with contextlib.suppress(ShrutiError):
        if code:
            model(config.transcribe.model or language(code).model, config.transcribe.device, code)
        vad.speech_probabilities(np.zeros(vad.WINDOW, np.int16))
