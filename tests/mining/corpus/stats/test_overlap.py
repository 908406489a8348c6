"""Other corpora beside a run: what each lacks, what both have, however the other one lies there."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mining import store
from mining.corpus.export import FORMATS, export
from mining.corpus.stats import overlap, survey
from mining.corpus.stats.corpora import as_run, read
from mining.corpus.stats.overlap import Against
from mining.documents.languages import LANGUAGES
from mining.documents.text import normalise
from mining.errors import InputError

SENTENCES = st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=9), min_size=1, max_size=12)


def runs(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + 5]) for place in range(len(words) - 4)]


def naive(own: list[list[str]], others: list[list[str]]) -> dict:
    """One side's figures, with sets of strings."""
    words = [word for sentence in own for word in sentence]
    known = {word for sentence in others for word in sentence}
    missing = Counter(word for word in words if word not in known)
    whole, parts = {tuple(sentence) for sentence in others}, {run for sentence in others for run in runs(sentence)}
    same = [tuple(sentence) in whole for sentence in own]
    near = [
        not alike and bool(runs(sentence)) and 2 * sum(run in parts for run in runs(sentence)) >= len(runs(sentence))
        for sentence, alike in zip(own, same, strict=True)
    ]
    return {
        "words": len(words),
        "distinct_words": len(set(words)),
        "out_of_vocabulary": round(sum(missing.values()) / len(words), 4),
        "out_of_vocabulary_distinct": round(len(missing) / len(set(words)), 4),
        "missing": dict(sorted(missing.items(), key=lambda item: (-item[1], item[0]))),
        "sentences": len(own),
        "same": sum(same),
        "near": sum(near),
        "overlap": round((sum(same) + sum(near)) / len(own), 4),
    }


@pytest.mark.parametrize("batch", [1, 3, 4096])
@settings(deadline=None)
@given(theirs=SENTENCES, ours=SENTENCES)
def test_figures_are_those_of_sets_of_strings(batch: int, theirs: list[list[str]], ours: list[list[str]]) -> None:
    before, overlap.BATCH = overlap.BATCH, batch
    try:
        corpus = Against("test", theirs)
        for sentence in ours:
            corpus.add(sentence)
        told = corpus.figures(Counter(word for sentence in ours for word in sentence))
    finally:
        overlap.BATCH = before
    assert told == {"name": "test", "theirs": naive(theirs, ours), "ours": naive(ours, theirs)}


LINES = st.text("कखड़ाि्ंँ मौसम।,!-–()'\"x12%॰\u200d\u0928\u093c", max_size=25)


@settings(deadline=None)
@given(LINES, st.sampled_from(["hi", "mr"]))
@example("डॉ॰ राम", "hi")
@example("(कुल) 62% मत—नहीं", "hi")
def test_lines_are_normalised_as_a_runs_are(line: str, code: str) -> None:
    assert as_run(line, LANGUAGES[code]).split() == normalise(line, LANGUAGES[code])[0].split()


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("ur", "اتر پردیش، بہار میں بارش ہوئی۔"),
        ("ta", "தமிழ்நாட்டில் மழை, காற்று."),
        ("ml", "അവന്‍ വന്നു; മഴ പെയ്തു."),
        ("bn", "হঠাত্‍ বৃষ্টি।"),
        ("en", "It's raining (again), cats-and-dogs."),
    ],
)
def test_lines_of_other_scripts(code: str, line: str) -> None:
    assert as_run(line, LANGUAGES[code]) == normalise(line, LANGUAGES[code])[0]


@pytest.fixture
def mined(fabricate) -> Path:
    return fabricate(recordings=4)


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_training_sets_of_every_format_are_read(mined: Path, tmp_path: Path, format: str) -> None:
    folder = export(mined, format, tmp_path / "set")
    texts = sorted(row["text"] for row in store.read_rows(mined / "pairs.jsonl"))
    assert sorted(" ".join(words) for words in read(folder, "hi")) == texts
    splits = store.read_json(folder / "export.json")["splits"]
    assert [len(list(read(folder / split, "hi"))) for split in splits] == [told["clips"] for told in splits.values()]


def test_a_run_holds_all_of_itself_and_a_leak_is_told(mined: Path, tmp_path: Path) -> None:
    text = tmp_path / "test.txt"
    text.write_text("नमस्ते, दिल्ली से समाचार।\nयहाँ कुछ और है\n\n", encoding="utf8")
    itself, leaked = survey(mined, [mined, text])["against"]
    assert itself["theirs"] == itself["ours"]
    assert (itself["theirs"]["overlap"], itself["theirs"]["out_of_vocabulary"], itself["theirs"]["missing"]) == (1.0, 0.0, {})
    assert leaked["name"] == str(text)
    assert (leaked["theirs"]["sentences"], leaked["theirs"]["same"], leaked["theirs"]["overlap"]) == (2, 1, 0.5)
    assert leaked["theirs"]["missing"] == {"और": 1, "कुछ": 1, "यहाँ": 1}
    assert (leaked["ours"]["same"], leaked["ours"]["sentences"]) == (4, 16)


def test_a_changed_number_is_near(tmp_path: Path, mined: Path) -> None:
    rows = store.read_rows(mined / "pairs.jsonl")
    rows[0]["text"] = "आज सुबह दस बजे से दिल्ली में भारी बारिश हो रही है"
    store.write_rows(mined / "pairs.jsonl", rows)
    text = tmp_path / "test.jsonl"
    text.write_text(json.dumps({"text": "आज सुबह 11 बजे से दिल्ली में भारी बारिश हो रही है।"}) + "\n")
    (told,) = survey(mined, [text])["against"]
    assert (told["theirs"]["same"], told["theirs"]["near"]) == (0, 1)
    assert (told["ours"]["same"], told["ours"]["near"]) == (0, 1)


def test_a_text_of_another_script_is_read_as_its_own_language(tmp_path: Path) -> None:
    text = tmp_path / "ta.txt"
    text.write_text("தமிழ்நாட்டில் மழை.\n", encoding="utf8")
    assert list(read(text, "hi")) == [["தமிழ்நாட்டில்", "மழை"]]
    text.write_text("नई दिल्ली, 62.\n", encoding="utf8")
    assert list(read(text, "")) == [["नई", "दिल्ली", "62"]], "Devanagari alone tells no language"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.txt", None, "cannot be read"),
        ("empty.txt", b"\n \n", "holds no sentence"),
        ("latin.txt", b"\xff\xfe", "is no text in UTF-8"),
        ("rows.jsonl", b'{"words": "x"}\n', "line 1: is no JSON object with a text"),
        ("rows.jsonl", b"{\n", "line 1: is no JSON object with a text"),
        ("rows.jsonl", b"[" * 100_000, "line 1: is no JSON object with a text"),
        ("rows.jsonl", b'["x"]\n', "line 1: is no JSON object with a text"),
    ],
)
def test_what_is_no_corpus_is_an_error(tmp_path: Path, name: str, content: bytes | None, told: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=told):
        list(read(tmp_path / name, "hi"))


def test_a_folder_of_other_things_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a training set"):
        list(read(tmp_path, "hi"))
