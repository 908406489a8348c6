"""Names of a gazetteer in texts of several scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.corpus.stats.entities import Entities, _Names
from mining.corpus.stats.gazetteer import FOLDER, Entity, Gazetteer, load, shipped, words_of
from mining.documents.languages import LANGUAGES
from mining.documents.text import normalise

LETTERS = st.sampled_from("abc")
NAMES = st.dictionaries(st.lists(LETTERS, min_size=1, max_size=3).map(tuple), st.sampled_from("xyz"), max_size=8)


def naive(names: dict[tuple[str, ...], Entity], words: list[str]) -> list[Entity]:
    """At each word the longest of all names that stands there, else the next word."""
    if not words:
        return []
    for length in range(len(words), 0, -1):
        if tuple(words[:length]) in names:
            return [names[tuple(words[:length])], *naive(names, words[length:])]
    return naive(names, words[1:])


@settings(deadline=None)
@given(NAMES, st.lists(LETTERS, max_size=10))
def test_names_are_found_as_a_slow_search_finds_them(names: dict[tuple[str, ...], str], words: list[str]) -> None:
    entities = {name: Entity("place", shown) for name, shown in names.items()}
    assert _Names(entities, "hi").within(words) == naive(entities, words)


def found(text: str, code: str, own: Gazetteer | None = None) -> dict[str, dict]:
    entities = Entities(own or Gazetteer())
    entities.add(normalise(text, LANGUAGES[code])[0].split(), code)
    return {kind: told["commonest"] for kind, told in entities.figures()["kinds"].items()}


@pytest.mark.parametrize(
    ("code", "text", "names"),
    [
        ("hi", "उत्तर प्रदेश और बिहार में बारिश, उत्तर में नहीं।", {"Uttar Pradesh": 1, "Bihar": 1}),
        ("hi", "नई दिल्ली में और दिल्ली में", {"Delhi": 2}),
        ("ur", "اتر پردیش اور بہار میں بارش ہوئی۔", {"Uttar Pradesh": 1, "Bihar": 1}),
        ("ta", "தமிழ்நாட்டில் அல்ல, கேரளாவில் மழை; பஞ்சாபில் வெயில்.", {"Kerala": 1, "Punjab": 1}),
        ("ml", "കേരളത്തിൽ അല്ല, ബീഹാറിൽ മഴ; പഞ്ചാബിലെ വെയിൽ.", {"Bihar": 1, "Punjab": 1}),
        ("kn", "ಕರ್ನಾಟಕದಲ್ಲಿ ಮತ್ತು ಕೇರಳದಿಂದ", {"Karnataka": 1, "Kerala": 1}),
        ("te", "తెలంగాణలో వర్షాలు", {"Telangana": 1}),
        ("mr", "महाराष्ट्रात आणि दिल्लीतील पाऊस", {"Delhi": 1, "Maharashtra": 1}),
        ("bn", "পশ্চিমবঙ্গের ও বিহারে বৃষ্টি", {"Bihar": 1, "West Bengal": 1}),
        ("gu", "ગુજરાતમાં વરસાદ", {"Gujarat": 1}),
        ("or", "ଓଡ଼ିଶାରେ ବର୍ଷା", {"Odisha": 1}),
        ("pa", "ਪੰਜਾਬ ਵਿੱਚ ਮੀਂਹ", {"Punjab": 1}),
        ("as", "অসমত বৰষুণ", {"Assam": 1}),
        ("en", "Rain in UTTAR PRADESH and Goa", {"Goa": 1, "Uttar Pradesh": 1}),
    ],
)
def test_states_are_found_in_every_script(code: str, text: str, names: dict[str, int]) -> None:
    assert found(text, code)["place"] == names


def test_no_name_within_a_word() -> None:
    assert found("बिहारी दिल्लीवाला गोवाहाटी", "hi") == {}
    assert found("கோவாக்காரர்", "ta") == {}


def test_offices_and_rivers() -> None:
    told = found("गृह मंत्रालय ने कहा कि गंगा का जलस्तर बढ़ा, लोकसभा और लोक सभा में चर्चा", "hi")
    assert told == {"organisation": {"Lok Sabha": 2, "Ministry of Home Affairs": 1}, "place": {"Ganga": 1}}


def test_ones_own_names_go_before_those_that_are_shipped(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text(
        "person\tनरेन्द्र मोदी|मोदी\tNarendra Modi\nscheme\tबिहार योजना\tBihar scheme\nplace\tगोवा\tGomantak\n", encoding="utf8"
    )
    told = found("मोदी ने बिहार योजना बिहार और गोवा में, नरेन्‍द्र मोदी", "hi", load([path]))
    assert told == {
        "person": {"Narendra Modi": 2},
        "place": {"Bihar": 1, "Gomantak": 1},
        "scheme": {"Bihar scheme": 1},
    }


def test_comments_may_be_indented(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text("# places\n  # of my own\n\t#\nplace\tगोवा\tGomantak\n", encoding="utf8")
    assert found("गोवा", "hi", load([path])) == {"place": {"Gomantak": 1}}


def test_pairs_are_counted_once() -> None:
    entities = Entities(Gazetteer())
    for text in ("बिहार बिहार गोवा", "बारिश", "गोवा"):
        entities.add(text.split(), "hi")
    told = entities.figures()
    assert told["pairs"] == 2
    assert told["kinds"]["place"] == {"total": 4, "distinct": 2, "pairs": 2, "commonest": {"Bihar": 2, "Goa": 2}}


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_shipped_names_are_written_as_normalised_texts_are(code: str) -> None:
    """Else they could never be found: each name, normalised as a text is, has the words by which it is looked for."""
    assert len({entity.name for entity in shipped(code).entities.values()}) >= 36
    for line in (FOLDER / f"{code}.tsv").read_text(encoding="utf8").splitlines():
        if not line.startswith("#"):
            for name in line.split("\t")[1].split("|"):
                assert tuple(normalise(name, LANGUAGES[code])[0].casefold().split()) == words_of(name)
