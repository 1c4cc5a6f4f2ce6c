"""A user's notes in Markdown, made into markup that holds nothing but text, lists and links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipflow.given_files import given_text

if TYPE_CHECKING:
    import os

    from markdown_it import MarkdownIt
    from markupsafe import Markup

# The report's own headings are of level 1 and 2: those of the notes come below.
LOWER_BY = 2  # levels
LOWEST = 6  # of HTML


def rendered(markdown: str) -> Markup:
    """Return notes as markup.

    Parameters
    ----------
    markdown
        CommonMark with tables. HTML in it is shown as text and never run, images become links,
        and an address that is neither ``http``, ``https`` nor ``mailto`` stays text.

    Returns
    -------
    markupsafe.Markup
    """
    from markupsafe import Markup

    return Markup(_parser().render(markdown))


def read_notes(path: str | os.PathLike[str]) -> str:
    """Read a file of notes.

    Parameters
    ----------
    path
        A UTF-8 text file.

    Returns
    -------
    str

    Raises
    ------
    InputError
        The file cannot be read, or is no UTF-8 text.
    """
    return given_text(path, "the file of notes")


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Without HTML: "html" off turns every tag into text. An image would be fetched from elsewhere.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.validateLink = lambda url: url.lower().startswith(  # type: ignore[method-assign]
        ("http://", "https://", "mailto:", "#")
    )
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


def _lower_headings(state: object) -> None:
    for token in state.tokens:  # type: ignore[attr-defined]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + LOWER_BY, LOWEST)}"
