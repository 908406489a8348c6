"""The curves of loops as a picture: character error rate on held-out speakers, round by round.

python -m benchmarks.loop.draw Hindi=LOOP Malayalam=OTHER -o docs/pictures/loop.svg
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

from mining.models.rounds import read_rounds


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loops", nargs="+", metavar="NAME=LOOP", help="folder of a loop")
    parser.add_argument("--line", action="append", default=[], metavar="NAME=CER", help="a level, such as of true texts")
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args()
    matplotlib.rcParams["svg.hashsalt"] = "shruti"  # else ids differ from run to run
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for text in given.loops:
        name, _, folder = text.partition("=")
        rounds = read_rounds(Path(folder))
        axes.plot([one.number for one in rounds], [next(iter(one.check.values())) for one in rounds], marker="o", label=name)
    for number, text in enumerate(given.line):
        name, _, level = text.partition("=")
        axes.axhline(float(level), linestyle="--", color=f"C{number}", linewidth=1, label=name)
    axes.set_xlabel("round")
    axes.set_ylabel("character error rate, speakers never heard")
    axes.set_ylim(0, 1)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(given.out, metadata={"Date": None})


if __name__ == "__main__":
    main()
