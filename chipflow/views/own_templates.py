"""Templates of a user's own, in place of the ones that chipflow brings.

A template may be passed on like a document, so that it is not trusted with more than its page: it
runs in Jinja's sandbox, texts from records are escaped in it as elsewhere, and the finished page
has to hold the policy that keeps it from fetching or running anything.
"""

from __future__ import annotations

import contextlib
import html as html_text
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chipflow.errors import InputError
from chipflow.views import world
from chipflow.views.wording import number, probability, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jinja2

FILTERS = MappingProxyType(
    {
        "number": number,
        "country": world.country_name,
        "visible": visible,
        "probability": probability,
    }
)
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
                    jinja2.FileSystemLoader(path.parent),
                    jinja2.PackageLoader("chipflow.views", "templates"),
                ]
            ),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        made.filters.update(FILTERS)
        try:
            source = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError("the template is no UTF-8 text", file=path) from error
        except OSError as error:
            raise InputError(
                f"the template cannot be read ({error.strerror})",
                file=path,
                hint="name another file",
            ) from error
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
            page = self.template.render(values)
        policy = (
            f'http-equiv="Content-Security-Policy" content="{html_text.escape(values["policy"])}"'
        )
        if _same_quotes(policy) not in _same_quotes(page[: page.find("</head>")]):
            raise InputError(
                "the page has lost the policy that keeps it from fetching anything",
                file=self.path,
                hint='begin with {% extends "report.html.j2" %}, or keep its Content-Security-'
                "Policy in the head",
            )
        return page


def _same_quotes(text: str) -> str:
    # Two spellings of an apostrophe in markup.
    return text.replace("&#x27;", "&#39;")


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
