"""Add objects to a PDF as text, all at once (ISO 32000-2, 7.3 and 7.5.6).

The structure of a book has ten thousand small objects. Handed over one by one, they took longer than all the rest of
binding; written as text behind the engine's file, as an update of it, they are read by the library when it writes
the file anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from pikepdf import Pdf, String


def string(text: str) -> str:
    """Return a text as PDF writes it."""
    return String(text).unparse().decode("latin-1")


@dataclass
class Supplement:
    """Gather objects for a PDF: the entries of each dictionary, or the elements of an array in brackets.

    `bodies` may be added to until they are written; a number that gets no body stays free.
    """

    size: int
    root: str
    bodies: dict[int, str] = field(default_factory=dict)

    @classmethod
    def to(cls, pdf: Pdf) -> Supplement:
        """Return an empty supplement to a file."""
        return cls(int(pdf.trailer.Size), reference(pdf.trailer.Root.objgen))

    def reserve(self) -> int:
        """Return the number of an object that is not written yet."""
        self.size += 1
        return self.size - 1

    def add(self, body: str) -> int:
        """Add an object and return its number."""
        number = self.reserve()
        self.bodies[number] = body
        return number

    def write(self, source: Path, target: Path) -> None:
        """Write the file with its update to `target`."""
        data = source.read_bytes()
        previous = data[data.rindex(b"startxref") :].split()[1].decode()
        position = len(data) + 1
        places: list[tuple[int, int]] = []
        pieces: list[str] = []
        for number, body in sorted(self.bodies.items()):
            piece = f"{number} 0 obj\n{body if body[0] == '[' else f'<<{body}>>'}\nendobj\n"
            places.append((number, position))
            pieces.append(piece)
            position += len(piece)
        pieces.append("xref\n")
        for _, run in groupby(enumerate(places), lambda item: item[1][0] - item[0]):
            entries = [place for _, place in run]
            pieces.append(f"{entries[0][0]} {len(entries)}\n")
            pieces += [f"{offset:010} 00000 n \n" for _, offset in entries]
        trailer = f"trailer\n<</Size {self.size}/Root {self.root}/Prev {previous}>>\nstartxref\n{position}\n%%EOF\n"
        target.write_bytes(b"".join((data, b"\n", "".join(pieces).encode("latin-1"), trailer.encode())))


def reference(objgen: tuple[int, int]) -> str:
    """Return a reference to an object."""
    return f"{objgen[0]} {objgen[1]} R"
