"""Every way in which a recording of an archive can be unusable, made out of a good one."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

Pair = tuple[str, str]
"""The names of a recording and its document."""

FOREIGN = """\
समुद्र के किनारे नारियल के पेड़ लहरा रहे थे।
पुरानी हवेली की दीवारों पर बेलें चढ़ गई थीं।
दादी रोज़ रात को परियों की कहानियाँ सुनाती थीं।
चाँदनी रात में नदी का पानी चमक उठा।
"""
ODD = 'प्रादेशिक "समाचार" it\'s 8:30, शाम'
"""A name that must simply work: quotes, spaces, a comma, a colon and Devanagari."""


def _wav(path: Path, samples: np.ndarray) -> str:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path.name


def _pdf(path: Path, text: str = "", password: str = "") -> str:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica")
    if text:
        pdf.cell(text=text)
    if password:
        pdf.set_encryption("owner", password)
    pdf.output(str(path))
    return path.name


def _missing(folder: Path, name: str, good: Pair) -> Pair:
    return f"{name}.flac", good[1]


def _missing_document(folder: Path, name: str, good: Pair) -> Pair:
    return _copy(folder, name, good), f"{name}.pdf"


def _empty(folder: Path, name: str, good: Pair) -> Pair:
    (folder / f"{name}.flac").write_bytes(b"")
    return f"{name}.flac", good[1]


def _truncated(folder: Path, name: str, good: Pair) -> Pair:
    sound = (folder / good[0]).read_bytes()
    (folder / f"{name}.flac").write_bytes(sound[: len(sound) // 2])
    return f"{name}.flac", good[1]


def _silent(folder: Path, name: str, good: Pair) -> Pair:
    number = int.from_bytes(name.encode()[-2:], "little")  # silences of different archives' recordings are not one recording
    return _wav(folder / f"{name}.wav", np.zeros(16000 * 10 + number, np.int16)), good[1]


def _not_audio(folder: Path, name: str, good: Pair) -> Pair:
    (folder / f"{name}.mp3").write_text(f"{name} is no recording at all. " * 100)
    return f"{name}.mp3", good[1]


def _encrypted(folder: Path, name: str, good: Pair) -> Pair:
    return _copy(folder, name, good), _pdf(folder / f"{name}.pdf", "secret", password="secret")


def _blank(folder: Path, name: str, good: Pair) -> Pair:
    return _copy(folder, name, good), _pdf(folder / f"{name}.pdf")


def _not_pdf(folder: Path, name: str, good: Pair) -> Pair:
    (folder / f"{name}.pdf").write_bytes(b"")
    return _copy(folder, name, good), f"{name}.pdf"


def _unrelated(folder: Path, name: str, good: Pair) -> Pair:
    (folder / f"{name}.txt").write_text(FOREIGN, encoding="utf8")
    return _copy(folder, name, good), f"{name}.txt"


def _unreadable(folder: Path, name: str, good: Pair) -> Pair:
    (folder / f"{name}.flac").mkdir(exist_ok=True)  # no rights would do as well, but root has them all
    return f"{name}.flac", good[1]


def _copy(folder: Path, name: str, good: Pair) -> str:
    """A good recording under another name, with bytes of its own."""
    path = folder / f"{name}{Path(good[0]).suffix}"
    shutil.copy(folder / good[0], path)
    return path.name


KINDS: dict[str, tuple[Callable[[Path, str, Pair], Pair], str]] = {
    "missing": (_missing, "unusable_input"),
    "missing document": (_missing_document, "unusable_input"),
    "empty": (_empty, "unusable_input"),
    "truncated": (_truncated, "unusable_input"),
    "silent": (_silent, "no_speech"),
    "not audio": (_not_audio, "unusable_input"),
    "encrypted PDF": (_encrypted, "unusable_input"),
    "blank PDF": (_blank, "unusable_input"),
    "empty PDF": (_not_pdf, "unusable_input"),
    "unrelated": (_unrelated, "nothing_mined"),
    "unreadable": (_unreadable, "unusable_input"),
}
"""Kinds of broken recordings: what makes one in a folder (under a name, of a good one), and its reason in failures.jsonl."""


def odd(folder: Path, good: Pair) -> Pair:
    """A good recording and its document under a name that must simply work."""
    pair = tuple(f"{ODD}{Path(name).suffix}" for name in good)
    for name, copy in zip(good, pair, strict=True):
        shutil.copy(folder / name, folder / copy)
    return pair[0], pair[1]
