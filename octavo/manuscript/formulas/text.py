r"""Read text in a formula: `\text{…}` and its kin, with formulas in it again."""

from __future__ import annotations

import unicodedata

from octavo.manuscript.formulas.rows import RowReader, Written, both, key_of
from octavo.manuscript.formulas.tokens import FormulaError, Token, mistake

#: Accents of TeX in text, as Unicode combines them.
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331",
}  # fmt: skip
_DOTLESS = {"i": "i", "j": "j", "\\i": "i", "\\j": "j"}
#: What TeX would take for its own in text, and how it is written as the sign.
_SIGNS = {"_": r"\_", "&": r"\&", "#": r"\#", "%": r"\%", "$": r"\$"}
_NAMED = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "{": r"\{", "}": r"\}"}
_SPACES = {",": r"\,", ";": r"\;", ":": r"\:", "!": r"\!", " ": r"\ ", ">": r"\:", "quad": r"\quad ",
           "qquad": r"\qquad ", "enspace": r"\enspace ", "thinspace": r"\,", "space": r"\ ", "nobreakspace": "~",
           "/": "", "-": "", "negthinspace": r"\!"}  # fmt: skip
#: Commands that set text in another style; Pandoc is given the text alone.
STYLES = {
    "textbf": "\\textbf", "textit": "\\textit", "texttt": "\\texttt", "textsf": "\\textsf", "textrm": "\\textrm",
    "textsc": "\\octsmallcaps", "emph": "\\octemphasis", "text": "", "mbox": "", "hbox": "", "textup": "",
    "textmd": "", "textnormal": "", "underline": "\\underline",
}  # fmt: skip


class TextReader(RowReader):
    """Read what stands in text."""

    def text_argument(self, name: str = "") -> Written:
        """Read the text behind a command, in braces or a single sign."""
        token = self.stream.skip_space()
        if token.kind == "end" or key_of(token) in ("}", "&", "^", "_"):
            raise mistake(token.at, "a place without its text")
        self.stream.next()
        if key_of(token) != "{":
            if name == "hbox":
                raise mistake(token.at, "`\\hbox` without its braces")
            return self._piece(token).within("{", "}")
        inside = self.text("}")
        self.stream.next()
        return inside.within("{", "}")

    def text(self, stop: str) -> Written:
        """Read text until a token, which is left there."""
        opened = self.stream.last
        found = Written()
        while (token := self.stream.peek()).kind != "end" and key_of(token) != stop:
            found = found.then(self._piece(self.stream.next()))
        if token.kind == "end":
            raise mistake(opened, "a brace `{` or `}` without its partner")
        return found

    def _piece(self, token: Token) -> Written:
        if token.kind == "space":
            return both(" ")
        if token.kind == "command":
            return self._text_command(token)
        if token.text == "{":
            inside = self.text("}")
            self.stream.next()
            return inside.within("{", "}")
        if token.text == "}":
            raise mistake(token.at, "a brace `{` or `}` without its partner")
        if token.text == "$":
            inside = self.row("$")
            self.stream.next()
            return inside.within("$", "$")
        if token.text in _SIGNS or token.text == "^":
            self.changed = True
        return both(_sign(token.text)) if token.text != "~" else both("~")

    def _text_command(self, token: Token) -> Written:
        name = token.text
        if name in STYLES:
            inside = self.text_argument(name)
            self.changed = self.changed or name not in ("text", "mbox")
            return Written(f"{STYLES[name]}{inside.press}", inside.pandoc)
        if name in _SPACES:
            self.changed = True
            return Written(_SPACES[name], "~" if _SPACES[name] else "")
        if name in _ACCENTS:
            return self._accented(token)
        if name == "textcolor":
            color, inside = self.color(), self.text_argument()
            self.changed = True
            return Written(f"{{\\color[rgb]{{{color.press}}}{inside.press}}}", inside.pandoc)
        if name == "ensuremath" or name == "(":
            return self._inner_formula(token)
        if name in "#$%&_{}":
            return both(f"\\{name}")
        if name in self.notation.text:
            self.changed = True
            return both("".join(_sign(character) for character in self.notation.text[name]))
        if name in self.notation.plain or name in self.notation.arguments:
            what = f"`\\{name}` in text, which is a command of formulas; write `$\\{name}$` there"
            raise mistake(token.at, what)
        self.errors.append(FormulaError("OCT209", token.at, command=f"\\{name}"))
        return Written()

    def _inner_formula(self, token: Token) -> Written:
        r"""Read a formula in text that is not between dollar signs: `\(…\)`, `\ensuremath{…}`."""
        self.changed = True
        if token.text == "(":
            inside = self.row("\\)")
            self.stream.next()
        else:
            inside = self.argument("a formula")
        return inside.within("$", "$")

    def _accented(self, token: Token) -> Written:
        letter, at = self.stream.raw()
        letter = _DOTLESS.get(letter.strip(), letter.strip())
        combined = unicodedata.normalize("NFC", letter + _ACCENTS[token.text])
        if len(letter) != 1 or len(combined) != 1:
            raise mistake(at, f"an accent `\\{token.text}` that no letter bears")
        self.changed = True
        return both(combined)


def _sign(character: str) -> str:
    """Return a character as TeX has to have it in text."""
    return _SIGNS.get(character) or _NAMED.get(character, character)
