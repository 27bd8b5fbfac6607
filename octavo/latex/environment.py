"""Open the templates: Jinja2 with delimiters that TeX never uses and escaping on by default."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from octavo.latex.escape import Tex, finalize


def open_templates(folders: tuple[Path, ...], cache: Path | None = None) -> jinja2.Environment:
    """Return an environment that looks for a template in each folder in turn.

    A report overrides one template by putting a file of the same name into its own `templates/`. An undefined
    name in a template is an error, so that a misspelt one cannot print nothing. A template runs in a sandbox: it reads
    what it is given, and reaches nothing of Python. `cache` keeps compiled templates, which are programs: it must be a
    folder that no report brings along.
    """
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        bytecode_cache=jinja2.FileSystemBytecodeCache(str(cache)) if cache else None,
    )


class Macros:
    """Call the macros of one template file as functions that return TeX."""

    def __init__(self, templates: jinja2.Environment, name: str) -> None:
        self._template = templates.get_template(name)
        self._module = self._template.module

    def __call__(self, macro: str, /, **values: object) -> Tex:
        """Expand one macro; raises `jinja2.TemplateError` when the file has none that can be called so."""
        expand = getattr(self._module, macro, None)
        if not callable(expand):
            raise self._fault(f"it has no macro `{macro}`")
        try:
            return cast(Tex, expand(**values))
        except TypeError as error:
            raise self._fault(f"its macro `{macro}` cannot be called: {error}") from error

    def _fault(self, what: str) -> jinja2.TemplateError:
        fault = jinja2.TemplateRuntimeError(what)
        fault.name = self._template.name  # type: ignore[attr-defined]
        return fault
