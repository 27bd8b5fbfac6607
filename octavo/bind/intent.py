"""Say what the colors of a PDF mean: an output intent with the profile of sRGB (ISO 19005-4, 6.2.3)."""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Pdf, String

from octavo.icc import srgb

#: The name of sRGB in the registry of the International Color Consortium.
CONDITION = "sRGB IEC61966-2.1"


def declare(pdf: Pdf) -> None:
    """Give the document its output intent, which holds for every color without a profile of its own."""
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String(CONDITION),
        RegistryName=String("http://www.color.org"),
        Info=String(CONDITION),
        DestOutputProfile=pdf.make_stream(srgb(), N=3),
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])
