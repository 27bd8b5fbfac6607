"""Draw positions between two poles, each with what it holds, in their order along one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from octavo.figures.kinds.kind import NUMBER, TEXT, Cells, Complain, Say, Series, check_numbers, keys, number, sentence
from octavo.latex.escape import Tex
from octavo.schema import Keys, ListOf, Value

POSITION = Keys({"at": NUMBER, "label": TEXT, "text": TEXT, "answer": TEXT}, frozenset({"at", "label"}))
SPINE_MM = 3
#: Positions are placed between 0, the first pole, and 100, the second.
WHOLE = 100


@dataclass(frozen=True)
class Position:
    """Hold one position: its place from 0 to 100, its name, what it holds, and its answer to the question."""

    at: float
    label: str
    text: str
    answer: str


@dataclass(frozen=True)
class Spectrum:
    """Hold the positions from the first pole, at the top, to the second; `question` heads their answers."""

    poles: tuple[str, str]
    question: str
    positions: tuple[Position, ...]

    name: ClassVar[str] = "spectrum"
    rule: ClassVar[Keys] = keys(
        {"from": TEXT, "to": TEXT, "question": TEXT, "positions": ListOf(POSITION, least=2, most=12)},
        ("from", "to", "positions"),
    )

    @classmethod
    def read(cls, values: Mapping[str, Value], complain: Complain) -> Self:
        """Take over the positions and put them in order."""
        positions = []
        for index, position in enumerate(values["positions"]):
            trail = f"positions[{index}]"
            check_numbers(position, ("at",), trail, False, complain)
            if not 0 <= position["at"] <= WHOLE:
                complain(f"{trail}.at", f"a place from 0 to {WHOLE}", number(position["at"]))
            if position.get("answer") and not values.get("question"):
                complain(f"{trail}.answer", "an answer to a `question` of the spectrum", "one without a question")
            text, answer = position.get("text", ""), position.get("answer", "")
            positions.append(Position(position["at"], position["label"], text, answer))
        ordered = tuple(sorted(positions, key=lambda position: position.at))
        return cls((values["from"], values["to"]), values.get("question", ""), ordered)

    def describe(self, say: Say) -> str:
        """Say the poles and each position in its order."""
        parts = [sentence(f"{say('spectrum')}: {self.poles[0]} \N{EN DASH} {self.poles[1]}")]
        for place, position in enumerate(self.positions, start=1):
            text = f" {sentence(position.text)}" if position.text else ""
            answer = f" {self.question} {sentence(position.answer)}" if position.answer else ""
            parts.append(f"{place}. {sentence(position.label)}{text}{answer}")
        return " ".join(parts)

    def cells(self, say: Say) -> Cells:
        """Return the positions in order, with the columns that any of them fills."""
        texts, answers = any(p.text for p in self.positions), any(p.answer for p in self.positions)
        header = (say("position"), *([say("meaning")] if texts else []), *([self.question] if answers else []))
        rows = tuple((p.label, *([p.text] if texts else []), *([p.answer] if answers else [])) for p in self.positions)
        return header, rows

    def series(self) -> tuple[Series, ...]:
        """Return the one series: all positions look alike."""
        return (Series("the positions", "own", "dot"),)

    def draw(self, say: Say) -> Tex:
        """Write the line between its poles, and the positions beside it."""
        from octavo.figures import tikz

        labels = [tikz.command("spectrumlabel", p.label, p.text, p.answer) for p in self.positions]
        items = [
            tikz.command("spineitem", f"{p.at / WHOLE:.4f}", label)
            for p, label in zip(self.positions, labels, strict=True)
        ]
        content: list[object] = [
            tikz.line("spine arrows", (SPINE_MM, 0), (SPINE_MM, 1)),
            tikz.node(self.poles[0], "spectrum pole above", (0, 0)),
            tikz.node(self.poles[1], "spectrum pole below", (0, 1)),
        ]
        if self.question:
            content.append(tikz.node(tikz.command("spectrumhead", self.question), "spectrum question", (0, 0)))
        for index, (position, label) in enumerate(zip(self.positions, labels, strict=True), start=1):
            content.append(tikz.node("", "spine mark", (SPINE_MM, position.at / WHOLE), f"mark{index}"))
            content.append(tikz.node(label, f"spine label={index}", name=f"label{index}"))
            content.append(tikz.connect("spine thread", f"mark{index}.east", f"label{index}.north west"))
        return tikz.block(
            tikz.command("spinemeasure", "spectrum", Tex("").join(items)), tikz.picture(content, "spine picture")
        )
