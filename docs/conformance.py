"""Judge the book and the handbook, and write the table to docs/conformance.md: `.venv/bin/python docs/conformance.py`.

Every figure in it is that of this run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from octavo.check.gate import STANDARDS  # noqa: E402

TARGET = ROOT / "docs" / "conformance.md"
REPORTS = (".", "docs/handbook")
OPENING = """\
# What the finished files are judged by

`python3 build.py check --conformance` judges every edition of a report: veraPDF by the standards, and Octavo by what
veraPDF lets pass. *Checks* counts how often a rule was applied; for Octavo’s own, how many structure elements were
looked at. *Failures* counts the objects that break a rule. `python docs/conformance.py` writes this page anew.

| File | Pages | Judged by | Rules | Checks | Failures |
|---|---:|---|---:|---:|---:|
"""


def judge(folder: str) -> list[dict[str, Any]]:
    """Return the table of one report; whatever is wrong with it is printed by the command itself."""
    command = [sys.executable, "-m", "octavo", "--project", str(ROOT / folder), "check", "--conformance"]
    done = subprocess.run([*command, "--format", "json"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    rows: list[dict[str, Any]] = json.loads(done.stdout)["files"]
    if not rows:
        raise SystemExit(f"{folder} could not be judged; run: {' '.join(command)}")
    return rows


def main() -> int:
    """Write the page; the exit status is 1 when a file fails."""
    rows = [row for folder in REPORTS for row in judge(folder)]
    lines = [
        f"| {r['file']} | {r['pages']} | {STANDARDS[r['flavour']]} | {r['rules']:,} | {r['checks']:,} "
        f"| {r['failures']:,} |"
        for r in rows
    ]
    judges = sorted({row["judge"] for row in rows if row["judge"] != "octavo"})
    TARGET.write_text(OPENING + "\n".join(lines) + f"\n\nJudged by {', '.join(judges)}.\n", encoding="utf-8")
    return int(not all(row["passed"] for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
