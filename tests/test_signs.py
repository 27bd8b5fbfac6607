"""Hold that every sign is printed: by the first face that has it, or as its code point in a frame."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from conftest import Project

from octavo.check.listening import read_aloud
from octavo.design import standard_theme
from octavo.latex.escape import escape
from octavo.manuscript.scripts import is_usual, shows
from octavo.typefaces import find_font, has_character, read_characters, typefaces

TABLE = Path("/usr/share/texlive/texmf-dist/tex/latex/unicode-math/unicode-math-table.tex")
#: What takes an argument: accents, and what stands over or under a letter.
OVER = ("mathaccent", "mathbotaccent", "mathover", "mathunder")
ROOTS = ("sqrt", "cuberoot", "fourthroot", "longdivision")
PLACES = """# In a heading {sign}

Text {sign} *and {sign}* `code {sign}`.[^1]

| {sign} | b |
|---|---|
| a | {sign} |

```
{sign}
```

[^1]: A note {sign}.
"""


def text_of(pdf: Path) -> str:
    done = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True)
    return done.stdout


def log_of(project: Project) -> str:
    return (project.folder / "build" / "press" / "screen" / "book.log").read_text(encoding="utf-8", errors="replace")


def commands() -> list[str]:
    """Return a formula for each command that stands for one character."""
    rows = re.findall(r"\\UnicodeMathSymbol\s*\{\"\w+\}\s*\{\\(\w+)\s*\}\s*\{\\(\w+)\}", TABLE.read_text("utf-8"))
    named = [(name, kind.startswith(OVER) or name in ROOTS) for name, kind in rows]
    return [f"$\\{name}{{x}}$" if argument else f"$\\{name}$" for name, argument in named]


@pytest.mark.tex
@pytest.mark.skipif(not TABLE.is_file(), reason="unicode-math is not installed where Debian has it")
def test_every_command_of_formulas_prints_a_glyph(project: Project) -> None:
    formulas = commands()
    assert len(formulas) > 2000
    lines = (" ".join(formulas[at : at + 12]) for at in range(0, len(formulas), 12))
    project.chapters("# All\n\n" + "\n\n".join(lines) + "\n")
    done = project.octavo("build", "--format", "json")
    assert done.status == 0, done.err
    unknown = {problem["code"] for problem in done.problems} - {"OCT540", "OCT410", "OCT209"}
    assert unknown == set(), done.problems[:5]
    assert "Missing character" not in log_of(project)


@pytest.mark.tex
def test_letters_of_any_script_stand_in_formulas(project: Project) -> None:
    formulas = (
        r"$5\,µm$ $x_é = \text{Größe}$ $\text{скорость} = v_{скорость}$ $A \setminus B$ $x^{\text{µ}}$ $\frac{ж}{é}$"
    )
    project.chapters(f"# Formulas\n\n{formulas}\n")
    done = project.octavo("build", "--format", "json")
    assert done.status == 0 and "Missing character" not in log_of(project)
    printed = text_of(project.pdfs[0])
    assert all(letter in printed for letter in "µéж") and "скорость" in printed and "Größe" in printed


@pytest.mark.tex
@pytest.mark.parametrize("sign", ["👍", "🎉", "हिन्दी", "ქართული", "አማርኛ", "ᏣᎳᎩ", "q̇", "⠃", "𝄞", "┬"])
def test_a_sign_is_printed_in_every_place(sign: str, project: Project) -> None:
    faces = typefaces(standard_theme().fonts({}).faces_in_turn(), project.folder, project.folder)
    if not all(has_character(faces, letter) for letter in sign if shows(letter)):
        pytest.skip("no face here has it")
    project.chapters(PLACES.format(sign=sign))
    done = project.octavo("build", "--format", "json")
    assert done.status == 0 and "Missing character" not in log_of(project) and "octavo sign:" not in log_of(project)
    heard = project.octavo("listen").out
    assert heard.count(sign) >= 7


@pytest.mark.tex
def test_a_sign_of_no_face_is_framed_in_every_place_and_told_once(project: Project) -> None:
    sign = "\U0001fffd"
    project.chapters(PLACES.format(sign=sign))
    done = project.octavo("build", "--format", "json")
    told = [problem for problem in done.problems if problem["code"] == "OCT403"]
    assert done.status == 0 and [problem["line"] for problem in told] == [1]
    assert "8 times" in told[0]["problem"] and "chapters/1.md:3:6" in told[0]["problem"]
    assert project.octavo("listen").out.count(sign) >= 8
    assert project.octavo("build", "--strict").status != 0


@pytest.mark.tex
def test_a_mark_that_no_face_of_its_letter_has_stands_by_itself(project: Project) -> None:
    blocks = (0x300, 0x370), (0x1AB0, 0x1ACF), (0x1DC0, 0x1E00), (0x20D0, 0x20F1)
    marks = "".join(chr(code) for first, end in blocks for code in range(first, end))
    project.chapters(f"# Marks\n\n{marks}\n\na{marks}\n\n\u0e01{marks} `x{marks}`\n\n*\U0001fffd{marks}*\n")
    done = project.octavo("build", "--format", "json")
    assert done.status == 0 and "Missing character" not in log_of(project)
    heard = unicodedata.normalize("NFD", project.octavo("listen").out)
    assert all(heard.count(unicodedata.normalize("NFD", mark)) >= 5 for mark in marks)


@pytest.mark.tex
def test_what_is_invisible_is_neither_missing_nor_lost(project: Project) -> None:
    text = "A ❤️ and ☎︎, 👩‍🔬 and 1️⃣, shelf‌ful, a‍b."
    project.chapters(f"# Signs\n\n{text}\n\n```\nsun ☀️\nsign ⚠️\n```\n\nEnd with `sun ☀️`\n\n*⚠️*\n")
    done = project.octavo("build", "--format", "json")
    assert [problem["code"] for problem in done.problems] == [] and "Missing character" not in log_of(project)
    assert text in project.octavo("listen").out


RIGHTWARD = """{opening}
- אבג
- דהו

