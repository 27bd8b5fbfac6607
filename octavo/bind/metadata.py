"""Write what a document says about itself, as XMP (ISO 16684-1) in the catalog of the PDF.

PDF 2.0 keeps metadata there and nowhere else. The packet says which standards the file keeps to (ISO 14289-2, 5;
ISO 19005-4, 6.7.3), describes the book in Dublin Core for catalogs and in PRISM for reference managers, and names its
license where programs look for one. PDF/A-4 asks for no description of these schemas. Nothing comes from the clock
or from chance: dates are the author's, identifiers are hashes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from pikepdf import Dictionary, Name, Pdf, String

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "cc": "http://creativecommons.org/ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "prism": "http://prismstandard.org/namespaces/basic/3.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}
#: The packet wrapper; its identifier is the same in every packet (ISO 16684-1, 7.3.2).
OPENING = '<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>'
CLOSING = '<?xpacket end="r"?>'
#: Stands for the identifier of the file until all of it is written.
UNSIGNED = uuid.UUID(int=0)


@dataclass(frozen=True)
class Publication:
    """Hold what a library or a reference manager asks of a published document; what is empty is not given."""

    name: str = ""
    publisher: str = ""
    doi: str = ""
    edition: str = ""
    version: str = ""
    description: str = ""


@dataclass(frozen=True)
class Details:
    """Hold what a document says about itself; `date` is a day in ISO form, `license` an address.

    `accessible` is false where something is known to be missing that PDF/UA asks for and no program can check.
    """

    title: str
    authors: tuple[str, ...]
    subject: str
    language: str
    rights: str
    keywords: tuple[str, ...]
    producer: str
    tagged: bool = True
    accessible: bool = True
    date: str = ""
    license: str = ""
    publication: Publication = field(default_factory=Publication)
    edition: str = ""


def identify(details: Details) -> uuid.UUID:
    """Return the identifier that a document keeps in all its versions (RFC 9562, 5.5).

    A document with a DOI is known by it; any other by its title, its authors and the edition of the build.
    """
    doi = details.publication.doi
    names = [f"https://doi.org/{doi}"] if doi else [details.title, *details.authors]
    return uuid.uuid5(uuid.NAMESPACE_URL, "\n".join([*names, details.edition]))


def sign(data: bytes, document: uuid.UUID) -> bytes:
    """Give a finished file its own identifier: a hash of all that is in it, in the place that `xmp` left for it."""
    instance = uuid.uuid5(document, hashlib.sha256(data).hexdigest())
    return data.replace(UNSIGNED.urn.encode(), instance.urn.encode(), 1)


def describe(pdf: Pdf, details: Details, document: uuid.UUID, pages: int, has_files: bool) -> None:
    """Write language, metadata and how to show the title; take away what only an older PDF or a script would have."""
    pdf.Root.Lang = String(details.language)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    for key in ("/OpenAction", "/Dests", "/AA"):
        if key in pdf.Root:
            del pdf.Root[key]
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    packet = xmp(details, document, pages, has_files)
    pdf.Root.Metadata = pdf.make_stream(packet.encode(), Type=Name.Metadata, Subtype=Name.XML)


def xmp(details: Details, document: uuid.UUID, pages: int, has_files: bool) -> str:
    """Return the packet; a file that holds others is PDF/A-4f, one that holds none is PDF/A-4."""
    publication = details.publication
    doi = f"https://doi.org/{publication.doi}" if publication.doi else ""
    properties = [
        *_identification(details.tagged and details.accessible, has_files),
        _alternative("dc:title", details.title),
        _list("dc:creator", "Seq", details.authors),
        _list("dc:date", "Seq", [details.date]),
        _list("dc:language", "Bag", [details.language]),
        _alternative("dc:rights", details.rights),
        _list("dc:subject", "Bag", details.keywords),
        _alternative("dc:description", publication.description or details.subject),
        _list("dc:publisher", "Bag", [publication.publisher]),
        _simple("dc:identifier", doi or document.urn),
        _list("dc:type", "Bag", ["Text"]),
        _simple("dc:format", "application/pdf"),
        _simple("prism:publicationName", publication.name),
        _simple("prism:publicationDate", details.date),
        _simple("prism:doi", publication.doi),
        _simple("prism:url", doi),
        _simple("prism:edition", publication.edition),
        _simple("prism:versionIdentifier", publication.version),
        _list("prism:keyword", "Bag", details.keywords),
        _simple("prism:pageCount", str(pages)),
        *_license(details),
        *(_simple(f"xmp:{kind}Date", details.date) for kind in ("Create", "Modify", "Metadata")),
        _simple("xmp:CreatorTool", details.producer),
        _simple("xmpMM:DocumentID", document.urn),
        _simple("xmpMM:InstanceID", UNSIGNED.urn),
        _simple("xmpMM:VersionID", publication.version),
        _simple("pdf:Producer", details.producer),
        _simple("pdf:Keywords", ", ".join(details.keywords)),
    ]
    body = "\n".join(found for found in properties if found)
    used = {name: address for name, address in NAMESPACES.items() if f"<{name}:" in body}
    declared = " ".join(f"xmlns:{name}={quoteattr(address)}" for name, address in used.items() if name != "rdf")
    return (
        f'{OPENING}\n<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{NAMESPACES["rdf"]}">\n'
        f'<rdf:Description rdf:about="" {declared}>\n{body}\n</rdf:Description></rdf:RDF></x:xmpmeta>\n{CLOSING}'
    )


def _identification(accessible: bool, has_files: bool) -> Iterable[str]:
    """Yield which standards the file keeps to, each by its part and year of revision."""
    yield _simple("pdfaid:part", "4")
    yield _simple("pdfaid:rev", "2020")
    yield _simple("pdfaid:conformance", "F" if has_files else "")
    if accessible:
        yield _simple("pdfuaid:part", "2")
        yield _simple("pdfuaid:rev", "2024")


def _license(details: Details) -> Iterable[str]:
    """Yield whose rights there are, where they are told, and the license for programs that follow Creative Commons."""
    if details.license:
        yield _simple("xmpRights:Marked", "True")
        yield _simple("xmpRights:WebStatement", details.license)
        yield f"<cc:license rdf:resource={quoteattr(details.license)}/>"
    yield _alternative("xmpRights:UsageTerms", details.rights)


def _simple(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def _list(name: str, kind: str, texts: Iterable[str]) -> str:
    items = "".join(f"<rdf:li>{escape(text)}</rdf:li>" for text in texts if text)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>" if items else ""


def _alternative(name: str, text: str) -> str:
    """Write a text that could be there in several languages; the only one is the default (ISO 16684-1, 8.2.2.4)."""
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt></{name}>' if text else ""
