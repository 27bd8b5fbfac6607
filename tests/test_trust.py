"""Build the reports of strangers: what of them may change how Octavo works, and what stays out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, Project, run_octavo

from octavo import cli, confinement
from octavo.arguments import parser
from octavo.design import STANDARD
from octavo.diagnostics import Ledger
from octavo.manifest import load
from octavo.trust import PROGRAMS, Trust

#: Without a wall `--untrusted` builds nothing, which another test holds.
needs_wall = pytest.mark.skipif(not confinement.landlock_version(), reason="the kernel has no Landlock")
RED = "colors: {link: 'CC0000'}\n"


@pytest.fixture
def stranger(project: Project) -> Project:
    """Give a report that brings one program of each kind."""
    project.chapters("# One\n\nText \\textbf{bold} text.\n", trust={"raw-latex": True}, theme="loud")
    project.write("templates/themes/loud/design.yaml", RED)
    project.write("templates/style/octavo-notes.sty", "\\ProvidesPackage{octavo-notes}\n")
    return project


@pytest.mark.parametrize("allowed", [(), ("raw-latex",), ("templates",), ("raw-latex", "templates")])
def test_a_program_is_used_where_it_is_named_alone(stranger: Project, allowed: tuple[str, ...]) -> None:
    ledger = Ledger()
    report = load(stranger.folder, ledger, Trust(frozenset(allowed)))
    assert report is not None
    told = [entry.advice for entry in ledger.entries if entry.code == "OCT122"]
    assert len(told) == len(PROGRAMS) - len(allowed)
    assert all(any(f"`--allow {name}`" in message for message in told) for name in PROGRAMS.keys() - set(allowed))
    assert report.raw_latex is ("raw-latex" in allowed)
    assert report.theme.name == ("loud" if "templates" in allowed else STANDARD)
    own = [folder for folder in report.theme.folders if folder.is_relative_to(stranger.folder)]
    assert bool(own) is ("templates" in allowed)


def test_a_report_is_its_authors_own_without_the_option(stranger: Project) -> None:
    ledger = Ledger()
    report = load(stranger.folder, ledger)
    assert report is not None and report.raw_latex and report.theme.name == "loud"
    assert "OCT122" not in {entry.code for entry in ledger.entries}


def test_a_theme_that_nobody_has_is_told_all_the_same(project: Project) -> None:
    project.chapters("# One\n\nText.\n", theme="lewd")
    ledger = Ledger()
    load(project.folder, ledger, Trust(frozenset()))
    assert [entry.code for entry in ledger.entries] == ["OCT116"]


@needs_wall
@pytest.mark.parametrize("place", ["before", "after"])
def test_the_option_stands_before_or_after_the_command(stranger: Project, place: str) -> None:
    options = ("--untrusted", "--allow", "templates")
    arguments = (*options, "check") if place == "before" else ("check", *options)
    done = stranger.octavo(*arguments)
    assert done.status == 0
    assert done.err.count("OCT122") == 1 and "raw-latex" in done.err
    assert stranger.octavo(*arguments, "--strict").status == 1


@needs_wall
@pytest.mark.tex
def test_a_macro_and_a_style_of_a_stranger_reach_no_page(stranger: Project) -> None:
    stranger.write("templates/elements.tex", "<% macro paragraph(content) %>\\directlua{}<% endmacro %>\n")
    done = stranger.octavo("--untrusted", "build")
    assert done.status == 0, done.err
    assert len(stranger.pdfs) == 1
    assert "OCT122" in done.err and "OCT210" in done.err
    assert stranger.octavo("build").status == 1


def test_nothing_is_built_where_no_wall_stands(
    stranger: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(confinement, "landlock_version", lambda: 0)
    arguments = ["--project", str(stranger.folder), "--untrusted"]
    for command in ("check", "build"):
        assert cli.main([*arguments, command]) == 3
        assert "Landlock" in capsys.readouterr().err
    assert not (stranger.folder / "dist").exists()


def test_what_can_be_allowed_is_in_the_handbook_and_the_help() -> None:
    page = (ROOT / "docs/handbook/chapters/07-building.md").read_text(encoding="utf-8")
    section = page[page.index("{#sec:trust}") :].split("\n## ")[0]
    assert all(f"`--allow {name}`" in section for name in PROGRAMS)
    assert f"{{{','.join(PROGRAMS)}}}" in re.sub(r"\s+", "", parser().format_help())


def test_the_doctor_names_the_walls() -> None:
    done = run_octavo("doctor")
    line = next(line for line in done.out.splitlines() if re.search(r"\bwalls\b", line))
    assert confinement.standing() in line
    assert ("optional" in line) is not bool(confinement.landlock_version())


def test_a_folder_of_templates_that_is_octavos_own_is_no_strangers(tmp_path: Path) -> None:
    ledger = Ledger()
    assert load(ROOT, ledger, Trust(frozenset())) is not None
    assert "OCT122" not in {entry.code for entry in ledger.entries}
