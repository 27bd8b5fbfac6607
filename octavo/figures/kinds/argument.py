"""Draw an argument: claims in boxes, what supports what, and what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from octavo.figures.colour import INK
from octavo.figures.kinds.kind import NUMBER, TEXT, Cells, Complain, Say, Series, choice, keys, number, sentence
from octavo.latex.escape import Tex
from octavo.schema import Keys, ListOf, Value

CLAIM = Keys({"id": TEXT, "text": TEXT, "by": TEXT, "share": NUMBER}, frozenset({"id", "text"}))
STEP = Keys(
    {"from": ListOf(TEXT, least=1, most=4), "to": TEXT, "relation": TEXT, "label": TEXT}, frozenset({"from", "to"})
)
RELATIONS = ("supports", "opposes")
#: Boxes stand between these places, so that their outlines stay inside a measure of 104 mm.
LEFT_MM, RIGHT_MM = 0.2, 103.8
GUTTER_MM = 3.0
#: A box alone in its row is no wider than this, so that its lines do not run too long.
WIDEST_MM = 62.0
#: Arrows come in at least this far from a corner and from each other, where there is room.
CORNER_MM, APART_MM = 2.5, 6.0
#: How far above its box an arrow that must turn does so, and how much further for each one after it.
TURN_MM, TURN_STEP_MM, JOINT_TURN_MM = 3.2, 1.5, 2.2


@dataclass(frozen=True)
class Claim:
    """Hold one box: its name in the data file, what it claims, whose claim it is, and its share of its row."""

    id: str
    text: str
    by: str
    share: float = 1.0


@dataclass(frozen=True)
class Step:
    """Hold one step: the claims that together support or oppose another."""

    premises: tuple[str, ...]
    conclusion: str
    opposes: bool
    label: str


@dataclass(frozen=True)
class Argument:
    """Hold the claims in the author's order, and the steps between them."""

    claims: tuple[Claim, ...]
    steps: tuple[Step, ...]

    name: ClassVar[str] = "argument"
    rule: ClassVar[Keys] = keys(
        {"claims": ListOf(CLAIM, least=2, most=16), "steps": ListOf(STEP, least=1, most=16)}, ("claims", "steps")
    )

    @classmethod
    def read(cls, values: Mapping[str, Value], complain: Complain) -> Self:
        """Take over claims and steps; every step must join claims that are there, and never in a circle."""
        claims = tuple(Claim(c["id"], c["text"], c.get("by", ""), c.get("share", 1.0)) for c in values["claims"])
        known = {claim.id for claim in claims}
        steps = []
        for index, claim in enumerate(claims):
            if claim.id in {other.id for other in claims[:index]}:
                complain(f"claims[{index}].id", "a name that no other claim has", claim.id)
            if not 0.2 <= claim.share <= 5:
                complain(f"claims[{index}].share", "a share from 0.2 to 5", number(claim.share))
        for index, step in enumerate(values["steps"]):
            trail = f"steps[{index}]"
            places = [(f"{trail}.from[{n}]", name) for n, name in enumerate(step["from"])]
            for key, name in [*places, (f"{trail}.to", step["to"])]:
                if name not in known:
                    complain(key, f"the `id` of a claim ({', '.join(sorted(known))})", name)
            opposes = choice(step, "relation", RELATIONS, complain, f"{trail}.") == "opposes"
            steps.append(Step(tuple(step["from"]), step["to"], opposes, step.get("label", "")))
        argument = cls(claims, tuple(steps))
        try:
            argument.ranks()
        except ValueError as circle:
            complain("steps", "an argument without a circle", f"one that comes back to `{circle}`")
        return argument

    def ranks(self) -> dict[str, int]:
        """Return the row of every claim, 0 at the top: one below the lowest claim that it speaks to.

        Raises `ValueError` with the name of a claim that rests on itself.
        """
        ranks: dict[str, int] = {}

        def rank(name: str, trail: tuple[str, ...]) -> int:
            if name in trail:
                raise ValueError(name)
            if name not in ranks:
                targets = [step.conclusion for step in self.steps if name in step.premises]
                ranks[name] = max((rank(target, (*trail, name)) + 1 for target in targets), default=0)
            return ranks[name]

        for claim in self.claims:
            rank(claim.id, ())
        return ranks

    def describe(self, say: Say) -> str:
        """Say every claim by its number, with the numbers of those that speak for it and against it."""
        parts = [sentence(say("argument-map"))]
        for name, text, supporters, opponents in self.cells(say)[1]:
            parts.append(f"{say('claim')} {name}: {sentence(text)}")
            for key, numbers in (("supported-by", supporters), ("opposed-by", opponents)):
                parts += [sentence(f"{say(key)}: {numbers}")] if numbers else []
        return " ".join(parts)

    def cells(self, say: Say) -> Cells:
        """Return the claims with what supports and what opposes each, by number."""
        numbers = {claim.id: str(index) for index, claim in enumerate(self.claims, start=1)}

        def sources(claim: Claim, opposes: bool) -> str:
            steps = [s for s in self.steps if s.conclusion == claim.id and s.opposes == opposes]
            return "; ".join(f" {say('and')} ".join(numbers[name] for name in step.premises) for step in steps)

        rows = tuple(
            (f"{numbers[claim.id]}{_by(claim)}", claim.text, sources(claim, False), sources(claim, True))
            for claim in self.claims
        )
        return (say("claim"), say("text"), say("supported-by"), say("opposed-by")), rows

    def series(self) -> tuple[Series, ...]:
        """Tell objections from claims, and attacks from support, by broken lines."""
        return Series("claims", "own", "unbroken line"), Series("objections", INK, "broken line")

    def draw(self, say: Say) -> Tex:
        """Write the boxes in rows, conclusion at the top, and the steps from row to row."""
        from octavo.figures import tikz

        ranks = self.ranks()
        rows = [[c for c in self.claims if ranks[c.id] == rank] for rank in range(max(ranks.values()) + 1)]
        opposed = {name for step in self.steps if step.opposes for name in step.premises}
        spans: dict[str, tuple[float, float]] = {}
        measures: list[Tex] = []
        content: list[object] = []
        for rank, row in enumerate(rows):
            row_spans = _spans(row)
            spans |= row_spans
            boxes = []
            for claim in row:
                left, right = row_spans[claim.id]
                box = _box(claim, say("against") if claim.id in opposed else "")
                boxes.append(tikz.command("argumentcell", f"{right - left:.2f}mm", box))
                style = "objection" if claim.id in opposed else "claim"
                look = f"{style}={{{right - left:.2f}mm}}{{{rank}}}{{{(left + right) / 2:.2f}mm}}"
                content.append(tikz.node(box, look, name=self._handle(claim.id)))
            measures.append(tikz.command("argumentrow", Tex("").join(boxes)))
        entries = _entries(self.steps, spans)
        for index, (step, (start, end, turn)) in enumerate(zip(self.steps, entries, strict=True)):
            content += self._arrow(step, index, start, end, turn)
        measured = tikz.command("argumentmeasure", Tex("").join(measures))
        return tikz.block(measured, tikz.picture(content, "argument picture"))

    def _arrow(self, step: Step, index: int, start: float, end: float, turn: float) -> list[object]:
        """Draw one step; premises that count only together meet before they reach the claim."""
        from octavo.figures import tikz

        handles = [self._handle(name) for name in step.premises]
        target = f"{self._handle(step.conclusion)}.south"
        style = f"{'opposes' if step.opposes else 'supports'}={{{end:.2f}mm}}{{{turn:.2f}mm}}"
        drawn: list[object] = []
        origin = f"{handles[0]}.north"
        if len(handles) > 1:
            joint = f"joint{index}"
            drawn.append(tikz.node("", f"joint={{{start:.2f}mm}}{{{handles[0]}}}", name=joint))
            drawn += [tikz.connect("premise", f"{handle}.north", f"{joint}.center") for handle in handles]
            origin = f"{joint}.center"
        drawn.append(tikz.connect(style, origin, target))
        if step.label:
            drawn.append(tikz.node(step.label, f"step word={{{origin}}}"))
        return drawn

    def _handle(self, name: str) -> str:
        """Return the name of a claim's box in TikZ, where an author's name could hold anything."""
        return f"claim{[claim.id for claim in self.claims].index(name) + 1}"


