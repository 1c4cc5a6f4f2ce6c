"""A page as PDF for paper and for filing, by WeasyPrint.

WeasyPrint lays a page out for paper without a browser: nothing in it can run, what it may fetch is
decided here (nothing but what is inside the page), and the text stays text with its headings, so
that a screen reader and a search find it. The map and the network are no pages for it: they draw
with a script.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipflow.errors import MissingDependencyError, OutputError

if TYPE_CHECKING:
    from chipflow.views.page import Page

# Tagged and with its language and title, so that assistive technology can read it (ISO 14289-1).
VARIANT = "pdf/ua-1"
HINT = "install it with: pip install 'chipflow-trade[pdf]' (it needs the system's Pango library)"


def write_pdf(page: Page, path: str | os.PathLike[str]) -> Path:
    """Write a page without scripts, such as the report, as PDF.

    Parameters
    ----------
    page
        What :func:`chipflow.views.report` returned.
    path
        The file to write; one that exists is replaced.

    Returns
    -------
    pathlib.Path
        The file written. The same page gives the same bytes with the same WeasyPrint and fonts.

    Raises
    ------
    MissingDependencyError
        WeasyPrint, or the Pango library that it needs, is not installed.
    OutputError
        The file cannot be written there.
    """
    engine = _engine()
    target = Path(path)
    inside_only = engine.urls.URLFetcher(allowed_protocols=("data",))
    document = engine.HTML(string=page.html, url_fetcher=inside_only, media_type="print")
    content = document.write_pdf(
        pdf_variant=VARIANT,
        pdf_identifier=hashlib.sha256(page.html.encode()).digest()[:16],
        optimize_images=True,
    )
    try:
        target.write_bytes(content)
    except OSError as error:
        raise OutputError(
            f"{target}: cannot write the PDF ({error.strerror}); choose another file"
        ) from error
    return target


def _engine() -> Any:
    try:
        import weasyprint
        import weasyprint.urls
    # Without Pango the import ends with an OSError that names the library.
    except (ImportError, OSError) as error:
        raise MissingDependencyError(f"a PDF needs WeasyPrint; {HINT}") from error
    return weasyprint
