"""A few sentences that espeak-ng speaks, and the smallest schedule that runs through everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from mining.models.train import Schedule
from mining.models.utterances import Utterances, pack
from mining.models.voices import speak_all

TEXTS = [
    "आज सुबह से पूरे राज्य में हल्की बारिश हो रही है",
    "मुख्यमंत्री ने किसानों के लिए नई योजना की घोषणा की है",
    "जिले के सभी विद्यालय सोमवार को बंद रहेंगे",
    "रेलगाड़ी अपने तय समय से दो घंटे देरी से चल रही है",
    "गाँव के लोगों ने मिलकर पुराने तालाब की सफाई की",
    "अस्पताल में नए डॉक्टरों की नियुक्ति जल्द की जाएगी",
    "खिलाड़ियों ने फाइनल मैच में शानदार प्रदर्शन किया",
    "बाजार में सब्जियों के दाम लगातार बढ़ रहे हैं",
    "कल मौसम साफ",
    "समाचार समाप्त हुए",
]
TINY = Schedule(steps=2, warm_up=1, batch_seconds=4.0, longest=3.0)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """The networks here are so small that threads cost more than they give."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Ten sentences as a model is to write them."""
    return list(TEXTS)


@pytest.fixture(scope="session")
def tiny() -> Schedule:
    """Two steps of four seconds."""
    return TINY


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Utterances:
    """The sentences, spoken in one voice."""
    return pack(speak_all(TEXTS, "hi", [""], 0), tmp_path_factory.mktemp("spoken"))
