"""Write the whole manuscript: every part as LaTeX, over one logical tree that all editions share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from octavo.latex import maths
from octavo.latex.blocks import BlockWriter
from octavo.latex.context import Context, Printed
from octavo.latex.escape import Tex
from octavo.latex.tree import Element
from octavo.manuscript import nodes as n
from octavo.manuscript.part import Part
from octavo.manuscript.reading import Manuscript


@dataclass
class Volume:
    """Hold a written book: its parts by file name, and the tree of front and main matter."""

    context: Context
    manuscript: Manuscript
    writer: BlockWriter
    main: dict[str, Tex] = field(default_factory=dict)
    front: dict[str, Tex] = field(default_factory=dict)
    main_tree: Element = field(default_factory=lambda: Element("Part"))
    front_tree: Element = field(default_factory=lambda: Element("Part"))
    main_headings: list[Printed] = field(default_factory=list)
    front_headings: list[Printed] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)
    #: Labels whose page is printed before it is known, with the first place that prints it; front matter is typeset
    #: last and knows the main matter.
    guessed: dict[str, tuple[Part, n.Link]] = field(default_factory=dict)
    referenced: set[str] = field(default_factory=set)

    def write(self, ready: Callable[[str, Tex], None]) -> None:
        """Write all parts; `ready` is given each part of the main matter as soon as it is written."""
        for number, part in enumerate(self.manuscript.parts):
            name = f"part-{number:02d}"
            self.parts[name] = part
            self.context.part = part
            is_front = part.role == "front"
            self.context.headings = []
            self.context.page_references = {}
            tree = self.front_tree if is_front else self.main_tree
            before = len(tree.kids)
            tex = self.writer.write_part(part.blocks, tree)
            for kid in tree.kids[before:]:
                if isinstance(kid, Element):
                    kid.part = part
            (self.front_headings if is_front else self.main_headings).extend(self.context.headings)
            wanted = self.context.page_references
            self.referenced |= wanted.keys()
            for label, link in wanted.items():
                if not is_front or self._is_in_front(label):
                    self.guessed.setdefault(label, (part, link))
            if is_front:
                self.front[name] = tex
            else:
                self.main[name] = tex
                ready(name, tex)

    def formulas(self) -> dict[str, Tex]:
        """Return the LaTeX of each formula that is set, by what the engine is given of it."""
        blocks = [part.blocks for part in self.manuscript.parts] + list(self.manuscript.entries.values())
        found = (node for some in blocks for node in n.walk(some) if isinstance(node, n.Math) and node.press)
        return {node.displayed or node.press: maths.written(node, self.context.macros) for node in found}

    def _is_in_front(self, label: str) -> bool:
        target = self.context.labels.targets.get(label)
        front = {part.path for part in self.manuscript.parts if part.role == "front"}
        return target is not None and target.part in front
