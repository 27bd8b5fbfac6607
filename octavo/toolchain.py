"""Name the programs and fonts that a book needs, and get them from Debian.

This stands before every stage. `build.py` imports it with whatever Python the machine has, before `.venv`
exists, so it uses the standard library alone and imports nothing of Octavo. `octavo.doctor` reads the same
table.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NOT_SET_UP = 3
"""The exit status that says: nothing was built, because the machine lacks something."""

DEBIAN_TREES = (Path("/usr/share/texlive/texmf-dist"), Path("/usr/share/texmf"))
"""Where Debian and Ubuntu keep TeX's files; fonts of the `fonts-*` packages are in the second."""


@dataclass(frozen=True)
class DebianPackage:
    """Name a package, what a book needs it for, and what proves that it is there.

    `program` is looked for on the path. Of `files` any one is enough: a path that does not begin with `/` is
    relative to a TeX tree, so that TeX Live installed without Debian's packages counts too.
    """

    name: str
    purpose: str
    program: str = ""
    files: tuple[str, ...] = ()


PACKAGES = (
    DebianPackage(
        "texlive-latex-base",
        "LuaLaTeX, the engine that sets the pages",
        program="lualatex",
        files=("tex/latex/base/book.cls",),
    ),
    DebianPackage(
        "texlive-luatex",
        "the engine's font loader",
        files=("tex/luatex/luaotfload/luaotfload-main.lua",),
    ),
    DebianPackage(
        "texlive-latex-recommended",
        "font selection, mathematics, and finer line breaking",
        files=("tex/latex/fontspec/fontspec.sty",),
    ),
    DebianPackage(
        "texlive-pictures",
        "TikZ, which draws the figures",
        files=("tex/latex/pgf/frontendlayer/tikz.sty",),
    ),
    DebianPackage(
        "fonts-texgyre",
        "text faces",
        files=("fonts/opentype/public/tex-gyre/texgyrepagella-regular.otf",),
    ),
    DebianPackage(
        "fonts-texgyre-math",
        "mathematics faces",
        files=("fonts/opentype/public/tex-gyre-math/texgyrepagella-math.otf",),
    ),
    DebianPackage(
        "fonts-stix",
        "signs that a mathematics face lacks",
        files=(
            "/usr/share/fonts/opentype/stix-word/STIXMath-Regular.otf",
            "/usr/share/fonts/opentype/stix/STIXTwoMath-Regular.otf",
        ),
    ),
    DebianPackage(
        "fonts-linuxlibertine",
        "text faces",
        files=(
            "/usr/share/fonts/opentype/linux-libertine/LinLibertine_R.otf",
            "fonts/opentype/public/libertine/LinLibertine_R.otf",
        ),
    ),
    DebianPackage(
        "fonts-dejavu-core",
        "the typewriter face, and characters that others lack",
        files=(
            "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
            "fonts/truetype/public/dejavu/DejaVuSansMono.ttf",
        ),
    ),
    DebianPackage(
        "fonts-dejavu-extra",
        "the sloped and condensed faces of the same family",
        files=(
            "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Oblique.ttf",
            "/usr/share/fonts/truetype/dejavu/DejaVuSans-Oblique.ttf",
            "fonts/truetype/public/dejavu/DejaVuSansMono-Oblique.ttf",
        ),
    ),
    DebianPackage(
        "fonts-noto-core",
        "the scripts of the world, but for Chinese, Japanese and Korean",
        files=("/usr/share/fonts/truetype/noto/NotoSerifDevanagari-Regular.ttf",),
    ),
    DebianPackage(
        "fonts-symbola",
        "emoji and other signs in one color",
        files=("/usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf",),
    ),
    DebianPackage("poppler-utils", "reading finished pages back", program="pdftotext"),
    DebianPackage("librsvg2-bin", "turning SVG images into PDF", program="rsvg-convert"),
)


#: For each language tag, the file of its hyphenation patterns (hyph-utf8) and the package that has it. English
#: patterns are in every TeX; what is not listed is not hyphenated.
PATTERNS: dict[str, tuple[str, str]] = {
    tag: (name, f"texlive-lang-{package}")
    for package, names in {
        "german": "de:de-1996 de-1901:de-1901 de-CH:de-ch-1901",
        "english": "en-GB:en-gb",
        "french": "fr eu",
        "spanish": "es ca gl",
        "italian": "it",
        "portuguese": "pt",
        "european": "cy da et fi ga hr hu is la lt lv mk nb nl nn no:nb oc ro sl sv tr",
        "czechslovak": "cs sk",
        "polish": "pl",
        "greek": "el:el-monoton el-polyton grc",
        "cyrillic": "be bg mn:mn-cyrl ru sr:sr-cyrl uk",
        "other": "af eo hy id ka tk",
    }.items()
    for tag, name in ((word.partition(":")[0], word.rpartition(":")[2]) for word in names.split())
}
_PATTERN_FILE = "tex/generic/hyph-utf8/patterns/txt/hyph-{}.pat.txt"


def patterns_package(language: str, trees: Sequence[Path] = DEBIAN_TREES) -> DebianPackage | None:
    """Return the package that has the hyphenation patterns of a language, or None where none does or is needed.

    A variety without patterns of its own has those of the language: `de-AT` those of `de`.
    """
    known = PATTERNS.get(language) or PATTERNS.get(language.partition("-")[0])
    if known is None:
        return None
    name, package = known
    return DebianPackage(package, f"hyphenation for {language}", files=(_PATTERN_FILE.format(name),))


