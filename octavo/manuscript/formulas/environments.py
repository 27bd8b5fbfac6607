r"""Read environments in a formula: `\begin{…}` to `\end{…}`, with their rows, columns and rules."""

from __future__ import annotations

import re

from octavo.manuscript.formulas.diagrams import diagram
from octavo.manuscript.formulas.notation import Environment
from octavo.manuscript.formulas.rows import Written, both, key_of
from octavo.manuscript.formulas.text import TextReader
from octavo.manuscript.formulas.tokens import FormulaError, Token, mistake

#: More columns than these nobody can print.
MOST_COLUMNS = 60
_RULE = re.compile(r"\d{1,2}-\d{1,2}")
#: What may stand in `>{…}` and `<{…}` of a preamble.
_DECLARATIONS = frozenset(("\\displaystyle", "\\textstyle", "\\scriptstyle", "\\scriptscriptstyle"))


class EnvironmentReader(TextReader):
    """Read what has rows."""

    def environment(self, begin: Token) -> tuple[str, Written, Written]:
        r"""Read an environment whose `\begin` is read: its name, what stands behind that, and its rows."""
        name, _ = self.stream.raw()
        if name == "CD":
            return self._ended(begin, name, Written(), diagram(self))
        known = self.notation.environments
        environment = known.get(name) or known.get(name.removesuffix("*"))
        if environment is None or (name.endswith("*") and name not in known and environment.inner is None):
            raise FormulaError("OCT209", begin.at, command=f"\\begin{{{name}}}")
        options, columns = self._options(environment)
        self.stream.last = begin.at
        return self._ended(begin, name, options, self.rows("\\end", columns=columns, environment=name))

    def _ended(self, begin: Token, name: str, options: Written, rows: Written) -> tuple[str, Written, Written]:
        """Read the end of an environment."""
        self.stream.next()
        closing, _ = self.stream.raw()
        if closing != name:
            raise mistake(begin.at, f"`\\begin{{{name}}}` and `\\end{{{closing}}}`, which do not pair")
        return name, options, rows

    def written(self, name: str, options: Written, rows: Written) -> Written:
        """Return an environment as it stands inside a formula."""
        if name == "CD":
            return rows
        environment = self.notation.environments.get(name) or self.notation.environments[name.removesuffix("*")]
        if environment.inner is not None:
            self.changed = True
            if not environment.inner:
                return rows if _is_line(rows.press) else rows.within("\\begin{gathered}", "\\end{gathered}")
            name = environment.inner
        if environment.alone:
            name = environment.alone
        if environment.press:
            self.changed = True
            return Written(
                environment.press.replace("#2", options.press).replace("#1", rows.press),
                environment.pandoc.replace("#2", options.pandoc).replace("#1", rows.pandoc),
            )
        return both(f"\\begin{{{name}}}").then(options, rows, both(f"\\end{{{name}}}"))

    def rows(self, stop: str, columns: int = 0, environment: str = "") -> Written:
        """Read rows until a token, which is left there; `columns` is the most of them, 0 for any number."""
        found, count = Written(), 1
        while True:
            found = found.then(self._rules(environment))
            found = found.then(self.row("&", "\\\\", "\\cr", stop))
            token = self.stream.peek()
            if key_of(token) == stop:
                return found
            self.stream.next()
            if key_of(token) == "&":
                count += 1
                if count > (columns or MOST_COLUMNS):
                    most = f"more columns than the {columns} that it has" if columns > 1 else "`&`, and no columns"
                    raise mistake(token.at, f"in `{environment or 'substack'}` {most}")
                found = found.then(both("&"))
            else:
                count = 1
                found = found.then(self._line_end())

    def _line_end(self) -> Written:
        r"""Read what stands behind `\\`: a star, and how far the next line is down."""
        self.starred()
        option = self.raw_option()
        if not option:
            return Written("\\\\{}" if key_of(self.stream.skip_space()) in "[*" else "\\\\", "\\\\")
        at = self.stream.peek().at
        self.changed = True
        return Written(f"\\\\[{self.measured(option, at, 'hspace')}]", "\\\\")

    def _rules(self, environment: str) -> Written:
        """Read the rules at the head of a row."""
        found = Written()
        while key_of(token := self.stream.skip_space()) in ("\\hline", "\\cline", "\\hdashline"):
            self.stream.next()
            if token.text == "hdashline":
                raise mistake(token.at, "`\\hdashline`, which cannot be set; write `\\hline`")
            if not _has_rules(environment):
                raise mistake(token.at, f"`\\{token.text}` outside of `array` and the matrices")
            if token.text == "hline":
                found = found.then(both("\\hline "))
                continue
            which, at = self.stream.raw()
            if not _RULE.fullmatch(which):
                raise mistake(at, "`\\cline` without the numbers of its columns, such as `1-2`")
            self.changed = True
            found = found.then(Written(f"\\cline{{{which}}}", ""))
        return found

    def _options(self, environment: Environment) -> tuple[Written, int]:
        """Read what stands behind the name of an environment; return it with the most columns of a row."""
        found, columns = Written(), environment.columns
        if environment.place and (place := self.raw_option()):
            if place not in ("t", "b", "c"):
                raise mistake(self.stream.peek().at, f"`[{place}]` where `[t]`, `[c]` or `[b]` can stand")
            self.changed = True
            found = Written(f"[{place}]", "")
        if environment.aligned:
            side = self.raw_option() or "c"
            if side not in ("l", "c", "r"):
                raise mistake(self.stream.peek().at, f"`[{side}]` where `[l]`, `[c]` or `[r]` can stand")
            return Written(f"*{{{MOST_COLUMNS}}}{{{side}}}", ""), MOST_COLUMNS
        if environment.number:
            text, at = self.stream.raw()
            if not re.fullmatch(r"[1-9]\d?", text.strip()):
                raise mistake(at, "no number of columns behind the name of the environment")
            return found.then(both(f"{{{text.strip()}}}")), 2 * int(text)
        if environment.preamble:
            text, at = self.stream.raw()
            press, pandoc = self._preamble(text, at)
            if environment.columns == 0:
                columns = len(pandoc)
            inside = Written(press, pandoc)
            return (found.then(inside.within("{", "}")) if not environment.press else inside), columns
        return found, columns

    def _preamble(self, text: str, at: int) -> tuple[str, str]:
        r"""Read the columns of an array, for the engine and for Pandoc: `l`, `c`, `r`, rules, `*{3}{c}`, `@{\,}`."""
        press, pandoc, position = "", "", 0
        text = text.strip()
        while position < len(text):
            sign = text[position]
            position += 1
            if sign in "lcr":
                press, pandoc = press + sign, pandoc + sign
            elif sign == "|":
                press += sign
            elif sign == "*":
                times, position = _braced(text, position, at)
                inside, position = _braced(text, position, at)
                if not re.fullmatch(r"\d{1,2}", times.strip()):
                    raise mistake(at, "columns `*{…}{…}` without a number")
                more = self._preamble(inside, at)
                press, pandoc = press + more[0] * int(times), pandoc + more[1] * int(times)
            elif sign in "@!><":
                inside, position = _braced(text, position, at)
                press += f"{sign}{{{self._between(sign, inside, at)}}}"
                self.changed = True
            elif not sign.isspace():
                raise mistake(at, f"a column `{sign}`; there are `l`, `c`, `r` and `|`")
        if len(pandoc) > MOST_COLUMNS:
            raise mistake(at, f"more than {MOST_COLUMNS} columns")
        return press, pandoc

    def _between(self, sign: str, text: str, at: int) -> str:
        """Return what a preamble puts between or around columns: a formula, or a style."""
        if sign in "><":
            if text.strip() not in _DECLARATIONS:
                raise mistake(
                    at, f"`{sign}{{{text}}}` in the columns; only a style such as `\\displaystyle` can stand there"
                )
            return text.strip()
        inner = type(self)(text, {})
        piece = inner.row("").press
        if inner.errors:
            raise mistake(at, f"`{sign}{{{text}}}` in the columns, which is no formula")
        return piece


def _has_rules(environment: str) -> bool:
    return environment.rstrip("*") in ("array", "darray") or "matrix" in environment or environment == "subarray"


def _braced(text: str, position: int, at: int) -> tuple[str, int]:
    """Return what stands in the braces at a position, and the position behind them."""
    depth = 0
    for end in range(position, len(text)):
        if text[end] == "\\":
            continue
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            inside = text[position + 1 : end] if text[position] == "{" else text[position]
            return inside, end + 1
    raise mistake(at, "columns that are not complete")


def _is_line(tex: str) -> bool:
    r"""Tell whether rows are one: a `\\` in an environment within them parts none."""
    depth = 0
    for sign in re.findall(r"\\begin\b|\\end\b|\\\\", tex):
        depth += {"\\begin": 1, "\\end": -1}.get(sign, 0)
        if sign == "\\\\" and depth == 0:
            return False
    return True
