"""The archive without Prefect: a loop over its recordings in one process, and the manifests. Run by `overhead`."""

from __future__ import annotations

import sys
from pathlib import Path

from mining import steps
from mining.config import Config
from mining.corpus.catalogue import read_catalogue


def main() -> None:
    """`python -m benchmarks.archive.plain CATALOGUE OUT`."""
    catalogue, out = sys.argv[1], Path(sys.argv[2])
    for entry in read_catalogue(catalogue):
        steps.align_recording(entry, out, Config(), keep_emissions=False, keep_fetched=False)
    steps.finish(out, Config())


if __name__ == "__main__":
    main()