def _spans(row: Sequence[Claim]) -> dict[str, tuple[float, float]]:
    """Return the left and right end of each box of a row, in millimetres, in proportion to their shares."""
    room = RIGHT_MM - LEFT_MM - GUTTER_MM * (len(row) - 1)
    if len(row) == 1:
        room = min(room, WIDEST_MM)
    unit = room / sum(claim.share for claim in row)
    place = (LEFT_MM + RIGHT_MM - room - GUTTER_MM * (len(row) - 1)) / 2
    spans = {}
    for claim in row:
        spans[claim.id] = (place, place + unit * claim.share)
        place += unit * claim.share + GUTTER_MM
    return spans


def _entries(steps: Sequence[Step], spans: Mapping[str, tuple[float, float]]) -> list[tuple[float, float, float]]:
    """Return where each step starts, where it comes in, and how far up it turns, in millimetres.

    It comes in straight above its start if the claim is as wide as that, and else near the corner; steps to one claim
    keep apart in the order of their starts.
    """
    starts = []
    for step in steps:
        middles = [sum(spans[name]) / 2 for name in step.premises]
        starts.append((min(middles) + max(middles)) / 2)
    ends = list(starts)
    for conclusion in {step.conclusion for step in steps}:
        left, right = (spans[conclusion][0] + CORNER_MM, spans[conclusion][1] - CORNER_MM)
        order = sorted((i for i, step in enumerate(steps) if step.conclusion == conclusion), key=lambda i: starts[i])
        apart = min(APART_MM, (right - left) / max(1, len(order) - 1))
        for rank, i in enumerate(order):
            ends[i] = max(min(starts[i], right - apart * (len(order) - 1 - rank)), left + apart * rank)
            ends[i] = max(ends[i], ends[order[rank - 1]] + apart) if rank else ends[i]
    turning = [i for i in range(len(steps)) if abs(starts[i] - ends[i]) > 0.01]
    result = []
    for i, step in enumerate(steps):
        turn = JOINT_TURN_MM if len(step.premises) > 1 else TURN_MM
        result.append((starts[i], ends[i], turn + TURN_STEP_MM * (turning.index(i) % 3 if i in turning else 0)))
    return result


def _box(claim: Claim, against: str) -> Tex:
    """Write a box's text and, below it, whose it is and whether it speaks against what it points to."""
    from octavo.figures import tikz

    by = ", ".join(filter(None, (claim.by, against)))
    return tikz.command("argumentbox", claim.text, by)


def _by(claim: Claim) -> str:
    return f" ({claim.by})" if claim.by else ""
