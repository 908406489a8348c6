"""What tests of several rooms share: a short bulletin with known truth, spoken by espeak-ng."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from mining import steps
from mining.compose import compose, preset
from mining.config import Config, TranscribeConfig

# Our own sentences, so that the tests need no data.
SENTENCES = """\
आज सुबह से पूरे राज्य में हल्की बारिश हो रही है
मुख्यमंत्री ने किसानों के लिए नई योजना की घोषणा की है
जिले के सभी विद्यालय सोमवार को बंद रहेंगे
रेलगाड़ी अपने तय समय से दो घंटे देरी से चल रही है
गाँव के लोगों ने मिलकर पुराने तालाब की सफाई की
अस्पताल में नए डॉक्टरों की नियुक्ति जल्द की जाएगी
खिलाड़ियों ने फाइनल मैच में शानदार प्रदर्शन किया
बाजार में सब्जियों के दाम लगातार बढ़ रहे हैं
"""
UNRELATED = """\
समुद्र के किनारे नारियल के पेड़ लहरा रहे थे।
पुरानी हवेली की दीवारों पर बेलें चढ़ गई थीं।
दादी रोज़ रात को परियों की कहानियाँ सुनाती थीं।
चाँदनी रात में नदी का पानी चमक उठा।
छोटे बच्चे आँगन में लुका छिपी खेलते रहे।
"""

# Where colorama is installed, numba colours each error that it makes, also those that it handles itself, and for that swaps
# sys.stdout and sys.stderr, in whichever thread. What it puts back there may be the closed stream of a test that has ended.
assert "numba" not in sys.modules, "it has looked for colorama already"
sys.modules["colorama"] = None  # type: ignore[assignment]

# absl, which mlcroissant logs with, closes the stream of its handler when logging is set up anew, as Prefect does while it is
# imported. Of the streams that there are it spares those of the process, not what pytest captures with.
with contextlib.suppress(ImportError):
    from absl import logging as absl_logging

    absl_logging.get_absl_handler().python_handler.setStream(sys.__stderr__)

# A shell has its background jobs ignore Ctrl-C, and so would the commands that tests start there and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Say where long bytes differ, and no more: pytest would explain a difference of megabytes for hours."""
    if op != "==" or not (isinstance(left, bytes) and isinstance(right, bytes)) or max(len(left), len(right)) < 10_000:
        return None
    at = next((i for i, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), min(len(left), len(right)))
    about = slice(max(0, at - 40), at + 40)
    return [f"{len(left)} bytes == {len(right)} bytes", f"from byte {at} on: {left[about]!r}", f"not {right[about]!r}"]


@dataclass(frozen=True)
class Bulletin:
    """Paths of a recording, its document and its gold."""

    audio: Path
    document: Path
    gold: Path


@pytest.fixture(scope="session")
def model() -> str:
    """The model that hears in tests: the bundled one, unless SHRUTI_TEST_MODEL names another."""
    return os.environ.get("SHRUTI_TEST_MODEL", "hi")


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text file of sentences, one a line."""
    path = tmp_path_factory.mktemp("texts") / "sentences.txt"
    path.write_text(SENTENCES, encoding="utf8")
    return path


@pytest.fixture(scope="session")
def bulletin(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Bulletin:
    """Half a minute of clean speech and the plain text that it was read from."""
    made = compose(texts, tmp_path_factory.mktemp("bulletin"), preset("clean", layer="text", sentences=8, shuffle=False))
    return Bulletin(made.audio, made.pdf, made.gold)


@pytest.fixture(scope="session")
def unrelated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A document in the bulletin's language that nobody reads in it."""
    path = tmp_path_factory.mktemp("unrelated") / "story.txt"
    path.write_text(UNRELATED, encoding="utf8")
    return path


@pytest.fixture(scope="session")
def config(model: str) -> Config:
    """How the bulletin is mined: what `shruti align --lang hi --model MODEL` says."""
    return Config(language="hi", transcribe=TranscribeConfig(model=model))


@pytest.fixture(scope="session")
def run(bulletin: Bulletin, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of the bulletin; not to be changed."""
    out = tmp_path_factory.mktemp("run") / "mined"
    steps.align(bulletin.audio, bulletin.document, out, config)
    return out
