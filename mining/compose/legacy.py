"""Text as fonts from before Unicode encode it: Latin letters that mean Devanagari only in their own font."""

from __future__ import annotations


# After the typewriter layout of the old Hindi fonts: a full consonant is a key, or its half form and
# the stroke "k". Signs follow the cluster that they belong to, save the short i, which precedes it.
def _table(letters: str, keys: str) -> dict[str, str]:
    return dict(zip(letters, keys.split(), strict=True))


_CONSONANTS = _table(
    "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह",
    "d [k x ?k ³ p N t >k ¥ V B M < .k r Fk n /k u i Q c Hk e ; j y o 'k \"k l g",
)
_KEYS = _table("अआइईउऊऋएऐओऔ", "v vk b bZ m Å _ , ,s vks vkS") | _table("ाीुूृेैोौंँः़।", "k h q w ` s S ks kS a ¡ % + A")
_KEYS |= {chr(0x966 + digit): str(digit) for digit in range(10)}
_SHIFTED = frozenset("dptrucieyol")
_SHORT_I, _VIRAMA = "ि", "्"


def legacy_codes(text: str) -> str:
    """What a reader of PDFs sees of a text that was set in a legacy font; Latin stays as it is.

    Scripts other than Devanagari are folded into printable ASCII, which is as unreadable.

    >>> legacy_codes("हिन्दी स्थिति")
    'fgUnh fLFkfr'
    """
    codes: list[str] = []
    cluster = 0
    previous = ""
    for char in text:
        if char in _CONSONANTS:
            cluster = cluster if previous == _VIRAMA else len(codes)
            codes.append(_CONSONANTS[char])
        elif char == _VIRAMA and codes:
            codes[-1] = _half(codes[-1])
        elif char == _SHORT_I:
            codes.insert(cluster, "f")
        else:
            codes.append(_KEYS.get(char) or (char if ord(char) < 128 else chr(33 + ord(char) % 94)))
        previous = char
    return "".join(codes)


def _half(code: str) -> str:
    """The half form of a consonant: without its stroke, or the shifted key, or else with a visible virama."""
    if code.endswith("k"):
        return code[:-1]
    return code.upper() if code in _SHIFTED else code + "~"
