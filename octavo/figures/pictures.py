"""Make pictures ready for the page: every image file becomes a one-page PDF, once.

LuaTeX decodes and packs a PNG again on every run, and cannot read SVG. A picture is converted when it is first
seen and kept by its content (lossless, transparency kept). What a file is, its first bytes say, not its name. A file
that cannot be read is told at its place, whatever the reader of its format throws.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from octavo.diagnostics import Ledger, Span
from octavo.figures.lettering import absent_fonts
from octavo.figures.plate import Plate
from octavo.latex.context import Picture
from octavo.nearest import nearest
from octavo.sealed import is_whole, put

#: Changes with how pictures are made ready, so that a cache of before is not taken for it.
MADE_BY = "3"
LARGEST_BYTES = 200_000_000
REMOTE = ("http://", "https://", "ftp://", "//", "data:")


@dataclass
class Pictures:
    """Find, convert and name the pictures of one report.

    `plates` will hold the drawings made from data, by kind, with their alt texts in `alts`.
    """

    folder: Path
    cache: Path
    ledger: Ledger
    plates: Future[dict[str, Plate]]
    alts: dict[str, str]
    files: dict[str, Path] = field(default_factory=dict)

    def image(self, target: str, beside: str, span: Callable[[], Span]) -> Picture | None:
        """Return the picture of an image file, or report why there is none.

        Its path is looked for beside the chapter, `beside`, where an editor's preview shows it, then in the report's
        folder; it may not leave that, not even by a link.
        """
        if target.lower().startswith(REMOTE):
            self.ledger.report("OCT319", span(), target=target if len(target) < 80 else f"{target[:80]}…")
            return None
        path = self._find(target, beside)
        if path is None:
            known = sorted({*self._known(self.folder), *self._known((self.folder / beside).parent)})
            self.ledger.report("OCT301", span(), target=target, nearest=nearest(unquote(target), known))
            return None
        try:
            if path.stat().st_size > LARGEST_BYTES:
                raise ValueError(f"it is larger than {LARGEST_BYTES // 1_000_000} MB")
            ready, told = self._ready(path)
        except Exception as error:
            problem = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
            self.ledger.report("OCT302", span(), target=target, problem=problem)
            return None
        if told:
            self.ledger.report("OCT320", span(), target=target, what=told)
        if absent := absent_fonts(ready):
            self.ledger.report("OCT545", span(), target=target, fonts=", ".join(absent))
        self.files[ready.name] = ready
        return Picture(ready.name)

    def _find(self, target: str, beside: str) -> Path | None:
        """Return the file that a target names, in either spelling of its spaces, or nothing."""
        root = self.folder.resolve()
        for name in _spellings(target):
            rooted = name.startswith("/")
            for folder in (self.folder,) if rooted else ((self.folder / beside).parent, self.folder):
                path = folder / name.lstrip("/")
                try:
                    if path.is_file() and path.resolve().is_relative_to(root):
                        return path
                except (OSError, ValueError):
                    continue
        return None

    def _known(self, folder: Path) -> Iterator[str]:
        """Yield the pictures in a folder and in those below it, as they would be named from there."""
        for pattern in ("*.*", "*/*.*"):
            for path in folder.glob(pattern):
                if path.suffix.lower() not in (".md", ".yaml", ".bib", ".qmd", ".rmd"):
                    yield path.relative_to(folder).as_posix()

    def _ready(self, path: Path) -> tuple[Path, str]:
        """Return the one-page PDF of a picture, made unless it is kept, and what of the file is not in it.

        Whatever is raised says what is wrong with the file.
        """
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()[:24]
        ready = self.cache / "pictures" / MADE_BY / f"{digest}.pdf"
        part = self.cache / "pictures" / MADE_BY / f"{digest}.first.pdf"
        for kept, told in ((ready, ""), (part, "first")):
            if is_whole(kept):
                return kept, "more than one page or frame, of which the first is printed" if told else ""
        from octavo.figures.conversion import convert

        ready.parent.mkdir(parents=True, exist_ok=True)
        temporary = ready.with_name(f"{digest}.{os.getpid()}.tmp")
        try:
            told = convert(path, data, temporary)
            target = part if told else ready
            put(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        return target, told

    def drawing(self, kind: str, span: Callable[[], Span]) -> Picture | None:
        """Return the drawing of that kind, or report that the report has no data for it."""
        plates = self.plates.result()
        if kind not in plates:
            self.ledger.report("OCT304", span(), kind=kind or "(none)", nearest=nearest(kind, plates))
            return None
        plate = plates[kind]
        self.files[plate.path.name] = plate.path
        return Picture(plate.path.name, plate.page, self.alts.get(kind, ""))


def _spellings(target: str) -> Iterator[str]:
    """Yield the names that a target may mean: as written, decoded, without a query, with other slashes."""
    seen = []
    for one in (target, unquote(target), target.split("?")[0].split("#")[0], target.replace("\\", "/")):
        name = unquote(one) if one != target else one
        if name and "\0" not in name and name not in seen:
            seen.append(name)
            yield str(PurePosixPath(name)) if not name.startswith("//") else name