def missing_patterns(language: str) -> DebianPackage | None:
    """Return that package where the patterns are not here."""
    package = patterns_package(language)
    return package if package and missing_packages([package]) else None


def language_of(folder: Path) -> str:
    """Read the language of a report without a parser of YAML, or nothing where it is not plain to see."""
    try:
        text = (folder / "report.yaml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"^language:[ \t]*[\"']?([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)", text, re.MULTILINE)
    return found[1] if found else ""


def is_debian() -> bool:
    """Tell whether apt's package names mean anything here; Ubuntu and other descendants count."""
    return Path("/etc/debian_version").exists()


def venv_packages() -> tuple[DebianPackage, ...]:
    """Name what this Python lacks to make a virtual environment; nothing when uv makes it.

    Debian keeps `ensurepip`, without which `python3 -m venv` stops half-way, in a package of its own.
    """
    if shutil.which("uv"):
        return ()
    library = Path(os.__file__).parent
    name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    return (DebianPackage(name, "making .venv", files=(str(library / "ensurepip" / "__init__.py"),)),)


def missing_packages(packages: Sequence[DebianPackage] = PACKAGES) -> tuple[DebianPackage, ...]:
    """Find the packages that are not here, by looking for files only, because every build asks.

    Where there is no Debian, fonts and styles have other places, so that only the programs are looked for; the
    engine names any other thing it lacks.
    """
    trees = _tex_trees()
    debian = is_debian()
    return tuple(package for package in packages if not _is_present(package, trees, debian))


def apt_line(packages: Sequence[DebianPackage]) -> str:
    """Write the one line that a person runs to install those packages; `sudo` only where it is needed."""
    sudo = "" if os.geteuid() == 0 else "sudo "
    names = shlex.join(package.name for package in packages)
    return f"{sudo}apt-get update && {sudo}apt-get install --yes --no-install-recommends {names}"


def package_list(packages: Sequence[DebianPackage]) -> str:
    """Write packages for a person: one a line, with what each is for."""
    return "\n".join(f"  {package.name:<26} {package.purpose}" for package in packages)


def install_packages(packages: Sequence[DebianPackage], log: Path) -> str:
    """Install with apt, then look again; return why something is still missing, or nothing.

    That second look matters: apt may succeed and a program still not be on the path. What apt says goes to `log`.
    """
    obstacle = _install_with_apt(packages, log) if is_debian() else "There is no apt here."
    missing = missing_packages(packages)
    if not missing:
        return ""
    listing = package_list(missing)
    if not is_debian():
        return f"{obstacle} Install these, named as Debian names them, then run the same line again:\n{listing}"
    if obstacle:
        return f"{obstacle} Missing:\n{listing}\nWhat installs it:\n  {apt_line(missing)}"
    return f"These are installed, but not where they are looked for; is /usr/bin on the PATH?\n{listing}"


def run_logged(command: Sequence[str], log: Path) -> bool:
    """Run a program with all it says added to `log`, and return whether it succeeded.

    A program that is not there is a failure like any other, so that callers have one case to word.
    """
    import subprocess

    with log.open("a", encoding="utf-8") as stream:
        stream.write(f"$ {shlex.join(command)}\n")
        stream.flush()
        try:
            finished = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, check=False
            )
        except OSError as error:
            stream.write(f"{error}\n")
            return False
    return finished.returncode == 0


def log_tail(log: Path) -> str:
    """Quote the end of that log, where pip and apt put the reason of a failure."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
    return "\n".join([f"The end of {log}:", *(f"  | {line}" for line in lines), ""])


def _install_with_apt(packages: Sequence[DebianPackage], log: Path) -> str:
    """Run apt as root, or through a sudo that asks nothing; return in words what prevented it, or nothing.

    Recommended packages are left out: they would make it a gigabyte.
    """
    rights = _administrator(log)
    if rights is None:
        return "Only root may install Debian packages."
    patience = ("-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2")
    apt = (*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes", *patience)
    run_logged((*apt, "update"), log)
    names = tuple(package.name for package in packages)
    if run_logged((*apt, "install", "--no-install-recommends", *names), log):
        return ""
    return f"apt could not install all; is this machine online?\n{log_tail(log)}"


def _tex_trees() -> tuple[Path, ...]:
    """List the TeX trees to look in; TeX Live's own layout is `bin/PLATFORM/lualatex` beside `texmf-dist`."""
    engine = shutil.which("lualatex")
    if engine is None:
        return DEBIAN_TREES
    return (*DEBIAN_TREES, Path(engine).resolve().parent.parent.parent / "texmf-dist")


def _is_present(package: DebianPackage, trees: Sequence[Path], debian: bool) -> bool:
    if package.program and shutil.which(package.program) is None:
        return False
    if not package.files or not debian:
        return True
    return any((tree / file).exists() for file in package.files for tree in trees)


def _administrator(log: Path) -> tuple[str, ...] | None:
    """Find how to become root without asking anybody; `None` when there is no way."""
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") and run_logged(("sudo", "-n", "true"), log):
        return ("sudo", "-n")
    return None
