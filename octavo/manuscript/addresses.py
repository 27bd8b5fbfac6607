"""Tell what the address of a link is, and write it the way the web wants it.

An address is printed as its author wrote it. In the PDF it has ASCII characters only (ISO 32000-2, 12.6.4.8), and none
that runs a program or opens a file of the reader's machine gets there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote, unquote

#: Schemes that make a reader's machine run what the address says, or open a file or a program of its own.
REFUSED: Final = frozenset(
    [
        "about", "blob", "data", "file", "filesystem", "jar", "javascript", "jscript", "livescript", "mhtml", "mocha",
        "ms-its", "ms-msdt", "res", "search-ms", "shell", "vbs", "vbscript", "view-source",
    ]
)  # fmt: skip
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")  # a letter alone is a drive
_HOST: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?)([^/?#:]+)")
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
#: What RFC 3986 lets stand in an address beside letters and digits.
_KEPT: Final = "-._~:/?#[]@!$&'()*+,;=%"


def is_refused(address: str) -> bool:
    """Tell whether an address has a scheme that no link gets, whatever invisible characters stand in it."""
    head = unquote(address).partition(":")[0]
    scheme = "".join(char for char in head if not char.isspace() and unicodedata.category(char)[0] != "C")
    return ":" in unquote(address) and scheme.casefold() in REFUSED


def is_whole(address: str) -> bool:
    """Tell whether an address leads somewhere by itself, and not from a file to its neighbor."""
    return _SCHEME.match(address) is not None


def encoded(address: str) -> str:
    """Write an address in ASCII: the host as IDNA has it (RFC 5891), the rest in percent signs (RFC 3987, 3.1)."""
    address = _HOST.sub(lambda found: found[1] + _host(found[2]), address, count=1)
    return quote(_STRAY_PERCENT.sub("%25", address), safe=_KEPT)


def _host(host: str) -> str:
    if host.isascii():
        return host
    labels = re.split("[.\u3002\uff0e\uff61]", unicodedata.normalize("NFKC", host.lower()))
    return ".".join(one if one.isascii() else f"xn--{one.encode('punycode').decode('ascii')}" for one in labels)
