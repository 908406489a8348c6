"""A catalogue of which all is done: how long until a run knows, and how much memory does it take?"""

from __future__ import annotations

import os
import shutil
from argparse import Namespace
from pathlib import Path

from benchmarks.archive import make, run
from mining import jobs, ledger, steps, store
from mining.config import Config
from mining.corpus.catalogue import Entry, read_catalogue


def skip(given: Namespace, folder: Path) -> list[dict[str, object]]:
    """Catalogues of several sizes, with recordings of a few bytes that a run's folder passes for mined."""
    made = make.recordings(folder / "one", 1, 20.0, ("text",))
    config = Config()
    entry = next(read_catalogue(make.catalogue(folder / "one" / "archive.csv", made)))
    model = steps.align_recording(entry, folder / "one" / "out", config, keep_emissions=False)
    environment = run.environment(folder / "prefect")
    table: list[dict[str, object]] = []
    for count in given.counts:
        place = folder / str(count)
        catalogue = _archive(place, count, made[0], folder / "one", model, config)
        figures: dict[str, object] = {"recordings": count}
        for name in ("first", "again"):  # the first makes manifests and report, which the second finds made
            finished = run.run(run.command(catalogue, place / "out", "--runner", "threads", "--json"), environment)
            if f'"skipped": {count},' not in finished.said:
                raise SystemExit(finished.said[-3000:])
            figures |= {f"{name}, s": round(finished.seconds, 1), f"{name}, MB": round(finished.megabytes)}
        status = run.run(run.command(catalogue, place / "out", "--status"), environment)
        figures |= {"--status, s": round(status.seconds, 1), "--status, MB": round(status.megabytes)}
        table.append(figures)
        shutil.rmtree(place)
    return table


def _archive(place: Path, count: int, pair: tuple[str, str], one: Path, model: jobs.Job, config: Config) -> Path:
    """A catalogue of stubs, and the folder of a run in which all of them are done."""
    place.mkdir()
    shutil.copy(one / pair[1], place / "script.txt")
    rows = []
    for number in range(count):
        name = f"{number // 1000:03}/{number:06}.flac"
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(name)
        rows.append((name, "script.txt"))
    catalogue = make.catalogue(place / "archive.csv", rows)
    for entry in read_catalogue(catalogue):
        _pass_for_mined(entry, place / "out", model, config)
    return catalogue


def _pass_for_mined(entry: Entry, out: Path, model: jobs.Job, config: Config) -> None:
    """Give a stub the files of a recording that was mined, told of it and under its own keys."""
    job = jobs.start(entry, out, config)
    new, old = job.recording.id, model.recording.id
    for path in sorted(model.recording.folder.rglob("*")):
        copy = job.recording.folder / path.relative_to(model.recording.folder)
        if path.suffix == ".flac":
            copy.parent.mkdir(exist_ok=True)
            os.link(path, copy.with_name(path.name.replace(old, new)))
        elif path.suffix == ".jsonl" or path.name == "coverage.json":
            text = path.read_text(encoding="utf8").replace(old, new)
            store.write_text(copy, text.replace(model.entry.audio, entry.audio).replace(model.entry.document, entry.document))
    about = store.read_json(model.path("recording.json"))
    now = store.read_json(job.path("recording.json"))
    store.write_json(job.path("recording.json"), {**now, "duration": about["duration"], "samples": about["samples"]})
    store.write_json(job.path("done.json"), job.keys)
    note = ledger.read(out, entry)
    assert note is not None
    assert jobs.state(entry, out, config) == "done"
