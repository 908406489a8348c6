"""Install the peers into the environment that runs this, each apart: python -m benchmarks.peers.install

One that cannot be installed here is left out, and the reason is kept for the page. Standard library only.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
LEFT_OUT = Path(sys.prefix) / "left_out.json"
NEEDED = ("numpy", "llvmlite", "numba")  # by ours


def main() -> None:
    reasons = {}
    for line in REQUIREMENTS.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name = line.split("==")[0]
        command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", line]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            errors = [said for said in done.stderr.splitlines() if "ERROR" in said] or ["no reason given"]
            if name in NEEDED:
                sys.exit(f"{line} cannot be installed: {errors[-1]}")
            reasons[name] = f"cannot be installed here: {errors[-1].strip()[:160]}"
            print(f"{name} is left out: {reasons[name]}", file=sys.stderr)
    LEFT_OUT.write_text(json.dumps(reasons, indent=1))


if __name__ == "__main__":
    main()
