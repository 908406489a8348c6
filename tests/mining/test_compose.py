"""compose: what the gold file says is where in the recording, on the page, and nowhere else."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from mining.compose import Composed, PageQuality, compose, preset
from mining.compose.utterances import read_audio
from mining.documents.languages import language
from mining.documents.numbers import cardinal
from mining.errors import EnvironmentProblem, InputError, UsageError
from mining.records import SAMPLE_RATE

TEXTS = [
    "मुख्यमंत्री ने आज राजधानी में बैठक की",
    "किसानों को बीज समय पर दिए जाएंगे",
    "मौसम विभाग ने वर्षा की चेतावनी दी है",
    "जिले में पैंतालीस नए विद्यालय खुलेंगे",
    "भारतीय टीम ने मैच जीत लिया",
    "परीक्षा के परिणाम कल घोषित होंगे",
    "नदी का जलस्तर बढ़ रहा है",
    "अस्पताल में नई मशीनें लगाई गईं",
    "रेलगाड़ी दो घंटे देर से चल रही है",
    "बाजार में सब्जियों के दाम बढ़े",
    "पुलिस ने चोरों को पकड़ लिया",
    "सड़क का काम पूरा हो गया है",
]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "lines.txt"
    path.write_text("\n".join(TEXTS) + "\n", encoding="utf8")
    return path


@pytest.fixture(scope="module")
def busy(lines: Path, tmp_path_factory: pytest.TempPathFactory) -> Composed:
    """Everything at once: music, noise, sentences left out, added, read twice and moved."""
    recipe = preset("radio", seed=5, sentences=8, unprinted=0.25, unspoken=0.25, repeated=0.125, reordered=0.2, bed=0.5)
    return compose(lines, tmp_path_factory.mktemp("busy"), recipe)


def gold_of(made: Composed) -> dict:
    return json.loads(made.gold.read_text(encoding="utf8"))


def layer_of(made: Composed) -> str:
    import pdfplumber

    with pdfplumber.open(made.pdf) as pdf:
        return "\n".join(page.extract_text() for page in pdf.pages)


def joined(text: str) -> str:
    return "".join(text.split())


def test_shares_are_as_asked(busy: Composed) -> None:
    gold = gold_of(busy)
    spoken = Counter(row["text"] for row in gold["spoken"])
    printed = {text.rstrip("।") for text in gold["printed"]}
    assert len(spoken) == 8
    assert sorted(spoken.values()) == [1] * 7 + [2]
    assert len(set(spoken) - printed) == 2, "a quarter of eight is spoken but not printed"
    assert len(printed - set(spoken)) == 2, "of eight printed, a quarter is not spoken"
    assert all(row["printed"] == (row["text"] in printed) for row in gold["spoken"])


def test_gold_has_what_a_scorer_reads(busy: Composed) -> None:
    gold = gold_of(busy)
    assert list(gold) == ["audio", "pdf", "duration", "printed", "spoken"]
    assert (gold["audio"], gold["pdf"]) == (busy.audio.name, busy.pdf.name)
    ends = [time for row in gold["spoken"] for time in (row["start"], row["end"])]
    assert ends == sorted(ends)
    assert ends[0] > 0
    assert ends[-1] < gold["duration"]
    assert gold["duration"] * SAMPLE_RATE == len(read_audio(busy.audio))


def test_ends_are_exact_to_the_sample(lines: Path, tmp_path: Path) -> None:
    made = compose(lines, tmp_path, preset("clean", sentences=5, intro=0.0))
    audio = read_audio(made.audio)
    for row in gold_of(made)["spoken"]:
        start, end = round(row["start"] * SAMPLE_RATE), round(row["end"] * SAMPLE_RATE)
        assert row["start"] * SAMPLE_RATE == start
        loudness = np.sqrt(np.square(audio[start:end]).mean())
        assert np.abs(audio[max(0, start - 4800) : max(0, start - 480)]).max(initial=0) < 1e-4, "silence before the margin"
        assert np.sqrt(np.square(audio[start : start + 800]).mean()) > 0.05 * loudness, "voice right after the start"
        assert np.sqrt(np.square(audio[end - 800 : end]).mean()) > 0.02 * loudness, "voice right before the end"


@pytest.mark.parametrize("audio_format", ["ogg", "mp3"])
def test_compressed_audio_keeps_its_times(lines: Path, tmp_path: Path, audio_format: str) -> None:
    recipe = preset("clean", sentences=3)
    exact = read_audio(compose(lines, tmp_path, recipe, name="a").audio)
    lossy = read_audio(compose(lines, tmp_path, recipe, name="b", audio_format=audio_format).audio)
    count = min(len(exact), len(lossy))
    correlation = np.fft.irfft(np.fft.rfft(exact[:count]) * np.conj(np.fft.rfft(lossy[:count])))
    lag = int(np.argmax(correlation))
    assert min(lag, count - lag) <= 0.005 * SAMPLE_RATE


@pytest.mark.parametrize("layer", ["scan", "gibberish", "good", "text"])
def test_same_recipe_same_bytes(lines: Path, tmp_path: Path, layer: str) -> None:
    recipe = preset("radio", seed=3, sentences=2, layer=layer, intro=1.0, outro=1.0)
    audio_format = "ogg" if layer == "scan" else "flac"
    one, two = (compose(lines, tmp_path / folder, recipe, audio_format=audio_format) for folder in "ab")
    other = compose(lines, tmp_path / "c", replace(recipe, seed=4), audio_format=audio_format)
    for name in ("audio", "pdf", "gold"):
        assert getattr(one, name).read_bytes() == getattr(two, name).read_bytes()
        assert getattr(one, name).read_bytes() != getattr(other, name).read_bytes()


@pytest.mark.parametrize("columns", [1, 2])
def test_good_layer_says_what_is_printed_in_reading_order(lines: Path, tmp_path: Path, columns: int) -> None:
    recipe = preset("clean", sentences=10, unspoken=0.1, layer="good", columns=columns, font_size=40.0, title="", digits=1.0)
    made = compose(lines, tmp_path, recipe)
    printed = gold_of(made)["printed"]
    if columns == 1:
        assert joined("".join(printed)) == joined(layer_of(made))
    else:
        # Extraction interleaves columns, so look at each word: narrow columns cut between words only.
        assert Counter(" ".join(printed).split()) == Counter(layer_of(made).split())
    assert any("45" in text for text in printed), "forty-five is printed in digits"
    assert cardinal(45, language("hi")) in " ".join(row["text"] for row in gold_of(made)["spoken"])


def test_gibberish_layer_is_latin_and_long(lines: Path, tmp_path: Path) -> None:
    made = compose(lines, tmp_path, preset("radio", sentences=6, layer="gibberish"))
    text = layer_of(made)
    assert not any("\u0900" <= char < "\u0980" for char in text)
    assert len(joined(text)) > 0.7 * len(joined("".join(gold_of(made)["printed"])))


def test_scan_has_no_text_and_reads_by_ocr(lines: Path, tmp_path: Path) -> None:
    made = compose(lines, tmp_path, preset("radio", sentences=6, title="", header="", page_numbers=False))
    assert layer_of(made) == ""
    with pypdfium2.PdfDocument(made.pdf) as document:
        document[0].render(scale=300 / 72, grayscale=True).to_pil().save(tmp_path / "page.png")
        assert len(document) == 1
    command = ["tesseract", tmp_path / "page.png", "-", "-l", "hin", "--psm", "6"]
    read = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    wanted = " ".join(gold_of(made)["printed"]).split()
    assert len(set(wanted) & set(read)) > 0.9 * len(set(wanted))


def test_furniture_of_pages(lines: Path, tmp_path: Path) -> None:
    recipe = preset("radio", sentences=8, layer="good", header="News", header_local="आकाशवाणी", headings=("खेल",), font_size=40.0)
    text = layer_of(compose(lines, tmp_path, recipe))
    assert text.count("News") == text.count("आकाशवाणी") >= 2, "on every page"
    assert "- 1 -" in text
    assert "- 2 -" in text
    assert "खेल" in text
    assert recipe.title in text


def test_stops_can_be_missing(lines: Path, tmp_path: Path) -> None:
    printed = gold_of(compose(lines, tmp_path, preset("clean", sentences=8, danda_missing=0.5, seed=2)))["printed"]
    assert {text[-1] == "।" for text in printed} == {True, False}


def folder_of(path: Path, table: str) -> Path:
    """Two utterances of a cheap kind: a tone between silences, for what does not need a voice."""
    import soundfile

    path.mkdir(parents=True, exist_ok=True)
    for number, rate in enumerate((8000, 44100), start=1):
        tone = 0.3 * np.sin(2 * np.pi * 300 * np.arange(rate) / rate)
        silence = np.zeros(rate // 2)
        soundfile.write(path / f"{number}.wav", np.concatenate([silence, tone, silence]), rate)
    name, content = table.split("|")
    (path / name).write_text(content, encoding="utf8")
    return path


@pytest.mark.parametrize(
    "table",
    [
        "sentences.tsv|file\tstation\ttext\n1.wav\tA\tएक\n2.wav\tB\tदो\n",
        'metadata.csv|file_name,station,text\n1.wav,A,"एक"\n2.wav,B,दो\n',
        'metadata.jsonl|{"file": "1.wav", "station": "A", "text": "एक"}\n{"file": "2.wav", "station": "B", "text": "दो"}\n',
    ],
)
def test_tables_of_utterances_and_selection(tmp_path: Path, table: str) -> None:
    folder = folder_of(tmp_path / "in", table)
    recipe = preset("clean", sentences=1)
    (row,) = gold_of(compose(folder, tmp_path, recipe, only={"station": ["B", "C"]}))["spoken"]
    assert row["text"] == "दो"
    assert row["end"] - row["start"] == pytest.approx(1.0, abs=0.03), "the silences are trimmed"


def test_a_text_takes_part_once(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "in", "sentences.tsv|file\ttext\n1.wav\tएक\n2.wav\tएक\n")
    with pytest.raises(UsageError, match="1 utterances make only"):
        compose(folder, tmp_path, preset("clean", sentences=2))


def test_a_short_text_makes_a_short_bulletin(lines: Path, tmp_path: Path) -> None:
    recipe = preset("radio", seed=1, layer="text")
    with pytest.raises(UsageError, match="wanted are 6 minutes"):
        compose(lines, tmp_path, recipe)
    gold = gold_of(compose(lines, tmp_path, recipe, shorter=True))
    spoken = {row["text"] for row in gold["spoken"]}
    assert len(spoken) == 11
    assert len({text.rstrip("।") for text in gold["printed"]} - spoken) == 1


def test_bad_input_is_told(tmp_path: Path, lines: Path) -> None:
    clean = preset("clean", sentences=1)
    folder = folder_of(tmp_path / "in", "sentences.tsv|file\ttext\n1.wav\tएक\nmissing.wav\tदो\n")
    with pytest.raises(InputError, match=r"missing\.wav"):
        compose(folder, tmp_path, clean)
    with pytest.raises(UsageError, match="no column 'station'"):
        compose(folder, tmp_path, clean, only={"station": ["A"]})
    with pytest.raises(InputError, match="no table"):
        compose(tmp_path, tmp_path, clean)
    with pytest.raises(UsageError, match="unspoken sentences are wanted"):
        compose(lines, tmp_path, replace(clean, sentences=12, unspoken=0.5))
    with pytest.raises(UsageError, match="klingon-x"):
        compose(lines, tmp_path, replace(clean, voice="klingon-x"))
    with pytest.raises(UsageError, match="cannot be written as"):
        compose(lines, tmp_path, clean, audio_format="doc")
    (folder / "1.wav").write_bytes(b"no audio")
    (folder / "missing.wav").write_bytes(b"no audio")
    with pytest.raises(InputError, match="holds no audio"):
        compose(folder, tmp_path, clean)
    assert not list(tmp_path.glob("bulletin*")), "nothing half-written"


@pytest.mark.parametrize(
    "dials", [{"unprinted": 1.5}, {"layer": "paper"}, {"columns": 3}, {"pause": (2.0, 1.0)}, {"language": "xx"}, {"volume": 11}]
)
def test_bad_dials_are_told(dials: dict) -> None:
    with pytest.raises(UsageError):
        preset("radio", **dials)


def test_missing_fonts_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from mining.compose.fonts import font_file

    with pytest.raises(EnvironmentProblem, match="Noto Comic Devanagari"):
        font_file("Comic", "DEVANAGARI")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EnvironmentProblem, match="fc-match"):
        font_file("Comic", "TAMIL")


def test_other_scripts(tmp_path: Path) -> None:
    source = tmp_path / "lines.txt"
    source.write_text("தமிழ்நாட்டில் இன்று மழை பெய்தது\nமாணவர்கள் தேர்வு எழுதினர்\n", encoding="utf8")
    recipe = preset("clean", sentences=2, language="ta", title="செய்திகள்", layer="good")
    made = compose(source, tmp_path, recipe)
    printed = gold_of(made)["printed"]
    assert all(text.endswith(".") for text in printed)
    assert joined("".join(printed)) in joined(layer_of(made))


@pytest.mark.parametrize(
    "dials",
    [{"pause": 3}, {"pause": (1,)}, {"pause": (0.2, None)}, {"noise": "loud"}, {"unprinted": "abc"}, {"quality": 5},
     {"font_size": 0.0}, {"sentences": -3}, {"sentences": 2.5}, {"title": 5}, {"intro": -3.0}, {"seed": -1}, {"minutes": 0.0},
     {"shuffle": "maybe"}, {"headings": "abc"}],
)  # fmt: skip
def test_a_dial_that_makes_no_sense_is_told(dials: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(dials))):
        preset("radio", **dials)


@pytest.mark.parametrize("dials", [{"dpi": 0}, {"jpeg": 500}, {"contrast": 0.0}, {"blur": "much"}])
def test_a_page_that_cannot_be_made_is_told(dials: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(dials))):
        PageQuality(**dials)


def test_a_bulletin_is_whole_or_not_there(lines: Path, tmp_path: Path) -> None:
    compose(lines, tmp_path, preset("clean", sentences=2, layer="text"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(EnvironmentProblem):
        compose(lines, tmp_path, preset("clean", sentences=3, font="Comic"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
