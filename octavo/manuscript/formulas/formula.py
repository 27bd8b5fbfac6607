r"""Read a formula as TeX would, and write it anew: for the engine, and for Pandoc, which makes its MathML.

This is the one reader of formulas. What it writes is made of the names in `notation.yaml` alone, with every brace
closed and every argument in braces, so nothing else of a manuscript reaches TeX as TeX: no command that reads a file
or defines another, however it is spelt, and no end of the group around the formula. What it cannot read is an error at
its place in the formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from octavo.manuscript.formulas.chemistry import ChemistryError, chemical
from octavo.manuscript.formulas.environments import EnvironmentReader
from octavo.manuscript.formulas.notation import PROGRAMMING
from octavo.manuscript.formulas.rows import Row, Written, both, key_of
from octavo.manuscript.formulas.tokens import FormulaError, Macro, Token, mistake
from octavo.manuscript.formulas.units import UnitError, quantity

_LABEL = re.compile(r"[^\s{}\\%#$^&~,]+")


@dataclass(frozen=True)
class Formula:
    """Hold a formula that was read.

    `press` is the formula for the engine inside a formula; `displayed` is it as a display of its own, where it is an
    environment such as `align`. `changed` says that `pandoc` is no longer what the author wrote. `tag` is what is
    printed for a number. A formula with `errors` is not set.
    """

    press: str = ""
    displayed: str = ""
    pandoc: str = ""
    changed: bool = False
    labels: tuple[str, ...] = ()
    tag: str = ""
    errors: tuple[FormulaError, ...] = ()


def read_formula(tex: str, macros: Mapping[str, Macro], display: bool = True) -> Formula:
    """Read a formula with the macros of a report; what is wrong with it is told in the result."""
    found: list[FormulaError] = []
    try:
        reader = FormulaReader(tex, macros, display)
        found = reader.errors
        return reader.whole()
    except FormulaError as error:
        return Formula(errors=(*found, error))


def _stripped(tex: str) -> str:
    r"""Return TeX without blank space around it; the one in `\ ` stays."""
    text = tex.strip()
    return f"{text} " if len(text) - len(text.rstrip("\\")) == 1 else text


def check_macro(name: str, macro: Macro, macros: Mapping[str, Macro]) -> FormulaError | None:
    """Return what is wrong with a macro of a report: it is read with a letter for each argument."""
    use = f"\\{name}" + "{x}" * macro.arguments
    for around in ("{}", "\\text{{{}}}", "\\begin{{array}}{{cccc}}{}\\end{{array}}", "\\left({}\\right)"):
        formula = read_formula(around.format(use), macros)
        if not formula.errors:
            return None
        if around == "{}":
            first = formula.errors[0]
    return first


class FormulaReader(EnvironmentReader):
    """Read a whole formula."""

    def __init__(self, tex: str, macros: Mapping[str, Macro], display: bool = True) -> None:
        super().__init__(tex, macros)
        self._display = display
        self._labels: list[str] = []
        self._tag = ""
        self._special: dict[str, Callable[[Token, Row], Written]] = {
            "begin": self._begin, "end": self._end, "left": self._left, "middle": self._middle, "right": self._right,
            "label": self._label, "tag": self._put_tag, "notag": self._nothing, "nonumber": self._nothing,
            "nobreak": self._nothing, "allowbreak": self._nothing, "displaylimits": self._nothing,
            "relax": self._nothing, "rule": self._rule, "raisebox": self._raised, "root": self._root,
            "genfrac": self._genfrac, "multicolumn": self._multicolumn, "ce": self._chemistry, "pu": self._quantity,
            "SI": self._quantity, "qty": self._quantity, "si": self._quantity, "unit": self._quantity,
            "num": self._quantity, "ang": self._quantity, "intertext": self._between_lines,
            "shortintertext": self._between_lines,
        }  # fmt: skip

    def whole(self) -> Formula:
        """Read all of it."""
        first = self.stream.skip_space()
        if key_of(first) == "\\begin":
            self.stream.next()
            name, options, rows = self.environment(first)
            inner = self.written(name, options, rows)
            if self.stream.skip_space().kind == "end":
                return self._formula(inner, self._displayed(name, options, rows))
            rest = self.row("", "\\\\")
            pieces = inner.then(rest)
        else:
            pieces = self.row("", "\\\\")
        if self.stream.peek().kind != "end":
            pieces = self._lines(pieces)
        return self._formula(pieces, "")

    def _lines(self, first: Written) -> Written:
        r"""Read a display with `\\` in it, which is set line by line."""
        if not self._display:
            raise mistake(self.stream.peek().at, "`\\\\` in a line of text")
        self.changed = True
        while self.stream.peek().kind != "end":
            self.stream.next()
            first = first.then(self._line_end(), self.row("", "\\\\"))
        return first.within("\\begin{gathered}", "\\end{gathered}")

    def _displayed(self, name: str, options: Written, rows: Written) -> str:
        """Return the environment without its own numbers, if it is a display of its own."""
        known = self.notation.environments
        environment = known.get(name) or known.get(name.removesuffix("*"))
        if environment is None or environment.inner is None or not environment.inner:
            return ""
        starred = f"{name.removesuffix('*')}*"
        return f"\\begin{{{starred}}}{options.press}{rows.press}\\end{{{starred}}}"

    def _formula(self, pieces: Written, displayed: str) -> Formula:
        changed = self.changed or self.stream.changed
        labels = tuple(self._labels)
        if self.errors:
            return Formula(errors=tuple(self.errors))
        press, pandoc = (_stripped(piece) for piece in pieces)
        return Formula(press, displayed, pandoc, changed, labels, self._tag)

    def command(self, token: Token, row: Row) -> Written:
        """Read a command with all that belongs to it."""
        name = token.text
        known = self.notation
        row.is_operator = name in known.operators
        if name in ("limits", "nolimits", "displaylimits"):
            if not row.operator_before:
                raise mistake(token.at, f"`\\{name}` that does not follow an operator such as `\\sum`")
            row.is_operator = True
            return both(f"\\{name}")
        if name in known.infixes:
            return self._infix(token, row)
        if name in known.switches or name in known.sizes or name == "color":
            return self._switch(name, row)
        if name in known.arguments:
            return self._applied(token, row)
        if name in known.plain:
            return self.applied(name, []) if name in known.press or name in known.pandoc else both(f"\\{name}")
        special = self._special.get(name)
        return special(token, row) if special else self._unknown(token)

    def _unknown(self, token: Token) -> Written:
        """Note a command that is none, and go on, so that all of them are told at once."""
        code = "OCT221" if token.text in PROGRAMMING else "OCT209"
        self.errors.append(FormulaError(code, token.at, command=f"\\{token.text}"))
        if code == "OCT221":
            raise self.errors.pop()
        return Written()

    def _infix(self, token: Token, row: Row) -> Written:
        if row.infix:
            raise mistake(token.at, f"`\\{token.text}` behind `\\{row.infix}` in the same group")
        row.infix, row.left, row.pieces = token.text, row.pieces, Written()
        self.changed = True
        return Written()

    def _switch(self, name: str, row: Row) -> Written:
        """Read a command that sets the rest of its group."""
        self.changed = True
        color = self.color() if name == "color" else Written()
        rest = self.row(*row.stops, *(f"\\{infix}" for infix in self.notation.infixes)).within("{", "}")
        if name == "color":
            return self.applied("textcolor", [color.within("{", "}"), rest])
        if name in self.notation.sizes:
            return self.applied("octsized", [both(f"{{{name}}}"), rest])
        return self.applied(self.notation.switches[name], [rest])

    def _applied(self, token: Token, row: Row) -> Written:
        """Read the arguments of a command, and return it with them."""
        name, found, star = token.text, list[Written](), ""
        option: Written | None = None
        for form in self.notation.arguments[name]:
            if name == "not":
                found.append(self._denied())
            elif form == "m":
                found.append(self.argument(f"what `\\{name}` is to set"))
            elif form == "t":
                found.append(self.text_argument(name))
            elif form == "o":
                option = self.optional()
            elif form == "d":
                found.append(self.delimiter())
            elif form == "l":
                length = self.length(name)
                return self.applied(name, [both(f"{{{length}}}")]) if "space" in name else self._skipped(name, length)
            elif form == "c":
                found.append(self.color().within("{", "}"))
            elif form == "r":
                found.append(self._substack())
            elif form == "s":
                star = "*" if self.starred() else ""
            elif form == "b" and (side := self.raw_option()) in ("t", "b"):
                option, self.changed = Written(side, ""), True
        if star and name in ("operatorname", "hspace"):
            return both(f"\\{name}*").then(*found)
        if option is None:
            return self.applied(name, found)
        return self._with_option(name, option, found)

    def _denied(self) -> Written:
        r"""Read what `\not` denies: a sign that the engine must see as it is, or else an argument."""
        token = self.stream.skip_space()
        if token.kind == "command" and token.text in self.notation.plain:
            self.stream.next()
            return both(f"\\{token.text}")
        return self.argument("what `\\not` is to deny")

    def _with_option(self, name: str, option: Written, found: list[Written]) -> Written:
        if not option.pandoc:
            return Written(f"\\{name}[{option.press}]{found[0].press}", self.applied(name, found).pandoc)
        if name in self.notation.pandoc:
            press = f"\\{name}[{{{option.press}}}]{found[0].press}"
            self.changed = True
            return Written(press, f"\\underset{{{option.pandoc}}}{{{self.applied(name, found).pandoc}}}")
        inside = Written(f"[{{{option.press}}}]", f"[{option.pandoc}]")
        return both(f"\\{name}").then(inside, *found)

    def _skipped(self, name: str, length: str) -> Written:
        """Return a space, which Pandoc knows by another name."""
        self.changed = True
        return Written(
            f"\\{name} {length}\\relax ", f"\\mspace{{{length}}}" if "mu" in length else f"\\hspace{{{length}}}"
        )

    def _substack(self) -> Written:
        self.stream.skip_space()
        opening = self.stream.next()
        if key_of(opening) != "{":
            raise mistake(opening.at, "a `\\substack` without its braces")
        rows = self.rows("}", columns=1)
        self.stream.next()
        return rows.within("{", "}")

    def _begin(self, token: Token, row: Row) -> Written:
        return self.written(*self.environment(token))

    def _left(self, token: Token, row: Row) -> Written:
        opening = self.delimiter()
        self.stream.last = token.at
        inside = self.row("\\right")
        self.stream.next()
        return both("\\left").then(opening, inside, both("\\right"), self.delimiter())

    def _middle(self, token: Token, row: Row) -> Written:
        if "\\right" not in row.stops:
            raise mistake(token.at, "`\\middle` that is not directly between `\\left` and `\\right`")
        return both("\\middle").then(self.delimiter())

    def _right(self, token: Token, row: Row) -> Written:
        raise mistake(token.at, "`\\right` without its `\\left`")

    def _end(self, token: Token, row: Row) -> Written:
        name, _ = self.stream.raw()
        raise mistake(token.at, f"`\\end{{{name}}}` without its `\\begin`")

    def _label(self, token: Token, row: Row) -> Written:
        label, at = self.stream.raw()
        if not self._display:
            raise mistake(token.at, "a `\\label` in a line of text, where a formula has no number")
        if not _LABEL.fullmatch(label.strip()):
            raise mistake(
                at, f"the label `{label.strip()}`, which is none: letters, digits and signs such as `:` and `-`"
            )
        self._labels.append(label.strip())
        self.changed = True
        return Written()

    def _put_tag(self, token: Token, row: Row) -> Written:
        starred = self.starred()
        text, _ = self.stream.raw()
        inner = FormulaReader(text, {})
        piece = inner.text_whole().press.strip()
        if not self._display:
            raise mistake(token.at, "a `\\tag` in a line of text, where a formula has no number")
        if self._tag or inner.errors or not piece:
            raise mistake(token.at, "a second `\\tag`" if self._tag else "a `\\tag` with nothing to print in it")
        self._tag = piece if starred else f"({piece})"
        self.changed = True
        return Written()

    def text_whole(self) -> Written:
        """Read all of it as text."""
        found = Written()
        while self.stream.peek().kind != "end":
            found = found.then(self._piece(self.stream.next()))
        return found

    def _nothing(self, token: Token, row: Row) -> Written:
        """Leave out a command that prints nothing."""
        self.changed = True
        return Written()

    def _rule(self, token: Token, row: Row) -> Written:
        r"""Read `\rule[1pt]{2em}{1pt}`."""
        option = self.raw_option()
        up = self.measured(option, token.at, "rule") if option else "0pt"
        width, height = self.length("rule"), self.length("rule")
        self.changed = True
        return Written(f"\\rule[{up}]{{{width}}}{{{height}}}", f"\\hspace{{{width}}}")

    def _raised(self, token: Token, row: Row) -> Written:
        r"""Read `\raisebox{1pt}{text}`."""
        height, text = self.length("raisebox"), self.text_argument()
        self.changed = True
        return Written(f"\\raisebox{{{height}}}{text.press}", f"\\text{text.pandoc}")

    def _root(self, token: Token, row: Row) -> Written:
        r"""Read `\root 3 \of x`."""
        index = self.row("\\of")
        self.stream.next()
        self.changed = True
        return both("\\sqrt[").then(index.within("{", "}"), both("]"), self.argument("what the root is of"))

    def _genfrac(self, token: Token, row: Row) -> Written:
        r"""Read `\genfrac(){0pt}{1}{a}{b}`; Pandoc is told the fraction or the binomial and its brackets."""
        sides = [self._side(), self._side()]
        thickness, at = self.stream.raw()
        line = self.measured(thickness, at, "genfrac") if thickness.strip() else ""
        style, at = self.stream.raw()
        if style.strip() not in ("", "0", "1", "2", "3"):
            raise mistake(at, "a style of `\\genfrac` that is not 0, 1, 2 or 3")
        upper, lower = self.argument("what stands above"), self.argument("what stands below")
        self.changed = True
        press = f"\\genfrac{{{sides[0]}}}{{{sides[1]}}}{{{line}}}{{{style.strip()}}}{{{upper.press}}}{{{lower.press}}}"
        is_bare = bool(re.fullmatch(r"[+-]?0*\.?0*(pt|em|ex|mu|mm|cm|in|bp|pc)", line))
        inside = (
            f"\\substack{{{upper.pandoc}\\\\{lower.pandoc}}}"
            if is_bare
            else f"\\frac{{{upper.pandoc}}}{{{lower.pandoc}}}"
        )
        if is_bare and sides == ["(", ")"]:
            return Written(press, f"\\binom{{{upper.pandoc}}}{{{lower.pandoc}}}")
        opening, closing = (side or "." for side in sides)
        return Written(press, inside if sides == ["", ""] else f"\\left{opening}{inside}\\right{closing}")

    def _side(self) -> str:
        text, at = self.stream.raw()
        if text.strip() and text.strip() not in self.notation.delimiters:
            raise mistake(at, f"`{text.strip()}` where a delimiter such as `(` is needed")
        return text.strip().removeprefix(".")

    def _multicolumn(self, token: Token, row: Row) -> Written:
        r"""Read `\multicolumn{2}{c}{…}` at the head of a cell."""
        count, at = self.stream.raw()
        text, place = self.stream.raw()
        press, columns = self._preamble(text, place)
        if not re.fullmatch(r"[1-9]\d?", count.strip()) or len(columns) != 1 or "&" not in row.stops:
            raise mistake(at, "a `\\multicolumn` that does not say how many columns it takes, or is in none")
        if row.pieces.press.strip():
            raise mistake(token.at, "a `\\multicolumn` that does not begin its cell")
        inside = self.argument("what it is to hold")
        self.changed = True
        padding = "&" * (int(count) - 1)
        return Written(f"\\multicolumn{{{count.strip()}}}{{{press}}}{inside.press}", f"{inside.pandoc}{padding}")

    def _chemistry(self, token: Token, row: Row) -> Written:
        r"""Read mhchem's `\ce{…}`."""
        text, at = self.stream.raw()
        try:
            written = chemical(text)
        except ChemistryError as error:
            raise mistake(at, f"in `\\{token.text}` {error}") from error
        return self._read_anew(written, at)

    def _quantity(self, token: Token, row: Row) -> Written:
        """Read siunitx's quantities, numbers and units; what they set by options is left as it is."""
        self.raw_option()
        arguments = [self.stream.raw()]
        if token.text in ("SI", "qty"):
            arguments.append(self.stream.raw())
        try:
            written = quantity(token.text, [text for text, _ in arguments])
        except UnitError as error:
            raise mistake(arguments[0][1], f"in `\\{token.text}` {error}, which cannot be read") from error
        return self._read_anew(written, arguments[0][1])

    def _read_anew(self, tex: str, at: int) -> Written:
        """Read a formula that stands for another; what is wrong in it is told at the place of that."""
        self.changed = True
        inner = FormulaReader(tex, {})
        try:
            piece = inner.row("")
        except FormulaError as error:
            raise FormulaError(error.code, at, **error.facts) from error
        self.errors += [FormulaError(error.code, at, **error.facts) for error in inner.errors]
        return piece.within("{", "}")

    def _between_lines(self, token: Token, row: Row) -> Written:
        r"""Read `\intertext{…}`, which is set as a line of its own."""
        raise mistake(token.at, f"`\\{token.text}`; end the display, write the text, and begin another")
