r"""Write quantities and units, as siunitx's `\qty`, `\SI`, `\unit`, `\num` and `\ang` do, as plain formulas."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

_COMPARISONS = ("le", "ge", "leq", "geq", "ll", "gg", "sim", "approx")
#: The parts of a number: a comparison, a sign, digits, the doubt of the last ones, an error, a power of ten.
_PARTS = (
    r"(?P<compare>[<>=~]|\\[a-z]{2,}(?<!pm|mp))?\s*(?P<sign>[+-]{1,2}|\\pm|\\mp)?\s*",
    r"(?P<whole>\d*)(?:[.,](?P<part>\d*))?(?:\((?P<doubt>\d+)\))?",
    r"(?:\s*(?:\+-|\\pm|±)\s*(?P<error>\d*[.,]?\d+))?(?:\s*[eEdD]\s*(?P<power>[+-]?\d+))?",
)
_NUMBER = re.compile("".join(_PARTS))
_UNIT = re.compile(r"\\([A-Za-z]+)|\s+|~|([^\\\s~])")
_EXPONENT = re.compile(r"[+-]?\d+")
#: Five digits and more stand in groups of three, set apart by a thin space.
_GROUPED_FROM = 5


class UnitError(Exception):
    """Say what cannot be read in a number or a unit."""


@cache
def _names() -> dict[str, dict[str, str]]:
    import yaml

    text = (Path(__file__).parent / "units.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


def quantity(command: str, arguments: list[str]) -> str:
    """Return one of siunitx's commands with its arguments as a formula of plain commands."""
    if command == "num":
        return number(arguments[0])
    if command in ("si", "unit"):
        return unit(arguments[0])
    if command == "ang":
        return angle(arguments[0])
    written = unit(arguments[1])
    space = "" if written.startswith(r"\mathrm{°}") or written[8:9] in "′″" else r"\,"
    return f"{number(arguments[0])}{space}{written}"


def number(text: str) -> str:
    """Write a number: `12345.678(9)e-3`, `2 x 3`, `1.2 +- 0.1`."""
    factors = re.split(r"\s*(?:x|\\times)\s*", text.strip())
    return r"\times ".join(_factor(factor) for factor in factors)


def _factor(text: str) -> str:
    found = _NUMBER.fullmatch(text.strip())
    if found is None or not text.strip() or not (found["whole"] or found["part"] or found["power"]):
        raise UnitError(f"the number `{text.strip()}`")
    if (found["compare"] or "=").startswith("\\") and found["compare"][1:] not in _COMPARISONS:
        raise UnitError(f"the number `{text.strip()}`")
    sign = {"+-": r"\pm "}.get(found["sign"] or "", found["sign"] or "")
    sign = f"{sign} " if sign.startswith("\\") else sign
    compare = f"{found['compare'] or ''} " if (found["compare"] or "").startswith("\\") else found["compare"] or ""
    digits = _grouped(found["whole"])
    if found["part"] is not None:
        digits = f"{digits or '0'}.{_grouped(found['part'], from_left=True)}"
    digits += f"({found['doubt']})" if found["doubt"] else ""
    digits += rf"\pm {found['error']}" if found["error"] else ""
    if found["power"] is None:
        return compare + sign + digits
    power = f"10^{{{found['power'].removeprefix('+')}}}"
    bracketed = f"({digits})" if found["error"] else digits
    return compare + sign + (rf"{bracketed}\times {power}" if digits else power)


def _grouped(digits: str, from_left: bool = False) -> str:
    if len(digits) < _GROUPED_FROM:
        return digits
    first = 0 if from_left else len(digits) % 3
    groups = [digits[:first]] if first else []
    groups += [digits[at : at + 3] for at in range(first, len(digits), 3)]
    return r"\,".join(groups)


def angle(text: str) -> str:
    """Write an angle: `30`, or degrees, minutes and seconds: `1;2;3`."""
    parts = text.split(";")
    if len(parts) > 3:
        raise UnitError(f"the angle `{text.strip()}`")
    signs = (r"\mathrm{°}", "'", "''")
    return "".join(f"{number(part)}{sign}" for part, sign in zip(parts, signs, strict=False) if part.strip())


def unit(text: str) -> str:
    r"""Write a unit: of names (`\kilo\metre\per\second`), or of signs (`kg.m/s^2`)."""
    names = _names()
    found: list[tuple[str, int]] = []
    prefix, power, per, sticky = "", 1, False, False
    tokens = [(match[1] or "", match[2] or "") for match in _UNIT.finditer(text)]
    position = 0
    while position < len(tokens):
        name, sign = tokens[position]
        position += 1
        if name in ("squared", "cubed") and found:
            found[-1] = (found[-1][0], found[-1][1] * {"squared": 2, "cubed": 3}[name])
        elif name in ("square", "cubic"):
            power = {"square": 2, "cubic": 3}[name]
        elif name == "per":
            per = True
        elif name in ("tothe", "raiseto"):
            exponent, position = _exponent(tokens, position)
            if name == "tothe" and found:
                found[-1] = (found[-1][0], found[-1][1] * exponent)
            power = exponent if name == "raiseto" else power
        elif name in names["prefixes"] and not (name == "micro" and position == len(tokens)):
            prefix = names["prefixes"][name]
        elif name and (written := names["units"].get(name) or names["short"].get(name)):
            found.append((prefix + written, -power if per or sticky else power))
            prefix, power, per = "", 1, False
        elif name:
            raise UnitError(f"the unit `\\{name}`")
        elif sign == "/":
            sticky = True
        elif sign == "^":
            exponent, position = _exponent(tokens, position)
            if not found:
                raise UnitError(f"the unit `{text.strip()}`")
            found[-1] = (found[-1][0], found[-1][1] * exponent)
        elif sign and sign not in ".*{}":
            if not (sign.isalpha() or sign in "°%Ωµμ′″"):
                raise UnitError(f"the unit `{text.strip()}`")
            letters = sign
            while position < len(tokens) and tokens[position][1] and (tokens[position][1].isalpha()):
                letters += tokens[position][1]
                position += 1
            found.append((letters, -1 if sticky else 1))
    if prefix or not found:
        raise UnitError(f"the unit `{text.strip()}`")
    return r"\,".join(_powered(*one) for one in found)


def _exponent(tokens: list[tuple[str, str]], position: int) -> tuple[int, int]:
    text = ""
    while position < len(tokens) and tokens[position][1] and tokens[position][1] in "{}+-0123456789":
        if tokens[position][1] not in "{}":
            text += tokens[position][1]
        position += 1
        if tokens[position - 1][1] == "}":
            break
    if not _EXPONENT.fullmatch(text):
        raise UnitError("a power without its number")
    return int(text), position


def _powered(letters: str, power: int) -> str:
    written = rf"\mathrm{{{letters}}}".replace("%", r"\%")
    return written if power == 1 else f"{written}^{{{power}}}"
