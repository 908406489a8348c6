"""Numbers, dates, money and abbreviations as they are read out.

Whole numbers come from AI4Bharat's indic-numtowords, for every language that it knows. Hindi has
rules for the rest: decimals, per cent, dates, times, money, ordinals, ranges, abbreviations. What
has no rule becomes a WILDCARD: better a sentence left out of training than one with a wrong word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from mining.documents.languages import Language
from mining.records import WILDCARD

Span = tuple[int, int, str]

_LETTER = "[\u0900-\u0963\u0971-\u097fA-Za-z]"
_INT = r"(?:\d{1,3}(?:,\d{2,3})+|\d+)"
_NUMBER = rf"{_INT}(?:\.\d+)?"
_QUANTITY = rf"{_NUMBER}(?:\s?[-–—]\s?{_NUMBER})?"
_DOT = "[.॰०]"  # many typists write the sign of abbreviation as a zero

_SPELLING = {"पाँच": "पांच", "हज़ार": "हजार", "छः": "छह", "तिरेपन": "तिरपन", "चौंतालीस": "चौवालीस", "सरसठ": "सड़सठ", "छयासठ": "छियासठ"}
"""Where All India Radio's scripts spell a Hindi number otherwise than the library."""

MAX_FIGURES = 9
"""More in a row, without commas, are a telephone number or an account, of which nobody knows how it is read."""

_SCALE = "हजार|हज़ार|लाख|करोड़|अरब|खरब|मिलियन|बिलियन|ट्रिलियन"
_SCALES = ((10**11, "खरब"), (10**9, "अरब"))
_MONTHS = ("जनवरी", "फरवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर")
_MONEY = {"₹": "रुपये", "$": "डॉलर", "£": "पाउंड", "€": "यूरो", "¥": "येन"}
_DEGREES = {"c": " सेल्सियस", "f": " फारेनहाइट", "": ""}
_IRREGULAR = {1: "पहल", 2: "दूसर", 3: "तीसर", 4: "चौथ", 6: "छठ"}
_ENDINGS = {letter + vowel: vowel for letter in "लरथठ" for vowel in "ाीे"}
_ABBREVIATIONS = {
    "वर्ग कि{d}\\s?मी{d}": "वर्ग किलोमीटर",
    "कि{d}\\s?मी{d}|किमी{d}?": "किलोमीटर",
    "कि{d}\\s?ग्रा{d}|किग्रा{d}?": "किलोग्राम",
    "से{d}\\s?मी{d}|सेमी{d}?": "सेंटीमीटर",
    "मि{d}\\s?मी{d}|मिमी{d}?": "मिलीमीटर",
    "मि{d}\\s?ली{d}": "मिलीलीटर",
    "(?:डॉ|डा){d}|डॉ(?=\\s)": "डॉक्टर",
    "प्रो{d}": "प्रोफेसर",
    "मो{d}": "मोहम्मद",
    "पं{d}": "पंडित",
    "स्व{d}": "स्वर्गीय",
    "इंजी{d}": "इंजीनियर",
    "एड{d}": "एडवोकेट",
    "सं{d}": "संख्या",
    "नं{d}": "नंबर",
    "कु{d}": "कुमारी",
    "ई{d}\\s?पू{d}": "ईसा पूर्व",
    "(?:रु|रू){d}|रु|रू": "रुपये",
    "क्रमश:": "क्रमशः",
    "अत:": "अतः",
    "पुन:": "पुनः",
    "प्राय:": "प्रायः",
    "स्वत:": "स्वतः",
    "मूलत:": "मूलतः",
    "छ:": "छह",
}


def cardinal(number: int, language: Language) -> str:
    """A whole number in words; WILDCARD where the library has none.

    >>> from mining.documents.languages import language
    >>> cardinal(12_345, language("hi"))
    'बारह हजार तीन सौ पैंतालीस'
    """
    from indic_numtowords import num2words

    if language.code == "hi":
        for scale, name in _SCALES:
            if scale <= number < 100 * scale:
                rest = f" {cardinal(number % scale, language)}" if number % scale else ""
                return f"{cardinal(number // scale, language)} {name}{rest}"
    if number >= 10**9:
        return WILDCARD
    try:
        words = num2words(str(number), lang=language.code).split()
    except (KeyError, ValueError, IndexError):
        return WILDCARD
    plain = " ".join(_SPELLING.get(word, word) if language.code == "hi" else word for word in words)
    return unicodedata.normalize("NFC", plain.replace("\u200c", "").replace("\u200d", ""))


