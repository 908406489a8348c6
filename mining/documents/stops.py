"""Where sentences end: at stops, at what OCR makes of them, and where a document forgot them.

The rules look at the whole document first: a danda language typed with full stops gets those, and
only a document that lacks stops is cut without them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from mining.documents.languages import SCRIPTS, Language

Cut = tuple[int, int, int]
"""A sentence in a text: where it starts, where its words end, where it ends with its stop; half-open."""

_CLOSERS = "\"'”’»)\\]"
_OPENERS = "\"'“‘«("

# A full stop behind one of these ends no sentence; nor behind a word of a single letter, but for verbs.
_ABBREVIATED = (
    "डॉ डा श्री श्रीमती प्रो प्रा मो पं स्व सं नं कु रु रू कि मी ग्रा से मि ली इंजी एड "
    "ডঃ ডা শ্রী પ્રો શ્રી ਡਾ ਸ੍ਰ ଶ୍ରୀ ప్రొ శ్రీ ಪ್ರೊ ಶ್ರೀ പ്രൊ ശ്രീ திரு "
    "Mr Mrs Ms Dr Prof St vs etc No Rs Lt Col Gen Sr Jr"
)
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_SHORT_VERBS = frozenset({"है", "हैं", "हो", "हूँ", "हूं", "था", "थे", "थी", "थीं", "दो", "लो", "दी", "ली", "दे", "ले"})

# Hindi sentences end in these forms of "to be" and of the future; seven in ten of All India Radio's do.
_FINAL = re.compile(r"(?:है|हैं|था|थे|थी|थीं|होगा|होगी|होंगे|\S+(?:ेगा|ेगी|ेंगे|ेंगी|एगा|एगी|एंगे|येगा|येगी|येंगे))(?=\s)")
# A sentence goes on after one of them with these.
_CONTINUERS = (
    "कि और तो या लेकिन पर परंतु परन्तु किंतु किन्तु बल्कि मगर जो जिस जिसे जिससे जिसमें जिन्हें जिन्होंने जिनमें जिनके जिनकी जिनका जिसके "
    "जिसकी जिसका जिसने जिन जहां जहाँ जब तब तथा एवं व क्योंकि चूंकि इसलिए ताकि जबकि ही भी न ना नहीं को का की के में से ने "
    "वहीं ऐसे"
)
_GOES_ON = frozenset(_CONTINUERS.split())
MISSING = 0.15  # such places a sentence; a document with all its stops has 0.05, and 0.03 after _GOES_ON
MIN_SENTENCES = 10
MIN_WORDS = 4  # on each side of a cut without a stop
LONG = 30  # words; a shorter sentence is left whole: in free speech a writer sets one stop behind several verbs


class Cutter:
    """Cuts the paragraphs of one document.

    Args:
        texts: all its paragraphs.
        language: whose stops.
    """

    def __init__(self, texts: Sequence[str], language: Language) -> None:
        self._pattern = _pattern(_stops(texts, language), language)
        self._unstopped = False
        if language.code == "hi":
            cuts = [(text, cut) for text in texts for cut in self(text)]
            places = sum(len(list(_unstopped(text, cut))) - 1 for text, cut in cuts)
            self._unstopped = len(cuts) >= MIN_SENTENCES and places > MISSING * len(cuts)

    def __call__(self, text: str) -> list[Cut]:
        """The sentences of a paragraph, in order, without the space around them."""
        cuts = [cut for cut in (_strip(text, *cut) for cut in self._at_stops(text)) if cut[0] < cut[1]]
        return [part for cut in cuts for part in _unstopped(text, cut)] if self._unstopped else cuts

    def _at_stops(self, text: str) -> Iterator[Cut]:
        start = 0
        for match in self._pattern.finditer(text):
            if match.group()[0] == "." and _abbreviated(text[start : match.start()]):
                continue
            yield start, match.start(), match.end()
            start = match.end()
        yield start, len(text), len(text)


def _stops(texts: Sequence[str], language: Language) -> str:
    """The language's stops; a danda language that was typed with full stops gets those too."""
    if "।" not in language.stops or "." in language.stops:
        return language.stops
    points = sum(len(re.findall(r"\w\S+\.(?=\s|$)", text)) for text in texts)
    dandas = sum(len(re.findall(r"[।|॥]", text)) for text in texts)
    return language.stops + "." if points > 5 * dandas else language.stops


def _pattern(stops: str, language: Language) -> re.Pattern[str]:
    """A stop with what closes behind it. OCR reads a danda as | l I 1 or ! at the end of a word."""
    kinds = [f"[{re.escape(stops.replace('.', ''))}]+"]
    if "।" in stops:
        letter = "[" + "".join(f"{chr(first)}-{chr(end - 1)}" for first, end in SCRIPTS[language.script]) + "]"
        kinds += [r"\|+", rf"(?<={letter})[lI1](?=[\s{_CLOSERS}]|$)", r"(?<=\s)[lI](?=\s|$)"]
    if "." in stops:
        kinds.append(rf"\.+(?=[\s{_CLOSERS}]|$)")
    kinds = [rf"(?:{kind})(?!\d)" for kind in kinds]  # not in 9॥9, which is 119 misread
    again = re.escape("".join(sorted({*stops, "|"} - {"."})))
    return re.compile(rf"(?:{'|'.join(kinds)})(?:[{_CLOSERS}]|\s?[{again}])*")


def _abbreviated(before: str) -> bool:
    word = re.split(rf"[\s{_OPENERS}]", before)[-1].rstrip(".")
    return word not in _SHORT_VERBS and all(part in _ABBREVIATIONS or _letters(part) <= 1 for part in word.split("."))


def _letters(text: str) -> int:
    return sum(unicodedata.category(c)[0] == "L" for c in text)


def _unstopped(text: str, cut: Cut) -> Iterator[Cut]:
    """Cut a stretch behind the verb forms that end a Hindi sentence, where the next word does not go on."""
    start, end, after = cut
    if len(text[start:end].split()) < LONG:
        yield cut
        return
    for match in _FINAL.finditer(text, start, end):
        rest = text[match.end() : end].split()
        if len(rest) < MIN_WORDS or rest[0] in _GOES_ON or len(text[start : match.end()].split()) < MIN_WORDS:
            continue
        yield start, match.end(), match.end()
        start = match.end() + 1
    yield _strip(text, start, end, after)


def _strip(text: str, start: int, end: int, after: int) -> Cut:
    while start < after and text[start].isspace():
        start += 1
    while after > start and text[after - 1].isspace():
        after -= 1
    return start, min(end, after), after
