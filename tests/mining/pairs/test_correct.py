"""Words that OCR misread, mended by what is heard; and all that is to be left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from mining import jobs, store
from mining.config import CorrectConfig, MatchConfig, OcrConfig
from mining.documents.languages import language
from mining.documents.ocr import read_pages
from mining.pairs import correct, lexicon
from mining.pairs.doubts import Reader
from mining.pairs.match import match
from mining.records import Correction, Line, Page, Pair, Sentence
from mining.sample import sample
from tests.mining.pairs import planted

HINDI = language("hi")
S = planted.SENTENCES
MISREAD = {1: ("किसानों", "किमानों"), 2: ("विद्यालय", "विद्दालय")}
"""Of two of the sentences: a word, and what OCR made of it."""

READ = [text.replace(*MISREAD[number]) if number in MISREAD else text for number, text in enumerate(S)]
WORDS = lexicon.Lexicon(dict.fromkeys(" ".join(S).split(), 5))
NONE = lexicon.Lexicon({})


def document(texts: Sequence[str], sure: int = 50) -> tuple[list[Sentence], list[Page]]:
    """Sentences of a line each; their words were read with 88, those that are in `MISREAD` with `sure`."""
    wrong = {read for _, read in MISREAD.values()}
    lines = [Line(text, sure=tuple(sure if word in wrong else 88 for word in text.split())) for text in texts]
    sentences = [planted.sentence(number, text, places=((1, number - 1),)) for number, text in enumerate(texts, 1)]
    return sentences, [Page(1, "ocr", lines=tuple(lines))]


@pytest.fixture(scope="module")
def told() -> planted.Bulletin:
    """All sentences as they are meant, read in their order."""
    return planted.bulletin(S)


def mended(told: planted.Bulletin, texts: Sequence[str] = READ, words: lexicon.Lexicon = WORDS, sure: int = 50, **changes):
    """The pairs of a bulletin before and after."""
    sentences, pages = document(texts, sure)
    pairs = match("r", sentences, told.segments, told.emissions, HINDI, MatchConfig())
    pairs = [replace(pair, confidence=0.9) for pair in pairs]
    assert len(pairs) == len(S)
    return pairs, correct.correct(pairs, sentences, pages, told.emissions, HINDI, words, CorrectConfig(**changes))


def test_what_is_heard_and_known_takes_the_place_of_what_was_misread(told) -> None:
    before, after = mended(told)
    assert [pair.text for pair in after] == list(S)
    assert [pair.raw_text for pair in after] == READ
    assert [replace(pair, text=old.text, corrections=()) for pair, old in zip(after, before, strict=True)] == before


def test_every_correction_is_told_with_its_place(told) -> None:
    _, after = mended(told)
    for number, (word, read) in MISREAD.items():
        (one,) = after[number].corrections
        assert (one.old, one.new, one.applied) == (read, word, True)
        assert after[number].text[one.start : one.end] == word
        assert CorrectConfig().least <= one.probability <= 1
    assert not any(pair.corrections for number, pair in enumerate(after) if number not in MISREAD)


def test_below_the_threshold_it_is_proposed_alone(told) -> None:
    before, after = mended(told, least=1.0)
    assert [pair.text for pair in after] == [pair.text for pair in before]
    proposed = [one for pair in after for one in pair.corrections]
    assert {(one.old, one.new) for one in proposed} == {(read, word) for word, read in MISREAD.values()}
    assert not any(one.applied for one in proposed)
    assert all(pair.text[one.start : one.end] == one.old for pair in after for one in pair.corrections)


def test_two_corrections_of_one_text_keep_their_places(told) -> None:
    pair = mended(told)[0][0]
    words = pair.text.split()
    choices, judged = [], []
    for number, new in ((1, "एकलंबा"), (3, "ए")):
        start = len(" ".join(words[:number])) + 1
        doubt = correct.Doubt(start, start + len(words[number]), words[number], 50)
        choices.append(correct.Choice(doubt, (words[number], new), ((), ()), np.zeros((2, 1))))
        judged.append(np.array([0.1, 0.9]))
    after = correct._mended(pair, choices, judged, 0.9)
    assert after.text.split() == [words[0], "एकलंबा", words[2], "ए", *words[4:]]
    assert [after.text[one.start : one.end] for one in after.corrections] == ["एकलंबा", "ए"]


def test_what_is_truly_said_stays_though_no_lexicon_has_it() -> None:
    told = planted.bulletin(READ)  # the very words that look like errors are read aloud
    before, after = mended(told)
    assert [pair.text for pair in after] == [pair.text for pair in before]


def test_without_any_lexicon_more_is_asked_of_a_reading(told) -> None:
    texts = [*READ, "आज किसानों की सभा हुई"]  # and the document itself has the word, read surely
    sentences, pages = document(texts)
    pages = [replace(pages[0], lines=(*pages[0].lines[:-1], replace(pages[0].lines[-1], sure=(96,) * 5)))]
    pairs = mended(told)[0]
    for words, least in ((NONE, correct.ALONE), (WORDS, CorrectConfig().least)):
        after = correct.correct(pairs, sentences, pages, told.emissions, HINDI, words, CorrectConfig())
        (one,) = after[1].corrections
        assert one.new == "किसानों"
        assert one.applied == (one.probability >= least)


def test_a_word_that_was_surely_read_stays(told) -> None:
    before, after = mended(told, sure=95)
    assert after == before


def test_pairs_that_are_likely_wrong_are_left_alone(told) -> None:
    sentences, pages = document(READ)
    pairs = [replace(pair, confidence=0.4) for pair in mended(told)[0]]
    assert correct.correct(pairs, sentences, pages, told.emissions, HINDI, WORDS, CorrectConfig()) == pairs


def test_text_that_was_not_read_by_ocr_is_left_alone(told) -> None:
    sentences, _ = document(READ)
    pages = [Page(1, "layer", lines=tuple(Line(text) for text in READ))]
    pairs = mended(told)[0]
    assert correct.correct(pairs, sentences, pages, told.emissions, HINDI, WORDS, CorrectConfig()) == pairs


def test_it_is_the_same_every_time(told) -> None:
    assert mended(told)[1] == mended(told)[1]


def test_corrections_come_back_from_a_file(tmp_path) -> None:
    one = Correction(0, 2, "बन", "वन", 0.93, True)
    pair = Pair("p", "r", "s0001", (), 0, 10, "वन", "बन", 1, 0.9, "hybrid", corrections=(one,))
    store.write_records(tmp_path / "pairs.jsonl", [pair])
    assert store.read_records(tmp_path / "pairs.jsonl", Pair) == [pair]


class TestReader:
    def test_ocr_tells_how_sure_it_was_of_every_word(self) -> None:
        pages = read_pages(sample().document, HINDI, OcrConfig())
        lines = [line for page in pages if page.method == "ocr" for line in page.lines]
        assert lines
        assert all(len(line.sure) == len(line.text.split()) for line in lines)
        assert 80 < Reader(pages).surely < 100

    def test_a_sentence_over_two_lines_has_the_confidence_of_both(self) -> None:
        page = Page(1, "ocr", lines=(Line("क ख.  ग", sure=(10, 20, 30)), Line("घ ङ", sure=(40, 50))))
        sentence = Sentence("s0001", "ग घ", "ग घ", (0, 1, 2), 1, ((1, 0), (1, 1)))
        assert Reader([page]).sure(sentence) == [30, 100, 40]

    def test_a_line_whose_words_are_not_counted_tells_nothing(self) -> None:
        page = Page(1, "ocr", lines=(Line("क ख", sure=(10,)),))
        assert Reader([page]).sure(Sentence("s0001", "क ख", "क ख", (0, 1, 2), 1, ((1, 0),))) == []

    def test_figures_are_no_words(self) -> None:
        page = Page(1, "ocr", lines=(Line("कुल 19", sure=(95, 30)),))
        sentence = Sentence("s0001", "कुल उन्नीस", "कुल 19", (0, 1, 2, 3, 4, 4, 4, 5, 5, 5), 1, ((1, 0),))
        pair = Pair("p", "r", "s0001", (), 0, 10, sentence.text, sentence.raw_text, 1, 0.9, "hybrid")
        assert Reader([page]).doubts(pair, sentence, HINDI) == []

    def test_of_a_clean_document_only_what_was_hardly_read_is_doubted(self) -> None:
        sentence = Sentence("s0001", "कल बन", "कल बन", (0, 1, 2, 3, 4), 1, ((1, 0),))
        pair = Pair("p", "r", "s0001", (), 0, 10, "कल बन", "कल बन", 1, 0.9, "hybrid")
        for others, sure, doubted in ((96, 85, []), (96, 70, ["बन"]), (60, 85, ["बन"])):
            lines = (Line("कल बन", sure=(99, sure)), Line("क " * 50, sure=(others,) * 50))
            found = Reader([Page(1, "ocr", lines=lines)]).doubts(pair, sentence, HINDI)
            assert [doubt.word for doubt in found] == doubted


class TestKey:
    """A match is made again when words would be mended otherwise."""

    def test_switch_and_threshold_count(self) -> None:
        keys = [jobs._mending(config) for config in (CorrectConfig(), CorrectConfig(on=False), CorrectConfig(least=0.8))]
        assert len({store.key(key) for key in keys}) == 3

    def test_a_lexicon_counts_by_its_content(self, tmp_path) -> None:
        path = tmp_path / "words.txt"
        keys = set()
        for content in ("वन 1\n", "जल 1\n"):
            path.write_text(content, encoding="utf8")
            keys.add(store.key(jobs._mending(CorrectConfig(lexicon=str(path)))))
        assert len(keys) == 2
