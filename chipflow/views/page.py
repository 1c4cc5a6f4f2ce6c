"""A page: one HTML file with everything inside, for a browser, an e-mail or a notebook."""

from __future__ import annotations

import base64
import functools
import hashlib
import html as html_text
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipflow.errors import OutputError
from chipflow.views import palette, world
from chipflow.views.own_templates import FILTERS, OwnTemplate

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import jinja2

# Height of a page inside a notebook, in CSS pixels: fits a laptop screen with the cell's input.
NOTEBOOK_HEIGHT = 640
# What would end a script or style element, or open a comment, inside it (HTML 13.1.2.6).
ENDS_ELEMENT = re.compile(r"<(?=/(?:script|style)|!--)", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """One self-contained HTML page.

    Attributes
    ----------
    html
        The whole page. It loads nothing from anywhere and says so in its Content-Security-Policy.
    title
        What a screen reader says of it inside a notebook.
    """

    html: str
    title: str = "chipflow"
    height: int = NOTEBOOK_HEIGHT

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page as UTF-8.

        Parameters
        ----------
        path
            The file to write; one that exists is replaced.

        Returns
        -------
        pathlib.Path
            The file written.

        Raises
        ------
        OutputError
            The file cannot be written there.
        """
        target = Path(path)
        try:
            target.write_text(self.html, encoding="utf-8", newline="\n")
        except OSError as error:
            raise OutputError(
                f"{target}: cannot write the page ({error.strerror}); choose another file"
            ) from error
        return target

    def _repr_html_(self) -> str:
        # A sandboxed frame keeps the page's style and script away from the notebook and from
        # other pages beside it, and the page travels with the saved notebook. Without a base of
        # its own the frame takes the notebook's, and a link inside the page leads out of it; the
        # base stands before the policy, which allows none.
        html = self.html.replace("<head>", '<head><base href="about:srcdoc">', 1)
        return (
            f'<iframe title="{html_text.escape(self.title)}" '
            f'sandbox="allow-scripts allow-downloads" loading="lazy" '
            f'style="width:100%;height:{self.height}px;border:0;border-radius:8px" '
            f'srcdoc="{html_text.escape(html)}"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<Page: {self.title}, {len(self.html.encode()):,} bytes>"


def assemble(
    template: str,
    *,
    title: str,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    data: dict[str, Any] | None = None,
    height: int = NOTEBOOK_HEIGHT,
    own_template: Path | None = None,
    **values: Any,
) -> Page:
    """Render a template with its styles, scripts and data inside.

    Parameters
    ----------
    template
        File name in ``templates/``.
    title
        Title of the page.
    styles, scripts
        Source texts, trusted; put in as they are and named by hash in the policy.
    data
        JSON-able; goes into a data block that the browser never runs.
    height
        Height inside a notebook, CSS pixels.
    own_template
        A user's file, used in place of ``template``; it may extend that one.
    **values
        Given to the template, escaped there.

    Returns
    -------
    Page
    """
    from markupsafe import Markup

    own = None if own_template is None else OwnTemplate.load(own_template)
    own_style = "" if own is None else own.style(values)
    styles = [palette.css_variables(), *styles, *([own_style] if own_style else [])]
    styles = [_element_text(style) for style in styles]
    # A saved notebook is cut into lines where Python ends one, at U+0085 too, and VS Code puts a
    # line feed after each on opening: the hash of the script would differ.
    scripts = [_element_text(script).replace("\x85", "\\x85") for script in scripts]
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hash_source, scripts)) or chr(39) + 'none' + chr(39)}",
            f"style-src {' '.join(map(_hash_source, styles))}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    values = {
        "title": title,
        "policy": policy,
        # Trusted: this package's and the vendored sources, checked by _element_text.
        "styles": [Markup(style) for style in styles],
        "scripts": [Markup(script) for script in scripts],
        "data": Markup(embedded_json(data)) if data is not None else None,
        **values,
    }
    if own is None:
        html = environment().get_template(template).render(values)
    else:
        html = own.render(values)
    return Page(html=html, title=title, height=height)


@functools.cache
def environment() -> jinja2.Environment:
    """Return the template environment; it escapes everything that is not marked as markup."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("chipflow.views", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters.update(FILTERS)
    return made


def source(name: str) -> str:
    """Return a readable source of the static folder."""
    return world.static(name).read_text(encoding="utf-8")


def embedded_json(value: Any) -> str:
    """Return JSON that is inert inside a script element: no < > & and nothing that ends a line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\x85\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _element_text(text: str) -> str:
    # Browsers hash what they parsed, and parsing turns every line end into \n.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if ENDS_ELEMENT.search(text):
        raise ValueError("a script or style holds text that would end its element")
    return text


def _hash_source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
