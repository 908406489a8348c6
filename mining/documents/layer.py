"""May a page's own text layer be trusted, or must the page be seen?

Three things go wrong in Indic PDFs, each by itself: codes of a legacy font (Latin gibberish), a
wrong or missing ToUnicode map ((cid:12), U+FFFD, lost conjuncts), and vowel signs in visual order.
The checks go from cheap to dear; only where they leave a doubt is the layer held against OCR.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from mining.documents.languages import Language
from mining.documents.scripts import BLOCKS, to_devanagari

LEGACY_FONTS = re.compile(
    r"kruti|shree|dv[b-]|-dv|dvw|dvtt|surekh|\baps|chanakya|shusha|akruti|walkman|agra|susha|krishna|bhaskar|yogesh|ism-|isfoc|4cgandhi"
    r"|ranjit|mithi|nandini|baraha|brh|sutonny|saabari|gopika|lmg-|tam[-_]|elcot|vanavil|senthamil|asees|satluj|joyp|bwmithi|anmol",
    re.IGNORECASE,
)
"""Families whose glyphs sit on Latin codes, by their PostScript names."""

_SIGN = "[\u093a\u093b\u093e-\u094c\u094e\u094f\u0962\u0963]"
_ILLEGAL = re.compile(rf"(?<![\u0900-\u097f\u200c\u200d]){_SIGN}|{_SIGN}{_SIGN}|\u094d\u094d|\u094d{_SIGN}|{_SIGN}\u094d")
_BROKEN = re.compile(r"\(cid:\d+\)|[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")

MIN_LETTERS = 10  # fewer is a page number or a stamp over a scan
MAX_BROKEN = 0.005  # share of characters
MIN_SCRIPT = 0.5  # share of letters; below, the page is in another script or in codes
SURE_SCRIPT = 0.8
MAX_ILLEGAL = 0.005  # a letter; Wikipedia, stories and treebanks stay under 0.0006, broken maps lie over 0.03
SURE_ILLEGAL = 0.001
MIN_VIRAMA = 0.01  # a letter; Hindi and Marathi have 0.03 to 0.07, a layer that lost its conjuncts has none
MIN_AGREEMENT = 0.85  # with OCR, whose own errors are in it

_VIRAMA_SCRIPTS = {"Deva", "Beng", "Gujr", "Orya", "Telu", "Knda", "Mlym"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`trust` is "yes", "no" or "doubt"; `why` says in words what decided."""

    trust: str
    why: str


def judge(text: str, fonts: Iterable[str], language: Language) -> Verdict:
    """Judge a text layer by itself.

    Args:
        text: the layer's text, as the PDF says it.
        fonts: names of its fonts.
        language: what the document is expected to be in.
    """
    letters = sum(unicodedata.category(c)[0] == "L" for c in text)
    broken = len(_BROKEN.findall(text))
    if letters + broken < MIN_LETTERS:
        return Verdict("no", "no text layer" if not letters else f"text layer of {letters} letters only")
    if broken > MAX_BROKEN * len(text):
        return Verdict("no", f"{broken} characters of the text layer have no Unicode")
    legacy = sorted({name for name in fonts if LEGACY_FONTS.search(name)})
    if legacy:
        return Verdict("no", f"legacy font {legacy[0]}")
    share = language.share(text)
    if share < MIN_SCRIPT:
        return Verdict("no", f"{share:.0%} of the text layer's letters are {language.name}")
    return _judge_script(text, share, language)


def _judge_script(text: str, share: float, language: Language) -> Verdict:
    if language.script in BLOCKS:
        plain = to_devanagari(unicodedata.normalize("NFC", text))
        letters = sum(unicodedata.category(c) == "Lo" for c in plain)
        illegal = len(_ILLEGAL.findall(plain)) / letters
        if illegal > MAX_ILLEGAL:
            return Verdict("no", f"{illegal:.1%} of the text layer's letters stand in impossible sequences")
        if illegal > SURE_ILLEGAL and illegal * letters > 1:
            return Verdict("doubt", f"{illegal:.2%} impossible sequences")
        if language.script in _VIRAMA_SCRIPTS and plain.count("\u094d") < MIN_VIRAMA * letters and letters > 10 * MIN_LETTERS:
            return Verdict("doubt", "hardly any conjuncts")
    if share < SURE_SCRIPT:
        return Verdict("doubt", f"{share:.0%} {language.name}")
    return Verdict("yes", f"text layer is sound: {share:.0%} {language.name}")


def agreement(layer: str, seen: str, language: Language) -> float:
    """How far layer and OCR say the same, 0..1, by the language's letters and marks alone."""
    a, b = ("".join(filter(language.holds, unicodedata.normalize("NFC", text)))[:4000] for text in (layer, seen))
    return SequenceMatcher(None, a, b, autojunk=False).ratio()
