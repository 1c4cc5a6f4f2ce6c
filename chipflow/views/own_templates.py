"""Templates of a user's own, in place of the ones that chipflow brings.

A template may be passed on like a document, so that it is not trusted with more than its page: it
runs in Jinja's sandbox, texts from records are escaped in it as elsewhere, and the finished page
has to hold the policy that keeps it from fetching or running anything.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chipflow.errors import InputError
from chipflow.given_files import given_text
from chipflow.views import world
from chipflow.views.page_policy import fault
from chipflow.views.wording import number, probability, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import jinja2

FILTERS = MappingProxyType(
    {
        "number": number,
        "country": world.country_name,
        "visible": visible,
        "probability": probability,
    }
)
# Templates that another one may include or extend end so: nothing else of a folder is shown.
TEMPLATE_ENDS = (".j2", ".jinja", ".jinja2")
# A page that is longer, or takes longer, has no end (characters, seconds).
LONGEST_PAGE, LONGEST_SECONDS = 300_000_000, 300
# A block of the user's template with CSS; the policy names it by hash like chipflow's own.
STYLE_BLOCK = "own_style"


@dataclass(frozen=True)
class OwnTemplate:
    """A template file that was read and understood."""

    path: Path
    template: jinja2.Template

    @classmethod
    def load(cls, path: Path) -> OwnTemplate:
        """Read a template.

        Parameters
        ----------
        path
            A Jinja template; ``{% extends "report.html.j2" %}`` starts from chipflow's own.

        Raises
        ------
        InputError
            The file cannot be read, or is no template.
        """
        import jinja2
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        made = ImmutableSandboxedEnvironment(
            loader=jinja2.ChoiceLoader(
                [
                    jinja2.FunctionLoader(_beside(path.parent)),
                    jinja2.PackageLoader("chipflow.views", "templates"),
                ]
            ),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        made.filters.update(FILTERS)
        source = given_text(path, "the template")
        with _placed(path):
            return cls(path, made.from_string(source))

    def style(self, values: dict[str, Any]) -> str:
        """Return the CSS of its block ``own_style``, empty without one."""
        block = self.template.blocks.get(STYLE_BLOCK)
        if block is None:
            return ""
        with _placed(self.path):
            style = "".join(block(self.template.new_context(values)))
        if "</style" in style.lower():
            raise InputError("a block of CSS holds text that would end its element", file=self.path)
        return style

    def render(self, values: dict[str, Any]) -> str:
        """Return the page.

        Parameters
        ----------
        values
            What chipflow's own template is given.

        Raises
        ------
        InputError
            The template asks for what is not there, or leaves out the policy.
        """
        with _placed(self.path):
            page = "".join(self._pieces(values))
        wrong = fault(page, values["policy"])
        if wrong is not None:
            raise InputError(
                f"the page {wrong}",
                file=self.path,
                hint='begin with {% extends "report.html.j2" %}, or keep its Content-Security-'
                "Policy as the first element of the head",
            )
        return page

    def _pieces(self, values: dict[str, Any]) -> Iterator[str]:
        """Give the page piece by piece, so that one without an end is given up."""
        size, end = 0, time.monotonic() + LONGEST_SECONDS
        for piece in self.template.generate(values):
            size += len(piece)
            if size > LONGEST_PAGE:
                raise InputError(
                    f"the page is longer than {LONGEST_PAGE / 1e6:g} million characters",
                    file=self.path,
                    hint="show less on it",
                )
            if time.monotonic() > end:
                raise InputError(
                    f"the page is not filled after {LONGEST_SECONDS} seconds",
                    file=self.path,
                    hint="take loops out of it",
                )
            yield piece


def _beside(folder: Path) -> Callable[[str], str | None]:
    """Return what finds the templates in the folder of a template, and no other file."""

    def load(name: str) -> str | None:
        file = folder / name
        if Path(name).name != name or not name.endswith(TEMPLATE_ENDS) or not file.is_file():
            return None
        return given_text(file, "the template")

    return load


@contextlib.contextmanager
def _placed(path: Path) -> Iterator[None]:
    """Say of every error of a template in which file, and where known in which row, it is."""
    import jinja2

    try:
        yield
    except jinja2.TemplateSyntaxError as error:
        raise InputError(
            f"no Jinja template: {error.message}", file=path, row=error.lineno
        ) from error
    except jinja2.TemplateNotFound as error:
        raise InputError(
            f"there is no template {error.name!r} to extend or include",
            file=path,
            hint="chipflow's own is called report.html.j2",
        ) from error
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise InputError(
            f"the template cannot be filled: {error}",
            file=path,
            hint="docs/reports.md lists what it is given",
        ) from error
