"""Let `python -m octavo` be the console command, which is how `build.py` hands over."""

from __future__ import annotations

import sys

from octavo.cli import main

if __name__ == "__main__":
    sys.exit(main())
