"""Change the package line by line and see whether a test notices: the score of each module, and what survived.

    python bench/mutation.py octavo/trust.py octavo/check/sanitizer.py     these modules
    python bench/mutation.py --share 3/52                                 the third of 52 shares of the package

Cosmic Ray makes the mutants and undoes them; `pip install -e '.[mutation]'` brings it. It works in a clone of the last
commit under `build/mutation`, with the tests that import the module, or what imports it, and stops at the first that
fails. A whole package takes days: a weekly job does one share after the other.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLONE = ROOT / "build" / "mutation"
#: A mutant may take so many seconds; one that goes on for ever is noticed, too.
LONGEST = 300


def main() -> int:
    """Print the table, and what survived below it; return 1 where something did."""
    chosen = _read()
    if CLONE.exists():
        shutil.rmtree(CLONE)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(CLONE)], check=True)
    survivors: list[str] = []
    print("| Module | Mutants | Noticed | Score |\n|---|---:|---:|---:|", flush=True)
    for module in chosen:
        outcomes = list(_mutate(module))
        counts = Counter(noticed for noticed, _ in outcomes)
        score = f"{counts[True] / len(outcomes):.0%}" if outcomes else "–"
        print(f"| `{module}` | {len(outcomes)} | {counts[True]} | {score} |", flush=True)
        survivors += [f"{module}\n{change}" for noticed, change in outcomes if not noticed]
    print("\n".join(["", *survivors]))
    return 1 if survivors else 0


def tests_of(module: Path) -> list[str]:
    """Return the test files that import a module, or else what imports it, and so on; `tests` where none does."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    package = sorted((ROOT / "octavo").rglob("*.py"))
    asked, seen = [ROOT / module], {ROOT / module}
    while asked:
        found = {file for one in asked for file in files if _imports(file, one)}
        if found:
            return sorted(file.relative_to(ROOT).as_posix() for file in found)
        asked = [file for file in package if file not in seen and any(_imports(file, one) for one in asked)]
        seen.update(asked)
    return ["tests"]


def _imports(file: Path, module: Path) -> bool:
    name = ".".join(module.relative_to(ROOT).with_suffix("").parts)
    package, _, last = (re.escape(part) for part in name.rpartition("."))
    ways = (rf"from {package}\.{last} ", rf"import {package}\.{last}\b", rf"from {package} import .*\b{last}\b")
    return re.search(rf"^\s*({'|'.join(ways)})", file.read_text(encoding="utf-8"), re.MULTILINE) is not None


def share_of(modules: Sequence[Path], share: str) -> list[Path]:
    """Return share K of N: every Nth module, from the Kth on."""
    number, total = (int(part) for part in share.split("/"))
    return list(modules[(number - 1) % total :: total])


def _read() -> list[Path]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", type=Path)
    parser.add_argument("--share", default="", metavar="K/N", help="share K of N of the package")
    chosen = parser.parse_args()
    if chosen.modules:
        return [path.resolve().relative_to(ROOT) for path in chosen.modules]
    modules = sorted(path.relative_to(ROOT) for path in (ROOT / "octavo").rglob("*.py") if path.name != "__init__.py")
    return share_of(modules, chosen.share) if chosen.share else modules


def _mutate(module: Path) -> Iterator[tuple[bool, str]]:
    """Yield for each mutant of a module whether a test noticed it, and the change as a diff."""
    command = f"{sys.executable} -m pytest -q -x -p no:cacheprovider {' '.join(tests_of(module))}"
    config = f"""[cosmic-ray]
module-path = "{module.as_posix()}"
timeout = {LONGEST}
excluded-modules = []
test-command = "{command}"
[cosmic-ray.filters.operators-filter]
# Types are no part of what runs: `Span | None` has nothing for a test to notice.
exclude-operators = ["core/ReplaceBinaryOperator_BitOr_.*"]
[cosmic-ray.distributor]
name = "local"
"""
    (CLONE / "mutation.toml").write_text(config, encoding="utf-8")
    session = CLONE / "mutation.sqlite"
    session.unlink(missing_ok=True)
    _cosmic_ray("cli", "init", "mutation.toml", session.name, "--force")
    _cosmic_ray("tools.filters.operators_filter", session.name, "mutation.toml")
    _cosmic_ray("cli", "exec", "mutation.toml", session.name)
    yield from _outcomes(session)


def _cosmic_ray(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"cosmic_ray.{tool}", *arguments]
    return subprocess.run(command, cwd=CLONE, check=True, capture_output=True, text=True)


def _outcomes(session: Path) -> Iterator[tuple[bool, str]]:
    done = _cosmic_ray("cli", "dump", session.name)
    for line in done.stdout.splitlines():
        _, result = json.loads(line)
        if result is not None and result["test_outcome"] is not None:
            yield result["test_outcome"] != "survived", str(result["diff"])


if __name__ == "__main__":
    sys.exit(main())
