r"""Read commands of a formula with their arguments: fractions and roots, switches, spaces, rules, cells."""

from __future__ import annotations

import re

from octavo.manuscript.formulas.environments import EnvironmentReader
from octavo.manuscript.formulas.rows import Row, Written, both, key_of
from octavo.manuscript.formulas.tokens import Token, mistake


class CommandReader(EnvironmentReader):
    """Read what stands behind a command."""

    def read_infix(self, token: Token, row: Row) -> Written:
        r"""Read a command between what it joins, such as `\over`; it joins the row before it and the one behind."""
        if row.infix:
            raise mistake(token.at, f"`\\{token.text}` behind `\\{row.infix}` in the same group")
        row.infix, row.left, row.pieces = token.text, row.pieces, Written()
        self.changed = True
        return Written()

    def read_switch(self, name: str, row: Row) -> Written:
        """Read a command that sets the rest of its group."""
        self.changed = True
        color = self.color() if name == "color" else Written()
        rest = self.row(*row.stops, *(f"\\{infix}" for infix in self.notation.infixes)).within("{", "}")
        if name == "color":
            return self.applied("textcolor", [color.within("{", "}"), rest])
        if name in self.notation.sizes:
            return self.applied("octsized", [both(f"{{{name}}}"), rest])
        return self.applied(self.notation.switches[name], [rest])

    def read_applied(self, token: Token, row: Row) -> Written:
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

    def read_rule(self, token: Token, row: Row) -> Written:
        r"""Read `\rule[1pt]{2em}{1pt}`."""
        option = self.raw_option()
        up = self.measured(option, token.at, "rule") if option else "0pt"
        width, height = self.length("rule"), self.length("rule")
        self.changed = True
        return Written(f"\\rule[{up}]{{{width}}}{{{height}}}", f"\\hspace{{{width}}}")

    def read_raised(self, token: Token, row: Row) -> Written:
        r"""Read `\raisebox{1pt}{text}`."""
        height, text = self.length("raisebox"), self.text_argument()
        self.changed = True
        return Written(f"\\raisebox{{{height}}}{text.press}", f"\\text{text.pandoc}")

    def read_root(self, token: Token, row: Row) -> Written:
        r"""Read `\root 3 \of x`."""
        index = self.row("\\of")
        self.stream.next()
        self.changed = True
        return both("\\sqrt[").then(index.within("{", "}"), both("]"), self.argument("what the root is of"))

    def read_genfrac(self, token: Token, row: Row) -> Written:
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

    def read_multicolumn(self, token: Token, row: Row) -> Written:
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

    def skip_command(self, token: Token, row: Row) -> Written:
        """Leave out a command that prints nothing."""
        self.changed = True
        return Written()
