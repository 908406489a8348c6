"""The languages that Shruti knows by name: script, OCR model, voice, sentence stops, bundled model.

Anything else needs no code: `dataclasses.replace` of a row with the same script will do.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass

from mining.documents.scripts import BLOCKS
from mining.errors import UsageError

DANDA_STOPS = "।॥?!"
POINT_STOPS = ".?!"

SCRIPTS: dict[str, tuple[tuple[int, int], ...]] = {
    **{script: ((first, first + 0x80),) for script, first in BLOCKS.items()},
    "Arab": ((0x0600, 0x0700), (0x0750, 0x0780), (0xFB50, 0xFE00), (0xFE70, 0xFF00)),
    "Latn": ((0x0041, 0x005B), (0x0061, 0x007B), (0x00C0, 0x0250)),
}
"""Script (ISO 15924) to its ranges of code points, half-open."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language.

    Attributes:
        code: ISO 639-1.
        name: in English.
        script: ISO 15924.
        tesseract: name of Tesseract's model; `tesseract-ocr-<name>` is its Debian package.
        espeak: espeak-ng's voice, "" where there is none.
        stops: the characters that end a sentence.
        model: default acoustic model: "bundled", or an id on the hub, or "" where none is known.
        borrows: code of the language whose voice reads this one where espeak-ng has none: a neighbour that says
            what is written. (Hindi's and Marathi's leave out vowels that Sanskrit says; Kannada's do not.)
    """

    code: str
    name: str
    script: str
    tesseract: str
    espeak: str
    stops: str
    model: str = ""
    borrows: str = ""

    def holds(self, character: str) -> bool:
        """Whether a character is a letter or a mark of the language's script.

        >>> language("hi").holds("क"), language("hi").holds("।"), language("hi").holds("k")
        (True, False, False)
        """
        code = ord(character)
        return unicodedata.category(character)[0] in "LM" and any(first <= code < end for first, end in SCRIPTS[self.script])

    def share(self, text: str) -> float:
        """Share of a text's letters and marks that are of the language's script; 0 where it has none."""
        letters = [c for c in text if unicodedata.category(c)[0] in "LM"]
        return sum(map(self.holds, letters)) / len(letters) if letters else 0.0


LANGUAGES: dict[str, Language] = {
    row.code: row
    for row in (
        Language("as", "Assamese", "Beng", "asm", "as", DANDA_STOPS, "infinitejoy/wav2vec2-large-xls-r-300m-assamese-cv8"),
        Language("bn", "Bengali", "Beng", "ben", "bn", DANDA_STOPS, "arijitx/wav2vec2-xls-r-300m-bengali"),
        Language("en", "English", "Latn", "eng", "en-gb", POINT_STOPS, "facebook/wav2vec2-large-960h"),
        Language("gu", "Gujarati", "Gujr", "guj", "gu", POINT_STOPS, "gchhablani/wav2vec2-large-xlsr-gu"),
        Language("hi", "Hindi", "Deva", "hin", "hi", DANDA_STOPS, "bundled"),
        Language("kn", "Kannada", "Knda", "kan", "kn", POINT_STOPS, "amoghsgopadi/wav2vec2-large-xlsr-kn"),
        Language("ml", "Malayalam", "Mlym", "mal", "ml", POINT_STOPS, "gvs/wav2vec2-large-xlsr-malayalam"),
        Language("mr", "Marathi", "Deva", "mar", "mr", POINT_STOPS + "।", "sumedh/wav2vec2-large-xlsr-marathi"),
        Language("or", "Odia", "Orya", "ori", "or", DANDA_STOPS, "infinitejoy/wav2vec2-large-xls-r-300m-odia"),
        Language("pa", "Punjabi", "Guru", "pan", "pa", DANDA_STOPS, "kingabzpro/wav2vec2-large-xlsr-53-punjabi"),
        Language("sa", "Sanskrit", "Deva", "san", "", DANDA_STOPS, borrows="kn"),
        Language("ta", "Tamil", "Taml", "tam", "ta", POINT_STOPS, "Amrrs/wav2vec2-large-xlsr-53-tamil"),
        Language("te", "Telugu", "Telu", "tel", "te", POINT_STOPS, "anuragshas/wav2vec2-large-xlsr-53-telugu"),
        Language("ur", "Urdu", "Arab", "urd", "ur", "۔؟!", "kingabzpro/wav2vec2-large-xls-r-300m-Urdu"),
    )
}
"""The twelve languages of Shrutilipi, Assamese and English, by code.

The ids on the hub were looked up on 2026-11-25 in the hub's own pages: CTC models with a head of their own, that ask for no
registration and say Apache 2.0. No such page was found for Sanskrit. docs/finetuning.md tells of others.
"""


def language(code: str) -> Language:
    """The language of an ISO 639-1 code.

    Raises:
        UsageError: there is no row for it; the message lists the codes there are.
    """
    if code not in LANGUAGES:
        known = ", ".join(f"{row.code} ({row.name})" for row in LANGUAGES.values())
        raise UsageError(f"Unknown language {code!r}.", f"Choose one of {known}.")
    return LANGUAGES[code]


def guess(text: str) -> Language | None:
    """The language of a text, where its script alone decides; else None.

    Devanagari writes Hindi, Marathi and Sanskrit, so it does not decide. Bengali script does: only
    Assamese has ৰ and ৱ.

    >>> guess("தமிழ்").code, guess("हिन्दी")
    ('ta', None)
    """
    counts = Counter(script for c in text for script in _scripts(c))
    if not counts:
        return None
    script = max(sorted(counts), key=counts.__getitem__)
    if script == "Beng":
        return LANGUAGES["as" if set(text) & set("ৰৱ") else "bn"]
    fitting = [row for row in LANGUAGES.values() if row.script == script]
    return fitting[0] if len(fitting) == 1 else None


def _scripts(character: str) -> list[str]:
    if unicodedata.category(character)[0] not in "LM":
        return []
    code = ord(character)
    return [script for script, ranges in SCRIPTS.items() if any(first <= code < end for first, end in ranges)]
