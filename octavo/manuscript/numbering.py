"""Give every chapter, section, figure, table, equation, listing and note its number, and every label its target.

Everything here is known before TeX runs; only pages are not. Numbers follow the order of the manuscript and are
the same in every edition.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from octavo.diagnostics import Ledger
from octavo.manuscript import nodes as n
from octavo.manuscript.anchors import Anchors
from octavo.manuscript.dialects import dialects
from octavo.manuscript.divs import theorem_of
from octavo.manuscript.enumeration import alphabetic
from octavo.manuscript.listing import is_numbered
from octavo.manuscript.part import Part
from octavo.manuscript.words import numbered

#: Sections are numbered down to this heading level; below it a number would only be noise.
DEEPEST_NUMBERED = 2


@dataclass(frozen=True, slots=True)
class Target:
    """Say what a label names: its kind (a key of `words.yaml`, or `heading`), number and plain title.

    Of a heading it has the contents too, in which formulas can be set.
    """

    identifier: str
    kind: str
    number: str
    title: str
    part: str
    level: int = 0
    heading: tuple[n.Inline, ...] = ()


@dataclass
class Labels:
    """Find a target by the label that an author writes."""

    targets: dict[str, Target] = field(default_factory=dict)
    anchors: Anchors = field(default_factory=Anchors)

    def find(self, label: str) -> Target | None:
        """Return the target of a label; `fig-stack` and `fig:stack` are the same label."""
        whole = canonical(label)
        # What the code of a chunk would make stands as its listing.
        made = (f"lst:{whole[4:]}", f"lst:{whole[:3]}-{whole[4:]}") if whole.startswith(("fig:", "tbl:")) else ()
        written = (whole, label, _THEOREM_LABEL.sub(r"\1:", label), *made)
        return next((self.targets[one] for one in written if one in self.targets), None) or self._theorem(whole)

    def _theorem(self, label: str) -> Target | None:
        """Return the theorem that bookdown names with its kind, `thm:pyth`, where its label is `pyth` alone."""
        kind, _, name = label.partition(":")
        target = self.targets.get(name)
        return target if target and target.kind == dialects().theorems.get(kind, "") else None

    def linked(self, path: str, address: str) -> Target | None:
        """Return what an address in that file leads to: a label, a file of the book, or a place in one."""
        file, _, label = address.partition("#")
        if not file:
            found = self.find(f"{path}{address}") or self.find(label)
            if found:
                return found
        known = self.anchors.find(path, address)
        if known is not None:
            return self.targets.get(known)
        named = self.find(unquote(label)) if label else None
        return named if named and (not file or self.anchors.holds(path, file, named.part)) else None

    def order(self) -> dict[str, int]:
        """Return the place of every label in the order of the manuscript: its number for the engine."""
        return {label: number for number, label in enumerate(self.targets)}


def canonical(label: str) -> str:
    """Write a label the way pandoc-crossref does; Quarto writes `fig-x`, and `tab` is `tbl`."""
    for prefix in ("fig", "tbl", "tab", "sec", "eq", "lst", "cha", "app"):
        if label[: len(prefix)].lower() == prefix and label[len(prefix) : len(prefix) + 1] in (":", "-"):
            kind = {"tab": "tbl", "cha": "sec", "app": "sec"}.get(prefix, prefix)
            return f"{kind}:{label[len(prefix) + 1 :]}"
    return label


@dataclass
class Numbering:
    """Walk the parts in order and number what they hold."""

    ledger: Ledger
    labels: Labels = field(default_factory=Labels)
    _counts: Counter[str] = field(default_factory=Counter)
    _chapter: str = ""
    _notes: int = 0
    _named: dict[str, int] = field(default_factory=dict)

    def number(self, parts: list[Part], sources: n.Heading | None = None) -> Labels:
        """Fill in every number and return the labels; a label given twice is reported at its second place.

        `sources` is the heading of the bibliography, where it is the author's own; it has no number.
        """
        for part in parts:
            self._chapter, self._notes, self._named = "", 0, {}
            for node in n.walk(part.blocks):
                self._visit(node, part)
        if sources:
            self._chapter = ""
            sources.attributes.classes += ("unnumbered",)
            self._heading(sources, parts[-1])
        return self.labels

    def _visit(self, node: n.Node, part: Part) -> None:
        match node:
            case n.Figure() | n.Table() | n.Div() | n.CodeBlock() | n.InlineSpan():
                node.attributes.identifier = canonical(node.attributes.identifier)
        match node:
            case n.Heading():
                self._heading(node, part)
            case n.Figure() if node.number:
                pass  # a part of a figure, which has numbered it
            case n.Figure():
                node.number = self._label(node, "figure", part, node.attributes.identifier, node.caption)
                self._parts(node, part)
            case n.Table() if node.caption or node.attributes.identifier:
                node.number = self._label(node, "table", part, node.attributes.identifier, node.caption)
            case n.Div() if kind := theorem_of(node.attributes):
                self._theorem(node, kind, part)
            case n.Div() if {"figure", "table"} & set(node.attributes.classes):
                kind = "figure" if "figure" in node.attributes.classes else "table"
                number = self._label(node, kind, part, node.attributes.identifier, node.children)
                node.attributes.values["number"] = number
            case n.CodeBlock() if is_numbered(node):
                caption: list[n.Block] = [n.Paragraph(node.caption)]
                node.number = self._label(node, "listing", part, node.attributes.identifier, caption)
            case n.Math() if node.identifier and node.display:
                self._formula(node, part)
            case n.Note() if node.name in self._named:
                node.number = self._named[node.name]
            case n.Note():
                self._notes += 1
                node.number = self._notes
                if node.name:
                    self._named[node.name] = node.number
            case n.InlineSpan() | n.CodeBlock() | n.Div() if node.attributes.identifier:
                self._register(Target(node.attributes.identifier, "place", "", "", part.path), node, part)

    def _formula(self, node: n.Math, part: Part) -> None:
        """Give a formula its number, unless it has a tag instead; its further labels name the same."""
        node.identifier = canonical(node.identifier)
        if node.tag:
            named = node.tag.removeprefix("(").removesuffix(")") if node.tag.startswith("(") else node.tag
            named = named.replace("$", "")
            self._register(Target(node.identifier, "equation", named, "", part.path), node, part)
        else:
            node.number = self._label(node, "equation", part, node.identifier, [])
        target = self.labels.targets.get(node.identifier)
        for alias in map(canonical, node.aliases):
            if target is not None:
                self._register(target, node, part, alias)

    def _parts(self, figure: n.Figure, part: Part) -> None:
        """Letter the figures in a figure: of figure 1.1 they are (a) and (b), and figures 1.1a and 1.1b elsewhere."""
        inner = [child for child in figure.children if isinstance(child, n.Figure)]
        for count, child in enumerate(inner, 1):
            child.number = f"({alphabetic(count)})"
            child.attributes.identifier = label = canonical(child.attributes.identifier)
            title = n.plain_text(child.caption).strip()
            self._register(
                Target(label, "figure", f"{figure.number}{alphabetic(count)}", title, part.path), child, part
            )

    def _theorem(self, node: n.Div, kind: str, part: Part) -> None:
        """Give a theorem its number; a proof, a remark or a solution is numbered where it has a label."""
        label = node.attributes.identifier
        if label or kind not in dialects().unnumbered:
            node.number = self._label(node, kind, part, "", [])
        self._register(Target(label, kind, node.number, n.plain_text(node.title).strip(), part.path), node, part)

    def _heading(self, node: n.Heading, part: Part) -> None:
        kind = "section" if node.level > 1 else {"appendix": "appendix"}.get(part.role, "chapter")
        unnumbered = "unnumbered" in node.attributes.classes
        if node.level == 1:
            self._notes = 0
            self._chapter = ""
            if part.role in ("chapter", "appendix") and not unnumbered:
                self._counts[part.role] += 1
                count = self._counts[part.role]
                self._chapter = chr(ord("A") + count - 1) if part.role == "appendix" else str(count)
                self._counts = Counter({key: self._counts[key] for key in ("chapter", "appendix", *_LOOSE)})
            node.number = self._chapter
            if not part.title:
                part.title, part.number, part.identifier = node.children, node.number, node.attributes.identifier
        elif node.level <= DEEPEST_NUMBERED and self._chapter and not unnumbered:
            self._counts["section"] += 1
            node.number = f"{self._chapter}.{self._counts['section']}"
        title = n.plain_text(node.children)
        given = node.attributes.identifier
        identifier = canonical(given)
        if identifier in self.labels.targets and ":" not in identifier:
            identifier = f"{part.path}#{identifier}"  # Pandoc's own slugs recur between files.
        node.attributes.identifier = identifier
        self.labels.anchors.add(part.path, identifier, (given, canonical(given)), title)
        self._register(
            Target(identifier, kind, node.number, title, part.path, node.level, tuple(node.children)), node, part
        )

    def _label(self, node: n.Node, kind: str, part: Part, identifier: str, caption: list[n.Block]) -> str:
        """Count one numbered thing: by chapter, or through the whole book outside numbered chapters."""
        counter = kind if self._chapter else f"loose {kind}"
        self._counts[counter] += 1
        number = f"{self._chapter}.{self._counts[counter]}" if self._chapter else str(self._counts[counter])
        if identifier:
            target = Target(identifier, kind, number, n.plain_text(caption).strip(), part.path)
            self._register(target, node, part)
        return number

    def _register(self, target: Target, node: n.Node, part: Part, alias: str = "") -> None:
        label = alias or target.identifier
        if not label:
            return
        if label in self.labels.targets:
            first = self.labels.targets[label].part
            needle = f"\\label{{{label}}}" if isinstance(node, n.Math) and label in node.tex else f"#{label}"
            self.ledger.report("OCT203", part.span(node, needle), label=label, first=first)
            return
        self.labels.targets[label] = target


_KINDS = ("figure", "table", "equation", "listing", *dict.fromkeys(dialects().theorems.values()))
_LOOSE = tuple(f"loose {kind}" for kind in _KINDS)
_THEOREM_LABEL = re.compile(rf"^({'|'.join(dialects().theorems)})-")


def reference_text(node: n.Reference, labels: Labels, words: Callable[[str], str]) -> list[tuple[str, Target | None]]:
    """Return the pieces that a cross-reference prints: each text with the target it links to, or with none."""
    pieces: list[tuple[str, Target | None]] = []
    for position, label in enumerate(node.targets):
        if position:
            last = position == len(node.targets) - 1
            pieces.append((f" {words('and')} " if last else ", ", None))
        target = labels.find(label)
        if target is None:
            pieces.append((label, None))
        elif not target.number:
            pieces.append((f"“{target.title}”" if target.title else label, target))
        elif node.bare:
            pieces.append((target.number, target))
        else:
            pieces.append((numbered(words, target.kind, target.number), target))
    return pieces
