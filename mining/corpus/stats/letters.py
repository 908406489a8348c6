"""The letters that a language writes today, so that those which a corpus never shows can be told.

They are the main exemplar characters that Unicode's CLDR 42 has for the language, and its own letters with a dot below (ड़, য়,
ਸ਼), as single letters in NFC. Left out is what today's spelling does without, though CLDR or the script's block has it: vocalic l
and the long vocalic r outside Sanskrit, avagraha there too, om, letters that only scholars or lists of the alphabet write (ଵ, ఱ,
ൌ, ੳ), short e and o and the candra e of Devanagari in Hindi, digits and joiners. Vowel points of Urdu are left out as well: print
leaves them out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

_DEVANAGARI = "अ आ इ ई उ ऊ ऋ ए ऐ ओ औ क ख ग घ ङ च छ ज झ ञ ट ठ ड ढ ण त थ द ध न प फ ब भ म य र ल व श ष स ह ा ि ी ु ू ृ े ै ो ौ ं ः ्"
_BENGALI = "অ আ ই ঈ উ ঊ ঋ এ ঐ ও ঔ ক খ গ ঘ ঙ চ ছ জ ঝ ঞ ট ঠ ড ঢ ণ ত থ দ ধ ন প ফ ব ভ ম য ল শ ষ স হ ৎ ড় ঢ় য় া ি ী ু ূ ৃ ে ৈ ো ৌ ঁ ং ঃ ্"
_INVENTORIES = {
    "as": f"{_BENGALI} ৰ ৱ",
    "bn": f"{_BENGALI} র",
    "en": "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "gu": "અ આ ઇ ઈ ઉ ઊ ઋ ઍ એ ઐ ઑ ઓ ઔ ક ખ ગ ઘ ઙ ચ છ જ ઝ ઞ ટ ઠ ડ ઢ ણ ત થ દ ધ ન પ ફ બ ભ મ ય ર લ ળ વ શ ષ સ હ ા િ ી ુ ૂ ૃ ૅ ે ૈ ૉ ો ૌ ં ઃ ્",
    "hi": f"{_DEVANAGARI} ऑ ॉ ँ क़ ख़ ग़ ज़ ड़ ढ़ फ़",
    "kn": "ಅ ಆ ಇ ಈ ಉ ಊ ಋ ಎ ಏ ಐ ಒ ಓ ಔ ಕ ಖ ಗ ಘ ಙ ಚ ಛ ಜ ಝ ಞ ಟ ಠ ಡ ಢ ಣ ತ ಥ ದ ಧ ನ ಪ ಫ ಬ ಭ ಮ ಯ ರ ಲ ಳ ವ ಶ ಷ ಸ ಹ ಾ ಿ ೀ ು ೂ ೃ ೆ ೇ ೈ ೊ ೋ ೌ ಂ ಃ ್",
    "ml": "അ ആ ഇ ഈ ഉ ഊ ഋ എ ഏ ഐ ഒ ഓ ഔ ക ഖ ഗ ഘ ങ ച ഛ ജ ഝ ഞ ട ഠ ഡ ഢ ണ ത ഥ ദ ധ ന പ ഫ ബ ഭ മ യ ര റ ല ള ഴ വ ശ ഷ സ ഹ"
    " ൺ ൻ ർ ൽ ൾ ാ ി ീ ു ൂ ൃ െ േ ൈ ൊ ോ ൗ ം ഃ ്",
    "mr": f"{_DEVANAGARI} ॲ ऑ ळ ऱ ॅ ॉ",
    "or": "ଅ ଆ ଇ ଈ ଉ ଊ ଋ ଏ ଐ ଓ ଔ କ ଖ ଗ ଘ ଙ ଚ ଛ ଜ ଝ ଞ ଟ ଠ ଡ ଢ ଣ ତ ଥ ଦ ଧ ନ ପ ଫ ବ ଭ ମ ଯ ର ଲ ଳ ଶ ଷ ସ ହ ୟ ୱ ଡ଼ ଢ଼ ା ି ୀ ୁ ୂ ୃ େ ୈ ୋ ୌ ଁ ଂ ଃ ୍",
    "pa": "ਅ ਆ ਇ ਈ ਉ ਊ ਏ ਐ ਓ ਔ ਕ ਖ ਗ ਘ ਙ ਚ ਛ ਜ ਝ ਞ ਟ ਠ ਡ ਢ ਣ ਤ ਥ ਦ ਧ ਨ ਪ ਫ ਬ ਭ ਮ ਯ ਰ ਲ ਵ ਸ ਹ ੜ ਸ਼ ਖ਼ ਗ਼ ਜ਼ ਫ਼ ਾ ਿ ੀ ੁ ੂ ੇ ੈ ੋ ੌ ਂ ੰ ੱ ੍",
    "sa": f"{_DEVANAGARI} ॠ ऌ ॄ ॢ ऽ",
    "ta": "அ ஆ இ ஈ உ ஊ எ ஏ ஐ ஒ ஓ ஔ ஃ க ங ச ஞ ட ண த ந ப ம ய ர ல வ ழ ள ற ன ஜ ஷ ஸ ஹ ா ி ீ ு ூ ெ ே ை ொ ோ ௌ ்",
    "te": "అ ఆ ఇ ఈ ఉ ఊ ఋ ఎ ఏ ఐ ఒ ఓ ఔ క ఖ గ ఘ ఙ చ ఛ జ ఝ ఞ ట ఠ డ ఢ ణ త థ ద ధ న ప ఫ బ భ మ య ర ల ళ వ శ ష స హ ా ి ీ ు ూ ృ ె ే ై ొ ో ౌ ం ః ్",
    "ur": "ا آ ب پ ت ٹ ث ج چ ح خ د ڈ ذ ر ڑ ز ژ س ش ص ض ط ظ ع غ ف ق ک گ ل م ن ں و ؤ ہ ۂ ھ ء ئ ی ے",
}


@cache
def inventory(code: str) -> tuple[str, ...]:
    """The letters, vowel signs and marks that a language writes, by code point; empty for a language that is not known.

    A letter with a dot below is two code points in NFC, all others are one.

    >>> "ड़" in inventory("hi"), "ऎ" in inventory("hi"), inventory("xx")
    (True, False, ())
    """
    return tuple(sorted(unicodedata.normalize("NFC", _INVENTORIES.get(code, "")).split()))


def unseen(code: str, words: Iterable[str]) -> list[str]:
    """The letters of a language's inventory that are in none of some words, in order; a capital counts as its small letter."""
    left = set(inventory(code))
    pairs = {letter for letter in left if len(letter) > 1}
    for word in words:
        if not left:
            break
        left.difference_update(word.casefold() if code == "en" else word)
        if pairs:
            found = {letter for letter in pairs if letter in word}
            pairs -= found
            left -= found
    return sorted(left)
