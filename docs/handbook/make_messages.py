"""Write the chapter of messages from the catalogue of diagnostics.

    python docs/handbook/make_messages.py

The wording is that of `octavo/diagnostics.yaml`; `messages.yaml` beside this file adds a title, when a message
appears, what fills its blanks, and an example. A code without an explanation, an explanation without a code and a
blank without a fact are errors, so that the chapter and the program cannot drift apart.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
CATALOGUE = HERE.parents[1] / "octavo" / "diagnostics.yaml"
EXPLANATIONS = HERE / "messages.yaml"
CHAPTER = HERE / "chapters" / "08-messages.md"
#: The sections of the chapter, by the first digit of a code.
AREAS = {
    "0": ("The machine", "What a build needs of the machine."),
    "1": ("The report file", "What `report.yaml` says, and the files that it names."),
    "2": ("The manuscript", "What the Markdown files say."),
    "3": ("Figures and tables", "Pictures, drawings, and the data files in `figures/`."),
    "4": ("The pages", "What only the engine can tell, and tables that leave the page."),
    "5": (
        "The finished PDF",
        "OCT520 to OCT533, OCT571 to OCT573, OCT575 and OCT576 are found in the finished file by "
        "`check --conformance`, the others in the manuscript by every `check` and `build`. In brackets stand a "
        "page and a path in the structure tree.",
    ),
    "9": ("Octavo itself", "What should never be seen."),
}
#: The file that a part of an example stands in, and the language of its code block.
SNIPPETS = {
    "report": ("report.yaml", "yaml"),
    "chapter": ("chapters/one.md", "markdown"),
    "data": ("figures/chart.yaml", "yaml"),
}
LANGUAGES = {".yaml": "yaml", ".md": "markdown", ".bib": "bibtex"}
_CODE = re.compile(r"(`+[^`]+`+)")
_MARKUP = re.compile(r"""([\\*_{}\[\]<>#$@^~|!"])""")


@dataclass(frozen=True)
class Explanation:
    """Hold what the handbook says of one code; `example` maps the files of its example to their text."""

    title: str
    when: str
    facts: dict[str, object]
    at: str = ""
    report: str = ""
    chapter: str = ""
    data: str = ""
    files: dict[str, str | bytes] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    excerpt: str = ""
    varies: tuple[str, ...] = ()
    command: str = "check"
    engine: bool = False

    @property
    def has_example(self) -> bool:
        """Tell whether anything triggers the message."""
        return bool(self.report or self.chapter or self.data or self.files)


def explanations() -> dict[str, Explanation]:
    """Read the explanation of every code; raises `TypeError` for a key that `messages.yaml` does not know."""
    entries: dict[str, dict[str, Any]] = yaml.safe_load(EXPLANATIONS.read_text(encoding="utf-8"))
    return {code: Explanation(**entry | {"hidden": tuple(entry.get("hidden", ()))}) for code, entry in entries.items()}


def catalogue() -> dict[str, dict[str, str]]:
    """Read severity, problem and advice of every code."""
    entries: dict[str, dict[str, str]] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return entries


def literal(text: str) -> str:
    """Write a message as Markdown that prints it: code stays code, everything else stands for itself."""
    pieces = _CODE.split(text)
    return "".join(piece if number % 2 else _MARKUP.sub(r"\\\1", piece) for number, piece in enumerate(pieces))


def code_block(language: str, text: str) -> str:
    """Write a fenced code block, its fence longer than any in the text."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"^`{3,}", text, re.MULTILINE)), 0)
    return f"{fence}{{.{language}}}\n{text.rstrip()}\n{fence}\n"


def example(explanation: Explanation) -> str:
    """Write the excerpt of an example, or its files but those that are hidden."""
    if explanation.excerpt:
        return code_block("yaml", explanation.excerpt)
    texts = {
        path: (language, str(getattr(explanation, name)))
        for name, (path, language) in SNIPPETS.items()
        if getattr(explanation, name)
    }
    texts |= {
        path: (LANGUAGES.get(Path(path).suffix, "default"), text)
        for path, text in explanation.files.items()
        if isinstance(text, str)
    }
    return "\n".join(code_block(*text) for path, text in texts.items() if path not in explanation.hidden)


def section(code: str, wording: dict[str, str], explanation: Explanation) -> str:
    """Write one code: when it appears, the example, and the message as it is printed."""
    problem, advice = (wording[part].format(**explanation.facts) for part in ("problem", "advice"))
    place = f", `{explanation.at}`" if explanation.at else ""
    message = f"> **{wording['severity'].capitalize()}**{place}: {literal(problem)} *{literal(advice)}*\n"
    heading = f"### {code}: {explanation.title} {{#{code.lower()}}}\n"
    return "\n".join(filter(None, (heading, explanation.when.strip() + "\n", example(explanation), message)))


def chapter(wordings: dict[str, dict[str, str]], explained: dict[str, Explanation]) -> str:
    """Return the whole chapter; raises `ValueError` when the codes are not those that are explained."""
    unexplained, unknown = sorted(wordings.keys() - explained.keys()), sorted(explained.keys() - wordings.keys())
    if unexplained or unknown:
        raise ValueError(
            f"{EXPLANATIONS.name} must explain every code of {CATALOGUE.name} and no other. "
            f"Add: {', '.join(unexplained) or 'none'}. Remove: {', '.join(unknown) or 'none'}."
        )
    pieces = [(HERE / "messages-opening.md").read_text(encoding="utf-8")]
    area = ""
    for code in sorted(wordings):
        if code[3] != area:
            area = code[3]
            title, words = AREAS[area]
            pieces.append(f"## {title}: OCT{area}\n\n{words}\n")
        try:
            pieces.append(section(code, wordings[code], explained[code]))
        except KeyError as blank:
            raise ValueError(f"{EXPLANATIONS.name}: the facts of {code} lack {blank}.") from blank
    return "\n".join(pieces)


def main() -> int:
    """Write the chapter, or say why it cannot be written."""
    try:
        text = chapter(catalogue(), explanations())
    except (ValueError, TypeError) as problem:
        print(problem, file=sys.stderr)
        return 1
    CHAPTER.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
