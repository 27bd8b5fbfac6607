"""Put files into a PDF, each tied to what it belongs to (ISO 32000-2, 14.13; ISO 19005-4, 6.9).

What the whole book is made from goes into the catalog, where a reader finds it as attachments: whoever has the PDF
has the book's source. The MathML of a formula belongs to its element in the structure tree.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

#: Fast, and a text loses four fifths of its size at any level.
COMPRESSION = 6


@dataclass(frozen=True)
class Source:
    """Hold a file that the book is made from, under its path from the folder of the report.

    `relationship` is one of the names of ISO 32000-2, table 43.
    """

    path: str
    data: bytes
    mime: str
    relationship: str
    description: str


def attachment(pdf: Pdf, name: str, data: bytes, mime: str, relationship: str, description: str) -> Object:
    """Return a file specification with the file embedded in it, for the caller to put where it belongs."""
    stream = Stream(
        pdf,
        zlib.compress(data, COMPRESSION),
        Type=Name.EmbeddedFile,
        Subtype=Name("/" + mime),
        Params=Dictionary(Size=len(data)),
        Filter=Name.FlateDecode,
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Filespec,
            F=String(name),
            UF=String(name),
            EF=Dictionary(F=stream, UF=stream),
            AFRelationship=Name("/" + relationship),
            Desc=String(description),
        )
    )


def attach(pdf: Pdf, sources: Sequence[Source]) -> None:
    """Tie the files to the document and list them by name; without one, nothing changes."""
    files = {
        source.path: attachment(pdf, source.path, source.data, source.mime, source.relationship, source.description)
        for source in sources
    }
    if files:
        pdf.Root.AF = Array(list(files.values()))
        _list_by_name(pdf, files)


def attach_mathml(pdf: Pdf, formulas: Mapping[str, Sequence[int]]) -> None:
    """Tie MathML to the elements of its formulas, given by their numbers (ISO 14289-2, 8.2.5.29).

    Formulas that are the same share one file. PDF/A-4f asks for a file that is listed by name (ISO 19005-4, 6.9):
    where no sources are, these are.
    """
    files: dict[str, Object] = {}
    for count, (mathml, numbers) in enumerate(formulas.items(), start=1):
        data, mime = mathml.encode(), "application/mathml+xml"
        name = f"formula-{count}.mml"
        files[name] = file = attachment(pdf, name, data, mime, "Supplement", "MathML of a formula")
        for number in numbers:
            pdf.get_object(number, 0).AF = Array([file])
    if files and "/EmbeddedFiles" not in pdf.Root.get("/Names", Dictionary()):
        _list_by_name(pdf, files)


def _list_by_name(pdf: Pdf, files: dict[str, Object]) -> None:
    """Write the names as one leaf of a tree, in the order of their bytes (ISO 32000-2, 7.9.6)."""
    names = sorted((bytes(String(name)), name) for name in files)
    leaf = Array()
    for _, name in names:
        leaf.append(String(name))
        leaf.append(files[name])
    if "/Names" not in pdf.Root:
        pdf.Root.Names = Dictionary()
    pdf.Root.Names.EmbeddedFiles = pdf.make_indirect(Dictionary(Names=leaf))
