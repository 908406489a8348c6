from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mining.errors import EnvironmentProblem, InputError
from mining.records import SAMPLE_RATE
from mining.speech.audio import open_audio, read_clip, release, write_flac


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of a 440 Hz tone whose loudness rises, as 16 kHz WAV."""
    path = tmp_path_factory.mktemp("tone") / "tone.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=10:r=16000,volume='0.2+t/20':eval=frame", "-c:a", "pcm_s16le", path)
    return path


@pytest.fixture(scope="module")
def sounds(tone: Path) -> np.ndarray:
    with open_audio(tone) as audio:
        return np.array(audio)


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.m4a", "a.ogg", "a.wma", "a.mkv"])
def test_decodes_what_ffmpeg_reads(tone: Path, sounds: np.ndarray, tmp_path: Path, name: str) -> None:
    ffmpeg("-i", tone, "-ac", "2", "-ar", "44100", tmp_path / name)
    with open_audio(tmp_path / name) as audio:
        assert audio.dtype == np.int16
        assert abs(len(audio) - 10 * SAMPLE_RATE) < 0.1 * SAMPLE_RATE
        crossings = np.count_nonzero(np.diff(np.signbit(np.array(audio[SAMPLE_RATE : 9 * SAMPLE_RATE]))))
    assert crossings == pytest.approx(2 * 440 * 8, rel=0.01)


def test_sixteen_kilohertz_mono_is_taken_over_sample_by_sample(tmp_path: Path, sounds: np.ndarray) -> None:
    write_flac(tmp_path / "a.flac", sounds)
    with open_audio(tmp_path / "a.flac") as audio:
        assert isinstance(audio, np.memmap)
        np.testing.assert_array_equal(audio, sounds)
        temporary = Path(str(audio.filename))
    assert not temporary.exists()


@pytest.mark.parametrize("name", ["with space.flac", 'it\'s "quoted".flac', "समाचार.flac", "-dash.flac", "a:b%d*.flac"])
def test_any_name_will_do(tmp_path: Path, sounds: np.ndarray, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    write_flac(tmp_path / name, sounds)
    monkeypatch.chdir(tmp_path)
    with open_audio(Path(name)) as audio:
        assert len(audio) == len(sounds)


def test_the_same_samples_give_the_same_file(tmp_path: Path, sounds: np.ndarray) -> None:
    write_flac(tmp_path / "a.flac", sounds)
    write_flac(tmp_path / "b.flac", sounds)
    assert (tmp_path / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.ogg"])
def test_a_clip_is_exactly_a_slice(tone: Path, tmp_path: Path, name: str) -> None:
    ffmpeg("-i", tone, "-ar", "44100", tmp_path / name)
    with open_audio(tmp_path / name) as audio:
        np.testing.assert_array_equal(read_clip(tmp_path / name, 70_001, 90_002), audio[70_001:90_002])


def test_a_clip_beyond_the_end_is_an_error(tone: Path) -> None:
    with pytest.raises(InputError, match=r"\[150000, 170000\) asked for, and it has 160000"):
        read_clip(tone, 150_000, 170_000)


def test_silence_is_no_error(tmp_path: Path) -> None:
    write_flac(tmp_path / "silent.flac", np.zeros(SAMPLE_RATE, np.int16))
    with open_audio(tmp_path / "silent.flac") as audio:
        assert not audio.any()


def test_of_a_video_the_sound_is_taken_even_if_it_ends_first(tone: Path, tmp_path: Path) -> None:
    for name in ("a.mkv", "a.mp4"):
        ffmpeg("-f", "lavfi", "-i", "testsrc=d=20:s=64x64:r=5", "-i", tone, tmp_path / name)
        with open_audio(tmp_path / name) as audio:
            assert len(audio) == pytest.approx(10 * SAMPLE_RATE, rel=0.02)


@pytest.mark.parametrize("name", ["piped.wav", "piped.flac", "headless.mp3"])
def test_a_header_without_a_length_promises_nothing(tone: Path, tmp_path: Path, name: str) -> None:
    command = ["ffmpeg", "-v", "error", "-i", str(tone), "-write_xing", "0", "-q:a", "9", "-f", name[-4:].strip("."), "-"]
    (tmp_path / name).write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    with open_audio(tmp_path / name) as audio:
        assert len(audio) == pytest.approx(10 * SAMPLE_RATE, rel=0.02)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.mkv"])
def test_a_truncated_file_says_how_much_is_there(tone: Path, tmp_path: Path, name: str) -> None:
    ffmpeg("-i", tone, tmp_path / f"whole-{name}")
    data = (tmp_path / f"whole-{name}").read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"truncated.* of the ") as caught, open_audio(tmp_path / name):
        pass
    assert "Copy or download it again" in caught.value.advice


def test_a_truncated_mp4_has_lost_its_index(tone: Path, tmp_path: Path) -> None:
    ffmpeg("-i", tone, tmp_path / "whole.m4a")
    data = (tmp_path / "whole.m4a").read_bytes()
    (tmp_path / "a.m4a").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="not audio that ffmpeg can read"), open_audio(tmp_path / "a.m4a"):
        pass


def test_a_damaged_file_says_what_can_be_decoded(tone: Path, tmp_path: Path) -> None:
    ffmpeg("-i", tone, tmp_path / "a.flac")
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[len(data) // 3 : len(data) * 2 // 3] = np.random.default_rng(0).bytes(len(data) * 2 // 3 - len(data) // 3)
    (tmp_path / "a.flac").write_bytes(data)
    with pytest.raises(InputError, match="truncated or damaged"), open_audio(tmp_path / "a.flac"):
        pass


def test_unusable_files_are_named_for_what_they_are(tmp_path: Path, sounds: np.ndarray) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("this is no sound")
    (tmp_path / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(100_000))
    write_flac(tmp_path / "short.flac", sounds[:3200])
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=64x64", tmp_path / "mute.mp4")
    expected = {
        "missing.wav": "no such file",
        ".": "no such file",
        "empty.wav": r"empty \(0 bytes\)",
        "text.wav": "not audio",
        "noise.mp3": "no sound in it can be decoded|not audio",
        "short.flac": "0.20 s of audio, and at least 0.5 s",
        "mute.mp4": "no audio stream",
    }
    for name, message in expected.items():
        with pytest.raises(InputError, match=message) as caught, open_audio(tmp_path / name):
            pass
        assert caught.value.advice


def test_a_playlist_may_not_reach_into_the_network(tmp_path: Path) -> None:
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(InputError), open_audio(tmp_path / "list.m3u8"):
        pass


def test_without_ffmpeg_it_says_how_to_install_it(tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="sudo apt-get install ffmpeg"), open_audio(tone):
        pass


def test_a_recording_is_decoded_once_while_it_stays_the_same(
    tmp_path: Path, sounds: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_flac(tmp_path / "a.flac", sounds)
    write_flac(tmp_path / "b.flac", sounds[:40_000])
    with open_audio(tmp_path / "a.flac") as first:
        monkeypatch.setenv("PATH", "")  # without ffmpeg
        with open_audio(tmp_path / "a.flac") as again:
            assert again is first
        with pytest.raises(EnvironmentProblem), open_audio(tmp_path / "b.flac"):
            pass
        monkeypatch.undo()
        (tmp_path / "b.flac").replace(tmp_path / "a.flac")
        with open_audio(tmp_path / "a.flac") as other:
            assert len(other) == 40_000
        np.testing.assert_array_equal(first, sounds)


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    shutil.copy(tone, tmp_path / "copy.wav")
    with open_audio(tmp_path / "copy.wav") as audio:
        assert not list((tmp_path / "temporary").iterdir())
        assert audio.any()


def test_each_thread_keeps_the_recording_that_it_opened_last(
    tmp_path: Path, sounds: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = {"a": 40_000, "b": 50_000, "c": 60_000}
    for name, length in lengths.items():
        write_flac(tmp_path / f"{name}.flac", sounds[:length])
    opened, looked = threading.Barrier(len(lengths)), threading.Barrier(len(lengths))

    def work(name: str) -> bool:
        with open_audio(tmp_path / f"{name}.flac") as first:
            opened.wait(20)
        if name == "a":
            monkeypatch.setenv("PATH", "")  # without ffmpeg; only now, when all have decoded
        looked.wait(20)
        with open_audio(tmp_path / f"{name}.flac") as again:
            np.testing.assert_array_equal(again, sounds[: lengths[name]])
            return again is first

    with ThreadPoolExecutor(len(lengths)) as pool:
        assert all(pool.map(work, lengths))


def test_a_recording_makes_room_before_another_is_decoded(tmp_path: Path, sounds: np.ndarray) -> None:
    write_flac(tmp_path / "a.flac", sounds)
    with open_audio(tmp_path / "a.flac") as samples:
        seen = weakref.ref(samples)
    del samples
    assert seen() is not None
    (tmp_path / "b.flac").write_bytes(b"no sound")
    with pytest.raises(InputError), open_audio(tmp_path / "b.flac"):
        pass
    assert seen() is None


def _resident(kind: str) -> int:
    """Kilobytes of this process's memory of a kind, as the system counts it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="how much memory is held is read from /proc")
def test_what_was_read_of_a_recording_does_not_stay_in_memory(tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=900:r=16000", "-c:a", "pcm_s16le", long)  # 28.8 MB
    with open_audio(long) as samples:
        before, total = _resident("RssFile"), int(samples.sum(dtype=np.int64))
        assert _resident("RssFile") - before > 20_000
        release(samples[1000:2000])
        assert _resident("RssFile") - before < 2_000
        assert int(samples.sum(dtype=np.int64)) == total
    assert _resident("RssFile") - before < 2_000
    release(np.arange(10))  # no map: nothing happens
