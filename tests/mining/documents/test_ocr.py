"""Real PDFs through real programs: what can be read is read, what cannot is refused with advice."""

import os
import shutil
import threading
from pathlib import Path

import fpdf
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mining.config import OcrConfig, SplitConfig
from mining.documents import tesseract
from mining.documents.languages import language
from mining.documents.ocr import read_pages
from mining.documents.split import split
from mining.errors import EnvironmentProblem, InputError

HINDI = language("hi")
CONFIG = OcrConfig(workers=2)
FONTS = list(Path("/usr/share/fonts").rglob("NotoSansDevanagari-Regular.*"))
SENTENCES = [
    "राज्य के सभी जिलों में आज सुबह से तेज बारिश जारी रही।",
    "मुख्यमंत्री ने अधिकारियों को राहत कार्य तेज करने के निर्देश दिए।",
    "किसानों को फसल के नुकसान का मुआवजा दिया जाएगा।",
    "मौसम विभाग ने कल भी वर्षा होने की संभावना जताई है।",
    "प्रदेश में अब तक बासठ प्रतिशत मतदान हुआ है।",
    "विद्यालयों में परीक्षाएं अगले सप्ताह से शुरू होंगी।",
]
needs_font = pytest.mark.skipif(not FONTS, reason="the font Noto Sans Devanagari is not installed (fonts-noto-core)")
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")


def font(points):
    return ImageFont.truetype(str(FONTS[0]), points, layout_engine=ImageFont.Layout.RAQM)


def wrap(text, width=1000, points=30):
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font(points).getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def draw(blocks, size=(1240, 1754), points=30, angle=0.0):
    """A grey page at 150 dpi; blocks are (x, y, lines)."""
    image = Image.new("L", size, 255)
    pen = ImageDraw.Draw(image)
    for x, y, lines in blocks:
        for i, line in enumerate(lines):
            pen.text((x, y + i * round(points * 1.7)), line, font=font(points), fill=20)
    return image.rotate(angle, fillcolor=255, resample=Image.Resampling.BICUBIC)


def scan(path, *images):
    first, *rest = (image.convert("RGB") for image in images)
    first.save(path, resolution=150, save_all=True, append_images=rest)
    return path


def layered(path, text, font=True):
    pdf = fpdf.FPDF(unit="pt", format="A4")
    pdf.add_page()
    if font:
        pdf.add_font("Noto", fname=str(FONTS[0]))
    pdf.set_font("Noto" if font else "Helvetica", size=13)
    for i, line in enumerate(text):
        pdf.text(60, 120 + 24 * i, line)
    pdf.output(str(path))
    return path


def texts(path, config=CONFIG):
    return [s.raw_text for s in split(read_pages(path, HINDI, config), HINDI, SplitConfig()) if s.aside is None]


