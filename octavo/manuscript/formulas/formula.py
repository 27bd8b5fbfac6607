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
from octavo.manuscript.formulas.commands import CommandReader
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


class FormulaReader(CommandReader):
    """Read a whole formula."""

    def __init__(self, tex: str, macros: Mapping[str, Macro], display: bool = True) -> None:
        super().__init__(tex, macros)
        self._display = display
        self._labels: list[str] = []
        self._tag = ""
        self._special: dict[str, Callable[[Token, Row], Written]] = {
            "begin": self._begin, "end": self._end, "left": self._left, "middle": self._middle, "right": self._right,
            "label": self._label, "tag": self._put_tag, "notag": self.skip_command, "nonumber": self.skip_command,
            "nobreak": self.skip_command, "allowbreak": self.skip_command, "displaylimits": self.skip_command,
            "relax": self.skip_command, "rule": self.read_rule, "raisebox": self.read_raised, "root": self.read_root,
            "genfrac": self.read_genfrac, "multicolumn": self.read_multicolumn, "ce": self._chemistry,
            "pu": self._quantity,
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
            return self.read_infix(token, row)
        if name in known.switches or name in known.sizes or name == "color":
            return self.read_switch(name, row)
        if name in known.arguments:
            return self.read_applied(token, row)
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
