"""What every stage costs on one core: seconds for an hour of audio, or for a page.

    python -m benchmarks.stages AUDIO DOCUMENT [AUDIO DOCUMENT ...] [--lang hi] [--json FILE] [--repeats 3]

Recordings with their documents, by turns; without any, the bundled sample. The process keeps to one core, each stage is done
`--repeats` times (OCR once), and the least time counts that the core has spent on it, so that others on the machine matter
little. It is that of the work alone: the model is loaded and the kernels are compiled before. `--json` writes a file such as
mining/data/costs.json.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from align import warm_up
from benchmarks.stages.measure import AUDIO, BYTES, PAGE, Costs, best, core_seconds, machine, measure
from mining import sample, store
from mining.documents.languages import language
from mining.speech.transcribe import load_model


def main() -> None:
    """Measure, print, and write."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description=__doc__, formatter_class=form)
    parser.add_argument("files", type=Path, nargs="*", metavar="AUDIO DOCUMENT")
    parser.add_argument("--lang", default="hi")
    parser.add_argument("--model", default="")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--core", type=int, help="the core to keep to; else the last that this process may use")
    parser.add_argument("--json", type=Path, help="file that the figures are written to")
    given = parser.parse_args()
    if len(given.files) % 2:
        parser.error(f"{len(given.files)} files: each recording needs its document behind it")
    if given.repeats < 1:
        parser.error(f"--repeats is {given.repeats}: at least 1 is needed")
    _keep_to(given.core)
    spoken = language(given.lang)
    model, model_seconds = best(1, lambda: load_model(given.model, "cpu", spoken), core_seconds)
    warm_up()
    found = sample.sample()
    named = given.files or [found.audio, found.document]
    costs = Costs()
    for audio, document in zip(named[::2], named[1::2], strict=True):
        with tempfile.TemporaryDirectory(prefix="shruti-stages-") as folder:
            costs += measure(audio, document, Path(folder), model, spoken, given.repeats)
    figures = costs.figures(machine(), model_seconds)
    Console(width=120).print(_table(costs))
    print(f"{costs.audio / 3600:.2f} hours; loading the model {model_seconds:.1f} s; {figures['machine']}")
    print("bytes for an hour:", ", ".join(f"{kind} {costs.bytes_per_hour(kind):,}" for kind in BYTES))
    if given.json:
        store.write_json(given.json, figures)


def _keep_to(core: int | None) -> None:
    """Use one core for this process and all that it starts."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0)) if core is None else core})


def _table(costs: Costs) -> Table:
    table = Table("stage", "seconds for an hour of audio", "share", "times faster than real time", "seconds for a page")
    pages = {way: costs.per_page(way) for way in PAGE}
    whole = sum(costs.per_hour(stage) for stage in AUDIO)
    for stage in AUDIO:
        took = costs.per_hour(stage)
        table.add_row(stage, f"{took:.2f}", f"{took / whole:.0%}", f"{3600 / max(took, 1e-9):,.0f}", "")
    table.add_row("together", f"{whole:.2f}", "", f"{3600 / whole:,.0f}", "", end_section=True)
    for way, took in pages.items():
        table.add_row(way, "", "", "", "-" if took is None else f"{took:.3f}")
    return table


if __name__ == "__main__":
    main()