| חטי | כלמ |
|-----|-----|
| 12  | 345 |

## נסע 1984

> פצק
{closing}
"""


def places(pdf: Path, *words: str) -> dict[str, float]:
    """Return how far from the left edge each character stands on the page that has the first of them."""
    found: dict[str, float] = {}
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            text = page.get_textpage()
            if words[0] not in text.get_text_range():
                continue
            for at in range(text.count_chars()):
                character = text.get_text_range(at, 1)
                if character in words and text.get_charbox(at)[3] < 500:
                    found.setdefault(character, text.get_charbox(at)[0])
    return found


@pytest.mark.tex
@pytest.mark.parametrize("whole", [False, True], ids=["a block", "a whole report"])
def test_what_runs_from_right_to_left_is_mirrored(whole: bool, project: Project) -> None:
    opening, closing = ("", "") if whole else ("::: {lang=he}", ":::")
    text = RIGHTWARD.format(opening=opening, closing=closing)
    project.chapters(f"# פרק\n\n{text}", language="he" if whole else "en-US")
    done = project.octavo("build", "--format", "json")
    assert done.status == 0, done.err
    at = places(project.pdfs[0], *"•אגחיכלמצ")
    assert at["•"] > at["א"] > at["ג"], "the bullet stands at the right, and the letters run from there"
    assert at["ח"] > at["י"] > at["כ"] > at["מ"], "the first column stands at the right"
    printed = " ".join(text_of(project.pdfs[0]).split())
    assert "12" in printed and "345" in printed and "1984" in printed, "figures run the other way"
    heard = project.octavo("listen").out
    assert heard.index("חטי") < heard.index("כלמ") and "נסע 1984" in heard


THAI = "ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำแน่นอนหรือวรรณยุกต์เช่นเดียวกับภาษาจีนและออกเสียงแยกคำต่อคำ"


def test_lines_of_thai_break_between_syllables_only() -> None:
    pieces = escape(f"Thai: {THAI}, ประเทศ").split(r"\octbreak{}")
    assert "".join(pieces) == f"Thai: {THAI}, ประเทศ" and len(pieces) > 4
    assert not any("\u0e31" <= piece[0] <= "\u0e3a" or "\u0e47" <= piece[0] <= "\u0e4e" for piece in pieces)
    assert not any("\u0e40" <= piece[-1] <= "\u0e44" for piece in pieces)
    assert escape("မြန်မာ") == r"မြန်\octbreak{}မာ" and escape("བོད་སྐད") == r"བོད་\octbreak{}སྐད"


MEASURED = """import resource, subprocess, sys
subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


