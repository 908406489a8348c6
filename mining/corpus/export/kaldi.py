"""Kaldi's data folders, which ESPnet and icefall read too: one a split, each table sorted by the bytes of its first column.

The speaker of an utterance is the one whom the catalogue knows, else its recording. Its id begins with the speaker's, which ends
with a byte below all that speakers' ids hold: only so are the tables sorted by utterance and by speaker at once.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import shlex
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mining import store
from mining.corpus.export.folder import together
from mining.corpus.export.splits import speakers
from mining.corpus.export.utterance import Utterance
from mining.corpus.export.utterances import Utterances
from mining.errors import InputError
from mining.records import SAMPLE_RATE

TABLES = ("wav.scp", "text", "utt2spk", "utt2dur", "utt2lang", "utt2conf")
RECORDS = "utterances.jsonl"
DECODE = "flac -c -d -s {path} |"
"""How wav.scp names a clip: Kaldi itself reads no FLAC, but the output of a program. The path counts from the folder."""

_COLUMNS = ("split", "utterance", "speaker", "path", "text", "duration", "language", "confidence", "record")


def write(folder: Path, utterances: Utterances) -> None:
    """Write the tables of every split that holds anything, and SPLIT/utterances.jsonl: where each utterance comes from.

    Raises:
        InputError: two pairs have one id.
    """
    with _sorted(folder, utterances) as rows:
        for split, group in itertools.groupby(rows, key=lambda row: row[0]):
            with together(folder, [f"{split}/{name}" for name in (*TABLES, "spk2utt", RECORDS)]) as files:
                last = None
                for _, utterance, speaker, path, text, duration, language, confidence, record in group:
                    values = (DECODE.format(path=_quoted(path)), text, speaker, duration, language, confidence)
                    for name, value in zip(TABLES, values, strict=True):
                        files[f"{split}/{name}"].write(f"{utterance} {value}\n")
                    files[f"{split}/{RECORDS}"].write(f"{record}\n")
                    ends = "" if last is None else "\n"
                    files[f"{split}/spk2utt"].write(f" {utterance}" if speaker == last else f"{ends}{speaker} {utterance}")
                    last = speaker
                files[f"{split}/spk2utt"].write("\n")


def speaker_id(utterance: Utterance) -> str:
    """Who speaks, as a word of letters, figures and bytes above `-`."""
    who = speakers(utterance.row)
    return re.sub(r"[\s\x00-\x2f\x7f]", "_", who[0] if len(who) == 1 else utterance.row["recording"])


def _quoted(path: str) -> str:
    """A path as a shell's word: in quotes only where a shell would trip over it, which it never does beyond ASCII."""
    return path if re.fullmatch(r"[\w@%+=:,./\x80-\U0010ffff-]+", path, re.ASCII) else shlex.quote(path)


@contextlib.contextmanager
def _sorted(folder: Path, utterances: Utterances) -> Iterator[Iterator[tuple[str, ...]]]:
    """Yield the rows of all tables, split by split, sorted by the utterance's bytes: on the disk, not in memory."""
    with tempfile.TemporaryDirectory(prefix=store.TEMPORARY, dir=folder) as place:
        table = sqlite3.connect(f"{place}/rows")
        try:
            table.execute("PRAGMA cache_size = -256")  # KiB: rows come and go nearly in their order
            table.execute(f"CREATE TABLE rows ({', '.join(_COLUMNS)}, PRIMARY KEY (split, utterance)) WITHOUT ROWID")
            table.executemany(
                f"INSERT INTO rows VALUES ({', '.join('?' * len(_COLUMNS))})", (_row(utterances, each) for each in utterances)
            )
            yield iter(table.execute("SELECT * FROM rows ORDER BY split, utterance"))
        except sqlite3.IntegrityError as error:
            raise InputError(
                f"{utterances.out}: two pairs have one id in Kaldi ({error}).", "Rename their recordings."
            ) from error
        except sqlite3.OperationalError as error:  # a full disk
            raise OSError(str(error)) from error
        finally:
            table.close()


def _row(utterances: Utterances, utterance: Utterance) -> tuple[str, ...]:
    speaker, record = speaker_id(utterance), utterances.record(utterance)
    id = f"{speaker}-{utterance.stem}"
    told = json.dumps({"utterance": id, "clip": utterance.path, **record, "about": utterance.about}, ensure_ascii=False)
    duration, confidence = f"{utterance.samples / SAMPLE_RATE:.4f}", f"{record['confidence']:.4f}"
    return (utterance.split, id, speaker, utterance.path, utterance.text, duration, record["language"], confidence, told)
