"""Hold what Octavo says of its own accord to the languages that books are written in."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from conftest import Project

from octavo.imprint import _date
from octavo.manuscript.punctuation import quotation_marks
from octavo.manuscript.words import Words, around_number, filled, known_words, languages, numbered, unknown_words
from octavo.toolchain import missing_patterns

#: Words that may be those of English, because the language has borrowed them.
BORROWED = {"lemma", "tip", "listing", "definition", "proposition", "section", "figure", "index", "note", "solution",
            "bibliography", "revision", "table", "question", "conjecture", "remark", "edition", "exercise",
            "questions", "abstract", "figures", "page", "pages", "set-in", "glossary", "theorem", "date",
            "important", "text", "interval", "position", "spectrum", "point", "axis", "event",
            "short-date", "short-month", "day"}  # fmt: skip
#: What the handbook promises.
TWENTY = frozenset(
    ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "hu", "ro", "el", "ru", "uk", "tr",
     "zh", "ja", "ko", "ar", "fa", "he", "hi"]
)  # fmt: skip


def test_the_languages_that_most_books_are_written_in_are_there() -> None:
    assert languages() >= TWENTY


@pytest.mark.parametrize("language", sorted(languages()))
def test_a_language_has_every_word(language: str) -> None:
    assert unknown_words(language, {}) == frozenset()
    words, english = Words(language, {}), Words("en", {})
    assert len(words("months").split()) == len(words("short-months").split()) == 12
    assert set(re.findall(r"\{(\w+)\}", words("edition"))) == {"name", "width", "height"}
    assert set(re.findall(r"\{(\w+)\}", words("date"))) == {"day", "month", "year"}
    assert set(re.findall(r"\{(\w+)\}", words("short-date"))) in ({"day", "month", "year"}, {"day", "number", "year"})
    assert set(re.findall(r"\{(\w+)\}", words("short-month"))) in ({"month", "year"}, {"number", "year"})
    if language != "en":
        same = {key for key in known_words() if words(key) == english(key)}
        assert same <= BORROWED, f"{language} has English words"
    assert all(words(key).count("{}") <= 1 and words(key).strip() for key in known_words())


@pytest.mark.parametrize("language", sorted(languages()))
def test_a_language_has_quotation_marks(language: str) -> None:
    double, single = quotation_marks(language, double=True), quotation_marks(language, double=False)
    assert double != single and all(mark.strip() for mark in (*double, *single))


@pytest.mark.parametrize(
    ("language", "key", "printed"),
    [
        ("en", "figure", "Figure 2.1"), ("hu", "figure", "2.1. ábra"), ("zh", "chapter", "第 2.1 章"),
        ("ja-JP", "page", "2.1 ページ"), ("ko", "page", "2.1쪽"), ("ru", "table", "Таблица 2.1"),
        ("xx", "table", "Table 2.1"),
        ("zh-TW", "section", "第 2.1 節"), ("no", "chapter", "Kapittel 2.1"), ("zh-Hant-HK", "page", "第 2.1 頁"),
    ],
)  # fmt: skip
def test_a_number_stands_where_the_language_has_it(language: str, key: str, printed: str) -> None:
    assert numbered(Words(language, {}), key, "2.1").replace("\N{NO-BREAK SPACE}", " ") == printed
    assert "".join(around_number(Words(language, {}), key)).replace("\N{NO-BREAK SPACE}", " ") == printed.replace(
        "2.1", ""
    )


@pytest.mark.parametrize(
    ("language", "printed"),
    [
        ("ru", "3 ноября 2026 г."),
        ("hu", "2026. november 3."),
        ("ja", "2026年11月3日"),
        ("pt", "3 de novembro de 2026"),
    ],
)
def test_a_date_is_written_as_the_language_writes_it(language: str, printed: str) -> None:
    assert _date(datetime.date(2026, 11, 3), Words(language, {})) == printed


def test_a_language_without_words_is_told_once(project: Project) -> None:
    project.chapters("# Wieħed\n\nTest.\n", language="mt")
    done = project.octavo("check", "--format", "json")
    told = [problem for problem in done.problems if problem["code"] == "OCT421"]
    assert len(told) == 1 and "English" in told[0]["problem"] and told[0]["line"] == text_line(project.folder)
    project.chapters("# Wieħed\n\nTest.\n", language="mt", words=dict.fromkeys(known_words(), "kelma {}"))
    codes = [problem["code"] for problem in project.octavo("check", "--format", "json").problems]
    assert "OCT421" not in codes


def text_line(folder: Path) -> int:
    lines = (folder / "report.yaml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.startswith("language:"))


@pytest.mark.parametrize("language", ["is", "de", "mn"])
def test_hyphenation_that_is_not_installed_is_told(language: str, project: Project) -> None:
    package = missing_patterns(language)
    project.chapters(f"# One\n\n[{'orð ' * 20}]{{lang={language}}} and [einn]{{lang=nn}}.\n")
    problems = project.octavo("check", "--format", "json").problems
    told = [problem["problem"] for problem in problems if problem["code"] == "OCT422"]
    assert len(told) == (package is not None)
    assert package is None or language in told[0]


def test_a_word_is_filled_as_it_stands() -> None:
    assert (
        filled("{day}. {month} {{x}} {0.__class__} {day:>9}", day=3, month="May")
        == "3. May {{x}} {0.__class__} {day:>9}"
    )