def spoken(raw: str, language: Language) -> list[Span]:
    """Where a text is read otherwise than written: (start, end, words), half-open, in order, without overlap."""
    spans: list[Span] = []
    for rule, say in _HINDI if language.code == "hi" else _PLAIN:
        for match in rule.finditer(raw):
            if match.group() and all(match.end() <= start or end <= match.start() for start, end, _ in spans):
                spans.append((match.start(), match.end(), say(match, language)))
    return sorted(spans)


def _value(text: str) -> int:
    return int(text.replace(",", ""))


def _digits(text: str, language: Language) -> str:
    return " ".join(cardinal(int(c), language) for c in text if c.isdigit())


def _whole(text: str, language: Language) -> str:
    """A whole number; a year of the last three centuries by hundreds, a code with a leading zero by digits."""
    value = _value(text)
    if "," not in text and len(text) > MAX_FIGURES and not text.endswith("00000"):
        return WILDCARD
    if _is_code(text) or len(text.replace(",", "")) > 12:
        return _digits(text, language)
    if "," not in text and len(text) == 4 and 1700 <= value < 2000 and value % 100:
        return f"{cardinal(value // 100, language)} सौ {cardinal(value % 100, language)}"
    return cardinal(value, language)


def _is_code(text: str) -> bool:
    """Whether figures begin with a nought that is no decimal's, nor a date's (05 August): a telephone or a roll number."""
    return unicodedata.digit(text[0]) == 0 and len(text) > 2 and text[1] != "."


def _number(text: str, language: Language) -> str:
    whole, _, fraction = text.partition(".")
    return f"{_whole(whole, language)} दशमलव {_digits(fraction, language)}" if fraction else _whole(whole, language)


def _quantity(text: str, language: Language) -> str:
    """A number or a range; 2019-20 is one year, 10-10 is ten each, and what falls is no range but a telephone number."""
    parts = re.split(r"\s?[-–—]\s?", text)
    words = [_number(part, language) for part in parts]
    if len(parts) == 2 and parts[0] == parts[1]:
        return " ".join(words)
    if len(parts) == 2 and min(map(len, parts)) > 3 and _value(parts[0].split(".")[0]) > _value(parts[1].split(".")[0]):
        return WILDCARD
    digits = [len(part) if part.isdecimal() else 0 for part in parts]
    year = digits == [4, 2] and (_value(parts[0]) + 1) % 100 == _value(parts[1])
    return (" " if year or any(map(_is_code, parts)) else " से ").join(words)


def _ordinal(match: re.Match[str], language: Language) -> str:
    value, ending = _value(match[1]), match[2]
    if value in _IRREGULAR and ending in _ENDINGS:
        return _IRREGULAR[value] + _ENDINGS[ending]
    if not ending.startswith("व") or value in _IRREGULAR:
        return WILDCARD
    return cardinal(value, language) + ending.replace("वाँ", "वां")


def _date(match: re.Match[str], language: Language) -> str:
    day, month, year = (_value(match[i]) for i in (1, 2, 3))
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return WILDCARD
    return f"{cardinal(day, language)} {_MONTHS[month - 1]} {_whole(str(year), language)}"


def _time(match: re.Match[str], language: Language) -> str:
    hour, minute = _value(match[1]), _value(match[2])
    if hour > 24 or minute > 59:
        return WILDCARD
    hour = hour or 12  # past midnight
    if minute == 30 and hour in (1, 2):
        return ("डेढ़ बजे", "ढाई बजे")[hour - 1]
    if minute == 0:
        return f"{cardinal(hour, language)} बजे"
    if hour <= 12 and minute == 45:
        return f"पौने {cardinal(hour % 12 + 1, language)} बजे"
    if hour <= 12 and minute in (15, 30):
        return f"{'सवा' if minute == 15 else 'साढ़े'} {cardinal(hour, language)} बजे"
    return f"{cardinal(hour, language)} बजकर {cardinal(minute, language)} मिनट"