@pytest.mark.tex
def test_a_chinese_book_takes_no_more_memory_than_its_signs(project: Project) -> None:
    if find_font("NotoSerifCJK-Regular.ttc", Path()) is None:
        pytest.skip("Noto CJK is not installed")
    signs = "".join(chr(0x4E00 + number) for number in range(400))
    project.chapters(
        f"# 长椅\n\n{signs}。**{signs}**[^1]\n\n## 座位\n\n> {signs}\n\n[^1]: {signs}\n", language="zh-CN"
    )
    done = project.octavo("build", prefix=(sys.executable, "-c", MEASURED))
    printed = re.sub(r"\s", "", text_of(project.pdfs[0]))
    assert signs[:200] in printed and "座位" in printed
    assert int(done.out.split()[-1]) < 600 * 1024, "kilobytes of the largest process"


def test_a_family_named_by_the_report_comes_first() -> None:
    fonts = standard_theme().fonts({"fallback": ["NotoSansThai", "Own.ttf"]})
    first, second, *others = fonts.fallback
    assert first.files()[0] == "NotoSansThai-Regular.ttf" and second.files() == ("Own.ttf",) * 4
    assert first.own and second.own and not any(face.own for face in others)


def test_the_characters_of_a_font_are_read() -> None:
    path = find_font("DejaVuSansMono.ttf", Path())
    if path is None:
        pytest.skip("DejaVu Sans Mono is not installed")
    ranges = read_characters(path.read_bytes())
    held = {code for first, last in ranges for code in range(first, last + 1)}
    assert set(range(0x20, 0x7F)) <= held and {0x252C, 0x416, 0x3BB} <= held and 0x1F44D not in held
    assert read_characters(b"no font") == []


def test_what_every_face_has_costs_nothing() -> None:
    assert is_usual("A plain text – with “quotes”, é, ½, € and\ttabs…")
    assert not any(is_usual(sign) for sign in ("ő", "→", "λ", "👍", "\x01"))


LAST = """# Last {sign}

## Section {sign}

Words {sign} and [a link {sign}](https://example.org) and a note^[Note {sign}] and `code {sign}`

| {sign} | b{sign} |
|---|---|
| {sign}{sign} | {sign} |

- {sign}
- 👍\N{VARIATION SELECTOR-16}

::: note
{sign}
:::

"""


@pytest.mark.tex
def test_a_sign_of_no_face_may_be_the_last_of_any_list(project: Project) -> None:
    # LuaTeX goes on with the last node of a list after it was hyphenated; one that was freed broke books of Chinese.
    times = 20
    project.chapters(LAST.format(sign="\ue123") * times)
    done = project.octavo("build", "--format", "json")
    assert done.status == 0, done.out
    with pikepdf.open(project.pdfs[0]) as pdf:
        chapters = read_aloud(pdf).split('"Chapter 1 "')[-1]
    assert chapters.count("\\ue123") == (LAST.count("{sign}") + 1) * times  # the call of the note tells it again


@pytest.mark.tex
def test_covers_and_drawings_print_any_sign(project: Project) -> None:
    """Letter the cover and the stack in faces that have the sign, or with its code point, which is told."""
    text = "हिन्दी 🎉 ψυχή \U0001fffd"
    layer = {"piece": text, "level": text, "question": text, "chapter": "chapters/1.md"}
    other = {"piece": "B", "level": "L", "question": "Q \U0001fffe"}
    project.chapters(
        "# One\n\n::: {#fig:s .figure kind=layer-stack}\nThe stack\n:::\n",
        title=text, subtitle=text, authors=[text], layers=[layer, other],
    )  # fmt: skip
    done = project.octavo("build", "--format", "json")
    assert done.status == 0 and {problem["code"] for problem in done.problems} == {"OCT403"}
    told = " ".join(problem["problem"] for problem in done.problems)
    assert "U+1FFFD" in told and "U+1FFFE" in told and "U+1F389" not in told