@needs_font
def test_a_sound_layer_is_read_without_tesseract(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    path = layered(tmp_path / "good.pdf", SENTENCES)
    (page,) = read_pages(path, HINDI, CONFIG)
    assert page.method == "layer"
    assert page.why.startswith("text layer is sound")
    assert texts(path) == SENTENCES
    left, top, right, bottom = page.lines[0].box
    assert left == pytest.approx(60 / 595, abs=0.01)
    assert top < 120 / 842 < bottom + 0.005
    assert right > 0.5


@needs_font
@needs_tesseract
def test_a_scan_is_read_by_ocr_and_a_skewed_one_is_straightened(tmp_path):
    page = draw([(120, 200, wrap(" ".join(SENTENCES)))], angle=1.5)
    assert abs(tesseract.skew(np.asarray(page))) == pytest.approx(1.5, abs=0.3)
    assert texts(scan(tmp_path / "scan.pdf", page)) == SENTENCES


@needs_font
@needs_tesseract
def test_columns_are_read_one_by_one_and_sentences_cross_them_and_pages(tmp_path):
    narrow = wrap(" ".join(SENTENCES * 2), 480, 26)
    half = len(narrow) * 2 // 3
    columns = draw([(80, 200, narrow[:half]), (680, 200, narrow[half:])], points=26)
    assert texts(scan(tmp_path / "columns.pdf", columns)) == SENTENCES * 2
    wide = wrap(" ".join(SENTENCES))
    pages = [draw([(120, 200, wide[:3])]), draw([(120, 200, wide[3:])])]
    done = []
    found = read_pages(scan(tmp_path / "pages.pdf", *pages), HINDI, CONFIG, progress=lambda *step: done.append(step))
    assert done == [(1, 2), (2, 2)]
    sentences = split(found, HINDI, SplitConfig())
    assert [s.raw_text for s in sentences] == SENTENCES
    assert [{page for page, _ in s.places} for s in sentences].count({1, 2}) == 1


@needs_font
@needs_tesseract
def test_lines_far_larger_than_the_rest_are_read_too(tmp_path):
    image = draw([(120, 500, wrap(" ".join(SENTENCES)))])
    image.paste(draw([(0, 0, ["धर्म और क्षेत्र में ज्ञान दिया।"])], size=(1100, 160), points=68), (120, 200))
    assert texts(scan(tmp_path / "large.pdf", image))[0] == "धर्म और क्षेत्र में ज्ञान दिया।"


@needs_font
@needs_tesseract
def test_a_gibberish_layer_ends_in_ocr_unless_it_was_asked_for(tmp_path):
    path = layered(tmp_path / "codes.pdf", ["g#=# C# uZ# Zi l* K2u6#=gA!2u1 X2ug2K l$ lE2g1u"] * 3, font=False)
    with pytest.raises(InputError, match="no text in Hindi"):
        read_pages(path, HINDI, CONFIG)
    good = layered(tmp_path / "good.pdf", SENTENCES)
    (page,) = read_pages(good, HINDI, OcrConfig(layer="never", workers=1))
    assert page.method == "ocr"
    assert page.why == "OCR was asked for"


def broken():
    """File name -> its bytes and a word of the message that refuses it."""
    sound = fpdf.FPDF()
    sound.add_page()
    whole = bytes(sound.output())
    secret = fpdf.FPDF()
    secret.set_encryption(owner_password="o", user_password="u")
    secret.add_page()
    return {
        "empty.pdf": (b"", "empty"),
        "truncated.pdf": (whole[: len(whole) // 2], "truncated"),
        "damaged.pdf": (b"%PDF-1.4\n" + b"\x00junk" * 300 + b"\n%%EOF", "damaged"),
        "secret.pdf": (bytes(secret.output()), "encrypted"),
        "word.pdf": (b"PK\x03\x04 not a pdf at all", "not a PDF"),
        "empty.txt": (b"\n \n", "empty"),
        "latin1.txt": ("é".encode("latin-1") * 9, "not UTF-8"),
        "english.txt": (b"There is no Hindi in here at all.", "no text in Hindi"),
    }


BROKEN = broken()


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_bad_document_is_refused_with_its_name_and_a_remedy(tmp_path, name):
    content, word = BROKEN[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=word) as caught:
        read_pages(path, HINDI, CONFIG)
    assert str(path) in caught.value.message
    assert caught.value.advice


def test_a_missing_document_is_refused(tmp_path):
    for name in ("none.pdf", "none.txt"):
        with pytest.raises(InputError, match="cannot be read"):
            read_pages(tmp_path / name, HINDI, CONFIG)


@needs_tesseract
def test_a_blank_scan_has_no_text(tmp_path):
    with pytest.raises(InputError, match="no text in Hindi"):
        read_pages(scan(tmp_path / "blank.pdf", Image.new("L", (1240, 1754), 250)), HINDI, CONFIG)


def test_missing_tesseract_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    path = scan(tmp_path / "blank.pdf", Image.new("L", (300, 400), 250))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="apt-get install tesseract-ocr-hin"):
        read_pages(path, HINDI, CONFIG)


@needs_tesseract
def test_missing_language_data_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    path = scan(tmp_path / "blank.pdf", Image.new("L", (300, 400), 250))
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="apt-get install tesseract-ocr-hin"):
        read_pages(path, HINDI, CONFIG)


@needs_tesseract
def test_tesseract_alone_is_told_to_use_one_thread(tmp_path, monkeypatch):
    program = tmp_path / "tesseract"
    program.write_text(f'#!/bin/sh\nenv > {tmp_path}/told\nexec {shutil.which("tesseract")} "$@"\n', encoding="utf8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    image = np.asarray(Image.new("L", (600, 300), 255)).copy()
    image[100:140, 50:550] = 0
    tesseract.recognise(image, HINDI, 6, 300, 60)
    assert "OMP_THREAD_LIMIT=1" in (tmp_path / "told").read_text(encoding="utf8").splitlines()
    assert "OMP_THREAD_LIMIT" not in os.environ, "torch in a process that this one starts would compute nonsense"


def times_of_tesseract(folder, monkeypatch):
    """Put a Tesseract on the path that notes when it begins and ends; returns what reads these notes: ["b", "e", ...]."""
    program, real = folder / "tesseract", shutil.which("tesseract")
    # What is asked before any page, the languages, is no page. Lines this short are appended whole.
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *--list-langs*) exec {real} "$@";; esac\n'
        f'echo b >> {folder}/notes\n{real} "$@"\ncode=$?\necho e >> {folder}/notes\nexit $code\n',
        encoding="utf8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def notes():
        found = (folder / "notes").read_text(encoding="utf8").split()
        (folder / "notes").unlink()
        return found

    return notes


@needs_font
@needs_tesseract
def test_pages_read_side_by_side_come_out_as_one_by_one(tmp_path, monkeypatch):
    pages = [draw([(120, 200, wrap(" ".join(SENTENCES[i:] + SENTENCES[:i])))], angle=i / 2) for i in range(5)]
    path, notes, found = scan(tmp_path / "five.pdf", *pages), times_of_tesseract(tmp_path, monkeypatch), {}
    for workers in (1, 2, 3):
        found[workers] = read_pages(path, HINDI, OcrConfig(workers=workers))
        depth = np.cumsum([1 if note == "b" else -1 for note in notes()])
        assert len(depth) == 2 * len(pages)
        assert min(workers, 2) <= depth.max() <= workers
    assert found[1] == found[2] == found[3]
    assert [page.number for page in found[1]] == [1, 2, 3, 4, 5]


@needs_font
@needs_tesseract
def test_after_a_broken_page_the_waiting_ones_are_left_and_no_thread_stays(tmp_path, monkeypatch):
    from mining.documents.pdf import Pdf

    path = scan(tmp_path / "eight.pdf", *[draw([(120, 200, wrap(" ".join(SENTENCES)))])] * 8)
    notes = times_of_tesseract(tmp_path, monkeypatch)
    layer = Pdf.layer

    def breaks(pdf, index):
        return layer(pdf, index) if index < 7 else 1 / 0

    monkeypatch.setattr(Pdf, "layer", breaks)
    with pytest.raises(ZeroDivisionError):
        read_pages(path, HINDI, OcrConfig(workers=2))
    assert notes().count("b") < 7
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ocr")]


@needs_font
@needs_tesseract
def test_a_page_that_takes_too_long_is_given_up_alone(tmp_path):
    slow = draw([(60, 40, wrap(" ".join(SENTENCES * 12), 1100, 16))], points=16)
    with pytest.raises(InputError, match="no text in Hindi"):
        read_pages(scan(tmp_path / "slow.pdf", slow), HINDI, OcrConfig(page_timeout=0, workers=1))


@needs_tesseract
@pytest.mark.skipif("SHRUTI_DATA" not in os.environ, reason="SHRUTI_DATA does not name a folder of development data")
def test_the_gibberish_layer_of_a_real_bulletin_ends_in_ocr():
    path = Path(os.environ["SHRUTI_DATA"]) / "bulletins" / "hi-air-dev-2.pdf"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    pages = read_pages(path, HINDI, CONFIG)
    assert [page.method for page in pages] == ["ocr", "ocr"]
    found = split(pages, HINDI, SplitConfig())
    assert sum(s.aside is None for s in found) == 41
    assert [s.text for s in found if s.aside == "heading"] == ["प्रादेशिक समाचार"]