def _money(match: re.Match[str], language: Language) -> str:
    return f"{_quantity(match[2], language)}{match[3]} {_MONEY.get(match[1], 'रुपये')}"


def _degrees(match: re.Match[str], language: Language) -> str:
    sign = "माइनस " if match[1] else ""
    return f"{sign}{_quantity(match[2], language)} डिग्री{_DEGREES[match[3].lower()]}"


def _per_cent_range(match: re.Match[str], language: Language) -> str:
    return f"{_number(match[1], language)} से {_number(match[2], language)} प्रतिशत"


def _unread(match: re.Match[str], language: Language) -> str:
    """The number of a list's item, and the stroke behind an amount, are not read out."""
    return ""


def _wildcard(match: re.Match[str], language: Language) -> str:
    return WILDCARD


def _bare(match: re.Match[str], language: Language) -> str:
    words = cardinal(_value(match.group()), language)
    return words if language.share(words) == 1.0 else WILDCARD


Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Language], str]]


def _abbreviation(written: str, words: str) -> Rule:
    pattern = "|".join(written.replace("{d}", _DOT).split("|"))
    return re.compile(rf"(?<!{_LETTER})(?:{pattern})(?:(?<={_DOT})|(?!{_LETTER}))"), lambda match, language: words


_HINDI: list[Rule] = [
    (re.compile(r"\A\s*\(?\d{1,2}[.)]\s+(?=\S)"), _unread),
    (re.compile(r"(?<=\d)/-"), _unread),
    (re.compile(rf"({'|'.join(map(re.escape, _MONEY))}|Rs\.?|(?:रु|रू){_DOT})\s?({_QUANTITY})((?:\s(?:{_SCALE}))*)"), _money),
    *(_abbreviation(written, words) for written, words in _ABBREVIATIONS.items()),
    (re.compile(r"(?<=\d )मी[.॰](?!\S)|(?<=\d)मी[.॰](?!\S)"), lambda match, language: "मीटर"),
    (re.compile(r"(?<![\d./-])(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?![\d/-])"), _date),
    (re.compile(r"(?<![\d:.])(\d{1,2})[:.](\d{2})\s?बजे"), _time),
    (re.compile(r"\d+(?::\d+)+|\d+(?:\.\d+){2,}|\d+(?:/\d+)+"), _wildcard),
    (re.compile(r"\d+(?:-\d+){2,}"), _wildcard),
    (re.compile(rf"({_NUMBER})\s?%\s?[-–—]\s?({_NUMBER})\s?%"), _per_cent_range),
    (re.compile(rf"({_QUANTITY})\s?[%٪]"), lambda match, language: f"{_quantity(match[1], language)} प्रतिशत"),
    (re.compile(rf"((?:(?<!\S)[-−–])?)({_QUANTITY})\s?[°º]\s?([CcFf]?)"), _degrees),
    (re.compile(rf"({_INT})[-\s]?(वीं|वां|वाँ|वें|वी|वे)(?!{_LETTER})"), _ordinal),
    (re.compile(rf"({_INT})-?(ला|ली|ले|रा|री|रे|था|थी|थे|ठा|ठी|ठे)(?!{_LETTER})"), _ordinal),  # apart, थे is a word
    (re.compile(rf"(?<!\S)[-−–]({_NUMBER})"), lambda match, language: f"माइनस {_number(match[1], language)}"),
    (re.compile(r"(?<!\S)\.(\d+)"), lambda match, language: f"दशमलव {_digits(match[1], language)}"),
    (re.compile(_QUANTITY), lambda match, language: _quantity(match.group(), language)),
    (re.compile(r"(?<=\s)%"), lambda match, language: "प्रतिशत"),
]

_PLAIN: list[Rule] = [
    (re.compile(rf"(?<![^\s(\"'“‘]){_INT}(?![.,:]\d)(?=[\s.,;:!?।)\"'”’]|$)"), _bare),
    (re.compile(r"\d[\d.,/:%-]*"), _wildcard),
]
